package regime

import "time"

// MaxSegments is the most segments Schedule returns.
const MaxSegments = 4

// Segment is a stretch of time [From, Until) over which state, due instant and
// hold stay the same. A zero Until lasts until a new fact comes.
type Segment struct {
	From  time.Time
	State State
	DueAt time.Time // zero if nothing is owed
	Held  bool
	Until time.Time
}

// Schedule foretells the standing from the instant at on if no new fact comes:
// the segment that contains at, beginning at at, and those after it without
// gaps, at most MaxSegments. The last one has a zero Until if nothing changes
// any more; otherwise changes after that instant were left off and the person
// must be evaluated again by then.
//
// Spans, exemptions and holds that begin after at are facts already and are
// followed. Samples taken and results reported after at are not.
func Schedule(r Rules, f Facts, at time.Time) []Segment {
	at = at.Round(0)
	c := casefile{rules: &r, facts: &f}
	c.open()
	ev := c.gather(at)
	var first verdict
	return ev.schedule(&c, at, &first)
}

// schedule also puts the verdict at the instant into first.
func (ev *evidence) schedule(c *casefile, at time.Time, first *verdict) []Segment {
	zone := c.facts.Zone
	segments := make([]Segment, 0, MaxSegments)
	c.verdict(first, ev, at)
	v := *first
	for t := at; ; c.verdict(&v, ev, t) {
		if n := len(segments); n == 0 || !segments[n-1].same(&v) {
			if n > 0 {
				segments[n-1].Until = inZone(t, zone)
			}
			if n == MaxSegments {
				return segments
			}
			segments = append(segments, Segment{From: inZone(t, zone), State: v.state, DueAt: inZone(v.due, zone), Held: v.held})
		}
		if v.until.IsZero() {
			return segments
		}
		t = v.until
	}
}

func (s *Segment) same(v *verdict) bool {
	return s.State == v.state && s.Held == v.held && s.DueAt.Equal(v.due)
}

// next returns when the state of v gives way to another.
func (c *casefile) next(ev *evidence, v *verdict) (time.Time, State) {
	then := verdict{until: v.until}
	for !then.until.IsZero() {
		t := then.until
		if c.verdict(&then, ev, t); then.state != v.state {
			return t, then.state
		}
	}
	return time.Time{}, 0
}

// since returns when the state that holds at the given instant began. It replays
// backwards, from one instant at which a sample or result became known to the
// one before it, for as long as the state reaches back to it.
func (c *casefile) since(state State, at time.Time) time.Time {
	since := at
	for end := at; ; {
		learned := c.learnedBefore(end)
		ev := c.gather(learned)
		from, ok := c.lastRun(&ev, learned, end, state)
		if !ok {
			return since
		}
		since = from
		if from.After(learned) || learned.IsZero() {
			return since
		}
		end = learned
	}
}

// learnedBefore returns the last instant before end at which a sample was taken
// or a result reported, zero if there is none.
func (c *casefile) learnedBefore(end time.Time) time.Time {
	var last time.Time
	for _, s := range c.pcr {
		if s.SampledAt.Before(end) {
			last = later(last, s.SampledAt)
		}
		if s.ReportedAt.Before(end) {
			last = later(last, s.ReportedAt)
		}
	}
	return last
}

// lastRun walks [from, end) with the given evidence and returns where the state
// began that lasts to its end; not ok if another state does.
func (c *casefile) lastRun(ev *evidence, from, end time.Time, state State) (began time.Time, ok bool) {
	var v verdict
	for t := from; ; {
		c.verdict(&v, ev, t)
		if v.state == state && !ok {
			began = t
		}
		ok = v.state == state
		if v.until.IsZero() || !v.until.Before(end) {
			return began, ok
		}
		t = v.until
	}
}
