package incidenthttp

import (
	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/incident"
	"github.com/fugong/fugong/internal/incident/plan"
)

type formPage struct {
	httpd.Base
	Head   ui.PageHead
	Notice *ui.Notice
	Form   ui.Form
}

type openingForm struct {
	Kind     string `form:"kind"`
	Who      string `form:"who"`
	Place    string `form:"place"`
	Detected string `form:"detected"`
	Note     string `form:"note"`
	Drill    bool   `form:"drill"`
}

func (h *handlers) newForm(c echo.Context) error {
	f := openingForm{Kind: "symptom", Detected: httpd.InputTime(c, httpd.NowOf(c)), Drill: c.QueryParam("drill") != ""}
	return h.showNew(c, 200, f, nil)
}

func (h *handlers) showNew(c echo.Context, status int, f openingForm, fault error) error {
	w := wordsOf(c)
	fields := []ui.Field{
		{Kind: ui.FieldText, Name: "who", Value: f.Who, Required: !f.Drill, Autocomplete: "off", MaxLength: 80},
		{Kind: ui.FieldRadio, Name: "kind", Inline: true, Required: true, Options: ui.Choose(options(w.t, "incident.kind.", plan.HandKinds()), f.Kind)},
		{Kind: ui.FieldDateTime, Name: "detected", Value: f.Detected, Required: true},
		{Kind: ui.FieldText, Name: "place", Value: f.Place, MaxLength: 80},
		{Kind: ui.FieldTextarea, Name: "note", Value: f.Note},
	}
	for i := range fields {
		name := fields[i].Name
		fields[i].Label, fields[i].Error = w.t("incident.field."+name), httpd.FieldError(c, fault, name)
		if key := "incident.hint." + name; httpd.PrinterOf(c).Has(key) {
			fields[i].Hint = w.t(key)
		}
	}
	p := &formPage{Head: ui.NewHead(w.t, w.t("incident.new"), ui.Link{Label: w.t("incident.title"), Href: "/incidents"}),
		Form: ui.NewForm(w.t, "/incidents/new", w.t("incident.new.submit"), fields...)}
	p.Head.Sub, p.Form.Note = w.t("incident.new.sub"), w.t("incident.new.next")
	if f.Drill {
		p.Head.Title, p.Head.Sub, p.Form.Note = w.t("incident.new.drill"), w.t("incident.drill.sub"), ""
		p.Form.Hidden = []ui.Param{{Name: "drill", Value: "1"}}
		p.Notice = w.drillNotice(true)
	}
	p.Form.Cancel = &ui.Link{Label: w.t("common.cancel"), Href: "/incidents"}
	return httpd.Render(c, status, "incident/form", p)
}

func (h *handlers) start(c echo.Context) error {
	var f openingForm
	if err := httpd.Bind(c, &f); err != nil {
		return err
	}
	w := wordsOf(c)
	detected, err := httpd.LocalTime(c, f.Detected)
	if err != nil && f.Detected != "" {
		return h.showNew(c, 422, f, fieldFault("detected", "error.datetime"))
	}
	id, fresh, err := h.incidents.Start(c.Request().Context(), w.sc, incident.Opening{Kind: f.Kind, Who: f.Who, Place: f.Place, Detected: detected,
		Note: f.Note, Drill: f.Drill}, w.now)
	switch {
	case isFieldFault(err):
		return h.showNew(c, 422, f, err)
	case err != nil:
		return err
	case !fresh:
		httpd.Flash(c, ui.ToneInfo, "incident.done.runs_already")
		return c.Redirect(303, path(id))
	}
	return httpd.Done(c, path(id), "incident.done.started")
}
