package gb

import "regexp"

// The shapes by which GuessIDType tells documents apart, first match wins.
var shapes = []struct {
	re   *regexp.Regexp
	kind IDType
}{
	{regexp.MustCompile(`^8[12]0000\d{11}[\dX]$`), HKMOResidence},
	{regexp.MustCompile(`^830000\d{11}[\dX]$`), TWResidence},
	{regexp.MustCompile(`^9\d{16}[\dX]$`), ForeignPR},
	{oldForeignPR, ForeignPR},
	{hkmoPermit, HKMOPermit},
	{twPermit, TWPermit},
	// Also numbers with a digit too few or too many and first-generation
	// numbers: checked as a citizen's number they get the telling answer.
	{regexp.MustCompile(`^[1-9]\d{13,18}[\dX]$`), Resident},
	{scientific, Resident},
}

// GuessIDType names the kind of document that a number most likely belongs to,
// for sheets without a column for it. It looks at the shape alone; ParseID has
// the last word. It reports false when the shape says nothing.
func GuessIDType(raw string) (IDType, bool) {
	n := NormalizeID(raw)
	if citizenShape(n) && n[0] < '8' {
		return Resident, true // nearly everybody
	}
	for _, s := range shapes {
		if s.re.MatchString(n) {
			return s.kind, true
		}
	}
	if passport.MatchString(n) && !digits(n) {
		return Passport, true
	}
	return "", false
}
