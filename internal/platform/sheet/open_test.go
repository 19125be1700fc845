package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// workbookBytes zips a workbook of one sheet with that XML inside sheetData.
func workbookBytes(t testing.TB, rows string) []byte {
	t.Helper()
	return zipBytes(t, map[string]string{
		"xl/workbook.xml":            `<workbook><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r1" Type="x/worksheet" Target="sheet.xml"/></Relationships>`,
		"xl/sheet.xml":               `<worksheet><sheetData>` + rows + `</sheetData></worksheet>`,
	})
}

func zipBytes(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	zw := zip.NewWriter(&b)
	for name, content := range parts {
		w, err := zw.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// readAll opens the bytes and reads every row of every sheet.
func readAll(data []byte, lim Limits) (rows []Row, err error) {
	book, err := Open("test", data, lim)
	if err != nil {
		return nil, err
	}
	for _, s := range book.Sheets {
		for row, err := range s.Rows() {
			if err != nil {
				return rows, err
			}
			rows = append(rows, row)
		}
	}
	return rows, nil
}

func TestLimits(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("长", 11)
	cell := func(ref, text string) string {
		return `<c r="` + ref + `" t="inlineStr"><is><t>` + text + `</t></is></c>`
	}
	tests := []struct {
		name string
		data []byte
		lim  Limits
		want RefusalKind // "" for none
		args string
	}{
		{"file size", []byte("a,b\n1,2\n"), Limits{File: 7}, RefusedTooLarge, "map[limit:7]"},
		{"file size just right", []byte("a,b\n1,2\n"), Limits{File: 8}, "", ""},
		{"csv rows", []byte("a\nb\nc\n"), Limits{Rows: 2}, RefusedRows, "map[limit:2 sheet:]"},
		{"csv blank rows are free", []byte("a\n\n,,\n\nb\n"), Limits{Rows: 2}, "", ""},
		{"csv columns", []byte("a,b\n1,2,3\n"), Limits{Columns: 2}, RefusedColumns, "map[limit:2 ref:C2 sheet:]"},
		{"csv empty columns are free", []byte("a,b,,,\n1,2,,\n"), Limits{Columns: 2}, "", ""},
		{"csv cell", []byte("a," + long), Limits{Cell: 10}, RefusedCell, "map[limit:10 ref:B1 sheet:]"},
		{"csv cell far too long", []byte("a\n1,\"" + strings.Repeat("x", 1000)), Limits{Cell: 10}, RefusedCell, "map[limit:10 ref:B2 sheet:]"},
		{"csv cell just right", []byte("a," + long), Limits{Cell: 11}, "", ""},
		{"xlsx rows", workbookBytes(t, `<row>`+cell("A1", "a")+`</row><row>`+cell("A2", "a")+`</row>`), Limits{Rows: 1}, RefusedRows, "map[limit:1 sheet:S]"},
		{"xlsx empty rows are free", workbookBytes(t, `<row>`+cell("A1", "a")+`</row><row><c r="A2" s="1"/></row><row/>`), Limits{Rows: 1}, "", ""},
		{"xlsx columns", workbookBytes(t, `<row>`+cell("C1", "a")+`</row>`), Limits{Columns: 2}, RefusedColumns, "map[limit:2 ref:C1 sheet:S]"},
		{"xlsx empty columns are free", workbookBytes(t, `<row>`+cell("A1", "a")+`<c r="XFD1" s="1"/></row>`), Limits{Columns: 2}, "", ""},
		{"xlsx cell", workbookBytes(t, `<row>`+cell("B1", long)+`</row>`), Limits{Cell: 10}, RefusedCell, "map[limit:10 ref:B1 sheet:S]"},
		{"xlsx cell of many tokens", workbookBytes(t, `<row><c r="B1"><v>`+strings.Repeat("1<!-- -->", 200_000)+`</v></c></row>`), Limits{Cell: 10}, RefusedCell, "map[limit:10 ref:B1 sheet:S]"},
		{"xlsx one endless token", workbookBytes(t, `<row r="4"><c r="B4"><v>`+strings.Repeat("1", 3<<20)), Limits{Cell: 10}, RefusedCell, "map[limit:10 ref:4 sheet:S]"},
		{"xlsx unpacked", workbookBytes(t, strings.Repeat(" ", 5000)), Limits{Unpacked: 5000}, RefusedBomb, "map[limit:5000]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := readAll(tt.data, tt.lim)
			if tt.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if !IsRefusal(err, tt.want) {
				t.Fatalf("%v, want %s", err, tt.want)
			}
			if args := fmt.Sprint(err.(*Refusal).Args); args != tt.args {
				t.Errorf("args %s, want %s", args, tt.args)
			}
		})
	}
}

// TestLyingBomb has an archive whose directory says that its sheet is small.
func TestLyingBomb(t *testing.T) {
	t.Parallel()
	data := workbookBytes(t, strings.Repeat("<row/>", 100_000))
	lie := bytes.Clone(data)
	real := binary.LittleEndian.AppendUint32(nil, uint32(len("<worksheet><sheetData></sheetData></worksheet>")+600_000))
	if bytes.Count(lie, real) == 0 {
		t.Fatal("the size is not where it was expected")
	}
	lie = bytes.ReplaceAll(lie, real, []byte{200, 0, 0, 0})
	_, err := readAll(lie, Limits{Unpacked: 10_000})
	if !IsRefusal(err, RefusedBomb) && !IsRefusal(err, RefusedDamaged) {
		t.Errorf("%v", err)
	}
	if _, err := readAll(data, Limits{Unpacked: 10_000}); !IsRefusal(err, RefusedBomb) {
		t.Errorf("the truth: %v", err)
	}
}

// TestDamage flips and cuts: a workbook never reads as less than it was
// without saying so.
func TestDamage(t *testing.T) {
	t.Parallel()
	data := readSheetFile(t, "roster-basic.xlsx")
	want, err := readAll(data, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for cut := len(data) - 1; cut > 0; cut -= 397 {
		if rows, err := readAll(data[:cut], Limits{}); err == nil {
			t.Fatalf("cut at %d: %d rows and no error", cut, len(rows))
		}
	}
	for at := 0; at < len(data); at += 41 {
		broken := bytes.Clone(data)
		broken[at] ^= 0x10
		rows, err := readAll(broken, Limits{})
		if err == nil && len(rows) != len(want) {
			t.Fatalf("byte %d broken: %d rows and no error", at, len(rows))
		}
	}
}

func TestBrokenSheets(t *testing.T) {
	t.Parallel()
	for name, rows := range map[string]string{
		"unclosed cell":        `<row r="1"><c r="A1"><v>1`,
		"doctype":              `<!DOCTYPE x [<!ENTITY a "b">]><row r="1"><c r="A1"><v>&a;</v></c></row>`,
		"shared index":         `<row r="1"><c r="A1" t="s"><v>7</v></c></row>`,
		"negative index":       `<row r="1"><c r="A1" t="s"><v>-1</v></c></row>`,
		"column beyond Excel":  `<row r="1"><c r="AAAAAAAAAAAAAA1"><v>1</v></c></row>`,
		"reference of nothing": `<row r="1"><c r="7"><v>1</v></c></row>`,
		"tag of nothing":       `<row r="1"><><c/></row>`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows, err := readAll(workbookBytes(t, rows), Limits{})
			if !IsRefusal(err, RefusedDamaged) {
				t.Errorf("%v, error %v", rows, err)
			}
		})
	}
}

func TestRowNumbers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		data []byte
		want string
	}{
		"xlsx with gaps and without numbers": {
			workbookBytes(t, `<row r="3"><c><v>1</v></c><c><v>2</v></c></row><row><c r="C4"><v>3</v></c><c><v>4</v></c></row><row r="9" hidden="true"><c r="b9"><v>5</v></c></row>`),
			"A3=1 B3=2; C4=3 D4=4; B9=5 (hidden); ",
		},
		"csv with blank lines, quoted line breaks, all line ends": {
			[]byte("a,b\r\n\r\n\"1\n2\",3\r4\n\n,5"),
			"A1=a B1=b; A3=1\n2 B3=3; A4=4; B6=5; ",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows, err := readAll(tt.data, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if got := rowsString(rows); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func rowsString(rows []Row) string {
	var b strings.Builder
	for _, row := range rows {
		var cells []string
		for i, c := range row.Cells {
			if int(c.col) != i || int(c.row) != row.Number {
				cells = append(cells, "MISPLACED")
			}
			if c.Kind != KindEmpty {
				cells = append(cells, c.Ref()+"="+c.Text)
			}
		}
		b.WriteString(strings.Join(cells, " "))
		if row.Hidden {
			b.WriteString(" (hidden)")
		}
		b.WriteString("; ")
	}
	return b.String()
}

// TestSharedBomb: the table of shared texts has its own bound.
func TestSharedBomb(t *testing.T) {
	t.Parallel()
	for name, items := range map[string]string{
		"many texts": strings.Repeat("<si/>", 1<<20+1),
		"much text":  strings.Repeat("<si><t>"+strings.Repeat("x", 1000)+"</t></si>", 3000),
	} {
		data := zipBytes(t, map[string]string{
			"xl/workbook.xml":            `<workbook><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>`,
			"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r1" Type="x/worksheet" Target="sheet.xml"/><Relationship Id="r2" Type="x/sharedStrings" Target="/xl/s.xml"/></Relationships>`,
			"xl/sheet.xml":               `<worksheet><sheetData/></worksheet>`,
			"xl/s.xml":                   `<sst>` + items + `</sst>`,
		})
		if _, err := Open(name, data, Limits{Rows: 10, Unpacked: 8 << 20}); !IsRefusal(err, RefusedBomb) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestErrorsTellNoData: errors end in logs, and cells hold personal data.
func TestErrorsTellNoData(t *testing.T) {
	t.Parallel()
	const secret = "370303198503149970"
	_, _, err := ParseInstant(textCell(secret), shanghai, storyDay)
	if problemKey(err) != ProblemDate || strings.Contains(err.Error(), secret) {
		t.Errorf("%v", err)
	}
	_, err = readAll([]byte("a\n1,"+secret), Limits{Cell: 10})
	if !IsRefusal(err, RefusedCell) || strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "B2") {
		t.Errorf("%v", err)
	}
	_, err = readAll(workbookBytes(t, `<row><c t="s"><v>`+secret+`</v></c>`), Limits{})
	if !IsRefusal(err, RefusedDamaged) || strings.Contains(err.Error(), secret) || !errors.Is(err, errSharedIndex) {
		t.Errorf("%v", err)
	}
}

// TestConcurrentReading: a Book promises it.
func TestConcurrentReading(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"roster-basic.xlsx", "roster-gb18030.csv"} {
		book, err := Open(name, readSheetFile(t, name), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		got := make([]string, 4)
		for i := range got {
			wg.Go(func() {
				for row, err := range book.Sheets[0].Rows() {
					got[i] += fmt.Sprint(row.Texts(), err)
				}
			})
		}
		wg.Wait()
		for i := range got {
			if got[i] == "" || got[i] != got[0] {
				t.Errorf("%s: reader %d read something else", name, i)
			}
		}
	}
}

func TestColumnName(t *testing.T) {
	t.Parallel()
	for i, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 701: "ZZ", 702: "AAA", 16383: "XFD", -1: ""} {
		if got := ColumnName(i); got != want {
			t.Errorf("ColumnName(%d) = %q, want %q", i, got, want)
		}
		if n, err := columnIndex([]byte(want + "7")); i >= 0 && (n != i || err != nil) {
			t.Errorf("columnIndex(%s7) = %d, %v", want, n, err)
		}
	}
}
