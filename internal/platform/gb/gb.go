// Package gb knows the identifiers that Chinese national standards and offices
// give to people and organisations: identity documents (GB 11643-1999 and the
// documents that follow it), mobile numbers and unified social credit codes
// (GB 32100-2015). It normalises what people type, checks it, derives what the
// identifier itself says (birth date, sex), and masks it for display.
//
// Nothing here does I/O or knows the time; the day against which a birth date
// is checked is an argument. A *Problem never carries the identifier, so it may
// be logged; the identifiers themselves must not be.
package gb

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Code is a machine-readable reason for refusing an identifier.
type Code string

// The reasons. Each is stable: translations are keyed by it.
const (
	Empty       Code = "empty"           // nothing left after normalising
	Length      Code = "length"          // too short or too long
	Charset     Code = "charset"         // a character that does not belong at its place
	Scientific  Code = "scientific"      // a spreadsheet turned the number into 3.70303E+17
	Old15Digits Code = "old_15_digits"   // first-generation number, invalid since 2013; see Upgrade15
	Area        Code = "area"            // the area part does not belong to this kind of document
	Date        Code = "date"            // the birth date part is not a date
	FutureBirth Code = "future_birth"    // the birth date lies after today
	Checksum    Code = "checksum"        // the check character does not fit
	Prefix      Code = "prefix"          // a mobile number that does not start with 13 to 19
	UnknownType Code = "unknown_id_type" // not one of IDTypes
)

// Problem is why an identifier was refused.
type Problem struct {
	// Kind is what was checked: an IDType, "mobile" or "uscc".
	Kind string
	Code Code
}

// Error implements error without showing the identifier.
func (p *Problem) Error() string { return "gb: " + p.Kind + ": " + string(p.Code) }

// clean brings what people type or paste into one spelling: full-width forms
// become ASCII (NFKC), spaces and invisible characters go, ASCII letters become
// upper case. It repeats until nothing changes, because a character that goes
// can let its neighbours compose; every round but the last shortens the text or
// reaches its normal form, so it ends.
func clean(raw string) string {
	if isClean(raw) {
		return raw
	}
	for {
		next := strings.Map(cleanRune, norm.NFKC.String(raw))
		if next == raw {
			return next
		}
		raw = next
	}
}

// isClean reports digits and capital letters only, which clean leaves alone.
func isClean(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

func cleanRune(r rune) rune {
	switch {
	case 'a' <= r && r <= 'z':
		return r - 'a' + 'A'
	case unicode.IsSpace(r), unicode.Is(unicode.Cf, r):
		return -1
	}
	return r
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
