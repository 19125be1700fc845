package dispute

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

const sqlNumbers = `select id, employee_no from employee
    where org_id = $1 and employee_no = any($2) and employee_no <> '' and work_status <> 'resigned' order by id`

// byNumber finds the files of employee numbers and the numbers that no file has.
func byNumber(ctx context.Context, q db.Q, org int32, numbers []string) (ids []int64, unknown []string, err error) {
	if len(numbers) == 0 {
		return nil, nil, nil
	}
	var rows []struct {
		ID int64  `db:"id"`
		No string `db:"employee_no"`
	}
	if err := q.SelectContext(ctx, &rows, sqlNumbers, org, pq.Array(numbers)); err != nil {
		return nil, nil, fmt.Errorf("find employee numbers: %w", err)
	}
	known := map[string]bool{}
	for _, r := range rows {
		ids, known[r.No] = append(ids, r.ID), true
	}
	for _, n := range numbers {
		if !known[n] && !slices.Contains(unknown, n) {
			unknown = append(unknown, n)
		}
	}
	return ids, unknown, nil
}

const sqlChoosePeople = `select e.id as employee_id, e.name, e.employee_no, coalesce(t.workshop, '') as workshop, coalesce(t.name, '') as team
    from employee e left join team t on t.org_id = e.org_id and t.id = e.team_id
    where e.org_id = $1 and e.work_status <> 'resigned' and ($2::bigint = 0 or e.team_id = $2)
        and (not $3::boolean or e.id = any($4))
    order by workshop, team, e.employee_no, e.id limit $5`

const sqlChooseSamples = `select s.employee_id, s.sampled_at, s.result, s.reported_at, s.rev, e.name, e.employee_no,
        coalesce(t.workshop, '') as workshop, coalesce(t.name, '') as team
    from sample s
        join employee e on e.org_id = s.org_id and e.id = s.employee_id
        left join team t on t.org_id = e.org_id and t.id = e.team_id
    where s.org_id = $1 and ($2::bigint = 0 or e.team_id = $2) and (not $3::boolean or e.id = any($4))
        and s.sampled_at >= $6 and s.sampled_at < $7 and s.result <> 'cancelled'
        and case $8::text when '' then true when 'late' then s.result = 'pending' and s.sampled_at <= $9 else s.result = $8 end
        and ($10::text = '' or strpos(s.institution, $10) > 0) and ($11::text = '' or s.barcode = $11)
    order by workshop, team, e.employee_no, e.id, s.sampled_at limit $5`

type chosenRow struct {
	Employee   int64        `db:"employee_id"`
	SampledAt  sql.NullTime `db:"sampled_at"`
	Result     string       `db:"result"`
	ReportedAt sql.NullTime `db:"reported_at"`
	Rev        int          `db:"rev"`
	Name       string       `db:"name"`
	EmployeeNo string       `db:"employee_no"`
	Workshop   string       `db:"workshop"`
	Team       string       `db:"team"`
}

// choose finds the rows of a batch and the numbers that no file has. More than MaxRows are an Invalid error.
func choose(ctx context.Context, q db.Q, org int32, c *Change, at time.Time) ([]Row, []string, error) {
	s := &c.Selection
	numbers := tidy(s.Numbers)
	ids, unknown, err := byNumber(ctx, q, org, numbers)
	if err != nil {
		return nil, nil, err
	}
	var found []chosenRow
	if c.Kind == Add {
		err = q.SelectContext(ctx, &found, sqlChoosePeople, org, s.Team, len(numbers) > 0, pq.Array(ids), MaxRows+1)
	} else {
		err = q.SelectContext(ctx, &found, sqlChooseSamples, org, s.Team, len(numbers) > 0, pq.Array(ids), MaxRows+1, s.From, s.To,
			s.Result, at.Add(-LateAfter), strings.TrimSpace(s.Institution), strings.TrimSpace(s.Barcode))
	}
	if err != nil {
		return nil, nil, fmt.Errorf("choose records: %w", err)
	}
	if len(found) > MaxRows {
		return nil, nil, errs.Fields{"numbers": errs.Msg("dispute.refused.too_many", "Max", MaxRows)}.Err()
	}
	rows := make([]Row, len(found))
	for i, f := range found {
		old := Told{SampledAt: f.SampledAt.Time.UTC(), Result: f.Result, ReportedAt: f.ReportedAt.Time.UTC()}
		rows[i] = Row{Employee: f.Employee, Old: old, Name: f.Name, EmployeeNo: f.EmployeeNo, Workshop: f.Workshop, Team: f.Team,
			rev: f.Rev, target: c.target(old.SampledAt)}
	}
	return rows, unknown, nil
}

// tidy takes blanks and doubles out of pasted numbers.
func tidy(numbers []string) []string {
	var out []string
	for _, n := range numbers {
		if n = strings.TrimSpace(n); n != "" && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

const sqlNames = `select e.id as employee_id, e.name, e.employee_no, coalesce(t.workshop, '') as workshop, coalesce(t.name, '') as team
    from employee e left join team t on t.org_id = e.org_id and t.id = e.team_id
    where e.org_id = $1 and e.id = any($2)`

// name fills in whose rows they are, as the files say today.
func name(ctx context.Context, q db.Q, org int32, rows []Row) error {
	var files []chosenRow
	if err := q.SelectContext(ctx, &files, sqlNames, org, pq.Array(employeesOf(rows))); err != nil {
		return fmt.Errorf("name people: %w", err)
	}
	byID := make(map[int64]chosenRow, len(files))
	for _, f := range files {
		byID[f.Employee] = f
	}
	for i := range rows {
		f := byID[rows[i].Employee]
		rows[i].Name, rows[i].EmployeeNo, rows[i].Workshop, rows[i].Team = f.Name, f.EmployeeNo, f.Workshop, f.Team
	}
	return nil
}

func employeesOf(rows []Row) []int64 {
	ids := make([]int64, len(rows))
	for i := range rows {
		ids[i] = rows[i].Employee
	}
	return ids
}
