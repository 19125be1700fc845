package qualityhttp

import (
	"bytes"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/page"
	"github.com/fugong/fugong/internal/platform/sheet/sheetout"
	"github.com/fugong/fugong/internal/rollup"
)

// weeks is the published table: every week with what was shown, what of it was wrong, and what the frozen week says by now.
func (v *view) weeks() *ui.Table {
	tb := ui.NewTable(v.t, "weeks", v.t("quality.weeks"))
	tb.ShowCaption = true
	tb.Columns = []ui.Column{{Label: v.t("quality.week"), Head: true}, {Label: v.t("quality.checks"), Numeric: true}, {Label: v.t("quality.false"), Numeric: true},
		{Label: v.t("quality.missed"), Numeric: true}, {Label: v.t("quality.wronged"), Numeric: true}, {Label: v.t("quality.frozen"), Numeric: true},
		{Label: v.t("quality.recount"), Numeric: true}, {Label: v.t("quality.counted")}}
	for i := len(v.Weeks) - 1; i >= 0; i-- {
		w := &v.Weeks[i]
		row := ui.Row{Value: w.Week.Format(time.DateOnly), Label: v.day(w.Week), Cells: []ui.Cell{
			{Text: v.day(w.Week), Href: ui.Href("/quality", v.c.QueryParams(), "week", w.Week.Format(time.DateOnly), "after", "")}}}
		if w.Hidden {
			row.Cells = append(row.Cells, v.hidden(6)...)
		} else {
			row.Cells = append(row.Cells, ui.Count(w.Checks), v.share(w.False, w.Shown), v.share(w.Missed, w.Overdue()), ui.Count(w.Wronged))
			row.Cells = append(row.Cells, v.recount(w.Recount)...)
		}
		row.Cells = append(row.Cells, ui.Text(httpd.DateTime(httpd.PrinterOf(v.c), w.AsOf, httpd.ZoneOf(v.c))))
		if w.Week.Equal(v.Week.Week) {
			row.Tone = ui.ToneInfo
		}
		tb.Rows = append(tb.Rows, row)
	}
	return &tb
}

// share is a rate in a table: percentage over numerator and denominator.
func (v *view) share(num, den int) ui.Cell {
	if den == 0 {
		return ui.Text("—")
	}
	return ui.Cell{Text: ui.Percent(num, den), Sub: ui.Number(num) + " / " + ui.Number(den)}
}

// hidden are the cells of a group of too few people.
func (v *view) hidden(n int) []ui.Cell {
	cells := []ui.Cell{{Text: "—", Sub: v.t("common.rate.hidden")}}
	for range n - 1 {
		cells = append(cells, ui.Text("—"))
	}
	return cells
}

// recount puts the test rate of a frozen week beside the one that the records of today tell.
func (v *view) recount(r rollup.Recount) []ui.Cell {
	if r.Owed == 0 && r.OwedNow == 0 {
		return []ui.Cell{ui.Text("—"), ui.Text("—")}
	}
	again, verdict := v.share(r.TestedNow, r.OwedNow), v.t("quality.same")
	if r.Differs() {
		verdict = v.t("quality.differs")
	}
	again.Sub += " · " + verdict
	return []ui.Cell{v.share(r.Tested, r.Owed), again}
}

func (v *view) zoneName(code string) string {
	if n := v.zones[code]; n != "" {
		return n
	}
	return v.t("quality.no_zone")
}

func (v *view) partColumns(first string) []ui.Column {
	return []ui.Column{{Label: first, Head: true}, {Label: v.t("quality.checks"), Numeric: true}, {Label: v.t("quality.false"), Numeric: true, Sorted: "descending"},
		{Label: v.t("quality.missed"), Numeric: true}, {Label: v.t("quality.wronged"), Numeric: true}, {Label: v.t("quality.in_day"), Numeric: true}}
}

func (v *view) part(r *rollup.Rightness, head ui.Cell) ui.Row {
	if r.Hidden {
		return ui.Row{Cells: append([]ui.Cell{head}, v.hidden(5)...)}
	}
	return ui.Row{Cells: []ui.Cell{head, ui.Count(r.Checks), v.share(r.False, r.Shown), v.share(r.Missed, r.Overdue()), ui.Count(r.Wronged), v.share(r.InDay, r.Results)}}
}

func (v *view) zoneTable() *ui.Table {
	tb := ui.NewTable(v.t, "zones", v.t("quality.zones"))
	tb.ShowCaption, tb.Columns = true, v.partColumns(v.t("quality.zone"))
	for i := range v.Zones {
		z := &v.Zones[i]
		head := ui.Cell{Text: v.zoneName(z.Key), Sub: v.t("quality.orgs", "N", ui.Number(z.Orgs))}
		if z.Key != "" {
			head.Href = ui.Href("/quality", v.c.QueryParams(), "zone", z.Key, "after", "")
		}
		tb.Rows = append(tb.Rows, v.part(z, head))
	}
	return &tb
}

func (v *view) orgTable() *ui.Table {
	rows := v.listed()
	from, shown := cut(rows, v.c.QueryParam("after"))
	tb := ui.NewTable(v.t, "orgs", v.t("quality.enterprises"))
	tb.ShowCaption, tb.Columns, tb.Toolbar = true, v.partColumns(v.t("quality.org")), v.toolbar()
	for i := range shown {
		tb.Rows = append(tb.Rows, v.part(&shown[i], ui.Cell{Text: shown[i].Name, Sub: v.zoneName(shown[i].Zone)}))
	}
	prev, next := "", ""
	if from > 0 {
		prev = ui.Href("/quality", v.c.QueryParams(), "after", strconv.Itoa(max(0, from-page.DefaultSize)))
	}
	if from+len(shown) < len(rows) {
		next = ui.Href("/quality", v.c.QueryParams(), "after", strconv.Itoa(from+len(shown)))
	}
	tb.Pager = ui.NewPager(v.t, len(shown), len(rows), prev, next)
	return &tb
}

func (v *view) toolbar() *ui.Toolbar {
	q := v.c.QueryParams()
	tb := ui.NewToolbar(v.t, "/quality", "orgs")
	tb.Search = &ui.Search{Name: "q", Value: q.Get("q"), Label: v.t("quality.search")}
	weeks := make([]ui.Option, len(v.Weeks))
	for i, w := range v.Weeks {
		weeks[i] = ui.Option{Value: w.Week.Format(time.DateOnly), Label: v.day(w.Week), Selected: w.Week.Equal(v.Week.Week)}
	}
	slices.Reverse(weeks)
	if sc := httpd.ScopeOf(v.c); sc.Role != authz.DistrictBureau {
		zones := []ui.Option{{Label: v.t("common.all")}}
		for _, code := range v.order {
			zones = append(zones, ui.Option{Value: code, Label: v.zones[code]})
		}
		tb.Selects = append(tb.Selects, ui.Select{Name: "zone", Label: v.t("quality.zone"), Options: ui.Choose(zones, q.Get("zone"))})
	}
	tb.Selects = append(tb.Selects, ui.Select{Name: "week", Label: v.t("quality.week"), Options: weeks})
	if q.Get("q")+q.Get("zone")+q.Get("week") != "" {
		tb.Clear = "/quality"
	}
	if httpd.ScopeOf(v.c).Can(authz.BureauExport) {
		tb.Actions = []ui.Action{{Label: v.t("common.export"), Href: ui.Href("/quality/export", q, "after", ""), Icon: "download", Download: true}}
	}
	return tb
}

// export writes the enterprises as the page lists them, hidden figures hidden.
func (h *handlers) export(c echo.Context) error {
	v, err := h.view(c)
	if err != nil {
		return err
	}
	cols := []sheetout.Column{{Label: v.t("quality.org"), Width: 28}, {Label: v.t("quality.zone")}}
	for _, key := range []string{"people", "checks", "shown", "false_n", "missed_n", "wronged", "results", "results_in_day", "twice"} {
		cols = append(cols, sheetout.Column{Label: v.t("quality." + key), Kind: sheetout.Number})
	}
	var out bytes.Buffer
	x, err := sheetout.NewXLSX(&out, v.t("quality.enterprises"), cols)
	if err != nil {
		return err
	}
	for _, r := range v.listed() {
		row := []any{r.Name, v.zoneName(r.Zone), nil, nil, nil, nil, nil, nil, nil, nil, nil}
		if !r.Hidden {
			for i, n := range []int{r.People, r.Checks, r.Shown, r.False, r.Missed, r.Wronged, r.Results, r.InDay, r.Twice} {
				row[2+i] = n
			}
		}
		if x.Write(row...) != nil {
			break // Close repeats it
		}
	}
	if err := x.Close(); err != nil {
		return err
	}
	return httpd.Workbook(c, v.t("quality.file")+"-"+v.Week.Week.Format(time.DateOnly), out.Bytes())
}
