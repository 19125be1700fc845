package employee

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

// Outcome is what a merge does, or would do, with one row.
type Outcome string

// The outcomes.
const (
	RowNew       Outcome = "new"
	RowChanged   Outcome = "changed"
	RowUnchanged Outcome = "unchanged"
	RowRehired   Outcome = "rehired" // the file of somebody who left is taken up again
	RowRefused   Outcome = "refused"
)

// RowResult is the outcome of one row.
type RowResult struct {
	Outcome  Outcome
	Employee int64       // the file; 0 for a row that is refused, or new and only planned
	Columns  []string    // keys of the columns that differ
	Problems errs.Fields // why it is refused
}

// MergeResult is the outcome of every row, at the row's place, and how often each occurred.
type MergeResult struct {
	Rows   []RowResult
	Counts map[Outcome]int
}

// Plan says what Merge would do, and writes nothing.
func (s *Service) Plan(ctx context.Context, q db.Q, sc authz.Scope, in []Incoming, at time.Time) (MergeResult, error) {
	if err := sc.Require(authz.RosterImport, authz.EmployeeEdit); err != nil {
		return MergeResult{}, err
	}
	r := Roster{s}
	drafts, faults, err := r.drafts(ctx, q, sc.Org, in, at)
	if err != nil {
		return MergeResult{}, err
	}
	return r.planned(ctx, q, sc.Org, drafts, faults, &Known{}, at)
}

// Roster brings drafts into the files: what Plan and Merge do, for rows that were checked one by one before.
type Roster struct{ s *Service }

// NewRoster returns the way for drafts into the files of the service.
func NewRoster(s *Service) Roster { return Roster{s} }

// Plan is Service.Plan for drafts. known is kept from one part of a sheet to the next.
func (r Roster) Plan(ctx context.Context, q db.Q, sc authz.Scope, drafts []Draft, known *Known, at time.Time) (MergeResult, error) {
	if err := sc.Require(authz.RosterImport, authz.EmployeeEdit); err != nil {
		return MergeResult{}, err
	}
	return r.planned(ctx, q, sc.Org, drafts, nil, known, at)
}

func (r Roster) planned(ctx context.Context, q db.Q, org int32, drafts []Draft, faults []errs.Fields, known *Known, at time.Time) (MergeResult, error) {
	p, err := r.plan(ctx, q, org, drafts, faults, known, at, sqlFiles)
	if err != nil {
		return MergeResult{}, err
	}
	return p.result(), nil
}

// drafts checks every row; faults stand at the places of their rows.
func (r Roster) drafts(ctx context.Context, q db.Q, org int32, in []Incoming, at time.Time) ([]Draft, []errs.Fields, error) {
	day, err := today(ctx, q, org, at)
	if err != nil {
		return nil, nil, err
	}
	drafts, faults := make([]Draft, len(in)), make([]errs.Fields, len(in))
	for i := range in {
		drafts[i], faults[i] = r.Draft(in[i], day)
	}
	return drafts, faults, nil
}

const sqlLockRoster = `select pg_advisory_xact_lock(721002, $1)`

// Merge brings a roster into the files of the scope's org, in the caller's transaction: rows are found again by identity number;
// what a row leaves blank stays as it is; a row that says nothing new changes nothing, so merging twice is merging once. Rows at
// fault are left out and told in the result, the others go in. Merges of one org follow one another.
func (s *Service) Merge(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, in []Incoming, at time.Time) (MergeResult, error) {
	if err := sc.Require(authz.RosterImport, authz.EmployeeEdit); err != nil {
		return MergeResult{}, err
	}
	r := Roster{s}
	drafts, faults, err := r.drafts(ctx, tx, sc.Org, in, at)
	if err != nil {
		return MergeResult{}, err
	}
	return r.merge(ctx, tx, sc, drafts, faults, at)
}

// Merge is Service.Merge for drafts, which it uses up.
func (r Roster) Merge(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, drafts []Draft, at time.Time) (MergeResult, error) {
	if err := sc.Require(authz.RosterImport, authz.EmployeeEdit); err != nil {
		return MergeResult{}, err
	}
	return r.merge(ctx, tx, sc, drafts, nil, at)
}

func (r Roster) merge(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, drafts []Draft, faults []errs.Fields, at time.Time) (MergeResult, error) {
	at = at.Truncate(time.Microsecond)
	if _, err := tx.ExecContext(ctx, sqlLockRoster, sc.Org); err != nil {
		return MergeResult{}, fmt.Errorf("lock roster: %w", err)
	}
	p, err := r.plan(ctx, tx, sc.Org, drafts, faults, &Known{}, at, sqlFilesForUpdate)
	if err != nil {
		return MergeResult{}, err
	}
	for i := range drafts {
		drafts[i].v = nil // what is new of them the plan holds: of a long sheet twice is much
	}
	changes, err := p.changes(ctx, tx)
	if err != nil {
		return MergeResult{}, err
	}
	if err := r.s.apply(ctx, tx, sc, changes, at); err != nil {
		if isTaken(err) {
			err = errs.New(errs.Conflict, "error.conflict").Because(err)
		}
		return MergeResult{}, err
	}
	res := p.result()
	return res, audit.Record(ctx, tx, sc, at, audit.Event{Action: "employee.merge", Subject: "employee", Detail: map[string]any{
		"rows": len(drafts), "new": res.Counts[RowNew], "changed": res.Counts[RowChanged], "rehired": res.Counts[RowRehired],
		"unchanged": res.Counts[RowUnchanged], "refused": res.Counts[RowRefused]}})
}

// changes allocates the new files and lists what is to be written, in order of the ids, so that two writers lock rows in the
// same order.
func (p *plan) changes(ctx context.Context, q db.Q) ([]*change, error) {
	var out []*change
	fresh := 0
	for _, r := range p.rows {
		if r.outcome == RowNew {
			fresh++
		}
	}
	ids, err := nextIDs(ctx, q, fresh)
	if err != nil {
		return nil, err
	}
	for _, r := range p.rows {
		switch r.outcome {
		case RowNew:
			r.change.id, ids = ids[0], ids[1:]
			out = append(out, r.change)
		case RowChanged, RowRehired:
			out = append(out, r.change)
		}
	}
	return out, nil
}

func (p *plan) result() MergeResult {
	res := MergeResult{Rows: make([]RowResult, len(p.rows)), Counts: map[Outcome]int{}}
	for i, r := range p.rows {
		res.Counts[r.outcome]++
		res.Rows[i] = RowResult{Outcome: r.outcome}
		switch {
		case r.outcome == RowRefused:
			res.Rows[i].Problems = r.faults
		case r.change != nil:
			res.Rows[i].Employee, res.Rows[i].Columns = r.change.id, r.change.keys
		default:
			res.Rows[i].Employee = r.id
		}
	}
	return res
}
