package incidenthttp_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"mime/multipart"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/xuri/excelize/v2"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/httpdtest"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/incident"
	"github.com/fugong/fugong/internal/incident/incidenthttp"
	"github.com/fugong/fugong/internal/platform/i18n"
	"github.com/fugong/fugong/internal/testkit"
	"github.com/fugong/fugong/web"
)

func TestTheIncidentAndItsNextStep(t *testing.T) {
	s := newStage(t)
	id := s.held("张三", "symptom")
	hr := s.as(s.hr(7, s.org))
	s.clock.Set(s.at.Add(7 * time.Minute))
	r := hr.Get(at(id, ""))
	keep(t, "show", r)
	has(t, r, 200, "发热等症状 · 一车间 一班", "&lt;script&gt;张三", "停工，转入临时隔离室", "还剩 3 分钟", "即将到时", "09:30 前，最迟 11:00",
		at(id, "/steps/stop_isolate/1"), "启动处置：发热等症状", `hx-get="`+at(id, "/clocks?since="))
	lacks(t, r, "<script>张三", "370303198503149970", "13905330001", "阳性")
	en := s.site.As(t, httpd.Viewer{Scope: s.hr(17, s.org), OrgName: "Plant A", Lang: i18n.English}).Get(at(id, ""))
	has(t, en, 200, "Fever or symptoms", "Stop work, isolate", "Mark as done")

	// An open page asks for its clocks and is left alone while nothing changed.
	_, rest, _ := strings.Cut(r.Body, `hx-get="`+at(id, "/clocks"))
	again, _, _ := strings.Cut(rest, `"`)
	if r := hr.Get(at(id, "/clocks"+again)); r.Status != 204 {
		t.Errorf("nothing new: %d", r.Status)
	}
	readings := testkit.Get[int](s.Kit, `select count(*) from audit_log where action = 'incident.view'`)
	s.clock.Set(s.at.Add(12 * time.Minute))
	r = hr.Get(at(id, "/clocks"+again))
	has(t, r, 200, "已超时 2 分钟", `id="incident-clocks"`)
	lacks(t, r, "张三", "<html")
	if n := testkit.Get[int](s.Kit, `select count(*) from audit_log where action = 'incident.view'`); n != readings {
		t.Error("asking for the clocks reads files")
	}

	r = hr.Get(at(id, "/steps/external_report/1"))
	keep(t, "step", r)
	has(t, r, 200, "报告社区镇办、疾控和工信", "向谁报告", "不适用", `value="2022-03-24T09:12"`)
	form := url.Values{"text": {""}, "done_at": {"2022-03-24T09:12"}, "shown": {"2022-03-24T09:12"}}
	has(t, hr.Post(at(id, "/steps/external_report/1"), form), 422, "有几处需要修改")
	form.Set("text", "疾控 孙医生")
	form.Set("done_at", "2022-03-24T10:00")
	has(t, hr.Post(at(id, "/steps/external_report/1"), form), 422, "不能晚于现在", "疾控 孙医生")
	form.Set("done_at", "2022-03-24T09:10")
	if r := hr.Post(at(id, "/steps/external_report/1"), form); r.Location() != at(id, "") {
		t.Errorf("to %s\n%s", r.Location(), r.Body)
	}
	r = hr.Get(at(id, ""))
	has(t, r, 200, "已登记完成", "09:10 完成", "疾控 孙医生", "由 王敏 完成")
	if r := hr.Post(at(id, "/steps/external_report/1"), form); r.Location() != at(id, "") {
		t.Errorf("done twice: %d", r.Status)
	}
	has(t, hr.Get(at(id, "")), 200, "刚刚已由他人登记完成")
}

func TestEvidenceWithAPhoto(t *testing.T) {
	s := newStage(t)
	id := s.held("张三", "symptom")
	hr := s.as(s.hr(7, s.org))
	upload := func(to, name string, data []byte) httpdtest.Response {
		t.Helper()
		var body bytes.Buffer
		m := multipart.NewWriter(&body)
		s.must(m.WriteField("text", "隔离室"))
		part, err := m.CreateFormFile("photo", name)
		s.must(err)
		_, err = part.Write(data)
		s.must(err)
		s.must(m.Close())
		return hr.PostBody(to, m.FormDataContentType(), &body)
	}
	has(t, upload(at(id, "/steps/stop_isolate/1"), "x.gif", []byte("GIF89a")), 422, "只支持 JPEG、PNG 或 WebP 照片")
	var picture bytes.Buffer
	s.must(png.Encode(&picture, image.NewGray(image.Rect(0, 0, 9, 9))))
	for _, to := range []string{"/steps/stop_isolate/1", "/notes"} {
		if r := upload(at(id, to), "x.png", picture.Bytes()); r.Status != 303 {
			t.Errorf("%s: %d\n%s", to, r.Status, r.Body)
		}
	}
	has(t, hr.Post(at(id, "/notes"), url.Values{"text": {""}}), 422, "有几处需要修改")
	page := hr.Get(at(id, ""))
	has(t, page, 200, "查看照片", "隔离室")
	_, rest, _ := strings.Cut(page.Body, `href="`+at(id, "/notes/"))
	note, _, _ := strings.Cut(rest, `"`)
	if r := hr.Get(at(id, "/notes/"+note)); r.Status != 200 || r.Header.Get("Content-Type") != "image/jpeg" || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("photo: %d %v", r.Status, r.Header)
	}
	if r := s.as(s.hr(9, s.foreign)).Get(at(id, "/notes/"+note)); r.Status != 404 {
		t.Errorf("another org's photo: %d", r.Status)
	}
}

func TestALeaderDoesTwoStepsAndReadsNoIllness(t *testing.T) {
	s := newStage(t)
	id := s.held("张三", "symptom")
	leader := s.as(s.leader())
	has(t, leader.Get("/incidents"), 200, "应急处置 · 一车间 一班")
	r := leader.Get(at(id, ""))
	keep(t, "leader", r)
	has(t, r, 200, "应急处置 · 一车间 一班", "张三", "停工，转入临时隔离室", "登记完成")
	lacks(t, r, "发热等症状", "症状待排查", "处置记录", "对外口径", "送发热门诊", at(id, "/steps/external_report/1"))
	if r := leader.Get(at(id, "/steps/external_report/1")); r.Status != 403 {
		t.Errorf("a leader's external report: %d", r.Status)
	}
	for _, step := range []string{"stop_isolate", "internal_report"} {
		if r := leader.Post(at(id, "/steps/"+step+"/1"), url.Values{}); r.Location() != at(id, "") {
			t.Errorf("%s: %d\n%s", step, r.Status, r.Body)
		}
	}
	has(t, leader.Get(at(id, "")), 200, "其余步骤由疫情防控专员办理", "由 班组长 完成")
	for _, p := range []string{"/contacts", "/messages", "/close", "/report"} {
		if r := leader.Get(at(id, p)); r.Status != 403 {
			t.Errorf("a leader opens %s: %d", p, r.Status)
		}
	}
}

func TestListFiltersAndFinds(t *testing.T) {
	s := newStage(t)
	id := s.held("张三", "symptom")
	hr := s.as(s.hr(7, s.org))
	if r := hr.Post("/incidents/new", url.Values{"drill": {"1"}, "kind": {"confirmed"}, "detected": {"2022-03-24T08:50"}, "place": {"仓库"}}); r.Status != 303 {
		t.Fatalf("%d %s", r.Status, r.Body)
	}
	s.clock.Set(s.at.Add(time.Hour))
	if _, err := s.incidents.Escalate(t.Context(), s.clock.Now()); err != nil {
		t.Fatal(err)
	}
	page := hr.Get("/incidents")
	keep(t, "list", page)
	has(t, page, 200, "发热等症状 · 一车间 一班", "确诊病例 · 仓库", "演练", "共 2 条", "已升级到您", "已超时", "0 / 9")
	lacks(t, page, "张三", "李四")
	has(t, hr.Get("/incidents?show=late"), 200, "一车间 一班", "共 1 条")
	has(t, hr.Get("/incidents?show=drill"), 200, "仓库", "共 1 条")
	has(t, hr.Get("/incidents?q=张三"), 200, at(id, ""), "共 1 条")
	has(t, hr.Get("/incidents?kind=confirmed"), 200, "仓库", "共 1 条")
	has(t, hr.Get("/incidents?show=closed"), 200, "没有符合条件的处置")
	_, rest, _ := strings.Cut(page.Body, `hx-get="/incidents?since=`)
	since, _, _ := strings.Cut(rest, `"`)
	if since == "" {
		t.Error("the list does not ask again")
	}
	book, err := excelize.OpenReader(strings.NewReader(hr.Get("/incidents/export").Body))
	s.must(err)
	rows, err := book.GetRows("应急处置")
	if err != nil || len(rows) != 3 || rows[1][3] != "一车间 一班" || rows[2][2] != "是" {
		t.Errorf("%q, %v", rows, err)
	}
	if r := s.as(s.hr(9, s.foreign)).Get("/incidents"); strings.Contains(r.Body, "一车间") || r.Status != 200 {
		t.Error("another org lists it")
	}
}

func TestOpeningByHand(t *testing.T) {
	s := newStage(t)
	hr := s.as(s.hr(7, s.org))
	has(t, hr.Get("/incidents/new"), 200, "立即启动", `value="2022-03-24T09:00"`)
	r := hr.Get("/incidents/new?drill=1")
	keep(t, "drill", r)
	has(t, r, 200, "这是一次演练", `name="drill" value="1"`)
	form := url.Values{"kind": {"symptom"}, "who": {"查无此人"}, "detected": {"2022-03-24T08:55"}, "note": {"门岗测温 37.8"}}
	has(t, hr.Post("/incidents/new", form), 422, "没有找到此人", "门岗测温 37.8")
	form.Set("detected", "gestern")
	has(t, hr.Post("/incidents/new", form), 422, "门岗测温 37.8")
	form.Set("detected", "2022-03-24T08:55")
	form.Set("who", "G2")
	first := hr.Post("/incidents/new", form)
	has(t, hr.Get(first.Location()), 200, "李四", "门岗测温 37.8", "已启动处置")
	if again := hr.Post("/incidents/new", form); again.Location() != first.Location() || first.Location() == "" {
		t.Errorf("first %s, again %s", first.Location(), again.Location())
	}
	has(t, hr.Get(first.Location()), 200, "此人已有一起正在进行的处置")
}

func TestMessagesNameNobody(t *testing.T) {
	s := newStage(t)
	id := s.held("张三", "symptom")
	if _, err := s.incidents.Tracing().Assemble(t.Context(), s.hr(7, s.org), id, incident.CloseLinks(), s.at); err != nil {
		t.Fatal(err)
	}
	r := s.as(s.hr(7, s.org)).Get(at(id, "/messages"))
	keep(t, "messages", r)
	has(t, r, 200, "报社区（村）、镇办", "甲厂报告", "一车间 一班发现人员出现发热等症状，涉及 1 人，初步排查接触人员 2 人", `data-copy="#message-cdc"`)
	lacks(t, r, "张三", "李四", "王五")
	_, workers, _ := strings.Cut(r.Body, `id="message-workers"`)
	workers, _, _ = strings.Cut(workers, "</p>")
	for _, word := range []string{"发热", "症状者", "1 人", "接触"} {
		if strings.Contains(workers, word) {
			t.Errorf("fellow workers are told %q: %s", word, workers)
		}
	}
}

func TestClosingAndTheReport(t *testing.T) {
	s := newStage(t)
	id := s.held("张三", "symptom")
	hr := s.as(s.hr(7, s.org))
	has(t, hr.Get(at(id, "/close")), 200, "还有 7 个步骤没有办结", at(id, "/steps/disinfect/1"))
	has(t, hr.Post(at(id, "/close"), url.Values{"outcome": {"excluded"}, "text": {"测温枪电量不足"}}), 409, "还有 7 个步骤没有办结", "测温枪电量不足")
	skip := func(step string) httpdtest.Response {
		return hr.Post(at(id, "/steps/"+step+"/1/skip"), url.Values{"reason": {"室外岗位，无密闭空间"}})
	}
	hr.Post(at(id, "/steps/close_area/1/skip"), nil)
	has(t, hr.Get(at(id, "")), 200, "没有办成")
	if r := skip("close_area"); r.Location() != at(id, "") {
		t.Errorf("skip: %d", r.Status)
	}
	hr.Post(at(id, "/request"), url.Values{"text": {"要考勤和监控"}})
	has(t, hr.Get(at(id, "")), 200, "配合流行病学调查", "要考勤和监控", "室外岗位，无密闭空间")
	account := s.Account(s.org, "firm_admin", "boss@example.org", s.at)
	has(t, hr.Get(at(id, "/steps/disinfect/1")), 200, "firm_admin · 企业管理员")
	hr.Post(at(id, "/steps/disinfect/1/assign"), url.Values{"account": {fmt.Sprint(account)}})
	has(t, hr.Get(at(id, "")), 200, "疫情防控专员 · firm_admin")
	for _, step := range []string{"stop_isolate", "internal_report", "external_report", "send_clinic", "contacts_list", "disinfect", "epi_support"} {
		if r := hr.Post(at(id, "/steps/"+step+"/1"), url.Values{"text": {"已办"}}); r.Status != 303 {
			t.Errorf("%s: %d", step, r.Status)
		}
	}
	if r := hr.Post(at(id, "/steps/follow_up/1"), url.Values{"text": {"医院来电"}, "outcome": {"excluded"}}); r.Status != 303 {
		t.Errorf("follow-up: %d", r.Status)
	}
	has(t, hr.Get(at(id, "/close")), 200, `value="excluded" checked`)
	has(t, hr.Post(at(id, "/close"), url.Values{"outcome": {"excluded"}}), 422, "有几处需要修改")
	if r := hr.Post(at(id, "/close"), url.Values{"outcome": {"excluded"}, "text": {"测温枪电量不足"}}); r.Location() != at(id, "") {
		t.Errorf("close: %d\n%s", r.Status, r.Body)
	}
	r := hr.Get(at(id, ""))
	keep(t, "closed", r)
	has(t, r, 200, "王敏 已于", "已排除", "查看暂停上岗与解除条件", "结束处置：排除")
	lacks(t, r, "hx-get=\""+at(id, ""), "登记完成</span>")
	if r := hr.Get(at(id, "/close")); r.Location() != at(id, "") {
		t.Errorf("closing a closed one: %d", r.Status)
	}
	r = hr.Get(at(id, "/report"))
	keep(t, "report", r)
	has(t, r, 200, "应急处置报告", "data-print", "室外岗位，无密闭空间", "测温枪电量不足", "zibo-2022-03", "不适用", "王敏", "签字")
	lacks(t, r, "张三", "李四")
	for name, c := range map[string]*httpdtest.Client{"another org": s.as(s.hr(9, s.foreign))} {
		for _, p := range []string{"", "/clocks", "/contacts", "/messages", "/close", "/report", "/steps/disinfect/1"} {
			if r := c.Get(at(id, p)); r.Status != 404 {
				t.Errorf("%s opens %s: %d", name, p, r.Status)
			}
		}
	}
	if r := s.site.Anonymous(t).Get(at(id, "")); r.Status != 303 || !strings.HasPrefix(r.Location(), "/sign-in") {
		t.Errorf("not signed in: %d %s", r.Status, r.Location())
	}
	if r := s.as(authz.Scope{Account: 3, Role: authz.Worker, Org: s.org, Employee: 1}).Get("/incidents"); r.Status != 403 {
		t.Errorf("a worker: %d", r.Status)
	}
}

func TestADrillIsMarkedEverywhere(t *testing.T) {
	s := newStage(t)
	hr := s.as(s.hr(7, s.org))
	r := hr.Post("/incidents/new", url.Values{"drill": {"1"}, "who": {"李四"}, "kind": {"symptom"}, "detected": {"2022-03-24T08:55"}})
	to := r.Location()
	for _, p := range []string{"", "/contacts", "/messages", "/report", "/steps/stop_isolate/1", "/close"} {
		has(t, hr.Get(to+p), 200, "演练")
	}
	has(t, hr.Get(to+"/messages"), 200, "【演练】甲厂报告")
	has(t, hr.Get(to+"/report"), 200, "演练记录（非真实事件）")
	lacks(t, hr.Get(to+"/contacts"), "导出流调名单")
	hr.Post(to+"/contacts/handover", url.Values{"reason": {"试试"}})
	has(t, hr.Get(to), 200, "演练不导出名单")
	if n := testkit.Get[int](s.Kit, `select count(*) from hold`); n != 0 {
		t.Errorf("%d holds", n)
	}
	bureau := s.as(authz.Scope{Account: 90, Actor: "市工信局", Role: authz.CityBureau, Org: 999})
	has(t, bureau.Get("/bureau/incidents"), 200, "目前没有处置中的事件")
}

func TestOnTheTimelineOfAFile(t *testing.T) {
	s := newStage(t)
	id := s.held("张三", "symptom")
	if _, err := s.incidents.Tracing().Assemble(t.Context(), s.hr(7, s.org), id, incident.CloseLinks(), s.at); err != nil {
		t.Fatal(err)
	}
	catalog, err := i18n.Load(web.Locales)
	s.must(err)
	read := func(sc authz.Scope, name string) (out []ui.Dated) {
		t.Helper()
		s.must(s.DB.Read(t.Context(), sc.Tenant(), func(tx *sqlx.Tx) (err error) {
			out, err = incidenthttp.Timeline(t.Context(), tx, sc, s.people[name], s.at.Add(time.Hour), 10, catalog.Printer("zh-CN").T)
			return err
		}))
		return out
	}
	if got := read(s.hr(7, s.org), "张三"); len(got) != 1 || got[0].Title != "应急处置当事人" || got[0].Actions[0].Href != at(id, "") {
		t.Errorf("%+v", got)
	}
	if got := read(s.hr(7, s.org), "李四"); len(got) != 1 || got[0].Title != "列为接触人员" {
		t.Errorf("%+v", got)
	}
	for _, sc := range []authz.Scope{s.leader(), s.hr(9, s.foreign)} {
		if got := read(sc, "张三"); len(got) != 0 {
			t.Errorf("%s of org %d reads %+v", sc.Role, sc.Org, got)
		}
	}
}
