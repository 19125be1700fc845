package reminder

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"
)

// Queues are read in the order of their indexes and rows are looked up by key. A queue of hundreds of thousands empties within
// seconds, so what the planner has heard of it is never true, and one guess wrong it sorts all of it for each batch. What is off counts as dear, and dear plans would be compiled for longer than they run.
const sqlByKey = `select set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true),
    set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
    set_config('jit', 'off', true)`

// inQueue runs a step of a queue in a transaction.
func (s *Service) inQueue(ctx context.Context, fn func(tx *sqlx.Tx) error) error {
	return s.DB.InTx(ctx, system, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, sqlByKey); err != nil {
			return fmt.Errorf("enter queue: %w", err)
		}
		return fn(tx)
	})
}

// drain works a queue off: alone while a batch is all there is, and by several senders once a whole batch says that there is more.
// Each step returns how many it had in hand.
func drain(ctx context.Context, whole int, step func(ctx context.Context, from *place) (int, error)) (int, error) {
	var first place
	n, err := step(ctx, &first)
	if err != nil || n < whole {
		return n, err
	}
	counts := make([]int, senders)
	g, ctx := errgroup.WithContext(ctx)
	for i := range counts {
		g.Go(func() error {
			from := first
			for ctx.Err() == nil {
				n, err := step(ctx, &from)
				counts[i] += n
				if err != nil || n == 0 {
					return err
				}
			}
			return ctx.Err()
		})
	}
	err = g.Wait()
	for _, c := range counts {
		n += c
	}
	return n, err
}

func (c claimed) place() place { return place{c.NextAt, c.Org, c.Reminder} }

func (p place) compare(q place) int {
	return cmp.Or(p.at.Compare(q.at), cmp.Compare(p.org, q.org), cmp.Compare(p.reminder, q.reminder))
}

// rests remembers which far sides asked to be left alone, or do not answer, and until when. It is this process's own: another
// server finds out by itself.
type rests struct {
	mu    sync.Mutex
	until map[string]time.Time
}

func (r *rests) resting(channel string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return now.Before(r.until[channel])
}

func (r *rests) rest(channel string, until time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.until == nil {
		r.until = map[string]time.Time{}
	}
	r.until[channel] = until
}
