package holdhttp_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/hold/holdhttp"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/httpdtest"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/i18n"
	"github.com/fugong/fugong/internal/screening/screeningtest"
	"github.com/fugong/fugong/internal/testkit"
	"github.com/fugong/fugong/web"
)

var now = screeningtest.Now

type stage struct {
	*screeningtest.World
	t     *testing.T
	holds *hold.Service
	site  *httpdtest.Site
}

func newStage(t *testing.T) *stage {
	w := screeningtest.New(t)
	book := testkit.Zibo(t)
	s := &stage{World: w, t: t, holds: hold.New(w.DB, w.Standings, book)}
	w.Standings.Watch(s.holds)
	people := employee.New(w.DB, w.Box, w.Standings)
	s.site = httpdtest.New(t, w.Clock, func(*httpd.Server) []httpd.Route { return holdhttp.Routes(s.holds, people) })
	return s
}

func (s *stage) as(sc authz.Scope) *httpdtest.Client {
	s.t.Helper()
	return s.site.As(s.t, httpd.Viewer{Scope: sc, Name: sc.Actor, OrgName: "甲厂"})
}

// second is another officer of the org.
func (s *stage) second() authz.Scope {
	sc := s.HR(s.Org)
	sc.Account, sc.Actor = sc.Account+1000, "李强"
	return sc
}

func (s *stage) put(employee int64, kind string, from time.Time) int64 {
	s.t.Helper()
	var id int64
	err := s.DB.InTx(s.t.Context(), db.Tenant{Org: s.Org}, func(tx *sqlx.Tx) (err error) {
		id, err = s.holds.Put(s.t.Context(), tx, s.HR(s.Org), hold.Hold{Employee: employee, Kind: kind, Ground: hold.GroundCDCNotice,
			Source: hold.SourceManual, From: from, Note: "疾控电话通知"}, now)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

func has(t *testing.T, r httpdtest.Response, status int, texts ...string) {
	t.Helper()
	if r.Status != status {
		t.Errorf("status %d, want %d\n%s", r.Status, status, r.Body)
	}
	if i := strings.Index(r.Body, "⟦"); i >= 0 {
		t.Errorf("a text is missing: %s", r.Body[i:][:60])
	}
	if strings.Contains(r.Body, "no value") {
		t.Errorf("an argument is missing")
	}
	for _, text := range texts {
		if !strings.Contains(r.Body, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
	if dir := os.Getenv("HOLD_PAGES"); dir != "" {
		name := strings.ReplaceAll(t.Name(), "/", "-") + fmt.Sprintf("-%d.html", len(r.Body))
		if err := os.WriteFile(filepath.Join(dir, name), []byte(r.Body), 0o600); err != nil {
			t.Fatal(err)
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
	one := fmt.Sprintf("/employees/%d/holds/%d", me, s.put(me, "temp_isolation", now))
	pages := []string{"/holds", "/holds/new", "/holds/release", "/holds/sets", one}
	for _, p := range append(pages, "/holds/export") {
		if r := s.site.Anonymous(t).Get(p); r.Status != 303 || !strings.HasPrefix(r.Location(), "/sign-in") {
			t.Errorf("%s, not signed in: %d to %s", p, r.Status, r.Location())
		}
		for _, sc := range []authz.Scope{s.Worker(s.Org, me), s.Leader(0, s.Team)} {
			if r := s.as(sc).Get(p); r.Status != 403 {
				t.Errorf("%s as %s: %d", p, sc.Role, r.Status)
			}
		}
	}
	for _, lang := range i18n.Languages() {
		c := s.site.As(t, httpd.Viewer{Scope: s.HR(s.Org), Lang: lang})
		for _, p := range pages {
			has(t, c.Get(p), 200)
		}
	}
	foreign := s.as(s.HR(s.Foreign))
	for _, p := range []string{one, fmt.Sprintf("/holds/new?employee=%d", me), "/holds/sets/1", "/holds/new?employee=x"} {
		if r := foreign.Get(p); r.Status != 404 {
			t.Errorf("%s as another org: %d", p, r.Status)
		}
	}
	if r := foreign.Post(one+"/release", url.Values{"reason": {"排除"}}); r.Status != 404 {
		t.Errorf("release by another org: %d", r.Status)
	}
}

func TestTheListAndItsExport(t *testing.T) {
	s := newStage(t)
	a, b := s.Employee(s.Org, s.Team, "<script>张三"), s.Employee(s.Org, s.Other, "李四")
	s.put(a, "close_contact", now.Add(-24*time.Hour))
	s.put(b, "self_monitor", now)
	hr := s.as(s.HR(s.Org))
	page := hr.Get("/holds")
	has(t, page, 200, "&lt;script&gt;张三", "密切接触者", "疾控通知", "2022-04-13", "需解除证明", "单采阴性 0/1", "李四", "可上岗", "可以解除", "一车间 · 一班")
	lacks(t, page, "<script>张三", "疾控电话通知")
	for q, want := range map[string]string{"?kind=self_monitor": "李四", "?ready=1": "李四", "?q=李四": "李四", fmt.Sprintf("?team=%d", s.Other): "李四", "?q=nobody": "没有符合条件"} {
		r := hr.Get("/holds" + q)
		has(t, r, 200, want)
		lacks(t, r, "&lt;script&gt;张三")
	}
	r := hr.Get("/holds/export")
	if r.Status != 200 || !strings.HasPrefix(r.Body, "PK") {
		t.Errorf("export: %d, %d bytes", r.Status, len(r.Body))
	}
	if n := s.Count(`select count(*) from audit_log where action = 'hold.export' and is_read`); n != 1 {
		t.Errorf("%d records of the export", n)
	}
	has(t, s.as(s.HR(s.Foreign)).Get("/holds"), 200, "没有管控中的人员")
}

func TestReleaseOfOne(t *testing.T) {
	s := newStage(t)
	me := s.Employee(s.Org, s.Team, "张三")
	id := s.put(me, "hospital", now.Add(-72*time.Hour))
	hr := s.as(s.HR(s.Org))
	path := fmt.Sprintf("/employees/%d/holds/%d", me, id)
	page := hr.Get(path)
	has(t, page, 200, "定点医院治疗", "张三", "疾控电话通知", "怎样解除", "0 / 2", "两次间隔至少 24 小时", "尚不可解除")
	lacks(t, page, path+"/release")
	has(t, hr.Post(path+"/release", url.Values{"reason": {"出院"}}), 422, "还不能解除", "已有 0 次，共需 2 次")
	for _, ago := range []time.Duration{48, 20} {
		s.Base.Owner.MustExec(`insert into sample (org_id, employee_id, sampled_at, reported_at, result, source, proof, entered_by, entered_at)
			values ($1, $2, $3, $4, 'negative', 'self', 'lab', 0, $4)`, s.Org, me, now.Add(-ago*time.Hour), now.Add(-ago*time.Hour+time.Hour))
	}
	has(t, hr.Get(path), 200, "凭证明可解除", "2 / 2", `name="document"`)
	has(t, hr.Post(path+"/release", url.Values{"reason": {"出院"}}), 422, "需要解除证明", `value="出院"`)
	if r := hr.Post(path+"/release", url.Values{"reason": {"出院"}, "document": {"出院记录 88"}}); r.Status != 303 || r.Location() != fmt.Sprintf("/employees/%d", me) {
		t.Fatalf("%d to %s", r.Status, r.Location())
	}
	page = hr.Get(path)
	has(t, page, 200, "已解除", "出院记录 88")
	lacks(t, page, `name="reason"`)
	if _, held := s.State(me); held {
		t.Error("still held")
	}
	if r := hr.Post(path+"/release", url.Values{"reason": {"再来"}, "document": {"x"}}); r.Status != 404 {
		t.Errorf("released twice: %d", r.Status)
	}
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)

// hiddenOf is what the form of a preview hands on.
func hiddenOf(body string) url.Values {
	out := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(body, -1) {
		out.Set(m[1], m[2])
	}
	return out
}

func TestOneIsHeldAfterAPreview(t *testing.T) {
	s := newStage(t)
	me := s.Employee(s.Org, s.Team, "张三")
	hr := s.as(s.HR(s.Org))
	has(t, hr.Get(fmt.Sprintf("/holds/new?employee=%d", me)), 200, "管控 张三", `value="2022-03-24T09:00"`)
	in := url.Values{"employee": {fmt.Sprint(me)}, "kind": {"home_monitor"}, "ground": {"community_notice"}, "from": {"2022-03-23T20:00"}, "note": {"社区电话"}}
	bad := url.Values{"employee": in["employee"], "kind": {"positive"}, "from": {"gestern"}, "to": {"2022-03-25T09:00"}, "note": {"社区电话"}}
	has(t, hr.Post("/holds/new", bad), 422, "请填写日期和时间", "请从列表中选择", `value="社区电话"`)
	page := hr.Post("/holds/new", in)
	has(t, page, 200, "核对管控名单", "将管控", "确认管控 1 人", "满 7 天；管控开始后采样的核酸阴性 1 次；有解除证明；由防疫专员解除", "居家健康监测", "社区（村）通知")
	if n := s.Count(`select count(*) from hold`); n != 0 {
		t.Fatalf("a preview held %d", n)
	}
	has(t, hr.Post("/holds/new/back", hiddenOf(page.Body)), 200, `value="社区电话"`, `value="home_monitor" selected`)
	if r := hr.Post("/holds/new/commit", hiddenOf(page.Body)); r.Location() != fmt.Sprintf("/employees/%d", me) {
		t.Fatalf("%d to %s", r.Status, r.Location())
	}
	if n := s.Count(`select count(*) from hold where employee_id = $1 and kind = 'home_monitor' and author_name <> '' and set_id is null`, me); n != 1 {
		t.Errorf("%d holds", n)
	}
	has(t, hr.Post("/holds/new/commit", hiddenOf(page.Body)), 409, "名单有变化，没有执行", "已在管控，跳过")
	has(t, hr.Post("/holds/new", in), 200, "名单中的人员都已在此类管控中")
}

func TestALargeGroupGoesThroughTwoHands(t *testing.T) {
	s := newStage(t)
	ids := s.Employees(21)
	hr, other := s.as(s.HR(s.Org)), s.as(s.second())
	in := url.Values{"by": {"team"}, "team": {fmt.Sprint(s.Team)}, "kind": {"temp_isolation"}, "ground": {"contact_tracing"}, "from": {"2022-03-24T08:00"}}
	has(t, hr.Post("/holds/new", url.Values{"kind": {"temp_isolation"}, "ground": {"cdc_notice"}, "from": {"2022-03-24T08:00"}}), 422, "必填")
	page := hr.Post("/holds/new", in)
	has(t, page, 200, "共 21 人，须由第二人复核", "提交复核（21 人）", "一车间 · 一班")
	r := hr.Post("/holds/new/commit", hiddenOf(page.Body))
	set := r.Location()
	if !strings.HasPrefix(set, "/holds/sets/") {
		t.Fatalf("%d to %s", r.Status, set)
	}
	own := hr.Get(set)
	has(t, own, 200, "等待另一位防疫专员复核", "撤回")
	lacks(t, own, set+"/confirm")
	if r := hr.Post(set+"/confirm", nil); r.Status != 403 || !strings.Contains(r.Body, "不能复核自己提出的操作") {
		t.Errorf("confirmed by the proposer: %d", r.Status)
	}
	has(t, hr.Get("/holds"), 200, "待复核 1")
	has(t, hr.Get("/holds/sets?show=waiting"), 200, "管控：单位临时隔离观察", "待复核", "班组：一车间 · 一班")
	has(t, other.Get(set), 200, "等待您复核", "确认，对 21 人生效", "不同意")
	if r := other.Post(set+"/refuse", url.Values{}); r.Location() != set {
		t.Errorf("refused without a reason: %d", r.Status)
	}
	has(t, other.Get(set), 200, "没有执行：理由：必填")
	if r := other.Post(set+"/confirm", nil); r.Location() != set {
		t.Errorf("confirmed: %d\n%s", r.Status, r.Body)
	}
	has(t, other.Get(set), 200, "已确认，21 人生效", "已生效", "李强", "生效 21 人，未处理 0 人")
	if _, held := s.State(ids[0]); !held {
		t.Error("not held")
	}
	if r := other.Post(set+"/refuse", url.Values{"reason": {"晚了"}}); r.Status != 409 {
		t.Errorf("refused what is done: %d", r.Status)
	}
	release := url.Values{"by": {"team"}, "team": {fmt.Sprint(s.Team)}, "kind": {"temp_isolation"}, "note": {"排查结束"}}
	has(t, hr.Post("/holds/release", release), 200, "名单中没有现在可以解除的人员", "还不能解除，跳过", "已有 0 次，共需 1 次")
	has(t, hr.Get("/holds/sets"), 200, "已生效")
}

func TestTimeline(t *testing.T) {
	s := newStage(t)
	me := s.Employee(s.Org, s.Team, "张三")
	s.put(me, "self_monitor", now.Add(-time.Hour))
	catalog, err := i18n.Load(web.Locales)
	if err != nil {
		t.Fatal(err)
	}
	read := func(sc authz.Scope) (texts []string) {
		err := s.DB.Read(t.Context(), sc.Tenant(), func(tx *sqlx.Tx) error {
			entries, err := holdhttp.Timeline(t.Context(), tx, sc, s.holds, me, now.Add(time.Hour), 10, catalog.Printer("zh-CN").T, time.Time.String)
			for _, e := range entries {
				texts = append(texts, e.Title+" "+e.Text)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return texts
	}
	if got := strings.Join(read(s.HR(s.Org)), "\n"); got != "开始管控：自我健康监测 疾控通知：疾控电话通知" {
		t.Errorf("the officer reads %q", got)
	}
	for _, sc := range []authz.Scope{s.HR(s.Foreign), s.Leader(0, s.Team), s.Worker(s.Org, me)} {
		if got := read(sc); len(got) != 0 {
			t.Errorf("%s of org %d reads %v", sc.Role, sc.Org, got)
		}
	}
}
