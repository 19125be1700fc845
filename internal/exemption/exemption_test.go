package exemption_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/exemption"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/page"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/testkit"
)

// plant is an enterprise with two people, and one next door with one.
type plant struct {
	*testkit.Kit
	*exemption.Service
	t                  *testing.T
	standings          *standing.Service
	now                time.Time
	here, next         int32
	zhang, li, foreign int64
}

func newPlant(t *testing.T) *plant {
	t.Helper()
	t.Parallel()
	p := &plant{t: t, now: testkit.At(t, "03-24 09:00")}
	p.Kit = testkit.New(t, p.now)
	book := testkit.Zibo(t)
	p.standings = standing.New(p.DB, clock.NewManual(p.now), book)
	p.Service = exemption.New(p.DB, book, p.standings)
	since := p.now.AddDate(0, 0, -30)
	p.here, p.next = p.Org("370303", since), p.Org("370303", since)
	p.zhang = p.Employee(p.here, testkit.Person{Name: "张三", Since: since, Workshop: "一车间", Team: "甲班"})
	p.li = p.Employee(p.here, testkit.Person{Name: "李四", Since: since})
	p.foreign = p.Employee(p.next, testkit.Person{Name: "王五", Since: since})
	return p
}

func (p *plant) at(s string) time.Time { return testkit.At(p.t, s) }

func (p *plant) hr() authz.Scope {
	return authz.Scope{Account: 7, Actor: "王敏", Role: authz.HealthOfficer, Org: p.here}
}

func (p *plant) count(query string, args ...any) int {
	p.t.Helper()
	return testkit.Get[int](p.Kit, query, args...)
}

func (p *plant) quarantine(from, to string) exemption.Input {
	in := exemption.Input{Employee: p.zhang, Ground: "in_quarantine", From: p.at(from), Proof: "隔离点证明", Source: exemption.ByStaff}
	if to != "" {
		in.To = p.at(to)
	}
	return in
}

func (p *plant) add(in exemption.Input, at time.Time) exemption.Kind {
	p.t.Helper()
	kind, err := p.Add(p.t.Context(), p.hr(), in, at)
	if err != nil {
		p.t.Fatal(err)
	}
	return kind
}

// state is the standing as stored, read at an instant.
func (p *plant) state(employee int64, at time.Time) regime.State {
	p.t.Helper()
	return regime.State(p.count(`select standing_state($3, s0, t1, s1, t2, s2, t3, s3) from standing where org_id = $1 and employee_id = $2`,
		p.here, employee, at))
}

func (p *plant) of(employee int64) (all []exemption.Exemption) {
	p.t.Helper()
	err := p.DB.Read(p.t.Context(), db.Tenant{Org: p.here}, func(tx *sqlx.Tx) (err error) {
		all, err = exemption.Of(p.t.Context(), tx, p.here, employee, p.now.AddDate(1, 0, 0), 50)
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return all
}

// Worked example 10: vaccinated on 31 March at 08:00, an hour before the sample was due, somebody is excused for 48 hours and the grace of
// a day, until 3 April 08:00.
func TestAVaccinationExcuses(t *testing.T) {
	p := newPlant(t)
	p.Sample(p.here, p.zhang, p.at("03-24 09:00"), p.at("03-24 20:00"), "negative")
	shot := p.at("03-31 08:00")
	kind, err := p.AddDose(t.Context(), p.hr(), exemption.DoseInput{Employee: p.zhang, Number: 3, At: shot, Product: "北京生物", Source: exemption.ByStaff}, shot)
	if err != nil || kind != exemption.Added {
		t.Fatalf("%s, %v", kind, err)
	}
	for _, c := range []struct {
		at   string
		want regime.State
	}{{"03-31 08:00", regime.Exempt}, {"03-31 09:01", regime.Exempt}, {"04-02 08:01", regime.Exempt}, {"04-03 07:59", regime.Exempt}, {"04-03 08:01", regime.Overdue}} {
		if got := p.state(p.zhang, p.at(c.at)); got != c.want {
			t.Errorf("at %s: %v, want %v", c.at, got, c.want)
		}
	}
	err = p.DB.Read(t.Context(), db.Tenant{Org: p.here}, func(tx *sqlx.Tx) error {
		st, err := p.standings.Explain(t.Context(), tx, p.here, p.zhang, p.at("04-01 12:00"))
		if !st.DueAt.Equal(p.at("04-03 08:00")) {
			t.Errorf("due %v, want 3 April 08:00", st.DueAt)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := p.count(`select count(*) from exemption`); n != 0 {
		t.Errorf("%d exemptions were written beside the vaccination", n)
	}
	// Taken back, the duty is what it was.
	if err := p.CancelDose(t.Context(), p.hr(), p.zhang, p.doses(p.zhang)[0].ID, "录错人", p.at("03-31 10:00")); err != nil {
		t.Fatal(err)
	}
	if got := p.state(p.zhang, p.at("03-31 10:00")); got != regime.Overdue {
		t.Errorf("without the vaccination: %v", got)
	}
}

func (p *plant) doses(employee int64) (all []exemption.Dose) {
	p.t.Helper()
	err := p.DB.Read(p.t.Context(), db.Tenant{Org: p.here}, func(tx *sqlx.Tx) (err error) {
		all, err = exemption.DosesOf(p.t.Context(), tx, p.here, employee, p.now.AddDate(1, 0, 0), 50)
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return all
}

func TestAnExemptionsLife(t *testing.T) {
	p := newPlant(t)
	ctx, hr := t.Context(), p.hr()
	p.Sample(p.here, p.zhang, p.at("03-17 09:00"), p.at("03-17 20:00"), "negative")
	in := p.quarantine("03-24 08:00", "03-28 08:00")
	if kind := p.add(in, p.now); kind != exemption.Added {
		t.Errorf("first: %s", kind)
	}
	if got := p.state(p.zhang, p.now); got != regime.Exempt {
		t.Errorf("exempt person stands as %v", got)
	}
	if kind := p.add(in, p.now.Add(time.Minute)); kind != exemption.Unchanged {
		t.Errorf("again: %s", kind)
	}
	if n := p.count(`select count(*) from audit_log where employee_id = $1`, p.zhang); n != 1 {
		t.Errorf("%d rows in the log after one change", n)
	}
	in.To = p.at("03-30 08:00")
	later := p.now.Add(2 * time.Minute)
	if kind := p.add(in, later); kind != exemption.Changed {
		t.Errorf("with another end: %s", kind)
	}
	all := p.of(p.zhang)
	if len(all) != 2 || !all[0].Stands() || all[1].Stands() || all[1].CancelReason != exemption.Replaced || !all[1].To.Equal(p.at("03-28 08:00")) {
		t.Fatalf("both tellings should be readable: %+v", all)
	}
	if err := p.Cancel(ctx, hr, p.zhang, all[0].ID, " ", later); errs.FieldsOf(err)["reason"].Key != "error.required" {
		t.Errorf("cancelled without a reason: %v", err)
	}
	if err := p.Cancel(ctx, hr, p.zhang, all[0].ID, "证明有误", later.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if err := p.Cancel(ctx, hr, p.zhang, all[0].ID, "证明有误", later.Add(time.Minute)); !errs.Is(err, errs.NotFound) {
		t.Errorf("cancelled twice: %v", err)
	}
	if got := p.state(p.zhang, later.Add(time.Minute)); got != regime.Overdue {
		t.Errorf("without the exemption: %v", got)
	}
	// The wrong one was cancelled: back with it.
	if err := p.Again(ctx, hr, p.zhang, all[0].ID, later.Add(2*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if err := p.Again(ctx, hr, p.zhang, all[1].ID, later.Add(3*time.Minute)); !errs.Is(err, errs.Conflict) {
		t.Errorf("an older telling replaced the one that stands: %v", err)
	}
	all = p.of(p.zhang)
	if len(all) != 3 || !all[0].Stands() || !all[0].To.Equal(in.To) || all[0].Proof != in.Proof {
		t.Errorf("after all: %+v", all)
	}
}

func TestWhoMayAndWhere(t *testing.T) {
	p := newPlant(t)
	ctx := t.Context()
	p.add(p.quarantine("03-24 08:00", ""), p.now)
	id := p.of(p.zhang)[0].ID
	foreign := p.quarantine("03-24 08:00", "")
	foreign.Employee = p.foreign
	if _, err := p.Add(ctx, p.hr(), foreign, p.now); !errs.Is(err, errs.NotFound) {
		t.Errorf("a person of another org: %v", err)
	}
	stranger := p.hr()
	stranger.Org = p.next
	worker := authz.Scope{Account: 9, Role: authz.Worker, Org: p.here, Employee: p.zhang}
	leader := authz.Scope{Account: 9, Role: authz.TeamLeader, Org: p.here}
	for name, c := range map[string]struct {
		sc   authz.Scope
		want errs.Code
	}{"another org": {stranger, errs.NotFound}, "the person": {worker, errs.Forbidden}, "a leader": {leader, errs.Forbidden}, "nobody": {authz.Scope{}, errs.Unauthenticated}} {
		if err := p.Cancel(ctx, c.sc, p.zhang, id, "无", p.now); !errs.Is(err, c.want) {
			t.Errorf("%s cancels: %v", name, err)
		}
		if err := p.Again(ctx, c.sc, p.zhang, id, p.now); !errs.Is(err, c.want) {
			t.Errorf("%s records again: %v", name, err)
		}
		if _, _, err := p.Subject(ctx, c.sc, p.zhang); !errs.Is(err, c.want) {
			t.Errorf("%s looks: %v", name, err)
		}
	}
	res, err := p.List(ctx, stranger, exemption.Filter{}, p.now)
	if err != nil || res.Total != 0 {
		t.Errorf("another org lists %d, %v", res.Total, err)
	}
	if rows, err := p.Export(ctx, worker, exemption.Filter{}, p.now); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a worker exports %d rows, %v", len(rows), err)
	}
}

// The same sheet again changes nothing; a corrected one changes what it corrects; a refused row keeps no other out.
func TestASheetAgain(t *testing.T) {
	p := newPlant(t)
	merge := func(at time.Time, ins ...exemption.Input) (kinds []exemption.Kind) {
		t.Helper()
		err := p.DB.InTx(t.Context(), db.Tenant{Org: p.here}, func(tx *sqlx.Tx) error {
			planned, err := p.PlanExemptions(t.Context(), tx, p.hr(), ins, at)
			if err != nil {
				return err
			}
			done, err := p.MergeExemptions(t.Context(), tx, p.hr(), ins, at)
			if diff := cmp.Diff(planned, done); diff != "" {
				t.Errorf("planned otherwise than done:\n%s", diff)
			}
			kinds = kinds[:0]
			for _, o := range done {
				kinds = append(kinds, o.Kind)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return kinds
	}
	one := p.quarantine("03-24 08:00", "03-28 08:00")
	two := exemption.Input{Employee: p.li, Ground: "medical", From: p.at("03-23 00:00"), To: p.at("03-25 00:00"), Source: exemption.ByImport}
	long := exemption.Input{Employee: p.li, Ground: "vaccinated_48h", From: p.at("03-20 00:00"), To: p.at("03-25 00:00"), Source: exemption.ByImport}
	stranger := two
	stranger.Employee = p.foreign
	for i, want := range [][]exemption.Kind{
		{exemption.Added, exemption.Added, exemption.Refused, exemption.Refused, exemption.Unchanged},
		{exemption.Unchanged, exemption.Unchanged, exemption.Refused, exemption.Refused, exemption.Unchanged},
	} {
		if diff := cmp.Diff(want, merge(p.now.Add(time.Duration(i)*time.Hour), one, two, long, stranger, two)); diff != "" {
			t.Errorf("pass %d (-want +got):\n%s", i, diff)
		}
	}
	two.To = p.at("03-26 00:00")
	if diff := cmp.Diff([]exemption.Kind{exemption.Changed}, merge(p.now.Add(3*time.Hour), two)); diff != "" {
		t.Errorf("corrected (-want +got):\n%s", diff)
	}
	if n := p.count(`select count(*) from exemption where cancelled_at is null`); n != 2 {
		t.Errorf("%d exemptions stand, want 2", n)
	}
}

func TestDosesReplaceEachOther(t *testing.T) {
	p := newPlant(t)
	tell := func(in exemption.DoseInput) exemption.Kind {
		t.Helper()
		in.Employee, in.Source = p.zhang, exemption.ByStaff
		kind, err := p.AddDose(t.Context(), p.hr(), in, p.now)
		if err != nil {
			t.Fatal(err)
		}
		return kind
	}
	steps := []struct {
		in   exemption.DoseInput
		want exemption.Kind
	}{
		{exemption.DoseInput{None: "interval"}, exemption.Added},
		{exemption.DoseInput{None: "contraindicated"}, exemption.Changed},
		{exemption.DoseInput{Number: 1, At: p.at("01-05 10:00"), Product: "北京生物"}, exemption.Changed},
		{exemption.DoseInput{Number: 1, At: p.at("01-05 00:00"), DayOnly: true}, exemption.Unchanged},
		{exemption.DoseInput{Number: 2, At: p.at("02-05 00:00")}, exemption.Added},
		{exemption.DoseInput{Number: 2, At: p.at("02-06 00:00")}, exemption.Changed},
	}
	for i, s := range steps {
		if got := tell(s.in); got != s.want {
			t.Errorf("step %d: %s, want %s", i, got, s.want)
		}
	}
	doses := p.doses(p.zhang)
	if coverage, last := exemption.CoverageOf(doses); len(doses) != 5 || coverage != exemption.CoverageFull || !last.At.Equal(p.at("02-06 00:00")) {
		t.Errorf("%d records, %s until %+v", len(doses), coverage, last)
	}
	_, err := p.AddDose(t.Context(), p.hr(), exemption.DoseInput{Employee: p.zhang, None: "refused", Source: exemption.ByStaff}, p.now)
	if errs.FieldsOf(err)["number"].Key != "exemption.refused.vaccinated" {
		t.Errorf("not vaccinated although vaccinated: %v", err)
	}
}

// Of many who tell the same at once one is first, and the others find it on file.
func TestManyTellTheSameAtOnce(t *testing.T) {
	p := newPlant(t)
	kinds := make([]exemption.Kind, 5)
	var wg sync.WaitGroup
	for i := range kinds {
		wg.Go(func() {
			var err error
			if kinds[i], err = p.Add(t.Context(), p.hr(), p.quarantine("03-24 08:00", "03-28 08:00"), p.now); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	slices.Sort(kinds)
	want := []exemption.Kind{exemption.Added, exemption.Unchanged, exemption.Unchanged, exemption.Unchanged, exemption.Unchanged}
	if diff := cmp.Diff(want, kinds); diff != "" || len(p.of(p.zhang)) != 1 {
		t.Errorf("%d records (-want +got):\n%s", len(p.of(p.zhang)), diff)
	}
}

func TestListsTurnPages(t *testing.T) {
	p := newPlant(t)
	ctx := t.Context()
	for i := range 7 {
		in := p.quarantine("03-01 08:00", "")
		in.From = in.From.AddDate(0, 0, -i)
		in.To = in.From.AddDate(0, 0, 20+i%2*10) // odd ones run, even ones are over
		if i%3 == 0 {
			in.Employee = p.li
		}
		p.add(in, p.now.Add(time.Duration(i)*time.Second))
		dose := exemption.DoseInput{Employee: in.Employee, Number: 1 + i, At: p.now.AddDate(0, 0, -20+i), Source: exemption.ByImport}
		if _, err := p.AddDose(ctx, p.hr(), dose, p.now.Add(time.Duration(i)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	walk := func(f exemption.Filter) (ids []int64, total int) {
		t.Helper()
		f.Size = 3
		for {
			res, err := p.List(ctx, p.hr(), f, p.now)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range res.Rows {
				ids = append(ids, l.ID)
			}
			if f.After = res.Next; f.After == "" {
				back := f
				back.Request = page.Request{Size: 3, Before: res.Prev}
				if prev, err := p.List(ctx, p.hr(), back, p.now); res.Prev != "" && (err != nil || prev.Rows[0].ID != ids[len(ids)-len(res.Rows)-3]) {
					t.Errorf("back from the last page: %+v, %v", prev, err)
				}
				return ids, res.Total
			}
		}
	}
	for name, f := range map[string]exemption.Filter{
		"newest entry first": {}, "oldest beginning first": {Sort: exemption.SortFrom, Ascending: true}, "latest beginning first": {Sort: exemption.SortFrom},
	} {
		ids, total := walk(f)
		up := name == "latest beginning first" // the later entered, the earlier begun
		for i := 1; i < len(ids); i++ {
			if (ids[i-1] < ids[i]) != up {
				t.Errorf("%s: %v", name, ids)
			}
		}
		if len(ids) != 7 || total != 7 {
			t.Errorf("%s: %d rows of %d", name, len(ids), total)
		}
	}
	for name, c := range map[string]struct {
		f    exemption.Filter
		want int
	}{
		"by name": {exemption.Filter{Query: "张"}, 4}, "running": {exemption.Filter{Stage: exemption.Running}, 3}, "over": {exemption.Filter{Stage: exemption.Over}, 4},
		"coming": {exemption.Filter{Stage: exemption.Coming}, 0}, "of a ground": {exemption.Filter{Ground: "medical"}, 0}, "of a team": {exemption.Filter{Team: 1}, 4},
	} {
		if ids, total := walk(c.f); len(ids) != c.want || total != c.want {
			t.Errorf("%s: %d rows of %d, want %d", name, len(ids), total, c.want)
		}
	}
	counts, err := p.Counts(ctx, p.hr(), exemption.Filter{Stage: exemption.Over}, p.now)
	if diff := cmp.Diff(map[exemption.Stage]int{exemption.Running: 3, exemption.Over: 4}, counts); err != nil || diff != "" {
		t.Errorf("counts, %v (-want +got):\n%s", err, diff)
	}
	f := exemption.Filter{Sort: exemption.SortFrom}
	f.Size = 5
	doses, err := p.ListDoses(ctx, p.hr(), f)
	if err != nil || doses.Total != 7 || len(doses.Rows) != 5 || doses.Rows[0].Number != 7 {
		t.Errorf("vaccinations %+v, %v", doses, err)
	}
	f.After = doses.Next
	if doses, err = p.ListDoses(ctx, p.hr(), f); err != nil || len(doses.Rows) != 2 || doses.Rows[1].Number != 1 {
		t.Errorf("second page %+v, %v", doses, err)
	}
	rows, err := p.Export(ctx, p.hr(), exemption.Filter{}, p.now)
	if err != nil || len(rows) != 7 || p.count(`select count(*) from audit_log where action = 'exemption.export' and is_read`) != 1 {
		t.Errorf("export of %d rows, %v", len(rows), err)
	}
	if found, err := p.Find(ctx, p.hr(), "李", 10); err != nil || len(found) != 1 || found[0].ID != p.li {
		t.Errorf("found %+v, %v", found, err)
	}
}
