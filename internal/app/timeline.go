package app

import (
	"context"

	"github.com/fugong/fugong/internal/dispute/disputehttp"
	"github.com/fugong/fugong/internal/employee/employeehttp"
	"github.com/fugong/fugong/internal/exemption/exemptionview"
	"github.com/fugong/fugong/internal/hold/holdhttp"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/incident/incidenthttp"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/reminder"
	"github.com/fugong/fugong/internal/returning/returninghttp"
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
	card := standingview.New(v.T, v.When).Card(st, v.Now)
	card.Links = []ui.Link{{Label: v.T("standing.ask.more"), Href: "/employees/" + decimal(employee) + "/standing"}}
	return card, nil
}

// timeline brings together on one file what the features recorded about a person.
func (s *services) timeline() []employeehttp.TimelineSource {
	type request = employeehttp.TimelineRequest
	source := func(kind string, read func(context.Context, db.Q, authz.Scope, request) ([]ui.Dated, error)) employeehttp.TimelineSource {
		return employeehttp.TimelineSource{Kind: kind, Entries: read}
	}
	return []employeehttp.TimelineSource{
		source("sample", func(ctx context.Context, q db.Q, sc authz.Scope, r request) ([]ui.Dated, error) {
			return screeninghttp.Timeline(ctx, q, sc, r.Employee, r.Before, r.Limit, r.View.T, r.View.When)
		}),
		source("symptom", func(ctx context.Context, q db.Q, sc authz.Scope, r request) ([]ui.Dated, error) {
			return symptomhttp.Timeline(ctx, q, sc, s.symptoms, r.Employee, r.Before, r.Limit, r.View.T)
		}),
		source("hold", func(ctx context.Context, q db.Q, sc authz.Scope, r request) ([]ui.Dated, error) {
			return holdhttp.Timeline(ctx, q, sc, s.holds, r.Employee, r.Before, r.Limit, r.View.T, r.View.When)
		}),
		source("incident", func(ctx context.Context, q db.Q, sc authz.Scope, r request) ([]ui.Dated, error) {
			return incidenthttp.Timeline(ctx, q, sc, r.Employee, r.Before, r.Limit, r.View.T)
		}),
		source("return", func(ctx context.Context, q db.Q, sc authz.Scope, r request) ([]ui.Dated, error) {
			return returninghttp.Timeline(ctx, q, sc, s.returns, r.Employee, r.Before, r.Limit, r.View.T)
		}),
		source("exemption", func(ctx context.Context, q db.Q, sc authz.Scope, r request) ([]ui.Dated, error) {
			return excuseView(r.View).Timeline(ctx, q, sc, r.Employee, r.Before, r.Limit)
		}),
		source("dispute", func(ctx context.Context, q db.Q, sc authz.Scope, r request) ([]ui.Dated, error) {
			return disputehttp.Timeline(ctx, q, sc, s.disputes, r.Employee, r.Before, r.Limit, r.View.T)
		}),
		source("reminder", s.reminderEntries), source("reading", readingEntries),
	}
}

func excuseView(v employeehttp.View) exemptionview.View {
	return exemptionview.View{T: v.T, When: v.When, Zone: v.Zone, Now: v.Now}
}

// fileFacts are particulars of a file that other features know.
func (s *services) fileFacts(ctx context.Context, q db.Q, sc authz.Scope, employee int64, v employeehttp.View) ([]ui.Fact, error) {
	return excuseView(v).Facts(ctx, q, sc, employee)
}

func (s *services) reminderEntries(ctx context.Context, q db.Q, sc authz.Scope, r employeehttp.TimelineRequest) ([]ui.Dated, error) {
	if !sc.Can(authz.ReminderView) {
		return nil, nil
	}
	found, err := s.reminders.OfEmployee(ctx, q, sc.Org, r.Employee, r.Before, r.Limit)
	out := make([]ui.Dated, len(found))
	for i, e := range found {
		out[i] = reminderEntry(r.View.T, e)
	}
	return out, err
}

func reminderEntry(t ui.Translate, e reminder.Entry) ui.Dated {
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
	return ui.Dated{At: at, Entry: ui.Entry{Icon: "bell", Title: t("reminder.timeline", "Step", t("reminder.step."+e.Step)),
		Text: t("reminder.channel." + e.Channel), Badges: []ui.Badge{{Label: t("reminder.state." + e.State), Tone: tone, Icon: icon}}}}
}

// readingEntries shows who opened the file; changes are told by the features that made them.
func readingEntries(ctx context.Context, q db.Q, sc authz.Scope, r employeehttp.TimelineRequest) ([]ui.Dated, error) {
	found, err := audit.ReadingsBefore(ctx, q, sc.Org, r.Employee, r.Before, r.Limit)
	out := make([]ui.Dated, len(found))
	for i, e := range found {
		out[i] = ui.Dated{At: e.At, Entry: ui.Entry{Icon: "eye", Title: r.View.T("audit.action." + e.Action), Text: e.Reason, Actor: e.ActorName}}
	}
	return out, err
}
