package tubehttp

import (
	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/tube"
)

type formPage struct {
	httpd.Base
	Head ui.PageHead
	Form ui.Form
}

type openForm struct {
	Barcode     string `form:"barcode"`
	Mode        string `form:"mode"`
	Institution string `form:"institution"`
	Lab         string `form:"lab"`
}

// form shows a new tube, for ten, at the place where most were sampled of late.
func (h *Handlers) form(c echo.Context) error {
	f := openForm{Mode: string(regime.ModePool10)}
	places, err := h.samples.Institutions(c.Request().Context(), httpd.ScopeOf(c), 0, httpd.NowOf(c))
	if err != nil {
		return err
	}
	if len(places) > 0 {
		f.Institution = places[0]
	}
	return h.showForm(c, 200, f, nil)
}

func (h *Handlers) showForm(c echo.Context, status int, f openForm, fault error) error {
	t := ui.Translate(httpd.PrinterOf(c).T)
	fields := []ui.Field{
		{Kind: ui.FieldText, Name: "barcode", Value: f.Barcode, Required: true, Hint: t("tube.hint.barcode"), MaxLength: 40, Autocomplete: "off"},
		{Kind: ui.FieldRadio, Name: "mode", Required: true, Inline: true, Options: ui.Choose(options(t, "collect_mode.", tube.Modes()), f.Mode)},
		{Kind: ui.FieldText, Name: "institution", Value: f.Institution, Required: true, MaxLength: 80},
		{Kind: ui.FieldText, Name: "lab", Value: f.Lab, Hint: t("common.optional"), MaxLength: 80},
	}
	for i := range fields {
		fields[i].Label = t("tube.field." + fields[i].Name)
		fields[i].Error = httpd.FieldError(c, fault, fields[i].Name)
	}
	p := &formPage{Head: ui.NewHead(t, t("tube.new"), ui.Link{Label: t("tube.title"), Href: "/tubes"})}
	p.Form = ui.NewForm(t, "/tubes/new", t("tube.open"), fields...)
	p.Form.Note = t("tube.open.next")
	return httpd.Render(c, status, "tube/form", p)
}

func (h *Handlers) open(c echo.Context) error {
	var f openForm
	if err := httpd.Bind(c, &f); err != nil {
		return err
	}
	id, err := h.tubes.Open(c.Request().Context(), httpd.ScopeOf(c), tube.Opening{Barcode: f.Barcode, Mode: regime.CollectMode(f.Mode),
		Institution: f.Institution, Lab: f.Lab}, httpd.NowOf(c))
	if errs.FieldsOf(err) != nil {
		return h.showForm(c, 422, f, err)
	}
	if err != nil {
		return err
	}
	return httpd.Done(c, address(id)+"?next=1", "tube.done.opened")
}
