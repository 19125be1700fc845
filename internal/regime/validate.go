package regime

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/fugong/fugong/internal/regime/strict"
)

const (
	maxHours = 24 * 366 // a rule longer than a year is a slip
)

var (
	packID   = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	zoneName = regexp.MustCompile(`^[A-Z][A-Za-z_]+(/[A-Za-z0-9_+-]+)*$`)
)

func (p *Pack) validate() error {
	var f strict.Faults
	p.validateHead(&f)
	p.validateTiming(&f)
	p.validateTests(&f)
	p.validateHolds(&f)
	p.Check(&f)
	return errors.Join(f...)
}

func (p *Pack) validateHead(f *strict.Faults) {
	f.Must(packID.MatchString(p.ID), "id", "must be small letters, digits and single hyphens, is %q", p.ID)
	f.Must(p.Version >= 1, "version", "must be at least 1, is %d", p.Version)
	f.Must(p.Title != "", "title", "must not be empty")
	f.Must(zoneName.MatchString(p.TZ), "tz", "must be an IANA zone name such as Asia/Shanghai, is %q", p.TZ)
	from, err := time.Parse(time.DateOnly, p.EffectiveFrom)
	f.Must(err == nil, "effective_from", "must be a date YYYY-MM-DD, is %q", p.EffectiveFrom)
	if p.EffectiveTo != nil {
		to, err := time.Parse(time.DateOnly, *p.EffectiveTo)
		f.Must(err == nil, "effective_to", "must be a date YYYY-MM-DD or null, is %q", *p.EffectiveTo)
		f.Must(err != nil || !to.Before(from), "effective_to", "must not be before effective_from, is %q", *p.EffectiveTo)
	}
}

func (p *Pack) validateTiming(f *strict.Faults) {
	f.Must(p.IntervalBasis == BasisSampledAt, "interval_basis", "must be sampled_at, is %q", p.IntervalBasis)
	f.Must(p.CertificateBasis == BasisSampledAt || p.CertificateBasis == BasisReportedAt,
		"certificate_basis", "must be sampled_at or reported_at, is %q", p.CertificateBasis)
	f.Must(!p.AntigenCounts, "antigen_counts", "must be false: only PCR satisfies the rule")
	f.Between("result_late_hours", p.ResultLateHours, 1, maxHours)
	f.Between("due_soon_hours", p.DueSoonHours, 1, maxHours)
	f.Between("no_record_hours", p.NoRecordHours, 0, maxHours)
	f.Between("exemption_grace_hours", p.ExemptionGraceHours, 0, maxHours)
	f.Between("vaccination_exempt_hours", p.VaccinationExemptHours, 0, maxHours)
}

// validateTests also keeps the promises that standing relies on: there is a base
// rule, no category is looser, and an interval is not shorter than the wait for a
// result, or a person could fall due while rightly waiting.
func (p *Pack) validateTests(f *strict.Faults) {
	base := p.rulesOf(CategoryGeneralStaff)
	f.Must(base != [2]*TestRule{}, "tests", "must have a rule for %s", CategoryGeneralStaff)
	type key struct {
		category Category
		mode     RuleMode
	}
	seen := make(map[key]bool, len(p.Tests))
	for i, r := range p.Tests {
		at := fmt.Sprintf("tests[%d]", i)
		f.Must(r.Category.Valid(), at+".category", "unknown category %q", r.Category)
		f.Must(!seen[key{r.Category, r.Mode}], at+".category", "second %s rule for %q", r.Mode, r.Category)
		seen[key{r.Category, r.Mode}] = true
		switch r.Mode {
		case RuleRolling:
			f.Between(at+".interval_hours", r.IntervalHours, 1, maxHours)
			f.Must(r.IntervalHours >= p.ResultLateHours, at+".interval_hours", "must not be less than result_late_hours, is %d", r.IntervalHours)
			f.Between(at+".min_count_per_week", r.MinCountPerWeek, 0, 0)
			f.Between(at+".min_gap_hours", r.MinGapHours, 0, 0)
		case RuleCalendarWeek:
			f.Between(at+".interval_hours", r.IntervalHours, 0, 0)
			validateWeek(f, at, r.MinCountPerWeek, r.MinGapHours)
		default:
			f.Must(false, at+".mode", "must be rolling or calendar_week, is %q", r.Mode)
		}
		p.validateFloor(f, at, r.Category, base)
		f.Must(r.Basis != "", at+".basis", "must not be empty")
	}
}

// validateWeek checks a count and a gap. Any count fits into six days with any gap,
// so that a full week is never worth less than one that is not, and the
// stricter of two counts goes with the stricter of two gaps.
func validateWeek(f *strict.Faults, at string, count, gap int) {
	f.Between(at+".min_count_per_week", count, 1, 7)
	f.Between(at+".min_gap_hours", gap, 1, 24)
}

// validateFloor refuses a category that is looser than the base. A base counted
// by week is met by an interval short enough to give as many samples.
func (p *Pack) validateFloor(f *strict.Faults, at string, category Category, base [2]*TestRule) {
	own := p.rulesOf(category)
	if rolling := base[0]; rolling != nil {
		f.Must(own[0] != nil && own[0].IntervalHours <= rolling.IntervalHours, at+".interval_hours",
			"must not exceed the %d of %s", rolling.IntervalHours, CategoryGeneralStaff)
	}
	if weekly := base[1]; weekly != nil {
		often := own[0] != nil && own[0].IntervalHours*weekly.MinCountPerWeek <= 7*24
		strict := own[1] != nil && own[1].MinCountPerWeek >= weekly.MinCountPerWeek && own[1].MinGapHours >= weekly.MinGapHours
		f.Must(often || strict, at+".min_count_per_week", "must not be below the %d of %s", weekly.MinCountPerWeek, CategoryGeneralStaff)
	}
}

// rulesOf returns the rolling and the calendar rule that the pack has for the
// category itself, nil where it has none.
func (p *Pack) rulesOf(category Category) (rules [2]*TestRule) {
	for i := range p.Tests {
		switch r := &p.Tests[i]; {
		case r.Category != category:
		case r.Mode == RuleRolling:
			rules[0] = r
		case r.Mode == RuleCalendarWeek:
			rules[1] = r
		}
	}
	return rules
}

// validateHolds wants each kind and each ground once: the lists are closed.
func (p *Pack) validateHolds(f *strict.Faults) {
	seen := make(map[string]bool)
	for i, h := range p.Holds {
		at := fmt.Sprintf("holds[%d]", i)
		f.Must(slices.Contains(holdKinds, h.Kind), at+".kind", "unknown kind %q", h.Kind)
		f.Must(!seen[h.Kind], at+".kind", "second rule for %q", h.Kind)
		seen[h.Kind] = true
		f.Between(at+".min_hours", h.MinHours, 0, maxHours)
		f.Between(at+".negatives", h.Negatives, 0, 9)
		f.Between(at+".gap_hours", h.GapHours, 0, maxHours)
		f.Must(!h.Automatic || h.Kind == PoolAbnormal.String(), at+".automatic", "must be false for %q", h.Kind)
		f.Must(!h.Automatic || h.Negatives > 0 && h.MinHours == 0 && !h.Proof, at+".automatic", "needs negatives, and neither hours nor proof")
		f.Must(h.Basis != "", at+".basis", "must not be empty")
	}
	for _, kind := range holdKinds {
		f.Must(seen[kind], "holds", "must have a rule for %s", kind)
	}
	clear(seen)
	for i, g := range p.ExemptionGrounds {
		at := fmt.Sprintf("exemption_grounds[%d]", i)
		f.Must(slices.Contains(exemptionGrounds, g.Ground), at+".ground", "unknown ground %q", g.Ground)
		f.Must(!seen[g.Ground], at+".ground", "second entry for %q", g.Ground)
		seen[g.Ground] = true
		f.Between(at+".max_hours", g.MaxHours, 0, maxHours)
	}
}
