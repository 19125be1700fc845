package regime

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"
)

// often is what a category owes: hours, and samplings a week.
type often struct {
	hours, perWeek int
	block          bool
}

func owed(p *Pack) map[Category]often {
	got := map[Category]often{}
	for _, r := range p.Tests {
		o := got[r.Category]
		o.hours, o.perWeek, o.block = max(o.hours, r.IntervalHours), max(o.perWeek, r.MinCountPerWeek), o.block || r.BlockOnOverdue
		got[r.Category] = o
	}
	return got
}

// The later city table: daily, every 48 hours, or twice a week.
func TestZibo2022H2(t *testing.T) {
	daily := map[Category]bool{CategoryICCFrontline: true, CategoryICCOther: true, CategoryHRNoncoldFrontline: true, CategoryOverseasMaterial: false}
	for category, got := range owed(mustPack("zibo-2022-h2")) {
		want := often{perWeek: 2}
		if block, ok := daily[category]; ok {
			want = often{hours: 24, block: block}
		} else if category == CategoryNoncoldOther || category == CategoryIntlMail {
			want = often{hours: 48}
		}
		if got != want {
			t.Errorf("%s: %+v, want %+v", category, got, want)
		}
	}
}

// The national plans: direct contact daily, markets twice a week besides, the rest
// as in March; what contacts owe differs.
func TestNationalPacks(t *testing.T) {
	direct := []Category{CategoryICCFrontline, CategoryICCOther, CategoryHRNoncoldFrontline}
	for id, days := range map[string]int{"cn-9-2022-06-28": 7, "cn-20-2022-11-11": 5} {
		p := mustPack(id)
		for category, got := range owed(p) {
			want := often{hours: 168}
			switch {
			case slices.Contains(direct, category):
				want = often{hours: 24, block: true}
			case category == CategoryRetailMarket:
				want.perWeek = 2
			}
			if got != want {
				t.Errorf("%s: %s: %+v, want %+v", id, category, got, want)
			}
		}
		if c := p.Contacts.Close; c.Isolation[0].Days != days || c.Isolation[1].Days != 3 || c.TestDays[len(c.TestDays)-1] != days+3 {
			t.Errorf("%s: contacts %+v", id, c)
		}
		if p.IncidentMinutes != pack.IncidentMinutes || p.StockDays != pack.StockDays {
			t.Errorf("%s does not inherit the rest", id)
		}
	}
}

func TestEveryPackNamesEveryCategoryAndGround(t *testing.T) {
	for _, id := range BuiltinIDs() {
		p := mustPack(id)
		if n := len(owed(p)); n != 18 {
			t.Errorf("%s: %d categories", id, n)
		}
		for i, g := range p.ExemptionGrounds {
			if g.Ground != ExemptionGrounds()[i] || (g.MaxHours == 48) != (g.Ground == GroundVaccinated) {
				t.Errorf("%s: %+v", id, g)
			}
		}
		again, err := ParsePack(must(json.Marshal(p)))
		if err != nil || !reflect.DeepEqual(again, p) {
			t.Errorf("%s: written and read again: %v", id, err)
		}
	}
}
