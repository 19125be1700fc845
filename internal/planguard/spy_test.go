package planguard

import (
	"context"
	"database/sql/driver"
	"sync"

	"github.com/fugong/fugong/internal/platform/db"
)

// asked is one statement as it went to the database.
type asked struct {
	Query string
	Args  []driver.NamedValue
}

// spy opens connections and notes what is asked over them, begins and ends of transactions as well: each is a round trip.
type spy struct {
	driver.Connector

	mu    sync.Mutex
	asked []asked
}

func (s *spy) note(query string, args []driver.NamedValue) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, asked{query, args})
}

// take hands over what was noted since the last time.
func (s *spy) take() []asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.asked
	s.asked = nil
	return out
}

// Connect implements driver.Connector.
func (s *spy) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := s.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &spiedConn{c.(db.Session), s}, nil
}

// spiedConn passes everything on to the connection of lib/pq.
type spiedConn struct {
	db.Session
	spy *spy
}

// QueryContext implements driver.QueryerContext.
func (c *spiedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.spy.note(query, args)
	return c.Session.QueryContext(ctx, query, args)
}

// ExecContext implements driver.ExecerContext.
func (c *spiedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	c.spy.note(query, args)
	return c.Session.ExecContext(ctx, query, args)
}

// PrepareContext implements driver.ConnPrepareContext. A statement is asked each time it runs, not when it is prepared.
func (c *spiedConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	s, err := c.Session.PrepareContext(ctx, query)
	return &spiedStmt{s, query, c.spy}, err
}

// Commit implements driver.Tx.
func (c *spiedConn) Commit() error {
	c.spy.note("commit", nil)
	return c.Session.Commit()
}

type spiedStmt struct {
	driver.Stmt
	query string
	spy   *spy
}

// QueryContext implements driver.StmtQueryContext.
func (s *spiedStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	s.spy.note(s.query, args)
	return s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
}
