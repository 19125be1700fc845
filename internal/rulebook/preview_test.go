package rulebook_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/jobs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/rulebook"
	"github.com/fugong/fugong/internal/testkit"
)

// populate adds enterprises of two lines with people in every kind of situation; all instants are whole hours.
func (w *world) populate() []int32 {
	r := rand.New(rand.NewPCG(20, 22))
	var orgs []int32
	for _, zone := range []string{district, district, line} {
		org := w.Org(zone, w.at("03-20 00:00"))
		orgs = append(orgs, org)
		for i := range 14 {
			category := []string{"general_staff", "production_staff", "icc_frontline", "driver"}[r.IntN(4)]
			p := testkit.Person{Category: category, Since: w.at("03-01 08:00"), Workshop: "一车间", Team: fmt.Sprint("班", i%3)}
			if i == 0 {
				p.Status = "leave"
			}
			id := w.Employee(org, p)
			if i == 1 {
				continue // never tested
			}
			sampled := w.now().Add(-time.Duration(r.IntN(240)) * time.Hour)
			w.Sample(org, id, sampled, sampled.Add(8*time.Hour), "negative")
			if i%4 == 2 {
				w.Sample(org, id, w.now().Add(-time.Duration(1+r.IntN(40))*time.Hour), time.Time{}, "pending")
			}
			if i%5 == 3 {
				w.Exec(`insert into exemption (org_id, employee_id, ground, from_at, to_at, source, entered_by, actor_name, entered_at)
					values ($1, $2, 'medical', $3, $4, 'staff', 7, '王敏', $3)`, org, id, w.now().Add(-time.Hour), w.now().Add(time.Duration(r.IntN(200))*time.Hour))
			}
		}
	}
	return orgs
}

// samplesDue plays the rules hour by hour: at each full hour whoever is due is sampled, negative.
func samplesDue(r regime.Rules, f *regime.Facts, from, to time.Time) (due []time.Time) {
	for at := from; at.Before(to); at = at.Add(time.Hour) {
		if s := regime.Evaluate(r, *f, at); !s.DueAt.IsZero() && !s.DueAt.After(at) {
			due = append(due, at)
			f.Samples = append(slices.Clip(f.Samples), regime.Sample{SampledAt: at, ReportedAt: at, Result: regime.Negative, Method: regime.MethodPCR, Mode: regime.ModeSingle})
		}
	}
	return due
}

// The figures of a preview are those of playing every person through hour by hour.
func TestAPreviewCountsWhatWouldBeDue(t *testing.T) {
	w := newWorld(t)
	orgs := w.populate()
	from := w.at("03-28 00:00")
	w.confirmed(w.city(1), overlay(division(district), every(regime.CategoryDriver, 96), w.at("03-30 00:00")))
	id := w.propose(w.city(1), overlay(division(city), every(regime.CategoryGeneralStaff, 72), from))
	w.work()
	v, err := w.book.Get(t.Context(), w.city(1), id)
	if err != nil || v.Preview == nil || v.Counting.State != "done" {
		t.Fatalf("no preview: %+v (%v)", v.Counting, err)
	}
	p := v.Preview

	want := map[string]*rulebook.Group{}
	total := rulebook.Group{}
	for i, org := range orgs {
		key := []string{district, district, line}[i]
		if want[key] == nil {
			want[key] = &rulebook.Group{Key: key}
		}
		for _, g := range []*rulebook.Group{want[key], &total} {
			w.brute(g, org, id, from)
		}
	}
	if diff := fmt.Sprint(p.Total) != fmt.Sprint(total); diff {
		t.Errorf("total\n got %+v\nwant %+v", p.Total, total)
	}
	for _, g := range p.Groups {
		if fmt.Sprint(g) != fmt.Sprint(*want[g.Key]) {
			t.Errorf("%s\n got %+v\nwant %+v", g.Key, g, *want[g.Key])
		}
	}
	if len(p.Groups) != 2 || p.Orgs != 3 || p.Days[0] != "2022-03-28" || p.Days[6] != "2022-04-03" || p.Zone != "Asia/Shanghai" {
		t.Errorf("%d groups, %d orgs, days %v in %s", len(p.Groups), p.Orgs, p.Days, p.Zone)
	}
	if p.Total.Overdue == 0 || p.Total.More(3) <= 0 || p.Total.People == 0 || p.Total.Blocked != 0 {
		t.Errorf("the city is too small to prove anything: %+v", p.Total)
	}
}

// brute adds up what the people of an org would be asked for, by an independent play.
func (w *world) brute(g *rulebook.Group, org int32, change int64, from time.Time) {
	w.t.Helper()
	before := w.rules(org, time.Time{})
	w.Exec(`update rule_change set state = 'confirmed', decided_by = 99, decided_at = '2022-03-24T01:00:00Z' where id = $1`, change)
	after := w.freshRules(org)
	w.Exec(`update rule_change set state = 'proposed', decided_by = null, decided_at = null where id = $1`, change)
	now, end := w.now(), from.AddDate(0, 0, 7)
	w.everyone(org, func(_ int64, f regime.Facts) {
		for i := range f.Samples {
			if s := &f.Samples[i]; s.ReportedAt.IsZero() && now.Sub(s.SampledAt) < 24*time.Hour {
				s.Result, s.ReportedAt = regime.Negative, now
			}
		}
		samplesDue(before, &f, now, from)
		if st := regime.Evaluate(before, f, from).State; st != regime.OffPost && st != regime.Exempt {
			g.People++
		}
		is, was := regime.Evaluate(after, f, from.Add(time.Second)), regime.Evaluate(before, f, from.Add(time.Second))
		if is.State == regime.Overdue && was.State != regime.Overdue {
			g.Overdue++
		}
		one, other := f, f
		for _, at := range samplesDue(before, &one, from, end) {
			g.Before[int(at.Sub(from)/(24*time.Hour))]++
		}
		for _, at := range samplesDue(after, &other, from, end) {
			g.After[int(at.Sub(from)/(24*time.Hour))]++
		}
	})
}

// everyone reads the people of an org with every sample.
func (w *world) everyone(org int32, each func(employee int64, f regime.Facts)) {
	w.t.Helper()
	err := w.standings.EveryoneOf(w.t.Context(), []int32{org}, w.now(), func(context.Context, db.Q, []int32) (
		func(int32, regime.Facts) time.Time, func(int32, int64, regime.Facts), func(), error) {
		every := func(int32, regime.Facts) time.Time { return time.Time{} }
		return every, func(_ int32, employee int64, f regime.Facts) { each(employee, f) }, func() {}, nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// freshRules reads rules past the memory of the service.
func (w *world) freshRules(org int32) regime.Rules {
	w.t.Helper()
	fresh := rulebook.New(w.DB, rulebook.Config{Clock: w.clock})
	var r regime.Rules
	err := w.DB.Read(w.t.Context(), db.Tenant{Org: org}, func(tx *sqlx.Tx) (err error) {
		r, err = fresh.For(w.t.Context(), tx, org, time.Time{})
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// An enterprise sees its own figures by team, in its own zone; blocking counts who could not work at once.
func TestAnEnterprisesPreviewIsByTeam(t *testing.T) {
	w := newWorld(t)
	firm := w.populate()[0]
	w.Exec(`update org set time_zone = 'Europe/Berlin' where id = $1`, firm)
	blocking := every(regime.CategoryGeneralStaff, 24)
	blocking.DueSoonHours = ptr(24)
	blocking.Tests[0].IntervalHours, blocking.Tests[0].BlockOnOverdue = ptr(48), ptr(true)
	id := w.propose(w.officer(firm, 11), overlay(enterprise(firm), blocking, w.now()))
	w.work()
	v, err := w.book.Get(t.Context(), w.officer(firm, 11), id)
	if err != nil || v.Preview == nil {
		t.Fatal(err)
	}
	people := 0
	for _, g := range v.Preview.Groups {
		people += g.People
		if g.Key != "一车间 / 班0" && g.Key != "一车间 / 班1" && g.Key != "一车间 / 班2" {
			t.Errorf("group %q", g.Key)
		}
	}
	if p := v.Preview; len(p.Groups) != 3 || people != p.Total.People || p.Orgs != 1 || p.Zone != "Europe/Berlin" || p.Total.Blocked == 0 || p.Total.Blocked < p.Total.Overdue {
		t.Errorf("%+v", v.Preview)
	}
}

func (w *world) due(org int32) map[int64]time.Time {
	w.t.Helper()
	var rows []struct {
		ID  int64      `db:"employee_id"`
		Due *time.Time `db:"due_at"`
	}
	if err := w.Owner.Select(&rows, `select employee_id, due_at from standing where org_id = $1`, org); err != nil {
		w.t.Fatal(err)
	}
	out := map[int64]time.Time{}
	for _, r := range rows {
		if r.Due != nil {
			out[r.ID] = r.Due.UTC()
		}
	}
	return out
}

// After a confirmation everyone's standing follows the new rules. A task that failed half-way goes on where it was.
func TestAConfirmedChangeIsRecomputed(t *testing.T) {
	w := newWorld(t)
	orgs := w.populate()
	shaky := &failing{Standings: w.standings, org: orgs[1], times: 1}
	w.use(shaky)
	id := w.propose(w.city(1), overlay(division(city), every(regime.CategoryGeneralStaff, 72), w.at("03-28 00:00")))
	w.work()
	if err := w.book.Confirm(t.Context(), w.city(2), id, "", w.now()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.queue.Step(t.Context()); err == nil {
		t.Fatal("the failure was swallowed")
	}
	half, err := w.book.Get(t.Context(), w.city(1), id)
	if err != nil || half.RebuiltTo != orgs[0] || half.RebuiltPeople != 14 || !half.RebuiltAt.IsZero() || half.Recomputed.State != "queued" {
		t.Errorf("after a failure: to org %d, %d people, %+v (%v)", half.RebuiltTo, half.RebuiltPeople, half.Recomputed, err)
	}
	w.Exec(`update task set run_after = run_after - interval '1 hour' where state = 'queued'`)
	w.work()
	if !slices.Equal(shaky.built, orgs) {
		t.Errorf("evaluated %v, want each of %v once", shaky.built, orgs)
	}
	v, err := w.book.Get(t.Context(), w.city(1), id)
	if err != nil || v.RebuiltPeople != 42 || v.RebuiltAt.IsZero() || v.Recomputed != (jobs.Status{State: "done", Done: 42, Total: 42}) {
		t.Errorf("at the end: %d people, %+v (%v)", v.RebuiltPeople, v.Recomputed, err)
	}
	w.follows(orgs)
	if err := w.book.Recompute(t.Context(), w.city(2), id, w.now()); err != nil {
		t.Error(err)
	}
	w.work()
	if len(shaky.built) != len(orgs) {
		t.Errorf("a finished recomputation was done again: %v", shaky.built)
	}
}

// follows checks that stored standings are those of the rules in force.
func (w *world) follows(orgs []int32) {
	w.t.Helper()
	checked := 0
	for _, org := range orgs {
		stored, rules := w.due(org), w.freshRules(org)
		w.everyone(org, func(id int64, f regime.Facts) {
			if want := regime.Evaluate(rules, f, w.now()).DueAt; !want.Equal(stored[id]) {
				w.t.Errorf("person %d is due %s, stored %s", id, want, stored[id])
			}
			checked++
		})
	}
	if checked != 42 {
		w.t.Errorf("checked %d people, want 42", checked)
	}
}
