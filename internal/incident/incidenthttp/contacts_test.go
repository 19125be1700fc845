package incidenthttp_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/testkit"
)

func TestContactsFromAssemblyToTheCDC(t *testing.T) {
	s := newStage(t)
	id := s.held("张三", "symptom")
	hr := s.as(s.hr(7, s.org))
	page := at(id, "/contacts")
	has(t, hr.Get(page), 200, "还没有接触人员", "一键汇总")
	hr.Post(page+"/assemble", url.Values{"links": {}})
	has(t, hr.Get(page), 200, "请至少选择一种关联")
	hr.Post(page+"/assemble", url.Values{"links": {"team", "dorm", "bus", "canteen"}})
	r := hr.Get(page)
	keep(t, "contacts", r)
	has(t, r, 200, "已汇总，新增 2 人", "李四", "王五", "同班组同班次", "同班车", "让名单上 2 人原地等候")
	lacks(t, r, "赵六")
	hr.Post(page+"/add", url.Values{"who": {"赵六"}})
	has(t, hr.Get(page+"?link=hand"), 200, "赵六", "人工添加", "共 1 条")
	hr.Post(page+"/strike", url.Values{"ids": {fmt.Sprint(s.people["王五"]), "x"}})
	has(t, hr.Get(page+"?state=cleared"), 200, "已移出 1 人", "王五", "共 1 条")
	hr.Post(page+"/wait", url.Values{})
	has(t, hr.Get(page), 200, "没有选中可以办理的人员")
	hr.Post(page+"/wait", url.Values{"all": {"1"}})
	has(t, hr.Get(page+"?state=waiting"), 200, "2 人已登记原地等候", "李四", "赵六", "共 2 条")
	if n := testkit.Get[int](s.Kit, `select count(*) from hold where kind = 'temp_isolation'`); n != 2 {
		t.Errorf("%d held", n)
	}
	s.Exec(`update employee set employee_no = case name when '赵六' then 'Z04' when '李四' then '' else employee_no end`)
	has(t, hr.Get(page), 200, "解除等候（1 人）", `action="/holds/release/back"`, `value="Z04"`)
	s.Exec(`update hold set released_at = $1, released_by = 7 where kind = 'temp_isolation' and employee_id = $2`, s.at, s.people["赵六"])
	r = hr.Get(page + "?state=released")
	has(t, r, 200, "已解除", "赵六", "共 1 条")
	lacks(t, r, "解除等候")
	s.Exec(`update hold set released_at = null where kind = 'temp_isolation'`)
	hr.Post(page+"/restore", url.Values{"ids": {fmt.Sprint(s.people["王五"])}})
	has(t, hr.Get(page), 200, "已恢复 1 人")

	hr.Post(page+"/handover", url.Values{"reason": {""}})
	has(t, hr.Get(page), 200, "没有办成")
	res := hr.Post(page+"/handover", url.Values{"reason": {"张店区疾控流调"}})
	book, err := excelize.OpenReader(strings.NewReader(res.Body))
	if err != nil {
		t.Fatalf("%d %v\n%.300s", res.Status, err, res.Body)
	}
	rows, err := book.GetRows("接触人员")
	s.must(err)
	all := fmt.Sprint(rows)
	if len(rows) != 5 || rows[1][0] != "当事人" || !strings.Contains(all, "370303198503149970") || !strings.Contains(all, "13905330004") || !strings.Contains(all, "原地等候") {
		t.Errorf("%q", rows)
	}
	if n := testkit.Get[int](s.Kit, `select count(*) from audit_log where reason = '张店区疾控流调' and is_read`); n < 4 {
		t.Errorf("%d readings written down", n)
	}
	foreign := s.as(s.hr(9, s.foreign))
	for _, p := range []string{"/assemble", "/add", "/strike", "/restore", "/wait", "/confirm", "/withdraw", "/handover"} {
		r := foreign.Post(page+p, url.Values{"links": {"team"}, "who": {"李四"}, "ids": {"1"}, "all": {"1"}, "reason": {"看看"}})
		if r.Status != 404 {
			t.Errorf("another org's %s: %d", p, r.Status)
		}
	}
}

func TestASecondPersonConfirms(t *testing.T) {
	s := newStage(t)
	id := s.held("张三", "symptom")
	for i := range hold.GroupLimit {
		n := s.Employee(s.org, testkit.Person{Name: fmt.Sprint("员工", i), Workshop: "一车间", Team: "一班", Since: s.at})
		s.Exec(`update employee set shift = '早班' where id = $1`, n)
	}
	page := at(id, "/contacts")
	first, other := s.as(s.hr(7, s.org)), s.as(authz.Scope{Account: 8, Actor: "李强", Role: authz.FirmAdmin, Org: s.org})
	first.Post(page+"/assemble", url.Values{"links": {"team"}})
	has(t, first.Get(page), 200, "需要另一位有权限的同事确认")
	first.Post(page+"/wait", url.Values{"all": {"1"}})
	r := first.Get(page)
	has(t, r, 200, "等待第二人确认", "王敏 申请让 21 人原地等候", "撤回申请")
	lacks(t, r, "确认，让")
	first.Post(page+"/confirm", nil)
	has(t, first.Get(page), 200, "须由另一位同事确认")
	r = other.Get(page)
	keep(t, "second", r)
	has(t, r, 200, "确认，让 21 人原地等候")
	other.Post(page+"/confirm", nil)
	has(t, other.Get(page), 200, "21 人已登记原地等候")
}
