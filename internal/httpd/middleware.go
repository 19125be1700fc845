package httpd

import (
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/i18n"
)

const (
	requestTime = 30 * time.Second
	csp         = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; " +
		"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

func (s *Server) use() {
	s.echo.Use(
		middleware.RequestIDWithConfig(middleware.RequestIDConfig{TargetHeader: echo.HeaderXRequestID}),
		s.requestLog(),
		serverTime,
		middleware.RecoverWithConfig(middleware.RecoverConfig{LogErrorFunc: s.logPanic}),
		middleware.ContextTimeoutWithConfig(middleware.ContextTimeoutConfig{Timeout: requestTime,
			Skipper: func(c echo.Context) bool { return s.long[c.Path()] }}),
		secureHeaders,
		echo.WrapMiddleware(http.NewCrossOriginProtection().Handler),
		s.identify,
	)
}

func (s *Server) requestLog() echo.MiddlewareFunc {
	return middleware.RequestLoggerWithConfig(middleware.RequestLoggerConfig{
		LogStatus: true, HandleError: true, LogLatency: true, LogMethod: true, LogRoutePath: true, LogRequestID: true, LogResponseSize: true,
		LogValuesFunc: func(c echo.Context, v middleware.RequestLoggerValues) error {
			// The route pattern, not the address: an address may hold a name that was searched for.
			s.cfg.Log.Info("request", "method", v.Method, "route", v.RoutePath, "status", v.Status, "ms",
				v.Latency.Milliseconds(), "bytes", v.ResponseSize, "id", v.RequestID)
			return nil
		},
	})
}

// serverTime tells how long the server took before it began to answer, as browsers show it and benchmarks read it.
func serverTime(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start, r := time.Now(), c.Response()
		r.Before(func() {
			r.Header().Set("Server-Timing", "app;dur="+strconv.FormatFloat(float64(time.Since(start).Microseconds())/1000, 'f', 3, 64))
		})
		return next(c)
	}
}

func (s *Server) logPanic(c echo.Context, err error, stack []byte) error {
	s.cfg.Log.Error("panic", "error", err, "route", c.Path(), "stack", string(stack))
	return err
}

func secureHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Content-Security-Policy", csp)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "geolocation=(), microphone=()")
		return next(c)
	}
}

func bodyLimit(max int64) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			if r.ContentLength > max {
				return errs.New(errs.TooLarge, "error.too_large", "Max", megabytes(max))
			}
			r.Body = http.MaxBytesReader(c.Response(), r.Body, max)
			return next(c)
		}
	}
}

// state is what one request knows of its viewer.
type state struct {
	server  *Server
	viewer  Viewer
	printer *i18n.Printer
	session bool // a session is loaded: not for assets, health checks and the API
	recency *db.Recency
}

const stateKey = "fugong"

func stateOf(c echo.Context) *state {
	st, _ := c.Get(stateKey).(*state)
	return st
}

// identify loads the session and the viewer. Addresses of assets and the API skip it: the first need no viewer, the second
// signs in by token.
func (s *Server) identify(next echo.HandlerFunc) echo.HandlerFunc {
	withViewer := func(c echo.Context) error {
		st := &state{server: s, session: true}
		c.Set(stateKey, st)
		ctx := c.Request().Context()
		if id := s.sessions.GetInt64(ctx, keyAccount); id != 0 {
			v, err := s.cfg.Identify(ctx, id, s.sessions.GetInt(ctx, keyEpoch))
			switch {
			case err == nil:
				v.Scope.RequestID = c.Response().Header().Get(echo.HeaderXRequestID)
				st.viewer = v
			case errs.Is(err, errs.Unauthenticated):
				if err := s.sessions.Destroy(ctx); err != nil {
					return err
				}
			default:
				return err
			}
		}
		st.printer = s.cfg.Catalog.Printer(s.language(c, st.viewer))
		s.withRecency(c, st)
		return next(c)
	}
	return func(c echo.Context) error {
		switch path := c.Request().URL.Path; {
		case strings.HasPrefix(path, "/assets/"), strings.HasPrefix(path, "/api/"), path == "/healthz", path == "/readyz":
			c.Set(stateKey, &state{server: s, printer: s.cfg.Catalog.Printer(s.language(c, Viewer{}))})
			return next(c)
		case path == "/alerts":
			return s.peek(c, withViewer)
		}
		inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c.SetRequest(r)
			c.SetResponse(echo.NewResponse(w, s.echo))
			if err := withViewer(c); err != nil {
				c.Error(err) // while the session's writer is still open
			}
		})
		s.sessions.LoadAndSave(inner).ServeHTTP(c.Response(), c.Request())
		return nil
	}
}

// peek reads the session without touching it: a page that only asks for news, every few seconds, must not keep a session
// alive that nobody uses, nor write it anew each time.
func (s *Server) peek(c echo.Context, next echo.HandlerFunc) error {
	token := ""
	if k, err := c.Cookie(s.sessions.Cookie.Name); err == nil {
		token = k.Value
	}
	ctx, err := s.sessions.Load(c.Request().Context(), token)
	if err != nil {
		return err
	}
	c.SetRequest(c.Request().WithContext(ctx))
	return next(c)
}

// language is the reader's choice: the cookie, then the account, then the browser.
func (s *Server) language(c echo.Context, v Viewer) string {
	if k, err := c.Cookie(langCookie); err == nil && (k.Value == i18n.Chinese || k.Value == i18n.English) {
		return k.Value
	}
	if v.Lang != "" {
		return v.Lang
	}
	return s.cfg.Catalog.Match(c.Request().Header.Get("Accept-Language"))
}

func (s *Server) guard(a Access) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			scope := ScopeOf(c)
			if a.kind != public && scope.Account == 0 {
				return errs.New(errs.Unauthenticated, "error.unauthenticated")
			}
			if a.kind == needs {
				if err := scope.Require(a.perms...); err != nil {
					return err
				}
			}
			return next(c)
		}
	}
}

// ScopeOf is who acts in this request; the zero scope when nobody signed in.
func ScopeOf(c echo.Context) authz.Scope {
	if st := stateOf(c); st != nil {
		return st.viewer.Scope
	}
	return authz.Scope{}
}

// ViewerOf is the signed-in account.
func ViewerOf(c echo.Context) Viewer { return stateOf(c).viewer }

// PrinterOf writes texts in the reader's language.
func PrinterOf(c echo.Context) *i18n.Printer { return stateOf(c).printer }

// ZoneOf is the zone in which this reader's days are counted.
func ZoneOf(c echo.Context) *time.Location {
	st := stateOf(c)
	if st.viewer.Zone != nil {
		return st.viewer.Zone
	}
	return st.server.cfg.Zone
}

// NowOf is the program's instant.
func NowOf(c echo.Context) time.Time { return stateOf(c).server.cfg.Clock.Now() }

func ipExtractor(proxies []string) echo.IPExtractor {
	var opts []echo.TrustOption
	opts = append(opts, echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false))
	for _, cidr := range proxies {
		if _, n, err := net.ParseCIDR(cidr); err == nil {
			opts = append(opts, echo.TrustIPRange(n))
		}
	}
	if len(proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	return echo.ExtractIPFromXFFHeader(opts...)
}
