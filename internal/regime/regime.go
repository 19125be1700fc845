// Package regime decides where a person stands with the weekly test rule.
//
// It is pure: the rules, the facts about one person and an instant go in, a
// Standing comes out. The package does no I/O, reads no clock and keeps no
// state, so the same question always gets the same answer, in the past as well
// as now. docs/rules.md tells the rules in words; this package is their only
// implementation.
//
// Three ideas carry it:
//
//   - Knowledge. A sample counts as known from the instant it was taken and its
//     result from the instant it was reported. Nothing later than the instant
//     asked about can change the answer, so any past instant can be replayed.
//   - Half-open time. Every interval includes its beginning and excludes its
//     end. A verdict is computed together with the instant until which it must
//     hold, so walking from verdict to verdict visits every change exactly once.
//   - The duty. A person on post owes a negative PCR sample by a due instant,
//     counted from the samplings of the negatives: in elapsed hours, or by the
//     civil week. Exemptions can move that instant; off-post time cannot.
//
// Rules are packs, each from an instant on, and overlays that tighten a pack.
package regime

import "time"

// Standing is where one person stands at one instant, and why. All instants are
// in Facts.Zone if it is set.
type Standing struct {
	State State
	// Since is when this state began on the records given; zero if they show
	// no beginning.
	Since time.Time
	// NextChange is when the state becomes Next if no new fact comes; zero if
	// only a new fact can change it.
	NextChange time.Time
	Next       State
	// DueAt is the instant by which a sample is owed that turns out negative.
	// It is past in Overdue, ResultLate and mostly in Pending, and zero if
	// nothing is owed: in OffPost, and if an open-ended exemption covers it.
	DueAt time.Time
	// Held lists the holds in force that keep the person off post, oldest first:
	// the recorded ones and, with ID 0, at most one of each kind derived from
	// results.
	Held []Hold
	// Measures lists the holds in force that leave the person on post.
	Measures []Hold
	// MayWork is false for anyone off post or held and, in a category with
	// BlockOnOverdue, for anyone Overdue or ResultLate.
	MayWork bool
	// Rule is the one that binds: of several the one that falls due first.
	Rule RuleRef
	// Counted is the newest known negative, from which DueAt counts; nil if none.
	Counted *Sample
	// Latest is the newest PCR sample not cancelled, with its result as known
	// at the instant asked about; nil if none.
	Latest  *Sample
	Reasons []Reason
}

// RuleRef names the rule that was applied.
type RuleRef struct {
	Pack          string
	Version       int
	Category      Category
	IntervalHours int
	Mode          RuleMode
	// BlockOnOverdue says that the category may not work when Overdue or ResultLate.
	BlockOnOverdue bool
	Basis          string
	// MinCountPerWeek and MinGapHours are those of a RuleCalendarWeek.
	MinCountPerWeek int
	MinGapHours     int
	// Origin names the overlay that the rule comes from, empty if the pack.
	Origin string
	// From is when this version of the rules began; zero for the first.
	From time.Time
}

// Evaluate decides where the person described by f stands at the instant at. The
// packs must come from ParsePack, Builtin or Tighten. The order of the facts does
// not matter.
func Evaluate(r Rules, f Facts, at time.Time) Standing {
	at = at.Round(0)
	c := casefile{rules: &r, facts: &f}
	c.open()
	ev := c.gather(at)
	var v verdict
	c.verdict(&v, &ev, at)

	held, measures := c.holdsAt(&ev, at)
	s := Standing{
		State:    v.state,
		Since:    inZone(c.since(v.state, at), f.Zone),
		DueAt:    inZone(v.due, f.Zone),
		Held:     held,
		Measures: measures,
		MayWork:  v.mayWork(),
		Rule:     v.ref(&r, at),
		Reasons:  c.reasons(&ev, &v, held, at),
	}
	s.Rule.From = inZone(s.Rule.From, f.Zone)
	s.NextChange, s.Next = c.next(&ev, &v)
	s.NextChange = inZone(s.NextChange, f.Zone)
	s.Counted, s.Latest = ev.samples()
	return s
}

// ref names the rule that binds at t.
func (v *verdict) ref(rules *Rules, t time.Time) RuleRef {
	ref := RuleRef{
		Pack: v.pack.ID, Version: v.pack.Version, Category: v.rule.Category,
		Mode: v.rule.Mode, IntervalHours: v.rule.IntervalHours,
		MinCountPerWeek: v.rule.MinCountPerWeek, MinGapHours: v.rule.MinGapHours,
		BlockOnOverdue: v.blocks, Basis: v.rule.Basis, Origin: v.rule.Origin,
	}
	for _, later := range rules.later {
		if !t.Before(later.From) {
			ref.From = later.From
		}
	}
	return ref
}

// inZone expresses t in the zone, unless either is missing.
func inZone(t time.Time, zone *time.Location) time.Time {
	if t.IsZero() || zone == nil {
		return t
	}
	return t.In(zone)
}
