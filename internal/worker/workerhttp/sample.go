package workerhttp

import (
	"cmp"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
)

type samplePage struct {
	httpd.Base
	Head  ui.PageHead
	Facts *ui.Facts // of the sample that gets its result
	Form  ui.Form
}

// sampleForm is a sample as its owner tells it. At is set when a result is filled in: the instant of the sample, in seconds.
type sampleForm struct {
	At          string `form:"at"`
	SampledAt   string `form:"sampled_at"`
	Place       string `form:"place"`       // one of the places suggested
	Institution string `form:"institution"` // another one
	Method      string `form:"method"`
	Mode        string `form:"mode"`
	Result      string `form:"result"`
}

// waiting finds the pending sample that is to get its result; nil when the form is about a new one.
func (h *Handlers) waiting(c echo.Context, at string) (*screening.Sample, error) {
	if at == "" {
		return nil, nil
	}
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return nil, errs.Missing()
	}
	s, err := h.Samples.Own(c.Request().Context(), httpd.ScopeOf(c), time.Unix(seconds, 0))
	return &s, err
}

func (h *Handlers) sample(c echo.Context) error {
	waiting, err := h.waiting(c, c.QueryParam("at"))
	if err != nil {
		return err
	}
	if waiting != nil && waiting.Result != regime.ResultPending {
		return c.Redirect(303, "/me") // has its result by now
	}
	return h.showSample(c, 200, nil, waiting, nil)
}

// showSample shows the form; f is nil when nothing was entered yet.
func (h *Handlers) showSample(c echo.Context, status int, f *sampleForm, waiting *screening.Sample, fault error) error {
	sc := httpd.ScopeOf(c)
	places, err := h.Samples.Institutions(c.Request().Context(), sc, sc.Employee, httpd.NowOf(c))
	if err != nil {
		return err
	}
	t := ui.Translate(httpd.PrinterOf(c).T)
	if f == nil {
		f = blank(c, places, waiting)
	}
	back := ui.Link{Label: t("worker.home"), Href: "/me"}
	p := &samplePage{Head: ui.NewHead(t, t("worker.log"), back)}
	submit, next := t("worker.sample.submit"), t("worker.sample.next")
	if waiting != nil {
		p.Head = ui.NewHead(t, t("worker.fill"), back)
		p.Facts = &ui.Facts{Items: []ui.Fact{{Label: t("worker.field.sampled_at"), Value: datetime(c, waiting.SampledAt)}}}
		if waiting.Institution != "" {
			p.Facts.Items = append(p.Facts.Items, ui.Fact{Label: t("worker.field.place"), Value: waiting.Institution})
		}
		submit, next = t("worker.result.submit"), t("worker.result.next")
	}
	p.Form = ui.NewForm(t, "/me/sample", submit, f.fields(c, places, waiting, fault)...)
	p.Form.Note = next
	return httpd.Render(c, status, "worker/sample", p)
}

// blank is the form as first shown: just now, where the person was last, waiting for the result.
func blank(c echo.Context, places []string, waiting *screening.Sample) *sampleForm {
	f := &sampleForm{SampledAt: httpd.InputTime(c, httpd.NowOf(c)), Method: string(regime.MethodPCR), Mode: string(regime.ModeSingle),
		Result: regime.ResultPending.String()}
	if len(places) > 0 {
		f.Place = places[0]
	}
	if waiting != nil {
		f.At, f.Result = strconv.FormatInt(waiting.SampledAt.Unix(), 10), ""
	}
	return f
}

// suggested is how many places a form offers.
const suggested = 3

func (f *sampleForm) fields(c echo.Context, places []string, waiting *screening.Sample, fault error) []ui.Field {
	t := ui.Translate(httpd.PrinterOf(c).T)
	var fields []ui.Field
	results := screening.Results()
	if waiting == nil {
		fields = append(fields, ui.Field{Kind: ui.FieldDateTime, Name: "sampled_at", Value: f.SampledAt, Required: true, Hint: t("worker.hint.sampled_at")})
	} else {
		fields = append(fields, ui.Field{Kind: ui.FieldHidden, Name: "at", Value: f.At})
		results = results[1:] // the first is pending
	}
	if waiting == nil || waiting.Institution == "" {
		fields = append(fields, f.placeFields(t, places)...)
	}
	if waiting == nil {
		fields = append(fields,
			ui.Field{Kind: ui.FieldRadio, Name: "method", Inline: true, Options: ui.Choose([]ui.Option{
				{Value: string(regime.MethodPCR), Label: t("method.pcr")},
				{Value: string(regime.MethodAntigenSelf), Label: t("method.antigen_self"), Hint: t("worker.hint.antigen")}}, f.Method)},
			ui.Field{Kind: ui.FieldSelect, Name: "mode", Options: ui.Choose(modes(t), f.Mode)})
	}
	var options []ui.Option
	for _, r := range results {
		options = append(options, ui.Option{Value: r.String(), Label: t("worker.result." + r.String())})
	}
	fields = append(fields,
		ui.Field{Kind: ui.FieldRadio, Name: "result", Required: true, Inline: true, Options: ui.Choose(options, f.Result)},
		ui.Field{Kind: ui.FieldPhoto, Name: "photo", Hint: t("worker.hint.photo")})
	for i := range fields {
		fields[i].Label = t("worker.field." + fields[i].Name)
		fields[i].Error = httpd.FieldError(c, fault, fields[i].Name)
	}
	return fields
}

func (f *sampleForm) placeFields(t ui.Translate, places []string) []ui.Field {
	text := ui.Field{Kind: ui.FieldText, Name: "institution", Value: f.Institution, MaxLength: 80}
	if len(places) == 0 {
		return []ui.Field{text}
	}
	var options []ui.Option
	for _, p := range places[:min(suggested, len(places))] {
		options = append(options, ui.Option{Value: p, Label: p})
	}
	options = append(options, ui.Option{Label: t("worker.place.other")})
	return []ui.Field{{Kind: ui.FieldRadio, Name: "place", Inline: true, Options: ui.Choose(options, f.Place)}, text}
}

func modes(t ui.Translate) []ui.Option {
	var out []ui.Option
	for _, m := range screening.Modes() {
		out = append(out, ui.Option{Value: string(m), Label: t("collect_mode." + string(m))})
	}
	return out
}

func (h *Handlers) recordSample(c echo.Context) error {
	var f sampleForm
	if err := httpd.Bind(c, &f); err != nil {
		return err
	}
	waiting, err := h.waiting(c, f.At)
	if err != nil {
		return err
	}
	in, faults := f.input(c, waiting)
	if err := faults.Err(); err != nil {
		return h.showSample(c, 422, &f, waiting, err)
	}
	out, err := h.Samples.Record(c.Request().Context(), httpd.ScopeOf(c), in, httpd.NowOf(c))
	if errs.FieldsOf(err) != nil {
		return h.showSample(c, 422, &f, waiting, visible(err, waiting))
	}
	if err != nil {
		return err
	}
	return h.doneSample(c, out)
}

// visible moves faults of fields that the short form does not show to one that it does.
func visible(err error, waiting *screening.Sample) error {
	if waiting == nil {
		if m, ok := errs.FieldsOf(err)["late_reason"]; ok {
			return errs.Fields{"sampled_at": m}.Err()
		}
		return err
	}
	f := errs.Fields{}
	for name, m := range errs.FieldsOf(err) {
		if name != "photo" && name != "institution" {
			name = "result"
		}
		f[name] = m
	}
	return f.Err()
}

// input reads the form. What is filled in for a waiting sample keeps its instant and how it was taken.
func (f *sampleForm) input(c echo.Context, waiting *screening.Sample) (screening.Input, errs.Fields) {
	faults := errs.Fields{}
	in := screening.Input{Employee: httpd.ScopeOf(c).Employee, Method: regime.Method(f.Method), Mode: regime.CollectMode(f.Mode),
		Institution: cmp.Or(f.Institution, f.Place)}
	if waiting != nil {
		in.SampledAt, in.Method, in.Mode, in.Source = waiting.SampledAt, waiting.Method, waiting.Mode, waiting.Source
		in.Institution = cmp.Or(waiting.Institution, in.Institution)
	} else if at, err := httpd.LocalTime(c, f.SampledAt); err != nil {
		faults.Add("sampled_at", "error.datetime")
	} else {
		in.SampledAt = at
	}
	if r, err := regime.ParseResult(f.Result); err == nil {
		in.Result = r
	}
	_, data, _, err := httpd.File(c, "photo", screening.MaxPhoto)
	if err != nil {
		faults.Add("photo", "screening.photo.too_large")
	}
	in.Photo = data
	return in, faults
}

// doneSample says what happens next.
func (h *Handlers) doneSample(c echo.Context, out screening.Outcome) error {
	key, tone := "worker.done."+string(out.Kind), ui.ToneOK
	switch {
	case out.Kind == screening.Conflict:
		tone = ui.ToneWarn
	case out.Result == regime.Positive || out.Result == regime.Suspicious || out.Result == regime.PoolAbnormal:
		key, tone = "worker.done.abnormal", ui.ToneWarn
	case out.Result == regime.Invalid:
		key, tone = "worker.done.invalid", ui.ToneWarn
	case out.Kind == screening.Added && out.Result == regime.ResultPending:
		key = "worker.done.pending"
	}
	httpd.Flash(c, tone, key)
	return c.Redirect(303, "/me")
}
