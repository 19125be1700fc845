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
		{Name: "rollup.freeze", Spec: "@every 15m", Timeout: 10 * time.Minute, Run: func(ctx context.Context, slot time.Time) (string, error) {
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

// FreezeWeeks computes every ended week that is not frozen at its cut-off and freezes it. One enterprise's failure does not
// hold up the others.
func (s *Service) FreezeWeeks(ctx context.Context, now time.Time) (int, error) {
	var open []openWeek
	err := s.db.Read(ctx, system, func(tx *sqlx.Tx) error {
		return tx.SelectContext(ctx, &open, sqlOpenWeeks, now)
	})
	if err != nil {
		return 0, fmt.Errorf("find ended weeks: %w", err)
	}
	var failed []error
	n := 0
	weeks := map[time.Time]bool{}
	for _, w := range open {
		weeks[w.Week] = true
		if err := s.freeze(ctx, w, now); err != nil {
			failed = append(failed, err)
			continue
		}
		n++
	}
	if n > 0 {
		_, err := s.sumUp(ctx, slices.Collect(maps.Keys(weeks)))
		failed = append(failed, err)
	}
	return n, errors.Join(failed...)
}

const sqlFreeze = `insert into org_week as w (org_id, week, as_of, owed, tested, pending, overdue, no_record, frozen_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    on conflict (org_id, week) do update
        set as_of = excluded.as_of, owed = excluded.owed, tested = excluded.tested, pending = excluded.pending,
            overdue = excluded.overdue, no_record = excluded.no_record, frozen_at = excluded.frozen_at
        where w.frozen_at is null`

func (s *Service) freeze(ctx context.Context, w openWeek, now time.Time) error {
	zone, err := clock.Zone(w.Zone)
	if err != nil {
		return fmt.Errorf("zone of org %d: %w", w.Org, err)
	}
	return s.freezeEach(ctx, w.Org, []time.Time{w.Week}, zone, now)
}

// freezeEach computes and freezes weeks of an org, the earliest first, each at its cut-off: the end of its Sunday.
func (s *Service) freezeEach(ctx context.Context, org int32, mondays []time.Time, zone *time.Location, now time.Time) error {
	ends := make([]time.Time, len(mondays))
	for i, m := range mondays {
		ends[i] = time.Date(m.Year(), m.Month(), m.Day()+7, 0, 0, 0, 0, zone)
	}
	return s.db.InTx(ctx, system, func(tx *sqlx.Tx) error {
		tallies, err := s.standing.RecountEach(ctx, tx, org, ends)
		if err != nil {
			return err
		}
		for i, t := range tallies {
			f := figuresOf(t)
			if _, err := tx.ExecContext(ctx, sqlFreeze, org, mondays[i], ends[i], f.Owed, f.Tested, f.Pending, f.Overdue, f.NoRecord, now); err != nil {
				return fmt.Errorf("freeze week of org %d: %w", org, err)
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
	if err := s.freezeEach(ctx, org, mondays, zone, now); err != nil {
		return err
	}
	_, err := s.sumUp(ctx, mondays)
	return err
}
