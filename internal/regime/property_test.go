package regime

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// rank orders states for "nobody gets worse": in force, in force but ending,
// excused, waiting, not yet due, past due. Overdue and result_late rank alike:
// both are owed, past due and blocked where the category blocks. Off post ranks
// lowest, since holds are what an additional result can cause.
func rank(s State) int {
	if s == ResultLate {
		s = Overdue
	}
	return slices.Index([]State{OffPost, Overdue, NoRecord, Pending, Exempt, DueSoon, OK}, s)
}

// differ is cmp.Diff, but quick where nothing differs.
func differ[T any](want, got T) string {
	if reflect.DeepEqual(want, got) {
		return ""
	}
	return cmp.Diff(want, got)
}

// dueBefore reports whether a falls due before b; no due instant is later than any.
func dueBefore(a, b Standing) bool {
	return !a.DueAt.IsZero() && (b.DueAt.IsZero() || a.DueAt.Before(b.DueAt))
}

// frozen is what was known of the samples at the instant.
func frozen(f Facts, at time.Time) Facts {
	var known []Sample
	for _, s := range f.Samples {
		if s.SampledAt.After(at) {
			continue
		}
		if s.ReportedAt.After(at) {
			s.ReportedAt, s.Result = time.Time{}, ResultPending
		}
		known = append(known, s)
	}
	f.Samples = known
	return f
}

func TestPropertyOracle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f, at := drawFacts(t)
		r := drawRules(t, at)
		s := Evaluate(r, f, at)
		state, due, held := oracle{r, f, at}.state()
		if s.State != state || !s.DueAt.Equal(due) || (len(s.Held) > 0) != held {
			t.Fatalf("got %v due %v held %v, the oracle says %v due %v held %v", s.State, s.DueAt, s.Held, state, due, held)
		}
	})
}

func TestPropertyOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f, at := drawFacts(t)
		r := drawRules(t, at)
		g := f
		g.Samples = rapid.Permutation(f.Samples).Draw(t, "samples'")
		g.Statuses = rapid.Permutation(f.Statuses).Draw(t, "statuses'")
		g.Categories = rapid.Permutation(f.Categories).Draw(t, "categories'")
		g.Exemptions = rapid.Permutation(f.Exemptions).Draw(t, "exemptions'")
		g.Holds = rapid.Permutation(f.Holds).Draw(t, "holds'")
		if diff := differ(Evaluate(r, f, at), Evaluate(r, g, at)); diff != "" {
			t.Fatalf("standing depends on the order:\n%s", diff)
		}
		if diff := differ(Schedule(r, f, at), Schedule(r, g, at)); diff != "" {
			t.Fatalf("schedule depends on the order:\n%s", diff)
		}
	})
}

func TestPropertyReplay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f, at := drawFacts(t)
		r := drawRules(t, at)
		then, now := Evaluate(r, frozen(f, at), at), Evaluate(r, f, at)
		if diff := differ(then, now); diff != "" {
			t.Fatalf("the future changed the past (-then +now):\n%s", diff)
		}
	})
}

func TestPropertySampleNeverMakesWorse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f, at := drawFacts(t)
		r := drawRules(t, at)
		newest := f.GoLive.Add(-1000 * time.Hour)
		for _, s := range f.Samples {
			newest = later(newest, s.SampledAt)
		}
		s := Sample{SampledAt: newest.Add(time.Second), Method: MethodPCR, Mode: modes.Draw(t, "new mode")}
		s.SampledAt = s.SampledAt.Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "later")) * step)
		s.ReportedAt = drawEnd(t, delays, s.SampledAt)
		s.Result = rapid.SampledFrom([]Result{Negative, Negative, ResultPending, Invalid, Cancelled}).Draw(t, "new result")
		g := f
		g.Samples = append(slices.Clone(f.Samples), s)
		before, after := Evaluate(r, f, at), Evaluate(r, g, at)
		if rank(after.State) < rank(before.State) {
			t.Fatalf("%v became %v by %+v", before.State, after.State, s)
		}
		if before.MayWork && !after.MayWork {
			t.Fatalf("no longer may work: %v became %v by %+v", before.State, after.State, s)
		}
		if after.State != OffPost && before.State != OffPost && dueBefore(after, before) {
			t.Fatalf("due moved from %v forward to %v", before.DueAt, after.DueAt)
		}
	})
}

func TestPropertyTighteningNeverMakesBetter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f, at := drawFacts(t)
		r := drawRules(t, at)
		versions := r.Versions()
		for i, v := range versions {
			if rapid.Bool().Draw(t, "all or some") || len(versions) == 1 {
				versions[i].Pack, _, _ = Tighten(v.Pack, drawOverlay(t), "org:2")
			}
		}
		before, after := Evaluate(r, f, at), Evaluate(must(NewRules(versions...)), f, at)
		if rank(after.State) > rank(before.State) || after.MayWork && !before.MayWork ||
			before.State != OffPost && dueBefore(before, after) {
			t.Fatalf("tighter is better: %v due %v became %v due %v", before.State, before.DueAt, after.State, after.DueAt)
		}
	})
}

func TestPropertyScheduleAgreesWithEvaluate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f, at := drawFacts(t)
		r := drawRules(t, at)
		segments := Schedule(r, f, at)
		known := frozen(f, at)
		agree := func(seg Segment, at time.Time) {
			s := Evaluate(r, known, at)
			if s.State != seg.State || !s.DueAt.Equal(seg.DueAt) || (len(s.Held) > 0) != seg.Held {
				t.Fatalf("at %v: segment %+v, evaluated %v due %v held %v", at, seg, s.State, s.DueAt, s.Held)
			}
		}
		checkShape(t, segments, at)
		for i, seg := range segments {
			end := seg.Until
			if end.IsZero() {
				end = seg.From.Add(1000 * time.Hour)
			}
			for _, d := range []time.Duration{0, time.Second, time.Duration(rapid.Int64Range(0, int64(end.Sub(seg.From))).Draw(t, "d"))} {
				if seg.From.Add(d).Before(end) {
					agree(seg, seg.From.Add(d))
				}
			}
			agree(seg, end.Add(-1))
			if d := end.Add(-time.Second); !d.Before(seg.From) {
				agree(seg, d)
			}
			if last := i == len(segments)-1; last && !seg.Until.IsZero() { // left off, but it does change
				s := Evaluate(r, known, seg.Until)
				if s.State == seg.State && s.DueAt.Equal(seg.DueAt) && (len(s.Held) > 0) == seg.Held {
					t.Fatalf("no change at %v", seg.Until)
				}
			}
		}
	})
}

func checkShape(t *rapid.T, segments []Segment, at time.Time) {
	if n := len(segments); n == 0 || n > MaxSegments || !segments[0].From.Equal(at) || !segments[n-1].Until.IsZero() && n < MaxSegments {
		t.Fatalf("schedule from %v: %+v", at, segments)
	}
	for i, seg := range segments[:len(segments)-1] {
		if next := segments[i+1]; !seg.Until.Equal(next.From) || !seg.Until.After(seg.From) {
			t.Fatalf("gap or overlap: %+v", segments)
		}
	}
}

func TestPropertyNextChangeAndSince(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f, at := drawFacts(t)
		r := drawRules(t, at)
		s := Evaluate(r, f, at)
		state := func(f Facts, at time.Time) State { return Evaluate(r, f, at).State }

		if known := frozen(f, at); s.NextChange.IsZero() {
			if last := state(known, at.AddDate(10, 0, 0)); last != s.State || s.Next != 0 {
				t.Fatalf("%v should last, but ends as %v; next %v", s.State, last, s.Next)
			}
		} else if got := state(known, s.NextChange); got != s.Next || got == s.State || state(known, s.NextChange.Add(-1)) != s.State {
			t.Fatalf("%v changes to %v at %v, not to %v", s.State, got, s.NextChange, s.Next)
		}

		if s.Since.After(at) {
			t.Fatalf("since %v is after %v", s.Since, at)
		}
		begin := s.Since
		if begin.IsZero() {
			begin = at.AddDate(-10, 0, 0)
		} else if before := state(f, begin.Add(-1)); before == s.State {
			t.Fatalf("%v since %v, but also before", s.State, begin)
		}
		between := begin.Add(time.Duration(rapid.Int64Range(0, int64(at.Sub(begin))).Draw(t, "d")))
		for _, then := range []time.Time{begin, between} {
			if was := state(f, then); was != s.State {
				t.Fatalf("%v since %v, but %v at %v", s.State, begin, was, then)
			}
		}
	})
}

// The rolling rule counts elapsed time, whatever the clocks on the wall do.
func TestPropertyElapsedHours(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		world := rapid.SampledFrom(worlds).Draw(t, "world")
		r := rapid.SampledFrom(pack.Tests).Draw(t, "rule")
		s := Sample{SampledAt: drawInstant(t, world), Method: MethodPCR, Mode: ModeSingle, Result: Negative}
		s.ReportedAt = s.SampledAt
		f := Facts{
			GoLive: world.AddDate(-1, 0, 0), Zone: world.Location(), Samples: []Sample{s},
			Statuses:   []StatusSpan{{Status: StatusOnPost}},
			Categories: []CategorySpan{{Category: r.Category}},
		}
		due := s.SampledAt.Add(time.Duration(r.IntervalHours) * time.Hour)
		for _, w := range []struct {
			at    time.Time
			state State
		}{
			{s.SampledAt, OK},
			{due.Add(-24*time.Hour - 1), OK}, {due.Add(-24 * time.Hour), DueSoon},
			{due, DueSoon}, {due.Add(time.Second - 1), DueSoon}, {due.Add(time.Second), Overdue},
		} {
			if got := Evaluate(Fixed(pack), f, w.at); got.State != w.state || !got.DueAt.Equal(due) {
				t.Fatalf("at %v: %v due %v, want %v due %v", w.at, got.State, got.DueAt, w.state, due)
			}
		}
	})
}
