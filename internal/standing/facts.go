package standing

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
)

// orgRules is what the rules need to know of an org.
type orgRules struct {
	id     int32
	pack   *regime.Pack
	zone   *time.Location
	goLive time.Time
}

const sqlOrgRules = `select rule_pack, time_zone, go_live_at from org where id = $1`

func loadOrg(ctx context.Context, q db.Q, org int32) (orgRules, error) {
	var r struct {
		RulePack string    `db:"rule_pack"`
		TimeZone string    `db:"time_zone"`
		GoLiveAt time.Time `db:"go_live_at"`
	}
	if err := q.GetContext(ctx, &r, sqlOrgRules, org); err != nil {
		return orgRules{}, fmt.Errorf("rules of org: %w", db.OneRow(err))
	}
	pack, err := regime.Builtin(r.RulePack)
	if err != nil {
		return orgRules{}, fmt.Errorf("rule pack: %w", err)
	}
	zone, err := time.LoadLocation(r.TimeZone)
	if err != nil {
		return orgRules{}, fmt.Errorf("time zone: %w", err)
	}
	return orgRules{id: org, pack: pack, zone: zone, goLive: r.GoLiveAt}, nil
}

// loadFacts reads what the records say about the employees, one statement for each kind of record. An id without a file is
// left out.
func loadFacts(ctx context.Context, q db.Q, o orgRules, ids []int64, at time.Time) (map[int64]*regime.Facts, error) {
	facts := make(map[int64]*regime.Facts, len(ids))
	for _, load := range []func(context.Context, db.Q, orgRules, []int64, time.Time, map[int64]*regime.Facts) error{
		loadFiles, loadHistory, loadSamples, loadHolds,
	} {
		if err := load(ctx, q, o, ids, at, facts); err != nil {
			return nil, err
		}
	}
	return facts, nil
}

const sqlFiles = `select id, test_category, category_since, work_status, status_since, status_until
    from employee where org_id = $1 and id = any($2)`

func loadFiles(ctx context.Context, q db.Q, o orgRules, ids []int64, _ time.Time, facts map[int64]*regime.Facts) error {
	var rows []struct {
		ID            int64        `db:"id"`
		Category      string       `db:"test_category"`
		CategorySince time.Time    `db:"category_since"`
		Status        string       `db:"work_status"`
		StatusSince   time.Time    `db:"status_since"`
		StatusUntil   sql.NullTime `db:"status_until"`
	}
	if err := q.SelectContext(ctx, &rows, sqlFiles, o.id, pq.Array(ids)); err != nil {
		return fmt.Errorf("read files: %w", err)
	}
	for _, r := range rows {
		facts[r.ID] = &regime.Facts{
			GoLive: o.goLive, Zone: o.zone,
			Categories: []regime.CategorySpan{{Category: regime.Category(r.Category), From: r.CategorySince}},
			Statuses:   []regime.StatusSpan{{Status: regime.WorkStatus(r.Status), From: r.StatusSince, To: r.StatusUntil.Time}},
		}
	}
	return nil
}

const sqlHistory = `select employee_id, effective_at, until,
        coalesce(after->>'test_category', '') as category, coalesce(after->>'work_status', '') as status
    from employee_change
    where org_id = $1 and employee_id = any($2) and kind in ('created', 'category', 'status')`

func loadHistory(ctx context.Context, q db.Q, o orgRules, ids []int64, _ time.Time, facts map[int64]*regime.Facts) error {
	var rows []struct {
		Employee int64        `db:"employee_id"`
		From     time.Time    `db:"effective_at"`
		Until    sql.NullTime `db:"until"`
		Category string       `db:"category"`
		Status   string       `db:"status"`
	}
	if err := q.SelectContext(ctx, &rows, sqlHistory, o.id, pq.Array(ids)); err != nil {
		return fmt.Errorf("read history: %w", err)
	}
	for _, r := range rows {
		f := facts[r.Employee]
		if f == nil {
			continue
		}
		if r.Category != "" {
			f.Categories = append(f.Categories, regime.CategorySpan{Category: regime.Category(r.Category), From: r.From})
		}
		if r.Status != "" {
			f.Statuses = append(f.Statuses, regime.StatusSpan{Status: regime.WorkStatus(r.Status), From: r.From, To: r.Until.Time})
		}
	}
	return nil
}

// Samples older than a hundred days cannot move a rule of at most a month, save an abnormal result, which stands until a
// later sample clears it.
const sqlSamples = `select employee_id, sampled_at, reported_at, result, method, collect_mode, source
    from sample
    where org_id = $1 and employee_id = any($2)
        and (sampled_at >= $3 or result in ('positive', 'suspicious', 'pool_abnormal'))`

const sampleWindow = 100 * 24 * time.Hour

func loadSamples(ctx context.Context, q db.Q, o orgRules, ids []int64, at time.Time, facts map[int64]*regime.Facts) error {
	rows, err := q.QueryxContext(ctx, sqlSamples, o.id, pq.Array(ids), at.Add(-sampleWindow))
	if err != nil {
		return fmt.Errorf("read samples: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var (
			employee             int64
			reported             sql.NullTime
			result, method, mode string
			source               string
			s                    regime.Sample
		)
		if err := rows.Scan(&employee, &s.SampledAt, &reported, &result, &method, &mode, &source); err != nil {
			return fmt.Errorf("read sample: %w", err)
		}
		if s.Result, err = regime.ParseResult(result); err != nil {
			return errs.New(errs.Internal, "error.internal").Because(err)
		}
		s.ReportedAt, s.Method, s.Mode, s.Source = reported.Time, regime.Method(method), regime.CollectMode(mode), regime.Source(source)
		if f := facts[employee]; f != nil {
			f.Samples = append(f.Samples, s)
		}
	}
	return rows.Err()
}

const sqlHolds = `select employee_id, id, kind, from_at, to_at, released_at from hold where org_id = $1 and employee_id = any($2)`

func loadHolds(ctx context.Context, q db.Q, o orgRules, ids []int64, _ time.Time, facts map[int64]*regime.Facts) error {
	var rows []struct {
		Employee int64        `db:"employee_id"`
		ID       int64        `db:"id"`
		Kind     string       `db:"kind"`
		From     time.Time    `db:"from_at"`
		To       sql.NullTime `db:"to_at"`
		Released sql.NullTime `db:"released_at"`
	}
	if err := q.SelectContext(ctx, &rows, sqlHolds, o.id, pq.Array(ids)); err != nil {
		return fmt.Errorf("read holds: %w", err)
	}
	for _, r := range rows {
		f := facts[r.Employee]
		if f == nil {
			continue
		}
		to := r.To.Time
		if r.Released.Valid && (to.IsZero() || r.Released.Time.Before(to)) {
			to = r.Released.Time
		}
		f.Holds = append(f.Holds, regime.Hold{Kind: r.Kind, From: r.From, To: to, ID: r.ID})
	}
	return nil
}
