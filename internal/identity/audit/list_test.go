package audit_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/auth/authtest"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/page"
)

type world struct {
	*authtest.World
	reader       *audit.Reader
	firm, rival  org.Org
	boss         authz.Scope
	file         int64
	day          time.Time
	beforeEvents int // entries of the firm's log that setting up left
}

// newWorld has two enterprises with ten entries each over five days, of which one in two is a reading of a file.
func newWorld(t *testing.T) *world {
	w := &world{World: authtest.New(t)}
	w.reader = audit.NewReader(w.DB)
	w.firm, w.rival = w.Org(org.Enterprise, "鲁中机械有限公司"), w.Org(org.Enterprise, "齐鲁纺织有限公司")
	w.boss = w.Staff(w.firm.ID, authz.FirmAdmin, "boss")
	w.file = w.Employee(w.firm.ID, authtest.Person{Name: "张三", Number: "0007"})
	w.beforeEvents = w.Count(`select count(*) from audit_log where org_id = $1`, w.firm.ID)
	w.day = w.Now().Add(24 * time.Hour)
	for _, o := range []org.Org{w.firm, w.rival} {
		for i := range 10 {
			sc := authz.Scope{Account: int64(100 + i%2), Actor: fmt.Sprint("经办人", i%2), Role: authz.HealthOfficer, Org: o.ID}
			e := audit.Event{Action: "employee.edit", Subject: "employee", Employee: w.file + int64(i%3), Reason: fmt.Sprint("r", i)}
			if i%2 == 0 {
				e.Action, e.Read = "file.open", true
			}
			w.record(sc, w.day.Add(time.Duration(i/2)*24*time.Hour), e)
		}
	}
	w.Clock.Set(w.day.Add(10 * 24 * time.Hour))
	return w
}

func (w *world) record(sc authz.Scope, at time.Time, e audit.Event) {
	w.T.Helper()
	err := w.DB.InTx(w.T.Context(), sc.Tenant(), func(tx *sqlx.Tx) error { return audit.Record(w.T.Context(), tx, sc, at, e) })
	if err != nil {
		w.T.Fatal(err)
	}
}

func TestListFilters(t *testing.T) {
	w := newWorld(t)
	since := audit.Filter{From: w.day}
	for name, tc := range map[string]struct {
		change func(f *audit.Filter)
		want   int
	}{
		"all":        {func(f *audit.Filter) {}, 10},
		"ever":       {func(f *audit.Filter) { f.From = time.Time{} }, 10 + w.beforeEvents},
		"another":    {func(f *audit.Filter) { f.Org = w.rival.ID }, 10}, // an enterprise reads its own, whatever it asks
		"actor":      {func(f *audit.Filter) { f.Actor = " 人1" }, 5},
		"action":     {func(f *audit.Filter) { f.Action = "file.open" }, 5},
		"reads":      {func(f *audit.Filter) { f.Kind = "read" }, 5},
		"changes":    {func(f *audit.Filter) { f.Kind = "change" }, 5},
		"employee":   {func(f *audit.Filter) { f.Employee = w.file }, 4},
		"number":     {func(f *audit.Filter) { f.Person = "0007" }, 4},
		"name":       {func(f *audit.Filter) { f.Person = "张三" }, 4},
		"nobody":     {func(f *audit.Filter) { f.Person = "张" }, 0},
		"until":      {func(f *audit.Filter) { f.To = w.day.Add(24 * time.Hour) }, 2},
		"everything": {func(f *audit.Filter) { f.Kind, f.Actor, f.Person = "read", "经办人0", "0007" }, 2},
	} {
		f := since
		tc.change(&f)
		res, err := w.reader.List(t.Context(), w.boss, f, w.Now())
		if err != nil || res.Total != tc.want || len(res.Rows) != tc.want {
			t.Errorf("%s: %d rows of %d, %v; want %d", name, len(res.Rows), res.Total, err, tc.want)
		}
		for _, r := range res.Rows {
			if r.Org != w.firm.ID || r.OrgName != w.firm.Name {
				t.Errorf("%s: a row of %q", name, r.OrgName)
			}
		}
	}
	officer := authz.Scope{Account: 7, Role: authz.HealthOfficer, Org: w.firm.ID}
	if _, err := w.reader.List(t.Context(), officer, since, w.Now()); !errs.Is(err, errs.Forbidden) {
		t.Errorf("without the permission: %v", err)
	}
}

func TestPagesHoldEveryRowOnceNewestFirst(t *testing.T) {
	w := newWorld(t)
	f := audit.Filter{From: w.day, Page: page.Request{Size: 3}}
	var forward []int64
	var res page.Result[audit.Row]
	var err error
	for {
		if res, err = w.reader.List(t.Context(), w.boss, f, w.Now()); err != nil {
			t.Fatal(err)
		}
		for _, r := range res.Rows {
			forward = append(forward, r.ID)
		}
		if res.Next == "" {
			break
		}
		f.Page.After = res.Next
	}
	if len(forward) != 10 || !slices.IsSortedFunc(forward, func(a, b int64) int { return int(b - a) }) {
		t.Fatalf("forwards %v", forward)
	}
	f.Page.After, f.Page.Before = "", res.Prev
	if res, err = w.reader.List(t.Context(), w.boss, f, w.Now()); err != nil || res.Rows[0].ID != forward[6] || len(res.Rows) != 3 {
		t.Errorf("backwards %+v %v", res.Rows, err)
	}
	f.Page.Before = "nonsense"
	if _, err := w.reader.List(t.Context(), w.boss, f, w.Now()); !errs.Is(err, errs.Invalid) {
		t.Errorf("a broken cursor: %v", err)
	}
}

func TestAuditorsReadEveryOrgAndAreSeen(t *testing.T) {
	w := newWorld(t)
	auditor := authz.Scope{Account: 50, Actor: "审计员", Role: authz.Auditor, Org: w.Org(org.Bureau, "审计处").ID}
	res, err := w.reader.List(t.Context(), auditor, audit.Filter{From: w.day, To: w.day.Add(9 * 24 * time.Hour)}, w.Now())
	if err != nil || res.Total != 20 {
		t.Fatalf("%d rows, %v", res.Total, err)
	}
	if res, err = w.reader.List(t.Context(), auditor, audit.Filter{Org: w.rival.ID, From: w.day}, w.Now()); err != nil || res.Total != 10 {
		t.Fatalf("%d rows, %v", res.Total, err)
	}
	if _, err := w.reader.List(t.Context(), auditor, audit.Filter{Person: "张三"}, w.Now()); errs.FieldsOf(err)["person"].Key == "" {
		t.Errorf("a name across the city: %v", err)
	}
	if n := w.Count(`select count(*) from audit_log where org_id = $1 and actor = 50 and action = 'audit.read' and is_read`, auditor.Org); n != 2 {
		t.Errorf("%d readings recorded, want 2", n)
	}
	if n := w.Count(`select count(*) from audit_log where action = 'audit.read' and actor = $1`, w.boss.Account); n != 0 {
		t.Errorf("an enterprise's own reading pushes its log: %d", n)
	}
}

func TestExport(t *testing.T) {
	w := newWorld(t)
	rows, err := w.reader.Export(t.Context(), w.boss, audit.Filter{Kind: "read", From: w.day}, w.Now())
	if err != nil || len(rows) != 5 || rows[0].At.Before(rows[4].At) {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if n := w.Count(`select count(*) from audit_log where org_id = $1 and action = 'audit.export' and actor = $2 and (detail->>'rows')::int = 5`,
		w.firm.ID, w.boss.Account); n != 1 {
		t.Error("the export is not recorded")
	}
	actions, err := w.reader.Actions(t.Context(), w.boss, w.rival.ID)
	if err != nil || !slices.Contains(actions, "audit.export") || !slices.Contains(actions, "file.open") {
		t.Errorf("%v %v", actions, err)
	}
}

func TestOfEmployee(t *testing.T) {
	w := newWorld(t)
	own := authz.Scope{Account: 60, Role: authz.Worker, Org: w.firm.ID, Employee: w.file}
	var got []audit.Row
	req := page.Request{Size: 3}
	for {
		var res page.Result[audit.Row]
		err := w.DB.Read(t.Context(), own.Tenant(), func(tx *sqlx.Tx) (err error) {
			res, err = audit.OfEmployee(t.Context(), tx, own.Org, own.Employee, req)
			return err
		})
		if err != nil || res.Total != 4 {
			t.Fatalf("%d %v", res.Total, err)
		}
		got = append(got, res.Rows...)
		if req.After = res.Next; res.Next == "" {
			break
		}
	}
	if len(got) != 4 || got[0].ActorName != "经办人1" || got[0].Reason != "r9" {
		t.Errorf("%+v", got)
	}
	err := w.DB.Read(t.Context(), db.Tenant{Org: w.rival.ID}, func(tx *sqlx.Tx) error {
		res, err := audit.OfEmployee(t.Context(), tx, w.firm.ID, w.file, page.Request{})
		if len(res.Rows) != 0 {
			t.Error("a rival reads the log")
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
