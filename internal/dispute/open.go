package dispute

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

// Input is what somebody contests about the own file, and why.
type Input struct {
	About   About
	Reopens int64 // a rejected dispute that is taken up again; About then follows from it
	Claim   string
	Photo   []byte // as uploaded; nil if none
}

// Open contests something. While one dispute about a thing is open there is no second, and what was rejected can be contested
// again only once, by reopening, unless the record or the standing has changed since. It returns the dispute's id.
func (s *Service) Open(ctx context.Context, sc authz.Scope, in Input, at time.Time) (int64, error) {
	if err := sc.Require(authz.OwnFile); err != nil {
		return 0, err
	}
	claim, err := checkText("claim", in.Claim, maxText)
	if err != nil {
		return 0, err
	}
	d := Dispute{Employee: sc.Employee, About: in.About, Claim: claim, Reopens: in.Reopens, OpenedAt: at, DueAt: at.Add(AnswerWithin)}
	err = s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		if d.Reopens != 0 {
			earlier, err := s.read(ctx, tx, sc.Org, sc.Employee, d.Reopens)
			if err != nil {
				return err
			}
			if d.About = earlier.About; !earlier.MayReopen() {
				return errs.New(errs.Conflict, "dispute.refused.reopened")
			}
		}
		matter, err := s.describe(ctx, tx, sc, &d, at)
		if err != nil {
			return err
		}
		if err := unanswered(ctx, tx, sc, &d, matter); err != nil {
			return err
		}
		if d.Attachment, err = s.samples.Attach(ctx, tx, sc, in.Photo, at); err != nil {
			return err
		}
		if err := s.insert(ctx, tx, sc, &d, matter); err != nil {
			return err
		}
		return audit.Record(ctx, tx, sc, at, audit.Event{Action: "dispute.open", Subject: "dispute", SubjectID: strconv.FormatInt(d.ID, 10),
			Employee: sc.Employee, Detail: map[string]any{"about": d.About.String(), "reopens": d.Reopens}})
	})
	return d.ID, err
}

// describe fills in what the person is shown and says which matter that is: what was rejected once is told by it.
func (s *Service) describe(ctx context.Context, q db.Q, sc authz.Scope, d *Dispute, at time.Time) (matter string, err error) {
	st, err := s.standings.Explain(ctx, q, sc.Org, sc.Employee, at)
	if err != nil {
		return "", err
	}
	d.Shown, d.AboutAt = shownOf(st), at
	switch d.About.Subject {
	case OnStanding:
		return fmt.Sprintf("%s/%v/%d", d.Shown.State, d.Shown.Held, d.Shown.DueAt.Unix()), nil
	case OnFile:
		return "", nil
	case OnSample:
		sample, err := sampleOf(ctx, q, sc.Org, sc.Employee, d.About.SampledAt())
		if err != nil {
			return "", err
		}
		d.AboutAt = sample.SampledAt
		d.Shown.Sample = &ShownSample{Result: sample.Result.String(), ReportedAt: sample.ReportedAt, Rev: sample.Rev}
		return fmt.Sprintf("%d/%d", d.About.Ref, sample.Rev), nil
	case OnSymptom:
		return d.About.ref(), db.OneRow(q.GetContext(ctx, &d.AboutAt, sqlReport, sc.Org, sc.Employee, d.About.Ref))
	case OnHold:
		h, err := holdOf(ctx, q, sc.Org, sc.Employee, d.About.Ref)
		d.AboutAt, d.Shown.Hold = h.From, h.Kind
		return d.About.ref(), err
	}
	return "", errs.Missing()
}

const sqlReport = `select at from symptom_report where org_id = $1 and employee_id = $2 and id = $3`

const sqlRejected = `select exists (select from dispute
    where org_id = $1 and employee_id = $2 and subject = $3 and matter = $4 and matter <> '' and state = 'rejected')`

// unanswered refuses a matter that was rejected as it stands, unless it is taken up by name.
func unanswered(ctx context.Context, q db.Q, sc authz.Scope, d *Dispute, matter string) error {
	if d.Reopens != 0 {
		return nil
	}
	var rejected bool
	if err := q.GetContext(ctx, &rejected, sqlRejected, sc.Org, sc.Employee, string(d.About.Subject), matter); err != nil {
		return fmt.Errorf("find answers: %w", err)
	}
	if rejected {
		return errs.New(errs.Conflict, "dispute.refused.answered")
	}
	return nil
}

const sqlNext = `select nextval(pg_get_serial_sequence('dispute', 'id'))`

const sqlInsert = `insert into dispute (org_id, employee_id, id, subject, subject_ref, matter, reopens, about_at, shown, claim_enc, attachment_id,
        opened_by, opened_at, due_at)
    overriding system value
    values ($1, $2, $3, $4, $5, $6, nullif($7, 0::bigint), $8, $9, $10, nullif($11, 0::bigint), $12, $13, $14)`

func (s *Service) insert(ctx context.Context, q db.Q, sc authz.Scope, d *Dispute, matter string) error {
	if err := q.GetContext(ctx, &d.ID, sqlNext); err != nil {
		return fmt.Errorf("allocate dispute: %w", err)
	}
	sealed, err := s.box.Seal([]byte(d.Claim), place(sc.Org, d.ID, "claim_enc"))
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, sqlInsert, sc.Org, d.Employee, d.ID, string(d.About.Subject), d.About.ref(), matter, d.Reopens, d.AboutAt,
		db.J(d.Shown), sealed, d.Attachment, sc.Account, d.OpenedAt, d.DueAt)
	switch db.Constraint(err) {
	case "dispute_one_open":
		return errs.New(errs.Conflict, "dispute.refused.open").Because(err)
	case "dispute_reopened":
		return errs.New(errs.Conflict, "dispute.refused.reopened").Because(err)
	}
	if err != nil {
		return fmt.Errorf("store dispute: %w", err)
	}
	return nil
}

const sqlWithdraw = `update dispute set state = 'withdrawn', answered_at = $4
    where org_id = $1 and employee_id = $2 and id = $3 and state = 'open' returning id`

// Withdraw ends an open dispute of the own file. Any other answers NotFound.
func (s *Service) Withdraw(ctx context.Context, sc authz.Scope, id int64, at time.Time) error {
	if err := sc.Require(authz.OwnFile); err != nil {
		return err
	}
	return s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		if err := tx.GetContext(ctx, &id, sqlWithdraw, sc.Org, sc.Employee, id, at); err != nil {
			return db.OneRow(err)
		}
		return audit.Record(ctx, tx, sc, at, audit.Event{Action: "dispute.withdraw", Subject: "dispute", SubjectID: strconv.FormatInt(id, 10),
			Employee: sc.Employee})
	})
}
