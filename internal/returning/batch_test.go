package returning_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/page"
	"github.com/fugong/fugong/internal/returning"
	"github.com/fugong/fugong/internal/testkit"
)

// ready is a person who declared cleanly and has a sample.
func (p *plant) ready(name string) returning.Case {
	id := p.away(name, "awaiting_return")
	p.swab(id, now.Add(-20*time.Hour), now.Add(-10*time.Hour), now)
	return p.declared(id, clean(), now)
}

func TestABatchLeavesAndNamesThoseThatFail(t *testing.T) {
	p := newPlant(t)
	a, b, c := p.ready("甲"), p.ready("乙"), p.ready("丙")
	d := p.declared(p.away("丁", "awaiting_return"), clean(), now) // no sample
	p.hold(c.Employee, "symptom")                                 // since the page was opened
	stranger := p.file(p.foreign, "外", "awaiting_return")
	out, err := p.ApproveMany(t.Context(), p.officer(p.foreign, 9), []returning.Key{a.Key, {Employee: stranger, ID: b.ID}}, now)
	if err != nil || out.Approved != 0 || len(out.Left) != 0 || p.status(a.Employee) != "awaiting_return" {
		t.Errorf("another org's officer: %+v, %v", out, err)
	}
	if _, err := p.ApproveMany(t.Context(), p.worker(a.Employee), []returning.Key{a.Key}, now); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a worker: %v", err)
	}
	out, err = p.ApproveMany(t.Context(), p.hr(), []returning.Key{a.Key, b.Key, c.Key, d.Key}, now)
	if err != nil || out.Approved != 2 || len(out.Left) != 2 {
		t.Fatalf("%+v, %v", out, err)
	}
	left := map[string][]string{}
	for _, l := range out.Left {
		left[l.Name] = l.Failed
	}
	if !slices.Equal(left["丙"], []string{returning.ItemHold}) || !slices.Equal(left["丁"], []string{returning.ItemPCR}) {
		t.Errorf("left %v", left)
	}
	for name, tc := range map[string]struct {
		c    returning.Case
		want string
	}{"甲": {a, "on_post"}, "乙": {b, "on_post"}, "丙": {c, "awaiting_return"}, "丁": {d, "awaiting_return"}} {
		if got := p.status(tc.c.Employee); got != tc.want {
			t.Errorf("%s is %s", name, got)
		}
	}
	if n := testkit.Get[int](p.Kit, `select count(*) from audit_log where action = 'return.approve'`); n != 2 {
		t.Errorf("%d approvals on record", n)
	}
	if out, err = p.ApproveReady(t.Context(), p.hr(), now); err != nil || out.Approved != 0 || len(out.Left) != 0 {
		t.Errorf("nobody is ready: %+v, %v", out, err)
	}
	p.swab(d.Employee, now.Add(-2*time.Hour), now.Add(-time.Hour), now)
	if out, err = p.ApproveReady(t.Context(), p.hr(), now); err != nil || out.Approved != 1 {
		t.Errorf("after the sample: %+v, %v", out, err)
	}
}

func TestListsAgreeWithTheGate(t *testing.T) {
	p := newPlant(t)
	p.ready("甲")
	p.ready("乙")
	miss := p.declared(p.away("丙", "awaiting_return"), clean(), now)
	over := p.declared(p.away("丁", "awaiting_return"), clean(), now)
	if err := p.ProposeOverride(t.Context(), p.hr(), over.Key, 0, "关键岗位", now); err != nil {
		t.Fatal(err)
	}
	done := p.ready("戊")
	if err := p.Approve(t.Context(), p.hr(), done.Key, 0, now); err != nil {
		t.Fatal(err)
	}
	draft := p.away("己", "leave")
	if _, err := p.Begin(t.Context(), p.worker(draft), returning.Opening{Employee: draft, Planned: "2022-03-28", Consent: true}, now); err != nil {
		t.Fatal(err)
	}
	names := func(f returning.Filter) []string {
		t.Helper()
		l, err := p.List(t.Context(), p.hr(), f, now)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, v := range l.Rows {
			out = append(out, v.Name)
			if v.Declaration.OriginArea != "" {
				t.Error("the list carries declarations")
			}
		}
		if l.Total != len(out) || f.Query == "" && f.Item == "" && l.Counts[f.Show] != len(out) {
			t.Errorf("%+v: total %d, counts %v, rows %v", f, l.Total, l.Counts, out)
		}
		slices.Sort(out)
		return out
	}
	for _, tc := range []struct {
		f    returning.Filter
		want []string
	}{
		{returning.Filter{}, []string{"丁", "丙", "乙", "甲"}},
		{returning.Filter{Show: returning.ShowReady}, []string{"乙", "甲"}},
		{returning.Filter{Show: returning.ShowMissing}, []string{"丙"}},
		{returning.Filter{Show: returning.ShowOverride}, []string{"丁"}},
		{returning.Filter{Show: returning.ShowDraft}, []string{"己"}},
		{returning.Filter{Show: returning.ShowClosed}, []string{"戊"}},
		{returning.Filter{Item: returning.ItemPCR}, []string{"丁", "丙"}},
		{returning.Filter{Item: returning.ItemCode}, nil},
		{returning.Filter{Query: "丙"}, []string{"丙"}},
	} {
		want := slices.Sorted(slices.Values(tc.want))
		if got := names(tc.f); !slices.Equal(got, want) {
			t.Errorf("%+v: %v, want %v", tc.f, got, want)
		}
	}
	var walked []string
	f := returning.Filter{Sort: returning.SortName, Desc: true, Request: page.Request{Size: 1}}
	for range 10 {
		l, err := p.List(t.Context(), p.hr(), f, now)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range l.Rows {
			walked = append(walked, v.Name)
		}
		if l.Next == "" {
			break
		}
		f.After = l.Next
	}
	slices.Sort(walked)
	if len(walked) != 4 || len(slices.Compact(slices.Clone(walked))) != 4 {
		t.Errorf("walked %v", walked)
	}
	rows, err := p.Export(t.Context(), p.hr(), returning.Filter{Show: returning.ShowMissing}, now)
	if err != nil || len(rows) != 1 || rows[0].Key != miss.Key {
		t.Errorf("export %v, %v", rows, err)
	}
	if _, err := p.Export(t.Context(), p.worker(draft), returning.Filter{}, now); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a worker exports: %v", err)
	}
	if l, err := p.List(t.Context(), p.officer(p.foreign, 9), returning.Filter{}, now); err != nil || l.Total != 0 {
		t.Errorf("another org lists %d, %v", l.Total, err)
	}
}

func (p *plant) merge(sc authz.Scope, at time.Time, ins ...returning.Incoming) []returning.Outcome {
	p.t.Helper()
	var out, plan []returning.Outcome
	err := p.DB.InTx(p.t.Context(), sc.Tenant(), func(tx *sqlx.Tx) (err error) {
		if plan, err = p.Plan(p.t.Context(), tx, sc, ins, at); err != nil {
			return err
		}
		out, err = p.Merge(p.t.Context(), tx, sc, ins, at)
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	for i := range out {
		if plan[i].Kind != out[i].Kind {
			p.t.Errorf("planned %s, became %s", plan[i].Kind, out[i].Kind)
		}
	}
	return out
}

func kinds(out []returning.Outcome) string {
	s := ""
	for _, o := range out {
		s += fmt.Sprint(o.Kind, " ")
	}
	return s
}

func TestMergeIsIdempotent(t *testing.T) {
	p := newPlant(t)
	leave, home, here, gone := p.away("假", "leave"), p.away("家", "work_from_home"), p.away("岗", "on_post"), p.away("离", "awaiting_return")
	controlled, drafting := p.away("控", "controlled"), p.away("写", "awaiting_return")
	p.Exec(`update employee set work_status = 'resigned' where id = $1`, gone)
	if _, err := p.Begin(t.Context(), p.worker(drafting), returning.Opening{Employee: drafting, Planned: "2022-03-28", Consent: true}, now); err != nil {
		t.Fatal(err)
	}
	d := clean()
	d.CodeCheckedAt = time.Time{}
	var ins []returning.Incoming
	for _, id := range []int64{leave, home, here, gone, controlled, drafting, 999999} {
		ins = append(ins, returning.Incoming{Employee: id, Planned: "2022-03-28", Declaration: d, Pledged: true})
	}
	const first = "added added unchanged refused added unchanged refused "
	if got := kinds(p.merge(p.hr(), now, ins...)); got != first {
		t.Errorf("first %s", got)
	}
	for id, want := range map[int64]string{leave: "awaiting_return", home: "awaiting_return", here: "on_post", controlled: "controlled"} {
		if got := p.status(id); got != want {
			t.Errorf("%d is %s, want %s", id, got, want)
		}
	}
	version := testkit.Get[int](p.Kit, `select sum(version) from return_case`)
	if got := kinds(p.merge(p.hr(), now.Add(time.Hour), ins...)); got != "unchanged unchanged unchanged refused unchanged unchanged refused " {
		t.Errorf("again %s", got)
	}
	if again := testkit.Get[int](p.Kit, `select sum(version) from return_case`); again != version {
		t.Error("the repetition wrote something")
	}
	if got := kinds(p.merge(p.hr(), now.Add(time.Hour), returning.Incoming{Employee: leave, Planned: "2022-03-28",
		Declaration: returning.Declaration{Symptoms: []string{"cough"}}})); got != "changed " {
		t.Errorf("news %s", got)
	}
	var id int64
	if err := p.Owner.Get(&id, `select id from return_case where employee_id = $1`, leave); err != nil {
		t.Fatal(err)
	}
	v := p.get(p.hr(), returning.Key{Employee: leave, ID: id}, now.Add(time.Hour))
	if v.Declaration.Well || v.Declaration.OriginArea != "济南市历城区" || v.Source != returning.ByImport || !v.ConsentAt.IsZero() {
		t.Errorf("%+v", v.Case)
	}
	if failing := returning.Failing(v.Items); !slices.Equal(failing, []string{returning.ItemHealth, returning.ItemPCR}) {
		t.Errorf("failing %v", failing)
	}
	if _, err := p.Save(t.Context(), p.worker(leave), v.Key, 0, returning.Telling{Declaration: clean()}, now); errs.FieldsOf(err)["consent"].Key == "" {
		t.Errorf("went on without consent: %v", err)
	}
}
