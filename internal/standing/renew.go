package standing

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/regime"
)

// Candidate is a person whose newest sample is a new negative, with what the stored row and the file said before.
type Candidate struct {
	Org       int32
	Employee  int64
	Sample    regime.Sample
	At        time.Time // of the evaluation
	Category  string
	RenewFrom time.Time // null rows are no candidates
	Latest    sql.NullTime
	Due       sql.NullTime
	Evaluated time.Time
}

// Renewals are the new rows of candidates, ready for a statement that begins with FragRenewals.
type Renewals struct {
	People []int // places of those renewed among the candidates, in order; for the others the whole file must be read

	rows []row
	from []Candidate
}

// Renew computes rows without reading the files. The transaction must be that of all the orgs, or a job's.
func (s *Service) Renew(ctx context.Context, q db.Reader, people []Candidate) (*Renewals, error) {
	orgs := make([]int32, len(people))
	for i, p := range people {
		orgs[i] = p.Org
	}
	slices.Sort(orgs)
	type known struct {
		rules   regime.Rules
		decided time.Time
	}
	rules := make(map[int32]known)
	err := s.book.Current(ctx, q, slices.Compact(orgs), func(org int32, r regime.Rules, decided time.Time) { rules[org] = known{r, decided} })
	if err != nil {
		return nil, err
	}
	r := &Renewals{}
	for i, p := range people {
		k := rules[p.Org]
		// What the row says of the file was said under the rules that held when it was evaluated.
		if !p.Evaluated.After(k.decided) {
			continue
		}
		if row, ok := p.renew(k.rules); ok {
			r.People, r.rows, r.from = append(r.People, i), append(r.rows, row), append(r.from, p)
		}
	}
	return r, nil
}

func (p *Candidate) renew(rules regime.Rules) (row, bool) {
	if p.At.Before(p.Evaluated) || p.Latest.Valid && p.Sample.SampledAt.Before(p.Latest.Time) {
		return row{}, false
	}
	facts, ok := regime.Renew(rules, regime.Category(p.Category), p.Sample, p.At)
	if !ok {
		return row{}, false
	}
	r, _ := foretold(rules, p.Employee, facts, p.At)
	r.renewFrom = db.Instant(p.RenewFrom)
	return r, r.due.Valid && !r.due.Time.Before(p.At) && !r.due.Time.Before(p.RenewFrom)
}

// FragRenewals are the rows that Renewals.Args describes, from $1 to $15. A statement gives them the name renewal and ends with,
// or has within it, FragRenew.
const FragRenewals = `select org, employee, (states & 15)::smallint as s0, (states >> 4 & 15)::smallint as s1, (states >> 8 & 15)::smallint as s2,
        (states >> 12 & 15)::smallint as s3, coalesce(timestamptz 'epoch' + t1 * interval '1 microsecond', 'infinity') as t1,
        coalesce(timestamptz 'epoch' + t2 * interval '1 microsecond', 'infinity') as t2,
        coalesce(timestamptz 'epoch' + t3 * interval '1 microsecond', 'infinity') as t3, blocks,
        timestamptz 'epoch' + due * interval '1 microsecond' as due, timestamptz 'epoch' + sampled * interval '1 microsecond' as sampled,
        timestamptz 'epoch' + at * interval '1 microsecond' as at,
        coalesce(timestamptz 'epoch' + refresh * interval '1 microsecond', 'infinity') as refresh,
        timestamptz 'epoch' + renew * interval '1 microsecond' as renew, timestamptz 'epoch' + was * interval '1 microsecond' as was,
        timestamptz 'epoch' + was_latest * interval '1 microsecond' as was_latest,
        timestamptz 'epoch' + was_due * interval '1 microsecond' as was_due
    from unnest($1::integer[], $2::bigint[], $3::integer[], $4::bigint[], $5::bigint[], $6::bigint[], $7::boolean[], $8::bigint[], $9::bigint[],
            $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[])
        as u (org, employee, states, t1, t2, t3, blocks, due, sampled, at, refresh, renew, was, was_latest, was_due)`

// FragRenew stores the rows named renewal, each only if its row in the table is still the one that was read: who changed it
// meanwhile knew another fact.
const FragRenew = `update standing s
    set s0 = u.s0, s1 = u.s1, s2 = u.s2, s3 = u.s3, t1 = u.t1, t2 = u.t2, t3 = u.t3, held = false, blocks = u.blocks, due_at = u.due,
        counted_at = u.sampled, latest_at = u.sampled, evaluated_at = u.at, refresh_at = u.refresh
    from renewal u
    where s.org_id = u.org and s.employee_id = u.employee and s.evaluated_at = u.was and s.renew_from = u.renew
        and s.latest_at is not distinct from u.was_latest and s.due_at is not distinct from u.was_due
    returning s.org_id, s.employee_id`

const sqlRenew = `with renewal as (` + FragRenewals + `) ` + FragRenew

// Args are the parameters of FragRenewals.
func (r *Renewals) Args() []any {
	n := len(r.rows)
	var (
		orgs, states                        = make(db.Ints[int32], n), make(db.Ints[int32], n)
		employees                           = make(db.Ints[int64], n)
		t1, t2, t3, due, sampled, at, renew = instants(n), instants(n), instants(n), instants(n), instants(n), instants(n), instants(n)
		refresh, was, was_latest, was_due   = instants(n), instants(n), instants(n), instants(n)
		blocks                              = make([]bool, n)
	)
	for i := range r.rows {
		w, p := &r.rows[i], &r.from[i]
		orgs[i], employees[i], blocks[i] = p.Org, p.Employee, w.blocks
		for k, s := range w.state {
			states[i] |= int32(s) << (4 * k)
		}
		t1[i], t2[i], t3[i], due[i], refresh[i] = w.from[1].Time, w.from[2].Time, w.from[3].Time, w.due.Time, w.refreshAt.Time
		sampled[i], at[i], renew[i] = p.Sample.SampledAt, p.At, p.RenewFrom
		was[i], was_latest[i], was_due[i] = p.Evaluated, p.Latest.Time, p.Due.Time
	}
	return []any{orgs, employees, states, t1, t2, t3, pq.Array(blocks), due, sampled, at, refresh, renew, was, was_latest, was_due}
}

func instants(n int) db.Micros { return make(db.Micros, n) }

// store writes the rows and returns who was written.
func (r *Renewals) store(ctx context.Context, q db.Q) (map[person]bool, error) {
	var rows []person
	if err := q.SelectContext(ctx, &rows, sqlRenew, r.Args()...); err != nil {
		return nil, fmt.Errorf("store renewed standings: %w", err)
	}
	stored := make(map[person]bool, len(rows))
	for _, p := range rows {
		stored[p] = true
	}
	return stored, nil
}
