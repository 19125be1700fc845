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
	"github.com/fugong/fugong/internal/regime"
)

// Effect is what a change would do to the rules of its place at the instant it takes effect.
type Effect struct {
	Before, After *regime.Pack
	NoEffect      []string // values of the overlay that are no stricter than what applies
}

// Check tells what a proposal would do, and refuses one that cannot be made; faults name fields.
func (s *Service) Check(ctx context.Context, sc authz.Scope, p Proposal, at time.Time) (Effect, error) {
	if err := MayChange(sc, p.Place); err != nil {
		return Effect{}, err
	}
	var e Effect
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) (err error) {
		e, err = s.check(ctx, tx, sc, p, at)
		return err
	})
	return e, err
}

func (s *Service) check(ctx context.Context, q db.Q, sc authz.Scope, p Proposal, at time.Time) (Effect, error) {
	f := errs.Fields{}
	switch {
	case p.EffectiveAt.Before(at.Add(-late)):
		f.Add("effective_at", "rules.effective.past")
	case p.EffectiveAt.After(at.Add(farthest)):
		f.Add("effective_at", "rules.effective.far")
	}
	switch n := utf8.RuneCountInString(strings.TrimSpace(p.Reason)); {
	case n == 0:
		f.Add("reason", "error.required")
	case n > maxReason:
		f.Add("reason", "error.too_long", "Max", maxReason)
	}
	if err := s.checkContent(ctx, q, f, p); err != nil {
		return Effect{}, err
	}
	if err := f.Err(); err != nil {
		return Effect{}, err
	}
	return s.effect(ctx, q, sc, p.change())
}

func (s *Service) checkContent(ctx context.Context, q db.Q, f errs.Fields, p Proposal) error {
	switch {
	case p.Kind == PackChange && p.Enterprise == 0:
		_, err := s.pack(ctx, q, p.Pack, p.PackVersion)
		if errs.Is(err, errs.NotFound) {
			f.Add("pack", "error.choice")
			return nil
		}
		return err
	case p.Kind != OverlayChange:
		f.Add("kind", "error.choice")
		return nil
	}
	body, err := json.Marshal(p.Overlay)
	if err != nil {
		return fmt.Errorf("encode overlay: %w", err)
	}
	if _, err := regime.ParseOverlay(body); err != nil {
		f.Add("overlay", "rules.overlay.faults", "Faults", faultLines(err))
		return nil
	}
	if isEmpty(p.Overlay) {
		in, err := inForce(ctx, q, p.Place, p.EffectiveAt)
		if err != nil || in {
			return err
		}
		f.Add("overlay", "rules.overlay.empty")
	}
	return nil
}

const sqlInForce = `select overlay from rule_change c
    where c.state = 'confirmed' and c.kind = 'overlay' and c.division is not distinct from nullif($1, '')
        and c.enterprise is not distinct from nullif($2, 0::integer) and c.effective_at <= $3
    order by c.effective_at desc, c.decided_at desc, c.id desc limit 1`

// inForce reports whether a place tightens anything at the instant.
func inForce(ctx context.Context, q db.Q, p Place, at time.Time) (bool, error) {
	o, err := overlayOf(ctx, q, p, at)
	return !isEmpty(o), err
}

func overlayOf(ctx context.Context, q db.Q, p Place, at time.Time) (regime.Overlay, error) {
	var rows []db.JSON[regime.Overlay]
	if err := q.SelectContext(ctx, &rows, sqlInForce, p.Division, p.Enterprise, at); err != nil {
		return regime.Overlay{}, fmt.Errorf("overlay in force: %w", err)
	}
	if len(rows) == 0 {
		return regime.Overlay{}, nil
	}
	return rows[0].V, nil
}

// OverlayOf is what a place tightens at the instant: the values that a form for its next overlay begins with.
func (s *Service) OverlayOf(ctx context.Context, sc authz.Scope, p Place, at time.Time) (regime.Overlay, error) {
	if err := MayChange(sc, p); err != nil {
		return regime.Overlay{}, err
	}
	var o regime.Overlay
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) (err error) {
		o, err = overlayOf(ctx, tx, p, at)
		return err
	})
	return o, err
}

// effect compares the rules of a change's place at its effective instant without and with it: on what is confirmed now, or, of a
// decided change, on what was confirmed before it.
func (s *Service) effect(ctx context.Context, q db.Q, sc authz.Scope, c Change) (Effect, error) {
	before, err := s.timeline(ctx, q, sc, c.Place, c.DecidedAt, nil)
	if err != nil {
		return Effect{}, err
	}
	after, err := s.timeline(ctx, q, sc, c.Place, c.DecidedAt, &c)
	if err != nil {
		return Effect{}, err
	}
	now := timelineAt(c.Place, after, c.EffectiveAt).Now()
	e := Effect{Before: timelineAt(c.Place, before, c.EffectiveAt).Now().Pack, After: now.Pack}
	for _, l := range now.Layers {
		if l.Change == c.ID && l.Place == c.Place {
			e.NoEffect = l.NoEffect
		}
	}
	return e, nil
}
