// Package httpd is the thin skin between echo and the features: routes that declare who may use them, middleware, sessions,
// the renderer, forms, and the one place where an error becomes a page or a problem document. echo.Context is known here, in
// app and in the …http packages, nowhere else.
package httpd

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/identity/authz"
)

// Access says who may use a route. The zero value declares nothing and is refused at start.
type Access struct {
	kind  accessKind
	perms []authz.Permission
}

type accessKind uint8

const (
	undeclared accessKind = iota
	public
	signedIn
	needs
)

// Public lets everyone in: sign-in, activation, health checks, assets.
func Public() Access { return Access{kind: public} }

// SignedIn lets every signed-in account in, whatever its role.
func SignedIn() Access { return Access{kind: signedIn} }

// Need lets in accounts that hold at least one of the permissions.
func Need(perms ...authz.Permission) Access {
	if len(perms) == 0 {
		return Access{}
	}
	return Access{kind: needs, perms: perms}
}

// Declared reports whether the access was stated.
func (a Access) Declared() bool { return a.kind != undeclared }

// IsPublic reports whether no account is needed.
func (a Access) IsPublic() bool { return a.kind == public }

// Allows reports whether a role holds the access.
func (a Access) Allows(r authz.Role) bool {
	switch a.kind {
	case public, signedIn:
		return true
	case needs:
		for _, p := range a.perms {
			if authz.Grants(r, p) {
				return true
			}
		}
	}
	return false
}

// Route is one address with what serves it and who may use it.
type Route struct {
	Method  string
	Path    string
	Access  Access
	Handler echo.HandlerFunc
	MaxBody int64 // bytes; 0 is DefaultBody
}

// DefaultBody bounds the body of a form without files.
const DefaultBody = 256 << 10

// GET declares a page.
func GET(path string, a Access, h echo.HandlerFunc) Route {
	return Route{Method: http.MethodGet, Path: path, Access: a, Handler: h}
}

// POST declares a form's target.
func POST(path string, a Access, h echo.HandlerFunc) Route {
	return Route{Method: http.MethodPost, Path: path, Access: a, Handler: h}
}

// Upload declares the target of a form with files of up to max bytes in all.
func Upload(path string, a Access, max int64, h echo.HandlerFunc) Route {
	return Route{Method: http.MethodPost, Path: path, Access: a, Handler: h, MaxBody: max}
}

// Mount adds the routes; one that declares nothing is an error.
func (s *Server) Mount(routes ...Route) error {
	for _, r := range routes {
		if !r.Access.Declared() {
			return fmt.Errorf("route %s %s does not declare who may use it", r.Method, r.Path)
		}
		limit := r.MaxBody
		if limit == 0 {
			limit = DefaultBody
		}
		s.echo.Add(r.Method, r.Path, r.Handler, s.guard(r.Access), bodyLimit(limit))
		s.routes = append(s.routes, r)
	}
	return nil
}

// Routes lists what is mounted, for the test that walks them all.
func (s *Server) Routes() []Route { return s.routes }
