package returning_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/returning"
	"github.com/fugong/fugong/internal/testkit"
)

var now = time.Date(2022, 3, 24, 9, 0, 0, 0, testkit.Zone)

func celsius(t float64) *float64 { return &t }

// clean is a declaration in which everything holds, made at now.
func clean() returning.Declaration {
	return returning.Declaration{OriginArea: "济南市历城区", Transport: "train", TripNo: "G281", Outside: returning.Yes, Reported: returning.Yes,
		RiskStay: returning.No, Overseas: returning.No, NoContact: true, HealthCode: "green", CodeCheckedAt: now.Add(-time.Hour),
		TripCard: "green", Temperature: celsius(36.5), Well: true}
}

func negative(sampled time.Time) regime.Sample {
	return regime.Sample{SampledAt: sampled, ReportedAt: sampled.Add(8 * time.Hour), Method: regime.MethodPCR, Mode: regime.ModePool10,
		Result: regime.Negative, Source: regime.SourceCommunity}
}

func evidence() *returning.Evidence {
	return &returning.Evidence{Declaration: clean(), StatedAt: now.Add(-time.Hour), PledgeAt: now.Add(-time.Hour),
		Samples: []regime.Sample{negative(now.Add(-24 * time.Hour))}}
}

func zibo(t testing.TB) *regime.Pack {
	t.Helper()
	p, err := regime.Builtin("zibo-2022-03")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func itemOf(t testing.TB, items []returning.Item, code string) returning.Item {
	t.Helper()
	for _, it := range items {
		if it.Code == code {
			return it
		}
	}
	t.Fatalf("no item %s", code)
	return returning.Item{}
}

func TestACleanDeclarationHolds(t *testing.T) {
	items := returning.Check(evidence(), zibo(t), now)
	if failing := returning.Failing(items); failing != nil {
		t.Errorf("failing %v", failing)
	}
	var codes []string
	for _, it := range items {
		codes = append(codes, it.Code)
	}
	if !slices.Equal(codes, returning.Items()) {
		t.Errorf("items %v", codes)
	}
	if it := itemOf(t, items, returning.ItemPCR); !it.Until.Equal(now.Add(24 * time.Hour)) {
		t.Errorf("the sample is valid until %v", it.Until)
	}
}

// TestGate changes one thing of a clean case and says what becomes of its item; every other item still holds.
func TestGate(t *testing.T) {
	const (
		ok, missing, failed = returning.OK, returning.Missing, returning.Failed
		hour, day           = time.Hour, 24 * time.Hour
	)
	risky := func(risk, to string) func(*returning.Evidence) {
		return func(e *returning.Evidence) {
			e.Declaration.RiskStay, e.Declaration.Stays = returning.Yes, []returning.Stay{{Area: "某市", To: to, Risk: risk}}
		}
	}
	with := func(fs ...func(*returning.Evidence)) func(*returning.Evidence) {
		return func(e *returning.Evidence) {
			for _, f := range fs {
				f(e)
			}
		}
	}
	control := func(to, proof string) func(*returning.Evidence) {
		return func(e *returning.Evidence) {
			e.Declaration.Control = returning.Control{Level: "central_quarantine", To: to, Proof: proof}
		}
	}
	held := func(kind string) func(*returning.Evidence) {
		return func(e *returning.Evidence) {
			e.Holds, e.Held = []returning.Held{{Kind: kind, From: now.Add(-day)}}, true
		}
	}
	d := func(f func(*returning.Declaration)) func(*returning.Evidence) {
		return func(e *returning.Evidence) { f(&e.Declaration) }
	}
	for _, tc := range []struct {
		item   string
		name   string
		change func(*returning.Evidence)
		want   returning.Verdict
		why    string
	}{
		{returning.ItemCode, "gold", d(func(d *returning.Declaration) { d.HealthCode = "gold_vaccinated" }), ok, "code.ok"},
		{returning.ItemCode, "yellow", d(func(d *returning.Declaration) { d.HealthCode = "yellow" }), failed, "code.colour"},
		{returning.ItemCode, "red, and stale", d(func(d *returning.Declaration) { d.HealthCode, d.CodeCheckedAt = "red", now.Add(-99*hour) }), failed, "code.colour"},
		{returning.ItemCode, "not said", d(func(d *returning.Declaration) { d.HealthCode = "" }), missing, "code.none"},
		{returning.ItemCode, "never looked at", d(func(d *returning.Declaration) { d.CodeCheckedAt = time.Time{} }), missing, "code.none"},
		{returning.ItemCode, "48 hours ago", d(func(d *returning.Declaration) { d.CodeCheckedAt = now.Add(-48 * hour) }), ok, "code.ok"},
		{returning.ItemCode, "longer ago", d(func(d *returning.Declaration) { d.CodeCheckedAt = now.Add(-48*hour - time.Second) }), missing, "code.stale"},

		{returning.ItemArea, "low", risky("low", "2022-03-23"), ok, "area.ok"},
		{returning.ItemArea, "precaution", risky("precaution", "2022-03-23"), ok, "area.ok"},
		{returning.ItemArea, "medium", risky("medium", "2022-03-23"), failed, "area.risk"},
		{returning.ItemArea, "high", risky("high", "2022-03-23"), failed, "area.risk"},
		{returning.ItemArea, "locked", risky("locked", "2022-03-23"), failed, "area.risk"},
		{returning.ItemArea, "left 14 days ago", risky("high", "2022-03-10"), failed, "area.risk"},
		{returning.ItemArea, "left 15 days ago", risky("high", "2022-03-09"), ok, "area.ok"},
		{returning.ItemArea, "somewhere", d(func(d *returning.Declaration) { d.RiskStay = returning.Yes }), failed, "area.risk"},
		{returning.ItemArea, "not said", d(func(d *returning.Declaration) { d.RiskStay = "" }), missing, "area.none"},
		{returning.ItemArea, "abroad not said", d(func(d *returning.Declaration) { d.Overseas = "" }), missing, "area.none"},
		{returning.ItemArea, "abroad 21 days ago", d(func(d *returning.Declaration) { d.Overseas, d.EnteredOn = returning.Yes, "2022-03-03" }), failed, "area.risk"},
		{returning.ItemArea, "abroad 22 days ago", d(func(d *returning.Declaration) { d.Overseas, d.EnteredOn = returning.Yes, "2022-03-02" }), ok, "area.ok"},
		{returning.ItemArea, "abroad, undated", d(func(d *returning.Declaration) { d.Overseas = returning.Yes }), failed, "area.risk"},
		{returning.ItemArea, "released with proof", with(risky("high", "2022-03-12"), control("2022-03-23", "历城疾控 0323")), ok, "area.released"},
		{returning.ItemArea, "released without proof", with(risky("high", "2022-03-12"), control("2022-03-23", "")), missing, "area.proof"},
		{returning.ItemArea, "released before the stay", with(risky("high", "2022-03-22"), control("2022-03-20", "历城疾控 0320")), failed, "area.risk"},
		{returning.ItemArea, "in quarantine until today", with(risky("high", "2022-03-12"), control("2022-03-24", "x")), failed, "area.control"},
		{returning.ItemArea, "in quarantine, open", control("", ""), failed, "area.control"},

		{returning.ItemContact, "not said", d(func(d *returning.Declaration) { d.NoContact = false }), missing, "contact.none"},
		{returning.ItemContact, "of a case", d(func(d *returning.Declaration) {
			d.NoContact, d.Contacts, d.ContactOn = false, []string{"confirmed_contact"}, "2022-03-20"
		}), failed, "contact.said"},
		{returning.ItemContact, "of a contact, undated", d(func(d *returning.Declaration) { d.NoContact, d.Contacts = false, []string{"secondary_contact"} }), failed, "contact.said"},
		{returning.ItemContact, "long ago", d(func(d *returning.Declaration) {
			d.NoContact, d.Contacts, d.ContactOn = false, []string{"fever_contact"}, "2022-03-01"
		}), ok, "contact.ok"},
		{returning.ItemContact, "goods", d(func(d *returning.Declaration) { d.NoContact, d.Contacts = false, []string{"overseas_goods_contact"} }), ok, "contact.goods"},
		{returning.ItemContact, "held as a contact", held("close_contact"), failed, "contact.held"},
		{returning.ItemContact, "held at home", held("home_quarantine"), failed, "contact.held"},
		{returning.ItemContact, "watching oneself", held("self_monitor"), ok, "contact.ok"},

		{returning.ItemHealth, "37.2", d(func(d *returning.Declaration) { d.Temperature = celsius(37.2) }), ok, "health.ok"},
		{returning.ItemHealth, "37.3", d(func(d *returning.Declaration) { d.Temperature = celsius(37.3) }), failed, "health.fever"},
		{returning.ItemHealth, "a cough", d(func(d *returning.Declaration) { d.Well, d.Symptoms = false, []string{"cough"} }), failed, "health.felt"},
		{returning.ItemHealth, "not measured", d(func(d *returning.Declaration) { d.Temperature = nil }), missing, "health.none"},
		{returning.ItemHealth, "symptoms not said", d(func(d *returning.Declaration) { d.Well = false }), missing, "health.none"},
		{returning.ItemHealth, "stated long ago", func(e *returning.Evidence) { e.StatedAt = now.Add(-49 * hour) }, missing, "health.stale"},
		{returning.ItemHealth, "a draft", func(e *returning.Evidence) { e.StatedAt = time.Time{} }, ok, "health.draft.ok"},

		{returning.ItemPCR, "none", func(e *returning.Evidence) { e.Samples = nil }, missing, "pcr.none"},
		{returning.ItemPCR, "old", func(e *returning.Evidence) { e.Samples = []regime.Sample{negative(now.Add(-49 * hour))} }, missing, "pcr.old"},
		{returning.ItemPCR, "not known yet", func(e *returning.Evidence) { e.Samples = []regime.Sample{negative(now.Add(-hour))} }, missing, "pcr.awaited"},
		{returning.ItemPCR, "antigen", func(e *returning.Evidence) { e.Samples[0].Method = regime.MethodAntigenStaff }, missing, "pcr.none"},
		{returning.ItemPCR, "invalid", func(e *returning.Evidence) { e.Samples[0].Result = regime.Invalid }, missing, "pcr.none"},
		{returning.ItemPCR, "to be looked at again", func(e *returning.Evidence) { e.Samples[0].Result = regime.PoolAbnormal }, failed, "pcr.recheck"},

		{returning.ItemPledge, "not signed", func(e *returning.Evidence) { e.PledgeAt = time.Time{} }, missing, "pledge.none"},

		{returning.ItemCommunity, "from the city", d(func(d *returning.Declaration) { d.Outside, d.Reported = returning.No, "" }), ok, "community.local"},
		{returning.ItemCommunity, "not told", d(func(d *returning.Declaration) { d.Reported = returning.No }), missing, "community.not"},
		{returning.ItemCommunity, "not said", d(func(d *returning.Declaration) { d.Outside = "" }), missing, "community.none"},

		{returning.ItemHold, "symptoms", held("symptom"), failed, "hold.held"},
		{returning.ItemHold, "a positive result", held("positive"), failed, "hold.held"},
		{returning.ItemHold, "the standing alone says so", func(e *returning.Evidence) { e.Held = true }, failed, "hold.unknown"},
	} {
		t.Run(tc.item+"/"+tc.name, func(t *testing.T) {
			e := evidence()
			tc.change(e)
			for _, it := range returning.Check(e, zibo(t), now) {
				switch {
				case it.Code == tc.item && (it.Verdict != tc.want || it.Why != tc.why):
					t.Errorf("%s, %s; want %s, %s", it.Verdict, it.Why, tc.want, tc.why)
				case it.Code != tc.item && it.Verdict != ok:
					t.Errorf("%s is %s, %s", it.Code, it.Verdict, it.Why)
				}
			}
		})
	}
}

// Holds are not for an override to lift; anything else is.
func TestHeldBack(t *testing.T) {
	for kind, want := range map[string]bool{"": false, "symptom": true, "close_contact": true, "hospital": true, "self_monitor": false} {
		e := evidence()
		e.PledgeAt = time.Time{}
		if kind != "" {
			e.Holds = []returning.Held{{Kind: kind, From: now}}
		}
		if got := returning.HeldBack(returning.Check(e, zibo(t), now)); got != want {
			t.Errorf("%q: %v", kind, got)
		}
	}
}

// A stricter pack never lets an item hold that did not, and time that passes never does either.
func TestTheGateOnlyCloses(t *testing.T) {
	p := zibo(t)
	rapid.Check(t, func(t *rapid.T) {
		e := evidence()
		back := func(name string) time.Time {
			return now.Add(-time.Duration(rapid.IntRange(1, 100).Draw(t, name)) * time.Hour)
		}
		e.Declaration.CodeCheckedAt, e.StatedAt, e.Samples = back("code"), back("stated"), []regime.Sample{negative(back("sampled"))}
		e.Declaration.Stays = []returning.Stay{{Area: "某市", To: back("left").Format(time.DateOnly), Risk: rapid.SampledFrom(returning.Risks()).Draw(t, "risk")}}
		e.Declaration.Temperature = celsius(rapid.Float64Range(35, 39).Draw(t, "degrees"))
		strict := *p
		strict.ReturnGate.PCRHours -= rapid.IntRange(0, 40).Draw(t, "hours")
		strict.ReturnGate.LookbackDays += rapid.IntRange(0, 14).Draw(t, "days")
		strict.ReturnGate.Codes = []string{"gold_vaccinated"}
		before := returning.Failing(returning.Check(e, p, now))
		for _, code := range before {
			if !slices.Contains(returning.Failing(returning.Check(e, &strict, now)), code) {
				t.Fatalf("%s holds under the stricter rules", code)
			}
		}
		later := now.Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "later")) * time.Hour)
		for _, code := range before {
			if code != returning.ItemPCR && code != returning.ItemArea && !slices.Contains(returning.Failing(returning.Check(e, p, later)), code) {
				t.Fatalf("%s holds %v later", code, later.Sub(now))
			}
		}
	})
}
