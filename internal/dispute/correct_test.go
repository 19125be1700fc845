package dispute_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/dispute"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/screening/screeningtest"
)

func correctSample(t *testing.T, f *fixture, key screening.Key, rev int, result regime.Result) {
	t.Helper()
	if err := f.Samples.Correct(t.Context(), f.HR(f.Org), key, screening.Changes{Rev: rev, Result: &result}, "更正", now); err != nil {
		t.Fatal(err)
	}
}

// number gives people employee numbers G001 … and returns them.
func (f *fixture) number(people []int64) []string {
	f.t.Helper()
	numbers := make([]string, len(people))
	for i, id := range people {
		numbers[i] = fmt.Sprintf("G%03d", i+1)
		if _, err := f.Base.Owner.Exec(`update employee set employee_no = $1 where id = $2`, numbers[i], id); err != nil {
			f.t.Fatal(err)
		}
	}
	return numbers
}

func (f *fixture) do(ch dispute.Change, at time.Time) (dispute.Plan, int64) {
	f.t.Helper()
	p, err := f.corrections.Preview(f.t.Context(), f.HR(f.Org), ch, at)
	if err != nil {
		f.t.Fatal(err)
	}
	id, err := f.corrections.Do(f.t.Context(), f.HR(f.Org), ch, p.Token, "检测机构迟报", at)
	if err != nil {
		f.t.Fatal(err)
	}
	return p, id
}

func (f *fixture) states(people []int64) map[regime.State]int {
	out := map[regime.State]int{}
	for _, id := range people {
		state, _ := f.State(id)
		out[regime.State(state)]++
	}
	return out
}

// "The lab is late: these 86 were sampled on Wednesday at nine."
func TestEightySixSampledOnWednesday(t *testing.T) {
	f := setUp(t)
	people := f.Employees(86)
	numbers := f.number(people)
	for _, id := range people {
		f.tested(id, now.Add(-9*24*time.Hour), regime.Negative)
	}
	if got := f.states(people); got[regime.Overdue] != 86 {
		t.Fatalf("before: %v", got)
	}
	wednesday := time.Date(2022, 3, 23, 9, 0, 0, 0, screeningtest.Zone)
	ch := dispute.Change{Kind: dispute.Add, SampledAt: wednesday, Result: regime.Negative, ReportedAt: wednesday.Add(8 * time.Hour), Zone: screeningtest.Zone,
		Selection: dispute.Selection{Numbers: append(numbers, "G999", " G001 ")}}
	p, err := f.corrections.Preview(t.Context(), f.HR(f.Org), ch, now)
	if err != nil {
		t.Fatal(err)
	}
	if p.Counts() != (dispute.Counts{Corrected: 86}) || len(p.Unknown) != 1 || p.Unknown[0] != "G999" {
		t.Fatalf("preview %+v, unknown %v", p.Counts(), p.Unknown)
	}
	for _, r := range p.Rows {
		if r.Kind != screening.Added || !r.Moves() || r.Before.State != "overdue" || r.After.State != "ok" || !r.New.SampledAt.Equal(wednesday) || r.New.Result != "negative" {
			t.Fatalf("row %+v", r)
		}
	}
	if got := f.states(people); got[regime.Overdue] != 86 || f.Count(`select count(*) from sample`) != 86 || f.Count(`select count(*) from correction_batch`) != 0 {
		t.Fatal("the preview left something behind")
	}
	_, id := f.do(ch, now)
	if got := f.states(people); got[regime.OK] != 86 {
		t.Errorf("after: %v", got)
	}
	b, err := f.corrections.Batch(t.Context(), f.HR(f.Org), id)
	if err != nil || len(b.Rows) != 86 || b.Counts != (dispute.Counts{Corrected: 86}) || b.Rows[0].Name == "" || !b.MayUndo() {
		t.Fatalf("batch %+v (%v)", b.Counts, err)
	}
	// Once more: nothing is new, so there is nothing to do.
	again, err := f.corrections.Preview(t.Context(), f.HR(f.Org), ch, now)
	if err != nil || again.Counts() != (dispute.Counts{Unchanged: 86}) {
		t.Errorf("again: %+v (%v)", again.Counts(), err)
	}
	_, err = f.corrections.Do(t.Context(), f.HR(f.Org), ch, again.Token, "再来", now)
	wantCode(t, "nothing to do", err, errs.Invalid)

	undo, err := f.corrections.Undo(t.Context(), f.HR(f.Org), id, "弄错了人", now.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if got := f.states(people); got[regime.Overdue] != 86 {
		t.Errorf("undone: %v", got)
	}
	for _, s := range f.samples(people[0]) {
		if s.SampledAt.Equal(wednesday) && (s.Result != regime.Cancelled || s.Rev != 2) {
			t.Errorf("the added record is %+v", s)
		}
	}
	if b, err = f.corrections.Batch(t.Context(), f.HR(f.Org), id); err != nil || b.UndoneBy != undo || b.MayUndo() {
		t.Errorf("%+v (%v)", b, err)
	}
	_, err = f.corrections.Undo(t.Context(), f.HR(f.Org), id, "再来", now)
	wantRefusal(t, "undone twice", err, "dispute.refused.undone")
	_, err = f.corrections.Undo(t.Context(), f.HR(f.Org), undo, "再来", now)
	wantRefusal(t, "the undoing undone", err, "dispute.refused.undone")
}

// A wrong day: the records move with the time of day that each had, the old ones stay readable, and undoing restores every one.
func TestMoveAndUndo(t *testing.T) {
	f := setUp(t)
	people := f.Employees(3)
	monday := time.Date(2022, 3, 21, 14, 0, 0, 0, screeningtest.Zone)
	var old []screening.Key
	for i, id := range people {
		old = append(old, f.tested(id, monday.Add(time.Duration(i)*time.Minute), regime.Negative))
	}
	ch := dispute.Change{Kind: dispute.Move, KeepClock: true, SampledAt: time.Date(2022, 3, 19, 0, 0, 0, 0, screeningtest.Zone), Zone: screeningtest.Zone,
		Selection: dispute.Selection{Team: f.Team, From: monday.Add(-24 * time.Hour), To: monday.Add(24 * time.Hour)}}
	p, id := f.do(ch, now)
	if len(p.Rows) != 3 || !p.Rows[1].New.SampledAt.Equal(monday.AddDate(0, 0, -2).Add(time.Minute)) {
		t.Fatalf("rows %+v", p.Rows)
	}
	s := f.samples(people[1])
	if len(s) != 2 || s[0].Result != regime.Cancelled || s[1].Result != regime.Negative || !s[1].SampledAt.Equal(monday.AddDate(0, 0, -2).Add(time.Minute)) ||
		s[1].Proof != screening.ProofStaff {
		t.Fatalf("moved: %+v", s)
	}
	if n := f.Count(`select count(*) from standing where counted_at = $1`, s[1].SampledAt); n != 1 {
		t.Error("the standing does not count from the true instant")
	}
	detail, err := f.Samples.Get(t.Context(), f.HR(f.Org), old[1], now)
	if err != nil || len(detail.Revisions) != 1 || detail.Revisions[0].Result != regime.Negative || detail.Revisions[0].Reason != "检测机构迟报" {
		t.Errorf("the old record: %+v (%v)", detail, err)
	}
	// The laboratory's sheet comes once more with the wrong day: it changes nothing.
	again := []screening.Input{{Employee: people[1], SampledAt: old[1].SampledAt, Result: regime.Negative}}
	if out, err := f.Samples.RecordBatch(t.Context(), f.HR(f.Org), again, now); err != nil || out[0].Kind != screening.Duplicate {
		t.Errorf("the wrong day again: %+v (%v)", out, err)
	}
	undo, err := f.corrections.Undo(t.Context(), f.HR(f.Org), id, "没有错", now)
	if err != nil {
		t.Fatal(err)
	}
	s = f.samples(people[1])
	if s[0].Result != regime.Negative || s[0].Rev != 3 || s[1].Result != regime.Cancelled {
		t.Errorf("undone: %+v", s)
	}
	b, err := f.corrections.Batch(t.Context(), f.HR(f.Org), undo)
	if err != nil || b.Corrected != 3 || !b.Rows[0].New.SampledAt.Equal(monday) || b.Undoes != id {
		t.Errorf("the undoing: %+v (%v)", b, err)
	}
	// Moved once more, over the record that was cancelled by the undoing.
	if _, id := f.do(ch, now); id == 0 {
		t.Error("cannot move again")
	}
}

func TestUndoWantsTheRecordsAsItLeftThem(t *testing.T) {
	f := setUp(t)
	people := f.Employees(4)
	for _, id := range people {
		f.tested(id, now.Add(-30*time.Hour), regime.ResultPending)
	}
	ch := dispute.Change{Kind: dispute.Report, Result: regime.Negative, ReportedAt: now.Add(-20 * time.Hour), Zone: screeningtest.Zone,
		Selection: dispute.Selection{From: now.Add(-48 * time.Hour), To: now, Result: dispute.ResultLate}}
	p, id := f.do(ch, now)
	if p.Counts().Corrected != 4 || p.Rows[0].Old.Result != "pending" || p.Rows[0].New.Result != "negative" || !p.Rows[0].New.ReportedAt.Equal(now.Add(-20*time.Hour)) {
		t.Fatalf("%+v", p)
	}
	correctSample(t, f, screening.NewKey(people[2], now.Add(-30*time.Hour)), 2, regime.Invalid)
	_, err := f.corrections.Undo(t.Context(), f.HR(f.Org), id, "撤销", now)
	wantRefusal(t, "one was corrected since", err, "dispute.refused.changed_since")
	if n := f.Count(`select count(*) from sample where result = 'negative'`); n != 3 {
		t.Errorf("%d records are as the batch left them", n)
	}
}

func TestAPreviewBindsTheBatch(t *testing.T) {
	f := setUp(t)
	people := f.Employees(2)
	key := f.tested(people[0], now.Add(-30*time.Hour), regime.ResultPending)
	ch := dispute.Change{Kind: dispute.Cancel, Zone: screeningtest.Zone, Selection: dispute.Selection{From: now.Add(-48 * time.Hour), To: now}}
	p, err := f.corrections.Preview(t.Context(), f.HR(f.Org), ch, now)
	if err != nil || len(p.Rows) != 1 || p.Rows[0].New.Result != "cancelled" {
		t.Fatalf("%+v (%v)", p, err)
	}
	do := func(ch dispute.Change, token string) error {
		_, err := f.corrections.Do(t.Context(), f.HR(f.Org), ch, token, "作废", now)
		return err
	}
	other := ch
	other.Selection.From = now.Add(-40 * time.Hour)
	wantRefusal(t, "another selection", do(other, p.Token), "dispute.refused.other_rows")
	correctSample(t, f, key, 1, regime.Negative)
	wantRefusal(t, "a record that was corrected meanwhile", do(ch, p.Token), "dispute.refused.other_rows")
	if p, err = f.corrections.Preview(t.Context(), f.HR(f.Org), ch, now); err != nil {
		t.Fatal(err)
	}
	f.tested(people[1], now.Add(-20*time.Hour), regime.ResultPending)
	wantRefusal(t, "a record that came meanwhile", do(ch, p.Token), "dispute.refused.other_rows")
	wantCode(t, "without a preview", do(ch, ""), errs.Conflict)
}

func TestBatchesStayInTheirEnterprise(t *testing.T) {
	f := setUp(t)
	mine, foreign := f.Employees(1), f.Employee(f.Foreign, f.Elsewhere, "外人")
	f.number([]int64{mine[0]})
	if _, err := f.Base.Owner.Exec(`update employee set employee_no = 'G900' where id = $1`, foreign); err != nil {
		t.Fatal(err)
	}
	ch := dispute.Change{Kind: dispute.Add, SampledAt: now.Add(-time.Hour), Result: regime.Negative, Zone: screeningtest.Zone,
		Selection: dispute.Selection{Numbers: []string{"G001", "G900"}}}
	p, id := f.do(ch, now)
	if len(p.Rows) != 1 || strings.Join(p.Unknown, "") != "G900" {
		t.Errorf("%+v", p)
	}
	_, err := f.corrections.Batch(t.Context(), f.HR(f.Foreign), id)
	wantCode(t, "opened by another enterprise", err, errs.NotFound)
	_, err = f.corrections.Undo(t.Context(), f.HR(f.Foreign), id, "撤销", now)
	wantCode(t, "undone by another enterprise", err, errs.NotFound)
	if res, err := f.corrections.Batches(t.Context(), f.HR(f.Foreign), dispute.BatchFilter{}); err != nil || res.Total != 0 {
		t.Errorf("another enterprise lists %d (%v)", res.Total, err)
	}
	_, err = f.corrections.Preview(t.Context(), f.Worker(f.Org, mine[0]), ch, now)
	wantCode(t, "a worker", err, errs.Forbidden)
	_, err = f.corrections.Preview(t.Context(), f.Leader(0, f.Team), ch, now)
	wantCode(t, "a leader", err, errs.Forbidden)
}

func TestWhatABatchCannotBe(t *testing.T) {
	f := setUp(t)
	days := dispute.Selection{From: now.Add(-48 * time.Hour), To: now}
	many := make([]string, dispute.MaxRows+1)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	for field, ch := range map[string]dispute.Change{
		"kind":    {Kind: dispute.Undo, Selection: days},
		"to":      {Kind: dispute.Cancel},
		"day":     {Kind: dispute.Move, Selection: days},
		"result":  {Kind: dispute.Report, Selection: days},
		"numbers": {Kind: dispute.Add, SampledAt: now, Result: regime.Negative},
	} {
		_, err := f.corrections.Preview(t.Context(), f.HR(f.Org), ch, now)
		if _, named := errs.FieldsOf(err)[field]; !named {
			t.Errorf("%s: %v", field, err)
		}
	}
	_, err := f.corrections.Preview(t.Context(), f.HR(f.Org), dispute.Change{Kind: dispute.Cancel, Selection: dispute.Selection{Numbers: many, From: days.From, To: days.To}}, now)
	if errs.FieldsOf(err)["numbers"].Key != "dispute.refused.too_many" {
		t.Errorf("too many numbers: %v", err)
	}
	me := f.Employees(1)[0]
	f.tested(me, now.Add(-30*time.Hour), regime.Negative)
	f.tested(me, now.Add(-40*time.Hour), regime.Negative)
	p, err := f.corrections.Preview(t.Context(), f.HR(f.Org), dispute.Change{Kind: dispute.Move, SampledAt: now.Add(-30 * time.Hour), Selection: days}, now)
	if err != nil || p.Counts() != (dispute.Counts{Unchanged: 1, Refused: 1}) || p.Rows[0].Message.Key+p.Rows[1].Message.Key != "screening.refused.taken" {
		t.Errorf("onto another record: %+v (%v)", p, err)
	}
	p, err = f.corrections.Preview(t.Context(), f.HR(f.Org), dispute.Change{Kind: dispute.Move, SampledAt: now.Add(time.Hour), Selection: days}, now)
	if err != nil || p.Counts().Refused != 2 || p.Rows[0].Message.Key != "screening.refused.future" {
		t.Errorf("into the future: %+v (%v)", p, err)
	}
}
