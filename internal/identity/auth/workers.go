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
const sqlEnsureWorkers = `insert into account (org_id, role, employee_id, display_name, mobile_bidx, state, created_at, updated_at)
    select e.org_id, 'worker', e.id, e.name, e.mobile_bidx, 'invited', $3, $3
    from employee e where e.org_id = $1 and e.id = any($2) and e.work_status <> 'resigned'
    on conflict (org_id, employee_id) where employee_id is not null do update
        set display_name = excluded.display_name, mobile_bidx = excluded.mobile_bidx, updated_at = excluded.updated_at
        where account.display_name <> excluded.display_name or account.mobile_bidx is distinct from excluded.mobile_bidx`

func ensureWorkers(ctx context.Context, q db.Q, orgID int32, employees []int64, at time.Time) error {
	if _, err := q.ExecContext(ctx, sqlEnsureWorkers, orgID, pq.Array(employees), at); err != nil {
		return fmt.Errorf("ensure workers' accounts: %w", err)
	}
	return nil
}

// EnsureWorkerAccounts gives every file an account in the state invited, and brings name and mobile number of accounts that
// there are in line with the files. It joins the caller's transaction, takes thousands in one statement, and may be
// repeated. Files of people who left are passed over.
func (s Invites) EnsureWorkerAccounts(ctx context.Context, tx db.Q, orgID int32, employees []int64, at time.Time) error {
	return ensureWorkers(ctx, tx, orgID, employees, at)
}

const sqlSyncWorkers = `update account a set display_name = e.name, mobile_bidx = e.mobile_bidx, updated_at = $3
    from employee e where e.org_id = a.org_id and e.id = a.employee_id and a.org_id = $1 and a.employee_id = any($2)
        and (a.display_name <> e.name or a.mobile_bidx is distinct from e.mobile_bidx)`

// SyncWorkers brings accounts in line with their files after names or mobile numbers changed; files without an account get
// none. It joins the caller's transaction.
func (s Invites) SyncWorkers(ctx context.Context, tx db.Q, orgID int32, employees []int64, at time.Time) error {
	if _, err := tx.ExecContext(ctx, sqlSyncWorkers, orgID, pq.Array(employees), at); err != nil {
		return fmt.Errorf("sync workers' accounts: %w", err)
	}
	return nil
}

const sqlSyncEveryone = `update account a set display_name = e.name, mobile_bidx = e.mobile_bidx, updated_at = $1
    from employee e where e.org_id = a.org_id and e.id = a.employee_id
        and (a.display_name <> e.name or a.mobile_bidx is distinct from e.mobile_bidx)`

// syncEveryone mends accounts that went out of line with their files by whatever way.
func (s Invites) syncEveryone(ctx context.Context, slot time.Time) (string, error) {
	var n int64
	err := s.db.InTx(ctx, authz.System("auth.workers").Tenant(), func(tx *sqlx.Tx) error {
		res, err := tx.ExecContext(ctx, sqlSyncEveryone, slot)
		if err != nil {
			return fmt.Errorf("sync workers' accounts: %w", err)
		}
		n, err = res.RowsAffected()
		return err
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
