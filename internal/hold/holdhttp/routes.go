// Package holdhttp holds the pages of holds: who is held, why, and what releases them; the forms that hold or release one person or
// a group, with what they would do shown before it is done; the group acts, which a second person confirms; and the entries of a
// file's timeline.
package holdhttp

import (
	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/identity/authz"
)

type handlers struct {
	holds  *hold.Service
	groups hold.Groups
	people *employee.Service
}

// Routes lists the addresses of the feature.
func Routes(holds *hold.Service, people *employee.Service) []httpd.Route {
	h := &handlers{holds, holds.Groups(), people}
	put, release, either := httpd.Need(authz.HoldPut), httpd.Need(authz.HoldRelease), httpd.Need(authz.HoldPut, authz.HoldRelease)
	return []httpd.Route{
		httpd.GET("/holds", either, h.list),
		httpd.GET("/holds/export", httpd.Need(authz.EmployeeExport), h.export),
		httpd.GET("/holds/new", put, h.form(hold.ActPut)),
		httpd.POST("/holds/new", put, h.preview(hold.ActPut)),
		httpd.POST("/holds/new/back", put, h.back(hold.ActPut)),
		httpd.POST("/holds/new/commit", put, h.commit(hold.ActPut)),
		httpd.GET("/holds/release", release, h.form(hold.ActRelease)),
		httpd.POST("/holds/release", release, h.preview(hold.ActRelease)),
		httpd.POST("/holds/release/back", release, h.back(hold.ActRelease)),
		httpd.POST("/holds/release/commit", release, h.commit(hold.ActRelease)),
		httpd.GET("/holds/sets", either, h.sets),
		httpd.GET("/holds/sets/:id", either, h.set),
		httpd.POST("/holds/sets/:id/confirm", either, h.confirm),
		httpd.POST("/holds/sets/:id/refuse", either, h.refuse),
		httpd.POST("/holds/sets/:id/void", put, h.voidSet),
		httpd.GET("/employees/:id/holds/:hold", either, h.one),
		httpd.POST("/employees/:id/holds/:hold/release", release, h.release),
		httpd.POST("/employees/:id/holds/:hold/void", put, h.void),
	}
}

// Pages names each template with its page struct, for the type check of templates.
func Pages() map[string]any {
	return map[string]any{"hold/list": &listPage{}, "hold/form": &formPage{}, "hold/preview": &previewPage{}, "hold/sets": &setsPage{},
		"hold/set": &setPage{}, "hold/one": &onePage{}}
}
