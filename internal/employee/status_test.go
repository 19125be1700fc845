package employee_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/platform/errs"
)

// step is one status change and what must come of it.
type step struct {
	at          time.Duration // after creation
	status      string
	from, until time.Duration // after creation; 0 for none
	fault       string        // column=key, "" for none
}

func TestStatusSpans(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	tests := map[string][]step{
		"leave and early return":          {{at: day, status: "leave", until: 5 * day}, {at: 2 * day, status: "on_post"}},
		"leave extended":                  {{at: day, status: "leave", until: 5 * day}, {at: 2 * day, status: "leave", until: 9 * day}},
		"leave left open":                 {{at: day, status: "leave", until: 5 * day}, {at: 2 * day, status: "leave"}},
		"leave recorded after the fact":   {{at: 3 * day, status: "leave", from: day, until: 2 * day}, {at: 4 * day, status: "leave", until: 6 * day}},
		"in Chinese":                      {{at: day, status: "病假", until: 2 * day}},
		"leave cut short":                 {{at: day, status: "leave", until: 5 * day}, {at: 2 * day, status: "leave", until: 3 * day, fault: "until=employee.problem.until_shorter"}},
		"from the future":                 {{at: day, status: "leave", from: 2 * day, fault: "from=employee.problem.from_future"}},
		"before the last change":          {{at: 2 * day, status: "controlled"}, {at: 3 * day, status: "on_post", from: day, fault: "from=employee.problem.from_too_early"}},
		"ends before it begins":           {{at: 2 * day, status: "leave", from: day, until: day, fault: "until=employee.problem.until_before_from"}},
		"an end for another status":       {{at: day, status: "controlled", until: 2 * day, fault: "until=employee.problem.until_leave_only"}},
		"dated leave of somebody at home": {{at: day, status: "work_from_home"}, {at: 2 * day, status: "leave", until: 3 * day, fault: "until=employee.problem.until_not_on_post"}},
		"no such status":                  {{at: day, status: "asleep", fault: "work_status=error.choice"}},
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			p := w.create(w.here, zhang)
			for i, s := range steps {
				in := employee.StatusChange{Status: s.status, Reason: "测试"}
				if s.from != 0 {
					in.From = at.Add(s.from)
				}
				if s.until != 0 {
					in.Until = at.Add(s.until)
				}
				err := w.SetStatus(t.Context(), w.here, p.ID, in, at.Add(s.at))
				got := ""
				for column, m := range errs.FieldsOf(err) {
					got = column + "=" + m.Key
				}
				if got != s.fault || err != nil && got == "" {
					t.Fatalf("step %d: %v, want fault %q", i, err, s.fault)
				}
			}
			w.spansAgree(p.ID)
		})
	}
}

// spansAgree checks the contract of the package comment: of the spans in the history the one that began last and has not ended is
// in force, and that is what the row says at every hour.
func (w *world) spansAgree(id int64) {
	w.t.Helper()
	var spans []struct {
		Status string     `db:"status"`
		From   time.Time  `db:"effective_at"`
		Until  *time.Time `db:"until"`
	}
	err := w.data.Owner.Select(&spans, `select after->>'work_status' as status, effective_at, until from employee_change
		where employee_id = $1 and kind in ('created', 'status') order by id`, id)
	if err != nil {
		w.t.Fatal(err)
	}
	p, err := w.Get(w.t.Context(), w.here, id, at)
	if err != nil {
		w.t.Fatal(err)
	}
	for h := time.Duration(0); h < 12*24; h++ {
		t := p.StatusSince.Add(h * time.Hour)
		want, since := "", time.Time{}
		for _, s := range spans {
			if !t.Before(s.From) && (s.Until == nil || t.Before(*s.Until)) && s.From.After(since) {
				want, since = s.Status, s.From
			}
		}
		if got := p.StatusAt(t); got != want {
			w.t.Errorf("at %v the row says %s, the history %s (%+v)", t, got, want, spans)
			return
		}
	}
}

func TestTwoChangesAtOneInstantFollowEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.create(w.here, zhang)
	for _, status := range []string{"controlled", "awaiting_return", "on_post", "leave"} {
		if err := w.SetStatus(t.Context(), w.here, p.ID, employee.StatusChange{Status: status}, at); err != nil {
			t.Fatal(err)
		}
	}
	for _, category := range []string{"driver", "icc_frontline"} {
		if err := w.SetCategory(t.Context(), w.here, p.ID, 0, category, "", at); err != nil {
			t.Fatal(err)
		}
	}
	w.spansAgree(p.ID)
	ok := one[bool](w, `select bool_and(later > effective_at) from (select effective_at, lead(effective_at) over (partition by kind order by id) as later
		from employee_change where employee_id = $1) x where later is not null`, p.ID)
	if !ok {
		t.Error("spans of one kind begin together")
	}
}

func TestWhoComesBackGetsTheOldFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	p := w.create(w.here, zhang)
	if err := w.SetStatus(ctx, w.here, p.ID, employee.StatusChange{Status: "resigned", Reason: "合同到期"}, at.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	_, err := w.Create(ctx, w.here, zhang, at.Add(2*time.Hour))
	if m := errs.FieldsOf(err)["id_number"]; m.Key != "employee.problem.id.has_left" || m.Args["ID"] != p.ID {
		t.Fatalf("second file for one who left: %v", err)
	}
	// The number is free for others while its bearer is away, and then taken.
	li := w.create(w.here, employee.Incoming{Name: "李四", IDNumber: idNumber(1), EmployeeNo: "1001"})
	err = w.SetStatus(ctx, w.here, p.ID, employee.StatusChange{Status: "on_post"}, at.Add(3*time.Hour))
	if errs.FieldsOf(err)["employee_no"].Key != "employee.problem.number_taken" {
		t.Fatalf("took a number in use: %v", err)
	}
	edit := employee.Edit{Incoming: employee.Incoming{Name: "李四", EmployeeNo: "1002"}}
	if err := w.Edit(ctx, w.here, li.ID, edit, at.Add(3*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := w.SetStatus(ctx, w.here, p.ID, employee.StatusChange{Status: "on_post"}, at.Add(4*time.Hour)); err != nil {
		t.Fatal(err)
	}
	got, err := w.Get(ctx, w.here, p.ID, at)
	if err != nil || got.WorkStatus != "on_post" || got.EmployeeNo != "1001" {
		t.Errorf("back: %+v, %v", got, err)
	}
	w.spansAgree(p.ID)
}

// A batch records what it can and says of each other row what is wrong with it.
func TestStatusesOfManyPeople(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	var ids []int64
	for i := range 5 {
		ids = append(ids, w.create(w.here, employee.Incoming{Name: "张三", IDNumber: idNumber(i), EmployeeNo: strconv.Itoa(i)}).ID)
	}
	foreign := w.create(w.there, zhang)
	leave := func(id int64) employee.Dated {
		return employee.Dated{Employee: id, StatusChange: employee.StatusChange{Status: "leave", Until: at.Add(72 * time.Hour), Reason: "探亲"}}
	}
	early := leave(ids[2])
	early.From = at.AddDate(-1, 0, 0)
	stale := leave(ids[3])
	stale.Version = 7
	w.standings.applied = nil
	var faults []error
	err := w.db.InTx(ctx, w.here.Tenant(), func(tx *sqlx.Tx) (err error) {
		faults, err = w.Statuses(ctx, tx, w.here, []employee.Dated{leave(ids[1]), leave(ids[0]), early, stale, leave(ids[0]), leave(foreign.ID),
			{Employee: ids[4], StatusChange: employee.StatusChange{Status: "on_post"}}}, at.Add(time.Hour))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, code := range []errs.Code{"", "", errs.Invalid, errs.Conflict, errs.Conflict, errs.NotFound, ""} {
		if faults[i] == nil && code != "" || faults[i] != nil && !errs.Is(faults[i], code) {
			t.Errorf("row %d: %v, want %q", i, faults[i], code)
		}
	}
	if m := errs.FieldsOf(faults[2])["from"]; m.Key != "employee.problem.from_too_early" {
		t.Errorf("row 2: %v", faults[2])
	}
	for i, want := range []string{"leave", "leave", "on_post", "on_post", "on_post"} {
		if p, err := w.Get(ctx, w.here, ids[i], at); err != nil || p.WorkStatus != want {
			t.Errorf("person %d: %s, %v, want %s", i, p.WorkStatus, err, want)
		}
		w.spansAgree(ids[i])
	}
	if len(w.standings.applied) != 2 {
		t.Errorf("evaluated %v", w.standings.applied)
	}
	if n := one[int](w, `select count(*) from audit_log where action = 'employee.status' and reason = '探亲'`); n != 2 {
		t.Errorf("%d audit rows", n)
	}
}
