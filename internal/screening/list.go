package screening

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/page"
)

// Filter chooses samples of an org. Zero fields choose all.
type Filter struct {
	From, To  time.Time // sampled within [From, To); the caller sets both
	Query     string    // part of a name, its pinyin or initials from the start, or the whole employee number
	Result    string
	Proof     Proof
	Team      int64
	Flagged   bool
	Ascending bool // the oldest first
	page.Request
}

// Listed is a sample in a list.
type Listed struct {
	Sample
	Name, EmployeeNo, Workshop, Team string
}

// The list, its total and the export go through this one statement. The cursor is compared in the direction of reading.
const sqlList = `with hits as (
        select s.employee_id, s.sampled_at
        from sample s join employee e on e.org_id = s.org_id and e.id = s.employee_id
        where s.org_id = $1 and s.sampled_at >= $2 and s.sampled_at < $3
            and ($4::text = '' or strpos(e.name, $4) > 0 or starts_with(e.pinyin, lower($4)) or starts_with(e.initials, lower($4))
                or e.employee_no = $4)
            and ($5::text = '' or s.result = $5)
            and ($6::text = '' or s.proof = $6)
            and ($7::bigint = 0 or e.team_id = $7)
            and (not $8::boolean or s.flag <> ''))
    select s.employee_id, s.sampled_at, s.reported_at, s.tested_at, s.result, s.method, s.collect_mode, s.source, s.proof, s.institution,
        s.lab, s.barcode, s.note, coalesce(s.attachment_id, 0) as attachment_id, s.flag, s.entered_by, s.entered_at, s.rev,
        e.name, e.employee_no, coalesce(t.workshop, '') as workshop, coalesce(t.name, '') as team,
        (select count(*) from hits) as total
    from hits h
        join sample s on s.org_id = $1 and s.employee_id = h.employee_id and s.sampled_at = h.sampled_at
            and s.sampled_at >= $2 and s.sampled_at < $3
        join employee e on e.org_id = $1 and e.id = h.employee_id
        left join team t on t.org_id = $1 and t.id = e.team_id
    where case when $9::boolean then (h.sampled_at, h.employee_id) > ($10::timestamptz, $11::bigint)
        else (h.sampled_at, h.employee_id) < ($10::timestamptz, $11::bigint) end
    order by case when $9::boolean then h.sampled_at end, case when $9::boolean then h.employee_id end,
        h.sampled_at desc, h.employee_id desc
    limit $12`

type listedRow struct {
	row
	Name       string `db:"name"`
	EmployeeNo string `db:"employee_no"`
	Workshop   string `db:"workshop"`
	Team       string `db:"team"`
	Total      int    `db:"total"`
}

// List pages through samples of the org, the newest first.
func (s *Service) List(ctx context.Context, sc authz.Scope, f Filter) (page.Result[Listed], error) {
	var res page.Result[Listed]
	if err := sc.Require(authz.SampleRecord); err != nil {
		return res, err
	}
	err := s.db.Stale(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		rows, total, err := list(ctx, tx, sc.Org, f, f.Limit()+1)
		res = page.Cut(f.Request, rows, total, cursorOf)
		return err
	})
	return res, err
}

// maxExport bounds the rows of one export.
const maxExport = 50_000

// Export lists everything that the filter chooses, up to a bound, and writes down that it was taken out.
func (s *Service) Export(ctx context.Context, sc authz.Scope, f Filter, at time.Time) ([]Listed, error) {
	if err := sc.Require(authz.EmployeeExport); err != nil {
		return nil, err
	}
	f.Request = page.Request{}
	var rows []Listed
	err := s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		var err error
		if rows, _, err = list(ctx, tx, sc.Org, f, maxExport); err != nil {
			return err
		}
		return audit.Record(ctx, tx, sc, at, audit.Event{Action: "sample.export", Subject: "sample", Read: true,
			Detail: map[string]any{"rows": len(rows)}})
	})
	return rows, err
}

func list(ctx context.Context, q db.Q, org int32, f Filter, limit int) ([]Listed, int, error) {
	up := f.Ascending != f.Back()
	from, id := f.start(up)
	var rows []listedRow
	err := q.SelectContext(ctx, &rows, sqlList, org, f.From, f.To, plain(f.Query), f.Result, string(f.Proof), f.Team, f.Flagged,
		up, from, id, limit)
	if err != nil {
		return nil, 0, fmt.Errorf("list samples: %w", err)
	}
	out, total := make([]Listed, len(rows)), 0
	for i := range rows {
		r := &rows[i]
		v, err := r.Version()
		if err != nil {
			return nil, 0, err
		}
		out[i] = Listed{v.sample(NewKey(r.Employee, r.SampledAt), r.Rev), r.Name, r.EmployeeNo, r.Workshop, r.Team}
		total = r.Total
	}
	return out, total, nil
}

// start is the cursor, or one before every row when there is none or a broken one.
func (f Filter) start(up bool) (time.Time, int64) {
	cursor := f.After
	if f.Back() {
		cursor = f.Before
	}
	if keys, ok := page.Keys(cursor, 2); ok {
		seconds, err1 := strconv.ParseInt(keys[0], 10, 64)
		id, err2 := strconv.ParseInt(keys[1], 10, 64)
		if at := time.Unix(seconds, 0); err1 == nil && err2 == nil && page.Plausible(at) {
			return at, id
		}
	}
	if up {
		return f.From.Add(-time.Second), 0
	}
	return f.To.Add(time.Second), math.MaxInt64
}

func cursorOf(l Listed) string {
	return page.Cursor(strconv.FormatInt(l.SampledAt.Unix(), 10), strconv.FormatInt(l.Employee, 10))
}
