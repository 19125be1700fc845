// Package db opens PostgreSQL for the application role and runs transactions inside a tenant. Row-level security in the
// schema stands behind every statement: a transaction that names no tenant sees no tenant's rows.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/platform/errs"
)

// AppRole is the database role the application runs as. It owns nothing.
const AppRole = "fugong_app"

// Q is what a store function needs: a transaction, or a database outside one.
type Q interface {
	sqlx.ExtContext
	Reader
}

// Reader is what a store function needs that only reads.
type Reader interface {
	GetContext(ctx context.Context, dest any, query string, args ...any) error
	SelectContext(ctx context.Context, dest any, query string, args ...any) error
}

// Tenant says whose rows a transaction may see.
type Tenant struct {
	Org    int32   // rows of this org; 0 for none
	Orgs   []int32 // rows of these orgs: work of several shares the transaction
	Bureau bool    // and the rollups of every org
	System bool    // a named system identity: every row
}

// settings are the values of app.org, app.orgs, app.bureau and app.system, which the policies read.
func (t Tenant) settings() (org, orgs, bureau, system string) {
	if t.Org != 0 {
		org = strconv.Itoa(int(t.Org))
	}
	if len(t.Orgs) > 0 {
		orgs = arrayOf(t.Orgs)
	}
	return org, orgs, onOff(t.Bureau), onOff(t.System)
}

// DB is a pool of connections that act as the application role.
type DB struct {
	pool    *sqlx.DB
	session *sqlx.DB // for what needs a session of its own; the same as pool unless a pooler stands before that
	dsn     string
	replica *replica // nil without one
}

// Open connects with a lib/pq keyword DSN or URL and takes the application role.
func Open(ctx context.Context, dsn string, maxConns int) (*DB, error) {
	return Connect(ctx, Config{DSN: dsn, MaxConns: maxConns})
}

// WithRole adds the application role and binary parameters to a DSN in either of lib/pq's forms.
func WithRole(dsn string) string { return with(dsn, "role="+AppRole, "binary_parameters=yes") }

// Close closes the pools.
func (d *DB) Close() error {
	var err error
	if d.replica != nil {
		err = d.replica.close()
	}
	if d.session != d.pool {
		err = errors.Join(err, d.session.Close())
	}
	return errors.Join(err, d.pool.Close())
}

// DSN reaches the primary without a pooler and without the role; for listeners and migrations.
func (d *DB) DSN() string { return d.dsn }

// Pool gives statements that touch no tenant's row (sessions, tasks, settings) a connection without a transaction.
func (d *DB) Pool() *sqlx.DB { return d.pool }

// InTx runs fn in a read-write transaction of the tenant. It commits when fn returns nil and rolls back otherwise; a
// serialisation failure or deadlock is tried again, so fn must be free of outside effects.
func (d *DB) InTx(ctx context.Context, t Tenant, fn func(tx *sqlx.Tx) error) error {
	return write(ctx, d.pool, t, fn)
}

func write(ctx context.Context, on beginner, t Tenant, fn func(tx *sqlx.Tx) error) error {
	err := run(ctx, on, t, nil, fn)
	if err == nil {
		Wrote(ctx)
	}
	return err
}

// beginner is what a transaction begins on: a pool, or a connection that is held for it.
type beginner interface {
	BeginTxx(ctx context.Context, opts *sql.TxOptions) (*sqlx.Tx, error)
}

// Read runs fn in a read-only transaction of the tenant with one snapshot for all its statements.
func (d *DB) Read(ctx context.Context, t Tenant, fn func(tx *sqlx.Tx) error) error {
	return run(ctx, d.pool, t, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}, fn)
}

const maxTries = 4

func run(ctx context.Context, on beginner, t Tenant, opts *sql.TxOptions, fn func(tx *sqlx.Tx) error) error {
	var err error
	for try := range maxTries {
		if try > 0 && ctx.Err() != nil {
			break
		}
		if err = once(ctx, on, t, opts, fn); !retryable(err) {
			break
		}
	}
	return mapContext(ctx, err)
}

func once(ctx context.Context, on beginner, t Tenant, opts *sql.TxOptions, fn func(tx *sqlx.Tx) error) (err error) {
	tx, err := on.BeginTxx(beginning(ctx, t), opts)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() {
		if err != nil {
			_ = tx.Rollback() // the connection may be gone; err says why already
		}
	}()
	if err := fn(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// entering are the statements that enter the tenant, for one round trip. SET LOCAL, not set_config: a distributed database hands
// the first on to the machines that hold the rows, where the policies read it, and the other not.
func (t Tenant) entering() string {
	org, orgs, bureau, system := t.settings() // digits, commas, braces and words of our own: nothing to quote
	return "set local app.org = '" + org + "'; set local app.orgs = '" + orgs + "'; set local app.bureau = '" + bureau +
		"'; set local app.system = '" + system + "'"
}

func onOff(b bool) string {
	if b {
		return "on"
	}
	return "off"
}

// ErrAgain asks for a transaction to be tried again: what it had read changed before it wrote.
var ErrAgain = errors.New("changed meanwhile")

func retryable(err error) bool {
	if errors.Is(err, ErrAgain) || outdated(err) {
		return true
	}
	var pe *pq.Error
	return errors.As(err, &pe) && (pe.Code == "40001" || pe.Code == "40P01")
}

// mapContext turns the server's "query cancelled" into the context's own error, which callers test for.
func mapContext(ctx context.Context, err error) error {
	var pe *pq.Error
	if errors.As(err, &pe) && pe.Code == "57014" && ctx.Err() != nil {
		return fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	return err
}

// Constraint returns the name of the unique, check or foreign-key constraint that the error reports, or "".
func Constraint(err error) string {
	var pe *pq.Error
	if errors.As(err, &pe) && pe.Code.Class() == "23" {
		return pe.Constraint
	}
	return ""
}

// OneRow turns "no rows" into the not-found error; missing and foreign rows answer alike.
func OneRow(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return errs.Missing()
	}
	return err
}
