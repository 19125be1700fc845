package sheet

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The short way reads what the long way reads, and leaves to it what it cannot tell.
func TestPlainInstantsReadAsTheExpressionsDo(t *testing.T) {
	zone := time.FixedZone("CST", 8*3600)
	ref := time.Date(2022, 3, 24, 0, 0, 0, 0, zone)
	rapid.Check(t, func(t *rapid.T) {
		sep := rapid.SampledFrom([]string{"-", "/"}).Draw(t, "separator")
		n := func(name string, most int) int { return rapid.IntRange(0, most).Draw(t, name) }
		text := fmt.Sprintf("%04d%s%02d%s%02d", n("year", 9999), sep, n("month", 13), sep, n("day", 32))
		if rapid.Bool().Draw(t, "with a time") {
			text += fmt.Sprintf(" %02d:%02d", n("hour", 25), n("minute", 61))
			if rapid.Bool().Draw(t, "with seconds") {
				text += fmt.Sprintf(":%02d", n("second", 61))
			}
		}
		want, wantDay, key := parseInstantText(text, zone, ref)
		got, day, err := ParseInstant(Cell{Kind: KindText, Text: text}, zone, ref)
		if (err != nil) != (key != "") || !got.Equal(want) || day != wantDay {
			t.Fatalf("%q: %v %v %v, want %v %v %q", text, got, day, err, want, wantDay, key)
		}
	})
}
