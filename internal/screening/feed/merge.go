package feed

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/standing"
)

const (
	sqlMakeRows = `create temp table feed_row (like public.feed_row) on commit drop`
	sqlMakeHits = `create temp table feed_hit (like public.feed_hit) on commit drop`
	// Nothing is known of passing tables by which the planner could see that looking keys up one by one is right.
	sqlOneByOne = `select set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true), set_config('work_mem', '32MB', true)`
	sqlAsItSees = `select set_config('enable_hashjoin', 'on', true), set_config('enable_mergejoin', 'on', true)`
)

// A telling is new if it is the only one of its sample in the chunk and says all that matters; the rest is for folding. Whether the
// sample is known already is left open: storing will tell.
const (
	fragJudge = `insert into feed_hit
    select h.org, h.employee_id, h.line, case when h.times = 1 and (h.settled or h.barcode = '') then 'new' else 'fold' end, ` + fragTelling + `
    from (select m.*, count(*) over (partition by m.org, m.employee_id, m.sampled_at) as times from (`
	fragInOrder = `) m order by m.org, m.employee_id, m.sampled_at) h`
	fragRow     = `r.line, r.sampled_at, r.reported_at, r.tested_at, r.result, r.method, r.collect_mode, r.source, r.proof, r.institution, r.lab, r.barcode,
        r.note, r.late_reason, r.settled`
	fragTelling = `sampled_at, reported_at, tested_at, result, method, collect_mode, source, proof, institution, lab, barcode, note, late_reason, settled`

	// Whoever works at two enterprises has two files, and the sample belongs in both. Numbers are looked up in their order, which is
	// that of the index.
	sqlJudgeCity = fragJudge + `select e.org_id as org, e.id as employee_id, ` + fragRow + `
        from (select * from feed_row order by id_bidx offset 0) r
            join employee e on e.id_number_bidx = r.id_bidx and e.work_status <> 'resigned'` + fragInOrder

	// In the own enterprise a resigned person's file counts where there is no other.
	sqlJudgeOwn = fragJudge + `select e.org_id as org, e.id as employee_id, ` + fragRow + `
        from feed_row r join lateral (select f.org_id, f.id from employee f where f.org_id = $1 and f.id_number_bidx = r.id_bidx
            order by f.work_status = 'resigned', f.id desc limit 1) e on true
        where r.employee_id is null
        union all
        select e.org_id, e.id, ` + fragRow + `
        from feed_row r join employee e on e.org_id = $1 and e.id = r.employee_id` + fragInOrder
)

// merge takes a chunk in, in one transaction.
func (f *feeder) merge(ctx context.Context, c *chunk) error {
	tenant := f.sc.Tenant()
	if f.sc.CityLab() {
		tenant = db.Tenant{System: true} // whose files they are, the rows themselves say
	}
	var done chunkResult
	err := f.service.cfg.DB.InTxCopy(ctx, tenant, func(tx *sqlx.Tx, in db.CopyIn) error {
		for _, query := range []string{sqlMakeRows, sqlMakeHits, sqlOneByOne} {
			if _, err := tx.ExecContext(ctx, query); err != nil {
				return fmt.Errorf("prepare chunk: %w", err)
			}
		}
		if err := in(sqlCopyRows, c.blocks); err != nil {
			return err
		}
		done = chunkResult{}
		return f.mergeRows(ctx, tx, c, &done)
	})
	if err != nil {
		return fmt.Errorf("merge chunk: %w", err)
	}
	f.tally.add(0, done.counts)
	f.tally.refuse(done.refused, done.faults...)
	return nil
}

// chunkResult is what a chunk adds to the tally once it is committed.
type chunkResult struct {
	counts  map[screening.Kind]int
	refused int
	faults  []Fault
	moved   []standing.Moved // of folded records
	tubes   map[tubeKey]bool // of folded records
}

// note remembers what follows from a record that was folded.
func (r *chunkResult) note(f *screening.Folded) {
	v := f.Now()
	r.moved = append(r.moved, standing.Moved{Org: f.Org, Employee: f.Employee, Sample: regime.Sample{SampledAt: f.SampledAt, ReportedAt: v.ReportedAt,
		Result: v.Result, Method: v.Method, Mode: v.Mode, Source: v.Source}})
	for _, b := range f.Tubes() {
		if r.tubes == nil {
			r.tubes = map[tubeKey]bool{}
		}
		r.tubes[tubeKey{f.Org, b}] = true
	}
}

func (f *feeder) mergeRows(ctx context.Context, tx *sqlx.Tx, c *chunk, done *chunkResult) error {
	query, args := sqlJudgeOwn, []any{f.sc.Org}
	if f.sc.CityLab() {
		query, args = sqlJudgeCity, nil
	}
	if _, err := tx.ExecContext(ctx, query, args...); err != nil {
		return fmt.Errorf("find files: %w", err)
	}
	if _, err := tx.ExecContext(ctx, sqlAsItSees); err != nil {
		return fmt.Errorf("find files: %w", err)
	}
	if err := f.narrow(ctx, tx); err != nil {
		return err
	}
	if err := f.store(ctx, tx, c, done); err != nil {
		return err
	}
	if err := f.follow(ctx, tx, done); err != nil {
		return err
	}
	return f.conclude(ctx, tx, c, done)
}

// mostOrgs bounds for how many enterprises a transaction is entered by name. The policies compare each row with each of them, which
// for the thousands of a large chunk would cost more than all the rest.
const mostOrgs = 64

const sqlOrgs = `select distinct org from feed_hit limit $1`

// narrow leaves a laboratory's transaction, which had to look for people everywhere, to the enterprises that it found, unless they
// are many.
func (f *feeder) narrow(ctx context.Context, tx *sqlx.Tx) error {
	if !f.sc.CityLab() {
		return nil
	}
	var orgs []int32
	if err := tx.SelectContext(ctx, &orgs, sqlOrgs, mostOrgs+1); err != nil {
		return fmt.Errorf("list enterprises: %w", err)
	}
	if len(orgs) > mostOrgs {
		return nil
	}
	return db.Narrow(ctx, tx, db.Tenant{Orgs: orgs})
}

// Whatever repeats what stands with no stronger proof says nothing; any other telling of a known sample is to be folded in. The bounds
// let the planner leave out the months that are not asked for.
const sqlKnown = `update feed_hit h
    set way = case when s.result = h.result and (s.method = 'pcr') = (h.method = 'pcr') and (h.settled or h.result not in ('positive', 'suspicious'))
        and (s.proof = 'lab' or s.proof = 'staff' and h.proof = 'staff') then 'duplicate' else 'fold' end
    from sample s
    where h.way = 'new' and s.org_id = h.org and s.employee_id = h.employee_id and s.sampled_at = h.sampled_at
        and s.sampled_at >= $1 and s.sampled_at <= $2`

// store folds what is to be folded and stores the new samples. A laboratory sends nearly all of its samples once, so they are
// stored on the guess that none is known; where one is, they are looked up first, and so they are from then on in this feed.
func (f *feeder) store(ctx context.Context, tx *sqlx.Tx, c *chunk, done *chunkResult) error {
	if f.known.Load() {
		if _, err := tx.ExecContext(ctx, sqlKnown, c.from, c.to); err != nil {
			return fmt.Errorf("look up samples: %w", err)
		}
	}
	if err := f.fold(ctx, tx, done); err != nil {
		return err
	}
	err := screening.StoreFresh(ctx, tx, f.sc, f.at)
	if db.Constraint(err) != "" {
		f.known.Store(true)
		return db.ErrAgain
	}
	return err
}
