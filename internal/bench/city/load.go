package city

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	_ "github.com/lib/pq" // the driver
	"golang.org/x/sync/errgroup"

	"github.com/fugong/fugong/internal/identity/auth/password"
	"github.com/fugong/fugong/internal/platform/secret"
)

// connections load at once: one for each of the two cores that the bench is made for.
const connections = 2

// Load brings the city into an empty, migrated database that dsn names as its owner. What is sealed is sealed by the box. say
// tells of each step with the time it took.
func (c *City) Load(ctx context.Context, dsn string, box *secret.Box, say func(format string, args ...any)) error {
	// A replica's session fires no trigger, so that foreign keys are left to check.
	d, err := sql.Open("postgres", dsn+" session_replication_role=replica synchronous_commit=off maintenance_work_mem=512MB work_mem=128MB max_parallel_maintenance_workers=1")
	if err != nil {
		return fmt.Errorf("open for loading: %w", err)
	}
	defer d.Close()
	d.SetMaxIdleConns(connections + 1)
	l := &loader{City: c, db: d, box: box, since: c.begun().Format(time.RFC3339)}
	hash, err := password.NewHasher(nil, 1).Hash(ctx, Password)
	if err != nil {
		return err
	}
	l.hash = hash
	if _, err := d.ExecContext(ctx, "select ensure_sample_months($1)", c.At); err != nil {
		return fmt.Errorf("make sample partitions: %w", err)
	}
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"enterprises", l.orgs}, {"people", l.people}, {"indexes", l.index}, {"samples", l.samples}, {"weeks", l.weeks}, {"sequences", l.sequences},
		{"foreign keys", l.validate}, {"statistics", l.analyze},
	} {
		start := time.Now()
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		say("  %-14s %6.1f s", step.name, time.Since(start).Seconds())
	}
	return nil
}

type loader struct {
	*City
	db   *sql.DB
	box  *secret.Box
	hash string // of Password

	since string // when files began to be kept, as text

	indexes []index // to be made again
}

// index makes the secondary indexes of the large tables again, two at a time.
func (l *loader) index(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(connections)
	for _, x := range l.indexes {
		g.Go(func() error {
			if _, err := l.db.ExecContext(ctx, x.def); err != nil {
				return fmt.Errorf("make index %s: %w", x.name, err)
			}
			return nil
		})
	}
	return g.Wait()
}

// sequences lets new rows follow those that brought their ids.
func (l *loader) sequences(ctx context.Context) error {
	for _, table := range []string{"org", "team", "employee", "account", "api_client"} {
		_, err := l.db.ExecContext(ctx, fmt.Sprintf("select setval(pg_get_serial_sequence('%[1]s', 'id'), (select max(id) from %[1]s))", table))
		if err != nil {
			return fmt.Errorf("sequence of %s: %w", table, err)
		}
	}
	return nil
}

// analyze leaves statistics and visibility maps as autovacuum would have by and by.
func (l *loader) analyze(ctx context.Context) error {
	months, err := l.months(ctx)
	if err != nil {
		return err
	}
	tables := []string{"employee", "account", "employee_change", "org", "team", "api_client", "org_week"}
	for _, m := range months {
		tables = append(tables, m.table)
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(connections)
	for _, t := range tables {
		g.Go(func() error {
			_, err := l.db.ExecContext(gctx, "vacuum (analyze, parallel 0) "+t)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if _, err := l.db.ExecContext(ctx, "analyze sample"); err != nil {
		return err
	}
	_, err = l.db.ExecContext(ctx, "checkpoint")
	return err
}
