package regime

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// drawPlain draws a file that is mostly renewable: what may be on it lies in the past.
func drawPlain(t *rapid.T, f Facts, at time.Time) Facts {
	if len(f.Categories) > 1 {
		f.Categories = f.Categories[:1]
	}
	if len(f.Categories) == 0 {
		f.Categories = []CategorySpan{{classes.Draw(t, "category'"), at.Add(-time.Duration(rapid.IntRange(0, 40).Draw(t, "since")) * step)}}
	}
	if rapid.IntRange(0, 3).Draw(t, "normal") > 0 {
		for i := range f.Samples {
			if f.Samples[i].Result.Abnormal() {
				f.Samples[i].Result = Negative
			}
		}
	}
	if rapid.IntRange(0, 3).Draw(t, "bare") > 0 {
		f.Exemptions, f.Holds, f.Vaccinations, f.Statuses = nil, nil, nil, f.Statuses[:1]
		for _, began := range []*time.Time{&f.Statuses[0].From, &f.Categories[0].From} {
			if began.After(at) {
				*began = at.Add(at.Sub(*began))
			}
		}
	}
	return f
}

// A renewed file says exactly what the whole file says, whatever else is on it and whatever comes between.
func TestPropertyRenewedFileIsTheWholeFile(t *testing.T) {
	t.Parallel()
	renewed := 0
	rapid.Check(t, func(t *rapid.T) {
		f, seen := drawFacts(t)
		f = drawPlain(t, f, seen)
		r := drawRules(t, seen)
		least, ok := RenewableFrom(r, f, seen)
		if !ok {
			return
		}
		after := f.GoLive
		for _, other := range f.Samples {
			after = later(after, other.SampledAt)
		}
		sampled := after.Add(time.Duration(rapid.IntRange(-2, 30).Draw(t, "sampled")) * step)
		s := Sample{SampledAt: sampled, ReportedAt: sampled.Add(time.Duration(rapid.IntRange(0, 4).Draw(t, "reported")) * step),
			Method: MethodPCR, Mode: modes.Draw(t, "mode'"), Result: Negative, Source: SourceEmployerOrg}
		at := seen
		if s.ReportedAt.After(at) {
			at = s.ReportedAt
		}
		at = at.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "later")) * step)
		for _, other := range f.Samples {
			if other.Method == MethodPCR && other.Result != Cancelled && !other.SampledAt.Before(s.SampledAt) {
				return
			}
		}
		part, ok := Renew(r, f.Categories[0].Category, s, at)
		if !ok {
			return
		}
		got := Evaluate(r, part, at)
		if got.DueAt.Before(at) || got.DueAt.Before(least) {
			return
		}
		renewed++
		whole := f
		whole.Samples = append(append([]Sample(nil), f.Samples...), s)
		want := Evaluate(r, whole, at)
		if got.State != want.State || !got.DueAt.Equal(want.DueAt) || len(want.Held)+len(want.Measures) > 0 ||
			got.Rule.BlockOnOverdue != want.Rule.BlockOnOverdue || !got.Counted.SampledAt.Equal(want.Counted.SampledAt) ||
			!got.Latest.SampledAt.Equal(want.Latest.SampledAt) {
			t.Fatalf("renewed %+v\nwhole %+v", got, want)
		}
		segments := Schedule(r, whole, at)
		for i, seg := range Schedule(r, part, at) {
			if i >= len(segments) || seg.State != segments[i].State || !seg.From.Equal(segments[i].From) || !seg.Until.Equal(segments[i].Until) ||
				!seg.DueAt.Equal(segments[i].DueAt) || seg.Held != segments[i].Held {
				t.Fatalf("segment %d: renewed %+v\nwhole %+v", i, seg, segments)
			}
		}
		if again, ok := RenewableFrom(r, whole, at); !ok || !again.Equal(least) {
			t.Fatalf("renewed once, the file is renewable from %v, before from %v", again, least)
		}
	})
	t.Logf("%d files renewed", renewed)
	if renewed < 300 {
		t.Errorf("only %d files were renewed: the draw misses the point", renewed)
	}
}

func TestRenewableFrom(t *testing.T) {
	t.Parallel()
	at := cst("2022-03-25 09:00:00")
	if due, ok := RenewableFrom(Fixed(pack), base(weekly), at); !ok || due.After(cst("2022-03-08 00:00:00")) {
		t.Errorf("an ordinary file: %v %v", due, ok)
	}
	for name, change := range map[string]func(*Facts){
		"held": func(f *Facts) { f.Holds = []Hold{{Kind: "symptom", From: at.Add(-time.Hour)}} },
		"to be held": func(f *Facts) {
			f.Holds = []Hold{{Kind: "symptom", From: at.Add(time.Hour), To: at.Add(2 * time.Hour)}}
		},
		"abnormal": func(f *Facts) {
			f.Samples = append(f.Samples, swab("2022-01-01 09:00:00", "2022-01-01 10:00:00", Positive))
		},
		"awaited result": func(f *Facts) { f.Samples[0].ReportedAt = at.Add(time.Minute) },
		"phone ahead":    func(f *Facts) { f.Samples[0].SampledAt = at.Add(time.Minute) },
		"leaving":        func(f *Facts) { f.Statuses[0].To = at.Add(time.Hour) },
		"leave to come": func(f *Facts) {
			f.Statuses = append(f.Statuses, StatusSpan{Status: StatusLeave, From: at.Add(time.Hour)})
		},
		"on leave": func(f *Facts) {
			f.Statuses = append(f.Statuses, StatusSpan{Status: StatusLeave, From: at.Add(-time.Hour)})
		},
		"exempt":          func(f *Facts) { f.Exemptions = []Exemption{{Ground: "medical", From: at.Add(-time.Hour)}} },
		"just vaccinated": func(f *Facts) { f.Vaccinations = []time.Time{at.Add(-time.Hour)} },
		"two categories":  func(f *Facts) { f.Categories = append(f.Categories, CategorySpan{CategoryDriver, at.Add(-time.Hour)}) },
	} {
		f := base(weekly)
		f.Samples = append([]Sample(nil), f.Samples...)
		change(&f)
		if _, ok := RenewableFrom(Fixed(pack), f, at); ok {
			t.Errorf("%s: renewable", name)
		}
	}
}
