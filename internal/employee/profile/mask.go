package profile

import (
	"strings"
	"unicode"
)

// Words with which the part of an address that may be shown ends: town, sub-district, community, village.
var addressEnds = []string{"街道办事处", "街道", "社区", "小区", "镇", "乡", "村"}

// MaskAddress shows an address down to the community, never the building or the door. Without a word that tells where the
// community ends it shows the first six characters at most.
func MaskAddress(address string) string {
	if address == "" {
		return ""
	}
	cut := 0
	for _, word := range addressEnds {
		if i := strings.LastIndex(address, word); i >= 0 {
			cut = max(cut, i+len(word))
		}
	}
	shown := address[:cut]
	if cut == 0 {
		runes := []rune(address)
		shown = string(runes[:min(6, len(runes)/2)])
	}
	// A number is a house or a lane, whatever follows it.
	if i := strings.IndexFunc(shown, unicode.IsDigit); i >= 0 {
		shown = shown[:i]
	}
	return shown + "***"
}

// maskBirth keeps the year: the day is part of the identity number.
func maskBirth(day string) string { return day[:min(4, len(day))] + "-**-**" }
