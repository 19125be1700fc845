// Package pinyin makes Chinese names searchable: by their sound, typed in Latin
// letters, and by any one or two characters of them.
//
// Both results are for an index, not for a passport: a name has one reading
// here, tones are dropped and ü is written v (吕 lv), as people type it.
package pinyin

import (
	"strings"
	"unicode"
	"unicode/utf8"

	gopinyin "github.com/mozillazg/go-pinyin"
	"golang.org/x/text/unicode/norm"
)

var plain = gopinyin.NewArgs()

// Of returns the pinyin of a name without spaces and its initials, both lower
// case: 单雄信 gives "shanxiongxin" and "sxx". A surname is read as a surname
// (曾 zeng, 尉迟 yuchi). Latin letters, without their accents, and digits stay,
// a word giving one initial; anything else is dropped.
func Of(name string) (full, initials string) {
	var b builder
	rest := strings.TrimSpace(fold(name))
	// A name with a middle dot is a transcription (查干·巴特尔) without a
	// Chinese surname in front.
	if strings.IndexFunc(rest, isDot) < 0 {
		readings, size := surname(rest)
		b.syllables(readings)
		rest = rest[size:]
	}
	for _, r := range rest {
		b.rune(r)
	}
	return b.full.String(), b.initials.String()
}

// surname reads the surname at the front of a name, if it is one whose reading
// differs from the ordinary, and tells how many bytes it takes.
func surname(name string) (readings string, size int) {
	_, one := utf8.DecodeRuneInString(name)
	_, two := utf8.DecodeRuneInString(name[one:])
	// A compound surname needs a given name after it: 万俟 alone is a person
	// called 俟 of the surname 万.
	if r, ok := compoundSurnames[name[:one+two]]; ok && len(name) > one+two {
		return r, one + two
	}
	if r, ok := surnames[name[:one]]; ok {
		return r, one
	}
	return "", 0
}

// builder gathers syllables and, letter by letter, Latin words.
type builder struct {
	full, initials strings.Builder
	inWord         bool
}

func (b *builder) syllables(spaced string) {
	for s := range strings.FieldsSeq(spaced) {
		b.full.WriteString(s)
		b.initials.WriteByte(s[0])
		b.inWord = false
	}
}

func (b *builder) rune(r rune) {
	if r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
		if !b.inWord {
			b.initials.WriteRune(r)
		}
		b.full.WriteRune(r)
		b.inWord = true
		return
	}
	if unicode.Is(unicode.Mn, r) { // an accent ends no word
		return
	}
	b.inWord = false
	if s, ok := elsewhere[r]; ok {
		b.syllables(s)
	} else if s := gopinyin.SinglePinyin(r, plain); len(s) > 0 {
		b.syllables(s[0])
	}
}

// fold brings a name into NFKD lower case, which parts Latin letters from their
// accents and leaves Chinese characters alone.
func fold(name string) string {
	return strings.ToLower(norm.NFKD.String(name))
}

// Grams returns every character and every two neighbouring characters of a
// name, each once, in order of appearance: 张三丰 gives 张 张三 三 三丰 丰. Letters are
// lower case and of normal width; spaces and middle dots do not count.
//
// Store Grams(name) in a GIN-indexed text array. A search text of one or two
// characters is itself a gram; a longer one matches when the array contains
// Grams of it (then compare the name itself, since the order is lost).
func Grams(name string) []string {
	name = strings.ToLower(norm.NFKC.String(name))
	runes := []rune(strings.Map(dropSeparator, name))
	grams := make([]string, 0, 2*len(runes))
	seen := make(map[string]bool, 2*len(runes))
	add := func(gram string) {
		if !seen[gram] {
			seen[gram] = true
			grams = append(grams, gram)
		}
	}
	for i := range runes {
		add(string(runes[i]))
		if i+1 < len(runes) {
			add(string(runes[i : i+2]))
		}
	}
	return grams
}

func dropSeparator(r rune) rune {
	if isDot(r) || unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Cf) || r == utf8.RuneError {
		return -1
	}
	return r
}

// isDot knows the middle dots that keyboards and sheets put into names.
func isDot(r rune) bool { return strings.ContainsRune("·•‧∙⋅・᛫", r) }
