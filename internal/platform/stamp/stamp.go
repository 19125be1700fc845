// Package stamp tells the servers of one installation whether what they remember still holds. Whoever changes something that
// servers remember raises its stamp in the same transaction; a server looks at the stamp every few seconds and forgets what
// belongs to an older one. So thousands of remembered things cost one small question.
package stamp

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
)

// Kind is what a stamp stands for.
type Kind string

// The stamps.
const (
	Rules  Kind = "rules"  // which rules apply to an enterprise
	Access Kind = "access" // orgs, and the tokens by which programs come in for them
)

// Every is how long another server's change may stay unseen.
const Every = 3 * time.Second

const sqlRaise = `update stamp set n = n + 1 where kind = $1`

// Raise has every server forget what it remembers of the kind, once the transaction commits.
func Raise(ctx context.Context, q db.Q, k Kind) error {
	if _, err := q.ExecContext(ctx, sqlRaise, string(k)); err != nil {
		return fmt.Errorf("raise stamp of %s: %w", k, err)
	}
	return nil
}

// Watch looks at one stamp.
type Watch struct {
	kind  Kind
	clock clock.Clock
	every time.Duration

	mu   sync.Mutex
	n    int64
	seen time.Time // when it was looked at; zero: look again
}

// NewWatch returns a watch that looks every so often.
func NewWatch(k Kind, c clock.Clock, every time.Duration) *Watch {
	return &Watch{kind: k, clock: c, every: every}
}

const sqlLook = db.Kept + `select n, current_setting('transaction_isolation') = 'read committed' as fresh from stamp where kind = $1`

// Look returns the stamp, at most so many seconds old. What is read after it belongs to it, or to a later one. A transaction
// with an older snapshot is not fresh: it may use what belongs to the stamp it sees, and what it reads is not to be remembered.
func (w *Watch) Look(ctx context.Context, q db.Reader) (n int64, fresh bool, err error) {
	now := w.clock.Now()
	w.mu.Lock()
	n, recent := w.n, !w.seen.IsZero() && now.Before(w.seen.Add(w.every))
	w.mu.Unlock()
	if recent {
		return n, true, nil
	}
	var rows []struct {
		N     int64 `db:"n"`
		Fresh bool  `db:"fresh"`
	}
	if err = q.SelectContext(ctx, &rows, sqlLook, string(w.kind)); err == nil && len(rows) != 1 {
		err = sql.ErrNoRows
	}
	if err != nil {
		return 0, false, fmt.Errorf("look at stamp of %s: %w", w.kind, err)
	}
	if !rows[0].Fresh {
		return rows[0].N, false, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if rows[0].N > w.n {
		w.n = rows[0].N
	}
	w.seen = now
	return rows[0].N, true, nil
}

// Again has the next Look ask the database: this process changed something, or lives by a clock that stands.
func (w *Watch) Again() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = time.Time{}
}
