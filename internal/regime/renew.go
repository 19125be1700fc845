package regime

import "time"

// RenewableFrom says whether the next negative will by itself decide where the
// person stands: nothing on file at the instant but the newest negative matters
// to a person on post for good, never held, with no exemption left and in one
// category. Such a file is renewed by Renew, without reading the rest of it.
//
// The instant returned is the least due instant for which that is true: before
// it the first days on post, or of the category, have a say. The answer stays
// true as time passes, until another fact than such a negative comes or other
// rules apply.
func RenewableFrom(r Rules, f Facts, at time.Time) (due time.Time, ok bool) {
	m := r.maxima()
	if !f.unheld(at) || !f.staysOnPost(at) || !f.unexcused(at, &m) || len(f.Categories) == 0 {
		return time.Time{}, false
	}
	var began time.Time
	for _, s := range f.Categories {
		if s.Category != f.Categories[0].Category || s.From.After(at) {
			return time.Time{}, false
		}
		began = later(began, s.From)
	}
	return later(start(&f).Add(m.noRecord), began.Add(m.interval)), true
}

// Renew returns facts that stand for the whole file of a person who was
// renewable with the category, after the negative s, taken later than any other
// sample on file. It is not ok if older samples may matter to the rules, or if s
// is not a known negative. Where the due instant that the facts give at the
// instant is past, or before the one that RenewableFrom returned, they do not
// stand for the file either.
func Renew(r Rules, category Category, s Sample, at time.Time) (f Facts, ok bool) {
	if s.Method != MethodPCR || s.SampledAt.After(at) || s.ReportedAt.After(at) || s.resultAt(at) != Negative {
		return f, false
	}
	m := r.maxima()
	if m.calendar || r.longestWait() > m.shortest {
		return f, false // an older sample of the week counts, or is awaited for longer than s covers
	}
	if n := len(r.later); n > 0 && s.SampledAt.Before(r.later[n-1].From) {
		return f, false
	}
	return Facts{
		Categories: []CategorySpan{{Category: category}},
		Statuses:   []StatusSpan{{Status: StatusOnPost}},
		Samples:    []Sample{s},
	}, true
}

// unheld reports whether no hold is in force, none is to come, and no result
// could derive one. What is known of a sample must not change by itself, either.
func (f *Facts) unheld(at time.Time) bool {
	for _, h := range f.Holds {
		if h.To.IsZero() || h.To.After(at) {
			return false
		}
	}
	for i := range f.Samples {
		s := &f.Samples[i]
		if s.Method == MethodPCR && (s.Result.Abnormal() || s.SampledAt.After(at) || s.ReportedAt.After(at)) {
			return false
		}
	}
	return true
}

// staysOnPost reports whether the status at the instant is on post, without an
// end and with no other to come.
func (f *Facts) staysOnPost(at time.Time) bool {
	var edge time.Time
	now := f.statusAt(at, &edge)
	return now != nil && now.Status == StatusOnPost && now.To.IsZero() && edge.IsZero()
}

// unexcused reports whether every exemption has ended, and its grace with it.
func (f *Facts) unexcused(at time.Time, m *maxima) bool {
	over := func(end time.Time) bool { return end.Add(m.grace + overdueAfter).Before(at) }
	for _, x := range f.Exemptions {
		if x.To.IsZero() || !over(x.To) {
			return false
		}
	}
	for _, v := range f.Vaccinations {
		if !over(v.Add(m.vaccination)) {
			return false
		}
	}
	return true
}

// maxima are the longest durations among the versions of rules, and what else
// decides whether older samples matter.
type maxima struct {
	noRecord, grace, vaccination, interval time.Duration

	shortest time.Duration // interval of a rolling rule
	calendar bool          // some version counts weeks
}

func (r *Rules) maxima() maxima {
	m := maxima{}
	m.add(r.first.Pack)
	for i := range r.later {
		m.add(r.later[i].Pack)
	}
	return m
}

func (m *maxima) add(p *Pack) {
	m.noRecord = max(m.noRecord, hours(p.NoRecordHours))
	m.grace = max(m.grace, hours(p.ExemptionGraceHours))
	m.vaccination = max(m.vaccination, hours(p.VaccinationExemptHours))
	for i := range p.Tests {
		t := &p.Tests[i]
		if t.Mode == RuleCalendarWeek {
			m.calendar = true
			continue
		}
		m.interval = max(m.interval, t.interval())
		if m.shortest == 0 || t.interval() < m.shortest {
			m.shortest = t.interval()
		}
	}
}
