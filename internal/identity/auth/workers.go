package auth

import (
	"context"
	"fmt"
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

// A worker's account follows the file: name and mobile number are copied from it.
// A workerFile is what an account takes from its file. Files are looked for first and accounts written second, in two statements:
// files are cut by org and accounts are not, and no statement may write the one by reading the other once they are apart.
type workerFile struct {
	Org      int32  `db:"org_id"`
	Employee int64  `db:"employee_id"`
	Name     string `db:"display_name"`
	Mobile   []byte `db:"mobile_bidx"`
}

const fragFile = `select e.org_id, e.id as employee_id, e.name as display_name, e.mobile_bidx from employee e`

const sqlFilesWithout = fragFile + ` left join account a on a.org_id = e.org_id and a.employee_id = e.id
    where e.org_id = $1 and e.id = any($2) and e.work_status <> 'resigned'
        and (a.id is null or a.display_name <> e.name or a.mobile_bidx is distinct from e.mobile_bidx)
    order by e.id`

const sqlEnsureWorkers = `insert into account (org_id, role, employee_id, display_name, mobile_bidx, state, created_at, updated_at)
    select u.org_id, 'worker', u.employee_id, u.name, nullif(u.mobile, ''), 'invited', $5, $5
    from unnest($1::integer[], $2::bigint[], $3::text[], $4::bytea[]) as u (org_id, employee_id, name, mobile)
    on conflict (org_id, employee_id) where employee_id is not null do update
        set display_name = excluded.display_name, mobile_bidx = excluded.mobile_bidx, updated_at = excluded.updated_at
        where account.display_name <> excluded.display_name or account.mobile_bidx is distinct from excluded.mobile_bidx`

func ensureWorkers(ctx context.Context, q db.Q, orgID int32, employees []int64, at time.Time) error {
	var files []workerFile
	if err := q.SelectContext(ctx, &files, sqlFilesWithout, orgID, pq.Array(employees)); err != nil {
		return fmt.Errorf("find files without account: %w", err)
	}
	if _, err := writeWorkers(ctx, q, sqlEnsureWorkers, files, at); err != nil {
		return fmt.Errorf("ensure workers' accounts: %w", err)
	}
	return nil
}

// writeWorkers runs a statement on files, if there are any, and returns how many accounts it wrote.
func writeWorkers(ctx context.Context, q db.Q, statement string, files []workerFile, at time.Time) (int64, error) {
	if len(files) == 0 {
		return 0, nil
	}
	orgs, ids, names, mobiles := make([]int32, len(files)), make([]int64, len(files)), make([]string, len(files)), make([][]byte, len(files))
	for i, f := range files {
		orgs[i], ids[i], names[i], mobiles[i] = f.Org, f.Employee, f.Name, f.Mobile
	}
	res, err := q.ExecContext(ctx, statement, pq.Array(orgs), pq.Array(ids), pq.Array(names), pq.Array(mobiles), at)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// EnsureWorkerAccounts gives every file an account in the state invited, and brings name and mobile number of accounts that
// there are in line with the files. It joins the caller's transaction, takes thousands at once, and may be repeated. Files of
// people who left are passed over.
func (s Invites) EnsureWorkerAccounts(ctx context.Context, tx db.Q, orgID int32, employees []int64, at time.Time) error {
	return ensureWorkers(ctx, tx, orgID, employees, at)
}

const fragStray = fragFile + ` join account a on a.org_id = e.org_id and a.employee_id = e.id
    where (a.display_name <> e.name or a.mobile_bidx is distinct from e.mobile_bidx)`

const sqlStray = fragStray + ` and e.org_id = $1 and e.id = any($2) order by e.id`

const sqlMendWorkers = `update account a set display_name = u.name, mobile_bidx = nullif(u.mobile, ''), updated_at = $5
    from unnest($1::integer[], $2::bigint[], $3::text[], $4::bytea[]) as u (org_id, employee_id, name, mobile)
    where a.org_id = u.org_id and a.employee_id = u.employee_id`

// SyncWorkers brings accounts in line with their files after names or mobile numbers changed; files without an account get
// none. It joins the caller's transaction.
func (s Invites) SyncWorkers(ctx context.Context, tx db.Q, orgID int32, employees []int64, at time.Time) error {
	var files []workerFile
	if err := tx.SelectContext(ctx, &files, sqlStray, orgID, pq.Array(employees)); err != nil {
		return fmt.Errorf("compare workers' accounts: %w", err)
	}
	if _, err := writeWorkers(ctx, tx, sqlMendWorkers, files, at); err != nil {
		return fmt.Errorf("sync workers' accounts: %w", err)
	}
	return nil
}

// One night's mending; the next goes on.
const sqlStrayEveryone = fragStray + ` order by e.org_id, e.id limit 50000`

// syncEveryone mends accounts that went out of line with their files by whatever way.
func (s Invites) syncEveryone(ctx context.Context, slot time.Time) (string, error) {
	var n int64
	err := s.db.InTx(ctx, authz.System("auth.workers").Tenant(), func(tx *sqlx.Tx) error {
		var files []workerFile
		if err := tx.SelectContext(ctx, &files, sqlStrayEveryone); err != nil {
			return fmt.Errorf("compare workers' accounts: %w", err)
		}
		var err error
		if n, err = writeWorkers(ctx, tx, sqlMendWorkers, files, slot); err != nil {
			return fmt.Errorf("sync workers' accounts: %w", err)
		}
		return nil
	})
	return fmt.Sprintf("mended %d accounts", n), err
}

// Crew is a team with how many of its people can sign in. ID 0 holds those without a team.
type Crew struct {
	ID       int64  `db:"id"`
	Workshop string `db:"workshop"`
	Name     string `db:"name"`
	People   int    `db:"people"`
	Active   int    `db:"active"`  // have chosen a password
	Pending  int    `db:"pending"` // hold a link that still works
}

// Waiting is how many have not activated yet.
func (c Crew) Waiting() int { return c.People - c.Active }

const fragCrews = ` from (
    select e.org_id, coalesce(e.team_id, 0) as id, count(*) as people, count(*) filter (where a.state in ('active', 'disabled')) as active,
        count(*) filter (where a.state = 'invited' and exists (select from invitation i
            where i.account_id = a.id and i.used_at is null and i.expires_at > $2 and i.attempts < $3)) as pending
    from employee e left join account a on a.org_id = e.org_id and a.employee_id = e.id
    where e.org_id = $1 and e.work_status <> 'resigned'
    group by e.org_id, coalesce(e.team_id, 0)) c
    left join team t on t.org_id = c.org_id and t.id = c.id
    where ($4 = '' or strpos(lower(concat(t.workshop, ' ', t.name)), lower($4)) > 0) and (not $5 or c.people > c.active)`

const sqlCrews = `select c.id, coalesce(t.workshop, '') as workshop, coalesce(t.name, '') as name, c.people, c.active, c.pending` + fragCrews

const sqlCountCrews = `select count(*)` + fragCrews

// Team is a team of an org by name.
type Team struct {
	ID       int64  `db:"id"`
	Workshop string `db:"workshop"`
	Name     string `db:"name"`
}

const sqlTeamNames = `select id, workshop, name from team where org_id = $1 order by workshop, name, id`

// Teams lists the teams of the scope's org, to choose from.
func (s Invites) Teams(ctx context.Context, sc authz.Scope) ([]Team, error) {
	if err := sc.Require(authz.AccountManage, authz.InvitePrint); err != nil {
		return nil, err
	}
	var teams []Team
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		teams = nil
		return tx.SelectContext(ctx, &teams, sqlTeamNames, sc.Org)
	})
	if err != nil {
		return nil, fmt.Errorf("teams: %w", err)
	}
	return teams, nil
}

// CrewFilter narrows the list of teams.
type CrewFilter struct {
	Query   string
	Waiting bool // only teams in which somebody has not activated
	Page    page.Request
}

// Crews pages through the teams of the scope's org that have people, by workshop and name, those without a team first.
func (s Invites) Crews(ctx context.Context, sc authz.Scope, f CrewFilter, at time.Time) (page.Result[Crew], error) {
	var none page.Result[Crew]
	if err := sc.Require(authz.InvitePrint); err != nil {
		return none, err
	}
	args := []any{sc.Org, at, MaxTries, strings.TrimSpace(f.Query), f.Waiting}
	tail, more, err := seekCrews(f.Page)
	if err != nil {
		return none, err
	}
	var rows []Crew
	var total int
	err = s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		if err := tx.GetContext(ctx, &total, sqlCountCrews, args...); err != nil {
			return fmt.Errorf("count teams: %w", err)
		}
		rows = nil
		if err := tx.SelectContext(ctx, &rows, sqlCrews+tail, append(args, more...)...); err != nil {
			return fmt.Errorf("list teams: %w", err)
		}
		return nil
	})
	if err != nil {
		return none, err
	}
	return page.Cut(f.Page, rows, total, func(c Crew) string {
		return page.Cursor(c.Workshop, c.Name, strconv.FormatInt(c.ID, 10))
	}), nil
}

const fragCrewKey = `(coalesce(t.workshop, ''), coalesce(t.name, ''), c.id)`

func seekCrews(r page.Request) (tail string, args []any, err error) {
	op, dir, cursor := ">", "asc", r.After
	if r.Back() {
		op, dir, cursor = "<", "desc", r.Before
	}
	if cursor != "" {
		keys, ok := page.Keys(cursor, 3)
		if !ok {
			return "", nil, errs.New(errs.Invalid, "error.invalid")
		}
		tail = ` and ` + fragCrewKey + ` ` + op + ` ($6::text, $7::text, $8::bigint)`
		args = []any{keys[0], keys[1], keys[2]}
	}
	return tail + fmt.Sprintf(` order by coalesce(t.workshop, '') %s, coalesce(t.name, '') %s, c.id %s limit %d`,
		dir, dir, dir, r.Limit()+1), args, nil
}
