package bench

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/platform/page"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
)

func init() {
	register(Scenario{Name: "growth", Title: "growth from a town to a city ten times as large, both on one server: exponent of the time",
		Scales: []Scale{BigCity}, Run: runGrowth})
}

// grown is one piece of work that is timed in both worlds.
type grown struct {
	name  string
	bound float64
	many  int // how often in a round; the median counts
	once  func(context.Context, *World, *rand.Rand) error
}

var growths = []grown{
	{"list", 0.05, 40, growList}, {"file", 0.05, 200, growFile}, {"write", 0.05, 200, growWrite},
	{"sweep", 1.0, 3, growSweep}, {"refresh", 1.0, 3, growRefresh},
}

// runGrowth times each piece in the smaller world and in the larger one in turn. The exponent is the logarithm of the quotient of the
// times over that of the numbers of people: 0 for what does not depend on them, 1 for what grows as they do.
func runGrowth(ctx context.Context, w *World) error {
	small := w
	if !w.Quick() {
		var err error
		if small, err = w.At(ctx, Town); err != nil {
			return err
		}
	}
	for _, g := range growths {
		var exponents, smalls, larges []float64
		for round := -1; round < w.Rounds; round++ {
			a, err := g.time(ctx, small)
			if err != nil {
				return fmt.Errorf("%s in the small world: %w", g.name, err)
			}
			b, err := g.time(ctx, w)
			if err != nil {
				return fmt.Errorf("%s: %w", g.name, err)
			}
			if round < 0 {
				continue
			}
			people := max(2, float64(w.City.Spec.People)/float64(small.City.Spec.People))
			exponents = append(exponents, math.Log(b/a)/math.Log(people))
			smalls, larges = append(smalls, a), append(larges, b)
		}
		e := SpreadOf(exponents)
		w.Record(Figure{Scenario: "growth." + g.name, Value: e.Median, Low: e.Low, High: e.High, Unit: "exponent", Target: Under(g.bound),
			Note: fmt.Sprintf("%s ms with %s people, %s ms with %s", number(SpreadOf(smalls).Median), number(float64(small.City.Spec.People)),
				number(SpreadOf(larges).Median), number(float64(w.City.Spec.People)))})
	}
	return nil
}

// time is the median of many, in milliseconds.
func (g grown) time(ctx context.Context, w *World) (float64, error) {
	n := g.many
	if w.Quick() {
		n = 2
	}
	r := rand.New(rand.NewPCG(rand.Uint64(), 1))
	var took []float64
	for range n {
		ms, err := Ms(func() error { return g.once(ctx, w, r) })
		if err != nil {
			return 0, err
		}
		took = append(took, max(ms, 0.001))
	}
	return Percentile(took, 50), nil
}

// alike draws an enterprise of 100 to 300 people, which both worlds have: what grows is the world around it.
func alike(w *World, r *rand.Rand) *Org {
	for range 1000 {
		if o := &w.City.Orgs[r.IntN(len(w.City.Orgs))]; o.Size >= 100 && o.Size <= 300 {
			return o
		}
	}
	return w.City.Largest
}

func growList(ctx context.Context, w *World, r *rand.Rand) error {
	l, err := w.App.Employees.List(ctx, w.Officer(alike(w, r)), employee.Filter{}, page.Request{}, time.Now())
	if err != nil {
		return err
	}
	return checkf(len(l.Rows) > 0, "an empty list")
}

func growFile(ctx context.Context, w *World, r *rand.Rand) error {
	o, id := w.City.Random(r)
	sc := w.Officer(o)
	p, err := w.App.Employees.Get(ctx, sc, id, time.Now())
	if err != nil {
		return err
	}
	return w.App.DB.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		samples, err := screening.OfEmployee(ctx, tx, o.ID, id, time.Now(), 50)
		if err == nil {
			err = checkf(p.ID == id && len(samples) > 0, "person %d has %d samples", id, len(samples))
		}
		return err
	})
}

func growWrite(ctx context.Context, w *World, r *rand.Rand) error {
	o, id := w.City.Random(r)
	at, err := w.SampleAt(id)
	if err != nil {
		return err
	}
	done, err := w.App.Samples.Record(ctx, w.Officer(o), screening.Input{Employee: id, SampledAt: at, Result: regime.Negative, Proof: screening.ProofLab}, time.Now())
	if err != nil {
		return err
	}
	return checkf(done.Kind == screening.Added, "a sample was %s", done.Kind)
}

func growSweep(ctx context.Context, w *World, _ *rand.Rand) error {
	found, err := w.App.Standings.Overdue(ctx, w.Now)
	if err != nil {
		return err
	}
	return checkf(w.Quick() || len(found) > 0, "nobody is overdue")
}

func growRefresh(ctx context.Context, w *World, _ *rand.Rand) error {
	n, err := w.App.Rollups.Refresh(ctx, time.Now())
	if err != nil {
		return err
	}
	return checkf(int(n) == len(w.City.Orgs), "%d enterprises were counted", n)
}
