package regime

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestChanges(t *testing.T) {
	args := func(list ...string) map[string]string {
		m := map[string]string{}
		for i := 0; i < len(list); i += 2 {
			m[list[i]] = list[i+1]
		}
		return m
	}
	held, exempt, away := base(weekly), base(weekly), base(weekly)
	held.Holds = []Hold{{Kind: "symptom", From: cst("2022-03-28 08:00:00"), ID: 7}}
	exempt.Vaccinations = []time.Time{cst("2022-03-31 08:00:00")}
	away.Statuses = append(away.Statuses, StatusSpan{Status: StatusLeave, From: cst("2022-03-30 08:00:00")})
	tests := []struct {
		name string
		f    Facts
		at   string
		want []Change
	}{
		{"overdue", base(weekly), "2022-04-01 09:00:00", []Change{
			{ChangeSampleNow, cst("2022-04-01 09:00:00"), args("state", "ok", "until", "2022-04-08T09:00:00+08:00")}}},
		{"awaited", base(swab("2022-03-31 08:30:00", "", ResultPending)), "2022-03-31 10:00:00", []Change{
			{ChangeSampleNow, cst("2022-03-31 10:00:00"), args("state", "ok", "until", "2022-04-07T10:00:00+08:00")},
			{ChangeResultNegative, cst("2022-03-31 08:30:00"), args("state", "ok", "until", "2022-04-07T08:30:00+08:00")}}},
		{"pool", base(weekly, swab("2022-03-28 09:00:00", "2022-03-28 20:00:00", PoolAbnormal)), "2022-03-28 21:00:00", []Change{
			{ChangeSingleResample, cst("2022-03-28 21:00:00"), args("state", "ok", "until", "2022-04-04T21:00:00+08:00", "kind", "pool_abnormal", "have", "0", "need", "1")}}},
		{"pool, just reported", base(weekly, swab("2022-03-28 09:00:00", "2022-03-28 20:00:00", PoolAbnormal)), "2022-03-28 20:00:00", []Change{
			{ChangeSingleResample, cst("2022-03-28 20:00:01"), args("state", "ok", "until", "2022-04-04T20:00:01+08:00", "kind", "pool_abnormal", "have", "0", "need", "1")}}},
		{"symptom", held, "2022-03-28 10:00:00", []Change{
			{ChangeHoldRelease, cst("2022-03-29 08:00:00"), args("state", "ok", "until", "2022-03-31T09:00:00+08:00", "kind", "symptom", "id", "7",
				"have", "0", "need", "1", "missing", "too_early,needs_sample")}}},
		{"positive", base(weekly, swab("2022-03-28 09:00:00", "2022-03-28 20:00:00", Positive)), "2022-03-29 10:00:00", []Change{
			{ChangeHoldRelease, cst("2022-04-04 20:00:00"), args("state", "overdue", "until", "2022-03-31T09:00:00+08:00", "kind", "positive", "id", "0",
				"have", "0", "need", "2", "missing", "too_early,needs_sample,needs_proof")}}},
		{"exempt", exempt, "2022-04-01 08:00:00", []Change{
			{ChangeSampleNow, cst("2022-04-01 08:00:00"), args("state", "exempt", "until", "2022-04-08T08:00:00+08:00")},
			{ChangeExemptionEnds, cst("2022-04-02 08:00:00"), args("state", "exempt", "until", "2022-04-03T08:00:00+08:00", "ground", GroundVaccinated)}}},
		{"leave", away, "2022-04-01 08:00:00", []Change{
			{ChangeOnPost, cst("2022-04-01 08:00:00"), args("state", "overdue", "until", "2022-03-31T09:00:00+08:00")}}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, Changes(Fixed(pack), tt.f, cst(tt.at))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}

	f := base(swab("2022-03-31 09:00:00", "2022-03-31 20:00:00", Negative))
	list := Changes(from(pack, twice.At(time.Time{})), f, cst("2022-04-01 08:00:00"))
	want := Change{ChangeRuleChanges, cst("2022-04-04 00:00:00"),
		args("state", "due_soon", "until", "2022-04-04T00:00:00+08:00", "pack", "zibo-2022-h2", "version", "1")}
	if diff := cmp.Diff(want, list[len(list)-1]); diff != "" {
		t.Errorf("rule changes (-want +got):\n%s", diff)
	}
}

// A change is not foretold of the facts, it is evaluated; asking does not change them.
func TestPropertyChangesLeaveTheFactsAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f, at := drawFacts(t)
		r := drawRules(t, at)
		before := Evaluate(r, f, at)
		list := Changes(r, f, at)
		if diff := differ(before, Evaluate(r, f, at)); diff != "" {
			t.Fatalf("asking changed the answer:\n%s", diff)
		}
		for _, c := range list {
			if _, err := ParseState(c.Args["state"]); err != nil {
				t.Fatalf("%+v: %v", c, err)
			}
			state, _ := ParseState(c.Args["state"])
			if c.Code == ChangeSampleNow && rank(state) < rank(before.State) {
				t.Fatalf("%v would become %+v", before.State, c)
			}
		}
	})
}
