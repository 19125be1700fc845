package regime

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAbnormalResultsHold(t *testing.T) {
	clear := swab("2022-03-29 09:00:00", "2022-03-29 20:00:00", Negative)
	tests := []struct {
		result   Result
		released bool
	}{
		{PoolAbnormal, true}, {Suspicious, false}, {Positive, false},
	}
	for _, tt := range tests {
		abnormal := swab("2022-03-28 09:00:00", "2022-03-28 20:00:00", tt.result)
		s := Evaluate(Fixed(pack), base(weekly, abnormal), cst("2022-03-28 20:00:00"))
		want := []Hold{{Kind: tt.result.String(), From: abnormal.ReportedAt}}
		if diff := cmp.Diff(want, s.Held); diff != "" || s.State != OffPost || !s.Since.Equal(abnormal.ReportedAt) {
			t.Errorf("%v: %v since %v, held (-want +got):\n%s", tt.result, s.State, s.Since, diff)
		}
		s = Evaluate(Fixed(pack), base(weekly, abnormal, clear), cst("2022-03-29 20:00:00"))
		if released := s.State == OK; released != tt.released || released == (len(s.Held) > 0) {
			t.Errorf("%v: after a single negative: %v, held %v", tt.result, s.State, s.Held)
		}
	}
	// A negative taken before the abnormal tube says nothing about it.
	abnormal := swab("2022-03-28 09:00:00", "2022-03-28 20:00:00", PoolAbnormal)
	before := swab("2022-03-28 08:59:59", "2022-03-28 21:00:00", Negative)
	check(t, base(weekly, abnormal, before), moment{"2022-03-28 21:00:00", "off_post", ""})
}

// Two records of one swab hold from the first report, whoever made it.
func TestHoldBeginsWithTheFirstReport(t *testing.T) {
	first := swab("2022-03-28 09:00:00", "2022-03-28 20:00:00", Positive)
	first.Source = SourceSelf
	second := swab("2022-03-28 09:00:00", "2022-03-29 08:00:00", Positive)
	for _, f := range []Facts{base(first, second), base(second, first)} {
		want := []Hold{{Kind: "positive", From: first.ReportedAt}}
		if diff := cmp.Diff(want, Evaluate(Fixed(pack), f, cst("2022-03-30 09:00:00")).Held); diff != "" {
			t.Errorf("held (-want +got):\n%s", diff)
		}
	}
}

func TestHoldsAreListedOnceAKindOldestFirst(t *testing.T) {
	f := base(
		swab("2022-03-28 09:00:00", "2022-03-28 20:00:00", Positive),
		swab("2022-03-29 09:00:00", "2022-03-29 20:00:00", Positive),
		swab("2022-03-27 09:00:00", "2022-03-30 08:00:00", Suspicious),
	)
	f.Holds = []Hold{
		{Kind: "symptom", From: cst("2022-03-29 08:00:00"), ID: 7},
		{Kind: "contact", From: cst("2022-03-20 08:00:00"), To: cst("2022-03-30 12:00:00"), ID: 3},
		{Kind: "contact", From: cst("2022-04-01 08:00:00"), ID: 8},
	}
	want := []Hold{
		f.Holds[1],
		{Kind: "positive", From: cst("2022-03-28 20:00:00")},
		f.Holds[0],
		{Kind: "suspicious", From: cst("2022-03-30 08:00:00")},
	}
	if diff := cmp.Diff(want, Evaluate(Fixed(pack), f, cst("2022-03-30 09:00:00")).Held); diff != "" {
		t.Errorf("held (-want +got):\n%s", diff)
	}
}

func TestRecordedHold(t *testing.T) {
	f := base(weekly)
	f.Holds = []Hold{{Kind: "symptom", From: cst("2022-03-28 08:00:00"), To: cst("2022-03-29 08:00:00"), ID: 1}}
	check(t, f,
		moment{"2022-03-28 07:59:59", "ok", "2022-03-31 09:00:00"},
		moment{"2022-03-28 08:00:00", "off_post", ""},
		moment{"2022-03-29 08:00:00", "ok", "2022-03-31 09:00:00"},
	)
	want := []Segment{
		{From: cst("2022-03-28 00:00:00"), State: OK, DueAt: cst("2022-03-31 09:00:00"), Until: cst("2022-03-28 08:00:00")},
		{From: cst("2022-03-28 08:00:00"), State: OffPost, Held: true, Until: cst("2022-03-29 08:00:00")},
		{From: cst("2022-03-29 08:00:00"), State: OK, DueAt: cst("2022-03-31 09:00:00"), Until: cst("2022-03-30 09:00:00")},
		// overdue from 03-31 09:00:01 is left off, and Until says so
		{From: cst("2022-03-30 09:00:00"), State: DueSoon, DueAt: cst("2022-03-31 09:00:00"), Until: cst("2022-03-31 09:00:01")},
	}
	if diff := cmp.Diff(want, Schedule(Fixed(pack), f, cst("2022-03-28 00:00:00"))); diff != "" {
		t.Errorf("schedule (-want +got):\n%s", diff)
	}
}

func TestExemptions(t *testing.T) {
	t.Run("does not clear an overdue", func(t *testing.T) {
		f := base(weekly)
		f.Exemptions = []Exemption{{"medical", cst("2022-03-31 09:00:01"), cst("2022-04-05 00:00:00")}}
		check(t, f,
			moment{"2022-03-31 09:00:01", "exempt", "2022-03-31 09:00:00"},
			moment{"2022-04-05 00:00:00", "overdue", "2022-03-31 09:00:00"},
		)
	})
	t.Run("leaves a later due alone", func(t *testing.T) {
		f := base(weekly)
		f.Exemptions = []Exemption{{"medical", cst("2022-03-25 00:00:00"), cst("2022-03-27 00:00:00")}}
		check(t, f,
			moment{"2022-03-26 00:00:00", "exempt", "2022-03-31 09:00:00"},
			moment{"2022-03-27 00:00:00", "ok", "2022-03-31 09:00:00"},
		)
	})
	t.Run("in the grace a valid negative still counts", func(t *testing.T) {
		f := base(weekly)
		f.Exemptions = []Exemption{{"medical", cst("2022-03-30 00:00:00"), cst("2022-03-30 12:00:00")}}
		check(t, f,
			moment{"2022-03-30 12:00:00", "due_soon", "2022-03-31 12:00:00"}, // negative until 09:00, grace until 12:00
			moment{"2022-03-31 09:00:01", "exempt", "2022-03-31 12:00:00"},
			moment{"2022-03-31 12:00:01", "overdue", "2022-03-31 12:00:00"},
		)
	})
	t.Run("chains", func(t *testing.T) {
		f := base(weekly)
		f.Exemptions = []Exemption{
			{"fever_symptom", cst("2022-04-01 00:00:00"), cst("2022-04-03 00:00:00")},
			{"vaccinated_48h", cst("2022-03-31 08:00:00"), cst("2022-04-02 08:00:00")},
		}
		check(t, f, moment{"2022-04-01 00:00:00", "exempt", "2022-04-04 00:00:00"})
	})
	t.Run("open-ended", func(t *testing.T) {
		f := base(weekly)
		f.Exemptions = []Exemption{{Ground: "medical", From: cst("2022-03-31 08:00:00")}}
		check(t, f, moment{"2023-01-01 00:00:00", "exempt", ""})
	})
	t.Run("empty grants nothing", func(t *testing.T) {
		f := base(weekly)
		f.Exemptions = []Exemption{{"medical", cst("2022-03-31 08:00:00"), cst("2022-03-31 08:00:00")}}
		check(t, f, moment{"2022-03-31 09:00:01", "overdue", "2022-03-31 09:00:00"})
	})
}
