package regime

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestPropertyForetellAgreesWithEvaluateAndSchedule(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f, at := drawFacts(t)
		r := drawRules(t, at)
		s, got := Evaluate(r, f, at), Foretell(r, f, at)
		if diff := differ(Schedule(r, f, at), got.Segments); diff != "" {
			t.Fatalf("segments:\n%s", diff)
		}
		if diff := differ(s.Held, got.Held); diff != "" {
			t.Fatalf("holds:\n%s", diff)
		}
		if s.Rule.BlockOnOverdue != got.Blocks {
			t.Fatalf("blocks %t, evaluated %t", got.Blocks, s.Rule.BlockOnOverdue)
		}
		if counted, latest := sampling(s.Counted), sampling(s.Latest); !counted.Equal(got.Counted) || !latest.Equal(got.Latest) {
			t.Fatalf("counted %v latest %v, evaluated %v and %v", got.Counted, got.Latest, counted, latest)
		}
		if state, held := StateAt(r, f, at); state != s.State || held != (len(s.Held) > 0) {
			t.Fatalf("state %v held %t, evaluated %v %v", state, held, s.State, s.Held)
		}
		g := Look(r, f, at)
		if g.State != s.State || !g.DueAt.Equal(s.DueAt) || !g.NextChange.Equal(s.NextChange) || g.MayWork != s.MayWork || g.MinGapHours != s.Rule.MinGapHours {
			t.Fatalf("glance %+v, evaluated %+v", g, s)
		}
	})
}

func sampling(s *Sample) time.Time {
	if s == nil {
		return time.Time{}
	}
	return s.SampledAt
}

// drawLong draws a file with more samples, over a longer time, and seldom an abnormal one, which would let everything matter.
func drawLong(t *rapid.T) (Facts, time.Time) {
	f, at := drawFacts(t)
	calm := rapid.Bool().Draw(t, "calm")
	for range rapid.IntRange(0, 8).Draw(t, "older") {
		s := drawSample(t, at.Add(-time.Duration(rapid.IntRange(0, 200).Draw(t, "back"))*step))
		f.Samples = append(f.Samples, s)
	}
	for i := range f.Samples {
		if calm && f.Samples[i].Result.Abnormal() {
			f.Samples[i].Result = Negative
		}
	}
	return f, at
}

// Who reads samples from an instant on that is not after Rests of them, and knows of no abnormal result before it, gets every answer
// that all samples would give, at the instant asked about and at any later one.
func TestPropertyNothingBeforeRestsMatters(t *testing.T) {
	t.Parallel()
	cut := 0
	rapid.Check(t, func(t *rapid.T) {
		f, at := drawLong(t)
		r := drawRules(t, at)
		from := at.Add(-time.Duration(rapid.IntRange(-4, 120).Draw(t, "from"))*step + jitters.Draw(t, "jitter"))
		part := f
		part.Samples = slices.DeleteFunc(slices.Clone(f.Samples), func(s Sample) bool { return s.SampledAt.Before(from) })
		rests := Rests(r, part, at)
		if rests.IsZero() || rests.Before(from) || slices.ContainsFunc(f.Samples, func(s Sample) bool { return s.Result.Abnormal() && s.SampledAt.Before(from) }) {
			return
		}
		if len(part.Samples) < len(f.Samples) {
			cut++
		}
		if diff := differ(Foretell(r, f, at), Foretell(r, part, at)); diff != "" {
			t.Fatalf("at the instant (-all +part):\n%s", diff)
		}
		then := at.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "then")) * step)
		whole, some := Evaluate(r, f, then), Evaluate(r, part, then)
		whole.Since, some.Since = time.Time{}, time.Time{} // looks back as far as it can
		if diff := differ(whole, some); diff != "" {
			t.Fatalf("later, at %v (-all +part):\n%s", then, diff)
		}
	})
	if cut == 0 {
		t.Error("no file was ever cut")
	}
	t.Logf("%d files cut", cut)
}
