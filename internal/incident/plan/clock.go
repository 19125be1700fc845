package plan

import (
	"slices"
	"time"

	"github.com/fugong/fugong/internal/identity/authz"
)

// Step is one timed step.
type Step struct {
	Name        string
	Round       int // 1 for the first; a step that comes again counts up
	OwnerRole   authz.Role
	Owner       int64 // account, 0 for whoever has the role
	OwnerName   string
	From        time.Time // when its clock started
	Due         time.Time // zero: no deadline
	Hard        time.Time // the limit set by law; zero: none
	DoneAt      time.Time // zero: to do
	DoneBy      string
	Skipped     bool // left out for a reason; DoneAt and DoneBy say when and by whom
	Escalations int  // levels told
	EscalatedAt time.Time
}

// Open reports whether the step is to do.
func (s *Step) Open() bool { return s.DoneAt.IsZero() }

// Clock is the state of a step's clock.
type Clock string

// The states of a clock.
const (
	Untimed    Clock = "untimed"
	OnTime     Clock = "on_time"
	LastThird  Clock = "last_third"
	Late       Clock = "late"
	PastHard   Clock = "past_hard"
	DoneInTime Clock = "done"
	DoneLate   Clock = "done_late"
	LeftOut    Clock = "skipped"
)

// Clock tells where a step stands at an instant. A deadline includes its own instant.
func (s *Step) Clock(at time.Time) Clock {
	late := !s.Due.IsZero() && s.DoneAt.After(s.Due)
	switch {
	case s.Skipped:
		return LeftOut
	case !s.Open() && late:
		return DoneLate
	case !s.Open():
		return DoneInTime
	case s.Due.IsZero():
		return Untimed
	case !s.Hard.IsZero() && at.After(s.Hard):
		return PastHard
	case at.After(s.Due):
		return Late
	case 3*s.Due.Sub(at) <= s.Due.Sub(s.From):
		return LastThird
	}
	return OnTime
}

// IsLate reports whether a clock has run out on a step that is still to do.
func (c Clock) IsLate() bool { return c == Late || c == PastHard }

// Current is the index of the step to do next: the open one due first, else the first open one; -1 when all are done. The steps
// are in order.
func Current(steps []Step) int {
	best := -1
	for i := range steps {
		s := &steps[i]
		switch {
		case !s.Open():
		case best < 0:
			best = i
		case s.Due.IsZero():
		case steps[best].Due.IsZero() || s.Due.Before(steps[best].Due):
			best = i
		}
	}
	return best
}

// Order sorts steps by the plan's order, then by round.
func Order(steps []Step) {
	all := Steps()
	slices.SortStableFunc(steps, func(a, b Step) int {
		if a.Name == b.Name {
			return a.Round - b.Round
		}
		return slices.Index(all, a.Name) - slices.Index(all, b.Name)
	})
}

// Concerns reports whether a scope that reaches the incident may know of the step: whoever runs incidents knows all, a leader what
// falls to leaders or was given to the account. The other steps would tell what the person has.
func (s *Step) Concerns(sc authz.Scope) bool {
	return sc.Can(authz.IncidentRun) || s.OwnerRole == authz.TeamLeader || s.Owner != 0 && s.Owner == sc.Account
}

// MayDo reports whether a scope that reaches the incident may do the step. The closing is done by closing.
func (s *Step) MayDo(sc authz.Scope) bool {
	return s.Name != CloseStep && s.Concerns(sc) && (sc.Can(authz.IncidentRun) || sc.Can(authz.IncidentStep))
}

// Known leaves the steps that concern a scope.
func Known(steps []Step, sc authz.Scope) []Step {
	return slices.DeleteFunc(steps, func(s Step) bool { return !s.Concerns(sc) })
}
