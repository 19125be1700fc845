package city

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/lib/pq"
)

// add copies rows into a table in one transaction. rows calls put for each row.
func add(ctx context.Context, d *sql.DB, table string, columns []string, rows func(put func(...any) error) error) error {
	tx, err := d.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("load %s: %w", table, err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing is left to roll back after the commit
	stmt, err := tx.PrepareContext(ctx, pq.CopyIn(table, columns...))
	if err != nil {
		return fmt.Errorf("copy into %s: %w", table, err)
	}
	err = rows(func(values ...any) error {
		_, err := stmt.ExecContext(ctx, values...)
		return err
	})
	if err == nil {
		_, err = stmt.ExecContext(ctx)
	}
	if err != nil {
		return fmt.Errorf("copy into %s: %w", table, err)
	}
	if err := stmt.Close(); err != nil {
		return fmt.Errorf("copy into %s: %w", table, err)
	}
	return tx.Commit()
}

const sqlIndexes = `select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as def
    from pg_index i join pg_class c on c.oid = i.indrelid
    where c.relname = any($1) and c.relnamespace = 'public'::regnamespace
        and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
    order by pg_relation_size(i.indrelid) desc, 1`

// index is a secondary index that can be made again.
type index struct{ name, def string }

// dropIndexes drops the secondary indexes of the tables and returns what makes them again.
func dropIndexes(ctx context.Context, d *sql.DB, tables ...string) ([]index, error) {
	rows, err := d.QueryContext(ctx, sqlIndexes, pq.Array(tables))
	if err != nil {
		return nil, fmt.Errorf("list indexes: %w", err)
	}
	defer rows.Close()
	var out []index
	for rows.Next() {
		var x index
		if err := rows.Scan(&x.name, &x.def); err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for _, x := range out {
		if _, err := d.ExecContext(ctx, "drop index "+x.name); err != nil {
			return nil, fmt.Errorf("drop index %s: %w", x.name, err)
		}
	}
	return out, nil
}
