package dispute

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/page"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
)

// Batch is a batch that was done.
type Batch struct {
	ID       int64
	Kind     Kind
	Undoes   int64 // the batch that this one took back, 0 if none
	UndoneBy int64 // the batch that took this one back, 0 if none
	Change   Change
	Reason   string
	Selected int
	Counts
	Actor string
	At    time.Time
	Rows  []Row // of one batch that was asked for; a list has none
}

// MayUndo reports whether the batch can be taken back, if its records are as it left them.
func (b *Batch) MayUndo() bool { return b.Kind != Undo && b.UndoneBy == 0 && b.Corrected > 0 }

type batchRow struct {
	ID        int64           `db:"id"`
	Kind      string          `db:"kind"`
	Undoes    int64           `db:"undoes"`
	UndoneBy  int64           `db:"undone_by"`
	Change    db.JSON[Change] `db:"change"`
	Reason    string          `db:"reason"`
	Selected  int             `db:"selected"`
	Corrected int             `db:"corrected"`
	Unchanged int             `db:"unchanged"`
	Refused   int             `db:"refused"`
	Actor     string          `db:"actor_name"`
	At        time.Time       `db:"at"`
}

func (r *batchRow) batch() Batch {
	return Batch{ID: r.ID, Kind: Kind(r.Kind), Undoes: r.Undoes, UndoneBy: r.UndoneBy, Change: r.Change.V, Reason: r.Reason, Selected: r.Selected,
		Counts: Counts{r.Corrected, r.Unchanged, r.Refused}, Actor: r.Actor, At: r.At}
}

const fragBatch = `select b.id, b.kind, coalesce(b.undoes, 0) as undoes, b.change, b.reason, b.selected, b.corrected, b.unchanged, b.refused,
        b.actor_name, b.at,
        coalesce((select u.id from correction_batch u where u.org_id = b.org_id and u.undoes = b.id), 0) as undone_by`

// BatchFilter chooses batches of an org.
type BatchFilter struct {
	Kind  Kind   // "" for all
	Query string // part of the reason or of who did it
	page.Request
}

const sqlBatches = fragBatch + `, (select count(*) from correction_batch c where c.org_id = $1 and ($2::text = '' or c.kind = $2)
            and ($3::text = '' or strpos(c.reason, $3) > 0 or strpos(c.actor_name, $3) > 0)) as total
    from correction_batch b
    where b.org_id = $1 and ($2::text = '' or b.kind = $2) and ($3::text = '' or strpos(b.reason, $3) > 0 or strpos(b.actor_name, $3) > 0)
        and case when $4::boolean then b.id > $5 else b.id < $5 end
    order by case when $4::boolean then b.id end, b.id desc limit $6`

// Batches pages through the batches of the org, the newest first.
func (c *Corrections) Batches(ctx context.Context, sc authz.Scope, f BatchFilter) (page.Result[Batch], error) {
	var res page.Result[Batch]
	if err := sc.Require(authz.SampleRecord); err != nil {
		return res, err
	}
	var rows []struct {
		batchRow
		Total int `db:"total"`
	}
	err := c.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		return tx.SelectContext(ctx, &rows, sqlBatches, sc.Org, string(f.Kind), f.Query, f.Back(), f.start(), f.Limit()+1)
	})
	if err != nil {
		return res, fmt.Errorf("list batches: %w", err)
	}
	out, total := make([]Batch, len(rows)), 0
	for i := range rows {
		out[i], total = rows[i].batch(), rows[i].Total
	}
	return page.Cut(f.Request, out, total, func(b Batch) string { return page.Cursor(strconv.FormatInt(b.ID, 10)) }), nil
}

// start is the cursor, or one before every row when there is none or a broken one.
func (f BatchFilter) start() int64 {
	cursor := f.After
	if f.Back() {
		cursor = f.Before
	}
	if keys, ok := page.Keys(cursor, 1); ok {
		if id, err := strconv.ParseInt(keys[0], 10, 64); err == nil {
			return id
		}
	}
	if f.Back() {
		return 0
	}
	return math.MaxInt64
}

const sqlBatch = fragBatch + ` from correction_batch b where b.org_id = $1 and b.id = $2`

const sqlOutcome = `select outcome from correction_batch where org_id = $1 and id = $2`

// Batch opens a batch with its rows.
func (c *Corrections) Batch(ctx context.Context, sc authz.Scope, id int64) (Batch, error) {
	if err := sc.Require(authz.SampleRecord); err != nil {
		return Batch{}, err
	}
	var b Batch
	err := c.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) (err error) {
		b, err = batchOf(ctx, tx, sc.Org, id)
		return err
	})
	return b, err
}

func batchOf(ctx context.Context, q db.Q, org int32, id int64) (Batch, error) {
	var r batchRow
	if err := q.GetContext(ctx, &r, sqlBatch, org, id); err != nil {
		return Batch{}, db.OneRow(err)
	}
	b := r.batch()
	var rows db.JSON[[]Row]
	if err := q.GetContext(ctx, &rows, sqlOutcome, org, id); err != nil {
		return Batch{}, db.OneRow(err)
	}
	b.Rows = rows.V
	return b, name(ctx, q, org, b.Rows)
}

// Export is Batch for taking the rows out, which is written down.
func (c *Corrections) Export(ctx context.Context, sc authz.Scope, id int64, at time.Time) (Batch, error) {
	if err := sc.Require(authz.EmployeeExport); err != nil {
		return Batch{}, err
	}
	var b Batch
	err := c.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) (err error) {
		if b, err = batchOf(ctx, tx, sc.Org, id); err != nil {
			return err
		}
		return audit.Record(ctx, tx, sc, at, audit.Event{Action: "correction.export", Subject: "correction", SubjectID: strconv.FormatInt(id, 10),
			Read: true, Detail: map[string]any{"rows": len(b.Rows)}})
	})
	return b, err
}

// Undo takes a batch back by a further one: every record says again what it said before, and a record that the batch added is
// cancelled. It is done in whole or, if one record is not as the batch left it, answered by a Conflict.
func (c *Corrections) Undo(ctx context.Context, sc authz.Scope, id int64, reason string, at time.Time) (int64, error) {
	if err := sc.Require(authz.SampleRecord); err != nil {
		return 0, err
	}
	reason, err := checkText("reason", reason, maxReason)
	if err != nil {
		return 0, err
	}
	var undo int64
	err = c.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		b, err := batchOf(ctx, tx, sc.Org, id)
		if err != nil {
			return err
		}
		if !b.MayUndo() {
			return errs.New(errs.Conflict, "dispute.refused.undone")
		}
		rows := back(b.Rows)
		before, err := look(ctx, tx, sc.Org, rows, at)
		if err != nil {
			return err
		}
		if err := c.restore(ctx, tx, sc, b.Rows, reason, at); err != nil {
			return err
		}
		if err := compare(ctx, tx, sc.Org, rows, before, at); err != nil {
			return err
		}
		undo, err = c.keep(ctx, tx, sc, Batch{Kind: Undo, Undoes: id, Change: Change{Kind: Undo}, Reason: reason, Rows: rows}, at)
		return err
	})
	return undo, err
}

// back turns the rows that changed something around.
func back(rows []Row) []Row {
	var out []Row
	for _, r := range rows {
		if !r.Changed() {
			continue
		}
		to := r.Old.SampledAt
		if to.IsZero() {
			to = r.New.SampledAt // a record that was added is cancelled where it stands
		}
		out = append(out, Row{Employee: r.Employee, Old: r.New, Kind: screening.Updated, target: to})
	}
	return out
}

// restore brings the records back that a batch touched.
func (c *Corrections) restore(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, rows []Row, reason string, at time.Time) error {
	var as []screening.Amendment
	for _, r := range rows {
		for _, t := range r.Touched {
			a := screening.Amendment{Key: screening.NewKey(r.Employee, t.SampledAt), Changes: screening.Changes{Rev: t.Is}, Version: t.Was}
			if t.Was == 0 {
				void := regime.Cancelled
				a.Result = &void
			}
			as = append(as, a)
		}
	}
	outcomes, err := c.samples.Amend(ctx, tx, sc, as, reason, at)
	if err != nil {
		return err
	}
	refused := 0
	for _, o := range outcomes {
		if o.Kind == screening.Refused {
			refused++
		}
	}
	if refused > 0 {
		return errs.New(errs.Conflict, "dispute.refused.changed_since", "N", refused)
	}
	return nil
}
