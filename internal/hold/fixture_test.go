package hold_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/testkit"
)

// plant is an enterprise with two health officers, and what its services told.
type plant struct {
	*testkit.Kit
	t         testing.TB
	holds     *hold.Service
	standings *standing.Service
	org       int32
	at        time.Time
	wang, li  authz.Scope
	told      [][]hold.Began
	released  []hold.Hold
}

func newPlant(t testing.TB) *plant {
	at := testkit.At(t, "03-24 09:00")
	p := &plant{Kit: testkit.New(t, at), t: t, at: at}
	p.Exec(`select ensure_sample_months($1)`, at.AddDate(0, 3, 0))
	p.standings = standing.New(p.DB, clock.NewManual(at), testkit.Zibo(t))
	p.holds = hold.New(p.DB, p.standings, testkit.Zibo(t))
	p.holds.Watch(p)
	p.holds.WatchReleases(p)
	p.standings.Watch(p.holds)
	p.org = p.Org("370303", at.AddDate(0, 0, -20))
	p.wang = authz.Scope{Account: 7, Actor: "王敏", Role: authz.HealthOfficer, Org: p.org}
	p.li = authz.Scope{Account: 8, Actor: "李强", Role: authz.HealthOfficer, Org: p.org}
	return p
}

// HoldsBegan implements hold.Incidents.
func (p *plant) HoldsBegan(_ context.Context, _ db.Q, sc authz.Scope, began []hold.Began, _ time.Time) error {
	if sc.Org != p.org {
		return fmt.Errorf("told of org %d", sc.Org)
	}
	p.told = append(p.told, began)
	return nil
}

// HoldsReleased implements hold.Releases.
func (p *plant) HoldsReleased(_ context.Context, _ db.Q, _ authz.Scope, released []hold.Hold, _ time.Time) error {
	p.released = append(p.released, released...)
	return nil
}

// people adds n people of a team, tested yesterday.
func (p *plant) people(team string, n int) []int64 {
	p.t.Helper()
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = p.Employee(p.org, testkit.Person{Name: fmt.Sprintf("%s%02d", team, i), Workshop: "一车间", Team: team, Since: p.at.AddDate(0, 0, -60)})
		p.Sample(p.org, ids[i], p.at.Add(-24*time.Hour), p.at.Add(-12*time.Hour), "negative")
	}
	p.apply(p.at, ids...)
	return ids
}

func (p *plant) team(name string) string {
	p.t.Helper()
	return fmt.Sprint(testkit.Get[int64](p.Kit, `select id from team where org_id = $1 and name = $2`, p.org, name))
}

func (p *plant) in(fn func(tx *sqlx.Tx) error) {
	p.t.Helper()
	if err := p.DB.InTx(p.t.Context(), db.Tenant{Org: p.org}, fn); err != nil {
		p.t.Fatal(err)
	}
}

func (p *plant) apply(at time.Time, ids ...int64) {
	p.t.Helper()
	p.in(func(tx *sqlx.Tx) error { return p.standings.Apply(p.t.Context(), tx, p.org, ids, at) })
}

// swab adds a sample alone in its tube with its result known two hours later, and evaluates the person then.
func (p *plant) swab(id int64, at time.Time, result string) time.Time {
	p.t.Helper()
	known := at.Add(2 * time.Hour)
	p.Sample(p.org, id, at, known, result)
	p.apply(known, id)
	return known
}

func (p *plant) put(h hold.Hold, at time.Time) int64 {
	p.t.Helper()
	var id int64
	p.in(func(tx *sqlx.Tx) (err error) {
		id, err = p.holds.Put(p.t.Context(), tx, p.wang, h, at)
		return err
	})
	return id
}

func (p *plant) of(id int64) []hold.Hold {
	p.t.Helper()
	var hs []hold.Hold
	p.in(func(tx *sqlx.Tx) (err error) {
		hs, err = p.holds.Of(p.t.Context(), tx, p.org, id)
		return err
	})
	return hs
}

const stateAt = `select standing_state($2, s0, t1, s1, t2, s2, t3, s3) from standing where employee_id = $1`

func (p *plant) state(id int64, at time.Time) regime.State {
	p.t.Helper()
	return regime.State(testkit.Get[int16](p.Kit, stateAt, id, at))
}

// counting counts the statements that go through it.
type counting struct {
	*sqlx.Tx
	n int
}

func (c *counting) wrap(fn func(*counting) error) func(*sqlx.Tx) error {
	return func(tx *sqlx.Tx) error {
		c.Tx = tx
		return fn(c)
	}
}

func (c *counting) SelectContext(ctx context.Context, dest any, query string, args ...any) error {
	c.n++
	return c.Tx.SelectContext(ctx, dest, query, args...)
}

func (c *counting) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	c.n++
	return c.Tx.ExecContext(ctx, query, args...)
}
