// Package qualityhttp serves the page that says how right the program was: how often it called somebody overdue who was not, what
// frozen weeks say by now, how long results took, how old the bureau's figures are, whether anybody was reminded twice. An
// enterprise sees its own figures, the bureau those of divisions and enterprises; no person anywhere.
package qualityhttp

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/platform/page"
	"github.com/fugong/fugong/internal/rollup"
)

// Divisions names the reporting lines.
type Divisions interface {
	Divisions(ctx context.Context) ([]org.Division, error)
}

type handlers struct {
	quality   *rollup.Quality
	divisions Divisions
}

// Routes are the page and the file of its enterprises.
func Routes(q *rollup.Quality, d Divisions) []httpd.Route {
	h := &handlers{q, d}
	return []httpd.Route{
		httpd.GET("/quality", httpd.Need(authz.QualityView), h.show),
		httpd.GET("/quality/export", httpd.Need(authz.BureauExport), h.export),
	}
}

// Pages names the templates and what they show.
func Pages() map[string]any { return map[string]any{"quality/show": &ShowPage{}} }

// ShowPage says how right the program was; a part that does not apply is nil.
type ShowPage struct {
	httpd.Base
	Head   ui.PageHead
	Notice *ui.Notice
	Stats  []ui.Stat
	Trend  *ui.Chart
	Weeks  *ui.Table
	Zones  *ui.Table
	Orgs   *ui.Table
}

func (h *handlers) view(c echo.Context) (*view, error) {
	q := c.QueryParams()
	monday, err := time.Parse(time.DateOnly, q.Get("week"))
	if err != nil {
		monday = time.Time{} // the last week that has ended
	}
	sc := httpd.ScopeOf(c)
	v := &view{c: c, t: httpd.PrinterOf(c).T, zones: map[string]string{}, all: rollup.Everyones(sc)}
	if v.RightView, err = h.quality.View(c.Request().Context(), sc, q.Get("zone"), monday, httpd.ZoneOf(c), httpd.NowOf(c)); err != nil {
		return nil, err
	}
	ds, err := h.divisions.Divisions(c.Request().Context())
	if err != nil {
		return nil, err
	}
	for _, d := range ds {
		v.zones[d.Code] = d.Name
		if httpd.PrinterOf(c).Lang() == "en" {
			v.zones[d.Code] = d.NameEn
		}
		if d.Kind != "city" {
			v.order = append(v.order, d.Code)
		}
	}
	return v, nil
}

func (h *handlers) show(c echo.Context) error {
	v, err := h.view(c)
	if err != nil {
		return err
	}
	p := &ShowPage{Head: ui.NewHead(v.t, v.t("quality.title"))}
	p.Head.Sub = v.t("quality.sub")
	switch {
	case v.Week.Orgs == 0:
		p.Notice = &ui.Notice{Tone: ui.ToneInfo, Title: v.t("quality.empty"), Text: v.t("quality.empty.hint")}
	case v.Week.Hidden:
		p.Notice = &ui.Notice{Tone: ui.ToneInfo, Title: v.t("quality.hidden", "Least", rollup.SmallCell)}
	default:
		p.Head.Sub = v.t("quality.sub_week", "From", v.day(v.Week.Week), "To", v.day(v.Week.Week.AddDate(0, 0, 6)), "AsOf", v.asOf(v.Week.AsOf))
		p.Stats, p.Trend = v.stats(), v.trend()
	}
	if v.Week.Orgs > 0 {
		p.Weeks = v.weeks()
	}
	if v.all && v.Week.Orgs > 0 {
		p.Zones, p.Orgs = v.zoneTable(), v.orgTable()
	}
	return httpd.Render(c, http.StatusOK, "quality/show", p)
}

// listed are the enterprises that the query asks for. Few people were hidden before any search, so that none singles them out.
func (v *view) listed() []rollup.Rightness {
	q := strings.TrimSpace(v.c.QueryParam("q"))
	return slices.DeleteFunc(slices.Clone(v.Orgs), func(r rollup.Rightness) bool { return q != "" && !strings.Contains(r.Name, q) })
}

// cut takes one page out of the list, which is small enough to be sorted in memory.
func cut(rows []rollup.Rightness, after string) (from int, shown []rollup.Rightness) {
	from, _ = strconv.Atoi(after) // anything else is the beginning
	from = min(max(from, 0), len(rows))
	return from, rows[from:min(from+page.DefaultSize, len(rows))]
}
