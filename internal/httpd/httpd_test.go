package httpd_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/andybalholm/brotli"
	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/httpdtest"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/testkit"
)

func site(t *testing.T, routes ...httpd.Route) *httpdtest.Site {
	t.Helper()
	return httpdtest.New(t, clock.NewManual(testkit.At(t, "03-24 09:00")), func(*httpd.Server) []httpd.Route { return routes })
}

func officer() httpd.Viewer {
	return httpd.Viewer{Name: "王敏", Scope: authz.Scope{Account: 7, Role: authz.HealthOfficer, Org: 1}}
}

func ok(c echo.Context) error { return c.String(http.StatusOK, "inside") }

func TestARouteThatDeclaresNothingIsRefusedAtStart(t *testing.T) {
	s := site(t)
	if err := s.Server.Mount(httpd.Route{Method: http.MethodGet, Path: "/open", Handler: ok}); err == nil {
		t.Error("mounted a route without access")
	}
	if err := s.Server.Mount(httpd.GET("/open", httpd.Need(), ok)); err == nil {
		t.Error("mounted a route that needs no permission at all")
	}
}

func TestWhoMayComeIn(t *testing.T) {
	s := site(t, httpd.GET("/public", httpd.Public(), ok), httpd.GET("/any", httpd.SignedIn(), ok), httpd.GET("/own", httpd.Need(authz.OwnFile), ok),
		httpd.GET("/files", httpd.Need(authz.EmployeeView, authz.TeamView), ok))
	nobody, hr := s.Anonymous(t), s.As(t, officer())
	for _, c := range []struct {
		who    *httpdtest.Client
		path   string
		status int
	}{
		{nobody, "/public", 200}, {nobody, "/any", 303}, {nobody, "/files?q=1", 303},
		{hr, "/public", 200}, {hr, "/any", 200}, {hr, "/files", 200}, {hr, "/own", 403}, {hr, "/nowhere", 404},
	} {
		if r := c.who.Get(c.path); r.Status != c.status {
			t.Errorf("%s: status %d, want %d", c.path, r.Status, c.status)
		}
	}
	if to := nobody.Get("/files?q=1").Location(); to != "/sign-in?next="+url.QueryEscape("/files?q=1") {
		t.Errorf("sent to %q, want to sign in and come back", to)
	}
}

// A form on somebody else's site cannot post here with the reader's cookie.
func TestAnotherSiteCannotPost(t *testing.T) {
	s := site(t, httpd.POST("/do", httpd.Public(), ok))
	for origin, want := range map[string]int{s.URL: 200, "https://evil.example": 403} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/do", strings.NewReader("a=1"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", origin)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("from %s: status %d, want %d", origin, res.StatusCode, want)
		}
	}
}

// An error becomes a page that says what happened and what to do; the cause stays in the log.
func TestErrorsBecomePages(t *testing.T) {
	secret := errors.New("password of the database is hunter2")
	fail := func(err error) echo.HandlerFunc { return func(echo.Context) error { return err } }
	s := site(t, httpd.GET("/internal", httpd.Public(), fail(secret)), httpd.GET("/conflict", httpd.Public(), fail(errs.New(errs.Conflict, "error.conflict"))),
		httpd.GET("/panic", httpd.Public(), func(echo.Context) error { panic(secret) }), httpd.GET("/missing", httpd.Public(), fail(errs.Missing())))
	for path, want := range map[string]int{"/internal": 500, "/panic": 500, "/conflict": 409, "/missing": 404, "/assets/none.css": 404} {
		r := s.Anonymous(t).Get(path)
		if r.Status != want || strings.Contains(r.Body, "hunter2") || strings.Contains(r.Body, "⟦") {
			t.Errorf("%s: status %d, want %d, with a clean text: %.300s", path, r.Status, want, r.Body)
		}
		if csp := r.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "script-src 'self'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", path, csp)
		}
	}
}

func TestABodyBeyondTheLimitIsRefused(t *testing.T) {
	s := site(t, httpd.POST("/form", httpd.Public(), func(c echo.Context) error {
		var f struct {
			Text string `form:"text"`
		}
		if err := httpd.Bind(c, &f); err != nil {
			return err
		}
		return c.String(http.StatusOK, f.Text)
	}))
	if r := s.Anonymous(t).Post("/form", url.Values{"text": {"  hello "}}); r.Body != "hello" {
		t.Errorf("bound %q, want the text trimmed", r.Body)
	}
	if r := s.Anonymous(t).Post("/form", url.Values{"text": {strings.Repeat("x", httpd.DefaultBody+1)}}); r.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d for a form beyond the limit", r.Status)
	}
}

// A notice waits for the next whole page and is shown once.
func TestANoticeIsShownOnce(t *testing.T) {
	s := site(t, httpd.POST("/do", httpd.SignedIn(), func(c echo.Context) error { return httpd.Done(c, "/page", "error.conflict") }),
		httpd.GET("/page", httpd.SignedIn(), func(c echo.Context) error {
			return httpd.Render(c, http.StatusOK, "error/error", &httpd.ErrorPage{})
		}))
	hr := s.As(t, officer())
	if r := hr.Post("/do", nil); r.Status != http.StatusSeeOther || r.Location() != "/page" {
		t.Fatalf("status %d to %q", r.Status, r.Location())
	}
	first, second := hr.Get("/page").Body, hr.Get("/page").Body
	if !strings.Contains(first, "别人刚刚改过这条记录") || strings.Contains(second, "别人刚刚改过这条记录") {
		t.Error("the notice must stand on the first page only")
	}
}

// A page comes packed to whoever takes it so, and says the same either way.
func TestAPageIsPackedForWhoeverTakesItSo(t *testing.T) {
	s := site(t, httpd.GET("/page", httpd.Public(), func(c echo.Context) error {
		return httpd.Render(c, http.StatusOK, "error/error", &httpd.ErrorPage{})
	}))
	ask := func(encoding string) (*http.Response, []byte) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/page", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept-Encoding", encoding)
		r, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(r.Header.Values("Vary"), "Accept-Encoding") {
			t.Error("a cache may hand the one out for the other")
		}
		return r, body
	}
	plainly, plain := ask("identity")
	packedly, packed := ask("br, gzip")
	if plainly.Header.Get("Content-Encoding") != "" || packedly.Header.Get("Content-Encoding") != "gzip" || len(packed) >= len(plain) {
		t.Fatalf("%q of %d bytes, %q of %d bytes", plainly.Header.Get("Content-Encoding"), len(plain), packedly.Header.Get("Content-Encoding"), len(packed))
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	if unpacked, err := io.ReadAll(z); err != nil || !bytes.Equal(unpacked, plain) {
		t.Errorf("unpacked it is another page: %v", err)
	}
}

// A built file goes out as the browser takes it, and is the same file each time.
func TestAnAssetComesAsItIsTaken(t *testing.T) {
	var gz, br bytes.Buffer
	zw, bw := gzip.NewWriter(&gz), brotli.NewWriter(&br)
	for _, w := range []io.WriteCloser{zw, bw} {
		if _, err := io.WriteString(w, "body{}"); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	e := echo.New()
	e.GET("/assets/*", httpd.Assets(fstest.MapFS{"app-1.css.gz": {Data: gz.Bytes()}, "app-1.css.br": {Data: br.Bytes()}}))
	for accept, want := range map[string]struct{ encoding, body string }{
		"":                  {"", "body{}"},
		"identity":          {"", "body{}"},
		"gzip, deflate":     {"gzip", gz.String()},
		"gzip, deflate, br": {"br", br.String()},
	} {
		req := httptest.NewRequest(http.MethodGet, "/assets/app-1.css", nil)
		req.Header.Set("Accept-Encoding", accept)
		got := httptest.NewRecorder()
		e.ServeHTTP(got, req)
		if h := got.Header(); got.Code != 200 || h.Get("Content-Encoding") != want.encoding || got.Body.String() != want.body ||
			h.Get("Content-Type") != "text/css; charset=utf-8" || h.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: %d %v %q", accept, got.Code, h, got.Body)
		}
	}
	got := httptest.NewRecorder()
	if e.ServeHTTP(got, httptest.NewRequest(http.MethodGet, "/assets/none.css", nil)); got.Code != 404 {
		t.Errorf("an unknown file: %d", got.Code)
	}
}
