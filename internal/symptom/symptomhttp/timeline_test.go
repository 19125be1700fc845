package symptomhttp_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/i18n"
	"github.com/fugong/fugong/internal/symptom/symptomhttp"
	"github.com/fugong/fugong/web"
)

func TestTimeline(t *testing.T) {
	s := newStage(t)
	me := s.Employee(s.Org, s.Team, "张三")
	s.cough(t, me)
	s.cough(t, me)
	catalog, err := i18n.Load(web.Locales)
	if err != nil {
		t.Fatal(err)
	}
	read := func(sc authz.Scope, limit int) []ui.Dated {
		t.Helper()
		var out []ui.Dated
		err := s.DB.Read(t.Context(), sc.Tenant(), func(tx *sqlx.Tx) (err error) {
			out, err = symptomhttp.Timeline(t.Context(), tx, sc, s.reports, me, now.Add(2*time.Hour), limit, catalog.Printer("zh-CN").T)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	told := read(s.HR(s.Org), 10)
	if len(told) != 2 || told[0].Text != "干咳" {
		t.Fatalf("%+v", told)
	}
	for _, e := range told {
		if strings.Contains(e.Title+e.Text, "⟦") {
			t.Errorf("a text is missing: %q %q", e.Title, e.Text)
		}
	}
	if got := read(s.HR(s.Org), 1); len(got) != 1 {
		t.Errorf("limit 1: %d", len(got))
	}
	for _, sc := range []authz.Scope{s.Leader(0, s.Team), s.HR(s.Foreign)} {
		if got := read(sc, 10); len(got) != 0 {
			t.Errorf("%s of org %d sees %d", sc.Role, sc.Org, len(got))
		}
	}
}
