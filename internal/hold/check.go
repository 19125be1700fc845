package hold

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/regime"
)

// Check says what still stands between a hold and its release.
func (s *Service) Check(ctx context.Context, q db.Q, org int32, employee, holdID int64, at time.Time) (regime.ReleaseCheck, error) {
	h, err := one(ctx, q, sqlOne, org, employee, holdID)
	if err != nil {
		return regime.ReleaseCheck{}, err
	}
	checks, err := s.Checks(ctx, q, org, []Hold{h}, at)
	if err != nil {
		return regime.ReleaseCheck{}, err
	}
	return checks[0], nil
}

// Checks is Check of many holds of one org; the answers have the places of the holds.
func (s *Service) Checks(ctx context.Context, q db.Q, org int32, holds []Hold, at time.Time) ([]regime.ReleaseCheck, error) {
	checks := make([]regime.ReleaseCheck, len(holds))
	if len(holds) == 0 {
		return checks, nil
	}
	rules, err := s.rules.For(ctx, q, org, time.Time{})
	if err != nil {
		return nil, err
	}
	facts, err := factsSince(ctx, q, org, holds, at)
	if err != nil {
		return nil, err
	}
	alerts, err := lastAlerts(ctx, q, org, holds)
	if err != nil {
		return nil, err
	}
	for i, h := range holds {
		checks[i] = quietSince(regime.Releasable(rules, facts[h.Employee], h.regime(), at), alerts[h.ID], at)
	}
	return checks, nil
}

// quietSince counts the least time of a hold for symptoms from the last alert that it gathered: a fever that comes back begins the
// day without fever anew. Which negatives count stays.
func quietSince(c regime.ReleaseCheck, alert, at time.Time) regime.ReleaseCheck {
	quiet := alert.Add(time.Duration(c.Rule.MinHours) * time.Hour)
	if alert.IsZero() || !quiet.After(c.Earliest) {
		return c
	}
	c.Earliest = quiet.In(c.Earliest.Location())
	if at.Before(quiet) {
		c.Ready = false
		if !slices.Contains(c.Missing, regime.ReleaseTooEarly) {
			c.Missing = append([]string{regime.ReleaseTooEarly}, c.Missing...)
		}
	}
	return c
}

const sqlSamplesSince = `select s.employee_id, s.sampled_at, s.reported_at, s.result, s.method, s.collect_mode, s.source
    from unnest($2::bigint[], $3::timestamptz[]) as u (employee, since)
        join sample s on s.org_id = $1 and s.employee_id = u.employee and s.sampled_at >= u.since and s.sampled_at <= $4`

const sqlZone = `select time_zone from org where id = $1`

// factsSince reads, for the people held, the samples since their oldest hold began: older ones release nobody.
func factsSince(ctx context.Context, q db.Q, org int32, holds []Hold, at time.Time) (map[int64]regime.Facts, error) {
	var name string
	if err := q.GetContext(ctx, &name, sqlZone, org); err != nil {
		return nil, fmt.Errorf("zone of org: %w", db.OneRow(err))
	}
	zone, err := clock.Zone(name)
	if err != nil {
		return nil, fmt.Errorf("zone of org: %w", err)
	}
	facts, oldest := map[int64]regime.Facts{}, map[int64]time.Time{}
	for _, h := range holds {
		facts[h.Employee] = regime.Facts{Zone: zone}
		if t, ok := oldest[h.Employee]; !ok || h.From.Before(t) {
			oldest[h.Employee] = h.From
		}
	}
	return facts, addSamples(ctx, q, org, oldest, at, facts)
}

func addSamples(ctx context.Context, q db.Q, org int32, oldest map[int64]time.Time, at time.Time, facts map[int64]regime.Facts) error {
	employees, since := make([]int64, 0, len(oldest)), make([]time.Time, 0, len(oldest))
	for id, t := range oldest {
		employees, since = append(employees, id), append(since, t)
	}
	var rows []struct {
		Employee  int64        `db:"employee_id"`
		SampledAt time.Time    `db:"sampled_at"`
		Reported  sql.NullTime `db:"reported_at"`
		Result    string       `db:"result"`
		Method    string       `db:"method"`
		Mode      string       `db:"collect_mode"`
		Source    string       `db:"source"`
	}
	if err := q.SelectContext(ctx, &rows, sqlSamplesSince, org, pq.Array(employees), pq.Array(since), at); err != nil {
		return fmt.Errorf("read samples of the held: %w", err)
	}
	for _, r := range rows {
		result, err := regime.ParseResult(r.Result)
		if err != nil {
			return fmt.Errorf("read samples of the held: %w", err)
		}
		f := facts[r.Employee]
		f.Samples = append(f.Samples, regime.Sample{SampledAt: r.SampledAt, ReportedAt: r.Reported.Time, Result: result,
			Method: regime.Method(r.Method), Mode: regime.CollectMode(r.Mode), Source: regime.Source(r.Source)})
		facts[r.Employee] = f
	}
	return nil
}

const sqlLastAlerts = `select hold_id, max(at) as at from symptom_report
    where org_id = $1 and employee_id = any($2::bigint[]) and alert and hold_id = any($3::bigint[])
    group by hold_id`

// lastAlerts tells, by hold for symptoms, when the newest alert that it gathered was.
func lastAlerts(ctx context.Context, q db.Q, org int32, holds []Hold) (map[int64]time.Time, error) {
	var employees, ids []int64
	for _, h := range holds {
		if h.Kind == KindSymptom {
			employees, ids = append(employees, h.Employee), append(ids, h.ID)
		}
	}
	alerts := make(map[int64]time.Time, len(ids))
	if len(ids) == 0 {
		return alerts, nil
	}
	var rows []struct {
		Hold int64     `db:"hold_id"`
		At   time.Time `db:"at"`
	}
	if err := q.SelectContext(ctx, &rows, sqlLastAlerts, org, pq.Array(employees), pq.Array(ids)); err != nil {
		return nil, fmt.Errorf("read alerts of the held: %w", err)
	}
	for _, r := range rows {
		alerts[r.Hold] = r.At
	}
	return alerts, nil
}
