package db

import "github.com/jmoiron/sqlx"

// Over makes a DB of a pool that was opened with WithRole(dsn) over another driver than lib/pq's own: one that wraps it, for a
// test that looks at what is asked.
func Over(pool *sqlx.DB, dsn string) *DB { return &DB{pool: pool, session: pool, dsn: dsn} }
