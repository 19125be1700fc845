// Package screeninghttp holds the pages on which health officers and team leaders keep samples: the list with its export, one
// sample with its history and correction, the entry for one person and for a team at once, and the photos of reports.
package screeninghttp

import (
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/screening"
)

// Handlers serve the pages.
type Handlers struct {
	samples *screening.Service
}

// Routes lists the addresses of the feature.
func Routes(samples *screening.Service) []httpd.Route {
	h := &Handlers{samples}
	hr := httpd.Need(authz.SampleRecord)
	entry := httpd.Need(authz.SampleRecord, authz.TeamRecord)
	return []httpd.Route{
		httpd.GET("/samples", hr, h.list),
		httpd.GET("/samples/export", httpd.Need(authz.EmployeeExport), h.export),
		httpd.GET("/samples/new", entry, h.team),
		httpd.POST("/samples/new", entry, h.recordTeam),
		httpd.GET("/samples/attachments/:id", httpd.Need(authz.OwnFile, authz.SampleRecord), h.attachment),
		httpd.GET("/samples/:employee/:at", hr, h.detail),
		httpd.POST("/samples/:employee/:at/correct", hr, h.correct),
		httpd.POST("/samples/:employee/:at/unflag", hr, h.unflag),
		httpd.GET("/employees/:id/sample", entry, h.one),
		httpd.POST("/employees/:id/sample", entry, h.recordOne),
	}
}

// Pages names each template with its page struct, for the type check of templates.
func Pages() map[string]any {
	return map[string]any{"screening/list": &listPage{}, "screening/form": &formPage{}, "screening/team": &teamPage{}, "screening/detail": &detailPage{}}
}
