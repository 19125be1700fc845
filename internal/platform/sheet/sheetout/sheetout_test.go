package sheetout

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/fugong/fugong/internal/platform/sheet"
)

var (
	columns  = []Column{{Label: "姓名"}, {Label: "证件号码"}, {Label: "人数", Kind: Number}, {Label: "日期", Kind: Date}, {Label: "采样时间", Kind: Instant}}
	shanghai = time.FixedZone("CST", 8*3600)
	moment   = time.Date(2022, 3, 24, 8, 30, 15, 0, shanghai)
)

// nasty is texts that must come back as they went out.
var nasty = []string{
	"=cmd|'/c calc'!A1", "+8613900000001", "-1", "@SUM(A1)", "\t=1", "'=1+1", `say "hi"`, "第一行\n第二行", "a,b;c", "王龘㐂𠮷",
	"370303198503149970", "007", "<b>&amp;</b>", "_x0041_", "TRUE", "2022-03-24", "1E5", "",
}

func writers(w io.Writer) map[string]func() (Writer, error) {
	return map[string]func() (Writer, error){
		"xlsx": func() (Writer, error) { return NewXLSX(w, "导出", columns) },
		"csv":  func() (Writer, error) { return NewCSV(w, columns) },
	}
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for name := range writers(nil) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			w, err := writers(&b)[name]()
			if err != nil {
				t.Fatal(err)
			}
			for i, text := range nasty {
				if err := w.Write(fmt.Sprint("行", i), text, -1.5, moment, moment); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Write("空", nil, nil, time.Time{}, nil); err != nil {
				t.Fatal(err)
			}
			if err := w.Write("整数", "x", 7, nil, nil); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			checkRoundTrip(t, readRows(t, b.Bytes()))
		})
	}
}

func readRows(t *testing.T, data []byte) (rows []sheet.Row) {
	t.Helper()
	book, err := sheet.Open("out", data, sheet.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for row, err := range book.Sheets[0].Rows() {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

func checkRoundTrip(t *testing.T, rows []sheet.Row) {
	t.Helper()
	if len(rows) != len(nasty)+3 {
		t.Fatalf("%d rows", len(rows))
	}
	for i, text := range nasty {
		row := rows[i+1]
		c := row.Cell(1)
		if c.Text != text || c.Kind != sheet.KindText && text != "" || c.Formula {
			t.Errorf("%q came back as %q, formula %v", text, c.Text, c.Formula)
		}
		if n, err := sheet.ParseDecimal(row.Cell(2)); err != nil || n != -1.5 {
			t.Errorf("number: %v, %v", n, err)
		}
		day, dateOnly, err := sheet.ParseInstant(row.Cell(3), shanghai, moment)
		if err != nil || !dateOnly || day.Format(time.DateOnly) != "2022-03-24" {
			t.Errorf("date: %v %v %v", day, dateOnly, err)
		}
		at, dateOnly, err := sheet.ParseInstant(row.Cell(4), shanghai, moment)
		if err != nil || dateOnly || !at.Equal(moment) {
			t.Errorf("instant: %v %v %v", at, dateOnly, err)
		}
	}
	for i := 1; i < 5; i++ {
		if c := rows[len(nasty)+1].Cell(i); !c.Empty() {
			t.Errorf("empty cell %s holds %q", c.Ref(), c.Text)
		}
	}
	if c := rows[len(nasty)+2].Cell(2); c.Text != "7" {
		t.Errorf("whole number: %q", c.Text)
	}
}

func TestCSVBytes(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	w, err := NewCSV(&b, columns)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write("=1", `a"b`, -5, moment, moment); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	want := "\uFEFF\"姓名\",\"证件号码\",\"人数\",\"日期\",\"采样时间\"\r\n\"'=1\",\"a\"\"b\",\"-5\",\"2022-03-24\",\"2022-03-24 08:30:15\"\r\n"
	if b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}

var errFull = errors.New("disk full")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestWriterErrors(t *testing.T) {
	t.Parallel()
	for name := range writers(nil) {
		for what, values := range map[string][]any{
			"too few values": {"a"}, "a number as text": {1, "", nil, nil, nil}, "a text as number": {"", "", "x", nil, nil},
			"a text as date": {"", "", nil, "2022-03-24", nil}, "a date as text": {moment, "", nil, nil, nil},
		} {
			var b bytes.Buffer
			w, err := writers(&b)[name]()
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Write(values...); err == nil {
				t.Errorf("%s: %s was written", name, what)
			}
			if err := w.Write("", "", nil, nil, nil); err == nil {
				t.Errorf("%s: writing went on after %s", name, what)
			}
			if err := w.Close(); err == nil {
				t.Errorf("%s: closed well after %s", name, what)
			}
		}
		w, err := writers(fullDisk{})[name]()
		if err != nil {
			t.Fatal(err)
		}
		_ = w.Write("", "", nil, nil, nil)
		if err := w.Close(); !errors.Is(err, errFull) {
			t.Errorf("%s: full disk: %v", name, err)
		}
	}
	if _, err := NewXLSX(io.Discard, strings.Repeat("长", 32), columns); err == nil {
		t.Error("a name too long for a tab was taken")
	}
}

var words = sheet.Vocabulary{
	{Key: "name", Synonyms: []string{"姓名"}, Required: true},
	{Key: "id_number", Synonyms: []string{"证件号码"}, Required: true},
	{Key: "sex", Synonyms: []string{"性别"}},
}

func find(t *testing.T, data []byte) (*sheet.Sheet, sheet.Header) {
	t.Helper()
	book, err := sheet.Open("out.xlsx", data, sheet.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	s, h, err := book.Find(words)
	if err != nil {
		t.Fatal(err)
	}
	return s, h
}

func writeReport(t *testing.T, rows int) []byte {
	t.Helper()
	var b bytes.Buffer
	r, err := NewReport(&b, "问题行", []string{"序号", "姓名", "", "证件号码"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		faults := []Fault{{3, "校验位不对"}, {3, "重复"}, {-1, "整行重复"}, {1, "缺少"}, {99, "列外"}}
		if err := r.Write(7+i, []string{"1", "", "杂", "370303198503149971", "表外"}, faults); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReport(t *testing.T) {
	t.Parallel()
	data := writeReport(t, 2)
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := f.GetRows("问题行")
	if err != nil {
		t.Fatal(err)
	}
	want := "[[序号 姓名  证件号码 原表行号/Row 问题/Problem]" +
		" [1  杂 370303198503149971 7 校验位不对\n重复\n整行重复\n缺少\n列外]" +
		" [1  杂 370303198503149971 8 校验位不对\n重复\n整行重复\n缺少\n列外]]"
	if fmt.Sprint(rows) != want {
		t.Errorf("%v, want %v", rows, want)
	}
	comments, err := f.GetComments("问题行")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, c := range comments {
		for _, run := range c.Paragraph {
			texts[c.Cell] += run.Text
		}
	}
	if len(texts) != 4 || texts["D2"] != "校验位不对\n重复" || texts["B3"] != "缺少" {
		t.Errorf("comments: %v", texts)
	}
	for ref, red := range map[string]bool{"A2": false, "B2": true, "C2": false, "D2": true, "D3": true, "E2": false} {
		id, err := f.GetCellStyle("问题行", ref)
		if err != nil {
			t.Fatal(err)
		}
		style, err := f.GetStyle(id)
		if err != nil {
			t.Fatal(err)
		}
		if (len(style.Fill.Color) > 0) != red || style.NumFmt != 49 {
			t.Errorf("%s: fill %v, format %d", ref, style.Fill.Color, style.NumFmt)
		}
	}
	if panes, err := f.GetPanes("问题行"); err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("panes: %+v, %v", panes, err)
	}
}

// TestReportReadsAgain: a report is a sheet to upload, without its own two
// columns.
func TestReportReadsAgain(t *testing.T) {
	t.Parallel()
	s, h := find(t, writeReport(t, 3))
	if h.Columns["name"] != 1 || h.Columns["id_number"] != 3 || len(h.Columns) != 2 {
		t.Errorf("columns %v", h.Columns)
	}
	if len(h.Unknown) != 1 || h.Unknown[0].Label != "序号" {
		t.Errorf("unknown %v", h.Unknown)
	}
	n := 0
	for row, err := range s.RowsAfter(h.Row) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; h.Cell(row, "id_number").Text != "370303198503149971" || sheet.IsFooter(row, h) || sheet.IsBlank(row, h) {
			t.Errorf("row %d: %v", row.Number, row.Texts())
		}
	}
	if n != 3 {
		t.Errorf("%d rows", n)
	}
}

func TestReportOfManyFaults(t *testing.T) {
	t.Parallel()
	data := writeReport(t, 1500) // with 3,000 faulty cells
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	comments, err := f.GetComments("问题行")
	if err != nil || len(comments) != maxComments {
		t.Errorf("%d comments, %v", len(comments), err)
	}
	if rows := readRows(t, data); len(rows) != 1501 || !strings.HasPrefix(rows[1500].Cell(5).Text, "校验位不对") {
		t.Errorf("%d rows", len(rows))
	}
}

func TestTemplate(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	many := make([]string, 60)
	for i := range many {
		many[i] = fmt.Sprintf("选项%d，有逗号,", i)
	}
	err := WriteTemplate(&b, "花名册", []Field{
		{Label: "姓名", Required: true, Example: "张三", Note: "与证件一致"},
		{Label: "证件号码", Required: true, Example: "370303198503149970"},
		{Label: "性别", Example: "男", Options: []string{"男", "女"}},
		{Label: "其他", Options: many},
	})
	if err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rules, err := f.GetDataValidations("花名册")
	if err != nil || len(rules) != 2 {
		t.Fatalf("%d rules, %v", len(rules), err)
	}
	if rules[0].Sqref != "C2:C2002" || rules[0].Formula1 != "options!$C$1:$C$2" || rules[1].Formula1 != "options!$D$1:$D$60" {
		t.Errorf("%s %s, %s", rules[0].Sqref, rules[0].Formula1, rules[1].Formula1)
	}
	if v, err := f.GetCellValue("options", "D60"); err != nil || v != many[59] {
		t.Errorf("option %q, %v", v, err)
	}
	if id, err := f.GetColStyle("花名册", "B"); err != nil || id == 0 {
		t.Errorf("column style %d, %v", id, err)
	}
	if cs, err := f.GetComments("花名册"); err != nil || len(cs) != 1 {
		t.Errorf("comments %v, %v", cs, err)
	}

	s, h := find(t, b.Bytes())
	if s.Name != "花名册" || len(h.Columns) != 3 || len(h.Missing) > 0 {
		t.Errorf("%s: %v, missing %v", s.Name, h.Columns, h.Missing)
	}
	for row, err := range s.RowsAfter(h.Row) {
		if err != nil {
			t.Fatal(err)
		}
		if !sheet.IsFooter(row, h) {
			t.Errorf("the example would be imported: %v", row.Texts())
		}
	}
}

func TestTemplateWithoutLists(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := WriteTemplate(&b, "S", []Field{{Label: "姓名"}, {Label: "证件号码"}}); err != nil {
		t.Fatal(err)
	}
	book, err := sheet.Open("t", b.Bytes(), sheet.Limits{})
	if err != nil || len(book.Sheets) != 1 {
		t.Errorf("%v, %v", book, err)
	}
}
