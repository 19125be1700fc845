package returning

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
)

// posts moves people between awaiting their return and being on post.
type posts struct{ people People }

// await sets the status of people whose return the enterprise deals with: nobody drifts back on post by the end of a leave. Who is
// under a control measure stays so.
func (p posts) await(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, people []int64, at time.Time) error {
	var statuses []struct {
		ID     int64  `db:"id"`
		Status string `db:"work_status"`
	}
	if err := tx.SelectContext(ctx, &statuses, sqlStatuses, sc.Org, pq.Array(people)); err != nil {
		return fmt.Errorf("read work statuses: %w", err)
	}
	var in []employee.Dated
	for _, x := range statuses {
		switch regime.WorkStatus(x.Status) {
		case regime.StatusLeave, regime.StatusWorkFromHome, regime.StatusOnPost:
			in = append(in, dated(x.ID, regime.StatusAwaitingReturn))
		}
	}
	_, err := p.post(ctx, tx, sc, in, at)
	return err
}

const sqlStatuses = `select id, work_status from employee where org_id = $1 and id = any($2::bigint[])`

func dated(id int64, status regime.WorkStatus) employee.Dated {
	return employee.Dated{Employee: id, StatusChange: employee.StatusChange{Status: string(status)}}
}

// post records work statuses.
func (p posts) post(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, in []employee.Dated, at time.Time) ([]error, error) {
	if len(in) == 0 {
		return nil, nil
	}
	faults, err := p.people.Statuses(ctx, tx, sc, in, at)
	if err != nil {
		return nil, fmt.Errorf("record work statuses: %w", err)
	}
	return faults, nil
}

// admit puts the person of a case on post.
func (p posts) admit(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, v *View, at time.Time) error {
	if v.Status == string(regime.StatusResigned) {
		return errs.New(errs.Conflict, "returning.refused.resigned")
	}
	faults, err := p.post(ctx, tx, sc, []employee.Dated{dated(v.Employee, regime.StatusOnPost)}, at)
	if err != nil {
		return err
	}
	if len(faults) > 0 && faults[0] != nil {
		return errs.New(errs.Conflict, "returning.refused.status").Because(faults[0])
	}
	return nil
}

// admitAll puts on post who may, and names the others.
func (p posts) admitAll(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, views []View, b *Batch, at time.Time) error {
	var ready []*View
	var in []employee.Dated
	for i := range views {
		v := &views[i]
		failing := Failing(v.Items)
		if failing != nil || v.Status == string(regime.StatusResigned) {
			b.Left = append(b.Left, Left{v.Key, v.Name, failing})
			continue
		}
		ready, in = append(ready, v), append(in, dated(v.Employee, regime.StatusOnPost))
	}
	faults, err := p.post(ctx, tx, sc, in, at)
	if err != nil {
		return err
	}
	var done []int64
	for i, v := range ready {
		if faults[i] != nil {
			b.Left = append(b.Left, Left{v.Key, v.Name, nil})
			continue
		}
		v.reviewed(sc, Approved, "", at)
		done = append(done, v.ID)
		if err := record(ctx, tx, sc, &v.Case, "return.approve", "", at); err != nil {
			return err
		}
	}
	b.Approved = len(done)
	return markApproved(ctx, tx, sc, done, at)
}
