package rulebook_test

import (
	"path/filepath"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/secret"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/testkit"
)

// An administrator who gives an enterprise another pack gives everyone of it another standing.
func TestPeopleOfAnEnterpriseUnderAnotherPackAreEvaluatedAnew(t *testing.T) {
	w := newWorld(t)
	box, err := secret.LoadOrCreate(filepath.Join(t.TempDir(), "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	orgs := org.New(w.DB, box, org.Config{Clock: w.clock, Moved: w.book.OrgMoved})
	admin := authz.Scope{Account: 1, Actor: "管理员", Role: authz.Admin}
	firm, err := orgs.Create(t.Context(), admin, org.Org{Kind: org.Enterprise, Code: "91370303YY000001XW", Name: "甲厂", TimeZone: "Asia/Shanghai", GBDistrict: "370303",
		AdminZone: "370303", Industry: "C30", Size: "large", ResumeStatus: "full", RulePack: "zibo-2022-03", GoLiveAt: w.at("02-01 00:00"), Active: true}, w.now())
	if err != nil {
		t.Fatal(err)
	}
	id := w.Employee(firm.ID, testkit.Person{Category: "icc_frontline", Since: w.at("02-01 08:00")})
	w.Sample(firm.ID, id, w.at("03-21 09:00"), w.at("03-21 20:00"), "negative")
	if err := w.DB.InTx(t.Context(), db.Tenant{Org: firm.ID}, func(tx *sqlx.Tx) error {
		return w.standings.Apply(t.Context(), tx, firm.ID, []int64{id}, w.now())
	}); err != nil {
		t.Fatal(err)
	}
	state := func() regime.State {
		return regime.State(testkit.Get[int16](w.Kit, `select s0 from standing where employee_id = $1`, id))
	}
	before := state()
	firm.RulePack = "zibo-2022-h2" // daily
	if err := orgs.Update(t.Context(), admin, firm, w.now()); err != nil {
		t.Fatal(err)
	}
	if more, err := w.queue.Step(t.Context()); err != nil || !more {
		t.Fatalf("no task was queued: %v", err)
	}
	if v, err := w.standings.Verify(t.Context(), w.now()); err != nil || v.Err() != nil {
		t.Errorf("standings after the change: %v %s", err, v)
	}
	if got := state(); got == before {
		t.Errorf("state %v as before", got)
	}
	firm.Name = "甲厂二部"
	if err := orgs.Update(t.Context(), admin, firm, w.now()); err != nil {
		t.Fatal(err)
	}
	if more, _ := w.queue.Step(t.Context()); more {
		t.Error("another name evaluates people anew")
	}
}
