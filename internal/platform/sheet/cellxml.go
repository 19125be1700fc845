package sheet

import (
	"errors"
	"strconv"

	"github.com/fugong/fugong/internal/platform/sheet/xmlscan"
)

var errColumn = errors.New("cell reference")

// maxColumnNumber is the bound of the format itself.
const maxColumnNumber = 1 << 14

// rawCell is a cell as it is written: type, style and value.
type rawCell struct {
	typ    string // s, str, inlineStr, b, e, d, n, or "" for a number
	style  int
	value  []byte // of <v>
	stored bool   // there was a <v>
	inline []byte // of <is>
}

// readCell reads a cell from its start tag on. col is the column it has
// unless it says otherwise.
func (r *rowReader) readCell(col int) (Cell, error) {
	cell := Cell{row: int32(r.number), col: int32(col), date1904: r.wb.date1904}
	raw := rawCell{value: r.buf[:0]}
	for name, value, rest, ok := xmlscan.NextAttr(r.x.Attrs); ok; name, value, rest, ok = xmlscan.NextAttr(rest) {
		switch string(name) {
		case "r":
			n, err := columnIndex(value)
			if err != nil {
				return cell, err
			}
			cell.col = int32(n)
		case "s":
			raw.style, _ = strconv.Atoi(string(value))
		case "t":
			raw.typ = internType(value)
		}
	}
	if r.x.Empty {
		return cell, nil
	}
	if err := r.readContent(&cell, &raw); err != nil {
		return cell, err
	}
	r.buf = raw.value[:0]
	err := r.wb.setValue(&cell, raw)
	return cell, err
}

// internType is the cell type as a string, without an allocation for those
// the format knows.
func internType(value []byte) string {
	switch string(value) {
	case "s":
		return "s"
	case "n":
		return ""
	case "str":
		return "str"
	case "inlineStr":
		return "inlineStr"
	}
	return string(value)
}

// readContent reads what stands between <c> and </c>: formula, value, inline
// text.
func (r *rowReader) readContent(cell *Cell, raw *rawCell) error {
	var inValue, inInline bool
	for {
		switch r.x.Next() {
		case xmlscan.End:
			return r.cutOff()
		case xmlscan.Text:
			if inValue {
				raw.value = r.x.AppendText(raw.value)
			} else if inInline {
				r.inline.take(r.x)
			}
			if max(len(raw.value), len(r.inline.buf)) > r.x.MaxToken {
				return tooLong(*cell, r.sheet, r.wb.limits)
			}
		case xmlscan.Open:
			switch string(r.x.Name) {
			case "v":
				inValue, raw.stored = !r.x.Empty, true
			case "f":
				cell.Formula = true
			case "is":
				inInline = !r.x.Empty
			default:
				r.inline.take(r.x)
			}
		case xmlscan.Close:
			switch string(r.x.Name) {
			case "c":
				raw.inline = r.inline.done()
				return nil
			case "v":
				inValue = false
			case "is":
				inInline = false
			default:
				r.inline.take(r.x)
			}
		}
	}
}

// columnIndex is the column, from 0, of a cell reference such as C7.
func columnIndex(ref []byte) (int, error) {
	n := 0
	for _, b := range ref {
		if b >= 'a' && b <= 'z' {
			b -= 'a' - 'A'
		}
		if b < 'A' || b > 'Z' {
			break
		}
		if n = n*26 + int(b-'A') + 1; n > maxColumnNumber {
			return 0, errColumn
		}
	}
	if n == 0 {
		return 0, errColumn
	}
	return n - 1, nil
}
