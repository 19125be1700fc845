package robot

import (
	"crypto/sha256"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/fugong/fugong/internal/platform/clock"
)

// Limits paces robots: one token bucket for each, however many values speak for
// it. Share one among all robots of a process. Several processes do not know of
// each other; then the service's own refusal, which is Temporary, paces them.
type Limits struct {
	clock   clock.Clock
	mu      sync.Mutex
	buckets map[[sha256.Size]byte]bucket
	sweepAt int // number of buckets at which idle ones go
}

type bucket struct {
	*rate.Limiter
	burst int
}

const minSweep = 1024

// NewLimits returns Limits with nothing used up.
func NewLimits(c clock.Clock) *Limits {
	return &Limits{clock: c, buckets: make(map[[sha256.Size]byte]bucket), sweepAt: minSweep}
}

// pace lets burst messages through at once and perMinute after that, so at most
// burst + perMinute within any minute.
type pace struct{ burst, perMinute int }

// take uses up one message of a robot, named by its secret address, and returns
// 0; or, if it must wait, uses up nothing and returns for how long.
func (l *Limits) take(robot string, p pace) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	id := sha256.Sum256([]byte(robot)) // so that no dump of memory lists the keys
	b, ok := l.buckets[id]
	if !ok {
		l.sweep(now)
		b = bucket{rate.NewLimiter(rate.Limit(float64(p.perMinute)/60), p.burst), p.burst}
		l.buckets[id] = b
	}
	if b.AllowN(now, 1) {
		return 0
	}
	reservation := b.ReserveN(now, 1)
	defer reservation.CancelAt(now)
	// Rounded up, for the bucket counts in floating point.
	return reservation.DelayFrom(now).Truncate(time.Second) + time.Second
}

// sweep forgets robots whose bucket is full again.
func (l *Limits) sweep(now time.Time) {
	if len(l.buckets) < l.sweepAt {
		return
	}
	for id, b := range l.buckets {
		if b.TokensAt(now) >= float64(b.burst) {
			delete(l.buckets, id)
		}
	}
	l.sweepAt = max(minSweep, 2*len(l.buckets))
}
