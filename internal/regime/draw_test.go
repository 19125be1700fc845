package regime

import (
	"time"

	"pgregory.net/rapid"
)

// worlds are instants around which calendars misbehave: daylight saving begins
// and ends, by half an hour too, a leap day, the end of a year; and an ordinary day.
var worlds = []time.Time{
	cst("2022-03-24 09:00:00"),
	time.Date(2022, 3, 13, 1, 30, 0, 0, mustZone("America/New_York")),
	time.Date(2022, 11, 6, 1, 30, 0, 0, mustZone("America/New_York")),
	time.Date(2022, 4, 3, 1, 45, 0, 0, mustZone("Australia/Lord_Howe")),
	time.Date(2024, 2, 29, 0, 0, 0, 0, mustZone("Asia/Kathmandu")),
	time.Date(2022, 12, 31, 23, 59, 59, 0, mustZone("Europe/London")),
}

var (
	offsets  = rapid.IntRange(-60, 24)
	jitters  = rapid.SampledFrom([]time.Duration{0, 0, 0, 0, time.Second, -time.Second, time.Nanosecond})
	delays   = rapid.SampledFrom([]int{-1, 1, 1, 2, 3, 4, 5, 12}) // -1: never
	lengths  = rapid.SampledFrom([]int{-1, 1, 2, 4, 8, 20, 0})    // -1: open-ended
	methods  = rapid.SampledFrom([]Method{MethodPCR, MethodPCR, MethodPCR, MethodPCR, MethodAntigenSelf})
	modes    = rapid.SampledFrom([]CollectMode{ModeSingle, ModePool10})
	sources  = rapid.SampledFrom([]Source{SourceEmployerOrg, SourceCommunity})
	statuses = rapid.SampledFrom([]WorkStatus{StatusOnPost, StatusOnPost, StatusLeave, StatusResigned})
	grounds  = rapid.SampledFrom([]string{"medical", "vaccinated_48h"})
	classes  = rapid.SampledFrom([]Category{CategoryGeneralStaff, CategoryICCFrontline, CategoryICCOther, CategoryDriver, "unknown"})
	results  = rapid.SampledFrom([]Result{Negative, Negative, Negative, Negative, Negative, ResultPending, Invalid, Cancelled,
		PoolAbnormal, PoolAbnormal, Suspicious, Positive})
)

// step is the grid of the generated instants, coarse so that they often meet.
const step = 6 * time.Hour

func drawInstant(t *rapid.T, world time.Time) time.Time {
	return world.Add(time.Duration(offsets.Draw(t, "offset"))*step + jitters.Draw(t, "jitter"))
}

// drawEnd returns an instant some steps after from, or zero.
func drawEnd(t *rapid.T, g *rapid.Generator[int], from time.Time) time.Time {
	n := g.Draw(t, "steps")
	if n < 0 {
		return time.Time{}
	}
	return from.Add(time.Duration(n) * step)
}

func drawSample(t *rapid.T, world time.Time) Sample {
	at := drawInstant(t, world)
	return Sample{
		SampledAt: at, ReportedAt: drawEnd(t, delays, at), Method: methods.Draw(t, "method"),
		Mode: modes.Draw(t, "mode"), Result: results.Draw(t, "result"), Source: sources.Draw(t, "source"),
	}
}

// drawFacts draws a file, most often of someone on post, and an instant.
func drawFacts(t *rapid.T) (Facts, time.Time) {
	world := rapid.SampledFrom(worlds).Draw(t, "world")
	f := Facts{GoLive: drawInstant(t, world), Zone: world.Location()}
	f.Statuses = []StatusSpan{{Status: StatusOnPost, From: drawInstant(t, world)}}
	for range rapid.IntRange(0, 5).Draw(t, "samples") {
		f.Samples = append(f.Samples, drawSample(t, world))
	}
	kinds := rapid.SliceOfN(rapid.IntRange(0, 4), 0, 4).Draw(t, "others")
	for _, kind := range kinds {
		from := drawInstant(t, world)
		switch kind {
		case 0, 4:
			f.Categories = append(f.Categories, CategorySpan{classes.Draw(t, "category"), from})
		case 1:
			f.Statuses = append(f.Statuses, StatusSpan{statuses.Draw(t, "status"), from, drawEnd(t, lengths, from)})
		case 2:
			f.Exemptions = append(f.Exemptions, Exemption{grounds.Draw(t, "ground"), from, drawEnd(t, lengths, from)})
		case 3:
			f.Holds = append(f.Holds, Hold{"symptom", from, drawEnd(t, lengths, from), int64(len(f.Holds))})
		}
	}
	return f, drawInstant(t, world)
}
