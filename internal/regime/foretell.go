package regime

import "time"

// Forecast is what is kept of a standing between two evaluations: parts of the
// Standing at the instant, and its Schedule.
type Forecast struct {
	Segments []Segment // as Schedule returns them
	Held     []Hold    // as in Standing
	Blocks   bool      // as in RuleRef: BlockOnOverdue
	Counted  time.Time // sampling of the newest known negative, zero if none
	Latest   time.Time // sampling of the newest PCR sample not cancelled, zero if none
	// Rests is how far back samples matter: see Rests.
	Rests time.Time
}

// Foretell answers Evaluate and Schedule at once, as far as a Forecast goes. It
// arranges the facts once and explains nothing.
func Foretell(r Rules, f Facts, at time.Time) Forecast {
	at = at.Round(0)
	c := casefile{rules: &r, facts: &f}
	c.open()
	ev := c.gather(at)

	var first verdict
	out := Forecast{Segments: ev.schedule(&c, at, &first), Blocks: first.blocks, Rests: ev.rests(&c)}
	out.Held, _ = c.holdsAt(&ev, at)
	if ev.counted != nil {
		out.Counted = ev.counted.SampledAt
	}
	if ev.latest != nil {
		out.Latest = ev.latest.SampledAt
	}
	return out
}

// StateAt is the State of Evaluate, and whether any hold keeps the person off
// post, for counting.
func StateAt(r Rules, f Facts, at time.Time) (state State, held bool) {
	at = at.Round(0)
	c := casefile{rules: &r, facts: &f}
	c.open()
	ev := c.gather(at)
	var v verdict
	c.verdict(&v, &ev, at)
	return v.state, v.held
}

// Glance is the part of a Standing that a forecast of many people needs.
type Glance struct {
	State       State
	DueAt       time.Time
	NextChange  time.Time
	MayWork     bool
	MinGapHours int // of the rule that binds
}

// Look is Evaluate as far as a Glance goes.
func Look(r Rules, f Facts, at time.Time) Glance {
	at = at.Round(0)
	c := casefile{rules: &r, facts: &f}
	c.open()
	ev := c.gather(at)
	var v verdict
	c.verdict(&v, &ev, at)
	g := Glance{State: v.state, DueAt: v.due, MayWork: v.mayWork(), MinGapHours: v.rule.MinGapHours}
	g.NextChange, _ = c.next(&ev, &v)
	return g
}

// Rests is how far back the samples lie that can matter to any question about
// the instant or a later one: without those taken before it, every state, due
// instant and hold is the same. It is zero if every sample may matter.
//
// So whoever reads samples from some instant on has read enough if that instant
// is not after Rests of them, and the file has no abnormal result before it.
func Rests(r Rules, f Facts, at time.Time) time.Time {
	c := casefile{rules: &r, facts: &f}
	c.open()
	ev := c.gather(at.Round(0))
	return ev.rests(&c)
}

// rests relies on what settled says of the samples before the newest negative.
// Holds look for the negatives sampled since they began.
func (ev *evidence) rests(c *casefile) time.Time {
	if ev.counted == nil || c.abnormal {
		return time.Time{}
	}
	oldest := ev.counted.SampledAt
	if c.deep {
		oldest = first(oldest.Add(-reach), ev.known.Add(-c.rules.longestWait()))
	}
	for _, h := range c.facts.Holds {
		if h.To.IsZero() || h.To.After(ev.known) {
			oldest = first(oldest, h.From)
		}
	}
	return oldest
}

func first(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// Window is how far before an instant the samples lie that Rests mostly asks
// for, of people who keep to the rules. It is a guess that saves reading.
func (r Rules) Window() time.Duration {
	longest := 7 * 24 * time.Hour // a calendar week
	for _, v := range r.Versions() {
		for i := range v.Pack.Tests {
			longest = max(longest, v.Pack.Tests[i].interval())
		}
	}
	const result = 36 * time.Hour // until the next negative is known
	if len(r.later) > 0 || r.first.Pack.calendar() {
		longest += reach
	}
	return longest + result
}
