package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A fever at ten o'clock, told once as people live it: a worker reports it on the phone, the response opens by itself and runs by
// the clock, one report is late and is brought to the next level, contacts wait and are let go, the clinic excludes COVID, and the
// worker comes back by a sample taken after the fever began. A drill beside it counts nowhere.
func TestFeverStory(t *testing.T) {
	f := newFever(t)
	f.workerReportsAFever()
	f.anotherReportOpensNoSecond()
	f.leaderStopsAndReports()
	f.theReportIsLateAndIsTold()
	f.theBureauSeesTheClock()
	f.theReportIsMade()
	f.contactsWait()
	f.messagesNameNobody()
	f.aDrillCountsNowhere()
	f.theOtherStepsAreDone()
	f.noReleaseBeforeALaterSample()
	f.aLaterSampleReleases()
	f.contactsAreLetGo()
	f.theIncidentIsClosed()
	f.theReportPrints()
	f.itIsAllWrittenDown()
}

const openIncidents = `select count(*) from incident i join incident_person p on p.org_id = i.org_id and p.incident_id = i.id
	where p.employee_id = $1 and p.role = 'index' and i.state = 'open' and not i.drill`

func (f *fever) workerReportsAFever() {
	if n := look[int](f.t, f.world, openIncidents, f.worker); n != 0 {
		f.t.Fatalf("the worker stands in %d incidents before the story", n)
	}
	f.desk.open("/week")
	f.desk.until(patience, `document.querySelector('#alerts')`)
	ten := f.at(24, "10:00")
	f.report("38.4", "dry_cough")
	f.desk.until(5*time.Second, fmt.Sprintf(`document.querySelector('#alerts').innerText.includes(%q)`, f.name))
	f.desk.shot("fever-01-alert")
	f.phone.shot("fever-02-told")
	f.says(f.phone, "main", "请停下工作，戴好口罩，留在原处，等专员联系您", "请勿到岗")
	f.incident = look[int64](f.t, f.world, `select i.id from incident i join incident_person p on p.org_id = i.org_id and p.incident_id = i.id
		where p.employee_id = $1 and i.state = 'open' and i.kind = 'symptom' and i.detected_at = $2`, f.worker, ten)
	f.desk.open(f.page())
	f.desk.shot("fever-03-incident")
	f.says(f.desk, "#incident-clocks", "10:10 前", "10:15 前", "10:30 前，最迟 12:00", "11:00 前", "12:00 前", "22:00 前", "03-25 00:00 前", "还剩 10 分钟")
	f.says(f.desk, "main", f.name, f.team, "发热等症状")
}

func (f *fever) anotherReportOpensNoSecond() {
	f.at(24, "10:04")
	f.report("38.6", "fever")
	if n := look[int](f.t, f.world, openIncidents, f.worker); n != 1 {
		f.t.Errorf("%d open incidents after two reports, want 1", n)
	}
	if n := look[int](f.t, f.world, `select count(*) from hold where employee_id = $1 and kind = 'symptom' and released_at is null`, f.worker); n != 1 {
		f.t.Errorf("%d holds after two reports, want 1", n)
	}
}

func (f *fever) leaderStopsAndReports() {
	f.at(24, "10:06")
	f.lead.open("/incidents")
	f.lead.follow(fmt.Sprintf(`main a[href="%s"]`, f.page()))
	f.lead.shot("fever-04-leader")
	f.says(f.lead, "main", "停工，转入临时隔离室", "还剩 4 分钟", "其余步骤由疫情防控专员办理", f.name)
	f.silent(f.lead, "main", "发热", "症状", "38.", "干咳", "门诊")
	f.do(f.lead, "", "", "")
	f.at(24, "10:12")
	f.lead.open(f.page())
	f.do(f.lead, "", "已电话报告王敏，人在隔离室", "")
	f.lead.shot("fever-05-leader-done")
	f.isDone("stop_isolate", 1, "10:06")
	f.isDone("internal_report", 1, "10:12")
	if f.lead.open(fmt.Sprintf("%s/steps/external_report/1", f.page())) != http.StatusForbidden {
		f.t.Error("a leader opens the officer's step")
	}
	f.lead.complaints() // the browser reports such an answer as an error
}

// theReportIsLateAndIsTold: the page that the officer has open says so by itself.
func (f *fever) theReportIsLateAndIsTold() {
	f.at(24, "10:30")
	f.tick()
	told, row := f.toldToAdministrator(), f.firmRow()
	f.desk.open(f.page())
	f.says(f.desk, "#incident-clocks .standing", "报告社区镇办、疾控和工信", "即将到时", "对外口径")
	f.at(24, "10:31")
	f.tick()
	f.desk.until(15*time.Second, `document.querySelector('#incident-clocks .standing').innerText.includes('已超时 1 分钟')`)
	f.desk.shot("fever-06-late")
	if !eval[bool](f.desk, `document.querySelector('#incident-clocks .standing').classList.contains('tone-danger')`) {
		f.t.Error("a late step has not changed its colour")
	}
	f.says(f.desk, "#incident-clocks", "已超时告知：企业管理员")
	f.desk.open(f.page())
	if n := strings.Count(f.desk.text("main"), "报告社区镇办、疾控和工信 超时，已告知企业管理员"); n != 1 {
		f.t.Errorf("the record says %d times that the administrator was told, want once", n)
	}
	var step struct{ Escalations, Notes int }
	err := f.db.GetContext(f.t.Context(), &step, `select s.escalations, (select count(*) from incident_note n where n.incident_id = s.incident_id and n.step = s.step) as notes
		from incident_step s where incident_id = $1 and step = 'external_report'`, f.incident)
	if err != nil || step.Escalations != 1 || step.Notes != 1 {
		f.t.Errorf("told %d times, %d notes (%v), want 1 of each", step.Escalations, step.Notes, err)
	}
	if n := f.toldToAdministrator(); n != told+1 {
		f.t.Errorf("the list tells the administrator of %d late steps, of %d before", n, told)
	}
	if now := f.firmRow(); now.Open != row.Open || now.Late != row.Late+1 || now.Hard != row.Hard {
		f.t.Errorf("the bureau counts %+v, %+v before", now, row)
	}
}

func (f *fever) theBureauSeesTheClock() {
	f.city.open("/bureau/incidents")
	f.city.shot("fever-07-bureau")
	district := look[string](f.t, f.world, `select admin_zone from org where id = $1`, f.org)
	if late := eval[int](f.city, fmt.Sprintf(`Number(document.querySelectorAll('#areas tr:has(a[href$="zone=%s"]) .c-num')[2].innerText)`, district)); late < 1 {
		f.t.Errorf("the city sees %d late steps in the district %s", late, district)
	}
	f.silent(f.city, "main", f.everybody...)
	f.city.follow(fmt.Sprintf(`#firms a[href="/bureau/incidents/%d"]`, f.org))
	f.city.shot("fever-08-bureau-firm")
	f.says(f.city, "main", fmt.Sprintf("第 %d 号 · 发热等症状", f.incident), "报告社区镇办、疾控和工信", "已超时", "10:30 前，最迟 12:00")
	f.silent(f.city, "main", f.everybody...)
}

func (f *fever) theReportIsMade() {
	f.at(24, "10:40")
	picture := filepath.Join(f.t.TempDir(), "接报记录.jpg")
	if err := os.WriteFile(picture, photograph(f.t), 0o600); err != nil {
		f.t.Fatal(err)
	}
	f.desk.open(f.page())
	f.do(f.desk, "", "科苑社区 张主任、张店疾控 李科长、区工信局值班室均已接报", picture)
	f.desk.shot("fever-09-reported")
	f.isDone("external_report", 1, "10:40")
	f.says(f.desk, "main", "完成（超时）", "科苑社区 张主任", "查看照片")
}
