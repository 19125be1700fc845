package symptomhttp

import (
	"context"
	"time"

	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/symptom"
)

// Timeline tells a person's reports from before an instant, the newest first, to health officers; to others it tells nothing. It
// reads in the caller's transaction.
func Timeline(ctx context.Context, q db.Q, sc authz.Scope, reports *symptom.Service, employee int64, before time.Time, limit int,
	t ui.Translate) ([]ui.Dated, error) {
	if !sc.Can(authz.SymptomRecord) {
		return nil, nil
	}
	rs, err := reports.OfEmployee(ctx, q, sc.Org, employee, before, limit)
	entries := make([]ui.Dated, len(rs))
	for i, r := range rs {
		entries[i] = ui.Dated{At: r.At, Entry: reportEntry(t, r)}
	}
	return entries, err
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
