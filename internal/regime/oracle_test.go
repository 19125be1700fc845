package regime

import (
	"slices"
	"time"
)

// The oracle says again what docs/rules.md says, as plainly and slowly as
// possible and with nothing of the package's but its types: it looks only at one
// instant, never at how long a state lasts.
type oracle struct {
	p *Pack
	f Facts
	t time.Time
}

func (o oracle) state() (state State, due time.Time, held bool) {
	hour := func(n int) time.Duration { return time.Duration(n) * time.Hour }
	negative, awaited, held := o.samples()
	for _, h := range o.f.Holds {
		held = held || in(o.t, h.From, h.To)
	}
	if o.status() != StatusOnPost || held {
		return OffPost, time.Time{}, held
	}

	valid, owed := o.valid(negative)
	due = o.deferred(owed)
	inTime := !o.t.After(due) || o.t.Before(due.Add(time.Second))
	covered := !negative.IsZero() && o.t.Before(valid.Add(time.Second))
	fresh := !awaited.IsZero() && o.t.Before(awaited.Add(hour(o.p.ResultLateHours)))
	exempt := slices.ContainsFunc(o.f.Exemptions, func(x Exemption) bool { return in(o.t, x.From, x.To) })
	switch {
	case exempt:
		return Exempt, due, false
	case covered && o.t.Before(due.Add(-hour(o.p.DueSoonHours))):
		return OK, due, false
	case covered:
		return DueSoon, due, false
	case inTime && !due.Equal(owed):
		return Exempt, due, false
	case fresh:
		return Pending, due, false
	case inTime:
		return NoRecord, due, false
	case !awaited.IsZero():
		return ResultLate, due, false
	}
	return Overdue, due, false
}

func in(t, from, to time.Time) bool {
	return !t.Before(from) && (to.IsZero() || t.Before(to))
}

// samples returns the sampling of the newest negative, that of the newest
// sample without result after it, and whether a result holds the person.
func (o oracle) samples() (negative, awaited time.Time, held bool) {
	order := []Result{Cancelled, Negative, Invalid, ResultPending, PoolAbnormal, Suspicious, Positive}
	worst := map[int64]Result{}
	single := map[int64]bool{} // every negative of that instant is a single tube
	for _, s := range o.f.Samples {
		if s.Method != MethodPCR || s.SampledAt.After(o.t) {
			continue
		}
		r := s.Result
		if s.ReportedAt.IsZero() && r != Cancelled || s.ReportedAt.After(o.t) {
			r = ResultPending
		}
		at := s.SampledAt.UnixNano()
		if old, ok := worst[at]; !ok || slices.Index(order, r) > slices.Index(order, old) {
			worst[at] = r
		}
		if alone, ok := single[at]; r == Negative {
			single[at] = s.Mode == ModeSingle && (alone || !ok)
		}
	}
	newest := func(want Result) (last time.Time) {
		for at, r := range worst {
			if instant := time.Unix(0, at); r == want && (last.IsZero() || instant.After(last)) {
				last = instant
			}
		}
		return last
	}
	negative, awaited = newest(Negative), newest(ResultPending)
	if !awaited.After(negative) {
		awaited = time.Time{}
	}
	for at, r := range worst {
		released := false
		for then, cleared := range worst {
			released = released || then > at && cleared == Negative && single[then]
		}
		held = held || r == Positive || r == Suspicious || r == PoolAbnormal && !released
	}
	return negative, awaited, held
}

func (o oracle) status() WorkStatus {
	var last StatusSpan
	for _, s := range o.f.Statuses {
		tie := s.From.Equal(last.From) && s.Status == StatusOnPost
		if in(o.t, s.From, s.To) && (last.Status == "" || s.From.After(last.From) || tie) {
			last = s
		}
	}
	return last.Status
}

// interval is that of the category that applies at the instant.
func (o oracle) interval(at time.Time) time.Duration {
	n := map[Category]int{}
	for _, r := range o.p.Tests {
		n[r.Category] = r.IntervalHours
	}
	h, from := n[CategoryGeneralStaff], time.Time{}
	for _, c := range o.f.Categories {
		if n[c.Category] == 0 {
			n[c.Category] = n[CategoryGeneralStaff]
		}
		switch {
		case c.From.After(at) || c.From.Before(from):
		case c.From.After(from):
			h, from = n[c.Category], c.From
		default:
			h = min(h, n[c.Category])
		}
	}
	return time.Duration(h) * time.Hour
}

// valid returns how long the negative covers and the due instant before any
// exemption: the earliest over the present category and those under which the
// person fell overdue before they ended.
func (o oracle) valid(negative time.Time) (valid, owed time.Time) {
	start := o.f.GoLive
	var first time.Time
	for _, s := range o.f.Statuses {
		if s.Status == StatusOnPost && (first.IsZero() || s.From.Before(first)) {
			first = s.From
		}
	}
	if first.After(start) {
		start = first
	}
	window := start.Add(time.Duration(o.p.NoRecordHours) * time.Hour)
	least := func(valid time.Time) time.Time {
		if negative.IsZero() || valid.Before(window) {
			return window
		}
		return valid
	}
	valid = negative.Add(o.interval(o.t))
	for _, c := range o.f.Categories {
		if c.From.After(o.t) {
			continue
		}
		earlier := negative.Add(o.interval(c.From.Add(-1)))
		due := o.deferred(least(earlier))
		if !due.IsZero() && due.Add(time.Second).Before(c.From) && earlier.Before(valid) {
			valid = earlier
		}
	}
	return valid, least(valid)
}

// deferred is the first instant from due on outside every exemption and grace.
func (o oracle) deferred(due time.Time) time.Time {
	grace := time.Duration(o.p.ExemptionGraceHours) * time.Hour
	inside := func(at time.Time) bool {
		return slices.ContainsFunc(o.f.Exemptions, func(x Exemption) bool {
			some := x.To.IsZero() || x.From.Before(x.To)
			return some && !x.From.After(o.t) && !at.Before(x.From) && (x.To.IsZero() || at.Before(x.To.Add(grace)))
		})
	}
	candidates := []time.Time{due}
	for _, x := range o.f.Exemptions {
		if end := x.To.Add(grace); !x.To.IsZero() && end.After(due) {
			candidates = append(candidates, end)
		}
	}
	slices.SortFunc(candidates, time.Time.Compare)
	for _, at := range candidates {
		if !inside(at) {
			return at
		}
	}
	return time.Time{}
}
