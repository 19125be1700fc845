package returninghttp

import (
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/returning"
)

type newPage struct {
	httpd.Base
	Head ui.PageHead
	Form ui.Form
}

func (h *Handlers) newCase(c echo.Context) error { return h.showNew(c, 200, nil) }

func (h *Handlers) showNew(c echo.Context, status int, fault error) error {
	w := wordsOf(c)
	planned := c.FormValue("planned_on")
	if planned == "" {
		planned = httpd.NowOf(c).In(httpd.ZoneOf(c)).Format(time.DateOnly)
	}
	p := &newPage{Head: ui.NewHead(w.t, w.t("returning.new"), ui.Link{Label: w.t("returning.title"), Href: "/returns"})}
	p.Head.Sub = w.t("returning.new.sub")
	p.Form = ui.NewForm(w.t, "/returns/new", w.t("returning.new.submit"),
		ui.Field{Kind: ui.FieldText, Name: "who", Label: w.t("returning.field.who"), Hint: w.t("returning.hint.who"), Value: c.FormValue("who"), Required: true,
			Autocomplete: "off", Error: httpd.FieldError(c, fault, "who")},
		ui.Field{Kind: ui.FieldDate, Name: "planned_on", Label: w.t("returning.field.planned_on"), Value: planned, Required: true,
			Error: httpd.FieldError(c, fault, "planned_on")})
	p.Form.Cancel = &ui.Link{Label: w.t("common.cancel"), Href: "/returns"}
	return httpd.Render(c, status, "returning/new", p)
}

// begin opens a case for somebody who declares on paper.
func (h *Handlers) begin(c echo.Context) error {
	var f struct {
		Who     string `form:"who"`
		Planned string `form:"planned_on"`
	}
	if err := httpd.Bind(c, &f); err != nil {
		return err
	}
	ctx, sc, now := c.Request().Context(), httpd.ScopeOf(c), httpd.NowOf(c)
	id, err := h.returns.Find(ctx, sc, f.Who)
	var k returning.Case
	if err == nil {
		k, err = h.returns.Begin(ctx, sc, returning.Opening{Employee: id, Planned: f.Planned}, now)
	}
	if e, ok := err.(*errs.Error); ok && e.Code == errs.Conflict {
		err = errs.Fields{"who": e.Message}.Err()
	}
	switch {
	case errs.FieldsOf(err) != nil:
		return h.showNew(c, 422, err)
	case err != nil:
		return err
	case k.State != returning.Draft || k.Source == returning.BySelf:
		return httpd.Done(c, address(k.Key), "returning.done.exists")
	}
	return c.Redirect(303, address(k.Key)+"/edit/"+stepTrip)
}
