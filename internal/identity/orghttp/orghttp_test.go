package orghttp_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/httpdtest"
	"github.com/fugong/fugong/internal/identity/auth"
	"github.com/fugong/fugong/internal/identity/auth/authtest"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/client"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/identity/orghttp"
)

type site struct {
	*httpdtest.Site
	w       *authtest.World
	clients *client.Service
}

func newSite(t *testing.T) *site {
	w := authtest.New(t)
	clients := client.New(w.DB, w.Orgs, w.Clock)
	return &site{w: w, clients: clients, Site: httpdtest.New(t, w.Clock, func(*httpd.Server) []httpd.Route {
		return orghttp.Routes(orghttp.Deps{Auth: w.Auth, Orgs: w.Orgs, Clients: clients, BaseURL: "https://fugong.example"})
	})}
}

func (s *site) as(t *testing.T, sc authz.Scope) *httpdtest.Client {
	return s.As(t, httpd.Viewer{Scope: sc, Name: sc.Actor, OrgName: "鲁中机械"})
}

// operator is the first administrator of the installation.
func (s *site) operator(t *testing.T) authz.Scope {
	link, err := s.w.Auth.EnsureSetupLink(t.Context(), s.w.Now())
	if err != nil {
		t.Fatal(err)
	}
	ses, err := s.w.Auth.SetUp(t.Context(), auth.Setup{Token: link.Token, OrgName: "信息中心", Name: "孙理", Login: "sun.li",
		New: authtest.Password, Again: authtest.Password}, s.w.Now())
	if err != nil {
		t.Fatal(err)
	}
	return s.w.Scope(ses)
}

// check fails unless the answer has the status and holds every text.
func check(t *testing.T, r httpdtest.Response, status int, texts ...string) {
	t.Helper()
	if r.Status != status {
		t.Fatalf("status %d, want %d\n%s", r.Status, status, r.Body)
	}
	for _, text := range texts {
		if !strings.Contains(r.Body, text) {
			t.Errorf("%q is missing in\n%s", text, r.Body)
		}
	}
	if i := strings.Index(r.Body, "⟦"); i >= 0 {
		t.Errorf("untranslated: %s", r.Body[i:min(i+80, len(r.Body))])
	}
}

func sentTo(t *testing.T, r httpdtest.Response, to string) {
	t.Helper()
	if r.Status != 303 || r.Location() != to {
		t.Fatalf("status %d to %q, want %q\n%s", r.Status, r.Location(), to, r.Body)
	}
}

func TestWhoMayCome(t *testing.T) {
	s := newSite(t)
	root := s.operator(t)
	firm := s.w.Org(org.Enterprise, "鲁中机械有限公司")
	clients := map[authz.Role]*httpdtest.Client{
		authz.Admin:         s.as(t, root),
		authz.FirmAdmin:     s.as(t, s.w.Staff(firm.ID, authz.FirmAdmin, "boss")),
		authz.HealthOfficer: s.as(t, s.w.Staff(firm.ID, authz.HealthOfficer, "officer")),
		authz.Worker:        s.as(t, s.w.Scope(s.w.Worker(firm.ID, authtest.Person{Name: "张三", Number: "1"}))),
	}
	for path, roles := range map[string][]authz.Role{
		"/org":                {authz.FirmAdmin},
		"/org/accounts":       {authz.FirmAdmin},
		"/org/accounts/new":   {authz.FirmAdmin},
		"/org/invites":        {authz.FirmAdmin, authz.HealthOfficer},
		"/org/clients":        {authz.FirmAdmin, authz.Admin},
		"/org/clients/new":    {authz.FirmAdmin, authz.Admin}, // the operator lets laboratories in
		"/admin/orgs":         {authz.Admin},
		"/admin/orgs/new":     {authz.Admin},
		"/admin/accounts":     {authz.Admin},
		"/admin/accounts/new": {authz.Admin},
	} {
		allowed := map[authz.Role]bool{}
		for _, r := range roles {
			allowed[r] = true
		}
		for role, c := range clients {
			r := c.Get(path)
			want := 403
			if allowed[role] {
				want = 200
			}
			if r.Status != want {
				t.Errorf("%s by %s: %d, want %d", path, role, r.Status, want)
			}
		}
		if r := s.Anonymous(t).Get(path); r.Status != 303 || !strings.HasPrefix(r.Location(), "/sign-in") {
			t.Errorf("%s by nobody: %d", path, r.Status)
		}
	}
}

func TestOrgs(t *testing.T) {
	s := newSite(t)
	c := s.as(t, s.operator(t))
	check(t, c.Get("/admin/orgs/new"), 200, "新增单位", "统一社会信用代码", "张店区", "通用设备制造业", "淄博市 2022 年 3 月", `value="2022-03-24T09:00"`)
	code := authtest.USCC(5)
	wrong := code[:17] + "0"
	if wrong == code {
		wrong = code[:17] + "1"
	}
	form := url.Values{"kind": {"enterprise"}, "name": {"<script>机械"}, "code": {wrong}, "admin_zone": {"zb-gaoxin"}, "gb_district": {"370303"},
		"industry": {"C34"}, "size": {"medium"}, "resume_status": {"full"}, "rule_pack": {"zibo-2022-03"}, "go_live": {"2022-03-24T09:00"}}
	r := c.Post("/admin/orgs/new", form)
	check(t, r, 422, "校验位不符", "已对照营业执照", "&lt;script&gt;机械", `value="zb-gaoxin" selected`)
	form.Set("code_ok", "1")
	r = c.Post("/admin/orgs/new", form)
	id := s.w.Count(`select id from org where code = $1`, wrong)
	sentTo(t, r, fmt.Sprintf("/admin/orgs/%d", id))
	check(t, c.Get(r.Location()), 200, "已建档", "&lt;script&gt;机械", fmt.Sprintf("/admin/accounts/new?org=%d", id))
	edit := url.Values{"name": {"鲁中机械"}, "code": {wrong}, "admin_zone": {"370303"}, "resume_status": {"partial"}, "rule_pack": {"none"}, "go_live": {"soon"}, "active": {"1"}}
	check(t, c.Post(r.Location(), edit), 422, "请从列表中选择", "请填写日期和时间")
	edit.Set("rule_pack", "zibo-2022-03")
	edit.Set("go_live", "")
	sentTo(t, c.Post(r.Location(), edit), r.Location())
	if n := s.w.Count(`select count(*) from org where id = $1 and name = '鲁中机械' and admin_zone = '370303' and resume_status = 'partial' and active
		and go_live_at = '2022-03-24T01:00:00Z'`, id); n != 1 {
		t.Error("not saved")
	}
	check(t, c.Post("/admin/orgs/new", url.Values{}), 422, "必填", "请从列表中选择")
	check(t, c.Get("/admin/orgs/9999"), 404)
	check(t, c.Get("/admin/orgs/99999999999"), 404)
	s.w.Org(org.Bureau, "淄博市工业和信息化局")
	check(t, c.Get("/admin/orgs?kind=bureau&sort=code&desc=1"), 200, "淄博市工业和信息化局", `aria-sort="descending"`, "共 1 条")
	check(t, c.Get("/admin/orgs?q=nothing"), 200, "没有符合条件的记录")
	first := c.Get("/admin/orgs?size=2")
	check(t, first, 200, "本页 2 条，共 3 条", `rel="next"`)
	next := regexp.MustCompile(`rel="next" href="([^"]+)"`).FindStringSubmatch(first.Body)[1]
	check(t, c.Get(strings.ReplaceAll(next, "&amp;", "&")), 200, "本页 1 条，共 3 条", `rel="prev"`)
}

func TestSettings(t *testing.T) {
	s := newSite(t)
	firm := s.w.Org(org.Enterprise, "鲁中机械有限公司")
	c := s.as(t, s.w.Staff(firm.ID, authz.FirmAdmin, "boss"))
	check(t, c.Get("/org"), 200, "鲁中机械有限公司", firm.Code, "还没有设置", "全面复工")
	form := url.Values{"short_name": {"鲁中"}, "resume_status": {"partial"}, "robot": {"https://evil.example/?key=1"}}
	check(t, c.Post("/org", form), 422, "请粘贴企业微信给出的完整地址", `value="鲁中"`, "https://evil.example/?key=1")
	form.Set("robot", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7a0c-4bc4")
	sentTo(t, c.Post("/org", form), "/org")
	r := c.Get("/org")
	check(t, r, 200, "设置已保存", "key=693a****", "移除机器人")
	if strings.Contains(r.Body, "7a0c") {
		t.Error("the key is shown")
	}
	sentTo(t, c.Post("/org", url.Values{"resume_status": {"full"}, "remove_robot": {"1"}}), "/org")
	check(t, c.Get("/org"), 200, "还没有设置")
}

var linkIn = regexp.MustCompile(`https://fugong\.example/(activate|reset)/([A-Za-z0-9_-]+)`)

func TestAccounts(t *testing.T) {
	s := newSite(t)
	firm := s.w.Org(org.Enterprise, "鲁中机械有限公司")
	boss := s.w.Staff(firm.ID, authz.FirmAdmin, "boss")
	team := s.w.Team(firm.ID, "一车间", "甲班")
	s.w.Employee(firm.ID, authtest.Person{Name: "张三", Number: "0007", Team: team})
	c := s.as(t, boss)
	check(t, c.Get("/org/accounts/new"), 200, "企业管理员", "疫情防控专员", "班组长", "登录名")
	check(t, c.Get("/org/accounts/new?role=team_leader"), 200, "一车间 甲班", "工号")
	check(t, c.Post("/org/accounts/new", url.Values{"role": {"team_leader"}, "employee_no": {"9"}}), 422, "请至少选择一个班组", `value="9"`)
	check(t, c.Post("/org/accounts/new", url.Values{"role": {"health_officer"}, "login": {"1"}, "name": {"<script>"}}), 422, "至少一个字母", "&lt;script&gt;")
	r := c.Post("/org/accounts/new", url.Values{"role": {"health_officer"}, "login": {"liu.yan"}, "name": {"<script>"}})
	check(t, r, 200, "链接只显示这一次", "&lt;script&gt;", "2022-04-07 (周四) 09:00", `role="img"`)
	s.w.Redeem(auth.Link{Token: linkIn.FindStringSubmatch(r.Body)[2], Purpose: auth.ForActivate}, "")
	check(t, c.Get("/org/accounts?q=liu"), 200, "liu.yan", "正常", "共 1 条")
	id := s.w.Count(`select id from account where login = 'liu.yan'`)
	path := fmt.Sprintf("/org/accounts/%d", id)
	check(t, c.Get(path), 200, "发放登录链接", "停用账号", "liu.yan")
	check(t, c.Post(path, url.Values{"name": {""}, "email": {"x"}}), 422, "必填", "邮箱格式不对")
	sentTo(t, c.Post(path, url.Values{"name": {"刘燕"}, "email": {"liu@firm.example"}}), path)
	check(t, c.Post(path+"/link", nil), 200, "重设密码链接", "https://fugong.example/reset/")
	sentTo(t, c.Get(path+"/link"), path)
	sentTo(t, c.Post(path+"/disable", nil), path)
	check(t, c.Get(path), 200, "账号已停用", "重新启用")
	check(t, c.Post(path+"/link", nil), 409, "账号已停用")
	sentTo(t, c.Post(path+"/enable", nil), path)
	own := fmt.Sprintf("/org/accounts/%d", boss.Account)
	if r := c.Get(own); strings.Contains(r.Body, "停用账号") || !strings.Contains(r.Body, "您正在使用的账号") {
		t.Error("one's own account may be disabled")
	}
	check(t, c.Post(own+"/disable", nil), 409, "不能停用自己")
	check(t, c.Post("/org/accounts/new", url.Values{"role": {"team_leader"}, "employee_no": {"0007"}, "teams": {fmt.Sprint(team)}}), 200, "张三 的开通链接")
	leader := fmt.Sprintf("/org/accounts/%d", s.w.Count(`select id from account where role = 'team_leader'`))
	check(t, c.Get(leader), 200, fmt.Sprintf(`value="%d" checked`, team), "不再担任班组长", "工号 0007")
	check(t, c.Get("/org/accounts?role=team_leader"), 200, "一车间 甲班", "待开通")
	sentTo(t, c.Post(leader+"/demote", nil), leader)
	stranger := s.as(t, s.w.Staff(s.w.Org(org.Enterprise, "齐鲁纺织有限公司").ID, authz.FirmAdmin, "stranger"))
	for _, r := range []httpdtest.Response{stranger.Get(path), stranger.Post(path, url.Values{"name": {"x"}}), stranger.Post(path+"/link", nil),
		stranger.Post(path+"/disable", nil), stranger.Post(leader+"/demote", nil), stranger.Get("/org/accounts/9999"), stranger.Get("/org/accounts/x")} {
		check(t, r, 404)
	}
}

func TestAdminAccounts(t *testing.T) {
	s := newSite(t)
	root := s.operator(t)
	firm := s.w.Org(org.Enterprise, "鲁中机械有限公司")
	bureau := s.w.Org(org.Bureau, "淄博市工业和信息化局")
	officer := s.w.Staff(firm.ID, authz.HealthOfficer, "officer")
	c := s.as(t, root)
	check(t, c.Get("/admin/accounts/new"), 200, "信息中心", "审计", "系统管理员")
	check(t, c.Get(fmt.Sprintf("/admin/accounts/new?org=%d", firm.ID)), 200, "鲁中机械有限公司", "企业管理员")
	check(t, c.Get(fmt.Sprintf("/admin/accounts/new?org=%d&role=district_bureau", bureau.ID)), 200, "负责区县", "沂源县")
	form := url.Values{"org": {fmt.Sprint(firm.ID)}, "role": {"firm_admin"}, "login": {"boss"}, "name": {"周总"}}
	check(t, c.Post("/admin/accounts/new", form), 200, "周总 的开通链接")
	if n := s.w.Count(`select count(*) from account where login = 'boss' and org_id = $1`, firm.ID); n != 1 {
		t.Error("not in the firm")
	}
	check(t, c.Get(fmt.Sprintf("/admin/accounts?org=%d", firm.ID)), 200, "周总", "鲁中机械有限公司", "共 1 条")
	check(t, c.Get(fmt.Sprintf("/admin/accounts/%d", officer.Account)), 404)
	check(t, c.Get("/admin/accounts/new?org=9999"), 404)
}

func TestInvites(t *testing.T) {
	s := newSite(t)
	firm := s.w.Org(org.Enterprise, "鲁中机械有限公司")
	c := s.as(t, s.w.Staff(firm.ID, authz.HealthOfficer, "officer"))
	check(t, c.Get("/org/invites"), 200, "还没有职工档案", "导入花名册")
	team := s.w.Team(firm.ID, "一车间", "甲班")
	s.w.Employee(firm.ID, authtest.Person{Name: "张三丰", Number: "0007", Team: team})
	s.w.Employee(firm.ID, authtest.Person{Name: "李四", Number: "0008", Team: team})
	s.w.Employee(firm.ID, authtest.Person{Name: "王五", Number: "0009"})
	check(t, c.Get("/org/invites"), 200, "一车间 甲班", "未分班组", "0 / 2", "打印开通卡")
	check(t, c.Get("/org/invites?q=%E7%94%B2"), 200, "共 1 条")
	r := c.Post("/org/invites/print", url.Values{"team": {fmt.Sprint(team)}})
	check(t, r, 200, "张**", "李*", "0007", "0008", "2022-04-07 (周四)", "证件号码后 4 位", "data-print")
	if strings.Contains(r.Body, "张三丰") || strings.Contains(r.Body, "0009") {
		t.Error("a name is open, or somebody of another team is on the sheet")
	}
	links := linkIn.FindAllStringSubmatch(r.Body, -1)
	if len(links) != 2 || strings.Count(r.Body, "qr-ink") != 2 {
		t.Fatalf("%d links", len(links))
	}
	s.w.Redeem(auth.Link{Token: links[0][2], Purpose: auth.ForActivate}, "123X")
	check(t, c.Get("/org/invites?waiting=1"), 200, "1 / 2")
	check(t, c.Post("/org/invites/print", url.Values{"employee_no": {"0007"}}), 200, "重设密码", "https://fugong.example/reset/")
	check(t, c.Post("/org/invites/print", url.Values{"employee_no": {"77"}}), 422, "本单位没有这个工号", `value="77"`, "一车间 甲班")
	check(t, c.Post("/org/invites/print", url.Values{"employee_no": {""}}), 422, "本单位没有这个工号")
	sentTo(t, c.Get("/org/invites/print"), "/org/invites")
	stranger := s.as(t, s.w.Staff(s.w.Org(org.Enterprise, "齐鲁纺织有限公司").ID, authz.FirmAdmin, "stranger"))
	check(t, stranger.Post("/org/invites/print", url.Values{"team": {fmt.Sprint(team)}}), 409, "没有等待开通的人")
}

func TestClients(t *testing.T) {
	s := newSite(t)
	firm := s.w.Org(org.Enterprise, "鲁中机械有限公司")
	c := s.as(t, s.w.Staff(firm.ID, authz.FirmAdmin, "boss"))
	check(t, c.Get("/org/clients"), 200, "还没有接口凭证", "新建凭证")
	check(t, c.Get("/org/clients/new"), 200, "登记采样和结果", "sample.record", "90 天")
	check(t, c.Post("/org/clients/new", url.Values{"name": {"人事<script>"}, "role": {"health_officer"}, "expires": {"9999"}}), 422,
		"请至少选择一项", "1 天到 1 年", "人事&lt;script&gt;")
	r := c.Post("/org/clients/new", url.Values{"name": {"人事"}, "role": {"health_officer"}, "expires": {"365"}, "scopes": {"employee.view", "sample.record"}})
	check(t, r, 200, "凭证只显示这一次")
	token := regexp.MustCompile(`fg_[A-Za-z0-9_-]{43}`).FindString(r.Body)
	if _, _, err := s.clients.Authenticate(t.Context(), token, s.w.Now()); err != nil {
		t.Fatal(err)
	}
	r = c.Get("/org/clients")
	check(t, r, 200, "人事", "查看档案、登记采样和结果", "2023-03-24 (周五)", "吊销")
	if strings.Contains(r.Body, token) {
		t.Error("the token is shown again")
	}
	path := fmt.Sprintf("/org/clients/%d/revoke", s.w.Count(`select id from api_client`))
	stranger := s.as(t, s.w.Staff(s.w.Org(org.Enterprise, "齐鲁纺织有限公司").ID, authz.FirmAdmin, "stranger"))
	check(t, stranger.Post(path, nil), 404)
	sentTo(t, c.Post(path, nil), "/org/clients")
	check(t, c.Get("/org/clients?all=1"), 200, "已吊销")
	city := s.as(t, s.w.Staff(s.w.Org(org.Bureau, "淄博市工业和信息化局").ID, authz.CityBureau, "city"))
	check(t, city.Get("/org/clients/new?role=district_bureau"), 200, "负责区县", "查看汇总")
}

func TestEnglish(t *testing.T) {
	s := newSite(t)
	firm := s.w.Org(org.Enterprise, "鲁中机械有限公司")
	sc := s.w.Staff(firm.ID, authz.FirmAdmin, "boss")
	c := s.As(t, httpd.Viewer{Scope: sc, Name: "Boss", Lang: "en"})
	for path, text := range map[string]string{"/org": "WeCom group robot", "/org/accounts": "Accounts", "/org/accounts/new": "Health officer",
		"/org/invites": "There are no files yet", "/org/clients": "There are no API clients yet", "/org/clients/new": "Log samples and results"} {
		check(t, c.Get(path), 200, text)
	}
}
