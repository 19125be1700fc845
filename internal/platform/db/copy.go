package db

import (
	"bytes"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// CopyIn streams blocks of whole lines, in PostgreSQL's text format, through a COPY … FROM STDIN.
type CopyIn func(query string, blocks [][]byte) error

// InTxCopy is InTx for a transaction that begins with many rows. database/sql knows values only; lines that are ready for the wire
// go to the connection itself.
func (d *DB) InTxCopy(ctx context.Context, t Tenant, fn func(tx *sqlx.Tx, in CopyIn) error) error {
	conn, err := d.pool.Connx(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer conn.Close()
	in := func(query string, blocks [][]byte) error {
		return conn.Raw(func(raw any) error { return copyBlocks(ctx, raw, query, blocks) })
	}
	return write(ctx, conn, t, func(tx *sqlx.Tx) error { return fn(tx, in) })
}

// Narrow enters a running transaction for other tenants: for fewer, once they are known.
func Narrow(ctx context.Context, tx *sqlx.Tx, t Tenant) error {
	if _, err := tx.ExecContext(ctx, t.entering()); err != nil {
		return fmt.Errorf("enter tenant: %w", err)
	}
	return nil
}

// copier is what lib/pq's statement of a COPY can do beside taking values.
type copier interface {
	CopyData(ctx context.Context, line string) (driver.Result, error)
}

var newline = []byte{'\n'} // which the driver adds

func copyBlocks(ctx context.Context, raw any, query string, blocks [][]byte) (err error) {
	conn, ok := raw.(driver.Conn)
	if !ok {
		return errors.New("copy: not a connection")
	}
	stmt, err := conn.Prepare(query)
	if err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	// What the server says of the whole stream is known when it is closed.
	defer func() { err = errors.Join(err, stmt.Close()) }()
	lines, ok := stmt.(copier)
	if !ok {
		return errors.New("copy: the driver takes no lines")
	}
	for _, b := range blocks {
		if _, err := lines.CopyData(ctx, string(bytes.TrimSuffix(b, newline))); err != nil {
			return fmt.Errorf("copy: %w", err)
		}
	}
	return nil
}
