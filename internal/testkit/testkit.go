// Package testkit puts orgs, people and samples into a test's database by plain SQL, for tests of features that only read
// them. Only tests import it.
package testkit

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/dbtest"
	"github.com/fugong/fugong/internal/regime"
)

// Zone is the zone of test orgs, Asia/Shanghai.
var Zone = time.FixedZone("CST", 8*3600)

// At reads an instant such as "03-24 09:00" of 2022 in Zone.
func At(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", "2022-"+s, Zone)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// Kit is a test's database with its application pool.
type Kit struct {
	t     testing.TB
	DB    *db.DB
	Owner *sqlx.DB
	DSN   string
	n     int
}

// New clones a database, opens it for the application role and makes sample partitions around the instant.
func New(t testing.TB, at time.Time) *Kit {
	t.Helper()
	d := dbtest.New(t)
	pool, err := db.Open(t.Context(), d.DSN, 6)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pool.Close() })
	k := &Kit{t: t, DB: pool, Owner: d.Owner, DSN: d.DSN}
	k.Exec(`select ensure_sample_months($1)`, at)
	return k
}

// Exec runs a statement as the owner.
func (k *Kit) Exec(query string, args ...any) {
	k.t.Helper()
	if _, err := k.Owner.Exec(query, args...); err != nil {
		k.t.Fatalf("%s: %v", query, err)
	}
}

// Get reads one value as the owner.
func Get[T any](k *Kit, query string, args ...any) T {
	k.t.Helper()
	var v T
	if err := k.Owner.Get(&v, query, args...); err != nil {
		k.t.Fatalf("%s: %v", query, err)
	}
	return v
}

// Org adds an enterprise of a reporting line that went live at the instant.
func (k *Kit) Org(zone string, goLive time.Time) int32 {
	k.t.Helper()
	k.n++
	return Get[int32](k, `insert into org (kind, code, name, admin_zone, industry, go_live_at, created_at, updated_at)
		values ('enterprise', $1, $2, $3, 'C30', $4, $4, $4) returning id`, fmt.Sprint("T", k.n), fmt.Sprint("测试企业", k.n), zone, goLive)
}

// Person is what a test says of an employee; empty fields get defaults.
type Person struct {
	Name, Category, Status, Email, Workshop, Team string
	Since                                         time.Time
}

// Employee adds a file on post since the instant.
func (k *Kit) Employee(org int32, p Person) int64 {
	k.t.Helper()
	k.n++
	or := func(s, other string) string {
		if s == "" {
			return other
		}
		return s
	}
	var team *int64
	if p.Team != "" {
		id := Get[int64](k, `insert into team (org_id, workshop, name, created_at) values ($1, $2, $3, $4)
			on conflict (org_id, workshop, name) do update set created_at = excluded.created_at returning id`, org, p.Workshop, p.Team, p.Since)
		team = &id
	}
	return Get[int64](k, `insert into employee (org_id, employee_no, name, name_grams, id_number_enc, id_number_bidx, email, team_id, test_category,
			category_since, work_status, status_since, created_at, updated_at)
		values ($1, $2, $3, '{}', '\x00', $4, $5, $6, $7, $8, $9, $8, $8, $8) returning id`,
		org, fmt.Sprint(10000+k.n), or(p.Name, fmt.Sprint("员工", k.n)), []byte(fmt.Sprintf("%016d", k.n)), p.Email, team,
		or(p.Category, "general_staff"), p.Since, or(p.Status, "on_post"))
}

// Sample adds a swab with its result; a zero reported means it is awaited.
func (k *Kit) Sample(org int32, employee int64, sampled, reported time.Time, result string) {
	k.t.Helper()
	var r *time.Time
	if !reported.IsZero() {
		r = &reported
	}
	k.Exec(`insert into sample (org_id, employee_id, sampled_at, reported_at, result, source, proof, entered_by, entered_at)
		values ($1, $2, $3, $4, $5, 'employer_org', 'lab', 0, $3)`, org, employee, sampled, r, result)
}

// Account adds an active account of a role with an e-mail address.
func (k *Kit) Account(org int32, role, email string, at time.Time) int64 {
	k.t.Helper()
	return Get[int64](k, `insert into account (org_id, role, display_name, email, state, created_at, updated_at)
		values ($1, $2, $3, $4, 'active', $5, $5) returning id`, org, role, role, email, at)
}

// Book answers every org with the same rules, for tests of features that do not concern themselves with which rules apply.
type Book struct{ Rules regime.Rules }

// For implements the rulebook's interface.
func (b Book) For(context.Context, db.Q, int32, time.Time) (regime.Rules, error) { return b.Rules, nil }

// Current implements standing.Rulebook: nothing was ever decided.
func (b Book) Current(_ context.Context, _ db.Reader, orgs []int32, each func(int32, regime.Rules, time.Time)) error {
	for _, org := range orgs {
		each(org, b.Rules, time.Time{})
	}
	return nil
}

// Zibo is the book of the default pack.
func Zibo(t testing.TB) Book {
	t.Helper()
	p, err := regime.Builtin("zibo-2022-03")
	if err != nil {
		t.Fatal(err)
	}
	return Book{regime.Fixed(p)}
}
