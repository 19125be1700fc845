package reminder

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

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
	if _, err := q.ExecContext(ctx, sqlSettle, db.Ints[int32](orgs), db.Ints[int64](ids), now); err != nil {
		return fmt.Errorf("settle reminders: %w", err)
	}
	return nil
}

// Only what is still being sent is marked: a claim whose lease ended has been given up by another server, and stays so.
const sqlRecord = `update delivery d
    set state = u.state, message_id = u.message_id, error = u.error, lease_until = null,
        next_at = case when u.state = 'queued' then $9::timestamptz + u.wait * interval '1 second' else d.next_at end,
        sent_at = case when u.state = 'sent' then $9::timestamptz end
    from unnest($1::integer[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])
        as u (org_id, reminder_id, recipient, state, message_id, error, wait)
    where d.org_id = u.org_id and d.reminder_id = u.reminder_id and d.channel = $8 and d.recipient = u.recipient and d.state = 'sending'`

// record stores what a batch has come to.
func (s *Service) record(ctx context.Context, channel string, marks []mark, now time.Time) error {
	n := len(marks)
	orgs, ids, waits, ended := make([]int32, n), make([]int64, n), make([]int64, n), make([]ref, n)
	recipients, states, messages, errors := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	for i, m := range marks {
		orgs[i], ids[i], waits[i], ended[i] = m.Org, m.Reminder, int64(m.wait/time.Second), ref{m.Org, m.Reminder}
		recipients[i], states[i], messages[i], errors[i] = m.Recipient, m.state, m.messageID, m.text
	}
	return s.inQueue(ctx, func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, sqlRecord, db.Ints[int32](orgs), db.Ints[int64](ids), db.Texts(recipients), db.Texts(states),
			db.Texts(messages), db.Texts(errors), db.Ints[int64](waits), channel, now)
		if err != nil {
			return fmt.Errorf("record deliveries: %w", err)
		}
		return settle(ctx, tx, ended, now)
	})
}
