package db

import (
	"context"
	"sync"
	"time"
)

// Recency is what one request knows of the age of what it reads and writes. A context that carries none is never answered from
// a replica: whoever asks must be able to say when its data is from, and to remember what was written.
type Recency struct {
	mu      sync.Mutex
	after   time.Time // the reader wrote then: an older state would go backwards
	oldest  time.Time // of what was read from a replica
	onWrite func(at time.Time)
}

type recencyKey struct{}

// WithRecency lets the context's stale reads be answered from a replica that has seen everything committed until after, the
// instant of the reader's own last write (zero: none). onWrite hears of each commit of the context; without it commits are taken
// for records of reading, which no later read has to show.
func WithRecency(ctx context.Context, after time.Time, onWrite func(at time.Time)) (context.Context, *Recency) {
	r := &Recency{after: after, onWrite: onWrite}
	return context.WithValue(ctx, recencyKey{}, r), r
}

// AsOf is the instant of the oldest state that the context was answered from, and false when all of it was current.
func (r *Recency) AsOf() (time.Time, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.oldest, !r.oldest.IsZero()
}

func recencyOf(ctx context.Context) *Recency {
	r, _ := ctx.Value(recencyKey{}).(*Recency)
	return r
}

// accepts says whether a state of that instant would not take back what the reader wrote.
func (r *Recency) accepts(asOf time.Time) bool {
	if r == nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return asOf.After(r.after)
}

func (r *Recency) read(asOf time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.oldest.IsZero() || asOf.Before(r.oldest) {
		r.oldest = asOf
	}
}

// Wrote notes that something was committed for the context, on whatever connection: its later reads must see it. InTx does so
// by itself; who commits the work of several contexts in one transaction tells each.
func Wrote(ctx context.Context) {
	r := recencyOf(ctx)
	if r == nil || r.onWrite == nil {
		return
	}
	at := time.Now()
	r.mu.Lock()
	r.after = at
	r.mu.Unlock()
	r.onWrite(at)
}
