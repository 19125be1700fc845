package screeninghttp_test

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/httpdtest"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/sheet"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/screening/screeninghttp"
	"github.com/fugong/fugong/internal/screening/screeningtest"
)

var now = screeningtest.Now

// stage is a world with its pages.
type stage struct {
	*screeningtest.World
	site *httpdtest.Site
}

func newStage(t *testing.T) *stage {
	w := screeningtest.New(t)
	return &stage{w, httpdtest.New(t, w.Clock, func(*httpd.Server) []httpd.Route { return screeninghttp.Routes(w.Samples) })}
}

func (s *stage) as(t *testing.T, sc authz.Scope) *httpdtest.Client {
	t.Helper()
	return s.site.As(t, httpd.Viewer{Scope: sc, Name: sc.Actor, OrgName: "甲厂"})
}

// record tells of a sample taken some hours ago.
func (s *stage) record(t *testing.T, employee int64, hours int, result regime.Result) screening.Key {
	t.Helper()
	out, err := s.Samples.Record(t.Context(), s.HR(s.Org), screening.Input{Employee: employee,
		SampledAt: now.Add(-time.Duration(hours) * time.Hour), Result: result, Institution: "张店区人民医院"}, now)
	if err != nil {
		t.Fatal(err)
	}
	return out.Key
}

func address(k screening.Key) string {
	return fmt.Sprintf("/samples/%d/%d", k.Employee, k.SampledAt.Unix())
}

func has(t *testing.T, r httpdtest.Response, status int, texts ...string) {
	t.Helper()
	if r.Status != status {
		t.Errorf("status %d, want %d\n%s", r.Status, status, r.Body)
	}
	if strings.Contains(r.Body, "⟦") {
		t.Errorf("a text is missing: %s", r.Body[strings.Index(r.Body, "⟦"):][:60])
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
	mine := s.record(t, me, 1, regime.Negative)
	abroad := s.Employee(s.Foreign, s.Elsewhere, "赵六")
	far := s.Employee(s.Org, s.Other, "王五")
	paths := []string{"/samples", "/samples/export", "/samples/new", address(mine), fmt.Sprintf("/employees/%d/sample", me)}
	for _, p := range paths {
		if r := s.site.Anonymous(t).Get(p); r.Status != 303 || !strings.HasPrefix(r.Location(), "/sign-in") {
			t.Errorf("%s, not signed in: %d to %s", p, r.Status, r.Location())
		}
		if r := s.as(t, s.Worker(s.Org, me)).Get(p); r.Status != 403 {
			t.Errorf("%s, worker: %d", p, r.Status)
		}
	}
	leader := s.as(t, s.Leader(0, s.Team))
	for p, want := range map[string]int{"/samples": 403, "/samples/export": 403, address(mine): 403, "/samples/new": 200,
		fmt.Sprintf("/employees/%d/sample", me): 200, fmt.Sprintf("/employees/%d/sample", far): 404} {
		if r := leader.Get(p); r.Status != want {
			t.Errorf("%s, leader: %d, want %d", p, r.Status, want)
		}
	}
	stranger := s.as(t, s.HR(s.Foreign))
	for _, p := range []string{address(mine), fmt.Sprintf("/employees/%d/sample", me)} {
		if r := stranger.Get(p); r.Status != 404 {
			t.Errorf("%s, another org: %d", p, r.Status)
		}
	}
	hr := s.as(t, s.HR(s.Org))
	for _, p := range []string{fmt.Sprintf("/employees/%d/sample", abroad), "/samples/abc/1", "/samples/1/-5", "/samples/attachments/7"} {
		if r := hr.Get(p); r.Status != 404 {
			t.Errorf("%s: %d", p, r.Status)
		}
	}
}

func TestListAndExport(t *testing.T) {
	s := newStage(t)
	me := s.Employee(s.Org, s.Team, "<script>张三</script>")
	s.record(t, me, 1, regime.Negative)
	s.record(t, me, 1, regime.Invalid)
	s.record(t, s.Employee(s.Org, s.Other, "李四"), 2, regime.ResultPending)
	hr := s.as(t, s.HR(s.Org))
	page := hr.Get("/samples")
	has(t, page, 200, "&lt;script&gt;张三", "李四", "共 2 条", "待核对", "张店区人民医院")
	lacks(t, page, "<script>张三")
	flagged := hr.Get("/samples?flagged=1")
	has(t, flagged, 200, "张三", "共 1 条")
	lacks(t, flagged, "李四")
	has(t, hr.Get("/samples?result=pending&team="+fmt.Sprint(s.Other)), 200, "李四", "共 1 条")
	has(t, hr.Get("/samples?q=nobody"), 200, "没有符合条件的采样记录")
	has(t, hr.Get("/samples?result=nonsense&days=x&after=y&sort=oldest"), 200)
	english := s.site.As(t, httpd.Viewer{Scope: s.HR(s.Org), Lang: "en"})
	has(t, english.Get("/samples"), 200, "Results differ")

	csv := hr.Get("/samples/export?format=csv&flagged=1")
	if lines := strings.Split(strings.TrimSpace(csv.Body), "\r\n"); len(lines) != 2 || !strings.Contains(lines[1], "无效") || !strings.Contains(csv.Header.Get("Content-Disposition"), ".csv") {
		t.Errorf("csv %q", csv.Body)
	}
	xlsx := hr.Get("/samples/export?format=xlsx")
	book, err := sheet.Open("samples.xlsx", []byte(xlsx.Body), sheet.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for _, err := range book.Sheets[0].Rows() {
		if err != nil {
			t.Fatal(err)
		}
		rows++
	}
	if rows != 3 {
		t.Errorf("%d rows in the workbook, want a header and two", rows)
	}
	if n := s.Count(`select count(*) from audit_log where action = 'sample.export' and is_read`); n != 2 {
		t.Errorf("%d exports written down", n)
	}
}

func TestCorrectAndUnflag(t *testing.T) {
	s := newStage(t)
	me := s.Employee(s.Org, s.Team, "张三")
	key := s.record(t, me, 1, regime.Negative)
	s.record(t, me, 1, regime.Positive)
	hr := s.as(t, s.HR(s.Org))
	path := address(key)
	has(t, hr.Get(path), 200, "已核对，以此为准", `name="rev" value="2"`)
	if r := hr.Post(path+"/unflag", url.Values{"rev": {"2"}}); r.Status != 303 {
		t.Errorf("unflag without a reason: %d", r.Status)
	}
	has(t, hr.Get(path), 200, "请填写核对的依据")
	if r := hr.Post(path+"/unflag", url.Values{"rev": {"2"}, "reason": {"与报告一致"}}); r.Status != 303 {
		t.Errorf("unflag: %d", r.Status)
	}
	lacks(t, hr.Get(path), "已核对，以此为准")
	form := url.Values{"rev": {"3"}, "result": {"positive"}, "method": {"pcr"}, "mode": {"single"}, "source": {"employer_org"}, "institution": {"张店区人民医院"},
		"reported_at": {"2022-03-24T09:00"}, "reported_was": {"2022-03-24T09:00"}}
	has(t, hr.Post(path+"/correct", form), 422, "必填")
	form.Set("reason", "看错了")
	has(t, hr.Post(path+"/correct", form), 422, "没有任何改动", "看错了")
	form.Set("result", "negative")
	form.Set("rev", "2")
	if r := hr.Post(path+"/correct", form); r.Status != 409 {
		t.Errorf("correction of an old version: %d", r.Status)
	}
	form.Set("rev", "3")
	if r := hr.Post(path+"/correct", form); r.Status != 303 || r.Location() != path {
		t.Fatalf("%d to %s", r.Status, r.Location())
	}
	has(t, hr.Get(path), 200, "已更正", "看错了", "第 3 版", "阳性")
	if r := s.as(t, s.HR(s.Foreign)).Post(path+"/correct", form); r.Status != 404 {
		t.Errorf("another org: %d", r.Status)
	}
}

func TestAttachment(t *testing.T) {
	s := newStage(t)
	me := s.Employee(s.Org, s.Team, "张三")
	var picture bytes.Buffer
	if err := jpeg.Encode(&picture, image.NewGray(image.Rect(0, 0, 20, 20)), nil); err != nil {
		t.Fatal(err)
	}
	worker := s.Worker(s.Org, me)
	out, err := s.Samples.Record(t.Context(), worker, screening.Input{Employee: me, SampledAt: now.Add(-time.Hour), Result: regime.Negative,
		Institution: "区医院", Photo: picture.Bytes()}, now)
	if err != nil {
		t.Fatal(err)
	}
	id := s.Count(`select attachment_id from sample where employee_id = $1`, me)
	path := fmt.Sprintf("/samples/attachments/%d", id)
	hr := s.as(t, s.HR(s.Org))
	has(t, hr.Get(address(out.Key)), 200, path)
	for _, client := range []*httpdtest.Client{hr, s.as(t, worker)} {
		r := client.Get(path)
		if _, err := jpeg.Decode(strings.NewReader(r.Body)); err != nil || r.Header.Get("Content-Type") != "image/jpeg" || r.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%v, %v", err, r.Header)
		}
	}
	if r := s.as(t, s.Worker(s.Org, s.Employee(s.Org, s.Team, "李四"))).Get(path); r.Status != 404 {
		t.Errorf("a mate: %d", r.Status)
	}
}
