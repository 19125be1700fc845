package standing

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"golang.org/x/sync/errgroup"

	"github.com/fugong/fugong/internal/platform/db"
)

// part is people who are read at once: everyone of a few orgs, or some of a large one.
type part struct {
	orgs        []int32
	after, upTo int64 // of files by number: later than the one, up to the other
	people      int
}

// partSize is about how many people a part has: enough that small enterprises share the cost of a statement, few enough that
// a part is read within a few tenths of a second.
const partSize = 4000

const everyFile = 1<<63 - 1

const sqlHeads = `select org_id, count(*) as people from employee where org_id = any($1) group by org_id order by org_id`

type heads struct {
	Org    int32 `db:"org_id"`
	People int   `db:"people"`
}

// partsOf divides the people of orgs, in the order of the orgs. Orgs without people are in no part.
func (s crowd) partsOf(ctx context.Context, orgs []int32) (parts []part, err error) {
	err = s.db.Read(ctx, db.Tenant{System: true}, func(tx *sqlx.Tx) error {
		parts = nil
		var counts []heads
		if err := tx.SelectContext(ctx, &counts, sqlHeads, pq.Array(orgs)); err != nil {
			return fmt.Errorf("count people: %w", err)
		}
		var few part
		for _, c := range counts {
			if few.people > 0 && few.people+c.People > partSize {
				parts, few = append(parts, few), part{}
			}
			if c.People > partSize {
				some, err := split(ctx, tx, c.Org)
				if err != nil {
					return err
				}
				parts = append(parts, some...)
				continue
			}
			few.orgs, few.people, few.upTo = append(few.orgs, c.Org), few.people+c.People, everyFile
		}
		if few.people > 0 {
			parts = append(parts, few)
		}
		return nil
	})
	return parts, err
}

// split divides the people of one org.
func split(ctx context.Context, q db.Q, org int32) (parts []part, err error) {
	ids, err := everyone(ctx, q, org)
	if err != nil {
		return nil, err
	}
	after := int64(0)
	for chunk := range slices.Chunk(ids, partSize) {
		last := chunk[len(chunk)-1]
		parts = append(parts, part{orgs: []int32{org}, after: after, upTo: last, people: len(chunk)})
		after = last
	}
	parts[len(parts)-1].upTo = everyFile // who comes meanwhile
	return parts, nil
}

// sweepers is how many parts are worked on at once.
const sweepers = 2

// sweep does something with every part, a few at once, and tells in the order of the parts which have been done.
func sweep(ctx context.Context, parts []part, do func(context.Context, part) error, done func(part) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(sweepers)
	var mu sync.Mutex
	ready, next := make([]bool, len(parts)), 0
	for i, p := range parts {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := do(ctx, p); err != nil {
				return fmt.Errorf("orgs %d to %d: %w", p.orgs[0], p.orgs[len(p.orgs)-1], err)
			}
			mu.Lock()
			defer mu.Unlock()
			for ready[i] = true; next < len(parts) && ready[next]; next++ {
				if err := done(parts[next]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// ended says up to which org everyone is done when the part is.
func (p *part) ended() int32 {
	if p.upTo == everyFile {
		return p.orgs[len(p.orgs)-1]
	}
	return p.orgs[0] - 1
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
