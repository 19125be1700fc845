package authhttp_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/httpdtest"
	"github.com/fugong/fugong/internal/identity/auth"
	"github.com/fugong/fugong/internal/identity/auth/authtest"
	"github.com/fugong/fugong/internal/identity/authhttp"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/org"
)

type site struct {
	*httpdtest.Site
	w *authtest.World
}

func newSite(t *testing.T) *site {
	w := authtest.New(t)
	return &site{w: w, Site: httpdtest.New(t, w.Clock, func(s *httpd.Server) []httpd.Route {
		return authhttp.Routes(authhttp.Deps{Auth: w.Auth, Orgs: w.Orgs, Server: s})
	})}
}

// as is a browser whose viewer is the account of the scope.
func (s *site) as(t *testing.T, sc authz.Scope) *httpdtest.Client {
	return s.As(t, httpd.Viewer{Scope: sc, Name: sc.Actor, OrgName: "鲁中机械"})
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

func TestSignIn(t *testing.T) {
	s := newSite(t)
	firm := s.w.Org(org.Enterprise, "鲁中<script>机械")
	s.w.Worker(firm.ID, authtest.Person{Name: "张三", Number: "0007", Mobile: "13953300001"})
	c := s.Anonymous(t)
	check(t, c.Get("/sign-in"), 200, "手机号、工号或登录名", `autocomplete="current-password"`, "/sign-in/org", `name="viewport"`)
	form := url.Values{"name": {"0007"}, "password": {authtest.Password}, "next": {"/me/file"}}
	r := c.Post("/sign-in", form)
	check(t, r, 422, "账号或密码不对", `value="0007"`, `value="/me/file"`, `role="alert"`)
	if strings.Contains(r.Body, authtest.Password) {
		t.Error("the password comes back")
	}
	wrong := c.Post("/sign-in", url.Values{"name": {"0007"}, "password": {"wrong password"}, "org": {firm.Code}})
	unknown := c.Post("/sign-in", url.Values{"name": {"0007"}, "password": {"wrong password"}, "org": {authtest.USCC(999)}})
	if notice(wrong.Body) != notice(unknown.Body) {
		t.Error("a wrong password and an unknown person are told apart")
	}
	form.Set("org", firm.Code)
	r = c.Post("/sign-in", form)
	if r.Status != 303 || r.Location() != "/me/file" {
		t.Fatalf("%d to %q\n%s", r.Status, r.Location(), r.Body)
	}
	if cookies := strings.Join(r.Header.Values("Set-Cookie"), "\n"); !strings.Contains(cookies, "fugong_org="+firm.Code) || !strings.Contains(cookies, "HttpOnly") {
		t.Errorf("cookies %q", cookies)
	}
	again := s.Anonymous(t)
	check(t, again.Get("/sign-in?org="+firm.Code+"&next=//evil.example"), 200, "鲁中&lt;script&gt;机械", "换一个企业")
	if r := again.Post("/sign-in", url.Values{"name": {"13953300001"}, "password": {authtest.Password}, "next": {"https://evil.example/"}}); r.Location() != "/" {
		t.Errorf("sent to %q", r.Location())
	}
}

// notice is the part of a page that says why one is not let in.
func notice(body string) string {
	_, rest, _ := strings.Cut(body, `<div class="notice`)
	text, _, _ := strings.Cut(rest, "</div>")
	return text
}

func TestChooseOrg(t *testing.T) {
	s := newSite(t)
	firm := s.w.Org(org.Enterprise, "鲁中机械有限公司")
	c := s.Anonymous(t)
	check(t, c.Get("/sign-in/org"), 200, "至少两个字")
	check(t, c.Get("/sign-in/org?q=%E9%B2%81"), 200, "至少两个字")
	check(t, c.Get("/sign-in/org?q=%E9%B2%81%E4%B8%AD&next=/me"), 200, "鲁中机械有限公司", "/sign-in?next=%2Fme&amp;org="+firm.Code)
	check(t, c.Get("/sign-in/org?q=nothing"), 200, "没有找到这家企业")
}

func TestActivate(t *testing.T) {
	s := newSite(t)
	firm := s.w.Org(org.Enterprise, "鲁中机械有限公司")
	boss := s.w.Staff(firm.ID, authz.FirmAdmin, "boss")
	s.w.Employee(firm.ID, authtest.Person{Name: "张三丰", Number: "0007", Tail: "101X"})
	sheet, err := s.w.Auth.PrintCards(t.Context(), boss, auth.CardRequest{EmployeeNo: "0007"}, s.w.Now())
	if err != nil {
		t.Fatal(err)
	}
	path := sheet.Cards[0].Link.Path()
	c := s.Anonymous(t)
	r := c.Get(path)
	check(t, r, 200, "开通账号", "鲁中机械有限公司", "张**", "证件号码后 4 位", `autocomplete="new-password"`)
	if strings.Contains(r.Body, "张三丰") {
		t.Error("the name is open")
	}
	check(t, c.Post(path, url.Values{"tail": {"12"}, "new": {"short"}, "again": {"other"}}), 422, "请输入 4 位", "字母加数字至少 8 位", "两次输入不一样", `value="12"`)
	check(t, c.Post(path, url.Values{"tail": {"9999"}, "new": {"lvye2022"}, "again": {"lvye2022"}}), 422, "还可以试 4 次")
	r = c.Post(path, url.Values{"tail": {"101x"}, "new": {"lvye2022"}, "again": {"lvye2022"}})
	if r.Status != 303 || r.Location() != "/" {
		t.Fatalf("%d to %q", r.Status, r.Location())
	}
	for _, dead := range []httpdtest.Response{c.Get(path), c.Post(path, url.Values{"tail": {"101X"}}), c.Get("/activate/unknown"), c.Get("/reset/unknown")} {
		check(t, dead, 410, "这个链接不能用了", "/sign-in")
	}
	english := s.Anonymous(t)
	english.Post("/language", url.Values{"lang": {"en"}, "back": {"/sign-in"}})
	check(t, english.Get(path), 410, "This link no longer works")
}

func TestSetupPage(t *testing.T) {
	s := newSite(t)
	link, err := s.w.Auth.EnsureSetupLink(t.Context(), s.w.Now())
	if err != nil {
		t.Fatal(err)
	}
	c := s.Anonymous(t)
	check(t, c.Get(link.Path()), 200, "初始设置", "运营单位名称")
	check(t, c.Post(link.Path(), url.Values{"login": {"1"}, "name": {"孙"}}), 422, "必填", `value="孙"`, "至少一个字母")
	form := url.Values{"org_name": {"信息中心"}, "name": {"孙理"}, "login": {"sun.li"}, "new": {authtest.Password}, "again": {authtest.Password}}
	if r := c.Post(link.Path(), form); r.Status != 303 || r.Location() != "/" {
		t.Fatalf("%d %s", r.Status, r.Body)
	}
	check(t, c.Post(link.Path(), form), 410, "初始设置只能做一次")
}

func TestAccountPage(t *testing.T) {
	s := newSite(t)
	firm := s.w.Org(org.Enterprise, "鲁中机械有限公司")
	sc := s.w.Staff(firm.ID, authz.HealthOfficer, "liu")
	c := s.as(t, sc)
	check(t, c.Get("/account"), 200, "我的账号", "疫情防控专员", "liu", "2022-03-24 (周四) 09:00", "全部退出登录")
	check(t, c.Post("/account", url.Values{"old": {"wrong"}, "new": {"qingcheng-8-lvye"}, "again": {"qingcheng-8-lvye"}}), 422, "当前密码不对")
	r := c.Post("/account", url.Values{"old": {authtest.Password}, "new": {"qingcheng-8-lvye"}, "again": {"qingcheng-8-lvye"}})
	if r.Status != 303 || r.Location() != "/account" {
		t.Fatalf("%d %s", r.Status, r.Body)
	}
	check(t, c.Get("/account"), 200, "密码已修改")
	if r := c.Post("/language", url.Values{"lang": {"en"}, "back": {"/account"}}); r.Location() != "/account" {
		t.Errorf("to %q", r.Location())
	}
	check(t, c.Get("/account"), 200, "My account", `lang="en"`)
	if a, err := s.w.Auth.Own(t.Context(), sc); err != nil || a.Lang != "en" {
		t.Errorf("%q %v", a.Lang, err)
	}
	check(t, c.Post("/language", url.Values{"lang": {"fr"}}), 422)
	if r := c.Post("/account/sign-out-everywhere", nil); r.Location() != "/sign-in?out=all" {
		t.Errorf("to %q", r.Location())
	}
	if r := c.Get("/account"); r.Status != 303 || !strings.HasPrefix(r.Location(), "/sign-in") {
		t.Errorf("signed out: %d to %q", r.Status, r.Location())
	}
}

func TestSignOut(t *testing.T) {
	s := newSite(t)
	sc := s.w.Staff(s.w.Org(org.Enterprise, "鲁中机械有限公司").ID, authz.HealthOfficer, "liu")
	c := s.as(t, sc)
	if r := c.Get("/sign-in?next=/account"); r.Status != 303 || r.Location() != "/account" {
		t.Errorf("signed in already: %d to %q", r.Status, r.Location())
	}
	if r := c.Post("/sign-out", nil); r.Location() != "/sign-in?out=1" {
		t.Errorf("to %q", r.Location())
	}
	check(t, c.Get("/sign-in?out=1"), 200, "您已退出登录")
	if n := s.w.Count(`select count(*) from audit_log where action = 'auth.sign_out'`); n != 1 {
		t.Error("not in the log")
	}
	if r := c.Get("/account"); r.Status != 303 || r.Location() != "/sign-in?next=%2Faccount" {
		t.Errorf("signed out: %d to %q", r.Status, r.Location())
	}
}

func TestTooManyRefusals(t *testing.T) {
	s := newSite(t)
	c := s.Anonymous(t)
	var r httpdtest.Response
	for range 200 {
		if r = c.Post("/sign-in", url.Values{"name": {"nobody"}, "password": {"x"}}); r.Status != 422 {
			break
		}
	}
	check(t, r, 429, "请稍等一会儿")
}
