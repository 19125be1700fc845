package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"sync"

	"github.com/jmoiron/sqlx"
)

// Lane is one connection kept for a stream of short transactions, one after the other. A transaction begins and enters its
// tenants in one round trip, and statements stay prepared, so that what is left of a small write is the write.
type Lane struct {
	db    *DB
	mu    sync.Mutex
	conn  *sqlx.Conn
	stmts map[string]*sqlx.Stmt
}

// Lane opens no connection yet; the first transaction does.
func (d *DB) Lane() *Lane { return &Lane{db: d} }

// LaneTx is a transaction on a lane.
type LaneTx struct{ lane *Lane }

// InTx runs fn in a read-write transaction of the tenant; it commits when fn returns nil. Nothing is tried again. After an
// error of the database the connection is given up, since its state is not known.
func (l *Lane) InTx(ctx context.Context, t Tenant, fn func(tx LaneTx) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.once(ctx, t, fn)
	if err != nil {
		l.drop()
	} else {
		Wrote(ctx)
	}
	return mapContext(ctx, err)
}

// With a plan for each call's values the planning of a small statement costs several times what its running does.
const sqlPlanOnce = `set plan_cache_mode = force_generic_plan`

func (l *Lane) once(ctx context.Context, t Tenant, fn func(tx LaneTx) error) error {
	if l.conn == nil {
		conn, err := l.db.session.Connx(ctx)
		if err != nil {
			return fmt.Errorf("open lane: %w", err)
		}
		l.conn, l.stmts = conn, map[string]*sqlx.Stmt{}
		if _, err := conn.ExecContext(ctx, sqlPlanOnce); err != nil {
			return fmt.Errorf("plan once: %w", err)
		}
	}
	if _, err := l.conn.ExecContext(ctx, "begin; "+t.entering()); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := fn(LaneTx{l}); err != nil {
		return err
	}
	if _, err := l.conn.ExecContext(ctx, `commit`); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// drop ends the connection and with it whatever transaction is open on it.
func (l *Lane) drop() {
	if l.conn == nil {
		return
	}
	// Reported bad, the connection is closed instead of given to somebody else in the middle of a transaction.
	_ = l.conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = l.conn.Close()
	l.conn, l.stmts = nil, nil
}

// Close gives the connection back.
func (l *Lane) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drop()
}

func (t LaneTx) prepared(ctx context.Context, query string) (*sqlx.Stmt, error) {
	if s, ok := t.lane.stmts[query]; ok {
		return s, nil
	}
	s, err := t.lane.conn.PreparexContext(ctx, query)
	if err != nil {
		return nil, err
	}
	t.lane.stmts[query] = s
	return s, nil
}

// GetContext runs a prepared query for one row.
func (t LaneTx) GetContext(ctx context.Context, dest any, query string, args ...any) error {
	s, err := t.prepared(ctx, query)
	if err != nil {
		return err
	}
	return s.GetContext(ctx, dest, args...)
}

// SelectContext runs a prepared query into a slice.
func (t LaneTx) SelectContext(ctx context.Context, dest any, query string, args ...any) error {
	s, err := t.prepared(ctx, query)
	if err != nil {
		return err
	}
	return s.SelectContext(ctx, dest, args...)
}

// Query runs a prepared query for its rows.
func (t LaneTx) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := t.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}
