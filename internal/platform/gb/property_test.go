package gb_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/fugong/fugong/internal/platform/gb"
)

// Whoever is built by the rules is accepted, with the facts that went in; and
// one wrong digit, or two neighbours swapped, never goes unseen.
func TestCitizenProperty(t *testing.T) {
	t.Parallel()
	first := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		birth := first.AddDate(0, 0, rapid.IntRange(0, 44_000).Draw(t, "day"))
		sequence := rapid.IntRange(0, 999).Draw(t, "sequence")
		area := rapid.IntRange(100000, 899999).Draw(t, "area")
		first17 := fmt.Sprintf("%06d%s%03d", area, birth.Format("20060102"), sequence)
		number := first17 + string(gb.IDCheckDigit(first17))

		id, err := gb.ParseID(gb.Resident, number, today)
		if err != nil {
			t.Fatalf("%s: %v", number, err)
		}
		if !id.Birth.Equal(birth) || (id.Sex == gb.Male) != (sequence%2 == 1) {
			t.Fatalf("%s: %+v", number, id)
		}

		at := rapid.IntRange(0, 16).Draw(t, "at")
		wrong := []byte(number)
		wrong[at] = '0' + byte(rapid.IntRange(0, 9).Draw(t, "digit"))
		refuse(t, number, string(wrong))
		swapped := []byte(number)
		swapped[at], swapped[at+1] = swapped[at+1], swapped[at]
		refuse(t, number, string(swapped))
	})
}

func refuse(t *rapid.T, number, wrong string) {
	if wrong == number {
		return
	}
	if _, err := gb.ParseID(gb.Resident, wrong, today); err == nil {
		t.Fatalf("%s passes for %s", wrong, number)
	}
}

func TestMaskIDProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "number")
		for _, mask := range []func(string) string{gb.MaskID, gb.MaskIDStrict, gb.MaskMobile} {
			got := mask(s)
			if utf8.RuneCountInString(got) != utf8.RuneCountInString(s) {
				t.Fatalf("%q became %q", s, got)
			}
			// At most four of every seven characters show.
			if shown := utf8.RuneCountInString(strings.ReplaceAll(got, "*", "")); shown*11 > utf8.RuneCountInString(s)*7 {
				t.Fatalf("%q shows %d", got, shown)
			}
		}
	})
}

func FuzzParseID(f *testing.F) {
	for _, c := range citizens {
		f.Add(string(gb.Resident), c.number)
	}
	f.Add(string(gb.ForeignPR), "ＵＳＡ310000000001")
	f.Add(string(gb.Other), "e\u200b\u0301x¨\u0301")
	f.Add(string(gb.Passport), "\xff\xfe")
	f.Fuzz(func(t *testing.T, kind, raw string) {
		once := gb.NormalizeID(raw)
		if twice := gb.NormalizeID(once); twice != once {
			t.Fatalf("%q normalises to %q, then to %q", raw, once, twice)
		}
		id, err := gb.ParseID(gb.IDType(kind), raw, today)
		if (err == nil) != (id.Number != "") {
			t.Fatalf("%+v with %v", id, err)
		}
		if err == nil {
			again, err := gb.ParseID(id.Type, id.Number, today)
			if err != nil || again != id {
				t.Fatalf("%+v parses again to %+v, %v", id, again, err)
			}
		}
		gb.GuessIDType(raw)
		gb.Upgrade15(raw)
		gb.MaskName(raw)
		gb.MaskID(raw)
	})
}

// A guess is never a kind whose parser finds the length wrong, except for a
// citizen's number, which is guessed on purpose to be explained.
func FuzzGuessIDType(f *testing.F) {
	f.Add("E12345678")
	f.Add("0123456789B")
	f.Fuzz(func(t *testing.T, raw string) {
		kind, ok := gb.GuessIDType(raw)
		if !ok || kind == gb.Resident {
			return
		}
		_, err := gb.ParseID(kind, raw, today)
		if code := codeOf(t, err); code == gb.Length || code == gb.Charset || code == gb.Area {
			t.Fatalf("%q guessed as %s, refused with %s", raw, kind, code)
		}
	})
}

func FuzzMobile(f *testing.F) {
	f.Add("+86 139-0000-0001")
	f.Add("868613900000001")
	f.Add("1\u0301-\u0301")
	f.Fuzz(func(t *testing.T, raw string) {
		once := gb.NormalizeMobile(raw)
		if twice := gb.NormalizeMobile(once); twice != once {
			t.Fatalf("%q normalises to %q, then to %q", raw, once, twice)
		}
		if gb.CheckMobile(once) == nil && len(once) != 11 {
			t.Fatalf("%q passes", once)
		}
		gb.MaskMobile(raw)
	})
}

func FuzzUSCC(f *testing.F) {
	for _, code := range usccs {
		f.Add(code)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		once := gb.NormalizeUSCC(raw)
		if twice := gb.NormalizeUSCC(once); twice != once {
			t.Fatalf("%q normalises to %q, then to %q", raw, once, twice)
		}
		if gb.CheckUSCC(once) == nil && gb.USCCCheckDigit(once[:17]) != once[17] {
			t.Fatalf("%q passes", once)
		}
	})
}
