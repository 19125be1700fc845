package sheet

import (
	"strconv"
	"strings"

	"github.com/fugong/fugong/internal/platform/sheet/xmlscan"
)

// cellStyle is what a cell's style says about the reading of its number.
type cellStyle struct {
	date bool // shown as a date or a time
	pad  int  // shown with leading zeros up to this many digits, as 00123 is
}

// readStyles reads which style numbers stand for dates. A workbook without
// styles has only plain cells.
func (wb *workbook) readStyles(part string) error {
	if part == "" || !wb.pack.has(part) {
		return nil
	}
	custom := map[string]cellStyle{}
	inCellXfs := false
	return wb.pack.scan(part, wb.maxToken(), func(x *xmlscan.Scanner) error {
		switch {
		case string(x.Name) == "cellXfs":
			inCellXfs = x.Kind == xmlscan.Open && !x.Empty
		case x.Kind != xmlscan.Open:
		case string(x.Name) == "numFmt":
			custom[x.Attr("numFmtId")] = formatStyle(x.Attr("formatCode"))
		case string(x.Name) == "xf" && inCellXfs:
			id := x.Attr("numFmtId")
			style, ok := custom[id]
			if !ok {
				style = cellStyle{date: builtinDate(id)}
			}
			wb.styles = append(wb.styles, style)
		}
		return nil
	})
}

// builtinDate knows the number formats that a workbook uses without spelling
// them out: 14–22 and 45–47 everywhere, 27–36 and 50–58 in the Chinese,
// Japanese and Korean editions (ECMA-376 part 1, 18.8.30).
func builtinDate(id string) bool {
	n, err := strconv.Atoi(id)
	if err != nil {
		return false
	}
	return n >= 14 && n <= 22 || n >= 27 && n <= 36 || n >= 45 && n <= 47 || n >= 50 && n <= 58
}

func formatStyle(code string) cellStyle {
	style := cellStyle{date: isDateFormat(code)}
	if len(code) > 1 && strings.Trim(code, "0") == "" {
		style.pad = len(code)
	}
	return style
}

// isDateFormat reports whether a format code shows a date or a time: whether
// any of its letters y, m, d, h, s, or e for a year, is meant as such. Only
// the part for positive numbers counts.
func isDateFormat(code string) bool {
	for i := 0; i < len(code); i++ {
		switch c := code[i] | 0x20; {
		case code[i] == ';':
			return false
		case code[i] == '"':
			i = skipPast(code, i+1, '"')
		case code[i] == '\\' || code[i] == '_' || code[i] == '*':
			i++ // the next character is shown, or stands for its width
		case code[i] == '[':
			end := skipPast(code, i+1, ']')
			if isElapsed(strings.ToLower(code[i+1 : max(i+1, end)])) {
				return true
			}
			i = end
		case c == 'g' && strings.HasPrefix(strings.ToLower(code[i:]), "general"):
			i += len("general") - 1
		case c == 'e' && i+1 < len(code) && (code[i+1] == '+' || code[i+1] == '-'):
			i++ // an exponent
		case strings.IndexByte("ymdhse", c) >= 0:
			return true
		}
	}
	return false
}

// isElapsed reports the inside of [h], [mm] or [ss]: hours beyond a day, and
// so on. Other brackets hold colours, conditions and languages.
func isElapsed(inside string) bool {
	return inside != "" && strings.Contains("hms", inside[:1]) && strings.Trim(inside, inside[:1]) == ""
}

// skipPast is the index of the next stop at or after from, or the last index.
func skipPast(s string, from int, stop byte) int {
	if i := strings.IndexByte(s[min(from, len(s)):], stop); i >= 0 {
		return from + i
	}
	return len(s) - 1
}
