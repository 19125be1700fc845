package orghttp

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/org"
)

func (h *Handlers) orgList(c echo.Context) error {
	l := listingOf(c)
	divisions, err := h.zones(c)
	if err != nil {
		return err
	}
	res, err := h.orgs.List(c.Request().Context(), httpd.ScopeOf(c), org.Filter{Query: l.get("q"), Kind: l.get("kind"), Zone: l.get("zone"),
		Active: l.get("active"), Sort: l.get("sort"), Desc: l.get("desc") != "", Page: httpd.PageRequest(c)})
	if err != nil {
		return err
	}
	t := l.t
	p := &ListPage{Head: ui.NewHead(t, t("admin.orgs"))}
	p.Head.Actions = []ui.Action{{Label: t("admin.org.new"), Href: "/admin/orgs/new", Icon: "plus", Kind: ui.KindPrimary}}
	p.Table = ui.NewTable(t, "orgs", t("admin.orgs"))
	p.Table.Toolbar = l.toolbar("orgs", t("admin.org.search"), []ui.Select{
		l.choice("kind", t("org.kind"), "org.kind.", []string{org.Enterprise, org.Bureau, org.Operator}),
		l.choice("zone", t("org.admin_zone"), "zone.", divisions),
		l.choice("active", t("common.status"), "org.active.", []string{"yes", "no"}),
	})
	head := l.sortable(t("org.name"), "name", true)
	head.Head = true
	p.Table.Columns = []ui.Column{head, l.sortable(t("org.code"), "code", false), {Label: t("org.kind")}, {Label: t("org.admin_zone")},
		l.sortable(t("org.created"), "created", false), {Label: t("common.status")}}
	for _, o := range res.Rows {
		p.Table.Rows = append(p.Table.Rows, orgRow(c, o))
	}
	p.Table.Pager = l.pager(len(res.Rows), res.Total, res.Prev, res.Next)
	return httpd.Render(c, http.StatusOK, "org/list", p)
}

func orgRow(c echo.Context, o org.Org) ui.Row {
	t := httpd.PrinterOf(c).T
	zone := "—"
	if o.AdminZone != "" {
		zone = t("zone." + o.AdminZone)
	}
	return ui.Row{Label: o.Name, Cells: []ui.Cell{
		{Text: o.Name, Sub: o.ShortName, Href: "/admin/orgs/" + strconv.Itoa(int(o.ID))}, ui.Text(o.Code), ui.Text(t("org.kind." + o.Kind)),
		ui.Text(zone), {Text: httpd.Day(httpd.PrinterOf(c), o.CreatedAt.In(httpd.ZoneOf(c))), DateTime: o.CreatedAt.Format(time.RFC3339)},
		ui.Badges(activeBadge(t, o.Active)),
	}}
}

func activeBadge(t ui.Translate, active bool) ui.Badge {
	if active {
		return ui.Badge{Label: t("org.active.yes"), Tone: ui.ToneOK, Icon: "check"}
	}
	return ui.Badge{Label: t("org.active.no"), Tone: ui.ToneNeutral, Icon: "away"}
}

// zones are the codes of every division.
func (h *Handlers) zones(c echo.Context, kinds ...string) ([]string, error) {
	divisions, err := h.orgs.Divisions(c.Request().Context())
	var out []string
	for _, d := range divisions {
		if len(kinds) == 0 || slices.Contains(kinds, d.Kind) {
			out = append(out, d.Code)
		}
	}
	return out, err
}
