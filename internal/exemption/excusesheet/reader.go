package excusesheet

import (
	"strings"
	"time"

	"github.com/fugong/fugong/internal/employee/match"
	"github.com/fugong/fugong/internal/intake"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/gb"
	"github.com/fugong/fugong/internal/platform/sheet"
)

// reader reads one row; problems go to the line.
type reader struct {
	env    intake.Env
	header sheet.Header
	row    sheet.Row
	line   *intake.Line
}

func (r *reader) cell(key string) sheet.Cell { return r.header.Cell(r.row, key) }

// has reports whether the sheet has one of the columns.
func (r *reader) has(keys ...string) bool {
	for _, k := range keys {
		if _, ok := r.header.Columns[k]; ok {
			return true
		}
	}
	return false
}

// fault is a fault of a cell, or of the row when the sheet has no such column.
func (r *reader) fault(key, text string, args ...any) {
	r.line.Fault(key, intake.Ref(r.header, r.row.Number, key), errs.Msg(text, args...))
}

func (r *reader) warn(key, text string) {
	r.line.Warn(key, intake.Ref(r.header, r.row.Number, key), errs.Msg(text))
}

// text is the cell's text; a spoiled cell is a fault.
func (r *reader) text(key string) string {
	c := r.cell(key)
	if c.Empty() {
		return ""
	}
	if err := c.Check(); err != nil {
		r.line.Fault(key, c.Ref(), intake.ProblemOf(err))
		return ""
	}
	return sheet.NormalizeText(c.Text)
}

// word is the cell's text without spaces and in lower case, as word lists have it.
func (r *reader) word(key string) string {
	return strings.ToLower(strings.ReplaceAll(r.text(key), " ", ""))
}

// who says whom the row means. A number that the office program ruined is a fault: the row would land with a namesake.
func (r *reader) who() match.Key {
	k := match.Key{Name: sheet.NormalizeName(r.text("name")), EmployeeNo: r.text("employee_no")}
	id := r.cell("id_number")
	switch {
	case id.Empty():
	case id.LostDigits():
		r.line.Fault("id_number", id.Ref(), errs.Msg("intake.problem.lost_digits", "value", id.Text))
	default:
		k.IDNumber = gb.NormalizeID(strings.TrimPrefix(r.text("id_number"), "'"))
	}
	if k == (match.Key{}) && r.line.Outcome == "" {
		r.fault("id_number", "exemption.sheet.who")
	}
	return k
}

// span is a stretch of time as a row gives it. The columns are where its ends stand, to point at. A day as the end means its last
// moment; a zero end was not given.
type span struct {
	from, to           time.Time
	fromColumn, column string
}

// span reads the columns from and to, or else period, which holds both. Faults go to the line; ok is false after one.
func (r *reader) span() (s span, ok bool) {
	s = span{fromColumn: "from", column: "to"}
	if r.cell("from").Empty() && r.cell("to").Empty() && r.has("period") {
		return r.period()
	}
	_, okFrom := r.instant("from", &s.from)
	if okFrom && s.from.IsZero() {
		r.fault("from", "exemption.sheet.no_beginning")
		okFrom = false
	}
	dayOnly, okTo := r.instant("to", &s.to)
	if dayOnly {
		s.to = s.to.AddDate(0, 0, 1)
	}
	return s, okFrom && okTo
}

func (r *reader) period() (s span, ok bool) {
	s = span{fromColumn: "period", column: "period"}
	c := r.cell("period")
	if c.Empty() {
		r.fault("period", "exemption.sheet.no_beginning")
		return s, false
	}
	from, to, err := parsePeriod(c, r.env.Zone, r.env.At)
	if err != nil {
		r.line.Fault("period", c.Ref(), intake.ProblemOf(err))
		return s, false
	}
	s.from, s.to = from, to
	return s, true
}

// instant reads a date with or without a time of day; an empty cell leaves it zero.
func (r *reader) instant(key string, into *time.Time) (dayOnly, ok bool) {
	c := r.cell(key)
	if c.Empty() {
		return false, true
	}
	at, dayOnly, err := sheet.ParseInstant(c, r.env.Zone, r.env.At)
	if err != nil {
		r.line.Fault(key, c.Ref(), intake.ProblemOf(err))
		return false, false
	}
	*into = at
	return dayOnly, true
}
