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

// A row whose key nobody told of is new if it is alone in the chunk and says all that matters; one that repeats what stands with no
// stronger proof says nothing; the rest is for folding. The bounds let the planner leave out the months that are not asked for.
const (
	fragJudge = `insert into feed_hit
    select h.org, h.employee_id, h.line,
        case when h.times > 1 then 'fold'
            when s.result is null then case when h.settled or h.barcode = '' then 'new' else 'fold' end
            when s.result = h.result and (s.method = 'pcr') = (h.method = 'pcr') and (h.settled or h.result not in ('positive', 'suspicious'))
                and (s.proof = 'lab' or s.proof = 'staff' and h.proof = 'staff') then 'duplicate'
            else 'fold' end,
        h.sampled_at, h.reported_at, h.tested_at, h.result, h.method, h.collect_mode, h.source, h.proof, h.institution, h.lab, h.barcode,
        h.note, h.late_reason, h.settled
    from (select m.*, count(*) over (partition by m.org, m.employee_id, m.sampled_at) as times from (`
	fragKnown = `) m order by m.org, m.employee_id, m.sampled_at) h
        left join lateral (select k.result, k.method, k.proof from sample k
            where k.org_id = h.org and k.employee_id = h.employee_id and k.sampled_at = h.sampled_at and k.sampled_at >= $1 and k.sampled_at <= $2
            limit 1) s on true`
	fragRow = `r.line, r.sampled_at, r.reported_at, r.tested_at, r.result, r.method, r.collect_mode, r.source, r.proof, r.institution, r.lab,
        r.barcode, r.note, r.late_reason, r.settled`

	// Whoever works at two enterprises has two files, and the sample belongs in both.
	sqlJudgeCity = fragJudge + `select e.org_id as org, e.id as employee_id, ` + fragRow + `
        from feed_row r join employee e on e.id_number_bidx = r.id_bidx and e.work_status <> 'resigned'` + fragKnown

	// In the own enterprise a resigned person's file counts where there is no other.
	sqlJudgeOwn = fragJudge + `select e.org_id as org, e.id as employee_id, ` + fragRow + `
        from feed_row r join lateral (select f.org_id, f.id from employee f where f.org_id = $3 and f.id_number_bidx = r.id_bidx
            order by f.work_status = 'resigned', f.id desc limit 1) e on true
        where r.employee_id is null
        union all
        select e.org_id, e.id, ` + fragRow + `
        from feed_row r join employee e on e.org_id = $3 and e.id = r.employee_id` + fragKnown
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
	fresh   int              // samples stored from the passing table
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
	query, args := sqlJudgeOwn, []any{c.from, c.to, f.sc.Org}
	if f.sc.CityLab() {
		query, args = sqlJudgeCity, args[:2]
	}
	if _, err := tx.ExecContext(ctx, query, args...); err != nil {
		return fmt.Errorf("find files: %w", err)
	}
	if _, err := tx.ExecContext(ctx, sqlAsItSees); err != nil {
		return fmt.Errorf("find files: %w", err)
	}
	if err := f.fold(ctx, tx, done); err != nil {
		return err
	}
	if err := f.store(ctx, tx, done); err != nil {
		return err
	}
	if err := f.follow(ctx, tx, done); err != nil {
		return err
	}
	if err := f.record(ctx, tx, c); err != nil {
		return err
	}
	return f.conclude(ctx, tx, c, done)
}

const sqlNew = `select count(*) from feed_hit where way = 'new'`

// store stores the samples that nobody told of. Where somebody was quicker the chunk is judged again.
func (f *feeder) store(ctx context.Context, tx *sqlx.Tx, done *chunkResult) error {
	var expected int
	if err := tx.GetContext(ctx, &expected, sqlNew); err != nil {
		return fmt.Errorf("count new samples: %w", err)
	}
	n, err := screening.StoreFresh(ctx, tx, f.sc, f.at)
	if err != nil {
		return err
	}
	if done.fresh = n; n != expected {
		return db.ErrAgain
	}
	return nil
}
