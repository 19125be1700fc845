package employee_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"pgregory.net/rapid"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/employee/match"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
)

// fataler is a test or one run of a property.
type fataler interface {
	Helper()
	Fatal(args ...any)
}

func (w *world) merge(t fataler, in []employee.Incoming, at time.Time) employee.MergeResult {
	t.Helper()
	var res employee.MergeResult
	err := w.db.InTx(w.t.Context(), w.here.Tenant(), func(tx *sqlx.Tx) (err error) {
		res, err = w.Merge(w.t.Context(), tx, w.here, in, at)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func (w *world) plan(t fataler, in []employee.Incoming, at time.Time) employee.MergeResult {
	t.Helper()
	var res employee.MergeResult
	err := w.db.Read(w.t.Context(), w.here.Tenant(), func(tx *sqlx.Tx) (err error) {
		res, err = w.Plan(w.t.Context(), tx, w.here, in, at)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func outcomes(r employee.MergeResult) []employee.Outcome {
	out := make([]employee.Outcome, len(r.Rows))
	for i, row := range r.Rows {
		out[i] = row.Outcome
	}
	return out
}

func TestMergeTellsTheOutcomeOfEveryRow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.create(w.here, zhang)
	gone := w.create(w.here, employee.Incoming{Name: "钱七", IDNumber: idNumber(7), EmployeeNo: "1007"})
	if err := w.SetStatus(t.Context(), w.here, gone.ID, employee.StatusChange{Status: "resigned"}, at.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	in := []employee.Incoming{
		{Name: "张三", IDNumber: zhang.IDNumber},                                          // unchanged: blanks say nothing
		{Name: "李四", IDNumber: idNumber(1), EmployeeNo: "1002", Workshop: "三车间"},        // new
		{Name: "李四", IDNumber: idNumber(1)},                                             // the same person again
		{Name: "王五", IDNumber: "370303198503149971"},                                    // wrong check digit
		{Name: "钱七", IDNumber: idNumber(7)},                                             // comes back
		{Name: "孙八", IDNumber: idNumber(8), WorkStatus: "离职"},                           // never had a file
		{Name: "周九", IDNumber: idNumber(9), EmployeeNo: "1001"},                         // Zhang's number
		{Name: "吴十", IDNumber: idNumber(10), EmployeeNo: "1002", WorkStatus: "on_post"}, // taken by a row above
	}
	want := []employee.Outcome{employee.RowUnchanged, employee.RowNew, employee.RowRefused, employee.RowRefused, employee.RowRehired,
		employee.RowRefused, employee.RowRefused, employee.RowRefused}
	later := at.Add(time.Hour)
	if got := outcomes(w.plan(t, in, later)); !slices.Equal(got, want) {
		t.Errorf("plan %v, want %v", got, want)
	}
	if n := one[int](w, `select count(*) from employee`); n != 2 {
		t.Errorf("planning wrote: %d files", n)
	}
	res := w.merge(t, in, later)
	if got := outcomes(res); !slices.Equal(got, want) {
		t.Errorf("merge %v, want %v", got, want)
	}
	for row, key := range map[int]string{2: "id_number=employee.problem.id.twice", 3: "id_number=employee.problem.id.checksum",
		5: "work_status=employee.problem.new_resigned", 6: "employee_no=employee.problem.number_in_use", 7: "employee_no=employee.problem.number_twice"} {
		for column, m := range res.Rows[row].Problems {
			if got := column + "=" + m.Key; got != key {
				t.Errorf("row %d: %s, want %s", row, got, key)
			}
		}
	}
	if res.Rows[0].Employee != p.ID || res.Rows[4].Employee != gone.ID || res.Rows[1].Employee == 0 {
		t.Errorf("files: %+v", res.Rows)
	}
	got := one[string](w, `select detail::text from audit_log where action = 'employee.merge'`)
	if got != `{"new": 1, "rows": 8, "changed": 0, "refused": 5, "rehired": 1, "unchanged": 1}` {
		t.Errorf("audit: %s", got)
	}
}

func TestMergeChangesOnlyWhatTheRowSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.create(w.here, zhang)
	res := w.merge(t, []employee.Incoming{{Name: "张三", IDNumber: zhang.IDNumber, Mobile: "13912340002", Team: "乙班", TestCategory: "司机"}}, at.Add(time.Hour))
	if got := res.Rows[0].Columns; !slices.Equal(got, []string{"team", "mobile", "test_category"}) {
		t.Errorf("columns %v", got)
	}
	got, err := w.Get(t.Context(), w.here, p.ID, at)
	if err != nil || got.MaskedMobile != "139****0002" || got.Workshop != "一车间" || got.Team != "乙班" || got.Post != "操作工" ||
		got.EmployeeNo != "1001" || got.Category != "driver" || !got.CategorySince.Equal(at.Add(time.Hour)) || !got.StatusSince.Equal(at) ||
		got.MaskedAddress != p.MaskedAddress {
		t.Errorf("file: %+v, %v", got, err)
	}
	kinds := one[string](w, `select string_agg(kind || coalesce(':' || (before->>'team') || '>' || (after->>'team'), ''), ' ' order by id)
		from employee_change where employee_id = $1 and kind <> 'created'`, p.ID)
	if kinds != "placement:甲班>乙班 contact category" {
		t.Errorf("history: %s", kinds)
	}
}

func TestMergeLetsEmployeeNumbersGoRound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	row := func(n int, no string) employee.Incoming {
		return employee.Incoming{Name: "某人", IDNumber: idNumber(n), EmployeeNo: no}
	}
	w.merge(t, []employee.Incoming{row(1, "A"), row(2, "B"), row(3, "C")}, at)
	res := w.merge(t, []employee.Incoming{row(1, "B"), row(2, "C"), row(3, "A"), row(4, "D")}, at.Add(time.Hour))
	if res.Counts[employee.RowChanged] != 3 || res.Counts[employee.RowNew] != 1 {
		t.Fatalf("going round: %+v", res)
	}
	// Who keeps a number keeps others from it, also when keeping it is the fault of a third.
	res = w.merge(t, []employee.Incoming{row(1, "D"), row(2, "B"), row(3, "C")}, at.Add(2*time.Hour))
	if res.Counts[employee.RowRefused] != 3 {
		t.Errorf("chain behind a refusal: %+v", res)
	}
}

// Merging twice is merging once, whatever the sheets, and the plan foretells the merge.
func TestMergeIsIdempotent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	maybe := func(t *rapid.T, label string, words ...string) string {
		return rapid.SampledFrom(append(words, "", "")).Draw(t, label)
	}
	sheet := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) employee.Incoming {
		n := rapid.IntRange(1, 8).Draw(t, "person")
		return employee.Incoming{
			Name: "某人", IDNumber: idNumber(n), EmployeeNo: maybe(t, "no", "1", "2", "3", "4"), Mobile: maybe(t, "mobile", "13912340001", "13912340002", "139"),
			Workshop: maybe(t, "workshop", "一车间", "二车间"), Team: maybe(t, "team", "甲班"), TestCategory: maybe(t, "category", "食堂", "司机"),
			WorkStatus: maybe(t, "status", "在岗", "请假", "离职"), HomeAddress: maybe(t, "address", "马尚街道", "四宝山街道"), KeyPost: maybe(t, "key", "是", "否"),
		}
	}), 1, 12)
	org := int32(100)
	rapid.Check(t, func(t *rapid.T) {
		org++ // each run begins with nobody
		w.exec(`insert into org (id, kind, code, name, go_live_at, created_at, updated_at) values ($1, 'enterprise', $2, '', $3, $3, $3)`, org, fmt.Sprint(org), at)
		w.here.Org = org
		for i := range 3 {
			now := at.Add(time.Duration(i) * time.Hour)
			in := sheet.Draw(t, "sheet")
			planned := w.plan(t, in, now)
			first := w.merge(t, in, now)
			if !slices.Equal(outcomes(planned), outcomes(first)) {
				t.Fatalf("plan  %v\nmerge %v", outcomes(planned), outcomes(first))
			}
			before := w.everything()
			again := w.merge(t, in, now.Add(time.Minute))
			for i, row := range again.Rows {
				if row.Outcome != employee.RowUnchanged && row.Outcome != employee.RowRefused {
					t.Fatalf("second merge, row %d (%+v): %+v, first %+v", i, in[i], row, first.Rows[i])
				}
			}
			if after := w.everything(); !maps.Equal(before, after) {
				t.Fatalf("second merge wrote:\n%v\n%v", before, after)
			}
		}
	})
}

// everything is the newest version of each file and the length of its history.
func (w *world) everything() map[string]string {
	out := map[string]string{}
	var rows []struct{ ID, State string }
	err := w.data.Owner.Select(&rows, `select e.id::text as id, e.version || ' ' || e.employee_no || ' ' || e.updated_at || ' ' ||
		(select count(*) from employee_change c where c.employee_id = e.id) as state from employee e where e.org_id = $1`, w.here.Org)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range rows {
		out[r.ID] = r.State
	}
	return out
}

// crowd is a roster of n people.
func crowd(n int, post string) []employee.Incoming {
	in := make([]employee.Incoming, n)
	for i := range in {
		in[i] = employee.Incoming{Name: "王志强", EmployeeNo: fmt.Sprint(i), IDNumber: idNumber(i), Mobile: fmt.Sprintf("139%08d", i),
			Workshop: fmt.Sprintf("%d车间", i%20), Team: fmt.Sprintf("%d班", i%7), HomeAddress: "张店区马尚街道某小区", Post: post}
	}
	return in
}

func TestMergeOfManyRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.standings.skip = true
	for i, want := range []employee.Outcome{employee.RowNew, employee.RowUnchanged, employee.RowChanged} {
		in := crowd(1500, []string{"操作工", "操作工", "班长"}[i])
		if res := w.merge(t, in, at.Add(time.Duration(i)*time.Hour)); res.Counts[want] != len(in) {
			t.Errorf("want all %s: %v", want, res.Counts)
		}
	}
	if n := one[int](w, `select count(*) from team`); n != 140 {
		t.Errorf("%d teams", n)
	}
}

// Ten thousand people as new, unchanged and changed rows; the evaluation of standings is measured where it is written.
func BenchmarkMerge(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		w := newWorld(b)
		w.standings.skip = true
		b.StartTimer()
		for i, post := range []string{"操作工", "操作工", "班长"} {
			start := time.Now()
			w.merge(b, crowd(10_000, post), at.Add(time.Duration(i)*time.Hour))
			b.ReportMetric(time.Since(start).Seconds(), []string{"s/new", "s/unchanged", "s/changed"}[i])
		}
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	zhang := w.create(w.here, zhang)
	li := w.create(w.here, employee.Incoming{Name: "李四", IDNumber: idNumber(1), EmployeeNo: "1002"})
	w.create(w.here, employee.Incoming{Name: "王五", IDNumber: idNumber(2)})
	w.create(w.here, employee.Incoming{Name: "王五", IDNumber: idNumber(3)})
	gone := w.create(w.here, employee.Incoming{Name: "赵六", IDNumber: idNumber(4)})
	if err := w.SetStatus(t.Context(), w.here, gone.ID, employee.StatusChange{Status: "resigned"}, at.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	w.create(w.there, employee.Incoming{Name: "外人", IDNumber: idNumber(5), EmployeeNo: "2001"})
	tests := []struct {
		key  match.Key
		want match.Found
	}{
		{match.Key{IDNumber: "370303198503149970", Name: "张三"}, match.Found{ID: zhang.ID, Name: "张三", By: match.ByIdentity, Candidates: 1}},
		{match.Key{IDNumber: "370303198503149970", Name: "张叁"}, match.Found{ID: zhang.ID, Name: "张三", By: match.ByIdentity, Candidates: 1, NameDiffers: true}},
		{match.Key{EmployeeNo: " 1002 "}, match.Found{ID: li.ID, Name: "李四", By: match.ByNumber, Candidates: 1}},
		{match.Key{EmployeeNo: "lab-77", Name: "李　四"}, match.Found{ID: li.ID, Name: "李四", By: match.ByName, Candidates: 1}},
		{match.Key{IDNumber: "3703**********9970", Name: "李四"}, match.Found{ID: li.ID, Name: "李四", By: match.ByName, Candidates: 1}},
		{match.Key{Name: "王五"}, match.Found{Name: "王五", By: match.ByName, Candidates: 2}},
		{match.Key{IDNumber: idNumber(9), Name: "李四"}, match.Found{}}, // a namesake
		{match.Key{IDNumber: idNumber(4)}, match.Found{ID: gone.ID, Name: "赵六", By: match.ByIdentity, Candidates: 1, Resigned: true}},
		{match.Key{Name: "赵六"}, match.Found{}}, // has left
		{match.Key{IDNumber: idNumber(5)}, match.Found{}},
		{match.Key{EmployeeNo: "2001"}, match.Found{}},
		{match.Key{}, match.Found{}},
	}
	keys := make([]match.Key, len(tests))
	for i, tt := range tests {
		keys[i] = tt.key
	}
	err := w.db.Read(t.Context(), w.here.Tenant(), func(tx *sqlx.Tx) error {
		got, err := w.Match(t.Context(), tx, 1, keys)
		for i := range got {
			if got[i] != tests[i].want {
				t.Errorf("%+v: got %+v, want %+v", tests[i].key, got[i], tests[i].want)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestContacts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.create(w.here, zhang)
	foreign := w.create(w.there, zhang)
	bare := w.create(w.here, employee.Incoming{Name: "李四", IDNumber: "E12345678"})
	err := w.db.Read(t.Context(), w.here.Tenant(), func(tx *sqlx.Tx) error {
		cs, err := w.Contacts(t.Context(), tx, 1, []int64{p.ID, foreign.ID, bare.ID})
		if err != nil {
			return err
		}
		if len(cs) != 2 || cs[1].LastFour != "5678" || cs[1].Mobile != "" || len(cs[1].MobileIndex) > 0 ||
			cs[0].LastFour != "9970" || cs[0].Mobile != "13912340001" || string(cs[0].MobileIndex) != string(w.box.Index("mobile", "13912340001")) || cs[0].Team != "甲班" {
			t.Errorf("contacts: %+v", cs)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestMergeNeedsTheRight(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	leader := authz.Scope{Account: 12, Role: authz.TeamLeader, Org: 1}
	err := w.db.InTx(t.Context(), w.here.Tenant(), func(tx *sqlx.Tx) error {
		_, err := w.Merge(t.Context(), tx, leader, nil, at)
		return err
	})
	if !errs.Is(err, errs.Forbidden) {
		t.Errorf("leader merges: %v", err)
	}
}
