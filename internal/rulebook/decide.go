package rulebook

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/jobs"
	"github.com/fugong/fugong/internal/platform/stamp"
)

const sqlDecide = `update rule_change set state = $2, decided_by = $3, decided_by_name = $4, decided_at = $5, decision_note = $6
    where id = $1`

func (s *Service) settle(ctx context.Context, q db.Q, sc authz.Scope, c Change, state State, note string, at time.Time) error {
	if _, err := q.ExecContext(ctx, sqlDecide, c.ID, state, sc.Account, sc.Actor, at, note); err != nil {
		return fmt.Errorf("decide change %d: %w", c.ID, err)
	}
	action := map[State]string{Confirmed: "rules.confirm", Refused: "rules.refuse", Withdrawn: "rules.withdraw"}[state]
	return record(ctx, q, sc, at, action, c.ID, c, note)
}

// Confirm puts a proposed change in force from its effective instant, and queues the recomputation of everyone it concerns. It
// takes a second person, and figures of what it would ask for.
func (s *Service) Confirm(ctx context.Context, sc authz.Scope, id int64, note string, at time.Time) error {
	err := s.decide(ctx, sc, id, func(tx *sqlx.Tx, c Change) error {
		switch {
		case c.ProposedBy == sc.Account:
			return errs.New(errs.Conflict, "rules.second_person")
		case c.Preview == nil:
			return errs.New(errs.Conflict, "rules.no_preview")
		case c.EffectiveAt.Before(at.Add(-late)):
			return errs.New(errs.Conflict, "rules.too_late")
		}
		if err := s.keepPack(ctx, tx, sc, c, at); err != nil {
			return err
		}
		if err := s.settle(ctx, tx, sc, c, Confirmed, strings.TrimSpace(note), at); err != nil {
			return err
		}
		if err := stamp.Raise(ctx, tx, stamp.Rules); err != nil {
			return err
		}
		_, err := jobs.Enqueue(ctx, tx, c.taskOrg(), TaskRecompute, id)
		return err
	}, Proposed)
	s.forget()
	return err
}

// keepPack stores a copy of a pack that comes with the program when it is put in force, so that it is still known when a later
// program comes with another version of it.
func (s *Service) keepPack(ctx context.Context, q db.Q, sc authz.Scope, c Change, at time.Time) error {
	if c.Kind != PackChange {
		return nil
	}
	p, err := s.pack(ctx, q, c.Pack, c.PackVersion)
	if err != nil {
		return err
	}
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode pack: %w", err)
	}
	_, err = storePack(ctx, q, sc, p, body, at)
	return err
}

// Refuse turns a proposal down; it takes a second person and a reason.
func (s *Service) Refuse(ctx context.Context, sc authz.Scope, id int64, reason string, at time.Time) error {
	reason = strings.TrimSpace(reason)
	switch n := utf8.RuneCountInString(reason); {
	case n == 0:
		return errs.Fields{"reason": errs.Msg("error.required")}.Err()
	case n > maxReason:
		return errs.Fields{"reason": errs.Msg("error.too_long", "Max", maxReason)}.Err()
	}
	return s.decide(ctx, sc, id, func(tx *sqlx.Tx, c Change) error {
		if c.ProposedBy == sc.Account {
			return errs.New(errs.Conflict, "rules.own_refusal")
		}
		return s.settle(ctx, tx, sc, c, Refused, reason, at)
	}, Proposed)
}

// Withdraw takes one's own proposal back.
func (s *Service) Withdraw(ctx context.Context, sc authz.Scope, id int64, at time.Time) error {
	return s.decide(ctx, sc, id, func(tx *sqlx.Tx, c Change) error {
		if c.ProposedBy != sc.Account {
			return errs.New(errs.Conflict, "rules.not_yours")
		}
		return s.settle(ctx, tx, sc, c, Withdrawn, "", at)
	}, Proposed)
}
