package employee_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/dbtest"
	"github.com/fugong/fugong/internal/platform/gb"
	"github.com/fugong/fugong/internal/platform/secret"
	"github.com/fugong/fugong/internal/standing"
)

var cst = time.FixedZone("CST", 8*3600)

// at is when the tests happen.
var at = time.Date(2022, 3, 24, 9, 0, 0, 0, cst)

// world is a database with two enterprises and the service over it.
type world struct {
	t         testing.TB
	data      *dbtest.Database
	db        *db.DB
	box       *secret.Box
	standings *standings
	*employee.Service
	here, there authz.Scope // health officers of org 1 and 2
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, data: dbtest.New(t), standings: &standings{}}
	var err error
	if w.db, err = db.Open(t.Context(), w.data.DSN, 8); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.db.Close() }) // the database is dropped next
	if w.box, err = secret.LoadOrCreate(filepath.Join(t.TempDir(), "keys", "keys.json")); err != nil {
		t.Fatal(err)
	}
	for org := range 2 {
		w.exec(`insert into org (id, kind, code, name, go_live_at, created_at, updated_at)
			values ($1, 'enterprise', $2, $2, $3, $3, $3)`, org+1, fmt.Sprintf("org %d", org+1), at.AddDate(0, 0, -30))
	}
	w.Service = employee.New(w.db, w.box, w.standings)
	w.here = authz.Scope{Account: 11, Actor: "王专员", Role: authz.HealthOfficer, Org: 1}
	w.there = authz.Scope{Account: 21, Actor: "李专员", Role: authz.HealthOfficer, Org: 2}
	return w
}

// exec runs a statement as the owner.
func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	if _, err := w.data.Owner.Exec(query, args...); err != nil {
		w.t.Fatal(err)
	}
}

// one reads one value as the owner.
func one[T any](w *world, query string, args ...any) T {
	w.t.Helper()
	var v T
	if err := w.data.Owner.Get(&v, query, args...); err != nil {
		w.t.Fatal(err)
	}
	return v
}

// create opens a file or ends the test.
func (w *world) create(sc authz.Scope, in employee.Incoming) employee.Person {
	w.t.Helper()
	p, err := w.Create(w.t.Context(), sc, in, at)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// standings stands in for the evaluation, which is tested where it is written: it gives each person the state that a test chose, and
// whoever has left none.
type standings struct {
	applied []int64
	skip    bool
	state   func(id int64) (code int, held bool, due time.Time)
}

func (s *standings) Apply(ctx context.Context, q db.Q, org int32, employees []int64, at time.Time) error {
	s.applied = append(s.applied, employees...)
	if s.skip {
		return nil
	}
	for _, id := range employees {
		code, held, due := 1, false, at.Add(72*time.Hour)
		if s.state != nil {
			code, held, due = s.state(id)
		}
		_, err := q.ExecContext(ctx, `insert into standing (org_id, employee_id, s0, held, due_at, evaluated_at)
			values ($1, $2, $3, $4, $5, $6) on conflict (org_id, employee_id) do nothing`, org, id, code, held, sql.NullTime{Time: due, Valid: !due.IsZero()}, at)
		if err != nil {
			return err
		}
	}
	_, err := q.ExecContext(ctx, `update standing s set s0 = $3, held = false, due_at = null from employee e
		where s.org_id = $1 and s.employee_id = any($2) and e.org_id = s.org_id and e.id = s.employee_id and e.work_status = 'resigned'`,
		org, pq.Array(employees), standing.Gone)
	return err
}

// idNumber makes a valid identity number; different n give different numbers.
func idNumber(n int) string {
	first17 := fmt.Sprintf("370303%s%03d", time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n/1000).Format("20060102"), n%1000)
	return first17 + string(gb.IDCheckDigit(first17))
}
