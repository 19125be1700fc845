package standing

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
)

// Answer says where a person stood at an instant, and what would have changed it.
type Answer struct {
	Standing regime.Standing
	Changes  []regime.Change
	Rules    regime.Rules
}

// Inquiry is the answer to "where did this person stand at that instant": by what rules and records told then, and by what
// they tell of it today.
type Inquiry struct {
	At    time.Time
	Then  Answer
	Today Answer
	// Learned is what was entered or withdrawn since then that concerns the time up to the instant, oldest first.
	Learned []Learned
}

// Agrees reports whether nothing that was learned since changes the answer.
func (i Inquiry) Agrees() bool {
	a, b := i.Then.Standing, i.Today.Standing
	return a.State == b.State && a.DueAt.Equal(b.DueAt) && a.MayWork == b.MayWork && len(a.Held) == len(b.Held)
}

// Learned is one thing that the records told later than the instant it concerns.
type Learned struct {
	What      string    // sample, category, status, exemption, vaccination, hold, release, rules
	ID        string    // the category, status, ground, kind or result
	At        time.Time // what instant it concerns
	Entered   time.Time // when the records began, or ceased, to tell it
	Withdrawn bool      // they ceased to
}

// Ask answers where a person stood at an instant not later than now.
func (s *Service) Ask(ctx context.Context, q db.Q, org int32, employee int64, at time.Time) (Inquiry, error) {
	today, err := s.loadOrg(ctx, q, org, time.Time{})
	if err != nil {
		return Inquiry{}, err
	}
	then, err := s.loadOrg(ctx, q, org, at)
	if err != nil {
		return Inquiry{}, err
	}
	files, err := load(ctx, q, request{org: org, ids: []int64{employee}, since: at, window: sampleWindow, past: true})
	if err != nil {
		return Inquiry{}, err
	}
	f, ok := files[key{org, employee}]
	if !ok {
		return Inquiry{}, errs.Missing()
	}
	i := Inquiry{At: at, Then: answer(then, f, at, at), Today: answer(today, f, time.Time{}, at), Learned: f.learned(at)}
	i.Learned = append(i.Learned, newRules(then.rules, today.rules, at)...)
	return i, nil
}

func answer(o *orgRules, f *file, known, at time.Time) Answer {
	facts := f.facts(o, known)
	return Answer{regime.Evaluate(o.rules, facts, at), regime.Changes(o.rules, facts, at), o.rules}
}

// A sample or a vaccination of longer ago than a month moves no rule of at most a month, and is not worth a line.
const worthTelling = 35 * 24 * time.Hour

// learned lists what the records began or ceased to tell after the instant about the time up to it.
func (f *file) learned(at time.Time) []Learned {
	var out []Learned
	since(&out, f.categories, at, func(c regime.CategorySpan) Learned {
		return Learned{What: "category", ID: string(c.Category), At: c.From}
	})
	since(&out, f.statuses, at, func(s regime.StatusSpan) Learned { return Learned{What: "status", ID: string(s.Status), At: s.From} })
	since(&out, f.samples, at, func(s regime.Sample) Learned { return Learned{What: "sample", ID: s.Result.String(), At: s.SampledAt} })
	since(&out, f.exemptions, at, func(x regime.Exemption) Learned { return Learned{What: "exemption", ID: x.Ground, At: x.From} })
	since(&out, f.vaccinations, at, func(v time.Time) Learned { return Learned{What: "vaccination", At: v} })
	since(&out, f.holds, at, func(h regime.Hold) Learned { return Learned{What: "hold", ID: h.Kind, At: h.From} })
	since(&out, f.releases, at, func(r regime.Release) Learned { return Learned{What: "release", ID: r.Kind, At: r.At} })
	slices.SortFunc(out, func(a, b Learned) int {
		return cmp.Or(a.Entered.Compare(b.Entered), a.At.Compare(b.At), cmp.Compare(a.What, b.What), cmp.Compare(a.ID, b.ID))
	})
	out = slices.DeleteFunc(out, func(l Learned) bool {
		return (l.What == "sample" || l.What == "vaccination") && l.At.Before(at.Add(-worthTelling))
	})
	return slices.Compact(out) // a file's own span is told by its history as well
}

func since[T any](out *[]Learned, all []told[T], at time.Time, name func(T) Learned) {
	for _, f := range all {
		l := name(f.fact)
		if l.At.After(at) {
			continue
		}
		if f.from.After(at) && f.until.IsZero() {
			l.Entered = f.from
			*out = append(*out, l)
		}
		if !f.until.IsZero() && f.until.After(at) && !f.from.After(at) {
			l.Entered, l.Withdrawn = f.until, true
			*out = append(*out, l)
		}
	}
}

// newRules tells of another pack or version at the instant than was known then.
func newRules(then, today regime.Rules, at time.Time) []Learned {
	a, b := then.At(at), today.At(at)
	if a.ID == b.ID && a.Version == b.Version {
		return nil
	}
	return []Learned{{What: "rules", ID: fmt.Sprintf("%s %d", b.ID, b.Version), At: at}}
}
