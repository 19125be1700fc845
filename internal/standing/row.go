package standing

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/regime"
)

// row is a standing as stored: the segments of the schedule and a few instants that lists show.
type row struct {
	employee  int64
	state     [regime.MaxSegments]int16
	from      [regime.MaxSegments]sql.NullTime // from[0] is unused
	held      bool
	blocks    bool // the category may not work while overdue
	due       sql.NullTime
	counted   sql.NullTime
	latest    sql.NullTime
	refreshAt sql.NullTime // null stands for infinity
	renewFrom sql.NullTime // see regime.RenewableFrom; null: the whole file must be read
	rests     time.Time    // how far back samples matter; not stored
}

// Gone is the stored state of someone who has resigned: in no count and on no list of people.
const Gone = 0

// newRow also returns the holds in force.
func newRow(rules regime.Rules, employee int64, f regime.Facts, at time.Time) (row, []regime.Hold) {
	if gone(f, at) {
		return row{employee: employee, rests: at}, nil
	}
	r, held := foretold(rules, employee, f, at)
	if from, ok := regime.RenewableFrom(rules, f, at); ok {
		r.renewFrom = db.Instant(from)
	}
	return r, held
}

// foretold is the row of someone who has not left, but for what it says of the next negative.
func foretold(rules regime.Rules, employee int64, f regime.Facts, at time.Time) (row, []regime.Hold) {
	now := regime.Foretell(rules, f, at)
	due := now.Segments[0].DueAt
	r := row{employee: employee, held: len(now.Held) > 0, blocks: now.Blocks, due: db.Instant(due), counted: db.Instant(now.Counted),
		latest: db.Instant(now.Latest), rests: now.Rests}
	for i, seg := range now.Segments {
		r.state[i] = int16(seg.State)
		if i > 0 {
			r.from[i] = db.Instant(seg.From)
		}
		if !r.refreshAt.Valid && (seg.Held != r.held || !seg.DueAt.Equal(due)) {
			r.refreshAt = db.Instant(seg.From)
		}
	}
	if last := now.Segments[len(now.Segments)-1]; !r.refreshAt.Valid {
		r.refreshAt = db.Instant(last.Until)
	}
	// A coming version may change what the row does not foretell, such as blocks.
	if next := rules.Next(at); !next.IsZero() && (!r.refreshAt.Valid || next.Before(r.refreshAt.Time)) {
		r.refreshAt = db.Instant(next)
	}
	return r, now.Held
}

// gone reports whether the status that began last is a resignation.
func gone(f regime.Facts, at time.Time) bool {
	var last regime.StatusSpan
	for _, s := range f.Statuses {
		if !s.From.After(at) && s.From.After(last.From) {
			last = s
		}
	}
	return last.Status == regime.StatusResigned
}

const sqlStore = `insert into standing as s (org_id, employee_id, s0, s1, s2, s3, t1, t2, t3, held, blocks, due_at, counted_at,
        latest_at, evaluated_at, refresh_at, renew_from)
    select $1, u.employee, u.s0, u.s1, u.s2, u.s3, coalesce(u.t1, 'infinity'), coalesce(u.t2, 'infinity'), coalesce(u.t3, 'infinity'),
        u.held, u.blocks, u.due, u.counted, u.latest, $2, coalesce(u.refresh, 'infinity'), u.renew
    from unnest($3::bigint[], $4::smallint[], $5::smallint[], $6::smallint[], $7::smallint[], $8::timestamptz[], $9::timestamptz[],
            $10::timestamptz[], $11::boolean[], $12::boolean[], $13::timestamptz[], $14::timestamptz[], $15::timestamptz[],
            $16::timestamptz[], $17::timestamptz[])
        as u (employee, s0, s1, s2, s3, t1, t2, t3, held, blocks, due, counted, latest, refresh, renew)
    on conflict (org_id, employee_id) do update
        set s0 = excluded.s0, s1 = excluded.s1, s2 = excluded.s2, s3 = excluded.s3, t1 = excluded.t1, t2 = excluded.t2,
            t3 = excluded.t3, held = excluded.held, blocks = excluded.blocks, due_at = excluded.due_at,
            counted_at = excluded.counted_at, latest_at = excluded.latest_at, evaluated_at = excluded.evaluated_at,
            refresh_at = excluded.refresh_at, renew_from = excluded.renew_from`

func store(ctx context.Context, q db.Q, org int32, rows []row, at time.Time) error {
	n := len(rows)
	var (
		employees            = make([]int64, n)
		states               [regime.MaxSegments][]int16
		from                 [regime.MaxSegments][]sql.NullTime
		held, blocks         = make([]bool, n), make([]bool, n)
		due, counted, latest = make([]sql.NullTime, n), make([]sql.NullTime, n), make([]sql.NullTime, n)
		refresh, renew       = make([]sql.NullTime, n), make([]sql.NullTime, n)
	)
	for k := range states {
		states[k], from[k] = make([]int16, n), make([]sql.NullTime, n)
	}
	for i, r := range rows {
		employees[i], held[i], blocks[i] = r.employee, r.held, r.blocks
		due[i], counted[i], latest[i], refresh[i] = r.due, r.counted, r.latest, r.refreshAt
		renew[i] = r.renewFrom
		for k := range states {
			states[k][i], from[k][i] = r.state[k], r.from[k]
		}
	}
	_, err := q.ExecContext(ctx, sqlStore, org, at, pq.Array(employees),
		pq.Array(states[0]), pq.Array(states[1]), pq.Array(states[2]), pq.Array(states[3]),
		pq.Array(from[1]), pq.Array(from[2]), pq.Array(from[3]), pq.Array(held), pq.Array(blocks),
		pq.Array(due), pq.Array(counted), pq.Array(latest), pq.Array(refresh), pq.Array(renew))
	if err != nil {
		return fmt.Errorf("store standings: %w", err)
	}
	return nil
}
