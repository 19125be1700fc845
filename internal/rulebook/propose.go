package rulebook

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/jobs"
	"github.com/fugong/fugong/internal/regime"
)

const (
	// late is how long after its effective instant a change may still be proposed or confirmed: a form takes a while to fill in.
	late      = 10 * time.Minute
	farthest  = 366 * 24 * time.Hour
	maxReason = 500
)

// Proposal is what a person enters.
type Proposal struct {
	Kind Kind
	Place
	Pack        string
	PackVersion int
	Overlay     regime.Overlay
	EffectiveAt time.Time
	Reason      string
}

func (p Proposal) change() Change {
	return Change{Kind: p.Kind, Place: p.Place, Pack: p.Pack, PackVersion: p.PackVersion, Overlay: p.Overlay, EffectiveAt: p.EffectiveAt,
		Reason: strings.TrimSpace(p.Reason), State: Proposed}
}

// NextMonday is the beginning of the next week in a zone: when a change takes effect unless somebody says otherwise.
func NextMonday(at time.Time, zone *time.Location) time.Time {
	l := at.In(zone)
	days := (8 - int(l.Weekday())) % 7
	if days == 0 {
		days = 7
	}
	return time.Date(l.Year(), l.Month(), l.Day()+days, 0, 0, 0, 0, zone)
}

// MayChange reports whether the scope may propose and decide for a place: the city bureau for divisions, an enterprise for
// itself.
func MayChange(sc authz.Scope, p Place) error {
	if err := sc.Require(authz.RulesChange); err != nil {
		return err
	}
	if sc.IsSystem() || sc.Can(authz.BureauView) == (p.Enterprise == 0) && (p.Enterprise == 0 || p.Enterprise == sc.Org) {
		return nil
	}
	return errs.New(errs.Forbidden, "error.forbidden")
}

const sqlInsertChange = `insert into rule_change (kind, division, enterprise, pack, pack_version, overlay, effective_at, reason,
        proposed_by, proposed_by_name, proposed_at)
    values ($1, nullif($2, ''), nullif($3, 0::integer), $4, $5, $6, $7, $8, $9, $10, $11) returning id`

// Propose enters a change that a second person has to confirm, and queues its preview.
func (s *Service) Propose(ctx context.Context, sc authz.Scope, p Proposal, at time.Time) (int64, error) {
	if err := MayChange(sc, p.Place); err != nil {
		return 0, err
	}
	c := p.change()
	var id int64
	err := s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		if _, err := s.check(ctx, tx, sc, p, at); err != nil {
			return err
		}
		err := tx.GetContext(ctx, &id, sqlInsertChange, c.Kind, c.Division, c.Enterprise, c.Pack, c.PackVersion, db.J(c.Overlay),
			c.EffectiveAt, c.Reason, sc.Account, sc.Actor, at)
		if err != nil {
			return fmt.Errorf("propose: %w", err)
		}
		if _, err := jobs.Enqueue(ctx, tx, c.taskOrg(), TaskPreview, id); err != nil {
			return err
		}
		return record(ctx, tx, sc, at, "rules.propose", id, c, c.Reason)
	})
	return id, err
}

// record writes what was done with a change into the log of whoever acts.
func record(ctx context.Context, q db.Q, sc authz.Scope, at time.Time, action string, id int64, c Change, reason string) error {
	detail := map[string]any{"kind": c.Kind, "place": c.Origin(), "effective_at": c.EffectiveAt.Format(time.RFC3339)}
	if c.Kind == PackChange {
		detail["pack"] = c.Pack + " " + strconv.Itoa(c.PackVersion)
	}
	return audit.Record(ctx, q, sc, at, audit.Event{Action: action, Subject: "rule_change", SubjectID: strconv.FormatInt(id, 10),
		Reason: reason, Detail: detail})
}

// Preview queues the count of a proposed change again, for figures that have aged or a count that failed.
func (s *Service) Preview(ctx context.Context, sc authz.Scope, id int64, at time.Time) error {
	return s.decide(ctx, sc, id, func(tx *sqlx.Tx, c Change) error {
		if _, err := jobs.Enqueue(ctx, tx, c.taskOrg(), TaskPreview, id); err != nil {
			return err
		}
		return record(ctx, tx, sc, at, "rules.preview", id, c, "")
	}, Proposed)
}

// decide loads and locks a change that the scope may decide, in one of the states, and does something with it.
func (s *Service) decide(ctx context.Context, sc authz.Scope, id int64, do func(tx *sqlx.Tx, c Change) error, states ...State) error {
	if err := sc.Require(authz.RulesChange); err != nil {
		return err
	}
	return s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		c, err := lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := MayChange(sc, c.Place); err != nil {
			return err
		}
		if !slices.Contains(states, c.State) {
			return errs.New(errs.Conflict, "rules.decided")
		}
		return do(tx, c)
	})
}
