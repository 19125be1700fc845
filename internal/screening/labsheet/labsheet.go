// Package labsheet is the kind of sheet that a laboratory sends: one line per sample. A line finds its person by identity
// number, then by employee number, then by name within the org, the last with a warning; what a sample becomes is for
// package screening to say.
package labsheet

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/employee/match"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/intake"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/gb"
	"github.com/fugong/fugong/internal/platform/sheet"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
)

// Kind imports laboratories' sheets into the samples.
type Kind struct {
	employees *employee.Service
	samples   *screening.Service
}

// New returns the kind.
func New(e *employee.Service, s *screening.Service) *Kind { return &Kind{employees: e, samples: s} }

// Name implements intake.Kind.
func (k *Kind) Name() string { return "lab" }

// Permission implements intake.Kind.
func (k *Kind) Permission() authz.Permission { return authz.SampleImport }

// Vocabulary implements intake.Kind.
func (k *Kind) Vocabulary() sheet.Vocabulary { return vocabulary }

// Begin implements intake.Kind.
func (k *Kind) Begin(env intake.Env, h sheet.Header) intake.Checker {
	return &checker{kind: k, env: env, header: h, told: map[screening.Key]telling{}}
}

// Commit implements intake.Kind.
func (k *Kind) Commit(ctx context.Context, tx *sqlx.Tx, env intake.Env, lines []intake.Line) (map[string]int, error) {
	ins := make([]screening.Input, len(lines))
	for i, l := range lines {
		if err := json.Unmarshal([]byte(l.Payload), &ins[i]); err != nil {
			return nil, fmt.Errorf("row %d: %w", l.Row, err)
		}
	}
	counts := map[string]int{}
	for _, part := range portions(ins) {
		outcomes, err := k.samples.Merge(ctx, tx, env.Scope, part, env.At)
		if err != nil {
			return nil, err
		}
		for _, o := range outcomes {
			counts[string(o.Kind)]++
		}
	}
	return counts, nil
}

// portion is about how many samples are merged at once, which bounds what a long sheet takes in memory.
const portion = 5000

// portions cuts the samples of a sheet, in the order of their people, so that files are locked in that order and nobody's samples are
// parted. Where a tube's mates say how it was collected for those who do not, all stay together.
func portions(ins []screening.Input) [][]screening.Input {
	slices.SortStableFunc(ins, func(a, b screening.Input) int { return cmp.Compare(a.Employee, b.Employee) })
	tubes := map[string]int{}
	for _, in := range ins {
		tubes[in.Barcode]++
	}
	var out [][]screening.Input
	start := 0
	for i, in := range ins {
		if in.Barcode != "" && in.Mode == "" && tubes[in.Barcode] > 1 {
			return [][]screening.Input{ins}
		}
		if i-start >= portion && in.Employee != ins[i-1].Employee {
			out, start = append(out, ins[start:i]), i
		}
	}
	return append(out, ins[start:])
}

// telling is what an earlier row of the sheet said of a sample.
type telling struct {
	row   int
	input screening.Input
}

type checker struct {
	kind   *Kind
	env    intake.Env
	header sheet.Header
	told   map[screening.Key]telling
}

// line is a readable row before its person is known.
type line struct {
	Who   match.Key
	Input screening.Input
}

// Read implements intake.Checker.
func (c *checker) Read(row sheet.Row) intake.Line {
	l := intake.Line{Row: row.Number}
	r := reader{checker: c, row: row, line: &l}
	x := line{Who: r.who(), Input: r.input()}
	l.Label = gb.MaskName(x.Who.Name)
	l.Says = x
	return l
}

// Judge implements intake.Checker: find the people, then ask what the samples would become.
func (c *checker) Judge(ctx context.Context, tx *sqlx.Tx, lines []*intake.Line) error {
	open, found, err := c.match(ctx, tx, lines)
	if err != nil {
		return err
	}
	var ins []screening.Input
	var known []*intake.Line
	for i, l := range open {
		x := l.Says.(line)
		if !c.accept(l, x.Who, found[i]) {
			continue
		}
		x.Input.Employee = found[i].ID
		if l.Label == "" {
			l.Label = gb.MaskName(found[i].Name)
		}
		if c.repeated(l, x.Input) {
			continue
		}
		payload, err := json.Marshal(x.Input)
		if err != nil {
			return fmt.Errorf("row %d: %w", l.Row, err)
		}
		l.Payload = string(payload)
		ins, known = append(ins, x.Input), append(known, l)
	}
	outcomes, err := c.kind.samples.Plan(ctx, tx, c.env.Scope, ins, c.env.At)
	if err != nil {
		return err
	}
	for i, l := range known {
		c.settle(l, outcomes[i])
	}
	return nil
}

func (c *checker) match(ctx context.Context, tx *sqlx.Tx, lines []*intake.Line) ([]*intake.Line, []match.Found, error) {
	var open []*intake.Line
	var keys []match.Key
	for _, l := range lines {
		if l.Outcome != "" {
			continue
		}
		x := l.Says.(line)
		open, keys = append(open, l), append(keys, x.Who)
	}
	found, err := c.kind.employees.Match(ctx, tx, c.env.Scope.Org, keys)
	return open, found, err
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
	case f.Resigned:
		l.Warn(column, ref, errs.Msg("screening.sheet.resigned"))
	}
	if f.By == match.ByName {
		l.Warn(column, ref, errs.Msg("screening.sheet.by_name"))
	}
	if f.NameDiffers {
		l.Warn("name", intake.Ref(c.header, l.Row, "name"), errs.Msg("screening.sheet.name_differs", "Name", gb.MaskName(f.Name)))
	}
	return true
}

// repeated notices a sample that an earlier row told of. The same again is passed over; another result goes on, so that the
// worse one is kept and flagged.
func (c *checker) repeated(l *intake.Line, in screening.Input) bool {
	key := screening.NewKey(in.Employee, in.SampledAt)
	earlier, again := c.told[key]
	if !again {
		c.told[key] = telling{row: l.Row, input: in}
		return false
	}
	if earlier.input.Result == in.Result {
		l.Outcome = intake.RowRepeated
		l.Warn("sampled_at", intake.Ref(c.header, l.Row, "sampled_at"), errs.Msg("intake.problem.repeated", "Row", earlier.row))
		return true
	}
	if earlier.input.Result != regime.ResultPending && in.Result != regime.ResultPending {
		l.Warn("result", intake.Ref(c.header, l.Row, "result"), errs.Msg("screening.sheet.conflict_in_sheet", "Row", earlier.row))
	}
	return false
}

func (c *checker) settle(l *intake.Line, o screening.Outcome) {
	switch o.Kind {
	case screening.Added:
		l.Outcome = intake.RowNew
	case screening.Updated:
		l.Outcome = intake.RowChanged
	case screening.Duplicate:
		l.Outcome = intake.RowUnchanged
	case screening.Conflict:
		l.Outcome = intake.RowChanged
		l.Warn("result", intake.Ref(c.header, l.Row, "result"), errs.Msg("screening.sheet.conflict"))
	case screening.Refused:
		l.Fault(o.Field, intake.Ref(c.header, l.Row, o.Field), o.Message)
	}
}
