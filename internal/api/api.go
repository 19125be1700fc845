// Package api is what programs of enterprises, laboratories and the bureau talk to: JSON under /api/v1, described by an
// OpenAPI 3.1 document that is made from this code and served with a page to read it by. It calls the same services as the
// pages and adds no rule of its own.
//
// Every request carries the token of a client (package identity/client), which says whose rows it may touch and how far.
// Every failure is a problem document (RFC 9457) with a stable code; lists are paged by cursor; writes are done once per
// Idempotency-Key; instants are RFC 3339 with a zone. Identity numbers and mobiles leave masked, always.
package api

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/client"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/i18n"
	"github.com/fugong/fugong/internal/rollup"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/screening/feed"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/symptom"
)

const (
	prefix   = "/api/v1"
	specPath = "/api/openapi.json"
	docsPath = "/api/docs"
	version  = "1.0.0"

	security = "token"

	bodyTime = 20 * time.Second // for a request's body to arrive
)

// Deps is what the API stands on.
type Deps struct {
	DB        *db.DB
	Clock     clock.Clock
	Log       *slog.Logger
	Catalog   *i18n.Catalog
	Orgs      *org.Service
	Clients   *client.Service
	Employees *employee.Service
	Standings *standing.Service
	Samples   *screening.Service
	Symptoms  *symptom.Service
	Rollups   *rollup.Service
	Feeds     *feed.Service
	Pace      int // requests a second and client; 0 is Pace
}

type server struct {
	Deps
	api   huma.API
	paces *limiter
}

// Mount adds the API, its description and its page to a server.
func Mount(site *httpd.Server, deps Deps) error {
	configureHuma()
	s := &server{Deps: deps, paces: newLimiter(cmp.Or(deps.Pace, Pace))}
	s.api = humaecho.NewWithGroup(site.Echo(), site.Echo().Group(prefix, s.enter), config())
	s.mountEmployees()
	s.mountSamples()
	site.TakesLong(prefix + feedPath)
	mountFeed(s)
	s.mountSymptoms()
	s.mountRollups()
	return s.mountDocs(site)
}

var configureOnce sync.Once

// configureHuma sets what huma knows only as variables of its package: the form of its errors, and that names of fields are
// told apart by case.
func configureHuma() {
	configureOnce.Do(func() {
		huma.NewError = func(status int, _ string, _ ...error) huma.StatusError { return &problem{Status: status} }
		huma.NewErrorWithContext = humaProblem
		huma.ValidateStrictCasing = true
	})
}

// config has no create hooks: they would put links to schemas into every reply.
func config() huma.Config {
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info:    &huma.Info{Title: "Fugong API", Version: version, Description: description},
			Servers: []*huma.Server{{URL: prefix}},
			Tags: []*huma.Tag{
				{Name: tagEmployees, Description: "Files of people and where they stand. 职工档案与状态"},
				{Name: tagSamples, Description: "Nucleic-acid samples and their results. 核酸采样与结果"},
				{Name: tagSymptoms, Description: "Temperature and symptoms. 体温与症状"},
				{Name: tagRollups, Description: "Counts without names. 汇总"},
			},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{security: {Type: "http", Scheme: "bearer",
					Description: "A token that the enterprise or the bureau made for this program under API access (接口凭证); it has scopes and an end."}},
			},
		},
		Formats:                      map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
	}
}

const description = "Instants are RFC 3339 with a zone. Lists give `next`, to be sent as `after` for the page behind. " +
	"Writes need an `Idempotency-Key`, remembered for at least 24 hours. Failures are `application/problem+json` (RFC 9457) with a " +
	"stable `code`; `errors[]` names each fault and its place. Texts follow Accept-Language: zh-CN or en."

const (
	tagEmployees = "employees"
	tagSamples   = "samples"
	tagSymptoms  = "symptoms"
	tagRollups   = "rollups"
)

// ok is a reply with a body.
type ok[T any] struct{ Body T }

// operation describes one thing a program can do. It needs one of the scopes, which is asked before the body is read.
func (s *server) operation(method, path, id, tag, summary string, scopes ...authz.Permission) huma.Operation {
	names := make([]string, len(scopes))
	for i, p := range scopes {
		names[i] = string(p)
	}
	return huma.Operation{
		OperationID: id, Method: method, Path: path, Tags: []string{tag}, Summary: summary,
		Security:        []map[string][]string{{security: names}},
		Middlewares:     huma.Middlewares{s.need(scopes)},
		BodyReadTimeout: bodyTime,
		Errors: []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound,
			http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusServiceUnavailable},
	}
}

func summary(chinese, english string) string { return fmt.Sprintf("%s · %s", english, chinese) }
