package standing_test

import (
	"cmp"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/testkit"
)

// A sweep finds the people of every org, and nobody who owes no sample: held, sampled since, off post or exempt.
func TestSweepsFindWhoOwesASample(t *testing.T) {
	now := testkit.At(t, "03-24 10:00")
	k := testkit.New(t, now)
	s := standing.New(k.DB, clock.NewManual(now), testkit.Zibo(t))
	orgs := []int32{k.Org("370303", now.AddDate(0, 0, -30)), k.Org("370303", now.AddDate(0, 0, -30))}
	var overdue, soon []standing.Owing
	for _, org := range orgs {
		person := func(sampled time.Time) int64 {
			id := k.Employee(org, testkit.Person{Since: now.AddDate(0, 0, -30)})
			k.Sample(org, id, sampled, sampled.Add(time.Hour), "negative")
			return id
		}
		week := func(due time.Time) time.Time { return due.AddDate(0, 0, -7) }
		late, near, far := now.Add(-time.Hour), now.Add(5*time.Hour), now.Add(30*time.Hour)
		overdue = append(overdue, standing.Owing{Org: org, Employee: person(week(late)), Due: late, State: regime.Overdue})
		soon = append(soon, standing.Owing{Org: org, Employee: person(week(near)), Due: near, State: regime.DueSoon})
		person(week(far))
		held := person(week(late))
		k.Exec(`insert into hold (org_id, employee_id, kind, source, from_at, created_by, created_at) values ($1, $2, 'symptom', 'symptom_report', $3, 0, $3)`,
			org, held, now.Add(-time.Minute))
		waits := person(week(late))
		k.Sample(org, waits, now.Add(-time.Hour), time.Time{}, "pending")
		gone := person(week(near))
		k.Exec(`update employee set work_status = 'resigned', status_since = $2 where id = $1`, gone, now.Add(-time.Minute))
	}
	if err := s.RebuildOrgs(t.Context(), orgs, func(int32, int) error { return nil }); err != nil {
		t.Fatal(err)
	}
	check := func(name string, want []standing.Owing, found []standing.Owing, err error) {
		t.Helper()
		slices.SortFunc(found, func(a, b standing.Owing) int { return cmp.Compare(a.Employee, b.Employee) })
		if diff := gocmp.Diff(want, found); err != nil || diff != "" {
			t.Errorf("%s: %v, -want +found:\n%s", name, err, diff)
		}
	}
	found, err := s.Overdue(t.Context(), now)
	check("overdue", overdue, found, err)
	found, err = s.DueWithin(t.Context(), now, 24*time.Hour)
	check("due within a day", soon, found, err)
	found, err = s.DueWithin(t.Context(), now, time.Hour)
	check("due within an hour", []standing.Owing{}, found, err)
}
