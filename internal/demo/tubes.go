package demo

import (
	"maps"
	"math/rand/v2"
	"slices"
	"time"
)

// round is the sampling of a team on one day.
type round struct{ workshop, team, day string }

// poolSizes are the people whom a tube takes, by mode.
var poolSizes = map[string]int{"pool5": 5, "pool10": 10, "pool20": 20}

// fillTubes lets the pooled swabs of a round share tubes, which bear the label and the result of their first swab. Who comes
// alone, or twice on one day, is swabbed alone.
func (f *Firm) fillTubes() {
	var order []round
	rounds := map[round][]*Swab{}
	for i := range f.People {
		p := &f.People[i]
		last := ""
		for j := range p.Swabs {
			s := &p.Swabs[j]
			if s.Mode == "single" {
				continue
			}
			key := round{p.Workshop, p.Team, s.SampledAt.Format(time.DateOnly)}
			if key.day == last {
				s.Mode = "single"
				continue
			}
			last = key.day
			if rounds[key] == nil {
				order = append(order, key)
			}
			rounds[key] = append(rounds[key], s)
		}
	}
	for _, key := range order {
		fillRound(rounds[key])
	}
}

func fillRound(swabs []*Swab) {
	if len(swabs) == 1 {
		swabs[0].Mode = "single"
		return
	}
	slices.SortStableFunc(swabs, func(a, b *Swab) int { return a.SampledAt.Compare(b.SampledAt) })
	mode := swabs[0].Mode
	size := poolSizes[mode]
	tubes := (len(swabs) + size - 1) / size
	for i := range tubes {
		in := swabs[i*len(swabs)/tubes : (i+1)*len(swabs)/tubes]
		for _, s := range in {
			s.Mode, s.Barcode, s.Result, s.ReportedAt = mode, in[0].Barcode, in[0].Result, in[0].ReportedAt
		}
	}
}

// abnormalTube makes the newest tube abnormal whose result is known for some hours and whose members are on post. It says nothing of one
// of them: most were swabbed alone since and are cleared, one waits for the result, one is still to be swabbed. Nothing happens
// in a firm that has no such tube.
func (f *Firm) abnormalTube(at time.Time) {
	in := f.newestTube(at)
	for k, i := range in {
		p := &f.People[i]
		s := &p.Swabs[len(p.Swabs)-1]
		s.Result = "pool_abnormal"
		s.ReportedAt = at.Add(-14 * time.Hour)
		s.EnteredAt = s.ReportedAt.Add(10 * time.Minute)
		f.Abnormal = s.Barcode
		again := f.alone(s.ReportedAt.Add(time.Duration(50+7*k)*time.Minute), 9*time.Hour)
		switch k {
		case len(in) - 1: // not swabbed yet
			continue
		case len(in) - 2:
			again = f.alone(at.Add(-70*time.Minute), 0)
		}
		p.Swabs = append(p.Swabs, again)
	}
}

// newestTube finds the members of the newest tube of at least six people, all of whom were sampled between forty and fifteen hours ago
// and not since. The demo leader's team is spared.
func (f *Firm) newestTube(at time.Time) []int {
	leader, _, _ := pair(*f)
	tubes := map[string][]int{}
	for i, p := range f.People {
		for j, s := range p.Swabs {
			switch {
			case s.Mode == "single" || s.SampledAt.Before(at.Add(-40*time.Hour)):
			case p.Status != "on_post" || p.Workshop == leader.Workshop && p.Team == leader.Team || j < len(p.Swabs)-1 || s.SampledAt.After(at.Add(-15*time.Hour)):
				tubes[s.Barcode] = append(tubes[s.Barcode], -1) // spoils it
			default:
				tubes[s.Barcode] = append(tubes[s.Barcode], i)
			}
		}
	}
	var best []int
	var newest time.Time
	for _, label := range slices.Sorted(maps.Keys(tubes)) {
		in := tubes[label]
		if len(in) < 6 || slices.Contains(in, -1) {
			continue
		}
		if swabs := f.People[in[0]].Swabs; swabs[len(swabs)-1].SampledAt.After(newest) {
			best, newest = in, swabs[len(swabs)-1].SampledAt
		}
	}
	return best
}

// alone is a swab in a tube of its own with a negative result after the wait, 0 while it is awaited.
func (f *Firm) alone(taken time.Time, wait time.Duration) Swab {
	taken = taken.Truncate(time.Minute)
	s := Swab{SampledAt: taken, Result: "pending", Mode: "single", Proof: "lab", Source: "employer_org", Institution: sites[int(f.seed%4)],
		Lab: labs[int(f.seed%3)], EnteredAt: taken.Add(20 * time.Minute)}
	if wait > 0 {
		s.Result, s.ReportedAt = "negative", taken.Add(wait)
		s.EnteredAt = s.ReportedAt.Add(10 * time.Minute)
	}
	return s
}

// keptFrom is when the enterprises took over what was known before and began to put down results day by day.
func keptFrom(at time.Time) time.Time {
	day := at.AddDate(0, 0, -21-(int(at.Weekday())+6)%7)
	return time.Date(day.Year(), day.Month(), day.Day()-1, 7, 30, 0, 0, at.Location())
}

// enter says when each swab was put down: in the afternoon, with the results of the night. Whoever comes late is noted on the same
// afternoon, without a result. Some sheets lie about for days.
func (f *Firm) enter(r *rand.Rand, at time.Time) {
	lost := map[string]int{}
	for i := range f.People {
		for j := range f.People[i].Swabs {
			s := &f.People[i].Swabs[j]
			if !s.EnteredAt.IsZero() {
				continue
			}
			days, drawn := lost[s.Barcode]
			if !drawn {
				if r.IntN(400) == 0 {
					days = 2 + r.IntN(4)
				}
				lost[s.Barcode] = days
			}
			late := j > 0 && s.SampledAt.Sub(f.People[i].Swabs[j-1].SampledAt) > f.People[i].every()+20*time.Hour
			s.put(late, days, at)
		}
	}
}

// put says when the swab was put down, the sheet so many days late.
func (s *Swab) put(late bool, days int, at time.Time) {
	noted := entry(s.SampledAt, at)
	if s.ReportedAt.IsZero() {
		s.EnteredAt = noted
		return
	}
	s.EnteredAt = entry(s.ReportedAt.AddDate(0, 0, days), at)
	if late && days == 0 && noted.Before(s.EnteredAt) && noted.After(keptFrom(at)) {
		s.NotedAt = noted
	}
}

// entry is the first afternoon after something became known; not before the firm kept its records day by day, nor after the instant.
func entry(known, at time.Time) time.Time {
	when := time.Date(known.Year(), known.Month(), known.Day(), 16, 30, 0, 0, known.Location())
	if when.Before(known) {
		when = when.AddDate(0, 0, 1)
	}
	if from := keptFrom(at); when.Before(from) {
		return from
	}
	if when.After(at) {
		return at
	}
	return when
}
