package httpd

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/platform/errs"
)

var statusOf = map[errs.Code]int{
	errs.Invalid:         http.StatusUnprocessableEntity,
	errs.Unauthenticated: http.StatusUnauthorized,
	errs.Forbidden:       http.StatusForbidden,
	errs.NotFound:        http.StatusNotFound,
	errs.Conflict:        http.StatusConflict,
	errs.TooLarge:        http.StatusRequestEntityTooLarge,
	errs.Unsupported:     http.StatusUnsupportedMediaType,
	errs.TooMany:         http.StatusTooManyRequests,
	errs.Unavailable:     http.StatusServiceUnavailable,
	errs.Internal:        http.StatusInternalServerError,
}

// Status is the HTTP status of an error's code.
func Status(err error) int { return statusOf[errs.CodeOf(err)] }

// ErrorPage is the page of any failure: what happened, what was kept, what to do.
type ErrorPage struct {
	Base
	Status    int
	Code      string
	Message   string
	Next      string
	RequestID string
}

// handleError is the one place where an error becomes an answer.
func (s *Server) handleError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	if errors.Is(err, context.Canceled) && c.Request().Context().Err() != nil {
		return // the reader has gone; nobody waits for an answer
	}
	e := normalise(err)
	status := statusOf[e.Code]
	if status >= http.StatusInternalServerError {
		s.cfg.Log.Error("request failed", "route", c.Path(), "error", err, "id", c.Response().Header().Get(echo.HeaderXRequestID))
	}
	if err := s.answer(c, status, e); err != nil {
		s.cfg.Log.Error("error page", "error", err)
	}
}

func (s *Server) answer(c echo.Context, status int, e *errs.Error) error {
	r := c.Request()
	switch {
	case r.Method == http.MethodHead:
		return c.NoContent(status)
	case strings.HasPrefix(r.URL.Path, "/api/"):
		return s.problem(c, status, e)
	case e.Code == errs.Unauthenticated && r.Header.Get("HX-Request") == "":
		to := "/sign-in"
		if r.Method == http.MethodGet && r.URL.Path != "/" {
			to += "?next=" + url.QueryEscape(r.URL.RequestURI())
		}
		return c.Redirect(http.StatusSeeOther, to)
	}
	st := stateOf(c)
	if st == nil || st.printer == nil {
		c.Set(stateKey, &state{server: s, printer: s.cfg.Catalog.Printer(s.language(c, Viewer{}))})
		st = stateOf(c)
	}
	p := &ErrorPage{Status: status, Code: string(e.Code), Message: st.printer.M(e.Message),
		Next: st.printer.T("error.next." + string(e.Code)), RequestID: c.Response().Header().Get(echo.HeaderXRequestID)}
	return Render(c, status, "error/error", p)
}

// problem answers in the form of RFC 9457.
func (s *Server) problem(c echo.Context, status int, e *errs.Error) error {
	p := s.cfg.Catalog.Printer(s.language(c, Viewer{}))
	c.Response().Header().Set(echo.HeaderContentType, "application/problem+json")
	return c.JSON(status, map[string]any{"status": status, "title": http.StatusText(status), "detail": p.M(e.Message), "code": e.Code})
}

// normalise brings every error to the house's type.
func normalise(err error) *errs.Error {
	var e *errs.Error
	if errors.As(err, &e) {
		return e
	}
	var tooBig *http.MaxBytesError
	if errors.As(err, &tooBig) {
		return errs.New(errs.TooLarge, "error.too_large", "Max", megabytes(tooBig.Limit))
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return errs.New(errs.Unavailable, "error.timeout").Because(err)
	}
	var he *echo.HTTPError
	if errors.As(err, &he) {
		switch he.Code {
		case http.StatusNotFound, http.StatusMethodNotAllowed:
			return errs.Missing()
		case http.StatusBadRequest, http.StatusUnsupportedMediaType:
			return errs.New(errs.Invalid, "error.invalid").Because(err)
		}
	}
	return errs.New(errs.Internal, "error.internal").Because(err)
}

func megabytes(n int64) string { return fmt.Sprintf("%.3g MB", float64(n)/(1<<20)) }
