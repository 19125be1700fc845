// Package excusesheet is three kinds of sheet that offices keep about who owes no test: vaccinations, exemptions, and leave. A line
// finds its person by identity number, then by employee number, then by name within the org, the last with a warning.
//
// What a line becomes is said by package exemption, for leave by package employee, so that the preview and the commit cannot
// differ from what the pages do.
package excusesheet

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/employee/match"
	"github.com/fugong/fugong/internal/exemption"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/intake"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/gb"
	"github.com/fugong/fugong/internal/platform/sheet"
)

// People finds files by what a sheet says of a person.
type People interface {
	Match(ctx context.Context, q db.Q, org int32, keys []match.Key) ([]match.Found, error)
}

// Kinds returns the three kinds: vaccination, exemption, leave.
func Kinds(e *employee.Service, x *exemption.Service) []intake.Kind {
	return []intake.Kind{
		&kind[doses]{name: "vaccination", words: doseWords, people: e, read: readDoses, work: doseWork{x}},
		&kind[excuse]{name: "exemption", words: excuseWords, people: e, read: readExcuse, work: excuseWork{x}},
		&kind[leave]{name: "leave", words: leaveWords, people: e, read: readLeave, work: leaveWork{e}},
	}
}

// statement is what one line says about one person.
type statement[T any] interface {
	// of is the statement with the person whom it is about.
	of(employee int64) T
	// said lists what it tells, each by what it tells of: two lines may tell of the same thing only the same.
	said() []saying
}

// saying is one thing told: of what, what, and the column to point at.
type saying struct{ key, content, column string }

// verdict is what would become of a statement.
type verdict struct {
	outcome intake.Outcome
	faults  []fault
}

// fault is what is wrong with a statement, and the column to point at.
type fault struct {
	column  string
	message errs.Message
}

// work brings statements into the records. Outcomes have the places of their statements.
type work[T any] interface {
	plan(ctx context.Context, tx *sqlx.Tx, env intake.Env, says []T) ([]verdict, error)
	merge(ctx context.Context, tx *sqlx.Tx, env intake.Env, says []T) (map[string]int, error)
	// resigned reports whether a line about somebody who has left is kept out.
	resigned() bool
}

// kind is a kind of sheet whose lines say T.
type kind[T statement[T]] struct {
	name   string
	words  sheet.Vocabulary
	people People
	read   func(r *reader) T
	work   work[T]
}

// Name implements intake.Kind.
func (k *kind[T]) Name() string { return k.name }

// Permission implements intake.Kind.
func (k *kind[T]) Permission() authz.Permission { return authz.ExemptionEdit }

// Vocabulary implements intake.Kind.
func (k *kind[T]) Vocabulary() sheet.Vocabulary { return k.words }

// Begin implements intake.Kind.
func (k *kind[T]) Begin(env intake.Env, h sheet.Header) intake.Checker {
	return &checker[T]{kind: k, env: env, header: h, told: map[string]telling{}}
}

// Commit implements intake.Kind.
func (k *kind[T]) Commit(ctx context.Context, tx *sqlx.Tx, env intake.Env, lines []intake.Line) (map[string]int, error) {
	says := make([]T, len(lines))
	for i, l := range lines {
		if err := json.Unmarshal([]byte(l.Payload), &says[i]); err != nil {
			return nil, fmt.Errorf("row %d: %w", l.Row, err)
		}
	}
	return k.work.merge(ctx, tx, env, says)
}

// telling is what an earlier row of the sheet said of something.
type telling struct {
	row     int
	content string
}

type checker[T statement[T]] struct {
	kind   *kind[T]
	env    intake.Env
	header sheet.Header
	told   map[string]telling
}

// line is a readable row before its person is known.
type line[T any] struct {
	Who  match.Key
	Says T
}

// Read implements intake.Checker.
func (c *checker[T]) Read(row sheet.Row) intake.Line {
	l := intake.Line{Row: row.Number}
	r := &reader{env: c.env, header: c.header, row: row, line: &l}
	x := line[T]{Who: r.who(), Says: c.kind.read(r)}
	l.Label = gb.MaskName(x.Who.Name)
	l.Says = x
	return l
}

// Judge implements intake.Checker: find the people, then ask what would become of what is said about them.
func (c *checker[T]) Judge(ctx context.Context, tx *sqlx.Tx, lines []*intake.Line) error {
	open, read, found, err := c.match(ctx, tx, lines)
	if err != nil {
		return err
	}
	var says []T
	var known []*intake.Line
	for i, l := range open {
		if !c.accept(l, read[i].Who, found[i]) {
			continue
		}
		if l.Label == "" {
			l.Label = gb.MaskName(found[i].Name)
		}
		s := read[i].Says.of(found[i].ID)
		if c.repeats(l, s) {
			continue
		}
		payload, err := json.Marshal(s)
		if err != nil {
			return fmt.Errorf("row %d: %w", l.Row, err)
		}
		l.Payload = string(payload)
		says, known = append(says, s), append(known, l)
	}
	verdicts, err := c.kind.work.plan(ctx, tx, c.env, says)
	if err != nil {
		return err
	}
	for i, l := range known {
		l.Outcome = verdicts[i].outcome
		for _, f := range verdicts[i].faults {
			l.Fault(f.column, intake.Ref(c.header, l.Row, f.column), f.message)
		}
	}
	return nil
}

// match reads the lines that are still open and finds their people.
func (c *checker[T]) match(ctx context.Context, tx *sqlx.Tx, lines []*intake.Line) (open []*intake.Line, read []line[T], found []match.Found, err error) {
	var who []match.Key
	for _, l := range lines {
		if l.Outcome != "" {
			continue
		}
		x := l.Says.(line[T])
		open, read, who = append(open, l), append(read, x), append(who, x.Who)
	}
	found, err = c.kind.people.Match(ctx, tx, c.env.Scope.Org, who)
	return open, read, found, err
}

// accept says what the reader should know of how a person was found; false when nobody was.
func (c *checker[T]) accept(l *intake.Line, who match.Key, f match.Found) bool {
	column := "name"
	switch {
	case who.IDNumber != "":
		column = "id_number"
	case who.EmployeeNo != "":
		column = "employee_no"
	}
	ref := intake.Ref(c.header, l.Row, column)
	switch {
	case f.ID == 0 && f.Candidates > 1:
		l.Fault(column, ref, errs.Msg("exemption.sheet.ambiguous", "Count", f.Candidates))
		return false
	case f.ID == 0:
		l.Fault(column, ref, errs.Msg("exemption.sheet.nobody"))
		return false
	case f.Resigned && c.kind.work.resigned():
		l.Fault(column, ref, errs.Msg("exemption.sheet.resigned"))
		return false
	case f.Resigned:
		l.Warn(column, ref, errs.Msg("exemption.sheet.resigned"))
	}
	if f.By == match.ByName {
		l.Warn(column, ref, errs.Msg("exemption.sheet.by_name"))
	}
	if f.NameDiffers {
		l.Warn("name", intake.Ref(c.header, l.Row, "name"), errs.Msg("exemption.sheet.name_differs", "Name", gb.MaskName(f.Name)))
	}
	return true
}

// repeats notices what an earlier row told. A row that tells nothing else is passed over; the same thing told otherwise is a fault.
func (c *checker[T]) repeats(l *intake.Line, s T) bool {
	said, old := s.said(), 0
	for _, x := range said {
		earlier, again := c.told[x.key]
		switch {
		case !again:
			c.told[x.key] = telling{l.Row, x.content}
		case earlier.content == x.content:
			old++
		default:
			l.Fault(x.column, intake.Ref(c.header, l.Row, x.column), errs.Msg("intake.problem.repeated_differs", "Row", earlier.row))
		}
	}
	if l.Outcome == intake.RowFaulty {
		return true
	}
	if old == 0 || old < len(said) {
		return false
	}
	first := said[0]
	l.Outcome = intake.RowRepeated
	l.Warn(first.column, intake.Ref(c.header, l.Row, first.column), errs.Msg("intake.problem.repeated", "Row", c.told[first.key].row))
	return true
}
