// Package httpdtest serves a feature's routes with the real renderer, texts and middleware, and lets a test act as any
// account, so that handler tests read pages as their reader would.
package httpdtest

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2/memstore"
	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/i18n"
	"github.com/fugong/fugong/web"
)

// Site is a running server of some routes.
type Site struct {
	Server *httpd.Server
	URL    string
	views  map[int64]httpd.Viewer
}

// New serves the routes at the clock's instant. The feature's routes are built by the function, which gets the server for
// handlers that sign in or out.
func New(t testing.TB, c clock.Clock, routes func(*httpd.Server) []httpd.Route) *Site {
	t.Helper()
	s := &Site{views: map[int64]httpd.Viewer{}}
	catalog, err := i18n.Load(web.Locales)
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	s.Server, err = httpd.New(httpd.Config{
		Clock: c, Log: slog.New(slog.DiscardHandler), Catalog: catalog, Sessions: memstore.New(), Zone: zone,
		Templates: web.Templates, Asset: func(name string) string { return "/assets/" + name },
		Identify: func(_ context.Context, account int64, _ int) (httpd.Viewer, error) {
			v, ok := s.views[account]
			if !ok {
				return v, errs.New(errs.Unauthenticated, "error.unauthenticated")
			}
			return v, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	signIn := httpd.POST("/test/sign-in/:account", httpd.Public(), func(c echo.Context) error {
		id, err := httpd.ID(c, "account")
		if err != nil {
			return err
		}
		if err := s.Server.SignIn(c, id, 1); err != nil {
			return err
		}
		return c.NoContent(http.StatusNoContent)
	})
	if err := s.Server.Mount(append(routes(s.Server), signIn)...); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s.Server)
	t.Cleanup(srv.Close)
	s.URL = srv.URL
	return s
}

// Client is one browser's worth of cookies.
type Client struct {
	t    testing.TB
	site *Site
	http *http.Client
}

// Anonymous is a client that has not signed in. It does not follow redirects.
func (s *Site) Anonymous(t testing.TB) *Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Client{t: t, site: s, http: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}}
}

// As is a client signed in as the viewer, whose scope needs an account id. Language defaults to Chinese.
func (s *Site) As(t testing.TB, v httpd.Viewer) *Client {
	t.Helper()
	if v.Zone == nil {
		v.Zone = time.FixedZone("CST", 8*3600)
	}
	if v.Lang == "" {
		v.Lang = i18n.Chinese
	}
	s.views[v.Scope.Account] = v
	c := s.Anonymous(t)
	if r := c.Post("/test/sign-in/"+strconv.FormatInt(v.Scope.Account, 10), nil); r.Status != http.StatusNoContent {
		t.Fatalf("test sign-in: status %d", r.Status)
	}
	return c
}

// Response is an answer read to its end.
type Response struct {
	Status int
	Body   string
	Header http.Header
}

// Location is where the answer redirects to.
func (r Response) Location() string { return r.Header.Get("Location") }

// Get fetches a page.
func (c *Client) Get(path string) Response {
	c.t.Helper()
	return c.do(http.MethodGet, path, nil, "")
}

// Post sends a form.
func (c *Client) Post(path string, form url.Values) Response {
	c.t.Helper()
	return c.do(http.MethodPost, path, strings.NewReader(form.Encode()), "application/x-www-form-urlencoded")
}

// PostBody sends any body.
func (c *Client) PostBody(path, contentType string, body io.Reader) Response {
	c.t.Helper()
	return c.do(http.MethodPost, path, body, contentType)
}

func (c *Client) do(method, path string, body io.Reader, contentType string) Response {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.site.URL+path, body)
	if err != nil {
		c.t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := c.http.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return Response{Status: res.StatusCode, Body: string(b), Header: res.Header}
}
