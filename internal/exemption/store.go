package exemption

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

// The files are locked in the order of their ids, so that two writers about one person follow each other.
const sqlLockFiles = `select id from employee where org_id = $1 and id = any($2) order by id for no key update`

// lockFiles locks the files that the tellings are about and says which of them exist.
func lockFiles[T any](ctx context.Context, q db.Q, org int32, ins []T, of func(T) int64) (map[int64]bool, error) {
	ids := make([]int64, len(ins))
	for i, in := range ins {
		ids[i] = of(in)
	}
	var found []int64
	if err := q.SelectContext(ctx, &found, sqlLockFiles, org, pq.Array(ids)); err != nil {
		return nil, fmt.Errorf("lock files: %w", err)
	}
	known := make(map[int64]bool, len(found))
	for _, id := range found {
		known[id] = true
	}
	return known, nil
}

// entryRow is the part that both tables share.
type entryRow struct {
	Employee     int64        `db:"employee_id"`
	ID           int64        `db:"id"`
	Source       string       `db:"source"`
	Actor        string       `db:"actor_name"`
	EnteredAt    time.Time    `db:"entered_at"`
	CancelledAt  sql.NullTime `db:"cancelled_at"`
	CancelledBy  string       `db:"cancelled_name"`
	CancelReason string       `db:"cancel_reason"`
}

func (r *entryRow) open() Entry {
	return Entry{Employee: r.Employee, ID: r.ID, Source: Source(r.Source), Actor: r.Actor, EnteredAt: r.EnteredAt,
		CancelledAt: r.CancelledAt.Time, CancelledBy: r.CancelledBy, CancelReason: r.CancelReason}
}

type exemptionRow struct {
	entryRow
	Ground string       `db:"ground"`
	From   time.Time    `db:"from_at"`
	To     sql.NullTime `db:"to_at"`
	Proof  string       `db:"proof"`
}

func (r *exemptionRow) open() Exemption {
	return Exemption{Entry: r.entryRow.open(), Ground: r.Ground, From: r.From, To: r.To.Time, Proof: r.Proof}
}

type doseRow struct {
	entryRow
	Number  int          `db:"dose"`
	At      sql.NullTime `db:"at"`
	Product string       `db:"product"`
	None    string       `db:"none_reason"`
}

func (r *doseRow) open() Dose {
	return Dose{Entry: r.entryRow.open(), Number: r.Number, At: r.At.Time, Product: r.Product, None: r.None}
}

const fragEntry = `employee_id, id, source, actor_name, entered_at, cancelled_at, cancelled_name, cancel_reason`

const sqlStandingExemptions = `select ` + fragEntry + `, ground, from_at, to_at, proof from exemption
    where org_id = $1 and employee_id = any($2) and cancelled_at is null`

// loadExemptions reads the exemptions that stand in the files.
func loadExemptions(ctx context.Context, q db.Q, org int32, known map[int64]bool) (map[key]Exemption, error) {
	var rows []exemptionRow
	if err := q.SelectContext(ctx, &rows, sqlStandingExemptions, org, pq.Array(keys(known))); err != nil {
		return nil, fmt.Errorf("read exemptions: %w", err)
	}
	standing := make(map[key]Exemption, len(rows))
	for i := range rows {
		x := rows[i].open()
		standing[keyOf(x.Employee, x.Ground, x.From)] = x
	}
	return standing, nil
}

const sqlStandingDoses = `select ` + fragEntry + `, dose, at, product, none_reason from vaccination
    where org_id = $1 and employee_id = any($2) and cancelled_at is null`

func loadDoses(ctx context.Context, q db.Q, org int32, known map[int64]bool) (map[int64][]Dose, error) {
	var rows []doseRow
	if err := q.SelectContext(ctx, &rows, sqlStandingDoses, org, pq.Array(keys(known))); err != nil {
		return nil, fmt.Errorf("read vaccinations: %w", err)
	}
	standing := map[int64][]Dose{}
	for i := range rows {
		d := rows[i].open()
		standing[d.Employee] = append(standing[d.Employee], d)
	}
	return standing, nil
}

func keys(known map[int64]bool) []int64 {
	ids := make([]int64, 0, len(known))
	for id := range known {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

const sqlCancelExemptions = `update exemption x set cancelled_at = $4, cancelled_by = $5, cancelled_name = $6, cancel_reason = $7
    from unnest($2::bigint[], $3::bigint[]) as u (employee, id)
    where x.org_id = $1 and x.employee_id = u.employee and x.id = u.id and x.cancelled_at is null`

const sqlCancelDoses = `update vaccination x set cancelled_at = $4, cancelled_by = $5, cancelled_name = $6, cancel_reason = $7
    from unnest($2::bigint[], $3::bigint[]) as u (employee, id)
    where x.org_id = $1 and x.employee_id = u.employee and x.id = u.id and x.cancelled_at is null`

// cancel marks records by one of the two statements above and returns how many stood until then.
func cancel(ctx context.Context, q db.Q, statement string, sc authz.Scope, refs []ref, reason string, at time.Time) (int64, error) {
	if len(refs) == 0 {
		return 0, nil
	}
	employees, ids := make([]int64, len(refs)), make([]int64, len(refs))
	for i, r := range refs {
		employees[i], ids[i] = r.employee, r.id
	}
	res, err := q.ExecContext(ctx, statement, sc.Org, pq.Array(employees), pq.Array(ids), at, sc.Account, sc.Actor, reason)
	if err != nil {
		return 0, fmt.Errorf("cancel records: %w", err)
	}
	return res.RowsAffected()
}

const sqlInsertExemptions = `insert into exemption (org_id, employee_id, ground, from_at, to_at, proof, source, entered_by, actor_name, entered_at)
    select $1, u.employee, u.ground, u.from_at, u.to_at, u.proof, u.source, $8, $9, $10
    from unnest($2::bigint[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::text[])
        as u (employee, ground, from_at, to_at, proof, source)
    returning org_id`

func insertExemptions(ctx context.Context, q db.Q, sc authz.Scope, ins []Input, at time.Time) error {
	n := len(ins)
	employees, grounds, from, to := make([]int64, n), make([]string, n), make([]time.Time, n), make([]sql.NullTime, n)
	proofs, sources := make([]string, n), make([]string, n)
	for i, in := range ins {
		employees[i], grounds[i], from[i], to[i] = in.Employee, in.Ground, in.From, db.Instant(in.To)
		proofs[i], sources[i] = in.Proof, string(in.Source)
	}
	_, err := q.ExecContext(ctx, sqlInsertExemptions, sc.Org, pq.Array(employees), pq.Array(grounds), pq.Array(from), pq.Array(to), pq.Array(proofs),
		pq.Array(sources), sc.Account, sc.Actor, at)
	if err != nil {
		return fmt.Errorf("store exemptions: %w", err)
	}
	return nil
}

const sqlInsertDoses = `insert into vaccination (org_id, employee_id, dose, at, product, none_reason, source, entered_by, actor_name, entered_at)
    select $1, u.employee, u.dose, u.at, u.product, u.none_reason, u.source, $8, $9, $10
    from unnest($2::bigint[], $3::smallint[], $4::timestamptz[], $5::text[], $6::text[], $7::text[])
        as u (employee, dose, at, product, none_reason, source)
    returning org_id`

func insertDoses(ctx context.Context, q db.Q, sc authz.Scope, ins []DoseInput, at time.Time) error {
	n := len(ins)
	employees, doses, days := make([]int64, n), make([]int64, n), make([]sql.NullTime, n)
	products, nones, sources := make([]string, n), make([]string, n), make([]string, n)
	for i, in := range ins {
		employees[i], doses[i], days[i] = in.Employee, int64(in.Number), db.Instant(in.At)
		products[i], nones[i], sources[i] = in.Product, in.None, string(in.Source)
	}
	_, err := q.ExecContext(ctx, sqlInsertDoses, sc.Org, pq.Array(employees), pq.Array(doses), pq.Array(days), pq.Array(products), pq.Array(nones),
		pq.Array(sources), sc.Account, sc.Actor, at)
	if err != nil {
		return fmt.Errorf("store vaccinations: %w", err)
	}
	return nil
}
