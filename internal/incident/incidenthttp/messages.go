package incidenthttp

import (
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/incident"
	"github.com/fugong/fugong/internal/incident/plan"
)

type messagesPage struct {
	httpd.Base
	Head     ui.PageHead
	Tabs     *ui.Tabs
	Notice   *ui.Notice
	Messages []message
}

// message is what one audience may be told.
type message struct{ ID, Audience, Hint, Text string }

// audiences, in the order of the report chain. The texts are fixed and were reviewed: authorities get the area and counts, workers the
// area that is closed, contacts what to do. None names anybody; only the list that the CDC takes does.
var audiences = []string{"community", "cdc", "bureau", "workers", "contacts"}

func (h *handlers) messages(c echo.Context) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	w := wordsOf(c)
	d, err := h.incidents.Summary(c.Request().Context(), w.sc, id)
	if err != nil {
		return err
	}
	p := &messagesPage{Head: headOf(w, d.Incident), Tabs: tabsOf(w, d.Incident, d.Contacts, path(id, "messages")), Notice: w.drillNotice(d.Drill)}
	for _, a := range audiences {
		p.Messages = append(p.Messages, message{"message-" + a, w.t("incident.audience." + a), w.t("incident.audience." + a + ".hint"), messageOf(w, a, d)})
	}
	return httpd.Render(c, 200, "incident/messages", p)
}

// messageOf writes what an audience may be told. A drill says so first.
func messageOf(w words, audience string, d incident.Summary) string {
	contacts, waiting := 0, d.Contacts[incident.Waiting]+d.Contacts[incident.Released]
	for state, n := range d.Contacts {
		if state != incident.Cleared {
			contacts += n
		}
	}
	area := d.Place
	if area == "" {
		area = w.t("incident.area.unknown")
	}
	if audience == "workers" && !slices.Contains(plan.For(d.Kind), plan.CloseArea) {
		audience = "workers_open" // no area is closed
	}
	text := w.t("incident.message."+audience, "Org", httpd.ViewerOf(w.c).OrgName, "Area", area, "At", w.datetime(d.DetectedAt),
		"What", w.t("incident.message.what."+what(d.Kind)), "People", d.Index, "Contacts", contacts, "Waiting", waiting)
	if d.Drill {
		return w.t("incident.message.drill") + text
	}
	return text
}

// what groups kinds by what authorities are told. An abnormal tube is not a positive result.
func what(kind string) string {
	switch kind {
	case "symptom", "pool_abnormal", "close_contact":
		return kind
	case "suspicious", "positive":
		return "result"
	}
	return "case"
}
