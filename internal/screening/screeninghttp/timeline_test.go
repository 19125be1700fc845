package screeninghttp_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/i18n"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening/screeninghttp"
	"github.com/fugong/fugong/internal/screening/screeningtest"
	"github.com/fugong/fugong/web"
)

func TestTimeline(t *testing.T) {
	w := screeningtest.New(t)
	s := &stage{World: w}
	me := w.Employee(w.Org, w.Team, "张三")
	s.record(t, me, 30, regime.Negative)
	s.record(t, me, 1, regime.ResultPending)
	s.record(t, me, 1, regime.PoolAbnormal)
	catalog, err := i18n.Load(web.Locales)
	if err != nil {
		t.Fatal(err)
	}
	read := func(sc authz.Scope, before time.Time) []ui.Dated {
		t.Helper()
		var out []ui.Dated
		err := w.DB.Read(t.Context(), sc.Tenant(), func(tx *sqlx.Tx) (err error) {
			out, err = screeninghttp.Timeline(t.Context(), tx, sc, me, before, 10, catalog.Printer("zh-CN").T,
				func(at time.Time) string { return at.In(screeningtest.Zone).Format("15:04") })
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	entries := read(w.HR(w.Org), now)
	if len(entries) != 2 || !entries[0].At.After(entries[1].At) || entries[0].Badges[0].Label != "混管异常待复核" || entries[0].Text == "" {
		t.Fatalf("%+v", entries)
	}
	for _, e := range entries {
		for _, f := range e.Facts {
			if strings.Contains(f.Label+f.Value, "⟦") {
				t.Errorf("a text is missing: %+v", f)
			}
		}
	}
	if got := read(w.HR(w.Org), entries[0].At); len(got) != 1 {
		t.Errorf("before the newest: %d", len(got))
	}
	for _, sc := range []authz.Scope{w.Leader(0, w.Team), w.HR(w.Foreign)} {
		if got := read(sc, now); len(got) != 0 {
			t.Errorf("%s of org %d sees %d", sc.Role, sc.Org, len(got))
		}
	}
}
