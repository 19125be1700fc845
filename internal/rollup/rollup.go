// Package rollup counts. Once a minute one scan of standing becomes one row per enterprise with its as-of time; when a week
// has ended its figures are computed from the records as they were known at the cut-off and frozen. The bureau reads those
// rows, never a person's; an enterprise's own week is counted live.
package rollup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/jobs"
	"github.com/fugong/fugong/internal/standing"
)

// Service keeps and reads the rollups.
type Service struct {
	db       *db.DB
	clock    clock.Clock
	standing *standing.Service
}

// New returns a service.
func New(d *db.DB, c clock.Clock, s *standing.Service) *Service {
	return &Service{db: d, clock: c, standing: s}
}

var system = db.Tenant{System: true}

// States are regime.State codes: 1 ok, 2 due_soon, 3 overdue, 4 no_record, 5 pending, 6 result_late, 7 exempt, 8 off_post;
// 0 is someone who has left. Aggregate first, then join.
const sqlRefresh = `insert into org_now as n (org_id, as_of, headcount, on_post, owed, tested, due_soon, pending, result_late,
        overdue, no_record, exempt, off_post, held, symptoms_24h)
    select o.id, $1, coalesce(c.headcount, 0), coalesce(c.on_post, 0), coalesce(c.owed, 0), coalesce(c.tested, 0),
        coalesce(c.due_soon, 0), coalesce(c.pending, 0), coalesce(c.result_late, 0), coalesce(c.overdue, 0),
        coalesce(c.no_record, 0), coalesce(c.exempt, 0), coalesce(c.off_post, 0), coalesce(c.held, 0), coalesce(y.n, 0)
    from org o
    left join (
        select org_id, count(*) filter (where st <> 0) as headcount, count(*) filter (where st between 1 and 7) as on_post,
            count(*) filter (where st between 1 and 6) as owed, count(*) filter (where st in (1, 2)) as tested,
            count(*) filter (where st = 2) as due_soon, count(*) filter (where st = 5) as pending,
            count(*) filter (where st = 6) as result_late, count(*) filter (where st = 3) as overdue,
            count(*) filter (where st = 4) as no_record, count(*) filter (where st = 7) as exempt,
            count(*) filter (where st = 8) as off_post, count(*) filter (where st = 8 and held) as held
        from (select org_id, held, standing_state($1, s0, t1, s1, t2, s2, t3, s3) as st from standing) s
        group by org_id) c on c.org_id = o.id
    left join (
        select org_id, count(distinct employee_id) as n from symptom_report
        where alert and at > $1::timestamptz - interval '24 hours' and at <= $1 group by org_id) y on y.org_id = o.id
    where o.kind = 'enterprise' and o.active
    on conflict (org_id) do update
        set as_of = excluded.as_of, headcount = excluded.headcount, on_post = excluded.on_post, owed = excluded.owed,
            tested = excluded.tested, due_soon = excluded.due_soon, pending = excluded.pending,
            result_late = excluded.result_late, overdue = excluded.overdue, no_record = excluded.no_record,
            exempt = excluded.exempt, off_post = excluded.off_post, held = excluded.held, symptoms_24h = excluded.symptoms_24h`

// The week that runs now is not frozen: it follows the snapshot.
const sqlRunningWeek = `insert into org_week as w (org_id, week, as_of, owed, tested, pending, overdue, no_record)
    select n.org_id, date_trunc('week', $1::timestamptz at time zone o.time_zone)::date, n.as_of, n.owed, n.tested, n.pending,
        n.overdue + n.result_late, n.no_record
    from org_now n join org o on o.id = n.org_id
    on conflict (org_id, week) do update
        set as_of = excluded.as_of, owed = excluded.owed, tested = excluded.tested, pending = excluded.pending,
            overdue = excluded.overdue, no_record = excluded.no_record
        where w.frozen_at is null`

// Refresh counts every enterprise at the instant. It returns how many rows were written.
func (s *Service) Refresh(ctx context.Context, now time.Time) (int64, error) {
	var n int64
	err := s.db.InTx(ctx, system, func(tx *sqlx.Tx) error {
		res, err := tx.ExecContext(ctx, sqlRefresh, now)
		if err != nil {
			return fmt.Errorf("count enterprises: %w", err)
		}
		if n, err = res.RowsAffected(); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, sqlRunningWeek, now); err != nil {
			return fmt.Errorf("update the running week: %w", err)
		}
		return nil
	})
	return n, err
}

// Jobs are the snapshot of every minute and the freezing of ended weeks.
func (s *Service) Jobs() []jobs.Job {
	return []jobs.Job{
		{Name: "rollup.refresh", Spec: "@every 1m", Run: func(ctx context.Context, _ time.Time) (string, error) {
			n, err := s.Refresh(ctx, s.clock.Now())
			return fmt.Sprintf("%d enterprises", n), err
		}},
		{Name: "rollup.freeze", Spec: "@every 15m", Timeout: 14 * time.Minute, Run: func(ctx context.Context, slot time.Time) (string, error) {
			n, err := s.FreezeWeeks(ctx, slot)
			return fmt.Sprintf("froze %d enterprise weeks", n), err
		}},
	}
}

// week is the Monday of the week an instant falls in, as a civil date in UTC, and the instant the week ends in the zone.
func week(at time.Time, zone *time.Location) (monday time.Time, end time.Time) {
	local := at.In(zone)
	back := (int(local.Weekday()) + 6) % 7
	y, m, d := local.AddDate(0, 0, -back).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC), time.Date(y, m, d+7, 0, 0, 0, 0, zone)
}

const sqlOpenWeeks = `select w.org_id, w.week, o.time_zone from org_week w join org o on o.id = w.org_id
    where w.frozen_at is null and (w.week + 7)::timestamp at time zone o.time_zone <= $1 order by w.org_id, w.week`

type openWeek struct {
	Org  int32     `db:"org_id"`
	Week time.Time `db:"week"`
	Zone string    `db:"time_zone"`
}

// freezeBatch bounds how many enterprises are counted before their weeks are stored.
const freezeBatch = 1000

// FreezeWeeks computes every ended week that is not frozen at its cut-off and freezes it. One enterprise's failure does not
// hold up the others.
func (s *Service) FreezeWeeks(ctx context.Context, now time.Time) (int, error) {
	var open []openWeek
	err := s.db.Read(ctx, system, func(tx *sqlx.Tx) error {
		open = nil
		return tx.SelectContext(ctx, &open, sqlOpenWeeks, now)
	})
	if err != nil {
		return 0, fmt.Errorf("find ended weeks: %w", err)
	}
	same := map[openWeek][]int32{} // enterprises by week and zone
	for _, w := range open {
		k := openWeek{Week: w.Week, Zone: w.Zone}
		same[k] = append(same[k], w.Org)
	}
	var failed []error
	n := 0
	for w, orgs := range same {
		frozen, err := s.freezeSame(ctx, orgs, w, now)
		n, failed = n+frozen, append(failed, err)
	}
	return n, errors.Join(failed...)
}

func (s *Service) freezeSame(ctx context.Context, orgs []int32, w openWeek, now time.Time) (n int, err error) {
	zone, err := clock.Zone(w.Zone)
	if err != nil {
		return 0, fmt.Errorf("zone of %d enterprises: %w", len(orgs), err)
	}
	var failed []error
	for some := range slices.Chunk(orgs, freezeBatch) {
		if err := s.freeze(ctx, some, []time.Time{w.Week}, zone, now); err == nil {
			n += len(some)
			continue
		}
		for _, org := range some {
			if err := s.freeze(ctx, []int32{org}, []time.Time{w.Week}, zone, now); err != nil {
				failed = append(failed, fmt.Errorf("freeze week of org %d: %w", org, err))
				continue
			}
			n++
		}
	}
	return n, errors.Join(failed...)
}

const sqlFreeze = `insert into org_week as w (org_id, week, as_of, owed, tested, pending, overdue, no_record, frozen_at)
    select u.org, $1, $2, u.owed, u.tested, u.pending, u.overdue, u.no_record, $3
    from unnest($4::integer[], $5::integer[], $6::integer[], $7::integer[], $8::integer[], $9::integer[])
        as u (org, owed, tested, pending, overdue, no_record)
    on conflict (org_id, week) do update
        set as_of = excluded.as_of, owed = excluded.owed, tested = excluded.tested, pending = excluded.pending,
            overdue = excluded.overdue, no_record = excluded.no_record, frozen_at = excluded.frozen_at
        where w.frozen_at is null`

// freeze computes and freezes weeks of orgs, the earliest first, each at its cut-off: the end of its Sunday.
func (s *Service) freeze(ctx context.Context, orgs []int32, mondays []time.Time, zone *time.Location, now time.Time) error {
	ends := make([]time.Time, len(mondays))
	for i, m := range mondays {
		ends[i] = time.Date(m.Year(), m.Month(), m.Day()+7, 0, 0, 0, 0, zone)
	}
	tallies, err := s.standing.Recount(ctx, orgs, ends)
	if err != nil {
		return err
	}
	return s.db.InTx(ctx, system, func(tx *sqlx.Tx) error {
		for i := range mondays {
			var figures [5]db.Ints[int32]
			for _, org := range orgs {
				f := figuresOf(tallies[org][i])
				for k, n := range []int{f.Owed, f.Tested, f.Pending, f.Overdue, f.NoRecord} {
					figures[k] = append(figures[k], int32(n))
				}
			}
			_, err := tx.ExecContext(ctx, sqlFreeze, mondays[i], ends[i], now, db.Ints[int32](orgs), figures[0], figures[1], figures[2], figures[3], figures[4])
			if err != nil {
				return fmt.Errorf("freeze weeks: %w", err)
			}
		}
		return nil
	})
}

// BackfillWeeks computes and freezes the ended weeks of an org before the instant, for an installation whose records are
// older than itself.
func (s *Service) BackfillWeeks(ctx context.Context, org int32, zone *time.Location, weeks int, now time.Time) error {
	mondays := make([]time.Time, weeks)
	for i := range mondays {
		mondays[i], _ = week(now.In(zone).AddDate(0, 0, -7*(weeks-i)), zone)
	}
	return s.freeze(ctx, []int32{org}, mondays, zone, now)
}
