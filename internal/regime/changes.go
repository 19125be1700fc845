package regime

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Change is one thing that would change a standing, found by evaluating it. Code
// is one of the Change constants.
type Change struct {
	Code string
	At   time.Time
	Args map[string]string
}

// Every change has the argument state, the id of the state it leads to. Until is
// the due instant it leads to, as in RFC 3339, absent if nothing is owed then.
const (
	ChangeSampleNow      = "sample_now"      // a negative alone in its tube, sampled at At; Args: state, until
	ChangeResultNegative = "result_negative" // the awaited result is negative; At: its sampling; Args: state, until
	ChangeSingleResample = "single_resample" // the same for an automatic hold; Args: state, until, kind, have, need
	ChangeHoldRelease    = "hold_release"    // At: the earliest; Args: state, until, kind, id, have, need, missing (codes and commas)
	ChangeOnPost         = "on_post"         // coming on post at At; Args: state, until
	ChangeExemptionEnds  = "exemption_ends"  // At: its end; Args: state, until, ground
	ChangeRuleChanges    = "rule_changes"    // At: when a version begins; Args: state, until, pack, version
)

// changes gathers the list.
type changes struct {
	rules Rules
	facts Facts
	at    time.Time
	now   Standing
	list  []Change
}

// Changes lists what would change the standing of the person at the instant: what
// the person, the laboratory or the firm can do about it, and what is to come.
func Changes(r Rules, f Facts, at time.Time) []Change {
	at = at.Round(0)
	c := changes{rules: r, facts: f, at: at, now: Evaluate(r, f, at)}
	c.samples()
	c.holds()
	if c.now.State == OffPost && !c.onPost() {
		g := f
		g.Statuses = append(slices.Clone(f.Statuses), StatusSpan{Status: StatusOnPost, From: at})
		c.add(ChangeOnPost, at, g, at, nil)
	}
	c.exemption()
	for _, v := range r.later {
		if v.From.After(at) {
			c.add(ChangeRuleChanges, v.From, f, v.From, map[string]string{"pack": v.Pack.ID, "version": strconv.Itoa(v.Pack.Version)})
		}
	}
	return c.list
}

// add evaluates the facts at the instant then and notes the state.
func (c *changes) add(code string, at time.Time, f Facts, then time.Time, args map[string]string) {
	if args == nil {
		args = make(map[string]string, 2)
	}
	s := Evaluate(c.rules, f, then)
	args["state"] = s.State.String()
	if !s.DueAt.IsZero() {
		args["until"] = s.DueAt.Format(time.RFC3339)
	}
	c.list = append(c.list, Change{Code: code, At: inZone(at, c.facts.Zone), Args: args})
}

func (c *changes) onPost() bool {
	var edge time.Time
	s := c.facts.statusAt(c.at, &edge)
	return s != nil && s.Status == StatusOnPost
}

// with returns the facts with one more negative, known by now.
func (c *changes) with(sampled time.Time) Facts {
	f := c.facts
	f.Samples = append(slices.Clone(f.Samples), Sample{
		SampledAt: sampled, ReportedAt: c.at, Method: MethodPCR, Mode: ModeSingle, Result: Negative,
	})
	return f
}

// samples tells what a negative would do, if anything.
func (c *changes) samples() {
	if !c.now.State.Owed() && c.now.State != Exempt {
		return
	}
	tried := c.with(c.at)
	if better := Evaluate(c.rules, tried, c.at); better.State != c.now.State || better.DueAt.After(c.now.DueAt) {
		c.add(ChangeSampleNow, c.at, tried, c.at, nil)
	}
	if latest := c.now.Latest; latest != nil && latest.Result == ResultPending {
		f := c.facts
		f.Samples = slices.Clone(f.Samples)
		for i := range f.Samples {
			if s := &f.Samples[i]; s.Method == MethodPCR && s.SampledAt.Equal(latest.SampledAt) && s.resultAt(c.at) == ResultPending {
				s.Result, s.ReportedAt = Negative, c.at
			}
		}
		c.add(ChangeResultNegative, latest.SampledAt, f, c.at, nil)
	}
}

// holds tells what would end each hold in force.
func (c *changes) holds() {
	for _, h := range c.now.Held {
		check := Releasable(c.rules, c.facts, h, c.at)
		args := map[string]string{"kind": h.Kind, "have": strconv.Itoa(check.Have), "need": strconv.Itoa(check.Need)}
		if check.Rule.Automatic {
			sampled := later(c.at, h.From.Add(time.Second))
			resampled := *c
			resampled.at = sampled
			c.add(ChangeSingleResample, sampled, resampled.with(sampled), sampled, args)
			continue
		}
		then := later(c.at, check.Earliest)
		args["id"] = strconv.FormatInt(h.ID, 10)
		args["missing"] = strings.Join(check.Missing, ",")
		c.add(ChangeHoldRelease, check.Earliest, c.without(h, then), then, args)
	}
}

// without returns the facts with the hold released at the instant.
func (c *changes) without(h Hold, then time.Time) Facts {
	f := c.facts
	if i := slices.IndexFunc(f.Holds, func(other Hold) bool { return compareHolds(other, h) == 0 }); i >= 0 {
		f.Holds = slices.Clone(f.Holds)
		f.Holds[i].To = then
	} else {
		f.Releases = append(slices.Clone(f.Releases), Release{h.Kind, then})
	}
	return f
}

func (c *changes) exemption() {
	if c.now.State != Exempt {
		return
	}
	file := casefile{rules: &c.rules, facts: &c.facts}
	file.open()
	var edge time.Time
	if x := file.exemptionAt(c.rules.At(c.at), c.at, &edge); x != nil && !x.To.IsZero() {
		c.add(ChangeExemptionEnds, x.To, c.facts, x.To, map[string]string{"ground": x.Ground})
	}
}
