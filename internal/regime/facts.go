package regime

import "time"

// Facts is what the records say about one person. Every list may be in any
// order. Intervals are half-open [From, To); a zero To means open-ended.
type Facts struct {
	// GoLive is when the organisation began to use the rule.
	GoLive     time.Time
	Categories []CategorySpan
	Statuses   []StatusSpan
	Samples    []Sample
	Exemptions []Exemption
	Holds      []Hold
	// Vaccinations each excuse for the pack's vaccination_exempt_hours, as
	// exemptions of GroundVaccinated.
	Vaccinations []time.Time
	Releases     []Release
	// Zone is the organisation's time zone: its civil weeks, and the zone of the
	// instants in the answer. Nil leaves the zones of the facts, and the weeks to
	// the zone of the pack, which must be loaded each time.
	Zone *time.Location
}

// CategorySpan puts the person in a category from an instant until the next
// span begins. Of several that begin together each applies.
type CategorySpan struct {
	Category Category
	From     time.Time
}

// StatusSpan is a work status over a time. Where spans overlap, the one that
// began last applies; of two that begin together, on_post, since a clash of
// records must not lift a duty. A time without any span is off post.
type StatusSpan struct {
	Status WorkStatus
	From   time.Time
	To     time.Time
}

// Sample is one swab of the person.
type Sample struct {
	SampledAt time.Time
	// ReportedAt is when the result became known; zero if it has not. A result
	// without it is not known yet, whatever Result says, except that a
	// Cancelled sample without it is void from the start.
	ReportedAt time.Time
	Method     Method
	Mode       CollectMode
	Result     Result
	Source     Source
}

// Exemption is a dated ground on which no test is owed.
type Exemption struct {
	Ground string
	From   time.Time
	To     time.Time
}

// Hold is a dated reason to be treated apart, mostly not to be on post: the rule
// of its kind in the pack says so. Kinds derived by this package are the ids of
// the results positive, suspicious and pool_abnormal.
type Hold struct {
	Kind string
	From time.Time
	To   time.Time
	ID   int64
}

// Release ends, from At on, the holds derived from results of the kind that were
// known by At. A result reported later holds anew.
type Release struct {
	Kind string
	At   time.Time
}

// resultAt is the result as far as it was known at the instant k.
func (s *Sample) resultAt(k time.Time) Result {
	switch {
	case s.ReportedAt.IsZero() && s.Result == Cancelled:
		return Cancelled
	case s.ReportedAt.IsZero() || s.ReportedAt.After(k):
		return ResultPending
	case s.Result < Negative || s.Result > Cancelled:
		return ResultPending
	}
	return s.Result
}

// within reports whether t lies in [from, to), a zero to meaning open-ended, and
// brings until forward to the next edge of the interval after t, so that the
// answer holds on [t, until).
func within(t, from, to time.Time, until *time.Time) bool {
	if before(t, from, until) {
		return false
	}
	return to.IsZero() || before(t, to, until)
}

// before reports whether t is before edge and if so brings until forward to it.
func before(t, edge time.Time, until *time.Time) bool {
	if !t.Before(edge) {
		return false
	}
	if until.IsZero() || edge.Before(*until) {
		*until = edge
	}
	return true
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
