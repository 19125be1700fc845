// Package clock gives the program its idea of now. Business code takes an instant as an argument or asks a Clock; nothing
// but this package calls time.Now for a business purpose, so a test or a demo city can live at any instant.
package clock

import (
	"sync"
	"time"
)

// Clock tells the current instant, in microseconds: what the database keeps. A finer instant could be rounded up when it is stored, and
// would then lie in the future of those who ask as of that very instant.
type Clock interface {
	Now() time.Time
}

type system struct{ offset time.Duration }

func (s system) Now() time.Time { return time.Now().Add(s.offset).Truncate(time.Microsecond) }

// System is the machine's clock.
func System() Clock { return system{} }

// StartingAt is a clock that stands at the instant now and runs on from there at the usual pace.
func StartingAt(at time.Time) Clock { return system{offset: time.Until(at)} }

// Manual is a clock for tests: it moves only when told. Safe for concurrent use.
type Manual struct {
	mu  sync.Mutex
	now time.Time
}

// NewManual returns a clock standing at the instant.
func NewManual(at time.Time) *Manual { return &Manual{now: at} }

// Now returns the instant the clock stands at.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// Set moves the clock to an instant.
func (m *Manual) Set(at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = at
}

// Advance moves the clock forward.
func (m *Manual) Advance(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = m.now.Add(d)
}
