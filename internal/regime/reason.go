package regime

import (
	"strconv"
	"time"

	"github.com/fugong/fugong/internal/regime/civil"
)

// Reason is one machine-readable ground of a standing. Code is one of the
// Reason constants; At is the instant each of them names; Args adds ids for
// the sentence, nil if there are none. They are put into words elsewhere.
type Reason struct {
	Code string
	At   time.Time
	Args map[string]string
}

const (
	ReasonNotOnPost          = "not_on_post"         // At: status began; Args: status
	ReasonNoWorkStatus       = "no_work_status"      // no status on file
	ReasonHeld               = "held"                // At: hold began; Args: kind
	ReasonExempt             = "exempt"              // At: exemption began; Args: ground
	ReasonExemptionGrace     = "exemption_grace"     // At: due instant, where the grace ends
	ReasonNegativeCounts     = "negative_counts"     // At: sampling of the negative in force
	ReasonNegativeLapsed     = "negative_lapsed"     // At: last instant the newest negative covered
	ReasonNeverTested        = "never_tested"        // At: when the rule began for the person
	ReasonStartWindow        = "start_window"        // At: due instant, where the window ends
	ReasonResultAwaited      = "result_awaited"      // At: when the result would become late
	ReasonResultLate         = "result_late"         // At: when the result became late
	ReasonInvalidIgnored     = "invalid_ignored"     // At: sampling of the newest invalid sample
	ReasonAntigenIgnored     = "antigen_ignored"     // At: sampling of the newest antigen test
	ReasonConflictingResults = "conflicting_results" // At: the sampling with two results; the worse was kept, review it
	ReasonOverdueKept        = "overdue_kept"        // At: due instant under the earlier category
	ReasonCategoryUnknown    = "category_unknown"    // the base rule was applied; Args: category, if any
	ReasonWeekCount          = "week_count"          // At: due instant; Args: have, need: negatives of the week of the newest
	ReasonRuleComing         = "rule_coming"         // At: when the version begins that brings the due instant forward; Args: pack
	ReasonWorkBlocked        = "work_blocked"        // At: due instant; the category may not work when overdue
)

// reasons explains the verdict v, which holds at t: first what decided it, then
// what else a reader of the file should know.
func (c *casefile) reasons(ev *evidence, v *verdict, held []Hold, t time.Time) []Reason {
	list := make([]Reason, 0, 4)
	add := func(code string, at time.Time) { list = append(list, Reason{Code: code, At: inZone(at, c.facts.Zone)}) }
	with := func(key, value string) {
		last := &list[len(list)-1]
		if last.Args == nil {
			last.Args = make(map[string]string)
		}
		last.Args[key] = value
	}

	switch {
	case v.state == OffPost:
		if v.status == nil {
			add(ReasonNoWorkStatus, time.Time{})
		} else if v.status.Status != StatusOnPost {
			add(ReasonNotOnPost, v.status.From)
			with("status", string(v.status.Status))
		}
		for _, h := range held {
			add(ReasonHeld, h.From)
			with("kind", h.Kind)
		}
	case v.exemption != nil:
		add(ReasonExempt, v.exemption.From)
		with("ground", v.exemption.Ground)
	case v.state == Exempt:
		add(ReasonExemptionGrace, v.due)
	default:
		c.dutyReasons(ev, v, t, add, with)
	}
	if ev.conflict != nil {
		add(ReasonConflictingResults, ev.conflict.SampledAt)
	}
	if v.rule.Category != v.category {
		add(ReasonCategoryUnknown, time.Time{})
		with("category", string(v.category))
	}
	return list
}

// dutyReasons explains the states in which a test is owed.
func (c *casefile) dutyReasons(ev *evidence, v *verdict, t time.Time, add func(string, time.Time), with func(key, value string)) {
	switch {
	case v.state.Tested():
		add(ReasonNegativeCounts, ev.counted.SampledAt)
	case ev.counted != nil:
		add(ReasonNegativeLapsed, v.cover)
	default:
		add(ReasonNeverTested, c.start)
	}
	if v.state == NoRecord {
		add(ReasonStartWindow, v.due)
	}
	c.ruleReasons(ev, v, add, with)
	if awaited := v.awaited(ev); awaited != nil {
		late := lateAt(awaited, v.pack)
		if t.Before(late) {
			add(ReasonResultAwaited, late)
		} else {
			add(ReasonResultLate, late)
		}
	}
	if ev.invalid != nil {
		add(ReasonInvalidIgnored, ev.invalid.SampledAt)
	}
	if antigen := c.newestAntigen(ev, t); antigen != nil {
		add(ReasonAntigenIgnored, antigen.SampledAt)
	}
	if !v.mayWork() {
		add(ReasonWorkBlocked, v.due)
	}
}

// ruleReasons tells what is particular about the rule that binds.
func (c *casefile) ruleReasons(ev *evidence, v *verdict, add func(string, time.Time), with func(key, value string)) {
	if v.rule.Mode == RuleCalendarWeek && ev.counted != nil {
		begin, _ := civil.Week(ev.counted.SampledAt, c.facts.zone(v.pack))
		add(ReasonWeekCount, v.due)
		with("have", strconv.Itoa(count(ev.week, begin, v.rule.gap())))
		with("need", strconv.Itoa(v.rule.MinCountPerWeek))
	}
	if v.kept {
		add(ReasonOverdueKept, v.due)
	}
	if v.coming != nil {
		add(ReasonRuleComing, v.coming.From)
		with("pack", v.coming.Pack.ID)
	}
}

// awaited is the sample whose result the person waits for.
func (v *verdict) awaited(ev *evidence) *Sample {
	if ev.awaited == nil && v.state == Pending {
		return ev.waiting
	}
	return ev.awaited
}

// newestAntigen returns the newest antigen test taken after the counted sample.
func (c *casefile) newestAntigen(ev *evidence, t time.Time) *Sample {
	var newest *Sample
	for i := range c.facts.Samples {
		s := &c.facts.Samples[i]
		if s.Method == MethodPCR || s.SampledAt.After(t) || s.resultAt(t) == Cancelled {
			continue
		}
		if ev.counted != nil && !s.SampledAt.After(ev.counted.SampledAt) {
			continue
		}
		if newest == nil || s.SampledAt.After(newest.SampledAt) {
			newest = s
		}
	}
	return newest
}
