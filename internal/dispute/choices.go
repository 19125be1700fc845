package dispute

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/screening"
)

// Choice is something of the own file that can be contested.
type Choice struct {
	About  About
	At     time.Time
	Result string // of a sample
	Hold   string // kind of a hold
}

// How many of each are offered; what is older is contested from where it is shown.
const (
	offeredSamples = 6
	offeredOthers  = 3
)

const sqlOffered = `(select 'hold' as subject, id, from_at as at, kind from hold
        where org_id = $1 and employee_id = $2 and released_at is null and (to_at is null or to_at > $3) order by from_at desc limit $4)
    union all
    (select 'symptom', id, at, '' from symptom_report where org_id = $1 and employee_id = $2 order by at desc, id desc limit $4)`

// Choices offers what the person may want to contest: the standing, the newest samples, holds in force, the newest reports, the file.
func (s *Service) Choices(ctx context.Context, sc authz.Scope, at time.Time) ([]Choice, error) {
	if err := sc.Require(authz.OwnFile); err != nil {
		return nil, err
	}
	out := []Choice{{About: About{Subject: OnStanding}}}
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		samples, err := screening.OfEmployee(ctx, tx, sc.Org, sc.Employee, at.Add(time.Hour), offeredSamples)
		if err != nil {
			return err
		}
		for _, x := range samples {
			out = append(out, Choice{About: About{OnSample, x.SampledAt.Unix()}, At: x.SampledAt, Result: x.Result.String()})
		}
		var others []struct {
			Subject Subject   `db:"subject"`
			ID      int64     `db:"id"`
			At      time.Time `db:"at"`
			Kind    string    `db:"kind"`
		}
		if err := tx.SelectContext(ctx, &others, sqlOffered, sc.Org, sc.Employee, at, offeredOthers); err != nil {
			return fmt.Errorf("find what can be contested: %w", err)
		}
		for _, x := range others {
			out = append(out, Choice{About: About{x.Subject, x.ID}, At: x.At, Hold: x.Kind})
		}
		return nil
	})
	return append(out, Choice{About: About{Subject: OnFile}}), err
}

// Describe is what a dispute about something, or one that takes a rejected one up again, would be about: what is shown now.
// A thing that is not of the own file is NotFound.
func (s *Service) Describe(ctx context.Context, sc authz.Scope, about About, reopens int64, at time.Time) (Dispute, error) {
	if err := sc.Require(authz.OwnFile); err != nil {
		return Dispute{}, err
	}
	d := Dispute{Employee: sc.Employee, About: about, Reopens: reopens, OpenedAt: at, DueAt: at.Add(AnswerWithin)}
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		if reopens != 0 {
			earlier, err := s.read(ctx, tx, sc.Org, sc.Employee, reopens)
			if err != nil {
				return err
			}
			if d.About = earlier.About; !earlier.MayReopen() {
				return errs.New(errs.Conflict, "dispute.refused.reopened")
			}
		}
		_, err := s.describe(ctx, tx, sc, &d, at)
		return err
	})
	return d, err
}
