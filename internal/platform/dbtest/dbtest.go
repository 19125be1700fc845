// Package dbtest gives each test a PostgreSQL database of its own with the whole schema in it, in some twenty milliseconds.
//
// All test processes of a user share one server, which keeps nothing across a crash and lives in memory where there is room. The
// first test process starts it; it is stopped when the last one is gone, in whatever way it went. A database is a copy of a
// template that is built once for each state of the migrations, and is dropped at the end of its test.
package dbtest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/platform/localpg"
	"github.com/fugong/fugong/migrations"
)

// appRole is what the first migration calls the role of the application.
const appRole = "fugong_app"

// maxConns caps one test's pool: many tests share the server.
const maxConns = 8

// patience is how long a step may take on a busy machine before the test fails.
const patience = 2 * time.Minute

// A Database belongs to one test and goes with it.
type Database struct {
	DSN    string   // as the owner, whom row-level security does not bind
	AppDSN string   // as the application's role, whom it binds
	Owner  *sqlx.DB // a pool over DSN; connects when first used
}

// New makes a database with the program's schema for the test. Without PostgreSQL on the machine it skips the test, or fails it
// when CI=true.
func New(t testing.TB) *Database {
	t.Helper()
	return newFrom(t, migrations.FS)
}

func newFrom(t testing.TB, files fs.FS) *Database {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := shared()
	if errors.Is(err, localpg.ErrNoPostgres) && os.Getenv("CI") != "true" {
		t.Skipf("SKIPPED, NOTHING IS PROVED: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	name, err := c.clone(ctx, files)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := c.drop(ctx, name); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	dsn := c.server.DSN(name)
	owner, err := sqlx.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	owner.SetMaxOpenConns(maxConns)
	t.Cleanup(func() { _ = owner.Close() }) // the database is dropped next
	return &Database{DSN: dsn, AppDSN: dsn + " role=" + appRole, Owner: owner}
}
