package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/platform/db"
)

// Task is one piece of work that a transaction asked for.
type Task struct {
	ID       int64  `db:"id"`
	Org      int32  `db:"org_id"`
	Kind     string `db:"kind"`
	Ref      int64  `db:"ref"` // id of the thing to work on, within the org
	Attempts int    `db:"attempts"`
}

// Progress tells how far a task has come; the reader polls it.
type Progress func(done, total int64)

// Handler does tasks of one kind. It must be safe to start again from the beginning. Last tells that no further attempt
// follows, so that the handler can record a failure for the reader.
type Handler func(ctx context.Context, t Task, last bool, progress Progress) error

const (
	channel   = "fugong_task"
	leaseTime = 20 * time.Second
	pollEvery = 3 * time.Second
	taskTries = 3
)

// Queue claims and does tasks.
type Queue struct {
	db       *db.DB
	log      *slog.Logger
	owner    string
	handlers map[string]Handler
	workers  int
}

// NewQueue prepares a queue with as many workers.
func NewQueue(d *db.DB, log *slog.Logger, workers int) *Queue {
	return &Queue{db: d, log: log, owner: Owner(), handlers: map[string]Handler{}, workers: workers}
}

// Handle registers the handler of a kind, before Run.
func (q *Queue) Handle(kind string, h Handler) { q.handlers[kind] = h }

const sqlEnqueue = `insert into task (org_id, kind, ref, run_after, created_at) values ($1, $2, $3, $4, $4) returning id`

const sqlNotify = `select pg_notify($1, '')`

// Enqueue adds a task in the caller's transaction; workers wake when it commits.
func Enqueue(ctx context.Context, tx db.Q, org int32, kind string, ref int64) (int64, error) {
	var id int64
	if err := tx.GetContext(ctx, &id, sqlEnqueue, org, kind, ref, time.Now()); err != nil {
		return 0, fmt.Errorf("enqueue %s: %w", kind, err)
	}
	if _, err := tx.ExecContext(ctx, sqlNotify, channel); err != nil {
		return 0, fmt.Errorf("notify: %w", err)
	}
	return id, nil
}

// Status is what a reader sees of a task.
type Status struct {
	State string `db:"state"`
	Done  int64  `db:"done"`
	Total int64  `db:"total"`
}

const sqlStatus = `select state, done, total from task where kind = $1 and org_id = $2 and ref = $3 order by id desc limit 1`

// StatusOf returns the newest task of a kind for a thing.
func StatusOf(ctx context.Context, q db.Q, org int32, kind string, ref int64) (Status, error) {
	var s Status
	err := q.GetContext(ctx, &s, sqlStatus, kind, org, ref)
	return s, db.OneRow(err)
}

// Run does tasks until the context ends; a task in hand is given back unfinished and starts again elsewhere.
func (q *Queue) Run(ctx context.Context) error {
	wake := make(chan struct{}, 1)
	l := pq.NewListener(q.db.DSN(), time.Second, time.Minute, nil)
	defer l.Close()
	if err := l.Listen(channel); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	var wg sync.WaitGroup
	for range q.workers {
		wg.Go(func() { q.work(ctx, wake) })
	}
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-l.Notify:
		case <-time.After(pollEvery):
		}
		select {
		case wake <- struct{}{}:
		default:
		}
	}
	wg.Wait()
	return nil
}

func (q *Queue) work(ctx context.Context, wake chan struct{}) {
	for {
		found, err := q.Step(ctx)
		if err != nil && ctx.Err() == nil {
			q.log.Error("task", "error", err)
		}
		if found && ctx.Err() == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-wake:
		}
	}
}

const sqlClaimTask = `update task set state = 'running', lease_owner = $1, lease_until = $2, attempts = attempts + 1
    where id = (select id from task
        where run_after <= $3 and (state = 'queued' or state = 'running' and lease_until < $3)
        order by run_after, id limit 1 for update skip locked)
    returning id, org_id, kind, ref, attempts`

// Step does one task if there is one, and says whether there was.
func (q *Queue) Step(ctx context.Context) (bool, error) {
	now := time.Now()
	var claimed []Task
	if err := q.db.Pool().SelectContext(ctx, &claimed, sqlClaimTask, q.owner, now.Add(leaseTime), now); err != nil {
		return false, fmt.Errorf("claim task: %w", err)
	}
	if len(claimed) == 0 {
		return false, nil
	}
	t := claimed[0]
	return true, q.settle(context.WithoutCancel(ctx), t, ctx, q.do(ctx, t))
}

func (q *Queue) do(ctx context.Context, t Task) (err error) {
	h, ok := q.handlers[t.Kind]
	if !ok {
		return fmt.Errorf("no handler for task kind %q", t.Kind)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go q.keepLease(ctx, cancel, t.ID)
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in %s: %v\n%s", t.Kind, p, debug.Stack())
		}
	}()
	return h(ctx, t, t.Attempts >= taskTries, q.progress(ctx, t.ID))
}

const sqlLease = `update task set lease_until = $3 where id = $1 and lease_owner = $2 and state = 'running'`

var errLeaseLost = errors.New("lease lost to another worker")

func (q *Queue) keepLease(ctx context.Context, cancel context.CancelCauseFunc, id int64) {
	t := time.NewTicker(leaseTime / 4)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		res, err := q.db.Pool().ExecContext(ctx, sqlLease, id, q.owner, time.Now().Add(leaseTime))
		if err != nil {
			continue // the lease still runs; the next tick tries again
		}
		if n, err := res.RowsAffected(); err == nil && n == 0 {
			cancel(errLeaseLost)
			return
		}
	}
}

const sqlProgress = `update task set done = $2, total = $3 where id = $1`

// progress writes at most four times a second, so that a fast task is not slowed by its own bar.
func (q *Queue) progress(ctx context.Context, id int64) Progress {
	var last time.Time
	return func(done, total int64) {
		if done < total && time.Since(last) < 250*time.Millisecond {
			return
		}
		last = time.Now()
		if _, err := q.db.Pool().ExecContext(ctx, sqlProgress, id, done, total); err != nil {
			q.log.Warn("task progress", "task", id, "error", err)
		}
	}
}

const sqlDone = `update task set state = 'done', finished_at = $2, error = '', done = total where id = $1 and lease_owner = $3`

const sqlRetry = `update task set state = case when attempts >= $3 then 'failed' else 'queued' end, error = $2,
    lease_until = null, run_after = $4, finished_at = case when attempts >= $3 then $5::timestamptz end
    where id = $1 and lease_owner = $6`

// A task that ended because the server is stopping goes back without counting the attempt.
const sqlGiveBack = `update task set state = 'queued', lease_until = null, attempts = attempts - 1 where id = $1 and lease_owner = $2`

func (q *Queue) settle(ctx context.Context, t Task, run context.Context, failure error) error {
	var err error
	now := time.Now()
	switch {
	case failure == nil:
		_, err = q.db.Pool().ExecContext(ctx, sqlDone, t.ID, now, q.owner)
	case run.Err() != nil:
		_, err = q.db.Pool().ExecContext(ctx, sqlGiveBack, t.ID, q.owner)
		return err
	default:
		wait := time.Duration(t.Attempts*t.Attempts) * time.Second
		_, err = q.db.Pool().ExecContext(ctx, sqlRetry, t.ID, failure.Error(), taskTries, now.Add(wait), now, q.owner)
	}
	return errors.Join(failure, err)
}
