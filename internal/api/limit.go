package api

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Pace is how many requests a second a client may send for long; at once it may send six times as many. A batch is one request.
const Pace = 10

const burst = 6 // seconds' worth

// maxKept bounds the clients that a limiter remembers.
const maxKept = 10_000

// limiter keeps each client to a pace. It remembers those that came last, between maxKept and twice as many.
type limiter struct {
	pace        rate.Limit
	mu          sync.Mutex
	recent, old map[int32]*rate.Limiter
}

func newLimiter(pace int) *limiter {
	return &limiter{pace: rate.Limit(pace), recent: map[int32]*rate.Limiter{}}
}

func (l *limiter) of(client int32) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if k, known := l.recent[client]; known {
		return k
	}
	k, known := l.old[client]
	if !known {
		k = rate.NewLimiter(l.pace, int(l.pace)*burst)
	}
	if len(l.recent) >= maxKept {
		l.old, l.recent = l.recent, map[int32]*rate.Limiter{}
	}
	l.recent[client] = k
	return k
}

// take counts a request. When there were too many it counts nothing and says how long to wait.
func (l *limiter) take(client int32, at time.Time) time.Duration {
	k := l.of(client)
	if k.AllowN(at, 1) {
		return 0
	}
	missing := 1 - k.TokensAt(at)
	return time.Duration(missing / float64(l.pace) * float64(time.Second))
}
