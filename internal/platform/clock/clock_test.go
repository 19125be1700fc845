package clock

import (
	"testing"
	"time"
)

func TestInstantsAreThoseThatTheDatabaseKeeps(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]Clock{"system": System(), "elsewhere": StartingAt(time.Date(2022, 3, 24, 8, 0, 0, 1, time.UTC))} {
		for range 100 {
			if at := c.Now(); !at.Equal(at.Truncate(time.Microsecond)) {
				t.Fatalf("%s: %d ns", name, at.Nanosecond())
			}
		}
	}
}
