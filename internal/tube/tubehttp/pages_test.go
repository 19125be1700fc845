package tubehttp_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/httpdtest"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening/screeningtest"
	"github.com/fugong/fugong/internal/tube"
	"github.com/fugong/fugong/internal/tube/tubehttp"
)

var now = screeningtest.Now

type stage struct {
	*screeningtest.World
	t     *testing.T
	tubes *tube.Service
	site  *httpdtest.Site
}

func newStage(t *testing.T) *stage {
	w := screeningtest.New(t)
	tubes := tube.New(w.DB, w.Samples)
	w.Samples.Watch(tubes)
	return &stage{w, t, tubes, httpdtest.New(t, w.Clock, func(*httpd.Server) []httpd.Route { return tubehttp.Routes(tubes, w.Samples) })}
}

func (s *stage) as(sc authz.Scope) *httpdtest.Client { return s.in(sc, "") }

func (s *stage) in(sc authz.Scope, lang string) *httpdtest.Client {
	s.t.Helper()
	return s.site.As(s.t, httpd.Viewer{Scope: sc, Name: sc.Actor, OrgName: "甲厂", Lang: lang})
}

// number gives a person an employee number and pinyin.
func (s *stage) number(employee int64, no, pinyin, initials string) {
	s.t.Helper()
	if _, err := s.Base.Owner.Exec(`update employee set employee_no = $2, pinyin = $3, initials = $4 where id = $1`, employee, no, pinyin, initials); err != nil {
		s.t.Fatal(err)
	}
}

// open opens a tube of ten by its page and returns its address.
func (s *stage) open(c *httpdtest.Client, barcode string) string {
	s.t.Helper()
	r := c.Post("/tubes/new", url.Values{"barcode": {barcode}, "mode": {"pool10"}, "institution": {"厂区采样点"}})
	to, _, _ := strings.Cut(r.Location(), "?")
	if r.Status != 303 || !strings.HasPrefix(to, "/tubes/") {
		s.t.Fatalf("open: %d to %s\n%s", r.Status, r.Location(), r.Body)
	}
	return to
}

func (s *stage) fill(c *httpdtest.Client, tube string, people ...int64) {
	s.t.Helper()
	for _, p := range people {
		if r := c.Post(tube+"/members", url.Values{"employee": {fmt.Sprint(p)}}); r.Status != 303 {
			s.t.Fatalf("add: %d\n%s", r.Status, r.Body)
		}
	}
}

// conclude seals the tube and enters its result as the page asks: with a look at whom it concerns where it shows that.
func (s *stage) conclude(c *httpdtest.Client, tube string, result regime.Result, reason string) httpdtest.Response {
	s.t.Helper()
	form := url.Values{"result": {result.String()}, "reason": {reason}}
	r := c.Post(tube+"/result", form)
	if r.Status == 200 {
		form.Set("seen", value(r.Body, "seen"))
		r = c.Post(tube+"/result", form)
	}
	if r.Status != 303 {
		s.t.Fatalf("result: %d\n%s", r.Status, r.Body)
	}
	return r
}

// value is what a page's hidden field holds.
func value(body, name string) string {
	m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(body)
	if m == nil {
		return ""
	}
	return m[1]
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
	hr := s.as(s.HR(s.Org))
	mine, theirs := s.open(hr, "ZB0001"), s.open(hr, "ZB0002")
	s.fill(hr, mine, me)
	s.fill(hr, theirs, far)
	single := fmt.Sprintf("%s/members/%d/single", mine, me)
	for _, p := range []string{"/tubes", "/tubes/new", mine, mine + "/label", single} {
		if r := s.site.Anonymous(t).Get(p); r.Status != 303 || !strings.HasPrefix(r.Location(), "/sign-in") {
			t.Errorf("%s, not signed in: %d to %s", p, r.Status, r.Location())
		}
	}
	for _, tc := range []struct {
		who  string
		c    *httpdtest.Client
		want map[string]int
	}{
		{"worker", s.as(s.Worker(s.Org, me)), map[string]int{"/tubes": 403, "/tubes/new": 403, mine: 403, mine + "/label": 403, single: 403}},
		{"leader", s.as(s.Leader(0, s.Team)), map[string]int{"/tubes": 200, "/tubes/new": 200, mine: 200, mine + "/label": 200, theirs: 404, single: 403}},
		{"HR", hr, map[string]int{"/tubes": 200, "/tubes/new": 200, mine: 200, mine + "/label": 200, "/tubes/0": 404, "/tubes/x": 404, single: 303}},
		{"another org", s.as(s.HR(s.Foreign)), map[string]int{"/tubes": 200, mine: 404, mine + "/label": 404, single: 404}},
	} {
		for p, want := range tc.want {
			if r := tc.c.Get(p); r.Status != want {
				t.Errorf("%s as %s: %d, want %d", p, tc.who, r.Status, want)
			}
		}
	}
	lacks(t, s.as(s.HR(s.Foreign)).Get("/tubes?show=all&q=ZB"), "ZB0001")
	for _, p := range []string{"/members", "/seal", "/reopen", "/void", "/result"} {
		if r := s.as(s.HR(s.Foreign)).Post(mine+p, url.Values{"employee": {fmt.Sprint(me)}, "result": {"negative"}, "reason": {"x"}}); r.Status != 404 {
			t.Errorf("another org's %s: %d", p, r.Status)
		}
	}
	if r := s.as(s.Leader(0, s.Team)).Post(mine+"/result", url.Values{"result": {"negative"}}); r.Status != 403 {
		t.Errorf("a leader's result: %d", r.Status)
	}
}

func TestOpening(t *testing.T) {
	s := newStage(t)
	hr := s.as(s.HR(s.Org))
	has(t, hr.Get("/tubes"), 200, "没有符合条件的混采管", "新开一管")
	has(t, hr.Get("/tubes/new"), 200, "管码", "10:1 混采")
	has(t, hr.Post("/tubes/new", url.Values{"barcode": {"管一"}, "mode": {"single"}, "lab": {"市疾控"}}), 422, "管码只能有字母", "请从列表中选择", "必填", `value="管一"`, `value="市疾控"`)
	to := s.open(hr, "ZB0001")
	has(t, hr.Get(to+"?next=1"), 200, "已开管", "加入下一个人", "autofocus", "0 / 10", "还没有人")
	has(t, hr.Post("/tubes/new", url.Values{"barcode": {"ZB0001"}, "mode": {"pool5"}, "institution": {"厂"}}), 422, "这个管码已经在用了")
	has(t, hr.Get("/tubes"), 200, "ZB0001", "0 / 10", "正在采样")
	lacks(t, hr.Get("/tubes?show=awaited"), "ZB0001")
	has(t, hr.Get("/tubes?q=b00"), 200, "ZB0001")
}

// A badge scanned or a number typed takes its bearer in at once; any other text shows whom it may mean, and one press adds.
func TestQueue(t *testing.T) {
	s := newStage(t)
	a, b := s.Employee(s.Org, s.Team, "<script>张三"), s.Employee(s.Org, s.Team, "张四")
	s.number(a, "A100", "zhangsan", "zs")
	s.number(b, "A1001", "zhangsi", "zs")
	hr := s.as(s.HR(s.Org))
	to := s.open(hr, "ZB0001")
	if r := hr.Post(to+"/members", url.Values{"who": {"a100"}}); r.Status != 303 {
		t.Fatalf("scan: %d\n%s", r.Status, r.Body)
	}
	page := hr.Get(to)
	has(t, page, 200, "已加入：&lt;script&gt;张三", "1 / 10", "A100")
	lacks(t, page, "<script>张三")
	has(t, hr.Post(to+"/members", url.Values{"who": {"A100"}}), 422, "已经在这根管里", `value="A100"`)
	found := hr.Post(to+"/members", url.Values{"who": {"ZHANG"}})
	has(t, found, 200, "可能是", "张四", fmt.Sprintf(`name="employee" value="%d"`, b))
	lacks(t, found, fmt.Sprintf(`name="employee" value="%d"`, a))
	has(t, hr.Post(to+"/members", url.Values{"who": {"钱"}}), 200, "没有找到")
	has(t, hr.Post(to+"/members", url.Values{}), 422, "必填")
	secret := hr.Post(to+"/members", url.Values{"who": {"19902096031"}})
	has(t, secret, 422, "不按证件号或手机号查找")
	lacks(t, secret, "19902096031")
	has(t, hr.Post(to+"/members", url.Values{"employee": {fmt.Sprint(b)}, "sampled_at": {"25:00"}}), 422, "请填写日期和时间", `value="25:00"`, "<details class=\"queue-time\" open>")
	has(t, hr.Post(to+"/members", url.Values{"employee": {fmt.Sprint(b)}, "sampled_at": {"2022-03-25T09:00"}}), 422, "时间在未来")
	if r := hr.Post(to+"/members", url.Values{"employee": {fmt.Sprint(b)}, "sampled_at": {"2022-03-24T08:10"}}); r.Status != 303 {
		t.Errorf("add at another time: %d", r.Status)
	}
	has(t, hr.Get(to), 200, "2022-03-24 (周四) 08:10", "2 / 10")
	if r := hr.Post(to+"/members", url.Values{"employee": {"x"}}); r.Status != 404 {
		t.Errorf("nobody: %d", r.Status)
	}

	// The team's members are offered, who is due first; a leader with one team need not choose it.
	c := s.Employee(s.Org, s.Team, "王五")
	leader := s.as(s.Leader(0, s.Team))
	has(t, leader.Get(to), 200, "班组里还没进这根管的人", fmt.Sprintf(`name="employee" value="%d"`, c))
	lacks(t, leader.Get(to), fmt.Sprintf(`name="employee" value="%d"`, b), `href="/employees/`)
	choose := hr.Get(to)
	has(t, choose, 200, "请选择班组")
	lacks(t, choose, fmt.Sprintf(`name="employee" value="%d"`, c))
	has(t, hr.Get(fmt.Sprintf("%s?team=%d", to, s.Team)), 200, fmt.Sprintf(`name="employee" value="%d"`, c))
}

func TestMembersAndSeal(t *testing.T) {
	s := newStage(t)
	people := s.Employees(3)
	hr := s.as(s.HR(s.Org))
	to := s.open(hr, "ZB0001")
	if r := hr.Post(to+"/seal", nil); r.Location() != to {
		t.Errorf("to %s", r.Location())
	}
	has(t, hr.Get(to), 200, "没有完成：管里还没有人")
	s.fill(hr, to, people...)
	member := func(i int, act string) string { return fmt.Sprintf("%s/members/%d/%s", to, people[i], act) }
	hr.Post(member(0, "remove"), nil)
	has(t, hr.Get(to), 200, "没有完成：必填", "3 / 10")
	hr.Post(member(0, "remove"), url.Values{"reason": {"棉签掉地"}})
	has(t, hr.Get(to), 200, "已移出", "2 / 10")
	hr.Post(member(1, "time"), url.Values{"reason": {"补记"}})
	has(t, hr.Get(to), 200, "没有完成：请填写日期和时间")
	hr.Post(member(1, "time"), url.Values{"reason": {"补记"}, "sampled_at": {"2022-03-24T08:20"}})
	has(t, hr.Get(to), 200, "采样时间已更正", "2022-03-24 (周四) 08:20")
	hr.Post(to+"/seal", nil)
	page := hr.Get(to)
	has(t, page, 200, "已封管，可以送检", "录入整管结果", "重新开管", "移出")
	lacks(t, page, "加入下一个人")
	hr.Post(to+"/members", url.Values{"employee": {fmt.Sprint(people[0])}})
	has(t, hr.Get(to), 200, "没有完成：这根管已经封管")
	has(t, hr.Get("/tubes?show=awaited"), 200, "ZB0001", "2 / 10")
	label := hr.Get(to + "/label")
	has(t, label, 200, "ZB0001", "共 2 人", "员*", "data-print")
	lacks(t, label, "员工2")
	hr.Post(to+"/reopen", nil)
	has(t, hr.Get(to), 200, "加入下一个人")
	hr.Post(to+"/void", url.Values{"reason": {"管子裂了"}})
	has(t, hr.Get(to), 200, "已作废", "还没有人")
}

func TestResultOfATube(t *testing.T) {
	s := newStage(t)
	people := s.Employees(10)
	hr := s.as(s.HR(s.Org))
	to := s.open(hr, "ZB0001")
	s.fill(hr, to, people...)
	hr.Post(to+"/seal", nil)
	s.Clock.Set(now.Add(8 * time.Hour))
	has(t, hr.Post(to+"/result", url.Values{"result": {"positive"}, "reported_at": {"x"}}), 422, "请填写日期和时间")
	has(t, hr.Post(to+"/result", url.Values{"result": {"positive"}}), 422, "请从列表中选择")
	if n := s.Count(`select count(*) from sample where result <> 'pending'`); n != 0 {
		t.Fatalf("%d results stored", n)
	}
	page := hr.Post(to+"/result", url.Values{"result": {"pool_abnormal"}})
	has(t, page, 200, "将涉及 10 人，其中 10 个在岗的人要立即暂停上岗", "确认异常，暂停 10 人上岗", "员工10", "记入这个结果")
	if n := s.Count(`select count(*) from sample where result <> 'pending'`); n != 0 {
		t.Fatalf("%d results stored by the preview", n)
	}
	// Somebody takes a person out meanwhile: the confirmation shows the new list.
	hr.Post(fmt.Sprintf("%s/members/%d/remove", to, people[9]), url.Values{"reason": {"弄错了"}})
	stale := hr.Post(to+"/result", url.Values{"result": {"pool_abnormal"}, "seen": {value(page.Body, "seen")}})
	has(t, stale, 409, "名单刚刚有变化", "暂停 9 人上岗")
	if r := hr.Post(to+"/result", url.Values{"result": {"pool_abnormal"}, "seen": {value(stale.Body, "seen")}}); r.Location() != to {
		t.Fatalf("confirmed: %d\n%s", r.Status, r.Body)
	}
	has(t, hr.Get(to), 200, "9 人需要单采复核", "尽快单采复核", "0 / 9", "暂停上岗", "已单采", "更正整管结果")
	has(t, hr.Get("/tubes?show=unresolved"), 200, "ZB0001", "需单采复核")
	s.Clock.Set(now.Add(9 * time.Hour))
	has(t, hr.Post(to+"/result", url.Values{"result": {"negative"}}), 422, "必填")
	s.Clock.Set(now.Add(10 * time.Hour))
	page = hr.Post(to+"/result", url.Values{"result": {"negative"}, "reason": {"检测机构更正"}})
	has(t, page, 200, "更正为这个结果", "确认：整管阴性")
	s.conclude(hr, to, regime.Negative, "检测机构更正")
	page = hr.Get(to)
	has(t, page, 200, "阴性")
	lacks(t, page, "暂停上岗", "需单采复核")
}

func TestSinglesSettleATube(t *testing.T) {
	s := newStage(t)
	people := s.Employees(2)
	hr, leader := s.as(s.HR(s.Org)), s.as(s.Leader(0, s.Team))
	to := s.open(hr, "ZB0001")
	s.fill(hr, to, people...)
	s.conclude(hr, to, regime.PoolAbnormal, "")
	s.Clock.Set(now.Add(time.Hour + 30*time.Second))
	member := func(i int, act string) string { return fmt.Sprintf("%s/members/%d/%s", to, people[i], act) }
	if r := leader.Post(member(0, "taken"), nil); r.Location() != to {
		t.Errorf("taken: %d to %s", r.Status, r.Location())
	}
	has(t, leader.Get(to), 200, "已登记单采", "已单采，待结果", "需单采复核")
	leader.Post(member(0, "taken"), nil)
	has(t, leader.Get(to), 200, "没有完成：这个人已经登记过单采")
	s.Clock.Set(now.Add(3 * time.Hour))
	form := hr.Get(member(0, "single"))
	has(t, form, 200, "单采结果：员工1", `value="2022-03-24T10:00"`)
	has(t, hr.Post(member(0, "single"), url.Values{"sampled_at": {"2022-03-24T10:00"}}), 422, "请从列表中选择")
	has(t, hr.Post(member(0, "single"), url.Values{"sampled_at": {"2022-03-24T08:00"}, "result": {"negative"}}), 422, "须晚于混管结果")
	if r := hr.Post(member(0, "single"), url.Values{"sampled_at": {"2022-03-24T10:00"}, "result": {"negative"}}); r.Location() != to {
		t.Fatalf("single: %d\n%s", r.Status, r.Body)
	}
	if n := s.Count(`select count(*) from sample where collect_mode = 'single' and employee_id = $1`, people[0]); n != 1 {
		t.Errorf("%d single samples: the noted one is to be completed", n)
	}
	has(t, hr.Get(to), 200, "单采结果已记入", "1 / 2", "单采阴性，已复核")
	has(t, hr.Get("/tubes?show=unresolved"), 200, "已复核 1 / 2")
	hr.Post(member(1, "single"), url.Values{"sampled_at": {"2022-03-24T12:00"}, "result": {"negative"}})
	has(t, hr.Get(to), 200, "已全部复核", "2 / 2", "每个人都已复核完毕")
	lacks(t, hr.Get("/tubes?show=unresolved"), "ZB0001")
	if r := hr.Get(member(1, "single")); r.Status != 303 || r.Location() != to {
		t.Errorf("nothing to enter: %d", r.Status)
	}
	hr.Post(member(1, "single"), url.Values{"sampled_at": {"2022-03-24T12:00"}, "result": {"invalid"}})
	has(t, hr.Get(to), 200, "没有完成：这个人已经复核完毕")
	lacks(t, leader.Get(to), "阴性", "复核完毕", "2 / 2")
}

// A sheet that left some out shows as a difference, and one press completes it.
func TestTheRestGetsTheResult(t *testing.T) {
	s := newStage(t)
	people := s.Employees(10)
	hr := s.HR(s.Org)
	c := s.as(hr)
	to := s.open(c, "ZB0001")
	s.fill(c, to, people...)
	if _, err := s.Base.Owner.Exec(`update sample set result = 'negative', reported_at = sampled_at where employee_id in
		(select employee_id from sample order by employee_id limit 8)`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Base.Owner.Exec(`update tube set result = 'negative', reported_at = opened_at, sealed_at = opened_at`); err != nil {
		t.Fatal(err)
	}
	has(t, c.Get("/tubes"), 200, "2 人缺结果")
	page := c.Get(to)
	has(t, page, 200, "有 2 人还没有这个结果", "补给其余 2 人")
	r := c.Post(to+"/result", url.Values{"result": {value(page.Body, "result")}})
	if r.Status != 303 {
		t.Fatalf("%d\n%s", r.Status, r.Body)
	}
	lacks(t, c.Get(to), "还没有这个结果")
	if n := s.Count(`select count(*) from sample where result = 'negative'`); n != 10 {
		t.Errorf("%d negative", n)
	}
}

// However a tube stands, no page about it calls anybody what only a single sample can say; that sample's own result does, under its
// own name, and nowhere before.
func TestWording(t *testing.T) {
	s := newStage(t)
	people := s.Employees(3)
	hr, leader := s.HR(s.Org), s.Leader(0, s.Team)
	forbidden := []string{"阳性", "ositive", "可疑", "uspicious"}
	c := s.as(hr)
	to := s.open(c, "ZB0001")
	check := func(moment string, extra ...httpdtest.Response) {
		t.Helper()
		pages := extra
		for _, lang := range []string{"zh-CN", "en"} {
			for _, sc := range []authz.Scope{hr, leader} {
				client := s.in(sc, lang)
				for _, p := range []string{"/tubes?show=all", "/tubes/new", to, to + "/label"} {
					pages = append(pages, client.Get(p))
				}
			}
		}
		for i, r := range pages {
			if r.Status != 200 {
				t.Errorf("%s, page %d: status %d", moment, i, r.Status)
			}
			for _, word := range forbidden {
				if at := strings.Index(r.Body, word); at >= 0 {
					t.Errorf("%s: a page says %q: …%s…", moment, word, r.Body[max(0, at-80):at+len(word)])
				}
			}
		}
	}
	s.fill(c, to, people...)
	check("filled")
	check("to confirm", c.Post(to+"/result", url.Values{"result": {"pool_abnormal"}}), s.in(hr, "en").Post(to+"/result", url.Values{"result": {"pool_abnormal"}}))
	s.conclude(c, to, regime.PoolAbnormal, "")
	check("abnormal")
	// An old record that a laboratory's sheet called otherwise is the tube's result all the same.
	if _, err := s.Base.Owner.Exec(`update sample set result = 'positive' where employee_id = $1`, people[2]); err != nil {
		t.Fatal(err)
	}
	check("an old record", c.Post(to+"/result", url.Values{"result": {"pool_abnormal"}}))
	s.Clock.Set(now.Add(time.Hour))
	c.Post(fmt.Sprintf("%s/members/%d/taken", to, people[0]), nil)
	check("swabbed alone")

	form := url.Values{"sampled_at": {"2022-03-24T10:00"}, "result": {"positive"}}
	if r := c.Post(fmt.Sprintf("%s/members/%d/single", to, people[0]), form); r.Location() != to {
		t.Fatalf("single: %d\n%s", r.Status, r.Body)
	}
	c = s.as(hr) // in Chinese again
	page := c.Get(to)
	has(t, page, 200, "以单采结果为准", "单采 2022-03-24 (周四) 10:00", "阳性（须复核）")
	if n := strings.Count(page.Body, "阳性"); n != 1 {
		t.Errorf("the single result is told %d times", n)
	}
	lacks(t, s.as(leader).Get(to), forbidden...)
	lacks(t, c.Get("/tubes?show=all"), forbidden...)
}

func TestEnglish(t *testing.T) {
	s := newStage(t)
	c := s.in(s.HR(s.Org), "en")
	to := s.open(c, "ZB0001")
	s.fill(c, to, s.Employees(2)...)
	has(t, c.Get(to), 200, "Add the next person", "Seal the tube", "2 / 10")
	s.conclude(c, to, regime.PoolAbnormal, "")
	has(t, c.Get(to), 200, "Single re-samples needed", "Re-sampled now")
	has(t, c.Get("/tubes"), 200, "To be re-sampled")
}
