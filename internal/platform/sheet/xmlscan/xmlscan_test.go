package xmlscan

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// tokens lists what the scanner finds, texts unescaped and joined.
func tokens(r io.Reader, maxToken int) (list []string, err error) {
	x := New(r, maxToken)
	text := []byte(nil)
	flush := func() {
		if len(text) > 0 {
			list = append(list, fmt.Sprintf("%q", text))
			text = nil
		}
	}
	for x.Next() != End {
		if x.Kind == Text {
			text = x.AppendText(text)
			continue
		}
		flush()
		if x.Kind == Close {
			list = append(list, "/"+string(x.Name))
			continue
		}
		token := string(x.Name)
		for name, value, rest, ok := NextAttr(x.Attrs); ok; name, value, rest, ok = NextAttr(rest) {
			token += fmt.Sprintf(" %s=%q", name, appendUnescaped(nil, value))
		}
		list = append(list, token)
		if x.Empty {
			list = append(list, "/"+string(x.Name))
		}
	}
	flush()
	return list, x.Err
}

func TestTokens(t *testing.T) {
	t.Parallel()
	for doc, want := range map[string]string{
		`<a>1</a>`:                  `a "1" /a`,
		`<x:a x:b="1" c='2'/>`:      `a b="1" c="2" /a`,
		`<a b = "x>y" c='"'>t</a >`: `a b="x>y" c="\"" "t" /a`,
		`<a>&lt;&amp;&gt;&quot;&apos;&#65;&#x9F98;</a>`: `a "<&>\"'A龘" /a`,
		`<a>&unknown; & &#0; &#xFFFFFFFF; &;</a>`:       `a "&unknown; & &#0; &#xFFFFFFFF; &;" /a`,
		`<a>1<!-- <b> -->2<?pi <c> ?>3</a>`:             `a "123" /a`,
		`<a><![CDATA[<b>&amp;]]]></a>`:                  `a "<b>&amp;]" /a`,
		`<a><![CDATA[]]></a>`:                           `a /a`,
		"<a\n\tb=\"1\"\r\n></a>":                        `a b="1" /a`,
		`<a b></a>`:                                     `a /a`,
		`<a b=1></a>`:                                   `a /a`,
		`text`:                                          `"text"`,
		``:                                              ``,
		`<a/>tail`:                                      `a /a "tail"`,
	} {
		for name, r := range map[string]io.Reader{"whole": strings.NewReader(doc), "by bytes": iotest.OneByteReader(strings.NewReader(doc))} {
			got, err := tokens(r, 1<<20)
			if s := strings.Join(got, " "); err != nil || s != want {
				t.Errorf("%s (%s): %s, %v, want %s", doc, name, s, err, want)
			}
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	tests := map[string]struct {
		r    io.Reader
		want error
	}{
		"cut in a tag":     {strings.NewReader(`<a b="1`), ErrSyntax},
		"cut in a comment": {strings.NewReader(`<a><!-- `), ErrSyntax},
		"cut in CDATA":     {strings.NewReader(`<a><![CDATA[ `), ErrSyntax},
		"nameless":         {strings.NewReader(`<>`), ErrSyntax},
		"document type":    {strings.NewReader(`<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`), ErrDocType},
		"long text":        {strings.NewReader(`<a>` + strings.Repeat("x", 300_000)), ErrToken},
		"long tag":         {strings.NewReader(`<a b="` + strings.Repeat(">", 300_000)), ErrToken},
		"long comment":     {strings.NewReader(`<!--` + strings.Repeat("x", 300_000)), ErrToken},
		"reader fails":     {io.MultiReader(strings.NewReader("<a>1"), iotest.ErrReader(boom)), boom},
		"reader stalls":    {stalled{}, io.ErrNoProgress},
	}
	for name, tt := range tests {
		_, err := tokens(tt.r, 100_000)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}

type stalled struct{}

func (stalled) Read([]byte) (int, error) { return 0, nil }

// TestAsEncodingXML: documents that encoding/xml accepts give the same tokens.
func TestAsEncodingXML(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		doc := drawElement(t, 0)
		want, err := stdTokens(doc)
		if err != nil {
			t.Skip(err)
		}
		size := rapid.IntRange(1, 7).Draw(t, "read size")
		got, err := tokens(&chunked{doc, size}, 1<<20)
		if err != nil {
			t.Fatalf("%s: %v", doc, err)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%s:\n got %v\nwant %v", doc, got, want)
		}
	})
}

func drawElement(t *rapid.T, depth int) string {
	name := rapid.SampledFrom([]string{"a", "b", "x:c"}).Draw(t, "name")
	value := rapid.StringOf(rapid.SampledFrom([]rune("a >'/=王"))).Draw(t, "value")
	doc := "<" + name + ` k="` + value + `"`
	if rapid.Bool().Draw(t, "empty") {
		return doc + "/>"
	}
	doc += ">"
	for range rapid.IntRange(0, 3-depth).Draw(t, "children") {
		doc += rapid.SampledFrom([]string{"t", "&amp;", "&#x738B;", "<!-- - -->", "<![CDATA[<]>]]>", " ", "龘"}).Draw(t, "text")
		if depth < 3 {
			doc += drawElement(t, depth+1)
		}
	}
	return doc + "</" + name + ">"
}

func stdTokens(doc string) (list []string, err error) {
	d := xml.NewDecoder(strings.NewReader(doc))
	text := ""
	for {
		token, err := d.RawToken()
		if chars, ok := token.(xml.CharData); ok {
			text += string(chars)
			continue
		}
		if _, ok := token.(xml.Comment); ok {
			continue
		}
		if text != "" {
			list, text = append(list, fmt.Sprintf("%q", text)), ""
		}
		if err == io.EOF {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			s := token.Name.Local
			for _, a := range token.Attr {
				s += fmt.Sprintf(" %s=%q", a.Name.Local, a.Value)
			}
			list = append(list, s)
		case xml.EndElement:
			list = append(list, "/"+token.Name.Local)
		}
	}
}

// chunked reads a few bytes at a time.
type chunked struct {
	left string
	size int
}

func (c *chunked) Read(buf []byte) (int, error) {
	if c.left == "" {
		return 0, io.EOF
	}
	n := copy(buf[:min(len(buf), c.size)], c.left)
	c.left = c.left[n:]
	return n, nil
}

func FuzzScanner(f *testing.F) {
	for _, doc := range []string{`<a b="1">&amp;<![CDATA[x]]></a>`, `<!-- --><?x?><a/>`, `<a b='>'`, "</>"} {
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		whole, err1 := tokens(strings.NewReader(doc), 1<<20)
		parts, err2 := tokens(iotest.OneByteReader(strings.NewReader(doc)), 1<<20)
		if fmt.Sprint(whole, err1) != fmt.Sprint(parts, err2) {
			t.Fatalf("whole %v %v, in parts %v %v", whole, err1, parts, err2)
		}
	})
}
