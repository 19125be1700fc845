package symptomhttp

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/symptom"
)

// Entry is a report or a hold on the timeline of a file. Its instant is At; Day, Time and DateTime are left to the file's page.
type Entry struct {
	At time.Time
	ui.Entry
}

// Timeline tells a person's reports, and the beginning and end of holds, from before an instant, the newest first, to health
// officers; to others it tells nothing. An open hold comes with its release. It reads in the caller's transaction.
func Timeline(ctx context.Context, q db.Q, sc authz.Scope, reports *symptom.Service, employee int64, before time.Time, limit int,
	t ui.Translate) ([]Entry, error) {
	if !sc.Can(authz.SymptomRecord) {
		return nil, nil
	}
	rs, err := reports.OfEmployee(ctx, q, sc.Org, employee, before, limit)
	if err != nil {
		return nil, err
	}
	holds, err := reports.Holds(ctx, q, sc.Org, employee)
	if err != nil {
		return nil, err
	}
	var entries []Entry
	for _, r := range rs {
		entries = append(entries, Entry{r.At, reportEntry(t, r)})
	}
	for _, h := range holds {
		entries = append(entries, holdEntries(t, sc, h)...)
	}
	entries = slices.DeleteFunc(entries, func(e Entry) bool { return !e.At.Before(before) })
	slices.SortStableFunc(entries, func(a, b Entry) int { return b.At.Compare(a.At) })
	return entries[:min(limit, len(entries))], nil
}

func reportEntry(t ui.Translate, r symptom.Report) ui.Entry {
	e := ui.Entry{Icon: "thermometer", Title: t("symptom.timeline.report"), Text: names(t, r.Symptoms), Badges: badges(t, symptom.Listed{Report: r})}
	if r.Alert {
		e.Tone = ui.ToneHeld
	}
	if r.Temperature != nil {
		cell := temperature(t, r)
		e.Facts = append(e.Facts, ui.Fact{Label: t("symptom.field.temperature"), Value: cell.Text, Sub: cell.Sub})
	}
	if r.Note != "" {
		e.Facts = append(e.Facts, ui.Fact{Label: t("symptom.field.note"), Value: r.Note})
	}
	e.Facts = append(e.Facts, ui.Fact{Label: t("symptom.field.reporter"), Value: t("symptom.reporter." + string(r.Reporter))})
	return e
}

func holdEntries(t ui.Translate, sc authz.Scope, h standing.Hold) []Entry {
	begun := ui.Entry{Icon: "stop", Tone: ui.ToneHeld, Title: t("symptom.timeline.held"), Text: t("hold." + h.Kind)}
	if !h.ReleasedAt.Valid {
		if sc.Can(authz.HoldRelease) {
			begun.Actions = []ui.Action{{Dialog: releaseDialog(t, "hold-"+strconv.FormatInt(h.ID, 10), t("symptom.release.title.plain"), h.Employee, h.ID, "file")}}
		}
		return []Entry{{h.From, begun}}
	}
	ended := ui.Entry{Icon: "check", Tone: ui.ToneOK, Title: t("symptom.timeline.released"), Text: h.ReleaseReason}
	return []Entry{{h.From, begun}, {h.ReleasedAt.Time, ended}}
}
