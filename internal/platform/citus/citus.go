// Package citus spreads an installed schema over several machines when the server has the Citus extension, and says beforehand,
// from the catalogue alone, what about the schema would not let it. It knows tables by their place only (migrations.Places).
package citus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/migrations"
)

// Key is the column that tenant tables are cut by.
const Key = "org_id"

// ErrMissing is the error of a server without the extension.
var ErrMissing = errors.New("the server does not have the Citus extension: install it on every machine, add it to shared_preload_libraries, " +
	"and run create extension citus in this database")

const sqlInstalled = `select count(*) from pg_extension where extname = 'citus'`

// Plan lists the statements that distribute what is not distributed yet, in the order in which they have to run; none when nothing
// is left to do. Without the extension it lists them all the same, with ErrMissing. Tables must be cut before foreign keys to reference tables exist, so every foreign key is taken off and put back.
func Plan(ctx context.Context, q *sqlx.DB, places map[string]migrations.Place) ([]string, error) {
	if bad, err := Problems(ctx, q, places); err != nil || len(bad) > 0 {
		return nil, errors.Join(err, unfit(bad))
	}
	var installed int
	if err := q.GetContext(ctx, &installed, sqlInstalled); err != nil {
		return nil, fmt.Errorf("look for the extension: %w", err)
	}
	if installed == 0 {
		statements, err := plan(ctx, q, places, nil)
		return statements, errors.Join(ErrMissing, err)
	}
	done, err := distributed(ctx, q)
	if err != nil {
		return nil, err
	}
	return plan(ctx, q, places, done)
}

func unfit(bad []string) error {
	errs := make([]error, len(bad))
	for i, b := range bad {
		errs[i] = errors.New(b)
	}
	return errors.Join(errs...)
}

// The extension's own catalogue, which is there only with it: the name is given as a value, so that the statement fits a server
// without it.
const sqlDistributed = `select c.relname from pg_class c
    where c.relnamespace = 'public'::regnamespace and to_regclass('pg_dist_partition') is not null
        and c.oid::text in (select unnest(xpath('//logicalrelid/text()',
            query_to_xml('select logicalrelid::oid as logicalrelid from pg_dist_partition', false, false, '')))::text)`

func distributed(ctx context.Context, q *sqlx.DB) (map[string]bool, error) {
	var names []string
	if err := q.SelectContext(ctx, &names, sqlDistributed); err != nil {
		return nil, fmt.Errorf("list distributed tables: %w", err)
	}
	done := map[string]bool{}
	for _, n := range names {
		done[n] = true
	}
	return done, nil
}

func plan(ctx context.Context, q *sqlx.DB, places map[string]migrations.Place, done map[string]bool) ([]string, error) {
	open := func(table string) bool { return places[table] != migrations.Local && !done[table] }
	c, err := read(ctx, q, places)
	if err != nil {
		return nil, err
	}
	var drop, policies, cut, restore []string
	for _, f := range c.keys {
		if open(f.Table) || open(f.Target) {
			drop = append(drop, fmt.Sprintf("alter table %s drop constraint %s", f.Table, f.Name))
			restore = append(restore, fmt.Sprintf("alter table %s add constraint %s %s", f.Table, f.Name, f.Definition))
		}
	}
	for _, p := range c.policies {
		if open(p.Table) {
			policies = append(policies, fmt.Sprintf("drop policy %s on %s", p.Name, p.Table), p.plain())
		}
	}
	first := ""
	for _, table := range slices.Sorted(maps.Keys(places)) {
		if !open(table) {
			if done[table] && places[table] == migrations.Tenant && first == "" {
				first = table
			}
			continue
		}
		if places[table] == migrations.Reference {
			cut = append([]string{fmt.Sprintf("select create_reference_table('%s')", table)}, cut...)
		}
	}
	for _, table := range slices.Sorted(maps.Keys(places)) {
		if !open(table) || places[table] != migrations.Tenant {
			continue
		}
		with := ""
		if first != "" {
			with = fmt.Sprintf(", colocate_with => '%s'", first)
		} else {
			first = table
		}
		cut = append(cut, fmt.Sprintf("select create_distributed_table('%s', '%s'%s)", table, Key, with))
	}
	if len(cut) == 0 {
		return nil, nil
	}
	return slices.Concat([]string{"set local citus.multi_shard_modify_mode = 'sequential'"}, drop, policies, cut, c.functions, restore, c.grants, c.settings()), nil
}

// Run does the statements in one transaction: a schema is distributed as a whole or not at all.
func Run(ctx context.Context, owner *sqlx.DB, statements []string) error {
	tx, err := owner.BeginTxx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	for _, s := range statements {
		if _, err := tx.ExecContext(ctx, s); err != nil {
			return errors.Join(fmt.Errorf("%s: %w", s, err), tx.Rollback())
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// settings let a transaction's tenant travel to the machines that hold the rows, and the application's role sign in there; how it
// proves who it is between them is the cluster's own configuration.
func (c *catalogue) settings() []string {
	return []string{
		fmt.Sprintf(`alter database "%s" set citus.propagate_set_commands = 'local'`, c.database),
		"alter role " + db.AppRole + " login",
	}
}
