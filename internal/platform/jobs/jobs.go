// Package jobs runs work outside requests: jobs on a cron schedule and tasks from a queue, both in the database, so that any
// number of servers share them, a slot or a task is done by one of them, and a killed process loses nothing.
//
// Slots are instants of the program's clock (a demo city or a test may live at another instant). Leases are instants of the
// machine's clock: they measure whether a process is alive.
package jobs

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
)

// Job is work on a schedule. Run must be idempotent for its slot: it may be started again when the process that ran it died.
// It returns a short result for the log of runs.
type Job struct {
	Name    string
	Spec    string // cron expression, for instance "CRON_TZ=Asia/Shanghai 30 7 * * *" or "@every 1m"; "" runs by hand only
	Timeout time.Duration
	Run     func(ctx context.Context, slot time.Time) (string, error)
}

const (
	tick        = time.Second
	maxAttempts = 3
	catchUp     = 24 * time.Hour // an older missed slot is history, not work
)

// Scheduler starts the jobs whose slots have come.
type Scheduler struct {
	db    *db.DB
	clock clock.Clock
	log   *slog.Logger
	owner string
	jobs  []scheduled
}

type scheduled struct {
	Job
	schedule cron.Schedule // nil: by hand only
	running  *sync.Mutex
}

// Owner names this process in claims and leases.
func Owner() string {
	b := make([]byte, 4)
	_, _ = rand.Read(b) // crypto/rand.Read never fails
	host, _ := os.Hostname()
	return fmt.Sprintf("%s/%d/%s", host, os.Getpid(), hex.EncodeToString(b))
}

// NewScheduler parses the specs of the jobs; a bad one is an error.
func NewScheduler(d *db.DB, c clock.Clock, log *slog.Logger, jobs ...Job) (*Scheduler, error) {
	s := &Scheduler{db: d, clock: c, log: log, owner: Owner()}
	for _, j := range jobs {
		var sch cron.Schedule
		if j.Spec != "" {
			var err error
			if sch, err = cron.ParseStandard(j.Spec); err != nil {
				return nil, fmt.Errorf("schedule of %s: %w", j.Name, err)
			}
		}
		s.jobs = append(s.jobs, scheduled{Job: j, schedule: sch, running: new(sync.Mutex)})
	}
	return s, nil
}

// Run ticks until the context ends, then waits for running jobs.
func (s *Scheduler) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	c := cron.New(cron.WithChain(cron.Recover(cron.DiscardLogger)))
	for _, j := range s.jobs {
		if j.schedule == nil {
			continue
		}
		c.Schedule(cron.Every(tick), cron.FuncJob(func() {
			if !j.running.TryLock() {
				return
			}
			defer j.running.Unlock()
			wg.Add(1)
			defer wg.Done()
			if err := s.due(ctx, j, s.clock.Now()); err != nil && ctx.Err() == nil {
				s.log.Error("job", "job", j.Name, "error", err)
			}
		}))
	}
	c.Start()
	<-ctx.Done()
	<-c.Stop().Done()
	wg.Wait()
	return nil
}

// Tick runs every job that has a slot at or before now which no server has finished; tests call it with a moved clock.
func (s *Scheduler) Tick(ctx context.Context, now time.Time) error {
	var failed []error
	for _, j := range s.jobs {
		if err := s.due(ctx, j, now); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", j.Name, err))
		}
	}
	return errors.Join(failed...)
}

// RunOnce runs a job by name for the slot now, whether due or not.
func (s *Scheduler) RunOnce(ctx context.Context, name string, now time.Time) (string, error) {
	for _, j := range s.jobs {
		if j.Name == name {
			return call(ctx, j.Job, now)
		}
	}
	return "", fmt.Errorf("no job named %q", name)
}

// Pass notes the last slot of every job of a certain hour as done, without doing it: for a database whose records were brought in as
// they stood after the last night. Jobs that run every so often are left to run.
func (s *Scheduler) Pass(ctx context.Context, now time.Time) error {
	for _, j := range s.jobs {
		if _, often := j.schedule.(cron.ConstantDelaySchedule); often || j.schedule == nil {
			continue
		}
		slot, ok := latestSlot(j.schedule, now)
		if !ok {
			continue
		}
		mine, err := s.claim(ctx, j, slot)
		if err == nil && mine {
			err = s.finish(ctx, j.Name, slot, "passed over", nil)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", j.Name, err)
		}
	}
	return nil
}

// Names lists the jobs.
func (s *Scheduler) Names() []string {
	out := make([]string, len(s.jobs))
	for i, j := range s.jobs {
		out[i] = j.Name
	}
	return out
}

func (s *Scheduler) due(ctx context.Context, j scheduled, now time.Time) error {
	if j.schedule == nil {
		return nil
	}
	slot, ok := latestSlot(j.schedule, now)
	if !ok {
		return nil
	}
	mine, err := s.claim(ctx, j, slot)
	if err != nil || !mine {
		return err
	}
	start := time.Now()
	result, err := call(ctx, j.Job, slot)
	if took := time.Since(start); took > time.Minute {
		s.log.Warn("slow job", "job", j.Name, "took", took)
	}
	return errors.Join(err, s.finish(context.WithoutCancel(ctx), j.Name, slot, result, err))
}

// latestSlot finds the last slot at or before now. Of several missed slots only the last is run: jobs cover a range up to
// their slot, not a single instant.
func latestSlot(sch cron.Schedule, now time.Time) (time.Time, bool) {
	if every, ok := sch.(cron.ConstantDelaySchedule); ok {
		return now.Truncate(every.Delay), true
	}
	var last time.Time
	for back := time.Hour; back <= catchUp; back *= 2 {
		for at := sch.Next(now.Add(-back)); !at.IsZero() && !at.After(now); at = sch.Next(at) {
			last = at
		}
		if !last.IsZero() {
			return last, true
		}
	}
	for at := sch.Next(now.Add(-catchUp)); !at.IsZero() && !at.After(now); at = sch.Next(at) {
		last = at
	}
	return last, !last.IsZero()
}

const sqlClaim = `insert into job_run (job, slot, owner, started_at, lease_until)
    values ($1, $2, $3, $4, $5)
    on conflict (job, slot) do update
        set owner = excluded.owner, started_at = excluded.started_at, lease_until = excluded.lease_until,
            attempts = job_run.attempts + 1
        where job_run.finished_at is null and job_run.lease_until < $4 and job_run.attempts < $6
    returning owner`

func (s *Scheduler) claim(ctx context.Context, j scheduled, slot time.Time) (bool, error) {
	timeout := j.Timeout
	if timeout == 0 {
		timeout = time.Minute
	}
	var owners []string
	now := time.Now()
	err := s.db.Pool().SelectContext(ctx, &owners, sqlClaim, j.Name, slot, s.owner, now, now.Add(timeout), maxAttempts)
	if err != nil {
		return false, fmt.Errorf("claim slot: %w", err)
	}
	return len(owners) == 1, nil
}

// A failed slot gives its lease back at once, so that the next tick tries again until the attempts are used up.
const sqlFinish = `update job_run
    set finished_at = case when $3 = '' or attempts >= $5 then $4::timestamptz end, result = $6, error = $3, lease_until = $4
    where job = $1 and slot = $2 and owner = $7`

func (s *Scheduler) finish(ctx context.Context, job string, slot time.Time, result string, failure error) error {
	text := ""
	if failure != nil {
		text = failure.Error()
	}
	_, err := s.db.Pool().ExecContext(ctx, sqlFinish, job, slot, text, time.Now(), maxAttempts, result, s.owner)
	if err != nil {
		return fmt.Errorf("finish slot: %w", err)
	}
	return nil
}

// call runs the job within its timeout and turns a panic into an error.
func call(ctx context.Context, j Job, slot time.Time) (result string, err error) {
	timeout := j.Timeout
	if timeout == 0 {
		timeout = time.Minute
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return j.Run(ctx, slot)
}

type progressKey struct{}

// WithProgress lets whoever runs a job by hand hear how far it has come.
func WithProgress(ctx context.Context, p Progress) context.Context {
	return context.WithValue(ctx, progressKey{}, p)
}

// ProgressOf is how a job tells of it; mostly nobody listens.
func ProgressOf(ctx context.Context) Progress {
	if p, ok := ctx.Value(progressKey{}).(Progress); ok {
		return p
	}
	return func(int64, int64) {}
}

const sqlForget = `delete from job_run where finished_at is not null and slot < $1`

// Housekeeping is the job that forgets runs older than thirty days.
func Housekeeping(d *db.DB) Job {
	return Job{Name: "jobs.housekeeping", Spec: "17 3 * * *", Run: func(ctx context.Context, slot time.Time) (string, error) {
		res, err := d.Pool().ExecContext(ctx, sqlForget, slot.AddDate(0, 0, -30))
		if err != nil {
			return "", err
		}
		n, err := res.RowsAffected()
		return fmt.Sprintf("forgot %d", n), err
	}}
}
