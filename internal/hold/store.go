package hold

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/platform/db"
)

// instant is a time whose zero is null in the database.
type instant time.Time

// Value implements driver.Valuer.
func (t instant) Value() (driver.Value, error) {
	if time.Time(t).IsZero() {
		return nil, nil
	}
	return time.Time(t), nil
}

// row is a hold as stored.
type row struct {
	ID             int64        `db:"id"`
	Employee       int64        `db:"employee_id"`
	Kind           string       `db:"kind"`
	Ground         string       `db:"ground"`
	Source         string       `db:"source"`
	SourceID       int64        `db:"source_id"`
	From           time.Time    `db:"from_at"`
	To             sql.NullTime `db:"to_at"`
	Note           string       `db:"note"`
	Derived        bool         `db:"derived"`
	Set            int64        `db:"set_id"`
	By             int64        `db:"created_by"`
	ByName         string       `db:"author_name"`
	At             time.Time    `db:"created_at"`
	ReleasedAt     sql.NullTime `db:"released_at"`
	ReleasedBy     int64        `db:"released_by"`
	ReleasedByName string       `db:"released_by_name"`
	Reason         string       `db:"release_reason"`
	Document       string       `db:"release_doc"`
	Void           bool         `db:"void"`
}

func (r *row) hold() Hold {
	return Hold{ID: r.ID, Employee: r.Employee, Kind: r.Kind, Ground: r.Ground, Source: r.Source, SourceID: r.SourceID, From: r.From,
		To: r.To.Time, Note: r.Note, Derived: r.Derived, Set: r.Set, By: r.By, ByName: r.ByName, At: r.At, ReleasedAt: r.ReleasedAt.Time,
		ReleasedBy: r.ReleasedBy, ReleasedByName: r.ReleasedByName, Reason: r.Reason, Document: r.Document, Void: r.Void}
}

const fragColumns = `h.id, h.employee_id, h.kind, h.ground, h.source, coalesce(h.source_id, 0) as source_id, h.from_at, h.to_at, h.note,
        h.derived, coalesce(h.set_id, 0) as set_id, h.created_by, h.author_name, h.created_at, h.released_at,
        coalesce(h.released_by, 0) as released_by, h.released_by_name, h.release_reason, h.release_doc, h.void`

const sqlOf = db.Kept + `select ` + fragColumns + ` from hold h where h.org_id = $1 and h.employee_id = $2 order by h.from_at desc, h.id desc`

// Of lists every hold of a person, the newest first.
func (s *Service) Of(ctx context.Context, q db.Q, org int32, employee int64) ([]Hold, error) {
	return read(ctx, q, sqlOf, org, employee)
}

const sqlOpenAll = `select ` + fragColumns + ` from hold h
    where h.org_id = $1 and h.employee_id = any($2::bigint[]) and h.released_at is null
    order by h.employee_id, h.from_at, h.id`

// OpenAll lists the holds of people that nobody has released, by person, the oldest first. One that has a To may be over: see Open.
func (s *Service) OpenAll(ctx context.Context, q db.Q, org int32, employees []int64) ([]Hold, error) {
	return read(ctx, q, sqlOpenAll, org, pq.Array(employees))
}

const sqlOne = `select ` + fragColumns + ` from hold h where h.org_id = $1 and h.employee_id = $2 and h.id = $3`

// one reads a hold; a missing and a foreign one answer alike.
func one(ctx context.Context, q db.Q, query string, org int32, employee, id int64) (Hold, error) {
	var r row
	if err := q.GetContext(ctx, &r, query, org, employee, id); err != nil {
		return Hold{}, db.OneRow(err)
	}
	return r.hold(), nil
}

func read(ctx context.Context, q db.Q, query string, args ...any) ([]Hold, error) {
	var rows []row
	if err := q.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("read holds: %w", err)
	}
	holds := make([]Hold, len(rows))
	for i := range rows {
		holds[i] = rows[i].hold()
	}
	return holds, nil
}
