// Package incident runs the response to a hold that calls for one, by the clock. It is the only writer of incident, incident_step,
// incident_person and incident_note.
//
// An incident is opened in the transaction of the hold, once per person and episode, or by hand; each of its steps has an owner, a
// deadline taken from the rule pack, and evidence of what was done. A step past its deadline is told to the next level, each level
// once. A drill is the same in everything but that it holds nobody, counts in no figure and is never seen by the bureau.
//
// People stand apart from clocks: the tables of the incident and its steps name nobody concerned, so the bureau may read them.
package incident

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/secret"
	"github.com/fugong/fugong/internal/regime"
)

// States of an incident.
const (
	Open   = "open"
	Closed = "closed"
)

// Outcomes an incident may be closed with. OutcomeDrill is every drill's.
const (
	Excluded     = "excluded"
	Suspected    = "suspected"
	Confirmed    = "confirmed"
	Asymptomatic = "asymptomatic"
	OtherDisease = "other_disease"
	OutcomeDrill = "drill"
)

// Outcomes lists what a clinic or the CDC may conclude, in order of display.
func Outcomes() []string { return []string{Excluded, OtherDisease, Suspected, Confirmed, Asymptomatic} }

// infected reports whether an outcome means that COVID is not excluded: the authorities are then told anew.
func infected(outcome string) bool {
	return outcome == Suspected || outcome == Confirmed || outcome == Asymptomatic
}

// Incident is the head of a response.
type Incident struct {
	ID          int64        `db:"id"`
	Kind        string       `db:"kind"` // of the gravest hold behind it; "" for a reader who may not know
	Drill       bool         `db:"drill"`
	DetectedAt  time.Time    `db:"detected_at"` // when the enterprise learnt of it: the deadlines count from here
	Team        int64        `db:"team_id"`     // 0 where several teams or none are concerned
	Place       string       `db:"place"`
	State       string       `db:"state"`
	Outcome     string       `db:"outcome"`
	Pack        string       `db:"pack"`
	PackVersion int          `db:"pack_version"`
	OpenedBy    string       `db:"opened_by_name"` // "" when a hold opened it
	OpenedAt    time.Time    `db:"opened_at"`
	ClosedBy    string       `db:"closed_by_name"`
	ClosedAt    sql.NullTime `db:"closed_at"`
}

// IsOpen reports whether the response goes on.
func (i *Incident) IsOpen() bool { return i.State == Open }

// Source is the source of the holds that this package puts.
const Source = "incident"

// Rules gives the rules of an org as confirmed by an instant; zero is by now.
type Rules interface {
	For(ctx context.Context, q db.Q, org int32, known time.Time) (regime.Rules, error)
}

// Holds keeps people off post and says what releases them.
type Holds interface {
	PutAll(ctx context.Context, q db.Q, sc authz.Scope, holds []hold.Hold, at time.Time) ([]int64, error)
	OpenAll(ctx context.Context, q db.Q, org int32, employees []int64) ([]hold.Hold, error)
	Checks(ctx context.Context, q db.Q, org int32, holds []hold.Hold, at time.Time) ([]regime.ReleaseCheck, error)
}

// Service runs incidents.
type Service struct {
	db        *db.DB
	notes     notebook
	rules     Rules
	holds     Holds
	notifiers []Notifier
}

// New returns a service that tells escalations in the incident's own record.
func New(d *db.DB, box *secret.Box, rules Rules, holds Holds) *Service {
	s := &Service{db: d, notes: notebook{box}, rules: rules, holds: holds}
	s.notifiers = []Notifier{inApp{s.notes}}
	return s
}

// Notify adds a way of telling escalations. Call it before the service is used.
func (s *Service) Notify(n Notifier) { s.notifiers = append(s.notifiers, n) }

// maxText bounds evidence, notes and reasons.
const maxText = 1000

func checkText(f errs.Fields, field, text string, required bool) {
	switch n := len([]rune(text)); {
	case n == 0 && required:
		f.Add(field, "error.required")
	case n > maxText:
		f.Add(field, "error.too_long", "Max", maxText)
	}
}

// openHolds lists the holds of people that are in force at the instant or will be later.
func openHolds(ctx context.Context, q db.Q, from Holds, org int32, employees []int64, at time.Time) ([]hold.Hold, error) {
	holds, err := from.OpenAll(ctx, q, org, employees)
	return slices.DeleteFunc(holds, func(h hold.Hold) bool { return !h.Open(at) }), err
}
