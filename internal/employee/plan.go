package employee

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/employee/profile"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

// plan is what a merge found out about its rows.
type plan struct{ rows []*planned }

type planned struct {
	outcome Outcome
	id      int64   // of the file; 0 if there is none
	same    bool    // the file's mark told that nothing changes
	change  *change // nil when refused for a fault of the row itself, or the same
	faults  errs.Fields
}

func (r *planned) refuse(column, key string, args ...any) {
	if r.outcome = RowRefused; r.faults == nil {
		r.faults = errs.Fields{}
	}
	r.faults.Add(column, key, args...)
}

const sqlFiles = fragFile + `e.id = any($2::bigint[]) order by e.id`

// plan finds the file of every draft and compares. Of a file that is as the draft left it when it came before, only the mark is
// read. query reads the other files, locked or not. faults, if any, are those of the rows that have no draft.
func (r Roster) plan(ctx context.Context, q db.Q, org int32, drafts []Draft, faults []errs.Fields, known *Known, at time.Time, query string) (*plan, error) {
	p := &plan{rows: make([]*planned, len(drafts))}
	indexes := make([][]byte, 0, len(drafts))
	seen := make(map[string]bool, len(drafts))
	for i := range drafts {
		row := &planned{outcome: RowUnchanged}
		p.rows[i] = row
		if faults != nil && len(faults[i]) > 0 {
			row.outcome, row.faults = RowRefused, faults[i]
			continue
		}
		index := drafts[i].index
		if seen[index] {
			row.refuse("id_number", "employee.problem.id.twice")
			continue
		}
		seen[index] = true
		indexes = append(indexes, []byte(index))
	}
	found, err := known.find(ctx, q, org, indexes)
	if err != nil {
		return nil, err
	}
	files, err := r.s.vault.files(ctx, q, org, p.news(drafts, found), query)
	if err != nil {
		return nil, err
	}
	for i, row := range p.rows {
		if row.outcome != RowRefused && !row.same {
			row.compare(files[row.id], &drafts[i], at)
		}
	}
	return p, p.settleNumbers(ctx, q, org)
}

// news settles the rows that say what was merged before, and lists the files that the others may change: in the order of their
// ids, so that two writers lock files in the same order.
func (p *plan) news(drafts []Draft, found map[string]mark) []int64 {
	var ids []int64
	for i, r := range p.rows {
		if r.outcome == RowRefused {
			continue
		}
		m, exists := found[drafts[i].index]
		r.id = m.id
		if r.same = m.digest != "" && m.digest == drafts[i].digest; exists && !r.same {
			ids = append(ids, m.id)
		}
	}
	slices.Sort(ids)
	return ids
}

// opened bounds how many files are read with one statement.
const opened = 5000

// files reads the files of the ids.
func (x vault) files(ctx context.Context, q db.Q, org int32, ids []int64, query string) (map[int64]*file, error) {
	files := make(map[int64]*file, len(ids))
	for part := range slices.Chunk(ids, opened) {
		var rows []stored
		if err := q.SelectContext(ctx, &rows, query, org, db.Ints[int64](part)); err != nil {
			return nil, fmt.Errorf("read files: %w", err)
		}
		for _, row := range rows {
			f := &file{stored: row}
			if err := x.open(org, f); err != nil {
				return nil, err
			}
			files[row.ID] = f
		}
	}
	return files, nil
}

// compare decides what the draft means for the file, nil for a person who has none.
func (r *planned) compare(f *file, draft *Draft, at time.Time) {
	d := draft.v
	if f == nil {
		if d.WorkStatus == profile.Resigned {
			r.refuse(profile.ColWorkStatus, "employee.problem.new_resigned")
			return
		}
		r.outcome = RowNew
		r.change = &change{v: d.WithDefaults(), digest: draft.digest}
		r.change.settle(at)
		return
	}
	v := f.v.Over(*d)
	if f.WorkStatus == profile.Resigned && d.WorkStatus == "" {
		v.WorkStatus = profile.OnPost
	}
	effective := f.StatusAt(at)
	if v.WorkStatus == effective {
		v.WorkStatus = f.WorkStatus // a leave that ended and "on post" are the same news
	}
	r.change = newChange(f, v)
	r.change.digest = draft.digest
	r.change.restated = d.WorkStatus != "" && d.WorkStatus == f.WorkStatus && d.WorkStatus != effective
	if r.change.restated {
		r.change.statusSince, r.change.statusUntil = following(f.StatusSince, at), sql.NullTime{}
	}
	switch {
	case !r.change.settle(at):
		r.outcome = RowUnchanged
	case f.WorkStatus == profile.Resigned && v.WorkStatus != profile.Resigned:
		r.outcome = RowRehired
	default:
		r.outcome = RowChanged
	}
}

const sqlNumberOwners = `select employee_no, id from employee
    where org_id = $1 and employee_no = any($2::text[]) and employee_no <> '' and work_status <> 'resigned'`

// settleNumbers refuses rows whose employee number another file has and keeps, or another row of the sheet takes first. A
// refused row keeps its old number, which may cost another row the number it hoped for, so it goes on until nothing changes.
func (p *plan) settleNumbers(ctx context.Context, q db.Q, org int32) error {
	wanted := map[string]bool{}
	byFile := map[int64]*planned{}
	for _, r := range p.rows {
		if r.takesNumber() {
			wanted[r.change.v.EmployeeNo] = true
		}
		if r.change != nil && r.change.before != nil {
			byFile[r.change.id] = r
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	var rows []struct {
		Number string `db:"employee_no"`
		ID     int64  `db:"id"`
	}
	numbers := make([]string, 0, len(wanted))
	for n := range wanted {
		numbers = append(numbers, n)
	}
	if err := q.SelectContext(ctx, &rows, sqlNumberOwners, org, pq.Array(numbers)); err != nil {
		return fmt.Errorf("find employee numbers: %w", err)
	}
	owner := make(map[string]int64, len(rows))
	for _, r := range rows {
		owner[r.Number] = r.ID
	}
	for p.refuseTaken(owner, byFile) {
	}
	return nil
}

// takesNumber reports whether the row would give its file an employee number that the file does not have in use.
func (r *planned) takesNumber() bool {
	if r.outcome != RowNew && r.outcome != RowChanged && r.outcome != RowRehired || r.change.v.WorkStatus == profile.Resigned {
		return false
	}
	return r.change.v.EmployeeNo != "" && (r.outcome != RowChanged || slices.Contains(r.change.keys, "employee_no"))
}

// leaves reports whether the row is of somebody who goes, whose number becomes free.
func (r *planned) leaves() bool {
	return r.outcome == RowChanged && r.change.v.WorkStatus == profile.Resigned
}

// refuseTaken refuses the rows whose number is taken and reports whether there were any.
func (p *plan) refuseTaken(owner map[string]int64, byFile map[int64]*planned) bool {
	refused := false
	taken := map[string]bool{}
	for _, r := range p.rows {
		if !r.takesNumber() {
			continue
		}
		n := r.change.v.EmployeeNo
		id, owned := owner[n]
		if owned && id != r.change.id {
			o := byFile[id]
			owned = o == nil || !o.takesNumber() && !o.leaves()
		} else {
			owned = false
		}
		switch {
		case owned:
			r.refuse("employee_no", "employee.problem.number_in_use", "No", n)
			refused = true
		case taken[n]:
			r.refuse("employee_no", "employee.problem.number_twice", "No", n)
			refused = true
		}
		taken[n] = true
	}
	return refused
}
