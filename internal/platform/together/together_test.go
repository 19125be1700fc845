package together_test

import (
	"cmp"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/fugong/fugong/internal/platform/together"
)

// thing is the n-th of its key.
type thing struct{ key, n int }

// until waits for a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
		<-time.After(time.Millisecond)
	}
}

func group(lanes, most int, do func(lane int, batch []thing)) *together.Group[int, thing] {
	return together.New(together.Config[int, thing]{Lanes: lanes, Most: most, Key: func(x thing) int { return x.key }, Compare: cmp.Compare[int], Do: do})
}

// What comes while all lanes are busy goes together, in the order of its keys.
func TestWhatComesMeanwhileGoesTogether(t *testing.T) {
	hold := make(chan struct{})
	var mu sync.Mutex
	var batches [][]thing
	g := group(2, 10, func(_ int, batch []thing) {
		mu.Lock()
		batches = append(batches, batch)
		first := len(batches) <= 2
		mu.Unlock()
		if first {
			<-hold
		}
	})
	begun := func(n int) func() bool {
		return func() bool {
			mu.Lock()
			defer mu.Unlock()
			return len(batches) == n
		}
	}
	var wg sync.WaitGroup
	for _, key := range []int{9, 8} {
		wg.Go(func() { g.Do(thing{key: key}) })
		until(t, "it is under way", begun(10-key))
	}
	for i, key := range []int{5, 3, 4} {
		wg.Go(func() { g.Do(thing{key: key}) })
		until(t, "it waits", func() bool { return g.Waiting() == i+1 })
	}
	close(hold)
	wg.Wait()
	if len(batches) != 3 || !slices.Equal(batches[2], []thing{{key: 3}, {key: 4}, {key: 5}}) {
		t.Errorf("batches %v", batches)
	}
}

// Whatever comes is done once, never in a larger batch than is allowed, never beside its key, and of each key in turn.
func TestEverythingIsDoneOnceAndInTurn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lanes, most := rapid.IntRange(1, 3).Draw(t, "lanes"), rapid.IntRange(1, 5).Draw(t, "most")
		keys := rapid.SliceOfN(rapid.IntRange(0, 4), 1, 60).Draw(t, "keys")
		var mu sync.Mutex
		underWay, done, inLane := map[int]bool{}, map[int][]int{}, map[int]bool{}
		wrong := ""
		note := func(f func()) {
			mu.Lock()
			defer mu.Unlock()
			f()
		}
		g := group(lanes, most, func(lane int, batch []thing) {
			note(func() {
				if inLane[lane] || len(batch) > most || !slices.IsSortedFunc(batch, func(a, b thing) int { return a.key - b.key }) {
					wrong = "a batch that should not be"
				}
				inLane[lane] = true
				for _, x := range batch {
					if underWay[x.key] {
						wrong = "a key twice at a time"
					}
					underWay[x.key] = true
				}
			})
			note(func() {
				for _, x := range batch {
					done[x.key], underWay[x.key] = append(done[x.key], x.n), false
				}
				inLane[lane] = false
			})
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
