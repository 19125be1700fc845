package incidenthttp

import (
	"strings"

	"github.com/labstack/echo/v4"

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
