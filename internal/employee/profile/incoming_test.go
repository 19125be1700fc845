package profile

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/fugong/fugong/internal/platform/gb"
)

// All numbers are made up: sequences 995 to 999 are hardly ever issued.
const (
	man   = "370303198503149970"
	woman = "370302199002289965"
)

var today = time.Date(2022, 3, 24, 9, 0, 0, 0, time.FixedZone("CST", 8*3600))

func TestCheckTellsWhatIsWrong(t *testing.T) {
	good := Incoming{Name: "张三", IDNumber: man}
	tests := []struct {
		name   string
		mend   func(*Incoming)
		column string
		key    string // "" for no fault
	}{
		{"as it should be", func(*Incoming) {}, "id_number", ""},
		{"no name", func(in *Incoming) { in.Name = "　" }, "name", "employee.problem.name_missing"},
		{"a mobile in the name's column", func(in *Incoming) { in.Name = "13912340001" }, "name", "employee.problem.name_no_letters"},
		{"a formula in the name's column", func(in *Incoming) { in.Name = "#N/A" }, "name", "employee.problem.formula_error"},
		{"no number", func(in *Incoming) { in.IDNumber = "" }, "id_number", "employee.problem.id.empty"},
		{"ruined to scientific", func(in *Incoming) { in.IDNumber = "3.70303E+17" }, "id_number", "employee.problem.id.scientific"},
		{"rounded to fifteen digits", func(in *Incoming) { in.IDNumber = "370303198503149000" }, "id_number", "employee.problem.id.rounded"},
		{"fifteen digits", func(in *Incoming) { in.IDNumber = "370303850314123" }, "id_number", "employee.problem.id.old_15_digits"},
		{"fifteen digits that are no date", func(in *Incoming) { in.IDNumber = "370303851514997" }, "id_number", "employee.problem.id.length_cn_id"},
		{"a digit short", func(in *Incoming) { in.IDNumber = "37030319850314997" }, "id_number", "employee.problem.id.length_cn_id"},
		{"wrong check digit", func(in *Incoming) { in.IDNumber = "370303198503149971" }, "id_number", "employee.problem.id.checksum"},
		{"30 February", func(in *Incoming) { in.IDNumber = "370303198502309979" }, "id_number", "employee.problem.id.date"},
		{"born in the future", func(in *Incoming) { in.IDNumber = "370303209001019974" }, "id_number", "employee.problem.id.future_birth"},
		{"a letter in it", func(in *Incoming) { in.IDNumber = "37030319870508997Y"; in.IDType = "身份证" }, "id_number", "employee.problem.id.charset"},
		{"a permit said to be a card", func(in *Incoming) { in.IDNumber = "H12345678"; in.IDType = "身份证" }, "id_number", "employee.problem.id.length_cn_id"},
		{"a permit by its shape", func(in *Incoming) { in.IDNumber = "H12345678" }, "id_number", ""},
		{"unknown kind of document", func(in *Incoming) { in.IDType = "工作证" }, "id_type", "employee.problem.id_type"},
		{"other document without a reason", func(in *Incoming) { in.IDType = "其他"; in.IDNumber = "ABC-1" }, "note", "employee.problem.other_reason"},
		{"other document with a reason", func(in *Incoming) { in.IDType = "其他"; in.IDNumber = "ABC-1"; in.Note = "证件补办中" }, "note", ""},
		{"sex against the number", func(in *Incoming) { in.Sex = "女" }, "sex", "employee.problem.sex_contradicts"},
		{"sex with the number", func(in *Incoming) { in.Sex = "男" }, "sex", ""},
		{"no such sex", func(in *Incoming) { in.Sex = "未知" }, "sex", "employee.problem.sex"},
		{"short mobile", func(in *Incoming) { in.Mobile = "1391234000" }, "mobile", "employee.problem.mobile.length"},
		{"ruined mobile", func(in *Incoming) { in.Mobile = "1.39E+10" }, "mobile", "employee.problem.mobile.scientific"},
		{"landline", func(in *Incoming) { in.Mobile = "05331234567" }, "mobile", "employee.problem.mobile.prefix"},
		{"mobile with country code", func(in *Incoming) { in.Mobile = "+86 139-1234-0001" }, "mobile", ""},
		{"no e-mail", func(in *Incoming) { in.Email = "zhangsan" }, "email", "employee.problem.email"},
		{"e-mail with a name", func(in *Incoming) { in.Email = "Z <z@example.com>" }, "email", "employee.problem.email"},
		{"unknown employment", func(in *Incoming) { in.Employment = "股东" }, "employment", "employee.problem.employment"},
		{"unknown category", func(in *Incoming) { in.TestCategory = "贵宾" }, "test_category", "employee.problem.test_category"},
		{"unknown status", func(in *Incoming) { in.WorkStatus = "出差" }, "work_status", "employee.problem.work_status"},
		{"ruined employee number", func(in *Incoming) { in.EmployeeNo = "2.02E+11" }, "employee_no", "employee.problem.number_ruined"},
		{"joined in words", func(in *Incoming) { in.JoinedOn = "去年" }, "joined_on", "employee.problem.joined_on"},
		{"joined too late", func(in *Incoming) { in.JoinedOn = "2042-01-01" }, "joined_on", "employee.problem.joined_range"},
		{"novel for a note", func(in *Incoming) { in.Note = long(501) }, "note", "employee.problem.too_long"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := good
			tt.mend(&in)
			_, faults := in.Check(today)
			if got := faults[tt.column].Key; got != tt.key {
				t.Errorf("fault of %s is %q, want %q (all: %v)", tt.column, got, tt.key, faults)
			}
			if tt.key == "" && len(faults) > 0 {
				t.Errorf("unexpected faults: %v", faults)
			}
		})
	}
}

func long(n int) string {
	r := make([]rune, n)
	for i := range r {
		r[i] = '长'
	}
	return string(r)
}

func TestCheckNormalises(t *testing.T) {
	in := Incoming{
		EmployeeNo: " Ａ 1001 ", Name: " 张　三 ", IDNumber: "３７０３０３１９８７０５０８９９７ｘ", Mobile: "0086 139 1234 0001",
		Workshop: " 一车间　", Team: "甲班\n", KeyPost: "√", Employment: "派遣工", TestCategory: "食堂", WorkStatus: "在职",
		Commute: "厂车", JoinedOn: "2021年3月4日",
		Bus: " ２号线 ", CanteenTable: "a０7",
	}
	v, faults := in.Check(today)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	want := Values{
		EmployeeNo: "A1001", Name: "张三", IDType: "cn_id", IDNumber: "37030319870508997X", Sex: "M", Birth: "1987-05-08",
		Mobile: "13912340001", Workshop: "一车间", Team: "甲班", KeyPost: "yes", Employment: "dispatch", Category: "canteen",
		WorkStatus: "on_post", Commute: "shuttle", JoinedOn: "2021-03-04", Bus: "2号线", CanteenTable: "a07",
	}
	if v != want {
		t.Errorf("got  %+v\nwant %+v", v, want)
	}
}

func TestDocumentsThatTellTheBearer(t *testing.T) {
	for number, want := range map[string]struct{ kind, sex, birth string }{
		man:                  {"cn_id", "M", "1985-03-14"},
		woman:                {"cn_id", "F", "1990-02-28"},
		"81000019900101997X": {"hkmo_residence", "M", "1990-01-01"},
		"83000019900101999X": {"tw_residence", "M", "1990-01-01"},
		"372330197806209973": {"cn_id", "M", "1978-06-20"}, // a county that is no more
		"E12345678":          {"passport", "", ""},
		"12345678":           {"tw_permit", "", ""},
	} {
		v, faults := Incoming{Name: "张三", IDNumber: number}.Check(today)
		if len(faults) > 0 || v.IDType != want.kind || v.Sex != want.sex || v.Birth != want.birth {
			t.Errorf("%s: %s %s %s, faults %v; want %+v", gb.MaskID(number), v.IDType, v.Sex, v.Birth, faults, want)
		}
	}
}

// A checked profile is a fixed point: what is stored and written back comes out the same.
func TestCheckIsIdempotent(t *testing.T) {
	text := rapid.StringMatching(`[ 　\x{200b}]?[\p{Han}a-zA-Z0-9·•（）]{0,8}[ \t]?`)
	rapid.Check(t, func(t *rapid.T) {
		in := Incoming{
			Name: "张" + text.Draw(t, "name"), IDNumber: man, EmployeeNo: text.Draw(t, "no"), Workshop: text.Draw(t, "workshop"),
			Team: text.Draw(t, "team"), Post: text.Draw(t, "post"), HomeAddress: text.Draw(t, "address"), Note: text.Draw(t, "note"),
			Employment:   rapid.SampledFrom(append(Choices(ColEmployment), "")).Draw(t, "employment"),
			TestCategory: rapid.SampledFrom(append(Choices(ColCategory), "")).Draw(t, "category"),
			WorkStatus:   rapid.SampledFrom(append(Choices(ColWorkStatus), "")).Draw(t, "status"),
		}
		once, faults := in.Check(today)
		if len(faults) > 0 {
			t.Skip("not a valid person")
		}
		again := Incoming{Name: once.Name, IDType: once.IDType, IDNumber: once.IDNumber, Sex: once.Sex, EmployeeNo: once.EmployeeNo,
			Workshop: once.Workshop, Team: once.Team, Post: once.Post, HomeAddress: once.Address, Note: once.Note,
			Employment: once.Employment, TestCategory: once.Category, WorkStatus: once.WorkStatus}
		twice, faults := again.Check(today)
		if twice != once || len(faults) > 0 {
			t.Fatalf("%+v\nbecame %+v, faults %v", once, twice, faults)
		}
		if over := once.Over(twice); over != once || Changed(once, over) != nil {
			t.Fatalf("laid over itself it changed: %v", Changed(once, over))
		}
	})
}

func TestVocabularyReadsItsOwnWords(t *testing.T) {
	for column, terms := range vocabulary {
		for _, term := range terms {
			for _, word := range append([]string{term.value}, term.words...) {
				if got, ok := Read(column, " "+word+" "); !ok || got != term.value {
					t.Errorf("%s: %q reads as %q, want %q: two values claim it", column, word, got, term.value)
				}
			}
			if LabelKey(column, term.value) != term.label {
				t.Errorf("%s %s: wrong label", column, term.value)
			}
		}
	}
	if v, ok := Read(ColEmployment, ""); ok {
		t.Errorf("nothing reads as %q", v)
	}
}

func TestEditedKeepsWhatFormsDoNotShow(t *testing.T) {
	was := Values{Name: "张三", IDType: "cn_id", IDNumber: man, Sex: "M", Birth: "1985-03-14", Mobile: "13912340001",
		Address: "某街道", Email: "z@example.com", Workshop: "一车间", Category: "canteen", WorkStatus: "leave", Employment: "regular"}
	form := Values{Name: "张三丰"}
	want := was
	want.Name, want.Email = "张三丰", ""
	if got := was.Edited(form, nil); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	want.Mobile, want.Address = "", ""
	if got := was.Edited(form, []string{"mobile", "home_address", "id_number"}); got != want {
		t.Errorf("cleared: got  %+v\nwant %+v", got, want)
	}
}

func TestMaskAddress(t *testing.T) {
	for address, want := range map[string]string{
		"": "",
		"山东省淄博市张店区马尚街道某小区3号楼2单元501": "山东省淄博市张店区马尚街道某小区***",
		"张店区柳泉路100号":   "张店区柳泉***",
		"沂源县鲁村镇王家村12号": "沂源县鲁村镇王家村***",
		"3号":           "***",
	} {
		if got := MaskAddress(address); got != want {
			t.Errorf("%s: got %s, want %s", address, got, want)
		}
	}
}
