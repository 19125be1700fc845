package e2e

import (
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/app"
	"github.com/fugong/fugong/internal/demo"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/dbtest"
)

// zone is the zone of every org here.
var zone = time.FixedZone("CST", 8*3600)

// morning is when the small city lives: Thursday of the week in which Zibo went back to work.
var morning = time.Date(2022, 3, 24, 9, 0, 0, 0, zone)

// a program with its database and its clock.
type world struct {
	*app.Program
	clock *clock.Manual
	db    *sqlx.DB // as the owner: tests look up ids, the program does the rest
	dsn   string
	cfg   app.Config
}

// newWorld starts a program on an empty database.
func newWorld(t *testing.T, at time.Time, change func(*app.Config)) *world {
	t.Helper()
	d := dbtest.New(t)
	w := &world{clock: clock.NewManual(at), db: d.Owner, dsn: d.DSN, cfg: app.Config{Data: t.TempDir(), DatabaseURL: app.Secret(d.DSN), PoolSize: 8}}
	if change != nil {
		change(&w.cfg)
	}
	w.Program = w.embed(t)
	return w
}

// embed starts one more program on the world's database.
func (w *world) embed(t *testing.T) *app.Program {
	t.Helper()
	p, err := app.Embed(t.Context(), w.cfg, w.clock, logger(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Errorf("stop the program: %v", err)
		}
	})
	return p
}

// logger is silent but for what a server reports as its own fault; FUGONG_LOG=debug shows all.
func logger(t *testing.T) *slog.Logger {
	if os.Getenv("FUGONG_LOG") == "debug" {
		return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
}

// a city is a world with invented enterprises and one account for every role.
type city struct {
	*world
	logins map[authz.Role]string
}

func newCity(t *testing.T) *city {
	t.Helper()
	c := &city{world: newWorld(t, morning, nil), logins: map[authz.Role]string{}}
	accounts, err := c.Populate(t.Context(), demo.New(6, 400, 7, morning), morning)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range accounts {
		c.logins[a.Role] = a.Login
	}
	for _, r := range authz.Roles() {
		if c.logins[r] == "" {
			t.Fatalf("the city has no account of a %s", r)
		}
	}
	return c
}

// look reads one value as the owner of the database.
func look[T any](t *testing.T, w *world, query string, args ...any) T {
	t.Helper()
	var v T
	if err := w.db.GetContext(t.Context(), &v, query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}
