// Package roster is the kind of sheet that lists an enterprise's people. It knows the ways offices head its columns, hands each
// row to the employee file's own checks, and finds people who stand in the sheet twice.
package roster

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/employee/profile"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/intake"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/gb"
	"github.com/fugong/fugong/internal/platform/sheet"
)

// Kind imports rosters into the employee files.
type Kind struct {
	people employee.Roster
}

// New returns the kind.
func New(e *employee.Service) *Kind { return &Kind{people: employee.NewRoster(e)} }

// Name implements intake.Kind.
func (k *Kind) Name() string { return "roster" }

// Permission implements intake.Kind.
func (k *Kind) Permission() authz.Permission { return authz.RosterImport }

// Vocabulary implements intake.Kind.
func (k *Kind) Vocabulary() sheet.Vocabulary { return vocabulary }

// Begin implements intake.Kind.
func (k *Kind) Begin(env intake.Env, h sheet.Header) intake.Checker {
	return &checker{kind: k, env: env, today: env.At.In(env.Zone), header: h, fields: fields(h), seen: map[string]first{},
		numbers: map[string]int{}}
}

// Commit implements intake.Kind: one set-based merge. Records may have changed since the check; a row that is refused now is
// left out and counted.
func (k *Kind) Commit(ctx context.Context, tx *sqlx.Tx, env intake.Env, lines []intake.Line) (map[string]int, error) {
	drafts := make([]employee.Draft, len(lines))
	for i, l := range lines {
		var err error
		if drafts[i], err = employee.UnpackDraft(l.Payload); err != nil {
			return nil, fmt.Errorf("row %d: %w", l.Row, err)
		}
	}
	res, err := k.people.Merge(ctx, tx, env.Scope, drafts, env.At)
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for outcome, n := range res.Counts {
		counts[string(outcome)] = n
	}
	return counts, nil
}

// first is where a person was seen first in the sheet, and what was said then.
type first struct {
	row   int
	draft employee.Draft
}

type checker struct {
	kind    *Kind
	env     intake.Env
	today   time.Time
	header  sheet.Header
	fields  []field
	seen    map[string]first // by person
	known   employee.Known
	numbers map[string]int // employee number to the row it stands in
}

// Read implements intake.Checker.
func (c *checker) Read(row sheet.Row) intake.Line {
	l := intake.Line{Row: row.Number}
	in := c.incoming(row, &l)
	draft, faults := c.kind.people.Draft(in, c.today)
	for column, m := range faults {
		if !faulty(l, column) { // the cell's own problem says it better than "missing"
			l.Fault(column, c.header.Cell(row, column).Ref(), m)
		}
	}
	l.Label, l.Says = gb.MaskName(in.Name), draft
	return l
}

func faulty(l intake.Line, column string) bool {
	for _, p := range l.Problems {
		if p.Column == column && !p.Warning {
			return true
		}
	}
	return false
}

// incoming takes the texts of the row's cells; cells that the office program spoiled are faults.
func (c *checker) incoming(row sheet.Row, l *intake.Line) profile.Incoming {
	var in profile.Incoming
	for _, f := range c.fields {
		cell := row.Cell(f.column)
		switch {
		case cell.Empty():
			continue
		case cell.LostDigits():
			l.Fault(f.key, cell.Ref(), errs.Msg("intake.problem.lost_digits", "value", cell.Text))
			continue
		}
		if err := cell.Check(); err != nil {
			l.Fault(f.key, cell.Ref(), intake.ProblemOf(err))
			continue
		}
		*f.of(&in) = sheet.NormalizeText(cell.Text)
	}
	in.Name = sheet.NormalizeName(in.Name)
	if cell := c.header.Cell(row, "joined_on"); in.JoinedOn != "" {
		day, _, err := sheet.ParseInstant(cell, c.env.Zone, c.env.At)
		if err != nil {
			l.Fault("joined_on", cell.Ref(), intake.ProblemOf(err))
		}
		in.JoinedOn = day.Format(time.DateOnly)
	}
	return in
}

// repeats notices a person or an employee number that stood in an earlier row.
func (c *checker) repeats(l *intake.Line, draft employee.Draft) {
	ref := intake.Ref(c.header, l.Row, "id_number")
	if f, again := c.seen[draft.Person()]; again {
		if f.draft.Says(&draft) {
			l.Outcome = intake.RowRepeated
			l.Warn("id_number", ref, errs.Msg("intake.problem.repeated", "Row", f.row))
			return
		}
		l.Fault("id_number", ref, errs.Msg("intake.problem.repeated_differs", "Row", f.row))
		return
	}
	c.seen[draft.Person()] = first{row: l.Row, draft: draft}
	number := draft.EmployeeNo()
	if number == "" {
		return
	}
	if earlier, again := c.numbers[number]; again {
		l.Fault("employee_no", intake.Ref(c.header, l.Row, "employee_no"), errs.Msg("intake.problem.number_repeated", "Row", earlier))
		return
	}
	c.numbers[number] = l.Row
}

// Judge implements intake.Checker: what a merge would do with the rows.
func (c *checker) Judge(ctx context.Context, tx *sqlx.Tx, lines []*intake.Line) error {
	var drafts []employee.Draft
	var open []*intake.Line
	for _, l := range lines {
		if l.Outcome != "" {
			continue
		}
		draft := l.Says.(employee.Draft)
		if c.repeats(l, draft); l.Outcome != "" {
			continue
		}
		drafts, open = append(drafts, draft), append(open, l)
	}
	plan, err := c.kind.people.Plan(ctx, tx, c.env.Scope, drafts, &c.known, c.env.At)
	if err != nil {
		return err
	}
	for i, l := range open {
		l.Payload = string(drafts[i].Append(nil))
		c.settle(l, plan.Rows[i])
	}
	return nil
}

func (c *checker) settle(l *intake.Line, r employee.RowResult) {
	switch r.Outcome {
	case employee.RowNew:
		l.Outcome = intake.RowNew
	case employee.RowChanged:
		l.Outcome = intake.RowChanged
	case employee.RowUnchanged:
		l.Outcome = intake.RowUnchanged
	case employee.RowRehired:
		l.Outcome = intake.RowChanged
		l.Warn("", "", errs.Msg("intake.problem.rehired"))
	case employee.RowRefused:
		for column, m := range r.Problems {
			l.Fault(column, intake.Ref(c.header, l.Row, column), m)
		}
	}
}
