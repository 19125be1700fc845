package holdhttp

import (
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
)

type formPage struct {
	httpd.Base
	Head    ui.PageHead
	Notices []ui.Notice
	Form    ui.Form
}

// orderForm is an order as it was typed.
type orderForm struct {
	Employee string `form:"employee"` // one person, chosen elsewhere
	By       string `form:"by"`
	Team     string `form:"team"`
	Value    string `form:"value"`
	Kind     string `form:"kind"`
	Ground   string `form:"ground"`
	From     string `form:"from"`
	To       string `form:"to"`
	Note     string `form:"note"`
	Document string `form:"document"`
	Tag      string `form:"tag"`
}

// names are the fields of a form that its preview hands on.
func (f *orderForm) params() []ui.Param {
	var out []ui.Param
	for _, p := range []ui.Param{{Name: "employee", Value: f.Employee}, {Name: "by", Value: f.By}, {Name: "team", Value: f.Team},
		{Name: "value", Value: f.Value}, {Name: "kind", Value: f.Kind}, {Name: "ground", Value: f.Ground}, {Name: "from", Value: f.From},
		{Name: "to", Value: f.To}, {Name: "note", Value: f.Note}, {Name: "document", Value: f.Document}} {
		if p.Value != "" {
			out = append(out, p)
		}
	}
	return out
}

// order reads the form; what cannot be read is a fault of its field.
func (f *orderForm) order(c echo.Context, act string) (hold.Order, errs.Fields) {
	faults := errs.Fields{}
	instant := func(name, value string) time.Time {
		if value == "" {
			return time.Time{}
		}
		t, err := httpd.LocalTime(c, value)
		if err != nil {
			faults.Add(name, "error.datetime")
		}
		return t
	}
	o := hold.Order{Act: act, Who: hold.Selector{By: f.By, Value: f.Value}, Kind: f.Kind, Note: f.Note, Document: f.Document}
	switch {
	case f.Employee != "":
		o.Who = hold.Selector{By: hold.ByPerson, Value: f.Employee}
	case f.By == hold.ByTeam:
		o.Who.Value = f.Team
	}
	if act == hold.ActPut {
		o.Ground, o.From, o.To = f.Ground, instant("from", f.From), instant("to", f.To)
		if f.From == "" {
			faults.Add("from", "error.required")
		}
	}
	return o, faults
}

// form is the empty form; the address may name whom, and for a release which kind.
func (h *handlers) form(act string) echo.HandlerFunc {
	return func(c echo.Context) error {
		in := orderForm{Employee: c.QueryParam("employee"), By: c.QueryParam("by"), Value: c.QueryParam("value"), Team: c.QueryParam("team"),
			Kind: c.QueryParam("kind"), From: httpd.InputTime(c, httpd.NowOf(c))}
		return h.showForm(c, 200, act, in, nil)
	}
}

// back is the form again, filled as it was before the preview.
func (h *handlers) back(act string) echo.HandlerFunc {
	return func(c echo.Context) error {
		var in orderForm
		if err := httpd.Bind(c, &in); err != nil {
			return err
		}
		return h.showForm(c, 200, act, in, nil)
	}
}

func (h *handlers) showForm(c echo.Context, status int, act string, in orderForm, fault error) error {
	r := readerOf(c)
	teams, err := h.teamOptions(c)
	if err != nil {
		return err
	}
	head := ui.NewHead(r.t, r.t("hold."+act+".title"), ui.Link{Label: r.t("hold.list"), Href: "/holds"})
	head.Sub = r.t("hold."+act+".sub", "Limit", hold.GroupLimit)
	cancel := "/holds"
	view := formView{reader: r, c: c, act: act, in: in, fault: fault}
	var groups []ui.FieldGroup
	if in.Employee != "" {
		person, err := h.person(c, in.Employee)
		if err != nil {
			return err
		}
		head = ui.NewHead(r.t, r.t("hold."+act+".one", "Name", person.Name), ui.Link{Label: r.t("hold.list"), Href: "/holds"},
			ui.Link{Label: person.Name, Href: fileAddress(person.Employee)})
		head.Sub = joined(person.EmployeeNo, person.Workshop, person.Team)
		cancel = fileAddress(person.Employee)
	} else {
		groups = append(groups, ui.FieldGroup{Legend: r.t("hold.form.who"), Fields: view.who(teams)})
	}
	groups = append(groups, ui.FieldGroup{Legend: r.t("hold.form.what"), Fields: view.what()})
	form := ui.NewGroupedForm(r.t, "/holds/"+path(act), r.t("hold.form.preview"), groups...)
	form.Cancel = &ui.Link{Label: r.t("common.cancel"), Href: cancel}
	form.Note = r.t("hold.form.preview.hint")
	page := &formPage{Head: head}
	if in.Employee != "" {
		form.Hidden = []ui.Param{{Name: "employee", Value: in.Employee}}
		if m, bad := errs.FieldsOf(fault)["who"]; bad {
			page.Notices = []ui.Notice{{Tone: ui.ToneWarn, Title: httpd.PrinterOf(c).M(m)}}
		}
	}
	page.Form = form
	return httpd.Render(c, status, "hold/form", page)
}

func (h *handlers) person(c echo.Context, employee string) (hold.Candidate, error) {
	id, err := strconv.ParseInt(employee, 10, 64)
	if err != nil {
		return hold.Candidate{}, errs.Missing()
	}
	return h.groups.Person(c.Request().Context(), httpd.ScopeOf(c), id)
}

// path is the last part of an act's address.
func path(act string) string {
	if act == hold.ActRelease {
		return "release"
	}
	return "new"
}

// formView makes the fields of a form.
type formView struct {
	reader
	c     echo.Context
	act   string
	in    orderForm
	fault error
}

func (v formView) field(f ui.Field) ui.Field {
	f.Error = httpd.FieldError(v.c, v.fault, f.Name)
	return f
}

func (v formView) who(teams []ui.Option) []ui.Field {
	var ways []ui.Option
	for _, by := range hold.Selectors() {
		ways = append(ways, ui.Option{Value: by, Label: v.t("hold.by." + by), Hint: v.t("hold.by." + by + ".hint")})
	}
	by := v.field(ui.Field{Kind: ui.FieldRadio, Name: "by", Label: v.t("hold.field.by"), Required: true, Inline: true, Options: ui.Choose(ways, v.in.By)})
	team := v.field(ui.Field{Kind: ui.FieldSelect, Name: "team", Label: v.t("hold.field.which_team"), Hint: v.t("hold.field.which_team.hint"),
		Options: ui.Choose(optional(v.t("hold.choose"), teams), v.in.Team)})
	value := v.field(ui.Field{Kind: ui.FieldTextarea, Name: "value", Label: v.t("hold.field.value"), Hint: v.t("hold.field.value.hint"), Value: v.in.Value})
	said := httpd.FieldError(v.c, v.fault, "who")
	switch {
	case v.in.By == hold.ByTeam:
		team.Error = said
	case v.in.By == "":
		by.Error = said
	default:
		value.Error = said
	}
	return []ui.Field{by, team, value}
}

func (v formView) what() []ui.Field {
	if v.act == hold.ActRelease {
		return []ui.Field{
			v.field(ui.Field{Kind: ui.FieldSelect, Name: "kind", Label: v.t("hold.field.kind"), Required: true,
				Options: ui.Choose(optional(v.t("hold.choose"), v.kinds(regime.HoldKinds())), v.in.Kind)}),
			v.field(ui.Field{Kind: ui.FieldText, Name: "note", Label: v.t("common.reason"), Hint: v.t("common.reason_hint"), Value: v.in.Note, Required: true, MaxLength: 200}),
			v.field(ui.Field{Kind: ui.FieldText, Name: "document", Label: v.t("hold.field.document"), Hint: v.t("hold.field.document.hint"), Value: v.in.Document, MaxLength: 200}),
		}
	}
	return []ui.Field{
		v.field(ui.Field{Kind: ui.FieldSelect, Name: "kind", Label: v.t("hold.field.kind"), Required: true,
			Options: ui.Choose(optional(v.t("hold.choose"), v.kinds(hold.HandKinds())), v.in.Kind)}),
		v.field(ui.Field{Kind: ui.FieldSelect, Name: "ground", Label: v.t("hold.field.ground"), Required: true,
			Options: ui.Choose(optional(v.t("hold.choose"), v.grounds()), v.in.Ground)}),
		v.field(ui.Field{Kind: ui.FieldDateTime, Name: "from", Label: v.t("hold.field.from"), Hint: v.t("hold.field.from.hint"), Value: v.in.From, Required: true}),
		v.field(ui.Field{Kind: ui.FieldDateTime, Name: "to", Label: v.t("hold.field.to"), Hint: v.t("hold.field.to.hint"), Value: v.in.To}),
		v.field(ui.Field{Kind: ui.FieldText, Name: "note", Label: v.t("hold.field.note"), Hint: v.t("hold.field.note.hint"), Value: v.in.Note, MaxLength: 200}),
	}
}
