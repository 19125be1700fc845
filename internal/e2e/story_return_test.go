package e2e

import (
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/lib/pq"
	"github.com/xuri/excelize/v2"

	"github.com/fugong/fugong/internal/identity/authz"
)

// A worker comes back from leave outside the city: declares on the phone in two sittings, is kept back for what is missing, completes
// it, and is put on post when every item holds. Beside it a batch of returners is approved at once but for one, who comes back against
// a missing item by the word of two officers.
func TestStoryReturn(t *testing.T) {
	s := &returnStory{shop: newShop(t)}
	s.choosePeople()
	s.workerBeginsOnThePhone()
	s.workerGoesOnAndSigns()
	s.officerSeesWhatIsMissing()
	s.workerReadsWhatIsMissing()
	s.workerCompletes()
	s.officerApproves()
	s.dutyBegins()
	s.theFileTellsItAll()
	s.aBatchComesBack()
	s.oneIsLeft()
	s.anOverrideTakesTwo()
}

type returnStory struct {
	*shop
	mine, desk *tab // the worker's phone, the officer's desk
	me         mate
	batch      []mate // four, of whom the last has no sample
}

// choosePeople picks somebody on leave, and four of one team whom the office sends on leave for two days.
func (s *returnStory) choosePeople() {
	if err := s.db.GetContext(s.t.Context(), &s.me, `select id, employee_no, name from employee where org_id = $1 and work_status = 'leave' order by id limit 1`, s.org); err != nil {
		s.t.Fatalf("nobody is on leave: %v", err)
	}
	err := s.db.SelectContext(s.t.Context(), &s.batch, `select e.id, e.employee_no, e.name from employee e join standing st on st.org_id = e.org_id and st.employee_id = e.id
		where e.org_id = $1 and e.work_status = 'on_post' and not st.held and e.test_category = 'production_staff'
			and not exists (select from sample x where x.org_id = e.org_id and x.employee_id = e.id and x.sampled_at > $2)
			and (select count(*) from employee o where o.org_id = e.org_id and o.name = e.name) = 1
		order by e.id limit 4`, s.org, morning.Add(-24*time.Hour))
	if err != nil || len(s.batch) != 4 {
		s.t.Fatalf("%d people for the batch: %v", len(s.batch), err)
	}
	officer := as(s.t, s.URL, s.logins[authz.HealthOfficer])
	for _, p := range s.batch {
		version := s.count(`select version from employee where org_id = $1 and id = $2`, p.ID)
		done(s.t, officer.post(fmt.Sprintf("/employees/%d/leave", p.ID), url.Values{"version": {fmt.Sprint(version)}, "from": {"2022-03-24T08:00"}, "reason": {"探亲"}}))
	}
}

// item is the text of one item of the gate.
func (tb *tab) item(name string) string {
	tb.t.Helper()
	return eval[string](tb, fmt.Sprintf(`[...document.querySelectorAll('main .steps li')].filter(li => li.innerText.includes(%q)).map(li => li.innerText).join(' ')`, name))
}

// workerBeginsOnThePhone: nothing is asked before the consent, which is a tick of its own, and half a declaration is kept.
func (s *returnStory) workerBeginsOnThePhone() {
	s.mine = s.join(s.me.EmployeeNo)
	s.mine.shot("story-return-1-me")
	s.mine.says("准备回来上班")
	s.mine.shown(`main a[href="/me/return"]`)
	s.mine.shot("story-return-1-begin")
	s.mine.says("处理者", "保存", "撤回", "依法上报")
	s.mine.refused("main form.form button.btn-primary", 422)
	s.mine.says("请先阅读并勾选同意")
	if n := s.count(`select count(*) from return_case where org_id = $1 and employee_id = $2`, s.me.ID); n != 0 {
		s.t.Errorf("%d declarations without consent", n)
	}
	s.mine.click("input[name=consent]")
	s.mine.shown("main form.form button.btn-primary")
	s.mine.fill("[name=origin_area]", "山东省济南市历城区")
	s.mine.choose("[name=transport]", "train")
	s.mine.fill("[name=trip_no]", "G281")
	s.mine.click("input[name=outside][value=yes]")
	s.mine.click("input[name=reported][value=no]")
	s.mine.shot("story-return-2-trip")
	s.mine.shown(`main form.form button[formaction$="then=later"]`)
	s.mine.says("已保存，下次接着填", "填写中")
	s.mine.shot("story-return-2-later")
	if n := s.count(`select count(*) from return_case where org_id = $1 and employee_id = $2 and state = 'draft' and consent_at = $3 and position('济南'::bytea in body_enc) = 0`,
		s.me.ID, morning); n != 1 {
		s.t.Error("no sealed draft with its consent is kept")
	}
}

func (s *returnStory) workerGoesOnAndSigns() {
	s.at(20, 0)
	s.mine.open("/me")
	s.mine.says("返岗申报", "填写中")
	s.mine.shown(`main a[href="/me/return"]`)
	s.mine.shown(".standing a.btn-primary")
	if at := s.mine.where(); at != "/me/return/stays" {
		s.t.Errorf("to go on leads to %s, want the first step without an answer", at)
	}
	s.mine.open("/me/return/trip")
	if area := eval[string](s.mine, `document.querySelector('[name=origin_area]').value`); area != "山东省济南市历城区" {
		s.t.Errorf("what was written is now %q", area)
	}
	s.mine.open("/me/return/stays")
	s.mine.click("input[name=risk_stay][value=no]")
	s.mine.click("input[name=overseas][value=no]")
	s.mine.shot("story-return-3-stays")
	s.mine.shown("main form.form button.btn-primary")
	s.mine.click("input[name=health_code][value=green]")
	s.mine.fill("[name=temperature]", "36.5")
	s.mine.click("input[name=symptoms][value=none]")
	s.mine.click("input[name=contacts][value=none]")
	s.mine.shot("story-return-4-health")
	s.mine.shown("main form.form button.btn-primary")
	s.mine.says("返岗承诺书", "体温 36.5 ℃，没有症状。")
	s.mine.refused("main form.form button.btn-primary", 422)
	s.mine.says("请阅读承诺书并勾选")
	s.mine.click("input[name=pledge]")
	s.mine.shot("story-return-5-sign")
	s.mine.shown("main form.form button.btn-primary")
	s.mine.says("已提交，等待审核", "还有 2 项要补充")
	s.mine.shot("story-return-5-sent")
}

// caseOf is the address of somebody's open case.
func (s *returnStory) caseOf(p mate) string {
	s.t.Helper()
	id := look[int64](s.t, s.world, `select max(id) from return_case where org_id = $1 and employee_id = $2`, s.org, p.ID)
	return fmt.Sprintf("/returns/%d/%d", p.ID, id)
}

func (s *returnStory) status(p mate) string {
	s.t.Helper()
	return look[string](s.t, s.world, `select work_status from employee where org_id = $1 and id = $2`, s.org, p.ID)
}

// ask opens the dialog of a decision, with a reason if one is given, and sends it.
func (tb *tab) ask(action, reason string) {
	tb.t.Helper()
	form := fmt.Sprintf(`form[action$="/%s"]`, action)
	tb.click(fmt.Sprintf("details:has(%s) summary", form))
	if reason != "" {
		tb.fill(form+" [name=reason]", reason)
	}
	tb.shot("story-return-ask-" + action)
	tb.shown(form + " .form-end button:not([type=button])")
}

func (s *returnStory) officerSeesWhatIsMissing() {
	s.at(20, 10)
	s.desk = s.tab(desk, authz.HealthOfficer)
	s.desk.open("/returns")
	s.desk.shot("story-return-6-list")
	row := eval[string](s.desk, fmt.Sprintf(`document.querySelector('a[href=%q]').closest('tr').innerText`, s.caseOf(s.me)))
	for _, want := range []string{s.me.Name, "待审核", "核酸", "社区报备", "本人填写"} {
		if !strings.Contains(row, want) {
			s.t.Errorf("the list does not say %q: %s", want, row)
		}
	}
	if strings.Contains(row, "健康码") {
		s.t.Errorf("the list misses what is there: %s", row)
	}
	s.desk.shown(fmt.Sprintf(`a[href=%q]`, s.caseOf(s.me)))
	s.desk.shot("story-return-7-case")
	s.desk.says("有 2 项不符合或待补充", "山东省济南市历城区", "G281")
	if n := eval[int](s.desk, `document.querySelectorAll('form[action$="/approve"]').length`); n != 0 {
		s.t.Error("an incomplete case can be approved")
	}
	s.desk.ask("defer", "")
	s.desk.says("已暂缓，本人会看到缺什么", "暂缓返岗")
	failed := look[pq.StringArray](s.t, s.world, `select failed from return_case where org_id = $1 and employee_id = $2 and state = 'deferred'`, s.org, s.me.ID)
	if !slices.Equal(failed, []string{"pcr", "community"}) || s.status(s.me) != "awaiting_return" {
		s.t.Errorf("deferred for %v, now %s", failed, s.status(s.me))
	}
}

func (s *returnStory) workerReadsWhatIsMissing() {
	s.mine.open("/me")
	s.mine.shot("story-return-8-me")
	s.mine.says("返岗申报：暂缓返岗", "还有 2 项要补充：核酸、社区报备")
	s.mine.shown(`main a[href="/me/return"]`)
	s.mine.shot("story-return-8-deferred")
	s.mine.says("请先不要到岗")
	for item, todo := range map[string]string{"核酸阴性证明": "请重新采样并登记", "社区报备": "请向居住地社区（村）报备"} {
		if text := s.mine.item(item); !strings.Contains(text, "待补充") || !strings.Contains(text, todo) {
			s.t.Errorf("%s: %q, want %q", item, text, todo)
		}
	}
}

// workerCompletes: the office records the sample, the worker only adds that the community knows.
func (s *returnStory) workerCompletes() {
	s.at(24+15, 0)
	s.desk.open(fmt.Sprintf("/employees/%d/sample", s.me.ID))
	s.desk.choose("[name=sampled_at]", "2022-03-25T08:00")
	if eval[bool](s.desk, `!!document.querySelector('[name=place]')`) {
		s.desk.click(`input[name=place][value=""]`)
	}
	s.desk.fill("[name=institution]", "张店区测试社区采样点")
	s.desk.click("input[name=result][value=negative]")
	s.desk.choose("[name=reported_at]", "2022-03-25T14:00")
	s.desk.shown("main form.form button.btn-primary")
	s.at(24+15, 30)
	s.mine.open("/me/return")
	s.mine.says("还有 1 项要补充")
	s.mine.shown(".standing a.btn-primary")
	s.mine.click("input[name=reported][value=yes]")
	s.mine.choose("[name=reported_at]", "2022-03-25T10:00")
	for range 3 {
		s.mine.shown("main form.form button.btn-primary")
	}
	s.mine.shot("story-return-9-sign")
	s.mine.click("input[name=pledge]")
	s.mine.shown("main form.form button.btn-primary")
	s.mine.says("已提交，等待审核")
	s.mine.hushes("要补充")
}

func (s *returnStory) officerApproves() {
	s.at(24+16, 0)
	s.desk.open("/returns?show=ready")
	s.desk.says(s.me.Name, "各项齐备")
	s.desk.shown(fmt.Sprintf(`a[href=%q]`, s.caseOf(s.me)))
	s.desk.shot("story-return-10-ready")
	s.desk.says("各项都符合，可以批准")
	if n := eval[int](s.desk, `[...document.querySelectorAll('main .steps li')].filter(li => /(^|\s)符合(\s|$)/.test(li.innerText)).length`); n != 8 {
		s.t.Errorf("%d items hold, want 8", n)
	}
	s.desk.shown(`form[action$="/approve"] button`)
	s.desk.says("已批准，现在是在岗状态", "提交返岗申报", "暂缓返岗", "批准返岗")
	s.desk.shot("story-return-10-approved")
}

func (s *returnStory) dutyBegins() {
	if got := s.status(s.me); got != "on_post" {
		s.t.Errorf("the worker is %s", got)
	}
	if n := s.count(`select count(*) from standing where org_id = $1 and employee_id = $2 and standing_state($3, s0, t1, s1, t2, s2, t3, s3) = 1`, s.me.ID, s.clock.Now()); n != 1 {
		s.t.Error("the worker's standing is not ok")
	}
	s.mine.open("/me")
	s.mine.shot("story-return-11-me")
	s.mine.says("在有效期", "下次采样：2022-04-01 (周五) 08:00 前")
	s.mine.open("/me/return")
	s.mine.says("您现在是在岗状态")
}

func (s *returnStory) theFileTellsItAll() {
	s.desk.open(fmt.Sprintf("/employees/%d", s.me.ID))
	s.desk.shot("story-return-12-file")
	s.desk.says("返岗申报", "暂缓返岗", "准予返岗", "变更在岗状态", "张店区测试社区采样点")
	for action, want := range map[string]int{"return.begin": 1, "return.submit": 2, "return.defer": 1, "return.approve": 1} {
		if n := s.count(`select count(*) from audit_log where org_id = $1 and employee_id = $2 and subject = 'return_case' and action = $3`, s.me.ID, action); n != want {
			s.t.Errorf("the log tells %d times of %s, want %d", n, action, want)
		}
	}
}

// sheet is the office's list of those who come back.
func (s *returnStory) sheet() string {
	f := excelize.NewFile()
	defer f.Close()
	rows := [][]any{{"工号", "姓名", "返岗日期", "来源地", "交通方式", "社区报备", "中高风险地区旅居史", "境外旅居史", "接触史", "健康码", "体温", "症状", "承诺书"}}
	for _, p := range s.batch {
		rows = append(rows, []any{p.EmployeeNo, p.Name, "2022-03-26", "淄博市沂源县", "自驾", "已报备", "无", "无", "无", "绿码", "36.4", "无", "已签"})
	}
	for i, row := range rows {
		if err := f.SetSheetRow(f.GetSheetName(0), fmt.Sprint("A", i+1), &row); err != nil {
			s.t.Fatal(err)
		}
	}
	path := filepath.Join(s.t.TempDir(), "返岗名单.xlsx")
	if err := f.SaveAs(path); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// aBatchComesBack: three of the four were sampled; all four are ticked.
func (s *returnStory) aBatchComesBack() {
	s.at(24+16, 10)
	officer := as(s.t, s.URL, s.logins[authz.HealthOfficer])
	for _, p := range s.batch[:3] {
		done(s.t, officer.post(fmt.Sprintf("/employees/%d/sample", p.ID), url.Values{"sampled_at": {"2022-03-25T07:30"}, "reported_at": {"2022-03-25T15:00"},
			"method": {"pcr"}, "mode": {"single"}, "source": {"employer_org"}, "institution": {"厂区流动采样点"}, "result": {"negative"}}))
	}
	s.desk.open("/imports/new?kind=returning")
	s.desk.do(chromedp.SetUploadFiles(chromedp.CSS("[name=file]"), []string{s.sheet()}))
	s.desk.shown("main form button.btn-primary")
	s.desk.until(patience, `document.querySelector('form[action$="/commit"] button')`)
	s.desk.shot("story-return-13-import")
	s.desk.shown(`form[action$="/commit"] button`)
	s.desk.until(patience, `document.body.innerText.includes('导入完成')`)
	s.desk.open("/returns")
	for _, p := range s.batch {
		parts := strings.Split(s.caseOf(p), "/")
		s.desk.do(press(fmt.Sprintf(`input[name=cases][value="%s-%s"]`, parts[2], parts[3])))
	}
	s.desk.shot("story-return-13-ticked")
	s.desk.shown(`form.bulk button[formaction="/returns/approve"]`)
	s.desk.shot("story-return-14-batch")
	s.desk.says("已批准 3 人；1 人没有批准：" + s.batch[3].Name)
	for i, p := range s.batch {
		want := "on_post"
		if i == 3 {
			want = "awaiting_return"
		}
		if got := s.status(p); got != want {
			s.t.Errorf("returner %d is %s, want %s", i, got, want)
		}
	}
}

func (s *returnStory) oneIsLeft() {
	s.desk.open("/returns?show=missing")
	s.desk.says(s.batch[3].Name, "核酸")
	s.desk.hushes(s.batch[0].Name, s.me.Name)
	s.desk.shown(fmt.Sprintf(`a[href=%q]`, s.caseOf(s.batch[3])))
	s.desk.says("有 1 项不符合或待补充")
}

// anOverrideTakesTwo: who asks for it cannot confirm it, by the page or past it.
func (s *returnStory) anOverrideTakesTwo() {
	last := s.batch[3]
	s.at(24+16, 20)
	s.desk.ask("override", "生产线关键岗位，样本已采，今晚出结果")
	s.desk.shot("story-return-15-proposed")
	s.desk.says("申请破例返岗", "这是您提出的，要由另一位有审核权限的人复核")
	if n := eval[int](s.desk, `document.querySelectorAll('form[action$="/confirm"]').length`); n != 0 {
		s.t.Error("the proposer is offered to confirm")
	}
	officer := as(s.t, s.URL, s.logins[authz.HealthOfficer])
	version := s.count(`select version from return_case where org_id = $1 and employee_id = $2 and state = 'override'`, last.ID)
	r := done(s.t, officer.post(s.caseOf(last)+"/confirm", url.Values{"version": {fmt.Sprint(version)}}))
	if page := officer.get(r.to); !strings.Contains(page.body, "提出的人不能自己复核") || s.status(last) != "awaiting_return" {
		s.t.Errorf("the proposer confirmed: %s is %s", last.Name, s.status(last))
	}
	boss := s.tab(desk, authz.FirmAdmin)
	boss.open("/returns")
	boss.says("有 1 人等待第二人复核")
	boss.shown(`main a[href="/returns?show=override"]`)
	boss.shown(fmt.Sprintf(`a[href=%q]`, s.caseOf(last)))
	boss.shot("story-return-16-second")
	boss.says("王敏", "生产线关键岗位，样本已采，今晚出结果", "核酸")
	boss.shown(`form[action$="/confirm"] button`)
	boss.says("已同意，现在是在岗状态")
	two := s.count(`select count(*) from return_case where org_id = $1 and employee_id = $2 and state = 'approved' and second_by <> reviewed_by and failed = '{pcr}'`, last.ID)
	if two != 1 || s.status(last) != "on_post" {
		s.t.Errorf("%d overrides confirmed by a second person, %s is %s", two, last.Name, s.status(last))
	}
}
