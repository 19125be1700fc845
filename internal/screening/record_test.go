package screening_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

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
