package intake_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"context"

	"github.com/google/go-cmp/cmp"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/intake"
	"github.com/fugong/fugong/internal/intake/roster"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/jobs"
	"github.com/fugong/fugong/internal/platform/page"
	"github.com/fugong/fugong/internal/platform/secret"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/screening/labsheet"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/testkit"
)

var update = flag.Bool("update", false, "write the golden files anew")

const sheets = "../../testdata/sheets"

// office is an enterprise whose health officer imports sheets; tasks are done when the test says so.
type office struct {
	*testkit.Kit
	t       testing.TB
	svc     *intake.Service
	queue   *jobs.Queue
	clock   *clock.Manual
	officer authz.Scope
}

func open(t testing.TB) *office {
	t.Helper()
	now := testkit.At(t, "03-24 21:00")
	k := testkit.New(t, now)
	box, err := secret.LoadOrCreate(filepath.Join(t.TempDir(), "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	c := clock.NewManual(now)
	st := standing.New(k.DB, c, testkit.Zibo(t))
	people := employee.New(k.DB, box, st)
	samples := screening.New(k.DB, box, st)
	zone := func(context.Context, int32) (*time.Location, error) { return testkit.Zone, nil }
	o := &office{Kit: k, t: t, clock: c, svc: intake.New(k.DB, box, c, zone, roster.New(people), labsheet.New(people, samples))}
	o.queue = jobs.NewQueue(k.DB, slog.New(slog.DiscardHandler), 1)
	o.svc.Register(o.queue)
	o.officer = authz.Scope{Account: 7, Actor: "王敏", Role: authz.HealthOfficer, Org: k.Org("370303", now.AddDate(0, 0, -30))}
	return o
}

// work does every waiting task.
func (o *office) work() {
	o.t.Helper()
	for {
		found, err := o.queue.Step(o.t.Context())
		if err != nil {
			o.t.Fatal(err)
		}
		if !found {
			return
		}
	}
}

func (o *office) upload(kind, name string, data []byte) (intake.Import, error) {
	o.t.Helper()
	id, err := o.svc.Upload(o.t.Context(), o.officer, kind, name, data, o.clock.Now())
	if err != nil {
		return intake.Import{}, err
	}
	o.work()
	return o.get(id), nil
}

func (o *office) get(id int64) intake.Import {
	o.t.Helper()
	i, _, err := o.svc.Get(o.t.Context(), o.officer, id)
	if err != nil {
		o.t.Fatal(err)
	}
	return i
}

func (o *office) commit(i intake.Import) intake.Import {
	o.t.Helper()
	if err := o.svc.Commit(o.t.Context(), o.officer, i.ID, false, o.clock.Now()); err != nil {
		o.t.Fatal(err)
	}
	o.work()
	return o.get(i.ID)
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(sheets, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// outcome is what became of a sheet, as a golden file keeps it.
type outcome struct {
	State   intake.State   `json:"state"`
	Refused *errs.Message  `json:"refused,omitempty"`
	Counts  map[string]int `json:"counts,omitempty"`
	Rows    []rowOutcome   `json:"rows,omitempty"` // those with something to say
}

type rowOutcome struct {
	Row      int            `json:"row"`
	Outcome  intake.Outcome `json:"outcome"`
	Problems []string       `json:"problems"`
}

func (o *office) outcome(kind, name string) outcome {
	o.t.Helper()
	i, err := o.upload(kind, name, read(o.t, name))
	var e *errs.Error
	if errors.As(err, &e) {
		m := e.Fields["file"]
		return outcome{State: intake.Refused, Refused: &m}
	}
	if err != nil {
		o.t.Fatal(err)
	}
	out := outcome{State: i.State, Counts: i.Counts}
	if i.State == intake.Refused {
		out.Refused, out.Counts = &i.Error, nil
		return out
	}
	for r := (page.Request{Size: page.MaxSize}); ; {
		rows, err := o.svc.Rows(o.t.Context(), o.officer, i.ID, intake.RowFilter{Problems: true}, r)
		if err != nil {
			o.t.Fatal(err)
		}
		for _, l := range rows.Rows {
			x := rowOutcome{Row: l.Row, Outcome: l.Outcome}
			for _, p := range l.Problems {
				mark := ""
				if p.Warning {
					mark = "? "
				}
				x.Problems = append(x.Problems, mark+strings.TrimSpace(p.Ref+" "+p.Message.Key))
			}
			out.Rows = append(out.Rows, x)
		}
		if rows.Next == "" {
			return out
		}
		r.After = rows.Next
	}
}

// Every sheet of testdata comes to what its golden file says: refused with a reason, or each row with its outcome.
func TestEverySheetComesToItsExpectedOutcome(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(sheets, "*.*"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range files {
		name := filepath.Base(f)
		if strings.HasSuffix(name, ".json") || strings.HasSuffix(name, ".md") {
			continue
		}
		n++
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := open(t)
			kind := "roster"
			if strings.HasPrefix(name, "lab-") {
				kind = "lab"
				basic, err := o.upload("roster", "roster-basic.xlsx", read(t, "roster-basic.xlsx"))
				if err != nil {
					t.Fatal(err)
				}
				o.commit(basic)
			}
			got, err := json.MarshalIndent(o.outcome(kind, name), "", " ")
			if err != nil {
				t.Fatal(err)
			}
			golden := f + ".outcome.json"
			if *update {
				if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.TrimSpace(string(want)), string(got)); diff != "" {
				t.Errorf("outcome differs (-want +got):\n%s", diff)
			}
		})
	}
	if n < 15 {
		t.Fatalf("only %d sheets found", n)
	}
}

// The workbook of faulty rows, mended and uploaded again, brings in just what was missing; and the whole sheet again changes
// nothing.
func TestOnlyTheFixesNeedToComeBack(t *testing.T) {
	o := open(t)
	first, err := o.upload("roster", "roster-ids-ruined.xlsx", read(t, "roster-ids-ruined.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	if first.Faulty() == 0 || first.Good() == 0 {
		t.Fatalf("counts %v: the sheet needs good and faulty rows", first.Counts)
	}
	done := o.commit(first)
	if done.State != intake.Done || testkit.Get[int](o.Kit, `select count(*) from employee`) != first.Good() {
		t.Fatalf("state %s, %d files, want %d", done.State, testkit.Get[int](o.Kit, `select count(*) from employee`), first.Good())
	}
	var report bytes.Buffer
	key := func(m errs.Message) string { return m.Key }
	if err := o.svc.Report(t.Context(), o.officer, first.ID, key, o.clock.Now(), &report); err != nil {
		t.Fatal(err)
	}
	back, err := o.upload("roster", "faulty.xlsx", report.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if back.Rows() != first.Faulty() || back.Faulty() != first.Faulty() {
		t.Errorf("the unmended report holds %d rows, %d faulty; want the %d faulty ones", back.Rows(), back.Faulty(), first.Faulty())
	}
	again, err := o.upload("roster", "roster-ids-ruined.xlsx", read(t, "roster-ids-ruined.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	if n := again.Counts[string(intake.RowNew)] + again.Counts[string(intake.RowChanged)]; n != 0 {
		t.Errorf("%d rows would change when the sheet comes again: %v", n, again.Counts)
	}
}

// A check that was killed half-way starts again from the beginning and counts no row twice.
func TestAKilledCheckStartsAgain(t *testing.T) {
	o := open(t)
	id, err := o.svc.Upload(t.Context(), o.officer, "roster", "roster-basic.xlsx", read(t, "roster-basic.xlsx"), o.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	// What a server leaves that dies while checking: a running task whose lease has run out, a state, some rows.
	o.Exec(`update task set state = 'running', attempts = 1, lease_owner = 'dead', lease_until = $1`, time.Now().Add(-time.Second))
	o.Exec(`update import set state = 'checking' where id = $1`, id)
	o.Exec(`insert into import_block (org_id, import_id, block, first_row, last_row, outcomes, troubled, rows_enc)
		values ($1, $2, 0, 2, 2, '{"new": 1}', '{}', '\x00'), ($1, $2, 9, 9999, 9999, '{"new": 1}', '{}', '\x00')`, o.officer.Org, id)
	o.work()
	if i := o.get(id); i.State != intake.Ready || i.Rows() != 40 {
		t.Errorf("state %s with %d rows, want ready with 40", i.State, i.Rows())
	}
	if n := testkit.Get[int](o.Kit, `select sum(v::int) from import_block, jsonb_each_text(outcomes) as x (k, v)`); n != 40 {
		t.Errorf("%d staged rows, want 40", n)
	}
}

// A commit that was killed has written nothing; started again it writes everything, once.
func TestAKilledCommitLeavesAllOrNothing(t *testing.T) {
	o := open(t)
	i, err := o.upload("roster", "roster-basic.xlsx", read(t, "roster-basic.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.svc.Commit(t.Context(), o.officer, i.ID, true, o.clock.Now()); err != nil {
		t.Fatal(err)
	}
	o.Exec(`update task set state = 'running', attempts = 1, lease_owner = 'dead', lease_until = $1 where kind = 'intake.commit'`, time.Now().Add(-time.Second))
	if n := testkit.Get[int](o.Kit, `select count(*) from employee`); n != 0 {
		t.Fatalf("%d files before the commit ran", n)
	}
	o.work()
	o.work()
	if n := testkit.Get[int](o.Kit, `select count(*) from employee`); n != 40 || o.get(i.ID).State != intake.Done {
		t.Errorf("%d files, state %s; want 40, done", n, o.get(i.ID).State)
	}
	if err := o.svc.Commit(t.Context(), o.officer, i.ID, true, o.clock.Now()); !errs.Is(err, errs.Conflict) {
		t.Errorf("a second commit: %v, want a conflict", err)
	}
}

func TestImportsAreWalledOff(t *testing.T) {
	o := open(t)
	i, err := o.upload("roster", "roster-basic.xlsx", read(t, "roster-basic.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	stranger := o.officer
	stranger.Org = o.Org("370303", o.clock.Now())
	worker := authz.Scope{Account: 9, Role: authz.Worker, Org: o.officer.Org}
	for who, sc := range map[string]authz.Scope{"another org": stranger, "a worker": worker} {
		if _, _, err := o.svc.Get(t.Context(), sc, i.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("%s reads the import: %v", who, err)
		}
		if err := o.svc.Commit(t.Context(), sc, i.ID, false, o.clock.Now()); !errs.Is(err, errs.NotFound) {
			t.Errorf("%s commits the import: %v", who, err)
		}
	}
	if n := testkit.Get[int](o.Kit, `select count(*) from import where position('\x504b0304'::bytea in file_enc) = 1`); n != 0 {
		t.Error("the workbook is kept as it came")
	}
	if n := testkit.Get[int](o.Kit, `select count(*) from import where position('37030' in filename || sheet || columns::text) > 0`); n != 0 {
		t.Error("an identity number is readable beside the file")
	}
	if n := testkit.Get[int](o.Kit, `select count(*) from import_block where position('37030'::bytea in rows_enc) > 0 or length(rows_enc) < 1000`); n != 0 {
		t.Errorf("%d blocks of staged rows are not sealed", n)
	}
}
