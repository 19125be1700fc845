package regime

import (
	"cmp"
	"time"
)

// exemptions are those on file and those that the vaccinations give, none longer
// than the pack allows.
func (c *casefile) exemptions(p *Pack) []Exemption {
	if len(c.facts.Exemptions) == 0 && len(c.facts.Vaccinations) == 0 || c.excusedBy == p {
		return c.excused
	}
	list := make([]Exemption, 0, len(c.facts.Exemptions)+len(c.facts.Vaccinations))
	for _, x := range c.facts.Exemptions {
		if most := p.maxHours(x.Ground); most > 0 {
			if end := x.From.Add(hours(most)); x.To.IsZero() || end.Before(x.To) {
				x.To = end
			}
		}
		list = append(list, x)
	}
	for _, at := range c.facts.Vaccinations {
		list = append(list, Exemption{GroundVaccinated, at, at.Add(hours(p.VaccinationExemptHours))})
	}
	c.excused, c.excusedBy = list, p
	return list
}

// exemptionAt returns the exemption in force at t, of several the one that began
// first, nil if none.
func (c *casefile) exemptionAt(p *Pack, t time.Time, until *time.Time) *Exemption {
	var now *Exemption
	list := c.exemptions(p)
	for i := range list {
		x := &list[i]
		if within(t, x.From, x.To, until) && (now == nil || cmp.Or(x.From.Compare(now.From), cmp.Compare(x.Ground, now.Ground), now.To.Compare(x.To)) < 0) {
			now = x
		}
	}
	return now
}

// graceAt reports whether t is in the grace after an exemption, the last
// second of which is in time like any due second.
func (c *casefile) graceAt(p *Pack, t time.Time, until *time.Time) bool {
	grace := false
	for _, x := range c.exemptions(p) {
		if x.From.Before(x.To) && !t.Before(x.From) && before(t, x.To.Add(hours(p.ExemptionGraceHours)+overdueAfter), until) {
			grace = true
		}
	}
	return grace
}

// deferred moves a due instant that falls into an exemption, or into the grace
// after it, to the end of that grace: it is the first instant from due on that
// is in neither. It is zero if an open-ended exemption swallows the duty.
// Exemptions that begin after t are not looked at; a due instant before the
// exemption stays, so that an exemption never clears an overdue.
func (c *casefile) deferred(due, t time.Time, p *Pack) time.Time {
	for moved := true; moved; {
		moved = false
		for _, x := range c.exemptions(p) {
			if x.From.After(t) || due.Before(x.From) {
				continue
			}
			if x.To.IsZero() {
				return time.Time{}
			}
			end := x.To.Add(hours(p.ExemptionGraceHours))
			if x.From.Before(x.To) && due.Before(end) {
				due, moved = end, true
			}
		}
	}
	return due
}
