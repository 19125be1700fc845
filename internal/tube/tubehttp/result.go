package tubehttp

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/tube"
)

// resultForm is the result of a whole tube. Seen names the people whom the one who confirms was shown.
type resultForm struct {
	Result     string `form:"result"`
	ReportedAt string `form:"reported_at"`
	Reason     string `form:"reason"`
	Seen       string `form:"seen"`
}

func (f resultForm) conclusion(c echo.Context) (tube.Conclusion, error) {
	faults := errs.Fields{}
	out := tube.Conclusion{Result: parseResult(f.Result), ReportedAt: timeField(c, faults, "reported_at", f.ReportedAt), Reason: f.Reason}
	for _, text := range strings.Split(f.Seen, ",") {
		if id, err := strconv.ParseInt(text, 10, 64); err == nil {
			out.Seen = append(out.Seen, id)
		}
	}
	return out, faults.Err()
}

// resultFields is the form for the result, or for its correction.
func resultFields(c echo.Context, t ui.Translate, x *tube.Tube, f resultForm, fault error) ui.Form {
	fields := []ui.Field{
		{Kind: ui.FieldRadio, Name: "result", Required: true, Inline: true, Options: resultOptions(t, tube.Results(), f.Result)},
		{Kind: ui.FieldDateTime, Name: "reported_at", Value: f.ReportedAt, Hint: t("tube.hint.reported_at")},
	}
	submit := "tube.result.submit"
	if x.Result != regime.ResultPending {
		submit = "tube.result.correct"
		fields = append(fields, ui.Field{Kind: ui.FieldText, Name: "reason", Value: f.Reason, Hint: t("common.reason_hint"), Required: true, MaxLength: 200})
	}
	for i := range fields {
		fields[i].Label = t("tube.field." + fields[i].Name)
		fields[i].Error = httpd.FieldError(c, fault, fields[i].Name)
	}
	form := ui.NewForm(t, address(x.ID)+"/result", t(submit), fields...)
	form.Note = t("tube.result.note")
	return form
}

// rest offers to give the tube's result to the members who lack it; nil when none does.
func rest(t ui.Translate, x *tube.Tube) *ui.Action {
	if x.Lacking == 0 {
		return nil
	}
	return &ui.Action{Label: t("tube.lacking.apply", "N", x.Lacking), Href: address(x.ID) + "/result", Icon: "check", Post: true, Kind: ui.KindPrimary,
		Hidden: []ui.Param{{Name: "result", Value: x.Result.String()}}}
}

type confirmPage struct {
	httpd.Base
	Head   ui.PageHead
	Notice ui.Notice
	Table  ui.Table
	Form   ui.Form
}

// result takes the result of a whole tube. One that keeps people from work, or replaces another, is shown before it is stored: whom
// it concerns and how.
func (h *Handlers) result(c echo.Context) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	var f resultForm
	if err := httpd.Bind(c, &f); err != nil {
		return err
	}
	ctx, sc, now := c.Request().Context(), httpd.ScopeOf(c), httpd.NowOf(c)
	in, err := f.conclusion(c)
	if err != nil {
		return h.show(c, 422, shown{result: f, fault: err})
	}
	p, err := h.tubes.Foresee(ctx, sc, id, in, now)
	if errs.FieldsOf(err) != nil {
		return h.show(c, 422, shown{result: f, fault: err})
	}
	if err != nil {
		return err
	}
	if in.Seen == nil && (p.Correction || in.Result == regime.PoolAbnormal || contrary(p)) {
		return confirm(c, 200, f, p)
	}
	switch _, err := h.tubes.Conclude(ctx, sc, id, in, now); {
	case errs.FieldsOf(err) != nil:
		return h.show(c, 422, shown{result: f, fault: err})
	case changedMeanwhile(err):
		httpd.Flash(c, ui.ToneWarn, "tube.refused.changed")
		return confirm(c, 409, f, p)
	case err != nil:
		return err
	}
	return httpd.Done(c, address(id), "tube.done.result."+in.Result.String(), "N", len(p.Members))
}

func contrary(p tube.Preview) bool {
	return slices.ContainsFunc(p.Members, func(m tube.Foreseen) bool { return m.Effect == tube.Contrary })
}

func changedMeanwhile(err error) bool {
	var e *errs.Error
	return errors.As(err, &e) && e.Message.Key == "tube.refused.changed"
}

var effectFaces = map[tube.Effect]face{tube.Told: {ui.ToneInfo, "right", false}, tube.Same: {ui.ToneNeutral, "check", false},
	tube.Contrary: {ui.ToneWarn, "alert", false}, tube.Changed: {ui.ToneInfo, "undo", false}}

func confirm(c echo.Context, status int, f resultForm, p tube.Preview) error {
	t := ui.Translate(httpd.PrinterOf(c).T)
	x := &p.Tube
	result := t("result." + f.Result)
	page := &confirmPage{Head: ui.NewHead(t, t("tube.confirm.title", "Result", result), ui.Link{Label: t("tube.title"), Href: "/tubes"},
		ui.Link{Label: x.Barcode, Href: address(x.ID)})}
	page.Notice = ui.Notice{Tone: ui.ToneWarn, Title: t("tube.confirm."+f.Result, "N", len(p.Members), "Holds", p.Holds), Text: t("tube.confirm.note")}
	page.Table = ui.NewTable(t, "concerned", t("tube.confirm.who"))
	page.Table.ShowCaption = true
	page.Table.Columns = []ui.Column{{Label: t("tube.field.name"), Head: true}, {Label: t("tube.field.on_post")}, {Label: t("tube.field.now")}, {Label: t("tube.field.effect")}}
	for _, m := range p.Members {
		look, post := effectFaces[m.Effect], ui.WorkBadge(t, "on_post")
		if !m.OnPost {
			post = ui.StandingBadge(t, "off_post")
		}
		page.Table.Rows = append(page.Table.Rows, ui.Row{Value: m.Key.String(), Label: m.Name, Cells: []ui.Cell{
			{Text: m.Name, Sub: m.EmployeeNo + " " + teamName(m.Workshop, m.TeamName)}, ui.Badges(post), ui.Badges(poolBadge(t, m.Result)),
			ui.Badges(ui.Badge{Label: t("tube.effect." + string(m.Effect)), Tone: look.tone, Icon: look.icon}),
		}})
	}
	page.Form = confirmForm(t, f, p)
	return httpd.Render(c, status, "tube/confirm", page)
}

func confirmForm(t ui.Translate, f resultForm, p tube.Preview) ui.Form {
	var seen []string
	for _, id := range p.Seen() {
		seen = append(seen, strconv.FormatInt(id, 10))
	}
	form := ui.NewForm(t, address(p.Tube.ID)+"/result", t("tube.confirm.submit."+f.Result, "Holds", p.Holds))
	form.Hidden = []ui.Param{{Name: "result", Value: f.Result}, {Name: "reported_at", Value: f.ReportedAt}, {Name: "reason", Value: f.Reason},
		{Name: "seen", Value: strings.Join(seen, ",")}}
	form.Cancel = &ui.Link{Label: t("common.cancel"), Href: address(p.Tube.ID)}
	if f.Result == regime.PoolAbnormal.String() {
		form.Kind = ui.KindDanger
	}
	return form
}
