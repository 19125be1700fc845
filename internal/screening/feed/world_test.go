package feed

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/employee/match"
	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/screening/screeningtest"
	"github.com/fugong/fugong/internal/testkit"
	"github.com/fugong/fugong/internal/tube"
)

var now = screeningtest.Now

// world has people at two enterprises; the nth person has the nth identity number. The last works at both.
type world struct {
	*screeningtest.World
	t     *testing.T
	feeds *Service
	files []file
}

// file is a person's file.
type file struct {
	org    int32
	id     int64
	number string
}

func newWorld(t *testing.T, people int) *world {
	t.Helper()
	w := &world{World: screeningtest.New(t), t: t}
	holds := hold.New(w.DB, w.Standings, testkit.Zibo(t))
	w.Standings.Watch(holds)
	tubes := tube.New(w.DB, w.Samples)
	w.Samples.Watch(tubes)
	employees := employee.New(w.DB, w.Box, w.Standings)
	w.feeds = New(Config{DB: w.DB, Box: w.Box, Employees: employees, Standings: w.Standings, Tubes: tubes})
	for n := range people {
		org, team := w.Org, w.Team
		if n%3 == 2 {
			org, team = w.Foreign, w.Elsewhere
		}
		w.open(org, team, n)
	}
	w.open(w.Foreign, w.Elsewhere, 0)
	return w
}

func number(n int) string { return fmt.Sprintf("37030319900101%04d", n) }

// open opens the file of the nth person.
func (w *world) open(org int32, team int64, n int) {
	w.t.Helper()
	id := w.Employee(org, team, fmt.Sprint("员工", n))
	w.exec(`update employee set id_number_bidx = $3, employee_no = $4 where org_id = $1 and id = $2`, org, id,
		match.IdentityIndex(w.Box, number(n)), fmt.Sprint(1000+n))
	w.files = append(w.files, file{org, id, number(n)})
}

func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	if _, err := w.Base.Owner.Exec(query, args...); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) lab() authz.Scope {
	return authz.Scope{Account: -7, Actor: "api:市疾控", Role: authz.Lab, Org: w.Org + 1000}.Narrow([]authz.Permission{authz.SampleImport})
}

func (w *world) officer(org int32) authz.Scope {
	return authz.Scope{Account: -7, Actor: "api:市疾控", Role: authz.HealthOfficer, Org: org}
}

// telling is a row as its sender sees it.
type telling struct {
	number string
	in     screening.Input
}

// record is the row by the names of fields.
func (r *telling) record() map[string]string {
	m := map[string]string{"id_number": r.number, "sampled_at": r.in.SampledAt.Format(time.RFC3339Nano), "result": r.in.Result.String(),
		"method": string(r.in.Method), "collect_mode": string(r.in.Mode), "source": string(r.in.Source), "proof": string(r.in.Proof),
		"institution": r.in.Institution, "lab": r.in.Lab, "barcode": r.in.Barcode, "note": r.in.Note, "late_reason": r.in.LateReason}
	if !r.in.ReportedAt.IsZero() {
		m["reported_at"] = r.in.ReportedAt.Format(time.RFC3339Nano)
	}
	return m
}

func csvOf(all []telling) string {
	var b strings.Builder
	columns := Fields[1:]
	b.WriteString(strings.Join(columns, ",") + "\n")
	for i := range all {
		m := all[i].record()
		for n, c := range columns {
			if n > 0 {
				b.WriteByte(',')
			}
			if text := m[c]; strings.ContainsAny(text, "\",\n") {
				b.WriteString(`"` + strings.ReplaceAll(text, `"`, `""`) + `"`)
			} else {
				b.WriteString(text)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func ndjsonOf(t testing.TB, all []telling) string {
	var b bytes.Buffer
	for i := range all {
		m := all[i].record()
		for k, v := range m {
			if v == "" {
				delete(m, k)
			}
		}
		line, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	return b.String()
}

// take feeds a text and fails the test if it is not read to its end.
func (w *world) take(sc authz.Scope, format Format, text string) Report {
	w.t.Helper()
	r, err := w.feeds.Take(w.t.Context(), sc, Source{Body: strings.NewReader(text), Format: format}, now)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// content is everything that samples leave behind, without the ids that the database gives out.
func (w *world) content() string {
	w.t.Helper()
	var text string
	err := w.Base.Owner.Get(&text, `select string_agg(line, E'\n' order by line) from (
		select 'sample ' || s::text as line from sample s
		union all select 'revision ' || concat_ws(' ', org_id, employee_id, sampled_at, rev, body - 'entered_at' - 'reported_at', (body->>'entered_at')::timestamptz,
			(body->>'reported_at')::timestamptz, reason, actor, actor_name, at) from sample_revision
		union all select 'standing ' || concat_ws(' ', org_id, employee_id, s0, s1, s2, s3, t1, t2, t3, held, blocks, due_at, counted_at, latest_at, refresh_at) from standing
		union all select 'hold ' || concat_ws(' ', org_id, employee_id, kind, ground, source, derived, from_at, created_by, created_at, released_at, release_reason) from hold
		union all select 'tube ' || concat_ws(' ', org_id, barcode, mode, opened_at, sealed_at, institution, lab, result, reported_at, opened_by, actor_name,
			entered_at, resulted_by, resulted_by_name) from tube) l`)
	if err != nil {
		w.t.Fatal(err)
	}
	return text
}
