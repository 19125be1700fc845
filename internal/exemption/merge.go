package exemption

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
)

// PlanExemptions says what Merge would do, without doing it.
func (s *Service) PlanExemptions(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, ins []Input, at time.Time) ([]Outcome, error) {
	if err := sc.Require(authz.ExemptionEdit); err != nil {
		return nil, err
	}
	p, err := s.planExemptions(ctx, tx, sc.Org, ins, at)
	if err != nil {
		return nil, err
	}
	return p.outcomes, nil
}

// MergeExemptions records tellings of a sheet in the caller's transaction. The outcomes have the places of their tellings; refused ones
// are left out, whatever becomes of the others.
func (s *Service) MergeExemptions(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, ins []Input, at time.Time) ([]Outcome, error) {
	if err := sc.Require(authz.ExemptionEdit); err != nil {
		return nil, err
	}
	p, err := s.planExemptions(ctx, tx, sc.Org, ins, at)
	if err != nil {
		return nil, err
	}
	if err := carryOut(ctx, tx, s.standings, sc, p, exemptions, at); err != nil {
		return nil, err
	}
	return p.outcomes, audit.Record(ctx, tx, sc, at, audit.Event{Action: "exemption.merge", Subject: subjectExemption, Detail: p.counts()})
}

// PlanDoses is PlanExemptions for vaccinations.
func (s *Service) PlanDoses(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, ins []DoseInput, at time.Time) ([]Outcome, error) {
	if err := sc.Require(authz.ExemptionEdit); err != nil {
		return nil, err
	}
	p, err := planDoses(ctx, tx, sc.Org, ins, at)
	if err != nil {
		return nil, err
	}
	return p.outcomes, nil
}

// MergeDoses is MergeExemptions for vaccinations.
func (s *Service) MergeDoses(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, ins []DoseInput, at time.Time) ([]Outcome, error) {
	if err := sc.Require(authz.ExemptionEdit); err != nil {
		return nil, err
	}
	p, err := planDoses(ctx, tx, sc.Org, ins, at)
	if err != nil {
		return nil, err
	}
	if err := carryOut(ctx, tx, s.standings, sc, p, vaccinations, at); err != nil {
		return nil, err
	}
	return p.outcomes, audit.Record(ctx, tx, sc, at, audit.Event{Action: "vaccination.merge", Subject: subjectDose, Detail: p.counts()})
}
