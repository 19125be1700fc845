package regime

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestNewRules(t *testing.T) {
	a, b := Version{cst("2022-03-23 00:00:00"), pack}, Version{cst("2022-07-01 00:00:00"), twice.At(time.Time{})}
	r, err := NewRules(b, a)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Versions(); len(got) != 2 || got[0] != a || got[1] != b {
		t.Errorf("versions %v", got)
	}
	for at, want := range map[string]*Pack{"2000-01-01 00:00:00": a.Pack, "2022-06-30 23:59:59": a.Pack, "2022-07-01 00:00:00": b.Pack} {
		if got := r.At(cst(at)); got != want {
			t.Errorf("at %s: %s", at, got.ID)
		}
	}
	for name, bad := range map[string][]Version{
		"none": nil, "no pack": {a, {From: b.From}}, "together": {a, {a.From, b.Pack}},
	} {
		if _, err := NewRules(bad...); err == nil || !strings.HasPrefix(err.Error(), "regime: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// from returns rules that change from one pack to the other on Monday, 2022-04-04.
func from(before, after *Pack) Rules {
	return must(NewRules(Version{Pack: before}, Version{cst("2022-04-04 00:00:00"), after}))
}

func TestStricterVersionIsForetold(t *testing.T) {
	r := from(pack, twice.At(time.Time{}))
	f := base(swab("2022-03-31 09:00:00", "2022-03-31 20:00:00", Negative)) // a Thursday
	checkRules(t, r, f,
		moment{"2022-04-02 23:59:59", "ok", "2022-04-04 00:00:00"},
		moment{"2022-04-03 00:00:00", "due_soon", "2022-04-04 00:00:00"},
		moment{"2022-04-04 00:00:00", "due_soon", "2022-04-04 00:00:00"}, // nobody falls due before it begins
		moment{"2022-04-04 00:00:01", "overdue", "2022-04-04 00:00:00"},
	)
	s := Evaluate(r, f, cst("2022-04-01 00:00:00"))
	coming := Reason{Code: ReasonRuleComing, At: cst("2022-04-04 00:00:00"), Args: map[string]string{"pack": "zibo-2022-h2"}}
	if !slices.ContainsFunc(s.Reasons, func(r Reason) bool { return cmp.Equal(r, coming) }) || s.Rule.Pack != "zibo-2022-03" || !s.Rule.From.IsZero() {
		t.Errorf("rule %+v, reasons %v", s.Rule, s.Reasons)
	}
	s = Evaluate(r, f, cst("2022-04-04 00:00:00"))
	if s.Rule.Pack != "zibo-2022-h2" || !s.Rule.From.Equal(cst("2022-04-04 00:00:00")) || slices.Contains(codes(s), ReasonRuleComing) {
		t.Errorf("rule %+v, reasons %v", s.Rule, s.Reasons)
	}
	f.Samples = append(f.Samples, swab("2022-04-02 09:00:00", "2022-04-02 20:00:00", Negative)) // warned, and tested again
	checkRules(t, r, f,
		moment{"2022-04-03 00:00:00", "ok", "2022-04-09 09:00:00"},
		moment{"2022-04-04 00:00:00", "ok", "2022-04-10 00:00:00"},
	)
}

func TestLooserVersionKeepsOverdue(t *testing.T) {
	tight, _, err := Tighten(pack, must(ParseOverlay([]byte(`{"tests": [{"category": "general_staff", "interval_hours": 72}]}`))), "org:1")
	if err != nil {
		t.Fatal(err)
	}
	r := from(tight, pack)
	f := base(swab("2022-03-31 09:00:00", "2022-03-31 20:00:00", Negative))
	checkRules(t, r, f,
		moment{"2022-04-03 09:00:01", "overdue", "2022-04-03 09:00:00"},
		moment{"2022-04-04 00:00:00", "overdue", "2022-04-03 09:00:00"},
		moment{"2022-04-06 00:00:00", "overdue", "2022-04-03 09:00:00"},
	)
	f.Samples[0] = swab("2022-04-01 09:00:00", "2022-04-01 20:00:00", Negative) // not yet due
	checkRules(t, r, f, moment{"2022-04-04 00:00:00", "ok", "2022-04-08 09:00:00"})
}

func TestLooserHoursKeepOverdue(t *testing.T) {
	loose := *pack
	loose.NoRecordHours, loose.ExemptionGraceHours, loose.VaccinationExemptHours = 500, 500, 500
	r := from(pack, &loose)
	f := base()
	f.GoLive = cst("2022-03-31 08:00:00")
	checkRules(t, r, f, moment{"2022-04-03 08:00:01", "overdue", "2022-04-03 08:00:00"}, moment{"2022-04-05 00:00:00", "overdue", "2022-04-03 08:00:00"})
	f.GoLive = cst("2022-04-02 08:00:00") // still in the window
	checkRules(t, r, f, moment{"2022-04-05 09:00:00", "no_record", "2022-04-23 04:00:00"})

	f = base(weekly)
	f.Vaccinations = []time.Time{cst("2022-03-31 08:00:00")}
	checkRules(t, r, f, moment{"2022-04-03 08:00:01", "overdue", "2022-04-03 08:00:00"})
	// The vaccination excuses for longer now, which does not make up for the day that was missed.
	checkRules(t, r, f, moment{"2022-04-30 00:00:00", "overdue", "2022-04-03 08:00:00"})
}

func TestHoursAreTheVersions(t *testing.T) {
	hasty := *pack
	hasty.DueSoonHours, hasty.ResultLateHours = 72, 6
	f := base(swab("2022-03-31 09:00:00", "2022-03-31 20:00:00", Negative), swab("2022-04-03 20:00:00", "", ResultPending))
	r := from(pack, &hasty)
	checkRules(t, r, f, moment{"2022-04-03 23:59:59", "ok", "2022-04-07 09:00:00"}, moment{"2022-04-04 09:00:00", "due_soon", "2022-04-07 09:00:00"})
	f.Samples = f.Samples[1:]
	checkRules(t, r, f, moment{"2022-04-03 23:59:59", "pending", "2022-03-04 00:00:00"}, moment{"2022-04-04 02:00:00", "result_late", "2022-03-04 00:00:00"})
}
