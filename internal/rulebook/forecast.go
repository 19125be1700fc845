package rulebook

import (
	"slices"
	"time"

	"github.com/fugong/fugong/internal/regime"
)

// Days is how many civil days a preview looks ahead from the instant a change takes effect.
const Days = 7

// Counts is a number for each of the days.
type Counts [Days]int

// Sum adds up the first n days.
func (c Counts) Sum(n int) int {
	total := 0
	for _, v := range c[:min(n, Days)] {
		total += v
	}
	return total
}

// window is what a preview looks at: from the present to the instant of the change, and from there Days civil days, of which
// the first may be a part of one.
type window struct {
	now     time.Time
	from    time.Time
	borders [Days + 1]time.Time // of the days; the first is from
}

func newWindow(now, from time.Time, zone *time.Location) window {
	w := window{now: now, from: from}
	y, m, d := from.In(zone).Date()
	for i := range w.borders {
		w.borders[i] = time.Date(y, m, d+i, 0, 0, 0, 0, zone)
	}
	w.borders[0] = from
	return w
}

// day is the index of the day that holds an instant of the window.
func (w window) day(at time.Time) int {
	for i := Days - 1; i > 0; i-- {
		if !at.Before(w.borders[i]) {
			return i
		}
	}
	return 0
}

// outlook is what one person would be asked for.
type outlook struct {
	onDuty        bool   // owes tests when the change takes effect
	before, after Counts // samples due by day, under the rules as they are and as they would be
	overdue       bool   // is past due at once, and would not be without the change
	blocked       bool   // may not work at once, and might without the change
}

// forecast plays the coming days through twice. It takes people for dutiful: whoever is due is sampled at that instant, and every
// result that is awaited or to come is negative. So the counts are the least that laboratories must be able to do. Until the
// change takes effect the rules as they are decide who is due.
func forecast(before, after regime.Rules, f regime.Facts, w window) outlook {
	f = awaitedNegative(before, f, w.now)
	walk(before, &f, w.now, w.from, func(time.Time) {})
	f.Samples = slices.Clip(f.Samples)

	var o outlook
	switch regime.Look(before, f, w.from).State {
	case regime.OffPost, regime.Exempt:
	default:
		o.onDuty = true
	}
	atOnce := w.from.Add(time.Second) // the instant itself is in time
	is, was := regime.Look(after, f, atOnce), regime.Look(before, f, atOnce)
	o.overdue = pastDue(is.State) && !pastDue(was.State)
	o.blocked = !is.MayWork && was.MayWork

	end := w.borders[Days]
	one, other := f, f
	walk(before, &one, w.from, end, func(at time.Time) { o.before[w.day(at)]++ })
	walk(after, &other, w.from, end, func(at time.Time) { o.after[w.day(at)]++ })
	return o
}

func pastDue(s regime.State) bool { return s == regime.Overdue || s == regime.ResultLate }

// awaitedNegative reports awaited samples that are not late yet as negative.
func awaitedNegative(r regime.Rules, f regime.Facts, now time.Time) regime.Facts {
	f.Samples = slices.Clone(f.Samples)
	late := time.Duration(r.At(now).ResultLateHours) * time.Hour
	for i := range f.Samples {
		if s := &f.Samples[i]; s.ReportedAt.IsZero() && !s.SampledAt.After(now) && now.Sub(s.SampledAt) < late {
			s.Result, s.ReportedAt = regime.Negative, now
		}
	}
	return f
}

// walk adds a negative sample to the facts at each instant of [from, to) at which one is due, and tells of it.
func walk(r regime.Rules, f *regime.Facts, from, to time.Time, due func(at time.Time)) {
	rest := from // until when another sample would not count
	for t := from; t.Before(to); {
		s := regime.Look(r, *f, t)
		if !s.DueAt.IsZero() && !s.DueAt.After(t) {
			if t.Before(rest) {
				t = rest
				continue
			}
			due(t)
			f.Samples = append(f.Samples, regime.Sample{SampledAt: t, ReportedAt: t, Result: regime.Negative, Method: regime.MethodPCR,
				Mode: regime.ModeSingle, Source: regime.SourceEmployerOrg})
			rest = t.Add(time.Duration(max(s.MinGapHours, 1)) * time.Hour)
			continue
		}
		next := sooner(s.NextChange, s.DueAt)
		if !next.After(t) {
			return
		}
		t = next
	}
}

// sooner is the earlier of two instants that are not zero.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
