package regime

import (
	"cmp"
	"slices"
	"time"
)

// overdueAfter is how long after the due instant a person becomes overdue: the
// due second itself is still in time.
const overdueAfter = time.Second

// verdict is the standing on [t, until) for an instant t and fixed evidence.
type verdict struct {
	state State
	until time.Time // zero: for good
	due   time.Time // zero: nothing owed
	held  bool

	category  Category // "" if none
	rule      *TestRule
	status    *StatusSpan // nil: none recorded
	exemption *Exemption  // in force, nil if none
	valid     time.Time   // last instant covered by the counted negative
	kept      bool        // valid is cut by an overdue that began under an earlier category
}

// verdict decides the state at t, which must not be before the instant of the
// evidence. It is the whole rule: docs/rules.md explains each case.
func (c *casefile) verdict(ev *evidence, t time.Time) verdict {
	var v verdict
	v.status = c.statusAt(t, &v.until)
	v.held = c.heldAt(ev, t, &v.until)
	v.exemption = c.exemptionAt(t, &v.until)
	v.category = c.categoryAt(t, &v.until)
	v.rule = c.pack.rule(v.category)
	if ev.counted != nil {
		v.valid, v.kept = c.validUntil(ev.counted.SampledAt, t, v.rule)
	}
	owed := later(v.valid, c.startDue)
	v.due = c.deferred(owed, t)
	overdue := v.due.Add(overdueAfter)

	switch {
	case v.status == nil || v.status.Status != StatusOnPost || v.held:
		v.state, v.due = OffPost, time.Time{}
	case v.exemption != nil:
		v.state = Exempt
	case ev.counted != nil && before(t, v.valid.Add(overdueAfter), &v.until):
		v.state = DueSoon
		if before(t, v.due.Add(-hours(c.pack.DueSoonHours)), &v.until) {
			v.state = OK
		}
	case v.due.After(owed) && before(t, overdue, &v.until):
		v.state = Exempt
	case ev.awaited != nil && before(t, c.lateAt(ev), &v.until):
		v.state = Pending
	case before(t, overdue, &v.until):
		v.state = NoRecord
	case ev.awaited != nil:
		v.state = ResultLate
	default:
		v.state = Overdue
	}
	return v
}

func (v *verdict) mayWork() bool {
	blocked := v.rule.BlockOnOverdue && (v.state == Overdue || v.state == ResultLate)
	return v.state != OffPost && !blocked
}

// lateAt is when the result of the awaited sample becomes late.
func (c *casefile) lateAt(ev *evidence) time.Time {
	return ev.awaited.SampledAt.Add(hours(c.pack.ResultLateHours))
}

// statusAt returns the work status at t, nil if none is recorded.
func (c *casefile) statusAt(t time.Time, until *time.Time) *StatusSpan {
	var now *StatusSpan
	for i := range c.facts.Statuses {
		s := &c.facts.Statuses[i]
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

// heldAt reports whether any hold is in force at t.
func (c *casefile) heldAt(ev *evidence, t time.Time, until *time.Time) bool {
	held := ev.holds != [len(ev.holds)]time.Time{}
	for _, h := range c.facts.Holds {
		held = within(t, h.From, h.To, until) || held
	}
	return held
}

// holdsAt lists the holds in force at t, oldest first.
func (c *casefile) holdsAt(ev *evidence, t time.Time) []Hold {
	var holds []Hold
	for i, from := range ev.holds {
		if !from.IsZero() {
			holds = append(holds, Hold{Kind: (Positive + Result(i)).String(), From: from})
		}
	}
	var edge time.Time
	for _, h := range c.facts.Holds {
		if within(t, h.From, h.To, &edge) {
			holds = append(holds, h)
		}
	}
	slices.SortFunc(holds, func(a, b Hold) int {
		return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID), a.To.Compare(b.To))
	})
	return holds
}

// exemptionAt returns the exemption in force at t, of several the one that began
// first, nil if none.
func (c *casefile) exemptionAt(t time.Time, until *time.Time) *Exemption {
	var now *Exemption
	for i := range c.facts.Exemptions {
		x := &c.facts.Exemptions[i]
		if within(t, x.From, x.To, until) && (now == nil || cmp.Or(x.From.Compare(now.From), cmp.Compare(x.Ground, now.Ground)) < 0) {
			now = x
		}
	}
	return now
}

// categoryAt returns the person's category at t, empty if none has begun.
func (c *casefile) categoryAt(t time.Time, until *time.Time) (category Category) {
	for _, s := range c.categories {
		if before(t, s.From, until) {
			break
		}
		category = s.Category
	}
	return category
}

// validUntil is the last instant at which, seen from t, a negative sampled at
// the given instant satisfies the rule. The interval of the present category
// counts from the sampling. But if the person was already overdue when an
// earlier category ended, the change does not undo that (kept).
func (c *casefile) validUntil(sampled, t time.Time, rule *TestRule) (valid time.Time, kept bool) {
	valid = sampled.Add(rule.interval())
	for i := 1; i < len(c.categories) && !t.Before(c.categories[i].From); i++ {
		earlier := sampled.Add(c.pack.rule(c.categories[i-1].Category).interval())
		due := c.deferred(later(earlier, c.startDue), t)
		if earlier.Before(valid) && !due.IsZero() && due.Add(overdueAfter).Before(c.categories[i].From) {
			valid, kept = earlier, true
		}
	}
	return valid, kept
}

// deferred moves a due instant that falls into an exemption, or into the grace
// after it, to the end of that grace: it is the first instant from due on that
// is in neither. It is zero if an open-ended exemption swallows the duty.
// Exemptions that begin after t are not looked at; a due instant before the
// exemption stays, so that an exemption never clears an overdue.
func (c *casefile) deferred(due, t time.Time) time.Time {
	for moved := true; moved; {
		moved = false
		for _, x := range c.facts.Exemptions {
			if x.From.After(t) || due.Before(x.From) {
				continue
			}
			if x.To.IsZero() {
				return time.Time{}
			}
			end := x.To.Add(hours(c.pack.ExemptionGraceHours))
			if x.From.Before(x.To) && due.Before(end) {
				due, moved = end, true
			}
		}
	}
	return due
}
