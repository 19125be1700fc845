package returning

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/identity/authz"
)

// Left is a case that a batch did not approve.
type Left struct {
	Key
	Name   string
	Failed []string // items that do not hold; nil if the person's file stood against it
}

// Batch is what became of cases that were to be approved together.
type Batch struct {
	Approved int
	Left     []Left
}

// ApproveMany puts on post all people of the cases whose every item holds at this moment, in one transaction; the others are left
// as they are and named. Cases that are not waiting, or not the org's, are passed over.
func (s *Service) ApproveMany(ctx context.Context, sc authz.Scope, keys []Key, at time.Time) (Batch, error) {
	ids := make([]int64, len(keys))
	for i, k := range keys {
		ids[i] = k.ID
	}
	return s.approve(ctx, sc, pq.Array(ids), at)
}

// ApproveReady is ApproveMany of every case whose items all hold. Those that miss something were not asked for and are not named.
func (s *Service) ApproveReady(ctx context.Context, sc authz.Scope, at time.Time) (Batch, error) {
	b, err := s.approve(ctx, sc, nil, at)
	var left []Left
	for _, l := range b.Left {
		if l.Failed == nil {
			left = append(left, l)
		}
	}
	b.Left = left
	return b, err
}

func (s *Service) approve(ctx context.Context, sc authz.Scope, ids any, at time.Time) (Batch, error) {
	if err := sc.Require(authz.ReturnReview); err != nil {
		return Batch{}, err
	}
	at = at.Truncate(time.Microsecond)
	var b Batch
	err := s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		b = Batch{}
		j, err := newJudge(ctx, tx, s.rules, sc.Org, at)
		if err != nil {
			return err
		}
		views, err := s.loadMany(ctx, tx, sqlTheseForUpdate, sc.Org, at, ids)
		if err != nil {
			return err
		}
		if err := j.fill(ctx, tx, sc.Org, views); err != nil {
			return err
		}
		return s.admitAll(ctx, tx, sc, views, &b, at)
	})
	return b, err
}

const sqlMarkApproved = `update return_case set state = 'approved', failed = '{}', reviewed_by = $3, reviewed_by_name = $4, reviewed_at = $5,
        review_reason = '', updated_at = $5, version = version + 1
    where org_id = $1 and id = any($2::bigint[])`

func markApproved(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, ids []int64, at time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	if _, err := tx.ExecContext(ctx, sqlMarkApproved, sc.Org, pq.Array(ids), sc.Account, sc.Actor, at); err != nil {
		return fmt.Errorf("approve returns: %w", err)
	}
	return nil
}
