package regime

import (
	"cmp"
	"slices"
	"time"
)

// HoldRule is what a hold of one kind means and what ends it.
type HoldRule struct {
	Kind string `json:"kind"`
	// OffPost keeps the person from the post. Without it the hold is a measure:
	// recorded and shown, while tests are owed as usual.
	OffPost bool `json:"off_post"`
	// Automatic ends the hold as soon as the negatives are known. Any other
	// hold is released by a person.
	Automatic  bool   `json:"automatic"`
	MinHours   int    `json:"min_hours"`   // from its beginning to the release
	Negatives  int    `json:"negatives"`   // PCR negatives sampled later than its beginning
	SingleTube bool   `json:"single_tube"` // each alone in its tube
	GapHours   int    `json:"gap_hours"`   // between two of them at least
	Proof      bool   `json:"proof"`       // a release document is needed
	Incident   bool   `json:"incident"`    // opens an incident
	Basis      string `json:"basis"`       // the text the rule rests on
}

var holdKinds = []string{
	"symptom", "pool_abnormal", "suspicious", "positive", "confirmed", "asymptomatic", "suspected",
	"close_contact", "secondary_contact", "co_spatiotemporal", "general_risk",
	"self_monitor", "two_point_one_line", "home_monitor", "home_quarantine", "central_quarantine", "hospital", "temp_isolation",
}

// HoldKinds is the closed list of kinds of hold, in the order of display.
func HoldKinds() []string { return slices.Clone(holdKinds) }

// HoldRule returns the rule of a kind of hold. A kind without a rule keeps the
// person off post until a person ends it.
func (p *Pack) HoldRule(kind string) (HoldRule, bool) {
	r := p.holdRule(kind)
	if r == &unruled {
		return HoldRule{Kind: kind, OffPost: true}, false
	}
	return *r, true
}

var unruled = HoldRule{OffPost: true}

func (p *Pack) holdRule(kind string) *HoldRule {
	for i := range p.Holds {
		if r := &p.Holds[i]; r.Kind == kind {
			return r
		}
	}
	return &unruled
}

// Codes of what a release still needs.
const (
	ReleaseTooEarly    = "too_early"    // the least time has not passed
	ReleaseNeedsSample = "needs_sample" // too few negatives sampled since
	ReleaseNeedsGap    = "needs_gap"    // enough negatives, but too close together
	ReleaseNeedsProof  = "needs_proof"  // a release document must be shown
)

// ReleaseCheck says what stands between a hold and its release.
type ReleaseCheck struct {
	Rule         HoldRule
	Earliest     time.Time // not before this instant
	SampledAfter time.Time // only negatives sampled later than this count
	Have, Need   int       // negatives that count
	Missing      []string  // Release codes, nil if nothing is
	Ready        bool      // nothing is missing but the proof
}

// Releasable checks a hold for its release at the instant, on what was known then.
func Releasable(r Rules, f Facts, h Hold, at time.Time) ReleaseCheck {
	rule := r.At(at).holdRule(h.Kind)
	c := casefile{rules: &r, facts: &f}
	c.open()
	have, all := c.negatives(at, h.From, rule)
	check := ReleaseCheck{
		Rule: *rule, Earliest: inZone(h.From.Add(hours(rule.MinHours)), f.Zone),
		SampledAfter: inZone(h.From, f.Zone), Have: have, Need: rule.Negatives,
	}
	check.Rule.Kind = h.Kind
	if at.Before(check.Earliest) {
		check.Missing = append(check.Missing, ReleaseTooEarly)
	}
	switch {
	case all < rule.Negatives:
		check.Missing = append(check.Missing, ReleaseNeedsSample)
	case have < rule.Negatives:
		check.Missing = append(check.Missing, ReleaseNeedsGap)
	}
	check.Ready = check.Missing == nil
	if rule.Proof {
		check.Missing = append(check.Missing, ReleaseNeedsProof)
	}
	return check
}

// negatives counts the negatives sampled later than the instant that were known
// at known and suit the rule: those a gap apart, and all of them.
func (c *casefile) negatives(known, after time.Time, rule *HoldRule) (have, all int) {
	var last time.Time
	for rest := c.pcr; len(rest) > 0 && rest[0].SampledAt.After(after); {
		n := twins(rest)
		s, result, _ := merge(rest[:n], known)
		rest = rest[n:]
		if s.SampledAt.After(known) || result != Negative || rule.SingleTube && s.Mode != ModeSingle {
			continue
		}
		if all++; have == 0 || last.Sub(s.SampledAt) >= hours(rule.GapHours) {
			have, last = have+1, s.SampledAt
		}
	}
	return have, all
}

// eachHold calls f for every hold in force at t, the derived ones first.
func (c *casefile) eachHold(ev *evidence, t time.Time, until *time.Time, f func(h Hold, rule *HoldRule, derived bool)) {
	if len(ev.abnormal) == 0 && len(c.facts.Holds) == 0 {
		return
	}
	p := c.rules.at(t)
	over := func(rule *HoldRule, from time.Time) bool {
		if !rule.Automatic {
			return false
		}
		have, _ := c.negatives(ev.known, from, rule)
		return have >= rule.Negatives
	}
	for _, a := range ev.abnormal {
		h := Hold{Kind: a.result.String(), From: a.known}
		rule := p.holdRule(h.Kind)
		if !c.facts.released(h, t, until) && !over(rule, h.From) {
			f(h, rule, true)
		}
	}
	for _, h := range c.facts.Holds {
		rule := p.holdRule(h.Kind)
		if within(t, h.From, h.To, until) && !over(rule, h.From) {
			f(h, rule, false)
		}
	}
}

// released reports whether the derived hold has been released by t.
func (f *Facts) released(h Hold, t time.Time, until *time.Time) bool {
	released := false
	for _, r := range f.Releases {
		if r.Kind == h.Kind && !r.At.Before(h.From) && !before(t, r.At, until) {
			released = true
		}
	}
	return released
}

// heldAt reports whether any hold keeps the person off post at t.
func (c *casefile) heldAt(ev *evidence, t time.Time, until *time.Time) bool {
	held := false
	c.eachHold(ev, t, until, func(_ Hold, rule *HoldRule, _ bool) { held = held || rule.OffPost })
	return held
}

// holdsAt lists the holds in force at t, oldest first, of the derived ones the
// first of each kind: those that keep the person off post, and the others.
func (c *casefile) holdsAt(ev *evidence, t time.Time) (held, measures []Hold) {
	var edge time.Time
	c.eachHold(ev, t, &edge, func(h Hold, rule *HoldRule, derived bool) {
		list := &held
		if !rule.OffPost {
			list = &measures
		}
		if i := slices.IndexFunc(*list, func(other Hold) bool { return other.Kind == h.Kind }); derived && i >= 0 {
			if h.From.Before((*list)[i].From) {
				(*list)[i] = h
			}
			return
		}
		*list = append(*list, h)
	})
	slices.SortFunc(held, compareHolds)
	slices.SortFunc(measures, compareHolds)
	return held, measures
}

func compareHolds(a, b Hold) int {
	return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID), a.To.Compare(b.To))
}
