package reminder

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"

	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
)

// step is a rung of the ladder for the duty to be tested. It is planned while its window lasts, which is told from the due instant:
// the first for the day before it, the second for the day after it.
type step struct {
	name        string
	from, until time.Duration
}

var (
	before = step{StepBefore, -24 * time.Hour, 0}
	due    = step{StepDue, time.Second, 24 * time.Hour}
)

const (
	planSize = 10_000 // rows of one transaction, so that no lock and no statement grows with the city
	planners = 2      // transactions at a time: one waits for the disk while the other works
)

// Who is told is decided by the stored standing: 2 due soon and 4 no record yet before, 3 overdue after. Someone whose result is
// late has done what was asked. What the ledger holds already is left out here, where the server may use all its processors and
// the answer is mostly empty; the ledger's key stands behind it, for another server may plan at the same time. Nested loops would
// look up each person's row one by one: the planner takes them because it cannot know how many are due. The bounds come reckoned:
// PostgreSQL compares what is plain before it looks at the tenant, row by row, and anything else after.
const (
	sqlByHash = `select set_config('enable_nestloop', 'off', true)`
	sqlOwed   = `select coalesce(string_agg(p.packed, ''), '') from (
        select int4send(s.org_id) || int8send(s.employee_id) || timestamptz_send(s.due_at) as packed
        from standing s
        where s.due_at > $2 and s.due_at <= $3 and not s.held
            and case when s.due_at > $1 then standing_state($1, s.s0, s.t1, s.s1, s.t2, s.s2, s.t3, s.s3) in (2, 4)
                else s.due_at <= $4 and standing_state($1, s.s0, s.t1, s.s1, s.t2, s.s2, s.t3, s.s3) = 3 end
            and not exists (select from reminder r
                where r.org_id = s.org_id and r.employee_id = s.employee_id and r.due_at = s.due_at and r.duty = 'test' and r.audience = 'worker'
                    and r.due_at > $2 and r.due_at <= $3 and r.step = case when r.due_at > $1 then 't-24h' else 't+0' end)
        offset 0) p`
)

const sqlActive = `select id, time_zone from org where active`

// A window that is open already has its turn at once, everybody's at the same instant: then turns come in the order of the keys, and
// rows of one page are had together.
const fragPlan = `insert into reminder (org_id, duty, employee_id, due_at, step, audience, send_from, send_until, turn_at, planned_at, planned_by)
        select u.org_id, 'test', u.employee_id, timestamptz 'epoch' + u.due * interval '1 microsecond', $6, 'worker',
            timestamptz 'epoch' + u.opens * interval '1 microsecond',
            timestamptz 'epoch' + u.closes * interval '1 microsecond',
            greatest($7, timestamptz 'epoch' + u.opens * interval '1 microsecond'), $7, 0
        from unnest($1::integer[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) as u (org_id, employee_id, due, opens, closes)`

// The ledger's key refuses what another server has planned since. Then, and only then, the rows are written one by one with a look
// at the key before each: that look, and taking it back, costs as much again as the row.
const (
	sqlPlan      = fragPlan + ` returning org_id`
	sqlPlanAgain = fragPlan + ` on conflict (org_id, employee_id, duty, due_at, step, audience) do nothing`
)

// Plan writes the steps whose window is open at the instant into the ledger, each once, and returns how many are new. A process
// that dies on the way leaves whole transactions; the next call plans the rest.
func (s *Service) Plan(ctx context.Context, now time.Time) (int, error) {
	chunks, err := s.owed(ctx, now)
	if err != nil {
		return 0, err
	}
	var total atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(planners)
	for _, c := range chunks {
		g.Go(func() error {
			n, err := s.plan(ctx, c, now)
			total.Add(int64(n))
			return err
		})
	}
	err = g.Wait()
	return int(total.Load()), err
}

// chunk is a part of the people who are owed a step, as columns.
type chunk struct {
	step               string
	orgs               []int32
	employees          []int64
	due, opens, closes []time.Time
}

func (s *Service) plan(ctx context.Context, c chunk, now time.Time) (int, error) {
	n, err := s.insert(ctx, sqlPlan, c, now)
	if db.Constraint(err) != "" {
		n, err = s.insert(ctx, sqlPlanAgain, c, now)
	}
	return n, err
}

func (s *Service) insert(ctx context.Context, query string, c chunk, now time.Time) (int, error) {
	var n int64
	err := s.DB.InTx(ctx, system, func(tx *sqlx.Tx) error {
		done, err := tx.ExecContext(ctx, query, db.Ints[int32](c.orgs), db.Ints[int64](c.employees),
			db.Micros(c.due), db.Micros(c.opens), db.Micros(c.closes), c.step, now)
		if err != nil {
			return fmt.Errorf("plan reminders: %w", err)
		}
		n, err = done.RowsAffected()
		return err
	})
	return int(n), err
}

// owing is a person who is owed a step that is not planned yet.
type owing struct {
	org      int32
	employee int64
	due      time.Time
}

const owingSize = 4 + 8 + 8

// owed finds who is owed a step that is not in the ledger, and says when each is to be told.
func (s *Service) owed(ctx context.Context, now time.Time) ([]chunk, error) {
	var people []owing
	zones := map[int32]*time.Location{}
	err := s.DB.Read(ctx, system, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, sqlByHash); err != nil {
			return fmt.Errorf("find who is owed a reminder: %w", err)
		}
		packed, err := db.Packed(ctx, tx, sqlOwed, now, now.Add(-due.until), now.Add(-before.from), now.Add(-due.from))
		if err != nil {
			return fmt.Errorf("find who is owed a reminder: %w", err)
		}
		if len(packed) == 0 {
			return nil
		}
		people = unpack(packed)
		return zonesOf(ctx, tx, zones)
	})
	if err != nil {
		return nil, err
	}
	return timed(people, zones, now), nil
}

func unpack(packed []byte) []owing {
	out := make([]owing, len(packed)/owingSize)
	for i := range out {
		b := packed[i*owingSize:]
		out[i] = owing{int32(binary.BigEndian.Uint32(b)), int64(binary.BigEndian.Uint64(b[4:])), db.Unpacked(int64(binary.BigEndian.Uint64(b[12:])))}
	}
	return out
}

func zonesOf(ctx context.Context, tx *sqlx.Tx, zones map[int32]*time.Location) error {
	var orgs []struct {
		ID   int32  `db:"id"`
		Zone string `db:"time_zone"`
	}
	if err := tx.SelectContext(ctx, &orgs, sqlActive); err != nil {
		return fmt.Errorf("zones of orgs: %w", err)
	}
	for _, o := range orgs {
		zone, err := clock.Zone(o.Zone)
		if err != nil {
			return fmt.Errorf("zone of org %d: %w", o.ID, err)
		}
		zones[o.ID] = zone
	}
	return nil
}

// timed puts people in the order of the ledger's key, in which rows are written fastest and two planners never wait for each
// other in a circle, and reckons when each is told. People of orgs that are not active are not.
func timed(people []owing, zones map[int32]*time.Location, now time.Time) []chunk {
	slices.SortFunc(people, func(a, b owing) int {
		return cmp.Or(cmp.Compare(a.org, b.org), cmp.Compare(a.employee, b.employee))
	})
	var chunks []chunk
	for _, st := range []step{before, due} {
		open := -1
		for _, p := range people {
			zone := zones[p.org]
			if zone == nil || p.due.After(now) != (st == before) {
				continue
			}
			if open < 0 || len(chunks[open].orgs) == planSize {
				chunks = append(chunks, chunk{step: st.name})
				open = len(chunks) - 1
			}
			chunks[open].add(p, st.window(p.due, zone))
		}
	}
	return chunks
}

func (c *chunk) add(p owing, w window) {
	c.orgs, c.employees, c.due = append(c.orgs, p.org), append(c.employees, p.employee), append(c.due, p.due)
	c.opens, c.closes = append(c.opens, w.opens), append(c.closes, w.closes)
}
