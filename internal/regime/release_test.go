package regime

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestHoldRules(t *testing.T) {
	for _, id := range BuiltinIDs() {
		p := mustPack(id)
		for _, kind := range HoldKinds() {
			r, ok := p.HoldRule(kind)
			onPost := kind == "self_monitor" || kind == "two_point_one_line"
			if !ok || r.OffPost == onPost || r.Automatic != (kind == "pool_abnormal") {
				t.Errorf("%s: %+v", id, r)
			}
			incident := []string{"symptom", "pool_abnormal", "suspicious", "positive", "confirmed", "asymptomatic", "suspected", "close_contact"}
			if r.Incident != slices.Contains(incident, kind) {
				t.Errorf("%s: %s opens an incident: %v", id, kind, r.Incident)
			}
		}
		days := 0
		for _, s := range p.Contacts.Close.Isolation {
			days += s.Days
		}
		if r, _ := p.HoldRule("close_contact"); r.MinHours != days*24 {
			t.Errorf("%s: a contact is isolated for %d days and held for %d hours", id, days, r.MinHours)
		}
	}
	if r, ok := pack.HoldRule("unheard"); ok || !r.OffPost || r.Automatic || r.Kind != "unheard" {
		t.Errorf("an unknown kind: %+v", r)
	}
	kinds := HoldKinds()
	kinds[0] = "changed"
	if HoldKinds()[0] != "symptom" || ExemptionGrounds()[0] != GroundVaccinated {
		t.Error("the lists can be changed, or have another order")
	}
}

func TestReleasable(t *testing.T) {
	h := Hold{Kind: "positive", From: cst("2022-03-25 10:00:00")}
	single := func(sampled string) Sample {
		s := swab(sampled, "", Negative)
		s.ReportedAt = s.SampledAt.Add(8 * time.Hour)
		return s
	}
	pooled := single("2022-03-29 10:00:00")
	pooled.Mode = ModePool10
	antigen := single("2022-03-29 11:00:00")
	antigen.Method = MethodAntigenStaff
	tests := []struct {
		name    string
		at      string
		samples []Sample
		have    int
		missing []string
		ready   bool
	}{
		{"nothing", "2022-03-26 10:00:00", nil, 0, []string{ReleaseTooEarly, ReleaseNeedsSample, ReleaseNeedsProof}, false},
		{"time alone", "2022-04-01 10:00:00", nil, 0, []string{ReleaseNeedsSample, ReleaseNeedsProof}, false},
		{"not later", "2022-04-02 10:00:00", []Sample{single("2022-03-25 10:00:00"), single("2022-03-28 10:00:00")}, 1, []string{ReleaseNeedsSample, ReleaseNeedsProof}, false},
		{"pooled or antigen", "2022-04-02 10:00:00", []Sample{pooled, antigen, single("2022-03-28 10:00:00")}, 1, []string{ReleaseNeedsSample, ReleaseNeedsProof}, false},
		{"too close", "2022-04-02 10:00:00", []Sample{single("2022-03-28 10:00:00"), single("2022-03-29 09:59:59")}, 1, []string{ReleaseNeedsGap, ReleaseNeedsProof}, false},
		{"too early", "2022-04-01 09:59:59", []Sample{single("2022-03-28 10:00:00"), single("2022-03-29 10:00:00")}, 2, []string{ReleaseTooEarly, ReleaseNeedsProof}, false},
		{"not reported", "2022-04-01 10:00:00", []Sample{single("2022-03-28 10:00:00"), single("2022-04-01 09:00:00")}, 1, []string{ReleaseNeedsSample, ReleaseNeedsProof}, false},
		{"ready", "2022-04-01 10:00:00", []Sample{single("2022-03-28 10:00:00"), single("2022-03-29 10:00:00")}, 2, []string{ReleaseNeedsProof}, true},
	}
	for _, tt := range tests {
		got := Releasable(Fixed(pack), base(tt.samples...), h, cst(tt.at))
		rule, _ := pack.HoldRule("positive")
		want := ReleaseCheck{Rule: rule, Earliest: cst("2022-04-01 10:00:00"), SampledAfter: h.From, Have: tt.have, Need: 2, Missing: tt.missing, Ready: tt.ready}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// The negative that ends an automatic hold was sampled after it began.
func TestAutomaticHold(t *testing.T) {
	abnormal := swab("2022-03-28 09:00:00", "2022-03-28 20:00:00", PoolAbnormal)
	between := swab("2022-03-28 15:00:00", "2022-03-28 21:00:00", Negative)
	check(t, base(weekly, abnormal, between), moment{"2022-03-29 21:00:00", "off_post", ""})
	f := base(weekly, swab("2022-03-28 22:00:00", "2022-03-29 04:00:00", Negative))
	f.Holds = []Hold{{Kind: "pool_abnormal", From: abnormal.ReportedAt, ID: 4}} // as recorded
	check(t, f, moment{"2022-03-29 03:59:59", "off_post", ""}, moment{"2022-03-29 04:00:00", "ok", "2022-04-04 22:00:00"})
}

func TestRelease(t *testing.T) {
	first := swab("2022-03-28 09:00:00", "2022-03-28 20:00:00", Positive)
	again := swab("2022-03-30 08:00:00", "2022-03-30 20:00:00", Positive)
	f := base(weekly, first, again)
	f.Releases = []Release{{"positive", cst("2022-03-30 12:00:00")}, {"suspicious", cst("2022-03-31 00:00:00")}}
	check(t, f,
		moment{"2022-03-28 20:00:00", "off_post", ""},
		moment{"2022-03-30 11:59:59", "off_post", ""},
		moment{"2022-03-30 12:00:00", "due_soon", "2022-03-31 09:00:00"},
		moment{"2022-03-30 20:00:00", "off_post", ""},
		moment{"2022-03-31 08:00:00", "off_post", ""},
	)
	if s := Evaluate(Fixed(pack), f, cst("2022-03-31 08:00:00")); len(s.Held) != 1 || !s.Held[0].From.Equal(again.ReportedAt) {
		t.Errorf("held %v", s.Held)
	}
}

func TestMeasuresLeaveOnPost(t *testing.T) {
	f := base(weekly)
	f.Holds = []Hold{
		{Kind: "self_monitor", From: cst("2022-03-25 08:00:00"), ID: 2},
		{Kind: "two_point_one_line", From: cst("2022-03-24 08:00:00"), To: cst("2022-03-31 08:00:00"), ID: 1},
	}
	s := Evaluate(Fixed(pack), f, cst("2022-03-26 00:00:00"))
	if diff := cmp.Diff([]Hold{f.Holds[1], f.Holds[0]}, s.Measures); diff != "" || s.Held != nil || s.State != OK || !s.MayWork {
		t.Errorf("%v, held %v, measures (-want +got):\n%s", s.State, s.Held, diff)
	}
}

func TestVaccinations(t *testing.T) {
	f := base(weekly)
	f.Vaccinations = []time.Time{cst("2022-03-31 08:00:00")}
	check(t, f,
		moment{"2022-03-31 07:59:59", "due_soon", "2022-03-31 09:00:00"},
		moment{"2022-03-31 08:00:00", "exempt", "2022-04-03 08:00:00"},
		moment{"2022-04-03 08:00:01", "overdue", "2022-04-03 08:00:00"},
	)
	s := Evaluate(Fixed(pack), f, cst("2022-04-01 00:00:00"))
	want := []Reason{{Code: ReasonExempt, At: f.Vaccinations[0], Args: map[string]string{"ground": GroundVaccinated}}}
	if diff := cmp.Diff(want, s.Reasons); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
	f.Vaccinations = nil
	f.Exemptions = []Exemption{{Ground: GroundVaccinated, From: cst("2022-03-31 08:00:00")}} // open-ended, but the ground is capped
	check(t, f, moment{"2022-04-03 08:00:01", "overdue", "2022-04-03 08:00:00"})
}

func TestCertificateValid(t *testing.T) {
	a, b := swab("2022-03-28 09:00:00", "2022-03-29 20:00:00", Negative), swab("2022-03-29 09:00:00", "2022-03-29 12:00:00", Negative)
	c := swab("2022-03-30 09:00:00", "2022-03-30 12:00:00", Invalid)
	reported := *pack
	reported.CertificateBasis = BasisReportedAt
	tests := []struct {
		name string
		p    *Pack
		at   string
		want *Sample
	}{
		{"newest negative", pack, "2022-03-30 20:00:00", &b},
		{"48 hours to the second", pack, "2022-03-31 09:00:00", &b},
		{"a second more", pack, "2022-03-31 09:00:01", nil},
		{"not reported yet", pack, "2022-03-29 11:59:59", nil},
		{"from the report", &reported, "2022-03-31 20:00:00", &a},
		{"no more", &reported, "2022-03-31 20:00:01", nil},
	}
	for _, tt := range tests {
		got, ok := CertificateValid(tt.p, []Sample{a, b, c}, 48*time.Hour, cst(tt.at))
		if diff := cmp.Diff(tt.want, got); diff != "" || ok != (tt.want != nil) {
			t.Errorf("%s: %v (-want +got):\n%s", tt.name, ok, diff)
		}
	}
}

// A hold that needs samples is released neither by itself nor by a person on samples not later than it.
func TestPropertyReleaseNeedsALaterSample(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f, at := drawFacts(t)
		r := drawRules(t, at)
		h := Hold{Kind: rapid.SampledFrom(holdKinds).Draw(t, "held as"), From: drawInstant(t, at)}
		for i := range f.Samples {
			if s := &f.Samples[i]; s.SampledAt.After(h.From) {
				s.SampledAt = h.From // at its very beginning
			}
		}
		check := Releasable(r, f, h, at)
		if check.Need > 0 && (check.Ready || check.Have > 0 || !slices.Contains(check.Missing, ReleaseNeedsSample)) {
			t.Fatalf("released on samples not later than %v: %+v", h.From, check)
		}
		f.Holds = append(f.Holds, h)
		s := Evaluate(r, f, at)
		if rule := check.Rule; rule.OffPost && !h.From.After(at) && s.State != OffPost {
			t.Fatalf("%v is over: %v", h, s.State)
		}
	})
}
