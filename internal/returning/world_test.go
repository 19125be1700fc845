package returning_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/secret"
	"github.com/fugong/fugong/internal/returning"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/testkit"
)

// plant is an enterprise with its services, and one next door.
type plant struct {
	*testkit.Kit
	*returning.Service
	t            *testing.T
	standings    *standing.Service
	people       *employee.Service
	org, foreign int32
}

func newPlant(t *testing.T) *plant {
	t.Helper()
	k := testkit.New(t, now)
	box, err := secret.LoadOrCreate(filepath.Join(t.TempDir(), "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	book := testkit.Zibo(t)
	st := standing.New(k.DB, clock.NewManual(now), book)
	people := employee.New(k.DB, box, st)
	return &plant{Kit: k, Service: returning.New(k.DB, box, people, book), t: t, standings: st, people: people,
		org: k.Org("370303", now.AddDate(0, 0, -30)), foreign: k.Org("370302", now.AddDate(0, 0, -30))}
}

// away adds a person of the first enterprise who is not on post. Their sealed columns must open, so the service makes the file.
func (p *plant) away(name, status string) int64 {
	p.t.Helper()
	return p.file(p.org, name, status)
}

var numbers = []string{"370303198705189970", "370303198705019971", "370303198705039972", "370303198705059973", "370303198705079974",
	"370303198705099975", "370303198705199976", "370303198705029977", "370303198705049978", "370303198705069979"}

func (p *plant) file(org int32, name, status string) int64 {
	p.t.Helper()
	n := testkit.Get[int](p.Kit, `select count(*) from employee`)
	person, err := p.people.Create(p.t.Context(), p.officer(org, 1), employee.Incoming{Name: name, IDNumber: numbers[n], WorkStatus: status},
		now.AddDate(0, 0, -20))
	if err != nil {
		p.t.Fatal(err)
	}
	return person.ID
}

func (p *plant) officer(org int32, account int64) authz.Scope {
	return authz.Scope{Account: account, Actor: "专员", Role: authz.HealthOfficer, Org: org}
}

func (p *plant) hr() authz.Scope { return p.officer(p.org, 1) }

func (p *plant) worker(id int64) authz.Scope {
	return authz.Scope{Account: 1000 + id, Actor: "职工", Role: authz.Worker, Org: p.org, Employee: id}
}

// swab records a negative sample and evaluates the person.
func (p *plant) swab(id int64, sampled, reported, at time.Time) {
	p.t.Helper()
	p.Sample(p.org, id, sampled, reported, "negative")
	if err := p.apply(id, at); err != nil {
		p.t.Fatal(err)
	}
}

func (p *plant) apply(id int64, at time.Time) error {
	return p.DB.InTx(p.t.Context(), p.hr().Tenant(), func(tx *sqlx.Tx) error {
		return p.standings.Apply(p.t.Context(), tx, p.org, []int64{id}, at)
	})
}

// hold puts a hold by plain SQL.
func (p *plant) hold(id int64, kind string) {
	p.t.Helper()
	p.Exec(`insert into hold (org_id, employee_id, kind, source, from_at, created_by, created_at) values ($1, $2, $3, 'manual', $4, 1, $4)`,
		p.org, id, kind, now.Add(-time.Hour))
	if err := p.apply(id, now); err != nil {
		p.t.Fatal(err)
	}
}

// state is the standing as stored: the state now, and the due instant.
func (p *plant) state(id int64) (state int, due *time.Time) {
	p.t.Helper()
	var row struct {
		State int        `db:"s0"`
		Due   *time.Time `db:"due_at"`
	}
	if err := p.Owner.Get(&row, `select s0, due_at from standing where org_id = $1 and employee_id = $2`, p.org, id); err != nil {
		p.t.Fatal(err)
	}
	return row.State, row.Due
}

func (p *plant) status(id int64) string {
	return testkit.Get[string](p.Kit, `select work_status from employee where id = $1`, id)
}

// declared is a case that the person began, filled in with d and handed in at an instant.
func (p *plant) declared(id int64, d returning.Declaration, at time.Time) returning.Case {
	p.t.Helper()
	sc := p.worker(id)
	c, err := p.Begin(p.t.Context(), sc, returning.Opening{Employee: id, Planned: "2022-03-25", Consent: true}, at)
	if err != nil {
		p.t.Fatal(err)
	}
	if c, err = p.Save(p.t.Context(), sc, c.Key, c.Version, returning.Telling{Declaration: d}, at); err != nil {
		p.t.Fatal(err)
	}
	if c, err = p.Submit(p.t.Context(), sc, c.Key, c.Version, true, at); err != nil {
		p.t.Fatal(err)
	}
	return c
}

func (p *plant) get(sc authz.Scope, k returning.Key, at time.Time) returning.View {
	p.t.Helper()
	v, err := p.Get(p.t.Context(), sc, k, at)
	if err != nil {
		p.t.Fatal(err)
	}
	return v
}
