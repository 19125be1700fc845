package reminder

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// place is where in a queue a sender has got to. What lies before it is done or in another sender's hands, and the dead entries
// there need not be stepped over again for every batch.
type place struct {
	at       time.Time
	org      int32
	reminder int64
}

// fragWhy says why a person is not told after all, or nothing. It looks at the standing s of a turn or a claim t.
const fragWhy = `case
                when t.send_until < $1 then 'lapsed'
                when t.duty = 'digest' then ''
                when s.employee_id is null then 'left'
                when s.held then 'held'
                when standing_state($1, s.s0, s.t1, s.s1, s.t2, s.s2, s.t3, s.s3) in (0, 8) then 'off_post'
                when standing_state($1, s.s0, s.t1, s.s1, s.t2, s.s2, s.t3, s.s3) in (1, 5, 7) then 'complied'
                when t.duty = 'test' and s.due_at is distinct from t.due_at then 'complied'
                else '' end`

// When the turn of a planned step comes, it is looked at again and its deliveries are written. In the app it is told thereby.
// Messages for the gateway, which takes hundreds at once, are marked as being sent in the same breath; other channels wait for
// a sender. Several servers skip each other's rows.
const sqlTurn = `with turn as (
        select r.org_id, r.id, r.turn_at, r.duty, r.step, r.employee_id, r.due_at, r.send_until
        from reminder r
        where r.turn_at <= $1 and (r.turn_at, r.org_id, r.id) > ($2, $3::integer, $4::bigint)
        order by r.turn_at, r.org_id, r.id limit $5
        for update skip locked),
    looked as (
        select t.*, coalesce(s.due_at, t.due_at) as owed_at, ` + fragWhy + ` as why,
            $6 and exists (select from employee e where e.org_id = t.org_id and e.id = t.employee_id and e.email <> '') as by_mail
        from turn t left join standing s on s.org_id = t.org_id and s.employee_id = t.employee_id),
    told as (
        insert into delivery (org_id, reminder_id, channel, recipient, state, attempts, next_at, lease_until, error, created_at, sent_at)
        select l.org_id, l.id, c.channel, 'employee:' || l.employee_id,
            case when l.why <> '' then 'dropped' else c.state end, case when l.why = '' and c.state <> 'queued' then 1 else 0 end,
            l.turn_at, case when l.why = '' and c.state = 'sending' then $9::timestamptz end, l.why, $1,
            case when l.why = '' and c.state = 'sent' then $1::timestamptz end
        from looked l
        join (values ('inapp', 'sent'), ('email', 'queued'), ('webhook', case when $8 then 'sending' else 'queued' end)) as c (channel, state)
            on c.channel = 'inapp' or c.channel = 'email' and l.by_mail or c.channel = 'webhook' and $7),
    had as (
        update reminder r set turn_at = null, drop_reason = l.why,
            state = case when l.why <> '' then 'dropped' when l.by_mail or $7 then 'planned' else 'sent' end,
            settled_at = case when l.why <> '' or not l.by_mail and not $7 then $1::timestamptz end
        from looked l where r.org_id = l.org_id and r.id = l.id)
    select org_id, id as reminder_id, turn_at as next_at, duty, step, employee_id, owed_at as due_at, why,
        'webhook' as channel, 'employee:' || employee_id as recipient, 1 as attempts
    from looked order by turn_at, org_id, id`

// turns gives every planned step its turn whose instant has come, and hands the gateway its part.
func (s *Service) turns(ctx context.Context, now time.Time) (int, error) {
	return drain(ctx, turnSize, func(ctx context.Context, from *place) (int, error) { return s.turn(ctx, now, from) })
}

// turn handles one batch, and hands over what is for the gateway once that is committed.
func (s *Service) turn(ctx context.Context, now time.Time, from *place) (int, error) {
	direct := s.Gateway != nil && !s.rests.resting(Webhook, now)
	var rows []claimed
	err := s.inQueue(ctx, func(tx *sqlx.Tx) (err error) {
		rows, err = s.takeTurn(ctx, tx, now, *from, direct)
		return err
	})
	if err != nil || len(rows) == 0 {
		return len(rows), err
	}
	*from = rows[len(rows)-1].place()
	if !direct {
		return len(rows), nil
	}
	letters := make([]claimed, 0, len(rows))
	for _, r := range rows {
		if r.Why == "" {
			letters = append(letters, r)
		}
	}
	return len(rows), s.deliver(ctx, Webhook, letters, now)
}

// takeTurn writes the deliveries of one batch in the caller's transaction.
func (s *Service) takeTurn(ctx context.Context, tx *sqlx.Tx, now time.Time, from place, direct bool) ([]claimed, error) {
	var rows []claimed
	err := tx.SelectContext(ctx, &rows, sqlTurn, now, from.at, from.org, from.reminder, turnSize, s.Mailer != nil, s.Gateway != nil, direct,
		time.Now().Add(sendLease))
	if err != nil {
		return nil, fmt.Errorf("give reminders their turn: %w", err)
	}
	return rows, nil
}
