package audithttp_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/httpdtest"
	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/audithttp"
	"github.com/fugong/fugong/internal/identity/auth/authtest"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/org"
)

type site struct {
	*httpdtest.Site
	w *authtest.World
}

func newSite(t *testing.T) *site {
	w := authtest.New(t)
	return &site{w: w, Site: httpdtest.New(t, w.Clock, func(*httpd.Server) []httpd.Route {
		return audithttp.Routes(audit.NewReader(w.DB), w.Orgs)
	})}
}

func (s *site) as(t *testing.T, sc authz.Scope) *httpdtest.Client {
	return s.As(t, httpd.Viewer{Scope: sc, Name: sc.Actor})
}

func (s *site) record(t *testing.T, sc authz.Scope, e audit.Event) {
	t.Helper()
	err := s.w.DB.InTx(t.Context(), sc.Tenant(), func(tx *sqlx.Tx) error { return audit.Record(t.Context(), tx, sc, s.w.Now(), e) })
	if err != nil {
		t.Fatal(err)
	}
}

// check fails unless the answer has the status and holds every text.
func check(t *testing.T, r httpdtest.Response, status int, texts ...string) {
	t.Helper()
	if r.Status != status {
		t.Fatalf("status %d, want %d\n%s", r.Status, status, r.Body)
	}
	for _, text := range texts {
		if !strings.Contains(r.Body, text) {
			t.Errorf("%q is missing in\n%s", text, r.Body)
		}
	}
	if i := strings.Index(r.Body, "⟦"); i >= 0 {
		t.Errorf("untranslated: %s", r.Body[i:min(i+80, len(r.Body))])
	}
}

func TestList(t *testing.T) {
	s := newSite(t)
	firm := s.w.Org(org.Enterprise, "鲁中机械有限公司")
	boss := s.w.Staff(firm.ID, authz.FirmAdmin, "boss")
	file := s.w.Employee(firm.ID, authtest.Person{Name: "张三", Number: "0007"})
	officer := authz.Scope{Account: 7, Actor: "<script>刘", Role: authz.HealthOfficer, Org: firm.ID}
	s.record(t, officer, audit.Event{Action: "file.reveal", Subject: "employee", SubjectID: fmt.Sprint(file), Employee: file, Read: true,
		Reason: "核对证件", Detail: map[string]any{"column": "id_number"}})
	s.record(t, officer, audit.Event{Action: "brand.new", Subject: "thing"})
	c := s.as(t, boss)
	r := c.Get("/audit")
	check(t, r, 200, "操作记录", "查看完整号码", "&lt;script&gt;刘", "疫情防控专员", "核对证件", "column: id_number", fmt.Sprintf(`href="/employees/%d"`, file),
		"brand.new", "开通账号", "2022-03-24 (周四) 09:00")
	if strings.Contains(r.Body, "名称或代码，空白为全部") {
		t.Error("an enterprise is asked for an organisation")
	}
	check(t, c.Get("/audit?kind=read&person=0007&from=2022-03-24&to=2022-03-24"), 200, "查看完整号码", "共 1 条", `value="read" selected`)
	check(t, c.Get("/audit?actor=nobody"), 200, "没有符合条件的记录", "清除条件")
	check(t, c.Get("/audit?from=yesterday"), 422, "日期格式如 2022-03-24", `value="yesterday"`)
	check(t, c.Get("/audit?after=nonsense"), 422)
	check(t, c.Get("/audit?size=2"), 200, `rel="next"`)
	csv := c.Get("/audit/export?kind=read")
	check(t, csv, 200, "查看完整号码", `"<script>刘"`)
	if !strings.HasPrefix(csv.Body, "\ufeff\"时间\"") || !strings.Contains(csv.Header.Get("Content-Disposition"), "audit-20220324-0900.csv") {
		t.Errorf("%q %q", csv.Header.Get("Content-Disposition"), csv.Body[:40])
	}
	check(t, c.Get("/audit"), 200, "导出操作记录")
}

func TestExportDisarmsFormulas(t *testing.T) {
	s := newSite(t)
	firm := s.w.Org(org.Enterprise, "鲁中机械有限公司")
	boss := s.w.Staff(firm.ID, authz.FirmAdmin, "boss")
	s.record(t, boss, audit.Event{Action: "file.open", Subject: "employee", Read: true, Reason: `=cmd|"/c calc"!A1`})
	check(t, s.as(t, boss).Get("/audit/export"), 200, `"'=cmd|""/c calc""!A1"`)
}

func TestWhoMayRead(t *testing.T) {
	s := newSite(t)
	firm := s.w.Org(org.Enterprise, "鲁中机械有限公司")
	rival := s.w.Org(org.Enterprise, "齐鲁纺织有限公司")
	boss := s.w.Staff(firm.ID, authz.FirmAdmin, "boss")
	s.record(t, boss, audit.Event{Action: "file.open", Subject: "employee", Read: true, Reason: "鲁中的秘密"})
	stranger := s.as(t, s.w.Staff(rival.ID, authz.FirmAdmin, "stranger"))
	if r := stranger.Get(fmt.Sprintf("/audit?org=%d", firm.ID)); r.Status != 200 || strings.Contains(r.Body, "鲁中的秘密") {
		t.Errorf("a rival reads the log: %d", r.Status)
	}
	check(t, s.as(t, s.w.Staff(firm.ID, authz.HealthOfficer, "officer")).Get("/audit"), 403)
	if r := s.Anonymous(t).Get("/audit"); r.Status != 303 || r.Location() != "/sign-in?next=%2Faudit" {
		t.Errorf("nobody: %d to %q", r.Status, r.Location())
	}
	auditor := authz.Scope{Account: 50, Actor: "审计员", Role: authz.Auditor, Org: rival.ID}
	c := s.as(t, auditor)
	check(t, c.Get("/audit"), 200, "鲁中的秘密", "鲁中机械有限公司", "齐鲁纺织有限公司", `value="2022-03-18"`)
	check(t, c.Get("/audit?org="+url.QueryEscape("鲁中")), 200, "鲁中的秘密")
	check(t, c.Get(fmt.Sprintf("/audit?org=%d&person=0007", firm.ID)), 200, "没有符合条件的记录")
	check(t, c.Get("/audit?person=0007"), 422, "要先写明单位")
	check(t, c.Get("/audit?org=nothing"), 422, "请写全称或代码")
	check(t, c.Get("/audit/export?org=nothing"), 422)
	if n := s.w.Count(`select count(*) from audit_log where actor = 50 and action = 'audit.read' and org_id = $1`, rival.ID); n != 3 {
		t.Errorf("%d readings recorded, want 3", n)
	}
}
