package regime

import (
	"time"

	"github.com/fugong/fugong/internal/regime/civil"
)

// duty is what the rules of a period ask for on the evidence.
type duty struct {
	rule     *TestRule // the one that binds
	category Category  // it was asked for, "" if none
	blocks   bool      // some rule of the period blocks
	owed     time.Time // before any exemption
	cover    time.Time // last instant covered by negatives
	due      time.Time // zero if an open-ended exemption swallows the duty
	warn     time.Time // when it is due soon; means nothing if due is zero
}

// standingDuty is the duty at t, with what came before and what is to come.
type standingDuty struct {
	duty
	// due shadows that of the present rules: a coming version may have it
	// earlier, an overdue that began under earlier rules keeps it.
	due    time.Time
	coming *Version // the version that has it earlier, nil if none
	kept   bool     // overdue since before the present rules
}

// dutyAt walks through the periods up to t. An overdue that began before the end
// of a period is not undone by the next one. A negative that covers up to the
// beginning of a version does so through that instant, so that nobody
// falls due under a version before it begins.
func (c *casefile) dutyAt(s *standingDuty, ev *evidence, pack *Pack, t time.Time, until *time.Time) {
	var (
		p       = period{version: &c.rules.first}
		rest    = timeline{c.categories, c.rules.later}
		now     = &s.duty
		kept    duty
		carried time.Time // how long the negative covered into the version
	)
	if !c.deep && len(rest.spans) > 0 && !t.Before(rest.spans[0].From) {
		rest.enter(&p, rest.spans[0].From) // the base before it is the loosest
	}
	for {
		c.duty(now, ev, &p, pack, t)
		now.cover = later(now.cover, carried)
		edge, ok := rest.next()
		if !ok || before(t, edge, until) {
			break
		}
		if overdueBefore(now.due, edge) && earlier(now.due, kept.due) {
			kept = *now
		}
		if rest.enter(&p, edge) {
			if carried = now.cover; carried.After(edge) {
				carried = edge
			}
		}
	}
	if earlier(kept.due, now.due) {
		now.due, now.cover, s.kept = kept.due, kept.cover, true
	}
	s.due = now.due
	for i := range rest.versions {
		c.foretell(ev, s, &period{&rest.versions[i], true, p.categories}, pack, t)
	}
}

// foretell brings the due instant forward to that of a coming version.
func (c *casefile) foretell(ev *evidence, s *standingDuty, p *period, pack *Pack, t time.Time) {
	var d duty
	c.duty(&d, ev, p, pack, t)
	if d.due.IsZero() {
		return
	}
	if s.due.IsZero() || d.warn.Before(s.warn) {
		s.warn = d.warn
	}
	if earlier(d.due, s.due) {
		s.due, s.coming = d.due, p.version
	}
}

// earlier reports whether due instant a is before b, zero meaning never.
func earlier(a, b time.Time) bool { return !a.IsZero() && (b.IsZero() || a.Before(b)) }

func overdueBefore(due, t time.Time) bool { return !due.IsZero() && due.Add(overdueAfter).Before(t) }

// duty applies the rules of the period: the earliest due instant binds. Of
// categories that begin together each applies. Warnings are those of pack,
// exemptions are looked at as begun by t.
func (c *casefile) duty(d *duty, ev *evidence, p *period, pack *Pack, t time.Time) {
	*d = duty{}
	var category Category
	for i := 0; i < max(1, len(p.categories)); i++ {
		if len(p.categories) > 0 {
			category = p.categories[i].Category
		}
		for _, r := range c.rulesFor(p.version.Pack, category) {
			if r != nil {
				c.demand(d, ev, p, r, category, pack, t)
			}
		}
	}
}

// rulesFor returns the rules of the category, those of the base if the pack has
// none for it. It keeps the last answer, since that is mostly asked for again.
func (c *casefile) rulesFor(p *Pack, category Category) [2]*TestRule {
	last := &c.last
	if last.pack != p || last.category != category {
		last.pack, last.category, last.rules = p, category, p.rulesOf(category)
		if last.rules == [2]*TestRule{} {
			last.rules = p.rulesOf(CategoryGeneralStaff)
		}
	}
	return last.rules
}

// demand adds one rule to the duty.
func (c *casefile) demand(d *duty, ev *evidence, p *period, r *TestRule, category Category, pack *Pack, t time.Time) {
	cover, floor := c.cover(ev, r, p.version.Pack)
	owed := later(later(cover, floor), p.begins())
	due := c.deferred(owed, t, p.version.Pack)
	warn := due.Add(-hours(pack.DueSoonHours))
	if r.Mode == RuleRolling && ev.counted != nil { // or a daily test would always be due soon
		warn = later(warn, ev.counted.SampledAt.Add(r.interval()/2))
	}
	first := d.rule == nil
	d.blocks = d.blocks || r.BlockOnOverdue
	if first || owed.Before(d.owed) || owed.Equal(d.owed) && stricter(r, d.rule) {
		d.rule, d.category, d.owed = r, category, owed
	}
	if first || cover.Before(d.cover) {
		d.cover = cover
	}
	if first || !due.IsZero() && (d.due.IsZero() || warn.Before(d.warn)) {
		d.warn = warn
	}
	if earlier(due, d.due) {
		d.due = due
	}
}

// cover is the last instant at which the evidence satisfies the rule, zero
// without a negative, and the instant before which nobody is due under it.
func (c *casefile) cover(ev *evidence, r *TestRule, p *Pack) (cover, floor time.Time) {
	floor = c.start.Add(hours(p.NoRecordHours))
	if r.Mode != RuleCalendarWeek {
		if ev.counted != nil {
			cover = ev.counted.SampledAt.Add(r.interval())
		}
		return cover, floor
	}
	zone := c.facts.zone(p)
	_, end := civil.Week(c.start, zone)
	floor = later(floor, end.Add(-r.room(1)))
	if ev.counted == nil {
		return cover, floor
	}
	begin, end := civil.Week(ev.counted.SampledAt, zone)
	if k := count(ev.week, begin, r.gap()); k < r.MinCountPerWeek {
		return end.Add(-r.room(k + 1)), floor
	}
	_, end = civil.Week(end, zone)
	return end.Add(-r.room(1)), floor
}

// room is the time that the samples after the nth of a week need.
func (r *TestRule) room(n int) time.Duration {
	return time.Duration(r.MinCountPerWeek-n) * r.gap()
}

func (r *TestRule) gap() time.Duration { return hours(r.MinGapHours) }

// stricter orders rules that are due together.
func stricter(a, b *TestRule) bool {
	if a.BlockOnOverdue != b.BlockOnOverdue {
		return a.BlockOnOverdue
	}
	if a.Mode != b.Mode {
		return a.Mode == RuleRolling
	}
	return a.IntervalHours < b.IntervalHours || a.MinCountPerWeek > b.MinCountPerWeek
}

// count says how many of the samplings, newest first and not before begin, are a
// gap apart: as many as if the earliest were counted first.
func count(samplings []time.Time, begin time.Time, gap time.Duration) int {
	n := 0
	var last time.Time
	for _, at := range samplings {
		if at.Before(begin) {
			break
		}
		if n == 0 || last.Sub(at) >= gap {
			n, last = n+1, at
		}
	}
	return n
}

// zone is that of civil weeks.
func (f *Facts) zone(p *Pack) *time.Location {
	if f.Zone != nil {
		return f.Zone
	}
	zone, err := time.LoadLocation(p.TZ)
	if err != nil {
		return time.UTC // a machine without zone data
	}
	return zone
}
