package feed

import (
	"cmp"
	"slices"
	"sync"

	"github.com/fugong/fugong/internal/screening"
)

// tally counts what became of rows, from several lanes at once.
type tally struct {
	mu     sync.Mutex
	rows   int
	counts map[screening.Kind]int
	faults []Fault // the first by line, in order
	faulty int
}

func newTally() *tally { return &tally{counts: map[screening.Kind]int{}} }

func (t *tally) add(rows int, counts map[screening.Kind]int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows += rows
	for kind, n := range counts {
		t.counts[kind] += n
	}
}

// refuse counts faulty rows, of which it is enough to name the first.
func (t *tally) refuse(rows int, named ...Fault) {
	if rows == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.faulty += rows
	t.counts[screening.Refused] += rows
	for _, f := range named {
		if n := len(t.faults); n == MaxFaults && t.faults[n-1].Line < f.Line {
			continue
		}
		at, _ := slices.BinarySearchFunc(t.faults, f, func(a, b Fault) int {
			return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Field, b.Field))
		})
		t.faults = slices.Insert(t.faults, at, f)
		t.faults = t.faults[:min(len(t.faults), MaxFaults)]
	}
}

func (t *tally) report() Report {
	t.mu.Lock()
	defer t.mu.Unlock()
	return Report{Rows: t.rows, Counts: t.counts, Faults: t.faults, More: t.faulty - len(t.faults)}
}
