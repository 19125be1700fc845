package regime

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExample01Weekly(t *testing.T) {
	f := base(weekly)
	check(t, f,
		moment{"2022-03-24 20:00:00", "ok", "2022-03-31 09:00:00"},
		moment{"2022-03-30 08:59:59", "ok", "2022-03-31 09:00:00"},
		moment{"2022-03-30 09:00:00", "due_soon", "2022-03-31 09:00:00"},
		moment{"2022-03-31 09:00:00", "due_soon", "2022-03-31 09:00:00"},
		moment{"2022-03-31 09:00:01", "overdue", "2022-03-31 09:00:00"},
	)
	want := []Segment{
		{From: cst("2022-03-25 00:00:00"), State: OK, DueAt: cst("2022-03-31 09:00:00"), Until: cst("2022-03-30 09:00:00")},
		{From: cst("2022-03-30 09:00:00"), State: DueSoon, DueAt: cst("2022-03-31 09:00:00"), Until: cst("2022-03-31 09:00:01")},
		{From: cst("2022-03-31 09:00:01"), State: Overdue, DueAt: cst("2022-03-31 09:00:00")},
	}
	if diff := cmp.Diff(want, Schedule(Fixed(pack), f, cst("2022-03-25 00:00:00"))); diff != "" {
		t.Errorf("schedule (-want +got):\n%s", diff)
	}
}

func TestExample01Standing(t *testing.T) {
	got := Evaluate(Fixed(pack), base(weekly), cst("2022-03-30 12:00:00"))
	want := Standing{
		State:      DueSoon,
		Since:      cst("2022-03-30 09:00:00"),
		NextChange: cst("2022-03-31 09:00:01"),
		Next:       Overdue,
		DueAt:      cst("2022-03-31 09:00:00"),
		MayWork:    true,
		Rule: RuleRef{Pack: "zibo-2022-03", Version: 1, Category: CategoryGeneralStaff, IntervalHours: 168,
			Mode: RuleRolling, Basis: "淄博市新闻发布会2022-03-24"},
		Counted: &weekly,
		Latest:  &weekly,
		Reasons: []Reason{{Code: ReasonNegativeCounts, At: weekly.SampledAt}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("standing (-want +got):\n%s", diff)
	}
}

func TestExample02ResultAwaitedThenLate(t *testing.T) {
	f := base(weekly, swab("2022-03-31 08:30:00", "", ResultPending))
	check(t, f,
		moment{"2022-03-31 08:30:00", "due_soon", "2022-03-31 09:00:00"}, // the old negative still covers
		moment{"2022-03-31 09:00:01", "pending", "2022-03-31 09:00:00"},
		moment{"2022-04-01 08:29:59", "pending", "2022-03-31 09:00:00"},
		moment{"2022-04-01 08:30:00", "result_late", "2022-03-31 09:00:00"},
	)
	if ResultLate.Tested() || !ResultLate.Owed() {
		t.Error("result_late must be owed and not tested")
	}
	early := Evaluate(Fixed(pack), f, cst("2022-03-31 08:45:00"))
	if diff := cmp.Diff([]string{ReasonNegativeCounts, ReasonResultAwaited}, codes(early)); diff != "" {
		t.Errorf("reasons while covered (-want +got):\n%s", diff)
	}
}

func TestExample03NextDueFromSampling(t *testing.T) {
	f := base(weekly, swab("2022-03-31 08:30:00", "2022-04-01 07:00:00", Negative))
	check(t, f,
		moment{"2022-04-01 06:59:59", "pending", "2022-03-31 09:00:00"},
		moment{"2022-04-01 07:00:00", "ok", "2022-04-07 08:30:00"},
	)
}

func TestExample04InvalidIsIgnored(t *testing.T) {
	f := base(weekly, swab("2022-03-31 08:30:00", "2022-04-01 07:00:00", Invalid))
	check(t, f, moment{"2022-04-01 07:00:00", "overdue", "2022-03-31 09:00:00"})
	got := codes(Evaluate(Fixed(pack), f, cst("2022-04-01 07:00:00")))
	if diff := cmp.Diff([]string{ReasonNegativeLapsed, ReasonInvalidIgnored}, got); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
}

func TestExample05AntigenDoesNotCount(t *testing.T) {
	for _, method := range []Method{MethodAntigenSelf, MethodAntigenStaff} {
		for result := Negative; result <= Cancelled; result++ {
			antigen := swab("2022-03-30 10:00:00", "2022-03-30 10:15:00", result)
			antigen.Method = method
			check(t, base(weekly, antigen),
				moment{"2022-03-30 11:00:00", "due_soon", "2022-03-31 09:00:00"},
				moment{"2022-03-31 09:00:01", "overdue", "2022-03-31 09:00:00"},
			)
		}
	}
}

func TestExample06StricterCategoryAtOnce(t *testing.T) {
	f := base(weekly)
	f.Categories = append(f.Categories, CategorySpan{CategoryICCFrontline, cst("2022-03-26 10:00:00")})
	check(t, f,
		moment{"2022-03-26 09:59:59", "ok", "2022-03-31 09:00:00"},
		moment{"2022-03-26 10:00:00", "due_soon", "2022-03-27 09:00:00"},
		moment{"2022-03-27 09:00:01", "overdue", "2022-03-27 09:00:00"},
	)
}

func TestExample07BlockedOnlyWhereTheRuleBlocks(t *testing.T) {
	for _, r := range pack.Tests {
		f := base(weekly, swab("2022-04-01 10:00:00", "", ResultPending))
		f.Categories = []CategorySpan{{r.Category, cst("2022-03-01 00:00:00")}}
		overdue := Evaluate(Fixed(pack), f, cst("2022-04-01 09:00:00"))
		late := Evaluate(Fixed(pack), f, cst("2022-04-02 10:00:00"))
		if overdue.State != Overdue || late.State != ResultLate {
			t.Fatalf("%s: states %v, %v", r.Category, overdue.State, late.State)
		}
		if overdue.MayWork == r.BlockOnOverdue || late.MayWork == r.BlockOnOverdue || overdue.Rule.BlockOnOverdue != r.BlockOnOverdue {
			t.Errorf("%s: overdue may work %v, result_late may work %v", r.Category, overdue.MayWork, late.MayWork)
		}
	}
}

// The ≤48 h test before the first shift belongs to the return gate, not here.
func TestExample09LeaveIsOffPost(t *testing.T) {
	f := base(swab("2022-03-31 09:00:00", "2022-03-31 20:00:00", Negative))
	f.Statuses = append(f.Statuses, StatusSpan{StatusLeave, cst("2022-04-02 00:00:00"), cst("2022-04-10 00:00:00")})
	check(t, f,
		moment{"2022-04-01 23:59:59", "ok", "2022-04-07 09:00:00"},
		moment{"2022-04-02 00:00:00", "off_post", ""},
		moment{"2022-04-09 23:59:59", "off_post", ""},
		moment{"2022-04-10 00:00:00", "overdue", "2022-04-07 09:00:00"},
	)
	if OffPost.Owed() || Exempt.Owed() {
		t.Error("off_post and exempt must be outside the denominator")
	}
}

func TestExample10ExemptWithGrace(t *testing.T) {
	f := base(weekly)
	f.Exemptions = []Exemption{{"vaccinated_48h", cst("2022-03-31 08:00:00"), cst("2022-04-02 08:00:00")}}
	check(t, f,
		moment{"2022-03-31 07:59:59", "due_soon", "2022-03-31 09:00:00"},
		moment{"2022-03-31 08:00:00", "exempt", "2022-04-03 08:00:00"},
		moment{"2022-04-02 08:00:00", "exempt", "2022-04-03 08:00:00"},
		moment{"2022-04-03 08:00:00", "exempt", "2022-04-03 08:00:00"},
		moment{"2022-04-03 08:00:01", "overdue", "2022-04-03 08:00:00"},
	)
}

func TestExample11NoRecordAtGoLive(t *testing.T) {
	f := base()
	f.GoLive = cst("2022-03-24 08:00:00")
	check(t, f,
		moment{"2022-03-24 08:00:00", "no_record", "2022-03-27 08:00:00"},
		moment{"2022-03-27 08:00:00", "no_record", "2022-03-27 08:00:00"},
		moment{"2022-03-27 08:00:01", "overdue", "2022-03-27 08:00:00"},
	)
	f.Statuses[0].From = cst("2022-04-05 08:00:00") // joins later
	check(t, f,
		moment{"2022-04-05 07:59:59", "off_post", ""},
		moment{"2022-04-05 08:00:00", "no_record", "2022-04-08 08:00:00"},
		moment{"2022-04-08 08:00:01", "overdue", "2022-04-08 08:00:00"},
	)
}

func TestExample12PoolAbnormal(t *testing.T) {
	pooled := swab("2022-03-28 09:00:00", "2022-03-28 21:00:00", PoolAbnormal)
	pooled.Mode = ModePool10
	again := swab("2022-03-28 22:00:00", "2022-03-29 04:00:00", Negative)
	f := base(weekly, pooled, again)
	check(t, f,
		moment{"2022-03-28 20:59:59", "ok", "2022-03-31 09:00:00"},
		moment{"2022-03-28 21:00:00", "off_post", ""},
		moment{"2022-03-29 03:59:59", "off_post", ""},
		moment{"2022-03-29 04:00:00", "ok", "2022-04-04 22:00:00"},
	)
	held := Evaluate(Fixed(pack), f, cst("2022-03-28 21:00:00"))
	if diff := cmp.Diff([]Hold{{Kind: "pool_abnormal", From: pooled.ReportedAt}}, held.Held); diff != "" || held.MayWork {
		t.Errorf("held (-want +got):\n%s\nmay work %v", diff, held.MayWork)
	}
	text, err := json.Marshal(held)
	if err != nil {
		t.Fatal(err)
	}
	if s := string(text); strings.Contains(s, "positive") || strings.Contains(s, "阳性") {
		t.Errorf("calls a pool member positive: %s", s)
	}

	again.Mode = ModePool5 // only a single tube clears one person
	check(t, base(weekly, pooled, again), moment{"2022-03-29 04:00:00", "off_post", ""})
}

func TestExample13LooserCategoryKeepsOverdue(t *testing.T) {
	f := base(weekly)
	f.Categories = []CategorySpan{
		{CategoryICCFrontline, cst("2022-03-01 00:00:00")},
		{CategoryGeneralStaff, cst("2022-03-26 10:00:00")},
	}
	check(t, f, moment{"2022-03-26 10:00:00", "ok", "2022-03-31 09:00:00"}) // counts from the last sample

	f.Categories[1].From = cst("2022-03-28 10:00:00") // already overdue by then
	check(t, f,
		moment{"2022-03-28 10:00:00", "overdue", "2022-03-27 09:00:00"},
		moment{"2022-03-30 10:00:00", "overdue", "2022-03-27 09:00:00"},
	)
	got := codes(Evaluate(Fixed(pack), f, cst("2022-03-28 10:00:00")))
	if diff := cmp.Diff([]string{ReasonNegativeLapsed, ReasonOverdueKept}, got); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}

	f.Categories[1].From = cst("2022-03-27 09:00:01") // the very instant it would begin: never overdue
	check(t, f, moment{"2022-03-27 09:00:01", "ok", "2022-03-31 09:00:00"})
}

func TestExample14SameInstantKeepsTheWorse(t *testing.T) {
	order := []Result{Positive, Suspicious, PoolAbnormal, ResultPending, Invalid, Negative, Cancelled}
	for i, worse := range order {
		for _, better := range order[i:] {
			if Worse(worse, better) != worse || Worse(better, worse) != worse {
				t.Errorf("Worse(%v, %v) is not %v", worse, better, worse)
			}
		}
	}
	good := swab("2022-03-31 08:00:00", "2022-03-31 18:00:00", Negative)
	bad := swab("2022-03-31 08:00:00", "2022-03-31 19:00:00", Invalid)
	for _, f := range []Facts{base(weekly, good, bad), base(bad, good, weekly)} {
		check(t, f, moment{"2022-03-31 20:00:00", "overdue", "2022-03-31 09:00:00"})
		s := Evaluate(Fixed(pack), f, cst("2022-03-31 20:00:00"))
		want := []string{ReasonNegativeLapsed, ReasonInvalidIgnored, ReasonConflictingResults}
		if diff := cmp.Diff(want, codes(s)); diff != "" {
			t.Errorf("reasons (-want +got):\n%s", diff)
		}
	}
	s := Evaluate(Fixed(pack), base(weekly, good, bad), cst("2022-03-31 18:30:00")) // the other report is still out
	if diff := cmp.Diff([]string{ReasonNegativeLapsed, ReasonResultAwaited}, codes(s)); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
	bad.Result = Cancelled // a withdrawn record contradicts nothing
	check(t, base(weekly, good, bad), moment{"2022-03-31 20:00:00", "ok", "2022-04-07 08:00:00"})
}

func TestExample15EverySourceCounts(t *testing.T) {
	for _, source := range []Source{SourceEmployerOrg, SourceCommunity, SourceSelf, SourceQuarantine, SourceImport} {
		s := swab("2022-03-29 09:00:00", "2022-03-29 20:00:00", Negative)
		s.Source = source
		check(t, base(weekly, s), moment{"2022-03-31 10:00:00", "ok", "2022-04-05 09:00:00"})
	}
}
