package db

import "database/sql/driver"

// Over makes a DB of connections to WithRole(dsn) that another connector than lib/pq's own opens: one that wraps it, for a test
// that looks at what is asked. They must be Sessions.
func Over(c driver.Connector, dsn string, maxConns int) *DB {
	pool := poolOf(c, maxConns, true)
	return &DB{pool: pool, session: pool, dsn: dsn}
}
