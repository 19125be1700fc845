// Package employeehttp holds the pages of the employee files: the list with its search and export, the file of a person with
// standing and timeline, the forms that open and mend a file, and what is done to a person's placement, category and work
// status. What other features know of a person comes in as StandingCard and TimelineSource, which the program wires.
package employeehttp

import (
	"context"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
)

// Deps is what the pages are made from.
type Deps struct {
	DB        *db.DB
	Employees *employee.Service
	Standing  StandingCard
	Timeline  []TimelineSource // beside the file's own changes; their order is that of the tabs
	// Facts are particulars that other features know.
	Facts func(ctx context.Context, q db.Q, sc authz.Scope, employee int64, v View) ([]ui.Fact, error)
}

type handlers struct {
	db        *db.DB
	employees *employee.Service
	standing  StandingCard
	sources   []TimelineSource
	more      func(ctx context.Context, q db.Q, sc authz.Scope, employee int64, v View) ([]ui.Fact, error)
}

// Routes lists the addresses of the feature.
func Routes(d Deps) []httpd.Route {
	h := &handlers{db: d.DB, employees: d.Employees, standing: d.Standing, sources: append(d.Timeline, changes(d.Employees)), more: d.Facts}
	view, edit := httpd.Need(authz.EmployeeView), httpd.Need(authz.EmployeeEdit)
	routes := []httpd.Route{
		httpd.GET("/employees", view, h.list),
		httpd.POST("/employees/search", view, h.search),
		httpd.GET("/employees/export", httpd.Need(authz.EmployeeExport), h.export),
		httpd.POST("/employees/export", httpd.Need(authz.EmployeeExport), h.exportFull),
		httpd.GET("/employees/new", edit, h.new),
		httpd.POST("/employees/new", edit, h.create),
		httpd.GET("/employees/:id", view, h.file),
		httpd.GET("/employees/:id/edit", edit, h.edit),
		httpd.POST("/employees/:id/edit", edit, h.save),
		httpd.GET("/employees/:id/reveal", httpd.Need(authz.EmployeeReveal), h.file),
		httpd.POST("/employees/:id/reveal", httpd.Need(authz.EmployeeReveal), h.reveal),
	}
	for _, a := range acts {
		routes = append(routes, httpd.GET("/employees/:id/"+a.name, edit, h.actForm(a)), httpd.POST("/employees/:id/"+a.name, edit, h.actSave(a)))
	}
	return routes
}

// Pages names each template with its page struct, for the type check of templates.
func Pages() map[string]any {
	return map[string]any{"employee/list": &listPage{}, "employee/form": &formPage{}, "employee/file": &filePage{}}
}
