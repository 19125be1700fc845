package screening

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

// The files are locked in the order of their ids, so that two batches cannot wait for each other; and against each other
// only, not against a new row that names them.
const sqlLockFiles = `select id, coalesce(team_id, 0) as team_id from employee
    where org_id = $1 and id = any($2) order by id for no key update`

// Who only asks locks nobody.
const sqlTeamsOf = `select id, coalesce(team_id, 0) as team_id from employee where org_id = $1 and id = any($2)`

// lockFiles locks the files that the inputs are about and returns their teams.
func lockFiles(ctx context.Context, q db.Q, org int32, ins []Input) (map[int64]int64, error) {
	return readTeams(ctx, q, sqlLockFiles, org, ins)
}

// readTeams returns the teams of the files that the inputs are about, 0 for none.
func readTeams(ctx context.Context, q db.Q, query string, org int32, ins []Input) (map[int64]int64, error) {
	ids := make([]int64, len(ins))
	for i, in := range ins {
		ids[i] = in.Employee
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	var rows []struct {
		ID   int64 `db:"id"`
		Team int64 `db:"team_id"`
	}
	if err := q.SelectContext(ctx, &rows, query, org, pq.Array(ids)); err != nil {
		return nil, fmt.Errorf("read files: %w", err)
	}
	teams := make(map[int64]int64, len(rows))
	for _, r := range rows {
		teams[r.ID] = r.Team
	}
	return teams, nil
}

// The bounds let the planner leave out the months that are not asked for.
const sqlLoad = `select s.employee_id, s.sampled_at, s.reported_at, s.tested_at, s.result, s.method, s.collect_mode, s.source, s.proof,
        s.institution, s.lab, s.barcode, s.note, coalesce(s.attachment_id, 0) as attachment_id, s.flag, s.entered_by, s.entered_at, s.rev
    from sample s
        join unnest($2::bigint[], $3::timestamptz[]) as k (employee, sampled_at)
            on s.employee_id = k.employee and s.sampled_at = k.sampled_at
    where s.org_id = $1 and s.sampled_at >= $4 and s.sampled_at <= $5`

// row is a sample as stored.
type row struct {
	Employee    int64        `db:"employee_id"`
	SampledAt   time.Time    `db:"sampled_at"`
	ReportedAt  sql.NullTime `db:"reported_at"`
	TestedAt    sql.NullTime `db:"tested_at"`
	Result      string       `db:"result"`
	Method      string       `db:"method"`
	Mode        string       `db:"collect_mode"`
	Source      string       `db:"source"`
	Proof       string       `db:"proof"`
	Institution string       `db:"institution"`
	Lab         string       `db:"lab"`
	Barcode     string       `db:"barcode"`
	Note        string       `db:"note"`
	Attachment  int64        `db:"attachment_id"`
	Flag        string       `db:"flag"`
	EnteredBy   int64        `db:"entered_by"`
	EnteredAt   time.Time    `db:"entered_at"`
	Rev         int          `db:"rev"`
}

// Version is what the row says, without its key.
func (r *row) Version() (version, error) {
	result, err := regime.ParseResult(r.Result)
	if err != nil {
		return version{}, fmt.Errorf("read sample: %w", err)
	}
	return version{
		Result: result, Method: regime.Method(r.Method), Mode: regime.CollectMode(r.Mode), Source: regime.Source(r.Source),
		Proof: Proof(r.Proof), ReportedAt: r.ReportedAt.Time, TestedAt: r.TestedAt.Time, Institution: r.Institution, Lab: r.Lab,
		Barcode: r.Barcode, Note: r.Note, Attachment: r.Attachment, Flag: r.Flag, EnteredBy: r.EnteredBy, EnteredAt: r.EnteredAt,
	}, nil
}

// loadRecords reads what is known of the samples. A key without a record is left out. The keys are in order.
func loadRecords(ctx context.Context, q db.Q, org int32, keys []Key) (map[Key]*record, error) {
	records := make(map[Key]*record, len(keys))
	if len(keys) == 0 {
		return records, nil
	}
	employees, instants, from, to := split(keys)
	var rows []row
	if err := q.SelectContext(ctx, &rows, sqlLoad, org, pq.Array(employees), pq.Array(instants), from, to); err != nil {
		return nil, fmt.Errorf("read samples: %w", err)
	}
	var revised []Key
	for i := range rows {
		v, err := rows[i].Version()
		if err != nil {
			return nil, err
		}
		r := &record{}
		r.known(v, rows[i].Rev)
		k := NewKey(rows[i].Employee, rows[i].SampledAt)
		if records[k] = r; r.rev > 1 {
			revised = append(revised, k)
		}
	}
	return records, loadHeard(ctx, q, org, revised, records)
}

const sqlHeard = `select r.employee_id, r.sampled_at, r.body ->> 'result' as result, r.body ->> 'method' as method, r.body ->> 'proof' as proof
    from sample_revision r
        join unnest($2::bigint[], $3::timestamptz[]) as k (employee, sampled_at)
            on r.employee_id = k.employee and r.sampled_at = k.sampled_at
    where r.org_id = $1`

// loadHeard adds what the versions that do not stand say.
func loadHeard(ctx context.Context, q db.Q, org int32, keys []Key, records map[Key]*record) error {
	if len(keys) == 0 {
		return nil
	}
	employees, instants, _, _ := split(keys)
	var rows []row
	if err := q.SelectContext(ctx, &rows, sqlHeard, org, pq.Array(employees), pq.Array(instants)); err != nil {
		return fmt.Errorf("read earlier versions: %w", err)
	}
	for i := range rows {
		v, err := rows[i].Version()
		if err != nil {
			return err
		}
		records[NewKey(rows[i].Employee, rows[i].SampledAt)].hear(v)
	}
	return nil
}

// split makes arrays of keys, with the bounds of their instants.
func split(keys []Key) (employees []int64, instants []time.Time, from, to time.Time) {
	from, to = keys[0].SampledAt, keys[0].SampledAt
	for _, k := range keys {
		employees, instants = append(employees, k.Employee), append(instants, k.SampledAt)
		if k.SampledAt.Before(from) {
			from = k.SampledAt
		}
		if k.SampledAt.After(to) {
			to = k.SampledAt
		}
	}
	return employees, instants, from, to
}
