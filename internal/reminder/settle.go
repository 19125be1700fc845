package reminder

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/platform/db"
)

// ref names a reminder.
type ref struct {
	Org      int32 `db:"org_id"`
	Reminder int64 `db:"reminder_id"`
}

// A reminder is finished when every delivery has a final state.
const sqlSettle = `update reminder r
    set state = case when n.sent = n.total then 'sent' when n.sent > 0 then 'partial' when n.dropped = n.total then 'dropped' else 'failed' end,
        drop_reason = case when n.dropped = n.total then n.why else '' end, settled_at = $3
    from (
        select d.org_id, d.reminder_id, count(*) as total, count(*) filter (where d.state = 'sent') as sent,
            count(*) filter (where d.state = 'dropped') as dropped, count(*) filter (where d.state in ('queued', 'sending')) as open,
            max(d.error) filter (where d.state = 'dropped') as why
        from delivery d
        join unnest($1::integer[], $2::bigint[]) as u (org_id, reminder_id) on u.org_id = d.org_id and u.reminder_id = d.reminder_id
        group by d.org_id, d.reminder_id) n
    where r.org_id = n.org_id and r.id = n.reminder_id and n.open = 0 and r.state = 'planned'`

func settle(ctx context.Context, q db.Q, refs []ref, now time.Time) error {
	if len(refs) == 0 {
		return nil
	}
	orgs, ids := make([]int32, len(refs)), make([]int64, len(refs))
	for i, r := range refs {
		orgs[i], ids[i] = r.Org, r.Reminder
	}
	if _, err := q.ExecContext(ctx, sqlSettle, pq.Array(orgs), pq.Array(ids), now); err != nil {
		return fmt.Errorf("settle reminders: %w", err)
	}
	return nil
}
