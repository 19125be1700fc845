package demo

import (
	"math/rand/v2"
	"time"
)

// Dose is one vaccination; number 0 says that there is none, and None why.
type Dose struct {
	Number  int
	At      time.Time
	Product string
	None    string
}

// Excuse is why somebody owes no test for a while.
type Excuse struct {
	Ground   string
	From, To time.Time
	Proof    string
}

var vaccines = []string{"北京生物新冠灭活疫苗", "科兴中维新冠灭活疫苗", "兰州生物新冠灭活疫苗"}

// firstCampaign is before any vaccination in China; an invented city that lives earlier has none.
var firstCampaign = time.Date(2020, 7, 1, 0, 0, 0, 0, time.UTC)

// vaccinate: most people have two doses and many a third; of some nothing is known; a few must not have any, and some of those or others
// are excused from swabs by a physician.
func (f *Firm) vaccinate(r *rand.Rand, at time.Time) {
	for i := range f.People {
		p := &f.People[i]
		n := r.IntN(100)
		switch {
		case n < 3:
			p.Doses = []Dose{{None: []string{"contraindicated", "interval", "refused"}[n]}}
		case n >= 7:
			p.Doses = doses(r, at)
		}
		if r.IntN(250) == 0 && p.Status == "on_post" {
			from := at.AddDate(0, 0, -1-r.IntN(6)).Truncate(time.Hour)
			p.Excuse = &Excuse{Ground: "medical", From: from, To: from.AddDate(0, 0, 14), Proof: "区人民医院诊断证明（鼻咽部术后）"}
		}
	}
}

// doses are a first one ten to thirteen months ago, a second four weeks later, and mostly a third six months after that. Who has had the
// third within two days owes no test for that time.
func doses(r *rand.Rand, at time.Time) []Dose {
	product := vaccines[r.IntN(len(vaccines))]
	first := at.AddDate(0, -10, -r.IntN(90)).Truncate(24 * time.Hour).Add(time.Duration(1+r.IntN(8)) * time.Hour)
	var out []Dose
	for number, day := range []time.Time{first, first.AddDate(0, 0, 28), first.AddDate(0, 7, r.IntN(120))} {
		if number == 2 && r.IntN(100) < 30 || day.After(at.Add(-3*time.Hour)) || day.Before(firstCampaign) {
			break
		}
		out = append(out, Dose{Number: number + 1, At: day, Product: product})
	}
	return out
}
