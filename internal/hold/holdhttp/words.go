package holdhttp

import (
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/hold/holdview"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
)

// reader is for whom words are made.
type reader struct {
	holdview.View
	t    ui.Translate
	when func(time.Time) string
	now  time.Time
}

func readerOf(c echo.Context) reader {
	p, zone := httpd.PrinterOf(c), httpd.ZoneOf(c)
	when := func(at time.Time) string { return httpd.DateTime(p, at, zone) }
	return reader{holdview.New(p.T, when), p.T, when, httpd.NowOf(c)}
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

func fileAddress(employee int64) string { return "/employees/" + number(employee) }

func holdAddress(employee, id int64) string { return fileAddress(employee) + "/holds/" + number(id) }

// joined sets names side by side: 一车间 · 甲班.
func joined(parts ...string) string {
	var said []string
	for _, p := range parts {
		if p != "" {
			said = append(said, p)
		}
	}
	return strings.Join(said, " · ")
}

// who names the people of a group act.
func (r reader) who(s hold.Selector, teams []ui.Option) string {
	value := s.Value
	for _, o := range teams {
		if s.By == hold.ByTeam && o.Value == s.Value {
			value = o.Label
		}
	}
	if s.By == hold.ByList {
		return r.t("hold.by." + s.By)
	}
	return r.t("hold.by."+s.By) + r.t("common.colon") + value
}

func (r reader) kinds(kinds []string) []ui.Option {
	var out []ui.Option
	for _, k := range kinds {
		out = append(out, ui.Option{Value: k, Label: r.Kind(k)})
	}
	return out
}

func (r reader) grounds() []ui.Option {
	var out []ui.Option
	for _, g := range hold.Grounds() {
		out = append(out, ui.Option{Value: g, Label: r.Ground(g)})
	}
	return out
}

// optional puts a choice in front that says nothing.
func optional(label string, options []ui.Option) []ui.Option {
	return append([]ui.Option{{Label: label}}, options...)
}

// teamOptions lists the teams of the org by id.
func (h *handlers) teamOptions(c echo.Context) ([]ui.Option, error) {
	teams, err := h.people.Teams(c.Request().Context(), httpd.ScopeOf(c))
	if err != nil {
		return nil, err
	}
	var out []ui.Option
	for _, t := range teams {
		out = append(out, ui.Option{Value: number(t.ID), Label: joined(t.Workshop, t.Name)})
	}
	return out, nil
}
