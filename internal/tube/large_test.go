package tube_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
)

// A laboratory's sheet of many tubes is taken in one go.
func TestManyTubesAtOnce(t *testing.T) {
	s := newStage(t)
	people := s.Employees(2000)
	for day, perTube := range []int{10, 10, 1} {
		rows := make([]screening.Input, len(people))
		for i, p := range people {
			rows[i] = screening.Input{Employee: p, SampledAt: now.AddDate(0, 0, -day-1), Mode: regime.ModePool10, Result: regime.Negative,
				Barcode: fmt.Sprintf("D%d-%04d", day, i/perTube), Proof: screening.ProofLab}
		}
		start := time.Now()
		_, err := s.Samples.RecordBatch(t.Context(), s.hr, rows, now)
		s.must(err)
		t.Logf("%d rows of %d tubes: %v", len(rows), len(rows)/perTube, time.Since(start).Round(time.Millisecond))
	}
	if n := s.Count(`select count(*) from tube where result = 'negative'`); n != 200+200+2000 {
		t.Errorf("%d tubes", n)
	}
}
