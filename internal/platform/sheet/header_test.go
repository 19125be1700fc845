package sheet

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var testWords = Vocabulary{
	{Key: "name", Synonyms: []string{"姓名"}, Required: true},
	{Key: "id_number", Synonyms: []string{"证件号码", "身份证号"}, Required: true},
	{Key: "mobile", Synonyms: []string{"手机号", "联系电话"}},
	{Key: "dorm_room", Synonyms: []string{"宿舍号", "宿舍房间"}},
	{Key: "note", Synonyms: []string{"备注"}},
}

// table reads lines of cells, split by '|'; an empty line is a row without
// content.
func table(lines ...string) (rows []Row) {
	for i, line := range lines {
		row := Row{Number: i + 1}
		for col, text := range strings.Split(line, "|") {
			c := Cell{row: int32(i + 1), col: int32(col)}
			if c.setText(text); c.Kind != KindEmpty {
				_ = row.put(c, 0, "", Limits{}.withDefaults())
			}
		}
		if row.Cells != nil {
			rows = append(rows, row)
		}
	}
	return rows
}

func TestFindHeader(t *testing.T) {
	t.Parallel()
	many := slices.Repeat([]string{"说明"}, 30)
	tests := []struct {
		name    string
		rows    []Row
		row     int // 0: none is found
		columns string
		missing string
	}{
		{"plain", table("姓名|证件号码|手机号", "张三|1|2"), 1, "id_number=B mobile=C name=A", ""},
		{"nothing", nil, 0, "", ""},
		{"one column is not enough", table("姓名|x", "张三|1"), 0, "", ""},
		{"two, but none required", table("手机号|备注"), 0, "", ""},
		{"required one missing", table("姓名|手机号"), 1, "mobile=B name=A", "id_number"},
		{"the better row wins", table("姓名|手机号", "", "姓名|证件号码|手机号"), 3, "id_number=B mobile=C name=A", ""},
		{"the first of equals wins", table("姓名|证件号码", "证件号码|姓名"), 1, "id_number=B name=A", ""},
		{"labels in two rows", table("姓名||联系电话", "|证件号码|"), 2, "id_number=B mobile=C name=A", ""},
		{"group title makes the word", table("姓名|证件号码|宿舍|", "||楼|房间"), 2, "dorm_room=D id_number=B name=A", ""},
		{"no pair across a blank row", table("姓名||联系电话", "", "|证件号码|备注"), 1, "mobile=C name=A", "id_number"},
		{"data below is no second row", table("姓名|证件号码|手机号", "张三||", "李四|1|2"), 1, "id_number=B mobile=C name=A", ""},
		{"bracketed words only", table("（姓名）|[证件号码]"), 1, "id_number=B name=A", ""},
		{"unclosed bracket", table("姓名(|证件号码"), 1, "id_number=B name=A", ""},
		{"two words", table("姓名|证件号码/身份证号|联系电话/微信"), 1, "id_number=B mobile=C name=A", ""},
		{"keys", table("NAME|Id-Number"), 1, "id_number=B name=A", ""},
		{"in row 30", table(append(many[:29:29], "姓名|证件号码")...), 30, "id_number=B name=A", ""},
		{"too far down", table(append(many, "姓名|证件号码")...), 0, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h, ok := FindHeader(tt.rows, testWords)
			if ok != (tt.row > 0) {
				t.Fatalf("found %v: %+v", ok, h)
			}
			if !ok {
				return
			}
			var columns []string
			for _, key := range slices.Sorted(maps.Keys(h.Columns)) {
				columns = append(columns, key+"="+ColumnName(h.Columns[key]))
			}
			got := strings.Join(columns, " ")
			if h.Row != tt.row || got != tt.columns || strings.Join(h.Missing, " ") != tt.missing {
				t.Errorf("row %d, %s, missing %v", h.Row, got, h.Missing)
			}
		})
	}
}

func TestHeaderLeftovers(t *testing.T) {
	t.Parallel()
	rows := table("序号|姓名|证件号码|手机号|联系电话|姓名|"+ReportRowLabel+"|"+ReportProblemLabel, "1|张三")
	h, ok := FindHeader(rows, testWords)
	if !ok {
		t.Fatal("not found")
	}
	want := Header{
		Unknown: []HeaderCell{{Column: 0, Ref: "A1", Label: "序号"}},
		Duplicates: []HeaderCell{
			{Column: 4, Ref: "E1", Label: "联系电话", Key: "mobile"},
			{Column: 5, Ref: "F1", Label: "姓名", Key: "name"},
		},
	}
	if diff := cmp.Diff(want.Unknown, h.Unknown); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want.Duplicates, h.Duplicates); diff != "" {
		t.Error(diff)
	}
	if c := h.Cell(rows[1], "name"); c.Text != "张三" || c.Ref() != "B2" {
		t.Errorf("name: %s %q", c.Ref(), c.Text)
	}
	if c := h.Cell(rows[1], "note"); !c.Empty() {
		t.Errorf("a column the sheet lacks: %q", c.Text)
	}
	if c := h.Cell(rows[1], "mobile"); !c.Empty() || c.Ref() != "D2" {
		t.Errorf("a cell beyond the row: %s %q", c.Ref(), c.Text)
	}
}

// TestGroupedLabelsReadAgain: the labels of a header of two rows make a header
// of one row that means the same, as a fault report needs.
func TestGroupedLabelsReadAgain(t *testing.T) {
	t.Parallel()
	h, ok := FindHeader(table("姓名|证件号码|宿舍||备注", "||楼|房间|"), testWords)
	if !ok {
		t.Fatal("not found")
	}
	again, ok := FindHeader(table(strings.Join(h.Labels, "|")), testWords)
	if diff := cmp.Diff(h.Columns, again.Columns); !ok || diff != "" {
		t.Errorf("%v %s", again.Labels, diff)
	}
}

func TestRowClasses(t *testing.T) {
	t.Parallel()
	// A 序号, B 姓名 (required), C 证件号码 (required), D 手机号, E 备注
	h, ok := FindHeader(table("序号|姓名|证件号码|手机号|备注"), testWords)
	if !ok {
		t.Fatal("not found")
	}
	for line, want := range map[string]string{
		"1|张三|370303|139|":          "data",
		"1|张三||||":                  "data",
		"||370303||":                "data",
		"1||||":                     "blank",
		"|　| ||":                    "blank",
		"|||139|":                   "data", // incomplete, and to be reported as such
		"合计":                        "footer",
		"合　计|40人":                   "footer",
		"总计|40|共40人|":               "footer",
		"合计|张三|370303|":             "data", // whoever numbers a person 合计
		"小计：||||8":                  "footer",
		"|合计|||":                    "footer",
		"|合计华|370303198503149970||": "data",
		"填表人：张某||审核：李某||日期：3.24": "footer",
		"审核|||||":                 "blank",
		"|审核：|李某||":               "data", // 李某 in the column of numbers is a fault to show
		"备注：一式两份":                 "footer",
		"备注||||长期病假":              "data",
		"|负责人|370303||":           "data",
		"|负责人（签字）：|||":            "footer",
		"联系人:某某||联系电话:0533-0000":  "footer",
		"填表人：张某|制作单位：某公司":         "footer",
		"填表人：张某|8:30":             "data",
		"二车间人员名单":                 "footer",
		"|一车间花名册（3月）|||":          "footer",
		"|张名单|370303||":           "data",
		"示例|张三|370303||":          "footer",
		"|示例/Example 张三|370303||": "footer",
		"|姓名|证件号码|手机号|备注":         "repeat",
		"序号|姓名|身份证号||":            "repeat",
		"|姓名|||":                  "data",
		"|姓名|370303||":            "data",
		"Total|40|||":             "footer",
		"Note: two copies":        "footer",
	} {
		rows := table(line)
		got := "data"
		switch {
		case len(rows) == 0 || IsBlank(rows[0], h) && !IsFooter(rows[0], h):
			got = "blank"
		case IsFooter(rows[0], h):
			got = "footer"
		case IsRepeat(rows[0], h):
			got = "repeat"
		}
		if got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
}

func TestFindSheet(t *testing.T) {
	t.Parallel()
	sheetOf := func(name string, hidden bool, rows []Row) *Sheet {
		return &Sheet{Name: name, Hidden: hidden, rows: func(yield func(Row, error) bool) {
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
			}
		}}
	}
	notes := sheetOf("说明", false, table("姓名必填", "证件号码必填"))
	partial := sheetOf("partial", false, table("姓名|手机号"))
	full := sheetOf("full", false, table("姓名|证件号码"))
	full2 := sheetOf("full2", false, table("姓名|证件号码"))
	hidden := sheetOf("hidden", true, table("姓名|证件号码"))
	empty := sheetOf("empty", false, nil)
	broken := &Sheet{Name: "broken", rows: func(yield func(Row, error) bool) { yield(Row{}, refuse(RefusedDamaged, nil)) }}
	tests := []struct {
		name    string
		sheets  []*Sheet
		want    string
		refusal RefusalKind
	}{
		{"instructions and hidden sheets are passed over", []*Sheet{notes, hidden, full, full2}, "full", ""},
		{"a complete header beats an earlier one", []*Sheet{partial, full}, "full", ""},
		{"an incomplete header is better than none", []*Sheet{notes, partial}, "partial", ""},
		{"only hidden", []*Sheet{hidden, notes}, "", RefusedNoHeader},
		{"nothing written", []*Sheet{empty, hidden}, "", RefusedEmpty},
		{"broken", []*Sheet{broken, full}, "", RefusedDamaged},
	}
	for _, tt := range tests {
		s, _, err := (&Book{Sheets: tt.sheets}).Find(testWords)
		if tt.refusal != "" {
			if !IsRefusal(err, tt.refusal) {
				t.Errorf("%s: %v, want %s", tt.name, err, tt.refusal)
			}
			continue
		}
		if err != nil || s.Name != tt.want {
			t.Errorf("%s: %v, %v", tt.name, s, err)
		}
	}
}
