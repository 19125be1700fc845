package api

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/i18n"
)

// call is what one request knows: who asks, in which language, when.
type call struct {
	server  *server
	printer *i18n.Printer
	route   string
	place   string // where the request says what it wants: query or body
	id      string // of the request, in its header
	at      time.Time
	scope   authz.Scope
	client  int32
	zone    *time.Location // of the client's org
}

type callKey struct{}

// callOf finds the call of a request; enter has put it there.
func callOf(ctx context.Context) *call { return ctx.Value(callKey{}).(*call) }

// enter is the way in: it lets a request through whose token works and that keeps to the pace, and answers every failure on
// the way back as a problem.
func (s *server) enter(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		k := &call{server: s, at: s.Clock.Now(), route: c.Path(), id: c.Response().Header().Get(echo.HeaderXRequestID),
			printer: s.Catalog.Printer(s.Catalog.Match(r.Header.Get("Accept-Language")))}
		if k.place = "body"; r.Method == http.MethodGet {
			k.place = "query"
		}
		c.SetRequest(r.WithContext(context.WithValue(r.Context(), callKey{}, k)))
		c.Response().Header().Set("Cache-Control", "no-store")
		err := s.admit(c, k)
		if err == nil {
			err = next(c)
		}
		if err == nil || c.Response().Committed {
			return nil
		}
		p := k.problem(err)
		c.Response().Header().Set(echo.HeaderContentType, p.ContentType("application/json"))
		return c.JSON(p.Status, p)
	}
}

// admit finds out who asks.
func (s *server) admit(c echo.Context, k *call) error {
	ctx := c.Request().Context()
	scope, id, err := s.Clients.Authenticate(ctx, bearer(c.Request()), k.at)
	if err != nil {
		if errs.Is(err, errs.Unauthenticated) {
			c.Response().Header().Set(echo.HeaderWWWAuthenticate, `Bearer realm="fugong"`)
			err = errs.New(errs.Unauthenticated, "api.token")
		}
		return err
	}
	if wait := s.paces.take(id, k.at); wait > 0 {
		return tooMany(c, wait)
	}
	o, err := s.Orgs.Get(ctx, scope.Org)
	if err != nil {
		return err
	}
	scope.RequestID = k.id
	k.scope, k.client, k.zone = scope, id, o.Zone()
	return nil
}

// bearer is the token of a request, "" if it has none.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

func tooMany(c echo.Context, wait time.Duration) error {
	seconds := int(math.Ceil(wait.Seconds()))
	c.Response().Header().Set("Retry-After", strconv.Itoa(seconds))
	return errs.New(errs.TooMany, "api.too_many", "Seconds", seconds)
}

// need lets a request pass whose token has one of the scopes.
func (s *server) need(scopes []authz.Permission) func(huma.Context, func(huma.Context)) {
	names := make([]string, len(scopes))
	for i, p := range scopes {
		names[i] = string(p)
	}
	refused := errs.New(errs.Forbidden, "api.scope", "Scopes", strings.Join(names, ", "))
	return func(ctx huma.Context, next func(huma.Context)) {
		err := callOf(ctx.Context()).scope.Require(scopes...)
		if err == nil {
			next(ctx)
			return
		}
		// A failure to write is the reader's connection's.
		_ = huma.WriteErr(s.api, ctx, http.StatusForbidden, "", errors.Join(refused, err))
	}
}
