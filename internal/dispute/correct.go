package dispute

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
)

// errTakenBack ends the transaction of a preview.
var errTakenBack = errors.New("preview")

// Preview does the whole batch and takes it back, so that it shows exactly what doing it brings, standings included.
func (c *Corrections) Preview(ctx context.Context, sc authz.Scope, ch Change, at time.Time) (Plan, error) {
	if err := sc.Require(authz.SampleRecord); err != nil {
		return Plan{}, err
	}
	if err := ch.check(); err != nil {
		return Plan{}, err
	}
	var p Plan
	err := c.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) (err error) {
		if p, err = c.plan(ctx, tx, sc, &ch, at); err != nil {
			return err
		}
		if err := c.run(ctx, tx, sc, &ch, p.Rows, "preview", at); err != nil {
			return err
		}
		return errTakenBack
	})
	if errors.Is(err, errTakenBack) {
		err = nil
	}
	return p, err
}

func (c *Corrections) plan(ctx context.Context, q db.Q, sc authz.Scope, ch *Change, at time.Time) (p Plan, err error) {
	if p.Rows, p.Unknown, err = choose(ctx, q, sc.Org, ch, at); err != nil {
		return p, err
	}
	p.Token, err = ch.token(p.Rows)
	return p, err
}

// Do does a batch on the rows that its preview showed, in one transaction, and returns its id. Are they others by now, the
// answer is a Conflict. A row that is refused does not hold up the others; a batch that changes nothing is Invalid.
func (c *Corrections) Do(ctx context.Context, sc authz.Scope, ch Change, token, reason string, at time.Time) (int64, error) {
	if err := sc.Require(authz.SampleRecord); err != nil {
		return 0, err
	}
	if err := ch.check(); err != nil {
		return 0, err
	}
	reason, err := checkText("reason", reason, maxReason)
	if err != nil {
		return 0, err
	}
	var id int64
	err = c.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		p, err := c.plan(ctx, tx, sc, &ch, at)
		if err != nil {
			return err
		}
		if p.Token != token {
			return errs.New(errs.Conflict, "dispute.refused.other_rows")
		}
		if err := c.run(ctx, tx, sc, &ch, p.Rows, reason, at); err != nil {
			return err
		}
		if p.Counts().Corrected == 0 {
			return errs.New(errs.Invalid, "dispute.refused.nothing")
		}
		id, err = c.keep(ctx, tx, sc, Batch{Kind: ch.Kind, Change: ch, Reason: reason, Rows: p.Rows}, at)
		return err
	})
	return id, err
}

// run changes the records and fills in what became of each row.
func (c *Corrections) run(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, ch *Change, rows []Row, reason string, at time.Time) error {
	if len(rows) == 0 {
		return nil
	}
	before, err := look(ctx, tx, sc.Org, rows, at)
	if err != nil {
		return err
	}
	if ch.Kind == Add {
		err = c.add(ctx, tx, sc, ch, rows, before, reason, at)
	} else {
		err = c.amend(ctx, tx, sc, ch, rows, reason, at)
	}
	if err != nil {
		return err
	}
	return compare(ctx, tx, sc.Org, rows, before, at)
}

func (c *Corrections) amend(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, ch *Change, rows []Row, reason string, at time.Time) error {
	as := make([]screening.Amendment, len(rows))
	for i, r := range rows {
		as[i] = screening.Amendment{Key: screening.NewKey(r.Employee, r.Old.SampledAt), Changes: screening.Changes{Rev: r.rev}}
		switch ch.Kind {
		case Move:
			as[i].MoveTo = r.target
		case Cancel:
			void := regime.Cancelled
			as[i].Result = &void
		case Report:
			if ch.Result != 0 {
				as[i].Result = &ch.Result
			}
			if !ch.ReportedAt.IsZero() {
				as[i].ReportedAt = &ch.ReportedAt
			}
		}
	}
	outcomes, err := c.samples.Amend(ctx, tx, sc, as, reason, at)
	for i, o := range outcomes {
		rows[i].Kind, rows[i].Message = o.Kind, o.Message
	}
	return err
}

// add records the missing samples. Where one stands at that instant already, there is nothing to add.
func (c *Corrections) add(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, ch *Change, rows []Row, before seen, reason string, at time.Time) error {
	var ins []screening.Input
	var places []int
	for i := range rows {
		r := &rows[i]
		if was, ok := before.records[screening.NewKey(r.Employee, r.target)]; ok {
			if r.Kind, r.Message = screening.Refused, errs.Msg("screening.refused.taken"); was.Result == ch.Result.String() {
				r.Kind, r.Message = screening.Duplicate, errs.Message{}
			}
			continue
		}
		ins = append(ins, screening.Input{Employee: r.Employee, SampledAt: r.target, ReportedAt: ch.ReportedAt, Result: ch.Result,
			Mode: ch.Mode, Institution: ch.Institution, LateReason: reason})
		places = append(places, i)
	}
	if len(ins) == 0 {
		return nil
	}
	outcomes, err := c.samples.Merge(ctx, tx, sc, ins, at)
	for i, o := range outcomes {
		rows[places[i]].Kind, rows[places[i]].Message = o.Kind, o.Message
	}
	return err
}

const sqlKeep = `insert into correction_batch (org_id, kind, undoes, change, reason, selected, corrected, unchanged, refused, outcome, actor,
        actor_name, at)
    values ($1, $2, nullif($3, 0::bigint), $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) returning id`

// keep stores a batch with what became of it.
func (c *Corrections) keep(ctx context.Context, q db.Q, sc authz.Scope, b Batch, at time.Time) (int64, error) {
	n := count(b.Rows)
	var id int64
	err := q.GetContext(ctx, &id, sqlKeep, sc.Org, string(b.Kind), b.Undoes, db.J(b.Change), b.Reason, len(b.Rows), n.Corrected, n.Unchanged,
		n.Refused, db.J(b.Rows), sc.Account, sc.Actor, at)
	if db.Constraint(err) == "correction_undone" {
		return 0, errs.New(errs.Conflict, "dispute.refused.undone").Because(err)
	}
	if err != nil {
		return 0, fmt.Errorf("store batch: %w", err)
	}
	return id, audit.Record(ctx, q, sc, at, audit.Event{Action: "correction.batch", Subject: "correction", SubjectID: strconv.FormatInt(id, 10),
		Reason: b.Reason, Detail: map[string]any{"kind": b.Kind, "corrected": n.Corrected, "unchanged": n.Unchanged, "refused": n.Refused, "undoes": b.Undoes}})
}
