package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/identity/authz"
)

// A mixed tube turns abnormal and is resolved: a leader fills a tube of ten on the phone, its result keeps all ten from work at once
// and opens one incident, and each comes back by a sample of the own. Until such a sample says so, nobody is called anything.
func TestStoryTube(t *testing.T) {
	s := &tubeStory{shop: newShop(t)}
	s.choosePeople()
	s.leaderFillsTheTube()
	s.officerEntersTheResult()
	s.allTenAreOffPost()
	s.workerIsToldWhatToDo()
	s.oneIncidentIsOpen()
	s.bureauSeesTheClock()
	s.everybodyIsSampledAlone()
	s.eightAreFreed()
	s.anInvalidOneIsTakenAgain()
	s.oneIsSuspicious()
	s.theTubeIsResolved()
	s.workerIsBack()
	s.everythingIsWrittenDown()
}

const barcode = "ZB20220324-017"

// unsaid are words that only a sample taken alone may bring up.
var unsaid = []string{"阳性", "positive", "Positive"}

type tubeStory struct {
	*shop
	leader, desk, mine *tab // the leader's phone, the officer's desk, the worker's phone
	people             []mate
	stray              mate // put in by mistake
	tube               int64
	incidents          int // of the firm before the story
	sampled            map[int64]time.Time
}

// choosePeople picks ten of the leader's team who are on post, the worker with an account first, and one more.
func (s *tubeStory) choosePeople() {
	var found []mate
	err := s.db.SelectContext(s.t.Context(), &found, `select e.id, e.employee_no, e.name from employee e
			join account l on l.org_id = e.org_id and l.role = 'team_leader' join account_team lt on lt.account_id = l.id and lt.team_id = e.team_id
			join standing st on st.org_id = e.org_id and st.employee_id = e.id
			left join account a on a.org_id = e.org_id and a.employee_id = e.id and a.role = 'worker'
		where e.org_id = $1 and e.work_status = 'on_post' and not st.held and e.test_category = 'production_staff' and l.employee_id <> e.id
			and (select count(*) from employee o where o.org_id = e.org_id and o.name = e.name) = 1
		order by coalesce(a.state = 'active', false) desc, e.id limit 11`, s.org)
	if err != nil || len(found) != 11 {
		s.t.Fatalf("%d people of the leader's team for the tube: %v", len(found), err)
	}
	s.people, s.stray = found[:10], found[10]
	s.incidents = s.count(`select count(*) from incident where org_id = $1`)
	s.sampled = map[int64]time.Time{}
}

func (s *tubeStory) ids() pq.Int64Array {
	var ids pq.Int64Array
	for _, p := range s.people {
		ids = append(ids, p.ID)
	}
	return ids
}

func (s *tubeStory) held() int {
	s.t.Helper()
	return s.count(`select count(*) from standing where org_id = $1 and employee_id = any($2) and held`, s.ids())
}

// leaderFillsTheTube: by number, by name, by a press on a name; a mistake is taken out again; the eleventh does not go in.
func (s *tubeStory) leaderFillsTheTube() {
	s.leader = s.tab(phone, authz.TeamLeader)
	s.leader.open("/tubes")
	s.leader.shown(`a[href="/tubes/new"]`)
	s.leader.fill("[name=barcode]", barcode)
	s.leader.choose("[name=institution]", "厂区流动采样点")
	s.leader.shot("story-tube-1-new")
	s.leader.shown("main form.form button.btn-primary")
	s.tube = look[int64](s.t, s.world, `select id from tube where org_id = $1 and barcode = $2`, s.org, barcode)
	s.leader.says("已开管", "0 / 10")
	for i, p := range append(slices.Clone(s.people[:9]), s.stray) {
		s.clock.Set(morning.Add(time.Duration(i+1) * 20 * time.Second))
		switch {
		case i < 3:
			s.leader.fill("#f-who", p.EmployeeNo)
			s.leader.shown("#queue .queue-who button")
		case i < 6:
			s.leader.fill("#f-who", p.Name)
			s.leader.shown("#queue .queue-who button")
			s.leader.says("可能是")
			s.leader.shown(fmt.Sprintf(`#queue button.choice[value="%d"]`, p.ID))
		default:
			s.leader.shown(fmt.Sprintf(`#queue button.choice[value="%d"]`, p.ID))
		}
		s.leader.says("已加入："+p.Name, fmt.Sprintf("%d / 10", i+1))
		if i == 4 {
			s.leader.shot("story-tube-2-filling")
		}
	}
	s.leader.hushes("加入下一个人") // it is full
	s.takeOut(s.stray)
	s.leader.says("已移出", "9 / 10")
	s.leader.shown(fmt.Sprintf(`#queue button.choice[value="%d"]`, s.people[9].ID))
	s.leader.says("10 / 10")
	s.leader.shot("story-tube-3-full")
	s.at(9, 10)
	s.leader.shown(fmt.Sprintf(`form[action="/tubes/%d/seal"] button`, s.tube))
	s.leader.says("已封管，可以送检")
	s.leader.hushes(unsaid...)
	if n := s.count(`select count(*) from sample where org_id = $1 and barcode = $2 and result = 'pending'`, barcode); n != 10 {
		s.t.Errorf("%d swabs wait in the tube, want 10", n)
	}
}

func (s *tubeStory) takeOut(p mate) {
	s.t.Helper()
	form := fmt.Sprintf(`form[action="/tubes/%d/members/%d/remove"]`, s.tube, p.ID)
	s.leader.click(fmt.Sprintf("details:has(%s) summary", form))
	s.leader.fill(form+" [name=reason]", "点错了人")
	s.leader.shot("story-tube-2-remove")
	s.leader.shown(form + " button.btn-danger")
}

// officerEntersTheResult: the ten are shown before anything is stored.
func (s *tubeStory) officerEntersTheResult() {
	s.at(16, 30)
	s.desk = s.tab(desk, authz.HealthOfficer)
	s.desk.open("/tubes")
	s.desk.shown(fmt.Sprintf(`a[href="/tubes/%d"]`, s.tube))
	s.desk.click("input[name=result][value=pool_abnormal]")
	s.desk.shown(fmt.Sprintf(`form[action="/tubes/%d/result"] button.btn-primary`, s.tube))
	s.desk.shot("story-tube-4-confirm")
	s.desk.says("将涉及 10 人，其中 10 个在岗的人要立即暂停上岗", "混管结果说的是这根管，不是哪一个人")
	s.desk.hushes(unsaid...)
	if n := eval[int](s.desk, `document.querySelectorAll('#concerned tbody tr').length`); n != 10 {
		s.t.Errorf("%d people in the preview, want 10", n)
	}
	for _, p := range s.people {
		s.desk.says(p.Name)
	}
	if n := s.held(); n != 0 {
		s.t.Errorf("%d people are held before anybody confirmed", n)
	}
	s.desk.shown("main form.form button.btn-danger")
	s.desk.says("已记入：10 人需要单采复核")
	s.desk.shot("story-tube-5-abnormal")
	s.desk.hushes(unsaid...)
}

func (s *tubeStory) allTenAreOffPost() {
	off := s.count(`select count(*) from standing where org_id = $1 and employee_id = any($2) and held
		and standing_state($3, s0, t1, s1, t2, s2, t3, s3) = 8`, s.ids(), s.clock.Now())
	if off != 10 {
		s.t.Errorf("%d of ten are off post", off)
	}
	if n := s.count(`select count(*) from hold where org_id = $1 and employee_id = any($2) and kind = 'pool_abnormal' and derived and released_at is null`, s.ids()); n != 10 {
		s.t.Errorf("%d holds by the tube, want 10", n)
	}
	s.desk.open("/holds?kind=pool_abnormal")
	s.desk.shot("story-tube-6-holds")
	for _, p := range s.people {
		s.desk.says(p.Name)
	}
	s.desk.says("混管异常待复核", "等待单采复核", "单采阴性 0/1")
	s.desk.hushes(append([]string{s.stray.Name}, unsaid...)...)
	s.leader.open(fmt.Sprintf("/tubes/%d", s.tube))
	s.leader.shot("story-tube-7-leader")
	s.leader.says("管内每个人都先留在原处，尽快单采复核", "需单采复核", "已单采")
	s.leader.hushes(unsaid...)
}

func (s *tubeStory) workerIsToldWhatToDo() {
	s.mine = s.tab(phone, authz.Worker)
	s.mine.open("/me")
	s.mine.shot("story-tube-8-me")
	s.mine.says("请勿到岗", "怎样恢复到岗", "管控开始后单采的核酸阴性 1 次；满足后自动解除")
	s.mine.hushes(unsaid...)
	for _, page := range []string{"/me/standing", "/me/file"} {
		s.mine.open(page)
		s.mine.says("混管异常待复核", "单采")
		s.mine.hushes(unsaid...)
	}
	s.mine.shot("story-tube-8-file")
}

func (s *tubeStory) oneIncidentIsOpen() {
	if n := s.count(`select count(*) from incident where org_id = $1`) - s.incidents; n != 1 {
		s.t.Errorf("%d incidents for one tube, want one", n)
	}
	id := look[int64](s.t, s.world, `select max(id) from incident where org_id = $1 and kind = 'pool_abnormal' and state = 'open'`, s.org)
	if n := s.count(`select count(*) from incident_person where org_id = $1 and incident_id = $2 and role = 'index' and employee_id = any($3)`, id, s.ids()); n != 10 {
		s.t.Errorf("the incident is about %d of the ten", n)
	}
	s.desk.open("/incidents?show=open")
	s.desk.shown(fmt.Sprintf(`a[href="/incidents/%d"]`, id))
	s.desk.shot("story-tube-9-incident")
	s.desk.says("混管异常待复核", "立即单采复核", "18:30")
	s.desk.hushes(unsaid...)
}

func (s *tubeStory) bureauSeesTheClock() {
	city := s.tab(desk, authz.CityBureau)
	city.open("/bureau/incidents")
	s.namesNobody(city)
	city.shown(fmt.Sprintf(`a[href="/bureau/incidents/%d"]`, s.org))
	city.shot("story-tube-10-bureau")
	city.says("混管异常待复核", "16:40 前", "17:00 前", "18:30 前")
	s.namesNobody(city)
}

func (s *tubeStory) namesNobody(tb *tab) {
	s.t.Helper()
	tb.hushes(unsaid...)
	shown := tb.text("body")
	for _, p := range s.people {
		if strings.Contains(shown, p.Name) || strings.Contains(shown, p.EmployeeNo) {
			s.t.Errorf("%s names %s", tb.where(), p.Name)
		}
	}
	tb.hushes(barcode)
}

// everybodyIsSampledAlone: the leader notes each swab on the phone, with one press.
func (s *tubeStory) everybodyIsSampledAlone() {
	for i, p := range s.people {
		s.sampled[p.ID] = s.at(17, 2*i)
		s.leader.shown(fmt.Sprintf(`form[action="/tubes/%d/members/%d/taken"] button`, s.tube, p.ID))
	}
	s.leader.says("已登记单采。结果出来前仍暂停上岗。")
	s.leader.shot("story-tube-11-sampled")
	if n := s.held(); n != 10 {
		s.t.Errorf("%d people are held while their results are awaited, want 10", n)
	}
}

// tell enters what a sample taken alone says.
func (s *tubeStory) tell(p mate, result string) {
	s.t.Helper()
	s.desk.open(fmt.Sprintf("/tubes/%d", s.tube))
	s.desk.shown(fmt.Sprintf(`a[href="/tubes/%d/members/%d/single"]`, s.tube, p.ID))
	s.desk.click("input[name=result][value=" + result + "]")
	s.desk.shown("main form.form button.btn-primary")
	s.desk.says("单采结果已记入")
}

func (s *tubeStory) eightAreFreed() {
	for i, p := range s.people[:8] {
		s.at(21, i)
		s.tell(p, "negative")
		s.desk.says(fmt.Sprintf("%d / 10", i+1))
		s.desk.hushes(unsaid...)
		if n := s.held(); n != 9-i {
			s.t.Errorf("%d people are held after %d negative samples", n, i+1)
		}
	}
	s.desk.shot("story-tube-12-eight")
	s.desk.open("/tubes?show=unresolved")
	s.desk.says(barcode, "已复核 8 / 10")
	s.desk.shot("story-tube-12-list")
}

func (s *tubeStory) anInvalidOneIsTakenAgain() {
	p := s.people[8]
	s.at(21, 10)
	s.tell(p, "invalid")
	s.desk.says("8 / 10")
	s.leader.open(fmt.Sprintf("/tubes/%d", s.tube))
	s.sampled[p.ID] = s.at(21, 30)
	s.leader.shown(fmt.Sprintf(`form[action="/tubes/%d/members/%d/taken"] button`, s.tube, p.ID))
	s.at(23, 30)
	if n := s.held(); n != 2 {
		s.t.Errorf("%d people are held, want the two without a result", n)
	}
	s.tell(p, "negative")
	s.desk.says("9 / 10")
	s.desk.hushes(append([]string{"可疑"}, unsaid...)...)
}

// oneIsSuspicious: now there is a word for one person, and for no other.
func (s *tubeStory) oneIsSuspicious() {
	last := s.people[9]
	own := s.join(last.EmployeeNo)
	own.hushes(append([]string{"可疑"}, unsaid...)...)
	s.at(23, 40)
	s.tell(last, "suspicious")
	s.desk.says("10 / 10", "可疑")
	s.desk.shot("story-tube-13-resolved")
	if n := s.count(`select count(*) from hold where org_id = $1 and employee_id = $2 and kind = 'suspicious' and released_at is null`, last.ID); n != 1 || s.held() != 1 {
		s.t.Errorf("%d holds by the suspicious sample, %d people held, want one and one", n, s.held())
	}
	s.desk.open("/holds?kind=suspicious")
	s.desk.says(last.Name, "结果可疑待复核")
	s.desk.shot("story-tube-13-holds")
	own.open("/me")
	own.shot("story-tube-13-me")
	own.says("请勿到岗")
	own.hushes(unsaid...)
	if n := s.count(`select count(*) from incident where org_id = $1`) - s.incidents; n != 1 {
		s.t.Errorf("%d incidents at the end, want the one", n)
	}
}

func (s *tubeStory) theTubeIsResolved() {
	s.desk.open(fmt.Sprintf("/tubes/%d", s.tube))
	s.desk.says("已全部复核", "管内每个人都已复核完毕")
	s.desk.open("/tubes?show=unresolved")
	s.desk.hushes(barcode)
	s.leader.open(fmt.Sprintf("/tubes/%d", s.tube))
	s.leader.hushes(append([]string{"可疑", "需单采复核"}, unsaid...)...)
	s.leader.shot("story-tube-14-leader")
}

func (s *tubeStory) workerIsBack() {
	due := s.sampled[s.people[0].ID].Add(7 * 24 * time.Hour).In(zone).Format("01-02")
	s.mine.open("/me")
	s.mine.shot("story-tube-15-me")
	s.mine.says("在有效期", due, "17:00")
	s.mine.hushes(append([]string{"请勿到岗", "可疑"}, unsaid...)...)
}

func (s *tubeStory) everythingIsWrittenDown() {
	for action, want := range map[string]int{"tube.open": 1, "tube.add": 11, "tube.remove": 1, "tube.seal": 1, "tube.result": 1, "tube.single": 22} {
		if n := s.count(`select count(*) from audit_log where org_id = $1 and subject = 'tube' and subject_id = $2 and action = $3`, barcode, action); n != want {
			s.t.Errorf("the log tells %d times of %s, want %d", n, action, want)
		}
	}
}
