// Package symptomhttp holds the pages on which people say how they feel and health officers see it: the report about oneself,
// about a member of a team or anyone of the org, the list of reports, and the alerts that open pages ask for every few seconds.
package symptomhttp

import (
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/symptom"
)

// Handlers serve the pages.
type Handlers struct {
	reports *symptom.Service
}

// Routes lists the addresses of the feature.
func Routes(reports *symptom.Service) []httpd.Route {
	h := &Handlers{reports}
	hr := httpd.Need(authz.SymptomRecord)
	entry := httpd.Need(authz.SymptomRecord, authz.TeamRecord)
	own := httpd.Need(authz.OwnFile)
	return []httpd.Route{
		httpd.GET("/symptoms", hr, h.list),
		httpd.POST("/symptoms/:employee/:id/seen", hr, h.seen),
		httpd.GET("/alerts", hr, h.alerts),
		httpd.GET("/employees/:id/symptom", entry, h.form),
		httpd.POST("/employees/:id/symptom", entry, h.report),
		httpd.GET("/me/symptom", own, h.form),
		httpd.POST("/me/symptom", own, h.report),
	}
}

// Pages names each template with its page struct, for the type check of templates.
func Pages() map[string]any {
	return map[string]any{"symptom/list": &listPage{}, "symptom/form": &formPage{}, "symptom/alerts": &alertsPage{}}
}
