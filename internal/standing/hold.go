package standing

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

// Hold kinds put by people or records. Holds that follow from a result are derived by regime and not stored.
const HoldSymptom = "symptom"

// Hold is a reason why someone may not be on post, from an instant until it is released or ends.
type Hold struct {
	ID       int64        `db:"id"`
	Employee int64        `db:"employee_id"`
	Kind     string       `db:"kind"`
	Source   string       `db:"source"` // the record that called for it, for instance symptom_report
	SourceID int64        `db:"source_id"`
	From     time.Time    `db:"from_at"`
	To       sql.NullTime `db:"to_at"`
	By       int64        `db:"created_by"`
	At       time.Time    `db:"created_at"`

	ReleasedAt    sql.NullTime  `db:"released_at"`
	ReleasedBy    sql.NullInt64 `db:"released_by"`
	ReleaseReason string        `db:"release_reason"`
}

const sqlPutHold = `insert into hold (org_id, employee_id, kind, source, source_id, from_at, to_at, created_by, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id`

// PutHold stores a hold in the caller's transaction and evaluates the person. A permission is not asked for: the caller's
// record is the ground.
func (s *Service) PutHold(ctx context.Context, q db.Q, sc authz.Scope, h Hold, at time.Time) (int64, error) {
	var id int64
	err := q.GetContext(ctx, &id, sqlPutHold, sc.Org, h.Employee, h.Kind, h.Source, h.SourceID, h.From, h.To, sc.Account, at)
	if err != nil {
		return 0, fmt.Errorf("put hold: %w", err)
	}
	return id, s.Apply(ctx, q, sc.Org, []int64{h.Employee}, at)
}

const sqlHoldsOf = `select id, employee_id, kind, source, coalesce(source_id, 0) as source_id, from_at, to_at, created_by,
        created_at, released_at, released_by, release_reason
    from hold where org_id = $1 and employee_id = $2 order by from_at desc, id desc`

// Holds lists every hold of a person, the newest first.
func (s *Service) Holds(ctx context.Context, q db.Q, org int32, employee int64) ([]Hold, error) {
	var hs []Hold
	if err := q.SelectContext(ctx, &hs, sqlHoldsOf, org, employee); err != nil {
		return nil, fmt.Errorf("read holds: %w", err)
	}
	return hs, nil
}

const sqlRelease = `update hold set released_at = $4, released_by = $5, release_reason = $6
    where org_id = $1 and employee_id = $2 and id = $3 and released_at is null returning kind`

const maxReason = 200

// ReleaseHold ends a hold for a reason. It answers NotFound for a foreign hold and one already released alike.
func (s *Service) ReleaseHold(ctx context.Context, sc authz.Scope, employee, hold int64, reason string, at time.Time) error {
	if err := sc.Require(authz.HoldRelease); err != nil {
		return err
	}
	f := errs.Fields{}
	switch n := len([]rune(reason)); {
	case n == 0:
		f.Add("reason", "error.required")
	case n > maxReason:
		f.Add("reason", "error.too_long", "Max", maxReason)
	}
	if err := f.Err(); err != nil {
		return err
	}
	return s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		var kind string
		if err := tx.GetContext(ctx, &kind, sqlRelease, sc.Org, employee, hold, at, sc.Account, reason); err != nil {
			return db.OneRow(err)
		}
		if err := s.Apply(ctx, tx, sc.Org, []int64{employee}, at); err != nil {
			return err
		}
		return audit.Record(ctx, tx, sc, at, audit.Event{Action: "hold.release", Subject: "hold", SubjectID: fmt.Sprint(hold),
			Employee: employee, Reason: reason, Detail: map[string]any{"kind": kind}})
	})
}
