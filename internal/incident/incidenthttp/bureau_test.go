package incidenthttp_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/fugong/fugong/internal/httpd/httpdtest"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/incident"
	"github.com/fugong/fugong/internal/incident/plan"
)

// The bureau's pages hold no name: neither of those concerned nor of those who act.
func TestTheBureauSeesClocks(t *testing.T) {
	s := newStage(t)
	id := s.held("张三", "symptom")
	s.must(s.incidents.Do(t.Context(), s.hr(7, s.org), incident.StepID{Incident: id, Step: plan.StopIsolate, Round: 1}, incident.Deed{Text: "李四送"}, s.at))
	s.clock.Set(s.at.Add(3 * time.Hour))
	if _, err := s.incidents.Escalate(t.Context(), s.clock.Now()); err != nil {
		t.Fatal(err)
	}
	city := s.as(authz.Scope{Account: 90, Actor: "局长", Role: authz.CityBureau, Org: 999})
	page := city.Get("/bureau/incidents")
	keep(t, "bureau", page)
	has(t, page, 200, "张店区", "测试企业1", "超法定时限", "共 1 条", "03-24")
	one := city.Get(fmt.Sprintf("/bureau/incidents/%d", s.org))
	keep(t, "enterprise", one)
	has(t, one, 200, "测试企业1", "张店区", "发热等症状", "超法定时限", "已超时告知：企业管理员；工信主管部门", "班组长")
	for _, r := range []httpdtest.Response{page, one} {
		lacks(t, r, "张三", "李四", "王敏", "一车间", "一班")
	}
	has(t, city.Get("/bureau/incidents?zone=370305"), 200, "共 0 条")
	has(t, city.Get("/bureau/incidents?q=测试企业1"), 200, "共 1 条")
	book, err := excelize.OpenReader(strings.NewReader(city.Get("/bureau/incidents/export").Body))
	s.must(err)
	rows, err := book.GetRows("应急处置时限")
	if err != nil || len(rows) != 2 || rows[1][0] != "测试企业1" {
		t.Errorf("%q, %v", rows, err)
	}
	district := s.as(authz.Scope{Account: 91, Actor: "临淄", Role: authz.DistrictBureau, Org: 998, Division: "370305"})
	has(t, district.Get("/bureau/incidents"), 200, "目前没有处置中的事件")
	if r := district.Get(fmt.Sprintf("/bureau/incidents/%d", s.org)); r.Status != 404 {
		t.Errorf("another district's enterprise: %d", r.Status)
	}
	if r := city.Get(at(id, "")); r.Status != 403 {
		t.Errorf("the bureau opens an incident: %d", r.Status)
	}
	if r := s.as(s.hr(7, s.org)).Get("/bureau/incidents"); r.Status != 403 {
		t.Errorf("an enterprise opens the bureau's page: %d", r.Status)
	}
}
