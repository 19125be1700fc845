package regime

import (
	"cmp"
	"time"
)

// overdueAfter is how long after the due instant a person becomes overdue: the
// due second itself is still in time.
const overdueAfter = time.Second

// verdict is the standing on [t, until) for an instant t and fixed evidence.
type verdict struct {
	state State
	until time.Time // zero: for good
	held  bool
	pack  *Pack
	standingDuty

	status    *StatusSpan // nil: none recorded
	exemption *Exemption  // in force, nil if none
}

// verdict puts into v the state at t, which must not be before the instant of the
// evidence. It is the whole rule: docs/rules.md explains each case.
func (c *casefile) verdict(v *verdict, ev *evidence, t time.Time) {
	*v = verdict{pack: c.rules.at(t)}
	v.status = c.facts.statusAt(t, &v.until)
	v.held = c.heldAt(ev, t, &v.until)
	v.exemption = c.exemptionAt(v.pack, t, &v.until)
	c.dutyAt(&v.standingDuty, ev, v.pack, t, &v.until)
	inTime := before(t, v.duty.due.Add(overdueAfter), &v.until)

	switch {
	case v.status == nil || v.status.Status != StatusOnPost || v.held:
		v.state, v.due = OffPost, time.Time{}
	case v.exemption != nil:
		v.state = Exempt
	case ev.counted != nil && before(t, v.cover.Add(overdueAfter), &v.until):
		v.state = DueSoon
		if before(t, v.warn, &v.until) {
			v.state = OK
		}
	case inTime && c.graceAt(v.pack, t, &v.until):
		v.state = Exempt
	case fresh(ev.awaited, v.pack, t, &v.until) || fresh(ev.waiting, v.pack, t, &v.until):
		v.state = Pending
	case inTime:
		v.state = NoRecord
	case ev.awaited != nil:
		v.state = ResultLate
	default:
		v.state = Overdue
	}
}

func (v *verdict) mayWork() bool {
	blocked := v.blocks && (v.state == Overdue || v.state == ResultLate)
	return v.state != OffPost && !blocked
}

// fresh reports whether the sample is awaited and not late.
func fresh(s *Sample, p *Pack, t time.Time, until *time.Time) bool {
	return s != nil && before(t, lateAt(s, p), until)
}

// lateAt is when the result of the awaited sample becomes late.
func lateAt(s *Sample, p *Pack) time.Time { return s.SampledAt.Add(hours(p.ResultLateHours)) }

// statusAt returns the work status at t, nil if none is recorded.
func (f *Facts) statusAt(t time.Time, until *time.Time) *StatusSpan {
	var now *StatusSpan
	for i := range f.Statuses {
		s := &f.Statuses[i]
		if within(t, s.From, s.To, until) && (now == nil || supersedes(s, now)) {
			now = s
		}
	}
	return now
}

func supersedes(a, b *StatusSpan) bool {
	return cmp.Or(
		a.From.Compare(b.From),
		compareBool(a.Status == StatusOnPost, b.Status == StatusOnPost),
		cmp.Compare(a.Status, b.Status),
	) > 0
}
