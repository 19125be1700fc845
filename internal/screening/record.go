package screening

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
)

// recorders may tell of samples, each within the reach of its scope.
var recorders = []authz.Permission{authz.OwnFile, authz.TeamRecord, authz.SampleRecord, authz.SampleImport}

// Record records one sample: the own, that of a member of a team the scope leads, or anyone's of the org, as the scope allows.
// What cannot be accepted is an Invalid error with the fields named after Input; a person out of reach is NotFound.
func (s *Service) Record(ctx context.Context, sc authz.Scope, in Input, at time.Time) (Outcome, error) {
	if err := sc.Require(recorders...); err != nil {
		return Outcome{}, err
	}
	picture, err := cleanPhoto(in.Photo)
	if err != nil {
		return Outcome{}, err
	}
	var out Outcome
	err = s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		b, err := s.newBatch(ctx, tx, sc, []Input{in}, at)
		if err != nil {
			return err
		}
		if picture != nil && b.outcomes[0].Kind != Refused {
			if b.versions[0].Attachment, err = nextAttachment(ctx, tx); err != nil {
				return err
			}
		}
		if err := s.apply(ctx, tx, sc, b, at); err != nil {
			return err
		}
		if out = b.outcomes[0]; out.Kind == Refused {
			return out.Fault()
		}
		if picture != nil && out.Kind != Duplicate {
			err := s.putAttachment(ctx, tx, sc, attachment{id: b.versions[0].Attachment, employee: in.Employee, kind: kindReport, photo: picture}, at)
			if err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, sc, at, audit.Event{Action: "sample.record", Subject: "sample", SubjectID: out.Key.String(),
			Employee: in.Employee, Reason: plain(in.LateReason), Detail: map[string]any{"outcome": out.Kind, "proof": b.versions[0].Proof}})
	})
	return out, err
}

// Fault is why an input was refused, as an error; nil for every other outcome.
func (o Outcome) Fault() error {
	if o.Field == "employee" {
		return errs.Missing()
	}
	return o.fields.Err()
}

// RecordBatch records many samples in one transaction, each with its own outcome; a refused one does not hold up the others.
// The outcomes stand in the order of the inputs. Photos are for Record; a batch has none.
func (s *Service) RecordBatch(ctx context.Context, sc authz.Scope, ins []Input, at time.Time) ([]Outcome, error) {
	if err := sc.Require(recorders...); err != nil {
		return nil, err
	}
	if len(ins) == 0 {
		return nil, nil
	}
	var outcomes []Outcome
	err := s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) (err error) {
		outcomes, err = s.Merge(ctx, tx, sc, ins, at)
		return err
	})
	return outcomes, err
}

// Merge is RecordBatch in the caller's transaction.
func (s *Service) Merge(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, ins []Input, at time.Time) ([]Outcome, error) {
	if err := sc.Require(recorders...); err != nil {
		return nil, err
	}
	b, err := s.newBatch(ctx, tx, sc, ins, at)
	if err != nil {
		return nil, err
	}
	if err := s.apply(ctx, tx, sc, b, at); err != nil {
		return nil, err
	}
	err = audit.Record(ctx, tx, sc, at, audit.Event{Action: "sample.batch", Subject: "sample", Reason: lateReasons(ins), Detail: b.counts()})
	return b.outcomes, err
}

// Plan says what Merge would do with each input, and writes nothing.
func (s *Service) Plan(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, ins []Input, at time.Time) ([]Outcome, error) {
	if err := sc.Require(recorders...); err != nil {
		return nil, err
	}
	b, err := s.newBatch(ctx, tx, sc, ins, at)
	if err != nil {
		return nil, err
	}
	records, err := b.load(ctx, tx, sc.Org)
	if err != nil {
		return nil, err
	}
	b.fold(records)
	return b.outcomes, nil
}
