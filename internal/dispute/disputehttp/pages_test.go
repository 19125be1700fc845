package disputehttp_test

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"mime/multipart"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/xuri/excelize/v2"

	"github.com/fugong/fugong/internal/dispute"
	"github.com/fugong/fugong/internal/dispute/disputehttp"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/httpdtest"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/i18n"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/screening/screeningtest"
	"github.com/fugong/fugong/web"
)

var now = screeningtest.Now

type stage struct {
	*screeningtest.World
	t           *testing.T
	disputes    *dispute.Service
	corrections *dispute.Corrections
	site        *httpdtest.Site
}

func newStage(t *testing.T) *stage {
	w := screeningtest.New(t)
	s := &stage{World: w, t: t, disputes: dispute.New(w.DB, w.Box, w.Standings, w.Samples), corrections: dispute.NewCorrections(w.DB, w.Samples)}
	s.site = httpdtest.New(t, w.Clock, func(*httpd.Server) []httpd.Route {
		return disputehttp.Routes(s.disputes, s.corrections, w.Samples)
	})
	return s
}

func (s *stage) as(sc authz.Scope, lang ...string) *httpdtest.Client {
	s.t.Helper()
	v := httpd.Viewer{Scope: sc, Name: sc.Actor, OrgName: "甲厂"}
	if len(lang) > 0 {
		v.Lang = lang[0]
	}
	return s.site.As(s.t, v)
}

func (s *stage) tested(employee int64, at time.Time, result regime.Result) {
	s.t.Helper()
	if _, err := s.Samples.Record(s.t.Context(), s.HR(s.Org), screening.Input{Employee: employee, SampledAt: at, Result: result}, at.Add(time.Minute)); err != nil {
		s.t.Fatal(err)
	}
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
	pages := []string{"/me/disputes", "/me/disputes/new", "/disputes", "/corrections", "/corrections/new"}
	for _, p := range pages {
		if r := s.site.Anonymous(t).Get(p); r.Status != 303 || !strings.HasPrefix(r.Location(), "/sign-in") {
			t.Errorf("%s, not signed in: %d to %s", p, r.Status, r.Location())
		}
	}
	for who, tc := range map[string]struct {
		c    *httpdtest.Client
		want []int
	}{
		"worker": {s.as(s.Worker(s.Org, me)), []int{200, 200, 403, 403, 403}},
		"leader": {s.as(s.Leader(me, s.Team)), []int{200, 200, 403, 403, 403}},
		"HR":     {s.as(s.HR(s.Org)), []int{403, 403, 200, 200, 200}},
	} {
		for i, p := range pages {
			if r := tc.c.Get(p); r.Status != tc.want[i] {
				t.Errorf("%s as %s: %d, want %d", p, who, r.Status, tc.want[i])
			}
		}
	}
	for _, p := range []string{"/disputes/7/7", "/corrections/7", "/corrections/7/export"} {
		if r := s.as(s.HR(s.Org)).Get(p); r.Status != 404 {
			t.Errorf("%s: %d", p, r.Status)
		}
	}
	if r := s.as(s.Worker(s.Org, me)).Get("/me/disputes/new?about=sample:7"); r.Status != 404 {
		t.Errorf("about a sample that is not there: %d", r.Status)
	}
}

// upload sends the form of a dispute with a photo.
func upload(t *testing.T, c *httpdtest.Client, fields map[string]string, photo []byte) httpdtest.Response {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for k, v := range fields {
		if err := m.WriteField(k, v); err != nil {
			t.Fatal(err)
		}
	}
	f, err := m.CreateFormFile("photo", "a.jpg")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(photo); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return c.PostBody("/me/disputes", m.FormDataContentType(), &b)
}

// A worker contests on the phone, the office answers, the worker sees it and takes it up once more.
func TestADisputeFromEndToEnd(t *testing.T) {
	s := newStage(t)
	me, mate := s.Employee(s.Org, s.Team, "<script>张三"), s.Employee(s.Org, s.Team, "李四")
	s.tested(me, now.Add(-8*24*time.Hour), regime.Negative)
	worker, hr := s.as(s.Worker(s.Org, me)), s.as(s.HR(s.Org))
	has(t, worker.Get("/me/disputes"), 200, "还没有提出过异议")
	has(t, worker.Get("/me/disputes/new"), 200, "我现在的检测状态", "的采样", "我的档案资料")
	form := worker.Get("/me/disputes/new?about=standing")
	has(t, form, 200, "异议：我现在的检测状态", "应检未检", "采样期限")
	has(t, worker.Post("/me/disputes", url.Values{"claim": {"错了"}}), 422, "必填")
	has(t, worker.Post("/me/disputes", url.Values{"about": {"standing"}}), 422, "必填", "现在显示的")
	has(t, upload(t, worker, map[string]string{"about": "standing", "claim": "x"}, []byte("text")), 422, "只支持 JPEG")

	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 40, 30)), nil); err != nil {
		t.Fatal(err)
	}
	done := upload(t, worker, map[string]string{"about": "standing", "claim": "周三采过"}, photo.Bytes())
	if done.Status != 303 || !strings.HasPrefix(done.Location(), "/me/disputes/") {
		t.Fatalf("%d to %s\n%s", done.Status, done.Location(), done.Body)
	}
	mine := worker.Get(done.Location())
	has(t, mine, 200, "已提交", "周三采过", "待答复", "还剩 24 小时", "查看照片", "撤回")
	has(t, worker.Post("/me/disputes", url.Values{"about": {"standing"}, "claim": {"又错"}}), 409, "正在等答复")
	if r := s.as(s.Worker(s.Org, mate)).Get(done.Location()); r.Status != 404 {
		t.Errorf("a mate sees it: %d", r.Status)
	}

	list := hr.Get("/disputes")
	has(t, list, 200, "&lt;script&gt;张三", "检测状态", "还剩 24 小时", "共 1 条")
	lacks(t, list, "<script>张三", "周三采过")
	number := strings.TrimPrefix(done.Location(), "/me/disputes/")
	desk := fmt.Sprintf("/disputes/%d/%s", me, number)
	detail := hr.Get(desk)
	has(t, detail, 200, "周三采过", "当时显示的", "现在的记录", "补登漏掉的采样", "应检未检")
	if r := s.as(s.HR(s.Foreign)).Get(desk); r.Status != 404 {
		t.Errorf("another enterprise opens it: %d", r.Status)
	}
	if r := s.as(s.Leader(0, s.Team)).Get(desk); r.Status != 403 {
		t.Errorf("the leader opens it: %d", r.Status)
	}
	has(t, hr.Post(desk+"/answer", url.Values{"answer": {"查过"}}), 422, "必填", "查过")
	has(t, hr.Post(desk+"/answer", url.Values{"state": {"rejected"}}), 422, "必填")
	s.Clock.Set(now.Add(25 * time.Hour))
	has(t, hr.Get("/disputes?show=late"), 200, "已逾期 60 分钟", "张三")
	if r := hr.Post(desk+"/answer", url.Values{"state": {"rejected"}, "answer": {"没有采样记录"}}); r.Location() != "/disputes" {
		t.Errorf("answered: %d to %s", r.Status, r.Location())
	}
	has(t, hr.Get("/disputes?show=answered"), 200, "超时答复", "不成立")
	own := worker.Get("/me/disputes")
	has(t, own, 200, "新答复", "不成立")
	mine = worker.Get(done.Location())
	has(t, mine, 200, "没有采样记录", "防疫专员", "再提一次")
	lacks(t, worker.Get("/me/disputes"), "新答复")
	has(t, worker.Get("/me/disputes/new?reopens="+number), 200, "异议：我现在的检测状态")
	again := worker.Post("/me/disputes", url.Values{"reopens": {number}, "claim": {"有采样凭证"}})
	if again.Status != 303 {
		t.Fatalf("reopened: %d", again.Status)
	}
	has(t, worker.Get("/me/disputes/new?reopens="+number), 409, "最多再提一次")
	second := strings.TrimPrefix(again.Location(), "/me/disputes/")
	has(t, hr.Get(fmt.Sprintf("/disputes/%d/%s", me, second)), 200, "上一次", "没有采样记录")
	has(t, s.as(s.HR(s.Org), i18n.English).Get(desk), 200, "What was shown then", "Rejected")
	if r := worker.Post(again.Location()+"/withdraw", nil); r.Location() != "/me/disputes" {
		t.Errorf("withdrawn: %d", r.Status)
	}
}

var token = regexp.MustCompile(`name="token" value="([0-9a-f]+)"`)

// The lab is late: a team was sampled on Wednesday. Checked, done, downloaded, taken back.
func TestABatchFromEndToEnd(t *testing.T) {
	s := newStage(t)
	people := s.Employees(130)
	for _, id := range people {
		s.tested(id, now.Add(-9*24*time.Hour), regime.Negative)
	}
	hr := s.as(s.HR(s.Org))
	has(t, hr.Get("/corrections"), 200, "还没有批量更正")
	for kind, text := range map[string]string{"move": "不填则保留每条记录原来的钟点", "report": "不改", "add": "补登采样", "cancel": "作废记录"} {
		page := hr.Get("/corrections/new?kind=" + kind)
		has(t, page, 200, text)
	}
	form := url.Values{"kind": {"add"}, "team": {fmt.Sprint(s.Team)}, "numbers": {""}, "day": {"2022-03-23"}, "result": {"negative"}}
	has(t, hr.Post("/corrections/preview", form), 422, "必填", "2022-03-23")
	form.Set("clock", "09:00")
	form.Set("reported_at", "2022-03-23T18:00")
	preview := hr.Post("/corrections/preview", form)
	has(t, preview, 200, "确认更正 130 条", "将更正", "应检未检", "在有效期", "2022-03-23 (周三) 09:00")
	form.Set("token", token.FindStringSubmatch(preview.Body)[1])
	has(t, hr.Post("/corrections", form), 422, "必填")
	has(t, hr.Post("/corrections/new", form), 200, "2022-03-23", `value="09:00"`)
	form.Set("reason", "检测机构迟报")
	other := url.Values{}
	for k, v := range form {
		other[k] = v
	}
	other.Set("clock", "08:00")
	has(t, hr.Post("/corrections", other), 409, "名单在核对之后有变化", "确认更正 130 条")
	done := hr.Post("/corrections", form)
	if done.Status != 303 {
		t.Fatalf("%d\n%s", done.Status, done.Body)
	}
	batch := hr.Get(done.Location())
	has(t, batch, 200, "检测机构迟报", "已更正", "撤销这批更正", "本页 100 条，共 130 条")
	has(t, hr.Get(done.Location()+"?after=100"), 200, "本页 30 条，共 130 条")
	has(t, hr.Get(done.Location()+"?show=refused"), 200, "共 0 条")
	list := hr.Get("/corrections")
	has(t, list, 200, "补登采样", "检测机构迟报", "已完成")
	has(t, hr.Post("/corrections/preview", form), 200, "没有需要更正的记录", "没有变化")

	book, err := excelize.OpenReader(strings.NewReader(hr.Get(done.Location() + "/export").Body))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := book.GetRows(book.GetSheetName(0))
	if err != nil || len(rows) != 131 || rows[1][10] != "已更正" || rows[1][12] != "应检未检" || rows[1][13] != "在有效期" {
		t.Errorf("the workbook has %d rows, such as %v (%v)", len(rows), rows[1], err)
	}
	for _, c := range []*httpdtest.Client{s.as(s.HR(s.Foreign))} {
		if r := c.Get(done.Location()); r.Status != 404 {
			t.Errorf("another enterprise opens it: %d", r.Status)
		}
		if r := c.Post(done.Location()+"/undo", url.Values{"reason": {"x"}}); r.Status != 404 {
			t.Errorf("another enterprise takes it back: %d", r.Status)
		}
	}
	if r := hr.Post(done.Location()+"/undo", nil); r.Location() != done.Location() {
		t.Errorf("without a reason: %d", r.Status)
	}
	has(t, hr.Get(done.Location()), 200, "没有撤销：请填写理由")
	undone := hr.Post(done.Location()+"/undo", url.Values{"reason": {"弄错班组"}})
	has(t, hr.Get(undone.Location()), 200, "已撤销，记录恢复", "作废", "撤销更正")
	hr.Post(done.Location()+"/undo", url.Values{"reason": {"再来"}})
	has(t, hr.Get(done.Location()), 200, "已经撤销过")
	has(t, hr.Post("/corrections/preview", url.Values{"kind": {"add"}, "numbers": {"Z1，Z2"}, "day": {"2022-03-23"}, "clock": {"09:00"}, "result": {"negative"}}),
		200, "有 2 个工号没有找到", "Z1、Z2", "没有选中任何记录")
	has(t, s.as(s.HR(s.Org), i18n.English).Get(done.Location()), 200, "Taken back by", "Batch correction")
}

func TestTimeline(t *testing.T) {
	s := newStage(t)
	me := s.Employee(s.Org, s.Team, "张三")
	id, err := s.disputes.Open(t.Context(), s.Worker(s.Org, me), dispute.Input{About: dispute.About{Subject: dispute.OnFile}, Claim: "班组不对"}, now)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.disputes.Answer(t.Context(), s.HR(s.Org), me, id, dispute.Answer{Uphold: true, Text: "已改"}, now); err != nil {
		t.Fatal(err)
	}
	catalog, err := i18n.Load(web.Locales)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		sc   authz.Scope
		want int
	}{{s.HR(s.Org), 1}, {s.Leader(0, s.Team), 0}, {s.HR(s.Foreign), 0}} {
		var out []ui.Dated
		err := s.DB.Read(t.Context(), tc.sc.Tenant(), func(tx *sqlx.Tx) (err error) {
			out, err = disputehttp.Timeline(t.Context(), tx, tc.sc, s.disputes, me, now.Add(time.Hour), 10, catalog.Printer("zh-CN").T)
			return err
		})
		if err != nil || len(out) != tc.want {
			t.Errorf("%s of org %d: %+v %v", tc.sc.Role, tc.sc.Org, out, err)
		}
		for _, e := range out {
			if e.Title != "提出异议：档案资料" || e.Text != "班组不对" || e.Facts[0].Value != "已改" || e.Badges[0].Label != "属实" {
				t.Errorf("%+v", e)
			}
		}
	}
}
