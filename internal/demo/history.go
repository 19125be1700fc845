package demo

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// HistoryWeeks is how many weeks of samples a demo city has behind it.
const HistoryWeeks = 13

// Swab is one sample of a person.
type Swab struct {
	SampledAt   time.Time
	ReportedAt  time.Time // zero while the result is awaited
	Result      string
	Mode        string
	Institution string
	Lab         string
	Barcode     string
	Proof       string
	Source      string
	EnteredAt   time.Time // when the enterprise put it down
	NotedAt     time.Time // when it noted the swab without a result; zero for most
}

// Report is one symptom report.
type Report struct {
	At          time.Time
	Temperature float64
	Symptoms    []string
}

var sites = []string{"市疾控中心采样点", "区人民医院", "厂区流动采样点", "社区便民采样点"}
var labs = []string{"淄博市中心医院检验科", "齐鲁医学检验所", "金域医学检验中心"}

// weeks draws the samples of the last weeks: a team has its day and hour; a careless person comes late or not at all.
func (f *Firm) weeks(r *rand.Rand, p *Person, at time.Time) {
	every := p.every()
	keen := f.Zeal
	if r.IntN(30) == 0 {
		keen -= 0.35 // somebody who needs chasing
	}
	until := at
	if p.Status != "on_post" {
		until = p.StatusFrom
	}
	slot := f.slot(p, at)
	for t := slot.Add(-time.Duration(HistoryWeeks) * 7 * 24 * time.Hour); t.Before(until); t = t.Add(every) {
		if r.Float64() > keen {
			continue
		}
		taken := t.Add(time.Duration(r.IntN(150)) * time.Minute)
		if r.Float64() > keen {
			taken = taken.AddDate(0, 0, 1+r.IntN(2))
		}
		if taken.Before(until) {
			p.Swabs = append(p.Swabs, f.swab(r, taken.Truncate(time.Minute), at))
		}
	}
	f.reports(r, p, at)
}

// every is how often a person is sampled: in whole days, so that nobody is at night, and a day before the next sample is due.
func (p *Person) every() time.Duration {
	if p.Category == "icc_frontline" {
		return 2 * 24 * time.Hour
	}
	return 6 * 24 * time.Hour
}

// slot spreads the teams over the days before the instant, each at its hour of the working day.
func (f *Firm) slot(p *Person, at time.Time) time.Time {
	h := uint64(f.seed)
	for _, c := range p.Workshop + p.Team {
		h = h*31 + uint64(c)
	}
	day := at.AddDate(0, 0, -int(h%6)-1)
	return time.Date(day.Year(), day.Month(), day.Day(), 8+int(h/7%8), 0, 0, 0, at.Location())
}

func (f *Firm) swab(r *rand.Rand, taken, at time.Time) Swab {
	s := Swab{SampledAt: taken, Result: "negative", Mode: "pool10", Proof: "lab", Source: "employer_org",
		Institution: sites[int(f.seed%4)], Lab: labs[int(f.seed%3)], Barcode: fmt.Sprintf("ZB%010d", r.Uint64N(1e10))}
	switch n := r.IntN(100); {
	case n < 10:
		s.Mode, s.Proof, s.Source = "single", "photo", "self"
	case n < 16:
		s.Mode, s.Proof, s.Source = "single", "self", "community"
	case n < 30:
		s.Mode = "pool20"
	}
	wait := time.Duration(6+r.IntN(12)) * time.Hour
	if r.IntN(70) == 0 {
		wait = time.Duration(26+r.IntN(20)) * time.Hour // the lab is late
	}
	if r.IntN(300) == 0 {
		s.Result = "invalid"
	}
	s.ReportedAt = taken.Add(wait)
	if s.ReportedAt.After(at) {
		s.ReportedAt, s.Result = time.Time{}, "pending"
	}
	return s
}

var complaints = [][]string{{"cough", "sore_throat"}, {"fever", "fatigue"}, {"fatigue", "headache"}, {"runny_nose", "nasal_congestion"}, {"fever", "cough"}, {"diarrhea"}}

// reports: a few well people report anyway; about one in twelve hundred is unwell these days.
func (f *Firm) reports(r *rand.Rand, p *Person, at time.Time) {
	if p.Status != "on_post" {
		return
	}
	if r.IntN(60) == 0 {
		p.Reports = append(p.Reports, Report{At: at.AddDate(0, 0, -r.IntN(3)).Add(-time.Duration(r.IntN(90)) * time.Minute), Temperature: 36 + float64(r.IntN(9))/10})
	}
	if r.IntN(1200) == 0 {
		symptoms := complaints[r.IntN(len(complaints))]
		temperature := 36.4 + float64(r.IntN(6))/10
		if symptoms[0] == "fever" {
			temperature = 37.3 + float64(r.IntN(16))/10
		}
		p.Reports = append(p.Reports, Report{At: at.Add(-time.Duration(20+r.IntN(30*60)) * time.Minute), Temperature: temperature, Symptoms: symptoms})
	}
}
