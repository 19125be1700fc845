package regime

import (
	"testing"
	"time"
)

// base is a general_staff member on post long before the examples, under a rule
// that went live long before them.
func base(samples ...Sample) Facts {
	return Facts{
		GoLive:     cst("2022-03-01 00:00:00"),
		Categories: []CategorySpan{{CategoryGeneralStaff, cst("2022-03-01 00:00:00")}},
		Statuses:   []StatusSpan{{Status: StatusOnPost, From: cst("2022-03-01 00:00:00")}},
		Samples:    samples,
		Zone:       shanghai,
	}
}

// swab is a single-tube PCR sample; an empty reported means no result yet.
func swab(sampled, reported string, result Result) Sample {
	s := Sample{SampledAt: cst(sampled), Method: MethodPCR, Mode: ModeSingle, Result: result, Source: SourceEmployerOrg}
	if reported != "" {
		s.ReportedAt = cst(reported)
	}
	return s
}

var weekly = swab("2022-03-24 09:00:00", "2022-03-24 20:00:00", Negative)

// moment is what an example expects at an instant. An empty due means none.
type moment struct {
	at, state, due string
}

func check(t *testing.T, f Facts, want ...moment) {
	t.Helper()
	for _, m := range want {
		s := Evaluate(Fixed(pack), f, cst(m.at))
		if got := (moment{m.at, s.State.String(), clockText(s.DueAt)}); got != m {
			t.Errorf("got  %v\nwant %v\nreasons %v", got, m, s.Reasons)
		}
	}
}

func clockText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(shanghai).Format(time.DateTime)
}

func codes(s Standing) []string {
	var list []string
	for _, r := range s.Reasons {
		list = append(list, r.Code)
	}
	return list
}
