package feed

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
	"strings"

	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
)

// tellings draws rows about few people and few seconds, so that many meet.
func tellings(people int) *rapid.Generator[[]telling] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) telling {
		in := screening.Input{
			SampledAt: now.Add(-time.Duration(rapid.IntRange(1, 4).Draw(t, "hours")) * time.Hour),
			Result:    rapid.SampledFrom(screening.Results()).Draw(t, "result"),
			Method:    rapid.SampledFrom([]regime.Method{"", regime.MethodPCR, regime.MethodPCR, regime.MethodAntigenStaff}).Draw(t, "method"),
			Mode:      rapid.SampledFrom([]regime.CollectMode{"", regime.ModeSingle, regime.ModePool10}).Draw(t, "mode"),
			Proof:     rapid.SampledFrom([]screening.Proof{screening.ProofStaff, screening.ProofLab, screening.ProofLab}).Draw(t, "proof"),
			Lab:       rapid.SampledFrom([]string{"", "市疾控", `a\b "c", d`}).Draw(t, "lab"),
			Barcode:   rapid.SampledFrom([]string{"", "", "T1", "T2"}).Draw(t, "barcode"),
		}
		if rapid.IntRange(0, 30).Draw(t, "future") == 0 {
			in.SampledAt = now.Add(time.Hour)
		}
		if rapid.Bool().Draw(t, "reported") {
			in.ReportedAt = in.SampledAt.Add(30 * time.Minute)
		}
		return telling{number(rapid.IntRange(0, people-1).Draw(t, "person")), in}
	}), 100, 300)
}

// batch tells the same by RecordBatch, each enterprise its own.
func (w *world) batch(all []telling) map[screening.Kind]int {
	w.t.Helper()
	counts := map[screening.Kind]int{}
	for _, org := range []int32{w.Org, w.Foreign} {
		var ins []screening.Input
		for _, r := range all {
			for _, f := range w.files {
				if f.org == org && f.number == r.number {
					in := r.in
					in.Employee = f.id
					ins = append(ins, in)
				}
			}
		}
		out, err := w.Samples.RecordBatch(w.t.Context(), w.officer(org), ins, now)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, o := range out {
			counts[o.Kind]++
		}
	}
	return counts
}

// TestFeedIsABatch: whatever is told, a feed leaves what batches leave, and so does telling more on top of it.
func TestFeedIsABatch(t *testing.T) {
	const people = 30
	a, b := newWorld(t, people), newWorld(t, people)
	b.feeds.chunkRows, b.feeds.lanes = 1<<20, 1 // one transaction, as the batch is
	for round := range 6 {
		all := tellings(people).Example(round)
		a.batch(all)
		format, text := CSV, csvOf(all)
		if round%2 == 1 {
			format, text = NDJSON, ndjsonOf(t, all)
		}
		if round < 4 {
			b.take(b.lab(), format, text)
		} else { // two enterprises, each by itself: the rows of the other's people find nobody
			b.take(b.officer(b.Org), format, text)
			b.take(b.officer(b.Foreign), format, text)
		}
		if diff := cmp.Diff(strings.Split(a.content(), "\n"), strings.Split(b.content(), "\n")); diff != "" {
			t.Fatalf("round %d (-batch +feed):\n%s", round, diff)
		}
	}
	if n := b.Count(`select count(*) from sample where flag <> ''`); n < 5 {
		t.Errorf("%d samples are flagged: the rows show little", n)
	}
	if n := b.Count(`select count(*) from hold where derived`); n < 5 {
		t.Errorf("%d holds: the rows show little", n)
	}
}
