package httpd

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/i18n"
)

// Viewer is the signed-in account as pages need it.
type Viewer struct {
	Scope   authz.Scope
	Name    string
	OrgName string
	OrgKind string
	Lang    string
	Zone    *time.Location
}

// Identify finds the viewer of a session. It answers errs.Unauthenticated when the account was disabled or signed out
// everywhere since (epoch is the account's session epoch at sign-in).
type Identify func(ctx context.Context, account int64, epoch int) (Viewer, error)

// Config is what a Server needs.
type Config struct {
	Clock     clock.Clock
	Log       *slog.Logger
	Catalog   *i18n.Catalog
	Sessions  scs.Store
	Identify  Identify
	Nav       func(v Viewer, t ui.Translate, path string) []ui.NavItem
	Templates fs.FS                    // layout/, shared/, <feature>/
	Asset     func(name string) string // hashed address of a built file
	Zone      *time.Location           // of pages without a viewer
	Secure    bool                     // cookies only over TLS
	Dev       bool                     // read templates anew for each page, show the style page
	Banner    string                   // key of a text shown on every page with the instant {{.At}}, for a demo city
	Proxies   []string                 // CIDRs whose X-Forwarded-For is believed
}

// Server is echo with the house's middleware.
type Server struct {
	cfg      Config
	echo     *echo.Echo
	sessions *scs.SessionManager
	routes   []Route
	long     map[string]bool // routes that keep their own time
}

// New builds a server; every template is parsed here, so a broken one fails the start.
func New(cfg Config) (*Server, error) {
	r, err := newRenderer(cfg)
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, echo: echo.New(), sessions: newSessions(cfg), long: map[string]bool{}}
	s.echo.HideBanner, s.echo.HidePort = true, true
	s.echo.Renderer = r
	s.echo.HTTPErrorHandler = s.handleError
	s.echo.IPExtractor = ipExtractor(cfg.Proxies)
	s.use()
	return s, nil
}

// ServeHTTP lets tests and the net/http server call it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.echo.ServeHTTP(w, r) }

// Echo gives the API set-up (huma) its adapter's ground.
func (s *Server) Echo() *echo.Echo { return s.echo }

// TakesLong lets requests of a route last longer than others; the route bounds their time itself. Call it before serving.
func (s *Server) TakesLong(path string) { s.long[path] = true }
