package intake

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/page"
	"github.com/fugong/fugong/internal/platform/secret"
)

func fileAD(org int32, id int64) secret.AD {
	return secret.AD{Table: "import", Org: org, ID: id, Column: "file"}
}

const sqlNextImport = `select nextval(pg_get_serial_sequence('import', 'id'))`

const sqlInsertImport = `insert into import (org_id, id, kind, filename, file_enc, size, sha256, state, created_by, actor_name, created_at)
    overriding system value values ($1, $2, $3, $4, $5, $6, $7, 'queued', $8, $9, $10)`

const fragImport = `id, kind, filename, size, state, sheet, header_row, columns, counts, error_key, error_args, created_by, actor_name,
    created_at, checked_at, committed_at`

type importRow struct {
	ID        int64                   `db:"id"`
	Kind      string                  `db:"kind"`
	Filename  string                  `db:"filename"`
	Size      int                     `db:"size"`
	State     State                   `db:"state"`
	Sheet     string                  `db:"sheet"`
	HeaderRow int                     `db:"header_row"`
	Columns   db.JSON[[]Column]       `db:"columns"`
	Counts    db.JSON[map[string]int] `db:"counts"`
	ErrorKey  string                  `db:"error_key"`
	ErrorArgs db.JSON[map[string]any] `db:"error_args"`
	CreatedBy int64                   `db:"created_by"`
	Actor     string                  `db:"actor_name"`
	Created   time.Time               `db:"created_at"`
	Checked   sql.NullTime            `db:"checked_at"`
	Committed sql.NullTime            `db:"committed_at"`
}

func (r importRow) open() Import {
	return Import{ID: r.ID, Kind: r.Kind, Filename: r.Filename, Size: r.Size, State: r.State, Sheet: r.Sheet, HeaderRow: r.HeaderRow,
		Columns: r.Columns.V, Counts: r.Counts.V, Error: errs.Message{Key: r.ErrorKey, Args: r.ErrorArgs.V}, By: r.Actor,
		ByAccount: r.CreatedBy, CreatedAt: r.Created, CheckedAt: r.Checked.Time, CommittedAt: r.Committed.Time}
}

const sqlImport = `select ` + fragImport + ` from import where org_id = $1 and id = $2`

func load(ctx context.Context, q db.Q, org int32, id int64) (Import, error) {
	var r importRow
	if err := q.GetContext(ctx, &r, sqlImport, org, id); err != nil {
		return Import{}, db.OneRow(err)
	}
	return r.open(), nil
}

const sqlFile = `select file_enc from import where org_id = $1 and id = $2`

func (s *Service) file(ctx context.Context, q db.Q, org int32, id int64) ([]byte, error) {
	var sealed []byte
	if err := q.GetContext(ctx, &sealed, sqlFile, org, id); err != nil {
		return nil, db.OneRow(err)
	}
	if sealed == nil {
		return nil, errs.New(errs.NotFound, "intake.file_gone")
	}
	return s.box.Open(sealed, fileAD(org, id))
}

// sqlMove changes the state only from the states that allow it, so that two clicks do one thing.
const sqlMove = `update import set state = $4 where org_id = $1 and id = $2 and state = any($3)`

func move(ctx context.Context, q db.Q, org int32, id int64, to State, from ...State) (bool, error) {
	res, err := q.ExecContext(ctx, sqlMove, org, id, pq.Array(from), to)
	if err != nil {
		return false, fmt.Errorf("move import to %s: %w", to, err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

const sqlEnd = `update import set state = $3, error_key = $4, error_args = $5, checked_at = $6 where org_id = $1 and id = $2`

func end(ctx context.Context, q db.Q, org int32, id int64, to State, m errs.Message, at time.Time) error {
	if m.Args == nil {
		m.Args = map[string]any{}
	}
	if _, err := q.ExecContext(ctx, sqlEnd, org, id, to, m.Key, db.J(m.Args), at); err != nil {
		return fmt.Errorf("end import: %w", err)
	}
	return nil
}

// Rows lists the checked rows of an import, in the order of the sheet.
func (s *Service) Rows(ctx context.Context, sc authz.Scope, id int64, f RowFilter, r page.Request) (page.Result[Line], error) {
	var out page.Result[Line]
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		i, err := s.visible(ctx, tx, sc, id)
		if err != nil {
			return err
		}
		st := stage{s.box, sc.Org, i.ID}
		list, err := st.blocks(ctx, tx)
		if err != nil {
			return err
		}
		total := 0
		for k := range list {
			total += list[k].rows(f)
		}
		cursor, from := r.After, 0
		if r.Back() {
			cursor, from = r.Before, 1<<31-1
		}
		if keys, ok := page.Keys(cursor, 1); ok {
			if _, err := fmt.Sscan(keys[0], &from); err != nil {
				return errs.Missing()
			}
		}
		lines, err := st.filtered(ctx, tx, list, f, from, r.Limit()+1, r.Back())
		if err != nil {
			return err
		}
		out = page.Cut(r, lines, total, func(l Line) string { return page.Cursor(fmt.Sprint(l.Row)) })
		return nil
	})
	return out, err
}

const sqlRecent = `select ` + fragImport + ` from import where org_id = $1 and id < $2 order by id desc limit $3`

const sqlCountImports = `select count(*) from import where org_id = $1`

// Recent lists the org's imports, the newest first.
func (s *Service) Recent(ctx context.Context, sc authz.Scope, r page.Request) (page.Result[Import], error) {
	var out page.Result[Import]
	if err := sc.Require(authz.RosterImport, authz.SampleImport, authz.ExemptionEdit, authz.ReturnReview); err != nil {
		return out, err
	}
	before := int64(1) << 62
	if keys, ok := page.Keys(r.After, 1); ok {
		if _, err := fmt.Sscan(keys[0], &before); err != nil {
			return out, errs.Missing()
		}
	}
	r.Before = ""
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		var total int
		if err := tx.GetContext(ctx, &total, sqlCountImports, sc.Org); err != nil {
			return err
		}
		var rows []importRow
		if err := tx.SelectContext(ctx, &rows, sqlRecent, sc.Org, before, r.Limit()+1); err != nil {
			return err
		}
		list := make([]Import, len(rows))
		for i, row := range rows {
			list[i] = row.open()
		}
		out = page.Cut(r, list, total, func(i Import) string { return page.Cursor(fmt.Sprint(i.ID)) })
		return nil
	})
	return out, err
}
