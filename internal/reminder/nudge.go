package reminder

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
)

// MaxNudge bounds how many people one action may remind.
const MaxNudge = 2000

// Nudged says what a reminder from the list came to.
type Nudged struct {
	Planned int // told now
	Already int // told by hand earlier today: once a day is enough
	Clear   int // owe nothing now, are held or off post
}

// A nudge's due instant is the civil day's beginning, so that a person is nudged at most once a day.
const sqlNudge = `with asked as (
        select s.org_id, s.employee_id,
            not s.held and standing_state($3, s.s0, s.t1, s.s1, s.t2, s.s2, s.t3, s.s3) in (2, 3, 4, 6) as owes
        from standing s
        where s.org_id = $1 and s.employee_id = any($2)),
    planned as (
        insert into reminder (org_id, duty, employee_id, due_at, step, audience, send_from, send_until, turn_at, planned_at, planned_by)
        select org_id, 'nudge', employee_id, $4, 'nudge', 'worker', $3, $3::timestamptz + interval '12 hours', $3, $3, $5
        from asked where owes order by employee_id
        on conflict (org_id, employee_id, duty, due_at, step, audience) do nothing
        returning 1)
    select (select count(*) from planned) as planned, (select count(*) from asked where owes) as owing`

// Nudge reminds the people by hand, now.
func (s *Service) Nudge(ctx context.Context, sc authz.Scope, employees []int64, zone *time.Location, at time.Time) (Nudged, error) {
	if err := sc.Require(authz.ReminderSend); err != nil {
		return Nudged{}, err
	}
	ids := slices.Clone(employees)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if len(ids) == 0 {
		return Nudged{}, errs.New(errs.Invalid, "reminder.nobody")
	}
	if len(ids) > MaxNudge {
		return Nudged{}, errs.New(errs.Invalid, "reminder.too_many", "Max", MaxNudge)
	}
	y, m, d := at.In(zone).Date()
	day := time.Date(y, m, d, 0, 0, 0, 0, zone)
	var out Nudged
	err := s.DB.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		var n struct {
			Planned int `db:"planned"`
			Owing   int `db:"owing"`
		}
		if err := tx.GetContext(ctx, &n, sqlNudge, sc.Org, pq.Array(ids), at, day, sc.Account); err != nil {
			return fmt.Errorf("nudge: %w", err)
		}
		if err := s.turnNow(ctx, tx, at); err != nil {
			return err
		}
		out = Nudged{Planned: n.Planned, Already: n.Owing - n.Planned, Clear: len(ids) - n.Owing}
		return audit.Record(ctx, tx, sc, at, audit.Event{Action: "reminder.nudge", Subject: "reminder",
			Detail: map[string]any{"asked": len(ids), "planned": n.Planned}})
	})
	return out, err
}

// turnNow gives the steps of the transaction's org their turn, so that whoever nudges sees the messages in the log at once. The
// gateway hears of them from a sender: nothing may be on a wire before this transaction is committed.
func (s *Service) turnNow(ctx context.Context, tx *sqlx.Tx, at time.Time) error {
	var from place
	for {
		rows, err := s.takeTurn(ctx, tx, at, from, false)
		if err != nil || len(rows) == 0 {
			return err
		}
		from = rows[len(rows)-1].place()
	}
}
