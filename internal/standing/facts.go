package standing

import (
	"time"

	"github.com/fugong/fugong/internal/regime"
)

// told is a fact with the time in which the records told it: from its entry until a newer record replaced or withdrew it.
type told[T any] struct {
	fact        T
	from, until time.Time // until is zero for what the records tell today
}

// by reports whether the records told it at the instant known; a zero instant asks for today.
func (f *told[T]) by(known time.Time) bool {
	if known.IsZero() {
		return f.until.IsZero()
	}
	return !f.from.After(known) && (f.until.IsZero() || f.until.After(known))
}

func pick[T any](all []told[T], known time.Time) []T {
	if len(all) == 0 {
		return nil
	}
	out := make([]T, 0, len(all))
	for i := range all {
		if all[i].by(known) {
			out = append(out, all[i].fact)
		}
	}
	return out
}

// file is everything the records tell, or ever told, of one person.
type file struct {
	categories   []told[regime.CategorySpan]
	statuses     []told[regime.StatusSpan]
	samples      []told[regime.Sample]
	exemptions   []told[regime.Exemption]
	vaccinations []told[time.Time]
	holds        []told[regime.Hold]
	releases     []told[regime.Release]
	derived      []derivedRow

	now outcome   // what an evaluation of it came to
	was storedRow // of a part: the row before it
}

// derivedRow is a stored hold that follows from a result.
type derivedRow struct {
	id   int64
	kind string
	from time.Time
	open bool
}

// facts is the file as the records told it at the instant known, zero for today.
func (f *file) facts(o *orgRules, known time.Time) regime.Facts {
	return regime.Facts{
		GoLive: o.goLive, Zone: o.zone,
		Categories: pick(f.categories, known), Statuses: pick(f.statuses, known), Samples: pick(f.samples, known),
		Exemptions: pick(f.exemptions, known), Vaccinations: pick(f.vaccinations, known),
		Holds: pick(f.holds, known), Releases: pick(f.releases, known),
	}
}
