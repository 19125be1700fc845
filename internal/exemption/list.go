package exemption

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/page"
)

// Who is the person of a listed record.
type Who struct {
	Name       string `db:"name"`
	EmployeeNo string `db:"employee_no"`
	Workshop   string `db:"workshop"`
	Team       string `db:"team"`
}

// Listed is an exemption in a list.
type Listed struct {
	Exemption
	Who
}

// ListedDose is a vaccination in a list.
type ListedDose struct {
	Dose
	Who
}

const fragWho = `e.name, e.employee_no, coalesce(t.workshop, '') as workshop, coalesce(t.name, '') as team`

const fragMatching = `($2::text = '' or strpos(e.name, $2) > 0 or starts_with(e.pinyin, lower($2)) or starts_with(e.initials, lower($2))
            or e.employee_no = $2)
        and ($3::bigint = 0 or e.team_id = $3)`

// fragPage is the cursor, compared in the direction of reading, over hits (employee_id, id, sort).
const fragPage = `case when $7::boolean then (h.sort, h.id) > ($8::timestamptz, $9::bigint) else (h.sort, h.id) < ($8::timestamptz, $9::bigint) end
    order by case when $7::boolean then h.sort end, case when $7::boolean then h.id end, h.sort desc, h.id desc
    limit $10`

// fragStage is an exemption's Stage at $5; sqlCounts has it, too.
const fragStage = `case when x.cancelled_at is not null then 'cancelled' when x.from_at > $5::timestamptz then 'coming'
        when x.to_at <= $5::timestamptz then 'over' else 'running' end`

// The list, its total and the export go through this one statement.
const sqlList = `with hits as (
        select x.employee_id, x.id, case when $6::text = 'from' then x.from_at else x.entered_at end as sort
        from exemption x join employee e on e.org_id = x.org_id and e.id = x.employee_id
        where x.org_id = $1 and ` + fragMatching + `
            and ($4::text = '' or x.ground = $4)
            and ($11::text = '' and x.cancelled_at is null or ` + fragStage + ` = $11))
    select x.employee_id, x.id, x.source, x.actor_name, x.entered_at, x.cancelled_at, x.cancelled_name, x.cancel_reason,
        x.ground, x.from_at, x.to_at, x.proof, ` + fragWho + `, (select count(*) from hits) as total
    from hits h
        join exemption x on x.org_id = $1 and x.employee_id = h.employee_id and x.id = h.id
        join employee e on e.org_id = $1 and e.id = h.employee_id
        left join team t on t.org_id = $1 and t.id = e.team_id
    where ` + fragPage

const sqlDoseList = `with hits as (
        select x.employee_id, x.id, case when $6::text = 'from' then coalesce(x.at, x.entered_at) else x.entered_at end as sort
        from vaccination x join employee e on e.org_id = x.org_id and e.id = x.employee_id
        where x.org_id = $1 and ` + fragMatching + `
            and ($4::text = '' or x.dose::text = $4)
            and (x.cancelled_at is not null) = $5::boolean)
    select x.employee_id, x.id, x.source, x.actor_name, x.entered_at, x.cancelled_at, x.cancelled_name, x.cancel_reason,
        x.dose, x.at, x.product, x.none_reason, ` + fragWho + `, (select count(*) from hits) as total
    from hits h
        join vaccination x on x.org_id = $1 and x.employee_id = h.employee_id and x.id = h.id
        join employee e on e.org_id = $1 and e.id = h.employee_id
        left join team t on t.org_id = $1 and t.id = e.team_id
    where ` + fragPage

type listedRow struct {
	exemptionRow
	Who
	Total int `db:"total"`
}

type listedDoseRow struct {
	doseRow
	Who
	Total int `db:"total"`
}

// List pages through exemptions of the org, the newest entry first unless the filter says otherwise, at an instant.
func (s *Service) List(ctx context.Context, sc authz.Scope, f Filter, at time.Time) (page.Result[Listed], error) {
	var res page.Result[Listed]
	if err := sc.Require(authz.ExemptionEdit); err != nil {
		return res, err
	}
	err := s.db.Stale(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		rows, total, err := list(ctx, tx, sc.Org, f, f.Limit()+1, at)
		res = page.Cut(f.Request, rows, total, func(l Listed) string {
			if f.Sort == SortFrom {
				return page.AtInstant(l.From, l.ID)
			}
			return page.AtInstant(l.EnteredAt, l.ID)
		})
		return err
	})
	return res, err
}

// ListDoses pages through vaccinations of the org.
func (s *Service) ListDoses(ctx context.Context, sc authz.Scope, f Filter) (page.Result[ListedDose], error) {
	var res page.Result[ListedDose]
	if err := sc.Require(authz.ExemptionEdit); err != nil {
		return res, err
	}
	err := s.db.Stale(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		rows, total, err := listDoses(ctx, tx, sc.Org, f, f.Limit()+1)
		res = page.Cut(f.Request, rows, total, func(l ListedDose) string {
			if f.Sort == SortFrom && !l.At.IsZero() {
				return page.AtInstant(l.At, l.ID)
			}
			return page.AtInstant(l.EnteredAt, l.ID)
		})
		return err
	})
	return res, err
}

// maxExport bounds the rows of one export.
const maxExport = 50_000

// Export lists every exemption that the filter chooses, up to a bound, and writes down that it was taken out.
func (s *Service) Export(ctx context.Context, sc authz.Scope, f Filter, at time.Time) ([]Listed, error) {
	f.Request = page.Request{}
	return export(ctx, s.db, sc, subjectExemption, at, func(tx *sqlx.Tx) ([]Listed, error) {
		rows, _, err := list(ctx, tx, sc.Org, f, maxExport, at)
		return rows, err
	})
}

// ExportDoses is Export for vaccinations.
func (s *Service) ExportDoses(ctx context.Context, sc authz.Scope, f Filter, at time.Time) ([]ListedDose, error) {
	f.Request = page.Request{}
	return export(ctx, s.db, sc, subjectDose, at, func(tx *sqlx.Tx) ([]ListedDose, error) {
		rows, _, err := listDoses(ctx, tx, sc.Org, f, maxExport)
		return rows, err
	})
}

func export[T any](ctx context.Context, d *db.DB, sc authz.Scope, subject string, at time.Time, read func(tx *sqlx.Tx) ([]T, error)) ([]T, error) {
	if err := sc.Require(authz.EmployeeExport); err != nil {
		return nil, err
	}
	if err := sc.Require(authz.ExemptionEdit); err != nil {
		return nil, err
	}
	var rows []T
	err := d.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		var err error
		if rows, err = read(tx); err != nil {
			return err
		}
		return audit.Record(ctx, tx, sc, at, audit.Event{Action: subject + ".export", Subject: subject, Read: true,
			Detail: map[string]any{"rows": len(rows)}})
	})
	return rows, err
}

func list(ctx context.Context, q db.Q, org int32, f Filter, limit int, at time.Time) ([]Listed, int, error) {
	up := f.Ascending != f.Back()
	from, id := f.Start(up)
	var rows []listedRow
	err := q.SelectContext(ctx, &rows, sqlList, org, strings.TrimSpace(f.Query), f.Team, f.Ground, at, string(f.Sort), up, from, id, limit, string(f.Stage))
	if err != nil {
		return nil, 0, fmt.Errorf("list exemptions: %w", err)
	}
	out, total := make([]Listed, len(rows)), 0
	for i := range rows {
		out[i] = Listed{rows[i].exemptionRow.open(), rows[i].Who}
		total = rows[i].Total
	}
	return out, total, nil
}

func listDoses(ctx context.Context, q db.Q, org int32, f Filter, limit int) ([]ListedDose, int, error) {
	up := f.Ascending != f.Back()
	from, id := f.Start(up)
	var rows []listedDoseRow
	err := q.SelectContext(ctx, &rows, sqlDoseList, org, strings.TrimSpace(f.Query), f.Team, f.Dose, f.Stage == Cancelled, string(f.Sort), up, from, id, limit)
	if err != nil {
		return nil, 0, fmt.Errorf("list vaccinations: %w", err)
	}
	out, total := make([]ListedDose, len(rows)), 0
	for i := range rows {
		out[i] = ListedDose{rows[i].doseRow.open(), rows[i].Who}
		total = rows[i].Total
	}
	return out, total, nil
}
