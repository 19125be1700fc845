package regime

import (
	"testing"
	"time"
)

// benchFacts is an ordinary file after eight weeks of the rule.
func benchFacts() Facts {
	start := cst("2022-03-24 09:00:00")
	f := Facts{
		GoLive:     start,
		Categories: []CategorySpan{{CategoryProductionStaff, start}},
		Statuses:   []StatusSpan{{Status: StatusOnPost, From: start}},
		Zone:       shanghai,
	}
	for week := range 8 {
		at := start.Add(time.Duration(week) * 167 * time.Hour)
		f.Samples = append(f.Samples, Sample{
			SampledAt: at, ReportedAt: at.Add(10 * time.Hour), Method: MethodPCR,
			Mode: ModePool10, Result: Negative, Source: SourceEmployerOrg,
		})
	}
	return f
}

var (
	standingSink Standing
	scheduleSink []Segment
)

func BenchmarkEvaluate(b *testing.B) {
	p, f := pack, benchFacts()
	at := f.Samples[7].ReportedAt.Add(24 * time.Hour)
	b.ReportAllocs()
	for b.Loop() {
		standingSink = Evaluate(Fixed(p), f, at)
	}
}

func BenchmarkSchedule(b *testing.B) {
	p, f := pack, benchFacts()
	at := f.Samples[7].ReportedAt.Add(24 * time.Hour)
	b.ReportAllocs()
	for b.Loop() {
		scheduleSink = Schedule(Fixed(p), f, at)
	}
}
