package bench

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/dispute"
	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/exemption"
	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/auth"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/client"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/incident"
	"github.com/fugong/fugong/internal/intake"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/i18n"
	"github.com/fugong/fugong/internal/platform/jobs"
	"github.com/fugong/fugong/internal/platform/secret"
	"github.com/fugong/fugong/internal/reminder"
	"github.com/fugong/fugong/internal/returning"
	"github.com/fugong/fugong/internal/rollup"
	"github.com/fugong/fugong/internal/rulebook"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/symptom"
	"github.com/fugong/fugong/internal/tube"
)

// Subject is the product's services in this process, as the composition root assembles them.
type Subject struct {
	DB        *db.DB
	Box       *secret.Box
	Clock     clock.Clock
	Log       *slog.Logger
	Catalog   *i18n.Catalog
	Orgs      *org.Service
	Auth      *auth.Service
	Sessions  *auth.Sessions
	Audit     *audit.Reader
	Clients   *client.Service
	Rules     *rulebook.Service
	Standings *standing.Service
	Holds     *hold.Service
	Employees *employee.Service
	Samples   *screening.Service
	Tubes     *tube.Service
	Symptoms  *symptom.Service
	Excuses   *exemption.Service
	Returns   *returning.Service
	Incidents *incident.Service
	Disputes  *dispute.Service
	Intake    *intake.Service
	Reminders *reminder.Service
	Rollups   *rollup.Service
	Quality   *rollup.Quality
	Tasks     *jobs.Queue     // with every kind of task registered; not running
	Scheduler *jobs.Scheduler // with every job; not running
}

// World is what a scenario works on.
type World struct {
	Scale  Scale
	Now    time.Time // the instant the data was made for: real time
	Admin  *sqlx.DB  // owner of the database (superuser): floors and checks, never the product's work
	App    *Subject
	City   *City
	Rounds int // how often a scenario measures

	run     *runner
	mu      sync.Mutex
	main    *Server // started on first use
	tokens  map[int32]string
	base    time.Time // of SampleAt
	ticks   []int32   // seconds given out, by employee
	warming bool
	issued  atomic.Int64
	tally   *tally
}

// Rand is a source of random numbers of its own for each name, the same in each run.
func (w *World) Rand(name string) *rand.Rand {
	var seed uint64
	for _, c := range name {
		seed = seed*1099511628211 + uint64(c)
	}
	return rand.New(rand.NewPCG(370300, seed))
}

// Record notes a figure.
func (w *World) Record(f Figure) {
	if f.Scale == "" {
		f.Scale = w.Scale
	}
	if f.Ratio == 0 && f.Floor != 0 {
		f.Ratio = f.Value / f.Floor
	}
	w.run.record(f)
}

// Say tells whoever waits what is going on.
func (w *World) Say(format string, args ...any) { w.run.say(format, args...) }

// Quick reports whether only assertions matter, so that a scenario may do the least that can be asserted.
func (w *World) Quick() bool { return w.Scale == Tiny }

// Brief is how long something is measured that takes d for a city: less where only assertions matter, while it warms up, and for a
// factory, which has less to warm up.
func (w *World) Brief(d time.Duration) time.Duration {
	switch {
	case w.Quick():
		return min(d, 100*time.Millisecond)
	case w.warming:
		return max(time.Second, d/3)
	case w.Scale == Factory:
		return max(time.Second, d*2/3)
	}
	return d
}

// Officer is the scope of the health officer of an enterprise, for services called in this process.
func (w *World) Officer(o *Org) authz.Scope {
	return authz.Scope{Account: 1, Actor: "王敏", Role: authz.HealthOfficer, Org: o.ID}
}

// Bureau is the scope of the city's bureau.
func (w *World) Bureau() authz.Scope {
	return authz.Scope{Account: 2, Actor: "赵科长", Role: authz.CityBureau, Org: w.City.Bureau}
}

// At is a second world of another scale on the same server, loaded on first use: for growth from one scale to another.
func (w *World) At(ctx context.Context, s Scale) (*World, error) {
	if s == w.Scale {
		return w, nil
	}
	return w.run.world(ctx, s)
}

// Comparison is what rounds of a subject beside its floor gave. Ratios are taken within each round.
type Comparison struct{ Value, Floor, Ratio Spread }

// Compare warms both up and measures them Rounds times in turn, with the order changing.
func (w *World) Compare(ctx context.Context, floor, subject func(context.Context) (float64, error)) (Comparison, error) {
	var floors, values, ratios []float64
	defer func() { w.warming = false }()
	for round := -1; round < w.Rounds; round++ {
		w.warming = round < 0
		var f, v float64
		var err error
		for i := range 2 {
			if (round+i)%2 == 0 {
				f, err = floor(ctx)
			} else {
				v, err = subject(ctx)
			}
			if err != nil {
				return Comparison{}, err
			}
		}
		if f == 0 {
			return Comparison{}, fmt.Errorf("the floor measured nothing")
		}
		if round >= 0 {
			floors, values, ratios = append(floors, f), append(values, v), append(ratios, v/f)
		}
	}
	return Comparison{SpreadOf(values), SpreadOf(floors), SpreadOf(ratios)}, nil
}

// once is Compare without warming up and with one round.
func once(ctx context.Context, floor, subject func(context.Context) (float64, error)) (Comparison, error) {
	f, err := floor(ctx)
	if err != nil {
		return Comparison{}, err
	}
	v, err := subject(ctx)
	return Comparison{SpreadOf([]float64{v}), SpreadOf([]float64{f}), SpreadOf([]float64{v / f})}, err
}

// Repeat warms up once and measures Rounds times.
func (w *World) Repeat(ctx context.Context, once func(context.Context) (float64, error)) (Spread, error) {
	var values []float64
	defer func() { w.warming = false }()
	for round := -1; round < w.Rounds; round++ {
		w.warming = round < 0
		v, err := once(ctx)
		if err != nil {
			return Spread{}, err
		}
		if round >= 0 {
			values = append(values, v)
		}
	}
	return SpreadOf(values), nil
}

// Ms times a function in milliseconds.
func Ms(do func() error) (float64, error) {
	start := time.Now()
	err := do()
	return float64(time.Since(start).Microseconds()) / 1000, err
}
