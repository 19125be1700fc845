package workerhttp_test

import (
	"bytes"
	"compress/gzip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/httpdtest"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/reminder"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/screening/screeninghttp"
	"github.com/fugong/fugong/internal/screening/screeningtest"
	"github.com/fugong/fugong/internal/symptom"
	"github.com/fugong/fugong/internal/symptom/symptomhttp"
	"github.com/fugong/fugong/internal/testkit"
	"github.com/fugong/fugong/internal/worker/workerhttp"
)

var now = screeningtest.Now

// stage is a world with the pages of workers and those they lead to.
type stage struct {
	*screeningtest.World
	people  *employee.Service
	holds   *hold.Service
	reports *symptom.Service
	site    *httpdtest.Site
}

func newStage(t *testing.T) *stage {
	w := screeningtest.New(t)
	book := testkit.Zibo(t)
	holds := hold.New(w.DB, w.Standings, book)
	s := &stage{World: w, people: employee.New(w.DB, w.Box, w.Standings), holds: holds, reports: symptom.New(w.DB, w.Box, holds, book)}
	w.Standings.Watch(holds)
	s.site = httpdtest.New(t, w.Clock, func(*httpd.Server) []httpd.Route {
		routes := workerhttp.Routes(workerhttp.Deps{DB: w.DB, People: s.people, Standings: w.Standings, Samples: w.Samples, Reports: s.reports, Holds: holds,
			Inbox: reminder.New(reminder.Config{DB: w.DB, Clock: w.Clock})})
		return append(append(routes, screeninghttp.Routes(w.Samples)...), symptomhttp.Routes(s.reports)...)
	})
	return s
}

func (s *stage) as(t *testing.T, sc authz.Scope) *httpdtest.Client {
	t.Helper()
	return s.site.As(t, httpd.Viewer{Scope: sc, Name: "张三", OrgName: "甲厂"})
}

func (s *stage) record(t *testing.T, employee int64, ago time.Duration, result regime.Result) {
	t.Helper()
	_, err := s.Samples.Record(t.Context(), s.HR(s.Org), screening.Input{Employee: employee, SampledAt: now.Add(-ago), Result: result,
		ReportedAt: now.Add(-ago).Add(time.Minute), Institution: "张店区人民医院"}, now)
	if err != nil {
		t.Fatal(err)
	}
}

// wholeDates are the spans that keep a date on one line.
var wholeDates = regexp.MustCompile(`<span class="whole">([^<]*)</span>`)

func has(t *testing.T, r httpdtest.Response, status int, texts ...string) {
	t.Helper()
	if r.Status != status {
		t.Errorf("status %d, want %d\n%s", r.Status, status, r.Body)
	}
	if i := strings.Index(r.Body, "⟦"); i >= 0 {
		t.Errorf("a text is missing: %s", r.Body[i:][:60])
	}
	read := wholeDates.ReplaceAllString(r.Body, "$1")
	for _, text := range texts {
		if !strings.Contains(read, text) {
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
	me := s.Employee(s.Org, s.Team, "张三")
	for _, p := range []string{"/me", "/me/sample", "/me/file", "/me/reminders", "/team"} {
		if r := s.site.Anonymous(t).Get(p); r.Status != 303 || !strings.HasPrefix(r.Location(), "/sign-in") {
			t.Errorf("%s, not signed in: %d to %s", p, r.Status, r.Location())
		}
		if r := s.as(t, s.HR(s.Org)).Get(p); r.Status != 403 {
			t.Errorf("%s, HR: %d", p, r.Status)
		}
	}
	if r := s.as(t, s.Worker(s.Org, me)).Get("/team"); r.Status != 403 {
		t.Errorf("/team, worker: %d", r.Status)
	}
	if r := s.as(t, s.Leader(0, s.Team)).Get("/me"); r.Status != 303 || r.Location() != "/team" {
		t.Errorf("/me, leader without a file: %d to %s", r.Status, r.Location())
	}
	// An account whose file belongs to another org sees nothing of it.
	if r := s.as(t, s.Worker(s.Foreign, me)).Get("/me"); r.Status != 404 {
		t.Errorf("/me, another org's file: %d", r.Status)
	}
}

func TestHomeSaysWhereOneStands(t *testing.T) {
	s := newStage(t)
	for _, tc := range []struct {
		name   string
		ago    time.Duration
		result regime.Result
		says   []string
	}{
		{"ok", 24 * time.Hour, regime.Negative, []string{"在有效期", "下次采样：2022-03-30 (周三) 09:00 前", "还剩 6 天", "登记采样", "为什么", "zibo-2022-03"}},
		{"due soon", 160 * time.Hour, regime.Negative, []string{"即将到期", "请在 2022-03-24 (周四) 17:00 前采样", "还剩 8 小时"}},
		{"overdue", 200 * time.Hour, regime.Negative, []string{"应检未检", "请尽快采样", "已逾期 32 小时"}},
		{"pending", time.Hour, regime.ResultPending, []string{"已采待出", "填结果", "结果出来后，再点这里补填"}},
		{"held", time.Hour, regime.PoolAbnormal, []string{"请勿到岗", "联系本单位疫情防控专员", "暂停上岗", "混管异常待复核", "怎样恢复到岗", "单采的核酸阴性 1 次", `href="/me/file"`}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			me := s.Employee(s.Org, s.Team, "张三")
			s.record(t, me, tc.ago, tc.result)
			r := s.as(t, s.Worker(s.Org, me)).Get("/me")
			has(t, r, 200, tc.says...)
			if n := strings.Count(r.Body, "btn-primary"); n != 1 {
				t.Errorf("%d primary actions", n)
			}
			has(t, s.site.As(t, httpd.Viewer{Scope: s.Worker(s.Org, me), Name: "Zhang", Lang: "en"}).Get("/me"), 200, "Hello, Zhang")
		})
	}
	has(t, s.as(t, s.Worker(s.Org, s.Employee(s.Org, s.Team, "新人"))).Get("/me"), 200, "还没有采样记录", "登记采样")
}

// TestPagesAreLight: 30 KB over the wire for the page with its style and script leaves 15 KB for the page.
func TestPagesAreLight(t *testing.T) {
	s := newStage(t)
	me := s.Employee(s.Org, s.Team, "张三")
	for i := range 5 {
		s.record(t, me, time.Duration(i+1)*20*time.Hour, regime.Negative)
	}
	c := s.as(t, s.Worker(s.Org, me))
	for _, p := range []string{"/me", "/me/sample", "/me/symptom"} {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		body := c.Get(p).Body
		if _, err := z.Write([]byte(body)); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d bytes, %d packed", p, len(body), b.Len())
		if b.Len() > 15<<10 {
			t.Errorf("%s: %d bytes packed", p, b.Len())
		}
		if strings.Contains(body, "hx-get") {
			t.Errorf("%s loads htmx", p)
		}
	}
}
