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
	change  *change // nil when refused for a fault of the row itself
	faults  errs.Fields
}

func (r *planned) refuse(column, key string, args ...any) {
	r.outcome = RowRefused
	r.faults.Add(column, key, args...)
}

const sqlFilesByIdentity = fragFile + `e.id_number_bidx = any($2::bytea[]) order by e.id`

const sqlFilesByIdentityForUpdate = fragFile + `e.id_number_bidx = any($2::bytea[]) order by e.id for update of e`

// plan checks every row, finds its file and compares. query reads the files, locked or not.
func (s *Service) plan(ctx context.Context, q db.Q, org int32, in []Incoming, at time.Time, query string) (*plan, error) {
	day, err := today(ctx, q, org, at)
	if err != nil {
		return nil, err
	}
	p := &plan{rows: make([]*planned, len(in))}
	drafts := make([]profile.Values, len(in))
	indexes := make([][]byte, len(in))
	seen := map[string]bool{}
	for i := range in {
		r := &planned{outcome: RowUnchanged}
		drafts[i], r.faults = in[i].Check(day)
		p.rows[i] = r
		id := drafts[i].IDNumber
		indexes[i] = s.vault.box.Index(indexID, id)
		switch {
		case len(r.faults) > 0:
			r.outcome = RowRefused
		case seen[id]:
			r.refuse("id_number", "employee.problem.id.twice")
		}
		seen[id] = seen[id] || r.outcome != RowRefused
	}
	files, err := s.vault.filesByIdentity(ctx, q, org, indexes, query)
	if err != nil {
		return nil, err
	}
	for i, r := range p.rows {
		if r.outcome != RowRefused {
			r.compare(files[string(indexes[i])], drafts[i], at)
		}
	}
	return p, p.settleNumbers(ctx, q, org)
}

// filesByIdentity reads the files of the identities; of several for one identity the one in use, else the newest.
func (x vault) filesByIdentity(ctx context.Context, q db.Q, org int32, indexes [][]byte, query string) (map[string]*file, error) {
	var rows []stored
	if err := q.SelectContext(ctx, &rows, query, org, pq.ByteaArray(indexes)); err != nil {
		return nil, fmt.Errorf("find files: %w", err)
	}
	files := make(map[string]*file, len(rows))
	for _, row := range rows {
		if other := files[string(row.IDIndex)]; other != nil && other.WorkStatus != profile.Resigned {
			continue
		}
		f := &file{stored: row}
		if err := x.open(org, f); err != nil {
			return nil, err
		}
		files[string(row.IDIndex)] = f
	}
	return files, nil
}

// compare decides what the draft means for the file, nil for a person who has none.
func (r *planned) compare(f *file, d profile.Values, at time.Time) {
	if f == nil {
		if d.WorkStatus == profile.Resigned {
			r.refuse(profile.ColWorkStatus, "employee.problem.new_resigned")
			return
		}
		r.outcome = RowNew
		r.change = &change{v: d.WithDefaults()}
		r.change.settle(at)
		return
	}
	v := f.v.Over(d)
	if f.WorkStatus == profile.Resigned && d.WorkStatus == "" {
		v.WorkStatus = profile.OnPost
	}
	effective := f.StatusAt(at)
	if v.WorkStatus == effective {
		v.WorkStatus = f.WorkStatus // a leave that ended and "on post" are the same news
	}
	r.change = newChange(f, v)
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
