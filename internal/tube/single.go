package tube

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
)

// SingleResults lists what a sample taken alone may say.
func SingleResults() []regime.Result {
	return []regime.Result{regime.Negative, regime.Suspicious, regime.Positive, regime.Invalid}
}

// TakeSingle notes that a member of an abnormal tube was swabbed alone just now.
func (s *Service) TakeSingle(ctx context.Context, sc authz.Scope, id, employee int64, at time.Time) error {
	return s.change(ctx, sc, id, []int64{employee}, at, func(tx *sqlx.Tx, t Tube, in []Member) error {
		m, err := find(in, employee)
		switch {
		case err != nil:
			return err
		case m.Stage == Taken:
			return errs.New(errs.Conflict, "tube.refused.single_taken")
		case m.Stage != Due:
			return errs.New(errs.Conflict, "tube.refused.single_settled")
		}
		return s.putSingle(ctx, tx, sc, t, screening.Input{Employee: employee, SampledAt: at, Result: regime.ResultPending}, at)
	})
}

// SingleTold is the result of a member's sample taken alone.
type SingleTold struct {
	SampledAt  time.Time // of the sample: the one that was noted, or else another
	ReportedAt time.Time // zero: just now
	Result     regime.Result
}

// TellSingle records the result of a member's single re-sample. Faults are named sampled_at, reported_at and result.
func (s *Service) TellSingle(ctx context.Context, sc authz.Scope, id, employee int64, told SingleTold, at time.Time) error {
	if err := sc.Require(authz.SampleRecord); err != nil {
		return err
	}
	return s.change(ctx, sc, id, []int64{employee}, at, func(tx *sqlx.Tx, t Tube, in []Member) error {
		m, err := find(in, employee)
		switch {
		case err != nil:
			return err
		case m.Stage != Due && m.Stage != Taken:
			return errs.New(errs.Conflict, "tube.refused.single_settled")
		case told.Result == regime.ResultPending:
			return errs.Fields{"result": errs.Msg("error.choice")}.Err()
		case !told.SampledAt.IsZero() && !told.SampledAt.After(m.since(t)):
			return errs.Fields{"sampled_at": errs.Msg("tube.refused.before_report")}.Err()
		}
		return s.putSingle(ctx, tx, sc, t, screening.Input{Employee: employee, SampledAt: told.SampledAt, ReportedAt: told.ReportedAt,
			Result: told.Result}, at)
	})
}

// since is when the member's abnormal result became known: only a sample taken later tells more.
func (m *Member) since(t Tube) time.Time {
	if m.ReportedAt.IsZero() {
		return t.ReportedAt
	}
	return m.ReportedAt
}

func (s *Service) putSingle(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, t Tube, in screening.Input, at time.Time) error {
	in.Mode, in.Source, in.Institution = regime.ModeSingle, regime.SourceEmployerOrg, t.Institution
	if err := s.tell(ctx, tx, sc, []screening.Input{in}, at); err != nil {
		return err
	}
	return record(ctx, tx, sc, at, "tube.single", t.Barcode, in.Employee, "", map[string]any{"result": in.Result.String()})
}
