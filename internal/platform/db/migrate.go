package db

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Migrate applies every pending migration as the owner that the DSN names, under a session lock so that several servers
// may start at once. It returns how many were applied.
func Migrate(ctx context.Context, dsn string, files fs.FS) (int, error) {
	owner, err := sql.Open("postgres", dsn)
	if err != nil {
		return 0, fmt.Errorf("open for migration: %w", err)
	}
	defer owner.Close()
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60))
	if err != nil {
		return 0, fmt.Errorf("migration lock: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, owner, files, goose.WithSessionLocker(locker))
	if err != nil {
		return 0, fmt.Errorf("read migrations: %w", err)
	}
	done, err := p.Up(ctx)
	if err != nil {
		return len(done), fmt.Errorf("migrate: %w", err)
	}
	return len(done), nil
}
