package demo

import (
	"reflect"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/platform/gb"
)

var at = time.Date(2022, 3, 24, 9, 0, 0, 0, time.FixedZone("CST", 8*3600))

func TestTheSameSeedGivesTheSameCity(t *testing.T) {
	a, b := New(12, 600, 7, at), New(12, 600, 7, at)
	if !reflect.DeepEqual(a, b) {
		t.Error("two draws of one seed differ")
	}
	if reflect.DeepEqual(a, New(12, 600, 8, at)) {
		t.Error("another seed gives the same city")
	}
}

func TestEverybodyHasValidNumbersOfTheirOwn(t *testing.T) {
	ids, codes, people := map[string]bool{}, map[string]bool{}, 0
	for _, f := range New(30, 2000, 7, at) {
		if err := gb.CheckUSCC(f.Code); err != nil || codes[f.Code] {
			t.Errorf("code %s: %v, taken %v", f.Code, err, codes[f.Code])
		}
		codes[f.Code] = true
		for _, p := range f.People {
			people++
			id, err := gb.ParseID(gb.Resident, p.IDNumber, at)
			if err != nil || ids[p.IDNumber] || (id.Sex == gb.Male) != p.Male {
				t.Fatalf("identity number of %s: %v", p.No, err)
			}
			if err := gb.CheckMobile(p.Mobile); err != nil || ids[p.Mobile] {
				t.Fatalf("mobile of %s: %v", p.No, err)
			}
			ids[p.IDNumber], ids[p.Mobile] = true, true
		}
	}
	if people < 1900 || people > 2100 {
		t.Errorf("%d people, want about 2,000", people)
	}
}

// The variety that a demo is for: each of these happens somewhere in the city.
func TestTheCityHasVariety(t *testing.T) {
	seen := map[string]int{}
	for _, f := range New(60, 8000, 370300, at) {
		seen["resume "+f.Resume]++
		if f.Zeal < 0.7 {
			seen["laggard firm"]++
		}
		for _, p := range f.People {
			seen["status "+p.Status]++
			seen["category "+p.Category]++
			for _, s := range p.Swabs {
				seen["result "+s.Result]++
				if s.SampledAt.After(at) || s.ReportedAt.After(at) || !s.ReportedAt.IsZero() && s.ReportedAt.Before(s.SampledAt) {
					t.Fatalf("a sample out of time: %+v", s)
				}
			}
			for _, r := range p.Reports {
				if len(r.Symptoms) > 0 {
					seen["symptoms"]++
				}
			}
		}
	}
	for _, want := range []string{"laggard firm", "resume partial", "status leave", "status resigned", "status awaiting_return", "category icc_frontline",
		"result pending", "result invalid", "result pool_abnormal", "symptoms"} {
		if seen[want] == 0 {
			t.Errorf("nothing of %q in the city: %v", want, seen)
		}
	}
}
