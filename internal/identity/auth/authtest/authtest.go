// Package authtest gives tests a database with the identity services on it: orgs, accounts, and files of workers as far as
// invitations read them. Hashes are cheap and refusals are not held back, so that tests are fast.
package authtest

import (
	"context"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/identity/auth"
	"github.com/fugong/fugong/internal/identity/auth/password"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/dbtest"
	"github.com/fugong/fugong/internal/platform/secret"
)

// Start is where the clock of a World stands at first: the morning of 2022-03-24 in Zibo.
var Start = time.Date(2022, 3, 24, 1, 0, 0, 0, time.UTC)

// Password is good for any role.
const Password = "lvye-7-qingcheng"

// World is one test's installation.
type World struct {
	T     testing.TB
	Raw   *dbtest.Database
	DB    *db.DB
	Box   *secret.Box
	Clock *clock.Manual
	Orgs  *org.Service
	Auth  *auth.Service
	tails map[int64]string
	uscc  int
}

// New makes an empty installation.
func New(t testing.TB) *World {
	t.Helper()
	w := &World{T: t, Raw: dbtest.New(t), Clock: clock.NewManual(Start), tails: map[int64]string{}}
	var err error
	if w.DB, err = db.Open(t.Context(), w.Raw.DSN, 8); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.DB.Close(); err != nil {
			t.Error(err)
		}
	})
	if w.Box, err = secret.LoadOrCreate(filepath.Join(t.TempDir(), "keys.json")); err != nil {
		t.Fatal(err)
	}
	w.Orgs = org.New(w.DB, w.Box, org.Config{Clock: w.Clock})
	w.Auth = w.Server()
	return w
}

// Server is another server's accounts service on the same database.
func (w *World) Server() *auth.Service {
	return auth.New(w.DB, w.Box, w.Orgs, people{w}, auth.Config{Clock: w.Clock, Floor: -1,
		Hash: &password.Params{Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 8, KeyLength: 16}})
}

// Now is the clock's instant.
func (w *World) Now() time.Time { return w.Clock.Now() }

// Org creates an org and returns it.
func (w *World) Org(kind, name string) org.Org {
	w.T.Helper()
	w.uscc++
	o := org.Org{Kind: kind, Name: name, AdminZone: "370303", Code: "B-" + strconv.Itoa(w.uscc)}
	if kind == org.Enterprise {
		o.Code = USCC(w.uscc)
	}
	o, err := w.Orgs.Create(w.T.Context(), authz.System("test"), o, w.Now())
	if err != nil {
		w.T.Fatal(err)
	}
	return o
}

// Team adds a team to an org.
func (w *World) Team(orgID int32, workshop, name string) int64 {
	w.T.Helper()
	var id int64
	err := w.Raw.Owner.Get(&id, `insert into team (org_id, workshop, name, created_at) values ($1, $2, $3, $4) returning id`,
		orgID, workshop, name, w.Now())
	if err != nil {
		w.T.Fatal(err)
	}
	return id
}

// Person is a file to be added.
type Person struct {
	Name, Number, Mobile, Tail string
	Team                       int64
}

// Employee adds a file to an org.
func (w *World) Employee(orgID int32, p Person) int64 {
	w.T.Helper()
	if p.Tail == "" {
		p.Tail = "123X"
	}
	var mobile any
	if p.Mobile != "" {
		mobile = w.Box.Index("mobile", p.Mobile)
	}
	var id int64
	err := w.Raw.Owner.Get(&id, `insert into employee (org_id, employee_no, name, name_grams, id_number_enc, id_number_bidx, mobile_bidx,
			team_id, category_since, status_since, created_at, updated_at)
		values ($1, $2, $3, '{}', '', $4, $5, nullif($6, 0::bigint), $7, $7, $7, $7) returning id`,
		orgID, p.Number, p.Name, w.Box.Index("id", p.Number+p.Name+p.Tail), mobile, p.Team, w.Now())
	if err != nil {
		w.T.Fatal(err)
	}
	w.tails[id] = p.Tail
	return id
}

// Leave marks a file's person as gone.
func (w *World) Leave(orgID int32, employee int64) {
	w.T.Helper()
	if _, err := w.Raw.Owner.Exec(`update employee set work_status = 'resigned' where org_id = $1 and id = $2`, orgID, employee); err != nil {
		w.T.Fatal(err)
	}
}

// Worker adds a file with an active account whose password is Password.
func (w *World) Worker(orgID int32, p Person) auth.Session {
	w.T.Helper()
	w.Employee(orgID, p)
	sheet, err := w.Auth.PrintCards(w.T.Context(), authz.System("test").ForOrg(orgID), auth.CardRequest{EmployeeNo: p.Number}, w.Now())
	if err != nil {
		w.T.Fatal(err)
	}
	tail := p.Tail
	if tail == "" {
		tail = "123X"
	}
	return w.Redeem(sheet.Cards[0].Link, tail)
}

// Staff adds an active account with a login and Password, and returns its scope.
func (w *World) Staff(orgID int32, role authz.Role, login string) authz.Scope {
	w.T.Helper()
	in := auth.NewAccount{Org: orgID, Role: role, Login: login, Name: "王" + login}
	if role == authz.DistrictBureau {
		in.Division = "370303"
	}
	_, link, err := w.Auth.CreateAccount(w.T.Context(), authz.System("test").ForOrg(orgID), in, w.Now())
	if err != nil {
		w.T.Fatal(err)
	}
	return w.Scope(w.Redeem(link, ""))
}

// Redeem chooses Password by a link.
func (w *World) Redeem(link auth.Link, tail string) auth.Session {
	w.T.Helper()
	ses, err := w.Auth.Redeem(w.T.Context(), auth.Answer{Token: link.Token, Purpose: link.Purpose, Tail: tail, New: Password, Again: Password}, w.Now())
	if err != nil {
		w.T.Fatal(err)
	}
	return ses
}

// Scope is the scope of a session.
func (w *World) Scope(ses auth.Session) authz.Scope {
	w.T.Helper()
	v, err := w.Auth.Identify(w.T.Context(), ses.Account, ses.Epoch)
	if err != nil {
		w.T.Fatal(err)
	}
	return v.Scope
}

// EnsureWorkers gives files accounts in a transaction of their org.
func (w *World) EnsureWorkers(orgID int32, employees []int64) error {
	return w.DB.InTx(w.T.Context(), db.Tenant{Org: orgID}, func(tx *sqlx.Tx) error {
		return w.Auth.EnsureWorkerAccounts(w.T.Context(), tx, orgID, employees, w.Now())
	})
}

// Count runs a query for one number as the owner, whom no policy binds.
func (w *World) Count(query string, args ...any) int {
	w.T.Helper()
	var n int
	if err := w.Raw.Owner.Get(&n, query, args...); err != nil {
		w.T.Fatal(err)
	}
	return n
}

type people struct{ w *World }

func (p people) Contacts(ctx context.Context, q db.Q, orgID int32, ids []int64) ([]auth.Contact, error) {
	var rows []struct {
		ID       int64  `db:"id"`
		Name     string `db:"name"`
		Number   string `db:"employee_no"`
		Mobile   []byte `db:"mobile_bidx"`
		Team     int64  `db:"team_id"`
		Workshop string `db:"workshop"`
		TeamName string `db:"team"`
	}
	err := q.SelectContext(ctx, &rows, `select e.id, e.name, e.employee_no, e.mobile_bidx, coalesce(e.team_id, 0) as team_id,
			coalesce(t.workshop, '') as workshop, coalesce(t.name, '') as team
		from employee e left join team t on t.org_id = e.org_id and t.id = e.team_id
		where e.org_id = $1 and e.id = any($2) and e.work_status <> 'resigned'`, orgID, pq.Array(ids))
	out := make([]auth.Contact, len(rows))
	for i, r := range rows {
		out[i] = auth.Contact{EmployeeID: r.ID, Name: r.Name, EmployeeNo: r.Number, MobileIndex: r.Mobile, IDTail: p.w.tails[r.ID],
			TeamID: r.Team, Workshop: r.Workshop, Team: r.TeamName}
	}
	return out, err
}
