package regime

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/fugong/fugong/internal/regime/strict"
)

// Overlay is what a division or an enterprise tightens in a pack. Absent values
// leave the pack's.
type Overlay struct {
	Tests               []OverlayTest `json:"tests,omitempty"`
	DueSoonHours        *int          `json:"due_soon_hours,omitempty"`
	ResultLateHours     *int          `json:"result_late_hours,omitempty"`
	NoRecordHours       *int          `json:"no_record_hours,omitempty"`
	ExemptionGraceHours *int          `json:"exemption_grace_hours,omitempty"`
	ReturnGate          *OverlayGate  `json:"return_gate,omitempty"`
	Basis               string        `json:"basis,omitempty"` // the text it rests on
}

// OverlayTest tightens the rules of one category; that of general_staff those of
// every category, since none may be looser. MinCountPerWeek and MinGapHours come
// together.
type OverlayTest struct {
	Category        Category `json:"category"`
	IntervalHours   *int     `json:"interval_hours,omitempty"`
	MinCountPerWeek *int     `json:"min_count_per_week,omitempty"`
	MinGapHours     *int     `json:"min_gap_hours,omitempty"`
	BlockOnOverdue  *bool    `json:"block_on_overdue,omitempty"`
	Basis           string   `json:"basis,omitempty"`
}

// OverlayGate tightens the return gate.
type OverlayGate struct {
	PCRHours     *int `json:"pcr_hours,omitempty"`
	LookbackDays *int `json:"lookback_days,omitempty"`
	OverseasDays *int `json:"overseas_days,omitempty"`
}

// ParseOverlay reads and checks an overlay as strictly as ParsePack a pack, save
// that values may be absent.
func ParseOverlay(data []byte) (Overlay, error) {
	var o Overlay
	err := strict.Decode(data, &o)
	if err == nil {
		err = o.validate()
	}
	if err != nil {
		return Overlay{}, fmt.Errorf("regime: overlay: %w", err)
	}
	return o, nil
}

func (o *Overlay) validate() error {
	var f strict.Faults
	seen := make(map[Category]bool, len(o.Tests))
	for i, t := range o.Tests {
		at := fmt.Sprintf("tests[%d]", i)
		f.Must(t.Category.Valid(), at+".category", "unknown category %q", t.Category)
		f.Must(!seen[t.Category], at+".category", "second entry for %q", t.Category)
		seen[t.Category] = true
		f.Must(t.IntervalHours != nil || t.MinCountPerWeek != nil || t.BlockOnOverdue != nil, at, "must tighten something")
		if t.IntervalHours != nil {
			f.Between(at+".interval_hours", *t.IntervalHours, 1, maxHours)
		}
		f.Must((t.MinCountPerWeek == nil) == (t.MinGapHours == nil), at+".min_gap_hours", "must come together with min_count_per_week")
		if t.MinCountPerWeek != nil && t.MinGapHours != nil {
			validateWeek(&f, at, *t.MinCountPerWeek, *t.MinGapHours)
		}
	}
	for _, v := range o.values(new(Pack)) {
		if v.want != nil {
			f.Between(v.path, *v.want, v.low, maxHours)
		}
	}
	return errors.Join(f...)
}

// overlayValue is one number of the pack that an overlay may tighten.
type overlayValue struct {
	path string
	have *int // in the pack
	want *int // nil: leave it
	low  int
	more bool // the greater is the stricter
}

func (o *Overlay) values(p *Pack) []overlayValue {
	gate := o.ReturnGate
	if gate == nil {
		gate = new(OverlayGate)
	}
	return []overlayValue{
		{"due_soon_hours", &p.DueSoonHours, o.DueSoonHours, 1, true},
		{"result_late_hours", &p.ResultLateHours, o.ResultLateHours, 1, false},
		{"no_record_hours", &p.NoRecordHours, o.NoRecordHours, 0, false},
		{"exemption_grace_hours", &p.ExemptionGraceHours, o.ExemptionGraceHours, 0, false},
		{"return_gate.pcr_hours", &p.ReturnGate.PCRHours, gate.PCRHours, 1, false},
		{"return_gate.lookback_days", &p.ReturnGate.LookbackDays, gate.LookbackDays, 0, true},
		{"return_gate.overseas_days", &p.ReturnGate.OverseasDays, gate.OverseasDays, 0, true},
	}
}

// Tighten returns a copy of the pack with, for each value, the stricter of the
// pack's and the overlay's. Rules that come from the overlay bear the origin, such
// as division:370303, and its basis. noEffect lists the paths whose value was no
// stricter. An interval shorter than result_late_hours lowers that too, since no
// interval is shorter than the wait for a result. The error says why the overlay
// is senseless; one from ParseOverlay fits every pack. What several overlays make
// of a pack does not depend on their order, save the origin of a value that two
// of them ask for.
func Tighten(p *Pack, o Overlay, origin string) (tight *Pack, noEffect []string, err error) {
	if err := o.validate(); err != nil {
		return nil, nil, fmt.Errorf("regime: overlay: %w", err)
	}
	c := *p
	c.Tests = slices.Clone(p.Tests)
	note := func(path string, effect bool) {
		if !effect {
			noEffect = append(noEffect, path)
		}
	}
	for i, t := range o.Tests {
		c.tightenTest(t, TestRule{Origin: origin, Basis: cmp.Or(t.Basis, o.Basis)}, fmt.Sprintf("tests[%d].", i), note)
	}
	for _, v := range o.values(&c) {
		if v.want != nil {
			stricter := *v.want != *v.have && *v.want > *v.have == v.more
			note(v.path, stricter)
			if stricter {
				*v.have = *v.want
			}
		}
	}
	for _, r := range c.Tests {
		if r.Mode == RuleRolling {
			c.ResultLateHours = min(c.ResultLateHours, r.IntervalHours)
		}
	}
	if err := c.validate(); err != nil {
		return nil, nil, fmt.Errorf("regime: tightened pack: %w", err)
	}
	return &c, noEffect, nil
}

func (p *Pack) tightenTest(t OverlayTest, d TestRule, at string, note func(path string, effect bool)) {
	weekly, blocking := d, d
	if t.IntervalHours != nil {
		d.Mode, d.IntervalHours = RuleRolling, *t.IntervalHours
		note(at+"interval_hours", p.tighten(t.Category, d))
	}
	if t.MinCountPerWeek != nil {
		weekly.Mode, weekly.MinCountPerWeek = RuleCalendarWeek, *t.MinCountPerWeek
		note(at+"min_count_per_week", p.tighten(t.Category, weekly))
		weekly.MinGapHours = *t.MinGapHours
		note(at+"min_gap_hours", p.tighten(t.Category, weekly))
	}
	if t.BlockOnOverdue != nil {
		blocking.BlockOnOverdue = *t.BlockOnOverdue
		note(at+"block_on_overdue", p.tighten(t.Category, blocking))
	}
}

// tighten makes a demand of the rules of the category and reports whether it was
// stricter. Without a mode it is made of both. What becomes of the base is
// demanded of every category, since none may be looser.
func (p *Pack) tighten(category Category, demand TestRule) bool {
	demand.Category = category
	effect := p.demand(demand)
	if category != CategoryGeneralStaff {
		return effect
	}
	for _, r := range p.rulesOf(category) {
		if r != nil && r.Mode == demand.Mode {
			demand.IntervalHours, demand.MinCountPerWeek, demand.MinGapHours = r.IntervalHours, r.MinCountPerWeek, r.MinGapHours
		}
	}
	done := []Category{category}
	for _, r := range p.Tests {
		if !slices.Contains(done, r.Category) {
			demand.Category = r.Category
			effect = p.demand(demand) || effect
			done = append(done, r.Category)
		}
	}
	return effect
}

// demand merges d into the rules of its category and mode.
func (p *Pack) demand(d TestRule) bool {
	own := p.rulesOf(d.Category)
	if own == [2]*TestRule{} { // so far under the base
		for _, r := range p.rulesOf(CategoryGeneralStaff) {
			if r != nil {
				c := *r
				c.Category = d.Category
				p.Tests = append(p.Tests, c)
			}
		}
		own = p.rulesOf(d.Category)
	}
	met, effect := false, false
	fresh := d
	for _, r := range own {
		switch {
		case r == nil:
		case d.Mode == "" || d.Mode == r.Mode:
			met = true
			if r.join(d) {
				effect = true
				r.Origin, r.Basis = d.Origin, cmp.Or(d.Basis, r.Basis)
			}
		default:
			fresh.BlockOnOverdue = fresh.BlockOnOverdue || r.BlockOnOverdue
			fresh.Basis = cmp.Or(d.Basis, r.Basis)
		}
	}
	if !met {
		p.Tests = append(p.Tests, fresh)
	}
	return effect || !met
}

// join takes over what is stricter in d and reports whether anything was.
func (r *TestRule) join(d TestRule) bool {
	old := *r
	if d.IntervalHours > 0 {
		r.IntervalHours = min(r.IntervalHours, d.IntervalHours)
	}
	r.MinCountPerWeek = max(r.MinCountPerWeek, d.MinCountPerWeek)
	r.MinGapHours = max(r.MinGapHours, d.MinGapHours)
	r.BlockOnOverdue = r.BlockOnOverdue || d.BlockOnOverdue
	return *r != old
}
