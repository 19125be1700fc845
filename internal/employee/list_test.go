package employee_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"pgregory.net/rapid"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/page"
	"github.com/fugong/fugong/internal/platform/pinyin"
)

func pageOf(size int) page.Request { return page.Request{Size: size} }

// human is what the tests know of a person without asking the service.
type human struct {
	employee.Incoming
	id     int64
	team   int64
	status string
	state  string
	due    time.Time
}

var states = []string{"ok", "due_soon", "overdue", "no_record", "pending", "result_late", "exempt", "off_post"}

// populate fills the org by a merge of random people and gives each a random state.
func (w *world) populate(sc authz.Scope, n, from int) []*human {
	w.t.Helper()
	r := rand.New(rand.NewPCG(7, uint64(from)))
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	people := make([]*human, n)
	in := make([]employee.Incoming, n)
	for i := range people {
		h := &human{status: pick("on_post", "on_post", "on_post", "leave", "awaiting_return")}
		h.Incoming = employee.Incoming{
			EmployeeNo: fmt.Sprintf("%s%04d", pick("", "A"), from+i), IDNumber: idNumber(from + i),
			Name:     pick("王", "李", "欧阳", "单") + pick("志强", "秀英", "伟", "志明", "强"),
			Workshop: pick("一车间", "二车间", ""), Team: pick("甲班", "乙班", ""), TestCategory: pick("canteen", "driver"), WorkStatus: h.status,
		}
		if r.IntN(10) == 0 {
			h.Name = pick("Anna Smith", "阿里木·买买提")
		}
		if r.IntN(3) > 0 {
			h.Mobile = fmt.Sprintf("139%08d", r.IntN(20)) // several people share a phone
		}
		people[i], in[i] = h, h.Incoming
	}
	states := w.decide(people, r)
	w.standings.state = func(id int64) (int, bool, time.Time) { return states(id) }
	err := w.db.InTx(w.t.Context(), sc.Tenant(), func(tx *sqlx.Tx) error {
		res, err := w.Merge(w.t.Context(), tx, sc, in, at)
		for i, row := range res.Rows {
			if row.Outcome != employee.RowNew {
				return fmt.Errorf("row %d: %+v", i, row)
			}
			people[i].id = row.Employee
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.standings.state = nil
	for _, h := range people {
		h.team = one[int64](w, `select coalesce(team_id, 0) from employee where org_id = $1 and id = $2`, sc.Org, h.id)
	}
	return w.someLeave(sc, people)
}

// decide draws states in the order in which the people are evaluated, which is that of the rows.
func (w *world) decide(people []*human, r *rand.Rand) func(int64) (int, bool, time.Time) {
	next := 0
	return func(int64) (int, bool, time.Time) {
		h := people[next]
		next++
		code := r.IntN(len(states)) + 1
		h.state = states[code-1]
		held := r.IntN(8) == 0
		if held {
			h.state = employee.StateHeld
		}
		if r.IntN(4) > 0 {
			h.due = at.Add(time.Duration(r.IntN(6)) * time.Hour)
		}
		return code, held, h.due
	}
}

// someLeave lets every ninth person resign and every tenth be on a leave that ends before the lists are read.
func (w *world) someLeave(sc authz.Scope, people []*human) []*human {
	w.t.Helper()
	for i, h := range people {
		in := employee.StatusChange{Status: "resigned"}
		switch {
		case i%9 == 0:
		case i%10 == 0 && h.status == "on_post":
			in = employee.StatusChange{Status: "leave", Until: at.Add(time.Hour)}
		default:
			continue
		}
		if err := w.SetStatus(w.t.Context(), sc, h.id, in, at.Add(time.Minute)); err != nil {
			w.t.Fatal(err)
		}
		if in.Status == "resigned" {
			h.status, h.state, h.due = "resigned", "", time.Time{}
		}
	}
	return people
}

// wants is the test's own idea of a filter.
func (h *human) wants(f employee.Filter, sc authz.Scope) bool {
	status := f.WorkStatus == employee.AnyStatus || h.status == f.WorkStatus || f.WorkStatus == "" && h.status != "resigned"
	if f.WorkStatus == "" && (employee.IsNumber(f.Search) || len(f.IDs) > 0) {
		status = true
	}
	return status && (sc.Role != authz.TeamLeader || slices.Contains(sc.Teams, h.team)) &&
		(f.Workshop == "" || h.Workshop == f.Workshop) && (f.Team == 0 || h.team == f.Team) &&
		(f.Category == "" || h.TestCategory == f.Category) && (f.State == "" || h.state == f.State) &&
		(len(f.IDs) == 0 || slices.Contains(f.IDs, h.id)) && h.answersTo(f.Search)
}

func (h *human) answersTo(text string) bool {
	flat := func(s string) string { return strings.ToLower(strings.NewReplacer(" ", "", "·", "").Replace(s)) }
	full, initials := pinyin.Of(h.Name)
	ascii := strings.IndexFunc(text, func(r rune) bool { return r >= 0x80 }) < 0
	return text == "" || strings.Contains(flat(h.Name), flat(text)) || text == h.IDNumber || text == h.Mobile ||
		ascii && (strings.HasPrefix(full, flat(text)) || strings.HasPrefix(initials, flat(text)) || strings.HasPrefix(strings.ToLower(h.EmployeeNo), flat(text)))
}

// texts are what people type when they mean this person.
func (h *human) texts() []string {
	full, initials := pinyin.Of(h.Name)
	runes := []rune(h.Name)
	return []string{"", "", string(runes[:1]), string(runes[len(runes)-2:]), h.Name, full, full[:4], strings.ToUpper(initials), initials[:1],
		h.EmployeeNo, h.EmployeeNo[:3], h.IDNumber, cmp.Or(h.Mobile, "13900000099"), "%", "_", `\`, "查无此人"}
}

// Promise: list, total, counts and export of one filter tell of the same people, and of those that the filter means.
func TestListTotalCountsAndExportAgree(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	people := w.populate(w.here, 150, 0)
	w.populate(w.there, 40, 5000)
	ctx, read := t.Context(), at.Add(2*time.Hour)
	var led []int64 // two of the teams
	for _, h := range people {
		if h.team != 0 && len(led) < 2 && !slices.Contains(led, h.team) {
			led = append(led, h.team)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		sc := w.here
		if rapid.Bool().Draw(t, "leader") {
			sc = authz.Scope{Account: 12, Role: authz.TeamLeader, Org: 1, Teams: led}
		}
		somebody := rapid.SampledFrom(people)
		f := employee.Filter{
			Search:     rapid.SampledFrom(somebody.Draw(t, "who").texts()).Draw(t, "search"),
			Workshop:   rapid.SampledFrom([]string{"", "", "", "一车间"}).Draw(t, "workshop"),
			WorkStatus: rapid.SampledFrom([]string{"", "", employee.AnyStatus, "on_post", "leave", "resigned"}).Draw(t, "status"),
			Category:   rapid.SampledFrom([]string{"", "", "", "driver"}).Draw(t, "category"),
			State:      rapid.SampledFrom(append(states, "", "", "", "", employee.StateHeld)).Draw(t, "state"),
			Sort:       rapid.SampledFrom(append(employee.Sorts(), "")).Draw(t, "sort"),
			Desc:       rapid.Bool().Draw(t, "desc"),
		}
		if rapid.IntRange(0, 4).Draw(t, "by team") == 0 {
			f.Team = somebody.Draw(t, "team of").team
		}
		if rapid.IntRange(0, 6).Draw(t, "by ids") == 0 {
			f.IDs = []int64{somebody.Draw(t, "id").id, somebody.Draw(t, "id").id}
		}
		size := rapid.IntRange(1, 40).Draw(t, "size")

		var want []int64
		for _, h := range people {
			if h.wants(f, sc) {
				want = append(want, h.id)
			}
		}
		rows, total, counts := w.walk(ctx, t, sc, f, size, read)
		got := ids(rows)
		if total != len(rows) {
			t.Fatalf("total %d, but the pages hold %d", total, len(rows))
		}
		if f.State == "" {
			sum := 0
			for _, n := range counts {
				sum += n
			}
			if sum != total {
				t.Fatalf("counts %v do not add up to %d", counts, total)
			}
		} else if counts[f.State] != total {
			t.Fatalf("count of %s is %d, total %d", f.State, counts[f.State], total)
		}
		if !slices.Equal(sorted(got), sorted(want)) {
			t.Fatalf("filter %+v:\ngot  %v\nwant %v", f, sorted(got), sorted(want))
		}
		inOrder(t, f, rows)
		if sc.Role == authz.TeamLeader {
			return // may not export
		}
		var out []employee.Row
		err := w.Export(ctx, sc, f, employee.ExportOptions{}, read, func(r employee.Row) error {
			out = append(out, r)
			return nil
		})
		if err != nil || !slices.Equal(ids(out), got) {
			t.Fatalf("export differs: %v, %v, want %v", err, ids(out), got)
		}
	})
}

// walk reads all pages forwards, then backwards, and answers the rows of the first walk.
func (w *world) walk(ctx context.Context, t *rapid.T, sc authz.Scope, f employee.Filter, size int, at time.Time) (rows []employee.Row, total int, counts map[string]int) {
	var back []int64
	last := ""
	for r := pageOf(size); ; {
		l, err := w.List(ctx, sc, f, r, at)
		if err != nil {
			t.Fatal(err)
		}
		rows, total, counts, last = append(rows, l.Rows...), l.Total, l.Counts, l.Prev
		if l.Next == "" {
			back = ids(l.Rows)
			break
		}
		r.After = l.Next
	}
	for last != "" {
		l, err := w.List(ctx, sc, f, page.Request{Size: size, Before: last}, at)
		if err != nil {
			t.Fatal(err)
		}
		back, last = append(ids(l.Rows), back...), l.Prev
	}
	if !slices.Equal(back, ids(rows)) {
		t.Fatalf("backwards %v\nforwards  %v", back, ids(rows))
	}
	return rows, total, counts
}

func ids(rows []employee.Row) []int64 {
	out := make([]int64, len(rows))
	for i, r := range rows {
		out[i] = r.ID
	}
	return out
}

func sorted(ids []int64) []int64 { return slices.Sorted(slices.Values(ids)) }

var pressing = []string{"held", "overdue", "no_record", "result_late", "due_soon", "pending", "ok", "exempt", "off_post", ""}

func inOrder(t *rapid.T, f employee.Filter, rows []employee.Row) {
	compare := func(a, b employee.Row) int {
		x, _ := pinyin.Of(a.Name)
		y, _ := pinyin.Of(b.Name)
		return cmp.Compare(x, y)
	}
	switch f.Sort {
	case employee.SortNumber:
		compare = func(a, b employee.Row) int { return cmp.Compare(a.EmployeeNo, b.EmployeeNo) }
	case employee.SortDue:
		never := at.AddDate(100, 0, 0)
		due := func(r employee.Row) time.Time {
			if r.DueAt == nil {
				return never
			}
			return *r.DueAt
		}
		compare = func(a, b employee.Row) int { return due(a).Compare(due(b)) }
	case employee.SortState:
		compare = func(a, b employee.Row) int {
			return cmp.Compare(slices.Index(pressing, a.State), slices.Index(pressing, b.State))
		}
	}
	for i := 1; i < len(rows); i++ {
		c := compare(rows[i-1], rows[i])
		if f.Desc {
			c = -c
		}
		if c > 0 {
			t.Fatalf("sort %q desc %v: %+v before %+v", f.Sort, f.Desc, rows[i-1], rows[i])
		}
	}
}

func TestRowsAreMaskedAndExportsInFullNeedAReason(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(w.here, zhang)
	l, err := w.List(t.Context(), w.here, employee.Filter{Search: "zhangs"}, pageOf(10), at)
	if err != nil || len(l.Rows) != 1 || l.Rows[0].MaskedID != "3703**********9970" || l.Rows[0].MaskedMobile != "139****0001" {
		t.Fatalf("list: %+v, %v", l, err)
	}
	take := func(o employee.ExportOptions) (rows []employee.Row, err error) {
		err = w.Export(t.Context(), w.here, employee.Filter{}, o, at, func(r employee.Row) error {
			rows = append(rows, r)
			return nil
		})
		return rows, err
	}
	if rows, err := take(employee.ExportOptions{}); err != nil || rows[0].MaskedID != "3703**********9970" {
		t.Errorf("export: %+v, %v", rows, err)
	}
	if rows, err := take(employee.ExportOptions{Full: true}); err == nil || len(rows) > 0 {
		t.Errorf("full export without a reason: %+v, %v", rows, err)
	}
	rows, err := take(employee.ExportOptions{Full: true, Reason: "上报街道"})
	if err != nil || rows[0].MaskedID != zhang.IDNumber || rows[0].MaskedMobile != zhang.Mobile {
		t.Errorf("full export: %+v, %v", rows, err)
	}
	got := one[string](w, `select string_agg((detail->>'rows') || (detail->>'full') || reason, ' ' order by id) from audit_log where action = 'employee.export'`)
	if got != "1false 1true上报街道" {
		t.Errorf("recorded %q", got)
	}
}

func TestValuesThatTheFilterDoesNotKnowAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.List(t.Context(), w.here, employee.Filter{State: "happy"}, pageOf(1), at); err == nil {
		t.Error("an unknown state was listed")
	}
	w.create(w.here, zhang)
	for _, r := range []page.Request{{After: "garbage"}, {After: page.Cursor("a", "b")}, {Before: page.Cursor("a")}, {After: page.Cursor("zz", "1")}} {
		l, err := w.List(t.Context(), w.here, employee.Filter{Sort: employee.SortDue}, r, at)
		if err != nil || len(l.Rows) != 1 {
			t.Errorf("cursor %+v: %+v, %v", r, l, err)
		}
	}
}

func TestShuttleAndTableAreKeptAndFiltered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	rider := w.create(w.here, employee.Incoming{Name: "李四", IDNumber: idNumber(1), Bus: "2号线", CanteenTable: "A07"})
	w.create(w.here, employee.Incoming{Name: "王五", IDNumber: idNumber(2), Bus: "3号线"})
	w.create(w.there, employee.Incoming{Name: "赵六", IDNumber: idNumber(3), Bus: "2号线"})
	for name, f := range map[string]employee.Filter{"bus": {Bus: "2号线"}, "table": {Canteen: "A07"}} {
		l, err := w.List(ctx, w.here, f, page.Request{}, at)
		if err != nil || l.Total != 1 || l.Rows[0].ID != rider.ID || l.Rows[0].Bus != "2号线" || l.Rows[0].CanteenTable != "A07" {
			t.Errorf("by %s: %+v, %v", name, l.Rows, err)
		}
	}
	buses, tables, err := w.Places(ctx, w.here)
	if err != nil || !slices.Equal(buses, []string{"2号线", "3号线"}) || !slices.Equal(tables, []string{"A07"}) {
		t.Errorf("places %v %v, %v", buses, tables, err)
	}
	edit := employee.Edit{Incoming: employee.Incoming{Name: "李四", CanteenTable: "B01"}}
	if err := w.Edit(ctx, w.here, rider.ID, edit, at.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	p, err := w.Get(ctx, w.here, rider.ID, at)
	if err != nil || p.Bus != "" || p.CanteenTable != "B01" {
		t.Errorf("edited: %q %q, %v", p.Bus, p.CanteenTable, err)
	}
	if before := one[string](w, `select before->>'bus' from employee_change where employee_id = $1 and kind = 'contact'`, rider.ID); before != "2号线" {
		t.Errorf("history says %q", before)
	}
}
