package screeninghttp

import (
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
)

type detailPage struct {
	httpd.Base
	Head     ui.PageHead
	Notice   *ui.Notice
	Unflag   *ui.Dialog
	Facts    ui.Facts
	Versions []ui.Entry
	Form     ui.Form
}

// correctForm is a correction: everything as it shall be, and why.
type correctForm struct {
	Rev         string `form:"rev"`
	ReportedWas string `form:"reported_was"` // as the page showed it
	TestedWas   string `form:"tested_was"`
	Result      string `form:"result"`
	ReportedAt  string `form:"reported_at"`
	TestedAt    string `form:"tested_at"`
	Method      string `form:"method"`
	Mode        string `form:"mode"`
	Source      string `form:"source"`
	Institution string `form:"institution"`
	Lab         string `form:"lab"`
	Barcode     string `form:"barcode"`
	Note        string `form:"note"`
	Reason      string `form:"reason"`
}

func formOf(c echo.Context, s screening.Sample) correctForm {
	reported, tested := httpd.InputTime(c, s.ReportedAt), httpd.InputTime(c, s.TestedAt)
	return correctForm{Rev: strconv.Itoa(s.Rev), Result: s.Result.String(), ReportedAt: reported, ReportedWas: reported, TestedAt: tested,
		TestedWas: tested, Method: string(s.Method), Mode: string(s.Mode), Source: string(s.Source),
		Institution: s.Institution, Lab: s.Lab, Barcode: s.Barcode, Note: s.Note}
}

func (h *Handlers) detail(c echo.Context) error { return h.show(c, 200, nil, nil) }

// show renders a sample with its history; form is nil when nothing was entered yet.
func (h *Handlers) show(c echo.Context, status int, form *correctForm, fault error) error {
	key, err := keyOf(c)
	if err != nil {
		return err
	}
	ctx, sc := c.Request().Context(), httpd.ScopeOf(c)
	d, err := h.samples.Get(ctx, sc, key, httpd.NowOf(c))
	if err != nil {
		return err
	}
	if form == nil {
		f := formOf(c, d.Sample)
		form = &f
	}
	t := ui.Translate(httpd.PrinterOf(c).T)
	p := &detailPage{Head: ui.NewHead(t, t("screening.detail.title", "Name", d.Name), ui.Link{Label: t("screening.title"), Href: "/samples"}),
		Facts: facts(c, t, d.Sample), Versions: versions(c, t, d), Form: correction(c, t, key, *form, fault)}
	p.Head.Badges = resultBadges(t, d.Sample)
	p.Head.Actions = []ui.Action{{Label: t("screening.back.file"), Href: "/employees/" + strconv.FormatInt(key.Employee, 10), Icon: "file"}}
	if d.Flagged() {
		p.Notice = &ui.Notice{Tone: ui.ToneWarn, Title: t("screening.flag." + d.Flag), Text: t("screening.flag.hint")}
		p.Unflag = unflagDialog(t, d.Sample)
	}
	return httpd.Render(c, status, "screening/detail", p)
}

func unflagDialog(t ui.Translate, s screening.Sample) *ui.Dialog {
	d := ui.NewDialog(t, "unflag", ui.Action{Label: t("screening.unflag"), Icon: "check"}, address(s.Key)+"/unflag")
	d.Text = t("screening.unflag.text", "Result", t("result."+s.Result.String()))
	d.Hidden = []ui.Param{{Name: "rev", Value: strconv.Itoa(s.Rev)}}
	d.Fields = []ui.Field{{Kind: ui.FieldText, Name: "reason", ID: "unflag-reason", Label: t("common.reason"), Hint: t("common.reason_hint"), Required: true, MaxLength: 200}}
	return d
}

func facts(c echo.Context, t ui.Translate, s screening.Sample) ui.Facts {
	var items []ui.Fact
	add := func(field, value string) {
		if value != "" {
			items = append(items, ui.Fact{Label: t("screening.field." + field), Value: value})
		}
	}
	add("sampled_at", datetime(c, s.SampledAt))
	add("collected", collected(t, s))
	add("place", s.Institution)
	add("lab", s.Lab)
	add("barcode", s.Barcode)
	add("tested_at", datetime(c, s.TestedAt))
	add("reported_at", datetime(c, s.ReportedAt))
	add("source", t("source."+string(s.Source)))
	add("proof", t("screening.proof."+string(s.Proof)))
	add("note", s.Note)
	add("entered_at", datetime(c, s.EnteredAt))
	if s.Attachment != 0 {
		items = append(items, ui.Fact{Label: t("screening.field.photo"), Value: t("screening.photo.open"),
			Href: "/samples/attachments/" + strconv.FormatInt(s.Attachment, 10)})
	}
	return ui.Facts{Columns: true, Items: items}
}

// versions are all versions of the sample as a timeline, the one that stands first.
func versions(c echo.Context, t ui.Translate, d screening.Detail) []ui.Entry {
	entries := []ui.Entry{versionEntry(c, t, d.Sample, t("screening.version.now"))}
	for _, r := range d.Revisions {
		e := versionEntry(c, t, r.Sample, t("screening.version.old", "N", r.Rev))
		e.Actor = t("screening.version.replaced", "Actor", r.Actor, "At", datetime(c, r.At))
		if r.Reason != "" {
			e.Text = t("common.reason") + t("common.colon") + r.Reason
		}
		entries = append(entries, e)
	}
	return ui.GroupDays(entries)
}

func versionEntry(c echo.Context, t ui.Translate, s screening.Sample, title string) ui.Entry {
	local := s.EnteredAt.In(httpd.ZoneOf(c))
	return ui.Entry{Day: httpd.Day(httpd.PrinterOf(c), local), Time: local.Format("15:04"), DateTime: local.Format(time.RFC3339), Icon: "tube",
		Title: title, Badges: resultBadges(t, s), Facts: facts(c, t, s).Items}
}

func correction(c echo.Context, t ui.Translate, key screening.Key, f correctForm, fault error) ui.Form {
	results := options(t, "result.", append(resultIDs(), regime.Cancelled.String()))
	fields := []ui.Field{
		{Kind: ui.FieldHidden, Name: "rev", Value: f.Rev},
		{Kind: ui.FieldHidden, Name: "reported_was", Value: f.ReportedWas},
		{Kind: ui.FieldHidden, Name: "tested_was", Value: f.TestedWas},
		{Kind: ui.FieldRadio, Name: "result", Required: true, Inline: true, Options: ui.Choose(results, f.Result)},
		{Kind: ui.FieldDateTime, Name: "reported_at", Value: f.ReportedAt},
		{Kind: ui.FieldDateTime, Name: "tested_at", Value: f.TestedAt},
		{Kind: ui.FieldRadio, Name: "method", Inline: true, Options: ui.Choose(options(t, "method.", screening.Methods()), f.Method)},
		{Kind: ui.FieldRadio, Name: "mode", Inline: true, Options: ui.Choose(options(t, "collect_mode.", screening.Modes()), f.Mode)},
		{Kind: ui.FieldSelect, Name: "source", Options: ui.Choose(options(t, "source.", append(screening.Sources(), regime.SourceImport)), f.Source)},
		{Kind: ui.FieldText, Name: "institution", Value: f.Institution, MaxLength: 80},
		{Kind: ui.FieldText, Name: "lab", Value: f.Lab, MaxLength: 80},
		{Kind: ui.FieldText, Name: "barcode", Value: f.Barcode, MaxLength: 40},
		{Kind: ui.FieldText, Name: "note", Value: f.Note, MaxLength: 200},
		{Kind: ui.FieldText, Name: "reason", Value: f.Reason, Required: true, Hint: t("common.reason_hint"), MaxLength: 200},
	}
	for i := range fields {
		fields[i].Label = t("screening.field." + fields[i].Name)
		fields[i].Error = httpd.FieldError(c, fault, fields[i].Name)
		if fields[i].Name == "institution" {
			fields[i].Label = t("screening.field.place")
		}
	}
	form := ui.NewForm(t, address(key)+"/correct", t("screening.correct.submit"), fields...)
	form.Note = t("screening.correct.note")
	return form
}

func (h *Handlers) correct(c echo.Context) error {
	key, err := keyOf(c)
	if err != nil {
		return err
	}
	var f correctForm
	if err := httpd.Bind(c, &f); err != nil {
		return err
	}
	changes, faults := f.changes(c)
	if err := faults.Err(); err != nil {
		return h.show(c, 422, &f, err)
	}
	ctx, sc, now := c.Request().Context(), httpd.ScopeOf(c), httpd.NowOf(c)
	if err := h.samples.Correct(ctx, sc, key, changes, f.Reason, now); err != nil {
		if errs.Is(err, errs.Invalid) {
			if errs.FieldsOf(err) == nil {
				err = errs.Fields{"result": errs.Msg("screening.correct.nothing")}.Err()
			}
			return h.show(c, 422, &f, err)
		}
		return err
	}
	return httpd.Done(c, address(key), "screening.done.corrected")
}

// changes are all fields of the form: those that were not touched say what the sample says already. The form shows instants to
// the minute, so one that shows the same minute as before is left as it is, with its seconds.
func (f correctForm) changes(c echo.Context) (screening.Changes, errs.Fields) {
	faults := errs.Fields{}
	rev, err := strconv.Atoi(f.Rev)
	if err != nil {
		faults.Add("reason", "error.conflict")
	}
	result, method, mode, source := parseResult(f.Result), regime.Method(f.Method), regime.CollectMode(f.Mode), regime.Source(f.Source)
	changes := screening.Changes{Rev: rev, Result: &result, Method: &method, Mode: &mode, Source: &source,
		Institution: &f.Institution, Lab: &f.Lab, Barcode: &f.Barcode, Note: &f.Note}
	if f.ReportedAt != f.ReportedWas {
		at := timeField(c, faults, "reported_at", f.ReportedAt)
		changes.ReportedAt = &at
	}
	if f.TestedAt != f.TestedWas {
		at := timeField(c, faults, "tested_at", f.TestedAt)
		changes.TestedAt = &at
	}
	return changes, faults
}

func (h *Handlers) unflag(c echo.Context) error {
	key, err := keyOf(c)
	if err != nil {
		return err
	}
	var f struct {
		Rev    string `form:"rev"`
		Reason string `form:"reason"`
	}
	if err := httpd.Bind(c, &f); err != nil {
		return err
	}
	rev, err := strconv.Atoi(f.Rev)
	if err != nil {
		return errs.New(errs.Conflict, "error.conflict")
	}
	if err := h.samples.Unflag(c.Request().Context(), httpd.ScopeOf(c), key, rev, f.Reason, httpd.NowOf(c)); err != nil {
		if errs.Is(err, errs.Invalid) {
			httpd.Flash(c, ui.ToneWarn, "screening.unflag.reason")
			return c.Redirect(303, address(key))
		}
		return err
	}
	return httpd.Done(c, address(key), "screening.done.unflagged")
}
