package gb

import (
	"strings"
	"unicode/utf8"
)

// MaskName shows the first character of a name and a star for each of the next
// two at most, so that a long name does not stand out: 张三丰 becomes 张**, 李明
// becomes 李*. One star is always shown.
func MaskName(name string) string {
	name = strings.TrimSpace(name)
	if name == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(name)
	stars := min(max(utf8.RuneCountInString(name[size:]), 1), 2)
	return string(first) + strings.Repeat("*", stars)
}

// MaskID shows the first four and the last four of an 18-character number, so
// the birth date stays hidden: 3703**********9970. Of a shorter number it shows
// two and two, of one under eight characters only the first.
func MaskID(number string) string {
	switch n := utf8.RuneCountInString(number); {
	case n >= 18:
		return mask(number, 4, 4)
	case n >= 8:
		return mask(number, 2, 2)
	}
	return mask(number, 1, 0)
}

// MaskIDStrict is MaskID for people at gates and venues: the last four of an
// 18-character number tell the sex, so it shows the last one only.
func MaskIDStrict(number string) string {
	switch n := utf8.RuneCountInString(number); {
	case n >= 18:
		return mask(number, 4, 1)
	case n >= 8:
		return mask(number, 2, 1)
	}
	return mask(number, 1, 0)
}

// MaskMobile shows the first three and the last four of an eleven-digit number,
// 139****0001; of any other length only the last two, of one under seven none.
func MaskMobile(number string) string {
	switch n := utf8.RuneCountInString(number); {
	case n == 11:
		return mask(number, 3, 4)
	case n >= 7:
		return mask(number, 0, 2)
	}
	return mask(number, 0, 0)
}

// mask keeps head and tail runes and puts a star for each rune between. A text
// that has no more runes than that is hidden whole.
func mask(s string, head, tail int) string {
	runes := []rune(s)
	if len(runes) <= head+tail {
		head, tail = 0, 0
	}
	for i := head; i < len(runes)-tail; i++ {
		runes[i] = '*'
	}
	return string(runes)
}
