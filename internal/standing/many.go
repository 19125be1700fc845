package standing

import (
	"context"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/regime"
)

// EveryoneOf hands over the facts about everyone of the orgs who has not left, for questions about the instant at and later, some
// parts of them at once, each in one snapshot. open is called before the people of a part, and once more if they must be read again:
// rests says how far back the samples of a person matter to the questions, take takes one, and done is called when all of the part
// were taken, for one part after the other.
func (s *Service) EveryoneOf(ctx context.Context, orgs []int32, at time.Time, open func(ctx context.Context, q db.Q, orgs []int32) (
	rests func(org int32, f regime.Facts) time.Time, take func(org int32, employee int64, f regime.Facts), done func(), err error)) error {
	return crowd{s}.each(ctx, orgs, func(ctx context.Context, q db.Q, p *part, known map[int32]*orgRules) (func(), error) {
		rests, take, done, err := open(ctx, q, p.orgs)
		if err != nil {
			return nil, err
		}
		e := evaluation{at, known}
		files, err := load(ctx, q, request{part: p, since: at, window: e.window(), rests: func(k key, f *file) time.Time {
			return rests(k.org, f.facts(known[k.org], time.Time{}))
		}})
		for k, f := range files {
			if facts := f.facts(known[k.org], time.Time{}); !gone(facts, at) {
				take(k.org, k.id, facts)
			}
		}
		return done, err
	})
}

// Recount evaluates everyone of orgs at instants, the earliest first, past ones too, on the records as they were known at each.
func (s *Service) Recount(ctx context.Context, orgs []int32, instants []time.Time) (map[int32][]Tally, error) {
	all := make(map[int32][]Tally, len(orgs))
	for _, org := range orgs {
		all[org] = make([]Tally, len(instants))
	}
	first := instants[0]
	err := crowd{s}.each(ctx, orgs, func(ctx context.Context, q db.Q, p *part, known map[int32]*orgRules) (func(), error) {
		e := evaluation{first, known}
		files, err := load(ctx, q, request{part: p, since: first, window: e.window(), rests: func(k key, f *file) time.Time {
			o := known[k.org]
			return regime.Rests(o.rules, f.facts(o, time.Time{}), first)
		}})
		counted := map[int32][]Tally{}
		for k, f := range files {
			o := known[k.org]
			if counted[k.org] == nil {
				counted[k.org] = make([]Tally, len(instants))
			}
			facts := f.facts(o, time.Time{})
			for i, at := range instants {
				counted[k.org][i].add(o.rules, facts, at)
			}
		}
		return func() {
			for org, tallies := range counted {
				for i := range tallies {
					all[org][i].join(&tallies[i])
				}
			}
		}, err
	})
	return all, err
}

func (t *Tally) join(o *Tally) {
	for i := range t.States {
		t.States[i] += o.States[i]
	}
	t.Held += o.Held
}

// each reads everyone of the orgs, some parts at once, each in one snapshot. What read returns is called when the part has been
// read, for one part after the other.
func (s crowd) each(ctx context.Context, orgs []int32, read func(context.Context, db.Q, *part, map[int32]*orgRules) (then func(), err error)) error {
	parts, err := s.partsOf(ctx, orgs)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	return sweep(ctx, parts, func(ctx context.Context, p part) error {
		var then func()
		err := s.db.Read(ctx, db.Tenant{System: true}, func(tx *sqlx.Tx) error {
			if err := byIndex(ctx, tx); err != nil {
				return err
			}
			known, err := s.loadOrgs(ctx, tx, p.orgs)
			if err != nil {
				return err
			}
			then, err = read(ctx, tx, &p, known)
			return err
		})
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		then()
		return nil
	}, func(part) error { return nil })
}
