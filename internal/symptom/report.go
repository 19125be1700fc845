package symptom

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

// Report stores a report about the own person, a member of a team the scope leads, or anyone of the org, as the scope allows.
// An alert takes the person off post until somebody releases the hold; while one hold for symptoms is open, a further alert
// adds to it and puts no second one. Faults are an Invalid error with the fields named after Input; a person out of reach is
// NotFound.
func (s *Service) Report(ctx context.Context, sc authz.Scope, in Input, at time.Time) (Report, error) {
	if err := sc.Require(authz.OwnFile, authz.TeamRecord, authz.SymptomRecord); err != nil {
		return Report{}, err
	}
	if err := in.check(at).Err(); err != nil {
		return Report{}, err
	}
	var r Report
	err := s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		by, err := reach(ctx, tx, sc, in.Employee)
		if err != nil {
			return err
		}
		if in.API {
			by = ByAPI
		}
		r = Report{Employee: in.Employee, At: in.At, Temperature: in.Temperature, Site: in.Site, Symptoms: in.Symptoms, Note: in.Note,
			Reporter: by, EnteredAt: at}
		if err := s.assess(ctx, tx, sc, &r, at); err != nil {
			return err
		}
		if err := s.insert(ctx, tx, sc, r); err != nil {
			return err
		}
		return audit.Record(ctx, tx, sc, at, audit.Event{Action: "symptom.report", Subject: "symptom_report", SubjectID: fmt.Sprint(r.ID),
			Employee: r.Employee, Detail: map[string]any{"alert": r.Alert, "hold": r.Hold, "reporter": r.Reporter}})
	})
	return r, err
}

const sqlSubject = `select name, coalesce(team_id, 0) as team_id from employee where org_id = $1 and id = $2`

// Subject names a person about whom the scope may report; anyone out of reach is NotFound.
func (s *Service) Subject(ctx context.Context, sc authz.Scope, employee int64) (name string, err error) {
	if err := sc.Require(authz.OwnFile, authz.TeamRecord, authz.SymptomRecord); err != nil {
		return "", err
	}
	var file struct {
		Name string `db:"name"`
		Team int64  `db:"team_id"`
	}
	err = s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		return db.OneRow(tx.GetContext(ctx, &file, sqlSubject, sc.Org, employee))
	})
	if err == nil {
		_, err = capacity(sc, employee, file.Team)
	}
	return file.Name, err
}

// The file is locked, so that two alerts about one person follow each other and the second finds the first one's hold.
const sqlLockFile = `select coalesce(team_id, 0) from employee where org_id = $1 and id = $2 for no key update`

// reach says as whom the scope reports about an employee.
func reach(ctx context.Context, q db.Q, sc authz.Scope, employee int64) (Reporter, error) {
	var team int64
	if err := q.GetContext(ctx, &team, sqlLockFile, sc.Org, employee); err != nil {
		return "", db.OneRow(err)
	}
	return capacity(sc, employee, team)
}

func capacity(sc authz.Scope, employee, team int64) (Reporter, error) {
	switch {
	case employee == sc.Employee && sc.Can(authz.OwnFile):
		return BySelf, nil
	case sc.Can(authz.SymptomRecord):
		return ByStaff, nil
	case team != 0 && sc.Leads(team) && sc.Can(authz.TeamRecord):
		return ByLeader, nil
	}
	return "", errs.Missing()
}

const sqlNextReport = `select nextval(pg_get_serial_sequence('symptom_report', 'id'))`

// assess gives the report its id, decides whether it is an alert and puts the hold.
func (s *Service) assess(ctx context.Context, q db.Q, sc authz.Scope, r *Report, at time.Time) error {
	if err := q.GetContext(ctx, &r.ID, sqlNextReport); err != nil {
		return fmt.Errorf("allocate report: %w", err)
	}
	rules, err := s.rules.For(ctx, q, sc.Org, time.Time{})
	if err != nil {
		return err
	}
	if r.Alert = Alert(r.Temperature, r.Symptoms, rules.At(at).FeverC); !r.Alert {
		return nil
	}
	open, err := s.holds.OpenAll(ctx, q, sc.Org, []int64{r.Employee})
	if err != nil {
		return err
	}
	for _, h := range open {
		if h.Kind == hold.KindSymptom && h.Open(at) {
			r.Hold = h.ID
			return nil
		}
	}
	r.Hold, err = s.holds.Put(ctx, q, sc, hold.Hold{Employee: r.Employee, Kind: hold.KindSymptom, Ground: hold.GroundSymptomReport,
		Source: "symptom_report", SourceID: r.ID, From: at}, at)
	return err
}

const sqlInsert = `insert into symptom_report (org_id, employee_id, id, at, temperature, site, symptoms_enc, alert, reporter, hold_id,
        entered_by, entered_at)
    overriding system value values ($1, $2, $3, $4, $5, $6, $7, $8, $9, nullif($10, 0::bigint), $11, $12)`

func (s *Service) insert(ctx context.Context, q db.Q, sc authz.Scope, r Report) error {
	sealed, err := s.seal(sc.Org, r)
	if err != nil {
		return err
	}
	temperature := sql.NullFloat64{Valid: r.Temperature != nil}
	if temperature.Valid {
		temperature.Float64 = *r.Temperature
	}
	_, err = q.ExecContext(ctx, sqlInsert, sc.Org, r.Employee, r.ID, r.At, temperature, r.Site, sealed, r.Alert, string(r.Reporter), r.Hold,
		sc.Account, r.EnteredAt)
	if err != nil {
		return fmt.Errorf("store report: %w", err)
	}
	return nil
}
