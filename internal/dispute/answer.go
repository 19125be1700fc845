package dispute

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
)

// Detail is a dispute beside what the records say today.
type Detail struct {
	Dispute
	Name, EmployeeNo, Workshop, Team string

	Then    regime.Standing   // at the instant when it was contested, by the records of today
	Now     regime.Standing   // at this instant
	Sample  *screening.Sample // as it stands now; nil if none is contested
	Hold    *Hold             // as it stands now; nil if none is contested
	Earlier *Dispute          // that this one takes up again
}

const sqlPerson = `select e.name, e.employee_no, coalesce(t.workshop, '') as workshop, coalesce(t.name, '') as team
    from employee e left join team t on t.org_id = e.org_id and t.id = e.team_id
    where e.org_id = $1 and e.id = $2`

// Get opens a dispute for whoever may answer it. It is written down as a reading of the file.
func (s *Service) Get(ctx context.Context, sc authz.Scope, employee, id int64, at time.Time) (Detail, error) {
	if err := sc.Require(authz.DisputeAnswer); err != nil {
		return Detail{}, err
	}
	var d Detail
	err := s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) (err error) {
		if d.Dispute, err = s.read(ctx, tx, sc.Org, employee, id); err != nil {
			return err
		}
		row := tx.QueryRowxContext(ctx, sqlPerson, sc.Org, employee)
		if err := row.Scan(&d.Name, &d.EmployeeNo, &d.Workshop, &d.Team); err != nil {
			return db.OneRow(err)
		}
		if err := s.compare(ctx, tx, sc, &d, at); err != nil {
			return err
		}
		return audit.Record(ctx, tx, sc, at, audit.Event{Action: "dispute.view", Subject: "dispute", SubjectID: strconv.FormatInt(id, 10),
			Employee: employee, Read: true})
	})
	return d, err
}

// compare adds what the records say today.
func (s *Service) compare(ctx context.Context, q db.Q, sc authz.Scope, d *Detail, at time.Time) (err error) {
	if d.Then, err = s.standings.Explain(ctx, q, sc.Org, d.Employee, d.OpenedAt); err != nil {
		return err
	}
	if d.Now, err = s.standings.Explain(ctx, q, sc.Org, d.Employee, at); err != nil {
		return err
	}
	switch d.About.Subject {
	case OnSample:
		sample, err := sampleOf(ctx, q, sc.Org, d.Employee, d.About.SampledAt())
		if err != nil {
			return err
		}
		d.Sample = &sample
	case OnHold:
		h, err := holdOf(ctx, q, sc.Org, d.Employee, d.About.Ref)
		if err != nil {
			return err
		}
		d.Hold = &h
	}
	if d.Reopens != 0 {
		earlier, err := s.read(ctx, q, sc.Org, d.Employee, d.Reopens)
		if err != nil {
			return err
		}
		d.Earlier = &earlier
	}
	return nil
}

// Answer is what the office says to a dispute.
type Answer struct {
	Uphold bool
	Text   string
}

const sqlLock = `select state, opened_by from dispute where org_id = $1 and employee_id = $2 and id = $3 for update`

const sqlAnswer = `update dispute set state = $4, answer_enc = $5, answered_by = $6, answered_by_name = $7, answered_at = $8
    where org_id = $1 and employee_id = $2 and id = $3`

// Answer ends an open dispute. Nobody answers what they opened themselves.
func (s *Service) Answer(ctx context.Context, sc authz.Scope, employee, id int64, a Answer, at time.Time) error {
	if err := sc.Require(authz.DisputeAnswer); err != nil {
		return err
	}
	text, err := checkText("answer", a.Text, maxText)
	if err != nil {
		return err
	}
	state := Rejected
	if a.Uphold {
		state = Upheld
	}
	sealed, err := s.box.Seal([]byte(text), place(sc.Org, id, "answer_enc"))
	if err != nil {
		return err
	}
	return s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		var was struct {
			State    State `db:"state"`
			OpenedBy int64 `db:"opened_by"`
		}
		if err := tx.GetContext(ctx, &was, sqlLock, sc.Org, employee, id); err != nil {
			return db.OneRow(err)
		}
		switch {
		case was.State != Open:
			return errs.New(errs.Conflict, "error.conflict")
		case was.OpenedBy == sc.Account || employee == sc.Employee:
			return errs.New(errs.Forbidden, "dispute.refused.own")
		}
		if _, err := tx.ExecContext(ctx, sqlAnswer, sc.Org, employee, id, string(state), sealed, sc.Account, sc.Actor, at); err != nil {
			return fmt.Errorf("answer dispute: %w", err)
		}
		return audit.Record(ctx, tx, sc, at, audit.Event{Action: "dispute.answer", Subject: "dispute", SubjectID: strconv.FormatInt(id, 10),
			Employee: employee, Detail: map[string]any{"state": state}})
	})
}

// IsRefusal reports whether an error says that a dispute cannot be opened as things are, and which text tells why.
func IsRefusal(err error) (errs.Message, bool) {
	var e *errs.Error
	if errs.Is(err, errs.Conflict) && errors.As(err, &e) {
		return e.Message, true
	}
	return errs.Message{}, false
}
