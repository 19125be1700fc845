package intake

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/jobs"
	"github.com/fugong/fugong/internal/platform/sheet"
	"github.com/fugong/fugong/internal/platform/sheet/sheetout"
)

// Report writes a workbook of the faulty rows: the sheet's own header, the cells as they were, each bad cell marked and its
// reason beside it. Mended and uploaded again it is an import like any other. translate puts a message into the reader's
// language.
func (s *Service) Report(ctx context.Context, sc authz.Scope, id int64, translate func(errs.Message) string, at time.Time, w io.Writer) error {
	var i Import
	var data []byte
	var rows []Line
	err := s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) (err error) {
		if i, err = s.visible(ctx, tx, sc, id); err != nil {
			return err
		}
		if data, err = s.file(ctx, tx, sc.Org, id); err != nil {
			return err
		}
		if rows, err = (stage{s.box, sc.Org, id}).faulty(ctx, tx); err != nil {
			return err
		}
		return audit.Record(ctx, tx, sc, at, audit.Event{Action: "import.report", Subject: "import", SubjectID: fmt.Sprint(id), Read: true,
			Detail: map[string]any{"rows": len(rows)}})
	})
	if err != nil {
		return err
	}
	return s.writeReport(i, data, rows, translate, w)
}

func (s *Service) writeReport(i Import, data []byte, rows []Line, translate func(errs.Message) string, w io.Writer) (err error) {
	book, err := sheet.Open(i.Filename, data, sheet.Limits{File: MaxFile})
	if err != nil {
		return err
	}
	table, header, err := book.Find(s.kinds[i.Kind].Vocabulary())
	if err != nil {
		return err
	}
	name := table.Name
	if name == "" {
		name = "Sheet1"
	}
	report, err := sheetout.NewReport(w, name, header.Labels)
	if err != nil {
		return err
	}
	defer func() {
		if e := report.Close(); err == nil {
			err = e
		}
	}()
	next := 0
	for row, err := range table.RowsAfter(header.Row) {
		if err != nil {
			return err
		}
		if next == len(rows) {
			return nil
		}
		if row.Number != rows[next].Row {
			continue
		}
		if err := report.Write(row.Number, row.Texts(), faults(rows[next].Problems, header, translate)); err != nil {
			return err
		}
		next++
	}
	return nil
}

func faults(problems []Problem, h sheet.Header, translate func(errs.Message) string) []sheetout.Fault {
	out := make([]sheetout.Fault, 0, len(problems))
	for _, p := range problems {
		f := sheetout.Fault{Column: -1, Text: translate(p.Message)}
		if c, ok := h.Columns[p.Column]; ok {
			f.Column = c
		}
		out = append(out, f)
	}
	return out
}

// Recheck puts an import whose check failed for want of the machine back into the queue.
func (s *Service) Recheck(ctx context.Context, sc authz.Scope, id int64) error {
	return s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		if _, err := s.visible(ctx, tx, sc, id); err != nil {
			return err
		}
		moved, err := move(ctx, tx, sc.Org, id, Queued, Failed)
		if err != nil {
			return err
		}
		if !moved {
			return errs.New(errs.Conflict, "intake.not_ready")
		}
		_, err = jobs.Enqueue(ctx, tx, sc.Org, TaskCheck, id)
		return err
	})
}
