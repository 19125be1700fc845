//go:build unix && !aix && !solaris

package localpg

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/lib/pq"
)

const sqlDatabaseExists = `select exists (select from pg_database where datname = $1)`

// EnsureDatabase creates the named database unless it is there.
func (s *Server) EnsureDatabase(ctx context.Context, name string) error {
	db, err := sql.Open("postgres", s.DSN("postgres"))
	if err != nil {
		return fmt.Errorf("localpg: create database %s: %w", name, err)
	}
	defer db.Close()
	var exists bool
	if err := db.QueryRowContext(ctx, sqlDatabaseExists, name).Scan(&exists); err != nil {
		return fmt.Errorf("localpg: create database %s: %w", name, err)
	}
	if exists {
		return nil
	}
	_, err = db.ExecContext(ctx, "create database "+pq.QuoteIdentifier(name)) // a name cannot be a parameter
	var refused *pq.Error
	if errors.As(err, &refused) && (refused.Code == "42P04" || refused.Code == "23505") {
		return nil // another process was quicker
	}
	if err != nil {
		return fmt.Errorf("localpg: create database %s: %w", name, err)
	}
	return nil
}
