// Package returnsheet is the kind of sheet that lists a returning batch: who comes back when, from where, and what the office asked
// them. A line finds its person as a laboratory's sheet does; what it becomes is for package returning to say.
package returnsheet

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/employee/match"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/intake"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/gb"
	"github.com/fugong/fugong/internal/platform/sheet"
	"github.com/fugong/fugong/internal/returning"
)

// Kind imports returning batches into the cases.
type Kind struct {
	employees *employee.Service
	returns   *returning.Service
}

// New returns the kind.
func New(e *employee.Service, r *returning.Service) *Kind { return &Kind{e, r} }

// Name implements intake.Kind.
func (k *Kind) Name() string { return "returning" }

// Permission implements intake.Kind.
func (k *Kind) Permission() authz.Permission { return authz.ReturnReview }

// Vocabulary implements intake.Kind.
func (k *Kind) Vocabulary() sheet.Vocabulary { return vocabulary }

// Begin implements intake.Kind.
func (k *Kind) Begin(env intake.Env, h sheet.Header) intake.Checker {
	return &checker{kind: k, env: env, header: h, told: map[int64]telling{}}
}

// Commit implements intake.Kind. Records may have changed since the check; a row that is refused now is left out and counted.
func (k *Kind) Commit(ctx context.Context, tx *sqlx.Tx, env intake.Env, lines []intake.Line) (map[string]int, error) {
	ins := make([]returning.Incoming, len(lines))
	for i, l := range lines {
		if err := json.Unmarshal([]byte(l.Payload), &ins[i]); err != nil {
			return nil, fmt.Errorf("row %d: %w", l.Row, err)
		}
	}
	outcomes, err := k.returns.Merge(ctx, tx, env.Scope, ins, env.At)
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for _, o := range outcomes {
		counts[string(o.Kind)]++
	}
	return counts, nil
}

// telling is where a person stood first in the sheet, and what was said then.
type telling struct {
	row     int
	payload string
}

type checker struct {
	kind   *Kind
	env    intake.Env
	header sheet.Header
	told   map[int64]telling
}

// line is a readable row before its person is known.
type line struct {
	Who      match.Key
	Incoming returning.Incoming
}

// Read implements intake.Checker.
func (c *checker) Read(row sheet.Row) intake.Line {
	l := intake.Line{Row: row.Number}
	r := reader{checker: c, row: row, line: &l}
	x := line{Who: r.who(), Incoming: r.incoming()}
	l.Label = gb.MaskName(x.Who.Name)
	l.Says = x
	return l
}

// Judge implements intake.Checker: find the people, then ask what their cases would become.
func (c *checker) Judge(ctx context.Context, tx *sqlx.Tx, lines []*intake.Line) error {
	var open []*intake.Line
	var parsed []line
	var keys []match.Key
	for _, l := range lines {
		if l.Outcome != "" {
			continue
		}
		x := l.Says.(line)
		open, parsed, keys = append(open, l), append(parsed, x), append(keys, x.Who)
	}
	found, err := c.kind.employees.Match(ctx, tx, c.env.Scope.Org, keys)
	if err != nil {
		return err
	}
	var ins []returning.Incoming
	var known []*intake.Line
	for i, l := range open {
		if !c.accept(l, parsed[i].Who, found[i]) {
			continue
		}
		in := parsed[i].Incoming
		in.Employee = found[i].ID
		if l.Label == "" {
			l.Label = gb.MaskName(found[i].Name)
		}
		payload, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("row %d: %w", l.Row, err)
		}
		l.Payload = string(payload)
		if !c.repeated(l, in.Employee) {
			ins, known = append(ins, in), append(known, l)
		}
	}
	outcomes, err := c.kind.returns.Plan(ctx, tx, c.env.Scope, ins, c.env.At)
	if err != nil {
		return err
	}
	for i, l := range known {
		c.settle(l, outcomes[i])
	}
	return nil
}

// accept says what the reader should know of how a person was found; false when nobody was.
func (c *checker) accept(l *intake.Line, who match.Key, f match.Found) bool {
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
		l.Fault(column, ref, errs.Msg("screening.sheet.ambiguous", "Count", f.Candidates))
		return false
	case f.ID == 0:
		l.Fault(column, ref, errs.Msg("screening.sheet.nobody"))
		return false
	}
	if f.By == match.ByName {
		l.Warn(column, ref, errs.Msg("screening.sheet.by_name"))
	}
	if f.NameDiffers {
		l.Warn("name", intake.Ref(c.header, l.Row, "name"), errs.Msg("screening.sheet.name_differs", "Name", gb.MaskName(f.Name)))
	}
	return true
}

// repeated notices a person who stood in an earlier row.
func (c *checker) repeated(l *intake.Line, id int64) bool {
	earlier, again := c.told[id]
	if !again {
		c.told[id] = telling{l.Row, l.Payload}
		return false
	}
	ref := intake.Ref(c.header, l.Row, "name")
	if earlier.payload == l.Payload {
		l.Outcome = intake.RowRepeated
		l.Warn("name", ref, errs.Msg("intake.problem.repeated", "Row", earlier.row))
		return true
	}
	l.Fault("name", ref, errs.Msg("intake.problem.repeated_differs", "Row", earlier.row))
	return true
}

var outcomes = map[returning.Kind]intake.Outcome{returning.Added: intake.RowNew, returning.Changed: intake.RowChanged,
	returning.Unchanged: intake.RowUnchanged}

func (c *checker) settle(l *intake.Line, o returning.Outcome) {
	ref := func(column string) string { return intake.Ref(c.header, l.Row, column) }
	if o.Kind == returning.Refused {
		if o.Message.Key != "" {
			l.Fault("", "", o.Message)
		}
		for column, m := range o.Faults {
			l.Fault(column, ref(column), m)
		}
		return
	}
	l.Outcome = outcomes[o.Kind]
	if o.Message.Key != "" {
		l.Warn("", "", o.Message)
	}
}
