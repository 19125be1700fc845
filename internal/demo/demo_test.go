package demo

import (
	"reflect"
	"slices"
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

// The swabs of a tube are of one team and day, fit into it and share its result; and most pooled swabs share one.
func TestTubesAreShared(t *testing.T) {
	type tube struct {
		place, day, mode, result string
		reported                 time.Time
		members                  map[string]bool
	}
	shared, alone := 0, 0
	for _, f := range New(20, 2000, 7, at) {
		tubes := map[string]*tube{}
		for _, p := range f.People {
			for _, s := range p.Swabs {
				if s.Mode == "single" {
					continue
				}
				is := tube{p.Workshop + p.Team, s.SampledAt.Format(time.DateOnly), s.Mode, s.Result, s.ReportedAt, map[string]bool{p.No: true}}
				was := tubes[s.Barcode]
				if was == nil {
					tubes[s.Barcode] = &is
					continue
				}
				if was.members[p.No] || was.place != is.place || was.day != is.day || was.mode != is.mode || was.result != is.result || !was.reported.Equal(is.reported) {
					t.Fatalf("tube %s: %+v and %+v", s.Barcode, was, is)
				}
				if was.members[p.No] = true; len(was.members) > poolSizes[s.Mode] {
					t.Fatalf("tube %s of %s holds %d", s.Barcode, s.Mode, len(was.members))
				}
			}
		}
		for _, b := range tubes {
			if len(b.members) > 1 {
				shared++
			} else {
				alone++
			}
		}
	}
	if alone > 0 || shared == 0 {
		t.Errorf("%d tubes are shared, %d hold one person", shared, alone)
	}
}

// Nothing is put down before it is known, nor after the instant; and at whatever hour the city lives, the stories are cast.
func TestRecordsComeInOrder(t *testing.T) {
	for _, hour := range []int{0, 9, 14, 23} {
		now := time.Date(2022, 3, 24, hour, 20, 0, 0, at.Location())
		cast := false
		late, noted := 0, 0
		for _, f := range New(12, 2400, 7, now) {
			cast = cast || f.Cast != nil
			for _, p := range f.People {
				for _, s := range p.Swabs {
					if s.EnteredAt.Before(s.SampledAt) || s.EnteredAt.Before(s.ReportedAt) || s.EnteredAt.After(now) {
						t.Fatalf("at %v a swab is put down out of time: %+v", now, s)
					}
					if s.EnteredAt.After(keptFrom(now)) && !s.ReportedAt.IsZero() && s.EnteredAt.Sub(s.ReportedAt) > 40*time.Hour {
						late++
					}
					if s.NotedAt.IsZero() {
						continue
					}
					noted++
					if s.NotedAt.Before(s.SampledAt) || !s.NotedAt.Before(s.EnteredAt) {
						t.Fatalf("at %v a swab is noted out of time: %+v", now, s)
					}
				}
				for _, d := range p.Doses {
					if d.At.After(now) || d.Number == 0 && d.None == "" {
						t.Fatalf("a dose of %v: %+v", now, d)
					}
				}
			}
		}
		if !cast || late == 0 || noted == 0 {
			t.Errorf("at %v: cast %v, %d swabs put down late, %d noted early", now, cast, late, noted)
		}
	}
}

// Each part is somebody else's, and none is the demo worker's or leader's.
func TestPartsAreOfDifferentPeople(t *testing.T) {
	firms := New(60, 8000, 370300, at)
	f := firms[showpiece(firms)]
	if f.Cast == nil || f.Abnormal == "" {
		t.Fatal("the showpiece firm has no stories")
	}
	leader, worker, err := pair(f)
	if err != nil {
		t.Fatal(err)
	}
	c := f.Cast
	taken := map[string]bool{leader.No: true, worker.No: true}
	for _, i := range slices.Concat([]int{c.Fever, c.Recovered, c.Releasable, c.Deferred, c.Override, c.Draft}, c.Measures, c.Group, c.Ready) {
		if p := f.People[i]; taken[p.No] || f.inAbnormal(p) {
			t.Errorf("%s has two parts", p.No)
		}
		taken[f.People[i].No] = true
	}
	if len(c.Group) != 25 || len(c.Measures) != len(measures) {
		t.Errorf("%d in the group, %d under measures", len(c.Group), len(c.Measures))
	}
	for _, i := range slices.Concat(c.Ready, []int{c.Deferred, c.Override, c.Draft}) {
		if f.People[i].Status != "awaiting_return" {
			t.Errorf("%s wants to return and is %s", f.People[i].No, f.People[i].Status)
		}
	}
	rooms, riders, eaters, dosed := map[string]int{}, 0, 0, 0
	for _, p := range f.People {
		if p.Room != "" {
			rooms[p.Building+p.Room]++
		}
		if p.Bus != "" {
			riders++
		}
		if p.Table != "" {
			eaters++
		}
		if len(p.Doses) > 1 {
			dosed++
		}
	}
	if n := len(f.People); len(rooms) == 0 || riders < n/5 || eaters < n/2 || dosed < n*8/10 {
		t.Errorf("of %d people %d ride a shuttle, %d eat in the canteen, %d have two doses; rooms %v", n, riders, eaters, dosed, rooms)
	}
}
