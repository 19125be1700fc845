package reminder

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"

	"github.com/fugong/fugong/internal/platform/outcome"
)

const (
	claimSize   = 100
	senders     = 4
	maxAttempts = 5
	sendLease   = 2 * time.Minute // of the machine's clock: how long one batch may hold its claim
)

// retryAfter is how long a delivery that certainly failed waits for its next attempt.
var retryAfter = []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute, 30 * time.Minute}

// claimed is one delivery in hand.
type claimed struct {
	Org       int32     `db:"org_id"`
	Reminder  int64     `db:"reminder_id"`
	Channel   string    `db:"channel"`
	Recipient string    `db:"recipient"`
	Attempts  int       `db:"attempts"`
	Duty      string    `db:"duty"`
	Step      string    `db:"step"`
	Employee  int64     `db:"employee_id"`
	DueAt     time.Time `db:"due_at"`
}

// A delivery is looked at again when its turn comes. What lapsed, or is owed no more, is dropped; what stays is marked as
// being sent in the same statement, before any wire is touched. Several servers skip each other's rows.
const sqlClaim = `with turn as (
        select d.org_id, d.reminder_id, d.channel, d.recipient, r.duty, r.step, r.employee_id, r.due_at, r.send_until
        from delivery d join reminder r on r.org_id = d.org_id and r.id = d.reminder_id
        where d.state = 'queued' and d.next_at <= $1
        order by d.next_at, d.org_id, d.reminder_id limit $3
        for update of d skip locked),
    checked as (
        select t.*, case
                when t.send_until < $1 then 'lapsed'
                when t.duty = 'digest' then ''
                when s.employee_id is null then 'left'
                when s.held then 'held'
                when standing_state($1, s.s0, s.t1, s.s1, s.t2, s.s2, s.t3, s.s3) in (0, 8) then 'off_post'
                when standing_state($1, s.s0, s.t1, s.s1, s.t2, s.s2, s.t3, s.s3) in (1, 5, 7) then 'complied'
                when t.duty = 'test' and s.due_at is distinct from t.due_at then 'complied'
                else '' end as why
        from turn t left join standing s on s.org_id = t.org_id and s.employee_id = t.employee_id and t.duty <> 'digest')
    update delivery d
    set state = case when c.why <> '' then 'dropped' when d.channel = 'inapp' then 'sent' else 'sending' end,
        error = c.why, attempts = d.attempts + case when c.why = '' then 1 else 0 end, lease_until = $2,
        sent_at = case when c.why = '' and d.channel = 'inapp' then $1::timestamptz end
    from checked c
    where d.org_id = c.org_id and d.reminder_id = c.reminder_id and d.channel = c.channel and d.recipient = c.recipient
    returning d.org_id, d.reminder_id, d.channel, d.recipient, d.attempts, c.duty, c.step, c.employee_id, c.due_at, d.state`

// A claim that outlived its lease belongs to a process that died while sending: whether the message left is not known.
const sqlUnsure = `update delivery set state = 'unsure', error = 'process ended while sending' where state = 'sending' and lease_until < $1
    returning org_id, reminder_id`

// Send delivers what is due at the instant until nothing is left, and returns how many messages it had in hand.
func (s *Service) Send(ctx context.Context, now time.Time) (int, error) {
	total := 0
	if err := s.giveUpLost(ctx, now); err != nil {
		return 0, err
	}
	for ctx.Err() == nil {
		n, err := s.batch(ctx, now)
		total += n
		if err != nil || n == 0 {
			return total, err
		}
	}
	return total, ctx.Err()
}

func (s *Service) sendAll(ctx context.Context, now time.Time) (string, error) {
	n, err := s.Send(ctx, now)
	return fmt.Sprintf("%d deliveries", n), err
}

func (s *Service) giveUpLost(ctx context.Context, now time.Time) error {
	return s.DB.InTx(ctx, system, func(tx *sqlx.Tx) error {
		var lost []ref
		if err := tx.SelectContext(ctx, &lost, sqlUnsure, time.Now()); err != nil {
			return fmt.Errorf("find lost deliveries: %w", err)
		}
		return settle(ctx, tx, lost, now)
	})
}

func (s *Service) batch(ctx context.Context, now time.Time) (int, error) {
	var rows []struct {
		claimed
		State string `db:"state"`
	}
	err := s.DB.InTx(ctx, system, func(tx *sqlx.Tx) error {
		rows = rows[:0]
		if err := tx.SelectContext(ctx, &rows, sqlClaim, now, time.Now().Add(sendLease), claimSize); err != nil {
			return fmt.Errorf("claim deliveries: %w", err)
		}
		var ended []ref
		for _, r := range rows {
			if r.State != "sending" {
				ended = append(ended, ref{r.Org, r.Reminder})
			}
		}
		return settle(ctx, tx, ended, now)
	})
	if err != nil {
		return 0, err
	}
	g := errgroup.Group{}
	g.SetLimit(senders)
	for _, r := range rows {
		if r.State == "sending" {
			g.Go(func() error { return s.deliver(ctx, r.claimed, now) })
		}
	}
	return len(rows), g.Wait()
}

// deliver sends one message and records what became of it, also when the server is told to stop meanwhile.
func (s *Service) deliver(ctx context.Context, c claimed, now time.Time) error {
	messageID, err := s.transmit(ctx, c, now)
	ctx = context.WithoutCancel(ctx)
	state, next, text := "sent", now, ""
	if err != nil {
		text = err.Error()
		var e *outcome.Error
		switch class := outcome.Of(err); {
		case class == outcome.Temporary && c.Attempts < maxAttempts:
			state, next = "queued", now.Add(retryAfter[min(c.Attempts, len(retryAfter))-1])
			if errors.As(err, &e) && next.Before(now.Add(e.After)) {
				next = now.Add(e.After)
			}
		case class == outcome.Uncertain:
			state = "unsure"
		default:
			state = "failed"
		}
		s.Log.Warn("delivery", "channel", c.Channel, "state", state, "error", text)
	}
	return s.record(ctx, c, state, next, messageID, text, now)
}

const sqlRecord = `update delivery set state = $5, next_at = $6, message_id = $7, error = $8, lease_until = null,
        sent_at = case when $5 = 'sent' then $9::timestamptz end
    where org_id = $1 and reminder_id = $2 and channel = $3 and recipient = $4 and state = 'sending'`

func (s *Service) record(ctx context.Context, c claimed, state string, next time.Time, messageID, text string, now time.Time) error {
	return s.DB.InTx(ctx, system, func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, sqlRecord, c.Org, c.Reminder, c.Channel, c.Recipient, state, next, messageID, text, now)
		if err != nil {
			return fmt.Errorf("record delivery: %w", err)
		}
		return settle(ctx, tx, []ref{{c.Org, c.Reminder}}, now)
	})
}
