package hold

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

// VoidAlone is how long whoever put a hold by mistake may take it back alone. Later it takes another person, since to void a hold
// is to pass by its rule of release.
const VoidAlone = time.Hour

// MayVoid reports whether the scope may say of a hold that it was entered in error: one put by hand and in force, by its author
// within VoidAlone or by another person.
func MayVoid(sc authz.Scope, h Hold, at time.Time) bool {
	byHand := h.Source == SourceManual && !h.Derived && h.ReleasedAt.IsZero()
	return sc.Can(authz.HoldPut) && byHand && (h.By != sc.Account || at.Sub(h.At) <= VoidAlone)
}

// Void says of a hold that it was entered in error: it never held, and the record stays readable. A foreign hold is NotFound; one that
// needs another person to void it is Forbidden.
func (s *Service) Void(ctx context.Context, sc authz.Scope, employee, hold int64, reason string, at time.Time) error {
	_, err := s.void(ctx, sc, reason, at, func(q db.Q) ([]Hold, error) {
		h, err := one(ctx, q, sqlOneForUpdate, sc.Org, employee, hold)
		return []Hold{h}, err
	})
	return err
}

const sqlOfSetForUpdate = `select ` + fragColumns + ` from hold h where h.org_id = $1 and h.set_id = $2 and h.released_at is null
    order by h.employee_id, h.id for update of h`

// VoidSet is Void of all that a group act put and that are still in force; it says how many those were.
func (g Groups) VoidSet(ctx context.Context, sc authz.Scope, set int64, reason string, at time.Time) (int, error) {
	return g.holds.void(ctx, sc, reason, at, func(q db.Q) ([]Hold, error) {
		holds, err := read(ctx, q, sqlOfSetForUpdate, sc.Org, set)
		if err == nil && len(holds) == 0 {
			err = errs.Missing()
		}
		return holds, err
	})
}

func (s *Service) void(ctx context.Context, sc authz.Scope, reason string, at time.Time, find func(q db.Q) ([]Hold, error)) (int, error) {
	if err := sc.Require(authz.HoldPut); err != nil {
		return 0, err
	}
	if err := (Release{Reason: reason}).check().Err(); err != nil {
		return 0, err
	}
	n := 0
	err := s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		holds, err := find(tx)
		if err != nil {
			return err
		}
		for _, h := range holds {
			if !MayVoid(sc, h, at) {
				return errs.New(errs.Forbidden, "hold.void.other_person")
			}
		}
		n = len(holds)
		return s.voidAll(ctx, tx, sc, holds, reason, at)
	})
	return n, err
}

const sqlVoid = `update hold set void = true, released_at = $2, released_by = $3, released_by_name = $4, release_reason = $5
    where org_id = $1 and employee_id = any($6::bigint[]) and id = any($7::bigint[]) and released_at is null`

func (s *Service) voidAll(ctx context.Context, q db.Q, sc authz.Scope, holds []Hold, reason string, at time.Time) error {
	employees, ids := make([]int64, len(holds)), make([]int64, len(holds))
	for i, h := range holds {
		employees[i], ids[i] = h.Employee, h.ID
		err := audit.Record(ctx, q, sc, at, audit.Event{Action: "hold.void", Subject: "hold", SubjectID: fmt.Sprint(h.ID), Employee: h.Employee,
			Reason: reason, Detail: map[string]any{"kind": h.Kind, "author": h.By}})
		if err != nil {
			return err
		}
	}
	_, err := q.ExecContext(ctx, sqlVoid, sc.Org, at, sc.Account, sc.Actor, reason, pq.Array(employees), pq.Array(ids))
	if err != nil {
		return fmt.Errorf("void holds: %w", err)
	}
	return s.standings.Apply(ctx, q, sc.Org, employees, at)
}
