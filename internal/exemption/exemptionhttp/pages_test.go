package exemptionhttp_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/exemption"
	"github.com/fugong/fugong/internal/exemption/exemptionhttp"
	"github.com/fugong/fugong/internal/exemption/exemptionview"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/httpdtest"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/i18n"
	"github.com/fugong/fugong/internal/platform/sheet"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/testkit"
	"github.com/fugong/fugong/web"
)

// office is an enterprise with two people, and one next door, with the feature's pages.
type office struct {
	*testkit.Kit
	t                  *testing.T
	records            *exemption.Service
	site               *httpdtest.Site
	now                time.Time
	here, next         int32
	zhang, li, foreign int64
}

func open(t *testing.T) *office {
	t.Helper()
	t.Parallel()
	o := &office{t: t, now: testkit.At(t, "03-24 09:00")}
	o.Kit = testkit.New(t, o.now)
	c := clock.NewManual(o.now)
	book := testkit.Zibo(t)
	o.records = exemption.New(o.DB, book, standing.New(o.DB, c, book))
	o.site = httpdtest.New(t, c, func(*httpd.Server) []httpd.Route { return exemptionhttp.Routes(o.records) })
	since := o.now.AddDate(0, 0, -30)
	o.here, o.next = o.Org("370303", since), o.Org("370303", since)
	o.zhang = o.Employee(o.here, testkit.Person{Name: "<script>张三", Since: since, Workshop: "一车间", Team: "甲班"})
	o.li = o.Employee(o.here, testkit.Person{Name: "李四", Since: since})
	o.foreign = o.Employee(o.next, testkit.Person{Name: "王五", Since: since})
	return o
}

func (o *office) hr() authz.Scope {
	return authz.Scope{Account: 7, Actor: "王敏", Role: authz.HealthOfficer, Org: o.here}
}

func (o *office) as(sc authz.Scope, lang string) *httpdtest.Client {
	o.t.Helper()
	return o.site.As(o.t, httpd.Viewer{Scope: sc, Name: sc.Actor, OrgName: "甲厂", Lang: lang})
}

func (o *office) count(query string, args ...any) int {
	o.t.Helper()
	return testkit.Get[int](o.Kit, query, args...)
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

func quarantine() url.Values {
	return url.Values{"ground": {"in_quarantine"}, "from": {"2022-03-24T08:00"}, "to": {"2022-03-28T08:00"}, "proof": {"隔离点证明 7 号"}}
}

func TestAccess(t *testing.T) {
	o := open(t)
	form, dose := fmt.Sprintf("/employees/%d/exemption", o.zhang), fmt.Sprintf("/employees/%d/vaccination", o.zhang)
	pages := []string{"/exemptions", "/exemptions/new", "/exemptions/vaccinations", "/exemptions/export", form, dose}
	for _, p := range pages {
		if r := o.site.Anonymous(t).Get(p); r.Status != 303 || !strings.HasPrefix(r.Location(), "/sign-in") {
			t.Errorf("%s, not signed in: %d to %s", p, r.Status, r.Location())
		}
		for role, sc := range map[string]authz.Scope{
			"worker": {Account: 11, Role: authz.Worker, Org: o.here, Employee: o.zhang}, "leader": {Account: 12, Role: authz.TeamLeader, Org: o.here},
			"bureau": {Account: 13, Role: authz.CityBureau},
		} {
			if r := o.as(sc, "").Get(p); r.Status != 403 {
				t.Errorf("%s as %s: %d", p, role, r.Status)
			}
		}
	}
	stranger := o.hr()
	stranger.Account, stranger.Org = 14, o.next
	for _, p := range []string{form, dose} {
		if r := o.as(stranger, "").Get(p); r.Status != 404 {
			t.Errorf("%s of another org: %d", p, r.Status)
		}
		if r := o.as(stranger, "").Post(p, quarantine()); r.Status != 404 && r.Status != 422 {
			t.Errorf("%s posted by another org: %d", p, r.Status)
		}
	}
	if n := o.count(`select count(*) from exemption`); n != 0 {
		t.Errorf("%d exemptions were written", n)
	}
}

func TestAnExemptionByForm(t *testing.T) {
	o := open(t)
	hr := o.as(o.hr(), "")
	path := fmt.Sprintf("/employees/%d/exemption", o.zhang)
	page := hr.Get(path)
	has(t, page, 200, "登记免检：&lt;script&gt;张三", "隔离点已检", "最长 48 小时", "按证明上的时间", "未登记", `value="2022-03-24T09:00"`)
	lacks(t, page, "<script>张三")
	has(t, hr.Post(path, url.Values{"ground": {"in_quarantine"}, "from": {"yesterday"}, "proof": {"甲"}}), 422, `value="甲"`, `value="yesterday"`)
	bad := quarantine()
	bad.Set("ground", "vaccinated_48h")
	bad.Del("proof")
	has(t, hr.Post(path, bad), 422, "这个原因最长免检 48 小时", "请写明凭什么证明", `value="2022-03-28T08:00"`)
	if r := hr.Post(path, quarantine()); r.Status != 303 || r.Location() != fmt.Sprintf("/employees/%d", o.zhang) {
		t.Fatalf("good form: %d to %s", r.Status, r.Location())
	}
	list := hr.Get("/exemptions")
	has(t, list, 200, "已登记免检", "&lt;script&gt;张三", "隔离点已检", "隔离点证明 7 号", "生效中", "王敏", "共 1 条", "2022-03-28 (周一) 08:00")
	lacks(t, list, "<script>张三")
	open := quarantine()
	open.Del("to")
	hr.Post(path, open)
	has(t, hr.Get("/exemptions?stage=running"), 200, "已按新的内容更正", "结束时间未定", "共 1 条")
	has(t, hr.Get("/exemptions?stage=cancelled"), 200, "已更正", "有更新的登记", "2022-03-28 (周一) 08:00")
	lacks(t, hr.Get("/exemptions?stage=cancelled"), "重新登记</")
	has(t, hr.Get("/exemptions?ground=medical"), 200, "共 0 条")
}

func TestCancelAndBack(t *testing.T) {
	o := open(t)
	hr := o.as(o.hr(), "")
	hr.Post(fmt.Sprintf("/employees/%d/exemption", o.zhang), quarantine())
	id := o.count(`select id from exemption`)
	at := fmt.Sprintf("/exemptions/%d/%d", o.zhang, id)
	stranger := o.hr()
	stranger.Account, stranger.Org = 14, o.next
	for _, act := range []string{"/cancel", "/again"} {
		if r := o.as(stranger, "").Post(at+act, url.Values{"reason": {"无"}}); r.Status != 404 {
			t.Errorf("%s by another org: %d", act, r.Status)
		}
	}
	if r := hr.Post(at+"/cancel", url.Values{"back": {"/exemptions?q=张"}}); r.Location() != "/exemptions?q=张" && r.Location() != "/exemptions?q=%E5%BC%A0" {
		t.Errorf("without a reason: to %s", r.Location())
	}
	has(t, hr.Get("/exemptions"), 200, "没有办成：", "撤销")
	if r := hr.Post(at+"/cancel", url.Values{"reason": {"证明有误"}, "back": {"//evil.example"}}); r.Location() != "/exemptions" {
		t.Errorf("sent to %s", r.Location())
	}
	has(t, hr.Get("/exemptions"), 200, "已撤销。如果撤错了", "共 0 条")
	has(t, hr.Get("/exemptions?stage=cancelled"), 200, "证明有误", "重新登记")
	if r := hr.Post(at+"/again", url.Values{}); r.Status != 303 {
		t.Errorf("again: %d", r.Status)
	}
	has(t, hr.Get("/exemptions"), 200, "已重新登记", "生效中")
	hr.Post(at+"/again", url.Values{})
	has(t, hr.Get("/exemptions"), 200, "没有办成：已有一条有效的记录")
	if r := hr.Post(fmt.Sprintf("/exemptions/%d/%d/cancel", o.li, id), url.Values{"reason": {"无"}}); r.Status != 404 {
		t.Errorf("under another person: %d", r.Status)
	}
}

func TestVaccinations(t *testing.T) {
	o := open(t)
	hr := o.as(o.hr(), "")
	path := fmt.Sprintf("/employees/%d/vaccination", o.li)
	has(t, hr.Get(path), 200, "登记接种：李四", "第 3 剂", "未接种", "48 小时内自动免检")
	has(t, hr.Post(path, url.Values{"at": {"2022-03-24T08:00"}}), 422, "请选剂次", `value="2022-03-24T08:00"`)
	has(t, hr.Post(path, url.Values{"number": {"2"}, "at": {"2022-03-25T08:00"}, "product": {"北京生物"}}), 422, "接种时间在将来", `value="北京生物"`)
	has(t, hr.Post(path, url.Values{"number": {"0"}, "at": {"2022-03-24T09:00"}}), 422, "请说明为什么没有接种")
	if r := hr.Post(path, url.Values{"number": {"0"}, "at": {"2022-03-24T09:00"}, "none": {"interval"}}); r.Status != 303 {
		t.Errorf("not vaccinated: %d\n%s", r.Status, r.Body)
	}
	has(t, hr.Get(path), 200, "未满间隔")
	if r := hr.Post(path, url.Values{"number": {"2"}, "at": {"2022-03-24T08:00"}, "product": {"北京生物"}}); r.Status != 303 {
		t.Errorf("vaccinated: %d\n%s", r.Status, r.Body)
	}
	if s := o.count(`select s0 from standing where employee_id = $1`, o.li); s != 7 {
		t.Errorf("an hour after the vaccination the standing is %d, want exempt", s)
	}
	has(t, hr.Get("/exemptions/vaccinations"), 200, "李四", "第 2 剂", "北京生物", "共 1 条", "2022-03-24 (周四) 08:00")
	has(t, hr.Get("/exemptions/vaccinations?stage=cancelled"), 200, "已更正", "未满间隔")
	has(t, hr.Get("/exemptions/vaccinations?dose=3"), 200, "共 0 条")
	has(t, hr.Get(path), 200, "全程接种", "第 2 剂")
	english := o.hr()
	english.Account = 17
	has(t, o.as(english, i18n.English).Get(path), 200, "Fully vaccinated", "Dose 2")
	id := o.count(`select id from vaccination where cancelled_at is null`)
	at := fmt.Sprintf("/exemptions/vaccinations/%d/%d", o.li, id)
	if r := hr.Post(at+"/cancel", url.Values{"reason": {"录错人"}, "back": {"/exemptions/vaccinations"}}); r.Location() != "/exemptions/vaccinations" {
		t.Errorf("cancelled: to %s", r.Location())
	}
	if r := hr.Post(at+"/again", url.Values{}); r.Status != 303 {
		t.Errorf("again: %d\n%s", r.Status, r.Body)
	}
	has(t, hr.Get("/exemptions/vaccinations"), 200, "已重新登记", "第 2 剂")
}

func TestFind(t *testing.T) {
	o := open(t)
	hr := o.as(o.hr(), "")
	has(t, hr.Get("/exemptions/new"), 200, "给谁登记？")
	page := hr.Get("/exemptions/new?q=李")
	has(t, page, 200, "李四", fmt.Sprintf(`href="/employees/%d/vaccination"`, o.li))
	lacks(t, page, "张三", "王五")
	has(t, hr.Get("/exemptions/new?q=王五"), 200, "没有找到在册职工")
}

func TestExport(t *testing.T) {
	o := open(t)
	hr := o.as(o.hr(), "")
	hr.Post(fmt.Sprintf("/employees/%d/exemption", o.li), quarantine())
	hr.Post(fmt.Sprintf("/employees/%d/vaccination", o.li), url.Values{"number": {"3"}, "at": {"2022-03-01T08:00"}})
	for path, want := range map[string][]string{
		"/exemptions/export":              {"李四", "隔离点已检", "2022-03-24 08:00:00", "隔离点证明 7 号", "生效中"},
		"/exemptions/vaccinations/export": {"李四", "第 3 剂", "2022-03-01 08:00:00"},
	} {
		r := hr.Get(path)
		book, err := sheet.Open("x.xlsx", []byte(r.Body), sheet.Limits{})
		if r.Status != 200 || err != nil {
			t.Fatalf("%s: %d, %v", path, r.Status, err)
		}
		var cells []string
		for row, err := range book.Sheets[0].Rows() {
			if err != nil {
				t.Fatal(err)
			}
			cells = append(cells, row.Texts()...)
		}
		text := strings.Join(cells, "\n")
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s lacks %q:\n%s", path, w, text)
			}
		}
		has(t, hr.Get(path+"?format=csv"), 200, "李四")
	}
	if n := o.count(`select count(*) from audit_log where action in ('exemption.export', 'vaccination.export')`); n != 4 {
		t.Errorf("%d exports in the log, want 4", n)
	}
}

func TestTimelineAndFacts(t *testing.T) {
	o := open(t)
	hr := o.as(o.hr(), "")
	hr.Post(fmt.Sprintf("/employees/%d/exemption", o.li), quarantine())
	hr.Post(fmt.Sprintf("/employees/%d/vaccination", o.li), url.Values{"number": {"3"}, "at": {"2022-01-10T00:00"}, "product": {"北京生物"}})
	id := o.count(`select id from exemption`)
	hr.Post(fmt.Sprintf("/exemptions/%d/%d/cancel", o.li, id), url.Values{"reason": {"证明有误"}})
	hr.Post(fmt.Sprintf("/exemptions/%d/%d/again", o.li, id), nil)
	catalog, err := i18n.Load(web.Locales)
	if err != nil {
		t.Fatal(err)
	}
	v := exemptionview.View{T: catalog.Printer(i18n.Chinese).T, Zone: testkit.Zone, Now: o.now, When: func(at time.Time) string { return at.In(testkit.Zone).Format("01-02 15:04") }}
	err = o.DB.Read(t.Context(), db.Tenant{Org: o.here}, func(tx *sqlx.Tx) error {
		own := authz.Scope{Account: 8, Role: authz.Worker, Org: o.here, Employee: o.li}
		other := authz.Scope{Account: 9, Role: authz.Worker, Org: o.here, Employee: o.zhang}
		for name, sc := range map[string]authz.Scope{"HR": o.hr(), "the person": own} {
			entries, err := v.Timeline(t.Context(), tx, sc, o.li, o.now.Add(time.Hour), 10)
			if err != nil {
				return err
			}
			var titles []string
			for _, e := range entries {
				titles = append(titles, e.Title)
			}
			if s := strings.Join(titles, ", "); len(entries) != 4 || !strings.Contains(s, "撤销免检：隔离点已检") || !strings.Contains(s, "疫苗接种：第 3 剂") {
				t.Errorf("%s reads %s", name, s)
			}
			facts, err := v.Facts(t.Context(), tx, sc, o.li)
			if err != nil {
				return err
			}
			if len(facts) != 2 || facts[0].Value != "已加强" || facts[0].Sub != "第 3 剂，2022-01-10 · 北京生物" || facts[1].Sub != "至 03-28 08:00" {
				t.Errorf("%s reads %+v", name, facts)
			}
		}
		entries, err := v.Timeline(t.Context(), tx, other, o.li, o.now.Add(time.Hour), 10)
		if err != nil {
			return err
		}
		facts, err := v.Facts(t.Context(), tx, other, o.li)
		if len(entries)+len(facts) > 0 {
			t.Errorf("a mate reads %d entries and %d facts", len(entries), len(facts))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
