package demo

import (
	"errors"
	"math/rand/v2"
	"slices"
	"time"
)

// Cast names whom the stories of a firm are about, by their places in Firm.People.
type Cast struct {
	Fever      int   // reports a fever this morning, in the team of the demo's leader
	Recovered  int   // had a fever last week that the clinic excluded
	Releasable int   // had symptoms two days ago, and a negative since
	Measures   []int // under one of the measures each
	Group      []int // whom somebody proposes to watch
	Ready      []int // want to return, with everything that the gate asks for
	Deferred   int   // wants to return, with things missing
	Override   int   // wants to return, and the officer asks for an exception
	Draft      int   // has begun to declare
	Misdated   Misdated
}

// Misdated is a round of a team whose sheet bore the wrong day.
type Misdated struct {
	Workshop, Team string
	Day            time.Time // midnight
}

// enough is how many people a firm has in which all this can happen beside everyday life.
const enough = 150

// stage casts the stories of a firm that is large enough, and gives those concerned the records that go with them.
func (f *Firm) stage(at time.Time) {
	if len(f.People) < enough {
		return
	}
	f.settle()
	if f.Abnormal == "" {
		f.abnormalTube(at)
	}
	leader, worker, err := pair(*f)
	if err != nil {
		return
	}
	c := casting{f: f, order: rand.New(rand.NewPCG(f.seed, 4)).Perm(len(f.People)), leader: leader, used: map[int]bool{}, fit: func(p Person) bool {
		return p.Status == "on_post" && !p.Leader && p.No != worker.No && len(p.Reports) == 0 && p.Excuse == nil && !f.inAbnormal(p)
	}}
	cast := &Cast{Fever: c.one(true), Recovered: c.one(false), Releasable: c.one(false), Measures: c.some(len(measures)), Group: c.some(25),
		Ready: c.some(3), Deferred: c.one(false), Override: c.one(false), Draft: c.one(false)}
	if c.short {
		return
	}
	for _, i := range append([]int{cast.Deferred, cast.Override, cast.Draft}, cast.Ready...) {
		f.sendAway(i, at)
	}
	hours := func(h float64) time.Time { return at.Add(-time.Duration(h * float64(time.Hour))) }
	f.swabAlone(cast.Ready, hours(22), 11*time.Hour)
	f.swabAlone([]int{cast.Override}, hours(53), 11*time.Hour)
	f.swabAlone([]int{cast.Deferred}, hours(5*24), 9*time.Hour)
	f.swabAlone([]int{cast.Releasable}, hours(22), 11*time.Hour)
	f.swabAlone([]int{cast.Recovered}, hours(7*24), 7*time.Hour)
	if cast.Misdated, err = f.misdated(leader, at); err == nil {
		f.Cast = cast
	}
}

// settle takes back what befell people by chance: here the stories tell who is unwell.
func (f *Firm) settle() {
	for i := range f.People {
		f.People[i].Reports = slices.DeleteFunc(f.People[i].Reports, func(r Report) bool { return len(r.Symptoms) > 0 })
	}
}

func (f *Firm) inAbnormal(p Person) bool {
	for _, s := range p.Swabs {
		if f.Abnormal != "" && s.Barcode == f.Abnormal {
			return true
		}
	}
	return false
}

// casting picks people, each for one part.
type casting struct {
	f      *Firm
	order  []int // in which people are looked at, so that the parts spread over the teams
	leader Person
	fit    func(Person) bool
	used   map[int]bool
	short  bool // somebody was lacking
}

// one picks a person of the leader's team, or of any other.
func (c *casting) one(ofTeam bool) int {
	for _, i := range c.order {
		p := c.f.People[i]
		ofLine := p.Category == "production_staff"
		if !c.used[i] && c.fit(p) && (ofTeam || ofLine) && ofTeam == (p.Workshop == c.leader.Workshop && p.Team == c.leader.Team) {
			c.used[i] = true
			return i
		}
	}
	c.short = true
	return 0
}

func (c *casting) some(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = c.one(false)
	}
	return out
}

// sendAway lets a person await the return since three weeks, without the swabs of that time.
func (f *Firm) sendAway(i int, at time.Time) {
	p := &f.People[i]
	p.Status, p.StatusFrom = "awaiting_return", at.AddDate(0, 0, -20)
	for j, s := range p.Swabs {
		if !s.SampledAt.Before(p.StatusFrom) {
			p.Swabs = p.Swabs[:j]
			return
		}
	}
}

func (f *Firm) swabAlone(people []int, taken time.Time, wait time.Duration) {
	for k, i := range people {
		f.People[i].Swabs = append(f.People[i].Swabs, f.alone(taken.Add(time.Duration(9*k)*time.Minute), wait))
	}
}

// misdated finds the newest round of at least six people of another team that is some days old and was put down by the day before yesterday.
func (f *Firm) misdated(leader Person, at time.Time) (Misdated, error) {
	members := map[Misdated]int{}
	var best Misdated
	for _, p := range f.People {
		if p.Workshop == "" || p.Workshop == leader.Workshop && p.Team == leader.Team || f.inAbnormal(p) {
			continue
		}
		for _, s := range p.Swabs {
			if s.Mode == "single" || s.Result != "negative" || s.EnteredAt.After(at.Add(-48*time.Hour)) {
				continue
			}
			y, m, d := s.SampledAt.Date()
			key := Misdated{p.Workshop, p.Team, time.Date(y, m, d, 0, 0, 0, 0, at.Location())}
			if members[key]++; members[key] >= 6 && key.Day.After(best.Day) {
				best = key
			}
		}
	}
	if best.Day.IsZero() {
		return best, errors.New("no round that could be misdated")
	}
	return best, nil
}
