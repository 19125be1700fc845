package employeehttp_test

import (
	"bytes"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/gb"
	"github.com/fugong/fugong/internal/platform/i18n"
	"github.com/fugong/fugong/internal/platform/sheet"
)

func TestAccess(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	mine := s.create(1, employee.Incoming{Name: "张三", IDNumber: idNumber(1), Mobile: "13912340001"})
	theirs := s.create(2, employee.Incoming{Name: "李四", IDNumber: idNumber(2)})
	acts := []string{"/return", "/rehire", "/place", "/leave", "/status", "/category", "/resign"}
	paths := []string{"/employees", "/employees/export", "/employees/new", at(mine, ""), at(mine, "/edit")}
	for _, a := range acts {
		paths = append(paths, at(mine, a))
	}
	for _, p := range paths {
		if r := s.site.Anonymous(t).Get(p); r.Status != 303 || !strings.HasPrefix(r.Location(), "/sign-in") {
			t.Errorf("%s, not signed in: %d to %s", p, r.Status, r.Location())
		}
		for _, role := range []authz.Role{authz.Worker, authz.TeamLeader, authz.CityBureau, authz.Auditor} {
			if r := s.as(scope(role, 1)).Get(p); r.Status != 403 {
				t.Errorf("%s as %s: %d", p, role, r.Status)
			}
		}
		if r := s.hr().Get(p); r.Status != 200 {
			t.Errorf("%s as health officer: %d", p, r.Status)
		}
	}
	for _, rest := range append([]string{"", "/edit"}, acts...) {
		if r := s.hr().Get(at(theirs, rest)); r.Status != 404 {
			t.Errorf("foreign %s: %d", rest, r.Status)
		}
	}
	for _, rest := range append([]string{"/edit", "/reveal"}, acts...) {
		form := url.Values{"version": {"1"}, "name": {"X"}, "reason": {"核对"}, "field": {"mobile"}, "work_status": {"controlled"}, "test_category": {"driver"}}
		if r := s.hr().Post(at(theirs, rest), form); r.Status != 404 {
			t.Errorf("post to foreign %s: %d", rest, r.Status)
		}
	}
	for _, p := range []string{"/employees/abc", "/employees/0", "/employees/999999"} {
		if r := s.hr().Get(p); r.Status != 404 {
			t.Errorf("%s: %d", p, r.Status)
		}
	}
}

func TestListShowsMaskedRowsAndCounts(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	has(t, s.hr().Get("/employees"), 200, "还没有职工档案", "/imports/new?kind=roster", "/employees/new")
	s.create(1, employee.Incoming{Name: "<script>alert(1)</script>", IDNumber: idNumber(1), Mobile: "13912340001", Workshop: "一车间", Team: "甲班"})
	s.create(1, employee.Incoming{Name: "李四", IDNumber: idNumber(2), WorkStatus: "请假"})
	s.create(2, employee.Incoming{Name: "外人", IDNumber: idNumber(3)})
	r := s.hr().Get("/employees")
	has(t, r, 200, "&lt;script&gt;alert", "李四", "139****0001", gb.MaskID(idNumber(1)), "一车间 · 甲班", "本页 2 条，共 2 条", "无记录 <b>1</b>", "不在岗 <b>1</b>",
		`formaction="/week/remind"`, `name="ids"`)
	lacks(t, r, "<script>alert", "外人", "13912340001", idNumber(1))
	r = s.hr().Get("/employees?state=off_post&sort=due&desc=1")
	has(t, r, 200, "李四", "本页 1 条，共 1 条", `aria-sort="descending"`)
	lacks(t, r, "alert(1)")
	has(t, s.hr().Get("/employees?q=lisi"), 200, "李四", "本页 1 条")
	has(t, s.hr().Get("/employees?state=nonsense&status=nonsense&team=x&id=y&size=1"), 200, "本页 1 条，共 2 条")
	has(t, s.hr().Get("/employees?category=driver"), 200, "没有符合条件的记录")

	narrow := scope(authz.HealthOfficer, 1).Narrow([]authz.Permission{authz.EmployeeView})
	narrow.Account = 99
	r = s.as(narrow).Get("/employees")
	has(t, r, 200, "李四")
	lacks(t, r, "/week/remind", "/employees/new", "/employees/export", "/imports/new")
}

func TestNumbersNeverStandInAnAddress(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	a := s.create(1, employee.Incoming{Name: "张三", IDNumber: idNumber(1), Mobile: "13912340001"})
	b := s.create(1, employee.Incoming{Name: "张四", IDNumber: idNumber(2), Mobile: "13912340001"})
	hr := s.hr()
	search := func(text string) string {
		t.Helper()
		r := hr.Post("/employees/search", url.Values{"q": {text}, "status": {"leave"}})
		if r.Status != 303 || strings.Contains(r.Location(), text) && employee.IsNumber(text) {
			t.Errorf("search for %s: %d to %s", text, r.Status, r.Location())
		}
		return r.Location()
	}
	if to := search(idNumber(1)); to != at(a, "") {
		t.Errorf("identity number leads to %s", to)
	}
	if to := search("139 1234 0001"); to != fmt.Sprintf("/employees?id=%d&id=%d", a, b) {
		t.Errorf("shared mobile leads to %s", to)
	}
	if to := search("张"); to != "/employees?q=%E5%BC%A0&status=leave" {
		t.Errorf("name leads to %s", to)
	}
	if to := search(idNumber(9)); to != "/employees" {
		t.Errorf("unknown number leads to %s", to)
	}
	has(t, hr.Get("/employees"), 200, "没有找到这个号码的职工")
	if r := hr.Get("/employees?q=" + idNumber(1)); r.Status != 303 || r.Location() != "/employees" {
		t.Errorf("a number in the address is answered: %d to %s", r.Status, r.Location())
	}
}

func TestCreateKeepsWhatWasTypedAndLinksTheTwin(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	hr := s.hr()
	form := url.Values{"name": {"张三"}, "id_number": {"37030319850314997"}, "workshop": {"一车间"}, "team": {"甲班"}, "mobile": {"139"}, "employment": {"dispatch"}}
	r := hr.Post("/employees/new", form)
	has(t, r, 422, "应为 18 位，现为 17 位", "手机号应为 11 位", `value="一车间"`, `value="37030319850314997"`, `href="#f-id_number"`, `value="dispatch" selected`)
	form.Set("id_number", "370303198503149970")
	form.Set("mobile", "13912340001")
	r = hr.Post("/employees/new", form)
	if r.Status != 303 {
		t.Fatalf("create: %d\n%s", r.Status, r.Body)
	}
	to := r.Location()
	has(t, hr.Get(to), 200, "已为 张三 建立档案", "3703**********9970", "劳务派遣", ">1985<", "男")
	lacks(t, hr.Get(to), "1985-03-14") // with the masked number it would give the whole one away
	r = hr.Post("/employees/new", form)
	has(t, r, 422, "该证件号码已有档案：张三", "打开已有档案", `href="`+to+`"`)
}

func TestFileShowsOneTimeline(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	id := s.create(1, employee.Incoming{Name: "张三", IDNumber: idNumber(1), Mobile: "13912340001", HomeAddress: "张店区马尚街道某小区3号楼"})
	s.create(2, employee.Incoming{Name: "张三", IDNumber: idNumber(1)})
	hr := s.hr()
	r := hr.Get(at(id, ""))
	has(t, r, 200, fmt.Sprint("card of ", id), "该证件号码在其他单位也在岗", "建立档案", "sample-00.", "sample-18.", at(id, "/sample"), at(id, "/symptom"),
		"139****0001", "张店区马尚街道某小区***", "更早")
	lacks(t, r, "13912340001", "3号楼", "sample-20.", "org 2", "somebody looked")
	// The page holds twenty entries, and the one that shares its minute with the last.
	if n := strings.Count(r.Body, `class="entry `); n != 21 {
		t.Errorf("%d entries on the first page", n)
	}
	earlier := r.Body[strings.Index(r.Body, at(id, "?before=")):]
	earlier, _, _ = strings.Cut(earlier, `"`)
	r = hr.Get(earlier)
	has(t, r, 200, "sample-20.", "sample-29.")
	lacks(t, r, "sample-19.", "建立档案", "更早")
	r = hr.Get(at(id, "?kind=change"))
	has(t, r, 200, "建立档案")
	lacks(t, r, "sample-00.", "somebody looked")
	has(t, hr.Get(at(id, "?kind=reading")), 200, "somebody looked", "王专员 记录")
	var readings int
	if err := s.data.Owner.Get(&readings, `select count(*) from audit_log where action = 'file.open' and employee_id = $1`, id); err != nil || readings != 4 {
		t.Errorf("%d readings recorded, %v", readings, err)
	}
}

func TestRevealAsksForAReason(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	id := s.create(1, employee.Incoming{Name: "张三", IDNumber: idNumber(1), Mobile: "13912340001"})
	hr := s.hr()
	r := hr.Post(at(id, "/reveal"), url.Values{"field": {"mobile"}, "reason": {""}})
	has(t, r, 422, "请写明理由")
	lacks(t, r, "13912340001")
	r = hr.Post(at(id, "/reveal"), url.Values{"field": {"mobile"}, "reason": {"通知返岗"}})
	has(t, r, 200, "13912340001", "本次查看已记录")
	lacks(t, r, idNumber(1))
	if r := hr.Post(at(id, "/reveal"), url.Values{"field": {"note"}, "reason": {"好奇"}}); r.Status != 404 {
		t.Errorf("unknown field: %d", r.Status)
	}
	// A refresh by address shows the file, masked.
	lacks(t, hr.Get(at(id, "/reveal")), "13912340001")
}

func TestEdit(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	id := s.create(1, employee.Incoming{Name: "张三", IDNumber: idNumber(1), Mobile: "13912340001", HomeAddress: "马尚街道1号", EmployeeNo: "1001"})
	hr := s.hr()
	r := hr.Get(at(id, "/edit"))
	has(t, r, 200, "139****0001，留空表示不修改", `value="张三"`, `value="1001"`)
	lacks(t, r, "13912340001", idNumber(1))
	form := url.Values{"version": {"1"}, "name": {"张三丰"}, "id_type": {"cn_id"}, "sex": {"M"}, "employment": {"regular"}, "employee_no": {"1001"}, "clear": {"home_address"}}
	form.Set("email", "nonsense")
	has(t, hr.Post(at(id, "/edit"), form), 422, "邮箱格式不对", `value="张三丰"`, `value="home_address" checked`)
	form.Set("email", "")
	form.Set("sex", map[bool]string{true: "M", false: "F"}[(idNumber(1)[16]-'0')%2 == 1])
	if r := hr.Post(at(id, "/edit"), form); r.Status != 303 {
		t.Fatalf("save: %d\n%s", r.Status, r.Body)
	}
	r = hr.Get(at(id, ""))
	has(t, r, 200, "张三丰", "139****0001", "张三 → 张三丰", "已保存")
	if r := hr.Post(at(id, "/edit"), form); r.Status != 409 {
		t.Errorf("edit of an old version: %d", r.Status)
	}
	if r := hr.Post(at(id, "/edit"), url.Values{"name": {"X"}}); r.Status != 409 {
		t.Errorf("edit without a version: %d", r.Status)
	}
}

func TestActs(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	id := s.create(1, employee.Incoming{Name: "张三", IDNumber: idNumber(1)})
	hr := s.hr()
	version := 1
	do := func(act string, form url.Values, texts ...string) {
		t.Helper()
		s.clock.Advance(time.Hour)
		form.Set("version", strconv.Itoa(version))
		if r := hr.Post(at(id, "/"+act), form); r.Status != 303 || r.Location() != at(id, "") {
			t.Fatalf("%s: %d to %s\n%s", act, r.Status, r.Location(), r.Body)
		}
		version++
		has(t, hr.Get(at(id, "")), 200, texts...)
	}
	local := func(d time.Duration) string {
		return s.clock.Now().Add(d).In(now.Location()).Format("2006-01-02T15:04")
	}

	do("place", url.Values{"workshop": {"二车间"}, "team": {"乙班"}, "post": {"叉车工"}, "reason": {"轮岗"}}, "二车间 · 乙班", "已调岗", "轮岗")
	do("category", url.Values{"test_category": {"driver"}}, "已变更检测类别", "在岗职工 → 司机")
	s.clock.Advance(time.Minute)
	r := hr.Post(at(id, "/leave"), url.Values{"version": {strconv.Itoa(version)}, "from": {local(time.Hour)}, "reason": {"回家"}})
	has(t, r, 422, "开始时间不能在将来", `value="回家"`)
	r = hr.Post(at(id, "/leave"), url.Values{"version": {strconv.Itoa(version)}, "from": {"yesterday"}})
	has(t, r, 422, "f-from-error")
	do("leave", url.Values{"from": {local(0)}, "until": {local(72 * time.Hour)}, "reason": {"病假"}}, "请假", "已登记请假", "销假到岗", "返岗审核")
	do("return", url.Values{"from": {local(0)}}, "已到岗", "请假 → 在岗")
	do("status", url.Values{"work_status": {"controlled"}, "from": {local(0)}}, "管控中")
	lacks(t, hr.Get(at(id, "")), at(id, "/return"))
	r = hr.Post(at(id, "/return"), url.Values{"version": {strconv.Itoa(version)}, "from": {local(0)}})
	has(t, r, 409, "先通过返岗审核")
	do("resign", url.Values{}, "已登记离职", "重新入职")
	lacks(t, hr.Get(at(id, "")), at(id, "/sample"))
	do("rehire", url.Values{}, "已重新入职", "待返岗")
	if r := hr.Post(at(id, "/leave"), url.Values{"version": {"1"}}); r.Status != 409 {
		t.Errorf("act on an old version: %d", r.Status)
	}
}

func TestExport(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.create(1, employee.Incoming{Name: "=1+1张", IDNumber: idNumber(1), Mobile: "13912340001", Workshop: "一车间"})
	s.create(1, employee.Incoming{Name: "李四", IDNumber: idNumber(2)})
	hr := s.hr()
	r := hr.Get("/employees/export?format=csv&workshop=%E4%B8%80%E8%BD%A6%E9%97%B4")
	has(t, r, 200, "工号", "139****0001", `"'=1+1张"`)
	lacks(t, r, "李四", "13912340001", idNumber(1))
	if d := r.Header.Get("Content-Disposition"); !strings.Contains(d, ".csv") || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers: %v", r.Header)
	}
	r = hr.Get("/employees/export")
	book, err := sheet.Open("x.xlsx", []byte(r.Body), sheet.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for row, err := range book.Sheets[0].Rows() {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row.Texts())
	}
	if len(rows) != 3 || !slices.Contains(rows[0], "证件号码") || bytes.Contains([]byte(fmt.Sprint(rows)), []byte(idNumber(1))) {
		t.Errorf("workbook: %v", rows)
	}
	r = hr.Post("/employees/export", url.Values{"reason": {""}})
	if r.Status != 303 || r.Location() != "/employees" {
		t.Errorf("full export without a reason: %d", r.Status)
	}
	has(t, hr.Get("/employees"), 200, "请写明理由")
	if r = hr.Post("/employees/export", url.Values{"reason": {"上报社区"}}); r.Status != 200 || !strings.HasPrefix(r.Body, "PK") {
		t.Errorf("full export: %d", r.Status)
	}
}

func TestEnglish(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	id := s.create(1, employee.Incoming{Name: "张三", IDNumber: idNumber(1)})
	c := s.site.As(t, httpd.Viewer{Scope: scope(authz.FirmAdmin, 1), Lang: i18n.English})
	for _, p := range []string{"/employees", "/employees/new", at(id, ""), at(id, "/edit"), at(id, "/leave"), at(id, "/status"), at(id, "/place")} {
		has(t, c.Get(p), 200)
	}
}
