package gb

import (
	"regexp"
	"time"
	"unicode"
	"unicode/utf8"
)

// IDType is a kind of identity document.
type IDType string

// The kinds of identity document.
const (
	Resident      IDType = "cn_id"          // 居民身份证
	HKMOResidence IDType = "hkmo_residence" // 港澳居民居住证
	TWResidence   IDType = "tw_residence"   // 台湾居民居住证
	HKMOPermit    IDType = "hkmo_permit"    // 港澳居民来往内地通行证
	TWPermit      IDType = "tw_permit"      // 台湾居民来往大陆通行证
	ForeignPR     IDType = "foreign_pr"     // 外国人永久居留身份证
	Passport      IDType = "passport"       // 护照
	Other         IDType = "other"          // 其他; the caller asks for a reason
)

// IDTypes lists every kind in the order in which forms show them.
func IDTypes() []IDType {
	return []IDType{Resident, HKMOResidence, TWResidence, HKMOPermit, TWPermit, ForeignPR, Passport, Other}
}

// Sex as a document number tells it; empty when it does not.
type Sex string

// The sexes that a number can tell.
const (
	Male   Sex = "male"
	Female Sex = "female"
)

// ID is an identity document that passed its checks.
type ID struct {
	Type   IDType
	Number string // normalised: ASCII, upper case, no spaces
	// Birth is the civil birth date at 00:00 UTC; the zero Time when the
	// number does not tell it.
	Birth time.Time
	Sex   Sex
}

// NormalizeID brings an identity number into the spelling that is stored and
// compared: NFKC, ASCII letters upper case, no spaces. It checks nothing.
func NormalizeID(raw string) string { return clean(raw) }

// ParseID normalises and checks an identity number of a known kind. today is
// any instant of the caller's present civil day, in the caller's zone. The
// error is a *Problem. Administrative codes are not checked against a list:
// people keep the codes of abolished counties for life.
func ParseID(kind IDType, raw string, today time.Time) (ID, error) {
	id := ID{Type: kind, Number: NormalizeID(raw)}
	if code := id.check(today); code != "" {
		return ID{}, &Problem{Kind: string(kind), Code: code}
	}
	return id, nil
}

var scientific = regexp.MustCompile(`^\d(\.\d+)?E\+?\d+$`)

func (id *ID) check(today time.Time) Code {
	if id.Number == "" {
		return Empty
	}
	if !digits(id.Number) && scientific.MatchString(id.Number) {
		return Scientific
	}
	switch id.Type {
	case Resident:
		return id.checkCitizen(today)
	case HKMOResidence:
		return id.checkCitizen(today, "810000", "820000")
	case TWResidence:
		return id.checkCitizen(today, "830000")
	case ForeignPR:
		return id.checkForeignPR(today)
	case HKMOPermit:
		return match(id.Number, hkmoPermit, 9, 11)
	case TWPermit:
		return match(id.Number, twPermit, 8, 10, 11)
	case Passport:
		return checkPassport(id.Number)
	case Other:
		return checkOther(id.Number)
	}
	return UnknownType
}

var (
	// Nine characters on today's cards, eleven on older ones.
	hkmoPermit = regexp.MustCompile(`^[HM]\d{8}(\d{2})?$`)
	// Eight digits on cards; ten and a letter in the old booklets.
	twPermit = regexp.MustCompile(`^(\d{8}|\d{10}[A-Z]?)$`)
	// ICAO 9303 allows nine characters; some countries print more.
	passport = regexp.MustCompile(`^[A-Z0-9]{5,17}$`)
	// Three letters of the nationality and twelve digits, until November 2023.
	oldForeignPR = regexp.MustCompile(`^[A-Z]{3}\d{12}$`)
)

// match tells why a text does not match: Length if it has none of the lengths,
// else Charset.
func match(s string, re *regexp.Regexp, lengths ...int) Code {
	if re.MatchString(s) {
		return ""
	}
	for _, n := range lengths {
		if utf8.RuneCountInString(s) == n {
			return Charset
		}
	}
	return Length
}

func checkPassport(s string) Code {
	if n := utf8.RuneCountInString(s); n < 5 || n > 17 {
		return Length
	}
	if !passport.MatchString(s) {
		return Charset
	}
	return ""
}

func checkOther(s string) Code {
	if n := utf8.RuneCountInString(s); n < 3 || n > 30 {
		return Length
	}
	for _, r := range s {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return Charset
		}
	}
	return ""
}
