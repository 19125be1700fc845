package rulebook

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/stamp"
	"github.com/fugong/fugong/internal/regime"
)

// Book says which rules apply. It remembers them, because every write of a record asks, for as long as the stamp of the rules
// stays the same, and looks at the stamp every few seconds.
type Book struct {
	watch    *stamp.Watch
	cacheFor time.Duration

	mu      sync.Mutex
	stamp   int64 // that the cached entries belong to
	cached  map[int32]*entry
	packs   map[packKey]*regime.Pack
	spelled map[string]*entry // by base and changes: most orgs have the same
}

// entry is what is remembered of an org: its confirmed changes, and the rules that they make together.
type entry struct {
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
const sqlConfirmed = db.Kept + `select o.id as org, o.rule_pack as base,
        coalesce(current_setting('app.system', true) = 'on' or current_setting('app.bureau', true) = 'on'
            or current_setting('app.org', true) = o.id::text
            or o.id = any(nullif(current_setting('app.orgs', true), '')::integer[]), false) as sees,
        ` + fragApplied + `
    from org o left join rule_change c on c.state = 'confirmed' and ` + fragPlaces + `
    where o.id = any($1)
    order by o.id, c.effective_at, c.decided_at, c.id`

// For returns the rules of an org as confirmed by the instant known; zero means by now. The transaction must be the org's, the
// bureau's or a job's.
func (b *Book) For(ctx context.Context, q db.Q, org int32, known time.Time) (regime.Rules, error) {
	entries, err := b.entries(ctx, q, []int32{org})
	if err != nil {
		return regime.Rules{}, err
	}
	e := entries[org]
	if known.IsZero() || !known.Before(e.newest) {
		return e.rules, nil
	}
	then := slices.DeleteFunc(slices.Clone(e.changes), func(c applied) bool { return c.DecidedAt.After(known) })
	return b.rules(ctx, q, e.base, then)
}

// Current hands over, for each of the orgs, the rules confirmed by now and when the last of their changes was decided, zero
// where none was. The transaction must be that of all the orgs, or a job's.
func (b *Book) Current(ctx context.Context, q db.Reader, orgs []int32, each func(org int32, r regime.Rules, decided time.Time)) error {
	entries, err := b.entries(ctx, q, orgs)
	for org, e := range entries {
		each(org, e.rules, e.newest)
	}
	return err
}

// entries finds what applies to the orgs, reading those that are not remembered in one round trip.
func (b *Book) entries(ctx context.Context, q db.Reader, orgs []int32) (map[int32]*entry, error) {
	stamp, fresh, err := b.watch.Look(ctx, q)
	if err != nil {
		return nil, err
	}
	found := make(map[int32]*entry, len(orgs))
	var missing []int32
	b.mu.Lock()
	for _, org := range orgs {
		if e := b.cached[org]; e != nil && b.stamp == stamp {
			found[org] = e
		} else {
			missing = append(missing, org)
		}
	}
	b.mu.Unlock()
	if len(missing) == 0 {
		return found, nil
	}
	read, err := b.read(ctx, q, missing)
	if err != nil {
		return nil, fmt.Errorf("rules of %d enterprises: %w", len(missing), err)
	}
	for _, org := range missing {
		if read[org] == nil {
			return nil, fmt.Errorf("rules of org %d: %w", org, errs.Missing())
		}
		found[org] = read[org]
	}
	if fresh {
		b.remember(stamp, read)
	}
	return found, nil
}

// plenty bounds the orgs that are remembered.
const plenty = 20_000

// remember keeps entries that were read after the stamp was.
func (b *Book) remember(stamp int64, read map[int32]*entry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if stamp > b.stamp || len(b.cached)+len(read) > plenty {
		clear(b.cached)
	}
	if stamp >= b.stamp {
		b.stamp = stamp
		maps.Copy(b.cached, read)
	}
}

// forget has the stamp looked at again, after this process changed it or where a clock stands.
func (b *Book) forget() { b.watch.Again() }

type confirmedRow struct {
	appliedRow
	Org  int32  `db:"org"`
	Base string `db:"base"`
	Sees bool   `db:"sees"`
}

// read loads the confirmed changes of orgs and builds their rules.
func (b *Book) read(ctx context.Context, q db.Reader, orgs []int32) (map[int32]*entry, error) {
	var rows []confirmedRow
	if err := q.SelectContext(ctx, &rows, sqlConfirmed, pq.Array(orgs)); err != nil {
		return nil, fmt.Errorf("read confirmed changes: %w", err)
	}
	out := make(map[int32]*entry, len(orgs))
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n].Org == rows[0].Org {
			n++
		}
		if !rows[0].Sees {
			return nil, errors.New("asked for in a transaction of another tenant")
		}
		e, err := b.entry(ctx, q, rows[:n])
		if err != nil {
			return nil, err
		}
		out[rows[0].Org], rows = e, rows[n:]
	}
	return out, nil
}

// readOne is read of one org, which must be there.
func (b *Book) readOne(ctx context.Context, q db.Reader, org int32) (*entry, error) {
	read, err := b.read(ctx, q, []int32{org})
	if err == nil && read[org] == nil {
		err = errs.Missing()
	}
	return read[org], err
}

// entry builds the entry of one org, or finds that of another with the same base and changes.
func (b *Book) entry(ctx context.Context, q db.Reader, rows []confirmedRow) (*entry, error) {
	spelling := rows[0].Base
	e := &entry{}
	for _, r := range rows {
		if r.ID.Valid {
			e.changes = append(e.changes, r.applied())
			spelling += fmt.Sprintf(" %d", r.ID.Int64)
			if r.DecidedAt.Time.After(e.newest) {
				e.newest = r.DecidedAt.Time
			}
		}
	}
	b.mu.Lock()
	same := b.spelled[spelling]
	b.mu.Unlock()
	if same != nil {
		return same, nil
	}
	var err error
	if e.base, err = b.first(ctx, q, rows[0].Base); err != nil {
		return nil, fmt.Errorf("pack %s: %w", rows[0].Base, err)
	}
	if e.rules, err = b.rules(ctx, q, e.base, e.changes); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.spelled) > plenty {
		clear(b.spelled)
	}
	b.spelled[spelling] = e
	return e, nil
}

// rules makes the rules of a base and confirmed changes.
func (b *Book) rules(ctx context.Context, q db.Reader, base *regime.Pack, changes []applied) (regime.Rules, error) {
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
