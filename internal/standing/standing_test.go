package standing_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/testkit"
)

type fixture struct {
	*testkit.Kit
	t   *testing.T
	svc *standing.Service
	org int32
}

func setUp(t *testing.T) *fixture {
	at := testkit.At(t, "03-24 09:00")
	k := testkit.New(t, at)
	return &fixture{Kit: k, t: t, svc: standing.New(k.DB, clock.NewManual(at)), org: k.Org("370303", testkit.At(t, "03-20 00:00"))}
}

func (f *fixture) apply(at time.Time, ids ...int64) {
	f.t.Helper()
	err := f.DB.InTx(f.t.Context(), db.Tenant{Org: f.org}, func(tx *sqlx.Tx) error {
		return f.svc.Apply(f.t.Context(), tx, f.org, ids, at)
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

const stateAt = `select standing_state($3, s0, t1, s1, t2, s2, t3, s3) from standing where org_id = $1 and employee_id = $2`

func (f *fixture) stored(id int64, at time.Time) regime.State {
	f.t.Helper()
	return regime.State(testkit.Get[int16](f.Kit, stateAt, f.org, id, at))
}

// The stored row alone, compared with an instant, says what the rules say at that instant: no sweep makes it true.
func TestAStoredRowForetellsTheStateWithoutASweep(t *testing.T) {
	f := setUp(t)
	sampled := testkit.At(t, "03-24 09:00")
	id := f.Employee(f.org, testkit.Person{Since: testkit.At(t, "03-01 08:00")})
	f.Sample(f.org, id, sampled, sampled.Add(8*time.Hour), "negative")
	f.apply(sampled.Add(9*time.Hour), id)
	for _, c := range []struct {
		at   time.Time
		want regime.State
	}{
		{testkit.At(t, "03-24 18:00"), regime.OK},
		{testkit.At(t, "03-30 08:59"), regime.OK},
		{testkit.At(t, "03-30 09:00"), regime.DueSoon},
		{testkit.At(t, "03-31 09:00"), regime.DueSoon},
		{testkit.At(t, "03-31 09:00").Add(time.Second), regime.Overdue},
		{testkit.At(t, "05-31 09:00"), regime.Overdue},
	} {
		if got := f.stored(id, c.at); got != c.want {
			t.Errorf("at %s: %v, want %v", c.at, got, c.want)
		}
	}
}

// Two samples of one person written at once: whoever comes second sees the first's, so neither is lost from the standing.
func TestTwoWritersOfOnePersonFollowEachOther(t *testing.T) {
	f := setUp(t)
	start := testkit.At(t, "03-24 09:00")
	id := f.Employee(f.org, testkit.Person{Since: testkit.At(t, "03-01 08:00")})
	f.apply(start, id)
	var wg sync.WaitGroup
	newest := start
	for i := range 8 {
		at := start.Add(time.Duration(i) * time.Hour)
		newest = at
		wg.Go(func() {
			err := f.DB.InTx(context.Background(), db.Tenant{Org: f.org}, func(tx *sqlx.Tx) error {
				_, err := tx.Exec(`insert into sample (org_id, employee_id, sampled_at, reported_at, result, source, proof, entered_by, entered_at)
					values ($1, $2, $3, $3, 'negative', 'self', 'self', 0, $3)`, f.org, id, at)
				if err != nil {
					return err
				}
				return f.svc.Apply(context.Background(), tx, f.org, []int64{id}, start.Add(24*time.Hour))
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := testkit.Get[time.Time](f.Kit, `select counted_at from standing where employee_id = $1`, id); !got.Equal(newest) {
		t.Errorf("standing counts from %s, want %s", got, newest)
	}
}

func TestAHoldTakesSomeoneOffPostUntilItIsReleasedForAReason(t *testing.T) {
	f := setUp(t)
	at := testkit.At(t, "03-24 10:00")
	id := f.Employee(f.org, testkit.Person{Since: testkit.At(t, "03-01 08:00")})
	f.Sample(f.org, id, at.Add(-24*time.Hour), at.Add(-12*time.Hour), "negative")
	officer := authz.Scope{Account: 7, Actor: "王敏", Role: authz.HealthOfficer, Org: f.org}
	var hold int64
	err := f.DB.InTx(t.Context(), officer.Tenant(), func(tx *sqlx.Tx) (err error) {
		hold, err = f.svc.PutHold(t.Context(), tx, officer, standing.Hold{Employee: id, Kind: standing.HoldSymptom, Source: "symptom_report", From: at}, at)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := f.stored(id, at); got != regime.OffPost {
		t.Errorf("held: %v, want off_post", got)
	}
	if err := f.svc.ReleaseHold(t.Context(), officer, id, hold, "", at); !errs.Is(err, errs.Invalid) {
		t.Errorf("release without a reason: %v", err)
	}
	stranger := officer
	stranger.Org = f.Org("370303", at)
	if err := f.svc.ReleaseHold(t.Context(), stranger, id, hold, "排除", at); !errs.Is(err, errs.NotFound) {
		t.Errorf("a foreign hold: %v, want not found", err)
	}
	worker := authz.Scope{Account: 8, Role: authz.Worker, Org: f.org, Employee: id}
	if err := f.svc.ReleaseHold(t.Context(), worker, id, hold, "我好了", at); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a worker's own release: %v, want forbidden", err)
	}
	later := at.Add(2 * time.Hour)
	if err := f.svc.ReleaseHold(t.Context(), officer, id, hold, "发热门诊排除", later); err != nil {
		t.Fatal(err)
	}
	if got := f.stored(id, later); got != regime.OK {
		t.Errorf("released: %v, want ok", got)
	}
	if n := testkit.Get[int](f.Kit, `select count(*) from audit_log where action = 'hold.release' and employee_id = $1 and reason <> ''`, id); n != 1 {
		t.Errorf("%d audit rows of the release, want 1", n)
	}
}

func TestWhoHasResignedIsInNoCount(t *testing.T) {
	f := setUp(t)
	at := testkit.At(t, "03-24 10:00")
	gone := f.Employee(f.org, testkit.Person{Status: "resigned", Since: testkit.At(t, "03-10 08:00")})
	here := f.Employee(f.org, testkit.Person{Since: testkit.At(t, "03-10 08:00")})
	f.apply(at, gone, here)
	if got := f.stored(gone, at); got != standing.Gone {
		t.Errorf("resigned: state %d, want none", got)
	}
	var tally standing.Tally
	err := f.DB.Read(t.Context(), db.Tenant{Org: f.org}, func(tx *sqlx.Tx) (err error) {
		tally, err = f.svc.Recount(t.Context(), tx, f.org, at)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if tally.Owed() != 1 || tally.States[standing.Gone] != 1 {
		t.Errorf("tally %+v, want one owing and one gone", tally)
	}
}
