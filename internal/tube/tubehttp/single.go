package tubehttp

import (
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/tube"
)

// singleForm is the result of a sample taken alone.
type singleForm struct {
	SampledAt  string `form:"sampled_at"`
	Result     string `form:"result"`
	ReportedAt string `form:"reported_at"`
}

func (h *Handlers) single(c echo.Context) error { return h.showSingle(c, 200, nil, nil) }

// showSingle asks for the result of a member's single re-sample; f is nil when nothing was entered yet.
func (h *Handlers) showSingle(c echo.Context, status int, f *singleForm, fault error) error {
	id, employee, err := tubeMember(c)
	if err != nil {
		return err
	}
	now := httpd.NowOf(c)
	v, err := h.tubes.View(c.Request().Context(), httpd.ScopeOf(c), id, now)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(v.Members, func(m tube.Member) bool { return m.Employee == employee })
	if i < 0 {
		return errs.Missing()
	}
	m := v.Members[i]
	if m.Stage != tube.Due && m.Stage != tube.Taken {
		return c.Redirect(303, address(id)) // nothing is asked any more
	}
	if f == nil {
		f = &singleForm{SampledAt: httpd.InputTime(c, now)}
		if m.Single != nil {
			f.SampledAt = httpd.InputTime(c, m.Single.SampledAt)
		}
	}
	t := ui.Translate(httpd.PrinterOf(c).T)
	fields := []ui.Field{
		{Kind: ui.FieldDateTime, Name: "sampled_at", Value: f.SampledAt, Required: true, Hint: t("tube.hint.single_at")},
		{Kind: ui.FieldRadio, Name: "result", Required: true, Inline: true, Options: resultOptions(t, tube.SingleResults(), f.Result)},
		{Kind: ui.FieldDateTime, Name: "reported_at", Value: f.ReportedAt, Hint: t("tube.hint.reported_at")},
	}
	for i := range fields {
		fields[i].Label = t("tube.single." + fields[i].Name)
		fields[i].Error = httpd.FieldError(c, fault, fields[i].Name)
	}
	p := &formPage{Head: ui.NewHead(t, t("tube.single.title", "Name", m.Name), ui.Link{Label: t("tube.title"), Href: "/tubes"},
		ui.Link{Label: v.Tube.Barcode, Href: address(id)})}
	p.Head.Sub = t("tube.single.sub")
	p.Form = ui.NewForm(t, memberAddress(id, employee)+"/single", t("common.save"), fields...)
	p.Form.Cancel = &ui.Link{Label: t("common.cancel"), Href: address(id)}
	return httpd.Render(c, status, "tube/form", p)
}

func (h *Handlers) tellSingle(c echo.Context) error {
	id, employee, err := tubeMember(c)
	if err != nil {
		return err
	}
	var f singleForm
	if err := httpd.Bind(c, &f); err != nil {
		return err
	}
	faults := errs.Fields{}
	told := tube.SingleTold{SampledAt: timeField(c, faults, "sampled_at", f.SampledAt), ReportedAt: timeField(c, faults, "reported_at", f.ReportedAt),
		Result: parseResult(f.Result)}
	if err := faults.Err(); err != nil {
		return h.showSingle(c, 422, &f, err)
	}
	ctx, sc, now := c.Request().Context(), httpd.ScopeOf(c), httpd.NowOf(c)
	if told.SampledAt, err = h.noted(c, id, employee, f, told); err != nil {
		return err
	}
	err = h.tubes.TellSingle(ctx, sc, id, employee, told, now)
	if errs.FieldsOf(err) != nil {
		return h.showSingle(c, 422, &f, err)
	}
	if err != nil {
		return warn(c, address(id), err)
	}
	return httpd.Done(c, address(id), "tube.done.single")
}

// noted is the instant of the single sample. The form shows it to the minute; this minute means just now, and the minute of the
// sample that was noted means that one, with its seconds.
func (h *Handlers) noted(c echo.Context, id, employee int64, f singleForm, told tube.SingleTold) (at time.Time, err error) {
	now := httpd.NowOf(c)
	v, err := h.tubes.View(c.Request().Context(), httpd.ScopeOf(c), id, now)
	if err != nil {
		return at, err
	}
	if f.SampledAt == httpd.InputTime(c, now) {
		told.SampledAt = now
	}
	for _, m := range v.Members {
		if m.Employee == employee && m.Single != nil && httpd.InputTime(c, m.Single.SampledAt) == f.SampledAt {
			return m.Single.SampledAt, nil
		}
	}
	return told.SampledAt, nil
}
