package sheet

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// lookup finds the key of a label. A label that offers several words, such as
// “采样点/采样地点”, is known by the first that is.
func lookup(words map[string]string, label string) string {
	if isDigits(label) {
		return words[label] // a number is its own word
	}
	if key := words[labelWord(label)]; key != "" {
		return key
	}
	for _, part := range strings.Split(norm.NFKC.String(label), "/") {
		if key := words[labelWord(part)]; key != "" {
			return key
		}
	}
	return ""
}

// labelWord is what counts of a label: its letters and digits, in one width
// and case, without bracketed remarks; unless all of it is one.
func labelWord(label string) string {
	label = norm.NFKC.String(label)
	if word := squeeze(dropBrackets(label)); word != "" {
		return word
	}
	return squeeze(label)
}

func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

var brackets = [][2]string{{"(", ")"}, {"[", "]"}, {"{", "}"}, {"<", ">"}, {"【", "】"}, {"〔", "〕"}, {"〖", "〗"}, {"《", "》"}}

// dropBrackets removes bracketed remarks such as “(必填)” or “【必填】”. A bracket
// without its partner stays.
func dropBrackets(s string) string {
	for _, pair := range brackets {
		for {
			before, rest, found := strings.Cut(s, pair[0])
			if !found {
				break
			}
			_, after, found := strings.Cut(rest, pair[1])
			if !found {
				break
			}
			s = before + after
		}
	}
	return s
}
