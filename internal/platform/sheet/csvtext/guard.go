package csvtext

import "strings"

// Guard puts an apostrophe before a text that a spreadsheet, on opening a CSV,
// would take for a formula and run: one that starts with = + - @, tab or
// carriage return. A text that looks guarded already gets one more, so that
// Unguard gives back every text as it was.
func Guard(text string) string {
	if startsFormula(strings.TrimLeft(text, "'")) {
		return "'" + text
	}
	return text
}

// Unguard undoes Guard, and ="0012", by which others keep a spreadsheet from
// taking a text for a number. formula reports the latter.
func Unguard(text string) (plain string, formula bool) {
	if inner, ok := strings.CutPrefix(text, `="`); ok && strings.HasSuffix(inner, `"`) {
		return strings.ReplaceAll(strings.TrimSuffix(inner, `"`), `""`, `"`), true
	}
	if strings.HasPrefix(text, "'") && startsFormula(strings.TrimLeft(text, "'")) {
		return text[1:], false
	}
	return text, false
}

func startsFormula(text string) bool {
	return text != "" && strings.IndexByte("=+-@\t\r", text[0]) >= 0
}
