package employee

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fugong/fugong/internal/platform/gb"
	"github.com/fugong/fugong/internal/platform/sheet"
)

// IsNumber reports whether a search text has the shape of an identity number or a mobile. Such a text must not stand in an
// address, and it means one person.
func IsNumber(text string) bool {
	n := 0
	for _, r := range text {
		if unicode.IsDigit(r) {
			n++
		}
	}
	if n < 7 {
		return false
	}
	_, guess := gb.GuessIDType(text)
	return guess || gb.CheckMobile(gb.NormalizeMobile(text)) == nil
}

// search adds what the search box means, told by the shape of the text: one text may be the beginning of an employee number,
// of a name in pinyin or by initials, a part of a name, or a whole identity number or mobile. Identity number and mobile have
// indexes of their own; the rest is compared while employee_list is read, which holds it all. An index of the names' n-grams would
// stand idle: behind row-level security a condition that may tell of a row by failing is never looked up in an index.
func (x vault) search(sel *selection, raw string) {
	text := sheet.NormalizeText(raw)
	if text == "" {
		return
	}
	var ways []string
	or := func(frag string, args ...any) { ways = append(ways, sel.bind(frag, args...)) }

	if mobile := gb.NormalizeMobile(text); gb.CheckMobile(mobile) == nil {
		or("e.id in (select i.id from employee i where i.org_id = $1 and i.mobile_bidx = ?)", x.box.Index(indexMobile, mobile))
	}
	if _, ok := gb.GuessIDType(text); ok {
		or("e.id in (select i.id from employee i where i.org_id = $1 and i.id_number_bidx = ?)", x.box.Index(indexID, gb.NormalizeID(text)))
	}
	word := strings.ToLower(strings.ReplaceAll(text, " ", ""))
	if strings.IndexFunc(word, func(r rune) bool { return r >= utf8.RuneSelf }) < 0 {
		or("lower(e.employee_no) like ?", likePrefix(word))
	}
	if letters := strings.ReplaceAll(word, "'", ""); letters != "" && strings.Trim(letters, "abcdefghijklmnopqrstuvwxyz") == "" {
		or("e.pinyin like ?", likePrefix(letters))
		or("e.initials like ?", likePrefix(letters))
	}
	if name := strings.ToLower(namePart.Replace(text)); name != "" {
		or("replace(replace(lower(e.name), ' ', ''), '·', '') like ?", "%"+likeEscape.Replace(name)+"%")
	}
	if len(ways) == 0 {
		ways = []string{"false"}
	}
	sel.where.WriteString(" and (" + strings.Join(ways, " or ") + ")")
}

var (
	likeEscape = strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`)
	namePart   = strings.NewReplacer(" ", "", "·", "", "•", "", "・", "")
)

func likePrefix(s string) string { return likeEscape.Replace(s) + "%" }
