package qualityhttp_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/httpdtest"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/i18n"
	"github.com/fugong/fugong/internal/rollup"
	"github.com/fugong/fugong/internal/rollup/qualityhttp"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/testkit"
)

type divisions struct{}

func (divisions) Divisions(context.Context) ([]org.Division, error) {
	return []org.Division{{Code: "370300", Kind: "city", Name: "淄博市", NameEn: "Zibo"}, {Code: "370302", Kind: "district", Name: "淄川区", NameEn: "Zichuan District"},
		{Code: "370303", Kind: "district", Name: "张店区", NameEn: "Zhangdian District"}}, nil
}

type stage struct {
	*testkit.Kit
	t       *testing.T
	now     time.Time
	quality *rollup.Quality
	weeks   *rollup.Service
	site    *httpdtest.Site
}

func newStage(t *testing.T) *stage {
	now := testkit.At(t, "03-24 09:00")
	s := &stage{Kit: testkit.New(t, now), t: t, now: now}
	c := clock.NewManual(now)
	st := standing.New(s.DB, c, testkit.Zibo(t))
	s.quality, s.weeks = rollup.NewQuality(s.DB, c, st), rollup.New(s.DB, c, st)
	s.site = httpdtest.New(t, c, func(*httpd.Server) []httpd.Route { return qualityhttp.Routes(s.quality, divisions{}) })
	return s
}

// firm adds an enterprise of n people whose weeks are frozen; of some a sample was entered only then.
func (s *stage) firm(zone string, n, late int) int32 {
	s.t.Helper()
	firm := s.Org(zone, s.now.AddDate(0, 0, -40))
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = s.Employee(firm, testkit.Person{Since: s.now.AddDate(0, 0, -40)})
		at := testkit.At(s.t, "03-07 07:00")
		s.Sample(firm, ids[i], at, at.Add(9*time.Hour), "negative")
		if i%3 == 0 {
			at = testkit.At(s.t, "03-17 10:00")
			s.Sample(firm, ids[i], at, at.Add(20*time.Hour), "negative")
		}
	}
	if err := s.weeks.BackfillWeeks(s.t.Context(), firm, testkit.Zone, 2, s.now); err != nil {
		s.t.Fatal(err)
	}
	for _, id := range ids[:late] {
		at := testkit.At(s.t, "03-14 10:00")
		s.Exec(`insert into sample (org_id, employee_id, sampled_at, reported_at, result, source, proof, entered_by, entered_at)
			values ($1, $2, $3, $4, 'negative', 'employer_org', 'lab', 0, $5)`, firm, id, at, at.Add(30*time.Hour), testkit.At(s.t, "03-22 12:00"))
	}
	return firm
}

func (s *stage) measure() {
	s.t.Helper()
	if _, err := s.weeks.Refresh(s.t.Context(), s.now.Add(-time.Minute)); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.quality.Measure(s.t.Context(), s.now); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) as(sc authz.Scope, lang string) *httpdtest.Client {
	s.t.Helper()
	return s.site.As(s.t, httpd.Viewer{Scope: sc, Name: "某人", OrgName: "某单位", Lang: lang})
}

func has(t *testing.T, r httpdtest.Response, status int, texts ...string) {
	t.Helper()
	if r.Status != status {
		t.Errorf("status %d, want %d\n%s", r.Status, status, r.Body)
	}
	if i := strings.Index(r.Body, "⟦"); i >= 0 {
		t.Errorf("a text is missing: %.80s", r.Body[i:])
	}
	for _, text := range texts {
		if !strings.Contains(r.Body, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
}

func TestQualityPages(t *testing.T) {
	s := newStage(t)
	one := s.firm("370303", 30, 6)
	hr := s.as(authz.Scope{Account: 1, Role: authz.HealthOfficer, Org: one}, i18n.Chinese)
	has(t, hr.Get("/quality"), 200, "还没有核算过")
	s.firm("370302", 20, 0)
	few := s.firm("370302", 3, 3)
	s.measure()

	own := hr.Get("/quality")
	has(t, own, 200, "误报率", "漏报率", "采样到出结果", "重复提醒", "1 分钟", "2022-03-14 (周一)", "有变化", "2022-03-21 (周一)")
	if strings.Contains(own.Body, "按企业") || strings.Contains(own.Body, "按区县") {
		t.Error("an enterprise sees others")
	}
	has(t, hr.Get("/quality?week=2022-03-21"), 200, "2022-03-21 (周一) 至 2022-03-27 (周日)")
	if r := hr.Get("/quality?zone=370302"); r.Status != 404 {
		t.Errorf("an enterprise asks for a zone: %d", r.Status)
	}
	if r := hr.Get("/quality/export"); r.Status != 403 {
		t.Errorf("an enterprise exports: %d", r.Status)
	}

	city := s.as(authz.Scope{Account: 2, Role: authz.CityBureau}, i18n.Chinese)
	page := city.Get("/quality")
	has(t, page, 200, "按区县", "按企业", "张店区", "淄川区", "测试企业", "人数过少，不显示", "各企业中位数的中位数", "共 3 条")
	has(t, city.Get("/quality?zone=370303"), 200, "张店区", "共 1 条")
	has(t, city.Get("/quality?q=nobody"), 200, "共 0 条")
	has(t, s.as(authz.Scope{Account: 3, Role: authz.DistrictBureau, Division: "370303"}, i18n.English).Get("/quality"), 200, "False overdue", "Zhangdian District")
	has(t, s.as(authz.Scope{Account: 4, Role: authz.Auditor}, i18n.Chinese).Get("/quality"), 200, "按企业")
	for role, want := range map[authz.Role]int{authz.Worker: 403, authz.TeamLeader: 403, authz.Admin: 403} {
		if r := s.as(authz.Scope{Account: 9, Role: role, Org: one}, i18n.Chinese).Get("/quality"); r.Status != want {
			t.Errorf("%s: %d", role, r.Status)
		}
	}
	if r := s.site.Anonymous(t).Get("/quality"); r.Status != 303 {
		t.Errorf("not signed in: %d", r.Status)
	}

	book, err := excelize.OpenReader(strings.NewReader(city.Get("/quality/export").Body))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := book.GetRows(book.GetSheetName(0))
	if err != nil || len(rows) != 4 {
		t.Fatalf("%d rows (%v)", len(rows), err)
	}
	hidden := testkit.Get[string](s.Kit, `select name from org where id = $1`, few)
	for _, r := range rows[1:] {
		if r[0] == hidden && len(r) > 2 {
			t.Errorf("three people are taken out: %v", r)
		}
		if r[0] == testkit.Get[string](s.Kit, `select name from org where id = $1`, one) && (r[2] != "30" || r[5] == fmt.Sprint(0)) {
			t.Errorf("the first enterprise is %v", r)
		}
	}
}
