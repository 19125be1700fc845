package tube

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
)

// Conclusion is the result of a whole tube.
type Conclusion struct {
	Result     regime.Result
	ReportedAt time.Time // zero: just now
	Reason     string    // for a correction of a result that was entered before
	Seen       []int64   // whom the one who confirms was shown; nil: no preview was asked for
}

// Effect is what a tube's result does to one member.
type Effect string

// The effects.
const (
	Told     Effect = "told"     // learns the result
	Same     Effect = "same"     // has it already
	Contrary Effect = "contrary" // has another one: the worse stands, and somebody must look at it
	Changed  Effect = "changed"  // had another one, which is corrected
)

// Foreseen is a member with what the result would do.
type Foreseen struct {
	Member
	Effect Effect
}

// Preview is what a result would do, before anybody confirms it.
type Preview struct {
	Tube       Tube
	Members    []Foreseen
	Correction bool // replaces a result: it needs a reason
	Holds      int  // people on post whom it keeps from it
}

// Seen lists the people of the preview, for the one who confirms.
func (p *Preview) Seen() []int64 {
	ids := make([]int64, len(p.Members))
	for i, m := range p.Members {
		ids[i] = m.Employee
	}
	return slices.Sorted(slices.Values(ids))
}

func foresee(t Tube, in []Member, result regime.Result) Preview {
	p := Preview{Tube: t, Correction: t.Result != regime.ResultPending && t.Result != result}
	for _, m := range in {
		f := Foreseen{m, Told}
		switch {
		case m.Result == result:
			f.Effect = Same
		case m.Result != regime.ResultPending && p.Correction:
			f.Effect = Changed
		case m.Result != regime.ResultPending:
			f.Effect = Contrary
		}
		if result == regime.PoolAbnormal && f.Effect != Same && m.OnPost {
			p.Holds++
		}
		p.Members = append(p.Members, f)
	}
	return p
}

// Foresee says who is concerned by a result, and how, without storing it. Faults are those of Conclude.
func (s *Service) Foresee(ctx context.Context, sc authz.Scope, id int64, c Conclusion, at time.Time) (Preview, error) {
	if err := sc.Require(authz.SampleRecord); err != nil {
		return Preview{}, err
	}
	var p Preview
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		t, err := get(ctx, tx, sc, id)
		if err != nil {
			return err
		}
		in, err := members(ctx, tx, sc, id, at)
		if err != nil {
			return err
		}
		p = foresee(t, in, c.Result)
		return c.check(&p)
	})
	return p, err
}

func (c *Conclusion) check(p *Preview) error {
	f := errs.Fields{}
	switch {
	case !slices.Contains(Results(), c.Result):
		f.Add("result", "error.choice")
	case p.Tube.State() == Void:
		f.Add("result", "tube.refused.settled")
	case len(p.Members) == 0:
		f.Add("result", "tube.refused.empty")
	case p.Correction && c.Reason == "":
		f.Add("reason", "error.required")
	}
	return f.Err()
}

// Conclude enters the result of a whole tube, or corrects it: every member, in one transaction with the standings that follow. A
// result reaches members who have none; whoever has another one keeps the worse of both, flagged. A correction makes all the same.
// When others joined or left since the preview, it answers Conflict and stores nothing.
func (s *Service) Conclude(ctx context.Context, sc authz.Scope, id int64, c Conclusion, at time.Time) (Preview, error) {
	if err := sc.Require(authz.SampleRecord); err != nil {
		return Preview{}, err
	}
	c.ReportedAt = cmp.Or(c.ReportedAt, at)
	var p Preview
	err := s.change(ctx, sc, id, nil, at, func(tx *sqlx.Tx, t Tube, in []Member) error {
		p = foresee(t, in, c.Result)
		if err := c.check(&p); err != nil {
			return err
		}
		if c.Seen != nil && !slices.Equal(c.Seen, p.Seen()) {
			return errs.New(errs.Conflict, "tube.refused.changed")
		}
		if err := s.spread(ctx, tx, sc, &p, c, at); err != nil {
			return err
		}
		return record(ctx, tx, sc, at, "tube.result", t.Barcode, 0, c.Reason, p.counts(c.Result))
	})
	return p, err
}

// counts is what the log keeps of a result: to how many it did what.
func (p *Preview) counts(result regime.Result) map[string]any {
	n := map[Effect]int{}
	for _, m := range p.Members {
		n[m.Effect]++
	}
	detail := map[string]any{"result": result.String()}
	for effect, count := range n {
		detail[string(effect)] = count
	}
	return detail
}

// spread gives the members the result.
func (s *Service) spread(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, p *Preview, c Conclusion, at time.Time) error {
	var tell []screening.Input
	var amend []screening.Amendment
	for _, m := range p.Members {
		switch {
		case m.Effect == Same:
		case p.Correction:
			amend = append(amend, screening.Amendment{Key: m.Key, Changes: screening.Changes{Rev: m.Rev, Result: &c.Result, ReportedAt: &c.ReportedAt}})
		default:
			tell = append(tell, screening.Input{Employee: m.Employee, SampledAt: m.SampledAt, ReportedAt: c.ReportedAt, Result: c.Result,
				Mode: m.Mode, Source: regime.SourceEmployerOrg, Barcode: p.Tube.Barcode, LateReason: cmp.Or(c.Reason, p.Tube.Barcode)})
		}
	}
	if err := s.tell(ctx, tx, sc, tell, at); err != nil {
		return err
	}
	if len(amend) == 0 {
		return nil
	}
	amended, err := s.samples.Amend(ctx, tx, sc, amend, c.Reason, at)
	if err != nil {
		return err
	}
	for _, a := range amended {
		if a.Kind == screening.Refused {
			return errs.Fields{cmp.Or(a.Field, "result"): a.Message}.Err()
		}
	}
	return nil
}

// tell records samples, all or none.
func (s *Service) tell(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, ins []screening.Input, at time.Time) error {
	if len(ins) == 0 {
		return nil
	}
	outcomes, err := s.samples.Merge(ctx, tx, sc, ins, at)
	if err != nil {
		return err
	}
	for _, o := range outcomes {
		if o.Kind == screening.Refused {
			return o.Fault()
		}
	}
	return nil
}

// View is a tube with its members.
type View struct {
	Tube    Tube
	Members []Member // within reach
	Results bool     // the reader sees results
}

// View opens a tube. When it shows results, that is written down.
func (s *Service) View(ctx context.Context, sc authz.Scope, id int64, at time.Time) (View, error) {
	if err := sc.Require(runners...); err != nil {
		return View{}, err
	}
	v := View{Results: everyone(sc)}
	err := s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) (err error) {
		if v.Tube, err = get(ctx, tx, sc, id); err != nil {
			return err
		}
		if v.Members, err = members(ctx, tx, sc, id, at); err != nil {
			return err
		}
		return v.record(ctx, tx, sc, at)
	})
	return v, err
}

func (v *View) record(ctx context.Context, q db.Q, sc authz.Scope, at time.Time) error {
	if !v.Results || v.Tube.Result == regime.ResultPending {
		return nil
	}
	return readTube(ctx, q, sc, v.Tube.Barcode, at)
}
