// Package waittest lets tests wait for a condition that something else brings about, without guessing how long that takes.
package waittest

import (
	"testing"
	"time"
)

// often is how long to wait before asking again.
const often = time.Millisecond

// Until asks again and again until the condition holds. A test in which it never does fails within the time.
func Until(t testing.TB, within time.Duration, what string, holds func() bool) {
	t.Helper()
	end := time.After(within)
	again := time.NewTicker(often)
	defer again.Stop()
	for !holds() {
		select {
		case <-again.C:
		case <-end:
			t.Fatalf("waited %v in vain until %s", within, what)
		}
	}
}
