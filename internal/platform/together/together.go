// Package together lets work that comes at the same time be done at once: while some is under way, what comes meanwhile waits and
// goes together.
package together

import (
	"slices"
	"sync"
)

// Group does things in batches, one after the other. In a batch are things of different keys, in their order; of several things of one
// key the first goes first.
type Group[K comparable, T any] struct {
	cfg Config[K, T]

	mu      sync.Mutex
	waiting []*item[T]
	running bool
}

// Config is how a group works.
type Config[K comparable, T any] struct {
	Most    int // things in a batch
	Key     func(T) K
	Compare func(a, b K) int
	Do      func(batch []T)
}

// item is something on its way.
type item[T any] struct {
	thing T
	done  chan struct{}
}

// New returns a group.
func New[K comparable, T any](cfg Config[K, T]) *Group[K, T] { return &Group[K, T]{cfg: cfg} }

// Do returns when the thing is done: at once if nothing is under way, else with others.
func (g *Group[K, T]) Do(thing T) {
	it := &item[T]{thing, make(chan struct{})}
	g.mu.Lock()
	g.waiting = append(g.waiting, it)
	first := !g.running
	g.running = true
	g.mu.Unlock()
	if first {
		g.serve()
	}
	<-it.done
}

// Waiting counts what is not under way yet.
func (g *Group[K, T]) Waiting() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.waiting)
}

// serve does a batch of what waits. It is called by who came first, and passed on to a goroutine if others came meanwhile, so that
// nobody waits for more than the own batch.
func (g *Group[K, T]) serve() {
	batch := g.next()
	defer g.release(batch) // whatever happens
	things := make([]T, len(batch))
	for i, it := range batch {
		things[i] = it.thing
	}
	g.cfg.Do(things)
}

// next orders what waits by key and takes the first of each key; the others are for later.
func (g *Group[K, T]) next() (batch []*item[T]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := min(len(g.waiting), g.cfg.Most)
	first, rest := slices.Clone(g.waiting[:n]), g.waiting[n:]
	slices.SortStableFunc(first, func(a, b *item[T]) int { return g.cfg.Compare(g.cfg.Key(a.thing), g.cfg.Key(b.thing)) })
	var later []*item[T]
	for _, it := range first {
		if n := len(batch); n > 0 && g.cfg.Key(batch[n-1].thing) == g.cfg.Key(it.thing) {
			later = append(later, it)
		} else {
			batch = append(batch, it)
		}
	}
	g.waiting = append(later, rest...)
	return batch
}

// release lets those who wait for a batch go on, and has those served who came meanwhile.
func (g *Group[K, T]) release(batch []*item[T]) {
	for _, it := range batch {
		close(it.done)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.running = len(g.waiting) > 0; g.running {
		go g.serve()
	}
}
