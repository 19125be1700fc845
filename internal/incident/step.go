package incident

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/incident/plan"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

// StepID names a step of an incident.
type StepID struct {
	Incident int64
	Step     string
	Round    int
}

func (id StepID) key() stepKey { return stepKey{id.Step, id.Round} }

// Deed is what was done for a step.
type Deed struct {
	Text    string    // evidence: who was told, what was answered
	Photo   []byte    // as uploaded; nil for none
	DoneAt  time.Time // when it was done, if earlier than it is entered; zero: now
	Outcome string    // of a follow-up: what the clinic or the CDC concluded; "" while open
}

const sqlStep = `select ` + fragStep + ` from incident_step s
    where s.org_id = $1 and s.incident_id = $2 and s.step = $3 and s.round = $4`

func stepOf(ctx context.Context, q db.Q, org int32, id StepID) (plan.Step, error) {
	var r plan.Row
	if err := q.GetContext(ctx, &r, sqlStep, org, id.Incident, id.Step, id.Round); err != nil {
		return plan.Step{}, db.OneRow(err)
	}
	return r.Out(), nil
}

// Do records a step as done. Once it is, nobody can do it again: the second gets a Conflict. A follow-up without a conclusion plans
// the next one; one that does not exclude COVID asks for a new report to the authorities.
func (s *Service) Do(ctx context.Context, sc authz.Scope, id StepID, d Deed, at time.Time) error {
	if err := sc.Require(authz.IncidentRun, authz.IncidentStep); err != nil {
		return err
	}
	f := errs.Fields{}
	checkText(f, "text", d.Text, plan.NeedsText(id.Step))
	if d.Outcome != "" && (id.Step != plan.FollowUp || !slices.Contains(Outcomes(), d.Outcome)) {
		f.Add("outcome", "error.choice")
	}
	picture := cleanPhoto(f, d.Photo)
	if err := f.Err(); err != nil {
		return err
	}
	return s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		i, err := running(ctx, tx, sc, id.Incident)
		if err != nil {
			return err
		}
		step, err := stepOf(ctx, tx, sc.Org, id)
		if err != nil {
			return err
		}
		if !step.MayDo(sc) {
			return errs.New(errs.Forbidden, "error.forbidden")
		}
		done, err := doneAt(i, d.DoneAt, at)
		if err != nil {
			return err
		}
		if err := finish(ctx, tx, sc, id, done, false); err != nil {
			return err
		}
		if err := s.notes.write(ctx, tx, sc, id.Incident, id.key(), Body{Event: EventDone, Text: d.Text}, picture, at); err != nil {
			return err
		}
		if id.Step == plan.FollowUp {
			if err := s.followed(ctx, tx, sc, i, d.Outcome, done, at); err != nil {
				return err
			}
		}
		return auditStep(ctx, tx, sc, "incident.step", id, at)
	})
}

// doneAt is when a step was done: between the detection and now. Forms know minutes only, so the minute of the detection is it.
func doneAt(i Incident, said, at time.Time) (time.Time, error) {
	f := errs.Fields{}
	switch {
	case said.IsZero():
		return at, nil
	case said.After(at):
		f.Add("done_at", "incident.refused.future")
	case said.Before(i.DetectedAt.Truncate(time.Minute)):
		f.Add("done_at", "incident.refused.before")
	case said.Before(i.DetectedAt):
		return i.DetectedAt, nil
	}
	return said, f.Err()
}

const sqlFinish = `update incident_step set done_at = $5, done_by = $6, done_by_name = $7, skipped = $8
    where org_id = $1 and incident_id = $2 and step = $3 and round = $4 and done_at is null`

func finish(ctx context.Context, q db.Q, sc authz.Scope, id StepID, done time.Time, skipped bool) error {
	res, err := q.ExecContext(ctx, sqlFinish, sc.Org, id.Incident, id.Step, id.Round, done, sc.Account, sc.Actor, skipped)
	if err != nil {
		return fmt.Errorf("finish step: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errs.New(errs.Conflict, "incident.refused.done").Because(err)
	}
	return nil
}

const sqlSetOutcome = `update incident set outcome = $3 where org_id = $1 and id = $2`

// followed keeps what a follow-up brought. A suspicion is no end: it is asked after again.
func (s *Service) followed(ctx context.Context, q db.Q, sc authz.Scope, i Incident, outcome string, done, at time.Time) error {
	t, err := timesOf(ctx, q, s.rules, sc.Org, at)
	if err != nil {
		return err
	}
	if outcome != "" {
		if _, err := q.ExecContext(ctx, sqlSetOutcome, sc.Org, i.ID, outcome); err != nil {
			return fmt.Errorf("set outcome: %w", err)
		}
		if err := s.notes.write(ctx, q, sc, i.ID, stepKey{}, Body{Event: EventOutcome, Outcome: outcome}, nil, at); err != nil {
			return err
		}
	}
	if infected(outcome) && outcome != i.Outcome {
		if err := nextRound(ctx, q, sc.Org, i.ID, plan.ExternalReport, at, t); err != nil {
			return err
		}
	}
	if outcome != "" && outcome != Suspected {
		return nil
	}
	return nextRound(ctx, q, sc.Org, i.ID, plan.FollowUp, done, t)
}

func auditStep(ctx context.Context, q db.Q, sc authz.Scope, action string, id StepID, at time.Time) error {
	return audit.Record(ctx, q, sc, at, audit.Event{Action: action, Subject: "incident", SubjectID: fmt.Sprint(id.Incident),
		Detail: map[string]any{"step": id.Step, "round": id.Round}})
}

// change runs fn on an open step of a running incident, for whoever runs incidents.
func (s *Service) change(ctx context.Context, sc authz.Scope, id StepID, fn func(tx *sqlx.Tx, step plan.Step) error) error {
	return s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		if _, err := running(ctx, tx, sc, id.Incident); err != nil {
			return err
		}
		step, err := stepOf(ctx, tx, sc.Org, id)
		if err != nil {
			return err
		}
		if !step.Open() {
			return errs.New(errs.Conflict, "incident.refused.done")
		}
		return fn(tx, step)
	})
}

// Skip leaves a step out for a reason. The closing cannot be.
func (s *Service) Skip(ctx context.Context, sc authz.Scope, id StepID, reason string, at time.Time) error {
	if err := sc.Require(authz.IncidentRun); err != nil {
		return err
	}
	f := errs.Fields{}
	checkText(f, "reason", reason, true)
	if err := f.Err(); err != nil {
		return err
	}
	if id.Step == plan.CloseStep {
		return errs.Missing()
	}
	return s.change(ctx, sc, id, func(tx *sqlx.Tx, _ plan.Step) error {
		if err := finish(ctx, tx, sc, id, at, true); err != nil {
			return err
		}
		if err := s.notes.write(ctx, tx, sc, id.Incident, id.key(), Body{Event: EventSkipped, Text: reason}, nil, at); err != nil {
			return err
		}
		return auditStep(ctx, tx, sc, "incident.skip", id, at)
	})
}

// Request notes that the CDC asked for support: names, attendance, doors, cameras. It has no deadline, but an incident is not closed
// before it is done.
func (s *Service) Request(ctx context.Context, sc authz.Scope, incident int64, text string, at time.Time) error {
	if err := sc.Require(authz.IncidentRun); err != nil {
		return err
	}
	f := errs.Fields{}
	checkText(f, "text", text, true)
	if err := f.Err(); err != nil {
		return err
	}
	return s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		if _, err := running(ctx, tx, sc, incident); err != nil {
			return err
		}
		if err := nextRound(ctx, tx, sc.Org, incident, plan.EpiSupport, at, times{}); err != nil {
			return err
		}
		if err := s.notes.write(ctx, tx, sc, incident, stepKey{step: plan.EpiSupport}, Body{Event: EventRequested, Text: text}, nil, at); err != nil {
			return err
		}
		return auditStep(ctx, tx, sc, "incident.request", StepID{Incident: incident, Step: plan.EpiSupport}, at)
	})
}
