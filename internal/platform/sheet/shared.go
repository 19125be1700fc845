package sheet

import (
	"bytes"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/fugong/fugong/internal/platform/sheet/xmlscan"
)

// sharedStrings is the table of texts that cells point at. All texts lie in
// one string, so that a million of them cost no more than their letters and
// four bytes each.
type sharedStrings struct {
	all  string
	ends []uint32 // text i ends here and begins where text i-1 ends
}

func (s *sharedStrings) at(i int) (string, bool) {
	if i < 0 || i >= len(s.ends) {
		return "", false
	}
	start := uint32(0)
	if i > 0 {
		start = s.ends[i-1]
	}
	return s.all[start:s.ends[i]], true
}

// readShared reads the table. It is the one part of a workbook that is held in
// memory, so its size is bounded apart.
func (wb *workbook) readShared(part string) error {
	wb.shared = &sharedStrings{}
	if part == "" || !wb.pack.has(part) {
		return nil
	}
	var all strings.Builder
	var rt richText
	maxBytes := int(min(wb.limits.Unpacked/4, math.MaxInt32))
	maxTexts := max(1<<20, wb.limits.Rows*min(wb.limits.Columns, 32))
	err := wb.pack.scan(part, wb.maxToken(), func(x *xmlscan.Scanner) error {
		rt.take(x)
		if len(rt.buf) > x.MaxToken {
			return xmlscan.ErrToken
		}
		if string(x.Name) != "si" || x.Kind == xmlscan.Text || x.Kind == xmlscan.Open && !x.Empty {
			return nil
		}
		text := rt.done()
		if !utf8.Valid(text) {
			text = bytes.ToValidUTF8(text, []byte("\uFFFD"))
		}
		all.Write(text)
		if all.Len() > maxBytes || len(wb.shared.ends) == maxTexts {
			return refuse(RefusedBomb, map[string]any{"limit": wb.limits.Unpacked})
		}
		wb.shared.ends = append(wb.shared.ends, uint32(all.Len()))
		return nil
	})
	wb.shared.all = all.String()
	return err
}

// richText gathers the text of a shared string or of an inline string from
// its tokens: the runs of a formatted text are joined, phonetic hints are not
// part of it.
type richText struct {
	buf      []byte
	inText   bool
	phonetic bool
}

func (t *richText) take(x *xmlscan.Scanner) {
	switch x.Kind {
	case xmlscan.Text:
		if t.inText && !t.phonetic {
			t.buf = x.AppendText(t.buf)
		}
	case xmlscan.Open, xmlscan.Close:
		open := x.Kind == xmlscan.Open && !x.Empty
		switch string(x.Name) {
		case "t":
			t.inText = open
		case "rPh":
			t.phonetic = open
		}
	}
}

// done returns the text gathered and begins anew. The bytes are valid until
// the next take.
func (t *richText) done() []byte {
	text := decodeEscapes(t.buf)
	*t = richText{buf: t.buf[:0]}
	return text
}
