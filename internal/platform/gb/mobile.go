package gb

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

var mobileCountry = regexp.MustCompile(`^(?:\+86|0086|86)(1[3-9]\d{9})$`)

// NormalizeMobile brings a mobile number into the spelling that is stored and
// compared: NFKC, no spaces, hyphens or brackets, and without China's country
// code (+86, 0086, 86) if a mobile number follows it. It checks nothing.
func NormalizeMobile(raw string) string {
	n := clean(raw)
	if len(n) == 11 && digits(n) {
		return n
	}
	n = strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Pd, unicode.Ps, unicode.Pe) {
			return -1
		}
		return r
	}, n)
	// What stood on both sides of a hyphen may compose now.
	n = clean(n)
	if m := mobileCountry.FindStringSubmatch(n); m != nil {
		return m[1]
	}
	return n
}

// CheckMobile checks a normalised mobile number of mainland China: eleven
// digits that start with 13 to 19. The error is a *Problem.
func CheckMobile(number string) error {
	code := Code("")
	switch {
	case len(number) == 11 && digits(number) && number[0] == '1' && number[1] >= '3':
		return nil
	case number == "":
		code = Empty
	case scientific.MatchString(number):
		code = Scientific
	case !digits(number):
		code = Charset
	case utf8.RuneCountInString(number) != 11:
		code = Length
	default:
		code = Prefix
	}
	return &Problem{Kind: "mobile", Code: code}
}
