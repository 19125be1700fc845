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

// listed reads a part of the enterprises that the query asks for.
func (h *handlers) listed(c echo.Context, from, limit int) (rollup.Orgs, error) {
	return h.rollup.Orgs(c.Request().Context(), httpd.ScopeOf(c), filterOf(c), rollup.OrgList{
		Search: strings.TrimSpace(c.QueryParam("q")), Sort: rollup.OrgSort(c.QueryParam("sort")), From: from, Limit: limit})
}

func (h *handlers) orgs(c echo.Context) error {
	names, err := h.names(c)
	if err != nil {
		return err
	}
	from, _ := strconv.Atoi(httpd.PageRequest(c).After) // anything else is the beginning
	from = max(from, 0)
	l, err := h.listed(c, from, page.DefaultSize)
	if err != nil {
		return err
	}
	b := &builder{c: c, t: httpd.PrinterOf(c).T, names: names, filter: filterOf(c)}
	head := ui.NewHead(b.t, b.t("bureau.all_orgs"), ui.Link{Label: b.t("bureau.title"), Href: "/bureau"})
	head.Sub = asOf(c, b.t, l.AsOf)
	p := &OrgsPage{Head: head, Table: b.orgTable(rollup.View{AsOf: l.AsOf, Groups: l.Groups})}
	p.Table.Toolbar = b.toolbar()
	b.page(&p.Table, l, from)
	return httpd.Render(c, http.StatusOK, "bureau/orgs", p)
}

// page adds to a table the ways to its other parts and orders.
func (b *builder) page(t *ui.Table, l rollup.Orgs, from int) {
	q := b.c.QueryParams()
	prev, next := "", ""
	if from > 0 {
		prev = ui.Href("/bureau/orgs", q, "after", offset(max(0, from-page.DefaultSize)))
	}
	if from+len(l.Groups) < l.Matched {
		next = ui.Href("/bureau/orgs", q, "after", offset(from+len(l.Groups)))
	}
	t.Pager = ui.NewPager(b.t, len(l.Groups), l.Matched, prev, next)
	columns := map[rollup.OrgSort]int{rollup.ByName: 0, rollup.WorstFirst: 2, rollup.MostUntested: 3}
	for sort, i := range columns {
		t.Columns[i].SortHref = ui.Href("/bureau/orgs", q, "sort", string(sort), "after", "")
	}
	sort := rollup.OrgSort(q.Get("sort"))
	if i, ok := columns[sort]; ok {
		t.Columns[i].Sorted = "ascending"
		if sort == rollup.MostUntested {
			t.Columns[i].Sorted = "descending"
		}
	}
}

func offset(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
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
	l, err := h.listed(c, 0, 0)
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
	for _, g := range l.Groups {
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
