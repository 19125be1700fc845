package bureauhttp

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/platform/page"
	"github.com/fugong/fugong/internal/platform/sheet/sheetout"
	"github.com/fugong/fugong/internal/rollup"
)

// OrgsPage lists enterprises.
type OrgsPage struct {
	httpd.Base
	Head  ui.PageHead
	Table ui.Table
}

func filterOf(c echo.Context) rollup.Filter {
	f := rollup.Filter{Zone: c.QueryParam("zone"), Industry: c.QueryParam("industry"), Size: c.QueryParam("size"), Resume: c.QueryParam("resume")}
	if sc := httpd.ScopeOf(c); sc.Role == authz.DistrictBureau {
		f.Zone = sc.Division
	}
	return f
}

// listed reads the enterprises that the query asks for. Small cells were hidden among all of them, before any search, so that
// a search cannot single one out.
func (h *handlers) listed(c echo.Context) (rollup.View, error) {
	v, err := h.view(c, filterOf(c), rollup.ByOrg)
	if err != nil {
		return v, err
	}
	if q := strings.TrimSpace(c.QueryParam("q")); q != "" {
		v.Groups = slices.DeleteFunc(v.Groups, func(g rollup.Group) bool { return !strings.Contains(g.Org.Name, q) })
	}
	switch c.QueryParam("sort") {
	case "name":
		slices.SortStableFunc(v.Groups, func(a, b rollup.Group) int { return strings.Compare(a.Org.Name, b.Org.Name) })
	case "untested":
		slices.SortStableFunc(v.Groups, func(a, b rollup.Group) int { return b.Untested() - a.Untested() })
	}
	return v, nil
}

func (h *handlers) orgs(c echo.Context) error {
	names, err := h.names(c)
	if err != nil {
		return err
	}
	v, err := h.listed(c)
	if err != nil {
		return err
	}
	b := &builder{c: c, t: httpd.PrinterOf(c).T, names: names, filter: filterOf(c)}
	from, shown := cut(v.Groups, httpd.PageRequest(c))
	total := len(v.Groups)
	v.Groups = shown
	head := ui.NewHead(b.t, b.t("bureau.all_orgs"), ui.Link{Label: b.t("bureau.title"), Href: "/bureau"})
	head.Sub = asOf(c, b.t, v.AsOf)
	p := &OrgsPage{Head: head, Table: b.orgTable(v)}
	p.Table.Toolbar = b.toolbar()
	q := c.QueryParams()
	prev, next := "", ""
	if from > 0 {
		prev = ui.Href("/bureau/orgs", q, "after", offset(max(0, from-page.DefaultSize)))
	}
	if from+len(shown) < total {
		next = ui.Href("/bureau/orgs", q, "after", offset(from+len(shown)))
	}
	p.Table.Pager = ui.NewPager(b.t, len(shown), total, prev, next)
	p.Table.Columns[0].SortHref = ui.Href("/bureau/orgs", q, "sort", "name", "after", "")
	p.Table.Columns[2].SortHref = ui.Href("/bureau/orgs", q, "sort", "", "after", "")
	p.Table.Columns[3].SortHref = ui.Href("/bureau/orgs", q, "sort", "untested", "after", "")
	sorted := map[string]int{"name": 0, "": 2, "untested": 3}
	if i, ok := sorted[c.QueryParam("sort")]; ok {
		p.Table.Columns[i].Sorted = "ascending"
		if i == 3 {
			p.Table.Columns[i].Sorted = "descending"
		}
	}
	return httpd.Render(c, http.StatusOK, "bureau/orgs", p)
}

func offset(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// cut takes one page out of the whole list, which is small enough to be sorted in memory.
func cut(groups []rollup.Group, r page.Request) (from int, shown []rollup.Group) {
	from, _ = strconv.Atoi(r.After) // anything else is the beginning
	from = min(max(from, 0), len(groups))
	return from, groups[from:min(from+page.DefaultSize, len(groups))]
}

func (b *builder) toolbar() *ui.Toolbar {
	tb := ui.NewToolbar(b.t, "/bureau/orgs", "orgs")
	q := b.c.QueryParams()
	tb.Search = &ui.Search{Name: "q", Value: q.Get("q"), Label: b.t("bureau.search")}
	all := ui.Option{Label: b.t("common.all")}
	if httpd.ScopeOf(b.c).Role != authz.DistrictBureau {
		zones := []ui.Option{all}
		for _, code := range slices.Sorted(maps.Keys(b.names)) {
			if code != "370300" {
				zones = append(zones, ui.Option{Value: code, Label: b.names[code]})
			}
		}
		tb.Selects = append(tb.Selects, ui.Select{Name: "zone", Label: b.t("bureau.zone"), Options: ui.Choose(zones, q.Get("zone"))})
	}
	industries := []ui.Option{all}
	for _, code := range org.Industries() {
		industries = append(industries, ui.Option{Value: code, Label: b.industryName(code)})
	}
	sizes, resumes := []ui.Option{all}, []ui.Option{all}
	for _, s := range []string{"large", "medium", "small", "micro"} {
		sizes = append(sizes, ui.Option{Value: s, Label: b.t("size." + s)})
	}
	for _, s := range []string{"full", "partial", "not_resumed", "suspended", "maintenance"} {
		resumes = append(resumes, ui.Option{Value: s, Label: b.t("resume." + s)})
	}
	tb.Selects = append(tb.Selects, ui.Select{Name: "industry", Label: b.t("bureau.industry"), Options: ui.Choose(industries, q.Get("industry"))},
		ui.Select{Name: "size", Label: b.t("bureau.size"), Options: ui.Choose(sizes, q.Get("size"))},
		ui.Select{Name: "resume", Label: b.t("bureau.resume"), Options: ui.Choose(resumes, q.Get("resume"))})
	if q.Get("q")+q.Get("zone")+q.Get("industry")+q.Get("size")+q.Get("resume") != "" {
		tb.Clear = "/bureau/orgs"
	}
	if httpd.ScopeOf(b.c).Can(authz.BureauExport) {
		tb.Actions = []ui.Action{{Label: b.t("common.export"), Href: "/bureau/orgs/export?" + q.Encode(), Icon: "download", Download: true}}
	}
	return tb
}

// export writes the list as the page shows it, hidden cells hidden.
func (h *handlers) export(c echo.Context) error {
	names, err := h.names(c)
	if err != nil {
		return err
	}
	v, err := h.listed(c)
	if err != nil {
		return err
	}
	b := &builder{c: c, t: httpd.PrinterOf(c).T, names: names}
	var out bytes.Buffer
	w, err := sheetout.NewXLSX(&out, b.t("bureau.all_orgs"), []sheetout.Column{{Label: b.t("bureau.org"), Width: 28}, {Label: b.t("bureau.zone")}, {Label: b.t("bureau.industry"), Width: 24},
		{Label: b.t("bureau.test_rate")}, {Label: b.t("bureau.untested"), Kind: sheetout.Number}, {Label: b.t("state.pending"), Kind: sheetout.Number},
		{Label: b.t("bureau.held"), Kind: sheetout.Number}, {Label: b.t("bureau.resume")}})
	if err != nil {
		return err
	}
	for _, g := range v.Groups {
		row := []any{g.Org.Name, b.zoneName(g.Org.Zone), b.industryName(g.Org.Industry), "—", nil, nil, nil, b.t("resume." + g.Org.Resume)}
		if !g.Hidden {
			row[3], row[4], row[5], row[6] = ui.Percent(g.Tested, g.Owed), g.Untested(), g.Pending, g.Held
		}
		if err := w.Write(row...); err != nil {
			break // Close repeats the error
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return httpd.Workbook(c, b.t("bureau.export_name"), out.Bytes())
}
