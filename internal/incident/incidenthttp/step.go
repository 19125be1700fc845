package incidenthttp

import (
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/incident"
	"github.com/fugong/fugong/internal/incident/plan"
	"github.com/fugong/fugong/internal/platform/errs"
)

type stepPage struct {
	httpd.Base
	Head   ui.PageHead
	Notice *ui.Notice
	Left   string
	What   string
	Form   *ui.Form // nil once done
	More   []ui.Action
}

type deedForm struct {
	Text    string `form:"text"`
	DoneAt  string `form:"done_at"`
	Shown   string `form:"shown"` // done_at as the form offered it
	Outcome string `form:"outcome"`
}

func stepID(c echo.Context) (incident.StepID, error) {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return incident.StepID{}, err
	}
	round, err := httpd.ID(c, "round")
	return incident.StepID{Incident: id, Step: c.Param("step"), Round: int(round)}, err
}

func (h *handlers) stepForm(c echo.Context) error {
	now := httpd.InputTime(c, httpd.NowOf(c))
	return h.showStep(c, 200, deedForm{DoneAt: now, Shown: now}, nil)
}

func (h *handlers) showStep(c echo.Context, status int, f deedForm, fault error) error {
	id, err := stepID(c)
	if err != nil {
		return err
	}
	w := wordsOf(c)
	i, s, err := h.incidents.OneStep(c.Request().Context(), w.sc, id)
	if err != nil {
		return err
	}
	p := &stepPage{Head: ui.NewHead(w.t, w.step(s), ui.Link{Label: w.t("incident.title"), Href: "/incidents"}, ui.Link{Label: w.title(i), Href: path(i.ID)}),
		Notice: w.drillNotice(i.Drill), Left: w.left(s), What: w.t("incident.what." + s.Name)}
	p.Head.Badges = []ui.Badge{w.clockBadge(s.Clock(w.now))}
	p.Head.Sub = w.due(s)
	if i.IsOpen() && s.Open() {
		p.Form = deedFields(w, i, s, f, fault)
		if p.More, err = h.stepMore(c, w, i, s); err != nil {
			return err
		}
	}
	return httpd.Render(c, status, "incident/step", p)
}

func deedFields(w words, i incident.Incident, s plan.Step, f deedForm, fault error) *ui.Form {
	var fields []ui.Field
	if s.Name == plan.FollowUp {
		outcomes := append([]ui.Option{{Label: w.t("incident.outcome.none")}}, options(w.t, "incident.outcome.", incident.Outcomes())...)
		fields = append(fields, ui.Field{Kind: ui.FieldRadio, Name: "outcome", Label: w.t("incident.field.outcome"), Hint: w.t("incident.hint.outcome"),
			Inline: true, Options: ui.Choose(outcomes, f.Outcome)})
	}
	text := ui.Field{Kind: ui.FieldTextarea, Name: "text", Label: w.t("incident.field.evidence"), Value: f.Text, Required: plan.NeedsText(s.Name)}
	if key := "incident.evidence." + s.Name; httpd.PrinterOf(w.c).Has(key) {
		text.Hint = w.t(key)
	}
	fields = append(fields, text,
		ui.Field{Kind: ui.FieldDateTime, Name: "done_at", Label: w.t("incident.field.done_at"), Value: f.DoneAt, Hint: w.t("incident.hint.done_at")},
		ui.Field{Kind: ui.FieldPhoto, Name: "photo", Label: w.t("incident.field.photo")})
	for n := range fields {
		fields[n].Error = httpd.FieldError(w.c, fault, fields[n].Name)
	}
	form := ui.NewForm(w.t, stepPath(i.ID, s), w.t("incident.do"), fields...)
	form.Hidden = []ui.Param{{Name: "shown", Value: f.Shown}}
	form.Cancel = &ui.Link{Label: w.t("common.back"), Href: path(i.ID)}
	return &form
}

// stepMore lets whoever runs incidents leave the step out or give it to somebody.
func (h *handlers) stepMore(c echo.Context, w words, i incident.Incident, s plan.Step) ([]ui.Action, error) {
	if !w.sc.Can(authz.IncidentRun) {
		return nil, nil
	}
	accounts, err := h.incidents.Accounts(c.Request().Context(), w.sc)
	if err != nil {
		return nil, err
	}
	var choices []ui.Option
	for _, a := range accounts {
		choices = append(choices, ui.Option{Value: strconv.FormatInt(a.ID, 10), Label: a.Name + " · " + w.t("role."+string(a.Role))})
	}
	skip := ui.NewDialog(w.t, "skip", ui.Action{Label: w.t("incident.skip"), Icon: "away"}, stepPath(i.ID, s)+"/skip")
	skip.Text = w.t("incident.skip.text")
	skip.Fields = []ui.Field{{Kind: ui.FieldTextarea, Name: "reason", ID: "skip-reason", Label: w.t("common.reason"), Required: true}}
	more := []ui.Action{{Dialog: skip}}
	if len(choices) > 0 {
		give := ui.NewDialog(w.t, "assign", ui.Action{Label: w.t("incident.assign"), Icon: "user"}, stepPath(i.ID, s)+"/assign")
		give.Fields = []ui.Field{{Kind: ui.FieldSelect, Name: "account", ID: "assign-account", Label: w.t("incident.assign.to"),
			Options: ui.Choose(choices, strconv.FormatInt(s.Owner, 10))}}
		more = append(more, ui.Action{Dialog: give})
	}
	return more, nil
}

func (h *handlers) do(c echo.Context) error {
	id, err := stepID(c)
	if err != nil {
		return err
	}
	var f deedForm
	if err := httpd.Bind(c, &f); err != nil {
		return err
	}
	_, picture, _, err := httpd.File(c, "photo", incident.MaxPhoto)
	if err != nil {
		return err
	}
	d := incident.Deed{Text: f.Text, Photo: picture, Outcome: f.Outcome}
	if f.DoneAt != "" && f.DoneAt != f.Shown { // left as offered, it is now, to the second
		if d.DoneAt, err = httpd.LocalTime(c, f.DoneAt); err != nil {
			return h.showStep(c, 422, f, fieldFault("done_at", "error.datetime"))
		}
	}
	err = h.incidents.Do(c.Request().Context(), httpd.ScopeOf(c), id, d, httpd.NowOf(c))
	switch {
	case isFieldFault(err):
		return h.showStep(c, 422, f, err)
	case errs.Is(err, errs.Conflict):
		return refuse(c, path(id.Incident), err)
	case err != nil:
		return err
	}
	return httpd.Done(c, path(id.Incident), "incident.done.step")
}

func (h *handlers) skip(c echo.Context) error {
	id, err := stepID(c)
	if err != nil {
		return err
	}
	var f struct {
		Reason string `form:"reason"`
	}
	if err := httpd.Bind(c, &f); err != nil {
		return err
	}
	if err := h.incidents.Skip(c.Request().Context(), httpd.ScopeOf(c), id, f.Reason, httpd.NowOf(c)); err != nil {
		return refuse(c, path(id.Incident), err)
	}
	return httpd.Done(c, path(id.Incident), "incident.done.skipped")
}

func (h *handlers) assign(c echo.Context) error {
	id, err := stepID(c)
	if err != nil {
		return err
	}
	var f struct {
		Account string `form:"account"`
	}
	if err := httpd.Bind(c, &f); err != nil {
		return err
	}
	account, _ := strconv.ParseInt(f.Account, 10, 64) // anything else is nobody
	if err := h.incidents.Assign(c.Request().Context(), httpd.ScopeOf(c), id, account, httpd.NowOf(c)); err != nil {
		return refuse(c, path(id.Incident), err)
	}
	return httpd.Done(c, path(id.Incident), "incident.done.assigned")
}

type closingForm struct {
	Outcome string `form:"outcome"`
	Text    string `form:"text"`
}

func (h *handlers) closeForm(c echo.Context) error { return h.showClose(c, 200, nil, nil) }

// showClose shows the closing; f is nil when nothing was entered yet.
func (h *handlers) showClose(c echo.Context, status int, f *closingForm, fault error) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	w := wordsOf(c)
	d, err := h.incidents.Clocks(c.Request().Context(), w.sc, id)
	if err != nil {
		return err
	}
	if !d.IsOpen() {
		return c.Redirect(303, path(id))
	}
	if f == nil {
		f = &closingForm{Outcome: d.Outcome}
	}
	p := &formPage{Head: ui.NewHead(w.t, w.t("incident.close"), ui.Link{Label: w.t("incident.title"), Href: "/incidents"},
		ui.Link{Label: w.title(d.Incident), Href: path(id)}), Notice: undoneNotice(w, d)}
	p.Head.Sub, p.Head.Badges = w.t("incident.close.sub"), w.badges(d.Incident)
	var fields []ui.Field
	if !d.Drill {
		fields = append(fields, ui.Field{Kind: ui.FieldRadio, Name: "outcome", Label: w.t("incident.field.outcome"), Required: true,
			Options: ui.Choose(options(w.t, "incident.outcome.", incident.Outcomes()), f.Outcome), Error: httpd.FieldError(c, fault, "outcome")})
	}
	fields = append(fields, ui.Field{Kind: ui.FieldTextarea, Name: "text", Label: w.t("incident.field.look_back"), Value: f.Text, Required: true,
		Hint: w.t("incident.hint.look_back"), Error: httpd.FieldError(c, fault, "text")})
	p.Form = ui.NewForm(w.t, path(id, "close"), w.t("incident.close"), fields...)
	p.Form.Cancel = &ui.Link{Label: w.t("common.back"), Href: path(id)}
	p.Form.Note = w.t("incident.close.next")
	return httpd.Render(c, status, "incident/form", p)
}

// undoneNotice says which steps still stand before the closing, with the way to each.
func undoneNotice(w words, d incident.Detail) *ui.Notice {
	undone := incident.Undone(d.Steps)
	if len(undone) == 0 {
		return w.drillNotice(d.Drill)
	}
	n := &ui.Notice{Tone: ui.ToneWarn, Title: w.t("incident.undone", "N", len(undone)), Text: w.t("incident.undone.text")}
	for _, s := range undone {
		n.Links = append(n.Links, ui.Link{Label: w.step(s), Href: stepPath(d.ID, s)})
	}
	return n
}

func (h *handlers) close(c echo.Context) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	var f closingForm
	if err := httpd.Bind(c, &f); err != nil {
		return err
	}
	err = h.incidents.Close(c.Request().Context(), httpd.ScopeOf(c), id, incident.Closing{Outcome: f.Outcome, Text: f.Text}, httpd.NowOf(c))
	switch {
	case isFieldFault(err) || errs.Is(err, errs.Conflict):
		return h.showClose(c, httpd.Status(err), &f, err)
	case err != nil:
		return err
	}
	return httpd.Done(c, path(id), "incident.done.closed")
}
