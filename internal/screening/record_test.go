package screening_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"pgregory.net/rapid"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/screening/screeningtest"
)

var now = screeningtest.Now

func input(employee int64, sampled time.Time, result regime.Result) screening.Input {
	return screening.Input{Employee: employee, SampledAt: sampled, Result: result, Institution: "张店区人民医院"}
}

// of reads a person's samples as the owner of the world.
func of(t *testing.T, w *screeningtest.World, employee int64) []screening.Sample {
	t.Helper()
	tx, err := w.Base.Owner.Beginx()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	samples, err := screening.OfEmployee(t.Context(), tx, w.Org, employee, now.Add(time.Hour), 100)
	if err != nil {
		t.Fatal(err)
	}
	return samples
}

func TestPendingThenResult(t *testing.T) {
	w := screeningtest.New(t)
	me := w.Employee(w.Org, w.Team, "张三")
	sc := w.Worker(w.Org, me)
	sampled := now.Add(-30 * time.Minute)
	out, err := w.Samples.Record(t.Context(), sc, input(me, sampled, regime.ResultPending), now)
	if err != nil || out.Kind != screening.Added {
		t.Fatalf("pending: %v %v", out.Kind, err)
	}
	if state, _ := w.State(me); regime.State(state) != regime.Pending {
		t.Errorf("state %v after a pending sample", regime.State(state))
	}
	later := now.Add(3 * time.Hour)
	w.Clock.Set(later)
	out, err = w.Samples.Record(t.Context(), sc, input(me, sampled.Add(300*time.Millisecond), regime.Negative), later)
	if err != nil || out.Kind != screening.Updated || out.Result != regime.Negative {
		t.Fatalf("result: %+v %v", out, err)
	}
	if state, _ := w.State(me); regime.State(state) != regime.OK {
		t.Errorf("state %v after a negative", regime.State(state))
	}
	samples := of(t, w, me)
	if len(samples) != 1 || samples[0].Rev != 2 || samples[0].Proof != screening.ProofSelf || !samples[0].ReportedAt.Equal(later) {
		t.Errorf("samples %+v", samples)
	}
	if n := w.Count(`select count(*) from sample_revision where org_id = $1 and employee_id = $2 and body ->> 'result' = 'pending'`, w.Org, me); n != 1 {
		t.Errorf("%d earlier versions kept", n)
	}
	if n := w.Count(`select count(*) from audit_log where org_id = $1 and employee_id = $2 and action = 'sample.record' and not is_read`, w.Org, me); n != 2 {
		t.Errorf("%d audit rows", n)
	}
}

func TestAntigenNeverCounts(t *testing.T) {
	w := screeningtest.New(t)
	me := w.Employee(w.Org, w.Team, "张三")
	in := input(me, now.Add(-time.Hour), regime.Negative)
	in.Method, in.Institution = regime.MethodAntigenSelf, ""
	if _, err := w.Samples.Record(t.Context(), w.Worker(w.Org, me), in, now); err != nil {
		t.Fatal(err)
	}
	if state, _ := w.State(me); regime.State(state).Tested() {
		t.Errorf("state %v after an antigen test", regime.State(state))
	}
	if got := of(t, w, me); len(got) != 1 || got[0].Method != regime.MethodAntigenSelf {
		t.Errorf("not stored: %+v", got)
	}
}

// try records a sample of an employee as a scope, each at an instant of its own.
func try(w *screeningtest.World, sc authz.Scope, employee int64) func(*testing.T) (screening.Outcome, error) {
	sampled := now.Add(-time.Duration(sc.Account) * time.Minute)
	return func(t *testing.T) (screening.Outcome, error) {
		return w.Samples.Record(t.Context(), sc, input(employee, sampled, regime.Negative), now)
	}
}

// TestReach: a worker reaches the own file, a leader the own teams, HR the org, nobody another org.
func TestReach(t *testing.T) {
	w := screeningtest.New(t)
	me, mate, far := w.Employee(w.Org, w.Team, "张三"), w.Employee(w.Org, w.Team, "李四"), w.Employee(w.Org, w.Other, "王五")
	foreign := w.Employee(w.Foreign, w.Elsewhere, "赵六")
	bureau := w.HR(w.Org)
	bureau.Role = "city_bureau"
	for _, tc := range []struct {
		name     string
		who      func(t *testing.T) (screening.Outcome, error)
		wantCode errs.Code
		proof    screening.Proof
	}{
		{"worker, own", try(w, w.Worker(w.Org, me), me), "", screening.ProofSelf},
		{"worker, a mate's", try(w, w.Worker(w.Org, me), mate), errs.NotFound, ""},
		{"worker, none", try(w, w.Worker(w.Org, me), 999999), errs.NotFound, ""},
		{"leader, a member's", try(w, w.Leader(me, w.Team), mate), "", screening.ProofStaff},
		{"leader, another team's", try(w, w.Leader(me, w.Team), far), errs.NotFound, ""},
		{"leader without teams", try(w, w.Leader(me), mate), errs.NotFound, ""},
		{"HR", try(w, w.HR(w.Org), far), "", screening.ProofStaff},
		{"HR, another org's", try(w, w.HR(w.Org), foreign), errs.NotFound, ""},
		{"bureau", try(w, bureau, far), errs.Forbidden, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out, err := tc.who(t)
			if tc.wantCode != "" {
				if !errs.Is(err, tc.wantCode) {
					t.Errorf("error %v, want %s", err, tc.wantCode)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			samples := of(t, w, out.Key.Employee)
			i := slices.IndexFunc(samples, func(s screening.Sample) bool { return s.Key == out.Key })
			if i < 0 || samples[i].Proof != tc.proof {
				t.Errorf("samples %+v, want proof %s", samples, tc.proof)
			}
		})
	}
	if n := w.Count(`select count(*) from sample where employee_id = $1`, foreign); n != 0 {
		t.Errorf("%d samples crossed the wall", n)
	}
	var seen int
	err := w.DB.Read(t.Context(), db.Tenant{Org: w.Foreign}, func(tx *sqlx.Tx) error {
		return tx.Get(&seen, `select (select count(*) from sample) + (select count(*) from sample_revision) + (select count(*) from attachment)`)
	})
	if err != nil || seen != 0 {
		t.Errorf("the database shows another org %d rows (%v)", seen, err)
	}
}

// TestConcurrentConflict: two results of one swab at the same time leave one record, the worse, flagged.
func TestConcurrentConflict(t *testing.T) {
	w := screeningtest.New(t)
	me := w.Employee(w.Org, w.Team, "张三")
	sampled := now.Add(-time.Hour)
	var wg sync.WaitGroup
	for _, result := range []regime.Result{regime.Negative, regime.Positive, regime.Negative, regime.ResultPending} {
		sc := w.HR(w.Org)
		wg.Go(func() {
			if _, err := w.Samples.Record(t.Context(), sc, input(me, sampled, result), now); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	samples := of(t, w, me)
	if len(samples) != 1 || samples[0].Result != regime.Positive || samples[0].Flag != screening.FlagConflict {
		t.Fatalf("samples %+v", samples)
	}
	if _, held := w.State(me); !held {
		t.Error("not held after a positive")
	}
	if n := w.Count(`select count(*) from sample_revision where employee_id = $1 and body ->> 'result' = 'negative'`, me); n != 1 {
		t.Errorf("the losing result is kept %d times", n)
	}
}

// TestConcurrentSamples: whoever comes last, the standing knows both samples, even when there was no standing before.
func TestConcurrentSamples(t *testing.T) {
	w := screeningtest.New(t)
	for range 8 {
		me := w.Employee(w.Org, w.Team, "张三")
		early, late := now.Add(-50*time.Hour), now.Add(-2*time.Hour)
		var wg sync.WaitGroup
		for _, sampled := range []time.Time{early, late} {
			sc := w.Worker(w.Org, me)
			wg.Go(func() {
				if _, err := w.Samples.Record(t.Context(), sc, input(me, sampled, regime.Negative), now); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := w.Count(`select count(*) from standing where employee_id = $1 and counted_at = $2`, me, late); n != 1 {
			t.Fatal("the standing does not count the later sample")
		}
	}
}

// TestBatchIgnoresOrder: the same sheet in any order, whole, in parts or again leaves the same samples and standings.
func TestBatchIgnoresOrder(t *testing.T) {
	w := screeningtest.New(t)
	people := w.Employees(6)
	sc := w.HR(w.Org)
	rapid.Check(t, func(rt *rapid.T) {
		rows := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) screening.Input {
			i := rapid.IntRange(0, 2).Draw(rt, "person")
			hours := rapid.IntRange(1, 4).Draw(rt, "hours")
			in := input(int64(i), now.Add(-time.Duration(hours)*time.Hour), rapid.SampledFrom(screening.Results()).Draw(rt, "result"))
			in.Proof = rapid.SampledFrom([]screening.Proof{screening.ProofStaff, screening.ProofLab}).Draw(rt, "proof")
			in.Lab = rapid.SampledFrom([]string{"", "市疾控"}).Draw(rt, "lab")
			return in
		}), 1, 8).Draw(rt, "rows")
		other := rapid.Permutation(rows).Draw(rt, "other")
		send := func(rows []screening.Input, first int) {
			batch := slices.Clone(rows)
			for i := range batch {
				batch[i].Employee = people[first+int(batch[i].Employee)]
			}
			if _, err := w.Samples.RecordBatch(t.Context(), sc, batch, now); err != nil {
				rt.Fatal(err)
			}
		}
		clear := func() {
			for _, q := range []string{`delete from sample_revision`, `delete from sample`, `delete from standing`} {
				if _, err := w.Base.Owner.Exec(q); err != nil {
					rt.Fatal(err)
				}
			}
		}
		clear()
		send(rows, 0)
		send(other, 3)
		for i := range 3 {
			if a, b := content(t, w, people[i]), content(t, w, people[3+i]); a != b {
				rt.Fatalf("person %d:\n%s\nin another order\n%s", i, a, b)
			}
		}
		before := content(t, w, people[0])
		revisions := w.Count(`select count(*) from sample_revision`)
		send(rows, 0)
		if after := content(t, w, people[0]); after != before || w.Count(`select count(*) from sample_revision`) != revisions {
			rt.Fatalf("repeating changed\n%s\ninto\n%s", before, after)
		}
	})
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

func picture(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 30)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPhoto(t *testing.T) {
	w := screeningtest.New(t)
	me, mate := w.Employee(w.Org, w.Team, "张三"), w.Employee(w.Org, w.Team, "李四")
	in := input(me, now.Add(-time.Hour), regime.Negative)
	in.Photo = picture(t)
	if _, err := w.Samples.Record(t.Context(), w.Worker(w.Org, me), in, now); err != nil {
		t.Fatal(err)
	}
	s := of(t, w, me)[0]
	if s.Proof != screening.ProofPhoto || s.Attachment == 0 {
		t.Fatalf("sample %+v", s)
	}
	if n := w.Count(`select count(*) from attachment where id = $1 and position('\xffd8'::bytea in data_enc) = 1`, s.Attachment); n != 0 {
		t.Error("the photo is not sealed")
	}
	for _, sc := range []struct {
		name string
		code errs.Code
		open func() (string, []byte, error)
	}{
		{"owner", "", func() (string, []byte, error) {
			return w.Samples.Attachment(t.Context(), w.Worker(w.Org, me), s.Attachment, now)
		}},
		{"HR", "", func() (string, []byte, error) {
			return w.Samples.Attachment(t.Context(), w.HR(w.Org), s.Attachment, now)
		}},
		{"mate", errs.NotFound, func() (string, []byte, error) {
			return w.Samples.Attachment(t.Context(), w.Worker(w.Org, mate), s.Attachment, now)
		}},
		{"leader", errs.NotFound, func() (string, []byte, error) {
			return w.Samples.Attachment(t.Context(), w.Leader(mate, w.Team), s.Attachment, now)
		}},
		{"foreign HR", errs.NotFound, func() (string, []byte, error) {
			return w.Samples.Attachment(t.Context(), w.HR(w.Foreign), s.Attachment, now)
		}},
	} {
		media, data, err := sc.open()
		if sc.code != "" {
			if !errs.Is(err, sc.code) || data != nil {
				t.Errorf("%s: %v, %d bytes", sc.name, err, len(data))
			}
			continue
		}
		if _, decodeErr := jpeg.Decode(bytes.NewReader(data)); err != nil || media != "image/jpeg" || decodeErr != nil {
			t.Errorf("%s: %v, %s, %v", sc.name, err, media, decodeErr)
		}
	}
	if n := w.Count(`select count(*) from audit_log where employee_id = $1 and action = 'attachment.open' and is_read`, me); n != 2 {
		t.Errorf("%d openings written down, want the two that succeeded", n)
	}
	in.Photo = []byte("not a picture")
	if _, err := w.Samples.Record(t.Context(), w.Worker(w.Org, me), in, now); errs.FieldsOf(err)["photo"].Key != "screening.photo.unsupported" {
		t.Errorf("a text as photo: %v", err)
	}
	if n := w.Count(`select count(*) from attachment`); n != 1 {
		t.Errorf("%d attachments", n)
	}
}

func TestCorrect(t *testing.T) {
	w := screeningtest.New(t)
	me := w.Employee(w.Org, w.Team, "张三")
	hr := w.HR(w.Org)
	out, err := w.Samples.Record(t.Context(), hr, input(me, now.Add(-time.Hour), regime.Positive), now)
	if err != nil {
		t.Fatal(err)
	}
	negative, cancelled := regime.Negative, regime.Cancelled
	correct := func(rev int, result *regime.Result, reason string) error {
		return w.Samples.Correct(t.Context(), hr, out.Key, screening.Changes{Rev: rev, Result: result}, reason, now)
	}
	if err := correct(1, &negative, " "); errs.FieldsOf(err)["reason"].Key != "error.required" {
		t.Errorf("without a reason: %v", err)
	}
	if err := correct(9, &negative, "录错"); !errs.Is(err, errs.Conflict) {
		t.Errorf("of a version that is gone: %v", err)
	}
	if err := w.Samples.Correct(t.Context(), w.HR(w.Foreign), out.Key, screening.Changes{Rev: 1, Result: &negative}, "录错", now); !errs.Is(err, errs.NotFound) {
		t.Errorf("by another org: %v", err)
	}
	if err := w.Samples.Correct(t.Context(), w.Worker(w.Org, me), out.Key, screening.Changes{Rev: 1, Result: &negative}, "录错", now); !errs.Is(err, errs.Forbidden) {
		t.Errorf("by the worker: %v", err)
	}
	if err := correct(1, nil, "没改"); !errs.Is(err, errs.Invalid) {
		t.Errorf("of nothing: %v", err)
	}
	if err := correct(1, &negative, "录错"); err != nil {
		t.Fatal(err)
	}
	if _, held := w.State(me); held {
		t.Error("still held")
	}
	if o, err := w.Samples.Record(t.Context(), hr, input(me, out.Key.SampledAt, regime.Positive), now); err != nil || o.Kind != screening.Duplicate {
		t.Errorf("repeating the mistake: %v %v", o.Kind, err)
	}
	if err := correct(2, &cancelled, "张冠李戴"); err != nil {
		t.Fatal(err)
	}
	if state, _ := w.State(me); regime.State(state).Tested() {
		t.Error("a cancelled sample counts")
	}
	if _, err := w.Samples.Record(t.Context(), hr, input(me, out.Key.SampledAt, regime.Invalid), now); errs.FieldsOf(err)["sampled_at"].Key != "screening.refused.cancelled" {
		t.Errorf("telling of a cancelled sample: %v", err)
	}
	d, err := w.Samples.Get(t.Context(), hr, out.Key, now)
	if err != nil {
		t.Fatal(err)
	}
	if d.Name != "张三" || d.Rev != 3 || len(d.Revisions) != 2 || d.Revisions[0].Result != regime.Negative || d.Revisions[1].Result != regime.Positive ||
		d.Revisions[0].Reason != "张冠李戴" || d.Revisions[1].Actor != hr.Actor {
		t.Errorf("history %+v", d)
	}
}

func TestUnflag(t *testing.T) {
	w := screeningtest.New(t)
	me := w.Employee(w.Org, w.Team, "张三")
	hr := w.HR(w.Org)
	sampled := now.Add(-time.Hour)
	for _, r := range []regime.Result{regime.Negative, regime.Invalid} {
		if _, err := w.Samples.Record(t.Context(), hr, input(me, sampled, r), now); err != nil {
			t.Fatal(err)
		}
	}
	s := of(t, w, me)[0]
	if err := w.Samples.Unflag(t.Context(), hr, s.Key, s.Rev, "以无效为准", now); err != nil {
		t.Fatal(err)
	}
	if s = of(t, w, me)[0]; s.Flagged() || s.Result != regime.Invalid || s.Rev != 3 {
		t.Errorf("sample %+v", s)
	}
	if err := w.Samples.Unflag(t.Context(), hr, s.Key, s.Rev, "再来", now); !errs.Is(err, errs.Conflict) {
		t.Errorf("unflagged twice: %v", err)
	}
}

func TestList(t *testing.T) {
	w := screeningtest.New(t)
	hr := w.HR(w.Org)
	var rows []screening.Input
	for i, id := range w.Employees(7) {
		result := regime.Negative
		if i%3 == 0 {
			result = regime.ResultPending
		}
		rows = append(rows, input(id, now.Add(-time.Duration(i/2)*time.Hour), result))
	}
	if _, err := w.Samples.RecordBatch(t.Context(), hr, rows, now); err != nil {
		t.Fatal(err)
	}
	stranger := w.Employee(w.Foreign, w.Elsewhere, "员工1")
	if _, err := w.Samples.Record(t.Context(), w.HR(w.Foreign), input(stranger, now, regime.Negative), now); err != nil {
		t.Fatal(err)
	}
	for _, ascending := range []bool{false, true} {
		f := screening.Filter{From: now.AddDate(0, 0, -1), To: now.AddDate(0, 0, 1), Ascending: ascending}
		f.Size = 3
		var forward []screening.Key
		var back string
		for range 5 {
			res, err := w.Samples.List(t.Context(), hr, f)
			if err != nil {
				t.Fatal(err)
			}
			if res.Total != 7 {
				t.Errorf("total %d", res.Total)
			}
			for _, r := range res.Rows {
				forward = append(forward, r.Key)
			}
			if f.After, back = res.Next, res.Prev; res.Next == "" {
				break
			}
		}
		if len(forward) != 7 || !slices.IsSortedFunc(forward, func(a, b screening.Key) int {
			if n := a.SampledAt.Compare(b.SampledAt); ascending {
				return n
			} else {
				return -n
			}
		}) {
			t.Errorf("ascending %v: %v", ascending, forward)
		}
		f.After, f.Before = "", back
		res, err := w.Samples.List(t.Context(), hr, f)
		if err != nil || len(res.Rows) != 3 || res.Rows[2].Key != forward[5] {
			t.Errorf("back from the last page: %v %v", res.Rows, err)
		}
	}
	for _, tc := range []struct {
		name string
		f    screening.Filter
		want int
	}{
		{"pending", screening.Filter{Result: "pending"}, 3},
		{"flagged", screening.Filter{Flagged: true}, 0},
		{"by laboratory", screening.Filter{Proof: screening.ProofLab}, 0},
		{"by staff", screening.Filter{Proof: screening.ProofStaff}, 7},
		{"by name", screening.Filter{Query: "员工3"}, 1},
		{"other team", screening.Filter{Team: w.Other}, 0},
		{"team", screening.Filter{Team: w.Team}, 7},
		{"wild card", screening.Filter{Query: "%"}, 0},
	} {
		tc.f.From, tc.f.To = now.AddDate(0, 0, -1), now.AddDate(0, 0, 1)
		res, err := w.Samples.List(t.Context(), hr, tc.f)
		if err != nil || len(res.Rows) != tc.want {
			t.Errorf("%s: %d rows, want %d (%v)", tc.name, len(res.Rows), tc.want, err)
		}
		all, err := w.Samples.Export(t.Context(), hr, tc.f, now)
		if err != nil || len(all) != tc.want {
			t.Errorf("%s: export of %d rows, want %d (%v)", tc.name, len(all), tc.want, err)
		}
	}
	if _, err := w.Samples.List(t.Context(), w.Leader(0, w.Team), screening.Filter{}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a leader lists results: %v", err)
	}
}

// TestMembers: who is due comes first, and the reach is the leader's teams.
func TestMembers(t *testing.T) {
	w := screeningtest.New(t)
	hr := w.HR(w.Org)
	clear, overdue, held := w.Employee(w.Org, w.Team, "甲"), w.Employee(w.Org, w.Team, "乙"), w.Employee(w.Org, w.Team, "丙")
	w.Employee(w.Org, w.Other, "丁")
	_, err := w.Samples.RecordBatch(t.Context(), hr, []screening.Input{
		input(clear, now.Add(-time.Hour), regime.Negative),
		input(overdue, now.AddDate(0, 0, -9), regime.Negative),
		input(held, now.Add(-time.Hour), regime.Positive),
	}, now)
	if err != nil {
		t.Fatal(err)
	}
	members, err := w.Samples.Members(t.Context(), w.Leader(0, w.Team), []int64{w.Team, w.Other, w.Elsewhere}, now)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range members {
		got = append(got, m.Name)
	}
	if strings.Join(got, "") != "乙甲丙" || members[2].Duty != screening.DutyAway {
		t.Errorf("members %+v", members)
	}
	if teams, err := w.Samples.Teams(t.Context(), w.Leader(0)); err != nil || len(teams) != 0 {
		t.Errorf("a leader without teams sees %v (%v)", teams, err)
	}
	if teams, err := w.Samples.Teams(t.Context(), hr); err != nil || len(teams) != 2 {
		t.Errorf("HR sees %v (%v)", teams, err)
	}
	names, err := w.Samples.Institutions(t.Context(), hr, clear, now)
	if err != nil || !slices.Equal(names, []string{"张店区人民医院"}) {
		t.Errorf("institutions %v (%v)", names, err)
	}
}
