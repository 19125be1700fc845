package standing_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/testkit"
)

// setUpLong is setUp with an org that has been live since February.
func setUpLong(t *testing.T) *fixture {
	f := setUp(t)
	f.org = f.Org("370303", testkit.At(t, "02-01 00:00"))
	return f
}

func (f *fixture) ask(id int64, at time.Time) standing.Inquiry {
	f.t.Helper()
	var i standing.Inquiry
	err := f.DB.Read(f.t.Context(), db.Tenant{Org: f.org}, func(tx *sqlx.Tx) error {
		var err error
		i, err = f.svc.Ask(f.t.Context(), tx, f.org, id, at)
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return i
}

// enter adds a negative that was entered at another time than it was taken.
func (f *fixture) enter(id int64, sampled, reported, entered time.Time, result string) {
	f.t.Helper()
	f.Exec(`insert into sample (org_id, employee_id, sampled_at, reported_at, result, source, proof, entered_by, entered_at)
		values ($1, $2, $3, $4, $5, 'employer_org', 'lab', 0, $6)`, f.org, id, sampled, reported, result, entered)
}

func TestAPastInstantIsAnsweredAsKnownThenAndAsKnownToday(t *testing.T) {
	f := setUpLong(t)
	at := func(s string) time.Time { return testkit.At(t, s) }
	id := f.Employee(f.org, testkit.Person{Since: at("03-01 08:00")})
	f.enter(id, at("03-10 09:00"), at("03-10 20:00"), at("03-10 20:00"), "negative")
	f.enter(id, at("03-16 08:00"), at("03-16 20:00"), at("03-19 10:00"), "negative") // the laboratory's sheet came late

	i := f.ask(id, at("03-18 17:00"))
	if i.Then.Standing.State != regime.Overdue || i.Today.Standing.State != regime.OK || i.Agrees() {
		t.Errorf("shown %v, in truth %v", i.Then.Standing.State, i.Today.Standing.State)
	}
	if len(i.Learned) != 1 || i.Learned[0].What != "sample" || !i.Learned[0].Entered.Equal(at("03-19 10:00")) || i.Learned[0].Withdrawn {
		t.Errorf("learned since: %+v", i.Learned)
	}
	if i := f.ask(id, at("03-19 12:00")); !i.Agrees() || len(i.Learned) != 0 || i.Then.Standing.State != regime.OK {
		t.Errorf("after the entry: %+v", i)
	}
}

func TestACorrectedRecordIsStillToldAsItWas(t *testing.T) {
	f := setUpLong(t)
	at := func(s string) time.Time { return testkit.At(t, s) }
	id := f.Employee(f.org, testkit.Person{Since: at("03-01 08:00")})
	f.enter(id, at("03-16 08:00"), at("03-16 20:00"), at("03-20 10:00"), "negative") // the version that stands since its correction
	f.Exec(`insert into sample_revision (org_id, employee_id, sampled_at, rev, body, actor, actor_name, at)
		values ($1, $2, $3, 1, jsonb_build_object('result', 'positive', 'method', 'pcr', 'mode', 'single', 'source', 'self', 'proof', 'self',
			'reported_at', $4::timestamptz, 'entered_at', $4::timestamptz), 0, '', $5)`, f.org, id, at("03-16 08:00"), at("03-16 20:00"), at("03-20 10:00"))

	i := f.ask(id, at("03-17 09:00"))
	if len(i.Then.Standing.Held) != 1 || i.Today.Standing.State != regime.OK {
		t.Errorf("shown %+v, in truth %v", i.Then.Standing.Held, i.Today.Standing.State)
	}
	if len(i.Learned) != 2 {
		t.Errorf("learned since: %+v", i.Learned)
	}
}

type heard struct{ people []standing.Derived }

func (h *heard) Derived(_ context.Context, _ db.Q, _ int32, people []standing.Derived, _ time.Time) error {
	h.people = append(h.people, people...)
	return nil
}

func TestHoldsThatFollowFromResultsAreToldOnceTheyBeginAndEnd(t *testing.T) {
	f := setUp(t)
	h := &heard{}
	f.svc.Watch(h)
	at := func(s string) time.Time { return testkit.At(t, s) }
	id := f.Employee(f.org, testkit.Person{Since: at("03-01 08:00")})
	f.Sample(f.org, id, at("03-22 09:00"), at("03-22 20:00"), "pool_abnormal")
	f.apply(at("03-22 20:00"), id)
	if len(h.people) != 1 || len(h.people[0].Begun) != 1 || !h.people[0].Begun[0].From.Equal(at("03-22 20:00")) {
		t.Fatalf("told %+v", h.people)
	}
	row := testkit.Get[int64](f.Kit, `insert into hold (org_id, employee_id, kind, source, from_at, created_by, created_at, ground, derived)
		values ($1, $2, 'pool_abnormal', 'sample', $3, 0, $3, 'sample_result', true) returning id`, f.org, id, at("03-22 20:00"))
	h.people = nil
	f.apply(at("03-22 21:00"), id)
	if len(h.people) != 0 {
		t.Errorf("told again: %+v", h.people)
	}
	f.Sample(f.org, id, at("03-23 04:00"), at("03-23 10:00"), "negative") // alone in its tube
	f.apply(at("03-23 10:00"), id)
	if len(h.people) != 1 || len(h.people[0].Ended) != 1 || h.people[0].Ended[0] != row {
		t.Errorf("told %+v, want the end of %d", h.people, row)
	}
}

func TestVerifyFindsEveryRowThatTheRecordsDoNotConfirm(t *testing.T) {
	f := setUp(t)
	at := testkit.At(t, "03-24 09:00")
	var ids []int64
	for range 4 {
		id := f.Employee(f.org, testkit.Person{Since: testkit.At(t, "03-01 08:00")})
		f.Sample(f.org, id, testkit.At(t, "03-20 09:00"), testkit.At(t, "03-20 20:00"), "negative")
		ids = append(ids, id)
	}
	f.apply(testkit.At(t, "03-21 09:00"), ids...)
	verify := func() standing.Verification {
		t.Helper()
		v, err := f.svc.Verify(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if v := verify(); v.People != 4 || len(v.Differences) != 0 || v.Err() != nil {
		t.Fatalf("sound rows: %s", v)
	}
	f.Exec(`update standing set t1 = t1 + interval '1 hour' where employee_id = $1`, ids[0])
	f.Exec(`update standing set s0 = 3 where employee_id = $1`, ids[1])
	f.Exec(`delete from standing where employee_id = $1`, ids[2])
	v := verify()
	if len(v.Differences) != 3 || v.Err() == nil {
		t.Errorf("three broken rows: %s", v)
	}
}

func TestJudgeComparesWhatWasShownWithWhatIsKnownToday(t *testing.T) {
	f := setUpLong(t)
	at := func(s string) time.Time { return testkit.At(t, s) }
	late := f.Employee(f.org, testkit.Person{Since: at("03-01 08:00")})
	f.enter(late, at("03-16 08:00"), at("03-16 20:00"), at("03-19 10:00"), "negative")
	truly := f.Employee(f.org, testkit.Person{Since: at("03-01 08:00")})
	f.enter(truly, at("03-01 08:00"), at("03-01 20:00"), at("03-01 20:00"), "negative")
	type verdict struct{ then, now regime.State }
	got := map[int64][]verdict{}
	err := f.DB.Read(t.Context(), db.Tenant{Org: f.org}, func(tx *sqlx.Tx) error {
		return f.svc.Judge(t.Context(), tx, f.org, []time.Time{at("03-18 08:00"), at("03-19 17:00")}, func(id int64, i int, then, now regime.State) error {
			got[id] = append(got[id], verdict{then, now})
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []verdict{{regime.Overdue, regime.OK}, {regime.OK, regime.OK}}
	if !slices.Equal(got[late], want) {
		t.Errorf("entered late: %v, want %v", got[late], want)
	}
	if v := got[truly][0]; v.then != regime.Overdue || v.now != regime.Overdue {
		t.Errorf("truly overdue: %+v", v)
	}
}
