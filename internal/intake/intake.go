// Package intake takes uploaded sheets into the records: it keeps the file, checks every row in a background task, shows a
// count for every outcome before anything is written, commits the good rows in one transaction, and hands back a workbook
// with the reason beside each bad cell.
//
// What a sheet means is the business of a Kind (a roster, a lab's results); this package knows only rows, outcomes and
// problems. Nothing is half done: checking can start again from the beginning at any time, and committing is one transaction.
package intake

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/sheet"
)

// State is how far an import has come.
type State string

// The states. Ready waits for the reader's decision; Refused is a file that cannot be read as a sheet.
const (
	Queued     State = "queued"
	Checking   State = "checking"
	Ready      State = "ready"
	Committing State = "committing"
	Done       State = "done"
	Refused    State = "refused"
	Failed     State = "failed"
	Cancelled  State = "cancelled"
)

// Moving reports whether a task works on the import, so that a page should ask again.
func (s State) Moving() bool { return s == Queued || s == Checking || s == Committing }

// Outcome is what becomes of a row.
type Outcome string

// The outcomes. Good rows are RowNew, RowChanged and RowUnchanged; RowRepeated is a row that says what an earlier row of the sheet said.
const (
	RowNew       Outcome = "new"
	RowChanged   Outcome = "changed"
	RowUnchanged Outcome = "unchanged"
	RowRepeated  Outcome = "repeated"
	RowFaulty    Outcome = "faulty"
)

// Outcomes lists them in the order in which they are shown.
func Outcomes() []Outcome { return []Outcome{RowNew, RowChanged, RowUnchanged, RowRepeated, RowFaulty} }

// Problem is something wrong or doubtful in one cell. A warning does not keep the row out.
type Problem struct {
	Column  string       `json:"column"` // key of the vocabulary, "" for the row as a whole
	Ref     string       `json:"ref"`    // the cell as the spreadsheet names it, such as C7
	Message errs.Message `json:"message"`
	Warning bool         `json:"warning,omitempty"`
}

// Line is one row of a sheet on its way.
type Line struct {
	Row      int
	Label    string // how people are told which row: a masked name
	Outcome  Outcome
	Says     any    // what Read understood, for Judge; never stored
	Payload  string // what Commit needs, set by Judge; sealed at rest
	Problems []Problem

	hidden bool
}

// Fault adds a problem that keeps the row out.
func (l *Line) Fault(column, ref string, m errs.Message) {
	l.Outcome = RowFaulty
	l.Problems = append(l.Problems, Problem{Column: column, Ref: ref, Message: m})
}

// Warn adds a problem that the reader should know of.
func (l *Line) Warn(column, ref string, m errs.Message) {
	l.Problems = append(l.Problems, Problem{Column: column, Ref: ref, Message: m, Warning: true})
}

// Ref names a cell by its column's letter and the row's number; "" when the sheet lacks the column.
func Ref(h sheet.Header, row int, column string) string {
	i, ok := h.Columns[column]
	if !ok {
		return ""
	}
	return fmt.Sprint(sheet.ColumnName(i), row)
}

// Env is what a check may need to know beside the rows.
type Env struct {
	Scope authz.Scope
	Zone  *time.Location
	At    time.Time
}

// Kind is what a sheet can be.
type Kind interface {
	// Name is the stable id: roster, lab.
	Name() string
	// Permission is needed to import.
	Permission() authz.Permission
	// Vocabulary is the columns it understands.
	Vocabulary() sheet.Vocabulary
	// Begin starts the check of one sheet; the Checker remembers the rows before.
	Begin(env Env, h sheet.Header) Checker
	// Commit writes the payloads of good lines in the transaction and counts what became of them. It must give the same
	// records however often it is repeated.
	Commit(ctx context.Context, tx *sqlx.Tx, env Env, lines []Line) (map[string]int, error)
}

// Checker reads the rows of one sheet.
type Checker interface {
	// Read turns a row into a line, looking at nothing but the row: rows are read side by side.
	Read(row sheet.Row) Line
	// Judge compares lines with the rows before and with the records, and sets their outcomes; faulty lines are left alone. Lines
	// come in the order of the sheet, each once.
	Judge(ctx context.Context, tx *sqlx.Tx, lines []*Line) error
}

// Column is a column of a checked sheet as pages show it.
type Column struct {
	Key   string `json:"key"` // "" for a column that is not understood
	Label string `json:"label"`
}

// Import is one uploaded sheet.
type Import struct {
	ID          int64
	Kind        string
	Filename    string
	Size        int
	State       State
	Sheet       string
	HeaderRow   int
	Columns     []Column
	Counts      map[string]int // by outcome, and "warnings"; after the commit also the kind's own
	Error       errs.Message   // why it was refused or failed
	By          string
	ByAccount   int64
	CreatedAt   time.Time
	CheckedAt   time.Time
	CommittedAt time.Time
}

// Good is the number of rows that a commit would take in.
func (i Import) Good() int {
	return i.Counts[string(RowNew)] + i.Counts[string(RowChanged)] + i.Counts[string(RowUnchanged)]
}

// Faulty is the number of rows that stay out.
func (i Import) Faulty() int { return i.Counts[string(RowFaulty)] }

// Rows is the number of data rows of the sheet.
func (i Import) Rows() int { return i.Good() + i.Counts[string(RowRepeated)] + i.Faulty() }

// ProblemOf puts a value parser's problem into a message.
func ProblemOf(err error) errs.Message {
	p, ok := err.(*sheet.Problem)
	if !ok {
		return errs.Msg("intake.problem.value")
	}
	return errs.Message{Key: "intake.problem." + string(p.Key), Args: p.Args}
}
