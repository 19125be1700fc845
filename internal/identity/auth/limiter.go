package auth

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Refusals that one address may collect: a whole factory signs in through one address at the change of shift, so only
// failures count, and a good many are allowed. Accounts are guarded by their own lock-out.
const (
	refusalBurst  = 60
	refusalRefill = 5 * time.Second // one more refusal is allowed each
	maxAddresses  = 20_000
)

// limiter counts refusals per address in this process.
type limiter struct {
	mu   sync.Mutex
	seen map[string]*rate.Limiter
}

func newLimiter() *limiter { return &limiter{seen: map[string]*rate.Limiter{}} }

// open reports whether the address may try at all.
func (l *limiter) open(ip string, at time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	r, ok := l.seen[network(ip)]
	return !ok || r.TokensAt(at) >= 1
}

// refused notes a failure.
func (l *limiter) refused(ip string, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := network(ip)
	r, ok := l.seen[key]
	if !ok {
		if len(l.seen) >= maxAddresses {
			l.forget(at)
		}
		r = rate.NewLimiter(rate.Every(refusalRefill), refusalBurst)
		l.seen[key] = r
	}
	r.AllowN(at, 1)
}

// forget drops addresses that have recovered; if none has, somebody uses very many, and all start anew.
func (l *limiter) forget(at time.Time) {
	for key, r := range l.seen {
		if r.TokensAt(at) >= refusalBurst {
			delete(l.seen, key)
		}
	}
	if len(l.seen) >= maxAddresses {
		clear(l.seen)
	}
}

// network is the address itself, or the /64 of an IPv6 one, which one subscriber has whole.
func network(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil || a.Unmap().Is4() {
		return ip
	}
	p, err := a.Prefix(64)
	if err != nil {
		return ip
	}
	return p.String()
}
