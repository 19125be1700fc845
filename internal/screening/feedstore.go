package screening

import (
	"context"
	"database/sql"
	"fmt"
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

const sqlStore = `insert into sample (org_id, employee_id, sampled_at, reported_at, tested_at, result, method, collect_mode, source,
        proof, institution, lab, barcode, note, attachment_id, flag, entered_by, entered_at, rev)
    select u.org, u.employee, u.sampled, u.reported, u.tested, u.result, u.method, u.mode, u.source, u.proof, u.institution, u.lab,
        u.barcode, u.note, nullif(u.attachment, 0), u.flag, u.entered_by, u.entered_at, u.rev
    from unnest($1::integer[], $2::bigint[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::text[], $8::text[],
            $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::bigint[], $16::text[], $17::bigint[],
            $18::timestamptz[], $19::integer[])
        as u (org, employee, sampled, reported, tested, result, method, mode, source, proof, institution, lab, barcode, note, attachment,
            flag, entered_by, entered_at, rev)
    on conflict (org_id, employee_id, sampled_at) do update
        set reported_at = excluded.reported_at, tested_at = excluded.tested_at, result = excluded.result, method = excluded.method,
            collect_mode = excluded.collect_mode, source = excluded.source, proof = excluded.proof,
            institution = excluded.institution, lab = excluded.lab, barcode = excluded.barcode, note = excluded.note,
            attachment_id = excluded.attachment_id, flag = excluded.flag, entered_by = excluded.entered_by,
            entered_at = excluded.entered_at, rev = excluded.rev`

// StoreFolded writes the version that stands of each changed record, in the order of their keys, and the versions that do not stand,
// with who caused that, when, and the reason if one was given.
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
		attachment, by, entered, rev          = make([]int64, n), make([]int64, n), make([]time.Time, n), make([]int64, n)
	)
	for i := range all {
		r, v := &all[i], all[i].now
		orgs[i], employees[i], instants[i] = r.Org, r.Employee, r.SampledAt
		reported[i], tested[i] = db.Instant(v.ReportedAt), db.Instant(v.TestedAt)
		result[i], method[i], mode[i], source[i] = v.Result.String(), string(v.Method), string(v.Mode), string(v.Source)
		proof[i], institution[i], lab[i], barcode[i], note[i] = string(v.Proof), v.Institution, v.Lab, v.Barcode, v.Note
		attachment[i], flag[i], by[i], entered[i], rev[i] = v.Attachment, v.Flag, v.EnteredBy, v.EnteredAt, int64(r.rev)
	}
	_, err := q.ExecContext(ctx, sqlStore, pq.Array(orgs), pq.Array(employees), pq.Array(instants), pq.Array(reported), pq.Array(tested),
		pq.Array(result), pq.Array(method), pq.Array(mode), pq.Array(source), pq.Array(proof), pq.Array(institution), pq.Array(lab),
		pq.Array(barcode), pq.Array(note), pq.Array(attachment), pq.Array(flag), pq.Array(by), pq.Array(entered), pq.Array(rev))
	if err != nil {
		return fmt.Errorf("store samples: %w", err)
	}
	return storeAsides(ctx, q, sc, all, reason, at)
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
