package gb_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/platform/gb"
)

var (
	zone  = time.FixedZone("CST", 8*3600)
	today = time.Date(2022, 3, 24, 9, 0, 0, 0, zone)
)

// All numbers here are made up: sequences 995 to 999 are hardly ever issued.
var citizens = []struct {
	number string
	sex    gb.Sex
	birth  string
}{
	{"370303198503149970", gb.Male, "1985-03-14"},
	{"370304197910019964", gb.Female, "1979-10-01"},
	{"370302199002289965", gb.Female, "1990-02-28"},
	{"370306199306159970", gb.Male, "1993-06-15"},
	{"370305199512319991", gb.Male, "1995-12-31"},
	{"370322198607099989", gb.Female, "1986-07-09"},
	{"370321198811059988", gb.Female, "1988-11-05"},
	{"37030319870508997X", gb.Male, "1987-05-08"},
	{"37032320000229995X", gb.Male, "2000-02-29"},
	{"372330197806209973", gb.Male, "1978-06-20"}, // code of an abolished prefecture
	// The eleven check characters.
	{"370303198705189970", gb.Male, "1987-05-18"},
	{"370303198705019971", gb.Male, "1987-05-01"},
	{"370303198705039972", gb.Male, "1987-05-03"},
	{"370303198705059973", gb.Male, "1987-05-05"},
	{"370303198705079974", gb.Male, "1987-05-07"},
	{"370303198705099975", gb.Male, "1987-05-09"},
	{"370303198705199976", gb.Male, "1987-05-19"},
	{"370303198705029977", gb.Male, "1987-05-02"},
	{"370303198705049978", gb.Male, "1987-05-04"},
	{"370303198705069979", gb.Male, "1987-05-06"},
}

func TestCitizenNumbers(t *testing.T) {
	t.Parallel()
	for _, c := range citizens {
		id, err := gb.ParseID(gb.Resident, c.number, today)
		if err != nil {
			t.Errorf("%s: %v", c.number, err)
			continue
		}
		if id.Number != c.number || id.Sex != c.sex || id.Birth.Format("2006-01-02") != c.birth {
			t.Errorf("%s: got %+v", c.number, id)
		}
		if got := gb.IDCheckDigit(c.number[:17]); got != c.number[17] {
			t.Errorf("%s: check character %c", c.number, got)
		}
	}
}

func TestIDCheckDigitRefuses(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "3703031985031499", "37030319850314997X", "3703031985031499七"} {
		if got := gb.IDCheckDigit(s); got != 0 {
			t.Errorf("%q: %c", s, got)
		}
	}
}

func TestParseID(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		kind   gb.IDType
		raw    string
		number string // wanted, if accepted
		code   gb.Code
	}{
		{"checksum", gb.Resident, "370303198503149971", "", gb.Checksum},
		{"30 February", gb.Resident, "370303198502309979", "", gb.Date},
		{"born in 2090", gb.Resident, "370303209001019974", "", gb.FutureBirth},
		{"17 characters", gb.Resident, "37030319850314997", "", gb.Length},
		{"19 characters", gb.Resident, "3703031985031499700", "", gb.Length},
		{"ends in Y", gb.Resident, "37030319870508997Y", "", gb.Charset},
		{"X inside", gb.Resident, "3703031987X5089970", "", gb.Charset},
		{"starts with 0", gb.Resident, "070303198503149970", "", gb.Charset},
		{"18 Chinese characters", gb.Resident, strings.Repeat("一", 18), "", gb.Charset},
		{"born 1799", gb.Resident, "370303179912319970", "", gb.Date},
		{"born 2100", gb.Resident, "370303210001019970", "", gb.Date},
		{"month 13", gb.Resident, "370303198513149970", "", gb.Date},
		{"full width", gb.Resident, "３７０３０３１９８５０３１４９９７０", "370303198503149970", ""},
		{"full-width x", gb.Resident, "37030319870508997ｘ", "37030319870508997X", ""},
		{"small x", gb.Resident, "37030319870508997x", "37030319870508997X", ""},
		{"spaces", gb.Resident, " 370303 19870508　997X\t", "37030319870508997X", ""},
		{"zero-width", gb.Resident, "\ufeff370303\u200b19870508997X", "37030319870508997X", ""},
		{"empty", gb.Resident, " \u200b", "", gb.Empty},
		{"spreadsheet", gb.Resident, "3.70303E+17", "", gb.Scientific},
		{"spreadsheet, small e", gb.Resident, "3.70303e+17", "", gb.Scientific},
		{"first generation", gb.Resident, "370303850314997", "", gb.Old15Digits},
		{"15 with letter", gb.Resident, "37030385031499X", "", gb.Length},

		{"Hong Kong", gb.HKMOResidence, "81000019900101997X", "81000019900101997X", ""},
		{"Macau", gb.HKMOResidence, "82000019900101998X", "82000019900101998X", ""},
		{"Taiwan", gb.TWResidence, "83000019900101999X", "83000019900101999X", ""},
		{"Taiwan as Hong Kong", gb.HKMOResidence, "83000019900101999X", "", gb.Area},
		{"Macau as Taiwan", gb.TWResidence, "82000019900101998X", "", gb.Area},
		{"residence checksum", gb.HKMOResidence, "810000199001019970", "", gb.Checksum},

		{"home return", gb.HKMOPermit, "h12345678", "H12345678", ""},
		{"home return, old", gb.HKMOPermit, "M1234567801", "M1234567801", ""},
		{"home return, ten", gb.HKMOPermit, "M123456780", "", gb.Length},
		{"home return, letter", gb.HKMOPermit, "A12345678", "", gb.Charset},
		{"Taiwan permit", gb.TWPermit, "01234567", "01234567", ""},
		{"Taiwan permit, old", gb.TWPermit, "0123456789", "0123456789", ""},
		{"Taiwan permit, old with letter", gb.TWPermit, "0123456789b", "0123456789B", ""},
		{"Taiwan permit, nine", gb.TWPermit, "012345678", "", gb.Length},
		{"Taiwan permit, letter", gb.TWPermit, "T1234567", "", gb.Charset},

		{"foreign, old", gb.ForeignPR, "usa310000000001", "USA310000000001", ""},
		{"foreign, old, digits", gb.ForeignPR, "123310000000001", "", gb.Charset},
		{"foreign, new", gb.ForeignPR, "931840198503149975", "931840198503149975", ""},
		{"foreign, new, checksum", gb.ForeignPR, "931840198503149970", "", gb.Checksum},
		{"foreign, new, not 9", gb.ForeignPR, "370303198503149970", "", gb.Charset},
		{"foreign, 16", gb.ForeignPR, "9318401985031499", "", gb.Length},

		{"Chinese passport", gb.Passport, "e12345678", "E12345678", ""},
		{"Chinese passport, EA", gb.Passport, "EA1234567", "EA1234567", ""},
		{"foreign passport", gb.Passport, "AB 123 4567", "AB1234567", ""},
		{"passport, four", gb.Passport, "A123", "", gb.Length},
		{"passport, 18", gb.Passport, "A12345678901234567", "", gb.Length},
		{"passport, hyphen", gb.Passport, "AB-1234567", "", gb.Charset},

		{"other", gb.Other, "军字第0012345号", "军字第0012345号", ""},
		{"other, short", gb.Other, "军1", "", gb.Length},
		{"other, long", gb.Other, strings.Repeat("1", 31), "", gb.Length},
		{"other, control", gb.Other, "12\x0034", "", gb.Charset},
		{"other, not UTF-8", gb.Other, "12\xff34", "", gb.Charset},
		{"no such kind", "driver", "123456", "", gb.UnknownType},
	}
	for _, c := range cases {
		id, err := gb.ParseID(c.kind, c.raw, today)
		if got := codeOf(t, err); got != c.code {
			t.Errorf("%s: %q, want %q", c.name, got, c.code)
		}
		if id.Number != c.number {
			t.Errorf("%s: number %q, want %q", c.name, id.Number, c.number)
		}
		if err == nil && id.Type != c.kind {
			t.Errorf("%s: kind %q", c.name, id.Type)
		}
	}
}

func TestDerivedFacts(t *testing.T) {
	t.Parallel()
	cases := []struct {
		kind  gb.IDType
		raw   string
		birth string
		sex   gb.Sex
	}{
		{gb.HKMOResidence, "81000019900101997X", "1990-01-01", gb.Male},
		{gb.HKMOResidence, "82000019900101998X", "1990-01-01", gb.Female},
		{gb.TWResidence, "83000019900101999X", "1990-01-01", gb.Male},
		{gb.ForeignPR, "931840198503149975", "1985-03-14", gb.Male},
		{gb.ForeignPR, "USA310000000001", "0001-01-01", ""},
		{gb.Passport, "E12345678", "0001-01-01", ""},
	}
	for _, c := range cases {
		id, err := gb.ParseID(c.kind, c.raw, today)
		if err != nil {
			t.Errorf("%s: %v", c.raw, err)
		}
		if got := id.Birth.Format("2006-01-02"); got != c.birth || id.Sex != c.sex {
			t.Errorf("%s: born %s, %q", c.raw, got, id.Sex)
		}
	}
}

// Today is a civil day in the caller's zone: at 00:30 in Zibo it is still
// yesterday in UTC.
func TestBornToday(t *testing.T) {
	t.Parallel()
	first17 := "37030320220324997"
	number := first17 + string(gb.IDCheckDigit(first17))
	at := time.Date(2022, 3, 24, 0, 30, 0, 0, zone)
	if _, err := gb.ParseID(gb.Resident, number, at); err != nil {
		t.Errorf("born today: %v", err)
	}
	_, err := gb.ParseID(gb.Resident, number, at.Add(-time.Hour))
	if got := codeOf(t, err); got != gb.FutureBirth {
		t.Errorf("born tomorrow: %q", got)
	}
}

func TestUpgrade15(t *testing.T) {
	t.Parallel()
	got, ok := gb.Upgrade15("370303 850314 995")
	if !ok {
		t.Fatal("no hint")
	}
	if _, err := gb.ParseID(gb.Resident, got, today); err != nil || got[:17] != "37030319850314995" {
		t.Errorf("%s: %v", got, err)
	}
	for _, raw := range []string{"370303850230995", "370303850314997", "37030385031499X", "070303850314995", ""} {
		if got, ok := gb.Upgrade15(raw); ok {
			t.Errorf("%q became %q", raw, got)
		}
	}
}

func TestGuessIDType(t *testing.T) {
	t.Parallel()
	cases := map[string]gb.IDType{
		"370303198503149970":  gb.Resident,
		"37030319870508997x":  gb.Resident,
		"37030319850314997":   gb.Resident,
		"3703031985031499700": gb.Resident,
		"370303850314997":     gb.Resident,
		"3.70303E+17":         gb.Resident,
		"81000019900101997X":  gb.HKMOResidence,
		"82000019900101998X":  gb.HKMOResidence,
		"83000019900101999X":  gb.TWResidence,
		"931840198503149975":  gb.ForeignPR,
		"USA310000000001":     gb.ForeignPR,
		"H12345678":           gb.HKMOPermit,
		"m1234567801":         gb.HKMOPermit,
		"01234567":            gb.TWPermit,
		"0123456789B":         gb.TWPermit,
		"E12345678":           gb.Passport,
		"EA1234567":           gb.Passport,
		"AB1234567":           gb.Passport,
		"":                    "",
		"张三":                  "",
		"123":                 "",
		"123456789":           "",
	}
	for raw, want := range cases {
		got, ok := gb.GuessIDType(raw)
		if got != want || ok != (want != "") {
			t.Errorf("%q: %q %v, want %q", raw, got, ok, want)
		}
	}
}

func TestProblemHidesNumber(t *testing.T) {
	t.Parallel()
	_, err := gb.ParseID(gb.Resident, "370303198503149971", today)
	if got := err.Error(); got != "gb: cn_id: checksum" {
		t.Errorf("%q", got)
	}
}

func codeOf(t *testing.T, err error) gb.Code {
	t.Helper()
	if err == nil {
		return ""
	}
	p, ok := errors.AsType[*gb.Problem](err)
	if !ok {
		t.Fatalf("%T is not a *gb.Problem", err)
	}
	return p.Code
}
