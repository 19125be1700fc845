package rulebook

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
)

// Book says which rules apply. It remembers them for seconds, because every write of a record asks.
type Book struct {
	clock    clock.Clock
	cacheFor time.Duration

	mu         sync.Mutex
	cached     map[int32]entry
	generation int // counts the changes confirmed by this process
	packs      map[packKey]*regime.Pack
}

// entry is what is remembered of an org: its confirmed changes, and the rules that they make together.
type entry struct {
	until   time.Time
	base    *regime.Pack
	changes []applied
	newest  time.Time // the last decision among the changes
	rules   regime.Rules
}

// applied is a confirmed change as far as it makes rules.
type applied struct {
	ID   int64
	Kind Kind
	Place
	Pack        string
	PackVersion int
	Overlay     regime.Overlay
	EffectiveAt time.Time
	DecidedAt   time.Time
}

// appliedRow is an applied as it is read; without an id it is none.
type appliedRow struct {
	ID   sql.NullInt64 `db:"id"`
	Kind Kind          `db:"kind"`
	Place
	Pack        string                  `db:"pack"`
	PackVersion int                     `db:"pack_version"`
	Overlay     db.JSON[regime.Overlay] `db:"overlay"`
	EffectiveAt sql.NullTime            `db:"effective_at"`
	DecidedAt   sql.NullTime            `db:"decided_at"`
}

func (r appliedRow) applied() applied {
	return applied{ID: r.ID.Int64, Kind: r.Kind, Place: r.Place, Pack: r.Pack, PackVersion: r.PackVersion,
		Overlay: r.Overlay.V, EffectiveAt: r.EffectiveAt.Time, DecidedAt: r.DecidedAt.Time}
}

const fragApplied = `c.id, coalesce(c.kind, '') as kind, coalesce(c.division, '') as division, coalesce(c.enterprise, 0) as enterprise,
        coalesce(c.pack, '') as pack, coalesce(c.pack_version, 0) as pack_version, c.overlay, c.effective_at, c.decided_at`

// Places of an org: the city, the district of its address, the line it reports to, and the org itself.
const fragPlaces = `(c.enterprise = o.id or c.division in (o.gb_district, o.admin_zone)
        or c.division in (select d.code from division d where d.kind = 'city'))`

// sees tells a transaction of the org, the bureau or a job from one that row-level security keeps from the org's own changes.
// fresh tells one whose statements see what was committed before each of them.
const sqlConfirmed = `select o.rule_pack as base,
        coalesce(current_setting('app.system', true) = 'on' or current_setting('app.bureau', true) = 'on'
            or current_setting('app.org', true) = o.id::text, false) as sees,
        current_setting('transaction_isolation') = 'read committed' as fresh,
        ` + fragApplied + `
    from org o left join rule_change c on c.state = 'confirmed' and ` + fragPlaces + `
    where o.id = $1
    order by c.effective_at, c.decided_at, c.id`

// For returns the rules of an org as confirmed by the instant known; zero means by now. The transaction must be the org's, the
// bureau's or a job'b. What was asked for within the last seconds costs no round trip.
func (b *Book) For(ctx context.Context, q db.Q, org int32, known time.Time) (regime.Rules, error) {
	e, err := b.entryOf(ctx, q, org)
	if err != nil {
		return regime.Rules{}, err
	}
	if known.IsZero() || !known.Before(e.newest) {
		return e.rules, nil
	}
	then := slices.DeleteFunc(slices.Clone(e.changes), func(c applied) bool { return c.DecidedAt.After(known) })
	return b.rules(ctx, q, e.base, then)
}

func (b *Book) entryOf(ctx context.Context, q db.Q, org int32) (entry, error) {
	now := b.clock.Now()
	b.mu.Lock()
	e, ok := b.cached[org]
	generation := b.generation
	b.mu.Unlock()
	if ok && now.Before(e.until) {
		return e, nil
	}
	e, fresh, err := b.read(ctx, q, org)
	if err != nil {
		return e, fmt.Errorf("rules of org %d: %w", org, err)
	}
	if !fresh {
		return e, nil // an older snapshot must not hide a change from others
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.generation == generation {
		e.until = now.Add(b.cacheFor)
		b.remember(org, e, now)
	}
	return e, nil
}

// remember keeps an entry, and the map from growing with every org that was ever asked for.
func (b *Book) remember(org int32, e entry, now time.Time) {
	const plenty = 512
	if len(b.cached) >= plenty {
		for id, old := range b.cached {
			if !now.Before(old.until) {
				delete(b.cached, id)
			}
		}
	}
	b.cached[org] = e
}

// forget drops what is remembered, after this process changed it.
func (b *Book) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.generation++
	clear(b.cached)
}

// read loads an org's confirmed changes and builds its rules. fresh says whether they may be remembered for others.
func (b *Book) read(ctx context.Context, q db.Q, org int32) (e entry, fresh bool, err error) {
	base, changes, fresh, err := confirmed(ctx, q, org)
	if err != nil {
		return e, false, err
	}
	e.changes = changes
	if e.base, err = b.first(ctx, q, base); err != nil {
		return e, false, fmt.Errorf("pack %s: %w", base, err)
	}
	for _, c := range changes {
		if c.DecidedAt.After(e.newest) {
			e.newest = c.DecidedAt
		}
	}
	e.rules, err = b.rules(ctx, q, e.base, changes)
	return e, fresh, err
}

func confirmed(ctx context.Context, q db.Q, org int32) (base string, changes []applied, fresh bool, err error) {
	var rows []struct {
		appliedRow
		Base  string `db:"base"`
		Sees  bool   `db:"sees"`
		Fresh bool   `db:"fresh"`
	}
	if err := q.SelectContext(ctx, &rows, sqlConfirmed, org); err != nil {
		return "", nil, false, fmt.Errorf("read confirmed changes: %w", err)
	}
	if len(rows) == 0 {
		return "", nil, false, errs.Missing()
	}
	if !rows[0].Sees {
		return "", nil, false, errors.New("asked for in a transaction of another tenant")
	}
	for _, r := range rows {
		if r.ID.Valid {
			changes = append(changes, r.applied())
		}
	}
	return rows[0].Base, changes, rows[0].Fresh, nil
}

// rules makes the rules of a base and confirmed changes.
func (b *Book) rules(ctx context.Context, q db.Q, base *regime.Pack, changes []applied) (regime.Rules, error) {
	if len(changes) == 0 {
		return regime.Fixed(base), nil
	}
	periods, err := b.periods(ctx, q, base, changes)
	if err != nil {
		return regime.Rules{}, err
	}
	return rulesOf(periods)
}

func rulesOf(periods []Period) (regime.Rules, error) {
	versions := make([]regime.Version, len(periods))
	for i, p := range periods {
		versions[i] = regime.Version{From: p.From, Pack: p.Pack}
	}
	return regime.NewRules(versions...)
}
