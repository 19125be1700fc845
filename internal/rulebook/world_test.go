package rulebook_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/jobs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/rulebook"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/testkit"
)

// world is a city with its rules and the standings of its people. It is Thursday morning, 2022-03-24.
type world struct {
	*testkit.Kit
	t         *testing.T
	clock     *clock.Manual
	book      *rulebook.Service
	standings *standing.Service
	queue     *jobs.Queue
	bureau    int32
}

func newWorld(t *testing.T) *world {
	at := testkit.At(t, "03-24 09:00")
	w := &world{Kit: testkit.New(t, at), t: t, clock: clock.NewManual(at)}
	w.book = rulebook.New(w.DB, rulebook.Config{Clock: w.clock, CacheFor: time.Millisecond})
	w.standings = standing.New(w.DB, w.clock, w.book)
	w.use(w.standings)
	w.bureau = testkit.Get[int32](w.Kit, `insert into org (kind, code, name, go_live_at, created_at, updated_at)
		values ('bureau', 'ZBGX', '淄博市工业和信息化局', $1, $1, $1) returning id`, at)
	return w
}

// use lets something else evaluate people.
func (w *world) use(s rulebook.Standings) {
	w.book.Use(s)
	w.queue = jobs.NewQueue(w.DB, slog.New(slog.DiscardHandler), 1)
	w.book.Register(w.queue)
}

func (w *world) now() time.Time { return w.clock.Now() }

func (w *world) at(s string) time.Time { return testkit.At(w.t, s) }

func (w *world) city(account int64) authz.Scope {
	return authz.Scope{Account: account, Actor: "市局", Role: authz.CityBureau, Org: w.bureau}
}

func (w *world) officer(org int32, account int64) authz.Scope {
	return authz.Scope{Account: account, Actor: "王敏", Role: authz.HealthOfficer, Org: org}
}

// work does every task that waits.
func (w *world) work() {
	w.t.Helper()
	for {
		found, err := w.queue.Step(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		if !found {
			return
		}
	}
}

func (w *world) propose(sc authz.Scope, p rulebook.Proposal) int64 {
	w.t.Helper()
	if p.Reason == "" {
		p.Reason = "疫情形势"
	}
	id, err := w.book.Propose(w.t.Context(), sc, p, w.now())
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// confirmed proposes, counts and confirms a change by a second account.
func (w *world) confirmed(sc authz.Scope, p rulebook.Proposal) int64 {
	w.t.Helper()
	id := w.propose(sc, p)
	w.work()
	second := sc
	second.Account++
	if err := w.book.Confirm(w.t.Context(), second, id, "", w.now()); err != nil {
		w.t.Fatal(err)
	}
	w.work()
	return id
}

// rules are those of an org as known at an instant, zero for now.
func (w *world) rules(org int32, known time.Time) regime.Rules {
	w.t.Helper()
	var r regime.Rules
	err := w.DB.InTx(w.t.Context(), db.Tenant{Org: org}, func(tx *sqlx.Tx) (err error) {
		r, err = w.book.For(w.t.Context(), tx, org, known)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func ptr[T any](v T) *T { return &v }

// every is an overlay that asks a category for a sample every so many hours.
func every(category regime.Category, hours int) regime.Overlay {
	return regime.Overlay{Basis: "通告", Tests: []regime.OverlayTest{{Category: category, IntervalHours: &hours}}}
}

// rule is the rolling rule of a category.
func rule(t *testing.T, p *regime.Pack, category regime.Category) regime.TestRule {
	t.Helper()
	for _, r := range p.Tests {
		if r.Category == category && r.Mode == regime.RuleRolling {
			return r
		}
	}
	t.Fatalf("%s has no rolling rule for %s", p.ID, category)
	return regime.TestRule{}
}

// failing evaluates people like another, but fails for an org as often as it is told.
type failing struct {
	rulebook.Standings
	org   int32
	times int
	built []int32
}

func (f *failing) RebuildOrgs(ctx context.Context, orgs []int32, done func(upTo int32, people int) error) error {
	for _, org := range orgs {
		if org == f.org && f.times > 0 {
			f.times--
			return context.DeadlineExceeded
		}
		f.built = append(f.built, org)
		if err := f.Standings.RebuildOrgs(ctx, []int32{org}, done); err != nil {
			return err
		}
	}
	return nil
}
