package rulebook

import (
	"testing"
	"time"

	"github.com/fugong/fugong/internal/regime"
)

// looked is what one person sampled at the instant would be asked for when an overlay takes effect on Monday 2022-03-28.
func looked(t *testing.T, sampled string, o regime.Overlay, change func(f *regime.Facts)) outlook {
	t.Helper()
	zone := time.FixedZone("CST", 8*3600)
	at := func(s string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", "2022-"+s, zone)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	pack, err := regime.Builtin(DefaultPack)
	if err != nil {
		t.Fatal(err)
	}
	tight, _, err := regime.Tighten(pack, o, "division:370300")
	if err != nil {
		t.Fatal(err)
	}
	monday := at("03-28 00:00")
	after, err := regime.NewRules(regime.Version{Pack: pack}, regime.Version{From: monday, Pack: tight})
	if err != nil {
		t.Fatal(err)
	}
	f := regime.Facts{GoLive: at("03-01 00:00"), Zone: zone,
		Categories: []regime.CategorySpan{{Category: regime.CategoryGeneralStaff, From: at("03-01 00:00")}},
		Statuses:   []regime.StatusSpan{{Status: regime.StatusOnPost, From: at("03-01 00:00")}},
		Samples:    []regime.Sample{{SampledAt: at(sampled), ReportedAt: at(sampled), Result: regime.Negative, Method: regime.MethodPCR, Mode: regime.ModeSingle}}}
	if change != nil {
		change(&f)
	}
	return forecast(regime.Fixed(pack), after, f, newWindow(at("03-24 09:00"), monday, zone))
}

func TestForecast(t *testing.T) {
	hours := func(n int) regime.Overlay {
		return regime.Overlay{Tests: []regime.OverlayTest{{Category: regime.CategoryGeneralStaff, IntervalHours: &n}}}
	}
	weekly := func(count, gap int) regime.Overlay {
		return regime.Overlay{Tests: []regime.OverlayTest{{Category: regime.CategoryGeneralStaff, MinCountPerWeek: &count, MinGapHours: &gap}}}
	}
	away := func(f *regime.Facts) {
		f.Statuses = append(f.Statuses, regime.StatusSpan{Status: regime.StatusLeave, From: f.Samples[0].SampledAt})
	}
	for name, c := range map[string]struct {
		sampled string
		overlay regime.Overlay
		change  func(f *regime.Facts)
		want    outlook
	}{
		"covered for some days": {"03-26 10:00", hours(72), nil,
			outlook{onDuty: true, before: Counts{5: 1}, after: Counts{1: 1, 4: 1}}},
		"lapsed under the new rule": {"03-22 10:00", hours(72), nil,
			outlook{onDuty: true, before: Counts{1: 1}, after: Counts{0: 1, 3: 1, 6: 1}, overdue: true}},
		"due before the change": {"03-18 10:00", hours(96), nil, // samples on Friday the 25th
			outlook{onDuty: true, before: Counts{4: 1}, after: Counts{1: 1, 5: 1}}},
		"on leave": {"03-22 10:00", hours(72), away, outlook{}},
		"awaited": {"03-17 10:00", hours(72), func(f *regime.Facts) {
			s := f.Samples[0]
			s.SampledAt, s.ReportedAt, s.Result = s.SampledAt.AddDate(0, 0, 6).Add(10*time.Hour), time.Time{}, regime.ResultPending // the 23rd, 20:00
			f.Samples = append(f.Samples, s)
		}, outlook{onDuty: true, before: Counts{2: 1}, after: Counts{0: 1, 3: 1, 6: 1}, overdue: true}},
		"thrice a week": {"03-27 10:00", weekly(3, 24), nil, // at the latest on Saturday and Sunday, beside the one on Monday
			outlook{onDuty: true, before: Counts{6: 1}, after: Counts{0: 1, 6: 1}, overdue: true}},
		// Whoever returns on Sunday cannot be sampled thrice in that week, and is not asked for what would not count.
		"back on Sunday": {"03-25 10:00", weekly(3, 24), func(f *regime.Facts) {
			sampled := f.Samples[0].SampledAt
			f.Statuses = append(f.Statuses, regime.StatusSpan{Status: regime.StatusLeave, From: sampled, To: sampled.AddDate(0, 0, 9)})
		}, outlook{after: Counts{6: 1}, before: Counts{6: 1}}},
	} {
		got := looked(t, c.sampled, c.overlay, c.change)
		if got != c.want {
			t.Errorf("%s\n got %+v\nwant %+v", name, got, c.want)
		}
	}
}

// Civil days are the zone's: the week in which summer time begins has a day of 23 hours.
func TestTheDaysOfAWindowAreCivil(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2022, 3, 26, 15, 0, 0, 0, zone)
	w := newWindow(from, from, zone)
	for i, want := range []time.Duration{9 * time.Hour, 23 * time.Hour, 24 * time.Hour} {
		if got := w.borders[i+1].Sub(w.borders[i]); got != want {
			t.Errorf("day %d lasts %s, want %s", i, got, want)
		}
	}
	for at, want := range map[time.Time]int{from: 0, w.borders[1].Add(-time.Second): 0, w.borders[1]: 1, w.borders[Days].Add(-time.Second): Days - 1} {
		if got := w.day(at); got != want {
			t.Errorf("%s is on day %d, want %d", at, got, want)
		}
	}
}

func BenchmarkForecast(b *testing.B) {
	pack, err := regime.Builtin(DefaultPack)
	if err != nil {
		b.Fatal(err)
	}
	hours := 72
	tight, _, err := regime.Tighten(pack, regime.Overlay{Tests: []regime.OverlayTest{{Category: regime.CategoryGeneralStaff, IntervalHours: &hours}}}, "division:370300")
	if err != nil {
		b.Fatal(err)
	}
	now := time.Date(2022, 3, 24, 1, 0, 0, 0, time.UTC)
	from := now.AddDate(0, 0, 4)
	after, err := regime.NewRules(regime.Version{Pack: pack}, regime.Version{From: from, Pack: tight})
	if err != nil {
		b.Fatal(err)
	}
	f := regime.Facts{GoLive: now.AddDate(0, -1, 0), Statuses: []regime.StatusSpan{{Status: regime.StatusOnPost, From: now.AddDate(0, -1, 0)}}}
	for i := range 8 {
		at := now.AddDate(0, 0, -7*i)
		f.Samples = append(f.Samples, regime.Sample{SampledAt: at, ReportedAt: at, Result: regime.Negative, Method: regime.MethodPCR, Mode: regime.ModeSingle})
	}
	w := newWindow(now, from, time.UTC)
	for b.Loop() {
		forecast(regime.Fixed(pack), after, f, w)
	}
}
