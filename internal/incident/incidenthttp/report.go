package incidenthttp

import (
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/incident"
	"github.com/fugong/fugong/internal/platform/gb"
)

type reportPage struct {
	httpd.Base
	Head   ui.PageHead
	Tabs   *ui.Tabs
	Notice *ui.Notice
	Drill  string // stands large on the paper
	Facts  ui.Facts
	Steps  ui.Table
	People ui.Table
	Record ui.Table
	Signed string
}

// report is the incident on paper: for the enterprise's own files. People stand in it with masked names; the list for the CDC is a
// file of its own.
func (h *handlers) report(c echo.Context) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	w := wordsOf(c)
	d, err := h.incidents.Get(c.Request().Context(), w.sc, id, w.now)
	if err != nil {
		return err
	}
	for n := range d.People {
		d.People[n].Name = gb.MaskName(d.People[n].Name)
	}
	p := &reportPage{Head: headOf(w, d.Incident), Tabs: tabsOf(w, d.Incident, d.Contacts, path(id, "report")), Notice: w.drillNotice(d.Drill),
		Facts: factsOf(w, d), Steps: stepTable(w, d), People: peopleTable(w, d), Record: recordTable(w, d), Signed: w.t("incident.report.signed", "At", w.datetime(w.now))}
	p.Head.Title = w.t("incident.report.title", "What", w.title(d.Incident))
	if d.Drill {
		p.Drill = w.t("incident.drill.paper")
	}
	return httpd.Render(c, 200, "incident/report", p)
}

func factsOf(w words, d incident.Detail) ui.Facts {
	items := []ui.Fact{{Label: w.t("incident.number"), Value: "#" + strconv.FormatInt(d.ID, 10)}, {Label: w.t("incident.field.org"), Value: httpd.ViewerOf(w.c).OrgName},
		{Label: w.t("incident.field.kind"), Value: w.kind(d.Kind)}, {Label: w.t("incident.field.place"), Value: d.Place},
		{Label: w.t("incident.field.detected"), Value: w.datetime(d.DetectedAt)}, {Label: w.t("incident.field.opened"), Value: openedBy(w, d.Incident)},
		{Label: w.t("incident.field.contacts"), Value: contactFigures(w, d.Contacts)}, {Label: w.t("incident.field.rules"), Value: d.Pack + " · " + strconv.Itoa(d.PackVersion)}}
	if d.Outcome != "" {
		items = append(items, ui.Fact{Label: w.t("incident.field.outcome"), Value: w.t("incident.outcome." + d.Outcome)})
	}
	if !d.IsOpen() {
		items = append(items, ui.Fact{Label: w.t("incident.field.closed"), Value: w.datetime(d.ClosedAt.Time), Sub: d.ClosedBy})
	}
	return ui.Facts{Columns: true, Items: items}
}

func openedBy(w words, i incident.Incident) string {
	if i.OpenedBy == "" {
		return w.t("incident.opened.program")
	}
	return i.OpenedBy
}

func contactFigures(w words, counts map[string]int) string {
	var parts []string
	for _, s := range contactStates {
		if counts[s] > 0 {
			parts = append(parts, w.t("incident.contact."+contactState(s))+" "+ui.Number(counts[s]))
		}
	}
	if len(parts) == 0 {
		return w.t("common.none")
	}
	return strings.Join(parts, w.t("incident.comma"))
}

func stepTable(w words, d incident.Detail) ui.Table {
	tb := ui.NewTable(w.t, "report-steps", w.t("incident.steps"))
	tb.ShowCaption = true
	tb.Columns = []ui.Column{{Label: w.t("incident.field.step"), Head: true}, {Label: w.t("incident.field.due")}, {Label: w.t("incident.field.done_at")},
		{Label: w.t("incident.field.by")}, {Label: w.t("common.status")}}
	for _, s := range d.Steps {
		due, done, by := ui.Text("—"), ui.Text("—"), ui.Text(w.owner(s))
		if !s.Due.IsZero() {
			due = ui.Text(w.datetime(s.Due))
		}
		if !s.Open() {
			done, by = ui.Text(w.datetime(s.DoneAt)), ui.Text(w.actor(s.DoneBy))
		}
		status := ui.Badges(w.clockBadge(s.Clock(w.now)))
		if s.Escalations > 0 {
			status.Sub = w.t("incident.told", "Levels", w.levels(s.Told()))
		}
		tb.Rows = append(tb.Rows, ui.Row{Cells: []ui.Cell{ui.Text(w.step(s)), due, done, by, status}})
	}
	return tb
}

func peopleTable(w words, d incident.Detail) ui.Table {
	tb := ui.NewTable(w.t, "report-people", w.t("incident.people"))
	tb.ShowCaption = true
	tb.Columns = []ui.Column{{Label: w.t("incident.field.name"), Head: true}, {Label: w.t("incident.field.place")}, {Label: w.t("incident.field.sampled")}}
	for _, p := range d.People {
		sampled := ui.Text("—")
		if !p.SampledAt.IsZero() {
			sampled = ui.Cell{Text: w.t("result." + p.Result), Sub: w.datetime(p.SampledAt)}
		}
		tb.Rows = append(tb.Rows, ui.Row{Cells: []ui.Cell{ui.Text(p.Name), ui.Text(w.place(p.Workshop, p.TeamName, p.Shift)), sampled}})
	}
	tb.Empty = ui.Empty{Icon: "people", Title: w.t("incident.people.none")}
	return tb
}

func recordTable(w words, d incident.Detail) ui.Table {
	tb := ui.NewTable(w.t, "report-record", w.t("incident.record"))
	tb.ShowCaption = true
	tb.Columns = []ui.Column{{Label: w.t("incident.field.at")}, {Label: w.t("incident.field.what"), Head: true}, {Label: w.t("incident.field.by")}}
	names := namesOf(d.People)
	for _, n := range d.Notes {
		e := entryOf(w, d.Incident, n, names)
		tb.Rows = append(tb.Rows, ui.Row{Cells: []ui.Cell{ui.Text(w.datetime(n.At)), {Text: e.Title, Sub: e.Text}, ui.Text(e.Actor)}})
	}
	return tb
}
