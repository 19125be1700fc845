package sheet

import (
	"strconv"
	"strings"
	"unicode"
)

// NormalizeText gives a text the one form in which it can be stored and
// compared: full-width letters, digits and punctuation become ASCII, every
// kind of white space becomes one space, invisible characters go. Chinese
// characters stay as they are, the rare ones and the compatibility forms too:
// a name is written as its bearer writes it.
func NormalizeText(s string) string {
	if isNormal(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for _, r := range s {
		switch r = narrow(r); {
		case r == 0:
		case r == ' ':
			space = b.Len() > 0
		default:
			if space {
				b.WriteByte(' ')
				space = false
			}
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isNormal reports a text that is normal already, as nearly all are: printable
// ASCII and common Chinese characters, with single spaces between them.
func isNormal(s string) bool {
	last := ' '
	for _, r := range s {
		switch {
		case r > ' ' && r < 0x7F, isCommonHan(r), r == ' ' && last != ' ':
			last = r
		default:
			return false
		}
	}
	return last != ' ' || s == ""
}

// isCommonHan reports the characters of the first block of Chinese ones.
func isCommonHan(r rune) bool { return r >= 0x4E00 && r <= 0x9FFF }

// narrow is the normal form of one character: ' ' for white space, 0 for what
// cannot be seen. Variation selectors stay: they tell forms of a name apart.
func narrow(r rune) rune {
	switch {
	case r >= 0xFF01 && r <= 0xFF5E:
		return r - 0xFF01 + '!'
	case unicode.IsSpace(r) || r == 0x200B:
		return ' '
	case unicode.Is(unicode.Cf, r) || unicode.IsControl(r):
		return 0
	}
	return r
}

// NormalizeName is NormalizeText for the names of people. Lists pad a name of
// two characters with a space (张　三), and write the dot in a name of the
// Uyghur or the Mongols in seven ways: the space between Chinese characters
// goes, and the dot becomes U+00B7, as on the identity card.
func NormalizeName(s string) string {
	s = NormalizeText(s)
	if strings.IndexFunc(s, func(r rune) bool { return !isCommonHan(r) }) < 0 {
		return s
	}
	runes := []rune(nameDots.Replace(s))
	var b strings.Builder
	for i, r := range runes {
		// A space is never first or last: NormalizeText has trimmed.
		if r == ' ' && !(isLatin(runes[i-1]) && isLatin(runes[i+1])) {
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

var nameDots = strings.NewReplacer("•", "·", "‧", "·", "∙", "·", "⋅", "·", "・", "·", "･", "·", "●", "·", "᛫", "·")

func isLatin(r rune) bool { return !unicode.Is(unicode.Han, r) && r != '·' }

// ParseDecimal reads a number: a number cell, or a text such as “1,234.5” in
// any width. It takes no units and no exponents.
func ParseDecimal(c Cell) (float64, error) {
	if p := c.spoilt(); p != nil {
		return 0, p
	}
	if c.Kind == KindNumber {
		return c.Number, nil
	}
	text := NormalizeText(c.Text)
	if text == "" {
		return 0, problem(ProblemEmpty, c)
	}
	plain, ok := dropThousands(text)
	if !ok || c.Kind != KindText || !isDecimal(plain) {
		return 0, problem(ProblemNumber, c)
	}
	n, err := strconv.ParseFloat(plain, 64)
	if err != nil {
		return 0, problem(ProblemNumber, c)
	}
	return n, nil
}

// dropThousands takes the commas out of a number that has them after every
// third digit from the point.
func dropThousands(s string) (string, bool) {
	whole, fraction, _ := strings.Cut(strings.TrimLeft(s, "+-"), ".")
	if strings.Contains(fraction, ",") {
		return "", false
	}
	groups := strings.Split(whole, ",")
	for i, g := range groups {
		if len(groups) > 1 && (i > 0 && len(g) != 3 || i == 0 && (g == "" || len(g) > 3)) {
			return "", false
		}
	}
	return strings.ReplaceAll(s, ",", ""), true
}

func isDecimal(s string) bool {
	whole, fraction, point := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(s, "-"), "+"), ".")
	return isDigits(whole) && (!point || isDigits(fraction))
}

var (
	yesWords = []string{"是", "有", "1", "√", "✓", "✔", "☑", "对", "y", "yes", "true"}
	noWords  = []string{"否", "无", "0", "×", "✕", "✖", "✗", "✘", "没有", "不是", "n", "no", "false"}
)

// ParseYesNo reads 是|有|1|√ and 否|无|0|× with their English and computer forms.
// An empty cell is no answer.
func ParseYesNo(c Cell) (bool, error) {
	if p := c.spoilt(); p != nil {
		return false, p
	}
	text := strings.ToLower(NormalizeText(c.Text))
	for _, word := range yesWords {
		if text == word {
			return true, nil
		}
	}
	for _, word := range noWords {
		if text == word {
			return false, nil
		}
	}
	if text == "" {
		return false, problem(ProblemEmpty, c)
	}
	return false, problem(ProblemYesNo, c)
}
