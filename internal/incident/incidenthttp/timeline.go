package incidenthttp

import (
	"context"
	"strconv"
	"time"

	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/incident"
	"github.com/fugong/fugong/internal/platform/db"
)

// Timeline tells in which incidents a person stands since before an instant, the newest first, to those who run incidents; to others
// it tells nothing. It reads in the caller's transaction.
func Timeline(ctx context.Context, q db.Q, sc authz.Scope, employee int64, before time.Time, limit int, t ui.Translate) ([]ui.Dated, error) {
	if !sc.Can(authz.IncidentRun) {
		return nil, nil
	}
	found, err := incident.OfEmployee(ctx, q, sc.Org, employee, before, limit)
	if err != nil {
		return nil, err
	}
	entries := make([]ui.Dated, len(found))
	for i, m := range found {
		entries[i] = ui.Dated{At: m.AddedAt, Entry: mention(t, m)}
	}
	return entries, nil
}

func mention(t ui.Translate, m incident.Mention) ui.Entry {
	e := ui.Entry{Icon: "bell", Tone: ui.ToneHeld, Title: t("incident.timeline.index"), Text: m.Place}
	if !m.Index() {
		e.Icon, e.Tone, e.Title = "people", ui.ToneNeutral, t("incident.timeline.contact")
		e.Badges = []ui.Badge{{Label: t("incident.contact." + contactState(m.State)), Tone: contactFaces[m.State].tone, Icon: contactFaces[m.State].icon}}
	}
	if m.Drill {
		e.Badges = append(e.Badges, ui.Badge{Label: t("incident.drill"), Tone: ui.ToneInfo, Icon: "info"})
	}
	e.Actions = []ui.Action{{Label: t("incident.open", "N", m.ID), Href: path(m.ID), Kind: ui.KindQuiet, Icon: "right"}}
	e.Facts = []ui.Fact{{Label: t("incident.number"), Value: "#" + strconv.FormatInt(m.ID, 10)}}
	return e
}
