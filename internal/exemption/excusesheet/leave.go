package excusesheet

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/intake"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/sheet"
	"github.com/fugong/fugong/internal/regime"
)

// leaveWords is how offices head the columns of a list of leave.
var leaveWords = sheet.Vocabulary{
	{Key: "id_number", Synonyms: idWords},
	{Key: "employee_no", Synonyms: numberWords},
	{Key: "name", Synonyms: nameWords},
	{Key: "from", Synonyms: []string{"开始时间", "开始日期", "起始时间", "起始日期", "请假开始时间", "请假开始日期", "请假日期", "自", "From"}},
	{Key: "to", Synonyms: []string{"结束时间", "结束日期", "截止时间", "截止日期", "请假结束时间", "请假结束日期", "销假时间", "销假日期", "至", "To"}},
	{Key: "period", Synonyms: []string{"请假时间", "请假起止时间", "起止时间", "起止日期", "请假期间", "Period"}},
	{Key: "days", Synonyms: []string{"请假天数", "天数", "Days"}},
	{Key: "type", Synonyms: []string{"请假类型", "请假类别", "假别", "假期类型", "Kind of leave"}},
	{Key: "reason", Synonyms: []string{"请假事由", "请假原因", "事由", "原因", "Reason"}},
	{Key: "note", Synonyms: []string{"备注", "说明", "Note"}},
}

// leave is what a line says about a leave, with the columns to point at.
type leave struct {
	Told             employee.Dated
	FromColumn, Ends string
}

func (l leave) of(id int64) leave {
	l.Told.Employee = id
	return l
}

func (l leave) said() []saying {
	d := l.Told
	return []saying{{key: fmt.Sprint(d.Employee, "/", d.From.Unix()), content: fmt.Sprint(d.Until.Unix(), d.Reason), column: l.FromColumn}}
}

func readLeave(r *reader) leave {
	s, ok := r.span()
	var days time.Duration
	if ok {
		days, ok = r.days()
	}
	switch {
	case !ok || days == 0:
	case s.to.IsZero():
		s.to, s.column = s.from.Add(days), "days"
	case (s.to.Sub(s.from) - days).Abs() >= 24*time.Hour:
		r.warn("days", "exemption.sheet.days_differ")
	}
	d := employee.Dated{StatusChange: employee.StatusChange{Status: string(regime.StatusLeave), From: s.from, Until: s.to,
		Reason: strings.Trim(r.text("type")+" "+r.text("reason"), " ")}}
	return leave{Told: d, FromColumn: s.fromColumn, Ends: s.column}
}

// days reads the number of days; half a day is twelve hours.
func (r *reader) days() (time.Duration, bool) {
	c := r.cell("days")
	if c.Empty() {
		return 0, true
	}
	if c.Kind == sheet.KindText {
		c.Text = strings.TrimSuffix(strings.TrimSuffix(sheet.NormalizeText(c.Text), "天"), "日")
	}
	n, err := sheet.ParseDecimal(c)
	switch {
	case err != nil:
		r.line.Fault("days", c.Ref(), intake.ProblemOf(err))
	case n <= 0 || n > 400:
		r.fault("days", "exemption.sheet.days_range")
	default:
		return time.Duration(n * float64(24*time.Hour)), true
	}
	return 0, false
}

// leaveWork brings leave into the files. That somebody is on leave is their work status, which package employee keeps.
type leaveWork struct{ files *employee.Service }

// resigned keeps those out who have left: leave would bring them back.
func (leaveWork) resigned() bool { return true }

// plan tries the leave out and takes it back, so that the preview says exactly what the commit will.
func (w leaveWork) plan(ctx context.Context, tx *sqlx.Tx, env intake.Env, says []leave) ([]verdict, error) {
	if len(says) == 0 {
		return nil, nil
	}
	if _, err := tx.ExecContext(ctx, "savepoint leave_plan"); err != nil {
		return nil, fmt.Errorf("set savepoint: %w", err)
	}
	verdicts, err := w.put(ctx, tx, env, says)
	if err != nil {
		return nil, err
	}
	if _, err := tx.ExecContext(ctx, "rollback to savepoint leave_plan"); err != nil {
		return nil, fmt.Errorf("go back to savepoint: %w", err)
	}
	return verdicts, nil
}

func (w leaveWork) merge(ctx context.Context, tx *sqlx.Tx, env intake.Env, says []leave) (map[string]int, error) {
	verdicts, err := w.put(ctx, tx, env, says)
	counts := map[string]int{}
	for _, v := range verdicts {
		outcome := string(v.outcome)
		if len(v.faults) > 0 {
			outcome = "refused"
		}
		counts[outcome]++
	}
	return counts, err
}

// put records the leave that the files do not show yet, for each person in the order of time.
func (w leaveWork) put(ctx context.Context, tx *sqlx.Tx, env intake.Env, says []leave) ([]verdict, error) {
	verdicts, err := compare(ctx, tx, env.Scope.Org, says)
	if err != nil {
		return nil, err
	}
	for _, round := range rounds(says, verdicts) {
		in := make([]employee.Dated, len(round))
		for k, i := range round {
			in[k] = says[i].Told
		}
		faults, err := w.files.Statuses(ctx, tx, env.Scope, in, env.At)
		if err != nil {
			return nil, err
		}
		for k, i := range round {
			verdicts[i].faults = says[i].faults(faults[k])
		}
	}
	return verdicts, nil
}

// rounds parts the lines to record so that none holds a person twice and earlier leave goes first.
func rounds(says []leave, verdicts []verdict) [][]int {
	order := make([]int, 0, len(says))
	for i, v := range verdicts {
		if v.outcome != intake.RowUnchanged {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return says[a].Told.From.Compare(says[b].Told.From) })
	var out [][]int
	nth := map[int64]int{}
	for _, i := range order {
		n := nth[says[i].Told.Employee]
		if nth[says[i].Told.Employee]++; n == len(out) {
			out = append(out, nil)
		}
		out[n] = append(out[n], i)
	}
	return out
}

// faults points at the columns of what is wrong with a leave.
func (l leave) faults(err error) []fault {
	if err == nil {
		return nil
	}
	var e *errs.Error
	if !errors.As(err, &e) {
		return []fault{{"", errs.Msg("error.internal")}}
	}
	columns := map[string]string{"from": l.FromColumn, "until": l.Ends, "reason": "reason"}
	var out []fault
	for field, m := range e.Fields {
		out = append(out, fault{columns[field], m})
	}
	if len(out) == 0 {
		out = []fault{{"", e.Message}}
	}
	slices.SortFunc(out, func(a, b fault) int { return cmp.Compare(a.column, b.column) })
	return out
}

const sqlLeave = `select employee_id, effective_at, until from employee_change
    where org_id = $1 and employee_id = any($2) and kind in ('created', 'status') and after ->> 'work_status' = 'leave'`

// compare says which leave the files already show, as it is or with another end.
func compare(ctx context.Context, tx *sqlx.Tx, org int32, says []leave) ([]verdict, error) {
	ids := make([]int64, len(says))
	for i, l := range says {
		ids[i] = l.Told.Employee
	}
	var rows []struct {
		Employee int64        `db:"employee_id"`
		From     time.Time    `db:"effective_at"`
		Until    sql.NullTime `db:"until"`
	}
	if err := tx.SelectContext(ctx, &rows, sqlLeave, org, pq.Array(ids)); err != nil {
		return nil, fmt.Errorf("read leave: %w", err)
	}
	type beginning struct{ employee, from int64 }
	known := map[beginning][]time.Time{}
	for _, r := range rows {
		b := beginning{r.Employee, r.From.Unix()}
		known[b] = append(known[b], r.Until.Time)
	}
	out := make([]verdict, len(says))
	for i, l := range says {
		ends, begun := known[beginning{l.Told.Employee, l.Told.From.Unix()}]
		switch {
		case slices.ContainsFunc(ends, l.Told.Until.Equal):
			out[i].outcome = intake.RowUnchanged
		case begun:
			out[i].outcome = intake.RowChanged
		default:
			out[i].outcome = intake.RowNew
		}
	}
	return out, nil
}
