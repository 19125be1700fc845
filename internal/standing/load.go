package standing

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/regime"
)

// orgRules is what the rules need to know of an org.
type orgRules struct {
	id     int32
	rules  regime.Rules
	zone   *time.Location
	goLive time.Time
}

const sqlOrg = `select time_zone, go_live_at from org where id = $1`

// loadOrg reads an org with the rules that were confirmed by the instant known, zero for today.
func (s *Service) loadOrg(ctx context.Context, q db.Q, org int32, known time.Time) (*orgRules, error) {
	var r struct {
		TimeZone string    `db:"time_zone"`
		GoLiveAt time.Time `db:"go_live_at"`
	}
	if err := q.GetContext(ctx, &r, sqlOrg, org); err != nil {
		return nil, fmt.Errorf("org: %w", db.OneRow(err))
	}
	zone, err := clock.Zone(r.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("time zone: %w", err)
	}
	rules, err := s.book.For(ctx, q, org, known)
	if err != nil {
		return nil, fmt.Errorf("rules of org: %w", err)
	}
	return &orgRules{id: org, rules: rules, zone: zone, goLive: r.GoLiveAt}, nil
}

// request is whose records to read. Samples older than a hundred days before since are left out: they cannot move a rule of at
// most a month, save an abnormal result, which stands until a later sample clears it.
type request struct {
	org   int32
	ids   []int64
	since time.Time
	// past adds what the records told once and tell no more.
	past bool
}

const sampleWindow = 100 * 24 * time.Hour

// load reads files, one statement for each kind of record. An id without a file is left out.
func load(ctx context.Context, q db.Q, r request) (map[int64]*file, error) {
	files := make(map[int64]*file, len(r.ids))
	for _, load := range []func(context.Context, db.Q, request, map[int64]*file) error{
		loadFiles, loadHistory, loadSamples, loadVersions, loadExemptions, loadHolds,
	} {
		if err := load(ctx, q, r, files); err != nil {
			return nil, err
		}
	}
	return files, nil
}

const sqlFiles = `select id, test_category, category_since, work_status, status_since, status_until, created_at, updated_at
    from employee where org_id = $1 and id = any($2)`

// The spans that the file itself shows are told by its history as well, save in a file without any.
func loadFiles(ctx context.Context, q db.Q, r request, files map[int64]*file) error {
	var rows []struct {
		ID            int64        `db:"id"`
		Category      string       `db:"test_category"`
		CategorySince time.Time    `db:"category_since"`
		Status        string       `db:"work_status"`
		StatusSince   time.Time    `db:"status_since"`
		StatusUntil   sql.NullTime `db:"status_until"`
		CreatedAt     time.Time    `db:"created_at"`
		UpdatedAt     time.Time    `db:"updated_at"`
	}
	if err := q.SelectContext(ctx, &rows, sqlFiles, r.org, pq.Array(r.ids)); err != nil {
		return fmt.Errorf("read files: %w", err)
	}
	for _, row := range rows {
		files[row.ID] = &file{
			categories: []told[regime.CategorySpan]{{
				fact: regime.CategorySpan{Category: regime.Category(row.Category), From: row.CategorySince}, from: later(row.CreatedAt, row.CategorySince)}},
			statuses: []told[regime.StatusSpan]{{
				fact: regime.StatusSpan{Status: regime.WorkStatus(row.Status), From: row.StatusSince, To: row.StatusUntil.Time}, from: row.UpdatedAt}},
		}
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

const sqlHistory = `select employee_id, effective_at, until, at,
        coalesce(after->>'test_category', '') as category, coalesce(after->>'work_status', '') as status
    from employee_change
    where org_id = $1 and employee_id = any($2) and kind in ('created', 'category', 'status')`

func loadHistory(ctx context.Context, q db.Q, r request, files map[int64]*file) error {
	var rows []struct {
		Employee int64        `db:"employee_id"`
		From     time.Time    `db:"effective_at"`
		Until    sql.NullTime `db:"until"`
		At       time.Time    `db:"at"`
		Category string       `db:"category"`
		Status   string       `db:"status"`
	}
	if err := q.SelectContext(ctx, &rows, sqlHistory, r.org, pq.Array(r.ids)); err != nil {
		return fmt.Errorf("read history: %w", err)
	}
	for _, row := range rows {
		f := files[row.Employee]
		if f == nil {
			continue
		}
		if row.Category != "" {
			f.categories = append(f.categories, told[regime.CategorySpan]{
				fact: regime.CategorySpan{Category: regime.Category(row.Category), From: row.From}, from: row.At})
		}
		if row.Status != "" {
			f.statuses = append(f.statuses, told[regime.StatusSpan]{
				fact: regime.StatusSpan{Status: regime.WorkStatus(row.Status), From: row.From, To: row.Until.Time}, from: row.At})
		}
	}
	return nil
}

const sqlSamples = `select employee_id, sampled_at, reported_at, result, method, collect_mode, source, entered_at, null::timestamptz as until
    from sample
    where org_id = $1 and employee_id = any($2)
        and (sampled_at >= $3 or result in ('positive', 'suspicious', 'pool_abnormal'))`

func loadSamples(ctx context.Context, q db.Q, r request, files map[int64]*file) error {
	from := r.since.Add(-sampleWindow)
	if err := scanSamples(ctx, q, files, sqlSamples, r.org, pq.Array(r.ids), from); err != nil {
		return err
	}
	ids, oldest := agedAbnormal(files, from)
	if len(ids) == 0 {
		return nil
	}
	for _, id := range ids {
		files[id].samples = nil
	}
	return scanSamples(ctx, q, files, sqlSamples, r.org, pq.Array(ids), oldest)
}

// agedAbnormal finds who has an abnormal result from before the window: what cleared it may lie before the window as well.
func agedAbnormal(files map[int64]*file, from time.Time) (ids []int64, oldest time.Time) {
	oldest = from
	for id, f := range files {
		aged := false
		for _, s := range f.samples {
			if s.fact.SampledAt.Before(oldest) {
				oldest = s.fact.SampledAt
			}
			aged = aged || s.fact.SampledAt.Before(from)
		}
		if aged {
			ids = append(ids, id)
		}
	}
	return ids, oldest
}

// A version stood from its entry until it was laid aside. One that never stood was entered when it was laid aside.
const sqlVersions = `select employee_id, sampled_at, (body->>'reported_at')::timestamptz as reported_at, body->>'result' as result,
        body->>'method' as method, body->>'mode' as collect_mode, body->>'source' as source,
        (body->>'entered_at')::timestamptz as entered_at, at as until
    from sample_revision
    where org_id = $1 and employee_id = any($2)`

// loadVersions adds the versions that no longer stand.
func loadVersions(ctx context.Context, q db.Q, r request, files map[int64]*file) error {
	if !r.past {
		return nil
	}
	return scanSamples(ctx, q, files, sqlVersions, r.org, pq.Array(r.ids))
}

func scanSamples(ctx context.Context, q db.Q, files map[int64]*file, query string, args ...any) error {
	rows, err := q.QueryxContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("read samples: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var (
			employee             int64
			reported, until      sql.NullTime
			result, method, mode string
			source               string
			s                    told[regime.Sample]
		)
		if err := rows.Scan(&employee, &s.fact.SampledAt, &reported, &result, &method, &mode, &source, &s.from, &until); err != nil {
			return fmt.Errorf("read sample: %w", err)
		}
		if s.fact.Result, err = regime.ParseResult(result); err != nil {
			return fmt.Errorf("read sample: %w", err)
		}
		s.fact.ReportedAt, s.until = reported.Time, until.Time
		s.fact.Method, s.fact.Mode, s.fact.Source = regime.Method(method), regime.CollectMode(mode), regime.Source(source)
		if f := files[employee]; f != nil {
			f.samples = append(f.samples, s)
		}
	}
	return rows.Err()
}

const sqlExemptions = `select employee_id, ground, from_at, to_at, entered_at, cancelled_at from exemption
    where org_id = $1 and employee_id = any($2)
    union all
    select employee_id, '', at, null, entered_at, cancelled_at from vaccination
    where org_id = $1 and employee_id = any($2) and dose > 0`

// loadExemptions reads exemptions and vaccinations, the latter without a ground.
func loadExemptions(ctx context.Context, q db.Q, r request, files map[int64]*file) error {
	var rows []struct {
		Employee  int64        `db:"employee_id"`
		Ground    string       `db:"ground"`
		From      time.Time    `db:"from_at"`
		To        sql.NullTime `db:"to_at"`
		Entered   time.Time    `db:"entered_at"`
		Cancelled sql.NullTime `db:"cancelled_at"`
	}
	if err := q.SelectContext(ctx, &rows, sqlExemptions, r.org, pq.Array(r.ids)); err != nil {
		return fmt.Errorf("read exemptions: %w", err)
	}
	for _, row := range rows {
		f := files[row.Employee]
		switch {
		case f == nil:
		case row.Ground == "":
			f.vaccinations = append(f.vaccinations, told[time.Time]{row.From, row.Entered, row.Cancelled.Time})
		default:
			x := regime.Exemption{Ground: row.Ground, From: row.From, To: row.To.Time}
			f.exemptions = append(f.exemptions, told[regime.Exemption]{x, row.Entered, row.Cancelled.Time})
		}
	}
	return nil
}

const sqlHolds = `select employee_id, id, kind, derived, void, from_at, to_at, created_at, released_at, released_by
    from hold where org_id = $1 and employee_id = any($2)`

type holdRow struct {
	Employee   int64         `db:"employee_id"`
	ID         int64         `db:"id"`
	Kind       string        `db:"kind"`
	Derived    bool          `db:"derived"`
	Void       bool          `db:"void"`
	From       time.Time     `db:"from_at"`
	To         sql.NullTime  `db:"to_at"`
	Created    time.Time     `db:"created_at"`
	Released   sql.NullTime  `db:"released_at"`
	ReleasedBy sql.NullInt64 `db:"released_by"`
}

func loadHolds(ctx context.Context, q db.Q, r request, files map[int64]*file) error {
	var rows []holdRow
	if err := q.SelectContext(ctx, &rows, sqlHolds, r.org, pq.Array(r.ids)); err != nil {
		return fmt.Errorf("read holds: %w", err)
	}
	for _, row := range rows {
		f := files[row.Employee]
		switch {
		case f == nil:
		case row.Derived:
			f.addDerived(row)
		default:
			f.addHold(row)
		}
	}
	return nil
}

// addDerived notes a hold that regime derives by itself; a person's release of it is a fact of its own.
func (f *file) addDerived(row holdRow) {
	f.derived = append(f.derived, derivedRow{id: row.ID, kind: row.Kind, from: row.From, open: !row.Released.Valid})
	if row.Released.Valid && row.ReleasedBy.Valid {
		f.releases = append(f.releases, told[regime.Release]{fact: regime.Release{Kind: row.Kind, At: row.Released.Time}, from: row.Released.Time})
	}
}

// addHold adds a hold with its end. Before the release was entered, the records told the same hold without it.
func (f *file) addHold(row holdRow) {
	h := regime.Hold{Kind: row.Kind, From: row.From, To: row.To.Time, ID: row.ID}
	if !row.Released.Valid {
		f.holds = append(f.holds, told[regime.Hold]{fact: h, from: row.Created})
		return
	}
	f.holds = append(f.holds, told[regime.Hold]{fact: h, from: row.Created, until: row.Released.Time})
	if row.Void {
		return // it never held, as far as the records tell today
	}
	if h.To.IsZero() || row.Released.Time.Before(h.To) {
		h.To = row.Released.Time
	}
	f.holds = append(f.holds, told[regime.Hold]{fact: h, from: row.Released.Time})
}
