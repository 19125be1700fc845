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

// recompute is the task that evaluates everyone anew whom a confirmed change concerns, many enterprises at once, and notes how far it
// has come: a killed task goes on after the last enterprise that was done.
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
	if err := w.rebuild(ctx, c, orgs, progress); err != nil {
		return fmt.Errorf("recompute for change %d: %w", c.ID, err)
	}
	return w.db.InTx(ctx, db.Tenant{System: true}, func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, sqlRebuiltAll, c.ID, w.clock.Now())
		return err
	})
}

// rebuild evaluates those whom an earlier run has not.
func (w tasks) rebuild(ctx context.Context, c Change, orgs []affected, progress jobs.Progress) error {
	people, done := headcount(orgs), int64(0)
	var left []int32
	for _, o := range orgs {
		if o.ID > c.RebuiltTo {
			left = append(left, o.ID)
		} else {
			done += o.People
		}
	}
	to, more := c.RebuiltTo, 0 // people since the note
	return w.standings.RebuildOrgs(ctx, left, func(upTo int32, n int) error {
		done, more = done+int64(n), more+n
		progress(min(done, people), people)
		if upTo <= to {
			return nil // within a large enterprise
		}
		err := w.db.InTx(ctx, db.Tenant{System: true}, func(tx *sqlx.Tx) error {
			_, err := tx.ExecContext(ctx, sqlRebuilt, c.ID, upTo, more)
			return err
		})
		to, more = upTo, 0
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
	return w.standings.RebuildOrgs(ctx, []int32{int32(t.Ref)}, func(int32, int) error { return nil })
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
