package reminder

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/page"
)

// Entry is one delivery as the send log shows it.
type Entry struct {
	Reminder int64        `db:"reminder_id"`
	Duty     string       `db:"duty"`
	Step     string       `db:"step"`
	Employee int64        `db:"employee_id"` // 0 for a digest
	Name     string       `db:"name"`        // of the person the duty is of
	To       string       `db:"to_name"`     // who was told: a person, an account or the group
	Channel  string       `db:"channel"`
	State    string       `db:"state"`
	Attempts int          `db:"attempts"`
	Error    string       `db:"error"`
	DueAt    time.Time    `db:"due_at"`
	Planned  time.Time    `db:"planned_at"`
	SendFrom time.Time    `db:"next_at"`
	SentAt   sql.NullTime `db:"sent_at"`
	Key      string       `db:"key"`
}

// LogFilter narrows the send log.
type LogFilter struct {
	Channel  string
	State    string
	Employee int64
	Query    string // part of the person's name
}

const fragEntry = `d.reminder_id, r.duty, r.step, r.employee_id, coalesce(e.name, '') as name, coalesce(a.display_name, '') as to_name, d.channel,
        d.state, d.attempts, d.error, r.due_at, r.planned_at, d.next_at, d.sent_at, d.channel || '/' || d.recipient as key
    from delivery d
    join reminder r on r.org_id = d.org_id and r.id = d.reminder_id
    left join employee e on e.org_id = r.org_id and e.id = r.employee_id
    left join account a on a.id = case when d.recipient like 'account:%' then substr(d.recipient, 9)::bigint end
    where d.org_id = $1 and ($2 = '' or d.channel = $2) and ($3 = '' or d.state = $3) and ($4 = 0::bigint or r.employee_id = $4)
        and ($5 = '' or position($5 in e.name) > 0)`

const sqlLogAfter = `select ` + fragEntry + ` and (d.reminder_id, d.channel || '/' || d.recipient) < ($6::bigint, $7::text)
    order by d.reminder_id desc, d.channel || '/' || d.recipient desc limit $8`

const sqlLogBefore = `select ` + fragEntry + ` and (d.reminder_id, d.channel || '/' || d.recipient) > ($6::bigint, $7::text)
    order by d.reminder_id, d.channel || '/' || d.recipient limit $8`

const sqlLogCount = `select count(*) from (select ` + fragEntry + `) n`

// SendLog lists deliveries of the scope's org, the newest first.
func (s *Service) SendLog(ctx context.Context, sc authz.Scope, f LogFilter, r page.Request) (page.Result[Entry], error) {
	var out page.Result[Entry]
	if err := sc.Require(authz.ReminderView); err != nil {
		return out, err
	}
	statement, cursor, id, key := sqlLogAfter, r.After, int64(1)<<62, "~"
	if r.Back() {
		statement, cursor = sqlLogBefore, r.Before
	}
	if keys, ok := page.Keys(cursor, 2); ok {
		if _, err := fmt.Sscan(keys[0], &id); err != nil {
			return out, errs.Missing()
		}
		key = keys[1]
	}
	err := s.DB.Stale(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		var total int
		if err := tx.GetContext(ctx, &total, sqlLogCount, sc.Org, f.Channel, f.State, f.Employee, f.Query); err != nil {
			return fmt.Errorf("count log: %w", err)
		}
		var rows []Entry
		err := tx.SelectContext(ctx, &rows, statement, sc.Org, f.Channel, f.State, f.Employee, f.Query, id, key, r.Limit()+1)
		if err != nil {
			return fmt.Errorf("read log: %w", err)
		}
		out = page.Cut(r, rows, total, func(e Entry) string { return page.Cursor(fmt.Sprint(e.Reminder), e.Key) })
		return nil
	})
	return out, err
}

// Note is a reminder in a person's inbox.
type Note struct {
	Reminder int64        `db:"reminder_id"`
	Duty     string       `db:"duty"`
	Step     string       `db:"step"`
	DueAt    time.Time    `db:"due_at"`
	SentAt   time.Time    `db:"sent_at"`
	ReadAt   sql.NullTime `db:"read_at"`
}

const sqlInbox = `select d.reminder_id, r.duty, r.step, r.due_at, d.sent_at, d.read_at
    from delivery d join reminder r on r.org_id = d.org_id and r.id = d.reminder_id
    where d.org_id = $1 and d.channel = 'inapp' and d.recipient = $2 and d.state = 'sent'
    order by d.sent_at desc limit $3`

// inbox is the recipient under which the scope's own reminders are kept.
func inbox(sc authz.Scope) string {
	if sc.Employee != 0 {
		return fmt.Sprint("employee:", sc.Employee)
	}
	return fmt.Sprint("account:", sc.Account)
}

// Inbox lists the scope's own reminders, the newest first.
func (s *Service) Inbox(ctx context.Context, sc authz.Scope, limit int) ([]Note, error) {
	var notes []Note
	err := s.DB.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		return tx.SelectContext(ctx, &notes, sqlInbox, sc.Org, inbox(sc), limit)
	})
	if err != nil {
		return nil, fmt.Errorf("read inbox: %w", err)
	}
	return notes, nil
}

const sqlMarkRead = `update delivery set read_at = $3
    where org_id = $1 and channel = 'inapp' and recipient = $2 and state = 'sent' and read_at is null`

// MarkRead notes that the scope has seen its inbox.
func (s *Service) MarkRead(ctx context.Context, sc authz.Scope, at time.Time) error {
	return s.DB.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, sqlMarkRead, sc.Org, inbox(sc), at); err != nil {
			return fmt.Errorf("mark inbox read: %w", err)
		}
		return nil
	})
}

const sqlOfEmployee = db.Kept + `select d.reminder_id, r.duty, r.step, r.employee_id, '' as name, '' as to_name, d.channel, d.state, d.attempts, d.error,
        r.due_at, r.planned_at, d.next_at, d.sent_at, d.channel || '/' || d.recipient as key
    from delivery d join reminder r on r.org_id = d.org_id and r.id = d.reminder_id
    where r.org_id = $1 and r.employee_id = $2 and coalesce(d.sent_at, r.planned_at) < $3
    order by coalesce(d.sent_at, r.planned_at) desc limit $4`

// OfEmployee lists the deliveries about one person before an instant, the newest first, in the caller's transaction.
func (s *Service) OfEmployee(ctx context.Context, q db.Q, org int32, employee int64, before time.Time, limit int) ([]Entry, error) {
	var rows []Entry
	if err := q.SelectContext(ctx, &rows, sqlOfEmployee, org, employee, before, limit); err != nil {
		return nil, fmt.Errorf("reminders of employee: %w", err)
	}
	return rows, nil
}
