package exemptionhttp

import (
	"fmt"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/exemption"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/errs"
)

// formPage is the form of an exemption or of a vaccination.
type formPage struct {
	httpd.Base
	Head  ui.PageHead
	Tabs  ui.Tabs
	Facts ui.Facts
	Form  ui.Form
}

type exemptionForm struct {
	Ground string `form:"ground"`
	From   string `form:"from"`
	To     string `form:"to"`
	Proof  string `form:"proof"`
}

type doseForm struct {
	Number  string `form:"number"`
	At      string `form:"at"`
	Product string `form:"product"`
	None    string `form:"none"`
}

func (h *Handlers) form(c echo.Context) error {
	return h.showForm(c, 200, exemptionForm{From: httpd.InputTime(c, httpd.NowOf(c))}, nil)
}

func (h *Handlers) showForm(c echo.Context, status int, f exemptionForm, fault error) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	p, err := h.page(c, id, "exemption")
	if err != nil {
		return err
	}
	v := viewOf(c)
	rules, hours, err := h.records.GroundRules(c.Request().Context(), httpd.ScopeOf(c), v.Now)
	if err != nil {
		return err
	}
	grounds := make([]ui.Option, len(rules))
	for i, g := range rules {
		grounds[i] = ui.Option{Value: g.Ground, Label: v.Ground(g.Ground), Hint: v.T("exemption.as_recorded"), Selected: g.Ground == f.Ground}
		if g.MaxHours > 0 {
			grounds[i].Hint = v.T("exemption.max_hours", "N", strconv.Itoa(g.MaxHours))
		}
	}
	p.Form = ui.NewForm(v.T, fmt.Sprintf("/employees/%d/exemption", id), v.T("exemption.submit"), labelled(c, fault,
		ui.Field{Kind: ui.FieldRadio, Name: "ground", Required: true, Options: grounds},
		ui.Field{Kind: ui.FieldDateTime, Name: "from", Value: f.From, Required: true},
		ui.Field{Kind: ui.FieldDateTime, Name: "to", Value: f.To, Hint: v.T("exemption.hint.to")},
		ui.Field{Kind: ui.FieldText, Name: "proof", Value: f.Proof, Required: true, Hint: v.T("exemption.hint.proof"), MaxLength: 200})...)
	p.Form.Note = v.T("exemption.note", "N", strconv.Itoa(hours))
	return httpd.Render(c, status, "exemption/form", p)
}

// page is the frame of both forms: whom they are about, and how far the person is vaccinated.
func (h *Handlers) page(c echo.Context, id int64, current string) (*formPage, error) {
	who, doses, err := h.records.Subject(c.Request().Context(), httpd.ScopeOf(c), id)
	if err != nil {
		return nil, err
	}
	v, file := viewOf(c), fmt.Sprint("/employees/", id)
	p := &formPage{Head: ui.NewHead(v.T, v.T("exemption.form."+current, "Name", who.Name), ui.Link{Label: v.T("exemption.list"), Href: listAddress},
		ui.Link{Label: who.Name, Href: file})}
	p.Head.Sub = joined(who.EmployeeNo, who.Workshop, who.Team)
	p.Tabs = ui.Tabs{Label: v.T("exemption.list"), Segmented: true, Items: []ui.Tab{
		{Label: v.T("exemption.title"), Href: file + "/exemption", Current: current == "exemption"},
		{Label: v.T("exemption.vaccination"), Href: file + "/vaccination", Current: current == "vaccination"}}}
	p.Facts.Items = []ui.Fact{v.Coverage(doses)}
	return p, nil
}

// labelled gives fields their labels and faults.
func labelled(c echo.Context, fault error, fields ...ui.Field) []ui.Field {
	for i := range fields {
		fields[i].Label = httpd.PrinterOf(c).T("exemption.field." + fields[i].Name)
		fields[i].Error = httpd.FieldError(c, fault, fields[i].Name)
	}
	return fields
}

// instantOf reads an optional instant of a form and notes a fault at its field.
func instantOf(c echo.Context, f errs.Fields, name, value string) time.Time {
	if value == "" {
		return time.Time{}
	}
	at, err := httpd.LocalTime(c, value)
	if err != nil {
		f.Add(name, "error.datetime")
	}
	return at
}

func (h *Handlers) add(c echo.Context) error {
	var f exemptionForm
	id, err := httpd.ID(c, "id")
	if err == nil {
		err = httpd.Bind(c, &f)
	}
	if err != nil {
		return err
	}
	faults := errs.Fields{}
	in := exemption.Input{Employee: id, Ground: f.Ground, From: instantOf(c, faults, "from", f.From), To: instantOf(c, faults, "to", f.To), Proof: f.Proof,
		Source: exemption.ByStaff}
	kind := exemption.Refused
	if err = faults.Err(); err == nil {
		kind, err = h.records.Add(c.Request().Context(), httpd.ScopeOf(c), in, httpd.NowOf(c))
	}
	if errs.FieldsOf(err) != nil {
		return h.showForm(c, 422, f, err)
	}
	if err != nil {
		return err
	}
	return httpd.Done(c, fmt.Sprint("/employees/", id), "exemption.done."+string(kind))
}

func (h *Handlers) doseForm(c echo.Context) error {
	return h.showDoseForm(c, 200, doseForm{At: httpd.InputTime(c, httpd.NowOf(c))}, nil)
}

func (h *Handlers) showDoseForm(c echo.Context, status int, f doseForm, fault error) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	p, err := h.page(c, id, "vaccination")
	if err != nil {
		return err
	}
	l := lister{View: viewOf(c)}
	_, hours, err := h.records.GroundRules(c.Request().Context(), httpd.ScopeOf(c), l.Now)
	if err != nil {
		return err
	}
	var reasons []ui.Option
	for _, r := range exemption.NoneReasons() {
		reasons = append(reasons, ui.Option{Value: r, Label: l.T("exemption.none." + r)})
	}
	p.Form = ui.NewForm(l.T, fmt.Sprintf("/employees/%d/vaccination", id), l.T("exemption.submit"), labelled(c, fault,
		ui.Field{Kind: ui.FieldRadio, Name: "number", Required: true, Inline: true, Options: ui.Choose(l.doseOptions(), f.Number)},
		ui.Field{Kind: ui.FieldDateTime, Name: "at", Value: f.At, Hint: l.T("exemption.hint.at")},
		ui.Field{Kind: ui.FieldText, Name: "product", Value: f.Product, Hint: l.T("exemption.hint.product"), MaxLength: 80},
		ui.Field{Kind: ui.FieldRadio, Name: "none", Inline: true, Hint: l.T("exemption.hint.none"), Options: ui.Choose(reasons, f.None)})...)
	p.Form.Note = l.T("exemption.note.dose", "N", strconv.Itoa(hours))
	return httpd.Render(c, status, "exemption/form", p)
}

func (h *Handlers) addDose(c echo.Context) error {
	var f doseForm
	id, err := httpd.ID(c, "id")
	if err == nil {
		err = httpd.Bind(c, &f)
	}
	if err != nil {
		return err
	}
	faults := errs.Fields{}
	in := exemption.DoseInput{Employee: id, At: instantOf(c, faults, "at", f.At), Product: f.Product, None: f.None, Source: exemption.ByStaff}
	if in.Number, err = strconv.Atoi(f.Number); err != nil {
		faults.Add("number", "exemption.refused.number")
	}
	if in.Number == 0 { // the form comes with an instant filled in, which means nothing here
		in.At = time.Time{}
	}
	kind := exemption.Refused
	if err = faults.Err(); err == nil {
		kind, err = h.records.AddDose(c.Request().Context(), httpd.ScopeOf(c), in, httpd.NowOf(c))
	}
	if errs.FieldsOf(err) != nil {
		return h.showDoseForm(c, 422, f, err)
	}
	if err != nil {
		return err
	}
	return httpd.Done(c, fmt.Sprint("/employees/", id), "exemption.done.dose_"+string(kind))
}
