package regime

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

var twice = Fixed(mustPack("zibo-2022-h2")) // most categories owe two samplings a week, a day apart

func checkRules(t *testing.T, r Rules, f Facts, want ...moment) {
	t.Helper()
	for _, m := range want {
		s := Evaluate(r, f, cst(m.at))
		if got := (moment{m.at, s.State.String(), clockText(s.DueAt)}); got != m {
			t.Errorf("got  %v\nwant %v\nreasons %v", got, m, s.Reasons)
		}
	}
}

// The 28th of March 2022 was a Monday.
func TestExample08CalendarWeek(t *testing.T) {
	f := base(swab("2022-03-28 09:00:00", "2022-03-28 12:00:00", Negative), swab("2022-03-28 18:00:00", "2022-03-28 21:00:00", Negative))
	checkRules(t, twice, f,
		moment{"2022-03-28 21:00:00", "ok", "2022-04-04 00:00:00"},
		moment{"2022-04-03 00:00:00", "due_soon", "2022-04-04 00:00:00"},
		moment{"2022-04-04 00:00:00", "due_soon", "2022-04-04 00:00:00"},
		moment{"2022-04-04 00:00:01", "overdue", "2022-04-04 00:00:00"},
	)
	s := Evaluate(twice, f, cst("2022-03-29 09:00:00"))
	want := []Reason{
		{Code: ReasonNegativeCounts, At: cst("2022-03-28 18:00:00")},
		{Code: ReasonWeekCount, At: cst("2022-04-04 00:00:00"), Args: map[string]string{"have": "1", "need": "2"}},
	}
	if diff := cmp.Diff(want, s.Reasons); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
	if s.Rule.Mode != RuleCalendarWeek || s.Rule.MinCountPerWeek != 2 || s.Rule.MinGapHours != 24 {
		t.Errorf("rule %+v", s.Rule)
	}
}

func TestCalendarWeek(t *testing.T) {
	mon, wed := swab("2022-03-28 09:00:00", "2022-03-28 12:00:00", Negative), swab("2022-03-30 09:00:00", "2022-03-30 12:00:00", Negative)
	tests := []struct {
		name    string
		samples []Sample
		want    moment
	}{
		{"full week: the next one", []Sample{mon, wed}, moment{"2022-04-01 00:00:00", "ok", "2022-04-10 00:00:00"}},
		{"a gap to the second is enough", []Sample{mon, swab("2022-03-29 09:00:00", "2022-03-29 10:00:00", Negative)},
			moment{"2022-04-01 00:00:00", "ok", "2022-04-10 00:00:00"}},
		{"a second less is not", []Sample{mon, swab("2022-03-29 08:59:59", "2022-03-29 10:00:00", Negative)},
			moment{"2022-04-01 00:00:00", "ok", "2022-04-04 00:00:00"}},
		{"Sunday's last second is in the week", []Sample{mon, swab("2022-04-03 23:59:59", "2022-04-04 08:00:00", Negative)},
			moment{"2022-04-04 09:00:00", "ok", "2022-04-10 00:00:00"}},
		{"Monday's first is not", []Sample{mon, swab("2022-04-04 00:00:00", "2022-04-04 08:00:00", Negative)},
			moment{"2022-04-04 09:00:00", "ok", "2022-04-11 00:00:00"}},
		{"a week stands by itself", []Sample{swab("2022-04-03 20:00:00", "2022-04-03 21:00:00", Negative), swab("2022-04-04 08:00:00", "2022-04-04 09:00:00", Negative)},
			moment{"2022-04-04 09:00:00", "ok", "2022-04-11 00:00:00"}},
		{"invalid does not count", []Sample{mon, swab("2022-03-30 09:00:00", "2022-03-30 12:00:00", Invalid)},
			moment{"2022-04-01 00:00:00", "ok", "2022-04-04 00:00:00"}},
		{"waiting for the second", []Sample{mon, swab("2022-04-03 20:00:00", "", ResultPending)},
			moment{"2022-04-04 00:00:01", "pending", "2022-04-04 00:00:00"}},
		{"waiting for one older than the newest negative", []Sample{swab("2022-04-03 07:00:00", "", ResultPending), swab("2022-04-03 08:00:00", "2022-04-03 20:00:00", Negative)},
			moment{"2022-04-04 00:00:01", "pending", "2022-04-04 00:00:00"}},
		{"in vain", []Sample{swab("2022-04-03 07:00:00", "", ResultPending), swab("2022-04-03 08:00:00", "2022-04-03 20:00:00", Negative)},
			moment{"2022-04-04 07:00:00", "overdue", "2022-04-04 00:00:00"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { checkRules(t, twice, base(tt.samples...), tt.want) })
	}
}

// Nobody is due before the end of the week in which the rule began, less the gaps.
func TestCalendarWeekStart(t *testing.T) {
	f := base()
	f.GoLive = cst("2022-03-29 08:00:00") // a Tuesday; the window ends on Friday
	checkRules(t, twice, f,
		moment{"2022-04-03 00:00:00", "no_record", "2022-04-03 00:00:00"},
		moment{"2022-04-03 00:00:01", "overdue", "2022-04-03 00:00:00"},
	)
	f.GoLive = cst("2022-04-02 08:00:00") // a Saturday; the window ends in the next week
	checkRules(t, twice, f, moment{"2022-04-05 08:00:00", "no_record", "2022-04-05 08:00:00"})
	f.Samples = []Sample{swab("2022-03-24 09:00:00", "2022-03-24 20:00:00", Negative)} // from before go-live makes nothing worse
	checkRules(t, twice, f, moment{"2022-04-05 08:00:00", "no_record", "2022-04-05 08:00:00"})
}

func TestBothRulesMustBeMet(t *testing.T) {
	r := Fixed(mustPack("cn-9-2022-06-28"))
	f := base(swab("2022-03-28 09:00:00", "2022-03-28 12:00:00", Negative), swab("2022-03-30 09:00:00", "2022-03-30 12:00:00", Negative))
	f.Categories[0].Category = CategoryRetailMarket
	checkRules(t, r, f, moment{"2022-04-01 00:00:00", "ok", "2022-04-06 09:00:00"}) // the week would last until 04-10
	if ref := Evaluate(r, f, cst("2022-04-01 00:00:00")).Rule; ref.Mode != RuleRolling || ref.IntervalHours != 168 {
		t.Errorf("rolling binds, not %+v", ref)
	}
	f.Samples = f.Samples[:1]
	checkRules(t, r, f, moment{"2022-04-01 00:00:00", "ok", "2022-04-04 00:00:00"})
	if ref := Evaluate(r, f, cst("2022-04-01 00:00:00")).Rule; ref.Mode != RuleCalendarWeek {
		t.Errorf("the week binds, not %+v", ref)
	}
}

func TestWeekWithoutZoneIsThePacks(t *testing.T) {
	f := base(swab("2022-03-28 09:00:00", "2022-03-28 12:00:00", Negative))
	f.Zone = nil
	checkRules(t, twice, f, moment{"2022-03-29 09:00:00", "ok", "2022-04-04 00:00:00"})
}
