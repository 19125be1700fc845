package rulebook

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/jobs"
	"github.com/fugong/fugong/internal/platform/stamp"
)

// Two runs of one recomputation do no harm: the second finds an enterprise counted.
const sqlRebuilt = `update rule_change set rebuilt_to = $2, rebuilt_people = rebuilt_people + $3 where id = $1 and rebuilt_to < $2`

const sqlRebuiltAll = `update rule_change set rebuilt_at = $2 where id = $1`

// recompute is the task that evaluates everyone anew whom a confirmed change concerns, enterprise by enterprise, each in its own
// transaction together with the note of how far it has come: a killed task goes on after the last enterprise that was done.
func (w tasks) recompute(ctx context.Context, t jobs.Task, _ bool, progress jobs.Progress) error {
	if err := w.untilKnown(ctx); err != nil {
		return err
	}
	c, err := w.loadForJob(ctx, t.Ref)
	if err != nil || c.State != Confirmed || !c.RebuiltAt.IsZero() {
		return err
	}
	orgs, err := w.concerned(ctx, c.Place)
	if err != nil {
		return err
	}
	done, people := int64(0), headcount(orgs)
	for _, o := range orgs {
		if o.ID > c.RebuiltTo {
			if err := w.rebuild(ctx, c.ID, o.ID); err != nil {
				return fmt.Errorf("recompute org %d for change %d: %w", o.ID, c.ID, err)
			}
		}
		done += o.People
		progress(done, people)
	}
	return w.db.InTx(ctx, db.Tenant{System: true}, func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, sqlRebuiltAll, c.ID, w.clock.Now())
		return err
	})
}

// untilKnown waits until no server can have the rules of before in mind.
func (w tasks) untilKnown(ctx context.Context) error {
	wait := time.NewTimer(w.cacheFor)
	defer wait.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-wait.C:
		w.forget() // with a clock that stands, nothing would age
		return nil
	}
}

func (w tasks) rebuild(ctx context.Context, change int64, org int32) error {
	return w.db.InTx(ctx, db.Tenant{Org: org, System: true}, func(tx *sqlx.Tx) error {
		n, err := w.standings.Rebuild(ctx, tx, org, w.clock.Now())
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, sqlRebuilt, change, org, n)
		return err
	})
}

// OrgMoved queues the evaluation of everyone of an enterprise that other rules apply to since a change of the enterprise itself, in
// the transaction of that change.
func (s *Service) OrgMoved(ctx context.Context, q db.Q, org int32) error {
	if err := stamp.Raise(ctx, q, stamp.Rules); err != nil {
		return err
	}
	_, err := jobs.Enqueue(ctx, q, org, TaskOrg, int64(org))
	return err
}

func (w tasks) recomputeOrg(ctx context.Context, t jobs.Task, _ bool, _ jobs.Progress) error {
	if err := w.untilKnown(ctx); err != nil {
		return err
	}
	return w.db.InTx(ctx, db.Tenant{Org: int32(t.Ref), System: true}, func(tx *sqlx.Tx) error {
		_, err := w.standings.Rebuild(ctx, tx, int32(t.Ref), w.clock.Now())
		return err
	})
}

// Recompute queues the recomputation of a confirmed change again, after it failed.
func (s *Service) Recompute(ctx context.Context, sc authz.Scope, id int64, at time.Time) error {
	return s.decide(ctx, sc, id, func(tx *sqlx.Tx, c Change) error {
		if _, err := jobs.Enqueue(ctx, tx, c.taskOrg(), TaskRecompute, id); err != nil {
			return err
		}
		return record(ctx, tx, sc, at, "rules.recompute", id, c, "")
	}, Confirmed)
}
