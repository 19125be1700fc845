package workerhttp_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"mime/multipart"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/httpd/httpdtest"
	"github.com/fugong/fugong/internal/screening"
)

func TestSampleThenResult(t *testing.T) {
	s := newStage(t)
	me := s.Employee(s.Org, s.Team, "张三")
	c := s.as(t, s.Worker(s.Org, me))
	has(t, c.Get("/me/sample"), 200, `value="2022-03-24T09:00"`, "几个人一管", "还没出")
	form := url.Values{"sampled_at": {"2022-03-24T08:00"}, "method": {"pcr"}, "mode": {"pool10"}, "result": {"pending"}}
	has(t, c.Post("/me/sample", form), 422, "请填采样点", `value="2022-03-24T08:00"`)
	form.Set("institution", "张店区人民医院")
	for at, says := range map[string]string{"2022-03-25T08:00": "时间在未来", "2022-01-01T08:00": "请找疫情防控专员登记", "tomorrow": "请填写日期和时间"} {
		form.Set("sampled_at", at)
		has(t, c.Post("/me/sample", form), 422, says, "张店区人民医院")
	}
	form.Set("sampled_at", "2022-03-24T08:00")
	if r := c.Post("/me/sample", form); r.Status != 303 || r.Location() != "/me" {
		t.Fatalf("%d to %s", r.Status, r.Location())
	}
	home := c.Get("/me")
	has(t, home, 200, "已登记。结果出来后，再点“填结果”补填。", "已采待出")
	complete := regexp.MustCompile(`/me/sample\?at=(\d+)`).FindStringSubmatch(home.Body)
	if complete == nil {
		t.Fatal("no way to fill in the result")
	}
	s.Clock.Set(now.Add(5 * time.Hour))
	page := c.Get(complete[0])
	has(t, page, 200, "填结果", "2022-03-24 (周四) 08:00", "张店区人民医院", "阴性")
	lacks(t, page, "还没出", "几个人一管")
	has(t, c.Post("/me/sample", url.Values{"at": {complete[1]}}), 422, "请从列表中选择")
	if r := c.Post("/me/sample", url.Values{"at": {complete[1]}, "result": {"negative"}}); r.Status != 303 {
		t.Fatalf("result: %d", r.Status)
	}
	home = c.Get("/me")
	has(t, home, 200, "下次采样时间已更新", "在有效期", "改过 1 次")
	lacks(t, home, "/me/sample?at=")
	if r := c.Get(complete[0]); r.Status != 303 || r.Location() != "/me" {
		t.Errorf("a settled sample opens for completion: %d", r.Status)
	}
	has(t, c.Get("/me/sample"), 200, `value="张店区人民医院" checked`)
	if n := s.Count(`select count(*) from sample where employee_id = $1 and collect_mode = 'pool10' and result = 'negative' and proof = 'self'`, me); n != 1 {
		t.Errorf("%d samples", n)
	}
	// Another worker can complete neither by guessing the instant.
	mate := s.as(t, s.Worker(s.Org, s.Employee(s.Org, s.Team, "李四")))
	if r := mate.Get(complete[0]); r.Status != 404 {
		t.Errorf("a mate opens it: %d", r.Status)
	}
	if r := mate.Post("/me/sample", url.Values{"at": {complete[1]}, "result": {"positive"}}); r.Status != 404 {
		t.Errorf("a mate completes it: %d", r.Status)
	}
}

func TestAfterEachActWhatNext(t *testing.T) {
	s := newStage(t)
	for _, tc := range []struct{ method, result, says string }{
		{"pcr", "negative", "下次采样时间已更新"},
		{"pcr", "pool_abnormal", "请留在原处"},
		{"pcr", "positive", "马上联系疫情防控专员"},
		{"pcr", "invalid", "请尽快重新采样"},
		{"antigen_self", "negative", "不能代替核酸"},
	} {
		c := s.as(t, s.Worker(s.Org, s.Employee(s.Org, s.Team, "张三")))
		r := c.Post("/me/sample", url.Values{"sampled_at": {"2022-03-24T08:00"}, "method": {tc.method}, "result": {tc.result}, "place": {"区医院"}})
		if r.Status != 303 {
			t.Errorf("%s %s: %d", tc.method, tc.result, r.Status)
		}
		has(t, c.Get("/me"), 200, tc.says)
	}
}

// upload posts the form with a file as the photo.
func upload(t *testing.T, c *httpdtest.Client, path string, form url.Values, photo []byte) httpdtest.Response {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, values := range form {
		if err := w.WriteField(name, values[0]); err != nil {
			t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("photo", "IMG_0001.jpg")
	if err == nil {
		_, err = part.Write(photo)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return c.PostBody(path, w.FormDataContentType(), &b)
}

func TestPhotoEndToEnd(t *testing.T) {
	s := newStage(t)
	me := s.Employee(s.Org, s.Team, "张三")
	c := s.as(t, s.Worker(s.Org, me))
	form := url.Values{"sampled_at": {"2022-03-24T08:00"}, "method": {"pcr"}, "result": {"negative"}, "institution": {"区医院"}}
	has(t, upload(t, c, "/me/sample", form, []byte("<svg onload=alert(1)>")), 422, "只支持 JPEG", "区医院")
	has(t, upload(t, c, "/me/sample", form, make([]byte, screening.MaxPhoto+1)), 422, "照片太大")
	var picture bytes.Buffer
	if err := jpeg.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 60, 80)), nil); err != nil {
		t.Fatal(err)
	}
	if r := upload(t, c, "/me/sample", form, picture.Bytes()); r.Status != 303 {
		t.Fatalf("%d\n%s", r.Status, r.Body)
	}
	home := c.Get("/me")
	has(t, home, 200, "自己填报，有照片")
	link := regexp.MustCompile(`/samples/attachments/\d+`).FindString(home.Body)
	if link == "" {
		t.Fatal("no link to the photo")
	}
	if m, err := jpeg.Decode(strings.NewReader(c.Get(link).Body)); err != nil || m.Bounds().Dy() != 80 {
		t.Errorf("the photo comes back as %v, %v", m, err)
	}
	if r := s.as(t, s.Leader(0, s.Team)).Get(link); r.Status != 404 {
		t.Errorf("the leader opens it: %d", r.Status)
	}
}
