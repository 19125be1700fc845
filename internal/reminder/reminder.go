// Package reminder keeps the ladder of reminders: it plans a step once for a person, a duty and a due instant, delivers it at
// most once on each channel, and not at all when by then the person complied, left or is held.
//
// The ledger is the truth. A step is a row that cannot be planned twice; a delivery is a row that is marked as being sent
// before the wire is touched. A process that dies in between leaves the delivery "unsure": shown, never sent again.
package reminder

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/i18n"
	"github.com/fugong/fugong/internal/platform/jobs"
	"github.com/fugong/fugong/internal/platform/mailer"
	"github.com/fugong/fugong/internal/platform/webhook"
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
	InApp   = "inapp"
	Email   = "email"
	WeCom   = "wecom"
	Webhook = "webhook"
)

// channels are worked through by senders of their own, so that a slow one holds up no other.
var channels = []string{InApp, Email, WeCom, Webhook}

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

// Gateway takes messages in batches; it answers for each, with errors classed by package outcome.
type Gateway interface {
	Post(ctx context.Context, batch []webhook.Message) []error
}

// MobilesOf finds the mobile numbers of people, in their order; an empty one means there is none on file.
type MobilesOf func(ctx context.Context, q db.Q, orgs []int32, employees []int64) ([]string, error)

// Config is what a Service needs. Without a Mailer no e-mail is sent, without a Gateway no message by HTTP; the gateway is told
// mobile numbers only if there is a way to find them.
type Config struct {
	DB      *db.DB
	Clock   clock.Clock
	Log     *slog.Logger
	Catalog *i18n.Catalog
	Mailer  Mailer
	Robots  Robots
	RobotOf RobotOf
	Gateway Gateway
	Mobiles MobilesOf
	BaseURL string // of the links in messages
}

// Service plans, sends and shows reminders.
type Service struct {
	Config
	carriers map[string]carrier
	rests    rests
}

// New returns a service.
func New(cfg Config) *Service {
	s := &Service{Config: cfg}
	s.carriers = map[string]carrier{InApp: inApp{}, Email: byMail{s}, WeCom: byRobot{s}, Webhook: byHook{s}}
	return s
}

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

func (s *Service) planAll(ctx context.Context, now time.Time) (string, error) {
	steps, err := s.Plan(ctx, now)
	if err != nil {
		return "", err
	}
	digests, err := s.PlanDigests(ctx, now)
	return fmt.Sprintf("%d steps, %d digests", steps, digests), err
}
