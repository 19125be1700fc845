package screeninghttp

import (
	"cmp"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
)

// sampleForm is the form of one sample, for one person or for many of a team.
type sampleForm struct {
	SampledAt   string   `form:"sampled_at"`
	Place       string   `form:"place"`       // one of the places suggested
	Institution string   `form:"institution"` // another one
	Method      string   `form:"method"`
	Mode        string   `form:"mode"`
	Source      string   `form:"source"`
	Result      string   `form:"result"`
	ReportedAt  string   `form:"reported_at"`
	Note        string   `form:"note"`
	LateReason  string   `form:"late_reason"`
	People      []string `form:"people"`
}

// blank is a form as it is first shown: everyone just now, at the place where most were.
func blank(c echo.Context, places []string) sampleForm {
	f := sampleForm{SampledAt: httpd.InputTime(c, httpd.NowOf(c)), Method: string(regime.MethodPCR), Mode: string(regime.ModeSingle),
		Source: string(regime.SourceEmployerOrg), Result: regime.ResultPending.String()}
	if len(places) > 0 {
		f.Place = places[0]
	}
	return f
}

// input reads the form; what is no time is a fault of its field, all else the service judges.
func (f sampleForm) input(c echo.Context) (screening.Input, errs.Fields) {
	faults := errs.Fields{}
	return screening.Input{
		SampledAt: timeField(c, faults, "sampled_at", f.SampledAt), ReportedAt: timeField(c, faults, "reported_at", f.ReportedAt),
		Result: parseResult(f.Result), Method: regime.Method(f.Method), Mode: regime.CollectMode(f.Mode), Source: regime.Source(f.Source),
		Institution: cmp.Or(f.Institution, f.Place), Note: f.Note, LateReason: f.LateReason,
	}, faults
}

// suggested is how many places a form offers.
const suggested = 4

// fields are the form's fields with what was entered and what is wrong with it. A leader sees fewer of them.
func (f sampleForm) fields(c echo.Context, places []string, err error) []ui.Field {
	t := ui.Translate(httpd.PrinterOf(c).T)
	fields := []ui.Field{{Kind: ui.FieldDateTime, Name: "sampled_at", Value: f.SampledAt, Required: true}}
	if len(places) > 0 {
		fields = append(fields, ui.Field{Kind: ui.FieldRadio, Name: "place", Inline: true, Options: ui.Choose(placeOptions(t, places), f.Place)})
	}
	fields = append(fields, []ui.Field{
		{Kind: ui.FieldText, Name: "institution", Value: f.Institution, MaxLength: 80},
		{Kind: ui.FieldRadio, Name: "method", Inline: true, Options: ui.Choose(options(t, "method.", screening.Methods()), f.Method)},
		{Kind: ui.FieldRadio, Name: "mode", Inline: true, Options: ui.Choose(options(t, "collect_mode.", screening.Modes()), f.Mode)},
		{Kind: ui.FieldRadio, Name: "result", Required: true, Inline: true, Options: ui.Choose(options(t, "result.", resultIDs()), f.Result)},
		{Kind: ui.FieldDateTime, Name: "reported_at", Value: f.ReportedAt, Hint: t("screening.hint.reported_at")},
	}...)
	if httpd.ScopeOf(c).Can(authz.SampleRecord) {
		fields = append(fields, ui.Field{Kind: ui.FieldSelect, Name: "source", Options: ui.Choose(options(t, "source.", screening.Sources()), f.Source)})
	}
	fields = append(fields,
		ui.Field{Kind: ui.FieldText, Name: "note", Value: f.Note, MaxLength: 200},
		ui.Field{Kind: ui.FieldText, Name: "late_reason", Value: f.LateReason, Hint: t("screening.hint.late_reason"), MaxLength: 200},
	)
	for i := range fields {
		fields[i].Label = t("screening.field." + fields[i].Name)
		fields[i].Error = httpd.FieldError(c, err, fields[i].Name)
	}
	return fields
}

func placeOptions(t ui.Translate, places []string) []ui.Option {
	var out []ui.Option
	for _, p := range places[:min(suggested, len(places))] {
		out = append(out, ui.Option{Value: p, Label: p})
	}
	return append(out, ui.Option{Label: t("screening.place.other")})
}

type formPage struct {
	httpd.Base
	Head ui.PageHead
	Form ui.Form
}

func (h *Handlers) one(c echo.Context) error { return h.showOne(c, 200, nil, nil) }

// showOne shows the form for one person; f is nil when nothing was entered yet.
func (h *Handlers) showOne(c echo.Context, status int, f *sampleForm, fault error) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	ctx, sc := c.Request().Context(), httpd.ScopeOf(c)
	m, err := h.samples.Subject(ctx, sc, id)
	if err != nil {
		return err
	}
	t := ui.Translate(httpd.PrinterOf(c).T)
	p := &formPage{Head: ui.NewHead(t, t("screening.new.one", "Name", m.Name), backLink(t, sc, id))}
	p.Head.Sub = teamName(m.Workshop, m.TeamName)
	places, err := h.samples.Institutions(ctx, sc, id, httpd.NowOf(c))
	if err != nil {
		return err
	}
	if f == nil {
		b := blank(c, places)
		f = &b
	}
	p.Form = ui.NewForm(t, oneAddress(id), t("screening.submit"), f.fields(c, places, fault)...)
	p.Form.Note = t("screening.next.pending")
	return httpd.Render(c, status, "screening/form", p)
}

func oneAddress(id int64) string { return "/employees/" + strconv.FormatInt(id, 10) + "/sample" }

// backLink is where the reader came from: HR from the file, a leader from the team.
func backLink(t ui.Translate, sc authz.Scope, id int64) ui.Link {
	if sc.Can(authz.EmployeeView) {
		return ui.Link{Label: t("screening.back.file"), Href: "/employees/" + strconv.FormatInt(id, 10)}
	}
	return ui.Link{Label: t("screening.back.team"), Href: "/team"}
}

func (h *Handlers) recordOne(c echo.Context) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	var f sampleForm
	if err := httpd.Bind(c, &f); err != nil {
		return err
	}
	in, faults := f.input(c)
	if err := faults.Err(); err != nil {
		return h.showOne(c, 422, &f, err)
	}
	in.Employee = id
	sc := httpd.ScopeOf(c)
	out, err := h.samples.Record(c.Request().Context(), sc, in, httpd.NowOf(c))
	switch {
	case errs.FieldsOf(err) != nil:
		return h.showOne(c, 422, &f, err)
	case err != nil:
		return err
	case !sc.Can(authz.SampleRecord):
		return httpd.Done(c, "/team", "screening.done.leader") // says nothing of what was known before
	case out.Kind == screening.Conflict:
		httpd.Flash(c, ui.ToneWarn, "screening.done.conflict")
		return c.Redirect(303, address(out.Key))
	}
	return httpd.Done(c, "/employees/"+strconv.FormatInt(id, 10), "screening.done."+string(out.Kind))
}
