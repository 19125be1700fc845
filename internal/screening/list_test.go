package screening_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/screening/screeningtest"
)

func TestList(t *testing.T) {
	w := screeningtest.New(t)
	hr := w.HR(w.Org)
	var rows []screening.Input
	for i, id := range w.Employees(7) {
		result := regime.Negative
		if i%3 == 0 {
			result = regime.ResultPending
		}
		rows = append(rows, input(id, now.Add(-time.Duration(i/2)*time.Hour), result))
	}
	if _, err := w.Samples.RecordBatch(t.Context(), hr, rows, now); err != nil {
		t.Fatal(err)
	}
	stranger := w.Employee(w.Foreign, w.Elsewhere, "员工1")
	if _, err := w.Samples.Record(t.Context(), w.HR(w.Foreign), input(stranger, now, regime.Negative), now); err != nil {
		t.Fatal(err)
	}
	for _, ascending := range []bool{false, true} {
		f := screening.Filter{From: now.AddDate(0, 0, -1), To: now.AddDate(0, 0, 1), Ascending: ascending}
		f.Size = 3
		var forward []screening.Key
		var back string
		for range 5 {
			res, err := w.Samples.List(t.Context(), hr, f)
			if err != nil {
				t.Fatal(err)
			}
			if res.Total != 7 {
				t.Errorf("total %d", res.Total)
			}
			for _, r := range res.Rows {
				forward = append(forward, r.Key)
			}
			if f.After, back = res.Next, res.Prev; res.Next == "" {
				break
			}
		}
		if len(forward) != 7 || !slices.IsSortedFunc(forward, func(a, b screening.Key) int {
			if n := a.SampledAt.Compare(b.SampledAt); ascending {
				return n
			} else {
				return -n
			}
		}) {
			t.Errorf("ascending %v: %v", ascending, forward)
		}
		f.After, f.Before = "", back
		res, err := w.Samples.List(t.Context(), hr, f)
		if err != nil || len(res.Rows) != 3 || res.Rows[2].Key != forward[5] {
			t.Errorf("back from the last page: %v %v", res.Rows, err)
		}
	}
	for _, tc := range []struct {
		name string
		f    screening.Filter
		want int
	}{
		{"pending", screening.Filter{Result: "pending"}, 3},
		{"flagged", screening.Filter{Flagged: true}, 0},
		{"by laboratory", screening.Filter{Proof: screening.ProofLab}, 0},
		{"by staff", screening.Filter{Proof: screening.ProofStaff}, 7},
		{"by name", screening.Filter{Query: "员工3"}, 1},
		{"other team", screening.Filter{Team: w.Other}, 0},
		{"team", screening.Filter{Team: w.Team}, 7},
		{"wild card", screening.Filter{Query: "%"}, 0},
	} {
		tc.f.From, tc.f.To = now.AddDate(0, 0, -1), now.AddDate(0, 0, 1)
		res, err := w.Samples.List(t.Context(), hr, tc.f)
		if err != nil || len(res.Rows) != tc.want {
			t.Errorf("%s: %d rows, want %d (%v)", tc.name, len(res.Rows), tc.want, err)
		}
		all, err := w.Samples.Export(t.Context(), hr, tc.f, now)
		if err != nil || len(all) != tc.want {
			t.Errorf("%s: export of %d rows, want %d (%v)", tc.name, len(all), tc.want, err)
		}
	}
	if _, err := w.Samples.List(t.Context(), w.Leader(0, w.Team), screening.Filter{}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a leader lists results: %v", err)
	}
}

// TestMembers: who is due comes first, and the reach is the leader's teams.
func TestMembers(t *testing.T) {
	w := screeningtest.New(t)
	hr := w.HR(w.Org)
	clear, overdue, held := w.Employee(w.Org, w.Team, "甲"), w.Employee(w.Org, w.Team, "乙"), w.Employee(w.Org, w.Team, "丙")
	w.Employee(w.Org, w.Other, "丁")
	_, err := w.Samples.RecordBatch(t.Context(), hr, []screening.Input{
		input(clear, now.Add(-time.Hour), regime.Negative),
		input(overdue, now.AddDate(0, 0, -9), regime.Negative),
		input(held, now.Add(-time.Hour), regime.Positive),
	}, now)
	if err != nil {
		t.Fatal(err)
	}
	members, err := w.Samples.Members(t.Context(), w.Leader(0, w.Team), []int64{w.Team, w.Other, w.Elsewhere}, now)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range members {
		got = append(got, m.Name)
	}
	if strings.Join(got, "") != "乙甲丙" || members[2].Duty != screening.DutyAway {
		t.Errorf("members %+v", members)
	}
	if teams, err := w.Samples.Teams(t.Context(), w.Leader(0)); err != nil || len(teams) != 0 {
		t.Errorf("a leader without teams sees %v (%v)", teams, err)
	}
	if teams, err := w.Samples.Teams(t.Context(), hr); err != nil || len(teams) != 2 {
		t.Errorf("HR sees %v (%v)", teams, err)
	}
	names, err := w.Samples.Institutions(t.Context(), hr, clear, now)
	if err != nil || !slices.Equal(names, []string{"张店区人民医院"}) {
		t.Errorf("institutions %v (%v)", names, err)
	}
}
