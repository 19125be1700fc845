package employee_test

import (
	"slices"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"pgregory.net/rapid"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/employee/profile"
)

// rowMarks tells whether any file was written, or so much as locked.
const rowMarks = `select string_agg(id || ':' || ctid::text || ':' || xmin::text || ':' || xmax::text, ' ' order by id) from employee`

// A roster that comes again touches no file; a file that was changed by hand meanwhile, or whose person left, is compared anew.
func TestARosterIsKnownAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := []employee.Incoming{{Name: "李四", IDNumber: idNumber(1), Workshop: "一车间"}, {Name: "王五", IDNumber: idNumber(2), Workshop: "一车间"},
		{Name: "赵六", IDNumber: idNumber(3)}}
	first := w.merge(t, in, at)
	before := one[string](w, rowMarks)
	again := w.merge(t, in, at.Add(time.Hour))
	if n := again.Counts[employee.RowUnchanged]; n != 3 || one[string](w, rowMarks) != before {
		t.Errorf("%d unchanged, files %q, want 3 and %q", n, one[string](w, rowMarks), before)
	}
	for i := range in {
		if again.Rows[i].Employee != first.Rows[i].Employee {
			t.Errorf("row %d is file %d, was %d", i, again.Rows[i].Employee, first.Rows[i].Employee)
		}
	}
	if err := w.Place(t.Context(), w.here, first.Rows[1].Employee, 1, profile.Placement{Workshop: "二车间"}, "", at.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := w.SetStatus(t.Context(), w.here, first.Rows[2].Employee, employee.StatusChange{Status: "resigned"}, at.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	want := []employee.Outcome{employee.RowUnchanged, employee.RowChanged, employee.RowRehired}
	if got := outcomes(w.plan(t, in, at.Add(3*time.Hour))); !slices.Equal(got, want) {
		t.Errorf("plan %v, want %v", got, want)
	}
	if got := outcomes(w.merge(t, in, at.Add(3*time.Hour))); !slices.Equal(got, want) {
		t.Errorf("merge %v, want %v", got, want)
	}
	if n := w.merge(t, in, at.Add(4*time.Hour)).Counts[employee.RowUnchanged]; n != 3 {
		t.Errorf("%d unchanged in the end, want 3", n)
	}
}

// Whether marks are looked up one by one or read all at once, a sheet in parts is planned as a sheet in one.
func TestPartsOfASheetArePlannedAsTheWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var in []employee.Incoming
	var drafts []employee.Draft
	for i := range 2500 {
		in = append(in, employee.Incoming{Name: "李四", IDNumber: idNumber(i)})
		d, faults := employee.NewRoster(w.Service).Draft(in[i], at)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		drafts = append(drafts, d)
	}
	w.merge(t, in[:1500], at)
	w.exec(`update employee set version = version + 1 where id % 3 = 0`)
	w.exec(`update employee set work_status = 'resigned' where id % 7 = 0`)
	whole := outcomes(w.plan(t, in, at.Add(time.Hour)))
	var parts []employee.Outcome
	err := w.db.InTx(t.Context(), w.here.Tenant(), func(tx *sqlx.Tx) error {
		var known employee.Known
		for part := range slices.Chunk(drafts, 500) {
			res, err := employee.NewRoster(w.Service).Plan(t.Context(), tx, w.here, part, &known, at.Add(time.Hour))
			if err != nil {
				return err
			}
			parts = append(parts, outcomes(res)...)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(whole, parts) {
		t.Error("the parts are planned otherwise than the whole")
	}
	if slices.Index(whole, employee.RowRehired) < 0 || slices.Index(whole, employee.RowNew) != 1500 {
		t.Errorf("the sheet is too plain: %v", whole[:20])
	}
}

// What is packed is unpacked as it was, and what is no draft is refused.
func TestDraftsArePacked(t *testing.T) {
	w := &world{Service: newWorld(t).Service}
	rapid.Check(t, func(t *rapid.T) {
		in := employee.Incoming{Name: "李四", IDNumber: idNumber(rapid.IntRange(0, 999).Draw(t, "n")), Note: rapid.StringMatching(`[张a-z]{0,300}`).Draw(t, "note"),
			Dept: rapid.StringMatching(`[东西]{0,60}`).Draw(t, "dept")}
		d, faults := employee.NewRoster(w.Service).Draft(in, at)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		packed := string(d.Append(nil))
		back, err := employee.UnpackDraft(packed)
		if err != nil || !back.Says(&d) || back.Person() != d.Person() || string(back.Append(nil)) != packed {
			t.Fatalf("unpacked as something else: %v", err)
		}
		if _, err := employee.UnpackDraft(packed[:rapid.IntRange(0, len(packed)-1).Draw(t, "cut")]); err == nil {
			t.Fatal("half a draft is taken for one")
		}
	})
}
