package sheet

import (
	"errors"
	"testing"

	"pgregory.net/rapid"
)

func TestNormalizeText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                           "",
		"abc":                        "abc",
		"　 张　 三 \r\n":                "张 三",
		"３７０３０３Ｘ":                    "370303X",
		"（必填）：＊～":                    "(必填):*~",
		"a\u00a0\u2003b":             "a b",
		"\ufeff\u200e王\u202c伟\u00ad": "王伟",
		"王\u200b伟":                   "王 伟",
		"一\t二\n三":                    "一 二 三",
		"王龘㐂𠮷":                       "王龘㐂𠮷",
		"羽\uF9A8":                    "羽\uF9A8", // a compatibility character stays
		"葛\U000E0100":                "葛\U000E0100",
		"㈱①℃":                        "㈱①℃",
		"阿·买":                        "阿·买",
	} {
		if got := NormalizeText(in); got != want {
			t.Errorf("NormalizeText(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestNormalizeName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"张　三":              "张三",
		"欧 阳  晓 燕":         "欧阳晓燕",
		"阿依古丽・买买提":         "阿依古丽·买买提",
		"阿卜杜拉 • 艾力":        "阿卜杜拉·艾力",
		"Anna Maria":       "Anna Maria",
		"ＡＮＮＡ　Ｍ":           "ANNA M",
		"Ali • Veli":       "Ali·Veli",
		"张 Anna":           "张Anna",
		"王\u200b伟":         "王伟",
		"周\n静":             "周静",
		"葛\U000E0100 优":    "葛\U000E0100优",
		" \u3000 ":         "",
		"买买提．吐尔逊":          "买买提.吐尔逊", // a full-width stop is a full stop, and someone must look
		"MÜLLER  ANNA-LIS": "MÜLLER ANNA-LIS",
	} {
		if got := NormalizeName(in); got != want {
			t.Errorf("NormalizeName(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestNormalizeIsStable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.OneOf(rapid.Rune(), rapid.SampledFrom([]rune(" 　·•．ａ王\u200b\u00a0\n")))).Draw(t, "s")
		text, name := NormalizeText(s), NormalizeName(s)
		if NormalizeText(text) != text {
			t.Fatalf("text %q becomes %q", text, NormalizeText(text))
		}
		if NormalizeName(name) != name {
			t.Fatalf("name %q becomes %q", name, NormalizeName(name))
		}
		if NormalizeName(text) != name {
			t.Fatalf("%q: name of the text %q, name %q", s, NormalizeName(text), name)
		}
	})
}

func TestParseDecimal(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]float64{
		"36.5": 36.5, "３６．５": 36.5, " 36 ": 36, "-0.5": -0.5, "+3": 3, "1,234.5": 1234.5, "1,234,567": 1234567, "007": 7,
	} {
		if got, err := ParseDecimal(textCell(in)); err != nil || got != want {
			t.Errorf("%q: %v, %v", in, got, err)
		}
	}
	for in, want := range map[string]ProblemKey{
		"": ProblemEmpty, " ": ProblemEmpty, "36.5℃": ProblemNumber, "36。5": ProblemNumber, "1e5": ProblemNumber, "0x10": ProblemNumber,
		"1,23": ProblemNumber, ",123": ProblemNumber, "1234,567": ProblemNumber, ".5": ProblemNumber, "5.": ProblemNumber,
		"-": ProblemNumber, "-+5": ProblemNumber, "NaN": ProblemNumber, "Inf": ProblemNumber, "三": ProblemNumber, "1.2.3": ProblemNumber, "1.234,5": ProblemNumber,
	} {
		_, err := ParseDecimal(textCell(in))
		if problemKey(err) != want {
			t.Errorf("%q: %v, want %s", in, err, want)
		}
	}
	if got, err := ParseDecimal(Cell{Kind: KindNumber, Number: 36.5, Text: "36.5"}); err != nil || got != 36.5 {
		t.Errorf("number cell: %v, %v", got, err)
	}
	for _, kind := range []Kind{KindDate, KindBool} {
		if _, err := ParseDecimal(Cell{Kind: kind, Number: 1, Text: "1"}); problemKey(err) != ProblemNumber {
			t.Errorf("%s cell: %v", kindNames[kind], err)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for kind, want := range map[Kind]ProblemKey{KindEmpty: "", KindText: "", KindNumber: "", KindError: ProblemError, KindUncalculated: ProblemUncalculated} {
		if err := (Cell{Kind: kind}).Check(); problemKey(err) != want || (err == nil) != (want == "") {
			t.Errorf("%s: %v", kindNames[kind], err)
		}
	}
}

func problemKey(err error) ProblemKey {
	var p *Problem
	if errors.As(err, &p) {
		return p.Key
	}
	return ""
}

func TestParseYesNo(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	tests := []struct {
		cell Cell
		want *bool
		key  ProblemKey
	}{
		{textCell("是"), &yes, ""}, {textCell(" 有 "), &yes, ""}, {textCell("１"), &yes, ""}, {textCell("√"), &yes, ""}, {textCell("YES"), &yes, ""},
		{textCell("否"), &no, ""}, {textCell("无"), &no, ""}, {textCell("0"), &no, ""}, {textCell("×"), &no, ""}, {textCell("ｎ"), &no, ""},
		{Cell{Kind: KindNumber, Number: 1, Text: "1"}, &yes, ""}, {Cell{Kind: KindBool, Text: "FALSE"}, &no, ""}, {Cell{Kind: KindBool, Text: "TRUE", Number: 1}, &yes, ""},
		{textCell(""), nil, ProblemEmpty}, {Cell{}, nil, ProblemEmpty}, {textCell("也许"), nil, ProblemYesNo}, {textCell("x"), nil, ProblemYesNo},
		{Cell{Kind: KindNumber, Number: 2, Text: "2"}, nil, ProblemYesNo}, {Cell{Kind: KindError, Text: "#N/A"}, nil, ProblemError},
	}
	for _, tt := range tests {
		got, err := ParseYesNo(tt.cell)
		if problemKey(err) != tt.key || err == nil && (tt.want == nil || got != *tt.want) {
			t.Errorf("%+v: %v, %v", tt.cell, got, err)
		}
	}
}

func TestLostDigits(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"3.70303E+17": true, "3.7E+17": true, "4E+17": true, "3.70303e+17": true, " 3.70303E+17 ": true, "1.39E+10": false, "3.70303E+1700": false,
		"370303198503149970": false, "E+17": false, "ABE+17": false, "3.7E17": false, "12.3E+17": false, "": false, "3.E+17": true,
	} {
		if got := textCell(text).LostDigits(); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	for n, want := range map[float64]bool{370303198503149970: true, 1e15: true, 999999999999999: false, 13900000001: false, -1e15: true} {
		if got := (Cell{Kind: KindNumber, Number: n}).LostDigits(); got != want {
			t.Errorf("%v: %v", n, got)
		}
	}
}

func TestNumberTexts(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"1": "1", "0": "0", "-0": "0", "36.600000000000001": "36.6", "0.10000000000000001": "0.1", "1.5E+3": "1500",
		"3.7030219730612902E+17": "370302197306129000", "007": "7", "-5.5": "-5.5", "123456789012345": "123456789012345",
		"1E+300": "1E+300", "44644.354166666664": "44644.354166666664",
	} {
		var c Cell
		c.setNumber([]byte(raw), cellStyle{})
		if c.Kind != KindNumber || c.Text != want {
			t.Errorf("%q: %s %q, want %q", raw, kindNames[c.Kind], c.Text, want)
		}
	}
	for _, raw := range []string{"0x10", "NaN", "Inf", "1_000", "abc", "1e999"} {
		var c Cell
		c.setNumber([]byte(raw), cellStyle{})
		if c.Kind != KindText || c.Text != raw {
			t.Errorf("%q: %s %q, want it as text", raw, kindNames[c.Kind], c.Text)
		}
	}
}

func TestDateFormats(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{
		"General": false, "0": false, "0.00": false, "#,##0.00_);[Red](#,##0.00)": false, "@": false, "0.00E+00": false, "0%": false,
		`"日期"0`: false, `0"days"`: false, `\d0`: false, `[Red]0`: false, `[$-804]General`: false, `[DBNum1][$-804]General`: false,
		`0_d`: false, `0*d`: false, `"unclosed y`: false, `[unclosed y`: false, `[<100]0;0`: false, `0;yyyy`: false, `¥#,##0`: false,
		"yyyy-mm-dd": true, "m/d/yy h:mm": true, `yyyy"年"m"月"d"日"`: true, "[$-804]yyyy年m月d日;@": true, "[h]:mm": true, "[mm]:ss": true, "[ss]": true,
		"mmm": true, "h:mm AM/PM": true, "上午/下午h\"时\"": true, "e": true, "YYYY": true, "aaaa;@": false, "[$-F800]dddd, mmmm dd, yyyy": true,
	} {
		if got := isDateFormat(code); got != want {
			t.Errorf("%s: %v", code, got)
		}
	}
	if s := formatStyle("00000"); s.pad != 5 || s.date {
		t.Errorf("00000: %+v", s)
	}
	if s := formatStyle("0"); s.pad != 0 {
		t.Errorf("0: %+v", s)
	}
}

func TestEscapes(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a_x000D_b": "a\rb", "_x005F_x0041_": "_x0041_", "_x41_": "_x41_", "_xZZZZ_": "_xZZZZ_", "a_x": "a_x", "_x9F98_": "龘", "_x0000_": "_x0000_",
	} {
		if got := string(decodeEscapes([]byte(in))); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
