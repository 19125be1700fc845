package regime

import (
	"slices"
	"time"
)

// The oracle says again what docs/rules.md says, as plainly and slowly as
// possible and with nothing of the package's but its types: it looks only at one
// instant, never at how long a state lasts.
type oracle struct {
	r Rules
	f Facts
	t time.Time
}

// swabbing is what all records of one sampling instant come to.
type swabbing struct {
	at     time.Time
	result Result
	single bool
	known  time.Time
}

func hour(n int) time.Duration { return time.Duration(n) * time.Hour }

func (o oracle) state() (state State, due time.Time, held bool) {
	swabs := o.swabbings()
	held = o.held(swabs)
	if o.status() != StatusOnPost || held {
		return OffPost, time.Time{}, held
	}
	var negatives []time.Time // oldest first
	var awaited time.Time
	for _, s := range swabs {
		switch s.result {
		case Negative:
			negatives = append(negatives, s.at)
		case ResultPending:
			awaited = s.at
		}
	}
	p := o.r.At(o.t)
	cover := o.coverAt(o.t, negatives)
	own, warn := o.dueAt(o.t, o.t, negatives)
	for _, b := range o.edges() {
		was, _ := o.dueAt(b.Add(-1), b.Add(-1), negatives)
		if !b.After(o.t) && !was.IsZero() && was.Add(time.Second).Before(b) && (own.IsZero() || was.Before(own)) {
			own, cover = was, time.Time{} // overdue from before
		}
	}
	due = own
	for _, v := range o.r.Versions()[1:] {
		if then, soon := o.dueAt(v.From, o.t, negatives); v.From.After(o.t) && !then.IsZero() {
			if due.IsZero() || then.Before(due) {
				due = then
			}
			if soon.Before(warn) {
				warn = soon
			}
		}
	}

	inTime := o.t.Before(own.Add(time.Second))
	covered := len(negatives) > 0 && o.t.Before(cover.Add(time.Second))
	exempt, grace := false, false
	for _, x := range o.exemptions(p) {
		exempt = exempt || in(o.t, x.From, x.To)
		grace = grace || x.From.Before(x.To) && in(o.t, x.From, x.To.Add(hour(p.ExemptionGraceHours)+time.Second))
	}
	newer := !awaited.IsZero() && (len(negatives) == 0 || awaited.After(negatives[len(negatives)-1]))
	switch {
	case exempt:
		return Exempt, due, false
	case covered && o.t.Before(warn):
		return OK, due, false
	case covered:
		return DueSoon, due, false
	case inTime && grace:
		return Exempt, due, false
	case !awaited.IsZero() && o.t.Before(awaited.Add(hour(p.ResultLateHours))):
		return Pending, due, false
	case inTime:
		return NoRecord, due, false
	case newer:
		return ResultLate, due, false
	}
	return Overdue, due, false
}

func in(t, from, to time.Time) bool {
	return !t.Before(from) && (to.IsZero() || t.Before(to))
}

// swabbings lists what is known at the instant, oldest first.
func (o oracle) swabbings() []swabbing {
	order := []Result{Cancelled, Negative, Invalid, ResultPending, PoolAbnormal, Suspicious, Positive}
	var list []swabbing
	for _, s := range o.f.Samples {
		if s.Method != MethodPCR || s.SampledAt.After(o.t) {
			continue
		}
		r, known := s.Result, s.ReportedAt
		if s.ReportedAt.IsZero() && r != Cancelled || s.ReportedAt.After(o.t) {
			r = ResultPending
		}
		if known.Before(s.SampledAt) {
			known = s.SampledAt
		}
		n := swabbing{s.SampledAt, r, s.Mode == ModeSingle, known}
		i := slices.IndexFunc(list, func(other swabbing) bool { return other.at.Equal(s.SampledAt) })
		switch {
		case i < 0:
			list = append(list, n)
		case slices.Index(order, r) > slices.Index(order, list[i].result):
			list[i] = n
		case r == list[i].result:
			list[i].single = list[i].single && n.single
			if known.Before(list[i].known) {
				list[i].known = known
			}
		}
	}
	slices.SortFunc(list, func(a, b swabbing) int { return a.at.Compare(b.at) })
	return list
}

func (o oracle) held(swabs []swabbing) bool {
	p := o.r.At(o.t)
	for _, s := range swabs {
		if s.result != Positive && s.result != Suspicious && s.result != PoolAbnormal {
			continue
		}
		rule, _ := p.HoldRule(s.result.String())
		released := slices.ContainsFunc(o.f.Releases, func(r Release) bool {
			return r.Kind == rule.Kind && !r.At.Before(s.known) && !r.At.After(o.t)
		})
		if rule.OffPost && !released && !cleared(swabs, rule, s.known) {
			return true
		}
	}
	for _, h := range o.f.Holds {
		rule, _ := p.HoldRule(h.Kind)
		if in(o.t, h.From, h.To) && rule.OffPost && !cleared(swabs, rule, h.From) {
			return true
		}
	}
	return false
}

// cleared reports whether enough negatives end the hold by themselves.
func cleared(swabs []swabbing, rule HoldRule, from time.Time) bool {
	n := 0
	var last time.Time
	for _, s := range swabs {
		good := s.result == Negative && s.at.After(from) && (s.single || !rule.SingleTube)
		if good && (n == 0 || s.at.Sub(last) >= hour(rule.GapHours)) {
			n, last = n+1, s.at
		}
	}
	return rule.Automatic && n >= rule.Negatives
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

// edges are the instants at which categories or versions change.
func (o oracle) edges() []time.Time {
	var list []time.Time
	for _, c := range o.f.Categories {
		list = append(list, c.From)
	}
	for _, v := range o.r.Versions()[1:] {
		list = append(list, v.From)
	}
	return list
}

// rules are those of the version at v for the categories at c.
func (o oracle) rules(v, c time.Time) []TestRule {
	var from time.Time
	categories := []Category{CategoryGeneralStaff}
	for _, s := range o.f.Categories {
		switch {
		case s.From.After(c) || s.From.Before(from):
		case s.From.After(from):
			categories, from = []Category{s.Category}, s.From
		default:
			categories = append(categories, s.Category)
		}
	}
	var list []TestRule
	for _, category := range categories {
		known := slices.ContainsFunc(o.r.At(v).Tests, func(r TestRule) bool { return r.Category == category })
		for _, r := range o.r.At(v).Tests {
			if r.Category == category || !known && r.Category == CategoryGeneralStaff {
				list = append(list, r)
			}
		}
	}
	return list
}

// begins is when the version at the instant begins, zero for the first.
func (o oracle) begins(at time.Time) (from time.Time) {
	for _, v := range o.r.Versions()[1:] {
		if !v.From.After(at) {
			from = v.From
		}
	}
	return from
}

// coverAt is how far the negatives satisfy the rules at the instant.
func (o oracle) coverAt(at time.Time, negatives []time.Time) time.Time {
	var cover time.Time
	for i, r := range o.rules(at, at) {
		if c := o.satisfies(r, o.r.At(at), negatives); i == 0 || c.Before(cover) {
			cover = c
		}
	}
	from := o.begins(at)
	if from.IsZero() {
		return cover
	}
	before := o.coverAt(from.Add(-1), negatives)
	if before.After(from) {
		before = from
	}
	if before.After(cover) {
		return before
	}
	return cover
}

// satisfies is how far the negatives satisfy the rule.
func (o oracle) satisfies(r TestRule, p *Pack, negatives []time.Time) time.Time {
	if len(negatives) == 0 {
		return time.Time{}
	}
	newest := negatives[len(negatives)-1]
	if r.Mode == RuleRolling {
		return newest.Add(hour(r.IntervalHours))
	}
	monday := o.monday(newest, p)
	n := 0
	var last time.Time
	for _, at := range negatives {
		if !at.Before(monday) && (n == 0 || at.Sub(last) >= hour(r.MinGapHours)) {
			n, last = n+1, at
		}
	}
	if n < r.MinCountPerWeek {
		return monday.AddDate(0, 0, 7).Add(-hour((r.MinCountPerWeek - n - 1) * r.MinGapHours))
	}
	return monday.AddDate(0, 0, 14).Add(-hour((r.MinCountPerWeek - 1) * r.MinGapHours))
}

func (o oracle) monday(t time.Time, p *Pack) time.Time {
	zone := o.f.Zone
	if zone == nil {
		zone = mustZone(p.TZ)
	}
	t = t.In(zone)
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, zone)
	for day.Weekday() != time.Monday {
		day = day.AddDate(0, 0, -1)
	}
	return day
}

// dueAt is when a sample is owed under the version at v and the categories at c,
// and when to warn.
func (o oracle) dueAt(v, c time.Time, negatives []time.Time) (due, warn time.Time) {
	p, start := o.r.At(v), o.f.GoLive
	var first time.Time
	for _, s := range o.f.Statuses {
		if s.Status == StatusOnPost && (first.IsZero() || s.From.Before(first)) {
			first = s.From
		}
	}
	if first.After(start) {
		start = first
	}
	for _, r := range o.rules(v, c) {
		owed := o.satisfies(r, p, negatives)
		floors := []time.Time{start.Add(hour(p.NoRecordHours)), o.begins(v)}
		if r.Mode == RuleCalendarWeek {
			floors = append(floors, o.monday(start, p).AddDate(0, 0, 7).Add(-hour((r.MinCountPerWeek-1)*r.MinGapHours)))
		}
		for _, floor := range floors {
			if floor.After(owed) {
				owed = floor
			}
		}
		at := o.deferred(owed, p)
		if at.IsZero() {
			continue
		}
		s := at.Add(-hour(o.r.At(o.t).DueSoonHours))
		if n := len(negatives); n > 0 && r.Mode == RuleRolling {
			if half := negatives[n-1].Add(hour(r.IntervalHours) / 2); half.After(s) {
				s = half
			}
		}
		if warn.IsZero() || s.Before(warn) {
			warn = s
		}
		if due.IsZero() || at.Before(due) {
			due = at
		}
	}
	return due, warn
}

// exemptions are those on file, cut to what the pack allows, and those of vaccinations.
func (o oracle) exemptions(p *Pack) []Exemption {
	var list []Exemption
	for _, x := range o.f.Exemptions {
		for _, g := range p.ExemptionGrounds {
			if end := x.From.Add(hour(g.MaxHours)); g.Ground == x.Ground && g.MaxHours > 0 && (x.To.IsZero() || x.To.After(end)) {
				x.To = end
			}
		}
		list = append(list, x)
	}
	for _, at := range o.f.Vaccinations {
		list = append(list, Exemption{"vaccinated_48h", at, at.Add(hour(p.VaccinationExemptHours))})
	}
	return list
}

// deferred is the first instant from due on outside every exemption and grace.
func (o oracle) deferred(due time.Time, p *Pack) time.Time {
	grace := hour(p.ExemptionGraceHours)
	inside := func(at time.Time) bool {
		return slices.ContainsFunc(o.exemptions(p), func(x Exemption) bool {
			some := x.To.IsZero() || x.From.Before(x.To)
			return some && !x.From.After(o.t) && !at.Before(x.From) && (x.To.IsZero() || at.Before(x.To.Add(grace)))
		})
	}
	candidates := []time.Time{due}
	for _, x := range o.exemptions(p) {
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
