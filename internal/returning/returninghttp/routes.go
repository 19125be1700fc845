// Package returninghttp holds the pages of the way back to the post: the declaration that a person fills in on the phone, step by step
// and without script; the health officer's list, with what is missing as chips and the batch that is approved at once; and one
// case, item by item, with its decisions and the second person's confirmation.
package returninghttp

import (
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/returning"
)

// Handlers serve the pages.
type Handlers struct {
	returns *returning.Service
}

// Routes lists the addresses of the feature.
func Routes(returns *returning.Service) []httpd.Route {
	h := &Handlers{returns}
	own, hr := httpd.Need(authz.OwnFile), httpd.Need(authz.ReturnReview)
	routes := []httpd.Route{
		httpd.GET("/me/return", own, h.mine),
		httpd.POST("/me/return", own, h.beginMine),
		httpd.POST("/me/return/withdraw", own, h.withdrawMine),
		httpd.GET("/me/return/:step", own, h.step),
		httpd.POST("/me/return/:step", own, h.saveStep),

		httpd.GET("/returns", hr, h.list),
		httpd.GET("/returns/export", httpd.Need(authz.EmployeeExport), h.export),
		httpd.POST("/returns/approve", hr, h.approveMany),
		httpd.GET("/returns/new", hr, h.newCase),
		httpd.POST("/returns/new", hr, h.begin),
		httpd.GET("/returns/:employee/:id", hr, h.show),
		httpd.GET("/returns/:employee/:id/edit/:step", hr, h.step),
		httpd.POST("/returns/:employee/:id/edit/:step", hr, h.saveStep),
	}
	for name, decide := range h.decisions() {
		routes = append(routes, httpd.POST("/returns/:employee/:id/"+name, hr, h.decision(name, decide)))
	}
	return routes
}

// Pages names each template with its page struct, for the type check of templates.
func Pages() map[string]any {
	return map[string]any{"returning/own": &ownPage{}, "returning/step": &stepPage{}, "returning/list": &listPage{},
		"returning/new": &newPage{}, "returning/case": &casePage{}}
}
