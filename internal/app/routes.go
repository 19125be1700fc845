package app

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/api"
	"github.com/fugong/fugong/internal/dispute/disputehttp"
	"github.com/fugong/fugong/internal/employee/employeehttp"
	"github.com/fugong/fugong/internal/exemption/exemptionhttp"
	"github.com/fugong/fugong/internal/hold/holdhttp"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/audithttp"
	"github.com/fugong/fugong/internal/identity/authhttp"
	"github.com/fugong/fugong/internal/identity/orghttp"
	"github.com/fugong/fugong/internal/incident/incidenthttp"
	"github.com/fugong/fugong/internal/intake/intakehttp"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/reminder/reminderhttp"
	"github.com/fugong/fugong/internal/returning/returninghttp"
	"github.com/fugong/fugong/internal/rollup/bureauhttp"
	"github.com/fugong/fugong/internal/rollup/qualityhttp"
	"github.com/fugong/fugong/internal/rollup/weekhttp"
	"github.com/fugong/fugong/internal/rulebook/rulebookhttp"
	"github.com/fugong/fugong/internal/screening/screeninghttp"
	"github.com/fugong/fugong/internal/standing/standinghttp"
	"github.com/fugong/fugong/internal/symptom/symptomhttp"
	"github.com/fugong/fugong/internal/tube/tubehttp"
	"github.com/fugong/fugong/internal/worker/workerhttp"
	"github.com/fugong/fugong/web"
)

// mount declares every route of the program.
func (s *services) mount(cfg *Config, server *httpd.Server) error {
	lists := [][]httpd.Route{
		s.frame(cfg),
		authhttp.Routes(authhttp.Deps{Auth: s.auth, Orgs: s.orgs, Server: server, Secure: cfg.secure()}),
		orghttp.Routes(orghttp.Deps{Auth: s.auth, Orgs: s.orgs, Clients: s.clients, BaseURL: cfg.baseURL()}),
		audithttp.Routes(s.audit, s.orgs),
		employeehttp.Routes(employeehttp.Deps{DB: s.db, Employees: s.employees, Standing: s.standingCard, Timeline: s.timeline(), Facts: s.fileFacts}),
		screeninghttp.Routes(s.screening),
		symptomhttp.Routes(s.symptoms),
		workerhttp.Routes(s.worker()),
		standinghttp.Routes(standinghttp.Deps{DB: s.db, Box: s.box, Standings: s.standing, People: s.employees}),
		rulebookhttp.Routes(s.rules, s.orgs),
		holdhttp.Routes(s.holds, s.employees),
		tubehttp.Routes(s.tubes, s.screening),
		exemptionhttp.Routes(s.excuses),
		returninghttp.Routes(s.returns),
		incidenthttp.Routes(s.incidents, s.overview, s.employees),
		disputehttp.Routes(s.disputes, s.amends, s.screening),
		intakehttp.Routes(s.intake),
		reminderhttp.Routes(s.reminders),
		weekhttp.Routes(s.rollup, s.reminders),
		bureauhttp.Routes(s.rollup, s.orgs),
		qualityhttp.Routes(s.quality, s.orgs),
	}
	for _, routes := range lists {
		if err := server.Mount(routes...); err != nil {
			return err
		}
	}
	return api.Mount(server, api.Deps{DB: s.db, Clock: s.clock, Log: s.log, Catalog: s.catalog, Orgs: s.orgs, Clients: s.clients, Employees: s.employees,
		Standings: s.standing, Samples: s.screening, Symptoms: s.symptoms, Rollups: s.rollup, Feeds: s.feeds, Pace: cfg.APIRate})
}

// StylePage shows every component, in development mode only.
type StylePage struct {
	httpd.Base
	ui.StyleData
}

// frame is what belongs to no feature: the way to everybody's first page, health checks, built files.
func (s *services) frame(cfg *Config) []httpd.Route {
	routes := []httpd.Route{
		httpd.GET("/", httpd.SignedIn(), func(c echo.Context) error { return c.Redirect(http.StatusSeeOther, home(httpd.ScopeOf(c))) }),
		httpd.GET("/assets/*", httpd.Public(), httpd.Assets(web.Dist)),
		httpd.GET("/healthz", httpd.Public(), func(c echo.Context) error { return c.String(http.StatusOK, "ok") }),
		httpd.GET("/readyz", httpd.Public(), s.ready),
		httpd.GET("/favicon.ico", httpd.Public(), func(c echo.Context) error { return c.NoContent(http.StatusNoContent) }),
	}
	if cfg.Dev {
		routes = append(routes, httpd.GET("/style", httpd.Public(), func(c echo.Context) error {
			p := httpd.PrinterOf(c)
			return httpd.Render(c, http.StatusOK, "style/index", &StylePage{StyleData: ui.StylePage(p.T, p.Lang())})
		}))
	}
	return routes
}

// ready says whether the database answers.
func (s *services) ready(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), 2*time.Second)
	defer cancel()
	if err := s.db.Pool().PingContext(ctx); err != nil {
		return errs.New(errs.Unavailable, "error.unavailable").Because(err)
	}
	return c.JSON(http.StatusOK, json.RawMessage(`{"ready":true}`))
}

// Pages names every template with the struct it is filled from, for the type check.
func Pages() map[string]any {
	all := map[string]any{"error/error": &httpd.ErrorPage{}, "style/index": &StylePage{}}
	for _, pages := range []map[string]any{api.Pages(), authhttp.Pages(), orghttp.Pages(), audithttp.Pages(), employeehttp.Pages(),
		screeninghttp.Pages(), symptomhttp.Pages(), workerhttp.Pages(), intakehttp.Pages(), reminderhttp.Pages(), weekhttp.Pages(), bureauhttp.Pages(),
		standinghttp.Pages(), rulebookhttp.Pages(), holdhttp.Pages(), tubehttp.Pages(), exemptionhttp.Pages(), returninghttp.Pages(),
		incidenthttp.Pages(), disputehttp.Pages(), qualityhttp.Pages()} {
		for name, page := range pages {
			all[name] = page
		}
	}
	return all
}
