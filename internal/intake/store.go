package intake

import (
	"context"
	"database/sql"
	"encoding/json"
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

// rowAD binds a payload to its import and row: a sheet has far fewer than 2^24 rows.
func rowAD(org int32, id int64, row int) secret.AD {
	return secret.AD{Table: "import_row", Org: org, ID: id<<24 | int64(row), Column: "payload"}
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

const sqlClearRows = `delete from import_row where org_id = $1 and import_id = $2`

// Lines are staged by unnest: COPY is refused on a table with row-level security.
const sqlPutRows = `insert into import_row (org_id, import_id, row_no, outcome, label, payload_enc, problems)
    select $1, $2, u.row_no, u.outcome, u.label, u.payload, u.problems::jsonb
    from unnest($3::integer[], $4::text[], $5::text[], $6::bytea[], $7::text[]) as u (row_no, outcome, label, payload, problems)
    returning org_id`

func (s *Service) putRows(ctx context.Context, q db.Q, org int32, id int64, lines []*Line) error {
	n := len(lines)
	rows, outcomes, labels := make([]int32, n), make([]string, n), make([]string, n)
	payloads, problems := make([][]byte, n), make([]string, n)
	for i, l := range lines {
		sealed, err := s.box.Seal(l.Payload, rowAD(org, id, l.Row))
		if err != nil {
			return fmt.Errorf("seal row: %w", err)
		}
		list := l.Problems
		if list == nil {
			list = []Problem{}
		}
		text, err := json.Marshal(list)
		if err != nil {
			return fmt.Errorf("encode problems: %w", err)
		}
		rows[i], outcomes[i], labels[i], payloads[i], problems[i] = int32(l.Row), string(l.Outcome), l.Label, sealed, string(text)
	}
	_, err := q.ExecContext(ctx, sqlPutRows, org, id, pq.Array(rows), pq.Array(outcomes), pq.Array(labels), pq.Array(payloads), pq.Array(problems))
	if err != nil {
		return fmt.Errorf("stage rows: %w", err)
	}
	return nil
}

const sqlGoodRows = `select row_no, outcome, label, payload_enc, problems from import_row
    where org_id = $1 and import_id = $2 and outcome in ('new', 'changed', 'unchanged') order by row_no`

const sqlRowsAfter = `select row_no, outcome, label, problems from import_row
    where org_id = $1 and import_id = $2 and row_no > $3 and ($4 = '' or outcome = $4) and (not $5 or problems <> '[]'::jsonb)
    order by row_no limit $6`

const sqlRowsBefore = `select row_no, outcome, label, problems from import_row
    where org_id = $1 and import_id = $2 and row_no < $3 and ($4 = '' or outcome = $4) and (not $5 or problems <> '[]'::jsonb)
    order by row_no desc limit $6`

const sqlCountRows = `select count(*) from import_row
    where org_id = $1 and import_id = $2 and ($3 = '' or outcome = $3) and (not $4 or problems <> '[]'::jsonb)`

type lineRow struct {
	Row      int                `db:"row_no"`
	Outcome  Outcome            `db:"outcome"`
	Label    string             `db:"label"`
	Payload  []byte             `db:"payload_enc"`
	Problems db.JSON[[]Problem] `db:"problems"`
}

func (r lineRow) open() Line {
	return Line{Row: r.Row, Outcome: r.Outcome, Label: r.Label, Problems: r.Problems.V}
}

func (s *Service) goodLines(ctx context.Context, q db.Q, org int32, id int64) ([]Line, error) {
	var rows []lineRow
	if err := q.SelectContext(ctx, &rows, sqlGoodRows, org, id); err != nil {
		return nil, fmt.Errorf("read staged rows: %w", err)
	}
	lines := make([]Line, len(rows))
	for i, r := range rows {
		plain, err := s.box.Open(r.Payload, rowAD(org, id, r.Row))
		if err != nil {
			return nil, fmt.Errorf("open row %d: %w", r.Row, err)
		}
		lines[i] = r.open()
		lines[i].Payload = plain
	}
	return lines, nil
}

// RowFilter narrows the rows of a preview.
type RowFilter struct {
	Outcome  Outcome
	Problems bool // only rows with a fault or a warning
}

// Rows lists the checked rows of an import, in the order of the sheet.
func (s *Service) Rows(ctx context.Context, sc authz.Scope, id int64, f RowFilter, r page.Request) (page.Result[Line], error) {
	var out page.Result[Line]
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		i, err := s.visible(ctx, tx, sc, id)
		if err != nil {
			return err
		}
		var total int
		if err := tx.GetContext(ctx, &total, sqlCountRows, sc.Org, i.ID, f.Outcome, f.Problems); err != nil {
			return fmt.Errorf("count rows: %w", err)
		}
		statement, cursor, from := sqlRowsAfter, r.After, 0
		if r.Back() {
			statement, cursor, from = sqlRowsBefore, r.Before, 1<<31-1
		}
		if keys, ok := page.Keys(cursor, 1); ok {
			if _, err := fmt.Sscan(keys[0], &from); err != nil {
				return errs.Missing()
			}
		}
		var rows []lineRow
		if err := tx.SelectContext(ctx, &rows, statement, sc.Org, i.ID, from, f.Outcome, f.Problems, r.Limit()+1); err != nil {
			return fmt.Errorf("read rows: %w", err)
		}
		lines := make([]Line, len(rows))
		for k, row := range rows {
			lines[k] = row.open()
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
