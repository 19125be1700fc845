package symptom

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

// News is what a health officer has not looked at yet.
type News struct {
	Count  int
	Newest int64     // id of the newest report, 0 for none
	Name   string    // whose it is
	At     time.Time // when it was entered
}

// Tag changes whenever the news do; it is a few characters for an address.
func (n News) Tag() string { return fmt.Sprintf("%d-%d", n.Count, n.Newest) }

const sqlUnseen = `select count(*) over () as count, r.id, e.name, r.entered_at
    from symptom_report r join employee e on e.org_id = r.org_id and e.id = r.employee_id
    where r.org_id = $1 and r.alert and r.seen_at is null
    order by r.id desc limit 1`

// Unseen says how many alerts of the org nobody has looked at, and names the newest. It is cheap: pages ask every few seconds.
func (s *Service) Unseen(ctx context.Context, sc authz.Scope) (News, error) {
	if err := sc.Require(authz.SymptomRecord); err != nil {
		return News{}, err
	}
	var rows []struct {
		Count int       `db:"count"`
		ID    int64     `db:"id"`
		Name  string    `db:"name"`
		At    time.Time `db:"entered_at"`
	}
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error { return tx.SelectContext(ctx, &rows, sqlUnseen, sc.Org) })
	if err != nil || len(rows) == 0 {
		return News{}, err
	}
	return News{rows[0].Count, rows[0].ID, rows[0].Name, rows[0].At}, nil
}

const sqlMarkSeen = `update symptom_report set seen_at = $4, seen_by = $5
    where org_id = $1 and employee_id = $2 and id = $3 and alert and seen_at is null`

// MarkSeen notes that the scope looked at an alert. Looking twice is once; the hold stays.
func (s *Service) MarkSeen(ctx context.Context, sc authz.Scope, employee, id int64, at time.Time) error {
	if err := sc.Require(authz.SymptomRecord); err != nil {
		return err
	}
	return s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		res, err := tx.ExecContext(ctx, sqlMarkSeen, sc.Org, employee, id, at, sc.Account)
		if err != nil {
			return fmt.Errorf("mark report: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return s.exists(ctx, tx, sc, employee, id, err)
		}
		return audit.Record(ctx, tx, sc, at, audit.Event{Action: "symptom.seen", Subject: "symptom_report", SubjectID: fmt.Sprint(id),
			Employee: employee})
	})
}

const sqlExists = `select exists (select from symptom_report where org_id = $1 and employee_id = $2 and id = $3)`

// exists tells a report that was seen before, which is fine, from one that is not there.
func (s *Service) exists(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, employee, id int64, err error) error {
	if err != nil {
		return err
	}
	var found bool
	if err := tx.GetContext(ctx, &found, sqlExists, sc.Org, employee, id); err != nil {
		return fmt.Errorf("find report: %w", err)
	}
	if !found {
		return errs.Missing()
	}
	return nil
}

const sqlSeenWithHolds = `update symptom_report set seen_at = $4, seen_by = $5
    where org_id = $1 and employee_id = any($2::bigint[]) and hold_id = any($3::bigint[]) and alert and seen_at is null`

// HoldsReleased implements hold.Releases: the alerts behind a released hold count as looked at.
func (s *Service) HoldsReleased(ctx context.Context, q db.Q, sc authz.Scope, released []hold.Hold, at time.Time) error {
	var employees, ids []int64
	for _, h := range released {
		if h.Kind == hold.KindSymptom {
			employees, ids = append(employees, h.Employee), append(ids, h.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	if _, err := q.ExecContext(ctx, sqlSeenWithHolds, sc.Org, pq.Array(employees), pq.Array(ids), at, sc.Account); err != nil {
		return fmt.Errorf("mark reports: %w", err)
	}
	return nil
}
