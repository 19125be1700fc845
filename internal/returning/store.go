package returning

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/secret"
)

// row is a case as stored, with its person.
type row struct {
	Employee      int64          `db:"employee_id"`
	ID            int64          `db:"id"`
	State         string         `db:"state"`
	Source        string         `db:"source"`
	PlannedAt     time.Time      `db:"planned_at"`
	Body          []byte         `db:"body_enc"`
	NoticeVersion string         `db:"notice_version"`
	ConsentAt     sql.NullTime   `db:"consent_at"`
	PledgeAt      sql.NullTime   `db:"pledge_at"`
	SubmittedAt   sql.NullTime   `db:"submitted_at"`
	Failed        pq.StringArray `db:"failed"`
	ReviewedBy    int64          `db:"reviewed_by"`
	ReviewedName  string         `db:"reviewed_by_name"`
	ReviewedAt    sql.NullTime   `db:"reviewed_at"`
	ReviewReason  string         `db:"review_reason"`
	SecondBy      int64          `db:"second_by"`
	SecondName    string         `db:"second_by_name"`
	SecondAt      sql.NullTime   `db:"second_at"`
	Import        int64          `db:"import_id"`
	CreatedBy     int64          `db:"created_by"`
	Actor         string         `db:"actor_name"`
	CreatedAt     time.Time      `db:"created_at"`
	UpdatedAt     time.Time      `db:"updated_at"`
	Version       int            `db:"version"`

	Name       string `db:"name"`
	EmployeeNo string `db:"employee_no"`
	Workshop   string `db:"workshop"`
	Team       string `db:"team"`
	Status     string `db:"status"`
}

const fragCase = `r.employee_id, r.id, r.state, r.source, r.planned_at, r.body_enc, r.notice_version, r.consent_at, r.pledge_at,
        r.submitted_at, r.failed, coalesce(r.reviewed_by, 0) as reviewed_by, r.reviewed_by_name, r.reviewed_at, r.review_reason,
        coalesce(r.second_by, 0) as second_by, r.second_by_name, r.second_at, coalesce(r.import_id, 0) as import_id, r.created_by,
        r.actor_name, r.created_at, r.updated_at, r.version,
        e.name, e.employee_no, coalesce(t.workshop, '') as workshop, coalesce(t.name, '') as team,
        case when e.status_until <= $2 then 'on_post' else e.work_status end as status`

const fragCaseFrom = `
    from return_case r join employee e on e.org_id = r.org_id and e.id = r.employee_id
        left join team t on t.org_id = e.org_id and t.id = e.team_id
    where r.org_id = $1 and $2::timestamptz is not null`

const sqlCase = `select ` + fragCase + fragCaseFrom + ` and r.employee_id = $3 and r.id = $4`

const sqlCaseForUpdate = sqlCase + ` for update of r`

const sqlNewest = `select ` + fragCase + fragCaseFrom + ` and r.employee_id = $3 order by r.id desc limit 1`

const sqlOpenOfMany = `select ` + fragCase + fragCaseFrom + ` and r.employee_id = any($3::bigint[])
        and r.state in ('draft', 'submitted', 'deferred', 'override')
    order by r.employee_id for update of r`

const sqlWaiting = `select ` + fragCase + fragCaseFrom + ` and r.state in ('submitted', 'deferred', 'override')`

const sqlTheseForUpdate = `select ` + fragCase + fragCaseFrom + ` and r.state in ('submitted', 'deferred')
        and ($3::bigint[] is null or r.id = any($3))
    order by r.employee_id, r.id for update of r`

// vault reads and writes cases, whose declarations only it opens.
type vault struct{ box *secret.Box }

func place(org int32, id int64) secret.AD {
	return secret.AD{Table: "return_case", Org: org, ID: id, Column: "body_enc"}
}

// view opens a stored case. Items are the caller's.
func (x vault) view(org int32, r *row) (View, error) {
	v := View{Case: Case{Key: Key{r.Employee, r.ID}, State: State(r.State), Source: Source(r.Source), PlannedAt: r.PlannedAt,
		NoticeVersion: r.NoticeVersion, ConsentAt: r.ConsentAt.Time, PledgeAt: r.PledgeAt.Time, SubmittedAt: r.SubmittedAt.Time,
		Failed: r.Failed, ReviewedBy: r.ReviewedBy, ReviewedByName: r.ReviewedName, ReviewedAt: r.ReviewedAt.Time,
		ReviewReason: r.ReviewReason, SecondBy: r.SecondBy, SecondByName: r.SecondName, SecondAt: r.SecondAt.Time, Import: r.Import,
		CreatedBy: r.CreatedBy, Actor: r.Actor, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, Version: r.Version},
		Person: Person{r.Name, r.EmployeeNo, r.Workshop, r.Team, r.Status}}
	if len(r.Body) == 0 {
		v.Declaration.erased = true
		return v, nil
	}
	b, err := x.box.Open(r.Body, place(org, r.ID))
	if err != nil {
		return v, fmt.Errorf("return %d: %w", r.ID, err)
	}
	if err := json.Unmarshal(b, &v.Declaration); err != nil {
		return v, fmt.Errorf("return %d: decode declaration: %w", r.ID, err)
	}
	return v, nil
}

func (x vault) views(org int32, rows []row) ([]View, error) {
	out := make([]View, len(rows))
	for i := range rows {
		var err error
		if out[i], err = x.view(org, &rows[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// load reads one case by one of the statements that take its key.
func (x vault) load(ctx context.Context, q db.Q, query string, org int32, k Key, at time.Time) (View, error) {
	var r row
	if err := q.GetContext(ctx, &r, query, org, at, k.Employee, k.ID); err != nil {
		return View{}, db.OneRow(err)
	}
	return x.view(org, &r)
}

func (x vault) loadMany(ctx context.Context, q db.Q, query string, org int32, at time.Time, args ...any) ([]View, error) {
	var rows []row
	if err := q.SelectContext(ctx, &rows, query, append([]any{org, at}, args...)...); err != nil {
		return nil, fmt.Errorf("read returns: %w", err)
	}
	return x.views(org, rows)
}

func (x vault) seal(org int32, c *Case) ([]byte, error) {
	if c.State == Withdrawn {
		return nil, nil
	}
	b, err := json.Marshal(c.Declaration)
	if err != nil {
		return nil, fmt.Errorf("encode declaration: %w", err)
	}
	return x.box.Seal(b, place(org, c.ID))
}

const sqlNextCase = `select nextval(pg_get_serial_sequence('return_case', 'id'))`

const sqlInsert = `insert into return_case (org_id, employee_id, id, state, source, planned_at, body_enc, notice_version, consent_at,
        pledge_at, submitted_at, import_id, created_by, actor_name, created_at, updated_at)
    overriding system value values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, nullif($12, 0::bigint), $13, $14, $15, $15)`

// insert gives the case its id and stores it.
func (x vault) insert(ctx context.Context, q db.Q, org int32, c *Case) error {
	if err := q.GetContext(ctx, &c.ID, sqlNextCase); err != nil {
		return fmt.Errorf("allocate return: %w", err)
	}
	body, err := x.seal(org, c)
	if err != nil {
		return err
	}
	c.Version = 1
	_, err = q.ExecContext(ctx, sqlInsert, org, c.Employee, c.ID, string(c.State), string(c.Source), c.PlannedAt, body, c.NoticeVersion,
		db.Instant(c.ConsentAt), db.Instant(c.PledgeAt), db.Instant(c.SubmittedAt), c.Import, c.CreatedBy, c.Actor, c.CreatedAt)
	if err != nil {
		return fmt.Errorf("store return: %w", err)
	}
	return nil
}

const sqlUpdate = `update return_case set state = $4, planned_at = $5, body_enc = $6, notice_version = $7, consent_at = $8, pledge_at = $9,
        submitted_at = $10, failed = $11, reviewed_by = nullif($12, 0::bigint), reviewed_by_name = $13, reviewed_at = $14,
        review_reason = $15, second_by = nullif($16, 0::bigint), second_by_name = $17, second_at = $18, updated_at = $19,
        version = version + 1
    where org_id = $1 and employee_id = $2 and id = $3`

// update stores a case that the caller has locked.
func (x vault) update(ctx context.Context, q db.Q, org int32, c *Case, at time.Time) error {
	body, err := x.seal(org, c)
	if err != nil {
		return err
	}
	failed := c.Failed
	if failed == nil {
		failed = []string{}
	}
	_, err = q.ExecContext(ctx, sqlUpdate, org, c.Employee, c.ID, string(c.State), c.PlannedAt, body, c.NoticeVersion, db.Instant(c.ConsentAt),
		db.Instant(c.PledgeAt), db.Instant(c.SubmittedAt), pq.Array(failed), c.ReviewedBy, c.ReviewedByName, db.Instant(c.ReviewedAt), c.ReviewReason,
		c.SecondBy, c.SecondByName, db.Instant(c.SecondAt), at)
	if err != nil {
		return fmt.Errorf("store return: %w", err)
	}
	c.UpdatedAt = at
	c.Version++
	return nil
}
