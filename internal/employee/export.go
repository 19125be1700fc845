package employee

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

// MaxExport is the number of rows that one export may take out.
const MaxExport = 50_000

// ExportOptions says how much an export shows.
type ExportOptions struct {
	Full   bool // identity number and mobile unmasked; asks for the right to reveal and a reason
	Reason string
}

// Export hands every row that List pages through to fn, in the list's order. It is recorded before the first row leaves.
func (s *Service) Export(ctx context.Context, sc authz.Scope, f Filter, o ExportOptions, at time.Time, fn func(Row) error) error {
	if err := mayExport(sc, o); err != nil {
		return err
	}
	sel, err := s.vault.selects(sc, f, at)
	if err != nil {
		return err
	}
	if err := sel.only(f.State); err != nil {
		return err
	}
	if err := s.recordExport(ctx, sc, sel, o, at); err != nil {
		return err
	}
	started := false
	return s.db.Stale(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		if started { // rows have left: a second reading would send them twice
			return errs.New(errs.Unavailable, "error.unavailable")
		}
		return s.vault.stream(ctx, tx, sc.Org, at, sel, f, o, func(r Row) error {
			started = true
			return fn(r)
		})
	})
}

func mayExport(sc authz.Scope, o ExportOptions) error {
	if err := sc.Require(authz.EmployeeExport); err != nil {
		return err
	}
	if !o.Full {
		return nil
	}
	if err := sc.Require(authz.EmployeeReveal); err != nil {
		return err
	}
	return checkReason(o.Reason)
}

func (s *Service) recordExport(ctx context.Context, sc authz.Scope, sel *selection, o ExportOptions, at time.Time) error {
	return s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		var n int
		if err := tx.GetContext(ctx, &n, "select count(*)"+sel.from(false, false), sel.args...); err != nil {
			return fmt.Errorf("count export: %w", err)
		}
		if n > MaxExport {
			return errs.New(errs.Invalid, "employee.problem.export_too_large", "Max", MaxExport, "Rows", n)
		}
		return audit.Record(ctx, tx, sc, at, audit.Event{Action: "employee.export", Subject: "employee", Read: true, Reason: o.Reason,
			Detail: map[string]any{"rows": n, "full": o.Full}})
	})
}

// exportPart is how many rows of an export are in memory at a time.
const exportPart = 500

// stream hands over row by row. The snapshot is newer than the record of the export: a row that came between is not let out beyond
// the limit.
func (x vault) stream(ctx context.Context, q db.Q, org int32, at time.Time, sel *selection, f Filter, o ExportOptions, fn func(Row) error) error {
	files, err := sel.find(ctx, q, f.key(), f.Desc, MaxExport)
	if err != nil {
		return err
	}
	for part := range slices.Chunk(files, exportPart) {
		rows, err := fetch(ctx, q, org, at, part)
		if err != nil {
			return err
		}
		for i := range rows {
			row, err := x.finish(org, &rows[i], o.Full)
			if err != nil {
				return err
			}
			if err := fn(row); err != nil {
				return err
			}
		}
	}
	return nil
}
