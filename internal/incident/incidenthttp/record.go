package incidenthttp

import (
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/incident"
	"github.com/fugong/fugong/internal/incident/plan"
)

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
