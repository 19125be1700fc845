package plan

import (
	"database/sql"
	"time"

	"github.com/fugong/fugong/internal/identity/authz"
)

// Row is a step as the database keeps it.
type Row struct {
	Step        string       `db:"step"`
	Round       int          `db:"round"`
	OwnerRole   string       `db:"owner_role"`
	Owner       int64        `db:"owner"`
	OwnerName   string       `db:"owner_name"`
	From        time.Time    `db:"from_at"`
	Due         sql.NullTime `db:"due_at"`
	Hard        sql.NullTime `db:"hard_at"`
	Done        sql.NullTime `db:"done_at"`
	DoneBy      string       `db:"done_by_name"`
	Skipped     bool         `db:"skipped"`
	Escalations int          `db:"escalations"`
	Escalated   sql.NullTime `db:"escalated_at"`
}

// Out is the step of a row.
func (r *Row) Out() Step {
	return Step{Name: r.Step, Round: r.Round, OwnerRole: authz.Role(r.OwnerRole), Owner: r.Owner, OwnerName: r.OwnerName, From: r.From,
		Due: r.Due.Time, Hard: r.Hard.Time, DoneAt: r.Done.Time, DoneBy: r.DoneBy, Skipped: r.Skipped, Escalations: r.Escalations,
		EscalatedAt: r.Escalated.Time}
}
