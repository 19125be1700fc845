package standing

import (
	"context"
	"slices"
	"time"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/regime"
)

// Derived is, for one person, how the holds that follow from results differ from the rows kept of them.
type Derived struct {
	Employee int64
	Begun    []regime.Hold // in force, without an open row
	Ended    []int64       // open rows whose hold is no longer in force
}

// Watcher is told in the transaction of the change when holds that follow from results begin or end.
type Watcher interface {
	Derived(ctx context.Context, q db.Q, org int32, people []Derived, at time.Time) error
}

// Watch sets who is told; it must be set before the service is used.
func (s *Service) Watch(w Watcher) { s.watch = w }

func (s *Service) tell(ctx context.Context, q db.Q, org int32, people []Derived, at time.Time) error {
	if s.watch == nil || len(people) == 0 {
		return nil
	}
	slices.SortFunc(people, func(a, b Derived) int { return int(a.Employee - b.Employee) })
	return s.watch.Derived(ctx, q, org, people, at)
}

// compareDerived compares the holds in force with the rows kept of those that follow from results.
func (f *file) compareDerived(employee int64, held []regime.Hold) (d Derived, differs bool) {
	d.Employee = employee
	inForce := func(r derivedRow) bool {
		return slices.ContainsFunc(held, func(h regime.Hold) bool { return h.ID == 0 && h.Kind == r.kind && h.From.Equal(r.from) })
	}
	for _, h := range held {
		same := func(r derivedRow) bool { return r.open && r.kind == h.Kind && r.from.Equal(h.From) }
		if h.ID == 0 && !slices.ContainsFunc(f.derived, same) {
			d.Begun = append(d.Begun, h)
		}
	}
	for _, r := range f.derived {
		if r.open && !inForce(r) {
			d.Ended = append(d.Ended, r.id)
		}
	}
	return d, len(d.Begun)+len(d.Ended) > 0
}
