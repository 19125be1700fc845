package regime

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestEarlySampleNeverLooksWorse(t *testing.T) {
	f := base(weekly, swab("2022-03-26 09:00:00", "", ResultPending))
	check(t, f,
		moment{"2022-03-26 09:00:00", "ok", "2022-03-31 09:00:00"},
		moment{"2022-03-27 09:00:00", "ok", "2022-03-31 09:00:00"}, // late, but the old negative covers
		moment{"2022-03-31 09:00:00", "due_soon", "2022-03-31 09:00:00"},
		moment{"2022-03-31 09:00:01", "result_late", "2022-03-31 09:00:00"},
	)
	got := codes(Evaluate(Fixed(pack), f, cst("2022-03-27 09:00:00")))
	if diff := cmp.Diff([]string{ReasonNegativeCounts, ReasonResultLate}, got); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
}

func TestSampleInStartWindow(t *testing.T) {
	f := base(swab("2022-03-24 10:00:00", "", ResultPending))
	f.GoLive = cst("2022-03-24 00:00:00")
	check(t, f,
		moment{"2022-03-24 10:00:00", "pending", "2022-03-27 00:00:00"},
		moment{"2022-03-25 10:00:00", "no_record", "2022-03-27 00:00:00"}, // no worse than without it
		moment{"2022-03-27 00:00:01", "result_late", "2022-03-27 00:00:00"},
	)

	f.Samples = []Sample{swab("2022-03-18 09:00:00", "2022-03-18 20:00:00", Negative)} // from before go-live
	check(t, f,
		moment{"2022-03-24 00:00:00", "ok", "2022-03-27 00:00:00"},
		moment{"2022-03-25 09:00:01", "no_record", "2022-03-27 00:00:00"},
		moment{"2022-03-27 00:00:01", "overdue", "2022-03-27 00:00:00"},
	)
	got := codes(Evaluate(Fixed(pack), f, cst("2022-03-26 00:00:00")))
	if diff := cmp.Diff([]string{ReasonNegativeLapsed, ReasonStartWindow}, got); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
}

func TestLeaveDoesNotRestartTheStartWindow(t *testing.T) {
	f := base()
	f.Statuses = []StatusSpan{
		{StatusOnPost, cst("2022-03-10 00:00:00"), cst("2022-03-20 00:00:00")},
		{StatusLeave, cst("2022-03-20 00:00:00"), cst("2022-03-25 00:00:00")},
		{StatusOnPost, cst("2022-03-25 00:00:00"), time.Time{}},
	}
	check(t, f, moment{"2022-03-25 00:00:00", "overdue", "2022-03-13 00:00:00"})
}

func TestUnknownIsNotAssumed(t *testing.T) {
	later := swab("2022-03-31 08:00:00", "2022-03-31 20:00:00", Negative)
	f := base(weekly, later)
	check(t, f,
		moment{"2022-03-24 08:59:59", "overdue", "2022-03-04 00:00:00"}, // not yet sampled
		moment{"2022-03-24 19:59:59", "pending", "2022-03-04 00:00:00"}, // not yet reported
		moment{"2022-03-31 07:59:59", "due_soon", "2022-03-31 09:00:00"},
		moment{"2022-03-31 10:00:00", "pending", "2022-03-31 09:00:00"},
	)
	s := Evaluate(Fixed(pack), f, cst("2022-03-31 10:00:00"))
	want := Sample{SampledAt: later.SampledAt, Method: MethodPCR, Mode: ModeSingle, Result: ResultPending, Source: SourceEmployerOrg}
	if diff := cmp.Diff(&want, s.Latest); diff != "" {
		t.Errorf("latest shows what was not known (-want +got):\n%s", diff)
	}

	for _, odd := range []Result{0, 99} { // neither reported by any lab
		unknown := later
		unknown.Result = odd
		check(t, base(weekly, unknown), moment{"2022-03-31 21:00:00", "pending", "2022-03-31 09:00:00"})
	}
	withdrawn := later
	withdrawn.Result, withdrawn.ReportedAt = Cancelled, time.Time{}
	check(t, base(weekly, withdrawn), moment{"2022-03-31 21:00:00", "overdue", "2022-03-31 09:00:00"})
}

func TestOnlyOnPostOwes(t *testing.T) {
	for _, status := range []WorkStatus{StatusOnPost, StatusWorkFromHome, StatusAwaitingReturn, StatusControlled,
		StatusLeave, StatusResigned, "nonsense", ""} {
		f := base(weekly)
		f.Statuses = []StatusSpan{{Status: status, From: cst("2022-03-01 00:00:00")}}
		s := Evaluate(Fixed(pack), f, cst("2022-03-25 00:00:00"))
		if on := status == StatusOnPost; (s.State == OK) != on || (s.State == OffPost) == on || s.MayWork != on {
			t.Errorf("%s: %v, may work %v", status, s.State, s.MayWork)
		}
	}
}

func TestNothingOnFile(t *testing.T) {
	s := Evaluate(Fixed(pack), Facts{}, cst("2022-03-25 00:00:00"))
	want := Standing{
		State: OffPost,
		Rule: RuleRef{Pack: "zibo-2022-03", Version: 1, Category: CategoryGeneralStaff, IntervalHours: 168, Mode: RuleRolling,
			Basis: "淄博市新闻发布会2022-03-24"},
		Reasons: []Reason{{Code: ReasonNoWorkStatus}, {Code: ReasonCategoryUnknown, Args: map[string]string{"category": ""}}},
	}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Errorf("standing (-want +got):\n%s", diff)
	}
}

func TestOverlappingStatuses(t *testing.T) {
	f := base(weekly)
	day := cst("2022-03-25 00:00:00")
	f.Statuses = append(f.Statuses, StatusSpan{Status: StatusResigned, From: day}, StatusSpan{Status: StatusOnPost, From: day})
	check(t, f, moment{"2022-03-25 00:00:00", "ok", "2022-03-31 09:00:00"}) // a clash does not lift the duty
	f.Statuses[2].From = cst("2022-03-24 23:59:59")
	check(t, f, moment{"2022-03-25 00:00:00", "off_post", ""}) // the later span applies
}

func TestCategories(t *testing.T) {
	at := cst("2022-03-25 00:00:00")
	tests := []struct {
		name  string
		spans []CategorySpan
		want  Category
		hours int
	}{
		{"none", nil, CategoryGeneralStaff, 168},
		{"not begun", []CategorySpan{{CategoryICCFrontline, at.Add(1)}}, CategoryGeneralStaff, 168},
		{"unknown", []CategorySpan{{"astronaut", at}}, CategoryGeneralStaff, 168},
		{"begins now", []CategorySpan{{CategoryICCFrontline, at}}, CategoryICCFrontline, 72},
		{"latest", []CategorySpan{{CategoryDriver, at}, {CategoryICCFrontline, at.Add(-1)}}, CategoryDriver, 168},
		{"tie: shorter", []CategorySpan{{CategoryICCFrontline, at}, {CategoryICCOther, at}}, CategoryICCFrontline, 72},
		{"tie: blocking", []CategorySpan{{CategoryICCOther, at}, {CategoryDriver, at}}, CategoryICCOther, 168},
	}
	for _, tt := range tests {
		f := base(weekly)
		f.Categories = tt.spans
		s := Evaluate(Fixed(pack), f, at)
		if s.Rule.Category != tt.want || s.Rule.IntervalHours != tt.hours {
			t.Errorf("%s: rule %+v", tt.name, s.Rule)
		}
		unknown := slices.Contains(codes(s), ReasonCategoryUnknown)
		known := len(tt.spans) > 0 && tt.spans[0].Category.Valid() && !tt.spans[0].From.After(at)
		if unknown == known {
			t.Errorf("%s: reasons %v", tt.name, codes(s))
		}
	}
}

func TestSince(t *testing.T) {
	f := base(weekly, swab("2022-03-31 08:00:00", "2022-03-31 08:30:00", Negative))
	for at, want := range map[string]string{
		"2022-03-24 20:00:00": "2022-03-24 20:00:00",
		"2022-03-30 08:59:59": "2022-03-24 20:00:00",
		"2022-03-31 08:29:59": "2022-03-30 09:00:00", // sampling again changed nothing yet
		"2022-04-06 07:59:59": "2022-03-31 08:30:00",
		"2022-04-06 08:00:00": "2022-04-06 08:00:00",
		"2022-04-07 08:00:00": "2022-04-06 08:00:00", // not since the due_soon before the second sample
		"2022-05-01 00:00:00": "2022-04-07 08:00:01",
		"2022-02-01 00:00:00": "", // never on post before
	} {
		if got := clockText(Evaluate(Fixed(pack), f, cst(at)).Since); got != want {
			t.Errorf("at %s: since %q, want %q", at, got, want)
		}
	}
	f.Samples[1].SampledAt = cst("2022-03-29 08:00:00") // sampled before due_soon: one stretch of ok
	f.Samples[1].ReportedAt = cst("2022-03-29 20:00:00")
	if got := clockText(Evaluate(Fixed(pack), f, cst("2022-04-04 07:59:59")).Since); got != "2022-03-24 20:00:00" {
		t.Errorf("since %s across two negatives", got)
	}
}

// A reading of the monotonic clock must not get into answers that are compared or stored.
func TestMonotonicClockIsDropped(t *testing.T) {
	now := time.Now()
	f := Facts{GoLive: now.Add(-time.Hour), Statuses: []StatusSpan{{Status: StatusOnPost, From: now.Round(0)}}}
	if from := Schedule(Fixed(pack), f, now)[0].From; from != now.Round(0) {
		t.Errorf("schedule begins at %v", from)
	}
	if since := Evaluate(Fixed(pack), f, now).Since; since != now.Round(0) {
		t.Errorf("since %v", since)
	}
}

func TestAnswersAreInTheZone(t *testing.T) {
	f := base(weekly)
	f.Zone = mustZone("America/New_York")
	s := Evaluate(Fixed(pack), f, cst("2022-03-31 08:00:00").UTC())
	for _, at := range []time.Time{s.Since, s.NextChange, s.DueAt, s.Reasons[0].At} {
		if at.Location() != f.Zone {
			t.Errorf("%v is not in %v", at, f.Zone)
		}
	}
	for _, seg := range Schedule(Fixed(pack), f, cst("2022-03-28 00:00:00")) {
		if seg.From.Location() != f.Zone || seg.DueAt.Location() != f.Zone || !seg.Until.IsZero() && seg.Until.Location() != f.Zone {
			t.Errorf("%v is not in %v", seg, f.Zone)
		}
	}
}

func TestFactsAreLeftAlone(t *testing.T) {
	facts := func() Facts {
		f := base(weekly, swab("2022-03-20 08:30:00", "2022-03-20 20:00:00", Negative))
		f.Categories = append(f.Categories, CategorySpan{CategoryDriver, cst("2022-02-01 00:00:00")})
		f.Holds = []Hold{{Kind: "b", From: weekly.SampledAt}, {Kind: "a", From: weekly.SampledAt}}
		return f
	}
	f := facts()
	s := Evaluate(Fixed(pack), f, cst("2022-03-25 00:00:00"))
	s.Counted.Result, s.Held[0].Kind = Positive, "changed"
	if diff := cmp.Diff(facts(), f, cmp.Comparer(func(a, b *time.Location) bool { return a == b })); diff != "" {
		t.Errorf("facts changed (-want +got):\n%s", diff)
	}
}
