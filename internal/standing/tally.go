package standing

import (
	"context"
	"fmt"
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

// Recount evaluates everyone of an org at an instant, past ones too, on the records as they were known then.
func (s *Service) Recount(ctx context.Context, q db.Q, org int32, at time.Time) (Tally, error) {
	all, err := s.RecountEach(ctx, q, org, []time.Time{at})
	if err != nil {
		return Tally{}, err
	}
	return all[0], nil
}

// RecountEach is Recount at several instants, the earliest first, reading the records once.
func (s *Service) RecountEach(ctx context.Context, q db.Q, org int32, instants []time.Time) ([]Tally, error) {
	o, err := loadOrg(ctx, q, org)
	if err != nil {
		return nil, err
	}
	var ids []int64
	if err := q.SelectContext(ctx, &ids, sqlEveryone, org); err != nil {
		return nil, fmt.Errorf("list employees: %w", err)
	}
	tallies := make([]Tally, len(instants))
	for chunk := range slices.Chunk(ids, batch) {
		facts, err := loadFacts(ctx, q, o, chunk, instants[0])
		if err != nil {
			return nil, err
		}
		for _, f := range facts {
			for i, at := range instants {
				tallies[i].add(o.pack, *f, at)
			}
		}
	}
	return tallies, nil
}

func (t *Tally) add(p *regime.Pack, f regime.Facts, at time.Time) {
	if gone(f, at) {
		t.States[Gone]++
		return
	}
	now := regime.Evaluate(p, f, at)
	t.States[now.State]++
	if len(now.Held) > 0 {
		t.Held++
	}
}
