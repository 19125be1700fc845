package returning

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
)

// Incoming is one person of a returning batch, as the enterprise lists them. A health code without an instant was looked at when the
// row is read.
type Incoming struct {
	Employee    int64
	Planned     string // civil day
	Declaration Declaration
	Pledged     bool // signed on paper
}

// Kind is what becomes of an incoming row.
type Kind string

// The kinds.
const (
	Added     Kind = "added"
	Changed   Kind = "changed"
	Unchanged Kind = "unchanged"
	Refused   Kind = "refused"
)

// Outcome is the answer for one row. A message on a row that is not refused says why nothing was to be done.
type Outcome struct {
	Kind    Kind
	Faults  errs.Fields
	Message errs.Message
}

// planned is one row with what would become of it.
type planned struct {
	Outcome
	in  Incoming
	old *View // the open case
	c   Case  // as it shall be
}

// Plan says what Merge would do with each row, and writes nothing.
func (s *Service) Plan(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, ins []Incoming, at time.Time) ([]Outcome, error) {
	rows, err := s.plan(ctx, tx, s.rules, sc, ins, at)
	out := make([]Outcome, len(rows))
	for i, r := range rows {
		out[i] = r.Outcome
	}
	return out, err
}

// Merge opens a case, handed in, for each person who is not on post, or completes the open one. Repeating it changes nothing. People
// on leave or working from home await their return from then on. A draft is left to its writer, a proposed override to the second
// person.
func (s *Service) Merge(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, ins []Incoming, at time.Time) ([]Outcome, error) {
	at = at.Truncate(time.Microsecond)
	rows, err := s.plan(ctx, tx, s.rules, sc, ins, at)
	if err != nil {
		return nil, err
	}
	var people []int64
	out := make([]Outcome, len(rows))
	for i := range rows {
		r := &rows[i]
		out[i] = r.Outcome
		switch r.Kind {
		case Added:
			err = s.insert(ctx, tx, sc.Org, &r.c)
		case Changed:
			err = s.update(ctx, tx, sc.Org, &r.c, at)
		default:
			continue
		}
		if err != nil {
			return nil, err
		}
		people = append(people, r.in.Employee)
		if err := record(ctx, tx, sc, &r.c, "return.import", "", at); err != nil {
			return nil, err
		}
	}
	if len(people) == 0 {
		return out, nil
	}
	return out, s.await(ctx, tx, sc, people, at)
}

const sqlStatusesAt = `select id, case when status_until <= $3 then 'on_post' else work_status end as work_status
    from employee where org_id = $1 and id = any($2::bigint[])`

func (x vault) plan(ctx context.Context, tx *sqlx.Tx, r Rules, sc authz.Scope, ins []Incoming, at time.Time) ([]planned, error) {
	if err := sc.Require(authz.ReturnReview); err != nil {
		return nil, err
	}
	j, err := newJudge(ctx, tx, r, sc.Org, at)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(ins))
	for i, in := range ins {
		ids[i] = in.Employee
	}
	var people []struct {
		ID     int64  `db:"id"`
		Status string `db:"work_status"`
	}
	if err := tx.SelectContext(ctx, &people, sqlStatusesAt, sc.Org, pq.Array(ids), at); err != nil {
		return nil, fmt.Errorf("read work statuses: %w", err)
	}
	status := map[int64]string{}
	for _, p := range people {
		status[p.ID] = p.Status
	}
	views, err := x.loadMany(ctx, tx, sqlOpenOfMany, sc.Org, at, pq.Array(ids))
	if err != nil {
		return nil, err
	}
	open := map[int64]*View{}
	for i := range views {
		open[views[i].Employee] = &views[i]
	}
	rows := make([]planned, len(ins))
	for i, in := range ins {
		rows[i] = planned{in: in, old: open[in.Employee]}
		if err := rows[i].settle(j, sc, status[in.Employee], at); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// settle says what becomes of a row about a person of a work status.
func (p *planned) settle(j judge, sc authz.Scope, status string, at time.Time) error {
	if p.in.Declaration.HealthCode != "" && p.in.Declaration.CodeCheckedAt.IsZero() {
		p.in.Declaration.CodeCheckedAt = at
	}
	faults := p.in.Declaration.check(j.at)
	day := j.planned(p.in.Planned, faults)
	switch {
	case status == "" || status == string(regime.StatusResigned):
		p.Kind, p.Message = Refused, errs.Msg("returning.refused.resigned")
	case len(faults) > 0:
		p.Kind, p.Faults = Refused, faults
	case status == string(regime.StatusOnPost):
		p.Kind, p.Message = Unchanged, errs.Msg("returning.sheet.on_post")
	case p.old == nil:
		p.Kind = Added
		p.c = Case{Key: Key{Employee: p.in.Employee}, State: Submitted, Source: ByImport, PlannedAt: day, Declaration: p.in.Declaration,
			SubmittedAt: at, CreatedBy: sc.Account, Actor: sc.Actor, CreatedAt: at}
		if p.in.Pledged {
			p.c.PledgeAt = at
		}
	case p.old.State == Draft && p.old.Source == BySelf:
		p.Kind, p.Message = Unchanged, errs.Msg("returning.sheet.draft")
	case p.old.State == Override:
		p.Kind, p.Message = Unchanged, errs.Msg("returning.sheet.override")
	default:
		return p.complete(day, at)
	}
	return nil
}

// complete lays the row over the open case.
func (p *planned) complete(day, at time.Time) error {
	d, err := p.old.Declaration.over(p.in.Declaration)
	if err != nil {
		return err
	}
	p.c = p.old.Case
	p.c.Declaration, p.c.PlannedAt = d, day
	same, err := equal(p.old.Declaration, d)
	if err != nil {
		return err
	}
	signs := p.in.Pledged && p.c.PledgeAt.IsZero()
	if same && !signs && p.old.PlannedAt.Equal(day) && p.old.State != Draft {
		p.Kind = Unchanged
		return nil
	}
	p.Kind = Changed
	if signs {
		p.c.PledgeAt = at
	}
	if p.c.State == Draft {
		p.c.State = Submitted
	}
	said := p.in.Declaration.Temperature != nil || p.in.Declaration.Well || len(p.in.Declaration.Symptoms) > 0
	if said && !same || p.c.SubmittedAt.IsZero() {
		p.c.SubmittedAt = at
	}
	return nil
}
