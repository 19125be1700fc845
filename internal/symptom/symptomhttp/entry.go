package symptomhttp

import (
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/symptom"
)

type formPage struct {
	httpd.Base
	Head ui.PageHead
	Form ui.Form
}

// reportForm is a report as entered. A worker is not asked when: it is now.
type reportForm struct {
	At          string   `form:"at"`
	Temperature string   `form:"temperature"`
	Confirmed   bool     `form:"confirmed"`
	Site        string   `form:"site"`
	Symptoms    []string `form:"symptoms"`
	Note        string   `form:"note"`
}

// none is the choice "no symptoms" among the symptoms.
const none = "none"

func (f reportForm) input(c echo.Context, own bool) (symptom.Input, errs.Fields) {
	faults := errs.Fields{}
	in := symptom.Input{At: httpd.NowOf(c), Site: f.Site, Note: strings.TrimSpace(f.Note), Confirmed: f.Confirmed}
	if !own {
		at, err := httpd.LocalTime(c, f.At)
		if err != nil {
			faults.Add("at", "error.datetime")
		}
		in.At = at
	}
	if f.Temperature != "" {
		t, err := strconv.ParseFloat(strings.Replace(f.Temperature, "，", ".", 1), 64)
		if err != nil {
			faults.Add("temperature", "symptom.refused.number")
		}
		in.Temperature = &t
	}
	for _, s := range f.Symptoms {
		if s == none {
			in.None = true
		} else {
			in.Symptoms = append(in.Symptoms, s)
		}
	}
	return in, faults
}

func (f reportForm) fields(c echo.Context, own bool, fault error) []ui.Field {
	t := ui.Translate(httpd.PrinterOf(c).T)
	var fields []ui.Field
	if !own {
		fields = append(fields, ui.Field{Kind: ui.FieldDateTime, Name: "at", Value: f.At, Required: true})
	}
	fields = append(fields, ui.Field{Kind: ui.FieldNumber, Name: "temperature", Value: f.Temperature, Unit: "℃", Placeholder: "36.5", Autocomplete: "off"})
	if _, asked := errs.FieldsOf(fault)["confirmed"]; asked || f.Confirmed {
		fields = append(fields, ui.Field{Kind: ui.FieldCheck, Name: "confirmed",
			Options: []ui.Option{{Value: "1", Label: t("symptom.measured_again"), Selected: f.Confirmed}}})
	}
	fields = append(fields,
		ui.Field{Kind: ui.FieldRadio, Name: "site", Inline: true, Options: ui.Choose(options(t, "symptom.site.", symptom.Sites()), f.Site)},
		ui.Field{Kind: ui.FieldChecks, Name: "symptoms", Inline: true, Options: ui.Choose(append([]ui.Option{{Value: none, Label: t("symptom.well")}}, options(t, "symptom.", symptom.IDs())...), f.Symptoms...)},
		ui.Field{Kind: ui.FieldText, Name: "note", Value: f.Note, Hint: t("symptom.hint.note"), MaxLength: 200},
	)
	for i := range fields {
		fields[i].Label = t("symptom.field." + fields[i].Name)
		fields[i].Error = httpd.FieldError(c, fault, fields[i].Name)
	}
	return fields
}

func options(t ui.Translate, prefix string, ids []string) []ui.Option {
	out := make([]ui.Option, len(ids))
	for i, id := range ids {
		out[i] = ui.Option{Value: id, Label: t(prefix + id)}
	}
	return out
}

// subject is whom the address is about: the signed-in person, or the one of the path.
func subject(c echo.Context) (id int64, own bool, err error) {
	if c.Param("id") == "" {
		return httpd.ScopeOf(c).Employee, true, nil
	}
	id, err = httpd.ID(c, "id")
	return id, false, err
}

func (h *Handlers) form(c echo.Context) error {
	return h.show(c, 200, reportForm{At: httpd.InputTime(c, httpd.NowOf(c))}, nil)
}

func (h *Handlers) show(c echo.Context, status int, f reportForm, fault error) error {
	id, own, err := subject(c)
	if err != nil {
		return err
	}
	sc := httpd.ScopeOf(c)
	name, err := h.reports.Subject(c.Request().Context(), sc, id)
	if err != nil {
		return err
	}
	t := ui.Translate(httpd.PrinterOf(c).T)
	p := &formPage{}
	switch {
	case own:
		p.Head = ui.NewHead(t, t("symptom.own.title"), ui.Link{Label: t("symptom.back.me"), Href: "/me"})
		p.Head.Sub = t("symptom.own.sub")
	case sc.Can(authz.SymptomRecord):
		p.Head = ui.NewHead(t, t("symptom.report.title", "Name", name), ui.Link{Label: t("symptom.back.file"), Href: "/employees/" + strconv.FormatInt(id, 10)})
	default:
		p.Head = ui.NewHead(t, t("symptom.report.title", "Name", name), ui.Link{Label: t("symptom.back.team"), Href: "/team"})
		p.Head.Sub = t("symptom.leader.sub")
	}
	p.Form = ui.NewForm(t, c.Request().URL.Path, t("symptom.submit"), f.fields(c, own, fault)...)
	p.Form.Note = t("symptom.next")
	return httpd.Render(c, status, "symptom/form", p)
}

func (h *Handlers) report(c echo.Context) error {
	id, own, err := subject(c)
	if err != nil {
		return err
	}
	var f reportForm
	if err := httpd.Bind(c, &f); err != nil {
		return err
	}
	in, faults := f.input(c, own)
	if err := faults.Err(); err != nil {
		return h.show(c, 422, f, err)
	}
	in.Employee = id
	sc := httpd.ScopeOf(c)
	r, err := h.reports.Report(c.Request().Context(), sc, in, httpd.NowOf(c))
	if errs.FieldsOf(err) != nil {
		return h.show(c, 422, f, err)
	}
	if err != nil {
		return err
	}
	to, who := "/employees/"+strconv.FormatInt(id, 10), "staff"
	switch {
	case own:
		to, who = "/me", "own"
	case !sc.Can(authz.SymptomRecord):
		to, who = "/team", "leader"
	}
	switch {
	case r.Alert && r.Site == "forehead":
		httpd.Flash(c, ui.ToneWarn, "symptom.done.forehead."+who)
	case r.Alert:
		httpd.Flash(c, ui.ToneWarn, "symptom.done.alert."+who)
	default:
		httpd.Flash(c, ui.ToneOK, "symptom.done."+who)
	}
	return c.Redirect(303, to)
}
