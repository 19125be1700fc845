package standing_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
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
	return &fixture{Kit: k, t: t, svc: standing.New(k.DB, clock.NewManual(at), testkit.Zibo(t)), org: k.Org("370303", testkit.At(t, "03-20 00:00"))}
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

func TestWhoHasResignedIsInNoCount(t *testing.T) {
	f := setUp(t)
	at := testkit.At(t, "03-24 10:00")
	gone := f.Employee(f.org, testkit.Person{Status: "resigned", Since: testkit.At(t, "03-10 08:00")})
	here := f.Employee(f.org, testkit.Person{Since: testkit.At(t, "03-10 08:00")})
	f.apply(at, gone, here)
	if got := f.stored(gone, at); got != standing.Gone {
		t.Errorf("resigned: state %d, want none", got)
	}
	tallies, err := f.svc.Recount(t.Context(), []int32{f.org}, []time.Time{at})
	if err != nil {
		t.Fatal(err)
	}
	tally := tallies[f.org][0]
	if tally.Owed() != 1 || tally.States[standing.Gone] != 1 {
		t.Errorf("tally %+v, want one owing and one gone", tally)
	}
}

// A tube that was abnormal half a year ago and cleared a day later holds nobody today, although both lie before the samples that
// are read for the weekly rule.
func TestWhatClearedAnOldAbnormalResultIsReadWithIt(t *testing.T) {
	f := setUp(t)
	at := testkit.At(t, "03-24 09:00")
	id := f.Employee(f.org, testkit.Person{Since: at.AddDate(-1, 0, 0)})
	old := at.AddDate(0, 0, -150)
	f.Exec(`select ensure_sample_months($1)`, old)
	f.Sample(f.org, id, old, old.Add(8*time.Hour), "pool_abnormal")
	f.Sample(f.org, id, old.Add(10*time.Hour), old.Add(20*time.Hour), "negative")
	f.Sample(f.org, id, at.Add(-48*time.Hour), at.Add(-40*time.Hour), "negative")
	f.apply(at, id)
	if got := f.stored(id, at); got != regime.OK {
		t.Errorf("state %v, want ok", got)
	}
}
