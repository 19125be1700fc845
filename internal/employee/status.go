package employee

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/employee/profile"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

// StatusChange is a work status from an instant on. A zero From is now. Only a leave may have an Until.
type StatusChange struct {
	Version     int
	Status      string
	From, Until time.Time
	Reason      string
	// Ungated is a change by hand: it puts nobody on post who has to pass the return gate, being away, controlled or resigned.
	Ungated bool
}

// gated are the statuses from which the way to post is the return gate.
var gated = []string{profile.AwaitingReturn, profile.Controlled, profile.Resigned}

// SetStatus records leave, return, resignation and the other work statuses. A person who left and comes back gets the old file:
// set any status but resigned.
func (s *Service) SetStatus(ctx context.Context, sc authz.Scope, id int64, in StatusChange, at time.Time) error {
	return s.amend(ctx, sc, id, in.Version, at, "employee.status", func(tx *sqlx.Tx, f *file, at time.Time) (*change, error) {
		return s.vault.newStatus(ctx, tx, sc, f, in, at)
	})
}

// newStatus is the change of a file, locked by the caller, to a status. What is wrong with it is an Invalid error.
func (x vault) newStatus(ctx context.Context, q db.Q, sc authz.Scope, f *file, in StatusChange, at time.Time) (*change, error) {
	faults := errs.Fields{}
	v := f.v
	status, ok := profile.Read(profile.ColWorkStatus, in.Status)
	if !ok {
		faults.Add(profile.ColWorkStatus, "error.choice")
		return nil, faults.Err()
	}
	if before := f.StatusAt(at); in.Ungated && status == profile.OnPost && slices.Contains(gated, before) {
		return nil, errs.New(errs.Conflict, "employee.problem.gate")
	}
	v.WorkStatus = status
	if f.WorkStatus == profile.Resigned && status != profile.Resigned {
		if err := x.checkTwins(ctx, q, sc.Org, f.ID, v, faults); err != nil {
			return nil, err
		}
	}
	c := newChange(f, v)
	c.because(in.Reason, faults)
	in.date(c, at, faults)
	return c, faults.Err()
}

// date sets the span of the status: not in the future, and not before the status that it follows (see the package comment).
func (in StatusChange) date(c *change, at time.Time, faults errs.Fields) {
	f := c.before
	from, until := in.From.Truncate(time.Microsecond), in.Until.Truncate(time.Microsecond)
	if from.IsZero() {
		from = at
	}
	switch {
	case from.After(at):
		faults.Add("from", "employee.problem.from_future")
	case from.Before(f.StatusSince.Truncate(time.Minute)): // people give minutes
		faults.Add("from", "employee.problem.from_too_early")
	}
	c.restated = c.v.WorkStatus == f.WorkStatus && (c.v.WorkStatus != f.StatusAt(at) || !until.Equal(f.StatusUntil.Time))
	if c.v.WorkStatus != f.WorkStatus || c.restated {
		c.statusSince, c.statusUntil = following(f.StatusSince, from), sql.NullTime{Time: until, Valid: !until.IsZero()}
	}
	if until.IsZero() {
		return
	}
	onLeave := f.WorkStatus == profile.Leave && f.StatusUntil.Valid
	switch {
	case c.v.WorkStatus != profile.Leave:
		faults.Add("until", "employee.problem.until_leave_only")
	case !until.After(from):
		faults.Add("until", "employee.problem.until_before_from")
	case f.StatusAt(at) != profile.OnPost && !onLeave:
		faults.Add("until", "employee.problem.until_not_on_post")
	case onLeave && f.StatusAt(at) == profile.Leave && until.Before(f.StatusUntil.Time):
		faults.Add("until", "employee.problem.until_shorter")
	}
}

// Dated is a work status of one person, in a batch.
type Dated struct {
	Employee int64
	StatusChange
}

const sqlFilesForUpdate = fragFile + `e.id = any($2::bigint[]) order by e.id for update of e`

// Statuses records work statuses of many people in the caller's transaction. A permission is not asked for: the caller's record
// is the ground. The faults have the places of the rows: nil for one that is recorded or says nothing new, Invalid with fields as
// SetStatus gives them, Conflict for a stale version and for a second row about one person, NotFound for a missing or foreign
// file. Rows without a fault are recorded whatever becomes of the others. After an error the transaction must be given up.
func (s *Service) Statuses(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, in []Dated, at time.Time) (faults []error, err error) {
	at = at.Truncate(time.Microsecond)
	files, err := s.vault.loadEachForUpdate(ctx, tx, sc.Org, in)
	if err != nil {
		return nil, err
	}
	faults = make([]error, len(in))
	var changes []*change
	for i, d := range in {
		f := files[d.Employee]
		if f == nil {
			faults[i] = errs.Missing()
			continue
		}
		if f.used || d.Version != 0 && d.Version != f.Version {
			faults[i] = errs.New(errs.Conflict, "error.conflict").Because(errStale)
			continue
		}
		f.used = true
		c, err := s.vault.newStatus(ctx, tx, sc, &f.file, d.StatusChange, at)
		switch {
		case errs.Is(err, errs.Invalid):
			faults[i] = err
		case err != nil:
			return nil, err
		case c.settle(at):
			changes = append(changes, c)
		}
	}
	return faults, s.applyEach(ctx, tx, sc, changes, at)
}

// batched is a file that at most one row of a batch may change.
type batched struct {
	file
	used bool
}

// loadEachForUpdate reads and locks the files of a batch, in order of the ids, so that two batches do not wait for each other.
func (x vault) loadEachForUpdate(ctx context.Context, q db.Q, org int32, in []Dated) (map[int64]*batched, error) {
	ids := make([]int64, len(in))
	for i, d := range in {
		ids[i] = d.Employee
	}
	var rows []stored
	if err := q.SelectContext(ctx, &rows, sqlFilesForUpdate, org, pq.Array(ids)); err != nil {
		return nil, fmt.Errorf("lock files: %w", err)
	}
	files := make(map[int64]*batched, len(rows))
	for _, row := range rows {
		f := &batched{file: file{stored: row}}
		if err := x.open(org, &f.file); err != nil {
			return nil, err
		}
		files[row.ID] = f
	}
	return files, nil
}

// applyEach writes the changes of a batch and audits each person's.
func (s *Service) applyEach(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, changes []*change, at time.Time) error {
	slices.SortFunc(changes, func(a, b *change) int { return cmp.Compare(a.id, b.id) })
	if err := s.apply(ctx, tx, sc, changes, at); err != nil {
		if isTaken(err) {
			err = errs.New(errs.Conflict, "error.conflict").Because(err)
		}
		return err
	}
	for _, c := range changes {
		if err := auditChange(ctx, tx, sc, at, "employee.status", c); err != nil {
			return err
		}
	}
	return nil
}
