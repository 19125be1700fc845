package gb_test

import (
	"strings"
	"testing"

	"github.com/fugong/fugong/internal/platform/gb"
)

func TestMobile(t *testing.T) {
	t.Parallel()
	cases := []struct {
		raw, number string
		code        gb.Code
	}{
		{"13900000001", "13900000001", ""},
		{" 139 0000 0001 ", "13900000001", ""},
		{"139-0000-0001", "13900000001", ""},
		{"139–0000–0001", "13900000001", ""},
		{"+86 13900000001", "13900000001", ""},
		{"+86-139-0000-0001", "13900000001", ""},
		{"(+86)13900000001", "13900000001", ""},
		{"008613900000001", "13900000001", ""},
		{"8613900000001", "13900000001", ""},
		{"１３９００００００01", "13900000001", ""},
		{"19912345678", "19912345678", ""},
		{"12900000001", "12900000001", gb.Prefix},
		{"23900000001", "23900000001", gb.Prefix},
		{"1390000000", "1390000000", gb.Length},
		{"139000000012", "139000000012", gb.Length},
		{"8612900000001", "8612900000001", gb.Length},
		{"0533-2345678", "05332345678", gb.Prefix},
		{"139O0000001", "139O0000001", gb.Charset},
		{"+8523900001", "+8523900001", gb.Charset},
		{"1.39E+10", "1.39E+10", gb.Scientific},
		{"  ", "", gb.Empty},
	}
	for _, c := range cases {
		got := gb.NormalizeMobile(c.raw)
		if got != c.number {
			t.Errorf("%q: %q, want %q", c.raw, got, c.number)
		}
		if code := codeOf(t, gb.CheckMobile(got)); code != c.code {
			t.Errorf("%q: %q, want %q", c.raw, code, c.code)
		}
	}
}

// The organisation parts are made up, except for the last, which the standard
// itself shows.
var usccs = []string{
	"91370303YY000001XW", "91370302YY0000028E", "91370305YX00000326", "91370321YX00000406",
	"92370306YW0000055T", "93370323YW00000636", "52370304YU0000074Y", "12370300YU00000824",
	"11370300YT0000097M", "91370300YT000010XX", "91370303YY00003190", "91370303YY0000386X",
	"91370303YY0000431Y", "91350100M000100Y43",
}

func TestUSCC(t *testing.T) {
	t.Parallel()
	for _, code := range usccs {
		if err := gb.CheckUSCC(code); err != nil {
			t.Errorf("%s: %v", code, err)
		}
		if got := gb.USCCCheckDigit(code[:17]); got != code[17] {
			t.Errorf("%s: check character %c", code, got)
		}
	}
	bad := map[string]gb.Code{
		"":                      gb.Empty,
		"91370303YY000001XX":    gb.Checksum,
		"91370303IY000001XW":    gb.Charset,
		"9137030AYY000001XW":    gb.Charset,
		"91370303YY000001X":     gb.Length,
		"91370303YY000001XW0":   gb.Length,
		"91370303yy000001xw":    gb.Charset,
		strings.Repeat("统", 6):  gb.Length,
		strings.Repeat("统", 18): gb.Charset,
	}
	for code, want := range bad {
		if got := codeOf(t, gb.CheckUSCC(code)); got != want {
			t.Errorf("%q: %q, want %q", code, got, want)
		}
	}
	if got := gb.NormalizeUSCC(" ９1370303 yy000001xw "); gb.CheckUSCC(got) != nil {
		t.Errorf("normalised to %q", got)
	}
	for _, s := range []string{"", "91370303IY000001X", "91370303YY000001XW"} {
		if got := gb.USCCCheckDigit(s); got != 0 {
			t.Errorf("%q: %c", s, got)
		}
	}
}

func TestMasks(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		mask     func(string) string
		in, want string
	}{
		{"name", gb.MaskName, "张三丰", "张**"},
		{"name, two", gb.MaskName, "李明", "李*"},
		{"name, one", gb.MaskName, "张", "张*"},
		{"name, long", gb.MaskName, "买买提·艾合买提", "买**"},
		{"name, Latin", gb.MaskName, " John Smith", "J**"},
		{"name, empty", gb.MaskName, " ", ""},
		{"id", gb.MaskID, "370303198503149970", "3703**********9970"},
		{"id, passport", gb.MaskID, "E12345678", "E1*****78"},
		{"id, old foreign", gb.MaskID, "USA310000000001", "US***********01"},
		{"id, short", gb.MaskID, "A1234", "A****"},
		{"id, one", gb.MaskID, "7", "*"},
		{"id, empty", gb.MaskID, "", ""},
		{"strict", gb.MaskIDStrict, "370303198503149970", "3703*************0"},
		{"strict, passport", gb.MaskIDStrict, "E12345678", "E1******8"},
		{"strict, short", gb.MaskIDStrict, "A1234", "A****"},
		{"mobile", gb.MaskMobile, "13900000001", "139****0001"},
		{"mobile, twelve", gb.MaskMobile, "053323456789", "**********89"},
		{"mobile, short", gb.MaskMobile, "12345", "*****"},
	}
	for _, c := range cases {
		if got := c.mask(c.in); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
