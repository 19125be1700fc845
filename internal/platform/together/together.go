// Package together lets work that comes at the same time be done at once: while some is under way, what comes meanwhile waits and
// goes together.
package together

import (
	"slices"
	"sync"
)

// Group does things in batches, a few batches at a time. No key is in two batches at once; of several things of one key the first goes
// first.
type Group[K comparable, T any] struct {
	cfg Config[K, T]

	mu      sync.Mutex
	waiting []*item[T]
	idle    []int      // lanes on which nothing is under way
	busy    map[K]bool // what is under way
}

// Config is how a group works.
type Config[K comparable, T any] struct {
	Lanes   int // how many batches are under way at a time
	Most    int // things in a batch
	Key     func(T) K
	Compare func(a, b K) int // the order of a batch
	Do      func(lane int, batch []T)
}

// item is something on its way.
type item[T any] struct {
	thing T
	done  chan struct{}
}

// New returns a group.
func New[K comparable, T any](cfg Config[K, T]) *Group[K, T] {
	g := &Group[K, T]{cfg: cfg, busy: map[K]bool{}}
	for lane := range cfg.Lanes {
		g.idle = append(g.idle, lane)
	}
	return g
}

// Do returns when the thing is done: at once on a lane that is idle, else with others.
func (g *Group[K, T]) Do(thing T) {
	it := &item[T]{thing, make(chan struct{})}
	g.mu.Lock()
	g.waiting = append(g.waiting, it)
	lane, batch := g.next()
	g.mu.Unlock()
	if len(batch) > 0 {
		g.serve(lane, batch)
	}
	<-it.done
}

// Waiting counts what is not under way yet.
func (g *Group[K, T]) Waiting() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.waiting)
}

// next takes an idle lane and what can go on it: nothing if there is no such lane.
func (g *Group[K, T]) next() (lane int, batch []*item[T]) {
	if len(g.idle) == 0 {
		return 0, nil
	}
	batch, later := g.choose()
	if len(batch) == 0 {
		return 0, nil
	}
	lane = g.idle[len(g.idle)-1]
	g.idle, g.waiting = g.idle[:len(g.idle)-1], later
	for _, it := range batch {
		g.busy[g.cfg.Key(it.thing)] = true
	}
	return lane, batch
}

// choose orders what waits by key and takes the first of each key that is not under way; the others are for later.
func (g *Group[K, T]) choose() (batch, later []*item[T]) {
	first := slices.Clone(g.waiting[:min(len(g.waiting), g.cfg.Most)])
	slices.SortStableFunc(first, func(a, b *item[T]) int { return g.cfg.Compare(g.cfg.Key(a.thing), g.cfg.Key(b.thing)) })
	for _, it := range first {
		key := g.cfg.Key(it.thing)
		if n := len(batch); g.busy[key] || n > 0 && g.cfg.Key(batch[n-1].thing) == key {
			later = append(later, it)
		} else {
			batch = append(batch, it)
		}
	}
	return batch, append(later, g.waiting[len(first):]...)
}

// serve does a batch. It is called by who came first, and passed on to a goroutine if others came meanwhile, so that nobody waits for
// more than the own batch.
func (g *Group[K, T]) serve(lane int, batch []*item[T]) {
	defer g.release(lane, batch) // whatever happens
	things := make([]T, len(batch))
	for i, it := range batch {
		things[i] = it.thing
	}
	g.cfg.Do(lane, things)
}

// release lets those who wait for a batch go on, and has those served who came meanwhile.
func (g *Group[K, T]) release(lane int, batch []*item[T]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, it := range batch {
		close(it.done)
		delete(g.busy, g.cfg.Key(it.thing))
	}
	g.idle = append(g.idle, lane)
	for lane, batch := g.next(); len(batch) > 0; lane, batch = g.next() {
		go g.serve(lane, batch)
	}
}
