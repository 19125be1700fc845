package app

import (
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/dispute"
	"github.com/fugong/fugong/internal/exemption/exemptionview"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/returning/returninghttp"
	"github.com/fugong/fugong/internal/worker/workerhttp"
)

// worker is what people see of themselves, with what the features have to say to them.
func (s *services) worker() workerhttp.Deps {
	return workerhttp.Deps{
		DB: s.db, People: s.employees, Standings: s.standing, Samples: s.screening, Reports: s.symptoms, Holds: s.holds, Inbox: s.reminders,
		Notices: []func(echo.Context) ([]ui.Notice, error){returninghttp.HomeNotices(s.returns), s.answered},
		Leader:  []func(echo.Context) ([]ui.Notice, error){s.running},
		Facts:   []func(echo.Context, db.Q) ([]ui.Fact, error){ownExcuses},
		Entries: []func(echo.Context, db.Q, time.Time, int) ([]ui.Dated, error){s.ownReturns, ownExemptions},
	}
}

// answered tells people that a dispute of theirs has an answer that they have not read.
func (s *services) answered(c echo.Context) ([]ui.Notice, error) {
	sc, n := httpd.ScopeOf(c), 0
	err := s.db.Read(c.Request().Context(), sc.Tenant(), func(tx *sqlx.Tx) (err error) {
		n, err = dispute.Answered(c.Request().Context(), tx, sc)
		return err
	})
	if err != nil || n == 0 {
		return nil, err
	}
	t := httpd.PrinterOf(c).T
	return []ui.Notice{{Tone: ui.ToneInfo, Title: t("worker.dispute.answered"), Links: []ui.Link{{Label: t("common.view"), Href: "/me/disputes"}}}}, nil
}

// running tells a leader of incidents of the team whose steps run by the clock.
func (s *services) running(c echo.Context) ([]ui.Notice, error) {
	counts, err := s.overview.Counts(c.Request().Context(), httpd.ScopeOf(c), httpd.NowOf(c))
	if err != nil || counts.Open == 0 {
		return nil, err
	}
	t := httpd.PrinterOf(c).T
	return []ui.Notice{{Tone: ui.ToneDanger, Title: t("worker.team.incident", "N", counts.Open), Text: t("worker.team.incident.text"),
		Links: []ui.Link{{Label: t("worker.team.incident.open"), Href: "/incidents"}}}}, nil
}

func ownView(c echo.Context) exemptionview.View {
	p, zone := httpd.PrinterOf(c), httpd.ZoneOf(c)
	return exemptionview.View{T: p.T, When: func(at time.Time) string { return httpd.DateTime(p, at, zone) }, Zone: zone, Now: httpd.NowOf(c)}
}

func ownExcuses(c echo.Context, q db.Q) ([]ui.Fact, error) {
	sc := httpd.ScopeOf(c)
	return ownView(c).Facts(c.Request().Context(), q, sc, sc.Employee)
}

func ownExemptions(c echo.Context, q db.Q, before time.Time, limit int) ([]ui.Dated, error) {
	sc := httpd.ScopeOf(c)
	return ownView(c).Timeline(c.Request().Context(), q, sc, sc.Employee, before, limit)
}

func (s *services) ownReturns(c echo.Context, q db.Q, before time.Time, limit int) ([]ui.Dated, error) {
	sc := httpd.ScopeOf(c)
	return returninghttp.Timeline(c.Request().Context(), q, sc, s.returns, sc.Employee, before, limit, httpd.PrinterOf(c).T)
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }
