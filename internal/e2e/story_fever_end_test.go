package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/fugong/fugong/internal/identity/authz"
)

// contactsWait: one button lists them, two are struck off, one button holds the rest.
func (f *fever) contactsWait() {
	f.at(24, "10:45")
	f.desk.open(f.page("contacts"))
	f.submit(f.desk)
	f.desk.shot("fever-10-contacts")
	f.says(f.desk, "main", fmt.Sprintf("已汇总，新增 %d 人", len(f.contacts)), "同宿舍", "同班车", "同餐桌", "同班组同班次")
	rows := list[int64](f, `select employee_id from incident_person where incident_id = $1 and role = 'contact' order by 1`, f.incident)
	if !slices.Equal(rows, f.contacts) {
		f.t.Errorf("contacts %v, want %v; the night shift is %d", rows, f.contacts, f.night)
	}
	none := slices.DeleteFunc(slices.Clone(f.contacts), func(id int64) bool { return slices.Contains(f.mate[:], id) })[:2]
	for _, id := range none {
		f.desk.click(fmt.Sprintf(`#contacts input[name=ids][value="%d"]`, id))
	}
	f.desk.follow(`#contacts button[formaction$="/strike"]`)
	f.says(f.desk, "main", "已移出 2 人")
	f.waiting = slices.DeleteFunc(slices.Clone(f.contacts), func(id int64) bool { return slices.Contains(none, id) })
	f.desk.click(`details:has(#wait-all) > summary`)
	f.desk.shot("fever-11-wait")
	f.desk.follow(`#wait-all button.btn-primary`)
	f.desk.shot("fever-12-waiting")
	f.says(f.desk, "main", fmt.Sprintf("%d 人已登记原地等候", len(f.waiting)))
	held := list[int64](f, `select h.employee_id from hold h join standing s on s.org_id = h.org_id and s.employee_id = h.employee_id
		where h.source = 'incident' and h.source_id = $1 and h.kind = 'temp_isolation' and h.ground = 'contact_tracing' and h.released_at is null
			and standing_state($2, s0, t1, s1, t2, s2, t3, s3) = 8 order by 1`, f.incident, f.clock.Now())
	if !slices.Equal(held, f.waiting) {
		f.t.Errorf("held in place %v, want %v", held, f.waiting)
	}
	f.do(f.desk, "contacts_list/1", "", "")
	f.isDone("contacts_list", 1, "10:45")
	if n := look[int](f.t, f.world, openIncidents, f.waiting[0]); n != 0 {
		f.t.Errorf("a contact who waits has %d incidents of the own", n)
	}
}

func (f *fever) messagesNameNobody() {
	f.desk.open(f.page("messages"))
	f.desk.shot("fever-13-messages")
	f.says(f.desk, "#message-workers", f.team+"暂时封闭")
	f.silent(f.desk, "#message-workers", "发热", "症状者", "隔离")
	f.says(f.desk, "#message-cdc", fmt.Sprintf("接触人员 %d 人，其中 %d 人已原地等候", len(f.waiting), len(f.waiting)))
	f.silent(f.desk, "main .grid-2", f.everybody...)
}

const figuresOfOrg = `select concat_ws('/', headcount, on_post, owed, tested, overdue, off_post, held, symptoms_24h) from org_now where org_id = $1`

// aDrillCountsNowhere: with a step that is late and contacts who were told to wait, a minute later no figure has moved.
func (f *fever) aDrillCountsNowhere() {
	f.at(24, "10:55")
	f.tick()
	figures, running, holds := look[string](f.t, f.world, figuresOfOrg, f.org), f.firmRow(), f.holds()
	f.desk.open("/incidents/new?drill=1")
	f.desk.fill("main [name=who]", look[string](f.t, f.world, `select employee_no from employee where id = $1`, f.night))
	f.desk.do(chromedp.SetValue(chromedp.CSS("main [name=detected]"), "2022-03-24T10:40"))
	f.submit(f.desk)
	f.desk.shot("fever-14-drill")
	f.says(f.desk, "main", "这是一次演练", "已超时 5 分钟")
	drill := look[int64](f.t, f.world, `select max(id) from incident where drill and org_id = $1`, f.org)
	f.desk.open(fmt.Sprintf("/incidents/%d/contacts", drill))
	f.submit(f.desk)
	f.desk.click(`details:has(#wait-all) > summary`)
	f.desk.follow(`#wait-all button.btn-primary`)
	f.says(f.desk, "main", "人已登记原地等候")
	f.at(24, "10:56")
	f.tick()
	if n := look[int](f.t, f.world, `select escalations from incident_step where incident_id = $1 and step = 'stop_isolate'`, drill); n != 1 {
		f.t.Errorf("a late step of a drill was told %d times, want once", n)
	}
	if got := look[string](f.t, f.world, figuresOfOrg, f.org); got != figures {
		f.t.Errorf("figures %s with a drill, %s without", got, figures)
	}
	if got := f.firmRow(); got != running {
		f.t.Errorf("the bureau counts %+v with a drill, %+v without", got, running)
	}
	if got := f.holds(); got != holds {
		f.t.Errorf("%d holds with a drill, %d without", got, holds)
	}
	f.city.open(fmt.Sprintf("/bureau/incidents/%d", f.org))
	f.silent(f.city, "main", fmt.Sprintf("第 %d 号", drill), "演练")
}

func (f *fever) holds() int {
	return look[int](f.t, f.world, `select count(*) from hold where org_id = $1 and released_at is null`, f.org)
}

// theOtherStepsAreDone: the clinic has no answer in the evening and excludes COVID in the morning.
func (f *fever) theOtherStepsAreDone() {
	f.at(24, "11:10")
	f.do(f.desk, "close_area/1", "", "")
	f.do(f.desk, "send_clinic/1", "专车送市中心医院发热门诊，陪同：安全科", "")
	f.at(24, "13:00")
	f.do(f.desk, "disinfect/1", "隔离室、工位、通道，含氯消毒剂擦拭", "")
	f.at(24, "21:30")
	f.tick()
	f.do(f.desk, "follow_up/1", "医院答复：核酸已采，结果未出", "")
	f.says(f.desk, "#incident-clocks .standing", "随访就诊结果（第 2 次）", "03-25 09:30 前")
	f.at(25, "09:20")
	f.tick()
	f.desk.open(f.page("steps", "follow_up", "2"))
	f.desk.click(`main input[name=outcome][value=excluded]`)
	f.desk.fill("main [name=text]", "市中心医院 刘医生：排除新冠，上呼吸道感染")
	f.submit(f.desk)
	f.desk.shot("fever-15-excluded")
	f.isDone("follow_up", 1, "21:30")
	f.isDone("follow_up", 2, "09:20")
	f.says(f.desk, "main", "就诊结论：排除")
	if n := look[int](f.t, f.world, `select count(*) from incident_step where incident_id = $1 and step = 'follow_up'`, f.incident); n != 2 {
		f.t.Errorf("%d rounds of asking, want 2", n)
	}
	if n := look[int](f.t, f.world, `select count(*) from incident_step where incident_id = $1 and done_at is null and step <> 'close'`, f.incident); n != 0 {
		f.t.Errorf("%d steps still to do", n)
	}
}

func (f *fever) hold() string {
	id := look[int64](f.t, f.world, `select id from hold where employee_id = $1 and kind = 'symptom' and released_at is null`, f.worker)
	return fmt.Sprintf("/employees/%d/holds/%d", f.worker, id)
}

func (f *fever) noReleaseBeforeALaterSample() {
	f.at(25, "09:25")
	f.desk.open(f.hold())
	f.desk.shot("fever-16-not-yet")
	f.says(f.desk, "main", "最早 2022-03-25 (周五) 10:04", "0 / 1", "2022-03-24 (周四) 10:00 之后采样的才算", "尚不可解除")
	if eval[bool](f.desk, `document.querySelector('form[action$="/release"]') !== null`) {
		f.t.Error("the release is offered before it is due")
	}
	r := as(f.t, f.URL, f.logins[authz.HealthOfficer]).post(f.hold()+"/release", url.Values{"reason": {"已排除"}})
	if r.status != http.StatusUnprocessableEntity || !strings.Contains(r.body, "还需核酸阴性：2022-03-24 10:00 之后采样") {
		f.t.Errorf("a release without a later sample: status %d", r.status)
	}
	f.phone.open("/me")
	f.phone.shot("fever-17-still-held")
	f.says(f.phone, "main", "请勿到岗")
}

func (f *fever) aLaterSampleReleases() {
	f.at(25, "11:00")
	f.desk.open(fmt.Sprintf("/employees/%d/sample", f.worker))
	f.desk.do(chromedp.SetValue(chromedp.CSS("[name=sampled_at]"), "2022-03-25T08:10"), chromedp.SetValue(chromedp.CSS("[name=reported_at]"), "2022-03-25T10:50"))
	f.desk.click("input[name=result][value=negative]")
	f.submit(f.desk)
	f.desk.open(f.hold())
	f.desk.shot("fever-18-releasable")
	f.says(f.desk, "main", "可以解除", "1 / 1")
	f.at(25, "11:05")
	f.desk.fill("main [name=reason]", "发热门诊排除新冠，核酸阴性，24 小时未再发热")
	f.submit(f.desk)
	f.says(f.desk, "main", "已解除 1 人的管控")
	if n := look[int](f.t, f.world, `select count(*) from hold where employee_id = $1 and released_at is null`, f.worker); n != 0 {
		f.t.Errorf("%d holds after the release", n)
	}
	f.phone.open("/me")
	f.phone.shot("fever-19-back")
	f.says(f.phone, "main", "下次采样：2022-04-01 (周五) 08:10 前")
	f.phone.open("/me/standing")
	f.phone.shot("fever-20-may-work")
	f.says(f.phone, "main", "可以上岗")
	f.silent(f.phone, "main", "不可以上岗")
}

// contactsAreLetGo: as a group, from the list, and not before each has a sample of the own.
func (f *fever) contactsAreLetGo() {
	f.previewRelease()
	f.says(f.desk, "main", "名单中没有现在可以解除的人员", "2022-03-24 (周四) 10:45 之后采样")
	officer := as(f.t, f.URL, f.logins[authz.HealthOfficer])
	for _, id := range f.waiting {
		done(f.t, officer.post(fmt.Sprintf("/employees/%d/sample", id), url.Values{"sampled_at": {"2022-03-25T07:00"}, "reported_at": {"2022-03-25T11:00"},
			"method": {"pcr"}, "mode": {"single"}, "result": {"negative"}, "source": {"employer_org"}, "institution": {"厂区流动采样点"}}))
	}
	f.at(25, "11:30")
	f.previewRelease()
	f.desk.shot("fever-21-release-group")
	f.submit(f.desk)
	f.desk.shot("fever-22-released-group")
	f.says(f.desk, "main", fmt.Sprintf("已解除 %d 人的管控", len(f.waiting)))
	if n := look[int](f.t, f.world, `select count(*) from hold where source = 'incident' and source_id = $1 and released_at = $2 and release_reason <> ''`,
		f.incident, f.clock.Now()); n != len(f.waiting) {
		f.t.Errorf("%d of %d were released together", n, len(f.waiting))
	}
	f.desk.open(f.page("contacts"))
	f.desk.shot("fever-23-contacts-released")
	f.says(f.desk, "#contacts", fmt.Sprintf("已解除 %d", len(f.waiting)), "原地等候 0", "已移出 2")
}

// previewRelease goes from the list of contacts to whom the release of all would concern.
func (f *fever) previewRelease() {
	f.t.Helper()
	f.desk.open(f.page("contacts"))
	f.desk.follow(`form[action="/holds/release/back"] button`)
	f.desk.fill("main [name=note]", "当事人已排除，核酸阴性")
	f.submit(f.desk)
}

func (f *fever) theIncidentIsClosed() {
	f.at(25, "12:00")
	f.desk.open(f.page())
	f.desk.follow("#incident-do")
	f.desk.shot("fever-24-close")
	if !eval[bool](f.desk, `document.querySelector('[name=outcome][value=excluded]').checked`) {
		f.t.Error("the closing does not start from the clinic's conclusion")
	}
	f.desk.fill("main [name=text]", "对外报告晚了 10 分钟：值班电话要贴在隔离室门口。")
	f.submit(f.desk)
	f.desk.shot("fever-25-closed")
	f.says(f.desk, "main", "处置已结束", "已排除")
	state := look[string](f.t, f.world, `select state || ' ' || outcome from incident where id = $1`, f.incident)
	if state != "closed excluded" {
		f.t.Errorf("the incident is %s", state)
	}
	f.tick()
	f.city.open(fmt.Sprintf("/bureau/incidents/%d", f.org))
	f.silent(f.city, "main", fmt.Sprintf("第 %d 号", f.incident))
}

// theReportPrints: the whole story stands on paper, and names nobody in full.
func (f *fever) theReportPrints() {
	f.desk.open(f.page("report"))
	f.desk.shot("fever-26-report")
	f.says(f.desk, "#report-steps", "停工，转入临时隔离室", "完成（超时）", "随访就诊结果（第 2 次）", "已超时告知：企业管理员")
	f.says(f.desk, "#report-record", "启动处置：发热等症状", "超时，已告知企业管理员", "科苑社区 张主任", "汇总接触人员", "原地等候", "就诊结论：排除", "结束处置：排除")
	f.silent(f.desk, "#report-people", f.name)
	paper := get(f.desk, chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4)))
	if !bytes.HasPrefix(paper, []byte("%PDF-")) {
		f.t.Error("the report does not print")
	}
	f.desk.do(chromedp.EmulateViewport(a4Width, 1000), chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
		return err
	}))
	f.desk.shot("fever-27-paper")
	if wide := eval[int](f.desk, `document.documentElement.scrollWidth`); wide > a4Width {
		f.t.Errorf("the report is %d px wide on paper of %d", wide, a4Width)
	}
	f.silent(f.desk, "body", "一人一档", "复制", "待处理")
	f.says(f.desk, "body", "企业负责人（签字）", "结束处置：排除")
}

// a4Width is A4 less the margins at which browsers print, in CSS pixels.
const a4Width = 718

// itIsAllWrittenDown: the log tells who did and who read what.
func (f *fever) itIsAllWrittenDown() {
	for action, want := range map[string]int{"incident.open": 1, "incident.step": 9, "incident.contacts": 1, "incident.contact": 2, "incident.waiting": 1, "incident.close": 2} {
		if n := look[int](f.t, f.world, `select count(*) from audit_log where org_id = $1 and subject = 'incident' and subject_id = $2 and action = $3`,
			f.org, fmt.Sprint(f.incident), action); n != want {
			f.t.Errorf("%d entries of %s in the log, want %d", n, action, want)
		}
	}
	if n := look[int](f.t, f.world, `select count(*) from audit_log where employee_id = $1 and action = 'incident.view' and is_read
		and actor = (select id from account where login = $2)`, f.worker, f.logins[authz.HealthOfficer]); n == 0 {
		f.t.Error("the officer's readings are not in the worker's log")
	}
	released := look[string](f.t, f.world, `select reason from audit_log where employee_id = $1 and action = 'hold.release'`, f.worker)
	if !strings.Contains(released, "发热门诊排除新冠") {
		f.t.Errorf("the log gives as reason of the release %q", released)
	}
	late := look[time.Duration](f.t, f.world, `select (extract(epoch from done_at - due_at) * 1000000000)::bigint from incident_step where incident_id = $1 and step = 'external_report'`, f.incident)
	if late != 10*time.Minute {
		f.t.Errorf("the report was %v late, want 10 minutes", late)
	}
}
