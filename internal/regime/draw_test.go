package regime

import (
	"slices"
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
	grounds  = rapid.SampledFrom([]string{"medical", "medical", "vaccinated_48h", "unheard"})
	classes  = rapid.SampledFrom([]Category{CategoryGeneralStaff, CategoryICCFrontline, CategoryICCOther, CategoryDriver, CategoryRetailMarket,
		CategoryNoncoldOther, "unknown"})
	holdsDrawn = rapid.SampledFrom([]string{"symptom", "symptom", "pool_abnormal", "self_monitor", "unheard"})
	results    = rapid.SampledFrom([]Result{Negative, Negative, Negative, Negative, Negative, ResultPending, Invalid, Cancelled,
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
	kinds := rapid.SliceOfN(rapid.IntRange(0, 6), 0, 4).Draw(t, "others")
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
			f.Holds = append(f.Holds, Hold{holdsDrawn.Draw(t, "kind"), from, drawEnd(t, lengths, from), int64(1 + len(f.Holds))})
		case 5:
			f.Vaccinations = append(f.Vaccinations, from)
		case 6:
			f.Releases = append(f.Releases, Release{rapid.SampledFrom([]string{"positive", "pool_abnormal"}).Draw(t, "of"), from})
		}
	}
	return f, drawInstant(t, world)
}

// drawRules draws the rules of one pack or of several versions.
func drawRules(t *rapid.T, near time.Time) Rules {
	versions := []Version{{Pack: drawPack(t)}}
	for range rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(t, "versions") {
		from := near.Add(time.Duration(rapid.IntRange(-30, 16).Draw(t, "from"))*step + jitters.Draw(t, "jitter"))
		v := Version{from, drawPack(t)}
		if !slices.ContainsFunc(versions, func(other Version) bool { return other.From.Equal(v.From) }) {
			versions = append(versions, v)
		}
	}
	return must(NewRules(versions...))
}

var builtins = []*Pack{pack, pack, mustPack("zibo-2022-h2"), mustPack("cn-9-2022-06-28")}

// drawPack draws one of the packs that come with the program, often with other
// hours and tightened.
func drawPack(t *rapid.T) *Pack {
	p := *rapid.SampledFrom(builtins).Draw(t, "pack")
	if rapid.Bool().Draw(t, "as it is") {
		return &p
	}
	one := func(name string, hours ...int) int { return rapid.SampledFrom(hours).Draw(t, name) }
	p.DueSoonHours, p.ResultLateHours = one("soon", 24, 6, 48, 200), one("late", 24, 6)
	p.NoRecordHours, p.ExemptionGraceHours = one("window", 72, 0, 120, 240), one("grace", 24, 0, 48)
	p.VaccinationExemptHours = one("vaccination", 48, 0, 24)
	tight, _, err := Tighten(&p, drawOverlay(t), "org:1")
	if err != nil {
		t.Fatal(err)
	}
	return tight
}

func drawOverlay(t *rapid.T) Overlay {
	maybe := func(name string, low, high int) *int {
		if n := rapid.IntRange(low-(high-low), high).Draw(t, name); n >= low {
			return &n
		}
		return nil
	}
	o := Overlay{
		DueSoonHours: maybe("due soon", 1, 48), ResultLateHours: maybe("late", 1, 30), NoRecordHours: maybe("window", 0, 100),
		ExemptionGraceHours: maybe("grace", 0, 40),
	}
	for _, c := range []Category{CategoryGeneralStaff, CategoryICCFrontline, CategoryDriver} {
		x := OverlayTest{Category: c, IntervalHours: maybe("interval", 12, 170), MinCountPerWeek: maybe("count", 1, 7), MinGapHours: maybe("gap", 1, 24)}
		if x.MinCountPerWeek == nil || x.MinGapHours == nil {
			x.MinCountPerWeek, x.MinGapHours = nil, nil
		}
		if rapid.Bool().Draw(t, "block") {
			x.BlockOnOverdue = new(bool)
			*x.BlockOnOverdue = true
		}
		if x != (OverlayTest{Category: c}) {
			o.Tests = append(o.Tests, x)
		}
	}
	return o
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
