package intake_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/fugong/fugong/internal/intake"
	"github.com/fugong/fugong/internal/platform/page"
	"github.com/fugong/fugong/internal/platform/secret"
	"github.com/fugong/fugong/internal/testkit"
)

// rows reads the whole preview by pages, downwards.
func (o *office) rows(id int64, f intake.RowFilter) ([]intake.Line, error) {
	var out []intake.Line
	for r := (page.Request{Size: page.MaxSize}); ; {
		p, err := o.svc.Rows(o.t.Context(), o.officer, id, f, r)
		if err != nil {
			return nil, err
		}
		if out = append(out, p.Rows...); p.Next == "" {
			return out, nil
		}
		r.After = p.Next
	}
}

// A block opens only in the import and at the place that it was sealed for: moved to another it cannot be read, and nothing of it is
// written.
func TestABlockIsBoundToItsImportAndPlace(t *testing.T) {
	for what, move := range map[string]string{
		"another import": `update import_block b set rows_enc = a.rows_enc from import_block a where b.import_id = 2 and a.import_id = 1 and a.block = b.block`,
		"another place":  `update import_block b set rows_enc = a.rows_enc from import_block a where b.import_id = 2 and a.import_id = 2 and a.block = 1 - b.block and b.block < 2`,
		"another org": `insert into import overriding system value select (jsonb_populate_record(i, jsonb_build_object('org_id', i.org_id + 1))).* from import i where id = 2;
			insert into import_block select (jsonb_populate_record(b, jsonb_build_object('org_id', b.org_id + 1))).* from import_block b where import_id = 2`,
	} {
		t.Run("moved to "+what, func(t *testing.T) {
			t.Parallel()
			o := open(t)
			o.Org("370303", o.clock.Now())
			var id int64
			for range 2 {
				i, err := o.upload("roster", "roster-10000.xlsx", read(t, "roster-10000.xlsx"))
				if err != nil {
					t.Fatal(err)
				}
				id = i.ID
			}
			for statement := range strings.SplitSeq(move, ";") {
				o.Exec(statement)
			}
			if what == "another org" {
				o.officer.Org++
			}
			if _, err := o.rows(id, intake.RowFilter{}); !errors.Is(err, secret.ErrOpen) {
				t.Errorf("preview of a moved block: %v", err)
			}
			if err := o.svc.Commit(t.Context(), o.officer, id, false, o.clock.Now()); err != nil {
				t.Fatal(err)
			}
			if _, err := o.queue.Step(t.Context()); !errors.Is(err, secret.ErrOpen) {
				t.Errorf("commit of a moved block: %v", err)
			}
			if n := testkit.Get[int](o.Kit, `select count(*) from employee`); n != 0 {
				t.Errorf("%d people of a moved block were written", n)
			}
		})
	}
}

// The preview of many blocks shows each row once, in the order of the sheet, whatever the filter and the direction.
func TestAPreviewRunsThroughAllBlocks(t *testing.T) {
	o := open(t)
	i, err := o.upload("roster", "roster-10000.xlsx", read(t, "roster-10000.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	all, err := o.rows(i.ID, intake.RowFilter{})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != i.Rows() || len(all) < 9000 {
		t.Fatalf("%d rows shown of %d", len(all), i.Rows())
	}
	for k := 1; k < len(all); k++ {
		if all[k].Row <= all[k-1].Row || all[k].Payload != "" {
			t.Fatalf("row %d after row %d, payload %d", all[k].Row, all[k-1].Row, len(all[k].Payload))
		}
	}
	for _, outcome := range intake.Outcomes() {
		some, err := o.rows(i.ID, intake.RowFilter{Outcome: outcome})
		if err != nil || len(some) != i.Counts[string(outcome)] {
			t.Errorf("%d rows are %s, want %d (%v)", len(some), outcome, i.Counts[string(outcome)], err)
		}
	}
	last, err := o.svc.Rows(t.Context(), o.officer, i.ID, intake.RowFilter{}, page.Request{Size: 50, Before: page.Cursor("1500")})
	if err != nil || len(last.Rows) != 50 || last.Rows[49].Row != 1499 || last.Total != i.Rows() {
		t.Errorf("the page before row 1500: %d rows of %d, %v", len(last.Rows), last.Total, err)
	}
}

// An import that another version of the program checked is not committed by halves: it is checked again and waits for a new decision.
func TestAnImportStagedOtherwiseIsCheckedAgain(t *testing.T) {
	o := open(t)
	i, err := o.upload("roster", "roster-basic.xlsx", read(t, "roster-basic.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	o.Exec(`delete from import_block`)
	if again := o.commit(i); again.State != intake.Ready || again.Good() != i.Good() {
		t.Errorf("state %s with %v, want ready with %v", again.State, again.Counts, i.Counts)
	}
	if n := testkit.Get[int](o.Kit, `select count(*) from employee`); n != 0 {
		t.Errorf("%d people were written", n)
	}
	if done := o.commit(i); done.State != intake.Done {
		t.Errorf("state %s after the second decision", done.State)
	}
}
