package gb

import (
	"slices"
	"time"
	"unicode/utf8"
)

// citizenShape reports the layout of the 18 characters (GB 11643-1999): six of
// the area, eight of the birth date, three of the sequence (odd for men), one
// check character.
func citizenShape(n string) bool {
	if len(n) != 18 || n[0] == '0' || !digits(n[:17]) {
		return false
	}
	return digits(n[17:]) || n[17] == 'X'
}

// checkCitizen checks an 18-character number and fills in Birth and Sex. If
// areas are given, the area part must be one of them.
func (id *ID) checkCitizen(today time.Time, areas ...string) Code {
	n := id.Number
	if len(n) == 15 && digits(n) {
		return Old15Digits
	}
	if utf8.RuneCountInString(n) != 18 {
		return Length
	}
	if !citizenShape(n) {
		return Charset
	}
	if len(areas) > 0 && !slices.Contains(areas, n[:6]) {
		return Area
	}
	birth, ok := birthDate(n[6:14])
	if !ok {
		return Date
	}
	if birth.After(civil(today)) {
		return FutureBirth
	}
	if IDCheckDigit(n[:17]) != n[17] {
		return Checksum
	}
	id.Birth = birth
	id.Sex = Female
	if (n[16]-'0')%2 == 1 {
		id.Sex = Male
	}
	return ""
}

// checkForeignPR: since December 2023 the card carries 18 characters built like
// a citizen's number, with 9 in front (rules of the 2023 card); before, three
// letters and twelve digits without a documented check.
func (id *ID) checkForeignPR(today time.Time) Code {
	if oldForeignPR.MatchString(id.Number) {
		return ""
	}
	switch utf8.RuneCountInString(id.Number) {
	case 15:
		return Charset
	case 18:
		if id.Number[0] != '9' {
			return Charset
		}
		return id.checkCitizen(today)
	}
	return Length
}

// birthDate reads YYYYMMDD of the years 1800 to 2099.
func birthDate(s string) (time.Time, bool) {
	if s < "18000101" || s > "20991231" {
		return time.Time{}, false
	}
	t, err := time.Parse("20060102", s)
	return t, err == nil
}

func civil(t time.Time) time.Time {
	year, month, day := t.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// IDCheckDigit computes the 18th character of a citizen's number from the first
// 17 digits (GB 11643-1999, which is ISO 7064 MOD 11-2). It returns 0 if it is
// not given 17 digits.
func IDCheckDigit(first17 string) byte {
	if len(first17) != 17 || !digits(first17) {
		return 0
	}
	weights := [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += int(first17[i]-'0') * w
	}
	return "10X98765432"[sum%11]
}

// Upgrade15 converts a first-generation number of 15 digits into the 18
// characters that its holder has today. It is a hint for the reader, not a
// substitute for asking. It reports false if the text is not such a number, or
// carries one of the sequences 996 to 999, kept for people born before 1900.
func Upgrade15(raw string) (string, bool) {
	n := NormalizeID(raw)
	if len(n) != 15 || !digits(n) || n[0] == '0' || n[12:] >= "996" {
		return "", false
	}
	first17 := n[:6] + "19" + n[6:]
	if _, ok := birthDate(first17[6:14]); !ok {
		return "", false
	}
	return first17 + string(IDCheckDigit(first17)), true
}
