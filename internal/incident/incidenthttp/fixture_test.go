package incidenthttp_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/httpdtest"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/incident"
	"github.com/fugong/fugong/internal/incident/incidenthttp"
	"github.com/fugong/fugong/internal/incident/overview"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/secret"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/testkit"
)

// stage is a site over an enterprise with two teams, and one next door.
type stage struct {
	*testkit.Kit
	t            *testing.T
	at           time.Time
	clock        *clock.Manual
	site         *httpdtest.Site
	incidents    *incident.Service
	employees    *employee.Service
	holds        *hold.Service
	org, foreign int32
	people       map[string]int64
}

func newStage(t *testing.T) *stage {
	t.Helper()
	at := testkit.At(t, "03-24 09:00")
	s := &stage{Kit: testkit.New(t, at), t: t, at: at, clock: clock.NewManual(at), people: map[string]int64{}}
	box, err := secret.LoadOrCreate(filepath.Join(t.TempDir(), "keys.json"))
	s.must(err)
	standings := standing.New(s.DB, s.clock, testkit.Zibo(t))
	s.holds = hold.New(s.DB, standings, testkit.Zibo(t))
	s.employees = employee.New(s.DB, box, standings)
	s.incidents = incident.New(s.DB, box, testkit.Zibo(t), s.holds)
	s.holds.Watch(s.incidents)
	s.org, s.foreign = s.Org("370303", at.AddDate(0, 0, -20)), s.Org("370305", at.AddDate(0, 0, -20))
	for i, p := range []employee.Incoming{
		{Name: "<script>张三", IDNumber: "370303198503149970", Mobile: "13905330001", Workshop: "一车间", Team: "一班", Shift: "早班", Bus: "2路"},
		{Name: "李四", IDNumber: "370302199002289965", Mobile: "13905330002", Workshop: "一车间", Team: "一班", Shift: "早班"},
		{Name: "王五", IDNumber: "370305199512319991", Mobile: "13905330003", Workshop: "二车间", Team: "二班", Shift: "晚班", Bus: "2路"},
		{Name: "赵六", IDNumber: "370321198811059988", Mobile: "13905330004", Workshop: "二车间", Team: "二班", Shift: "晚班"},
	} {
		p.EmployeeNo, p.IDType = fmt.Sprint("G", i+1), "cn_id"
		made, err := s.employees.Create(t.Context(), s.hr(7, s.org), p, at.AddDate(0, 0, -10))
		s.must(err)
		s.people[strings.TrimPrefix(p.Name, "<script>")] = made.ID
	}
	s.site = httpdtest.New(t, s.clock, func(*httpd.Server) []httpd.Route {
		return incidenthttp.Routes(s.incidents, overview.New(s.DB), s.employees)
	})
	return s
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) hr(account int64, org int32) authz.Scope {
	return authz.Scope{Account: account, Actor: "王敏", Role: authz.HealthOfficer, Org: org}
}

func (s *stage) as(sc authz.Scope) *httpdtest.Client {
	s.t.Helper()
	return s.site.As(s.t, httpd.Viewer{Scope: sc, Name: sc.Actor, OrgName: "甲厂"})
}

func (s *stage) leader() authz.Scope {
	team := testkit.Get[int64](s.Kit, `select id from team where name = '一班'`)
	return authz.Scope{Account: 5, Actor: "班组长", Role: authz.TeamLeader, Org: s.org, Teams: []int64{team}}
}

// held holds somebody on a hold that opens an incident, and returns the incident.
func (s *stage) held(name, kind string) int64 {
	s.t.Helper()
	s.must(s.DB.InTx(s.t.Context(), db.Tenant{Org: s.org}, func(tx *sqlx.Tx) error {
		_, err := s.holds.Put(s.t.Context(), tx, s.hr(7, s.org), hold.Hold{Employee: s.people[name], Kind: kind, Ground: hold.GroundSymptomReport,
			Source: "symptom_report", SourceID: 1, From: s.at}, s.at)
		return err
	}))
	return testkit.Get[int64](s.Kit, `select max(id) from incident`)
}

func has(t *testing.T, r httpdtest.Response, status int, texts ...string) {
	t.Helper()
	if r.Status != status {
		t.Errorf("status %d, want %d\n%s", r.Status, status, r.Body)
	}
	if i := strings.Index(r.Body, "⟦"); i >= 0 {
		t.Errorf("a text is missing: %s", r.Body[i:min(len(r.Body), i+80)])
	}
	for _, text := range texts {
		if !strings.Contains(r.Body, text) {
			t.Errorf("%q is missing in\n%s", text, r.Body)
		}
	}
}

func lacks(t *testing.T, r httpdtest.Response, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(r.Body, text) {
			t.Errorf("%q is shown in\n%s", text, r.Body)
		}
	}
}

// keep writes a page to the folder named in the environment, to be looked at.
func keep(t *testing.T, name string, r httpdtest.Response) {
	t.Helper()
	if dir := os.Getenv("FUGONG_KEEP_PAGES"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name+".html"), []byte(r.Body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func at(id int64, rest string) string { return fmt.Sprintf("/incidents/%d%s", id, rest) }
