package app

import (
	"context"
	"time"

	"github.com/fugong/fugong/internal/employee/employeehttp"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/reminder"
	"github.com/fugong/fugong/internal/screening/screeninghttp"
	"github.com/fugong/fugong/internal/standing/standingview"
	"github.com/fugong/fugong/internal/symptom/symptomhttp"
)

// standingCard explains where a person stands, on top of the file.
func (s *services) standingCard(ctx context.Context, q db.Q, sc authz.Scope, employee int64, v employeehttp.View) (ui.Standing, error) {
	st, err := s.standing.Explain(ctx, q, sc.Org, employee, v.Now)
	if err != nil {
		return ui.Standing{}, err
	}
	view := standingview.New(v.T, func(at time.Time) string { return httpd.DateTime(v.Printer, at, v.Zone) })
	return view.Card(st, v.Now), nil
}

// timeline brings together on one file what the features recorded about a person.
func (s *services) timeline() []employeehttp.TimelineSource {
	return []employeehttp.TimelineSource{
		{Kind: "sample", Entries: s.sampleEntries}, {Kind: "symptom", Entries: s.symptomEntries},
		{Kind: "reminder", Entries: s.reminderEntries}, {Kind: "reading", Entries: readingEntries},
	}
}

func (s *services) sampleEntries(ctx context.Context, q db.Q, sc authz.Scope, r employeehttp.TimelineRequest) ([]employeehttp.TimelineEntry, error) {
	when := func(at time.Time) string { return httpd.DateTime(r.View.Printer, at, r.View.Zone) }
	found, err := screeninghttp.Timeline(ctx, q, sc, r.Employee, r.Before, r.Limit, r.View.T, when)
	out := make([]employeehttp.TimelineEntry, len(found))
	for i, e := range found {
		out[i] = entryOf(e.At, e.Entry)
	}
	return out, err
}

func (s *services) symptomEntries(ctx context.Context, q db.Q, sc authz.Scope, r employeehttp.TimelineRequest) ([]employeehttp.TimelineEntry, error) {
	found, err := symptomhttp.Timeline(ctx, q, sc, s.symptoms, r.Employee, r.Before, r.Limit, r.View.T)
	out := make([]employeehttp.TimelineEntry, len(found))
	for i, e := range found {
		out[i] = entryOf(e.At, e.Entry)
	}
	return out, err
}

func entryOf(at time.Time, e ui.Entry) employeehttp.TimelineEntry {
	return employeehttp.TimelineEntry{At: at, Icon: e.Icon, Tone: e.Tone, Title: e.Title, Badges: e.Badges, Text: e.Text, Facts: e.Facts,
		Actor: e.Actor, Actions: e.Actions, Replaced: e.Replaced}
}

func (s *services) reminderEntries(ctx context.Context, q db.Q, sc authz.Scope, r employeehttp.TimelineRequest) ([]employeehttp.TimelineEntry, error) {
	if !sc.Can(authz.ReminderView) {
		return nil, nil
	}
	found, err := s.reminders.OfEmployee(ctx, q, sc.Org, r.Employee, r.Before, r.Limit)
	out := make([]employeehttp.TimelineEntry, len(found))
	for i, e := range found {
		out[i] = reminderEntry(r.View.T, e)
	}
	return out, err
}

func reminderEntry(t ui.Translate, e reminder.Entry) employeehttp.TimelineEntry {
	at := e.Planned
	if e.SentAt.Valid {
		at = e.SentAt.Time
	}
	tone, icon := ui.ToneNeutral, "away"
	switch e.State {
	case "sent":
		tone, icon = ui.ToneOK, "check"
	case "queued", "sending":
		tone, icon = ui.ToneInfo, "hourglass"
	case "failed", "unsure":
		tone, icon = ui.ToneWarn, "alert"
	}
	return employeehttp.TimelineEntry{At: at, Icon: "bell", Title: t("reminder.timeline", "Step", t("reminder.step."+e.Step)),
		Text: t("reminder.channel." + e.Channel), Badges: []ui.Badge{{Label: t("reminder.state." + e.State), Tone: tone, Icon: icon}}}
}

// readingEntries shows who opened the file; changes are told by the features that made them.
func readingEntries(ctx context.Context, q db.Q, sc authz.Scope, r employeehttp.TimelineRequest) ([]employeehttp.TimelineEntry, error) {
	found, err := audit.ReadingsBefore(ctx, q, sc.Org, r.Employee, r.Before, r.Limit)
	out := make([]employeehttp.TimelineEntry, len(found))
	for i, e := range found {
		out[i] = employeehttp.TimelineEntry{At: e.At, Icon: "eye", Title: r.View.T("audit.action." + e.Action), Text: e.Reason, Actor: e.ActorName}
	}
	return out, err
}
