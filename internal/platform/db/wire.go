package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"github.com/lib/pq"
)

// Kept begins the text of a statement that every page or request runs. A session prepares it once: parsing and planning a small
// statement takes the server longer than running it, and over a table of many partitions ten times as long. Only for statements
// whose plan does not depend on their values.
const Kept = "/*kept*/ "

// connector opens lib/pq's connections as wires.
type connector struct {
	driver.Connector
	keeps bool // sessions stay the program's own from one transaction to the next
}

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	full, ok := conn.(Session)
	if !ok {
		return nil, errors.Join(errors.New("the driver's connection lacks a method"), conn.Close())
	}
	return &wire{Session: full, keeps: c.keeps}, nil
}

// Session is what lib/pq's connection can do.
type Session interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.NamedValueChecker
	driver.Pinger
	driver.SessionResetter
	driver.Validator
	driver.Tx
}

// wire is a connection that enters a tenant in the round trip that begins a transaction, and keeps statements prepared.
type wire struct {
	Session
	keeps bool
	kept  map[string]driver.Stmt
}

type tenantKey struct{}

// beginning leads the tenant of a transaction to the connection that begins it.
func beginning(ctx context.Context, t Tenant) context.Context {
	return context.WithValue(ctx, tenantKey{}, t)
}

// BeginTx implements driver.ConnBeginTx.
func (w *wire) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	t, ok := ctx.Value(tenantKey{}).(Tenant)
	if !ok {
		return w.Session.BeginTx(ctx, opts)
	}
	mode, err := modeOf(opts)
	if err != nil {
		return nil, err
	}
	if _, err := w.ExecContext(ctx, "begin "+mode+"; "+t.entering(), nil); err != nil {
		// A transaction may be open by now. What can't be rolled back is no connection to go on with.
		if w.Rollback() != nil {
			err = errors.Join(driver.ErrBadConn, err)
		}
		return nil, err
	}
	return w.Session, nil
}

func modeOf(opts driver.TxOptions) (string, error) {
	mode := "read write"
	if opts.ReadOnly {
		mode = "read only"
	}
	switch sql.IsolationLevel(opts.Isolation) {
	case sql.LevelDefault:
		return mode, nil
	case sql.LevelRepeatableRead:
		return "isolation level repeatable read, " + mode, nil
	}
	return "", fmt.Errorf("isolation level %v is not used here", sql.IsolationLevel(opts.Isolation))
}

// QueryContext implements driver.QueryerContext.
func (w *wire) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if !w.keeps || !strings.HasPrefix(query, Kept) {
		return w.Session.QueryContext(ctx, query, args)
	}
	stmt, err := w.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	q, ok := stmt.(driver.StmtQueryContext)
	if !ok {
		return nil, errors.New("the driver's statement lacks a method")
	}
	rows, err := q.QueryContext(ctx, args)
	if err != nil && outdated(err) {
		delete(w.kept, query)
		return nil, errors.Join(err, stmt.Close())
	}
	return rows, err
}

func (w *wire) prepared(ctx context.Context, query string) (driver.Stmt, error) {
	if s, ok := w.kept[query]; ok {
		return s, nil
	}
	s, err := w.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	if w.kept == nil {
		w.kept = map[string]driver.Stmt{}
	}
	w.kept[query] = s
	return s, nil
}

// outdated tells the errors of a prepared statement that is no good any more: its table was changed, or it is gone.
func outdated(err error) bool {
	var pe *pq.Error
	return errors.As(err, &pe) && (pe.Code == "0A000" || pe.Code == "26000")
}
