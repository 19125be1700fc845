// Package incidenthttp holds the pages on which an incident is run: the list with its clocks, the incident with the step to do next,
// contacts, messages, closing and the printable report; and the bureau's page of clocks.
package incidenthttp

import (
	"context"
	"time"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/incident"
	"github.com/fugong/fugong/internal/incident/overview"
)

// People hands out whole files for the list that the CDC takes.
type People interface {
	Export(ctx context.Context, sc authz.Scope, f employee.Filter, o employee.ExportOptions, at time.Time, fn func(employee.Row) error) error
}

type handlers struct {
	incidents *incident.Service
	lists     *overview.Service
}

type contactHandlers struct {
	tracing incident.Tracing
	people  People
}

type bureauHandlers struct{ lists *overview.Service }

// maxForm bounds a form with one photo.
const maxForm = incident.MaxPhoto + 256<<10

// Routes lists the addresses of the feature.
func Routes(incidents *incident.Service, lists *overview.Service, people People) []httpd.Route {
	h, t, b := &handlers{incidents, lists}, &contactHandlers{incidents.Tracing(), people}, &bureauHandlers{lists}
	run, step, bureau := httpd.Need(authz.IncidentRun), httpd.Need(authz.IncidentRun, authz.IncidentStep), httpd.Need(authz.BureauView)
	return []httpd.Route{
		httpd.GET("/incidents", step, h.list),
		httpd.GET("/incidents/export", run, h.export),
		httpd.GET("/incidents/new", run, h.newForm),
		httpd.POST("/incidents/new", run, h.start),
		httpd.GET("/incidents/:id", step, h.show),
		httpd.GET("/incidents/:id/clocks", step, h.clocks),
		httpd.Upload("/incidents/:id/notes", run, maxForm, h.remark),
		httpd.GET("/incidents/:id/notes/:note/photo", run, h.photo),
		httpd.GET("/incidents/:id/steps/:step/:round", step, h.stepForm),
		httpd.Upload("/incidents/:id/steps/:step/:round", step, maxForm, h.do),
		httpd.POST("/incidents/:id/steps/:step/:round/skip", run, h.skip),
		httpd.POST("/incidents/:id/steps/:step/:round/assign", run, h.assign),
		httpd.POST("/incidents/:id/request", run, h.request),
		httpd.GET("/incidents/:id/contacts", run, t.contacts),
		httpd.POST("/incidents/:id/contacts/assemble", run, t.assemble),
		httpd.POST("/incidents/:id/contacts/add", run, t.add),
		httpd.POST("/incidents/:id/contacts/strike", run, t.strike),
		httpd.POST("/incidents/:id/contacts/restore", run, t.restore),
		httpd.POST("/incidents/:id/contacts/wait", run, t.wait),
		httpd.POST("/incidents/:id/contacts/confirm", run, t.confirm),
		httpd.POST("/incidents/:id/contacts/withdraw", run, t.withdraw),
		httpd.POST("/incidents/:id/contacts/handover", run, t.handover),
		httpd.GET("/incidents/:id/messages", run, h.messages),
		httpd.GET("/incidents/:id/close", run, h.closeForm),
		httpd.POST("/incidents/:id/close", run, h.close),
		httpd.GET("/incidents/:id/report", run, h.report),
		httpd.GET("/bureau/incidents", bureau, b.bureau),
		httpd.GET("/bureau/incidents/export", httpd.Need(authz.BureauExport), b.export),
		httpd.GET("/bureau/incidents/:org", bureau, b.enterprise),
	}
}

// Pages names each template with its page struct, for the type check of templates.
func Pages() map[string]any {
	return map[string]any{"incident/list": &listPage{}, "incident/form": &formPage{}, "incident/show": &showPage{}, "incident/step": &stepPage{},
		"incident/contacts": &contactsPage{}, "incident/messages": &messagesPage{}, "incident/report": &reportPage{},
		"incident/bureau": &bureauPage{}, "incident/enterprise": &enterprisePage{}}
}
