package screening

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
)

// recorders may tell of samples, each within the reach of its scope.
var recorders = []authz.Permission{authz.OwnFile, authz.TeamRecord, authz.SampleRecord, authz.SampleImport}

// Record records one sample: the own, that of a member of a team the scope leads, or anyone's of the org, as the scope allows.
// What cannot be accepted is an Invalid error with the fields named after Input; a person out of reach is NotFound.
func (s *Service) Record(ctx context.Context, sc authz.Scope, in Input, at time.Time) (Outcome, error) {
	if err := sc.Require(recorders...); err != nil {
		return Outcome{}, err
	}
	if out, done, err := s.RecordOne(ctx, sc, in, nil, at); done || err != nil {
		return out, err
	}
	picture, err := cleanPhoto(in.Photo)
	if err != nil {
		return Outcome{}, err
	}
	var out Outcome
	err = s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		b, err := newBatch(ctx, tx, sc, []Input{in}, at)
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
		return audit.Record(ctx, tx, sc, at, b.event())
	})
	return out, err
}

// RecordOne records a sample together with others that come at the same time, if it is plain: a new negative of a person to
// whose standing nothing else matters. It is durable when done. A receipt keeps the answer to a program with it. What is not
// plain is not done, and Record or RecordBatch is to be called.
func (s *Service) RecordOne(ctx context.Context, sc authz.Scope, in Input, receipt *Receipt, at time.Time) (out Outcome, done bool, err error) {
	if err := sc.Require(recorders...); err != nil {
		return out, false, err
	}
	t, plain := ticketOf(sc, in, at)
	if !plain || ctx.Err() != nil {
		return out, false, ctx.Err()
	}
	out = Outcome{Kind: Added, Key: t.key, Result: regime.Negative}
	if receipt != nil {
		t.receipt = *receipt
		if t.answer, err = receipt.Answer(out); err != nil {
			return out, false, err
		}
	}
	s.group.Do(t)
	if done = t.stored; done {
		db.Wrote(ctx)
	}
	return out, done, nil
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
	switch len(ins) {
	case 0:
		return nil, nil
	case 1:
		if out, done, err := s.RecordOne(ctx, sc, ins[0], nil, at); done || err != nil {
			return []Outcome{out}, err
		}
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
	b, err := newBatch(ctx, tx, sc, ins, at)
	if err != nil {
		return nil, err
	}
	if err := s.apply(ctx, tx, sc, b, at); err != nil {
		return nil, err
	}
	return b.outcomes, audit.Record(ctx, tx, sc, at, b.event())
}

// Plan says what Merge would do with each input, and writes nothing.
func (s *Service) Plan(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, ins []Input, at time.Time) ([]Outcome, error) {
	if err := sc.Require(recorders...); err != nil {
		return nil, err
	}
	teams, err := readTeams(ctx, tx, sqlTeamsOf, sc.Org, ins)
	if err != nil {
		return nil, err
	}
	b := accept(sc, ins, teams, at)
	records, err := b.load(ctx, tx, sc.Org)
	if err != nil {
		return nil, err
	}
	b.fold(records)
	return b.outcomes, nil
}
