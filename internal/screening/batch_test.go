package screening_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/screening/screeningtest"
)

// tellings are a few rows of a sheet about one person, who is filled in later.
func tellings() *rapid.Generator[[]screening.Input] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) screening.Input {
		hours := rapid.IntRange(1, 3).Draw(t, "hours")
		in := input(0, now.Add(-time.Duration(hours)*time.Hour), rapid.SampledFrom(screening.Results()).Draw(t, "result"))
		in.Proof = rapid.SampledFrom([]screening.Proof{screening.ProofStaff, screening.ProofLab}).Draw(t, "proof")
		in.Method = rapid.SampledFrom(screening.Methods()).Draw(t, "method")
		in.Lab = rapid.SampledFrom([]string{"", "市疾控"}).Draw(t, "lab")
		return in
	}), 1, 6)
}

// TestBatchIgnoresOrder: the same sheet in any order or again leaves the same samples and standings. Each of many pairs of people
// has the same rows, in another order.
func TestBatchIgnoresOrder(t *testing.T) {
	const pairs = 150
	w := screeningtest.New(t)
	people := w.Employees(2 * pairs)
	var sheet, shuffled []screening.Input
	for i := range pairs {
		for _, in := range tellings().Example(i) {
			in.Employee = people[i]
			sheet = append(sheet, in)
			in.Employee = people[pairs+i]
			shuffled = append(shuffled, in)
		}
	}
	shuffled = rapid.Permutation(shuffled).Example(1)
	sc := w.HR(w.Org)
	send := func(rows []screening.Input) {
		t.Helper()
		if _, err := w.Samples.RecordBatch(t.Context(), sc, rows, now); err != nil {
			t.Fatal(err)
		}
	}
	send(sheet)
	send(shuffled)
	before := make([]string, pairs)
	flagged := 0
	for i := range pairs {
		before[i] = content(t, w, people[i])
		if other := content(t, w, people[pairs+i]); other != before[i] {
			t.Errorf("rows %+v\nleave %s\nin another order %s", tellings().Example(i), before[i], other)
		}
		if strings.Contains(before[i], screening.FlagConflict) {
			flagged++
		}
	}
	if flagged < 10 || flagged > pairs-10 {
		t.Errorf("%d of %d pairs are flagged: the rows show little", flagged, pairs)
	}
	revisions := w.Count(`select count(*) from sample_revision`)
	send(shuffled)
	send(sheet)
	for i := range pairs {
		if after := content(t, w, people[i]); after != before[i] {
			t.Errorf("repeating changed\n%s\ninto\n%s", before[i], after)
		}
	}
	if n := w.Count(`select count(*) from sample_revision`); n != revisions {
		t.Errorf("repeating kept %d more versions", n-revisions)
	}
}

// content is everything stored of a person that must not depend on the order of a batch.
func content(t *testing.T, w *screeningtest.World, employee int64) string {
	t.Helper()
	var text string
	err := w.Base.Owner.Get(&text, `select coalesce((select string_agg(concat_ws(' ', sampled_at, reported_at, tested_at, result, method, collect_mode,
				source, proof, institution, lab, flag, rev), '|' order by sampled_at) from sample where employee_id = $1), '') || ' / '
			|| coalesce((select concat_ws(' ', s0, s1, s2, s3, t1, t2, t3, held, blocks, due_at, counted_at, latest_at) from standing
				where employee_id = $1), '')`, employee)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestBatchOutcomes(t *testing.T) {
	w := screeningtest.New(t)
	a, b := w.Employee(w.Org, w.Team, "张三"), w.Employee(w.Org, w.Team, "李四")
	foreign := w.Employee(w.Foreign, w.Elsewhere, "赵六")
	sampled := now.Add(-time.Hour)
	out, err := w.Samples.RecordBatch(t.Context(), w.HR(w.Org), []screening.Input{
		input(a, sampled, regime.Positive), input(a, sampled, regime.Negative), input(a, sampled, regime.Negative),
		input(b, sampled, regime.Negative), input(foreign, sampled, regime.Negative), input(b, now.Add(time.Hour), regime.Negative),
	}, now)
	if err != nil {
		t.Fatal(err)
	}
	want := []screening.Kind{screening.Conflict, screening.Added, screening.Duplicate, screening.Added, screening.Refused, screening.Refused}
	for i, o := range out {
		if o.Kind != want[i] {
			t.Errorf("row %d: %s, want %s", i, o.Kind, want[i])
		}
	}
	if out[4].Field != "employee" || out[5].Field != "sampled_at" || out[5].Message.Key != "screening.refused.future" {
		t.Errorf("refusals %+v %+v", out[4], out[5])
	}
	if n := w.Count(`select count(*) from audit_log where org_id = $1 and action = 'sample.batch'`, w.Org); n != 1 {
		t.Errorf("%d audit rows for a batch", n)
	}
}

func TestLargeBatch(t *testing.T) {
	w := screeningtest.New(t)
	people := w.Employees(2500)
	rows := make([]screening.Input, 0, 4*len(people))
	for day := range 4 {
		for _, id := range people {
			in := input(id, now.AddDate(0, 0, -day).Add(-time.Hour), regime.Negative)
			in.Proof = screening.ProofLab
			rows = append(rows, in)
		}
	}
	for try, want := range []screening.Kind{screening.Added, screening.Duplicate} {
		start := time.Now()
		out, err := w.Samples.RecordBatch(t.Context(), w.HR(w.Org), rows, now)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d rows, %s: %v", len(rows), want, time.Since(start).Round(time.Millisecond))
		if i := slices.IndexFunc(out, func(o screening.Outcome) bool { return o.Kind != want }); i >= 0 {
			t.Fatalf("try %d row %d: %+v", try, i, out[i])
		}
	}
}
