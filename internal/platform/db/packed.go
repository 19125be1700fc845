package db

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// Packed runs a statement that answers with one bytea and returns its bytes. It is prepared for the one call, because the driver
// asks for bytes as they are only then, and for their hexadecimal digits otherwise.
func Packed(ctx context.Context, tx *sqlx.Tx, query string, args ...any) (packed []byte, err error) {
	statement, err := tx.PreparexContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	defer statement.Close()
	err = statement.GetContext(ctx, &packed, args...)
	return packed, err
}

// epoch is the instant from which PostgreSQL counts microseconds in the binary form of a timestamp.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// Unpacked reads an instant in PostgreSQL's binary form.
func Unpacked(us int64) time.Time { return epoch.Add(time.Duration(us) * time.Microsecond) }
