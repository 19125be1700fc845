package incident_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/incident"
	"github.com/fugong/fugong/internal/incident/plan"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/secret"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/testkit"
)

// plant is an enterprise of Zhangdian that runs incidents, and one next door.
type plant struct {
	*testkit.Kit
	t            testing.TB
	at           time.Time
	holds        *hold.Service
	standings    *standing.Service
	incidents    *incident.Service
	org, foreign int32
	wang, li     authz.Scope // health officers
}

func newPlant(t testing.TB) *plant {
	t.Helper()
	at := testkit.At(t, "03-24 09:00")
	p := &plant{Kit: testkit.New(t, at), t: t, at: at}
	box, err := secret.LoadOrCreate(filepath.Join(t.TempDir(), "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	p.standings = standing.New(p.DB, clock.NewManual(at), testkit.Zibo(t))
	p.holds = hold.New(p.DB, p.standings, testkit.Zibo(t))
	p.standings.Watch(p.holds)
	p.incidents = incident.New(p.DB, box, testkit.Zibo(t), p.holds)
	p.holds.Watch(p.incidents)
	p.org, p.foreign = p.Org("370303", at.AddDate(0, 0, -20)), p.Org("370305", at.AddDate(0, 0, -20))
	p.wang = p.officer(p.org, 7, "王敏")
	p.li = p.officer(p.org, 8, "李强")
	return p
}

func (p *plant) officer(org int32, account int64, name string) authz.Scope {
	return authz.Scope{Account: account, Actor: name, Role: authz.HealthOfficer, Org: org}
}

func (p *plant) bureau(role authz.Role, division string) authz.Scope {
	return authz.Scope{Account: 90, Actor: "工信局", Role: role, Org: 999, Division: division}
}

// leader leads the team with a name.
func (p *plant) leader(account int64, team string) authz.Scope {
	p.t.Helper()
	id := testkit.Get[int64](p.Kit, `select id from team where org_id = $1 and name = $2`, p.org, team)
	return authz.Scope{Account: account, Actor: "班组长" + team, Role: authz.TeamLeader, Org: p.org, Teams: []int64{id}}
}

func (p *plant) person(name, team string) int64 {
	p.t.Helper()
	return p.Employee(p.org, testkit.Person{Name: name, Workshop: "一车间", Team: team, Since: p.at.AddDate(0, 0, -60)})
}

func (p *plant) in(fn func(tx *sqlx.Tx) error) {
	p.t.Helper()
	if err := p.DB.InTx(p.t.Context(), db.Tenant{Org: p.org}, fn); err != nil {
		p.t.Fatal(err)
	}
}

// held puts a hold as a record of another feature would.
func (p *plant) held(employee int64, kind string, at time.Time) {
	p.t.Helper()
	p.in(func(tx *sqlx.Tx) error { return p.put(p.t.Context(), tx, employee, kind, at) })
}

func (p *plant) put(ctx context.Context, q db.Q, employee int64, kind string, at time.Time) error {
	_, err := p.holds.Put(ctx, q, p.wang, hold.Hold{Employee: employee, Kind: kind, Ground: hold.GroundSymptomReport, Source: "symptom_report",
		SourceID: 1, From: at}, at)
	return err
}

// tube records one mixed tube's abnormal result of people, as a lab sheet does.
func (p *plant) tube(barcode string, sampled, reported time.Time, people ...int64) {
	p.t.Helper()
	for _, id := range people {
		p.Exec(`insert into sample (org_id, employee_id, sampled_at, reported_at, result, collect_mode, source, proof, barcode, entered_by, entered_at)
			values ($1, $2, $3, $4, 'pool_abnormal', 'pool20', 'employer_org', 'lab', $5, 7, $4)`, p.org, id, sampled, reported, barcode)
	}
	p.in(func(tx *sqlx.Tx) error { return p.standings.Apply(p.t.Context(), tx, p.org, people, reported) })
}

// only is the id of the one incident there is.
func (p *plant) only() int64 {
	p.t.Helper()
	if n := p.count(`select count(*) from incident`); n != 1 {
		p.t.Fatalf("%d incidents", n)
	}
	return testkit.Get[int64](p.Kit, `select id from incident`)
}

func (p *plant) count(query string, args ...any) int {
	p.t.Helper()
	return testkit.Get[int](p.Kit, query, args...)
}

func (p *plant) get(id int64, at time.Time) incident.Detail {
	p.t.Helper()
	d, err := p.incidents.Get(p.t.Context(), p.wang, id, at)
	if err != nil {
		p.t.Fatal(err)
	}
	return d
}

func (p *plant) step(id int64, name string, round int) plan.Step {
	p.t.Helper()
	for _, s := range p.get(id, p.at).Steps {
		if s.Name == name && s.Round == round {
			return s
		}
	}
	p.t.Fatalf("no step %s %d", name, round)
	return plan.Step{}
}

func (p *plant) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *plant) do(id int64, step string, at time.Time) {
	p.t.Helper()
	p.must(p.incidents.Do(p.t.Context(), p.wang, incident.StepID{Incident: id, Step: step, Round: 1}, incident.Deed{Text: "电话告知 王科长"}, at))
}

// finish does every step that stands before the closing.
func (p *plant) finish(id int64, at time.Time) {
	p.t.Helper()
	for _, s := range incident.Undone(p.get(id, at).Steps) {
		p.must(p.incidents.Do(p.t.Context(), p.wang, incident.StepID{Incident: id, Step: s.Name, Round: s.Round}, incident.Deed{Text: "已办"}, at))
	}
}

func names(steps []plan.Step) string {
	out := ""
	for _, s := range steps {
		out += fmt.Sprintf("%s/%d ", s.Name, s.Round)
	}
	return out
}
