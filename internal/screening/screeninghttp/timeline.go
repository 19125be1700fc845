package screeninghttp

import (
	"context"
	"strconv"
	"time"

	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
)

// Timeline tells a person's samples from before an instant, the newest first, to whoever may see everyone's; to others it tells
// nothing. It reads in the caller's transaction; when writes an instant for the reader.
func Timeline(ctx context.Context, q db.Q, sc authz.Scope, employee int64, before time.Time, limit int, t ui.Translate,
	when func(time.Time) string) ([]ui.Dated, error) {
	if !sc.Can(authz.SampleRecord) {
		return nil, nil
	}
	samples, err := screening.OfEmployee(ctx, q, sc.Org, employee, before, limit)
	if err != nil {
		return nil, err
	}
	entries := make([]ui.Dated, len(samples))
	for i, s := range samples {
		entries[i] = ui.Dated{At: s.SampledAt, Entry: timelineEntry(t, when, s)}
	}
	return entries, nil
}

func timelineEntry(t ui.Translate, when func(time.Time) string, s screening.Sample) ui.Entry {
	e := ui.Entry{Icon: "tube", Title: t("screening.timeline.title", "Method", collected(t, s)), Badges: resultBadges(t, s)}
	switch {
	case s.Flagged() || s.Result == regime.Positive || s.Result == regime.Suspicious || s.Result == regime.PoolAbnormal:
		e.Tone = ui.ToneHeld
	case s.Result == regime.Negative:
		e.Tone = ui.ToneOK
	}
	for _, f := range []struct{ field, value string }{
		{"place", s.Institution}, {"lab", s.Lab}, {"reported_at", orEmpty(s.ReportedAt, when)}, {"source", t("source." + string(s.Source))},
		{"proof", t("screening.proof." + string(s.Proof))}, {"note", s.Note},
	} {
		if f.value != "" {
			e.Facts = append(e.Facts, ui.Fact{Label: t("screening.field." + f.field), Value: f.value})
		}
	}
	if s.Rev > 1 {
		e.Text = t("screening.timeline.revised", "N", s.Rev-1)
	}
	if s.Attachment != 0 {
		e.Actions = append(e.Actions, ui.Action{Label: t("screening.photo.open"), Icon: "eye", Kind: ui.KindQuiet,
			Href: "/samples/attachments/" + strconv.FormatInt(s.Attachment, 10)})
	}
	e.Actions = append(e.Actions, ui.Action{Label: t("screening.timeline.open"), Icon: "edit", Kind: ui.KindQuiet, Href: address(s.Key)})
	return e
}

func orEmpty(at time.Time, when func(time.Time) string) string {
	if at.IsZero() {
		return ""
	}
	return when(at)
}
