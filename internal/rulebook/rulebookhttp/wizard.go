package rulebookhttp

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/rulebook"
)

// PlacePage asks a bureau where the change shall apply and what it shall do.
type PlacePage struct {
	httpd.Base
	Head   ui.PageHead
	Fields []ui.Field
}

// FormPage asks for the change itself.
type FormPage struct {
	httpd.Base
	Head     ui.PageHead
	Notice   *ui.Notice
	Errors   *ui.ErrorSummary
	Hidden   []ui.Param
	Pack     []ui.Field       // of another pack
	Everyone []ui.Field       // of an overlay, for all categories
	Special  []CategoryFields // for one category each
	Open     bool             // some of those are filled in
	Numbers  []ui.Field
	Set      bool // some of those are
	When     []ui.Field
}

// CategoryFields are what an overlay may ask of one category.
type CategoryFields struct {
	Name   string
	Now    string // how often it is sampled as things are
	Open   bool   // something is filled in
	Fields []ui.Field
}

// ReviewPage shows what a draft would do before it is proposed.
type ReviewPage struct {
	httpd.Base
	Head   ui.PageHead
	Facts  ui.Facts
	Idle   *ui.Notice
	Effect ui.Table
	Hidden []ui.Param
}

func (h *handlers) wizardHead(c echo.Context, step string) ui.PageHead {
	t := httpd.PrinterOf(c).T
	head := ui.NewHead(t, t("rules.change"), ui.Link{Label: t("rules.title"), Href: "/rules"})
	head.Sub = t("rules.step." + step)
	return head
}

// newChange asks a bureau for place and kind first; an enterprise can only tighten its own rules.
func (h *handlers) newChange(c echo.Context) error {
	place, err := h.place(c)
	if err != nil {
		return err
	}
	kind := rulebook.Kind(c.QueryParam("kind"))
	if isEnterprise(c) {
		kind = rulebook.OverlayChange
	}
	if kind != rulebook.PackChange && kind != rulebook.OverlayChange {
		return h.choosePlace(c, place)
	}
	ctx, sc, now := c.Request().Context(), httpd.ScopeOf(c), httpd.NowOf(c)
	monday := rulebook.NextMonday(now, httpd.ZoneOf(c))
	d := draft{}
	if kind == rulebook.OverlayChange {
		o, err := h.rules.OverlayOf(ctx, sc, place, monday)
		if err != nil {
			return err
		}
		d = draftOf(o)
	}
	d.Kind, d.Division, d.Effective = string(kind), place.Division, httpd.InputTime(c, monday)
	tl, err := h.rules.Timeline(ctx, sc, place, now)
	if err != nil {
		return err
	}
	return h.showForm(c, http.StatusOK, place, tl.Now().Pack, d, nil)
}

func (h *handlers) choosePlace(c echo.Context, place rulebook.Place) error {
	if err := rulebook.MayChange(httpd.ScopeOf(c), place); err != nil {
		return err
	}
	options, err := h.divisions(c, place.Division)
	if err != nil {
		return err
	}
	t := httpd.PrinterOf(c).T
	p := &PlacePage{Head: h.wizardHead(c, "place"), Fields: []ui.Field{
		{Kind: ui.FieldSelect, Name: "division", Label: t("rules.where"), Hint: t("rules.where.hint"), Options: options, Required: true},
		{Kind: ui.FieldRadio, Name: "kind", Label: t("rules.kind"), Required: true, Options: ui.Choose([]ui.Option{
			{Value: string(rulebook.OverlayChange), Label: t("rules.kind.overlay"), Hint: t("rules.kind.overlay_hint")},
			{Value: string(rulebook.PackChange), Label: t("rules.kind.pack"), Hint: t("rules.kind.pack_hint")}}, string(rulebook.OverlayChange))}}}
	return httpd.Render(c, http.StatusOK, "rules/place", p)
}

// entered reads a posted draft with the place it is for and the rules that apply there now.
func (h *handlers) entered(c echo.Context) (place rulebook.Place, now *regime.Pack, d draft, err error) {
	if place, err = h.place(c); err != nil {
		return place, nil, d, err
	}
	tl, err := h.rules.Timeline(c.Request().Context(), httpd.ScopeOf(c), place, httpd.NowOf(c))
	if err != nil {
		return place, nil, d, err
	}
	now = tl.Now().Pack
	d, err = readDraft(c, now)
	if isEnterprise(c) {
		d.Kind = string(rulebook.OverlayChange)
	}
	return place, now, d, err
}

// editChange goes back from the review to the form.
func (h *handlers) editChange(c echo.Context) error {
	place, now, d, err := h.entered(c)
	if err != nil {
		return err
	}
	return h.showForm(c, http.StatusOK, place, now, d, nil)
}

func (h *handlers) reviewChange(c echo.Context) error {
	place, now, d, err := h.entered(c)
	if err != nil {
		return err
	}
	prop, fault := d.proposal(c, place, now)
	effect, err := h.rules.Check(c.Request().Context(), httpd.ScopeOf(c), prop, httpd.NowOf(c))
	if err = allFaults(fault, err); errs.FieldsOf(err) != nil {
		return h.showForm(c, http.StatusUnprocessableEntity, place, now, d, err)
	}
	if err != nil {
		return err
	}
	w := wordsOf(c)
	change := rulebook.Change{Kind: prop.Kind, Place: place, Pack: prop.Pack, PackVersion: prop.PackVersion, Overlay: prop.Overlay}
	p := &ReviewPage{Head: h.wizardHead(c, "review"), Hidden: d.hidden(now), Effect: w.comparison("effect", w.t("rules.effect"), effect.Before, effect.After),
		Idle: w.idleNotice(prop.Overlay, effect.NoEffect)}
	p.Facts = ui.Facts{Columns: true, Items: []ui.Fact{{Label: w.t("rules.where"), Value: placeName(c, place, "")}, {Label: w.t("rules.content"), Value: w.content(change)},
		{Label: w.t("rules.effective_at"), Value: httpd.DateTime(w.Printer, prop.EffectiveAt, httpd.ZoneOf(c))}, {Label: w.t("rules.reason"), Value: prop.Reason}}}
	return httpd.Render(c, http.StatusOK, "rules/review", p)
}

// allFaults shows what is wrong with how a draft is written together with what is wrong with what it says. Of a field that cannot be
// read nothing more is said, and nothing of an overlay of which a part is missing.
func allFaults(written, said error) error {
	if written == nil {
		return said
	}
	all := errs.FieldsOf(written)
	for name, m := range errs.FieldsOf(said) {
		if _, known := all[name]; !known && name != "overlay" {
			all[name] = m
		}
	}
	return all.Err()
}

// idleNotice tells which values of an overlay have no effect; nil if all have.
func (w words) idleNotice(o regime.Overlay, paths []string) *ui.Notice {
	if len(paths) == 0 {
		return nil
	}
	return &ui.Notice{Tone: ui.ToneInfo, Title: w.t("rules.no_effect"), Text: strings.Join(w.idle(o, paths), w.t("rules.semicolon"))}
}

func (h *handlers) propose(c echo.Context) error {
	place, now, d, err := h.entered(c)
	if err != nil {
		return err
	}
	prop, err := d.proposal(c, place, now)
	var id int64
	if err == nil {
		id, err = h.rules.Propose(c.Request().Context(), httpd.ScopeOf(c), prop, httpd.NowOf(c))
	}
	if errs.FieldsOf(err) != nil {
		return h.showForm(c, http.StatusUnprocessableEntity, place, now, d, err)
	}
	if err != nil {
		return err
	}
	return httpd.Done(c, changePath(id), "rules.proposed")
}

func (h *handlers) showForm(c echo.Context, status int, place rulebook.Place, now *regime.Pack, d draft, fault error) error {
	if err := rulebook.MayChange(httpd.ScopeOf(c), place); err != nil {
		return err
	}
	w := wordsOf(c)
	p := &FormPage{Head: h.wizardHead(c, "form"), Hidden: []ui.Param{{Name: "kind", Value: d.Kind}, {Name: "division", Value: d.Division}}}
	b := formBuilder{words: w, c: c, draft: d, fault: fault, now: now}
	if rulebook.Kind(d.Kind) == rulebook.PackChange {
		list, err := h.rules.Packs(c.Request().Context(), httpd.ScopeOf(c))
		if err != nil {
			return err
		}
		p.Pack = []ui.Field{b.field(ui.Field{Kind: ui.FieldSelect, Name: "pack", Label: w.t("rules.pack"), Hint: w.t("rules.kind.pack_hint"), Required: true,
			Options: ui.Choose(w.packOptions(list), d.Pack)})}
	} else {
		b.overlay(p)
	}
	p.When = b.when(placeName(c, place, ""))
	p.Errors = ui.Errors(w.t, b.all...)
	if m, ok := errs.FieldsOf(fault)["overlay"]; ok {
		p.Notice = &ui.Notice{Tone: ui.ToneDanger, Title: w.t("rules.form.refused"), Text: w.M(m)}
	}
	return httpd.Render(c, status, "rules/form", p)
}
