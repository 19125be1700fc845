package incident

import (
	"context"
	"fmt"
	"github.com/fugong/fugong/internal/incident/plan"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

// Detail is one incident as its page shows it.
type Detail struct {
	Incident
	Steps    []plan.Step // in order
	People   []Person
	Notes    []Note         // the record, oldest first; for those who run incidents
	Contacts map[string]int // by state
}

// Get opens an incident. Whoever runs incidents sees it whole, which is written down as a reading of each person's file; a leader
// sees the own steps and people, not what they have.
func (s *Service) Get(ctx context.Context, sc authz.Scope, id int64, at time.Time) (Detail, error) {
	var d Detail
	err := view(ctx, sc, id, &d, s.db.InTx, func(tx *sqlx.Tx) (err error) {
		if d.People, err = s.index(ctx, tx, sc, id, at); err != nil {
			return err
		}
		if err := recordReading(ctx, tx, sc, id, d.People, "", at); err != nil {
			return err
		}
		if !sc.Can(authz.IncidentRun) {
			return nil
		}
		d.Notes, err = s.notes.of(ctx, tx, sc.Org, id)
		return err
	})
	return d, err
}

// Clocks is Get without anybody: what an open page asks for every few seconds.
func (s *Service) Clocks(ctx context.Context, sc authz.Scope, id int64) (Detail, error) {
	var d Detail
	err := view(ctx, sc, id, &d, s.db.Read, func(*sqlx.Tx) error { return nil })
	return d, err
}

// transact is InTx or Read of a database.
type transact func(ctx context.Context, t db.Tenant, fn func(tx *sqlx.Tx) error) error

func view(ctx context.Context, sc authz.Scope, id int64, d *Detail, run transact, more func(tx *sqlx.Tx) error) error {
	if err := sc.Require(authz.IncidentRun, authz.IncidentStep); err != nil {
		return err
	}
	return run(ctx, sc.Tenant(), func(tx *sqlx.Tx) (err error) {
		if d.Incident, err = reach(ctx, tx, sc, id, false); err != nil {
			return err
		}
		if d.Steps, err = stepsIn(ctx, tx, sc.Org, id); err != nil {
			return err
		}
		d.Steps = plan.Known(d.Steps, sc)
		if d.Contacts, err = contactCounts(ctx, tx, sc.Org, id); err != nil {
			return err
		}
		return more(tx)
	})
}

// Summary is an incident with figures.
type Summary struct {
	Incident
	Index    int            // people it is about
	Contacts map[string]int // by state
}

// Summary reads an incident with figures and nobody, for texts that name nobody.
func (s *Service) Summary(ctx context.Context, sc authz.Scope, id int64) (Summary, error) {
	var out Summary
	if err := sc.Require(authz.IncidentRun); err != nil {
		return out, err
	}
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) (err error) {
		if out.Incident, err = reach(ctx, tx, sc, id, false); err != nil {
			return err
		}
		people, err := members(ctx, tx, sc.Org, id, indexRole)
		if err != nil {
			return err
		}
		out.Index = len(people)
		out.Contacts, err = contactCounts(ctx, tx, sc.Org, id)
		return err
	})
	return out, err
}

// OneStep reads a step with its incident, for its form.
func (s *Service) OneStep(ctx context.Context, sc authz.Scope, id StepID) (Incident, plan.Step, error) {
	var i Incident
	var step plan.Step
	if err := sc.Require(authz.IncidentRun, authz.IncidentStep); err != nil {
		return i, step, err
	}
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) (err error) {
		if i, err = reach(ctx, tx, sc, id.Incident, false); err != nil {
			return err
		}
		step, err = stepOf(ctx, tx, sc.Org, id)
		return err
	})
	if err == nil && !step.MayDo(sc) {
		err = errs.New(errs.Forbidden, "error.forbidden")
	}
	return i, step, err
}

// Mention is a person's part in an incident.
type Mention struct {
	Incident
	Role    string // index or contact
	State   string
	AddedAt time.Time
}

// Index reports whether the incident is about the person.
func (m Mention) Index() bool { return m.Role == indexRole }

const sqlMentions = db.Kept + `select ` + fragIncident + `, p.role, p.state as part, p.added_at from incident_person p
        join incident i on i.org_id = p.org_id and i.id = p.incident_id
    where p.org_id = $1 and p.employee_id = $2 and p.added_at < $3 order by p.added_at desc, i.id desc limit $4`

// OfEmployee lists the incidents that a person stands in since before an instant, the newest first. It asks for no permission and
// records no reading: it is a part of whatever page opens the file.
func OfEmployee(ctx context.Context, q db.Q, org int32, employee int64, before time.Time, limit int) ([]Mention, error) {
	var rows []struct {
		Incident
		Role    string    `db:"role"`
		Part    string    `db:"part"`
		AddedAt time.Time `db:"added_at"`
	}
	if err := q.SelectContext(ctx, &rows, sqlMentions, org, employee, before, limit); err != nil {
		return nil, fmt.Errorf("read incidents of a person: %w", err)
	}
	out := make([]Mention, len(rows))
	for i := range rows {
		out[i] = Mention{rows[i].Incident, rows[i].Role, rows[i].Part, rows[i].AddedAt}
	}
	return out, nil
}
