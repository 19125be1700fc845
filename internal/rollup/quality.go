package rollup

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/jobs"
	"github.com/fugong/fugong/internal/regime"
)

// Judge compares, for everyone of an org and each instant, the earliest first, the state that was shown then, by what was known,
// with the one that the records of today tell of that instant; 0 for those who had left.
type Judge interface {
	Judge(ctx context.Context, q db.Q, org int32, instants []time.Time, each func(employee int64, i int, then, now regime.State) error) error
}

// Quality measures how right the program was: how often it called somebody overdue who was not, how long results took, whether
// anybody was reminded twice. It counts the weeks that may still be corrected anew every night.
type Quality struct {
	db    *db.DB
	clock clock.Clock
	judge Judge
}

// NewQuality returns a service.
func NewQuality(d *db.DB, c clock.Clock, j Judge) *Quality {
	return &Quality{db: d, clock: c, judge: j}
}

// QualityWeeks is how many weeks are counted again, the running one included: so long corrections are expected.
const QualityWeeks = 4

// checkHours are the hours of the day, in the org's zone, at which what is shown is judged: when the shift begins and at cut-off.
var checkHours = []int{8, 17}

// Jobs is the nightly count.
func (s *Quality) Jobs() []jobs.Job {
	return []jobs.Job{{Name: "rollup.quality", Spec: "CRON_TZ=Asia/Shanghai 40 2 * * *", Timeout: 2 * time.Hour,
		Run: func(ctx context.Context, _ time.Time) (string, error) {
			n, err := s.Measure(ctx, s.clock.Now())
			return fmt.Sprintf("%d enterprise weeks", n), err
		}}}
}

const sqlMeasured = `select id, time_zone, go_live_at from org where kind = 'enterprise' and active and go_live_at < $1 order by id`

type measured struct {
	ID     int32     `db:"id"`
	Zone   string    `db:"time_zone"`
	GoLive time.Time `db:"go_live_at"`
}

// Measure counts the last weeks of every enterprise. One enterprise's failure does not hold up the others.
func (s *Quality) Measure(ctx context.Context, now time.Time) (int, error) {
	var orgs []measured
	err := s.db.Read(ctx, system, func(tx *sqlx.Tx) error { return tx.SelectContext(ctx, &orgs, sqlMeasured, now) })
	if err != nil {
		return 0, fmt.Errorf("list enterprises: %w", err)
	}
	var failed []error
	n := 0
	for _, o := range orgs {
		weeks, err := s.measure(ctx, o, now)
		n += weeks
		if err != nil {
			failed = append(failed, fmt.Errorf("org %d: %w", o.ID, err))
		}
	}
	return n, errors.Join(failed...)
}

// span is a week with the instants at which it is judged; end is its cut-off.
type span struct {
	monday, begin, end time.Time
	qualityFigures
	owed, tested int // at the cut-off, by the records of today
	wronged      map[int64]bool
	seen         map[int64]bool
}

// spans are the last weeks up to now with their instants, those before go-live left out. index says which week an instant belongs
// to; the cut-off of an ended week is the last of its instants.
func spans(o measured, zone *time.Location, now time.Time) (weeks []*span, instants []time.Time, index []int) {
	for i := range QualityWeeks {
		monday, end := week(now.In(zone).AddDate(0, 0, -7*(QualityWeeks-1-i)), zone)
		w := &span{monday: monday, end: end, wronged: map[int64]bool{}, seen: map[int64]bool{},
			begin: time.Date(monday.Year(), monday.Month(), monday.Day(), 0, 0, 0, 0, zone)}
		if !w.end.After(o.GoLive) {
			continue
		}
		for day := range 7 {
			for _, hour := range checkHours {
				at := time.Date(monday.Year(), monday.Month(), monday.Day()+day, hour, 0, 0, 0, zone)
				if at.After(o.GoLive) && !at.After(now) {
					instants, index = append(instants, at), append(index, len(weeks))
				}
			}
		}
		if !end.After(now) {
			instants, index = append(instants, end), append(index, len(weeks))
		}
		weeks = append(weeks, w)
	}
	return weeks, instants, index
}

// measure counts an enterprise's weeks in one pass over its records.
func (s *Quality) measure(ctx context.Context, o measured, now time.Time) (int, error) {
	zone, err := clock.Zone(o.Zone)
	if err != nil {
		return 0, fmt.Errorf("zone: %w", err)
	}
	weeks, instants, index := spans(o, zone, now)
	if len(instants) == 0 {
		return 0, nil
	}
	err = s.db.InTx(ctx, system, func(tx *sqlx.Tx) error {
		for _, w := range weeks {
			w.reset()
		}
		err := s.judge.Judge(ctx, tx, o.ID, instants, func(employee int64, i int, then, now regime.State) error {
			if w := weeks[index[i]]; instants[i].Equal(w.end) {
				w.cutOff(now)
			} else {
				w.judge(employee, then, now)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("judge: %w", err)
		}
		for _, w := range weeks {
			if err := w.store(ctx, tx, o.ID, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return len(weeks), nil
}

// reset begins counting anew: a transaction may be tried again.
func (w *span) reset() {
	w.qualityFigures, w.owed, w.tested = qualityFigures{}, 0, 0
	clear(w.wronged)
	clear(w.seen)
}

func (w *span) cutOff(now regime.State) {
	if now.Owed() {
		w.owed++
	}
	if now.Tested() {
		w.tested++
	}
}

func overdue(s regime.State) bool { return s == regime.Overdue || s == regime.ResultLate }

// judge counts one person at one instant. Who neither was nor should have been owing a test is no check.
func (w *span) judge(employee int64, then, now regime.State) {
	if !then.Owed() && !now.Owed() {
		return
	}
	w.Checks++
	w.seen[employee] = true
	if overdue(then) {
		w.Shown++
	}
	switch {
	case overdue(then) && !overdue(now):
		w.False++
		w.wronged[employee] = true
	case overdue(now) && !overdue(then):
		w.Missed++
	}
}

// The results of PCR swabs of the week, and the reminders that went out in it. A message that went out twice to one recipient on
// one channel for one step would count; the ledger's keys are to make that impossible, and this counts on the rows themselves.
const sqlFlow = `select
        (select count(*) from sample where org_id = $1 and sampled_at >= $2 and sampled_at < $3 and method = 'pcr'
            and result not in ('pending', 'cancelled') and reported_at is not null) as results,
        (select count(*) from sample where org_id = $1 and sampled_at >= $2 and sampled_at < $3 and method = 'pcr'
            and result not in ('pending', 'cancelled') and reported_at <= sampled_at + interval '24 hours') as in_day,
        (select (extract(epoch from percentile_disc(0.5) within group (order by reported_at - sampled_at)) / 60)::integer
            from sample where org_id = $1 and sampled_at >= $2 and sampled_at < $3 and method = 'pcr'
            and result not in ('pending', 'cancelled') and reported_at is not null) as median,
        coalesce(sum(n), 0) as reminders, coalesce(sum(n - 1), 0) as twice
    from (select count(*) as n
        from delivery d join reminder r on r.org_id = d.org_id and r.id = d.reminder_id
        where d.org_id = $1 and d.state = 'sent' and d.sent_at >= $2 and d.sent_at < $3
        group by r.employee_id, r.duty, r.due_at, r.step, r.audience, d.channel, d.recipient) m`

const sqlMeasure = `insert into quality_week as w (org_id, week, people, checks, shown_overdue, false_overdue, missed_overdue, people_wronged,
        results, results_in_day, median_minutes, reminders, reminders_twice, computed_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
    on conflict (org_id, week) do update
        set people = excluded.people, checks = excluded.checks, shown_overdue = excluded.shown_overdue,
            false_overdue = excluded.false_overdue, missed_overdue = excluded.missed_overdue, people_wronged = excluded.people_wronged,
            results = excluded.results, results_in_day = excluded.results_in_day, median_minutes = excluded.median_minutes,
            reminders = excluded.reminders, reminders_twice = excluded.reminders_twice, computed_at = excluded.computed_at`

const sqlRecount = `update org_week set recount_owed = $3, recount_tested = $4, recounted_at = $5
    where org_id = $1 and week = $2 and frozen_at is not null`

// store writes the week, and beside a frozen week what the records of today make of its cut-off.
func (w *span) store(ctx context.Context, q db.Q, org int32, now time.Time) error {
	var f struct {
		Results   int           `db:"results"`
		InDay     int           `db:"in_day"`
		Median    sql.NullInt64 `db:"median"`
		Reminders int           `db:"reminders"`
		Twice     int           `db:"twice"`
	}
	if err := q.GetContext(ctx, &f, sqlFlow, org, w.begin, w.end); err != nil {
		return fmt.Errorf("count results and reminders: %w", err)
	}
	_, err := q.ExecContext(ctx, sqlMeasure, org, w.monday, len(w.seen), w.Checks, w.Shown, w.False, w.Missed, len(w.wronged), f.Results, f.InDay,
		f.Median, f.Reminders, f.Twice, now)
	if err != nil {
		return fmt.Errorf("store quality of the week: %w", err)
	}
	if w.end.After(now) {
		return nil
	}
	if _, err := q.ExecContext(ctx, sqlRecount, org, w.monday, w.owed, w.tested, now); err != nil {
		return fmt.Errorf("recount week: %w", err)
	}
	return nil
}
