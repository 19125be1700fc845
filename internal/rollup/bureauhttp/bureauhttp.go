// Package bureauhttp serves the bureau's pages: city, reporting line, industry, enterprise; worst first, small cells hidden,
// no person anywhere.
package bureauhttp

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/rollup"
)

// Divisions names the reporting lines.
type Divisions interface {
	Divisions(ctx context.Context) ([]org.Division, error)
}

type handlers struct {
	rollup    *rollup.Service
	divisions Divisions
}

// Routes are the bureau's pages.
func Routes(r *rollup.Service, d Divisions) []httpd.Route {
	h := &handlers{rollup: r, divisions: d}
	view := httpd.Need(authz.BureauView)
	return []httpd.Route{
		httpd.GET("/bureau", view, h.city),
		httpd.GET("/bureau/zones/:zone", view, h.zone),
		httpd.GET("/bureau/industries/:industry", view, h.industry),
		httpd.GET("/bureau/orgs", view, h.orgs),
		httpd.GET("/bureau/orgs/export", httpd.Need(authz.BureauExport), h.export),
		httpd.GET("/bureau/orgs/:org", view, h.enterprise),
	}
}

// Pages names the templates and what they show.
func Pages() map[string]any {
	return map[string]any{"bureau/view": &ViewPage{}, "bureau/orgs": &OrgsPage{}}
}

// ViewPage shows a set of enterprises or one of them; a part that does not apply is nil.
type ViewPage struct {
	httpd.Base
	Head       ui.PageHead
	Notice     *ui.Notice
	Stats      []ui.Stat
	Map        *ui.TileMap
	Trend      *ui.Chart
	Heat       *ui.Heatmap
	Zones      *ui.Table
	Industries *ui.Table
	Orgs       *ui.Table
}

// city is the first page: the whole city, or for a district bureau its own line.
func (h *handlers) city(c echo.Context) error {
	sc := httpd.ScopeOf(c)
	if sc.Role == authz.DistrictBureau {
		return h.show(c, rollup.Filter{Zone: sc.Division})
	}
	return h.show(c, rollup.Filter{})
}

func (h *handlers) zone(c echo.Context) error {
	names, err := h.names(c)
	if err != nil {
		return err
	}
	if names[c.Param("zone")] == "" {
		return errs.Missing()
	}
	return h.show(c, rollup.Filter{Zone: c.Param("zone")})
}

func (h *handlers) industry(c echo.Context) error {
	if !httpd.PrinterOf(c).Has("industry." + c.Param("industry")) {
		return errs.Missing()
	}
	return h.show(c, rollup.Filter{Industry: c.Param("industry")})
}

// show builds the page of a set of enterprises. The parts come from the same snapshot, so their totals agree.
func (h *handlers) show(c echo.Context, f rollup.Filter) error {
	names, err := h.names(c)
	if err != nil {
		return err
	}
	b := &builder{c: c, t: httpd.PrinterOf(c).T, names: names, filter: f}
	by := rollup.ByZone
	if f.Zone != "" {
		by = rollup.ByIndustry
	}
	v, err := h.view(c, f, by)
	if err != nil {
		return err
	}
	p := &ViewPage{Head: b.head(v), Notice: b.notice(v), Stats: b.stats(v), Trend: b.trend(v)}
	if f.Zone == "" {
		if err := h.zonesPart(c, b, p, v); err != nil {
			return err
		}
		if f.Industry == "" {
			if v, err = h.view(c, f, rollup.ByIndustry); err != nil {
				return err
			}
		}
	}
	if f.Industry == "" {
		p.Industries = b.industries(v)
	}
	if v, err = h.view(c, f, rollup.ByOrg); err != nil {
		return err
	}
	p.Orgs = b.worst(v)
	return httpd.Render(c, http.StatusOK, "bureau/view", p)
}

func (h *handlers) zonesPart(c echo.Context, b *builder, p *ViewPage, v rollup.View) error {
	divisions, err := h.divisions.Divisions(c.Request().Context())
	if err != nil {
		return err
	}
	cells, err := h.rollup.Heat(c.Request().Context(), httpd.ScopeOf(c), b.filter, rollup.ByZone, httpd.ZoneOf(c), httpd.NowOf(c))
	if err != nil {
		return err
	}
	m := b.tiles(v, divisions)
	p.Map, p.Zones, p.Heat = &m, b.zones(v), b.heat(cells, v.AsOf)
	return nil
}

func (h *handlers) view(c echo.Context, f rollup.Filter, by rollup.By) (rollup.View, error) {
	return h.rollup.Bureau(c.Request().Context(), httpd.ScopeOf(c), f, by, httpd.ZoneOf(c), httpd.NowOf(c))
}

func (h *handlers) enterprise(c echo.Context) error {
	id, err := httpd.ID(c, "org")
	if err != nil {
		return err
	}
	names, err := h.names(c)
	if err != nil {
		return err
	}
	v, err := h.rollup.Enterprise(c.Request().Context(), httpd.ScopeOf(c), int32(id), httpd.ZoneOf(c), httpd.NowOf(c))
	if err != nil {
		return err
	}
	b := &builder{c: c, t: httpd.PrinterOf(c).T, names: names}
	p := &ViewPage{Head: b.orgHead(v), Notice: b.notice(v), Stats: b.stats(v), Trend: b.trend(v)}
	return httpd.Render(c, http.StatusOK, "bureau/view", p)
}

// names maps the reporting lines to their names in the reader's language.
func (h *handlers) names(c echo.Context) (map[string]string, error) {
	ds, err := h.divisions.Divisions(c.Request().Context())
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(ds))
	for _, d := range ds {
		out[d.Code] = d.Name
		if httpd.PrinterOf(c).Lang() == "en" {
			out[d.Code] = d.NameEn
		}
	}
	return out, nil
}

func asOf(c echo.Context, t ui.Translate, at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return t("common.as_of", "Time", httpd.DateTime(httpd.PrinterOf(c), at, httpd.ZoneOf(c)))
}
