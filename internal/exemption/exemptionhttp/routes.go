// Package exemptionhttp holds the pages on which health officers keep exemptions and vaccinations: the two lists with their exports, the
// search for a person, the forms for one person, and cancelling with its way back.
package exemptionhttp

import (
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/exemption"
	"github.com/fugong/fugong/internal/exemption/exemptionview"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/identity/authz"
)

// Handlers serve the pages.
type Handlers struct {
	records *exemption.Service
}

// Routes lists the addresses of the feature.
func Routes(records *exemption.Service) []httpd.Route {
	h := &Handlers{records}
	edit, export := httpd.Need(authz.ExemptionEdit), httpd.Need(authz.EmployeeExport)
	return []httpd.Route{
		httpd.GET("/exemptions", edit, h.list),
		httpd.GET("/exemptions/export", export, h.export),
		httpd.GET("/exemptions/new", edit, h.find),
		httpd.GET("/exemptions/vaccinations", edit, h.doses),
		httpd.GET("/exemptions/vaccinations/export", export, h.exportDoses),
		httpd.POST("/exemptions/:employee/:id/cancel", edit, h.cancel(h.records.Cancel)),
		httpd.POST("/exemptions/:employee/:id/again", edit, h.again(h.records.Again)),
		httpd.POST("/exemptions/vaccinations/:employee/:id/cancel", edit, h.cancel(h.records.CancelDose)),
		httpd.POST("/exemptions/vaccinations/:employee/:id/again", edit, h.again(h.records.AgainDose)),
		httpd.GET("/employees/:id/exemption", edit, h.form),
		httpd.POST("/employees/:id/exemption", edit, h.add),
		httpd.GET("/employees/:id/vaccination", edit, h.doseForm),
		httpd.POST("/employees/:id/vaccination", edit, h.addDose),
	}
}

// Pages names each template with its page struct, for the type check of templates.
func Pages() map[string]any {
	return map[string]any{"exemption/list": &listPage{}, "exemption/find": &findPage{}, "exemption/form": &formPage{}}
}

func viewOf(c echo.Context) exemptionview.View {
	p := httpd.PrinterOf(c)
	return exemptionview.View{T: p.T, Zone: httpd.ZoneOf(c), Now: httpd.NowOf(c),
		When: func(at time.Time) string { return httpd.DateTime(p, at, httpd.ZoneOf(c)) }}
}

// joined sets names side by side: 一车间 · 甲班.
func joined(parts ...string) string {
	out := ""
	for _, p := range parts {
		if p != "" && out != "" {
			out += " · "
		}
		out += p
	}
	return out
}

// back is the list that a row's form was sent from, with its filter.
func back(c echo.Context) string {
	if to := c.FormValue("back"); to == "/exemptions" || strings.HasPrefix(to, "/exemptions?") || strings.HasPrefix(to, "/exemptions/vaccinations") {
		return to
	}
	return "/exemptions"
}
