package regime

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReasonsNameWhatIsNotCounted(t *testing.T) {
	antigen := swab("2022-04-01 08:00:00", "2022-04-01 08:20:00", Negative)
	antigen.Method = MethodAntigenSelf
	older := antigen
	older.SampledAt = cst("2022-03-24 09:00:00") // not newer than the negative that counts
	earlier := antigen
	earlier.SampledAt = cst("2022-03-31 10:00:00")
	future := antigen
	future.SampledAt = cst("2022-04-09 08:00:00")
	f := base(weekly, older, antigen, earlier, future)
	f.Categories[0].Category = CategoryICCOther
	want := []Reason{
		{Code: ReasonNegativeLapsed, At: cst("2022-03-31 09:00:00")},
		{Code: ReasonAntigenIgnored, At: antigen.SampledAt},
		{Code: ReasonWorkBlocked, At: cst("2022-03-31 09:00:00")},
	}
	if diff := cmp.Diff(want, Evaluate(Fixed(pack), f, cst("2022-04-01 09:00:00")).Reasons); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}

	f = base(weekly,
		swab("2022-04-01 07:00:00", "", ResultPending), swab("2022-04-01 06:00:00", "", ResultPending),
		swab("2022-04-01 05:00:00", "2022-04-01 08:00:00", Invalid), swab("2022-04-01 04:00:00", "2022-04-01 08:00:00", Invalid))
	want = []Reason{
		{Code: ReasonNegativeLapsed, At: cst("2022-03-31 09:00:00")},
		{Code: ReasonResultAwaited, At: cst("2022-04-02 07:00:00")},
		{Code: ReasonInvalidIgnored, At: cst("2022-04-01 05:00:00")},
	}
	if diff := cmp.Diff(want, Evaluate(Fixed(pack), f, cst("2022-04-01 09:00:00")).Reasons); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
}

func TestReasonsNotToTest(t *testing.T) {
	f := base()
	f.Statuses[0].Status = StatusLeave
	f.Holds = []Hold{{Kind: "symptom", From: cst("2022-03-28 08:00:00"), ID: 1}}
	want := []Reason{
		{Code: ReasonNotOnPost, At: cst("2022-03-01 00:00:00"), Args: map[string]string{"status": "leave"}},
		{Code: ReasonHeld, At: cst("2022-03-28 08:00:00"), Args: map[string]string{"kind": "symptom"}},
	}
	if diff := cmp.Diff(want, Evaluate(Fixed(pack), f, cst("2022-04-01 09:00:00")).Reasons); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}

	f = base(weekly)
	f.Exemptions = []Exemption{{"vaccinated_48h", cst("2022-03-31 08:00:00"), cst("2022-04-02 08:00:00")}}
	for at, want := range map[string]Reason{
		"2022-04-01 00:00:00": {Code: ReasonExempt, At: f.Exemptions[0].From, Args: map[string]string{"ground": "vaccinated_48h"}},
		"2022-04-03 00:00:00": {Code: ReasonExemptionGrace, At: cst("2022-04-03 08:00:00")},
	} {
		if diff := cmp.Diff([]Reason{want}, Evaluate(Fixed(pack), f, cst(at)).Reasons); diff != "" {
			t.Errorf("reasons (-want +got):\n%s", diff)
		}
	}
	for at, want := range map[string]string{"2022-03-02 00:00:00": ReasonStartWindow, "2022-03-04 00:00:01": ReasonNeverTested} {
		if s := Evaluate(Fixed(pack), base(), cst(at)); !slices.Contains(codes(s), want) || codes(s)[0] != ReasonNeverTested {
			t.Errorf("%s: reasons %v", at, s.Reasons)
		}
	}
}
