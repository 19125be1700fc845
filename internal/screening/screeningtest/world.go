// Package screeningtest makes a small world for tests of samples and of the pages about them: two enterprises with people in
// teams, on a database of the test's own.
package screeningtest

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/dbtest"
	"github.com/fugong/fugong/internal/platform/secret"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/testkit"
)

// Zone is the zone of both enterprises.
var Zone = time.FixedZone("CST", 8*3600)

// Now is when the tests play: Thursday 24 March 2022, 09:00.
var Now = time.Date(2022, 3, 24, 9, 0, 0, 0, Zone)

// World is two enterprises. The first has two teams, the second one.
type World struct {
	Base      *dbtest.Database
	DB        *db.DB
	Box       *secret.Box
	Clock     *clock.Manual
	Standings *standing.Service
	Samples   *screening.Service

	Org, Foreign int32
	Team, Other  int64 // of Org
	Elsewhere    int64 // of Foreign

	t       testing.TB
	account int64
}

// New makes a world whose clock stands at Now.
func New(t testing.TB) *World {
	t.Helper()
	w := &World{Base: dbtest.New(t), Clock: clock.NewManual(Now), t: t, account: 100}
	var err error
	w.DB, err = db.Open(context.Background(), w.Base.DSN, 8)
	w.must(err)
	t.Cleanup(func() { w.must(w.DB.Close()) })
	w.Box, err = secret.LoadOrCreate(filepath.Join(t.TempDir(), "keys.json"))
	w.must(err)
	w.Standings = standing.New(w.DB, w.Clock, testkit.Zibo(t))
	w.Samples = screening.New(w.DB, w.Box, w.Standings)
	_, err = w.Standings.EnsureMonths(context.Background(), Now)
	w.must(err)
	w.Org, w.Foreign = w.org("91370303YY000001XW", "甲厂"), w.org("91370302YY0000028E", "乙厂")
	w.Team, w.Other = w.team(w.Org, "一车间", "一班"), w.team(w.Org, "二车间", "二班")
	w.Elsewhere = w.team(w.Foreign, "一车间", "一班")
	return w
}

func (w *World) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *World) org(code, name string) int32 {
	var id int32
	w.must(w.Base.Owner.Get(&id, `insert into org (kind, code, name, go_live_at, created_at, updated_at)
		values ('enterprise', $1, $2, $3, $3, $3) returning id`, code, name, Now.AddDate(0, 0, -30)))
	return id
}

func (w *World) team(org int32, workshop, name string) int64 {
	var id int64
	w.must(w.Base.Owner.Get(&id, `insert into team (org_id, workshop, name, created_at) values ($1, $2, $3, $4) returning id`,
		org, workshop, name, Now))
	return id
}

// Employee opens a file of someone on post since before go-live, without a standing yet.
func (w *World) Employee(org int32, team int64, name string) int64 {
	w.t.Helper()
	var id int64
	w.must(w.Base.Owner.Get(&id, `insert into employee (org_id, name, name_grams, pinyin, id_number_enc, id_number_bidx, team_id, category_since,
			status_since, created_at, updated_at)
		values ($1, $2::text, array[$2::text], '', '\x00', decode(md5($2::text || random()::text), 'hex'), $3, $4, $4, $4, $4) returning id`,
		org, name, team, Now.AddDate(0, 0, -60)))
	return id
}

// Employees opens n files in the org's first team.
func (w *World) Employees(n int) []int64 {
	w.t.Helper()
	var ids []int64
	w.must(w.Base.Owner.Select(&ids, `insert into employee (org_id, name, name_grams, pinyin, id_number_enc, id_number_bidx, team_id, category_since,
			status_since, created_at, updated_at)
		select $1, '员工' || n, array['员工' || n], '', '\x00', decode(md5(n::text || random()::text), 'hex'), $2, $3, $3, $3, $3
		from generate_series(1, $4::integer) n returning id`, w.Org, w.Team, Now.AddDate(0, 0, -60), n))
	return ids
}

func (w *World) next() int64 {
	w.account++
	return w.account
}

// HR is a health officer of the org.
func (w *World) HR(org int32) authz.Scope {
	return authz.Scope{Account: w.next(), Actor: "防疫专员", Role: authz.HealthOfficer, Org: org}
}

// Worker is the account of an employee.
func (w *World) Worker(org int32, employee int64) authz.Scope {
	return authz.Scope{Account: w.next(), Actor: "职工", Role: authz.Worker, Org: org, Employee: employee}
}

// Leader leads teams of the first org; employee may be 0.
func (w *World) Leader(employee int64, teams ...int64) authz.Scope {
	return authz.Scope{Account: w.next(), Actor: "班组长", Role: authz.TeamLeader, Org: w.Org, Employee: employee, Teams: teams}
}

// Count runs a counting query as the owner.
func (w *World) Count(query string, args ...any) int {
	w.t.Helper()
	var n int
	w.must(w.Base.Owner.Get(&n, query, args...))
	return n
}

// State is the standing state of an employee of the first org as stored, at the clock's instant.
func (w *World) State(employee int64) (state int, held bool) {
	w.t.Helper()
	var row struct {
		State int  `db:"state"`
		Held  bool `db:"held"`
	}
	w.must(w.Base.Owner.Get(&row, `select standing_state($3, s0, t1, s1, t2, s2, t3, s3) as state, held from standing
		where org_id = $1 and employee_id = $2`, w.Org, employee, w.Clock.Now()))
	return row.State, row.Held
}
