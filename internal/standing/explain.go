package standing

import (
	"context"
	"time"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
)

// Explain evaluates one person at any instant on what rules and records tell today, with the reasons. It reads only.
func (s *Service) Explain(ctx context.Context, q db.Q, org int32, employee int64, at time.Time) (regime.Standing, error) {
	c, err := s.Case(ctx, q, org, employee, at, time.Time{})
	if err != nil {
		return regime.Standing{}, err
	}
	return regime.Evaluate(c.Rules, c.Facts, at), nil
}

// Case is what an answer about one person rests on.
type Case struct {
	Rules regime.Rules
	Facts regime.Facts
}

// Case reads the rules and facts about one person for questions about the instant at: as the records told them at the instant
// known, or, if that is zero, as they tell them today.
func (s *Service) Case(ctx context.Context, q db.Q, org int32, employee int64, at, known time.Time) (Case, error) {
	o, err := s.loadOrg(ctx, q, org, known)
	if err != nil {
		return Case{}, err
	}
	r := request{org: org, ids: []int64{employee}, since: at, window: sampleWindow, past: !known.IsZero()}
	if !r.past {
		r.rests = func(_ key, f *file) time.Time { return regime.Rests(o.rules, f.facts(o, time.Time{}), at) }
	}
	files, err := load(ctx, q, r)
	if err != nil {
		return Case{}, err
	}
	f, ok := files[key{org, employee}]
	if !ok {
		return Case{}, errs.Missing()
	}
	return Case{Rules: o.rules, Facts: f.facts(o, known)}, nil
}
