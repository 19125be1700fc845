package employeehttp_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/employee/employeehttp"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/httpdtest"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/dbtest"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/gb"
	"github.com/fugong/fugong/internal/platform/secret"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/testkit"
)

var now = time.Date(2022, 3, 24, 9, 0, 0, 0, time.FixedZone("CST", 8*3600))

// stage is a site over a database with two enterprises.
type stage struct {
	t         *testing.T
	data      *dbtest.Database
	clock     *clock.Manual
	employees *employee.Service
	site      *httpdtest.Site
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, data: dbtest.New(t), clock: clock.NewManual(now)}
	d, err := db.Open(t.Context(), s.data.DSN, 4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() }) // the database is dropped next
	box, err := secret.LoadOrCreate(filepath.Join(t.TempDir(), "keys", "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	for org := 1; org <= 2; org++ {
		s.exec(`insert into org (id, kind, code, name, go_live_at, created_at, updated_at) values ($1, 'enterprise', $2, $2, $3, $3, $3)`,
			org, fmt.Sprint("org ", org), now.AddDate(0, 0, -30))
	}
	s.employees = employee.New(d, box, standing.New(d, s.clock, testkit.Zibo(t)))
	deps := employeehttp.Deps{DB: d, Employees: s.employees,
		Standing: func(_ context.Context, _ db.Q, _ authz.Scope, id int64, v employeehttp.View) (ui.Standing, error) {
			return ui.Standing{Badge: ui.StandingBadge(v.T, "overdue"), Title: fmt.Sprint("card of ", id), Why: "why"}, nil
		},
		Timeline: []employeehttp.TimelineSource{samples(), readings()},
	}
	s.site = httpdtest.New(t, s.clock, func(*httpd.Server) []httpd.Route { return told(t, employeehttp.Routes(deps)) })
	return s
}

// told logs why a handler fails: the page does not say.
func told(t *testing.T, routes []httpd.Route) []httpd.Route {
	for i, r := range routes {
		routes[i].Handler = func(c echo.Context) error {
			err := r.Handler(c)
			if errs.Is(err, errs.Internal) {
				t.Logf("%s %s: %v", r.Method, r.Path, err)
			}
			return err
		}
	}
	return routes
}

// samples stands in for another feature: thirty records, two in each minute.
func samples() employeehttp.TimelineSource {
	return employeehttp.TimelineSource{Kind: "sample", Entries: func(_ context.Context, _ db.Q, _ authz.Scope, r employeehttp.TimelineRequest) ([]ui.Dated, error) {
		var out []ui.Dated
		for i := range 30 {
			at := now.Add(-time.Duration(i/2+1) * time.Minute)
			if at.Before(r.Before) && len(out) < r.Limit {
				out = append(out, ui.Dated{At: at, Entry: ui.Entry{Icon: "tube", Tone: ui.ToneInfo, Title: fmt.Sprintf("sample-%02d.", i)}})
			}
		}
		return out, nil
	}}
}

// readings stands in for the audit log.
func readings() employeehttp.TimelineSource {
	return employeehttp.TimelineSource{Kind: "reading", Entries: func(context.Context, db.Q, authz.Scope, employeehttp.TimelineRequest) ([]ui.Dated, error) {
		return []ui.Dated{{At: now, Entry: ui.Entry{Icon: "eye", Title: "somebody looked", Actor: "王专员"}}}, nil
	}}
}

func (s *stage) exec(query string, args ...any) {
	s.t.Helper()
	if _, err := s.data.Owner.Exec(query, args...); err != nil {
		s.t.Fatal(err)
	}
}

func scope(role authz.Role, org int32) authz.Scope {
	return authz.Scope{Account: int64(org)*10 + int64(len(role)), Actor: "王专员", Role: role, Org: org}
}

func (s *stage) as(sc authz.Scope) *httpdtest.Client {
	s.t.Helper()
	return s.site.As(s.t, httpd.Viewer{Scope: sc, Name: sc.Actor, OrgName: "甲厂"})
}

func (s *stage) hr() *httpdtest.Client { return s.as(scope(authz.HealthOfficer, 1)) }

func (s *stage) create(org int32, in employee.Incoming) int64 {
	s.t.Helper()
	p, err := s.employees.Create(s.t.Context(), scope(authz.HealthOfficer, org), in, now)
	if err != nil {
		s.t.Fatal(err)
	}
	return p.ID
}

func idNumber(n int) string {
	first17 := fmt.Sprintf("3703031985%02d%02d%03d", n/28%12+1, n%28+1, 900+n%90)
	return first17 + string(gb.IDCheckDigit(first17))
}

func has(t *testing.T, r httpdtest.Response, status int, texts ...string) {
	t.Helper()
	if r.Status != status {
		t.Fatalf("status %d to %q, want %d\n%s", r.Status, r.Location(), status, r.Body)
	}
	if i := strings.Index(r.Body, "⟦"); i >= 0 {
		t.Errorf("a text is missing: %s", r.Body[i:min(i+80, len(r.Body))])
	}
	for _, text := range texts {
		if !strings.Contains(r.Body, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
}

func lacks(t *testing.T, r httpdtest.Response, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(r.Body, text) {
			t.Errorf("the page shows %q", text)
		}
	}
}

func at(id int64, rest string) string { return "/employees/" + strconv.FormatInt(id, 10) + rest }
