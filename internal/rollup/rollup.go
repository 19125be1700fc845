// Package rollup counts. Every forty seconds one scan of standing becomes one row per enterprise with its as-of time; when a week
// has ended its figures are computed from the records as they were known at the cut-off and frozen. The bureau reads those
// rows and their sums by area, never a person's; an enterprise's own week is counted live.
package rollup

import (
	"context"
	"errors"
	"fmt"
	"maps"
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

	exact   chan struct{} // holds one while a reader's exact count runs
	counted time.Time     // when the last one was asked for
}

// New returns a service.
func New(d *db.DB, c clock.Clock, s *standing.Service) *Service {
	return &Service{db: d, clock: c, standing: s, exact: make(chan struct{}, 1)}
}

var system = db.Tenant{System: true}

// Jobs are the snapshot, the freezing of ended weeks and the nightly recount of areas. The snapshot is made more often than once a
// minute, so that none is a minute old before the next one stands.
func (s *Service) Jobs() []jobs.Job {
	return []jobs.Job{
		{Name: "rollup.refresh", Spec: "@every 40s", Run: func(ctx context.Context, _ time.Time) (string, error) {
			n, err := s.Refresh(ctx, s.clock.Now())
			return fmt.Sprintf("%d enterprises", n), err
		}},
		{Name: "rollup.freeze", Spec: "@every 15m", Timeout: 14 * time.Minute, Run: func(ctx context.Context, slot time.Time) (string, error) {
			n, err := s.FreezeWeeks(ctx, slot)
			return fmt.Sprintf("froze %d enterprise weeks", n), err
		}},
		{Name: "rollup.recount", Spec: "CRON_TZ=Asia/Shanghai 50 2 * * *", Timeout: 10 * time.Minute, Run: func(ctx context.Context, _ time.Time) (string, error) {
			n, err := s.Recount(ctx)
			return fmt.Sprintf("%d weeks of areas differed", n), err
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
	weeks := map[time.Time]bool{}
	for w, orgs := range same {
		weeks[w.Week] = true
		frozen, err := s.freezeSame(ctx, orgs, w, now)
		n, failed = n+frozen, append(failed, err)
	}
	if n > 0 {
		_, err := s.sumUp(ctx, slices.Collect(maps.Keys(weeks)))
		failed = append(failed, err)
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
	if err := s.freeze(ctx, []int32{org}, mondays, zone, now); err != nil {
		return err
	}
	_, err := s.sumUp(ctx, mondays)
	return err
}
