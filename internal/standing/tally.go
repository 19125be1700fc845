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
	var t Tally
	o, err := loadOrg(ctx, q, org)
	if err != nil {
		return t, err
	}
	var ids []int64
	if err := q.SelectContext(ctx, &ids, sqlEveryone, org); err != nil {
		return t, fmt.Errorf("list employees: %w", err)
	}
	for chunk := range slices.Chunk(ids, batch) {
		facts, err := loadFacts(ctx, q, o, chunk, at)
		if err != nil {
			return t, err
		}
		for _, f := range facts {
			if gone(*f, at) {
				t.States[Gone]++
				continue
			}
			now := regime.Evaluate(o.pack, *f, at)
			t.States[now.State]++
			if len(now.Held) > 0 {
				t.Held++
			}
		}
	}
	return t, nil
}
