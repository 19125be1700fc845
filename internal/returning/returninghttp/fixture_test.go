package returninghttp_test

import (
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/httpdtest"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/secret"
	"github.com/fugong/fugong/internal/returning"
	"github.com/fugong/fugong/internal/returning/returninghttp"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/testkit"
)

var now = time.Date(2022, 3, 24, 9, 0, 0, 0, testkit.Zone)

// stage is an enterprise with its pages, and one next door.
type stage struct {
	*testkit.Kit
	t            *testing.T
	returns      *returning.Service
	people       *employee.Service
	site         *httpdtest.Site
	org, foreign int32
	accounts     int64
}

func newStage(t *testing.T) *stage {
	t.Helper()
	k := testkit.New(t, now)
	box, err := secret.LoadOrCreate(filepath.Join(t.TempDir(), "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	c, book := clock.NewManual(now), testkit.Zibo(t)
	people := employee.New(k.DB, box, standing.New(k.DB, c, book))
	s := &stage{Kit: k, t: t, people: people, returns: returning.New(k.DB, box, people, book), org: k.Org("370303", now.AddDate(0, 0, -30)),
		foreign: k.Org("370302", now.AddDate(0, 0, -30))}
	s.site = httpdtest.New(t, c, func(*httpd.Server) []httpd.Route { return returninghttp.Routes(s.returns) })
	return s
}

var numbers = []string{"370303198705189970", "370303198705019971", "370303198705039972", "370303198705059973", "370303198705079974", "370303198705099975"}

func (s *stage) person(name, status string) int64 {
	s.t.Helper()
	n := testkit.Get[int](s.Kit, `select count(*) from employee`)
	p, err := s.people.Create(s.t.Context(), s.hr(s.org), employee.Incoming{EmployeeNo: "A" + numbers[n][16:], Name: name, IDNumber: numbers[n], WorkStatus: status,
		Workshop: "一车间", Team: "甲班"}, now.AddDate(0, 0, -9))
	if err != nil {
		s.t.Fatal(err)
	}
	return p.ID
}

func (s *stage) hr(org int32) authz.Scope {
	s.accounts++
	return authz.Scope{Account: s.accounts, Actor: "王敏", Role: authz.HealthOfficer, Org: org}
}

func (s *stage) worker(id int64) authz.Scope {
	return authz.Scope{Account: 1000 + id, Actor: "职工", Role: authz.Worker, Org: s.org, Employee: id}
}

func (s *stage) as(sc authz.Scope) *httpdtest.Client {
	s.t.Helper()
	return s.site.As(s.t, httpd.Viewer{Scope: sc, Name: sc.Actor, OrgName: "甲厂"})
}

func (s *stage) swab(id int64) {
	s.t.Helper()
	s.Sample(s.org, id, now.Add(-20*time.Hour), now.Add(-10*time.Hour), "negative")
}

// declared is a case of somebody who handed in a clean declaration.
func (s *stage) declared(id int64) returning.Case {
	s.t.Helper()
	sc, degrees := s.worker(id), 36.5
	c, err := s.returns.Begin(s.t.Context(), sc, returning.Opening{Employee: id, Planned: "2022-03-25", Consent: true}, now)
	if err != nil {
		s.t.Fatal(err)
	}
	c, err = s.returns.Save(s.t.Context(), sc, c.Key, c.Version, returning.Telling{Declaration: returning.Declaration{OriginArea: "济南市历城区",
		Transport: "train", TripNo: "G281", Outside: returning.Yes, Reported: returning.Yes, RiskStay: returning.No, Overseas: returning.No, NoContact: true,
		HealthCode: "green", CodeCheckedAt: now.Add(-time.Hour), TripCard: "green", Temperature: &degrees, Well: true,
		Stays: []returning.Stay{{Area: "济南市历城区", From: "2022-03-01", To: "2022-03-23", Risk: "low"}}}}, now)
	if err != nil {
		s.t.Fatal(err)
	}
	if c, err = s.returns.Submit(s.t.Context(), sc, c.Key, c.Version, true, now); err != nil {
		s.t.Fatal(err)
	}
	return c
}

func has(t *testing.T, r httpdtest.Response, status int, texts ...string) {
	t.Helper()
	if r.Status != status {
		t.Errorf("status %d, want %d\n%s", r.Status, status, r.Body)
	}
	if i := strings.Index(r.Body, "⟦"); i >= 0 {
		t.Errorf("a text is missing: %s", r.Body[i:][:min(60, len(r.Body)-i)])
	}
	if strings.Contains(r.Body, "no value") {
		t.Error("a text lacks an argument")
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

// version is the version that a form of the page sends back.
func version(t *testing.T, r httpdtest.Response) string {
	t.Helper()
	_, rest, ok := strings.Cut(r.Body, `name="version" value="`)
	if !ok {
		t.Fatalf("no version on the page\n%s", r.Body)
	}
	v, _, _ := strings.Cut(rest, `"`)
	return v
}

func form(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}
