// Package tubehttp holds the pages of mixed tubes: the list, opening one, filling it person by person on a telephone, the result of
// the whole tube with a look at whom it concerns, and the single re-samples that settle an abnormal one. A leader runs tubes for the
// own teams on the same pages and reads no result on them.
package tubehttp

import (
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/tube"
)

// Handlers serve the pages.
type Handlers struct {
	tubes   *tube.Service
	samples *screening.Service
}

// Routes lists the addresses of the feature.
func Routes(tubes *tube.Service, samples *screening.Service) []httpd.Route {
	h := &Handlers{tubes, samples}
	run := httpd.Need(authz.TeamRecord, authz.SampleRecord)
	hr := httpd.Need(authz.SampleRecord)
	return []httpd.Route{
		httpd.GET("/tubes", run, h.list),
		httpd.GET("/tubes/new", run, h.form),
		httpd.POST("/tubes/new", run, h.open),
		httpd.GET("/tubes/:id", run, h.view),
		httpd.GET("/tubes/:id/label", run, h.label),
		httpd.POST("/tubes/:id/members", run, h.add),
		httpd.POST("/tubes/:id/members/:employee/remove", run, h.remove),
		httpd.POST("/tubes/:id/members/:employee/time", run, h.retime),
		httpd.POST("/tubes/:id/members/:employee/taken", run, h.taken),
		httpd.GET("/tubes/:id/members/:employee/single", hr, h.single),
		httpd.POST("/tubes/:id/members/:employee/single", hr, h.tellSingle),
		httpd.POST("/tubes/:id/seal", run, h.seal),
		httpd.POST("/tubes/:id/reopen", run, h.reopen),
		httpd.POST("/tubes/:id/void", run, h.void),
		httpd.POST("/tubes/:id/result", hr, h.result),
	}
}

// Pages names each template with its page struct, for the type check of templates.
func Pages() map[string]any {
	return map[string]any{"tube/list": &listPage{}, "tube/form": &formPage{}, "tube/show": &showPage{}, "tube/confirm": &confirmPage{},
		"tube/label": &labelPage{}}
}
