package symptomhttp_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/httpdtest"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/screening/screeningtest"
	"github.com/fugong/fugong/internal/symptom"
	"github.com/fugong/fugong/internal/symptom/symptomhttp"
	"github.com/fugong/fugong/internal/testkit"
)

var now = screeningtest.Now

type stage struct {
	*screeningtest.World
	holds   *hold.Service
	reports *symptom.Service
	site    *httpdtest.Site
}

func newStage(t *testing.T) *stage {
	w := screeningtest.New(t)
	book := testkit.Zibo(t)
	holds := hold.New(w.DB, w.Standings, book)
	reports := symptom.New(w.DB, w.Box, holds, book)
	holds.WatchReleases(reports)
	return &stage{w, holds, reports, httpdtest.New(t, w.Clock, func(*httpd.Server) []httpd.Route { return symptomhttp.Routes(reports) })}
}

func (s *stage) as(t *testing.T, sc authz.Scope) *httpdtest.Client {
	t.Helper()
	return s.site.As(t, httpd.Viewer{Scope: sc, Name: sc.Actor, OrgName: "甲厂"})
}

func (s *stage) cough(t *testing.T, employee int64) symptom.Report {
	t.Helper()
	hot := 38.4
	r, err := s.reports.Report(t.Context(), s.Worker(s.Org, employee), symptom.Input{Employee: employee, At: now, Temperature: &hot,
		Symptoms: []string{"dry_cough"}, Note: "夜里开始"}, now)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// clear lets a day and a negative pass and releases a hold for symptoms.
func (s *stage) clear(t *testing.T, employee, id int64) {
	t.Helper()
	at := now.Add(25 * time.Hour)
	s.Base.Owner.MustExec(`insert into sample (org_id, employee_id, sampled_at, reported_at, result, source, proof, entered_by, entered_at)
		values ($1, $2, $3, $4, 'negative', 'self', 'self', 0, $4)`, s.Org, employee, now.Add(time.Hour), now.Add(2*time.Hour))
	if err := s.holds.Release(t.Context(), s.HR(s.Org), employee, id, hold.Release{Reason: "排除"}, at); err != nil {
		t.Fatal(err)
	}
}

func has(t *testing.T, r httpdtest.Response, status int, texts ...string) {
	t.Helper()
	if r.Status != status {
		t.Errorf("status %d, want %d\n%s", r.Status, status, r.Body)
	}
	if i := strings.Index(r.Body, "⟦"); i >= 0 {
		t.Errorf("a text is missing: %s", r.Body[i:][:60])
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

func TestAccess(t *testing.T) {
	s := newStage(t)
	me, far := s.Employee(s.Org, s.Team, "张三"), s.Employee(s.Org, s.Other, "王五")
	mine := fmt.Sprintf("/employees/%d/symptom", me)
	for _, p := range []string{"/symptoms", "/alerts", mine, "/me/symptom"} {
		if r := s.site.Anonymous(t).Get(p); r.Status != 303 || !strings.HasPrefix(r.Location(), "/sign-in") {
			t.Errorf("%s, not signed in: %d to %s", p, r.Status, r.Location())
		}
	}
	for _, tc := range []struct {
		who  string
		c    *httpdtest.Client
		want map[string]int
	}{
		{"worker", s.as(t, s.Worker(s.Org, me)), map[string]int{"/symptoms": 403, "/alerts": 403, mine: 403, "/me/symptom": 200}},
		{"leader", s.as(t, s.Leader(0, s.Team)), map[string]int{"/symptoms": 403, "/alerts": 403, mine: 200, fmt.Sprintf("/employees/%d/symptom", far): 404}},
		{"HR", s.as(t, s.HR(s.Org)), map[string]int{"/symptoms": 200, "/alerts": 204, mine: 200, "/me/symptom": 403}},
		{"another org", s.as(t, s.HR(s.Foreign)), map[string]int{mine: 404, "/symptoms": 200}},
	} {
		for p, want := range tc.want {
			if r := tc.c.Get(p); r.Status != want {
				t.Errorf("%s as %s: %d, want %d", p, tc.who, r.Status, want)
			}
		}
	}
}

func TestOwnReport(t *testing.T) {
	s := newStage(t)
	me := s.Employee(s.Org, s.Team, "张三")
	c := s.as(t, s.Worker(s.Org, me))
	page := c.Get("/me/symptom")
	has(t, page, 200, "今天身体怎么样", "没有不舒服", "干咳")
	lacks(t, page, `name="at"`, "已经重新测过")
	has(t, c.Post("/me/symptom", url.Values{}), 422, "请填体温，或选有没有不舒服")
	has(t, c.Post("/me/symptom", url.Values{"temperature": {"warm"}, "note": {"头晕"}}), 422, "请填数字", `value="头晕"`)
	has(t, c.Post("/me/symptom", url.Values{"temperature": {"34.5"}}), 422, "请再测一次", "已经重新测过")
	if r := c.Post("/me/symptom", url.Values{"temperature": {"34.5"}, "confirmed": {"1"}}); r.Status != 303 || r.Location() != "/me" {
		t.Errorf("confirmed: %d to %s", r.Status, r.Location())
	}
	if r := c.Post("/me/symptom", url.Values{"symptoms": {"none"}, "temperature": {"36.5"}}); r.Status != 303 {
		t.Errorf("well: %d", r.Status)
	}
	has(t, c.Get("/me/symptom"), 200, "已收到，没有异常")
	if n := s.Count(`select count(*) from hold`); n != 0 {
		t.Errorf("%d holds for the healthy", n)
	}
	c.Post("/me/symptom", url.Values{"temperature": {"37.3"}, "site": {"forehead"}})
	has(t, c.Get("/me/symptom"), 200, "留在原处", "再测一次")
	if n := s.Count(`select count(*) from hold where employee_id = $1`, me); n != 1 {
		t.Errorf("%d holds", n)
	}
	// A worker cannot report about another by the address of HR.
	if r := c.Post(fmt.Sprintf("/employees/%d/symptom", s.Employee(s.Org, s.Team, "李四")), url.Values{"symptoms": {"none"}}); r.Status != 403 {
		t.Errorf("about another: %d", r.Status)
	}
}

func TestLeaderEntersAndReadsNothing(t *testing.T) {
	s := newStage(t)
	me := s.Employee(s.Org, s.Team, "张三")
	s.cough(t, me)
	c := s.as(t, s.Leader(0, s.Team))
	path := fmt.Sprintf("/employees/%d/symptom", me)
	page := c.Get(path)
	has(t, page, 200, "登记健康状况：张三")
	lacks(t, page, "38.4", "夜里开始", "checked")
	if r := c.Post(path, url.Values{"at": {"2022-03-24T08:00"}, "symptoms": {"fatigue"}}); r.Location() != "/team" {
		t.Errorf("to %s", r.Location())
	}
	has(t, c.Get(path), 200, "单独等候")
}

func TestListLeadsToTheHold(t *testing.T) {
	s := newStage(t)
	me, well := s.Employee(s.Org, s.Team, "<script>张三"), s.Employee(s.Org, s.Team, "李四")
	r := s.cough(t, me)
	if _, err := s.reports.Report(t.Context(), s.Worker(s.Org, well), symptom.Input{Employee: well, At: now, None: true}, now); err != nil {
		t.Fatal(err)
	}
	hr := s.as(t, s.HR(s.Org))
	page := hr.Get("/symptoms")
	has(t, page, 200, "&lt;script&gt;张三", "38.4 ℃", "干咳", "夜里开始", "李四", "共 2 条", "暂停上岗", "已知悉")
	lacks(t, page, "<script>张三")
	unseen := hr.Get("/symptoms?show=unseen")
	has(t, unseen, 200, "张三", "共 1 条")
	lacks(t, unseen, "李四")
	has(t, hr.Get("/symptoms?q=nobody"), 200, "没有符合条件的上报")
	has(t, s.site.As(t, httpd.Viewer{Scope: s.HR(s.Org), Lang: "en"}).Get("/symptoms"), 200, "Dry cough")

	seen := fmt.Sprintf("/symptoms/%d/%d/seen", me, r.ID)
	if res := s.as(t, s.HR(s.Foreign)).Post(seen, nil); res.Status != 404 {
		t.Errorf("seen by another org: %d", res.Status)
	}
	if res := hr.Post(seen, nil); res.Status != 303 {
		t.Errorf("seen: %d", res.Status)
	}
	has(t, hr.Get("/symptoms?show=unseen"), 200, "没有符合条件的上报")

	has(t, hr.Get("/symptoms"), 200, fmt.Sprintf(`href="/employees/%d/holds/%d"`, me, r.Hold))
	s.clear(t, me, r.Hold)
	lacks(t, hr.Get("/symptoms"), fmt.Sprintf(`/holds/%d"`, r.Hold))
}

func TestAlerts(t *testing.T) {
	s := newStage(t)
	hr := s.as(t, s.HR(s.Org))
	if r := hr.Get("/alerts"); r.Status != 204 || r.Body != "" {
		t.Errorf("quiet: %d %q", r.Status, r.Body)
	}
	me := s.Employee(s.Org, s.Team, "张三")
	first := s.cough(t, me)
	r := hr.Get("/alerts")
	has(t, r, 200, "有 1 条异常上报待处理", "张三", `href="/symptoms?show=unseen"`, `hx-trigger="every 3s"`)
	lacks(t, r, "干咳", "38.4", "<html", "夜里")
	if len(r.Body) > 1500 {
		t.Errorf("the answer has %d bytes", len(r.Body))
	}
	_, rest, _ := strings.Cut(r.Body, `hx-get="`)
	again, _, _ := strings.Cut(rest, `"`)
	if res := hr.Get(again); res.Status != 204 {
		t.Errorf("nothing new at %s: %d", again, res.Status)
	}
	s.cough(t, me)
	has(t, hr.Get(again), 200, "有 2 条异常上报待处理")
	s.clear(t, me, first.Hold)
	r = hr.Get(again)
	has(t, r, 200, "hx-get")
	lacks(t, r, "待处理")
	if res := s.as(t, s.HR(s.Foreign)).Get("/alerts"); res.Status != 204 {
		t.Errorf("another org hears of it: %d", res.Status)
	}
}
