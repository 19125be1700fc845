package planguard

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync"

	"github.com/lib/pq"
)

// asked is one statement as it went to the database.
type asked struct {
	Query string
	Args  []driver.NamedValue
}

// spy notes the statements of one database, begins and ends of transactions as well: each is a round trip.
type spy struct {
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

var (
	spies   = map[string]*spy{} // by DSN
	spiesMu sync.Mutex
)

// spyOn notes what is asked over connections of the driver "spied" to the DSN.
func spyOn(dsn string) *spy {
	spiesMu.Lock()
	defer spiesMu.Unlock()
	s := &spy{}
	spies[dsn] = s
	return s
}

func init() { sql.Register("spied", spiedDriver{}) }

type spiedDriver struct{}

// Open implements driver.Driver.
func (spiedDriver) Open(dsn string) (driver.Conn, error) {
	c, err := pq.Open(dsn)
	if err != nil {
		return nil, err
	}
	spiesMu.Lock()
	defer spiesMu.Unlock()
	s := spies[dsn]
	if s == nil {
		return nil, errors.New("nobody spies on this database")
	}
	return &spiedConn{Conn: c, spy: s}, nil
}

// spiedConn passes everything on to the connection of lib/pq, which implements all of these.
type spiedConn struct {
	driver.Conn
	spy *spy
}

// QueryContext implements driver.QueryerContext.
func (c *spiedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.spy.note(query, args)
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

// ExecContext implements driver.ExecerContext.
func (c *spiedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	c.spy.note(query, args)
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
}

// BeginTx implements driver.ConnBeginTx.
func (c *spiedConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	c.spy.note("begin", nil)
	tx, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
	return spiedTx{tx, c.spy}, err
}

// CheckNamedValue implements driver.NamedValueChecker.
func (c *spiedConn) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := c.Conn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

type spiedTx struct {
	driver.Tx
	spy *spy
}

// Commit implements driver.Tx.
func (t spiedTx) Commit() error {
	t.spy.note("commit", nil)
	return t.Tx.Commit()
}
