// Package standing keeps one row per employee: where the person stands now and the instants at which that changes by itself,
// so that reading compares instants and no sweep is needed to make a state true. It is the only writer of that row. What the
// state is, package regime decides; this package brings it the rules and the facts and stores the answer.
//
// Records are never overwritten, so the package can also answer as of a past knowledge: what the records and rules told at an
// instant, beside what they tell of that instant today.
package standing

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/jobs"
	"github.com/fugong/fugong/internal/regime"
)

// batch bounds how many people are evaluated with one set of statements.
const batch = 2000

// Rulebook says which rules apply to an org, as confirmed by the instant known (zero: by now).
type Rulebook interface {
	For(ctx context.Context, q db.Q, org int32, known time.Time) (regime.Rules, error)
	// Current hands over the rules of each of the orgs as confirmed by now, and when the last of their changes was decided.
	Current(ctx context.Context, q db.Reader, orgs []int32, each func(org int32, r regime.Rules, decided time.Time)) error
}

// Service evaluates and stores standings.
type Service struct {
	db    *db.DB
	clock clock.Clock
	book  Rulebook
	watch Watcher
}

// New returns a service.
func New(d *db.DB, c clock.Clock, book Rulebook) *Service {
	return &Service{db: d, clock: c, book: book}
}

// Apply evaluates the employees at the instant and stores their rows, in the caller's transaction: whoever changes a fact
// calls it before committing. The rows are locked first, so that two writers of facts about one person follow each other and
// the second sees the first's.
func (s *Service) Apply(ctx context.Context, q db.Q, org int32, employees []int64, at time.Time) error {
	ids := slices.Clone(employees)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	for chunk := range slices.Chunk(ids, batch) {
		if err := s.apply(ctx, q, org, chunk, at); err != nil {
			return fmt.Errorf("standing of org %d: %w", org, err)
		}
	}
	return nil
}

const sqlLock = `select employee_id from standing where org_id = $1 and employee_id = any($2) order by employee_id for update`

func lock(ctx context.Context, q db.Q, org int32, ids []int64) error {
	var locked []int64
	if err := q.SelectContext(ctx, &locked, sqlLock, org, pq.Array(ids)); err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	return nil
}

func (s *Service) apply(ctx context.Context, q db.Q, org int32, ids []int64, at time.Time) error {
	if err := lock(ctx, q, org, ids); err != nil {
		return err
	}
	o, err := s.loadOrg(ctx, q, org, time.Time{})
	if err != nil {
		return err
	}
	files, err := evaluate(ctx, q, request{org: org, ids: ids}, map[int32]*orgRules{org: o}, at)
	if err != nil {
		return err
	}
	rows := make([]row, 0, len(files))
	var derived []Derived
	for k, f := range files {
		rows = append(rows, f.now.row)
		if d, differs := f.compareDerived(k.id, f.now.held); differs {
			derived = append(derived, d)
		}
	}
	slices.SortFunc(rows, func(a, b row) int { return int(a.employee - b.employee) })
	if err := store(ctx, q, org, rows, at); err != nil {
		return err
	}
	return s.tell(ctx, q, org, derived, at)
}

const sqlStale = `select org_id, employee_id from standing where refresh_at <= $1 order by org_id, employee_id limit $2`

const sqlStaleOrgs = `select distinct org_id from standing where refresh_at <= $1`

// Refresh evaluates the people whose row foretells no further than now, or whose hold has ended: mostly a few. When a version of
// the rules begins it is everyone.
func (s *Service) Refresh(ctx context.Context, now time.Time) (int, error) {
	n, err := s.refreshFew(ctx, now)
	if err != nil || n < batch {
		return n, err
	}
	var orgs []int32
	err = s.db.Read(ctx, db.Tenant{System: true}, func(tx *sqlx.Tx) error {
		orgs = nil
		return tx.SelectContext(ctx, &orgs, sqlStaleOrgs, now)
	})
	if err != nil {
		return n, fmt.Errorf("find orgs with stale standings: %w", err)
	}
	return n, s.RebuildOrgs(ctx, orgs, func(_ int32, people int) error {
		n += people
		return nil
	})
}

func (s *Service) refreshFew(ctx context.Context, now time.Time) (int, error) {
	var n int
	err := s.db.InTx(ctx, db.Tenant{System: true}, func(tx *sqlx.Tx) error {
		n = 0
		var stale []struct {
			Org      int32 `db:"org_id"`
			Employee int64 `db:"employee_id"`
		}
		if err := tx.SelectContext(ctx, &stale, sqlStale, now, batch); err != nil {
			return fmt.Errorf("find stale standings: %w", err)
		}
		byOrg := map[int32][]int64{}
		for _, r := range stale {
			byOrg[r.Org] = append(byOrg[r.Org], r.Employee)
		}
		for _, org := range sortedKeys(byOrg) { // as everybody locks
			if err := s.Apply(ctx, tx, org, byOrg[org], now); err != nil {
				return err
			}
			n += len(byOrg[org])
		}
		return nil
	})
	return n, err
}

const sqlEveryone = `select id from employee where org_id = $1 order by id`

func everyone(ctx context.Context, q db.Q, org int32) ([]int64, error) {
	var ids []int64
	if err := q.SelectContext(ctx, &ids, sqlEveryone, org); err != nil {
		return nil, fmt.Errorf("list employees: %w", err)
	}
	return ids, nil
}

const sqlMonths = `select ensure_sample_months($1)`

// Jobs are the refresh of stale rows, the nightly comparison of all rows with the records, the rebuilding of all rows, which nothing
// but a fault in the program should ever call for, and the making of sample partitions ahead.
func (s *Service) Jobs() []jobs.Job {
	return []jobs.Job{
		{Name: "standing.refresh", Spec: "@every 1m", Timeout: 10 * time.Minute, Run: func(ctx context.Context, _ time.Time) (string, error) {
			n, err := s.Refresh(ctx, s.clock.Now())
			return fmt.Sprintf("evaluated %d", n), err
		}},
		{Name: "rebuild-standing", Timeout: 2 * time.Hour, Run: func(ctx context.Context, _ time.Time) (string, error) {
			progress := jobs.ProgressOf(ctx)
			r, err := s.RebuildAll(ctx, func(done, people int) { progress(int64(done), int64(people)) })
			return r.String(), err
		}},
		{Name: "verify-standing", Spec: "CRON_TZ=Asia/Shanghai 30 3 * * *", Timeout: time.Hour, Run: func(ctx context.Context, _ time.Time) (string, error) {
			v, err := s.Verify(ctx, s.clock.Now())
			if err != nil {
				return "", err
			}
			return v.String(), v.Err()
		}},
		{Name: "sample.months", Spec: "CRON_TZ=Asia/Shanghai 5 0 * * *", Run: func(ctx context.Context, slot time.Time) (string, error) {
			n, err := s.EnsureMonths(ctx, slot)
			return fmt.Sprintf("made %d partitions", n), err
		}},
	}
}

// EnsureMonths makes the monthly partitions of samples around the instant; the server calls it at start, too.
func (s *Service) EnsureMonths(ctx context.Context, at time.Time) (int, error) {
	var n int
	if err := s.db.Pool().GetContext(ctx, &n, sqlMonths, at); err != nil {
		return 0, fmt.Errorf("make sample partitions: %w", err)
	}
	return n, nil
}
