package incidenthttp

import (
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/incident"
	"github.com/fugong/fugong/internal/incident/plan"
)

type showPage struct {
	httpd.Base
	Head   ui.PageHead
	Tabs   *ui.Tabs
	Notice *ui.Notice // a drill
	Ended  *ui.Notice // what remains after the closing
	Clocks clocks
	People []person
	Record []ui.Entry
	Remark *ui.Form
	More   []ui.Action
}

// clocks is the part of the page that runs on: what to do now, and every step.
type clocks struct {
	Poll    string // asks again; "" once closed
	Current *current
	Steps   []step
	Label   string
	Rest    string // to a leader: who does the other steps
}

// step is one step of the list, with the way to its form for whoever may do it.
type step struct {
	ui.Step
	Href string
}

// current is the step to do next.
type current struct {
	Badge             ui.Badge
	Title, Left, Text string
	Due, Owner        string
	Action            ui.Action
}

// person is somebody the incident is about.
type person struct {
	Name, Href, Place string
	Badges            []ui.Badge
	Lines             []string // holds, and what releases them
	Sampled           *ui.Fact
}

// tabsOf lead through the pages of one incident. A leader has but one.
func tabsOf(w words, i incident.Incident, contacts map[string]int, here string) *ui.Tabs {
	if !w.sc.Can(authz.IncidentRun) {
		return nil
	}
	n := 0
	for state, count := range contacts {
		if state != incident.Cleared {
			n += count
		}
	}
	tabs := &ui.Tabs{Label: w.title(i), Items: []ui.Tab{{Label: w.t("incident.tab.response"), Href: path(i.ID)},
		{Label: w.t("incident.tab.contacts"), Href: path(i.ID, "contacts"), Count: ui.Number(n)},
		{Label: w.t("incident.tab.messages"), Href: path(i.ID, "messages")}, {Label: w.t("incident.tab.report"), Href: path(i.ID, "report")}}}
	for n := range tabs.Items {
		tabs.Items[n].Current = tabs.Items[n].Href == here
	}
	return tabs
}

func headOf(w words, i incident.Incident) ui.PageHead {
	h := ui.NewHead(w.t, w.title(i), ui.Link{Label: w.t("incident.title"), Href: "/incidents"})
	h.Badges = w.badges(i)
	h.Sub = w.t("incident.detected", "N", i.ID, "At", w.datetime(i.DetectedAt))
	return h
}

// drillNotice stands on every page of a drill.
func (w words) drillNotice(drill bool) *ui.Notice {
	if !drill {
		return nil
	}
	return &ui.Notice{Tone: ui.ToneInfo, Title: w.t("incident.drill.title"), Text: w.t("incident.drill.text")}
}

func (h *handlers) show(c echo.Context) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	return h.showWith(c, 200, id, "", nil)
}

// showWith shows an incident; remark is what was written before it was found at fault.
func (h *handlers) showWith(c echo.Context, status int, id int64, remark string, fault error) error {
	w := wordsOf(c)
	d, err := h.incidents.Get(c.Request().Context(), w.sc, id, w.now)
	if err != nil {
		return err
	}
	p := &showPage{Head: headOf(w, d.Incident), Tabs: tabsOf(w, d.Incident, d.Contacts, path(id)), Notice: w.drillNotice(d.Drill), Clocks: clocksOf(w, d),
		Record: recordOf(w, d)}
	for _, one := range d.People {
		p.People = append(p.People, personOf(w, d.Incident, one))
	}
	if w.sc.Can(authz.IncidentRun) {
		p.Remark = remarkForm(w, id, remark, fault, c)
	}
	if !d.IsOpen() {
		p.Ended = endedNotice(w, d)
	} else if w.sc.Can(authz.IncidentRun) {
		p.More = moreActions(w, d)
	}
	return httpd.Render(c, status, "incident/show", p)
}

// clocks answers open pages: nothing while nothing that they show changed.
func (h *handlers) clocks(c echo.Context) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	w := wordsOf(c)
	d, err := h.incidents.Clocks(c.Request().Context(), w.sc, id)
	if err != nil {
		return err
	}
	p := &showPage{Clocks: clocksOf(w, d)}
	if strings.HasSuffix(p.Clocks.Poll, "?since="+c.QueryParam("since")) {
		return c.NoContent(204)
	}
	return httpd.Fragment(c, 200, "incident/show", "incident/clocks", p)
}

func clocksOf(w words, d incident.Detail) clocks {
	out := clocks{Label: w.t("incident.steps")}
	if !w.sc.Can(authz.IncidentRun) {
		out.Rest = w.t("incident.rest")
	}
	now := plan.Current(d.Steps)
	for n := range d.Steps {
		out.Steps = append(out.Steps, stepOf(w, d, d.Steps[n], n == now && d.IsOpen()))
	}
	if !d.IsOpen() {
		return out
	}
	if now >= 0 {
		out.Current = currentOf(w, d, d.Steps[now])
	}
	out.Poll = path(d.ID, "clocks") + "?since=" + tag(out)
	return out
}

// currentOf tells what to do now, in words for whoever may do it.
func currentOf(w words, d incident.Detail, s plan.Step) *current {
	cur := &current{Badge: w.clockBadge(s.Clock(w.now)), Title: w.step(s), Left: w.left(s), Due: w.due(s), Owner: w.owner(s),
		Text: w.t("incident.what." + s.Name)}
	cur.Action = ui.Action{Label: w.t("incident.do"), Href: stepPath(d.ID, s), Icon: "check"}
	if s.Name == plan.CloseStep {
		cur.Action = ui.Action{Label: w.t("incident.close"), Href: path(d.ID, "close"), Icon: "check"}
	}
	return cur
}

func stepOf(w words, d incident.Detail, s plan.Step, now bool) step {
	out := step{Step: ui.Step{Title: w.step(s), Due: w.due(s), Badge: w.clockBadge(s.Clock(w.now)), Owner: w.owner(s), Done: !s.Open(), Current: now}}
	switch {
	case s.Skipped:
		out.Owner = w.t("incident.skipped_by", "Name", w.actor(s.DoneBy))
	case !s.Open():
		out.Owner = w.t("incident.done_by", "Name", w.actor(s.DoneBy))
	}
	if s.Escalations > 0 {
		out.Text = w.t("incident.told", "Levels", w.levels(s.Told()))
	}
	if d.IsOpen() && s.Open() && !now && s.MayDo(w.sc) {
		out.Href = stepPath(d.ID, s)
	}
	return out
}

func personOf(w words, i incident.Incident, p incident.Person) person {
	out := person{Name: p.Name, Place: w.place(p.Workshop, p.TeamName, p.Shift)}
	if !w.sc.Can(authz.IncidentRun) {
		return out
	}
	out.Href = "/employees/" + strconv.FormatInt(p.Employee, 10)
	if !i.Drill {
		for _, h := range p.Holds {
			out.Badges = append(out.Badges, ui.Badge{Label: holdName(w, h.Kind), Tone: ui.ToneHeld, Icon: "stop"})
			out.Lines = append(out.Lines, releaseLine(w, h))
		}
	}
	if !p.SampledAt.IsZero() {
		out.Badges = append(out.Badges, ui.ResultBadge(w.t, p.Result))
		out.Lines = append(out.Lines, w.t("incident.sampled", "At", w.instant(p.SampledAt)))
	}
	return out
}

// holdName names a kind of hold by the shared words.
func holdName(w words, kind string) string {
	if key := "hold." + kind; httpd.PrinterOf(w.c).Has(key) {
		return w.t(key)
	}
	return w.kind(kind)
}

// releaseLine says what still stands before the release of a hold.
func releaseLine(w words, h incident.Held) string {
	since := w.t("incident.held_since", "Hold", holdName(w, h.Kind), "At", w.instant(h.From))
	var missing []string
	for _, code := range h.Check.Missing {
		missing = append(missing, httpd.PrinterOf(w.c).M(hold.Missing(h.Check, code)))
	}
	if len(missing) == 0 {
		return since + w.t("incident.comma") + w.t("incident.releasable")
	}
	return since + w.t("incident.comma") + strings.Join(missing, w.t("incident.comma"))
}

// recordOf is the timeline of an incident, newest first.
func recordOf(w words, d incident.Detail) []ui.Entry {
	names := namesOf(d.People)
	var entries []ui.Entry
	for n := len(d.Notes) - 1; n >= 0; n-- {
		entries = append(entries, entryOf(w, d.Incident, d.Notes[n], names))
	}
	return ui.GroupDays(entries)
}

func namesOf(people []incident.Person) map[int64]string {
	names := map[int64]string{}
	for _, p := range people {
		names[p.Employee] = p.Name
	}
	return names
}

var eventIcons = map[string]string{incident.EventOpened: "bell", incident.EventJoined: "plus", incident.EventDone: "check", incident.EventSkipped: "away",
	incident.EventAssigned: "user", incident.EventRequested: "question", incident.EventEscalated: "alert", incident.EventContacts: "people",
	incident.EventAsked: "hourglass", incident.EventWithdrawn: "undo", incident.EventWaiting: "stop", incident.EventOutcome: "info",
	incident.EventNoted: "edit", incident.EventClosed: "check", incident.EventTaken: "download"}

func entryOf(w words, i incident.Incident, n incident.Note, names map[int64]string) ui.Entry {
	local := n.At.In(w.zone)
	step := ""
	if n.Step != "" {
		step = w.step(plan.Step{Name: n.Step, Round: n.Round})
	}
	e := ui.Entry{Day: httpd.Day(httpd.PrinterOf(w.c), local), Time: local.Format("15:04"), DateTime: local.Format(time.RFC3339),
		Icon: eventIcons[n.Event], Text: n.Text, Actor: writer(w, i, n),
		Title: w.t("incident.event."+n.Event, "Step", step, "Name", n.Name, "Person", names[n.Employee], "N", n.Count, "Kind", w.kind(n.Kind))}
	switch n.Event {
	case incident.EventEscalated:
		e.Tone, e.Title = ui.ToneDanger, w.t("incident.event.escalated", "Step", step, "Level", w.level(n.Level))
	case incident.EventDone:
		e.Tone = ui.ToneOK
	case incident.EventOutcome, incident.EventClosed:
		e.Title = w.t("incident.event."+n.Event, "Outcome", w.t("incident.outcome."+n.Outcome))
	}
	if n.Photo {
		e.Actions = []ui.Action{{Label: w.t("incident.photo.open"), Href: path(i.ID, "notes", strconv.FormatInt(n.ID, 10), "photo"), Icon: "camera", Kind: ui.KindQuiet}}
	}
	return e
}

// writer names who wrote a line. What a hold did by itself nobody did: its author may be the person concerned.
func writer(w words, i incident.Incident, n incident.Note) string {
	if n.Event == incident.EventJoined || n.Event == incident.EventOpened && i.OpenedBy == "" {
		return w.t("incident.by_program")
	}
	return w.actor(n.Actor)
}

// endedNotice says what remains after the closing: the holds, each by its own rule.
func endedNotice(w words, d incident.Detail) *ui.Notice {
	n := &ui.Notice{Tone: ui.ToneOK, Title: w.t("incident.ended", "Name", d.ClosedBy, "At", w.datetime(d.ClosedAt.Time))}
	if d.Drill || !w.sc.Can(authz.HoldRelease) {
		return n
	}
	n.Text = w.t("incident.ended." + d.Outcome)
	for _, p := range d.People {
		if len(p.Holds) > 0 {
			n.Links = []ui.Link{{Label: w.t("incident.ended.holds"), Href: "/holds"}}
		}
	}
	return n
}

// moreActions is what can be done beside the steps.
func moreActions(w words, d incident.Detail) []ui.Action {
	ask := ui.NewDialog(w.t, "request", ui.Action{Label: w.t("incident.request"), Icon: "question"}, path(d.ID, "request"))
	ask.Text = w.t("incident.request.text")
	ask.Fields = []ui.Field{{Kind: ui.FieldTextarea, Name: "text", ID: "request-text", Label: w.t("incident.request.field"), Required: true}}
	actions := []ui.Action{{Dialog: ask}}
	if len(incident.Undone(d.Steps)) == 0 {
		actions = append(actions, ui.Action{Label: w.t("incident.close"), Href: path(d.ID, "close"), Icon: "check"})
	}
	return actions
}

func remarkForm(w words, id int64, text string, fault error, c echo.Context) *ui.Form {
	f := ui.NewForm(w.t, path(id, "notes"), w.t("incident.remark.submit"),
		ui.Field{Kind: ui.FieldTextarea, Name: "text", Label: w.t("incident.remark.text"), Value: text, Error: httpd.FieldError(c, fault, "text")},
		ui.Field{Kind: ui.FieldPhoto, Name: "photo", Label: w.t("incident.field.photo"), Error: httpd.FieldError(c, fault, "photo")})
	f.Kind = ui.KindPlain
	return &f
}

func (h *handlers) remark(c echo.Context) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	var f struct {
		Text string `form:"text"`
	}
	if err := httpd.Bind(c, &f); err != nil {
		return err
	}
	_, picture, _, err := httpd.File(c, "photo", incident.MaxPhoto)
	if err != nil {
		return err
	}
	err = h.incidents.Remark(c.Request().Context(), httpd.ScopeOf(c), id, f.Text, picture, httpd.NowOf(c))
	if isFieldFault(err) {
		return h.showWith(c, 422, id, f.Text, err)
	}
	if err != nil {
		return err
	}
	return httpd.Done(c, path(id), "incident.done.noted")
}

func (h *handlers) photo(c echo.Context) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	note, err := httpd.ID(c, "note")
	if err != nil {
		return err
	}
	jpeg, err := h.incidents.Photo(c.Request().Context(), httpd.ScopeOf(c), id, note, httpd.NowOf(c))
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.Blob(200, "image/jpeg", jpeg)
}

func (h *handlers) request(c echo.Context) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	var f struct {
		Text string `form:"text"`
	}
	if err := httpd.Bind(c, &f); err != nil {
		return err
	}
	if err := h.incidents.Request(c.Request().Context(), httpd.ScopeOf(c), id, f.Text, httpd.NowOf(c)); err != nil {
		return refuse(c, path(id), err)
	}
	return httpd.Done(c, path(id), "incident.done.requested")
}
