package db

import (
	"database/sql"
	"time"
)

// Instant is a time whose zero is null in the database.
func Instant(t time.Time) sql.NullTime { return sql.NullTime{Time: t, Valid: !t.IsZero()} }
