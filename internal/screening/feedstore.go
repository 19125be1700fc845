package screening

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
)

// They go in by the order of their keys, so that two chunks cannot wait for each other.
const sqlStoreFresh = `insert into sample (org_id, employee_id, sampled_at, reported_at, tested_at, result, method, collect_mode, source, proof,
        institution, lab, barcode, note, entered_by, entered_at)
    select org, employee_id, sampled_at, reported_at, tested_at, result, method, collect_mode, source, proof, institution, lab, barcode, note, $1, $2
    from feed_hit where way = 'new' order by org, employee_id, sampled_at
    returning org_id`

// StoreFresh stores the new samples of a feed's chunk from its passing table. One that is known already is an error of the table's
// key.
func StoreFresh(ctx context.Context, q db.Q, sc authz.Scope, at time.Time) error {
	if _, err := q.ExecContext(ctx, sqlStoreFresh, sc.Account, at); err != nil {
		return fmt.Errorf("store fed samples: %w", err)
	}
	return nil
}

// Folded is a record that tellings changed.
type Folded struct {
	Org int32
	Key
	Folding
}

const fragFolded = `unnest($1::integer[], $2::bigint[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::text[], $8::text[],
            $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::bigint[], $16::text[], $17::bigint[],
            $18::timestamptz[], $19::integer[], $20::integer[])
        as u (org, employee, sampled, reported, tested, result, method, mode, source, proof, institution, lab, barcode, note, attachment,
            flag, entered_by, entered_at, rev, base)`

const sqlStoreNew = `insert into sample (org_id, employee_id, sampled_at, reported_at, tested_at, result, method, collect_mode, source,
        proof, institution, lab, barcode, note, attachment_id, flag, entered_by, entered_at, rev)
    select u.org, u.employee, u.sampled, u.reported, u.tested, u.result, u.method, u.mode, u.source, u.proof, u.institution, u.lab,
        u.barcode, u.note, nullif(u.attachment, 0), u.flag, u.entered_by, u.entered_at, u.rev
    from ` + fragFolded + ` where u.base = 0
    on conflict (org_id, employee_id, sampled_at) do nothing`

const sqlStoreAgain = `update sample s
    set reported_at = u.reported, tested_at = u.tested, result = u.result, method = u.method, collect_mode = u.mode, source = u.source,
        proof = u.proof, institution = u.institution, lab = u.lab, barcode = u.barcode, note = u.note,
        attachment_id = nullif(u.attachment, 0), flag = u.flag, entered_by = u.entered_by, entered_at = u.entered_at, rev = u.rev
    from ` + fragFolded + `
    where s.org_id = u.org and s.employee_id = u.employee and s.sampled_at = u.sampled and s.rev = u.base and u.base > 0
        and s.sampled_at >= $21 and s.sampled_at <= $22`

// StoreFolded writes the version that stands of each changed record, in the order of their keys, and the versions that do not stand,
// with who caused that, when, and the reason if one was given. Plain tellings lock no file, so one may have come since the records
// were read: then nothing is to be kept, and the error is db.ErrAgain.
func StoreFolded(ctx context.Context, q db.Q, sc authz.Scope, all []Folded, reason string, at time.Time) error {
	if len(all) == 0 {
		return nil
	}
	var (
		n                                     = len(all)
		orgs, employees, instants             = make([]int32, n), make([]int64, n), make([]time.Time, n)
		reported, tested                      = make([]sql.NullTime, n), make([]sql.NullTime, n)
		result, method, mode, source, proof   = texts(n), texts(n), texts(n), texts(n), texts(n)
		institution, lab, barcode, note, flag = texts(n), texts(n), texts(n), texts(n), texts(n)
		attachment, by, entered, rev, base    = make([]int64, n), make([]int64, n), make([]time.Time, n), make([]int64, n), make([]int64, n)
		known                                 []time.Time
	)
	for i := range all {
		r, v := &all[i], all[i].now
		orgs[i], employees[i], instants[i] = r.Org, r.Employee, r.SampledAt
		reported[i], tested[i] = db.Instant(v.ReportedAt), db.Instant(v.TestedAt)
		result[i], method[i], mode[i], source[i] = v.Result.String(), string(v.Method), string(v.Mode), string(v.Source)
		proof[i], institution[i], lab[i], barcode[i], note[i] = string(v.Proof), v.Institution, v.Lab, v.Barcode, v.Note
		attachment[i], flag[i], by[i], entered[i], rev[i], base[i] = v.Attachment, v.Flag, v.EnteredBy, v.EnteredAt, int64(r.rev), int64(r.base)
		if r.base > 0 {
			known = append(known, r.SampledAt)
		}
	}
	args := []any{pq.Array(orgs), pq.Array(employees), pq.Array(instants), pq.Array(reported), pq.Array(tested), pq.Array(result),
		pq.Array(method), pq.Array(mode), pq.Array(source), pq.Array(proof), pq.Array(institution), pq.Array(lab), pq.Array(barcode),
		pq.Array(note), pq.Array(attachment), pq.Array(flag), pq.Array(by), pq.Array(entered), pq.Array(rev), pq.Array(base)}
	if err := storeAll(ctx, q, n-len(known), sqlStoreNew, args...); err != nil {
		return err
	}
	if len(known) > 0 {
		args = append(args, slices.MinFunc(known, time.Time.Compare), slices.MaxFunc(known, time.Time.Compare))
	}
	if err := storeAll(ctx, q, len(known), sqlStoreAgain, args...); err != nil {
		return err
	}
	return storeAsides(ctx, q, sc, all, reason, at)
}

// storeAll runs a statement that is to write so many records.
func storeAll(ctx context.Context, q db.Q, want int, query string, args ...any) error {
	if want == 0 {
		return nil
	}
	res, err := q.ExecContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("store samples: %w", err)
	}
	wrote, err := res.RowsAffected()
	if err == nil && wrote != int64(want) {
		err = fmt.Errorf("store samples: %d of %d: %w", wrote, want, db.ErrAgain)
	}
	return err
}

const sqlStoreAsides = `insert into sample_revision (org_id, employee_id, sampled_at, rev, body, reason, actor, actor_name, at)
    select u.org, u.employee, u.sampled, u.rev, u.body::jsonb, $6, $7, $8, $9
    from unnest($1::integer[], $2::bigint[], $3::timestamptz[], $4::integer[], $5::text[]) as u (org, employee, sampled, rev, body)
    returning org_id`

func storeAsides(ctx context.Context, q db.Q, sc authz.Scope, all []Folded, reason string, at time.Time) error {
	var (
		orgs            []int32
		employees, revs []int64
		instants        []time.Time
		bodies          []string
	)
	for i := range all {
		r := &all[i]
		for _, a := range r.aside {
			body, err := a.body()
			if err != nil {
				return err
			}
			orgs, employees, instants = append(orgs, r.Org), append(employees, r.Employee), append(instants, r.SampledAt)
			revs, bodies = append(revs, int64(a.rev)), append(bodies, body)
		}
	}
	if len(bodies) == 0 {
		return nil
	}
	_, err := q.ExecContext(ctx, sqlStoreAsides, pq.Array(orgs), pq.Array(employees), pq.Array(instants), pq.Array(revs), pq.Array(bodies),
		reason, sc.Account, sc.Actor, at)
	if err != nil {
		return fmt.Errorf("store earlier versions: %w", err)
	}
	return nil
}

func texts(n int) []string { return make([]string, n) }
