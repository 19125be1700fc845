package gb

import (
	"strings"
	"unicode/utf8"
)

// usccAlphabet gives each character its value (GB 32100-2015); I, O, S, V and Z
// are left out because they look like others.
const usccAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// NormalizeUSCC brings a unified social credit code into the spelling that is
// stored and compared: NFKC, upper case, no spaces. It checks nothing.
func NormalizeUSCC(raw string) string { return clean(raw) }

// CheckUSCC checks a normalised unified social credit code 统一社会信用代码. The
// error is a *Problem with Empty, Length, Charset or Checksum. A few early codes
// were issued with a wrong check character, so treat Checksum as a warning that
// a person may override, and the others as refusals.
func CheckUSCC(code string) error {
	reason := Code("")
	switch {
	case code == "":
		reason = Empty
	case utf8.RuneCountInString(code) != 18:
		reason = Length
	case !usccCharset(code):
		reason = Charset
	case USCCCheckDigit(code[:17]) != code[17]:
		reason = Checksum
	default:
		return nil
	}
	return &Problem{Kind: "uscc", Code: reason}
}

// usccCharset: 18 characters of the alphabet, the six of the area digits.
func usccCharset(code string) bool {
	if len(code) != 18 || !digits(code[2:8]) {
		return false
	}
	for i := range len(code) {
		if strings.IndexByte(usccAlphabet, code[i]) < 0 {
			return false
		}
	}
	return true
}

// USCCCheckDigit computes the 18th character of a unified social credit code
// from the first 17 (GB 32100-2015: weights 3^i mod 31). It returns 0 if it is
// not given 17 characters of the alphabet.
func USCCCheckDigit(first17 string) byte {
	if len(first17) != 17 {
		return 0
	}
	sum, weight := 0, 1
	for i := range len(first17) {
		value := strings.IndexByte(usccAlphabet, first17[i])
		if value < 0 {
			return 0
		}
		sum += value * weight
		weight = weight * 3 % 31
	}
	return usccAlphabet[(31-sum%31)%31]
}
