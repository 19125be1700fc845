package auth

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
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/page"
)

// Account is an account as its managers and its owner see it.
type Account struct {
	ID          int64          `db:"id"`
	Org         int32          `db:"org_id"`
	OrgName     string         `db:"org_name"`
	Role        authz.Role     `db:"role"`
	Employee    int64          `db:"employee_id"`
	EmployeeNo  string         `db:"employee_no"`
	Login       string         `db:"login"`
	Name        string         `db:"display_name"`
	Email       string         `db:"email"`
	Division    string         `db:"division"`
	Lang        string         `db:"lang"`
	State       string         `db:"state"`
	LockedUntil *time.Time     `db:"locked_until"`
	LastSignIn  *time.Time     `db:"last_sign_in"`
	CreatedAt   time.Time      `db:"created_at"`
	TeamIDs     pq.Int64Array  `db:"team_ids"` // teams a leader leads
	Teams       pq.StringArray `db:"teams"`    // their names, in the same order
}

// Locked reports whether too many wrong passwords keep the account out at the instant.
func (a Account) Locked(at time.Time) bool { return a.LockedUntil != nil && at.Before(*a.LockedUntil) }

// RolesOf lists the roles that accounts of a kind of org have.
func RolesOf(kind string) []authz.Role {
	switch kind {
	case org.Enterprise:
		return []authz.Role{authz.FirmAdmin, authz.HealthOfficer, authz.TeamLeader, authz.Worker}
	case org.Bureau:
		return []authz.Role{authz.CityBureau, authz.DistrictBureau}
	case org.Operator:
		return []authz.Role{authz.Admin, authz.Auditor}
	}
	return nil
}

// reach is which accounts a scope manages. An administrator of the installation manages those who run orgs, never the
// people of an enterprise; an enterprise's administrator its own people.
type reach struct {
	org   int32 // 0 for every org
	roles []string
}

func reachOf(sc authz.Scope) reach {
	switch {
	case sc.IsSystem():
		return reach{org: sc.Org, roles: names(authz.Roles())}
	case sc.Can(authz.OrgManage):
		return reach{roles: names([]authz.Role{authz.FirmAdmin, authz.CityBureau, authz.DistrictBureau, authz.Auditor, authz.Admin})}
	}
	return reach{org: sc.Org, roles: names(RolesOf(org.Enterprise))}
}

func names(roles []authz.Role) []string {
	out := make([]string, len(roles))
	for i, r := range roles {
		out[i] = string(r)
	}
	return out
}

// ManagedRoles lists the roles whose accounts the scope may list and change.
func ManagedRoles(sc authz.Scope) []authz.Role {
	var out []authz.Role
	for _, r := range reachOf(sc).roles {
		out = append(out, authz.Role(r))
	}
	return out
}

// CreatableRoles lists the roles that the scope may give a new account; workers' accounts come with their invitations.
func CreatableRoles(sc authz.Scope) []authz.Role {
	return slices.DeleteFunc(ManagedRoles(sc), func(r authz.Role) bool { return r == authz.Worker })
}

const fragAccountColumns = `a.id, a.org_id, o.name as org_name, a.role, coalesce(a.employee_id, 0) as employee_id,
    coalesce(e.employee_no, '') as employee_no, coalesce(a.login, '') as login, a.display_name, a.email,
    coalesce(a.division, '') as division, a.lang, a.state, a.locked_until, a.last_sign_in, a.created_at,
    array(select x.team_id from account_team x where x.org_id = a.org_id and x.account_id = a.id order by x.team_id) as team_ids,
    array(select trim(t.workshop || ' ' || t.name) from account_team x join team t on t.org_id = x.org_id and t.id = x.team_id
        where x.org_id = a.org_id and x.account_id = a.id order by x.team_id) as teams`

const fragAccountFrom = ` from account a join org o on o.id = a.org_id
    left join employee e on e.org_id = a.org_id and e.id = a.employee_id`

const sqlAccount = `select ` + fragAccountColumns + fragAccountFrom + ` where a.id = $1`

const sqlManaged = sqlAccount + ` and ($2 = 0 or a.org_id = $2) and a.role = any($3)`

// Account returns an account that the scope manages, errs.NotFound otherwise.
func (s Management) Account(ctx context.Context, sc authz.Scope, id int64) (Account, error) {
	var a Account
	if err := sc.Require(authz.AccountManage); err != nil {
		return a, err
	}
	r := reachOf(sc)
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		return tx.GetContext(ctx, &a, sqlManaged, id, r.org, pq.Array(r.roles))
	})
	return a, db.OneRow(err)
}

// Filter narrows and orders a list of accounts. Empty fields do not narrow.
type Filter struct {
	Query string // part of a name, the beginning of a login, an employee number
	Org   int32  // for administrators
	Role  authz.Role
	State string // invited, active, disabled, or locked
	Sort  string // name (default), created or seen
	Desc  bool
	Page  page.Request
}

type order struct{ expr, cast string }

// An account that never signed in sorts before all that did.
var orders = map[string]order{"name": {"a.display_name", "text"}, "created": {"a.created_at", "timestamptz"},
	"seen": {"coalesce(a.last_sign_in, '-infinity')", "timestamptz"}}

func sortKey(sort string, a Account) string {
	switch sort {
	case "created":
		return a.CreatedAt.Format(time.RFC3339Nano)
	case "seen":
		if a.LastSignIn == nil {
			return "-infinity"
		}
		return a.LastSignIn.Format(time.RFC3339Nano)
	}
	return a.Name
}

const fragFilter = fragAccountFrom + ` where ($1 = 0 or a.org_id = $1) and a.role = any($2) and ($3 = '' or a.role = $3)
    and ($4 = '' or strpos(lower(a.display_name), lower($4)) > 0 or starts_with(lower(a.login), lower($4)) or e.employee_no = $4)
    and case $5 when '' then true when 'locked' then a.locked_until > $6 else a.state = $5 end`

const sqlList = `select ` + fragAccountColumns + fragFilter

const sqlCount = `select count(*)` + fragFilter

// Accounts pages through the accounts that the scope manages.
func (s Management) Accounts(ctx context.Context, sc authz.Scope, f Filter, at time.Time) (page.Result[Account], error) {
	var none page.Result[Account]
	if err := sc.Require(authz.AccountManage); err != nil {
		return none, err
	}
	if _, ok := orders[f.Sort]; !ok {
		f.Sort = "name"
	}
	r := reachOf(sc)
	if r.org == 0 {
		r.org = f.Org
	}
	args := []any{r.org, pq.Array(r.roles), string(f.Role), strings.TrimSpace(f.Query), f.State, at}
	tail, more, err := seek(f)
	if err != nil {
		return none, err
	}
	var rows []Account
	var total int
	err = s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		if err := tx.GetContext(ctx, &total, sqlCount, args...); err != nil {
			return fmt.Errorf("count accounts: %w", err)
		}
		rows = nil
		if err := tx.SelectContext(ctx, &rows, sqlList+tail, append(args, more...)...); err != nil {
			return fmt.Errorf("list accounts: %w", err)
		}
		return nil
	})
	if err != nil {
		return none, err
	}
	return page.Cut(f.Page, rows, total, func(a Account) string {
		return page.Cursor(sortKey(f.Sort, a), strconv.FormatInt(a.ID, 10))
	}), nil
}

// seek writes the end of the statement: rows beyond the cursor, in the list's order, one more than fit.
func seek(f Filter) (tail string, args []any, err error) {
	o := orders[f.Sort]
	op, dir := ">", "asc"
	if f.Desc != f.Page.Back() {
		op, dir = "<", "desc"
	}
	cursor := f.Page.After
	if f.Page.Back() {
		cursor = f.Page.Before
	}
	if cursor != "" {
		keys, ok := page.Keys(cursor, 2)
		if !ok {
			return "", nil, errs.New(errs.Invalid, "error.invalid")
		}
		tail = fmt.Sprintf(` and (%s, a.id) %s ($7::%s, $8::bigint)`, o.expr, op, o.cast)
		args = []any{keys[0], keys[1]}
	}
	return tail + fmt.Sprintf(` order by %s %s, a.id %s limit %d`, o.expr, dir, dir, f.Page.Limit()+1), args, nil
}
