package regime

import "time"

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
	ReasonWorkBlocked        = "work_blocked"        // At: due instant; the category may not work when overdue
)

// reasons explains the verdict v, which holds at t: first what decided it, then
// what else a reader of the file should know.
func (c *casefile) reasons(ev *evidence, v *verdict, held []Hold, t time.Time) []Reason {
	list := make([]Reason, 0, 4)
	add := func(code string, at time.Time) { list = append(list, Reason{Code: code, At: inZone(at, c.facts.Zone)}) }
	with := func(key, value string) { list[len(list)-1].Args = map[string]string{key: value} }

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
		c.dutyReasons(ev, v, t, add)
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
func (c *casefile) dutyReasons(ev *evidence, v *verdict, t time.Time, add func(string, time.Time)) {
	switch {
	case v.state.Tested():
		add(ReasonNegativeCounts, ev.counted.SampledAt)
	case ev.counted != nil:
		add(ReasonNegativeLapsed, v.valid)
	default:
		add(ReasonNeverTested, start(c.facts))
	}
	if v.state == NoRecord {
		add(ReasonStartWindow, v.due)
	}
	if v.kept {
		add(ReasonOverdueKept, v.due)
	}
	if ev.awaited != nil {
		late := c.lateAt(ev)
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
