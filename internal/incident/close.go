package incident

import (
	"context"
	"fmt"
	"github.com/fugong/fugong/internal/incident/plan"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

// Closing ends an incident.
type Closing struct {
	Outcome string // one of Outcomes; a drill has its own
	Text    string // looking back: what went well, what to mend
}

// Undone lists the steps that still stand before the closing. A follow-up does not: the outcome is what it waits for.
func Undone(steps []plan.Step) []plan.Step {
	return slices.DeleteFunc(slices.Clone(steps), func(s plan.Step) bool {
		return !s.Open() || s.Name == plan.CloseStep || s.Name == plan.FollowUp
	})
}

const sqlClose = `update incident set state = 'closed', outcome = $3, closed_by = $4, closed_by_name = $5, closed_at = $6
    where org_id = $1 and id = $2 and state = 'open'`

// Close ends an incident with an outcome and a look back. Every step must be done or left out; an open follow-up is done by the
// outcome. The holds stay: each is released by its own rule.
func (s *Service) Close(ctx context.Context, sc authz.Scope, incident int64, c Closing, at time.Time) error {
	if err := sc.Require(authz.IncidentRun); err != nil {
		return err
	}
	return s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		i, err := running(ctx, tx, sc, incident)
		if err != nil {
			return err
		}
		if i.Drill {
			c.Outcome = OutcomeDrill
		}
		if err := c.check(i.Drill).Err(); err != nil {
			return err
		}
		steps, err := stepsIn(ctx, tx, sc.Org, incident)
		if err != nil {
			return err
		}
		if undone := Undone(steps); len(undone) > 0 {
			return errs.New(errs.Conflict, "incident.refused.undone", "Count", len(undone))
		}
		for _, step := range steps {
			if !step.Open() {
				continue
			}
			if err := finish(ctx, tx, sc, StepID{incident, step.Name, step.Round}, at, false); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, sqlClose, sc.Org, incident, c.Outcome, sc.Account, sc.Actor, at); err != nil {
			return fmt.Errorf("close incident: %w", err)
		}
		return s.notes.closed(ctx, tx, sc, i, c, at)
	})
}

func (c Closing) check(drill bool) errs.Fields {
	f := errs.Fields{}
	if !drill && !slices.Contains(Outcomes(), c.Outcome) {
		f.Add("outcome", "error.required")
	}
	checkText(f, "text", c.Text, true)
	return f
}

// closed writes the closing down: in the record, in the log, and in the log of each person it was about.
func (b notebook) closed(ctx context.Context, q db.Q, sc authz.Scope, i Incident, c Closing, at time.Time) error {
	note := Body{Event: EventClosed, Outcome: c.Outcome, Text: c.Text}
	if err := b.write(ctx, q, sc, i.ID, stepKey{plan.CloseStep, 1}, note, nil, at); err != nil {
		return err
	}
	people, err := members(ctx, q, sc.Org, i.ID, indexRole)
	if err != nil {
		return err
	}
	for _, employee := range append(people, 0) {
		err := audit.Record(ctx, q, sc, at, audit.Event{Action: "incident.close", Subject: "incident", SubjectID: fmt.Sprint(i.ID), Employee: employee,
			Detail: map[string]any{"drill": i.Drill}})
		if err != nil {
			return err
		}
	}
	return nil
}
