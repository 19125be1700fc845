package rulebook

import (
	"context"
	"fmt"
	"slices"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
)

type packKey struct {
	id      string
	version int
}

const sqlPackBody = `select body from rule_pack where id = $1 and version = $2`

// pack finds a version of a pack: among those that were stored, else among those that come with the program. Packs are never
// changed, so one read is good for ever.
func (b *Book) pack(ctx context.Context, q db.Reader, id string, version int) (*regime.Pack, error) {
	key := packKey{id, version}
	b.mu.Lock()
	p := b.packs[key]
	b.mu.Unlock()
	if p != nil {
		return p, nil
	}
	var body []string
	if err := q.SelectContext(ctx, &body, sqlPackBody, id, version); err != nil {
		return nil, fmt.Errorf("read pack: %w", err)
	}
	var err error
	if len(body) == 1 {
		p, err = regime.ParsePack([]byte(body[0]))
	} else {
		p, err = builtin(id, version)
	}
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.packs[key] = p
	return p, nil
}

func builtin(id string, version int) (*regime.Pack, error) {
	if !slices.Contains(regime.BuiltinIDs(), id) {
		return nil, errs.Missing()
	}
	p, err := regime.Builtin(id)
	if err == nil && version != p.Version {
		return nil, errs.Missing()
	}
	return p, err
}

const sqlFirstVersion = `select coalesce(min(version), 0) from rule_pack where id = $1`

// first finds the pack that an enterprise was set up with: later versions of it come in force by a change only.
func (b *Book) first(ctx context.Context, q db.Reader, id string) (*regime.Pack, error) {
	if slices.Contains(regime.BuiltinIDs(), id) {
		p, err := regime.Builtin(id)
		if err != nil {
			return nil, err
		}
		return b.pack(ctx, q, id, p.Version)
	}
	var version int
	if err := q.GetContext(ctx, &version, sqlFirstVersion, id); err != nil {
		return nil, fmt.Errorf("first version of pack: %w", err)
	}
	return b.pack(ctx, q, id, version)
}
