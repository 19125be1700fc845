package regime

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func overlay(t testing.TB, text string) Overlay {
	t.Helper()
	o, err := ParseOverlay([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestParseOverlayNamesTheField(t *testing.T) {
	for text, want := range map[string]string{
		`{"test": []}`: "test: unknown field", `{"tests": [{}]}`: "tests[0].category: missing",
		`{"tests": [{"category": "cook", "interval_hours": 24}]}`:                                                 `tests[0].category: unknown category "cook"`,
		`{"tests": [{"category": "driver"}]}`:                                                                     "tests[0]: must tighten something",
		`{"tests": [{"category": "driver", "interval_hours": 0}]}`:                                                "tests[0].interval_hours: must be from 1",
		`{"tests": [{"category": "driver", "min_count_per_week": 2}]}`:                                            "tests[0].min_gap_hours: must come together",
		`{"tests": [{"category": "driver", "min_count_per_week": 8, "min_gap_hours": 1}]}`:                        "tests[0].min_count_per_week: must be from 1 to 7",
		`{"tests": [{"category": "driver", "min_count_per_week": 2, "min_gap_hours": 25}]}`:                       "tests[0].min_gap_hours: must be from 1 to 24",
		`{"tests": [{"category": "driver", "interval_hours": 9}, {"category": "driver", "block_on_overdue": 1}]}`: "tests[1].block_on_overdue: want",
		`{"tests": [{"category": "driver", "interval_hours": 9}, {"category": "driver", "interval_hours": 9}]}`:   `tests[1].category: second entry for "driver"`,
		`{"due_soon_hours": 0}`: "due_soon_hours: must be from 1", `{"return_gate": {"pcr_hours": "48"}}`: "return_gate.pcr_hours: want",
		`{"return_gate": {"codes": []}}`: "return_gate.codes: unknown field", `{} {}`: "text after the end", ``: "EOF",
	} {
		if _, err := ParseOverlay([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestTighten(t *testing.T) {
	o := overlay(t, `{"tests": [
		{"category": "driver", "interval_hours": 96, "block_on_overdue": true, "basis": "企业规定"},
		{"category": "icc_frontline", "interval_hours": 96}],
		"due_soon_hours": 12, "result_late_hours": 12, "return_gate": {"pcr_hours": 24, "lookback_days": 14, "overseas_days": 28}}`)
	tight, noEffect, err := Tighten(pack, o, "org:12")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"tests[1].interval_hours", "due_soon_hours", "return_gate.lookback_days"}
	if diff := cmp.Diff(want, noEffect); diff != "" {
		t.Errorf("no effect (-want +got):\n%s", diff)
	}
	differences := []Difference{
		{Path: "result_late_hours", Old: "24", New: "12", Direction: Stricter},
		{Path: "return_gate.overseas_days", Old: "21", New: "28", Direction: Stricter},
		{Path: "return_gate.pcr_hours", Old: "48", New: "24", Direction: Stricter},
		{"tests.driver.rolling.basis", CategoryDriver, "产品默认值", "企业规定", Other},
		{"tests.driver.rolling.block_on_overdue", CategoryDriver, "false", "true", Stricter},
		{"tests.driver.rolling.interval_hours", CategoryDriver, "168", "96", Stricter},
		{"tests.driver.rolling.origin", CategoryDriver, "", "org:12", Other},
	}
	if diff := cmp.Diff(differences, Compare(pack, tight)); diff != "" {
		t.Errorf("differences (-want +got):\n%s", diff)
	}
	f := base(weekly)
	f.Categories[0].Category = CategoryDriver
	if ref := Evaluate(Fixed(tight), f, cst("2022-03-25 00:00:00")).Rule; ref.Origin != "org:12" || ref.Basis != "企业规定" || ref.IntervalHours != 96 {
		t.Errorf("rule %+v", ref)
	}
	if _, _, err := Tighten(pack, Overlay{DueSoonHours: new(int)}, "org:12"); err == nil {
		t.Error("a senseless overlay is taken")
	}
}

// The base binds everyone, also categories that the pack does not name and rules
// of a mode that it does not have.
func TestTightenBase(t *testing.T) {
	p := *pack
	p.Tests = p.Tests[:4] // without driver
	o := overlay(t, `{"tests": [{"category": "general_staff", "interval_hours": 12, "min_count_per_week": 3, "min_gap_hours": 10}], "basis": "张店区通告"}`)
	tight, noEffect, err := Tighten(&p, o, "division:370303")
	if err != nil || noEffect != nil {
		t.Fatalf("%v, %v", noEffect, err)
	}
	if tight.ResultLateHours != 12 {
		t.Errorf("a result is awaited for %d hours, longer than the interval", tight.ResultLateHours)
	}
	for _, category := range []Category{CategoryGeneralStaff, CategoryICCFrontline, CategoryDriver} {
		f := base(weekly)
		f.Categories[0].Category = category
		s := Evaluate(Fixed(tight), f, cst("2022-03-24 20:00:00"))
		if s.Rule.IntervalHours != 12 || s.Rule.Origin != "division:370303" || s.Rule.BlockOnOverdue != (category == CategoryICCFrontline) {
			t.Errorf("%s: %+v", category, s.Rule)
		}
	}
	weeks := 0
	for _, r := range tight.Tests {
		if r.Mode == RuleCalendarWeek && r.MinCountPerWeek == 3 && r.MinGapHours == 10 {
			weeks++
		}
	}
	if weeks != 4 {
		t.Errorf("%d weekly rules", weeks)
	}
	driver, _, err := Tighten(&p, overlay(t, `{"tests": [{"category": "driver", "interval_hours": 100}]}`), "org:1")
	if err != nil || driver.rulesOf(CategoryDriver)[0].IntervalHours != 100 || driver.rulesOf(CategoryGeneralStaff)[0].IntervalHours != 168 {
		t.Errorf("a category that the pack leaves to the base: %v", err)
	}
}

// values is what of a pack an overlay can tighten, without who asked for it.
func values(p *Pack) any {
	tests := map[string]TestRule{}
	for _, r := range p.Tests {
		r.Origin, r.Basis = "", ""
		tests[string(r.Category)+string(r.Mode)] = r
	}
	numbers := []int{p.DueSoonHours, p.ResultLateHours, p.NoRecordHours, p.ExemptionGraceHours,
		p.ReturnGate.PCRHours, p.ReturnGate.LookbackDays, p.ReturnGate.OverseasDays}
	return []any{tests, numbers}
}

func TestPropertyTightenIsIdempotentAndUnordered(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, a, b := drawPack(t), drawOverlay(t), drawOverlay(t)
		before := values(p)
		tighten := func(p *Pack, o Overlay, origin string) *Pack {
			tight, _, err := Tighten(p, o, origin)
			if err != nil {
				t.Fatal(err)
			}
			return tight
		}
		ab, ba := tighten(tighten(p, a, "division:1"), b, "org:2"), tighten(tighten(p, b, "org:2"), a, "division:1")
		if diff := differ(values(ab), values(ba)); diff != "" {
			t.Fatalf("order matters:\n%s", diff)
		}
		again := tighten(tighten(ab, a, "division:1"), b, "org:2")
		if !reflect.DeepEqual(ab, again) {
			t.Fatalf("not idempotent:\n%s", cmp.Diff(ab, again))
		}
		if diff := differ(before, values(p)); diff != "" {
			t.Fatalf("the pack changed:\n%s", diff)
		}
		if rapid.IntRange(0, 30).Draw(t, "costly") > 0 {
			return
		}
		for _, d := range Compare(p, ab) {
			if d.Direction == Looser {
				t.Fatalf("looser: %+v", d)
			}
		}
		if again, err := ParsePack(must(json.Marshal(ab))); err != nil || !reflect.DeepEqual(flat(again), flat(ab)) {
			t.Fatalf("not a pack any more: %v", err)
		}
	})
}

func TestCompare(t *testing.T) {
	if d := Compare(pack, mustPack("zibo-2022-03")); d != nil {
		t.Errorf("a pack differs from itself: %v", d)
	}
	got := map[string]Direction{}
	for _, d := range Compare(pack, twice.At(cst("2022-04-01 00:00:00"))) {
		got[d.Path] = d.Direction
	}
	for path, want := range map[string]Direction{
		"tests.general_staff.rolling.interval_hours":           Looser,   // one rule goes,
		"tests.general_staff.calendar_week.min_count_per_week": Stricter, // another comes
		"tests.icc_frontline.rolling.interval_hours":           Stricter,
		"holds.close_contact.min_hours":                        Looser,
		"contacts.close_contact.isolation":                     Other,
		"id":                                                   Other,
	} {
		if got[path] != want {
			t.Errorf("%s: %q, want %q", path, got[path], want)
		}
	}
	loose := *pack
	loose.FeverC, loose.StockDays = 38, 15
	want := []Difference{{Path: "fever_c", Old: "37.3", New: "38", Direction: Looser}, {Path: "stock_days", Old: "14", New: "15", Direction: Stricter}}
	if diff := cmp.Diff(want, Compare(pack, &loose)); diff != "" {
		t.Errorf("differences (-want +got):\n%s", diff)
	}
}

func FuzzParseOverlay(f *testing.F) {
	f.Add([]byte(`{"tests": [{"category": "driver", "interval_hours": 96, "min_count_per_week": 7, "min_gap_hours": 24}], "return_gate": {"pcr_hours": 24}}`))
	f.Add([]byte(`{"due_soon_hours": null}`))
	f.Add([]byte(`{"tests": null, "return_gate": null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := ParseOverlay(data)
		if err != nil {
			return
		}
		tight, _, err := Tighten(pack, o, "org:1")
		if err != nil {
			t.Fatalf("%s does not fit: %v", data, err)
		}
		for _, d := range Compare(pack, tight) {
			if d.Direction == Looser {
				t.Fatalf("%s: %+v", data, d)
			}
		}
	})
}
