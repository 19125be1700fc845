package audit

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/page"
)

// Row is one entry of the log.
type Row struct {
	Org       int32                   `db:"org_id"`
	OrgName   string                  `db:"org_name"`
	ID        int64                   `db:"id"`
	At        time.Time               `db:"at"`
	Actor     int64                   `db:"actor"` // account; negative for a program, 0 for a job
	ActorName string                  `db:"actor_name"`
	Role      string                  `db:"role"`
	Action    string                  `db:"action"`
	Subject   string                  `db:"subject"`
	SubjectID string                  `db:"subject_id"`
	Employee  int64                   `db:"employee_id"`
	Read      bool                    `db:"is_read"`
	Reason    string                  `db:"reason"`
	Detail    db.JSON[map[string]any] `db:"detail"`
	RequestID string                  `db:"request_id"`
}

// Filter narrows a list. Empty fields do not narrow.
type Filter struct {
	Org      int32  // for readers of every org's log
	Actor    string // part of the actor's name
	Action   string // exactly
	Person   string // whose file: employee number or full name, within one org
	Employee int64  // whose file: id, within one org
	Kind     string // "read" or "change"
	From, To time.Time
	Page     page.Request
}

// CountLimit is where counting stops: a Total above it means "more than".
const CountLimit = 10_000

// Reader reads the log.
type Reader struct{ db *db.DB }

// NewReader builds a reader.
func NewReader(d *db.DB) *Reader { return &Reader{db: d} }

// EveryOrg reports whether the scope reads the logs of all orgs. Its readings are recorded in its own.
func EveryOrg(sc authz.Scope) bool {
	return sc.Can(authz.AuditAll)
}

const fragColumns = `l.org_id, l.id, l.at, l.actor, l.actor_name, l.role, l.action, l.subject, l.subject_id,
    coalesce(l.employee_id, 0) as employee_id, l.is_read, l.reason, l.detail, l.request_id`

const fragFilter = ` from audit_log l where ($1 = 0 or l.org_id = $1) and ($2::timestamptz is null or l.at >= $2)
    and ($3::timestamptz is null or l.at < $3) and ($4 = '' or strpos(lower(l.actor_name), lower($4)) > 0)
    and ($5 = '' or l.action = $5) and ($6 = '' or l.is_read = ($6 = 'read')) and ($7::bigint = 0 or l.employee_id = $7)
    and ($8 = '' or l.employee_id in (select e.id from employee e where e.org_id = $1 and (e.employee_no = $8 or e.name = $8)))`

const sqlList = `select ` + fragColumns + `, '' as org_name` + fragFilter

const sqlCount = `select count(*) from (select` + fragFilter + ` limit $9) n`

// List pages through the log, newest first: the scope's own org's, or any org's for auditors and administrators, whose
// reading is recorded in the same transaction.
func (r *Reader) List(ctx context.Context, sc authz.Scope, f Filter, at time.Time) (page.Result[Row], error) {
	var none page.Result[Row]
	q, err := r.prepare(sc, &f)
	if err != nil {
		return none, err
	}
	tail, more, err := seek(f.Page, len(q)+1)
	if err != nil {
		return none, err
	}
	var rows []Row
	var total int
	err = r.read(ctx, sc, func(tx *sqlx.Tx) error {
		if err := tx.GetContext(ctx, &total, sqlCount, append(slices.Clone(q), CountLimit+1)...); err != nil {
			return fmt.Errorf("count log: %w", err)
		}
		rows = nil
		if err := tx.SelectContext(ctx, &rows, sqlList+tail, append(slices.Clone(q), more...)...); err != nil {
			return fmt.Errorf("list log: %w", err)
		}
		if err := nameOrgs(ctx, tx, rows); err != nil {
			return err
		}
		return recordReading(ctx, tx, sc, at, "audit.read", f, len(rows))
	})
	if err != nil {
		return none, err
	}
	return page.Cut(f.Page, rows, total, cursor), nil
}

func cursor(r Row) string {
	return page.Cursor(r.At.Format(time.RFC3339Nano), strconv.FormatInt(r.ID, 10))
}

// prepare checks the right to read and turns the filter into arguments.
func (r *Reader) prepare(sc authz.Scope, f *Filter) ([]any, error) {
	if err := sc.Require(authz.AuditView); err != nil {
		return nil, err
	}
	if !EveryOrg(sc) {
		f.Org = sc.Org
	}
	f.Actor, f.Person = strings.TrimSpace(f.Actor), strings.TrimSpace(f.Person)
	if f.Org == 0 && (f.Person != "" || f.Employee != 0) {
		return nil, errs.Fields{"person": errs.Msg("audit.person.org")}.Err()
	}
	return []any{f.Org, instant(f.From), instant(f.To), f.Actor, f.Action, f.Kind, f.Employee, f.Person}, nil
}

func instant(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

// read opens a transaction that sees the logs the scope may read.
func (r *Reader) read(ctx context.Context, sc authz.Scope, fn func(tx *sqlx.Tx) error) error {
	if EveryOrg(sc) {
		return r.db.InTx(ctx, db.Tenant{System: true}, fn)
	}
	return r.db.InTx(ctx, sc.Tenant(), fn)
}

// recordReading: the log of others is read under the reader's own name. An org's administrator reading the org's own log
// leaves no trace there, or each page would push the next.
func recordReading(ctx context.Context, tx db.Q, sc authz.Scope, at time.Time, action string, f Filter, rows int) error {
	if !EveryOrg(sc) && action == "audit.read" {
		return nil
	}
	return Record(ctx, tx, sc, at, Event{Action: action, Subject: "audit_log", Read: true, Detail: map[string]any{
		"org": f.Org, "action": f.Action, "kind": f.Kind, "by_actor": f.Actor != "", "by_person": f.Person != "" || f.Employee != 0, "rows": rows}})
}

// seek writes the end of a statement whose next parameter has the number: rows beyond the cursor, newest first, one more than
// fit.
func seek(r page.Request, next int) (tail string, args []any, err error) {
	op, dir, cursor := "<", "desc", r.After
	if r.Back() {
		op, dir, cursor = ">", "asc", r.Before
	}
	if cursor != "" {
		keys, ok := page.Keys(cursor, 2)
		if !ok {
			return "", nil, errs.New(errs.Invalid, "error.invalid")
		}
		tail = fmt.Sprintf(` and (l.at, l.id) %s ($%d::timestamptz, $%d::bigint)`, op, next, next+1)
		args = []any{keys[0], keys[1]}
	}
	return tail + fmt.Sprintf(` order by l.at %s, l.id %s limit %d`, dir, dir, r.Limit()+1), args, nil
}

const sqlOrgNames = `select id, case when short_name = '' then name else short_name end as name from org where id = any($1)`

func nameOrgs(ctx context.Context, tx db.Q, rows []Row) error {
	var ids []int32
	for _, r := range rows {
		if !slices.Contains(ids, r.Org) {
			ids = append(ids, r.Org)
		}
	}
	var orgs []struct {
		ID   int32  `db:"id"`
		Name string `db:"name"`
	}
	if err := tx.SelectContext(ctx, &orgs, sqlOrgNames, pq.Array(ids)); err != nil {
		return fmt.Errorf("names of orgs: %w", err)
	}
	for i := range rows {
		for _, o := range orgs {
			if rows[i].Org == o.ID {
				rows[i].OrgName = o.Name
			}
		}
	}
	return nil
}
