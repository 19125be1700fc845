package exemption

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/sheet"
)

// The subjects of the log.
const (
	subjectExemption = "exemption"
	subjectDose      = "vaccination"
)

// table is where tellings of one kind go.
type table[T any] struct {
	cancel   string
	insert   func(ctx context.Context, q db.Q, sc authz.Scope, ins []T, at time.Time) error
	employee func(in T) int64
}

var (
	exemptions   = table[Input]{sqlCancelExemptions, insertExemptions, func(in Input) int64 { return in.Employee }}
	vaccinations = table[DoseInput]{sqlCancelDoses, insertDoses, func(in DoseInput) int64 { return in.Employee }}
)

// carryOut stores what a plan comes to, with the standings that follow.
func carryOut[T any](ctx context.Context, tx *sqlx.Tx, s Standings, sc authz.Scope, p *plan[T], t table[T], at time.Time) error {
	if len(p.add) == 0 {
		return nil
	}
	if _, err := cancel(ctx, tx, t.cancel, sc, p.cancel, Replaced, at); err != nil {
		return err
	}
	if err := t.insert(ctx, tx, sc, p.add, at); err != nil {
		return err
	}
	people := make([]int64, len(p.add))
	for i, in := range p.add {
		people[i] = t.employee(in)
	}
	return s.Apply(ctx, tx, sc.Org, people, at)
}

// Add records one exemption. A fault is an Invalid error with the fields of Input in snake case; a person who is not of the org is
// NotFound. Telling the same again is Unchanged and leaves no trace.
func (s *Service) Add(ctx context.Context, sc authz.Scope, in Input, at time.Time) (Kind, error) {
	var kind Kind
	err := s.write(ctx, sc, func(tx *sqlx.Tx) error {
		var err error
		kind, err = s.add(ctx, tx, sc, in, at)
		return err
	})
	return kind, err
}

func (s *Service) add(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, in Input, at time.Time) (Kind, error) {
	p, err := s.planExemptions(ctx, tx, sc.Org, []Input{in}, at)
	if err != nil {
		return "", err
	}
	if err := p.outcomes[0].err(); err != nil {
		return Refused, err
	}
	if err := carryOut(ctx, tx, s.standings, sc, p, exemptions, at); err != nil || len(p.add) == 0 {
		return p.outcomes[0].Kind, err
	}
	return p.outcomes[0].Kind, audit.Record(ctx, tx, sc, at, audit.Event{Action: "exemption.add", Subject: subjectExemption, Employee: in.Employee,
		Detail: map[string]any{"ground": in.Ground, "from": p.add[0].From, "to": p.add[0].To, "outcome": p.outcomes[0].Kind}})
}

// AddDose records one vaccination, or that there is none; faults are as in Add.
func (s *Service) AddDose(ctx context.Context, sc authz.Scope, in DoseInput, at time.Time) (Kind, error) {
	var kind Kind
	err := s.write(ctx, sc, func(tx *sqlx.Tx) error {
		var err error
		kind, err = s.addDose(ctx, tx, sc, in, at)
		return err
	})
	return kind, err
}

func (s *Service) addDose(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, in DoseInput, at time.Time) (Kind, error) {
	p, err := planDoses(ctx, tx, sc.Org, []DoseInput{in}, at)
	if err != nil {
		return "", err
	}
	if err := p.outcomes[0].err(); err != nil {
		return Refused, err
	}
	if err := carryOut(ctx, tx, s.standings, sc, p, vaccinations, at); err != nil || len(p.add) == 0 {
		return p.outcomes[0].Kind, err
	}
	return p.outcomes[0].Kind, audit.Record(ctx, tx, sc, at, audit.Event{Action: "vaccination.add", Subject: subjectDose, Employee: in.Employee,
		Detail: map[string]any{"dose": in.Number, "at": in.At, "outcome": p.outcomes[0].Kind}})
}

// write runs fn in a transaction of whoever may edit exemptions.
func (s *Service) write(ctx context.Context, sc authz.Scope, fn func(tx *sqlx.Tx) error) error {
	if err := sc.Require(authz.ExemptionEdit); err != nil {
		return err
	}
	return s.db.InTx(ctx, sc.Tenant(), fn)
}

// err is the refusal as an error; nil for the other kinds.
func (o *Outcome) err() error {
	if _, missing := o.Faults["employee"]; missing {
		return errs.Missing()
	}
	return o.Faults.Err()
}

const maxReason = 200

// Cancel takes an exemption back, for a reason. It stays readable.
func (s *Service) Cancel(ctx context.Context, sc authz.Scope, employee, id int64, reason string, at time.Time) error {
	return s.withdraw(ctx, sc, sqlCancelExemptions, subjectExemption, ref{employee, id}, reason, at)
}

// CancelDose takes a vaccination back, for a reason.
func (s *Service) CancelDose(ctx context.Context, sc authz.Scope, employee, id int64, reason string, at time.Time) error {
	return s.withdraw(ctx, sc, sqlCancelDoses, subjectDose, ref{employee, id}, reason, at)
}

func (s *Service) withdraw(ctx context.Context, sc authz.Scope, statement, subject string, r ref, reason string, at time.Time) error {
	reason = sheet.NormalizeText(reason)
	return s.write(ctx, sc, func(tx *sqlx.Tx) error {
		faults := errs.Fields{}
		switch {
		case reason == "":
			faults.Add("reason", "error.required")
		case utf8.RuneCountInString(reason) > maxReason:
			faults.Add("reason", "exemption.refused.text_too_long", "Max", maxReason)
		}
		if err := faults.Err(); err != nil {
			return err
		}
		// Whoever writes about a person holds the file's lock first.
		if _, err := lockFiles(ctx, tx, sc.Org, []ref{r}, func(r ref) int64 { return r.employee }); err != nil {
			return err
		}
		n, err := cancel(ctx, tx, statement, sc, []ref{r}, reason, at)
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.Missing()
		}
		if err := s.standings.Apply(ctx, tx, sc.Org, []int64{r.employee}, at); err != nil {
			return err
		}
		return audit.Record(ctx, tx, sc, at, audit.Event{Action: subject + ".cancel", Subject: subject, SubjectID: fmt.Sprint(r.id), Employee: r.employee,
			Reason: reason})
	})
}

// Again records a cancelled exemption anew, as somebody does who cancelled the wrong one.
func (s *Service) Again(ctx context.Context, sc authz.Scope, employee, id int64, at time.Time) error {
	return s.write(ctx, sc, func(tx *sqlx.Tx) error {
		x, err := oneExemption(ctx, tx, sc.Org, employee, id)
		if err != nil {
			return err
		}
		in := Input{Employee: employee, Ground: x.Ground, From: x.From, To: x.To, Proof: x.Proof, Source: x.Source}
		kind, err := s.add(ctx, tx, sc, in, at)
		return notAgain(kind, err)
	})
}

// AgainDose records a cancelled vaccination anew.
func (s *Service) AgainDose(ctx context.Context, sc authz.Scope, employee, id int64, at time.Time) error {
	return s.write(ctx, sc, func(tx *sqlx.Tx) error {
		d, err := oneDose(ctx, tx, sc.Org, employee, id)
		if err != nil {
			return err
		}
		in := DoseInput{Employee: employee, Number: d.Number, At: d.At, Product: d.Product, None: d.None, Source: d.Source}
		kind, err := s.addDose(ctx, tx, sc, in, at)
		return notAgain(kind, err)
	})
}

// notAgain refuses to cancel a newer record in favour of an old one: that is for a form, where both are seen.
func notAgain(kind Kind, err error) error {
	if err == nil && kind != Added {
		return errs.New(errs.Conflict, "exemption.refused.stands")
	}
	return err
}
