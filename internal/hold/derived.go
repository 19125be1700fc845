package hold

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/standing"
)

// ReasonResult is why the program settles a hold that followed from a result: a later result, or a correction, ended it.
const ReasonResult = "result"

// Derived keeps the rows of holds that follow from results, for package standing, which finds them: new ones are written with the
// author of the result, those that are over are settled, one that a correction brings back is open again. It does not evaluate the
// people, since standing does.
func (s *Service) Derived(ctx context.Context, q db.Q, org int32, people []standing.Derived, at time.Time) error {
	if err := settle(ctx, q, org, people, at); err != nil {
		return err
	}
	began, err := begin(ctx, q, org, people, at)
	if err != nil {
		return err
	}
	return s.tell(ctx, q, authz.System("hold").ForOrg(org), began, at)
}

// A hold of a result begins when the result is known.
const sqlBegin = `with fresh as (
        select u.employee, u.kind, u.from_at, coalesce(s.entered_by, 0) as author, coalesce(a.display_name, '') as author_name,
            coalesce(s.barcode, '') as barcode
        from unnest($3::bigint[], $4::text[], $5::timestamptz[]) as u (employee, kind, from_at)
            left join lateral (select entered_by, barcode from sample
                where org_id = $1 and employee_id = u.employee and result = u.kind and greatest(sampled_at, reported_at) = u.from_at
                order by sampled_at limit 1) s on true
            left join account a on a.id = s.entered_by and a.org_id = $1),
    written as (
        insert into hold as h (org_id, employee_id, kind, ground, source, derived, from_at, created_by, author_name, created_at)
        select $1, employee, kind, 'sample_result', 'sample', true, from_at, author, author_name, $2 from fresh
        on conflict (org_id, employee_id, kind, from_at) where derived
        do update set released_at = null, released_by = null, released_by_name = '', release_reason = '', release_doc = ''
            where h.released_at is not null
        returning h.id, h.employee_id, h.kind, h.from_at)
    select w.id, w.employee_id, w.kind, w.from_at, f.barcode
    from written w join fresh f on f.employee = w.employee_id and f.kind = w.kind and f.from_at = w.from_at
    order by w.employee_id, w.from_at, w.id`

func begin(ctx context.Context, q db.Q, org int32, people []standing.Derived, at time.Time) ([]Began, error) {
	var (
		employees []int64
		kinds     []string
		from      []time.Time
	)
	for _, p := range people {
		for _, h := range p.Begun {
			employees, kinds, from = append(employees, p.Employee), append(kinds, h.Kind), append(from, h.From)
		}
	}
	if len(employees) == 0 {
		return nil, nil
	}
	var rows []struct {
		ID       int64     `db:"id"`
		Employee int64     `db:"employee_id"`
		Kind     string    `db:"kind"`
		From     time.Time `db:"from_at"`
		Barcode  string    `db:"barcode"`
	}
	if err := q.SelectContext(ctx, &rows, sqlBegin, org, at, pq.Array(employees), pq.Array(kinds), pq.Array(from)); err != nil {
		return nil, fmt.Errorf("store holds of results: %w", err)
	}
	began := make([]Began, len(rows))
	for i, r := range rows {
		began[i] = Began{ID: r.ID, Employee: r.Employee, Kind: r.Kind, Source: SourceSample, From: r.From, Barcode: r.Barcode}
	}
	return began, nil
}

const sqlSettle = `update hold h set released_at = $2, release_reason = 'result'
    from unnest($3::bigint[], $4::bigint[]) as u (employee, id)
    where h.org_id = $1 and h.employee_id = u.employee and h.id = u.id and h.derived and h.released_at is null`

func settle(ctx context.Context, q db.Q, org int32, people []standing.Derived, at time.Time) error {
	var employees, ids []int64
	for _, p := range people {
		for _, id := range p.Ended {
			employees, ids = append(employees, p.Employee), append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	if _, err := q.ExecContext(ctx, sqlSettle, org, at, pq.Array(employees), pq.Array(ids)); err != nil {
		return fmt.Errorf("settle holds of results: %w", err)
	}
	return nil
}
