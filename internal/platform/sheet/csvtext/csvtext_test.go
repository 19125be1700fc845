package csvtext

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"pgregory.net/rapid"
)

func records(data []byte, maxField int) (all [][]string, err error) {
	f, err := Parse(data)
	if err != nil {
		return nil, err
	}
	r := f.Records(maxField)
	for {
		record, err := r.Read()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, append([]string{}, record...))
	}
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	const text = "姓名,备注\r\n王龘,㐂𠮷·“引号”——…\r\n"
	want := "[[姓名 备注] [王龘 㐂𠮷·“引号”——…]]"
	for name, enc := range map[string]encoding.Encoding{
		"UTF-8": encoding.Nop, "UTF-8 with a mark": unicode.UTF8BOM, "GB18030": simplifiedchinese.GB18030,
		"UTF-16 LE": unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "UTF-16 BE": unicode.UTF16(unicode.BigEndian, unicode.UseBOM),
	} {
		data, err := enc.NewEncoder().Bytes([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		got, err := records(data, 100)
		if err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func TestNoText(t *testing.T) {
	t.Parallel()
	big5, err := traditionalchinese.Big5.NewEncoder().Bytes([]byte("姓名,說明\n王偉,資料處理過程與結果\n"))
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("姓名,备注\n", 50)
	for name, tt := range map[string]struct {
		data []byte
		want error
	}{
		"zero bytes":                {[]byte("a,b\x00c"), ErrBinary},
		"one bad character":         {[]byte(long + "王\xff伟"), ErrEncoding},
		"cut within a character":    {[]byte(long[:len(long)-2]), ErrEncoding},
		"no GB18030":                {[]byte("a,\xff\xfe,\x81"), ErrEncoding},
		"half a UTF-16 character":   {[]byte("\xff\xfea\x00b"), ErrEncoding},
		"controls in UTF-16":        {[]byte("\xff\xfe\x01\x00"), ErrEncoding},
		"GB18030 at a buffer's end": {append(bytes.Repeat([]byte("a"), 32<<10-1), 0x81), ErrEncoding},
	} {
		if _, err := Parse(tt.data); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	// Big5 cannot be told from GB18030 for certain; it must not do harm.
	if f, err := Parse(big5); err == nil && f.Comma != ',' {
		t.Errorf("Big5: %q", f.Comma)
	}
}

func TestComma(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]rune{
		"a,b\n1,2":                     ',',
		"a;b\n1;2":                     ';',
		"a\tb\n1\t2":                   '\t',
		"标题，没有\na;b;c\n1;2,5;3\n4;5;6": ';',
		"a,b\n\"x;y;z;;;;\",2\n3,4":    ',',
		"a,b\r1,2\r":                   ',',
		"只有一列\n张三":                     ',',
		"":                             ',',
		"sep=;\na,b;c":                 ';',
		"sep=|\r\na|b":                 '|',
		"sep=":                         ',',
		"sep=,x":                       ',',
	} {
		f, err := Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if f.Comma != want {
			t.Errorf("%q: %q, want %q", text, f.Comma, want)
		}
	}
	got, err := records([]byte("\ufeffsep=;\r\na;b\r\n"), 100)
	if err != nil || fmt.Sprint(got) != "[[a b]]" {
		t.Errorf("sep= line: %v, %v", got, err)
	}
}

func TestRecords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a,b\n":                     `[["a" "b"]]`,
		"a,b":                       `[["a" "b"]]`,
		"a,\n":                      `[["a" ""]]`,
		"\n\na\n":                   `[[""] [""] ["a"]]`,
		"a\rb\r\nc":                 `[["a"] ["b"] ["c"]]`,
		"\"a\nb\",c":                `[["a\nb" "c"]]`,
		`"a ""b"" c"`:               `[["a \"b\" c"]]`,
		`a "b" c,d`:                 `[["a \"b\" c" "d"]]`,
		`"a"b,c`:                    `[["ab" "c"]]`,
		`"",x`:                      `[["" "x"]]`,
		"\"a\"\"\",\"\"\"\"\n\"b\"": `[["a\"" "\""] ["b"]]`,
	} {
		got, err := records([]byte(text), 100)
		if s := fmt.Sprintf("%q", got); err != nil || s != want {
			t.Errorf("%q: %s, %v, want %s", text, s, err, want)
		}
	}
	for text, want := range map[string]error{`a,"b`: ErrQuote, `"`: ErrQuote, `"a""`: ErrQuote, "a," + strings.Repeat("x", 101): ErrField, `"` + strings.Repeat("x", 101): ErrField} {
		if _, err := records([]byte(text), 100); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
}

// TestAsEncodingCSV: what encoding/csv writes is read as it was, blank lines
// and lone carriage returns apart, which it does not keep itself.
func TestAsEncodingCSV(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		field := rapid.StringOf(rapid.SampledFrom([]rune("ab王龘\",; \n'=")))
		width := rapid.IntRange(2, 5).Draw(t, "width")
		rows := rapid.SliceOfN(rapid.SliceOfN(field, width, width), 1, 8).Draw(t, "rows")
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		if err := w.WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		r := (&File{data: b.Bytes(), Comma: ','}).Records(1000)
		for _, want := range rows {
			got, err := r.Read()
			if err != nil || fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
				t.Fatalf("%q: %q, %v, want %q", b.String(), got, err, want)
			}
		}
		if _, err := r.Read(); err != io.EOF {
			t.Fatalf("%q: more than was written: %v", b.String(), err)
		}
	})
}

func TestGuard(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "abc": "abc", "=1+1": "'=1+1", "+86": "'+86", "-5": "'-5", "@x": "'@x", "\tx": "'\tx", "\rx": "'\rx", "'a": "'a", "'=1": "''=1", "a=b": "a=b", "＝1": "＝1",
	} {
		if got := Guard(text); got != want {
			t.Errorf("Guard(%q) = %q", text, got)
		}
	}
	for text, want := range map[string]string{"'=1": "=1", "'a": "'a", "'": "'", `="0012"`: "0012", `="a""b"`: `a"b`, `="`: `="`, "=1": "=1"} {
		if got, _ := Unguard(text); got != want {
			t.Errorf("Unguard(%q) = %q, want %q", text, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("=+-@\t\r'a\""))).Draw(t, "text")
		if got, formula := Unguard(Guard(text)); got != text || formula {
			t.Fatalf("%q comes back as %q, %v", text, got, formula)
		}
	})
}

func FuzzRecords(f *testing.F) {
	for _, text := range []string{"a,b\n1,2", "\xff\xfea\x00", "\"a\"\"\n", "sep=;\n;", "\xd5\xc5,\xc8\xfd"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := records(data, 1000)
		if err != nil && !errors.Is(err, ErrBinary) && !errors.Is(err, ErrEncoding) && !errors.Is(err, ErrQuote) && !errors.Is(err, ErrField) {
			t.Fatal(err)
		}
		if len(all) > len(data)+1 {
			t.Fatalf("%d records of %d bytes", len(all), len(data))
		}
	})
}
