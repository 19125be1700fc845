package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/jobs"
	"github.com/fugong/fugong/internal/testkit"
)

var quiet = slog.New(slog.DiscardHandler)

func scheduler(t *testing.T, k *testkit.Kit, list ...jobs.Job) *jobs.Scheduler {
	t.Helper()
	s, err := jobs.NewScheduler(k.DB, clock.System(), quiet, list...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTwoServersRunASlotOnce(t *testing.T) {
	now := testkit.At(t, "03-24 07:30")
	k := testkit.New(t, now)
	var runs atomic.Int32
	job := jobs.Job{Name: "digest", Spec: "CRON_TZ=Asia/Shanghai 30 7 * * *", Run: func(context.Context, time.Time) (string, error) {
		runs.Add(1)
		return "", nil
	}}
	var wg sync.WaitGroup
	for range 6 {
		s := scheduler(t, k, job)
		wg.Go(func() {
			if err := s.Tick(context.Background(), now); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := runs.Load(); n != 1 {
		t.Errorf("the slot ran %d times, want once", n)
	}
}

// The slot is the last one at or before the instant, in the job's zone; one missed while no server ran is caught up once.
func TestAMissedSlotIsCaughtUpOnce(t *testing.T) {
	k := testkit.New(t, testkit.At(t, "03-24 07:30"))
	var slots []time.Time
	s := scheduler(t, k, jobs.Job{Name: "digest", Spec: "CRON_TZ=Asia/Shanghai 30 7 * * *", Run: func(_ context.Context, slot time.Time) (string, error) {
		slots = append(slots, slot)
		return "", nil
	}})
	for _, at := range []string{"03-24 07:29", "03-24 07:30", "03-24 07:31", "03-26 11:00", "03-26 11:01"} {
		if err := s.Tick(t.Context(), testkit.At(t, at)); err != nil {
			t.Fatal(err)
		}
	}
	want := []time.Time{testkit.At(t, "03-23 07:30"), testkit.At(t, "03-24 07:30"), testkit.At(t, "03-26 07:30")}
	if len(slots) != len(want) {
		t.Fatalf("slots %v, want %v", slots, want)
	}
	for i := range want {
		if !slots[i].Equal(want[i]) {
			t.Errorf("slot %d: %v, want %v", i, slots[i], want[i])
		}
	}
}

func TestAPassedSlotIsNotDoneAndTheNextOneIs(t *testing.T) {
	k := testkit.New(t, testkit.At(t, "03-24 07:30"))
	ran := map[string]int{}
	job := func(name, spec string) jobs.Job {
		return jobs.Job{Name: name, Spec: spec, Run: func(context.Context, time.Time) (string, error) {
			ran[name]++
			return "", nil
		}}
	}
	s := scheduler(t, k, job("night", "CRON_TZ=Asia/Shanghai 30 3 * * *"), job("often", "@every 1m"))
	if err := s.Pass(t.Context(), testkit.At(t, "03-24 09:00")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		at           string
		night, often int
	}{{"03-24 09:00", 0, 1}, {"03-25 03:29", 0, 2}, {"03-25 03:30", 1, 3}} {
		if err := s.Tick(t.Context(), testkit.At(t, c.at)); err != nil {
			t.Fatal(err)
		}
		if ran["night"] != c.night || ran["often"] != c.often {
			t.Errorf("by %s the jobs ran %v, want night %d, often %d", c.at, ran, c.night, c.often)
		}
	}
}

func TestAFailedSlotIsTriedAgainAFewTimes(t *testing.T) {
	now := testkit.At(t, "03-24 10:00")
	k := testkit.New(t, now)
	runs := 0
	s := scheduler(t, k, jobs.Job{Name: "shaky", Spec: "@every 1m", Run: func(context.Context, time.Time) (string, error) {
		if runs++; runs == 2 {
			panic("out of tea")
		}
		return "", errors.New("not today")
	}})
	for range 6 {
		if err := s.Tick(t.Context(), now); err == nil && runs < 3 {
			t.Error("the failure was swallowed")
		}
	}
	if runs != 3 {
		t.Errorf("%d attempts, want 3", runs)
	}
	if text := testkit.Get[string](k, `select error from job_run where job = 'shaky'`); text != "not today" {
		t.Errorf("recorded error %q", text)
	}
}

func TestATaskIsEnqueuedWithItsTransactionAndDoneOnce(t *testing.T) {
	k := testkit.New(t, testkit.At(t, "03-24 10:00"))
	var done atomic.Int32
	q := jobs.NewQueue(k.DB, quiet, 1)
	q.Handle("build", func(_ context.Context, task jobs.Task, _ bool, progress jobs.Progress) error {
		progress(5, 10)
		done.Add(int32(task.Ref))
		return nil
	})
	abandoned := errors.New("abandoned")
	for _, ref := range []int64{1, 10} {
		err := k.DB.InTx(t.Context(), db.Tenant{}, func(tx *sqlx.Tx) error {
			if _, err := jobs.Enqueue(t.Context(), tx, 1, "build", ref); err != nil {
				return err
			}
			if ref == 1 {
				return abandoned
			}
			return nil
		})
		if err != nil && !errors.Is(err, abandoned) {
			t.Fatal(err)
		}
	}
	for range 3 {
		if _, err := q.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if done.Load() != 10 {
		t.Errorf("did tasks summing to %d, want 10: only the committed one, once", done.Load())
	}
	st, err := jobs.StatusOf(t.Context(), k.DB.Pool(), 1, "build", 10)
	if err != nil || st.State != "done" || st.Done != st.Total {
		t.Errorf("status %+v (%v), want done", st, err)
	}
}

func TestATaskWhoseWorkerDiedIsTakenOver(t *testing.T) {
	k := testkit.New(t, testkit.At(t, "03-24 10:00"))
	id := testkit.Get[int64](k, `insert into task (org_id, kind, ref, state, attempts, run_after, lease_until, lease_owner, created_at)
		values (1, 'build', 7, 'running', 1, $1, $2, 'dead', $1) returning id`, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	runs := 0
	q := jobs.NewQueue(k.DB, quiet, 1)
	q.Handle("build", func(context.Context, jobs.Task, bool, jobs.Progress) error { runs++; return nil })
	if found, err := q.Step(t.Context()); err != nil || found {
		t.Fatalf("took a task whose lease runs (%v, %v)", found, err)
	}
	k.Exec(`update task set lease_until = $2 where id = $1`, id, time.Now().Add(-time.Second))
	if found, err := q.Step(t.Context()); err != nil || !found || runs != 1 {
		t.Errorf("did not take the task over (%v, %v, %d runs)", found, err, runs)
	}
}

func TestATaskThatKeepsFailingEndsAsFailed(t *testing.T) {
	k := testkit.New(t, testkit.At(t, "03-24 10:00"))
	k.Exec(`insert into task (org_id, kind, ref, run_after, created_at) values (1, 'build', 7, $1, $1)`, time.Now().Add(-time.Hour))
	var lasts []bool
	q := jobs.NewQueue(k.DB, quiet, 1)
	q.Handle("build", func(_ context.Context, _ jobs.Task, last bool, _ jobs.Progress) error {
		lasts = append(lasts, last)
		return errors.New("no")
	})
	for range 5 {
		if _, err := q.Step(t.Context()); err == nil && len(lasts) < 3 {
			t.Error("the failure was swallowed")
		}
		k.Exec(`update task set run_after = $1 where state = 'queued'`, time.Now().Add(-time.Second))
	}
	if len(lasts) != 3 || lasts[0] || !lasts[2] {
		t.Errorf("attempts %v, want three of which the last knows it", lasts)
	}
	if s := testkit.Get[string](k, `select state from task`); s != "failed" {
		t.Errorf("state %q, want failed", s)
	}
}
