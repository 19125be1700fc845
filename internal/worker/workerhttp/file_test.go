package workerhttp_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/symptom"
)

func TestFileShowsEverythingAndWhoLooked(t *testing.T) {
	s := newStage(t)
	hr := s.HR(s.Org)
	p, err := s.people.Create(t.Context(), hr, employee.Incoming{Name: "张三", IDType: "cn_id", IDNumber: "370303198503149970", Mobile: "13953312345",
		Workshop: "一车间", Team: "一班", Post: "打磨工", HomeAddress: "张店区马尚街道世纪花园小区3号楼2单元501"}, now.AddDate(0, 0, -20))
	if err != nil {
		t.Fatal(err)
	}
	me := p.ID
	s.record(t, me, 24*time.Hour, regime.Negative)
	worker := s.Worker(s.Org, me)
	report, err := s.reports.Report(t.Context(), worker, symptom.Input{Employee: me, At: now.Add(-25 * time.Hour), Symptoms: []string{"cough"}, Note: "昨夜开始"},
		now.Add(-25*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.holds.Release(t.Context(), hr, me, report.Hold, hold.Release{Reason: "发热门诊已排除"}, now); err != nil {
		t.Fatal(err)
	}
	if _, err := s.people.Reveal(t.Context(), hr, me, employee.FieldMobile, "电话通知本人", now); err != nil {
		t.Fatal(err)
	}
	c := s.as(t, worker)
	page := c.Get("/me/file")
	has(t, page, 200, "张三", "3703**********9970", "139****2345", "打磨工", "建立档案", "采样（核酸）", "阴性", "咳嗽", "昨夜开始", "开始管控：症状待排查", "发热门诊已排除",
		"防疫专员 查看了完整号码", "电话通知本人", "登记或修改了您的记录")
	lacks(t, page, "370303198503149970", "13953312345", "501", "职工 查看了您的档案", "我的管控")
	has(t, s.site.As(t, httpd.Viewer{Scope: s.Worker(s.Org, me), Lang: "en"}).Get("/me/file"), 200, "Who opened or changed my file")

	for i := range 40 {
		s.record(t, me, time.Duration(i+30)*time.Hour, regime.Negative)
	}
	first := c.Get("/me/file")
	older := regexp.MustCompile(`/me/file\?before=\d+`).FindString(first.Body)
	if older == "" {
		t.Fatal("no way to older records")
	}
	second := c.Get(older)
	has(t, second, 200, "建立档案")
	total := strings.Count(first.Body, "采样（核酸）") + strings.Count(second.Body, "采样（核酸）")
	if total != 41 {
		t.Errorf("%d samples on two pages, want 41", total)
	}
}

// Who is held reads why, what ends it and from when; nobody reads another's.
func TestFileTellsWhatEndsTheOwnHold(t *testing.T) {
	s := newStage(t)
	var ids []int64
	for _, in := range []employee.Incoming{{Name: "张三", IDNumber: "370303198503149970"}, {Name: "李四", IDNumber: "370302199002289965"}} {
		p, err := s.people.Create(t.Context(), s.HR(s.Org), in, now.AddDate(0, 0, -20))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, p.ID)
	}
	me, mate := ids[0], ids[1]
	if _, err := s.reports.Report(t.Context(), s.Worker(s.Org, me), symptom.Input{Employee: me, At: now, Symptoms: []string{"cough"}}, now); err != nil {
		t.Fatal(err)
	}
	page := s.as(t, s.Worker(s.Org, me)).Get("/me/file")
	has(t, page, 200, "我的管控", "症状待排查", "24 小时没有新的发热或症状上报", "最早 2022-03-25 (周五) 09:00", "管控开始后采样的核酸阴性 1 次", "0 / 1", "防疫专员确认解除")
	has(t, s.site.As(t, httpd.Viewer{Scope: s.Worker(s.Org, me), Lang: "en"}).Get("/me/file"), 200, "Why I am held", "Not before")
	other := s.as(t, s.Worker(s.Org, mate)).Get("/me/file")
	has(t, other, 200, "李四")
	lacks(t, other, "我的管控", "症状待排查")
}

func TestReminders(t *testing.T) {
	s := newStage(t)
	me := s.Employee(s.Org, s.Team, "张三")
	c := s.as(t, s.Worker(s.Org, me))
	has(t, c.Get("/me/reminders"), 200, "没有提醒")
	s.Base.Owner.MustExec(`with r as (insert into reminder (org_id, duty, employee_id, due_at, step, audience, send_from, send_until, planned_at, planned_by)
			values ($1, 'test', $2, $3, 't-24h', 'worker', $4, $3, $4, 0) returning id)
		insert into delivery (org_id, reminder_id, channel, recipient, state, next_at, created_at, sent_at)
		select $1, id, 'inapp', 'employee:' || $2::text, 'sent', $4, $4, $4 from r`, s.Org, me, now.Add(20*time.Hour), now)
	has(t, c.Get("/me"), 200, "请在 2022-03-25 (周五) 05:00 前采样", "知道了")
	// Where the card says the same, the reminder waits in its own list.
	s.record(t, me, 148*time.Hour, regime.Negative)
	home := c.Get("/me")
	has(t, home, 200, "请在 2022-03-25 (周五) 05:00 前采样")
	lacks(t, home, "知道了")
	s.record(t, me, time.Hour, regime.Negative)
	mate := s.as(t, s.Worker(s.Org, s.Employee(s.Org, s.Team, "李四")))
	lacks(t, mate.Get("/me/reminders"), "03-25 (周五) 05:00")
	if r := c.Post("/me/reminders/read", nil); r.Location() != "/me" {
		t.Errorf("to %s", r.Location())
	}
	lacks(t, c.Get("/me"), "知道了")
	has(t, c.Get("/me/reminders"), 200, "请在 2022-03-25 (周五) 05:00 前采样")
}

// TestTeamHidesResults: two teams that differ only in results and symptoms of people away look alike to their leader.
func TestTeamHidesResults(t *testing.T) {
	s := newStage(t)
	overdue, clear := s.Employee(s.Org, s.Team, "<b>甲某"), s.Employee(s.Org, s.Team, "乙某")
	positive, ill := s.Employee(s.Org, s.Team, "丙某"), s.Employee(s.Org, s.Team, "丁某")
	s.Employee(s.Org, s.Other, "戊某")
	s.record(t, overdue, 200*time.Hour, regime.Negative)
	s.record(t, clear, time.Hour, regime.Negative)
	s.record(t, positive, time.Hour, regime.Positive)
	if _, err := s.reports.Report(t.Context(), s.HR(s.Org), symptom.Input{Employee: ill, At: now, Symptoms: []string{"cough"}}, now); err != nil {
		t.Fatal(err)
	}
	c := s.as(t, s.Leader(0, s.Team))
	page := c.Get("/team")
	has(t, page, 200, "&lt;b&gt;甲某", "乙某", "丙某", "应检未检", "不在岗", fmt.Sprintf("/employees/%d/sample", clear), fmt.Sprintf("/employees/%d/symptom", clear),
		fmt.Sprintf("/samples/new?tick=due&amp;team=%d", s.Team))
	lacks(t, page, "阴性", "阳性", "咳嗽", "暂停上岗", "戊某", "<b>甲某", "/org/invites")
	if strings.Index(page.Body, "甲某") > strings.Index(page.Body, "乙某") {
		t.Error("who is due does not come first")
	}
	row := func(name string) string {
		_, after, _ := strings.Cut(page.Body, name+"<")
		cells, _, _ := strings.Cut(after, "</tr>")
		return regexp.MustCompile(`\d+`).ReplaceAllString(cells, "")
	}
	if row("丙某") != row("丁某") {
		t.Errorf("a positive and a cough look different:\n%s\n%s", row("丙某"), row("丁某"))
	}
	filtered := c.Get("/team?duty=overdue")
	has(t, filtered, 200, "甲某")
	lacks(t, filtered, "乙某")
	has(t, c.Get("/team?q=乙某"), 200, "乙某")
	has(t, s.as(t, s.Leader(0)).Get("/team"), 200, "您名下还没有班组成员")
	has(t, s.site.As(t, httpd.Viewer{Scope: s.Leader(0, s.Team, s.Other), Lang: "en"}).Get("/team"), 200, "Overdue", "戊某")
}
