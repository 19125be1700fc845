package city

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/lib/pq"
)

// add copies rows into a table in one transaction. rows calls put for each row.
func add(ctx context.Context, d *sql.DB, table string, columns []string, rows func(put func(...any) error) error) error {
	tx, err := d.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("load %s: %w", table, err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing is left to roll back after the commit
	stmt, err := tx.PrepareContext(ctx, copyIn(table, columns))
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

func copyIn(table string, columns []string) string {
	quoted := make([]string, len(columns))
	for i, c := range columns {
		quoted[i] = pq.QuoteIdentifier(c)
	}
	return "copy " + pq.QuoteIdentifier(table) + " (" + strings.Join(quoted, ", ") + ") from stdin"
}

// copier takes text in the form of COPY, which lib/pq's statement does beside single values.
type copier interface {
	CopyData(ctx context.Context, line string) (driver.Result, error)
}

// stream copies chunks of lines into a table in one transaction, past database/sql, which would look at each value twice.
func stream(ctx context.Context, d *sql.DB, table string, columns []string, chunks <-chan text) error {
	conn, err := d.Conn(ctx)
	if err != nil {
		return fmt.Errorf("load %s: %w", table, err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "begin"); err != nil {
		return fmt.Errorf("load %s: %w", table, err)
	}
	err = conn.Raw(func(dc any) error {
		stmt, err := dc.(driver.Conn).Prepare(copyIn(table, columns))
		if err != nil {
			return err
		}
		for lines := range chunks {
			if _, err := stmt.(copier).CopyData(ctx, strings.TrimSuffix(string(lines), "\n")); err != nil {
				return errors.Join(err, stmt.Close())
			}
		}
		return stmt.Close() // with which the server says what it makes of it all
	})
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_, undone := conn.ExecContext(context.WithoutCancel(ctx), "rollback")
		return fmt.Errorf("copy into %s: %w", table, errors.Join(err, undone))
	}
	_, err = conn.ExecContext(ctx, "commit")
	return err
}

// text is rows in the form of COPY.
type text []byte

var escapes = strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`)

// row adds a row. A nil is null.
func (t *text) row(values ...any) {
	b := *t
	for i, v := range values {
		if i > 0 {
			b = append(b, '\t')
		}
		switch v := v.(type) {
		case nil:
			b = append(b, `\N`...)
		case string:
			if strings.ContainsAny(v, "\\\t\n\r") {
				v = escapes.Replace(v)
			}
			b = append(b, v...)
		case []byte:
			b = append(b, `\\x`...)
			b = hex.AppendEncode(b, v)
		case int64:
			b = strconv.AppendInt(b, v, 10)
		case int32:
			b = strconv.AppendInt(b, int64(v), 10)
		default:
			panic(fmt.Sprintf("city: no text for %T", v))
		}
	}
	*t = append(b, '\n')
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
