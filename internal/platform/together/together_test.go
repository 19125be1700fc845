package together_test

import (
	"cmp"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/fugong/fugong/internal/platform/together"
	"github.com/fugong/fugong/internal/platform/waittest"
)

// thing is the n-th of its key.
type thing struct{ key, n int }

func group(most int, do func(batch []thing)) *together.Group[int, thing] {
	return together.New(together.Config[int, thing]{Most: most, Key: func(x thing) int { return x.key }, Compare: cmp.Compare[int], Do: do})
}

// What comes while a batch is under way goes together, in the order of its keys; of one key the first goes first.
func TestWhatComesMeanwhileGoesTogether(t *testing.T) {
	hold, begun := make(chan struct{}), make(chan struct{}, 10)
	var batches [][]thing
	g := group(10, func(batch []thing) {
		batches = append(batches, batch)
		begun <- struct{}{}
		<-hold
	})
	var wg sync.WaitGroup
	wg.Go(func() { g.Do(thing{key: 9}) })
	<-begun
	for i, x := range []thing{{5, 0}, {3, 0}, {5, 1}, {4, 0}} {
		wg.Go(func() { g.Do(x) })
		waittest.Until(t, 20*time.Second, "it waits", func() bool { return g.Waiting() == i+1 })
	}
	close(hold)
	wg.Wait()
	want := [][]thing{{{9, 0}}, {{3, 0}, {4, 0}, {5, 0}}, {{5, 1}}}
	if !slices.EqualFunc(batches, want, slices.Equal) {
		t.Errorf("batches %v, want %v", batches, want)
	}
}

// Whatever comes is done once, one batch at a time, never in a larger one than is allowed, and of each key in turn.
func TestEverythingIsDoneOnceAndInTurn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(1, 5).Draw(t, "most")
		keys := rapid.SliceOfN(rapid.IntRange(0, 4), 1, 60).Draw(t, "keys")
		var mu sync.Mutex
		done, wrong := map[int][]int{}, ""
		g := group(most, func(batch []thing) {
			if !mu.TryLock() {
				wrong = "two batches at a time"
				return
			}
			defer mu.Unlock()
			if len(batch) > most || !slices.IsSortedFunc(batch, func(a, b thing) int { return a.key - b.key }) {
				wrong = "a batch that should not be"
			}
			for _, x := range batch {
				done[x.key] = append(done[x.key], x.n)
			}
		})
		var wg sync.WaitGroup
		for key := range 5 { // each key's come one after the other, keys beside each other
			wg.Go(func() {
				n := 0
				for _, k := range keys {
					if k == key {
						g.Do(thing{key, n})
						n++
					}
				}
			})
		}
		wg.Wait()
		total := 0
		for key, ns := range done {
			total += len(ns)
			if !slices.IsSorted(ns) {
				t.Fatalf("key %d out of turn: %v", key, ns)
			}
		}
		if wrong != "" || total != len(keys) {
			t.Fatalf("%s; %d of %d done", wrong, total, len(keys))
		}
	})
}
