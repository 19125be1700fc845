package standinghttp_test

import (
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/httpdtest"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/screening/screeningtest"
	"github.com/fugong/fugong/internal/standing/standinghttp"
)

type stage struct {
	*screeningtest.World
	people *employee.Service
	site   *httpdtest.Site
}

func newStage(t *testing.T) *stage {
	w := screeningtest.New(t)
	people := employee.New(w.DB, w.Box, w.Standings)
	deps := standinghttp.Deps{DB: w.DB, Box: w.Box, Standings: w.Standings, People: people}
	return &stage{w, people, httpdtest.New(t, w.Clock, func(*httpd.Server) []httpd.Route { return standinghttp.Routes(deps) })}
}

func (s *stage) get(t *testing.T, sc authz.Scope, path string) httpdtest.Response {
	t.Helper()
	r := s.site.As(t, httpd.Viewer{Scope: sc, Name: sc.Actor, OrgName: "甲厂"}).Get(path)
	if i := strings.Index(r.Body, "⟦"); i >= 0 {
		t.Errorf("a text is missing: %s", r.Body[i:][:60])
	}
	return r
}

// person opens a file on post since February.
func (s *stage) person(t *testing.T) int64 {
	t.Helper()
	p, err := s.people.Create(t.Context(), s.HR(s.Org), employee.Incoming{Name: "张三", IDNumber: "370303198503149970", EmployeeNo: "1001"},
		screeningtest.Now.AddDate(0, 0, -40))
	if err != nil {
		t.Fatal(err)
	}
	return p.ID
}

// lateEntry gives a person a sample of the 20th that is entered on the 24th; the person was overdue in between.
func (s *stage) lateEntry(t *testing.T, id int64) {
	t.Helper()
	for _, in := range []screening.Input{
		{Employee: id, SampledAt: screeningtest.Now.AddDate(0, 0, -14), ReportedAt: screeningtest.Now.AddDate(0, 0, -13), Result: regime.Negative},
		{Employee: id, SampledAt: screeningtest.Now.AddDate(0, 0, -5), ReportedAt: screeningtest.Now.AddDate(0, 0, -4), Result: regime.Negative},
	} {
		in.Source, in.Institution = regime.SourceEmployerOrg, "市中心医院"
		if _, err := s.Samples.Record(t.Context(), s.HR(s.Org), in, screeningtest.Now); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAPastInstantShowsBothAnswersAndWhatCameLater(t *testing.T) {
	s := newStage(t)
	id := s.person(t)
	s.lateEntry(t, id)
	for name, sc := range map[string]authz.Scope{"officer": s.HR(s.Org), "worker": s.Worker(s.Org, id)} {
		path := fmt.Sprintf("/employees/%d/standing?at=2022-03-22T17:00", id)
		if sc.Role == authz.Worker {
			path = "/me/standing?at=2022-03-22T17:00"
		}
		r := s.get(t, sc, path)
		for _, text := range []string{"应检未检", "在有效期", "后来补录或更正的内容改变了结论", "zibo-2022-03", "03-24"} {
			if r.Status != 200 || !strings.Contains(r.Body, text) {
				t.Errorf("%s: %d, the page lacks %q", name, r.Status, text)
			}
		}
	}
	if r := s.get(t, s.HR(s.Org), fmt.Sprintf("/employees/%d/standing?at=2023-01-01T00:00", id)); r.Status != 422 {
		t.Errorf("the future: %d", r.Status)
	}
	if r := s.get(t, s.HR(s.Foreign), fmt.Sprintf("/employees/%d/standing", id)); r.Status != 404 {
		t.Errorf("a foreign file: %d", r.Status)
	}
}

var referenceText = regexp.MustCompile(`id="ref">([^<]+)<`)

func TestTheBureauSeesTheAnswerWithoutThePerson(t *testing.T) {
	s := newStage(t)
	id := s.person(t)
	s.lateEntry(t, id)
	m := referenceText.FindStringSubmatch(s.get(t, s.HR(s.Org), fmt.Sprintf("/employees/%d/standing?at=2022-03-22T17:00", id)).Body)
	if m == nil {
		t.Fatal("the page offers no reference")
	}
	ref := html.UnescapeString(m[1])
	bureau := authz.Scope{Account: 900, Actor: "市工信局", Role: authz.CityBureau, Org: s.Foreign}
	r := s.get(t, bureau, "/bureau/standing?ref="+url.QueryEscape(ref))
	if r.Status != 200 || !strings.Contains(r.Body, "应检未检") || !strings.Contains(r.Body, "zibo-2022-03") {
		t.Errorf("status %d: the bureau does not see the answer", r.Status)
	}
	for _, secret := range []string{"张三", "2022-03-10", "2022-03-19"} { // neither the name nor a sampling
		if strings.Contains(r.Body, secret) {
			t.Errorf("the bureau sees %q", secret)
		}
	}
	if n := s.Count(`select count(*) from audit_log where org_id = $1 and employee_id = $2 and action = 'standing.reference' and is_read`, s.Org, id); n != 1 {
		t.Errorf("%d entries in the enterprise's log, want 1", n)
	}
	for _, bad := range []string{"x", ref[:len(ref)-2], strings.ToUpper(ref)} {
		if r := s.get(t, bureau, "/bureau/standing?ref="+url.QueryEscape(bad)); r.Status != 422 {
			t.Errorf("a made-up reference: %d", r.Status)
		}
	}
	s.Clock.Set(screeningtest.Now.Add(31 * 24 * time.Hour))
	if r := s.get(t, bureau, "/bureau/standing?ref="+url.QueryEscape(ref)); r.Status != 422 {
		t.Errorf("an old reference: %d", r.Status)
	}
	if r := s.get(t, s.HR(s.Org), "/bureau/standing?ref="+url.QueryEscape(ref)); r.Status != 403 {
		t.Errorf("an officer: %d", r.Status)
	}
}
