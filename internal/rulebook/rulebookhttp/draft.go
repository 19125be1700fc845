package rulebookhttp

import (
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/rulebook"
)

// draft is a change as entered: texts by the names of their fields.
type draft struct {
	Kind      string `form:"kind"`
	Division  string `form:"division"`
	Pack      string `form:"pack"` // id@version
	Effective string `form:"effective_at"`
	Reason    string `form:"reason"`
	Basis     string `form:"basis"`
	values    map[string]string
}

// bounds of what a form takes; what does not fit the rules in force is found later.
const (
	maxHours = 24 * 366
	maxCount = 7
	maxGap   = 24
)

// defaultGap is the time between two samples of a week when only their number is entered.
const defaultGap = 24

// demand is one thing that an overlay asks of a category.
type demand struct {
	prefix string // of the field, before the category
	unit   string
	max    int
}

var demands = []demand{{"hours_", "hours", maxHours}, {"count_", "count", maxCount}, {gapPrefix, "hours", maxGap}}

const (
	gapPrefix   = "gap_"
	blockPrefix = "block_"
)

// number is one value of a pack that an overlay may tighten, beside the tests.
type number struct {
	path string
	min  int
	at   func(o *regime.Overlay) **int
}

var numbers = []number{
	{"due_soon_hours", 1, func(o *regime.Overlay) **int { return &o.DueSoonHours }},
	{"result_late_hours", 1, func(o *regime.Overlay) **int { return &o.ResultLateHours }},
	{"no_record_hours", 0, func(o *regime.Overlay) **int { return &o.NoRecordHours }},
	{"exemption_grace_hours", 0, func(o *regime.Overlay) **int { return &o.ExemptionGraceHours }},
	{"return_gate.pcr_hours", 1, func(o *regime.Overlay) **int { return &gate(o).PCRHours }},
	{"return_gate.lookback_days", 0, func(o *regime.Overlay) **int { return &gate(o).LookbackDays }},
	{"return_gate.overseas_days", 0, func(o *regime.Overlay) **int { return &gate(o).OverseasDays }},
}

func gate(o *regime.Overlay) *regime.OverlayGate {
	if o.ReturnGate == nil {
		o.ReturnGate = new(regime.OverlayGate)
	}
	return o.ReturnGate
}

func (n number) field() string { return "v_" + strings.ReplaceAll(n.path, ".", "_") }

// categories lists those of packs, the base first.
func categories(packs ...*regime.Pack) []regime.Category {
	out := []regime.Category{regime.CategoryGeneralStaff}
	for _, p := range packs {
		for _, r := range p.Tests {
			if !slices.Contains(out, r.Category) {
				out = append(out, r.Category)
			}
		}
	}
	return out
}

// readDraft binds a form; p says which categories it has.
func readDraft(c echo.Context, p *regime.Pack) (draft, error) {
	var d draft
	if err := httpd.Bind(c, &d); err != nil {
		return d, err
	}
	d.values = map[string]string{}
	for _, name := range fieldNames(p) {
		d.values[name] = strings.TrimSpace(c.FormValue(name))
	}
	return d, nil
}

func fieldNames(p *regime.Pack) []string {
	var names []string
	for _, category := range categories(p) {
		for _, dm := range demands {
			names = append(names, dm.prefix+string(category))
		}
		names = append(names, blockPrefix+string(category))
	}
	for _, n := range numbers {
		names = append(names, n.field())
	}
	return names
}

// draftOf fills a form with the overlay that is in force: the new one will replace it.
func draftOf(o regime.Overlay) draft {
	d := draft{Basis: o.Basis, values: map[string]string{}}
	set := func(name string, v *int) {
		if v != nil {
			d.values[name] = strconv.Itoa(*v)
		}
	}
	for _, t := range o.Tests {
		for i, v := range []*int{t.IntervalHours, t.MinCountPerWeek, t.MinGapHours} {
			set(demands[i].prefix+string(t.Category), v)
		}
		if t.BlockOnOverdue != nil && *t.BlockOnOverdue {
			d.values[blockPrefix+string(t.Category)] = "1"
		}
	}
	for _, n := range numbers {
		set(n.field(), *n.at(&o))
	}
	return d
}

// proposal reads what was entered.
func (d draft) proposal(c echo.Context, place rulebook.Place, p *regime.Pack) (rulebook.Proposal, error) {
	f := errs.Fields{}
	out := rulebook.Proposal{Kind: rulebook.Kind(d.Kind), Place: place, Reason: d.Reason}
	at, err := httpd.LocalTime(c, d.Effective)
	if err != nil {
		f.Add("effective_at", "error.datetime")
	}
	out.EffectiveAt = at
	if out.Kind == rulebook.PackChange {
		out.Pack, out.PackVersion = splitRef(d.Pack)
		return out, f.Err()
	}
	out.Overlay = d.overlay(f, p)
	return out, f.Err()
}

func (d draft) overlay(f errs.Fields, p *regime.Pack) regime.Overlay {
	o := regime.Overlay{Basis: d.Basis}
	for _, category := range categories(p) {
		t := regime.OverlayTest{Category: category}
		for i, into := range []**int{&t.IntervalHours, &t.MinCountPerWeek, &t.MinGapHours} {
			*into = d.number(f, demands[i].prefix+string(category), 1, demands[i].max)
		}
		switch {
		case t.MinCountPerWeek != nil && t.MinGapHours == nil:
			gap := defaultGap
			t.MinGapHours = &gap
		case t.MinCountPerWeek == nil && t.MinGapHours != nil:
			f.Add("count_"+string(category), "rules.form.gap_alone")
		}
		if d.values[blockPrefix+string(category)] != "" {
			yes := true
			t.BlockOnOverdue = &yes
		}
		if t.IntervalHours != nil || t.MinCountPerWeek != nil || t.BlockOnOverdue != nil {
			o.Tests = append(o.Tests, t)
		}
	}
	for _, n := range numbers {
		if v := d.number(f, n.field(), n.min, maxHours); v != nil {
			*n.at(&o) = v
		}
	}
	return o
}

// number reads a field; an empty one asks for nothing.
func (d draft) number(f errs.Fields, name string, least, most int) *int {
	text := d.values[name]
	if text == "" {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		f.Add(name, "rules.form.range", "Min", least, "Max", most)
		return nil
	}
	return &n
}

// hidden carries the draft through the review.
func (d draft) hidden(p *regime.Pack) []ui.Param {
	out := []ui.Param{{Name: "kind", Value: d.Kind}, {Name: "division", Value: d.Division}, {Name: "pack", Value: d.Pack},
		{Name: "effective_at", Value: d.Effective}, {Name: "reason", Value: d.Reason}, {Name: "basis", Value: d.Basis}}
	for _, name := range fieldNames(p) {
		if v := d.values[name]; v != "" {
			out = append(out, ui.Param{Name: name, Value: v})
		}
	}
	return out
}
