package auth

import (
	"context"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

// NewAccount asks for an account. Staff have a login; a team leader has an employee file, by whose number they are named,
// and signs in as workers do.
type NewAccount struct {
	Org        int32 // for administrators; the scope's own org otherwise
	Role       authz.Role
	Login      string
	Name       string
	Email      string
	Division   string  // district bureau: the reporting line it oversees
	EmployeeNo string  // team leader
	Teams      []int64 // team leader
}

// A login holds a letter, so that it is never taken for a phone or employee number.
var loginForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._@-]{2,63}$`)

const maxDisplayName = 40

func tidy(in NewAccount) NewAccount {
	in.Login = strings.ToLower(strings.TrimSpace(in.Login))
	in.Name, in.Email = strings.TrimSpace(in.Name), strings.TrimSpace(in.Email)
	in.EmployeeNo = strings.TrimSpace(in.EmployeeNo)
	return in
}

func (s *core) checkNewAccount(ctx context.Context, sc authz.Scope, in NewAccount) error {
	f := errs.Fields{}
	o, err := s.orgs.Get(ctx, in.Org)
	switch {
	case errs.Is(err, errs.NotFound):
		f.Add("org", "error.choice")
	case err != nil:
		return err
	case !slices.Contains(CreatableRoles(sc), in.Role):
		f.Add("role", "error.choice")
	case !slices.Contains(RolesOf(o.Kind), in.Role):
		f.Add("role", "auth.role.kind")
	}
	if in.Role == authz.TeamLeader {
		if in.EmployeeNo == "" {
			f.Add("employee_no", "error.required")
		}
		if len(in.Teams) == 0 {
			f.Add("teams", "auth.teams.none")
		}
		return f.Err()
	}
	switch {
	case in.Login == "":
		f.Add("login", "error.required")
	case !loginForm.MatchString(in.Login) || !strings.ContainsFunc(in.Login, func(r rune) bool { return 'a' <= r && r <= 'z' }):
		f.Add("login", "auth.login.form")
	}
	if err := s.checkPerson(ctx, f, in.Role, in.Name, in.Email, in.Division); err != nil {
		return err
	}
	return f.Err()
}

// checkPerson checks what can be edited later too.
func (s *core) checkPerson(ctx context.Context, f errs.Fields, role authz.Role, name, email, division string) error {
	switch {
	case name == "":
		f.Add("name", "error.required")
	case utf8.RuneCountInString(name) > maxDisplayName:
		f.Add("name", "error.too_long", "Max", maxDisplayName)
	}
	if email != "" {
		if a, err := mail.ParseAddress(email); err != nil || a.Address != email || len(email) > 254 {
			f.Add("email", "auth.email.form")
		}
	}
	if role != authz.DistrictBureau {
		return nil
	}
	divisions, err := s.orgs.Divisions(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(divisions, func(d org.Division) bool { return d.Code == division && d.Kind != "city" }) {
		f.Add("division", "error.choice")
	}
	return nil
}

// CreateAccount adds an account in the state invited and returns its activation link, which exists nowhere else. A team
// leader who has a worker's account keeps it and its password; then the link is the zero Link.
func (s Management) CreateAccount(ctx context.Context, sc authz.Scope, in NewAccount, at time.Time) (Account, Link, error) {
	if err := sc.Require(authz.AccountManage); err != nil {
		return Account{}, Link{}, err
	}
	in = tidy(in)
	if r := reachOf(sc); r.org != 0 {
		in.Org = r.org
	}
	if err := s.checkNewAccount(ctx, sc, in); err != nil {
		return Account{}, Link{}, err
	}
	var a Account
	var link Link
	err := s.db.InTx(ctx, db.Tenant{Org: in.Org}, func(tx *sqlx.Tx) error {
		id, err := insertOrPromote(ctx, tx, in, at)
		if err != nil {
			return err
		}
		a, link = Account{}, Link{}
		if err := tx.GetContext(ctx, &a, sqlAccount, id); err != nil {
			return fmt.Errorf("read account: %w", err)
		}
		if a.State == Invited {
			links, err := issue(ctx, tx, in.Org, []target{{a.ID, a.State}}, sc.Account, at)
			if err != nil {
				return err
			}
			link = links[0]
		}
		return record(ctx, tx, sc, at, "account.create", a, map[string]any{"role": a.Role, "division": a.Division, "teams": []int64(a.TeamIDs)})
	})
	s.forget(a.ID)
	return a, link, named(err)
}

func insertOrPromote(ctx context.Context, tx db.Q, in NewAccount, at time.Time) (int64, error) {
	if in.Role != authz.TeamLeader {
		return insertStaff(ctx, tx, in, at)
	}
	employee, err := employeeByNumber(ctx, tx, in.Org, in.EmployeeNo)
	if err != nil {
		return 0, err
	}
	id, err := promote(ctx, tx, in.Org, employee, at)
	if err != nil {
		return 0, err
	}
	return id, leadTeams(ctx, tx, in.Org, id, in.Teams)
}

const sqlInsertStaff = `insert into account (org_id, role, login, display_name, email, division, state, created_at, updated_at)
    values ($1, $2, $3, $4, $5, nullif($6, ''), 'invited', $7, $7) returning id`

func insertStaff(ctx context.Context, q db.Q, in NewAccount, at time.Time) (int64, error) {
	if in.Role != authz.DistrictBureau {
		in.Division = ""
	}
	var id int64
	if err := q.GetContext(ctx, &id, sqlInsertStaff, in.Org, string(in.Role), in.Login, in.Name, in.Email, in.Division, at); err != nil {
		return 0, fmt.Errorf("insert account: %w", err)
	}
	return id, nil
}

const sqlEmployeeByNumber = `select id from employee where org_id = $1 and employee_no = $2 and work_status <> 'resigned'`

func employeeByNumber(ctx context.Context, q db.Q, orgID int32, number string) (int64, error) {
	var ids []int64
	if err := q.SelectContext(ctx, &ids, sqlEmployeeByNumber, orgID, number); err != nil {
		return 0, fmt.Errorf("find employee: %w", err)
	}
	if len(ids) == 0 || number == "" {
		return 0, errs.Fields{"employee_no": errs.Msg("auth.employee.unknown")}.Err()
	}
	return ids[0], nil
}

const sqlPromote = `update account set role = 'team_leader', updated_at = $3 where org_id = $1 and employee_id = $2
    and role = 'worker' and state <> 'disabled' returning id`

func promote(ctx context.Context, tx db.Q, orgID int32, employee int64, at time.Time) (int64, error) {
	if err := ensureWorkers(ctx, tx, orgID, []int64{employee}, at); err != nil {
		return 0, err
	}
	var ids []int64
	if err := tx.SelectContext(ctx, &ids, sqlPromote, orgID, employee, at); err != nil {
		return 0, fmt.Errorf("promote: %w", err)
	}
	if len(ids) == 0 {
		return 0, errs.Fields{"employee_no": errs.Msg("auth.employee.has_account")}.Err()
	}
	return ids[0], nil
}

const sqlUnlead = `delete from account_team where org_id = $1 and account_id = $2`

const sqlLead = `insert into account_team (org_id, account_id, team_id)
    select t.org_id, $2, t.id from team t where t.org_id = $1 and t.id = any($3)
    returning org_id`

// leadTeams replaces the teams that an account leads.
func leadTeams(ctx context.Context, tx db.Q, orgID int32, account int64, teams []int64) error {
	if _, err := tx.ExecContext(ctx, sqlUnlead, orgID, account); err != nil {
		return fmt.Errorf("unlead: %w", err)
	}
	res, err := tx.ExecContext(ctx, sqlLead, orgID, account, pq.Array(teams))
	if err != nil {
		return fmt.Errorf("lead: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || int(n) != len(slices.Compact(slices.Sorted(slices.Values(teams)))) {
		return errs.Fields{"teams": errs.Msg("error.choice")}.Err() // a team of another org, or of none
	}
	return nil
}

// named turns the constraints that input can break into faults of fields.
func named(err error) error {
	if db.Constraint(err) == "account_login" {
		return errs.Fields{"login": errs.Msg("auth.login.taken")}.Err()
	}
	return err
}
