package dispute

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
)

// seen is what records and standings say at one moment of a transaction.
type seen struct {
	records map[screening.Key]recordRow
	stands  map[int64]Stand
}

type recordRow struct {
	Employee   int64        `db:"employee_id"`
	SampledAt  time.Time    `db:"sampled_at"`
	Result     string       `db:"result"`
	ReportedAt sql.NullTime `db:"reported_at"`
	Rev        int          `db:"rev"`
}

const sqlRecords = `select s.employee_id, s.sampled_at, s.result, s.reported_at, s.rev
    from sample s join unnest($2::bigint[], $3::timestamptz[]) as k (employee, sampled_at)
        on s.employee_id = k.employee and s.sampled_at = k.sampled_at
    where s.org_id = $1`

const sqlStands = `select employee_id, held, due_at, standing_state($3, s0, t1, s1, t2, s2, t3, s3) as state
    from standing where org_id = $1 and employee_id = any($2)`

// look reads the records that the rows touch, and where their people stand.
func look(ctx context.Context, q db.Q, org int32, rows []Row, at time.Time) (seen, error) {
	s := seen{map[screening.Key]recordRow{}, map[int64]Stand{}}
	var employees []int64
	var instants []time.Time
	for _, r := range rows {
		for _, k := range r.keys() {
			employees, instants = append(employees, k.Employee), append(instants, k.SampledAt)
		}
	}
	var records []recordRow
	if err := q.SelectContext(ctx, &records, sqlRecords, org, pq.Array(employees), pq.Array(instants)); err != nil {
		return s, fmt.Errorf("read records: %w", err)
	}
	for _, r := range records {
		s.records[screening.NewKey(r.Employee, r.SampledAt)] = r
	}
	var stands []struct {
		Employee int64        `db:"employee_id"`
		Held     bool         `db:"held"`
		DueAt    sql.NullTime `db:"due_at"`
		State    regime.State `db:"state"`
	}
	if err := q.SelectContext(ctx, &stands, sqlStands, org, pq.Array(employees), at); err != nil {
		return s, fmt.Errorf("read standings: %w", err)
	}
	for _, r := range stands {
		st := Stand{State: r.State.String(), DueAt: r.DueAt.Time}
		switch {
		case r.Held:
			st.State = "held"
		case r.State == 0:
			st = Stand{} // has left
		}
		s.stands[r.Employee] = st
	}
	return s, nil
}

// keys are the records that a row may touch: where the sample stood and where it shall stand.
func (r *Row) keys() []screening.Key {
	to := screening.NewKey(r.Employee, r.target)
	if r.Old.SampledAt.IsZero() || to.SampledAt.Equal(r.Old.SampledAt) {
		return []screening.Key{to}
	}
	return []screening.Key{screening.NewKey(r.Employee, r.Old.SampledAt), to}
}

// compare fills in what the rows' records and people became.
func compare(ctx context.Context, q db.Q, org int32, rows []Row, before seen, at time.Time) error {
	after, err := look(ctx, q, org, rows, at)
	if err != nil {
		return err
	}
	for i := range rows {
		r := &rows[i]
		r.Before, r.After, r.New, r.Touched = before.stands[r.Employee], after.stands[r.Employee], r.Old, nil
		if !r.Changed() {
			continue
		}
		keys := r.keys()
		for _, k := range keys {
			if was, is := before.records[k].Rev, after.records[k].Rev; was != is {
				r.Touched = append(r.Touched, Touched{k.SampledAt, was, is})
			}
		}
		now := after.records[keys[len(keys)-1]]
		r.New = Told{now.SampledAt.UTC(), now.Result, now.ReportedAt.Time.UTC()}
	}
	return nil
}
