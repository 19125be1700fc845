package city

import (
	"testing"
	"time"

	"github.com/fugong/fugong/internal/platform/gb"
	"github.com/fugong/fugong/internal/platform/secret"
)

var at = time.Date(2026, 3, 24, 9, 0, 0, 0, time.UTC)

func TestSizesAddUpAndSpread(t *testing.T) {
	for _, c := range []struct{ orgs, people, least, most, median int }{
		{1, 5000, 5000, 5000, 5000}, {2, 60, 10, 50, 30}, {1000, 150_000, 34, 13351, 62}, {10_000, 1_500_000, 34, 13351, 62},
	} {
		city := New(Spec{Orgs: c.orgs, People: c.people, Weeks: 4}, at)
		sum, below := 0, 0
		for _, o := range city.Orgs {
			sum += o.Size
			if o.Size < c.median {
				below++
			}
			if o.Size < c.least || o.Size > c.most {
				t.Errorf("an enterprise of %d among %d", o.Size, c.orgs)
			}
		}
		if sum != c.people {
			t.Errorf("%d people in %d enterprises, want %d", sum, c.orgs, c.people)
		}
		if c.orgs >= 1000 && (below < c.orgs*45/100 || below > c.orgs*55/100) {
			t.Errorf("%d of %d enterprises have fewer than %d people", below, c.orgs, c.median)
		}
	}
	if n := New(Spec{Orgs: 10_000, People: 1_500_000}, at).Largest.Size; n != 13351 {
		t.Errorf("the largest enterprise has %d people", n)
	}
}

func TestNumbersAreValidAndNobodyElses(t *testing.T) {
	c := New(Spec{Orgs: 10_000, People: 1_500_000}, at)
	seen := map[string]bool{}
	names := map[string]bool{}
	for id := int64(1); id <= 1_500_000; id += 7 {
		number, _, male := identity(id)
		if phone := mobile(id); seen[number] || seen[phone] {
			t.Fatalf("person %d has a number of somebody else", id)
		}
		seen[number], seen[mobile(id)] = true, true
		names[name(id)] = true
		if id%100 == 0 {
			p, err := gb.ParseID(gb.Resident, number, at)
			if err != nil || (p.Sex == gb.Male) != male || gb.CheckMobile(mobile(id)) != nil {
				t.Fatalf("person %d: %v", id, err)
			}
		}
	}
	if len(names) < 80_000 {
		t.Errorf("only %d names", len(names))
	}
	codes := map[string]bool{}
	for _, o := range c.Orgs {
		if err := gb.CheckUSCC(o.Code); err != nil || codes[o.Code] {
			t.Fatalf("code %s: %v", o.Code, err)
		}
		codes[o.Code] = true
		if got := c.OrgOf(o.First + int64(o.Size) - 1); got.ID != o.ID {
			t.Fatalf("the last of %d is found in %d", o.ID, got.ID)
		}
	}
}

func TestAFingerprintNamesTheCity(t *testing.T) {
	c := New(Spec{Orgs: 2, People: 60, Weeks: 4}, at)
	d, ok := FromFingerprint(c.Fingerprint())
	if !ok || d.Spec != c.Spec || !d.At.Equal(c.At) || d.Orgs[1] != c.Orgs[1] {
		t.Errorf("%q names another city", c.Fingerprint())
	}
	if _, ok := FromFingerprint("v0 orgs=2 people=60 weeks=4 at=2026-03-24T09:00:00Z"); ok {
		t.Error("a city of another version is taken")
	}
}

func BenchmarkPerson(b *testing.B) {
	box, err := secret.LoadOrCreate(b.TempDir() + "/keys.json")
	if err != nil {
		b.Fatal(err)
	}
	l := &loader{City: New(Spec{Orgs: 1000, People: 150_000, Weeks: 4}, at), box: box}
	var to files
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		id := int64(i%150_000) + 1
		if i%share == 0 {
			to = files{}
		}
		if err := l.person(&to, l.OrgOf(id), id); err != nil {
			b.Fatal(err)
		}
	}
}
