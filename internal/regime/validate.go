package regime

import (
	"errors"
	"fmt"
	"regexp"
	"time"
)

const (
	maxHours = 24 * 366 // a rule longer than a year is a slip
	maxDays  = 36600
)

var (
	packID   = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	zoneName = regexp.MustCompile(`^[A-Z][A-Za-z_]+(/[A-Za-z0-9_+-]+)*$`)
	wordID   = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// faults collects every fault of a pack, so that one reading shows them all.
type faults []error

func (f *faults) must(ok bool, path, format string, args ...any) {
	if !ok {
		*f = append(*f, fault(path, format, args...))
	}
}

func (f *faults) between(path string, n, low, high int) {
	f.must(low <= n && n <= high, path, "must be from %d to %d, is %d", low, high, n)
}

func (f *faults) word(path, id string) {
	f.must(wordID.MatchString(id), path, "must be an id of small letters, digits and _, is %q", id)
}

func (p *Pack) validate() error {
	var f faults
	p.validateHead(&f)
	p.validateTiming(&f)
	p.validateTests(&f)
	p.validateDuties(&f)
	return errors.Join(f...)
}

func (p *Pack) validateHead(f *faults) {
	f.must(packID.MatchString(p.ID), "id", "must be small letters, digits and single hyphens, is %q", p.ID)
	f.must(p.Version >= 1, "version", "must be at least 1, is %d", p.Version)
	f.must(p.Title != "", "title", "must not be empty")
	f.must(zoneName.MatchString(p.TZ), "tz", "must be an IANA zone name such as Asia/Shanghai, is %q", p.TZ)
	from, err := time.Parse(time.DateOnly, p.EffectiveFrom)
	f.must(err == nil, "effective_from", "must be a date YYYY-MM-DD, is %q", p.EffectiveFrom)
	if p.EffectiveTo != nil {
		to, err := time.Parse(time.DateOnly, *p.EffectiveTo)
		f.must(err == nil, "effective_to", "must be a date YYYY-MM-DD or null, is %q", *p.EffectiveTo)
		f.must(err != nil || !to.Before(from), "effective_to", "must not be before effective_from, is %q", *p.EffectiveTo)
	}
}

func (p *Pack) validateTiming(f *faults) {
	f.must(p.IntervalBasis == BasisSampledAt, "interval_basis", "must be sampled_at, is %q", p.IntervalBasis)
	f.must(p.CertificateBasis == BasisSampledAt || p.CertificateBasis == BasisReportedAt,
		"certificate_basis", "must be sampled_at or reported_at, is %q", p.CertificateBasis)
	f.must(!p.AntigenCounts, "antigen_counts", "must be false: only PCR satisfies the rule")
	f.between("result_late_hours", p.ResultLateHours, 1, maxHours)
	f.between("due_soon_hours", p.DueSoonHours, 1, maxHours)
	f.between("no_record_hours", p.NoRecordHours, 0, maxHours)
	f.between("exemption_grace_hours", p.ExemptionGraceHours, 0, maxHours)
}

// validateTests also keeps the promises that standing relies on: there is a base
// rule, categories only tighten it, and an interval is not shorter than the wait
// for a result, or a person could fall due while rightly waiting.
func (p *Pack) validateTests(f *faults) {
	base := p.rule(CategoryGeneralStaff).IntervalHours
	f.must(base > 0, "tests", "must have a rule for %s", CategoryGeneralStaff)
	seen := make(map[Category]bool, len(p.Tests))
	for i, r := range p.Tests {
		at := fmt.Sprintf("tests[%d]", i)
		f.must(r.Category.Valid(), at+".category", "unknown category %q", r.Category)
		f.must(!seen[r.Category], at+".category", "second rule for %q", r.Category)
		seen[r.Category] = true
		f.must(r.Mode == RuleRolling, at+".mode", "must be rolling, is %q", r.Mode)
		f.between(at+".interval_hours", r.IntervalHours, 1, maxHours)
		f.must(r.IntervalHours <= base, at+".interval_hours", "must not exceed the %d of %s, is %d", base, CategoryGeneralStaff, r.IntervalHours)
		f.must(r.IntervalHours >= p.ResultLateHours, at+".interval_hours", "must not be less than result_late_hours, is %d", r.IntervalHours)
		f.must(r.IntervalHours > p.DueSoonHours, at+".interval_hours", "must exceed due_soon_hours, is %d", r.IntervalHours)
		f.must(r.Basis != "", at+".basis", "must not be empty")
	}
}

func (p *Pack) validateDuties(f *faults) {
	f.must(35 <= p.FeverC && p.FeverC <= 42, "fever_c", "must be from 35 to 42, is %v", p.FeverC)
	f.between("dorm_temp_per_day", p.DormTempPerDay, 0, 24)
	f.between("return_gate.pcr_hours", p.ReturnGate.PCRHours, 1, maxHours)
	f.between("return_gate.lookback_days", p.ReturnGate.LookbackDays, 0, maxDays)
	f.between("return_gate.overseas_days", p.ReturnGate.OverseasDays, 0, maxDays)
	for i, code := range p.ReturnGate.Codes {
		f.word(fmt.Sprintf("return_gate.codes[%d]", i), code)
	}
	for i, a := range p.Arrivals {
		at := fmt.Sprintf("arrivals[%d]", i)
		f.word(at+".class", a.Class)
		f.follow(at, a.Isolation, a.TestDays)
	}
	f.follow("contacts.close_contact", p.Contacts.Close.Isolation, p.Contacts.Close.TestDays)
	f.follow("contacts.secondary_contact", p.Contacts.Secondary.Isolation, p.Contacts.Secondary.TestDays)

	for _, n := range []struct {
		path string
		n    int
	}{
		{"incident_minutes.stop_isolate", p.IncidentMinutes.StopIsolate},
		{"incident_minutes.internal_report", p.IncidentMinutes.InternalReport},
		{"incident_minutes.external_report_target", p.IncidentMinutes.ExternalReportTarget},
		{"incident_minutes.external_report_hard", p.IncidentMinutes.ExternalReportHard},
		{"incident_minutes.contacts_list", p.IncidentMinutes.ContactsList},
		{"incident_minutes.send_clinic", p.IncidentMinutes.SendClinic},
		{"stock_days", p.StockDays},
		{"m2_per_person", p.M2PerPerson},
		{"cold_chain_prereport_hours", p.ColdChainPrereportHours},
		{"cold_chain_keep_days", p.ColdChainKeepDays},
		{"noncold_rest_days", p.NoncoldRestDays},
		{"vent.times_per_day", p.Vent.TimesPerDay},
		{"vent.minutes", p.Vent.Minutes},
		{"appeal_sla_workdays.verify", p.AppealSLAWorkdays.Verify},
		{"appeal_sla_workdays.answer", p.AppealSLAWorkdays.Answer},
		{"appeal_sla_workdays.resolve", p.AppealSLAWorkdays.Resolve},
		{"appeal_sla_workdays.extended", p.AppealSLAWorkdays.Extended},
	} {
		f.between(n.path, n.n, 1, maxDays)
	}
}

// follow checks an isolation with its test days, which must rise.
func (f *faults) follow(path string, isolation []Stage, days []int) {
	for i, s := range isolation {
		at := fmt.Sprintf("%s.isolation[%d]", path, i)
		f.word(at+"[0]", s.Level)
		f.between(at+"[1]", s.Days, 1, maxDays)
	}
	last := 0
	for i, d := range days {
		at := fmt.Sprintf("%s.test_days[%d]", path, i)
		f.between(at, d, 1, maxDays)
		f.must(d > last, at, "must be later than the day before it, is %d", d)
		last = d
	}
}
