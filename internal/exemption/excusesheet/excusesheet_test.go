package excusesheet_test

import (
	"context"
	"encoding/json"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/exemption"
	"github.com/fugong/fugong/internal/exemption/excusesheet"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/intake"
	"github.com/fugong/fugong/internal/intake/roster"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/i18n"
	"github.com/fugong/fugong/internal/platform/jobs"
	"github.com/fugong/fugong/internal/platform/page"
	"github.com/fugong/fugong/internal/platform/secret"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/testkit"
	"github.com/fugong/fugong/web"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	rosters = "../../../testdata/sheets"
	excuses = "../../../testdata/excuses"
)

// office is an enterprise whose forty people have files since three weeks; its health officer imports sheets.
type office struct {
	*testkit.Kit
	t       *testing.T
	sheets  *intake.Service
	queue   *jobs.Queue
	clock   *clock.Manual
	officer authz.Scope
}

func open(t *testing.T) *office {
	t.Helper()
	t.Parallel()
	now := testkit.At(t, "03-24 09:00")
	k := testkit.New(t, now)
	box, err := secret.LoadOrCreate(filepath.Join(t.TempDir(), "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	c := clock.NewManual(now.AddDate(0, 0, -21))
	book := testkit.Zibo(t)
	st := standing.New(k.DB, c, book)
	people := employee.New(k.DB, box, st)
	kinds := append(excusesheet.Kinds(people, exemption.New(k.DB, book, st)), roster.New(people))
	zone := func(context.Context, int32) (*time.Location, error) { return testkit.Zone, nil }
	o := &office{Kit: k, t: t, clock: c, sheets: intake.New(k.DB, box, c, zone, kinds...)}
	o.queue = jobs.NewQueue(k.DB, slog.New(slog.DiscardHandler), 1)
	o.sheets.Register(o.queue)
	o.officer = authz.Scope{Account: 7, Actor: "王敏", Role: authz.HealthOfficer, Org: k.Org("370303", now.AddDate(0, 0, -30))}
	o.commit(o.upload("roster", filepath.Join(rosters, "roster-basic.xlsx")))
	c.Set(now)
	return o
}

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

func (o *office) get(id int64) intake.Import {
	o.t.Helper()
	i, _, err := o.sheets.Get(o.t.Context(), o.officer, id)
	if err != nil {
		o.t.Fatal(err)
	}
	return i
}

func (o *office) upload(kind, path string) intake.Import {
	o.t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		o.t.Fatal(err)
	}
	id, err := o.sheets.Upload(o.t.Context(), o.officer, kind, filepath.Base(path), data, o.clock.Now())
	if err != nil {
		o.t.Fatal(err)
	}
	o.work()
	return o.get(id)
}

func (o *office) commit(i intake.Import) intake.Import {
	o.t.Helper()
	if i.Good() == 0 {
		return i
	}
	if err := o.sheets.Commit(o.t.Context(), o.officer, i.ID, false, o.clock.Now()); err != nil {
		o.t.Fatal(err)
	}
	o.work()
	if i = o.get(i.ID); i.State != intake.Done {
		o.t.Fatalf("%s ended %s: %v", i.Filename, i.State, i.Error)
	}
	return i
}

// outcome is what became of a sheet, as a golden file keeps it.
type outcome struct {
	State   intake.State   `json:"state"`
	Columns []string       `json:"columns"` // label and what it was taken for
	Counts  map[string]int `json:"counts"`
	Rows    []rowOutcome   `json:"rows,omitempty"`    // those with something to say
	Records []string       `json:"records,omitempty"` // what stands after the commit
}

type rowOutcome struct {
	Row      int            `json:"row"`
	Outcome  intake.Outcome `json:"outcome"`
	Problems []string       `json:"problems"`
}

func (o *office) outcome(i intake.Import) outcome {
	o.t.Helper()
	out := outcome{State: i.State, Counts: i.Counts}
	for _, c := range i.Columns {
		out.Columns = append(out.Columns, c.Label+" = "+c.Key)
	}
	rows, err := o.sheets.Rows(o.t.Context(), o.officer, i.ID, intake.RowFilter{Problems: true}, page.Request{Size: page.MaxSize})
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
	return out
}

// Every sheet comes to what its golden file says, row by row and column by column; what the commit does is what the preview said;
// and the same sheet again changes nothing.
func TestEverySheetComesToItsExpectedOutcome(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(excuses, "*.*"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range files {
		if ext := filepath.Ext(f); ext == ".json" || ext == ".md" {
			continue
		}
		n++
		t.Run(filepath.Base(f), func(t *testing.T) {
			o := open(t)
			kind, _, _ := strings.Cut(filepath.Base(f), "-")
			checked := o.upload(kind, f)
			want := o.outcome(checked)
			done := o.commit(checked)
			want.Records = o.records(kind)
			o.golden(f+".outcome.json", want)
			if n := done.Counts["committed.refused"]; n > 0 {
				t.Errorf("%d rows were refused by the commit and not by the check", n)
			}
			o.clock.Set(o.clock.Now().Add(time.Hour))
			again := o.upload(kind, f)
			if n := again.Counts[string(intake.RowNew)] + again.Counts[string(intake.RowChanged)]; n > 0 || again.Good() < checked.Good() {
				t.Errorf("again: %v, was %v", again.Counts, checked.Counts)
			}
		})
	}
	if n < 12 {
		t.Fatalf("only %d sheets found; run go run ./cmd/sheetgen", n)
	}
}

// records writes what stands of a kind, the instants on the wall clock of the office.
func (o *office) records(kind string) (out []string) {
	o.t.Helper()
	query := map[string]string{
		"vaccination": `select concat_ws(' ', e.employee_no, x.dose, to_char(x.at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI'), nullif(x.product, ''), nullif(x.none_reason, ''))
			from vaccination x join employee e on e.id = x.employee_id where x.cancelled_at is null order by e.employee_no, x.dose`,
		"exemption": `select concat_ws(' ', e.employee_no, x.ground, to_char(x.from_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI'),
				'to ' || to_char(x.to_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI'), nullif(x.proof, ''))
			from exemption x join employee e on e.id = x.employee_id where x.cancelled_at is null order by e.employee_no, x.from_at`,
		"leave": `select concat_ws(' ', e.employee_no, to_char(c.effective_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI'),
				'to ' || to_char(c.until at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI'), nullif(c.reason, ''))
			from employee_change c join employee e on e.id = c.employee_id where c.kind = 'status' order by e.employee_no, c.id`,
	}[kind]
	if err := o.Owner.Select(&out, query); err != nil {
		o.t.Fatal(err)
	}
	return out
}

// Somebody vaccinated this morning is excused at once; somebody on leave is off post, and on post again when it ends.
func TestSheetsMoveStandings(t *testing.T) {
	o := open(t)
	for kind, sheets := range map[string]string{"vaccination": "vaccination-dates.xlsx", "leave": "leave-basic.xlsx"} {
		o.commit(o.upload(kind, filepath.Join(excuses, sheets)))
	}
	for _, c := range []struct {
		no, at string
		want   regime.State
	}{
		{"LC0013", "03-24 09:00", regime.Exempt}, {"LC0009", "03-24 09:00", regime.Overdue},
		{"LC0008", "03-24 09:00", regime.OffPost}, {"LC0008", "03-28 00:01", regime.Overdue},
	} {
		got := testkit.Get[int](o.Kit, `select standing_state($2, s0, t1, s1, t2, s2, t3, s3) from standing s join employee e on e.id = s.employee_id
			where e.employee_no = $1`, c.no, testkit.At(t, c.at))
		if regime.State(got) != c.want {
			t.Errorf("%s at %s: %v, want %v", c.no, c.at, regime.State(got), c.want)
		}
	}
}

// The pages of imports have words for the kinds, and every problem that the sheets show has one.
func TestEverythingHasItsWords(t *testing.T) {
	catalog, err := i18n.Load(web.Locales)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, k := range excusesheet.Kinds(nil, nil) {
		name := k.Name()
		keys = append(keys, "intake.kind."+name, "intake.new."+name, "intake.hint."+name+".1", "intake.hint."+name+".2", "intake.hint."+name+".3")
		for _, c := range k.Vocabulary() {
			keys = append(keys, "intake.example."+name+"."+c.Key)
			if c.Required {
				keys = append(keys, "intake.column."+c.Key)
			}
		}
	}
	goldens, err := filepath.Glob(filepath.Join(excuses, "*.outcome.json"))
	if err != nil || len(goldens) < 12 {
		t.Fatalf("%d golden files, %v", len(goldens), err)
	}
	for _, g := range goldens {
		var x outcome
		data, err := os.ReadFile(g)
		if err == nil {
			err = json.Unmarshal(data, &x)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range x.Rows {
			for _, p := range r.Problems {
				keys = append(keys, p[strings.LastIndex(p, " ")+1:])
			}
		}
	}
	for _, lang := range i18n.Languages() {
		for _, k := range keys {
			if !catalog.Printer(lang).Has(k) {
				t.Errorf("%s lacks %s", lang, k)
			}
		}
	}
}

func (o *office) golden(path string, x outcome) {
	o.t.Helper()
	got, err := json.MarshalIndent(x, "", " ")
	if err != nil {
		o.t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, append(got, '\n'), 0o644); err != nil {
			o.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		o.t.Fatal(err)
	}
	if diff := cmp.Diff(strings.TrimSpace(string(want)), string(got)); diff != "" {
		o.t.Errorf("outcome differs (-want +got):\n%s", diff)
	}
}
