package api

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/gb"
)

// problem is the answer of every failure, in the form of RFC 9457.
type problem struct {
	Status    int     `json:"status" doc:"HTTP status"`
	Code      string  `json:"code" enum:"invalid,unauthenticated,forbidden,not_found,conflict,too_large,unsupported,too_many,unavailable,internal" doc:"What a program can do about it; never changes"`
	Title     string  `json:"title" doc:"The status in words"`
	Detail    string  `json:"detail" doc:"What happened, in the reader's language"`
	RequestID string  `json:"request_id,omitempty" doc:"To be named when asking for help"`
	Errors    []fault `json:"errors,omitempty" nullable:"false" doc:"Each fault of the request, the first 100 at most"`
}

// fault is one thing that is wrong with a request or with one row of it.
type fault struct {
	Code     string `json:"code" doc:"The kind of fault; never changes" example:"employee.problem.id.checksum"`
	Location string `json:"location" doc:"Where it is" example:"body.employees[3].id_number"`
	Message  string `json:"message" doc:"What is wrong and what to do, in the reader's language"`
}

const maxFaults = 100

// Error implements error.
func (p *problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus implements huma.StatusError.
func (p *problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *problem) ContentType(string) string { return "application/problem+json" }

// problem words a failure. What is not an *errs.Error is logged and stays dull.
func (k *call) problem(err error) *problem {
	e := normalise(err)
	status := httpd.Status(e)
	if status >= http.StatusInternalServerError {
		k.server.Log.Error("api request failed", "route", k.route, "error", err, "id", k.id)
	}
	p := &problem{Status: status, Code: string(e.Code), Title: http.StatusText(status), Detail: k.printer.M(e.Message), RequestID: k.id}
	if len(e.Fields) > 0 {
		p.Detail, p.Errors = k.printer.T("api.invalid"), k.faults(k.place, e.Fields)
	}
	return p
}

func normalise(err error) *errs.Error {
	var e *errs.Error
	var he *echo.HTTPError
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return errs.New(errs.Unavailable, "error.timeout").Because(err)
	case errors.As(err, &he) && he.Code == http.StatusNotFound:
		return errs.New(errs.NotFound, "api.no_such_address")
	}
	return errs.New(errs.Internal, "error.internal").Because(err)
}

// faults words the faults of fields, by name; where stands before each.
func (k *call) faults(where string, fields errs.Fields) []fault {
	var out []fault
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		m := masked(fields[field])
		out = append(out, fault{Code: m.Key, Location: where + "." + field, Message: k.printer.M(m)})
	}
	return out
}

// masked hides a number that a message quotes: sent in the wrong column, it would stand in the kept reply.
func masked(m errs.Message) errs.Message {
	if v, quoted := m.Args["Value"].(string); quoted && employee.IsNumber(v) {
		m.Args = maps.Clone(m.Args)
		m.Args["Value"] = gb.MaskID(v)
	}
	return m
}

// humaProblem is huma's way to an error: what a handler returned, or what huma itself found wrong with a request.
func humaProblem(ctx huma.Context, status int, _ string, causes ...error) huma.StatusError {
	k := callOf(ctx.Context())
	var details []*huma.ErrorDetail
	for _, cause := range causes {
		var d *huma.ErrorDetail
		if !errors.As(cause, &d) {
			return k.problem(errors.Join(causes...))
		}
		details = append(details, d)
	}
	p := k.problem(refusal(status, ctx.Operation()))
	p.Status, p.Title = status, http.StatusText(status)
	for _, d := range details[:min(len(details), maxFaults)] {
		p.Errors = append(p.Errors, k.fault(d))
	}
	return p
}

// refusal is what a status of huma's means.
func refusal(status int, op *huma.Operation) error {
	switch status {
	case http.StatusBadRequest:
		return errs.New(errs.Invalid, "api.not_json")
	case http.StatusRequestTimeout:
		return errs.New(errs.Unavailable, "api.slow_body")
	case http.StatusRequestEntityTooLarge:
		return errs.New(errs.TooLarge, "api.too_large", "Max", op.MaxBodyBytes>>20)
	case http.StatusUnsupportedMediaType:
		return errs.New(errs.Unsupported, "api.media_type")
	case http.StatusUnprocessableEntity:
		return errs.New(errs.Invalid, "api.invalid")
	}
	return errors.New(http.StatusText(status))
}
