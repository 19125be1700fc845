// Package standinghttp answers, on a page, where a person stood at any past instant and why: by what rules and records told
// then and by what they tell of it today. The person concerned and the enterprise see the facts. Whoever oversees enterprises
// sees the same answer without them, by a reference that the enterprise hands over.
package standinghttp

import (
	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/secret"
	"github.com/fugong/fugong/internal/standing"
)

// Deps is what the pages stand on.
type Deps struct {
	DB        *db.DB
	Box       *secret.Box
	Standings *standing.Service
	People    *employee.Service
}

type handlers struct{ Deps }

// Routes lists the addresses of the feature.
func Routes(d Deps) []httpd.Route {
	h := &handlers{d}
	return []httpd.Route{
		httpd.GET("/employees/:id/standing", httpd.Need(authz.EmployeeView), h.file),
		httpd.GET("/me/standing", httpd.Need(authz.OwnFile), h.own),
		httpd.GET("/bureau/standing", httpd.Need(authz.BureauView), h.reference),
	}
}

// Pages names each template with its page struct, for the type check of templates.
func Pages() map[string]any {
	return map[string]any{"standing/ask": &askPage{}, "standing/reference": &referencePage{}}
}
