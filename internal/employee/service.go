package employee

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/employee/match"
	"github.com/fugong/fugong/internal/employee/profile"
	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/secret"
)

// Standings evaluates people anew after a fact about them changed, in the transaction of the change.
type Standings interface {
	Apply(ctx context.Context, q db.Q, org int32, employees []int64, at time.Time) error
}

// Service keeps the files.
type Service struct {
	db        *db.DB
	vault     vault
	standings Standings
}

// New returns a service.
func New(d *db.DB, box *secret.Box, standings Standings) *Service {
	return &Service{db: d, vault: vault{box}, standings: standings}
}

const sqlZone = `select time_zone from org where id = $1`

// today is the instant in the org's zone, so that its date is the org's civil day.
func today(ctx context.Context, q db.Q, org int32, at time.Time) (time.Time, error) {
	var name string
	if err := q.GetContext(ctx, &name, sqlZone, org); err != nil {
		return at, fmt.Errorf("zone of org: %w", db.OneRow(err))
	}
	zone, err := clock.Zone(name)
	if err != nil {
		return at, fmt.Errorf("zone of org: %w", err)
	}
	return at.In(zone), nil
}

// write runs fn in a transaction of the scope's org. When another writer took the identity or the employee number between fn's
// own look and its write, fn runs once more: its look then finds and names the other file.
func (s *Service) write(ctx context.Context, sc authz.Scope, fn func(tx *sqlx.Tx) error) error {
	err := s.db.InTx(ctx, sc.Tenant(), fn)
	if !isTaken(err) {
		return err
	}
	if err = s.db.InTx(ctx, sc.Tenant(), fn); isTaken(err) {
		return errs.New(errs.Conflict, "error.conflict").Because(err)
	}
	return err
}

func isTaken(err error) bool {
	name := db.Constraint(err)
	return name == "employee_identity" || name == "employee_number"
}

// Create opens a file for a person who has none. A second file for the same identity number is a fault of that field which
// names the first; its argument ID is the file's.
func (s *Service) Create(ctx context.Context, sc authz.Scope, in Incoming, at time.Time) (Person, error) {
	if err := sc.Require(authz.EmployeeEdit); err != nil {
		return Person{}, err
	}
	at = at.Truncate(time.Microsecond)
	var p Person
	err := s.write(ctx, sc, func(tx *sqlx.Tx) error {
		id, err := s.create(ctx, tx, sc, in, at)
		if err != nil {
			return err
		}
		f, err := s.vault.load(ctx, tx, sc.Org, id)
		p = f.Person
		return err
	})
	return p, err
}

func (s *Service) create(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, in Incoming, at time.Time) (int64, error) {
	day, err := today(ctx, tx, sc.Org, at)
	if err != nil {
		return 0, err
	}
	d, faults := in.Check(day)
	if d.WorkStatus == profile.Resigned {
		faults.Add(profile.ColWorkStatus, "employee.problem.new_resigned")
	}
	v := d.WithDefaults()
	if err := s.vault.checkTwins(ctx, tx, sc.Org, 0, v, faults); err != nil {
		return 0, err
	}
	if err := faults.Err(); err != nil {
		return 0, err
	}
	ids, err := nextIDs(ctx, tx, 1)
	if err != nil {
		return 0, err
	}
	c := &change{id: ids[0], v: v}
	c.settle(at)
	if err := s.apply(ctx, tx, sc, []*change{c}, at); err != nil {
		return 0, err
	}
	return c.id, auditChange(ctx, tx, sc, at, "employee.create", c)
}

const sqlTwin = `select id, name, employee_no, work_status from employee
    where org_id = $1 and id_number_bidx = $2 and id <> $3
    order by work_status = 'resigned', id desc limit 1`

const sqlNumberOwner = `select id, name, employee_no, work_status from employee
    where org_id = $1 and employee_no = $2 and employee_no <> '' and id <> $3 and work_status <> 'resigned'`

// checkTwins adds faults for an identity or an employee number that another file has. A file of somebody who left counts for
// the identity, too: people who come back get their old file.
func (x vault) checkTwins(ctx context.Context, q db.Q, org int32, self int64, v profile.Values, faults errs.Fields) error {
	if v.IDNumber != "" {
		twin, err := findTwin(ctx, q, sqlTwin, org, x.box.Index(indexID, v.IDNumber), self)
		switch {
		case err != nil:
			return err
		case twin.ID != 0 && twin.WorkStatus == profile.Resigned:
			faults.Add("id_number", "employee.problem.id.has_left", "Name", twin.Name, "No", twin.EmployeeNo, "ID", twin.ID)
		case twin.ID != 0:
			faults.Add("id_number", "employee.problem.id.taken", "Name", twin.Name, "No", twin.EmployeeNo, "ID", twin.ID)
		}
	}
	if v.WorkStatus == profile.Resigned {
		return nil // a number may be used again after its bearer left
	}
	owner, err := findTwin(ctx, q, sqlNumberOwner, org, v.EmployeeNo, self)
	if err == nil && owner.ID != 0 {
		faults.Add("employee_no", "employee.problem.number_taken", "Name", owner.Name, "ID", owner.ID)
	}
	return err
}

func findTwin(ctx context.Context, q db.Q, query string, org int32, key any, self int64) (Person, error) {
	var p Person
	err := db.OneRow(q.GetContext(ctx, &p, query, org, key, self))
	if err != nil && !errs.Is(err, errs.NotFound) {
		return p, fmt.Errorf("look for twins: %w", err)
	}
	return p, nil
}

// auditChange audits one change, naming the columns and never their values.
func auditChange(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, at time.Time, action string, c *change) error {
	return audit.Record(ctx, tx, sc, at, audit.Event{
		Action: action, Subject: "employee", SubjectID: fmt.Sprint(c.id), Employee: c.id, Reason: c.reason,
		Detail: map[string]any{"columns": c.keys},
	})
}

// errStale is the answer to an edit of a version that is no longer the newest.
var errStale = errors.New("file was changed since it was read")

// amend is the way of every change to one existing file: lock it, compare the version that the editor saw (0 does not ask), let
// fn say how the file shall be, write and audit. fn returns nil for nothing to do.
func (s *Service) amend(ctx context.Context, sc authz.Scope, id int64, version int, at time.Time, action string,
	fn func(tx *sqlx.Tx, f *file, at time.Time) (*change, error)) error {
	if err := sc.Require(authz.EmployeeEdit); err != nil {
		return err
	}
	at = at.Truncate(time.Microsecond)
	return s.write(ctx, sc, func(tx *sqlx.Tx) error {
		f, err := s.vault.loadForUpdate(ctx, tx, sc.Org, id)
		if err != nil {
			return err
		}
		if version != 0 && version != f.Version {
			return errs.New(errs.Conflict, "error.conflict").Because(errStale)
		}
		c, err := fn(tx, &f, at)
		if err != nil || c == nil || !c.settle(at) {
			return err
		}
		if err := s.apply(ctx, tx, sc, []*change{c}, at); err != nil {
			return err
		}
		return auditChange(ctx, tx, sc, at, action, c)
	})
}

// Match finds the files of the org that keys mean; the answers stand at the places of their keys.
func (s *Service) Match(ctx context.Context, q db.Q, org int32, keys []match.Key) ([]match.Found, error) {
	return match.Find(ctx, q, s.vault.box, org, keys)
}
