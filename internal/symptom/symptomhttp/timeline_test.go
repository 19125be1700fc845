package symptomhttp_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/i18n"
	"github.com/fugong/fugong/internal/symptom/symptomhttp"
	"github.com/fugong/fugong/web"
)

func TestTimeline(t *testing.T) {
	s := newStage(t)
	me := s.Employee(s.Org, s.Team, "张三")
	r := s.cough(t, me)
	catalog, err := i18n.Load(web.Locales)
	if err != nil {
		t.Fatal(err)
	}
	read := func(sc authz.Scope, limit int) []symptomhttp.Entry {
		t.Helper()
		var out []symptomhttp.Entry
		err := s.DB.Read(t.Context(), sc.Tenant(), func(tx *sqlx.Tx) (err error) {
			out, err = symptomhttp.Timeline(t.Context(), tx, sc, s.reports, me, now.Add(2*time.Hour), limit, catalog.Printer("zh-CN").T)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	open := read(s.HR(s.Org), 10)
	if len(open) != 2 || open[0].Text != "干咳" || open[1].Actions[0].Dialog == nil {
		t.Fatalf("%+v", open)
	}
	if err := s.reports.Release(t.Context(), s.HR(s.Org), me, r.Hold, "已排除", now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	closed := read(s.HR(s.Org), 10)
	if len(closed) != 3 || closed[0].Text != "已排除" || len(closed[2].Actions) != 0 {
		t.Errorf("%+v", closed)
	}
	for _, e := range closed {
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
