package returninghttp_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/httpdtest"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/i18n"
	"github.com/fugong/fugong/internal/returning"
	"github.com/fugong/fugong/internal/returning/returninghttp"
	"github.com/fugong/fugong/internal/testkit"
	"github.com/fugong/fugong/web"
)

func address(k returning.Key) string { return fmt.Sprintf("/returns/%d/%d", k.Employee, k.ID) }

func TestAccess(t *testing.T) {
	s := newStage(t)
	me, mate := s.person("张三", "awaiting_return"), s.person("李四", "awaiting_return")
	c := s.declared(me)
	page := address(c.Key)
	for _, p := range []string{"/me/return", "/me/return/trip", "/returns", "/returns/new", "/returns/export", page, page + "/edit/trip"} {
		if r := s.site.Anonymous(t).Get(p); r.Status != 303 || !strings.HasPrefix(r.Location(), "/sign-in") {
			t.Errorf("%s, not signed in: %d to %s", p, r.Status, r.Location())
		}
	}
	bureau := authz.Scope{Account: 900, Role: authz.CityBureau, Org: s.foreign}
	for _, tc := range []struct {
		who  string
		sc   authz.Scope
		want map[string]int
	}{
		{"the worker", s.worker(me), map[string]int{"/me/return": 200, "/me/return/trip": 200, "/me/return/nowhere": 404, "/returns": 403, page: 403, "/returns/export": 403}},
		{"a mate", s.worker(mate), map[string]int{"/me/return": 200, "/me/return/trip": 303, page: 403, page + "/edit/trip": 403}},
		{"HR", s.hr(s.org), map[string]int{"/returns": 200, "/returns/new": 200, "/returns/export": 200, page: 200, page + "/edit/trip": 200,
			fmt.Sprintf("/returns/%d/%d", mate, c.ID): 404, "/me/return": 403}},
		{"another org's HR", s.hr(s.foreign), map[string]int{"/returns": 200, page: 404, page + "/edit/trip": 404}},
		{"a bureau", bureau, map[string]int{"/returns": 403, page: 403}},
	} {
		client := s.as(tc.sc)
		for p, want := range tc.want {
			if r := client.Get(p); r.Status != want {
				t.Errorf("%s as %s: %d, want %d", p, tc.who, r.Status, want)
			}
		}
	}
	foreign := s.as(s.hr(s.foreign))
	for _, act := range []string{"approve", "defer", "reject", "override", "confirm", "refuse", "withdraw", "edit/trip", "edit/sign"} {
		if r := foreign.Post(page+"/"+act, form("reason", "试试看")); r.Status != 404 {
			t.Errorf("another org's HR %ss: %d", act, r.Status)
		}
		if r := s.as(s.worker(me)).Post(page+"/"+act, form("reason", "试试看")); r.Status != 403 {
			t.Errorf("the worker %ss: %d", act, r.Status)
		}
	}
}

// The phone's way: notice and consent, three steps that survive, the pledge, and what is still missing.
func TestThePhone(t *testing.T) {
	s := newStage(t)
	me := s.person("张三", "leave")
	c := s.as(s.worker(me))
	begin := c.Get("/me/return")
	has(t, begin, 200, "处理者", "甲厂。联系方式", "我同意为返岗审核处理", "开始填写")
	lacks(t, begin, "checked")
	has(t, c.Post("/me/return", form("planned_on", "2022-03-25")), 422, "请先阅读并勾选同意", `value="2022-03-25"`)
	if r := c.Post("/me/return", form("planned_on", "2022-03-25", "consent", "1")); r.Location() != "/me/return/trip" {
		t.Fatalf("to %s: %s", r.Location(), r.Body)
	}
	trip := c.Get("/me/return/trip")
	has(t, trip, 200, "第 1 步，共 4 步", "从哪里回来", `value="2022-03-25"`)
	v := version(t, trip)
	answers := form("version", v, "planned_on", "2022-03-26", "origin_area", "济南市<b>", "transport", "train", "outside", "yes", "reported", "no", "arrive_at", "昨天")
	has(t, c.Post("/me/return/trip", answers), 422, "请填写日期和时间", "济南市&lt;b&gt;", `value="2022-03-26"`)
	answers.Set("arrive_at", "2022-03-23T20:00")
	if r := c.Post("/me/return/trip", answers); r.Location() != "/me/return/stays" {
		t.Fatalf("to %s: %s", r.Location(), r.Body)
	}
	has(t, c.Post("/me/return/trip", answers), 303) // a stale page
	has(t, c.Get("/me/return/trip"), 200, "别人刚刚改过", `value="2022-03-23T20:00"`)

	stays := c.Get("/me/return/stays")
	has(t, stays, 200, "去过的地方 1", "高风险地区", "封控区")
	lacks(t, stays, "去过的地方 2")
	answers = form("version", version(t, stays), "risk_stay", "no", "overseas", "no", "stay_area_0", "济南市", "stay_from_0", "2022-03-01", "stay_to_0", "2022-03-23")
	has(t, c.Post("/me/return/stays", answers), 422, "请从列表中选择")
	answers.Set("stay_risk_0", "low")
	if r := c.Post("/me/return/stays?then=more", answers); r.Location() != "/me/return/stays" {
		t.Errorf("one more: to %s", r.Location())
	}
	has(t, c.Get("/me/return/stays"), 200, "去过的地方 2", `value="济南市"`)

	has(t, c.Get("/me/return/sign"), 200, "还有 5 处没有填", `href="/me/return/health#f-temperature"`)
	lacks(t, c.Get("/me/return/sign"), "签署并提交")
	health := c.Get("/me/return/health")
	has(t, health, 200, `value="2022-03-24T09:00"`, "接触过密接者")
	answers = form("version", version(t, health), "health_code", "green", "code_checked_at", "2022-03-24T09:00", "temperature", "36.5", "symptoms", "none", "contacts", "none")
	if r := c.Post("/me/return/health?then=later", answers); r.Location() != "/me/return" {
		t.Errorf("later: to %s", r.Location())
	}
	has(t, c.Get("/me/return"), 200, "已保存", "还没有提交", `href="/me/return/sign"`)
	sign := c.Get("/me/return/sign")
	has(t, sign, 200, "返岗承诺书", "还没有可用的核酸记录", "还没有向社区", "签署并提交")
	has(t, c.Post("/me/return/sign", form("version", version(t, sign))), 422, "请阅读承诺书并勾选")
	if r := c.Post("/me/return/sign", form("version", version(t, sign), "pledge", "1")); r.Location() != "/me/return" {
		t.Fatalf("to %s: %s", r.Location(), r.Body)
	}
	done := c.Get("/me/return")
	has(t, done, 200, "等待审核", "还有 2 项要补充", "补充后重新提交", "请采样，并登记到核酸记录里", "撤回申报")
	for _, p := range []string{"/me/return", "/me/return/trip", "/me/return/stays", "/me/return/health", "/me/return/sign"} {
		if r := c.Get(p); len(r.Body) > 30_000 {
			t.Errorf("%s has %d bytes", p, len(r.Body))
		}
	}
	if r := c.Post("/me/return/withdraw", nil); r.Location() != "/me/return" {
		t.Errorf("to %s", r.Location())
	}
	has(t, c.Get("/me/return"), 200, "填写的内容已删除", "开始填写")
	if n := testkit.Get[int](s.Kit, `select count(*) from return_case where state = 'withdrawn' and body_enc is null`); n != 1 {
		t.Error("nothing was erased")
	}
}

func TestOnPostNeedsNothing(t *testing.T) {
	s := newStage(t)
	c := s.as(s.worker(s.person("张三", "on_post")))
	page := c.Get("/me/return")
	has(t, page, 200, "您现在是在岗状态")
	lacks(t, page, "开始填写")
	if r := c.Post("/me/return", form("planned_on", "2022-03-25", "consent", "1")); r.Status != 303 || r.Location() != "/me/return" {
		t.Errorf("%d to %s", r.Status, r.Location())
	}
}

func TestReview(t *testing.T) {
	s := newStage(t)
	me := s.person("<script>张三", "awaiting_return")
	k := s.declared(me)
	first, second, worker := s.as(s.hr(s.org)), s.as(s.hr(s.org)), s.as(s.worker(me))
	page := address(k.Key)
	show := first.Get(page)
	has(t, show, 200, "&lt;script&gt;张三", "有 1 项不符合或待补充", "济南市历城区", "36.5 ℃", "G281", "提交返岗申报", "申请破例返岗")
	lacks(t, show, "<script>张三", `/approve"`)
	v := version(t, show)
	post := func(act string, pairs ...string) {
		t.Helper()
		if r := first.Post(page+"/"+act, form(pairs...)); r.Location() != page {
			t.Errorf("%s: %d to %s", act, r.Status, r.Location())
		}
	}
	post("approve", "version", v)
	has(t, first.Get(page), 200, "还有 1 项不符合，不能批准")
	post("reject", "version", v)
	has(t, first.Get(page), 200, "没有办理：必填")
	post("defer", "version", v)
	has(t, first.Get(page), 200, "已暂缓", "暂缓返岗")
	has(t, worker.Get("/me/return"), 200, "请先不要到岗", "还没有可用的核酸记录", `href="/me/sample"`, "修改申报")
	post("defer", "version", v)
	has(t, first.Get(page), 200, "别人刚刚改过")

	post("override", "reason", "关键岗位，采样点停电")
	has(t, first.Get(page), 200, "这是您提出的", "关键岗位，采样点停电")
	lacks(t, first.Get(page), `/confirm"`)
	post("confirm")
	has(t, first.Get(page), 200, "提出的人不能自己复核")
	has(t, second.Get("/returns"), 200, "有 1 人等待第二人复核")
	has(t, second.Get(page), 200, `/confirm"`, "申请破例返岗", "关键岗位，采样点停电")
	if r := second.Post(page+"/confirm", form("version", version(t, second.Get(page)))); r.Location() != page {
		t.Errorf("to %s", r.Location())
	}
	has(t, second.Get(page), 200, "准予返岗", "同意破例返岗", "在岗")
	has(t, worker.Get("/me/return"), 200, "您现在是在岗状态")
	has(t, s.site.As(t, httpd.Viewer{Scope: s.hr(s.org), Lang: i18n.English}).Get(page), 200, "Override confirmed", "Approved")
}

func TestTheList(t *testing.T) {
	s := newStage(t)
	a, b, c := s.declared(s.person("甲", "awaiting_return")), s.declared(s.person("乙", "awaiting_return")), s.declared(s.person("丙", "awaiting_return"))
	s.swab(a.Employee)
	s.swab(b.Employee)
	hr := s.as(s.hr(s.org))
	page := hr.Get("/returns")
	has(t, page, 200, "批准齐备的 2 人", "各项齐备", "核酸", "共 3 条", `value="`+a.Key.String()+`"`)
	lacks(t, page, "济南市", "36.5")
	ready := hr.Get("/returns?show=ready&sort=name&desc=1")
	has(t, ready, 200, "共 2 条")
	missing := hr.Get("/returns?show=missing")
	has(t, missing, 200, "丙", "共 1 条")
	lacks(t, missing, ">甲<")
	has(t, hr.Get("/returns?item=code"), 200, "没有符合条件的返岗申报")
	has(t, hr.Get("/returns?q=丙&show=nonsense&sort=nonsense"), 200, "共 1 条")
	if r := hr.Get("/returns/export?show=missing"); r.Status != 200 || !strings.HasPrefix(r.Body, "PK") {
		t.Errorf("export: %d", r.Status)
	}

	if r := hr.Post("/returns/approve", nil); r.Location() != "/returns" {
		t.Errorf("to %s", r.Location())
	}
	has(t, hr.Get("/returns"), 200, "请先勾选")
	if r := hr.Post("/returns/approve", url.Values{"cases": {a.Key.String(), c.Key.String(), "nonsense"}}); r.Location() != "/returns?show=missing" {
		t.Errorf("to %s", r.Location())
	}
	has(t, hr.Get("/returns?show=missing"), 200, "已批准 1 人；1 人没有批准：丙")
	if r := hr.Post("/returns/approve", form("all", "1")); r.Location() != "/returns" {
		t.Errorf("to %s", r.Location())
	}
	has(t, hr.Get("/returns?show=closed"), 200, "已批准 1 人返岗", "共 2 条", "准予返岗")
	if n := testkit.Get[int](s.Kit, `select count(*) from employee where work_status = 'on_post'`); n != 2 {
		t.Errorf("%d people on post", n)
	}
}

func TestPaper(t *testing.T) {
	s := newStage(t)
	s.person("张三", "leave")
	s.person("李四", "on_post")
	hr := s.as(s.hr(s.org))
	has(t, hr.Post("/returns/new", form("who", "王五", "planned_on", "2022-03-25")), 422, "没有找到这个人", `value="王五"`)
	has(t, hr.Post("/returns/new", form("who", "李四", "planned_on", "2022-03-25")), 422, "已经在岗")
	has(t, hr.Post("/returns/new", form("who", "张三", "planned_on", "someday")), 422, "请填写日期")
	r := hr.Post("/returns/new", form("who", "张三", "planned_on", "2022-03-25"))
	if !strings.HasSuffix(r.Location(), "/edit/trip") {
		t.Fatalf("to %s: %s", r.Location(), r.Body)
	}
	trip := hr.Get(r.Location())
	has(t, trip, 200, "返岗审核：张三")
	if next := hr.Post(r.Location(), form("version", version(t, trip), "planned_on", "2022-03-25", "origin_area", "张店区", "outside", "no", "transport", "self_drive")); !strings.HasSuffix(next.Location(), "/edit/stays") {
		t.Errorf("to %s", next.Location())
	}
	if n := testkit.Get[int](s.Kit, `select count(*) from employee where name = '张三' and work_status = 'awaiting_return'`); n != 1 {
		t.Error("the leave may still end on post")
	}
	has(t, hr.Get("/returns?show=draft"), 200, "张三", "专员代填")
}

// What a file and the first page say about a return.
func TestTimeline(t *testing.T) {
	s := newStage(t)
	me := s.person("张三", "awaiting_return")
	k := s.declared(me)
	hr := s.hr(s.org)
	if err := s.returns.Defer(t.Context(), hr, k.Key, 0, "等核酸", now); err != nil {
		t.Fatal(err)
	}
	if err := s.returns.Reject(t.Context(), hr, k.Key, 0, "情况不明", now); err != nil {
		t.Fatal(err)
	}
	catalog, err := i18n.Load(web.Locales)
	if err != nil {
		t.Fatal(err)
	}
	tell := func(sc authz.Scope) (out []ui.Dated) {
		t.Helper()
		err := s.DB.Read(t.Context(), hr.Tenant(), func(tx *sqlx.Tx) error {
			out, err = returninghttp.Timeline(t.Context(), tx, sc, s.returns, me, now.AddDate(0, 0, 1), 10, ui.Translate(catalog.Printer(i18n.Chinese).T))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	es := tell(hr)
	var said []string
	for _, e := range es {
		said = append(said, e.Text+" "+e.Badges[0].Label)
	}
	if !slices.Equal(said, []string{"情况不明 不予返岗", "等核酸 暂缓返岗", "本人填写 待审核"}) {
		t.Errorf("entries %q", said)
	}
	if es := tell(authz.Scope{Account: 5, Role: authz.TeamLeader, Org: s.org}); es != nil {
		t.Errorf("a leader is told %+v", es)
	}
	if es := tell(s.worker(me)); len(es) != 3 || es[0].Actions != nil {
		t.Errorf("the person is told %+v", es)
	}
}

// The first page of a worker says what the return needs, and nothing to people on post.
func TestHomeNotices(t *testing.T) {
	s := newStage(t)
	site := httpdtest.New(t, clock.NewManual(now), func(*httpd.Server) []httpd.Route {
		return []httpd.Route{httpd.GET("/me", httpd.SignedIn(), func(c echo.Context) error {
			ns, err := returninghttp.HomeNotices(s.returns)(c)
			if err != nil {
				return err
			}
			text := ""
			for _, n := range ns {
				text += string(n.Tone) + " " + n.Title + " " + n.Text + " " + n.Links[0].Href
			}
			return c.String(200, text)
		})}
	})
	says := func(id int64) string {
		t.Helper()
		return site.As(t, httpd.Viewer{Scope: s.worker(id)}).Get("/me").Body
	}
	if got := says(s.person("岗", "on_post")); got != "" {
		t.Errorf("on post: %q", got)
	}
	for _, status := range []string{"leave", "work_from_home"} {
		if got := says(s.person("李"+status, status)); !strings.Contains(got, "准备回来上班") || !strings.HasSuffix(got, "/me/return") {
			t.Errorf("%s: %q", status, got)
		}
	}
	me := s.person("张三", "awaiting_return")
	if got := says(me); !strings.Contains(got, "准备回来上班") {
		t.Errorf("awaiting: %q", got)
	}
	k := s.declared(me)
	if err := s.returns.Defer(t.Context(), s.hr(s.org), k.Key, 0, "", now); err != nil {
		t.Fatal(err)
	}
	if got := says(me); !strings.HasPrefix(got, "warn 返岗申报：暂缓返岗 还有 1 项要补充：核酸 ") || !strings.HasSuffix(got, "/me/return") {
		t.Errorf("deferred: %q", got)
	}
}
