package reminder

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"

	"github.com/fugong/fugong/internal/platform/outcome"
	"github.com/fugong/fugong/internal/platform/webhook"
)

const (
	turnSize    = webhook.MaxBatch // the gateway's part of a turn is one POST
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
	DueAt     time.Time `db:"due_at"`  // as the standing says now
	NextAt    time.Time `db:"next_at"` // its place in the queue
	Why       string    `db:"why"`     // it is not sent after all
}

// A delivery is looked at again when its turn comes. What lapsed, or is owed no more, is dropped; what stays is marked as
// being sent in the same statement, before any wire is touched. Several servers skip each other's rows.
const sqlClaim = `with t as (
        select d.org_id, d.reminder_id, d.channel, d.recipient, d.next_at, r.duty, r.step, r.employee_id, r.due_at, r.send_until
        from delivery d join reminder r on r.org_id = d.org_id and r.id = d.reminder_id
        where d.state = 'queued' and d.channel = $4 and d.next_at <= $1 and (d.next_at, d.org_id, d.reminder_id) > ($5, $6::integer, $7::bigint)
        order by d.next_at, d.org_id, d.reminder_id limit $3
        for update of d skip locked),
    checked as (
        select t.*, coalesce(s.due_at, t.due_at) as owed_at, ` + fragWhy + ` as why
        from t left join standing s on s.org_id = t.org_id and s.employee_id = t.employee_id and t.duty <> 'digest')
    update delivery d
    set state = case when c.why <> '' then 'dropped' when d.channel = 'inapp' then 'sent' else 'sending' end,
        error = c.why, attempts = d.attempts + case when c.why = '' then 1 else 0 end,
        lease_until = case when c.why = '' and d.channel <> 'inapp' then $2::timestamptz end,
        sent_at = case when c.why = '' and d.channel = 'inapp' then $1::timestamptz end
    from checked c
    where d.org_id = c.org_id and d.reminder_id = c.reminder_id and d.channel = c.channel and d.recipient = c.recipient
    returning d.org_id, d.reminder_id, d.channel, d.recipient, d.attempts, d.next_at, c.duty, c.step, c.employee_id, c.owed_at as due_at, c.why`

// A claim that outlived its lease belongs to a process that died while sending: whether the message left is not known.
const sqlUnsure = `update delivery set state = 'unsure', error = 'process ended while sending' where state = 'sending' and lease_until < $1
    returning org_id, reminder_id`

// Send delivers what is due at the instant until nothing is left, and returns how many turns and messages it had in hand.
func (s *Service) Send(ctx context.Context, now time.Time) (int, error) {
	if err := s.giveUpLost(ctx, now); err != nil {
		return 0, err
	}
	total, err := s.turns(ctx, now)
	if err != nil {
		return total, err
	}
	sent := make([]int, len(channels))
	g, ctx := errgroup.WithContext(ctx)
	for i, channel := range channels {
		g.Go(func() (err error) {
			sent[i], err = drain(ctx, claimSize(s.carriers[channel]), func(ctx context.Context, from *place) (int, error) {
				return s.batch(ctx, channel, now, from)
			})
			return err
		})
	}
	err = g.Wait()
	for _, n := range sent {
		total += n
	}
	return total, err
}

func (s *Service) sendAll(ctx context.Context, now time.Time) (string, error) {
	n, err := s.Send(ctx, now)
	return fmt.Sprintf("%d deliveries", n), err
}

func (s *Service) giveUpLost(ctx context.Context, now time.Time) error {
	return s.inQueue(ctx, func(tx *sqlx.Tx) error {
		var lost []ref
		if err := tx.SelectContext(ctx, &lost, sqlUnsure, time.Now()); err != nil {
			return fmt.Errorf("find lost deliveries: %w", err)
		}
		return settle(ctx, tx, lost, now)
	})
}

// batch claims a channel's next deliveries, hands them over and records what became of them, unless the far side wants to be left
// alone.
func (s *Service) batch(ctx context.Context, channel string, now time.Time, from *place) (int, error) {
	if s.rests.resting(channel, now) {
		return 0, nil
	}
	rows, err := s.claim(ctx, channel, now, *from)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	n := len(rows)
	*from = rows[n-1].place()
	rows = slices.DeleteFunc(rows, func(r claimed) bool { return r.Why != "" || channel == InApp })
	for part := range slices.Chunk(rows, s.carriers[channel].size()) {
		if err := s.deliver(ctx, channel, part, now); err != nil {
			return n, err
		}
	}
	return n, nil
}

// claim takes the channel's next deliveries in hand; those that end thereby are settled.
func (s *Service) claim(ctx context.Context, channel string, now time.Time, from place) ([]claimed, error) {
	var rows []claimed
	err := s.inQueue(ctx, func(tx *sqlx.Tx) error {
		rows = rows[:0]
		err := tx.SelectContext(ctx, &rows, sqlClaim, now, time.Now().Add(sendLease), claimSize(s.carriers[channel]), channel, from.at, from.org, from.reminder)
		if err != nil {
			return fmt.Errorf("claim deliveries: %w", err)
		}
		var ended []ref
		for _, r := range rows {
			if r.Why != "" || channel == InApp {
				ended = append(ended, ref{r.Org, r.Reminder})
			}
		}
		return settle(ctx, tx, ended, now)
	})
	slices.SortFunc(rows, func(a, b claimed) int { return a.place().compare(b.place()) })
	return rows, err
}

// deliver hands over one batch and records what became of each message, also when the server is told to stop meanwhile.
func (s *Service) deliver(ctx context.Context, channel string, batch []claimed, now time.Time) error {
	if len(batch) == 0 {
		return nil
	}
	handed := s.carriers[channel].carry(ctx, batch, now)
	marks := make([]mark, len(batch))
	refusals := 0
	for i, c := range batch {
		marks[i] = judge(c, handed[i], now)
		if class := outcome.Of(handed[i].err); class == outcome.Temporary || class == outcome.Uncertain {
			refusals++
		}
		if handed[i].err != nil && (i == 0 || marks[i].text != marks[i-1].text) {
			s.Log.Warn("delivery", "channel", channel, "state", marks[i].state, "error", marks[i].text)
		}
	}
	if len(batch) > 1 && refusals == len(batch) {
		s.rests.rest(channel, now.Add(max(time.Minute, after(handed[0].err))))
	}
	return s.record(context.WithoutCancel(ctx), channel, marks, now)
}

// mark is what a delivery has come to.
type mark struct {
	claimed
	state, messageID, text string
	wait                   time.Duration // until the next attempt
}

func judge(c claimed, h handed, now time.Time) mark {
	m := mark{claimed: c, state: "sent", messageID: h.id}
	if h.err == nil {
		return m
	}
	m.text = h.err.Error()
	switch class := outcome.Of(h.err); {
	case class == outcome.Temporary && c.Attempts < maxAttempts:
		m.state, m.wait = "queued", max(retryAfter[min(c.Attempts, len(retryAfter))-1], after(h.err))
	case class == outcome.Uncertain:
		m.state = "unsure"
	default:
		m.state = "failed"
	}
	return m
}

// after is how long the far side wants to be left alone.
func after(err error) time.Duration {
	if e, ok := errors.AsType[*outcome.Error](err); ok {
		return e.After
	}
	return 0
}
