package regime

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fugong/fugong/internal/regime/duties"
)

func source(t testing.TB) string {
	data, err := builtin.ReadFile("packs/zibo-2022-03.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestBuiltin(t *testing.T) {
	if diff := cmp.Diff([]string{"cn-20-2022-11-11", "cn-9-2022-06-28", "zibo-2022-03", "zibo-2022-h2"}, BuiltinIDs()); diff != "" {
		t.Fatalf("ids (-want +got):\n%s", diff)
	}
	for _, id := range BuiltinIDs() {
		if p, err := Builtin(id); err != nil || p.ID != id {
			t.Errorf("Builtin(%q): %+v, %v", id, p, err)
		}
	}
	for _, id := range []string{"", "zibo", "../pack", "zibo-2022-03.json"} {
		if p, err := Builtin(id); err == nil || p != nil {
			t.Errorf("Builtin(%q): %+v, %v", id, p, err)
		}
	}
	a, b := mustPack("zibo-2022-03"), mustPack("zibo-2022-03")
	a.Tests[0].IntervalHours = 1
	if b.Tests[0].IntervalHours != 168 {
		t.Error("two copies of a pack share rules")
	}
}

// The default pack, category by category: 72 hours and blocking only where the
// provincial list says so.
func TestZibo202203(t *testing.T) {
	type rule struct {
		hours int
		block bool
	}
	want := map[Category]rule{
		CategoryGeneralStaff: {168, false}, CategoryProductionStaff: {168, false}, CategoryConstructionSite: {168, false},
		CategoryICCFrontline: {72, true}, CategoryICCOther: {168, true}, CategoryColdChainDomestic: {168, false},
		CategoryHRNoncoldFrontline: {72, true}, CategoryNoncoldOther: {168, false}, CategoryIntlMail: {168, false},
		CategoryOverseasMaterial: {168, false}, CategoryRetailMarket: {168, false}, CategoryPharmacy: {168, false},
		CategoryHotelTravel: {168, false}, CategoryCourierTransport: {168, false}, CategoryCrowdedService: {168, false},
		CategoryCanteen: {168, false}, CategorySecurityClean: {168, false}, CategoryDriver: {168, false},
	}
	got := map[Category]rule{}
	for _, r := range pack.Tests {
		got[r.Category] = rule{r.IntervalHours, r.BlockOnOverdue}
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(rule{})); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	timing := []int{pack.ResultLateHours, pack.DueSoonHours, pack.NoRecordHours, pack.ExemptionGraceHours, pack.Version}
	if want := []int{24, 24, 72, 24, 1}; !slices.Equal(timing, want) {
		t.Errorf("timing %v, want %v", timing, want)
	}
	stages := []duties.Stage{{Level: "central_quarantine", Days: 14}, {Level: "home_monitor", Days: 7}}
	if diff := cmp.Diff(stages, pack.Contacts.Close.Isolation); diff != "" {
		t.Errorf("isolation of close contacts (-want +got):\n%s", diff)
	}
	if pack.Arrivals[0].Isolation != nil || pack.EffectiveTo != nil {
		t.Errorf("null is not nothing: %v, %v", pack.Arrivals[0].Isolation, pack.EffectiveTo)
	}
}

func TestParsePackNamesTheField(t *testing.T) {
	const frontline = `"icc_frontline", "mode": "rolling", "interval_hours": 72, "block_on_overdue": true`
	tests := []struct {
		name, old, new string
		want           string // in the error
	}{
		// shape
		{"unknown", `"stock_days": 14`, `"stock_days": 14, "stok": 1`, `stok: unknown field`},
		{"unknown inside", `"minutes": 30}`, `"minutes": 30, "fans": 2}`, `vent.fans: unknown field`},
		{"other case", `"stock_days"`, `"Stock_Days"`, `Stock_Days: unknown field`},
		{"twice", frontline, frontline + `, "interval_hours": 96`, `tests[3].interval_hours: given twice`},
		{"missing", frontline, `"icc_frontline", "mode": "rolling", "interval_hours": 72`, `tests[3].block_on_overdue: missing`},
		{"missing object", `"vent": {"times_per_day": 3, "minutes": 30},`, ``, `vent: missing`},
		{"text for number", `"stock_days": 14`, `"stock_days": "14"`, `stock_days: want int, got string`},
		{"fraction", `"stock_days": 14`, `"stock_days": 14.5`, `stock_days: want int, got number 14.5`},
		{"number too big", `"stock_days": 14`, `"stock_days": 1e400`, `stock_days: want int`},
		{"number in list", `"test_days": [1, 3]`, `"test_days": [1, "3"]`, `arrivals[0].test_days[1]: want int, got string`},
		{"null", frontline, strings.Replace(frontline, "72", "null", 1), `tests[3].interval_hours: want int, got null`},
		{"null object", `"vent": {"times_per_day": 3, "minutes": 30}`, `"vent": null`, `vent: want {, got <nil>`},
		{"array for object", `"vent": {"times_per_day": 3, "minutes": 30}`, `"vent": []`, `vent: want {, got [`},
		{"object for array", `"codes": ["green", "gold_vaccinated"]`, `"codes": {}`, `return_gate.codes: want [, got {`},
		{"stage null", `[["home_monitor", 7]]`, `[null]`, `arrivals[2].isolation[0]: want [level, days], got null`},
		{"stage short", `[["home_monitor", 7]]`, `[["home_monitor"]]`, `arrivals[2].isolation[0][1]`},
		{"stage long", `[["home_monitor", 7]]`, `[["home_monitor", 7, 7]]`, `arrivals[2].isolation[0]: want [level, days], got more`},
		{"stage swapped", `[["home_monitor", 7]]`, `[[7, "home_monitor"]]`, `arrivals[2].isolation[0][0]: want string, got number`},
		{"stage text", `[["home_monitor", 7]]`, `["home_monitor"]`, `arrivals[2].isolation[0]: want [, got home_monitor`},
		{"syntax", `"stock_days": 14`, `"stock_days": 14 14`, `invalid character '1' after object key:value pair`},

		// values
		{"id", `"id": "zibo-2022-03"`, `"id": "Zibo 2022"`, `id: must be small letters`},
		{"version", `"version": 1`, `"version": 0`, `version: must be at least 1`},
		{"title", `"淄博市2022年3月常态化防控默认规则"`, `""`, `title: must not be empty`},
		{"zone", `"Asia/Shanghai"`, `"../etc/passwd"`, `tz: must be an IANA zone name`},
		{"from", `"2022-03-23"`, `"2022-02-30"`, `effective_from: must be a date`},
		{"to", `"effective_to": null`, `"effective_to": "soon"`, `effective_to: must be a date`},
		{"to before from", `"effective_to": null`, `"effective_to": "2022-03-22"`, `effective_to: must not be before`},
		{"interval basis", `"interval_basis": "sampled_at"`, `"interval_basis": "reported_at"`, `interval_basis: must be sampled_at`},
		{"certificate basis", `"certificate_basis": "sampled_at"`, `"certificate_basis": ""`, `certificate_basis: must be sampled_at or reported_at`},
		{"antigen", `"antigen_counts": false`, `"antigen_counts": true`, `antigen_counts: must be false`},
		{"late", `"result_late_hours": 24`, `"result_late_hours": 0`, `result_late_hours: must be from 1 to 8784, is 0`},
		{"soon", `"due_soon_hours": 24`, `"due_soon_hours": -1`, `due_soon_hours: must be from 1`},
		{"start", `"no_record_hours": 72`, `"no_record_hours": -1`, `no_record_hours: must be from 0`},
		{"grace", `"exemption_grace_hours": 24`, `"exemption_grace_hours": 9999999`, `exemption_grace_hours: must be from 0`},
		{"category", `"icc_frontline"`, `"icc"`, `tests[3].category: unknown category "icc"`},
		{"category twice", `"icc_frontline"`, `"icc_other"`, `tests[4].category: second rolling rule for "icc_other"`},
		{"no base", `"category": "general_staff"`, `"category": "driver"`, `tests: must have a rule for general_staff`},
		{"mode", frontline, strings.Replace(frontline, "rolling", "calendar_week", 1), `tests[3].interval_hours: must be from 0 to 0`},
		{"looser than base", frontline, strings.Replace(frontline, "72", "169", 1), `tests[3].interval_hours: must not exceed the 168 of general_staff`},
		{"shorter than the wait", frontline, strings.Replace(frontline, "72", "23", 1), `tests[3].interval_hours: must not be less than result_late_hours`},
		{"basis", `"产品默认值"`, `""`, `tests[15].basis: must not be empty`},
		{"other mode", frontline, strings.Replace(frontline, "rolling", "daily", 1), `tests[3].mode: must be rolling or calendar_week`},
		{"count of a rolling rule", frontline, frontline + `, "min_count_per_week": 2`, `tests[3].min_count_per_week: must be from 0 to 0`},
		{"week without gap", frontline, `"icc_frontline", "mode": "calendar_week", "min_count_per_week": 2, "block_on_overdue": true`, `tests[3].min_gap_hours: must be from 1 to 24`},
		{"week under a rolling base", frontline, `"icc_frontline", "mode": "calendar_week", "min_count_per_week": 2, "min_gap_hours": 24, "block_on_overdue": true`, `tests[3].interval_hours: must not exceed the 168`},
		{"base by week", `"category": "general_staff", "mode": "rolling", "interval_hours": 168`, `"category": "general_staff", "mode": "calendar_week", "min_count_per_week": 2, "min_gap_hours": 24`, `tests[1].min_count_per_week: must not be below the 2`},
		{"vaccination", `"vaccination_exempt_hours": 48`, `"vaccination_exempt_hours": -1`, `vaccination_exempt_hours: must be from 0`},
		{"ground", `"ground": "medical"`, `"ground": "tired"`, `exemption_grounds[4].ground: unknown ground "tired"`},
		{"ground twice", `"ground": "medical"`, `"ground": "off_post"`, `exemption_grounds[4].ground: second entry`},
		{"kind", `"kind": "hospital"`, `"kind": "holiday"`, `holds[16].kind: unknown kind "holiday"`},
		{"kind twice", `"kind": "hospital"`, `"kind": "positive"`, `holds[16].kind: second rule`},
		{"kind missing", `"kind": "hospital"`, `"kind": "positive"`, `holds: must have a rule for hospital`},
		{"automatic", `"kind": "symptom", "off_post": true, "automatic": false`, `"kind": "symptom", "off_post": true, "automatic": true`, `holds[0].automatic: must be false for "symptom"`},
		{"automatic on nothing", `"automatic": true, "min_hours": 0, "negatives": 1`, `"automatic": true, "min_hours": 0, "negatives": 0`, `holds[1].automatic: needs negatives`},
		{"negatives", `"min_hours": 24, "negatives": 1`, `"min_hours": 24, "negatives": -1`, `holds[0].negatives: must be from 0`},
		{"fever", `37.3`, `99.1`, `fever_c: must be from 35 to 42`},
		{"gate", `"pcr_hours": 48`, `"pcr_hours": 0`, `return_gate.pcr_hours: must be from 1`},
		{"lookback", `"lookback_days": 14`, `"lookback_days": -1`, `return_gate.lookback_days: must be from 0`},
		{"overseas", `"overseas_days": 21`, `"overseas_days": -1`, `return_gate.overseas_days: must be from 0`},
		{"code", `"gold_vaccinated"`, `"Gold!"`, `return_gate.codes[1]: must be an id`},
		{"dormitory", `"dorm_temp_per_day": 2`, `"dorm_temp_per_day": 25`, `dorm_temp_per_day: must be from 0 to 24`},
		{"class", `"in_province"`, `"In Province"`, `arrivals[1].class: must be an id`},
		{"stage level", `[["home_monitor", 7]]`, `[["", 7]]`, `arrivals[2].isolation[0][0]: must be an id`},
		{"stage days", `[["home_monitor", 7]]`, `[["home_monitor", 0]]`, `arrivals[2].isolation[0][1]: must be from 1`},
		{"day zero", `"test_days": [1, 3]`, `"test_days": [0, 3]`, `arrivals[0].test_days[0]: must be from 1`},
		{"days fall", `"test_days": [1, 4, 7, 14, 16, 21]`, `"test_days": [1, 4, 7, 7]`, `contacts.close_contact.test_days[3]: must be later`},
		{"minutes", `"send_clinic": 120`, `"send_clinic": 0`, `incident_minutes.send_clinic: must be from 1`},
		{"sla", `"extended": 30`, `"extended": 0`, `appeal_sla_workdays.extended: must be from 1`},
	}
	for _, tt := range tests {
		text := strings.Replace(source(t), tt.old, tt.new, 1)
		if text == source(t) {
			t.Fatalf("%s: %q is not in the pack", tt.name, tt.old)
		}
		p, err := ParsePack([]byte(text))
		if err == nil || p != nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestParsePackRefusesOtherText(t *testing.T) {
	for _, text := range []string{"", "null", "[]", "{", "{}", `"zibo"`, source(t) + "{}", source(t)[:200], "\xff"} {
		if p, err := ParsePack([]byte(text)); err == nil || p != nil || !strings.HasPrefix(err.Error(), "regime: pack: ") {
			t.Errorf("ParsePack(%.20q): %v, %v", text, p, err)
		}
	}
}

func TestParsePackShowsEveryFault(t *testing.T) {
	text := strings.NewReplacer(`"stock_days": 14`, `"stock_days": 0`, `"version": 1`, `"version": 0`).Replace(source(t))
	_, err := ParsePack([]byte(text))
	if err == nil || !strings.Contains(err.Error(), "version") || !strings.Contains(err.Error(), "stock_days") {
		t.Errorf("got %v", err)
	}
}

// FuzzParsePack: no text makes it panic, and what it accepts keeps the promises
// that evaluation relies on.
func FuzzParsePack(f *testing.F) {
	good := source(f)
	f.Add([]byte(good))
	for _, id := range BuiltinIDs() {
		f.Add(must(builtin.ReadFile("packs/" + id + ".json")))
	}
	f.Add([]byte(strings.Replace(good, `"effective_to": null`, `"effective_to": "2022-12-31"`, 1)))
	f.Add([]byte(strings.Replace(good, `"interval_hours": 72`, `"interval_hours": 9223372036854775807`, 1)))
	f.Add([]byte(strings.Replace(good, `"version"`, `"versi\u006fn"`, 1)))
	f.Add([]byte(`{"id":{"id":[[[`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ParsePack(data)
		if err != nil {
			if p != nil {
				t.Fatal("a pack and an error")
			}
			return
		}
		again, err := ParsePack(bytes.TrimSpace(data))
		if err != nil || !cmp.Equal(p, again) {
			t.Fatalf("parsing twice differs: %v", err)
		}
		if !json.Valid(data) || p.rulesOf(CategoryGeneralStaff) == [2]*TestRule{} {
			t.Fatalf("accepted without a base rule: %s", data)
		}
		at := cst("2022-04-01 00:00:00")
		for _, r := range p.Tests {
			file := base(weekly)
			file.Categories[0].Category = r.Category
			s := Evaluate(Fixed(p), file, at)
			own := p.rulesOf(r.Category)
			if own[0] == nil || own[1] != nil {
				if s.DueAt.Before(weekly.SampledAt) {
					t.Fatalf("%s: due %v", r.Category, s.DueAt)
				}
				continue
			}
			due := weekly.SampledAt.Add(time.Duration(own[0].IntervalHours) * time.Hour)
			if window := file.GoLive.Add(time.Duration(p.NoRecordHours) * time.Hour); window.After(due) {
				due = window
			}
			if !s.DueAt.Equal(due) || due.Before(weekly.SampledAt) {
				t.Fatalf("%s: due %v, want %v", r.Category, s.DueAt, due)
			}
		}
	})
}
