package e2e

import (
	"bytes"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/xuri/excelize/v2"

	"github.com/fugong/fugong/internal/app"
	"github.com/fugong/fugong/internal/demo"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/mailer/smtptest"
	"github.com/fugong/fugong/internal/platform/robot/robottest"
)

// The main job from a messy sheet to the bureau's numbers, told once as people live it: an office imports a sheet that Excel
// spoilt, mends what comes back, a worker activates an account on the phone and logs a result, eight days pass, and then the
// right people are overdue, were reminded exactly once, somebody falls ill, and the bureau sees what the enterprise sees.
func TestStory(t *testing.T) {
	s := newStory(t)
	s.sheetIsImported()
	s.faultsAreMended()
	s.workerActivatesAndLogsAResult()
	s.eightDaysPass()
	s.theRightPeopleAreOverdue()
	s.remindersArrivedExactlyOnce()
	s.aSymptomIsSeenAtOnce()
	s.theBureauSeesWhatTheEnterpriseSees()
}

const robotKey = "693a91f6-7aoc-4bc4-97a0-0ec2sifa5aaa"

type story struct {
	*city
	t      *testing.T
	second *app.Program // one more server on the same database
	mail   *smtptest.Server
	group  *robottest.WeCom
	desk   *tab
	phone  *tab
	org    int32
	before int // people of the enterprise before the import
}

func newStory(t *testing.T) *story {
	chromium.open(t)
	s := &story{t: t, mail: smtptest.New(t), group: robottest.New(t, robotKey)}
	host, port, err := net.SplitHostPort(s.mail.Addr())
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	s.city = &city{logins: map[authz.Role]string{}, world: newWorld(t, morning, func(c *app.Config) {
		c.SMTP = app.SMTP{Host: host, Port: number, TLS: "none", From: "复工档 <noreply@example.org>", Timeout: 10 * time.Second}
		c.Robot.BaseURL = s.group.URL()
	})}
	accounts, err := s.Populate(t.Context(), demo.New(2, 60, 7, morning), morning)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range accounts {
		s.logins[a.Role] = a.Login
	}
	s.second = s.embed(t)
	s.org = look[int32](t, s.world, `select org_id from account where login = $1`, s.logins[authz.HealthOfficer])
	s.before = s.people()
	manager := as(t, s.URL, s.logins[authz.FirmAdmin])
	done(t, manager.post("/org", url.Values{"short_name": {"鲁中食品"}, "resume_status": {"full"}, "robot": {s.group.URL() + "/cgi-bin/webhook/send?key=" + robotKey}}))
	s.desk = newTab(t, s.URL, desk, "zh-CN")
	s.desk.signIn(s.logins[authz.HealthOfficer], demo.Password)
	return s
}

func (s *story) people() int {
	return look[int](s.t, s.world, `select count(*) from employee where org_id = $1 and work_status <> 'resigned'`, s.org)
}

// spoilt is the office's roster after Excel took three identity numbers for numbers.
func (s *story) spoilt() string {
	f, err := excelize.OpenFile(sheetPath("roster-basic.xlsx"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	for _, cell := range []string{"D4", "D5", "D6"} {
		if err := f.SetCellValue(f.GetSheetName(0), cell, 3.70303196601019e17); err != nil {
			s.t.Fatal(err)
		}
	}
	path := filepath.Join(s.t.TempDir(), "花名册.xlsx")
	if err := f.SaveAs(path); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// bring uploads a roster on the page and waits until the rows are checked.
func (s *story) bring(path string) {
	s.t.Helper()
	s.desk.open("/imports/new?kind=roster")
	s.desk.do(chromedp.SetUploadFiles(chromedp.CSS("[name=file]"), []string{path}))
	s.desk.follow("main form button.btn-primary")
	s.desk.until(patience, `document.querySelector('form[action$="/commit"] button')`)
}

func (s *story) commit() {
	s.t.Helper()
	s.desk.follow(`form[action$="/commit"] button`)
	s.desk.until(patience, `document.body.innerText.includes('导入完成')`)
}

func (s *story) sheetIsImported() {
	s.bring(s.spoilt())
	s.desk.shot("story-1-checked")
	for _, want := range []string{"先导入没有问题的 37 行", "D4", "号码已被 Excel 损坏"} {
		if !strings.Contains(s.desk.text("main"), want) {
			s.t.Errorf("the preview does not say %q", want)
		}
	}
	if n := s.people(); n != s.before {
		s.t.Errorf("%d people before anything was confirmed, want %d", n, s.before)
	}
	s.commit()
	if n := s.people(); n != s.before+37 {
		s.t.Errorf("%d people after the good rows went in, want %d", n, s.before+37)
	}
}

// faultsAreMended downloads the workbook of faulty rows, types the numbers again, and uploads only that.
func (s *story) faultsAreMended() {
	officer := as(s.t, s.URL, s.logins[authz.HealthOfficer])
	id := look[int64](s.t, s.world, `select max(id) from import where org_id = $1`, s.org)
	r := officer.get(fmt.Sprintf("/imports/%d/report", id))
	if r.status != 200 {
		s.t.Fatalf("report: status %d", r.status)
	}
	f, err := excelize.OpenReader(bytes.NewReader([]byte(r.body)))
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	sheet := f.GetSheetName(0)
	rows, err := f.GetRows(sheet)
	if err != nil || len(rows) != 4 {
		s.t.Fatalf("the report holds %d rows (%v), want a header and three", len(rows), err)
	}
	original := s.numbers()
	for i, row := range rows[1:] {
		if err := f.SetCellStr(sheet, fmt.Sprint("D", i+2), original[row[0]]); err != nil {
			s.t.Fatal(err)
		}
	}
	mended := filepath.Join(s.t.TempDir(), "改好.xlsx")
	if err := f.SaveAs(mended); err != nil {
		s.t.Fatal(err)
	}
	s.bring(mended)
	s.commit()
	if n := s.people(); n != s.before+40 {
		s.t.Errorf("%d people after the fixes, want %d", n, s.before+40)
	}
}

// numbers maps the employee numbers of the roster to identity numbers, as the paper files have them.
func (s *story) numbers() map[string]string {
	f, err := excelize.OpenFile(sheetPath("roster-basic.xlsx"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows(f.GetSheetName(0))
	if err != nil {
		s.t.Fatal(err)
	}
	out := map[string]string{}
	for _, r := range rows[1:] {
		out[r[0]] = r[3]
	}
	return out
}

var cardLink = regexp.MustCompile(`/activate/[A-Za-z0-9_-]+`)

const workerNo = "LC0001" // 王伟, who has an e-mail address

func (s *story) workerActivatesAndLogsAResult() {
	officer := as(s.t, s.URL, s.logins[authz.HealthOfficer])
	cards := officer.post("/org/invites/print", url.Values{"employee_no": {workerNo}})
	link := cardLink.FindString(cards.body)
	if link == "" {
		s.t.Fatalf("no link on the printed card: status %d", cards.status)
	}
	s.phone = newTab(s.t, s.URL, phone, "zh-CN")
	s.phone.open(link)
	s.phone.shot("story-2-activate")
	number := s.numbers()[workerNo]
	s.phone.fill("[name=tail]", number[len(number)-4:])
	s.phone.fill("[name=new]", "chuiyan-2022a")
	s.phone.fill("[name=again]", "chuiyan-2022a")
	s.phone.follow("main form button.btn-primary")
	if at := s.phone.where(); at != "/me" {
		s.t.Fatalf("after activation at %s, want the own page", at)
	}
	s.phone.open("/me/sample")
	eval[bool](s.phone, `document.querySelectorAll('[name=place]').forEach(x => x.checked = x.value === ''), true`)
	s.phone.fill("[name=institution]", "张店区测试社区卫生服务中心")
	s.phone.click(`input[name=result][value=negative]`)
	s.phone.follow("main form button.btn-primary")
	s.phone.shot("story-3-logged")
	if text := s.phone.text("main"); !strings.Contains(text, "在有效期") {
		s.t.Errorf("the worker's page after a negative result: %s", text)
	}
}

// eightDaysPass lets two servers tick every three hours and at half past seven, twice each time. In between, on the sixth day,
// one team is sampled and logged together.
func (s *story) eightDaysPass() {
	end := morning.AddDate(0, 0, 8)
	sampled := false
	for at := morning; !at.After(end); at = at.Add(90 * time.Minute) {
		s.clock.Set(at)
		if !sampled && at.After(morning.AddDate(0, 0, 6)) {
			sampled = true
			s.teamIsSampled(at)
		}
		for range 2 {
			for _, p := range []*app.Program{s.Program, s.second} {
				if err := p.Tick(s.t.Context(), at); err != nil {
					s.t.Fatalf("tick at %s: %v", at, err)
				}
			}
		}
	}
}

func (s *story) teamIsSampled(at time.Time) {
	team := look[int64](s.t, s.world, `select id from team where org_id = $1 and name = '一车间乙班'`, s.org)
	officer := as(s.t, s.URL, s.logins[authz.HealthOfficer])
	form := url.Values{"sampled_at": {at.Add(-time.Hour).In(zone).Format("2006-01-02T15:04")}, "method": {"pcr"}, "mode": {"pool10"},
		"result": {"negative"}, "institution": {"厂区流动采样点"}}
	var ids []int64
	if err := s.db.SelectContext(s.t.Context(), &ids, `select id from employee where org_id = $1 and team_id = $2`, s.org, team); err != nil {
		s.t.Fatal(err)
	}
	for _, id := range ids {
		form.Add("people", fmt.Sprint(id))
	}
	done(s.t, officer.post(fmt.Sprintf("/samples/new?team=%d", team), form))
	n := look[int](s.t, s.world, `select count(*) from sample s join employee e on e.org_id = s.org_id and e.id = s.employee_id where e.team_id = $1 and s.sampled_at > $2`,
		team, at.Add(-2*time.Hour))
	if n == 0 || n != len(ids) {
		s.t.Fatalf("%d samples of a team of %d", n, len(ids))
	}
}

// overdueByRecord is who owes a sample, told from the samples alone: on post, not held, without a negative within the interval
// of the category, and not waiting for the result of a fresh one. It shares no code and no stored state with the program.
const overdueByRecord = `select e.id from employee e
	where e.org_id = $1 and e.work_status = 'on_post'
		and not exists (select from hold h where h.employee_id = e.id and h.released_at is null)
		and not exists (select from sample s where s.employee_id = e.id and s.result in ('pool_abnormal', 'positive', 'suspicious'))
		and not exists (select from sample s where s.employee_id = e.id and s.result = 'negative' and s.method = 'pcr' and s.reported_at <= $2
			and s.sampled_at >= $2::timestamptz - case when e.test_category in ('icc_frontline', 'hr_noncold_frontline') then interval '72 hours' else interval '168 hours' end)
		and not exists (select from sample s where s.employee_id = e.id and s.result = 'pending' and s.sampled_at > $2::timestamptz - interval '24 hours')
		and not exists (select from sample s where s.employee_id = e.id and s.result = 'pending' and not exists (
			select from sample n where n.employee_id = e.id and n.result <> 'pending' and n.sampled_at > s.sampled_at))
	order by 1`

func (s *story) theRightPeopleAreOverdue() {
	var want, got []int64
	now := s.clock.Now()
	if err := s.db.SelectContext(s.t.Context(), &want, overdueByRecord, s.org, now); err != nil {
		s.t.Fatal(err)
	}
	err := s.db.SelectContext(s.t.Context(), &got, `select employee_id from standing
		where org_id = $1 and standing_state($2, s0, t1, s1, t2, s2, t3, s3) = 3 order by 1`, s.org, now)
	if err != nil {
		s.t.Fatal(err)
	}
	if !slices.Equal(got, want) || len(want) < 30 {
		s.t.Errorf("overdue %v, by the records %v", got, want)
	}
	s.desk.open("/employees?state=overdue")
	s.desk.shot("story-4-overdue")
	if text := s.desk.text("main"); !strings.Contains(text, fmt.Sprintf("共 %d 条", len(want))) {
		s.t.Errorf("the list does not say that %d are overdue", len(want))
	}
	s.phone.open("/me")
	if text := s.phone.text("main"); !strings.Contains(text, "应检未检") {
		s.t.Errorf("the worker is not told: %s", text)
	}
}

func (s *story) remindersArrivedExactlyOnce() {
	seen := map[string]int{}
	for _, m := range s.mail.Messages() {
		seen[m.To[0]+" "+m.Subject]++
	}
	for what, n := range seen {
		if n != 1 {
			s.t.Errorf("%q arrived %d times", what, n)
		}
	}
	worker := "lc0001@example.com "
	for _, want := range []string{worker + "核酸检测将于 03-31 09:00 到期", worker + "核酸检测已于 03-31 09:00 到期"} {
		if seen[want] != 1 {
			s.t.Errorf("%q arrived %d times, want once", want, seen[want])
		}
	}
	digests := 0
	for what := range seen {
		if strings.HasPrefix(what, "officer@example.org ") && strings.Contains(what, "晨报") {
			digests++
		}
	}
	posts := map[string]int{}
	for _, m := range s.group.Messages() {
		title, _, _ := strings.Cut(m.Content, "\n")
		posts[title]++
		if strings.Contains(m.Content, "王伟") {
			s.t.Errorf("the group was told a name: %s", m.Content)
		}
	}
	if digests != 9 || len(posts) != 9 {
		s.t.Errorf("%d digests by mail and %d in the group, want one for each of nine mornings, the first and the last day's included", digests, len(posts))
	}
	for title, n := range posts {
		if n != 1 {
			s.t.Errorf("the group was told %q %d times", title, n)
		}
	}
}

// aSymptomIsSeenAtOnce: the page that HR has open says so by itself.
func (s *story) aSymptomIsSeenAtOnce() {
	s.desk.open("/week")
	s.desk.until(patience, `document.querySelector('#alerts')`)
	s.phone.open("/me/symptom")
	s.phone.fill("[name=temperature]", "38.2")
	s.phone.click(`input[name=symptoms][value=fever]`)
	s.phone.follow("main form button.btn-primary")
	s.desk.until(5*time.Second, `document.querySelector('#alerts').innerText.includes('王')`)
	s.desk.shot("story-5-alert")
	s.phone.open("/me")
	s.phone.shot("story-6-held")
	if text := s.phone.text("main"); !strings.Contains(text, "请勿到岗") && !strings.Contains(text, "先不要到岗") && !strings.Contains(text, "不要到岗") {
		s.t.Errorf("the worker is not told to stay away: %s", text)
	}
	id := look[int64](s.t, s.world, `select id from employee where org_id = $1 and employee_no = $2`, s.org, workerNo)
	s.desk.open(fmt.Sprintf("/employees/%d", id))
	if text := s.desk.text("main"); !strings.Contains(text, "症状") {
		s.t.Errorf("the file is not flagged: %s", text)
	}
}

func (s *story) theBureauSeesWhatTheEnterpriseSees() {
	if err := s.Tick(s.t.Context(), s.clock.Now().Add(time.Minute)); err != nil {
		s.t.Fatal(err)
	}
	s.desk.open("/week")
	own := s.desk.text(".rate-counts")
	city := newTab(s.t, s.URL, desk, "zh-CN")
	city.signIn(s.logins[authz.CityBureau], demo.Password)
	city.open(fmt.Sprintf("/bureau/orgs/%d", s.org))
	city.shot("story-7-bureau")
	if seen := city.text(".rate-counts"); seen != own {
		s.t.Errorf("the bureau sees %s, the enterprise %s", seen, own)
	}
	for _, name := range []string{"王伟", "LC0001"} {
		if strings.Contains(city.text("body"), name) {
			s.t.Errorf("the bureau sees %s", name)
		}
	}
}
