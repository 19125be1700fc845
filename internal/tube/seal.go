package tube

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/screening"
)

const sqlSeal = `update tube set sealed_at = $3 where org_id = $1 and id = $2`

// Seal closes a tube: it takes nobody more and goes to the laboratory.
func (s *Service) Seal(ctx context.Context, sc authz.Scope, id int64, at time.Time) error {
	return s.change(ctx, sc, id, nil, at, func(tx *sqlx.Tx, t Tube, _ []Member) error {
		switch {
		case t.State() != Open:
			return errs.New(errs.Conflict, "tube.refused.sealed")
		case t.Members == 0:
			return errs.New(errs.Conflict, "tube.refused.empty")
		}
		if _, err := tx.ExecContext(ctx, sqlSeal, sc.Org, id, at); err != nil {
			return fmt.Errorf("seal tube: %w", err)
		}
		return record(ctx, tx, sc, at, "tube.seal", t.Barcode, 0, "", map[string]any{"members": t.Members})
	})
}

const sqlReopen = `update tube set sealed_at = null where org_id = $1 and id = $2 and result = 'pending' returning id`

// Reopen lets a sealed tube that has no result yet take members again.
func (s *Service) Reopen(ctx context.Context, sc authz.Scope, id int64, at time.Time) error {
	return s.change(ctx, sc, id, nil, at, func(tx *sqlx.Tx, t Tube, _ []Member) error {
		var reopened []int64
		if err := tx.SelectContext(ctx, &reopened, sqlReopen, sc.Org, id); err != nil {
			return fmt.Errorf("reopen tube: %w", err)
		}
		if len(reopened) == 0 {
			return errs.New(errs.Conflict, "tube.refused.settled")
		}
		return record(ctx, tx, sc, at, "tube.reopen", t.Barcode, 0, "", nil)
	})
}

const sqlVoid = `update tube set result = 'cancelled', sealed_at = $3 where org_id = $1 and id = $2 and result = 'pending' returning id`

// Void gives a tube up before it has a result, for a reason: its swabs are cancelled, and the barcode may be used again. A leader
// gives up tubes that hold nobody of another team.
func (s *Service) Void(ctx context.Context, sc authz.Scope, id int64, reason string, at time.Time) error {
	return s.change(ctx, sc, id, nil, at, func(tx *sqlx.Tx, t Tube, in []Member) error {
		if len(in) != t.Members {
			return errs.New(errs.Forbidden, "tube.refused.others")
		}
		keys := make([]screening.Key, len(in))
		for i, m := range in {
			keys[i] = m.Key
		}
		if reason == "" {
			return errs.Fields{"reason": errs.Msg("error.required")}.Err()
		}
		if err := s.samples.Withdraw(ctx, tx, sc, keys, reason, at); err != nil {
			return err
		}
		var voided []int64
		if err := tx.SelectContext(ctx, &voided, sqlVoid, sc.Org, id, at); err != nil {
			return fmt.Errorf("give tube up: %w", err)
		}
		if len(voided) == 0 {
			return errs.New(errs.Conflict, "tube.refused.settled")
		}
		return record(ctx, tx, sc, at, "tube.void", t.Barcode, 0, reason, map[string]any{"members": len(in)})
	})
}
