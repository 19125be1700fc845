package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/page"
)

// ExportLimit is how many rows one export holds at most, the newest.
const ExportLimit = 20_000

const sqlExport = sqlList + ` order by l.at desc, l.id desc limit $9`

// Export returns the rows that the filter lists, newest first, up to ExportLimit. It is recorded whoever asks.
func (r *Reader) Export(ctx context.Context, sc authz.Scope, f Filter, at time.Time) ([]Row, error) {
	q, err := r.prepare(sc, &f)
	if err != nil {
		return nil, err
	}
	var rows []Row
	err = r.read(ctx, sc, func(tx *sqlx.Tx) error {
		rows = nil
		if err := tx.SelectContext(ctx, &rows, sqlExport, append(q, ExportLimit)...); err != nil {
			return fmt.Errorf("export log: %w", err)
		}
		if err := nameOrgs(ctx, tx, rows); err != nil {
			return err
		}
		return recordReading(ctx, tx, sc, at, "audit.export", f, len(rows))
	})
	return rows, err
}

const sqlActions = `select distinct action from (select action from audit_log where org_id = $1 order by at desc, id desc limit 5000) recent
    order by action`

// Actions lists the kinds of acts among the newest entries of one org's log, to choose from.
func (r *Reader) Actions(ctx context.Context, sc authz.Scope, orgID int32) ([]string, error) {
	if err := sc.Require(authz.AuditView); err != nil {
		return nil, err
	}
	if !EveryOrg(sc) || orgID == 0 {
		orgID = sc.Org
	}
	var actions []string
	err := r.db.Read(ctx, db.Tenant{Org: orgID}, func(tx *sqlx.Tx) error {
		actions = nil
		return tx.SelectContext(ctx, &actions, sqlActions, orgID)
	})
	if err != nil {
		return nil, fmt.Errorf("actions of the log: %w", err)
	}
	return actions, nil
}

const fragOfEmployee = ` from audit_log l where l.org_id = $1 and l.employee_id = $2`

const sqlOfEmployee = `select ` + fragColumns + `, '' as org_name` + fragOfEmployee

const sqlCountOfEmployee = `select count(*)` + fragOfEmployee

// OfEmployee pages through who read or changed one person's file, newest first, in the caller's transaction. The caller has
// checked that its reader is that person, or may read the file.
func OfEmployee(ctx context.Context, q db.Q, orgID int32, employee int64, r page.Request) (page.Result[Row], error) {
	var none page.Result[Row]
	tail, more, err := seek(r, 3)
	if err != nil {
		return none, err
	}
	var total int
	if err := q.GetContext(ctx, &total, sqlCountOfEmployee, orgID, employee); err != nil {
		return none, fmt.Errorf("count log of a file: %w", err)
	}
	var rows []Row
	if err := q.SelectContext(ctx, &rows, sqlOfEmployee+tail, append([]any{orgID, employee}, more...)...); err != nil {
		return none, fmt.Errorf("log of a file: %w", err)
	}
	return page.Cut(r, rows, total, cursor), nil
}
