package standing_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/regime/factfile"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/testkit"
)

// Every documented case of facts, written down as records, gets from the service the answer that the command line gives.
func TestTheServiceAnswersEveryGoldenCaseLikeTheCommand(t *testing.T) {
	files, err := filepath.Glob("../../testdata/facts/*.golden.json")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d golden cases (%v)", len(files), err)
	}
	k := testkit.New(t, testkit.At(t, "03-24 09:00"))
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".golden.json"), func(t *testing.T) { goldenCase(t, k, name) })
	}
}

func goldenCase(t *testing.T, k *testkit.Kit, name string) {
	in, err := os.Open(strings.TrimSuffix(name, ".golden.json") + ".json")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	f, err := factfile.Read(in)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var want []factfile.Answer
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	org, id := writeDown(t, k, f.Facts)
	svc := standing.New(k.DB, clock.NewManual(want[0].At), testkit.Book{Rules: f.Rules})
	for _, answer := range want {
		var c standing.Case
		err := k.DB.Read(t.Context(), db.Tenant{Org: org}, func(tx *sqlx.Tx) error {
			c, err = svc.Case(t.Context(), tx, org, id, answer.At, time.Time{})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		got := factfile.Ask(factfile.File{Rules: c.Rules, Facts: c.Facts}, answer.At)
		if diff := cmp.Diff(read(t, answer), read(t, got)); diff != "" {
			t.Errorf("at %s (-command +service):\n%s", answer.At, diff)
		}
	}
}

// read is an answer as its reader sees it, save that the database numbers holds by itself.
func read(t *testing.T, a factfile.Answer) any {
	t.Helper()
	b, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return withoutIDs(v)
}

func withoutIDs(v any) any {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "id")
		for key, member := range v {
			v[key] = withoutIDs(member)
		}
	case []any:
		for i, member := range v {
			v[i] = withoutIDs(member)
		}
	}
	return v
}

// writeDown makes records of the facts: one person in an org of their own.
func writeDown(t *testing.T, k *testkit.Kit, f regime.Facts) (org int32, id int64) {
	t.Helper()
	if len(f.Categories) == 0 || len(f.Statuses) == 0 {
		t.Fatal("a file always has a category and a status")
	}
	org = k.Org("370303", f.GoLive)
	k.Exec(`update org set time_zone = $2 where id = $1`, org, f.Zone.String())
	return org, writePerson(k, org, f)
}

// writePerson makes records of the facts about one more person of an org.
func writePerson(k *testkit.Kit, org int32, f regime.Facts) (id int64) {
	category := slices.MaxFunc(f.Categories, func(a, b regime.CategorySpan) int { return a.From.Compare(b.From) })
	status := slices.MaxFunc(f.Statuses, func(a, b regime.StatusSpan) int { return a.From.Compare(b.From) })
	id = k.Employee(org, testkit.Person{Category: string(category.Category), Status: string(status.Status), Since: category.From})
	k.Exec(`update employee set status_since = $3, status_until = $4 where org_id = $1 and id = $2`, org, id, status.From, orNull(status.To))
	const change = `insert into employee_change (org_id, employee_id, kind, effective_at, until, after, actor, actor_name, at)
		values ($1, $2, $3, $4, $5, jsonb_build_object($6::text, $7::text), 0, '', $4)`
	for _, c := range f.Categories {
		k.Exec(change, org, id, "category", c.From, nil, "test_category", string(c.Category))
	}
	for _, s := range f.Statuses {
		k.Exec(change, org, id, "status", s.From, orNull(s.To), "work_status", string(s.Status))
	}
	for _, s := range f.Samples {
		k.Exec(`select ensure_sample_months($1)`, s.SampledAt)
		k.Exec(`insert into sample (org_id, employee_id, sampled_at, reported_at, result, method, collect_mode, source, proof, entered_by, entered_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, 'lab', 0, $3)`, org, id, s.SampledAt, orNull(s.ReportedAt), s.Result.String(), string(s.Method),
			string(s.Mode), string(s.Source))
	}
	for _, x := range f.Exemptions {
		k.Exec(`insert into exemption (org_id, employee_id, ground, from_at, to_at, source, entered_by, actor_name, entered_at)
			values ($1, $2, $3, $4, $5, 'staff', 0, '', $4)`, org, id, x.Ground, x.From, orNull(x.To))
	}
	for i, v := range f.Vaccinations {
		k.Exec(`insert into vaccination (org_id, employee_id, dose, at, source, entered_by, actor_name, entered_at)
			values ($1, $2, $3, $4, 'staff', 0, '', $4)`, org, id, i+1, v)
	}
	const hold = `insert into hold (org_id, employee_id, kind, ground, source, from_at, to_at, derived, created_by, created_at, released_at, released_by)
		values ($1, $2, $3, $4, 'test', $5, $6, $7, 0, $5, $8, $9)`
	for _, h := range f.Holds {
		k.Exec(hold, org, id, h.Kind, "cdc_notice", h.From, orNull(h.To), false, nil, nil)
	}
	for _, r := range f.Releases {
		k.Exec(hold, org, id, r.Kind, "sample_result", r.At.Add(-time.Hour), nil, true, r.At, 1)
	}
	return id
}

func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
