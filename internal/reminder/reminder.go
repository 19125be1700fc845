// Package reminder keeps the ladder of reminders: it plans a step once for a person, a duty and a due instant, delivers it at
// most once on each channel, and not at all when by then the person complied, left or is held.
//
// The ledger is the truth. A step is a row that cannot be planned twice; a delivery is a row that is marked as being sent
// before the wire is touched. A process that dies in between leaves the delivery "unsure": shown, never sent again.
package reminder

import (
	"context"
	"log/slog"
	"time"

	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/i18n"
	"github.com/fugong/fugong/internal/platform/jobs"
	"github.com/fugong/fugong/internal/platform/mailer"
)

// Steps of the ladder for the duty to be tested, as offsets from the due instant.
const (
	StepBefore = "t-24h"
	StepDue    = "t+0"
	StepNudge  = "nudge"
	StepDigest = "morning"
)

// Channels.
const (
	InApp = "inapp"
	Email = "email"
	WeCom = "wecom"
)

// Audiences.
const (
	ToWorker        = "worker"
	ToHealthOfficer = "health_officer"
)

// Mailer sends e-mail; its errors are classed by package outcome.
type Mailer interface {
	Send(ctx context.Context, m mailer.Message) error
}

// Robots writes into an org's group.
type Robots interface {
	Post(ctx context.Context, base, key, text string) error
}

// RobotOf finds the robot of an org; an empty key means it has none.
type RobotOf func(ctx context.Context, q db.Q, org int32) (base, key string, err error)

// Config is what a Service needs. Without a Mailer no e-mail is planned.
type Config struct {
	DB      *db.DB
	Clock   clock.Clock
	Log     *slog.Logger
	Catalog *i18n.Catalog
	Mailer  Mailer
	Robots  Robots
	RobotOf RobotOf
	BaseURL string // of the links in messages
}

// Service plans, sends and shows reminders.
type Service struct{ Config }

// New returns a service.
func New(cfg Config) *Service { return &Service{Config: cfg} }

var system = db.Tenant{System: true}

// Jobs are the planning, the digest and the sending. Each covers a range of time, so that a tick missed while the server was
// down is caught up by the next.
func (s *Service) Jobs() []jobs.Job {
	return []jobs.Job{
		{Name: "reminder.plan", Spec: "@every 1m", Run: func(ctx context.Context, _ time.Time) (string, error) {
			return s.planAll(ctx, s.Clock.Now())
		}},
		{Name: "reminder.send", Spec: "@every 5s", Timeout: 5 * time.Minute, Run: func(ctx context.Context, _ time.Time) (string, error) {
			return s.sendAll(ctx, s.Clock.Now())
		}},
	}
}
