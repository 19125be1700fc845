package feed

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
)

// added is the outcome of a telling that was folded into a new record; 'new' are the samples that are still to be stored.
const added screening.Kind = "added"

// foldPage bounds how many tellings are folded with one set of statements.
const foldPage = 4000

// place is where a record lies.
type place struct {
	org int32
	screening.Key
}

// hit is a stored row of a passing table, or of a sample, as it is read.
type hit struct {
	screening.Row
	Org     int32 `db:"org"`
	Line    int   `db:"line"`
	Settled bool  `db:"settled"`
}

func (h *hit) place() place { return place{h.Org, screening.NewKey(h.Employee, h.SampledAt)} }

// A page of tellings that are to be folded, after a person; one more than fit.
const sqlToFold = `select org, employee_id, line, sampled_at, reported_at, tested_at, result, method, collect_mode, source, proof, institution, lab,
        barcode, note, settled, $1::bigint as entered_by, $2::timestamptz as entered_at
    from feed_hit where way = 'fold' and (org, employee_id) > ($3, $4)
    order by org, employee_id, sampled_at, line limit $5`

// fold takes in what does not stand alone: several tellings of one sample, and tellings of samples that are known.
func (f *feeder) fold(ctx context.Context, tx *sqlx.Tx, done *chunkResult) error {
	var after hit
	for limit := foldPage; ; {
		var hits []hit
		if err := tx.SelectContext(ctx, &hits, sqlToFold, f.sc.Account, f.at, after.Org, after.Employee, limit); err != nil {
			return fmt.Errorf("read tellings: %w", err)
		}
		if len(hits) == 0 {
			return nil
		}
		last := len(hits) < limit
		if !last {
			// The last person's tellings may go on beyond the page.
			cut := len(hits) - 1
			for cut > 0 && hits[cut-1].Org == hits[len(hits)-1].Org && hits[cut-1].Employee == hits[len(hits)-1].Employee {
				cut--
			}
			if cut == 0 {
				limit *= 2
				continue
			}
			hits = hits[:cut]
		}
		if err := f.foldPage(ctx, tx, hits, done); err != nil {
			return err
		}
		if after = hits[len(hits)-1]; last {
			return nil
		}
	}
}

// group is the tellings of one sample.
type group struct {
	place
	hits     []hit
	tellings []screening.Version
	screening.Folding
}

func (f *feeder) foldPage(ctx context.Context, tx *sqlx.Tx, hits []hit, done *chunkResult) error {
	groups, index, err := grouped(hits)
	if err != nil {
		return err
	}
	if err := lock(ctx, tx, groups); err != nil {
		return err
	}
	if err := load(ctx, tx, groups, index); err != nil {
		return err
	}
	if err := collect(ctx, tx, groups); err != nil {
		return err
	}
	var changed []screening.Folded
	var out outcomes
	for _, g := range groups {
		kinds, moved := g.Fold(g.tellings)
		if moved {
			r := screening.Folded{Org: g.org, Key: g.Key, Folding: g.Folding}
			changed = append(changed, r)
			done.note(&r)
		}
		for i, kind := range kinds {
			out.add(&g.hits[i], kind)
		}
	}
	if err := screening.StoreFolded(ctx, tx, f.sc, changed, "", f.at); err != nil {
		return err
	}
	return out.write(ctx, tx)
}

// grouped brings tellings, which lie in the order of their samples, together by sample.
func grouped(hits []hit) ([]*group, map[place]*group, error) {
	var groups []*group
	index := map[place]*group{}
	for i := range hits {
		p := hits[i].place()
		g := index[p]
		if g == nil {
			g = &group{place: p}
			groups, index[p] = append(groups, g), g
		}
		v, err := hits[i].Version()
		if err != nil {
			return nil, nil, err
		}
		g.hits, g.tellings = append(g.hits, hits[i]), append(g.tellings, v)
	}
	return groups, index, nil
}

func split(groups []*group) (orgs []int32, employees []int64, instants []time.Time, from, to time.Time) {
	from, to = groups[0].SampledAt, groups[0].SampledAt
	for _, g := range groups {
		orgs, employees, instants = append(orgs, g.org), append(employees, g.Employee), append(instants, g.SampledAt)
		if g.SampledAt.Before(from) {
			from = g.SampledAt
		}
		if g.SampledAt.After(to) {
			to = g.SampledAt
		}
	}
	return orgs, employees, instants, from, to
}

// The files are locked in the order of their keys, as a batch locks them, so that tellings of one sample follow each other.
const sqlLockFiles = `select 1 from employee e
        join (select distinct org, employee from unnest($1::integer[], $2::bigint[]) as d (org, employee)) u on e.org_id = u.org and e.id = u.employee
    order by e.org_id, e.id for no key update of e`

func lock(ctx context.Context, tx *sqlx.Tx, groups []*group) error {
	orgs, employees, _, _, _ := split(groups)
	if _, err := tx.ExecContext(ctx, sqlLockFiles, pq.Array(orgs), pq.Array(employees)); err != nil {
		return fmt.Errorf("lock files: %w", err)
	}
	return nil
}

const sqlLoad = `select s.org_id as org, s.employee_id, s.sampled_at, s.reported_at, s.tested_at, s.result, s.method, s.collect_mode, s.source, s.proof,
        s.institution, s.lab, s.barcode, s.note, coalesce(s.attachment_id, 0) as attachment_id, s.flag, s.entered_by, s.entered_at, s.rev
    from unnest($1::integer[], $2::bigint[], $3::timestamptz[]) as k (org, employee, sampled)
        join sample s on s.org_id = k.org and s.employee_id = k.employee and s.sampled_at = k.sampled
    where s.sampled_at >= $4 and s.sampled_at <= $5`

const sqlHeard = `select r.org_id as org, r.employee_id, r.sampled_at, r.body ->> 'result' as result, r.body ->> 'method' as method,
        r.body ->> 'proof' as proof
    from unnest($1::integer[], $2::bigint[], $3::timestamptz[]) as k (org, employee, sampled)
        join sample_revision r on r.org_id = k.org and r.employee_id = k.employee and r.sampled_at = k.sampled`

// load reads what is known of the samples, after their files were locked.
func load(ctx context.Context, tx *sqlx.Tx, groups []*group, index map[place]*group) error {
	orgs, employees, instants, from, to := split(groups)
	var known []hit
	err := tx.SelectContext(ctx, &known, sqlLoad, pq.Array(orgs), pq.Array(employees), pq.Array(instants), from, to)
	if err != nil {
		return fmt.Errorf("read samples: %w", err)
	}
	var revised []*group
	for i := range known {
		v, err := known[i].Version()
		if err != nil {
			return err
		}
		g := index[known[i].place()]
		if g.Known(v, known[i].Rev); known[i].Rev > 1 {
			revised = append(revised, g)
		}
	}
	if len(revised) == 0 {
		return nil
	}
	orgs, employees, instants, _, _ = split(revised)
	var heard []hit
	if err := tx.SelectContext(ctx, &heard, sqlHeard, pq.Array(orgs), pq.Array(employees), pq.Array(instants)); err != nil {
		return fmt.Errorf("read earlier versions: %w", err)
	}
	for i := range heard {
		v, err := heard[i].Version()
		if err != nil {
			return err
		}
		index[heard[i].place()].Heard(v)
	}
	return nil
}

const sqlPoolModes = `select k.org, k.barcode, mode() within group (order by s.collect_mode) as mode
    from unnest($1::integer[], $2::text[]) as k (org, barcode)
        join sample s on s.org_id = k.org and s.barcode = k.barcode
    where s.barcode <> '' and s.collect_mode <> 'single' and s.result <> 'cancelled'
    group by k.org, k.barcode`

type tubeKey struct {
	Org     int32  `db:"org"`
	Barcode string `db:"barcode"`
}

// collect settles how samples were collected where their tellings do not say so.
func collect(ctx context.Context, tx *sqlx.Tx, groups []*group) error {
	var orgs []int32
	var barcodes []string
	asked := map[tubeKey]bool{}
	for _, g := range groups {
		for i := range g.hits {
			h := &g.hits[i]
			if k := (tubeKey{h.Org, h.Barcode}); !h.Settled && h.Barcode != "" && !asked[k] {
				asked[k] = true
				orgs, barcodes = append(orgs, h.Org), append(barcodes, h.Barcode)
			}
		}
	}
	modes := map[tubeKey]regime.CollectMode{}
	if len(barcodes) > 0 {
		var rows []struct {
			tubeKey
			Mode regime.CollectMode `db:"mode"`
		}
		if err := tx.SelectContext(ctx, &rows, sqlPoolModes, pq.Array(orgs), pq.Array(barcodes)); err != nil {
			return fmt.Errorf("read tubes: %w", err)
		}
		for _, r := range rows {
			modes[r.tubeKey] = r.Mode
		}
	}
	for _, g := range groups {
		now := g.Now()
		for i := range g.hits {
			if h := &g.hits[i]; !h.Settled {
				g.tellings[i].Collected(now, modes[tubeKey{h.Org, h.Barcode}])
			}
		}
	}
	return nil
}

// outcomes are what became of folded tellings, for the passing table.
type outcomes struct {
	orgs  []int32
	lines []int32
	kinds []string
}

func (o *outcomes) add(h *hit, kind screening.Kind) {
	if kind == screening.Added {
		kind = added
	}
	o.orgs, o.lines, o.kinds = append(o.orgs, h.Org), append(o.lines, int32(h.Line)), append(o.kinds, string(kind))
}

const sqlOutcomes = `update feed_hit h set way = u.way from unnest($1::integer[], $2::integer[], $3::text[]) as u (org, line, way)
    where h.org = u.org and h.line = u.line and h.way = 'fold'`

func (o *outcomes) write(ctx context.Context, tx *sqlx.Tx) error {
	if _, err := tx.ExecContext(ctx, sqlOutcomes, pq.Array(o.orgs), pq.Array(o.lines), pq.Array(o.kinds)); err != nil {
		return fmt.Errorf("note outcomes: %w", err)
	}
	return nil
}
