package rulebookhttp_test

import (
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/httpdtest"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/jobs"
	"github.com/fugong/fugong/internal/platform/secret"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/rulebook"
	"github.com/fugong/fugong/internal/rulebook/rulebookhttp"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/testkit"
)

// stage is a city with two enterprises of a district and one of another line, on Thursday morning, 2022-03-24.
type stage struct {
	*testkit.Kit
	t      *testing.T
	site   *httpdtest.Site
	rules  *rulebook.Service
	queue  *jobs.Queue
	now    time.Time
	bureau int32
	firms  []int32
}

func newStage(t *testing.T) *stage {
	now := testkit.At(t, "03-24 09:00")
	s := &stage{Kit: testkit.New(t, now), t: t, now: now}
	c := clock.NewManual(now)
	box, err := secret.LoadOrCreate(filepath.Join(t.TempDir(), "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	s.rules = rulebook.New(s.DB, rulebook.Config{Clock: c, CacheFor: time.Millisecond})
	s.rules.Use(standing.New(s.DB, c, s.rules))
	s.queue = jobs.NewQueue(s.DB, slog.New(slog.DiscardHandler), 1)
	s.rules.Register(s.queue)
	s.bureau = testkit.Get[int32](s.Kit, `insert into org (kind, code, name, go_live_at, created_at, updated_at)
		values ('bureau', 'ZBGX', '淄博市工业和信息化局', $1, $1, $1) returning id`, now)
	for i, zone := range []string{"370303", "370303", "zb-gaoxin"} {
		org := s.Org(zone, testkit.At(t, "03-20 00:00"))
		s.firms = append(s.firms, org)
		for n := range []int{8, 8, 3}[i] {
			id := s.Employee(org, testkit.Person{Since: testkit.At(t, "03-01 08:00"), Workshop: "一车间", Team: fmt.Sprint("<b>", n%2)})
			sampled := now.Add(-time.Duration(n*20) * time.Hour)
			s.Sample(org, id, sampled, sampled, "negative")
		}
	}
	orgs := org.New(s.DB, box, org.Config{Clock: c})
	s.site = httpdtest.New(t, c, func(*httpd.Server) []httpd.Route { return rulebookhttp.Routes(s.rules, orgs) })
	return s
}

func (s *stage) as(role authz.Role, org int32, account int64) *httpdtest.Client {
	s.t.Helper()
	v := httpd.Viewer{Scope: authz.Scope{Account: account, Actor: fmt.Sprintf("李%d", account), Role: role, Org: org}, Name: "李", OrgName: "单位", OrgKind: "enterprise"}
	switch role {
	case authz.CityBureau, authz.DistrictBureau:
		v.OrgKind = "bureau"
	case authz.Auditor, authz.Admin:
		v.OrgKind = "operator"
	}
	if role == authz.DistrictBureau {
		v.Scope.Division = "370303"
	}
	return s.site.As(s.t, v)
}

func (s *stage) city(account int64) *httpdtest.Client {
	s.t.Helper()
	return s.as(authz.CityBureau, s.bureau, account)
}

func (s *stage) officer(firm int, account int64) *httpdtest.Client {
	s.t.Helper()
	return s.as(authz.HealthOfficer, s.firms[firm], account)
}

func (s *stage) work() {
	s.t.Helper()
	for {
		found, err := s.queue.Step(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		if !found {
			return
		}
	}
}

func has(t *testing.T, r httpdtest.Response, status int, texts ...string) {
	t.Helper()
	if r.Status != status {
		t.Fatalf("status %d, want %d\n%s", r.Status, status, r.Body)
	}
	if i := strings.Index(r.Body, "⟦"); i >= 0 {
		t.Errorf("a text is missing: %s", r.Body[i:min(i+80, len(r.Body))])
	}
	for _, text := range texts {
		if !strings.Contains(r.Body, text) {
			t.Errorf("the page lacks %q\n%s", text, r.Body)
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

func follow(t *testing.T, c *httpdtest.Client, r httpdtest.Response) httpdtest.Response {
	t.Helper()
	if r.Status != 303 {
		t.Fatalf("status %d, want a redirect\n%s", r.Status, r.Body)
	}
	return c.Get(r.Location())
}

// tightened is a form by which everyone is asked for a sample every so many hours from Monday.
func tightened(division, hours string) url.Values {
	return url.Values{"kind": {"overlay"}, "division": {division}, "hours_general_staff": {hours}, "effective_at": {"2022-03-28T00:00"},
		"reason": {"<script>疫情</script>"}, "basis": {"3号通告"}}
}

// demanding asks everyone for a sample every three days.
func demanding() regime.Overlay {
	hours := 72
	return regime.Overlay{Tests: []regime.OverlayTest{{Category: regime.CategoryGeneralStaff, IntervalHours: &hours}}}
}

// keep writes a page for somebody who wants to look at it.
func keep(t *testing.T, name string, r httpdtest.Response) {
	t.Helper()
	if dir := os.Getenv("FUGONG_KEEP_PAGES"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name+".html"), []byte(r.Body), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhoMayCome(t *testing.T) {
	s := newStage(t)
	id, err := s.rules.Propose(t.Context(), authz.Scope{Account: 11, Actor: "王敏", Role: authz.HealthOfficer, Org: s.firms[0]}, rulebook.Proposal{
		Kind: rulebook.OverlayChange, Place: rulebook.Place{Enterprise: s.firms[0]}, Overlay: demanding(), EffectiveAt: s.now, Reason: "疫情"}, s.now)
	if err != nil {
		t.Fatal(err)
	}
	own := fmt.Sprintf("/rules/changes/%d", id)
	clients := map[string]*httpdtest.Client{"city": s.city(1), "district": s.as(authz.DistrictBureau, s.bureau, 3), "officer": s.officer(0, 12),
		"foreign": s.officer(1, 21), "auditor": s.as(authz.Auditor, s.bureau, 5), "admin": s.as(authz.Admin, s.bureau, 6), "worker": s.as(authz.Worker, s.firms[0], 7)}
	for path, want := range map[string]map[string]int{
		"/rules":                    {"city": 200, "district": 200, "officer": 200, "foreign": 200, "auditor": 200, "admin": 200, "worker": 403},
		"/rules/packs":              {"city": 200, "district": 200, "officer": 200, "foreign": 200, "auditor": 200, "admin": 200, "worker": 403},
		"/rules/packs/zibo-2022-03": {"city": 200, "district": 200, "officer": 200, "foreign": 200, "auditor": 200, "admin": 200, "worker": 403},
		"/rules/packs/none":         {"city": 404, "worker": 403},
		"/rules/packs/new":          {"city": 200, "district": 403, "officer": 403, "auditor": 403, "worker": 403},
		"/rules/changes/new":        {"city": 200, "district": 403, "officer": 200, "auditor": 403, "worker": 403},
		"/rules/changes/999":        {"city": 404, "officer": 404},
		"/rules?division=999999":    {"city": 404},
		own:                         {"city": 200, "district": 200, "officer": 200, "foreign": 404, "auditor": 404, "worker": 403},
	} {
		for who, status := range want {
			if r := clients[who].Get(path); r.Status != status {
				t.Errorf("%s by %s: %d, want %d", path, who, r.Status, status)
			}
		}
		if r := s.site.Anonymous(t).Get(path); r.Status != 303 || !strings.HasPrefix(r.Location(), "/sign-in") {
			t.Errorf("%s, not signed in: %d", path, r.Status)
		}
	}
	id, err = s.rules.Propose(t.Context(), authz.Scope{Account: 31, Actor: "李强", Role: authz.HealthOfficer, Org: s.firms[2]}, rulebook.Proposal{
		Kind: rulebook.OverlayChange, Place: rulebook.Place{Enterprise: s.firms[2]}, Overlay: demanding(), EffectiveAt: s.now, Reason: "另一条线"}, s.now)
	if err != nil {
		t.Fatal(err)
	}
	if r := clients["district"].Get(fmt.Sprintf("/rules/changes/%d", id)); r.Status != 404 {
		t.Errorf("a change of another line's enterprise by a district: %d", r.Status)
	}
	lacks(t, clients["district"].Get("/rules?division=zb-gaoxin"), fmt.Sprintf("/rules/changes/%d", id))
	has(t, clients["city"].Get("/rules?division=zb-gaoxin"), 200, fmt.Sprintf("/rules/changes/%d", id))
	for _, act := range []string{"preview", "confirm", "refuse", "withdraw", "recompute"} {
		if r := clients["foreign"].Post(own+"/"+act, url.Values{"reason": {"x"}}); r.Status != 404 {
			t.Errorf("%s by a foreign enterprise: %d", act, r.Status)
		}
		if r := clients["city"].Post(own+"/"+act, url.Values{"reason": {"x"}}); r.Status != 403 {
			t.Errorf("%s of an enterprise's change by the bureau: %d", act, r.Status)
		}
	}
}

// From the rules in force through form, review and figures to the decision of a second person and its effect.
func TestTheCityTightensItsRules(t *testing.T) {
	s := newStage(t)
	one, two := s.city(1), s.city(2)
	show := one.Get("/rules")
	has(t, show, 200, "淄博市 2022 年 3 月规则 第 1 版", "每 7 天至少 1 次", "每 72 小时至少 1 次", "不得上岗", "到期前提醒", "24 小时", "37.3 ℃", "还没有调整", `value="370303"`)
	keep(t, "show-empty", show)
	place := one.Get("/rules/changes/new")
	has(t, place, 200, "在现行规则上加严", "更换规则包", "文昌湖区")
	keep(t, "place", place)
	form := one.Get("/rules/changes/new?division=370300&kind=overlay")
	has(t, form, 200, `name="hours_general_staff"`, `name="block_driver"`, `value="2022-03-28T00:00"`, "现行：每 7 天至少 1 次", "现行：48 小时")
	keep(t, "form", form)

	bad := tightened("370300", "一天")
	bad.Set("gap_driver", "12")
	bad.Set("v_due_soon_hours", "0")
	bad.Set("reason", "")
	bad.Set("effective_at", "2022-03-20T00:00")
	r := one.Post("/rules/changes/new", bad)
	has(t, r, 422, "请填写 1 到 8784 的整数", "请同时填写每周次数", "必填", "生效时间不能早于现在", `value="一天"`, "<details class=\"why\" open>")
	keep(t, "form-faults", r)
	bad = tightened("370300", "72")
	bad.Set("effective_at", "2022-03-20T00:00")
	has(t, one.Post("/rules/changes", bad), 422, "生效时间不能早于现在", "&lt;script&gt;")

	good := tightened("370300", "72")
	good.Set("hours_driver", "168")
	review := one.Post("/rules/changes/new", good)
	has(t, review, 200, "检测频次", "每 7 天至少 1 次", "每 72 小时至少 1 次", "加严", "不起作用", "司机 · 检测间隔", `name="hours_general_staff" value="72"`, "&lt;script&gt;疫情")
	lacks(t, review, "<script>疫情")
	keep(t, "review", review)
	has(t, one.Post("/rules/changes/edit", good), 200, `value="72"`, `value="168"`, "&lt;script&gt;疫情")

	r = one.Post("/rules/changes", good)
	address := r.Location()
	page := follow(t, one, r)
	has(t, page, 200, "正在测算", "待复核", "须由另一位有权限的同事复核", "撤回", "hx-get=")
	lacks(t, page, address+"/confirm")
	keep(t, "change-counting", page)
	has(t, follow(t, two, two.Post(address+"/confirm", nil)), 200, "测算完成后才能确认")
	s.work()
	page = two.Get(address + "?capacity=6")
	has(t, page, 200, "前三天应检增加", "生效即逾期", "每日检测能力", "张店区", "高新区", "人数过少，不显示", "缺", address+"/confirm", address+"/refuse", "03-28 (周一)", "3号通告")
	keep(t, "change-counted", page)
	line := s.as(authz.DistrictBureau, s.bureau, 3).Get(address)
	has(t, line, 200, "前三天应检增加", "16") // its own line only
	lacks(t, line, "高新区", "人数过少", address+"/confirm")
	has(t, two.Get(address+"?capacity=many"), 200, "请填写正整数")
	has(t, follow(t, one, one.Post(address+"/confirm", nil)), 200, "提出人不能确认自己的调整")
	has(t, follow(t, two, two.Post(address+"/refuse", url.Values{"reason": {" "}})), 200, "必填")
	has(t, follow(t, two, two.Post(address+"/preview", nil)), 200, "正在重新测算")
	s.work()
	page = follow(t, two, two.Post(address+"/confirm", url.Values{"note": {"同意"}}))
	has(t, page, 200, "已确认", "正在按新规则重新计算", "同意")
	s.work()
	page = two.Get(address)
	has(t, page, 200, "已按新规则重新计算 19 人")
	lacks(t, page, address+"/confirm", "正在按新规则")
	keep(t, "change-done", page)
	has(t, follow(t, two, two.Post(address+"/withdraw", nil)), 200, "已有结论")

	show = one.Get("/rules?division=zb-gaoxin")
	has(t, show, 200, "即将生效", "2022-03-28 (周一) 00:00", "每 7 天至少 1 次 → 每 72 小时至少 1 次", "加严规则", "李1", "李2", "&lt;script&gt;疫情")
	keep(t, "show", show)
	firm := s.officer(0, 11)
	keep(t, "show-firm", firm.Get("/rules"))
	has(t, firm.Get(address), 200, "检测频次", "已确认")
	lacks(t, firm.Get(address), "前三天应检", "高新区") // the city's figures are the bureau's
	has(t, one.Get("/rules?state=refused"), 200, "还没有调整")
	english := s.site.As(t, httpd.Viewer{Scope: authz.Scope{Account: 8, Actor: "Li", Role: authz.CityBureau, Org: s.bureau}, OrgKind: "bureau", Lang: "en"})
	for _, p := range []string{"/rules", address, "/rules/packs", "/rules/packs/zibo-2022-h2", "/rules/packs/new", "/rules/changes/new", "/rules/changes/new?kind=pack", "/rules/changes/new?kind=overlay"} {
		has(t, english.Get(p), 200)
	}
}

// What failed is told, and can be done again by who may decide.
func TestFailuresAreToldAndRepeated(t *testing.T) {
	s := newStage(t)
	one, two := s.city(1), s.city(2)
	address := one.Post("/rules/changes", tightened("370300", "72")).Location()
	s.Exec(`update task set state = 'failed' where kind = 'rules.preview'`)
	has(t, two.Get(address), 200, "测算未完成", address+"/preview")
	follow(t, two, two.Post(address+"/preview", nil))
	s.work()
	follow(t, two, two.Post(address+"/confirm", nil))
	s.Exec(`update task set state = 'failed' where kind = 'rules.recompute'`)
	has(t, two.Get(address), 200, "重新计算未完成", address+"/recompute")
	lacks(t, s.officer(0, 11).Get(address), address+"/recompute")
	has(t, follow(t, two, two.Post(address+"/recompute", nil)), 200, "正在按新规则重新计算")
	s.work()
	has(t, one.Get(address), 200, "已按新规则重新计算 19 人")
}

func TestAnEnterpriseTightensItsOwnRules(t *testing.T) {
	s := newStage(t)
	one, two := s.officer(0, 11), s.officer(0, 12)
	show := one.Get("/rules")
	has(t, show, 200, "本企业", "/rules/changes/new")
	lacks(t, show, "文昌湖区")
	form := one.Get("/rules/changes/new")
	has(t, form, 200, `name="hours_general_staff"`)
	in := tightened("370300", "48") // a division in the form is of no use to an enterprise
	in.Set("kind", "pack")
	in.Set("block_general_staff", "1")
	in.Set("effective_at", "2022-03-24T09:00")
	r := one.Post("/rules/changes", in)
	address := r.Location()
	follow(t, one, r)
	s.work()
	page := two.Get(address)
	has(t, page, 200, "一车间 / &lt;b&gt;0", "一车间 / &lt;b&gt;1", "生效即停岗", "本企业")
	keep(t, "change-firm", page)
	lacks(t, s.city(1).Get(address), "一车间")
	has(t, follow(t, two, two.Post(address+"/confirm", nil)), 200, "已确认")
	s.work()
	has(t, one.Get("/rules"), 200, "本企业加严", "每 48 小时至少 1 次")
	has(t, one.Get("/rules/changes/new"), 200, `value="48"`, `name="block_general_staff" value="1" checked`, "3号通告")
	lacks(t, s.officer(1, 21).Get("/rules"), "每 48 小时至少 1 次", "加严规则")

	lift := url.Values{"kind": {"overlay"}, "effective_at": {"2022-03-28T00:00"}, "reason": {"形势好转"}}
	has(t, one.Post("/rules/changes/new", lift), 200, "取消加严", "放宽")
	r = one.Post("/rules/changes", lift)
	has(t, follow(t, one, one.Post(r.Location()+"/withdraw", nil)), 200, "已撤回")
	s.work()
}

func TestPacks(t *testing.T) {
	s := newStage(t)
	c := s.city(1)
	list := c.Get("/rules/packs?a=zibo-2022-03@1&b=zibo-2022-h2@1")
	has(t, list, 200, "淄博市 2022 年下半年规则 第 1 版", "第九版防控方案", "加严", "/rules/packs/new", "每周（周一至周日）至少 2 次", "集中隔离医学观察 14 天")
	keep(t, "packs", list)
	has(t, c.Get("/rules/packs?a=none@1"), 404)
	one := c.Get("/rules/packs/zibo-2022-03")
	has(t, one, 200, "暂停上岗", "混管异常待复核", "自动解除", "防疫物资储备", "14 天", "至被替换")
	keep(t, "pack", one)
	file := c.Get("/rules/packs/zibo-2022-03/file?version=1")
	if file.Status != 200 || !strings.HasPrefix(file.Header.Get("Content-Type"), "application/json") {
		t.Fatalf("file: %d %s", file.Status, file.Header)
	}
	keep(t, "packform", c.Get("/rules/packs/new"))
	r := c.Post("/rules/packs/new", url.Values{"body": {strings.NewReplacer(`"interval_hours": 72`, `"interval_hours": 9000`, `"stock_days": 14`, `"stock_days": 0`).Replace(file.Body)}})
	has(t, r, 422, "tests[3].interval_hours", "stock_days", "按路径列出")
	keep(t, "packform-faults", r)
	has(t, c.Post("/rules/packs/new", url.Values{"body": {file.Body}}), 422, "新版本须为第 2 版")
	next := strings.NewReplacer(`"version": 1`, `"version": 2`, "淄博市2022年3月", "<i>淄博市").Replace(file.Body)
	r = c.Post("/rules/packs/new", url.Values{"body": {next}})
	has(t, follow(t, c, r), 200, "已新增", "&lt;i&gt;淄博市", "第 2 版", "李1")
	r = c.Post("/rules/changes/new", url.Values{"kind": {"pack"}, "division": {"370303"}, "pack": {"cn-9-2022-06-28@1"}, "effective_at": {"2022-03-28T00:00"}, "reason": {"执行第九版"}})
	has(t, r, 200, "启用规则包：第九版防控方案", "张店区")
	has(t, c.Post("/rules/changes/new", url.Values{"kind": {"pack"}, "division": {"370303"}, "pack": {"cn-9@1"}, "effective_at": {"2022-03-28T00:00"}, "reason": {"x"}}), 422, "请从列表中选择")
}
