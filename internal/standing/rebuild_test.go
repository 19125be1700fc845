package standing_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/testkit"
)

// written is a person whose records are known.
type written struct {
	org   int32
	id    int64
	facts regime.Facts
}

// crowd is a few orgs of people with random records of two hundred days.
type crowd struct {
	*testkit.Kit
	rng    *rand.Rand
	at     time.Time
	people []written
}

func newCrowd(t *testing.T, orgs, each int) *crowd {
	at := testkit.At(t, "03-24 09:00")
	c := &crowd{Kit: testkit.New(t, at), rng: rand.New(rand.NewPCG(20220324, 16)), at: at}
	for range orgs {
		goLive := c.ago(300)
		org := c.Org("370303", goLive)
		for range each {
			f := c.facts(goLive)
			c.people = append(c.people, written{org, writePerson(c.Kit, org, f), f})
		}
	}
	c.Exec(`analyze`)
	return c
}

// ago is an instant of the last days, to the microsecond.
func (c *crowd) ago(days int) time.Time {
	return c.at.Add(-time.Duration(c.rng.Int64N(int64(days)*24*3600*1e6)) * time.Microsecond)
}

func choose[T any](c *crowd, list ...T) T { return list[c.rng.IntN(len(list))] }

// end is an instant after from, or, seldom, none.
func (c *crowd) end(from time.Time) time.Time {
	if c.rng.IntN(4) == 0 {
		return time.Time{}
	}
	return from.Add(time.Duration(1+c.rng.IntN(20*24)) * time.Hour)
}

func (c *crowd) facts(goLive time.Time) regime.Facts {
	f := regime.Facts{GoLive: goLive, Zone: mustZone("Asia/Shanghai"),
		Categories: []regime.CategorySpan{{Category: choose(c, regime.CategoryGeneralStaff, regime.CategoryICCFrontline), From: c.ago(280)}},
		Statuses:   []regime.StatusSpan{{Status: regime.StatusOnPost, From: c.ago(280)}}}
	if c.rng.IntN(6) == 0 {
		f.Categories = append(f.Categories, regime.CategorySpan{Category: choose(c, regime.CategoryDriver, regime.CategoryICCOther), From: c.ago(40)})
	}
	if c.rng.IntN(6) == 0 {
		from := c.ago(20)
		f.Statuses = append(f.Statuses, regime.StatusSpan{Status: choose(c, regime.StatusLeave, regime.StatusResigned), From: from, To: c.end(from)})
	}
	for week := range c.rng.IntN(28) { // keeps to the rule, or has given it up
		if c.rng.IntN(8) > 0 {
			f.Samples = append(f.Samples, c.sample(c.at.AddDate(0, 0, -7*week).Add(-time.Duration(c.rng.Int64N(7*24*3600*1e6))*time.Microsecond)))
		}
	}
	if c.rng.IntN(8) == 0 {
		f.Samples = slices.DeleteFunc(f.Samples, func(s regime.Sample) bool { return s.SampledAt.After(c.at.AddDate(0, 0, -100)) })
	}
	if c.rng.IntN(5) == 0 {
		from := c.ago(40)
		f.Exemptions = append(f.Exemptions, regime.Exemption{Ground: "medical", From: from, To: c.end(from)})
	}
	if c.rng.IntN(5) == 0 {
		f.Vaccinations = append(f.Vaccinations, c.ago(60))
	}
	if c.rng.IntN(6) == 0 {
		from := c.ago(120)
		f.Holds = append(f.Holds, regime.Hold{Kind: choose(c, "symptom", "pool_abnormal", "self_monitor"), From: from, To: c.end(from)})
	}
	if c.rng.IntN(8) == 0 {
		f.Releases = append(f.Releases, regime.Release{Kind: "pool_abnormal", At: c.ago(100)})
	}
	return f
}

func (c *crowd) sample(at time.Time) regime.Sample {
	s := regime.Sample{SampledAt: at, ReportedAt: at.Add(time.Duration(c.rng.IntN(40*3600)) * time.Second), Result: regime.Negative,
		Method: regime.MethodPCR, Mode: choose(c, regime.ModeSingle, regime.ModePool10), Source: regime.SourceEmployerOrg}
	switch c.rng.IntN(60) {
	case 0, 1:
		s.Result = choose(c, regime.PoolAbnormal, regime.Suspicious, regime.Positive)
	case 2, 3:
		s.Result = choose(c, regime.Invalid, regime.Cancelled)
	case 4, 5:
		s.Result, s.ReportedAt = regime.ResultPending, time.Time{}
	case 6:
		s.Method = regime.MethodAntigenSelf
	}
	return s
}

func mustZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return zone
}

// rules are those of one pack, of one that counts weeks, of a change in the past, and of one to come.
func (c *crowd) rules(t *testing.T) []regime.Rules {
	t.Helper()
	march, err := regime.Builtin("zibo-2022-03")
	if err != nil {
		t.Fatal(err)
	}
	weeks, err := regime.Builtin("zibo-2022-h2")
	if err != nil {
		t.Fatal(err)
	}
	out := []regime.Rules{regime.Fixed(march), regime.Fixed(weeks)}
	for _, from := range []time.Time{c.at.AddDate(0, 0, -5), c.at.AddDate(0, 0, 5)} {
		r, err := regime.NewRules(regime.Version{Pack: march}, regime.Version{From: from, Pack: weeks})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

type plainRow struct {
	Org      int32     `db:"org_id"`
	Employee int64     `db:"employee_id"`
	State    int16     `db:"s0"`
	Held     bool      `db:"held"`
	Blocks   bool      `db:"blocks"`
	Due      time.Time `db:"due_at"`
	Counted  time.Time `db:"counted_at"`
	Latest   time.Time `db:"latest_at"`
	Rest     string    `db:"rest"`
}

const plainRows = `select org_id, employee_id, s0, held, blocks, coalesce(due_at, '0001-01-01 00:00:00+00') as due_at,
		coalesce(counted_at, '0001-01-01 00:00:00+00') as counted_at, coalesce(latest_at, '0001-01-01 00:00:00+00') as latest_at,
		concat_ws(' ', s1, s2, s3, t1, t2, t3, refresh_at, renew_from) as rest
	from standing order by 1, 2`

func (c *crowd) rows(t *testing.T) (rows []plainRow) {
	t.Helper()
	if err := c.Owner.Select(&rows, plainRows); err != nil {
		t.Fatal(err)
	}
	return rows
}

func (c *crowd) rebuild(t *testing.T, svc *standing.Service) standing.Rebuilt {
	t.Helper()
	r, err := svc.RebuildAll(t.Context(), func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	if r.People != len(c.people) {
		t.Fatalf("rebuilt %d of %d", r.People, len(c.people))
	}
	return r
}

// Everyone of every org evaluated at once gets the row that each of them gets alone, and that the facts as they were written down
// give without any reading.
func TestManyAtOnceGetTheRowsOfEachAlone(t *testing.T) {
	c := newCrowd(t, 3, 35)
	for i, rules := range c.rules(t) {
		t.Run(fmt.Sprint("rules ", i), func(t *testing.T) {
			svc := standing.New(c.DB, clock.NewManual(c.at), testkit.Book{Rules: rules})
			c.Exec(`delete from standing`)
			for _, p := range c.people {
				err := c.DB.InTx(t.Context(), db.Tenant{Org: p.org}, func(tx *sqlx.Tx) error {
					return svc.Apply(t.Context(), tx, p.org, []int64{p.id}, c.at)
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			alone := c.rows(t)
			c.Exec(`delete from standing`)
			c.rebuild(t, svc)
			if diff := cmp.Diff(alone, c.rows(t)); diff != "" {
				t.Errorf("-alone +at once:\n%s", diff)
			}
			c.agree(t, rules, alone)
			if again := c.rebuild(t, svc); again.Written != 0 {
				t.Errorf("nothing has changed, and a rebuild says %q", again)
			}
			if v, err := svc.Verify(t.Context(), c.at); err != nil || v.Err() != nil || v.People != len(c.people) {
				t.Errorf("%v %s", err, v)
			}
		})
	}
}

// agree compares rows with an evaluation of all facts.
func (c *crowd) agree(t *testing.T, rules regime.Rules, rows []plainRow) {
	t.Helper()
	for i, p := range c.people {
		s, got := regime.Evaluate(rules, p.facts, c.at), rows[i]
		want := plainRow{Org: p.org, Employee: p.id, State: int16(s.State), Held: len(s.Held) > 0, Blocks: s.Rule.BlockOnOverdue, Due: s.DueAt}
		if s.Counted != nil {
			want.Counted = s.Counted.SampledAt
		}
		if s.Latest != nil {
			want.Latest = s.Latest.SampledAt
		}
		if got.State == standing.Gone {
			continue
		}
		got.Rest = ""
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("person %d (-facts +row):\n%s", i, diff)
		}
	}
}

// Rows that are wrong are rebuilt while samples are written about the same people: no row is left behind its facts.
func TestARebuildLeavesNoRowBehindAConcurrentWriter(t *testing.T) {
	c := newCrowd(t, 2, 10)
	now := &ticking{at: c.at}
	svc := standing.New(c.DB, now, testkit.Zibo(t))
	c.rebuild(t, svc)
	singly := 0
	for range 25 {
		c.Exec(`update standing set blocks = not blocks`)
		var wg sync.WaitGroup
		for w := range 2 { // no two write about one person
			wg.Go(func() {
				for i := w; i < len(c.people); i += 2 {
					if err := c.log(svc, c.people[i], now.Now()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		singly += c.rebuild(t, svc).Singly
		wg.Wait()
		if v, err := svc.Verify(t.Context(), now.Now()); err != nil || v.Err() != nil {
			t.Fatalf("%v %s", err, v)
		}
	}
	if singly == 0 {
		t.Error("no row was ever written about while it was evaluated")
	}
}

// log writes a negative of an hour ago and evaluates the person, as a feature does.
func (c *crowd) log(svc *standing.Service, p written, at time.Time) error {
	return c.DB.InTx(context.Background(), db.Tenant{Org: p.org}, func(tx *sqlx.Tx) error {
		_, err := tx.Exec(`insert into sample (org_id, employee_id, sampled_at, reported_at, result, source, proof, entered_by, entered_at)
			values ($1, $2, $3, $4, 'negative', 'self', 'self', 0, $4) on conflict do nothing`, p.org, p.id, at.Add(-time.Hour), at)
		if err != nil {
			return err
		}
		return svc.Apply(context.Background(), tx, p.org, []int64{p.id}, at)
	})
}

// ticking is a clock that moves on by a millisecond whenever it is read.
type ticking struct {
	at    time.Time
	ticks atomic.Int64
}

func (c *ticking) Now() time.Time {
	return c.at.Add(time.Duration(c.ticks.Add(1)) * time.Millisecond)
}
