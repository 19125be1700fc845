package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/fugong/fugong/internal/platform/db"
)

const sqlReadings = `select l.org_id, '' as org_name, l.id, l.at, l.actor, l.actor_name, l.role, l.action, l.subject, l.subject_id,
        coalesce(l.employee_id, 0) as employee_id, l.is_read, l.reason, l.detail, l.request_id
    from audit_log l where l.org_id = $1 and l.employee_id = $2 and l.is_read and l.at < $3
    order by l.at desc, l.id desc limit $4`

// ReadingsBefore lists who read one person's file before an instant, the newest first, in the caller's transaction.
func ReadingsBefore(ctx context.Context, q db.Q, org int32, employee int64, before time.Time, limit int) ([]Row, error) {
	var rows []Row
	if err := q.SelectContext(ctx, &rows, sqlReadings, org, employee, before, limit); err != nil {
		return nil, fmt.Errorf("readings of a file: %w", err)
	}
	return rows, nil
}
