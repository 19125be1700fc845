package rulebookhttp

import (
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/rulebook"
)

// formBuilder makes the fields of a draft.
type formBuilder struct {
	words
	c     echo.Context
	draft draft
	fault error
	now   *regime.Pack
	all   []ui.Field
}

func (b *formBuilder) field(f ui.Field) ui.Field {
	f.Error = httpd.FieldError(b.c, b.fault, f.Name)
	b.all = append(b.all, f)
	return f
}

func (b *formBuilder) overlay(p *FormPage) {
	for i, category := range categories(b.now) {
		fields := b.category(category)
		if i == 0 {
			p.Everyone = fields
			continue
		}
		special := CategoryFields{Name: b.or("category."+string(category), string(category)), Now: b.rulesNow(category), Fields: fields}
		for _, f := range fields {
			special.Open = special.Open || f.Value != "" || len(f.Options) > 0 && f.Options[0].Selected || f.Error != ""
		}
		p.Open = p.Open || special.Open
		p.Special = append(p.Special, special)
	}
	values := valuesOf(b.now)
	for _, n := range numbers {
		f := b.field(ui.Field{Kind: ui.FieldNumber, Name: n.field(), Label: b.label(n.path), Value: b.draft.values[n.field()], Autocomplete: "off",
			Unit: b.t("rules.form.unit." + units[n.path[strings.LastIndexByte(n.path, '.')+1:]]), Hint: b.t("rules.form.now", "Value", b.value(n.path, values[n.path]))})
		p.Numbers = append(p.Numbers, f)
		p.Set = p.Set || f.Value != "" || f.Error != ""
	}
}

// category asks for what one category shall do; nothing leaves it as it is.
func (b *formBuilder) category(category regime.Category) []ui.Field {
	var out []ui.Field
	for _, dm := range demands {
		name := dm.prefix + string(category)
		f := ui.Field{Kind: ui.FieldNumber, Name: name, Label: b.t("rules.form." + strings.TrimSuffix(dm.prefix, "_")), Value: b.draft.values[name],
			Unit: b.t("rules.form.unit." + dm.unit), Autocomplete: "off"}
		if dm.prefix == gapPrefix {
			f.Hint = b.t("rules.form.gap_hint", "N", defaultGap)
		}
		out = append(out, b.field(f))
	}
	name := blockPrefix + string(category)
	return append(out, b.field(ui.Field{Kind: ui.FieldCheck, Name: name,
		Options: []ui.Option{{Value: "1", Label: b.t("rules.form.block"), Selected: b.draft.values[name] != ""}}}))
}

func (b *formBuilder) rulesNow(category regime.Category) string {
	tests, _ := b.testsOf(b.now, category)
	return b.t("rules.form.now", "Value", tests)
}

func (b *formBuilder) when(place string) []ui.Field {
	fields := []ui.Field{
		{Kind: ui.FieldDateTime, Name: "effective_at", Label: b.t("rules.effective_at"), Hint: b.t("rules.form.effective_hint"), Value: b.draft.Effective, Required: true},
		{Kind: ui.FieldTextarea, Name: "reason", Label: b.t("rules.reason"), Hint: b.t("rules.form.reason_hint", "Place", place), Value: b.draft.Reason, Required: true, MaxLength: 500},
	}
	if rulebook.Kind(b.draft.Kind) == rulebook.OverlayChange {
		fields = append(fields, ui.Field{Kind: ui.FieldText, Name: "basis", Label: b.t("rules.form.basis"), Hint: b.t("rules.form.basis_hint"), Value: b.draft.Basis, MaxLength: 100})
	}
	for i := range fields {
		fields[i] = b.field(fields[i])
	}
	return fields
}
