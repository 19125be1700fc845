package standing

import (
	"context"
	"slices"
	"time"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/regime"
)

// Tally counts the people of an org by state at an instant.
type Tally struct {
	States [regime.OffPost + 1]int // by regime.State; index 0 counts those who had left
	Held   int                     // of those off post, the held
}

// Owed is the denominator of the test rate: on post, not held, not exempt.
func (t Tally) Owed() int {
	n := 0
	for s, count := range t.States {
		if regime.State(s).Owed() {
			n += count
		}
	}
	return n
}

// Tested is the numerator of the test rate: a negative is in force.
func (t Tally) Tested() int { return t.States[regime.OK] + t.States[regime.DueSoon] }

func (t *Tally) add(rules regime.Rules, f regime.Facts, at time.Time) {
	if gone(f, at) {
		t.States[Gone]++
		return
	}
	state, held := regime.StateAt(rules, f, at)
	t.States[state]++
	if held {
		t.Held++
	}
}

// each hands over every file of an org, in order, reading them in batches.
func (s *Service) each(ctx context.Context, q db.Q, r request, fn func(*orgRules, int64, *file) error) error {
	o, err := s.loadOrg(ctx, q, r.org, time.Time{})
	if err != nil {
		return err
	}
	ids, err := everyone(ctx, q, r.org)
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(ids, batch) {
		r.ids = chunk
		files, err := load(ctx, q, r)
		if err != nil {
			return err
		}
		for _, id := range chunk {
			if f := files[key{r.org, id}]; f != nil {
				if err := fn(o, id, f); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// Judge compares, for every person of an org and each instant, the earliest first, what was shown then with what rules and
// records tell today of that instant. The states are 0 for those who had left.
func (s *Service) Judge(ctx context.Context, q db.Q, org int32, instants []time.Time,
	each func(employee int64, i int, then, now regime.State) error) error {
	rules := make([]regime.Rules, len(instants))
	for i, at := range instants {
		var err error
		if rules[i], err = s.book.For(ctx, q, org, at); err != nil {
			return err
		}
	}
	stateAt := func(r regime.Rules, f regime.Facts, at time.Time) regime.State {
		if gone(f, at) {
			return Gone
		}
		state, _ := regime.StateAt(r, f, at)
		return state
	}
	return s.each(ctx, q, request{org: org, since: instants[0], window: sampleWindow, past: true}, func(o *orgRules, id int64, f *file) error {
		today := f.facts(o, time.Time{})
		for i, at := range instants {
			then := stateAt(rules[i], f.facts(o, at), at)
			if err := each(id, i, then, stateAt(o.rules, today, at)); err != nil {
				return err
			}
		}
		return nil
	})
}
