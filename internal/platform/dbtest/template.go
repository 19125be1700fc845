package dbtest

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"

	"github.com/pressly/goose/v3"
)

// keepTemplates is how many templates that nobody uses stay for the next run: switching branches should not rebuild each time.
const keepTemplates = 4

// identify names the template after the migrations: another name or another byte is another template.
func identify(files fs.FS) (string, error) {
	names, err := fs.Glob(files, "*.sql") // sorted
	if err != nil {
		return "", fmt.Errorf("dbtest: read migrations: %w", err)
	}
	h := sha256.New()
	for _, name := range names {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return "", fmt.Errorf("dbtest: read migrations: %w", err)
		}
		fmt.Fprintf(h, "%s %d\n%s", name, len(raw), raw)
	}
	return fmt.Sprintf("tpl_%x", h.Sum(nil)[:8]), nil
}

// keyOf is the template's key for lockTemplate. Two templates of one key would only be kept longer than need be.
func keyOf(template string) int32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(template)) // never fails
	return int32(h.Sum32())
}

const (
	sqlLock       = `select pg_advisory_lock($1, $2)`
	sqlLockShared = `select pg_advisory_lock_shared($1, $2)`
	sqlExists     = `select exists (select from pg_database where datname = $1)`
	sqlTemplates  = `select datname from pg_database where datname ~ '^tpl_[0-9a-f]{16}$' order by oid desc`
)

// template returns the name of the template for the files, which it builds unless some process did. Builders queue: roles belong
// to the whole server, and two first migrations at once would both create them.
func (c *cluster) template(ctx context.Context, files fs.FS) (string, error) {
	name, err := identify(files)
	if err != nil {
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.prepared[name] {
		return name, nil
	}
	if _, err := c.session.ExecContext(ctx, sqlLock, lockBuild, 0); err != nil {
		return "", fmt.Errorf("dbtest: wait for other builders: %w", err)
	}
	if err := errors.Join(c.prepare(ctx, name, files), c.unlock(context.WithoutCancel(ctx), lockBuild, 0)); err != nil {
		return "", err
	}
	c.prepared[name] = true
	return name, nil
}

// prepare runs under lockBuild. The shared lock keeps the template from being dropped while this process lives.
func (c *cluster) prepare(ctx context.Context, name string, files fs.FS) error {
	if _, err := c.session.ExecContext(ctx, sqlLockShared, lockTemplate, keyOf(name)); err != nil {
		return fmt.Errorf("dbtest: lock template: %w", err)
	}
	var exists bool
	if err := c.session.QueryRowContext(ctx, sqlExists, name).Scan(&exists); err != nil {
		return fmt.Errorf("dbtest: look for template: %w", err)
	}
	if exists {
		return nil
	}
	if err := c.build(ctx, name, files); err != nil {
		return err
	}
	return c.dropOldTemplates(ctx)
}

// build makes the template under another name first, so one that is half-made is never copied.
func (c *cluster) build(ctx context.Context, name string, files fs.FS) error {
	fresh := name + "_new"
	if err := c.drop(ctx, fresh); err != nil { // of a killed builder
		return err
	}
	if err := c.create(ctx, fresh, "template0"); err != nil {
		return err
	}
	if err := migrate(ctx, c.server.DSN(fresh), files); err != nil {
		return errors.Join(err, c.drop(ctx, fresh))
	}
	for _, statement := range []string{
		"alter database " + fresh + " with allow_connections false", // a connected template cannot be copied
		"alter database " + fresh + " rename to " + name,
	} {
		if _, err := c.admin.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("dbtest: finish template: %w", err)
		}
	}
	return nil
}

func migrate(ctx context.Context, dsn string, files fs.FS) error {
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		return fmt.Errorf("dbtest: migrate: %w", err)
	}
	defer db.Close()
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files)
	if err != nil {
		return fmt.Errorf("dbtest: migrate: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("dbtest: migrate: %w", err)
	}
	return nil
}

// dropOldTemplates runs under lockBuild, so a template that nobody holds now cannot be taken meanwhile.
func (c *cluster) dropOldTemplates(ctx context.Context) error {
	names, err := c.names(ctx, sqlTemplates)
	if err != nil {
		return err
	}
	for _, name := range names[min(keepTemplates, len(names)):] {
		if c.prepared[name] {
			continue // our own lock would not keep us off
		}
		key := keyOf(name)
		free, err := c.tryLock(ctx, lockTemplate, key)
		if err != nil {
			return err
		}
		if !free {
			continue
		}
		if err := errors.Join(c.drop(ctx, name), c.unlock(ctx, lockTemplate, key)); err != nil {
			return err
		}
	}
	return nil
}
