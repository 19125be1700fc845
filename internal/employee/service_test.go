package employee_test

import (
	"encoding/hex"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/employee/profile"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

var zhang = employee.Incoming{
	EmployeeNo: "1001", Name: "张三", IDNumber: "370303198503149970", Mobile: "13912340001", Workshop: "一车间", Team: "甲班",
	Post: "操作工", HomeAddress: "山东省淄博市张店区马尚街道某小区3号楼2单元501", TestCategory: "食堂",
}

func TestCreateWritesFileHistoryStandingAndAudit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.create(w.here, zhang)

	if p.MaskedID != "3703**********9970" || p.MaskedMobile != "139****0001" || p.MaskedAddress != "山东省淄博市张店区马尚街道某小区***" {
		t.Errorf("masks: %s %s %s", p.MaskedID, p.MaskedMobile, p.MaskedAddress)
	}
	if p.Sex != "M" || p.Birth.Time.Format(time.DateOnly) != "1985-03-14" || p.Workshop != "一车间" || p.Team != "甲班" ||
		p.Category != "canteen" || p.WorkStatus != "on_post" || p.Employment != "regular" || p.Version != 1 {
		t.Errorf("file: %+v", p)
	}
	if len(w.standings.applied) != 1 || w.standings.applied[0] != p.ID {
		t.Errorf("evaluated %v", w.standings.applied)
	}
	cs, err := w.Changes(t.Context(), w.ownerQ(), 1, p.ID, at.Add(time.Second), 10)
	if err != nil || len(cs) != 1 || cs[0].Kind != "created" || cs[0].After.V["id_number"] != "3703**********9970" ||
		cs[0].After.V["work_status"] != "on_post" || cs[0].After.V["test_category"] != "canteen" || !cs[0].Effective.Equal(at) {
		t.Errorf("history: %+v, %v", cs, err)
	}
	if n := one[int](w, `select count(*) from audit_log where org_id = 1 and action = 'employee.create' and employee_id = $1`, p.ID); n != 1 {
		t.Errorf("%d audit rows", n)
	}
}

func (w *world) ownerQ() db.Q { return w.data.Owner }

// Nothing that identifies a person is in the clear in any column of any table.
func TestSealedValuesAreNowhereInTheClear(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.create(w.here, zhang)
	edit := employee.Edit{Incoming: zhang, Version: p.Version}
	edit.IDNumber, edit.Mobile, edit.HomeAddress = "370302199002289965", "13912340002", "临淄区稷下街道某村5号"
	edit.Sex = "女"
	if err := w.Edit(t.Context(), w.here, p.ID, edit, at.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Reveal(t.Context(), w.here, p.ID, employee.FieldIDNumber, "核对证件", at); err != nil {
		t.Fatal(err)
	}
	if _, err := w.List(t.Context(), w.here, employee.Filter{Search: zhang.IDNumber}, pageOf(10), at); err != nil {
		t.Fatal(err)
	}
	secrets := []string{"370303198503149970", "370302199002289965", "19850314", "19900228", "13912340001", "13912340002", "3号楼", "某村5号"}
	var tables []string
	if err := w.data.Owner.Select(&tables, `select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`); err != nil {
		t.Fatal(err)
	}
	found := false
	for _, table := range tables {
		var rows []string
		query := `select x::text from ` + table + ` x`
		if err := w.data.Owner.Select(&rows, query); err != nil {
			t.Fatalf("%s: %v", table, err)
		}
		for _, row := range rows {
			found = found || table == "employee" && strings.Contains(row, "张三")
			for _, s := range secrets {
				if strings.Contains(row, s) || strings.Contains(row, hex.EncodeToString([]byte(s))) {
					t.Errorf("%s holds %s: %s", table, s, row)
				}
			}
		}
	}
	if !found {
		t.Error("the search sees nothing, not even a name")
	}
}

func TestSecondFileIsRefusedAndNamesTheFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.create(w.here, zhang)
	again := employee.Incoming{Name: "张叁", IDNumber: "370303198503149970", EmployeeNo: "1001"}
	_, err := w.Create(t.Context(), w.here, again, at)
	f := errs.FieldsOf(err)
	if m := f["id_number"]; m.Key != "employee.problem.id.taken" || m.Args["Name"] != "张三" || m.Args["ID"] != first.ID {
		t.Errorf("identity: %v", err)
	}
	if f["employee_no"].Key != "employee.problem.number_taken" {
		t.Errorf("number: %v", err)
	}
	// The same person in another org is no twin.
	w.create(w.there, zhang)
	if n, err := w.ElsewhereActive(t.Context(), w.here, first.ID, at); n != 1 || err != nil {
		t.Errorf("elsewhere: %d, %v", n, err)
	}
}

func TestOneOfTwoConcurrentCreatesWins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for round := range 5 {
		in := employee.Incoming{Name: "李四", IDNumber: idNumber(round)}
		var wg sync.WaitGroup
		results := make([]error, 4)
		for i := range results {
			wg.Go(func() { _, results[i] = w.Create(t.Context(), w.here, in, at) })
		}
		wg.Wait()
		won := 0
		for _, err := range results {
			switch {
			case err == nil:
				won++
			case errs.FieldsOf(err)["id_number"].Key != "employee.problem.id.taken":
				t.Errorf("loser got %v", err)
			}
		}
		if won != 1 {
			t.Errorf("%d won", won)
		}
	}
}

func TestEditOfAnOldVersionIsAConflict(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.create(w.here, zhang)
	edit := employee.Edit{Incoming: zhang, Version: p.Version}
	edit.IDNumber, edit.Mobile, edit.HomeAddress = "", "", ""
	edit.Name = "张三丰"
	if err := w.Edit(t.Context(), w.here, p.ID, edit, at.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	edit.Name = "张三疯"
	if err := w.Edit(t.Context(), w.here, p.ID, edit, at.Add(2*time.Hour)); !errs.Is(err, errs.Conflict) {
		t.Errorf("stale edit: %v", err)
	}
	got, err := w.Get(t.Context(), w.here, p.ID, at.Add(2*time.Hour))
	if err != nil || got.Name != "张三丰" || got.MaskedID != p.MaskedID || got.MaskedMobile != p.MaskedMobile || got.Category != "canteen" ||
		got.Workshop != "一车间" || got.Version != 2 {
		t.Errorf("after edit: %+v, %v", got, err)
	}
	if kinds := one[string](w, `select string_agg(kind, ' ' order by id) from employee_change where employee_id = $1`, p.ID); kinds != "created identity" {
		t.Errorf("history: %s", kinds)
	}
}

func TestPlaceMakesTheTeamOnDemand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.create(w.here, zhang)
	other := w.create(w.here, employee.Incoming{Name: "李四", IDNumber: idNumber(7), Workshop: "二车间", Team: "乙班"})
	if err := w.Place(t.Context(), w.here, p.ID, 0, profile.Placement{Workshop: "二车间", Team: "乙班", Post: "班长"}, "调岗", at.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	got, err := w.Get(t.Context(), w.here, p.ID, at)
	if err != nil || got.TeamID != other.TeamID || got.Post != "班长" {
		t.Errorf("placed: %+v, %v", got, err)
	}
	ts, err := w.Teams(t.Context(), w.here)
	if err != nil || len(ts) != 2 {
		t.Errorf("teams: %+v, %v", ts, err)
	}
	leader := authz.Scope{Account: 12, Role: authz.TeamLeader, Org: 1, Teams: []int64{other.TeamID}}
	if ts, err = w.Teams(t.Context(), leader); err != nil || len(ts) != 1 || ts[0].ID != other.TeamID {
		t.Errorf("leader's teams: %+v, %v", ts, err)
	}
}

func TestReadingIsRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.create(w.here, zhang)
	if _, err := w.Reveal(t.Context(), w.here, p.ID, employee.FieldMobile, " ", at); errs.FieldsOf(err)["reason"].Key == "" {
		t.Errorf("revealed without a reason: %v", err)
	}
	v, err := w.Reveal(t.Context(), w.here, p.ID, employee.FieldMobile, "联系本人", at)
	if v != "13912340001" || err != nil {
		t.Errorf("revealed %q, %v", v, err)
	}
	worker := authz.Scope{Account: 13, Role: authz.Worker, Org: 1, Employee: p.ID}
	if _, err := w.Get(t.Context(), worker, p.ID, at); err != nil {
		t.Errorf("own file: %v", err)
	}
	if _, err := w.Get(t.Context(), worker, p.ID+1, at); !errs.Is(err, errs.Forbidden) {
		t.Errorf("another's file: %v", err)
	}
	if _, err := w.Reveal(t.Context(), worker, p.ID, employee.FieldMobile, "联系本人", at); !errs.Is(err, errs.Forbidden) {
		t.Errorf("worker reveals: %v", err)
	}
	got := one[string](w, `select string_agg(action || ' ' || actor || ' ' || reason, '; ' order by id) from audit_log where is_read and employee_id = $1`, p.ID)
	if got != "file.reveal 11 联系本人; file.open 13 " {
		t.Errorf("readings: %q", got)
	}
}

func TestTenantsAreWalls(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.create(w.here, zhang)
	ctx := t.Context()
	later := at.Add(time.Hour)
	for name, err := range map[string]error{
		"get":      second(w.Get(ctx, w.there, p.ID, later)),
		"reveal":   second(w.Reveal(ctx, w.there, p.ID, employee.FieldMobile, "试试看", later)),
		"edit":     w.Edit(ctx, w.there, p.ID, employee.Edit{Incoming: zhang}, later),
		"place":    w.Place(ctx, w.there, p.ID, 0, profile.Placement{}, "", later),
		"category": w.SetCategory(ctx, w.there, p.ID, 0, "driver", "", later),
		"status":   w.SetStatus(ctx, w.there, p.ID, employee.StatusChange{Status: "leave"}, later),
	} {
		if !errs.Is(err, errs.NotFound) {
			t.Errorf("%s of a foreign file: %v", name, err)
		}
	}
	l, err := w.List(ctx, w.there, employee.Filter{IDs: []int64{p.ID}}, pageOf(10), at)
	if err != nil || l.Total != 0 || len(l.Rows) != 0 {
		t.Errorf("foreign list: %+v, %v", l, err)
	}
	// Even SQL that forgets the org sees nothing of another tenant, nor can it write there.
	err = w.db.InTx(ctx, w.there.Tenant(), func(tx *sqlx.Tx) error {
		for _, table := range []string{"employee", "employee_change", "team", "standing"} {
			var n int
			if err := tx.Get(&n, `select count(*) from `+table); err != nil {
				return err
			}
			if n != 0 {
				t.Errorf("%s: %d foreign rows in sight", table, n)
			}
		}
		res, err := tx.Exec(`update employee set note = 'x'`)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); n != 0 || err != nil {
			t.Errorf("wrote %d foreign rows, %v", n, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestPermissions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	auditor := authz.Scope{Account: 14, Role: authz.Auditor, Org: 1}
	leader := authz.Scope{Account: 15, Role: authz.TeamLeader, Org: 1}
	for name, call := range map[string]func(authz.Scope) error{
		"create": func(sc authz.Scope) error { return second(w.Create(ctx, sc, zhang, at)) },
		"edit":   func(sc authz.Scope) error { return w.Edit(ctx, sc, 1, employee.Edit{}, at) },
		"get":    func(sc authz.Scope) error { return second(w.Get(ctx, sc, 1, at)) },
		"export": func(sc authz.Scope) error {
			return w.Export(ctx, sc, employee.Filter{}, employee.ExportOptions{}, at, func(employee.Row) error { return nil })
		},
		"elsewhere": func(sc authz.Scope) error { return second(w.ElsewhereActive(ctx, sc, 1, at)) },
	} {
		for _, sc := range []authz.Scope{auditor, leader} {
			if err := call(sc); !errs.Is(err, errs.Forbidden) {
				t.Errorf("%s as %s: %v", name, sc.Role, err)
			}
		}
	}
	if _, err := w.List(ctx, auditor, employee.Filter{}, pageOf(1), at); !errs.Is(err, errs.Forbidden) {
		t.Errorf("list as auditor: %v", err)
	}
}
