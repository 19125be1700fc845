package rulebook

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
)

// Period is what applies from an instant until the next period begins.
type Period struct {
	From   time.Time // zero: from the beginning
	Pack   *regime.Pack
	Layers []Layer // first the pack, then what tightens it
}

// Layer is one of the things that a period's rules are made of.
type Layer struct {
	Kind   Kind
	Change int64     // 0: the pack of the beginning
	From   time.Time // when the change takes effect
	Place  Place
	Pack   *regime.Pack // the rules with this layer and those before it
	// NoEffect lists the values of an overlay that were no stricter than what applied already.
	NoEffect []string
}

// periods puts changes together: one period for each instant at which a change takes effect.
func (b *Book) periods(ctx context.Context, q db.Reader, base *regime.Pack, changes []applied) ([]Period, error) {
	changes = slices.Clone(changes)
	slices.SortFunc(changes, func(a, b applied) int {
		return cmp.Or(a.EffectiveAt.Compare(b.EffectiveAt), a.DecidedAt.Compare(b.DecidedAt), cmp.Compare(a.ID, b.ID))
	})
	first, err := b.period(ctx, q, base, nil)
	if err != nil {
		return nil, err
	}
	out := []Period{first}
	for i, c := range changes {
		if i+1 < len(changes) && changes[i+1].EffectiveAt.Equal(c.EffectiveAt) {
			continue
		}
		p, err := b.period(ctx, q, base, changes[:i+1])
		if err != nil {
			return nil, err
		}
		p.From = c.EffectiveAt
		out = append(out, p)
	}
	return out, nil
}

// period layers changes that have taken effect, the newest last: of the packs the newest replaces those before it, of the
// overlays of one place likewise, and overlays of several places tighten together.
func (b *Book) period(ctx context.Context, q db.Reader, base *regime.Pack, changes []applied) (Period, error) {
	bottom := Layer{Kind: PackChange, Pack: base}
	overlays := map[Place]applied{}
	for _, c := range changes {
		if c.Kind == OverlayChange {
			overlays[c.Place] = c
			continue
		}
		p, err := b.pack(ctx, q, c.Pack, c.PackVersion)
		if err != nil {
			return Period{}, fmt.Errorf("pack %s %d of change %d: %w", c.Pack, c.PackVersion, c.ID, err)
		}
		bottom = Layer{Kind: c.Kind, Change: c.ID, From: c.EffectiveAt, Place: c.Place, Pack: p}
	}
	out := Period{Pack: bottom.Pack, Layers: []Layer{bottom}}
	// The city's code is the least of the divisions'. The order decides only whose a value is said to be that two ask for alike.
	inOrder := slices.SortedFunc(maps.Values(overlays), func(a, b applied) int {
		return cmp.Or(cmp.Compare(a.Enterprise, b.Enterprise), cmp.Compare(a.Division, b.Division))
	})
	for _, c := range inOrder {
		if isEmpty(c.Overlay) {
			continue
		}
		tight, noEffect, err := regime.Tighten(out.Pack, c.Overlay, c.Origin())
		if err != nil {
			return Period{}, fmt.Errorf("overlay of change %d: %w", c.ID, err)
		}
		out.Pack = tight
		out.Layers = append(out.Layers, Layer{Kind: c.Kind, Change: c.ID, From: c.EffectiveAt, Place: c.Place, Pack: tight, NoEffect: noEffect})
	}
	return out, nil
}

// Timeline is what applies to a place, from the beginning on.
type Timeline struct {
	Place   Place
	Periods []Period
	Current int // the period of the instant asked about
}

// Now is the period of the instant asked about.
func (t Timeline) Now() Period { return t.Periods[t.Current] }

// Timeline tells what applies to a place, as far as it is confirmed. An enterprise is the reader's own, or for a bureau one that
// reports to it; divisions are everybody's.
func (s *Service) Timeline(ctx context.Context, sc authz.Scope, place Place, at time.Time) (Timeline, error) {
	if err := sc.Require(authz.RulesView); err != nil {
		return Timeline{}, err
	}
	var periods []Period
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) (err error) {
		periods, err = s.timeline(ctx, tx, sc, place, time.Time{}, nil)
		return err
	})
	return timelineAt(place, periods, at), err
}

func timelineAt(place Place, periods []Period, at time.Time) Timeline {
	t := Timeline{Place: place, Periods: periods}
	for i, p := range periods {
		if !p.From.After(at) {
			t.Current = i
		}
	}
	return t
}

const sqlLine = `select admin_zone from org where id = $1`

// mayRead answers Missing for the own rules of an enterprise that is neither the reader's nor reports to the reader's bureau.
func mayRead(ctx context.Context, q db.Reader, sc authz.Scope, place Place) error {
	switch {
	case place.Enterprise == 0 || place.Enterprise == sc.Org:
		return nil
	case !sc.Can(authz.BureauView):
		return errs.Missing()
	case sc.Division == "":
		return nil
	}
	var line string
	if err := q.GetContext(ctx, &line, sqlLine, place.Enterprise); err != nil {
		return fmt.Errorf("line of enterprise: %w", db.OneRow(err))
	}
	if line != sc.Division {
		return errs.Missing()
	}
	return nil
}

// timeline builds the periods of a place from what was confirmed before an instant (zero: by now), with one more change as if it
// were confirmed as well.
func (b *Book) timeline(ctx context.Context, q db.Reader, sc authz.Scope, place Place, before time.Time, extra *Change) ([]Period, error) {
	err := mayRead(ctx, q, sc, place)
	if err != nil {
		return nil, err
	}
	e := &entry{}
	if place.Enterprise != 0 {
		e, err = b.readOne(ctx, q, place.Enterprise)
	} else if e.changes, err = confirmedIn(ctx, q, place.Division); err == nil {
		e.base, err = b.first(ctx, q, DefaultPack)
	}
	if err != nil {
		return nil, err
	}
	changes := slices.Clone(e.changes)
	if !before.IsZero() {
		changes = slices.DeleteFunc(changes, func(c applied) bool { return !c.DecidedAt.Before(before) })
	}
	if extra != nil {
		changes = append(changes, supposed(*extra))
	}
	return b.periods(ctx, q, e.base, changes)
}

// supposed is a change as if it were confirmed after all others.
func supposed(c Change) applied {
	return applied{ID: c.ID, Kind: c.Kind, Place: c.Place, Pack: c.Pack, PackVersion: c.PackVersion, Overlay: c.Overlay,
		EffectiveAt: c.EffectiveAt, DecidedAt: c.EffectiveAt.AddDate(1000, 0, 0)}
}

const sqlConfirmedIn = `select ` + fragApplied + `
    from rule_change c join division d on d.code = c.division
    where c.state = 'confirmed' and (c.division = $1 or d.kind = 'city')
    order by c.effective_at, c.decided_at, c.id`

const sqlIsDivision = `select exists (select from division where code = $1)`

// confirmedIn lists the confirmed changes of a division and of the city around it.
func confirmedIn(ctx context.Context, q db.Reader, division string) ([]applied, error) {
	var known bool
	if err := q.GetContext(ctx, &known, sqlIsDivision, division); err != nil {
		return nil, fmt.Errorf("division: %w", err)
	}
	if !known {
		return nil, errs.Missing()
	}
	var rows []appliedRow
	if err := q.SelectContext(ctx, &rows, sqlConfirmedIn, division); err != nil {
		return nil, fmt.Errorf("confirmed changes of a division: %w", err)
	}
	out := make([]applied, len(rows))
	for i, r := range rows {
		out[i] = r.applied()
	}
	return out, nil
}
