// Package bureauhttp serves the bureau's pages: city, reporting line, industry, enterprise; worst first, small cells hidden,
// no person anywhere.
package bureauhttp

import (
	"context"
	"net/http"
	"net/url"
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
		httpd.POST("/bureau/exact", view, h.exact),
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
	divisions, err := h.divisions.Divisions(c.Request().Context())
	if err != nil {
		return err
	}
	o, err := h.rollup.Overview(c.Request().Context(), httpd.ScopeOf(c), f, worstShown, httpd.ZoneOf(c), httpd.NowOf(c))
	if err != nil {
		return err
	}
	b := &builder{c: c, t: httpd.PrinterOf(c).T, names: namesOf(c, divisions), filter: f}
	p := &ViewPage{Head: b.head(o.View), Notice: b.notice(o.View), Stats: b.stats(o.View), Trend: b.trend(o.View), Orgs: b.worst(o.With(o.Worst))}
	if f.Zone == "" {
		v := o.With(o.Zones)
		m := b.tiles(v, divisions)
		p.Map, p.Zones, p.Heat = &m, b.zones(v), b.heat(o.Heat, o.AsOf)
	}
	if f.Industry == "" {
		p.Industries = b.industries(o.With(o.Industries))
	}
	return httpd.Render(c, http.StatusOK, "bureau/view", p)
}

// exact counts now and goes back to the page that asked.
func (h *handlers) exact(c echo.Context) error {
	var form struct {
		Zone     string `form:"zone"`
		Industry string `form:"industry"`
	}
	if err := httpd.Bind(c, &form); err != nil {
		return err
	}
	if err := h.rollup.Exact(c.Request().Context(), httpd.ScopeOf(c), httpd.NowOf(c)); err != nil {
		return err
	}
	to := "/bureau"
	switch {
	case form.Zone != "" && httpd.ScopeOf(c).Role != authz.DistrictBureau:
		to += "/zones/" + url.PathEscape(form.Zone)
	case form.Industry != "":
		to += "/industries/" + url.PathEscape(form.Industry)
	}
	return httpd.Done(c, to, "bureau.counted")
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

func (h *handlers) names(c echo.Context) (map[string]string, error) {
	ds, err := h.divisions.Divisions(c.Request().Context())
	if err != nil {
		return nil, err
	}
	return namesOf(c, ds), nil
}

// namesOf maps the reporting lines to their names in the reader's language.
func namesOf(c echo.Context, ds []org.Division) map[string]string {
	out := make(map[string]string, len(ds))
	for _, d := range ds {
		out[d.Code] = d.Name
		if httpd.PrinterOf(c).Lang() == "en" {
			out[d.Code] = d.NameEn
		}
	}
	return out
}

// asOf names the snapshot to the second: it is replaced within the minute.
func asOf(c echo.Context, t ui.Translate, at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return t("common.as_of", "Time", httpd.DateTime(httpd.PrinterOf(c), at, httpd.ZoneOf(c))+at.In(httpd.ZoneOf(c)).Format(":05"))
}
