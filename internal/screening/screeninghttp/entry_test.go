package screeninghttp_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/fugong/fugong/internal/regime"
)

func TestOneSample(t *testing.T) {
	s := newStage(t)
	me := s.Employee(s.Org, s.Team, "张三")
	hr := s.as(t, s.HR(s.Org))
	path := fmt.Sprintf("/employees/%d/sample", me)
	has(t, hr.Get(path), 200, "登记采样：张三", `value="2022-03-24T09:00"`, "结果出来后")
	form := url.Values{"sampled_at": {"2022-03-24T12:00"}, "result": {"pending"}, "institution": {"张店区人民医院"}, "note": {"夜班"}}
	has(t, hr.Post(path, form), 422, "时间在未来", "张店区人民医院", "夜班")
	form.Set("sampled_at", "soon")
	has(t, hr.Post(path, form), 422, "请填写日期和时间")
	form.Set("sampled_at", "2022-02-01T08:00")
	has(t, hr.Post(path, form), 422, "请填写补录理由")
	form.Set("sampled_at", "2022-03-24T08:30")
	if r := hr.Post(path, form); r.Status != 303 || r.Location() != fmt.Sprintf("/employees/%d", me) {
		t.Fatalf("%d to %s", r.Status, r.Location())
	}
	has(t, hr.Get(path), 200, "已登记", `value="张店区人民医院" checked`)
	if n := s.Count(`select count(*) from sample where employee_id = $1 and proof = 'staff' and sampled_at = '2022-03-24 08:30+08'`, me); n != 1 {
		t.Errorf("%d samples", n)
	}
	form.Set("result", "negative")
	hr.Post(path, form)
	form.Set("result", "positive")
	r := hr.Post(path, form)
	if !strings.HasPrefix(r.Location(), "/samples/") {
		t.Fatalf("a conflict leads to %s", r.Location())
	}
	has(t, hr.Get(r.Location()), 200, "暂按较重的算", "阴性", "第 1 版")
}

// TestLeaderLearnsNothing: whatever was known before, the leader gets the same answer.
func TestLeaderLearnsNothing(t *testing.T) {
	s := newStage(t)
	leader := s.as(t, s.Leader(0, s.Team))
	var answers []string
	for i, known := range []regime.Result{regime.Positive, regime.Negative, 0} {
		me := s.Employee(s.Org, s.Team, fmt.Sprint("职工", i))
		if known != 0 {
			s.record(t, me, 2, known)
		}
		path := fmt.Sprintf("/employees/%d/sample", me)
		page := leader.Get(path)
		has(t, page, 200)
		lacks(t, page, "已有", "source")
		r := leader.Post(path, url.Values{"sampled_at": {"2022-03-24T07:00"}, "result": {"negative"}, "institution": {"区医院"}})
		answers = append(answers, fmt.Sprint(r.Status, r.Location(), r.Body))
		has(t, leader.Get(path), 200, "已登记。结果出来后可以再次补填。")
	}
	if answers[0] != answers[1] || answers[1] != answers[2] {
		t.Errorf("answers differ: %q", answers)
	}
}

func TestTeam(t *testing.T) {
	s := newStage(t)
	overdue, clear := s.Employee(s.Org, s.Team, "甲某"), s.Employee(s.Org, s.Team, "乙某")
	s.record(t, overdue, 24*9, regime.Negative)
	s.record(t, clear, 24, regime.Negative)
	far := s.Employee(s.Org, s.Other, "丙某")
	hr := s.as(t, s.HR(s.Org))
	has(t, hr.Get("/samples/new"), 200, "选择班组", "一车间 · 一班")
	path := fmt.Sprintf("/samples/new?team=%d", s.Team)
	page := hr.Get(path + "&tick=due")
	has(t, page, 200, fmt.Sprintf(`value="%d" checked`, overdue), "应检未检")
	lacks(t, page, fmt.Sprintf(`value="%d" checked`, clear), "丙某")
	if strings.Index(page.Body, "甲某") > strings.Index(page.Body, "乙某") {
		t.Error("who is due does not come first")
	}
	form := url.Values{"sampled_at": {"2022-03-24T08:30"}, "result": {"pending"}, "mode": {"pool10"}, "institution": {"厂区采样点"}}
	has(t, hr.Post(path, form), 422, "请勾选采了样的人", "厂区采样点")
	form["people"] = []string{fmt.Sprint(overdue), fmt.Sprint(clear)}
	form.Set("sampled_at", "2022-03-25T08:30")
	has(t, hr.Post(path, form), 422, "时间在未来", fmt.Sprintf(`value="%d" checked`, clear))
	form.Set("sampled_at", "2022-03-24T08:30")
	if r := hr.Post(path, form); r.Status != 303 || r.Location() != "/samples" {
		t.Fatalf("%d to %s", r.Status, r.Location())
	}
	has(t, hr.Get("/samples"), 200, "已登记 2 人", "10:1 混采")

	leader := s.as(t, s.Leader(0, s.Team))
	page = leader.Get("/samples/new?team=" + fmt.Sprint(s.Other))
	lacks(t, page, "丙某")
	form["people"] = []string{fmt.Sprint(far)}
	if r := leader.Post(path, form); r.Status != 404 {
		t.Errorf("a leader recorded for another team: %d", r.Status)
	}
	form["people"] = []string{fmt.Sprint(clear)}
	if r := leader.Post(path, form); r.Status != 303 || r.Location() != "/team" {
		t.Errorf("leader: %d to %s", r.Status, r.Location())
	}
}
