package returninghttp

import (
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/sheet/sheetout"
	"github.com/fugong/fugong/internal/returning"
)

type listPage struct {
	httpd.Base
	Head   ui.PageHead
	Notice *ui.Notice
	Table  ui.Table
}

func filterOf(c echo.Context) returning.Filter {
	q := c.QueryParams()
	f := returning.Filter{Query: q.Get("q"), Show: q.Get("show"), Item: q.Get("item"), Sort: q.Get("sort"), Desc: q.Get("desc") != "",
		Request: httpd.PageRequest(c)}
	if !slices.Contains(returning.Shows(), f.Show) {
		f.Show = returning.ShowWaiting
	}
	if !slices.Contains(returning.Items(), f.Item) {
		f.Item = ""
	}
	if f.Sort != returning.SortName {
		f.Sort = returning.SortPlanned
	}
	return f
}

func (h *Handlers) list(c echo.Context) error {
	f := filterOf(c)
	l, err := h.returns.List(c.Request().Context(), httpd.ScopeOf(c), f, httpd.NowOf(c))
	if err != nil {
		return err
	}
	v := listView{wordsOf(c), c, f, httpd.ScopeOf(c)}
	p := &listPage{Head: ui.NewHead(v.w.t, v.w.t("returning.title")), Table: v.table(l)}
	p.Head.Sub = v.w.t("returning.title.sub")
	if n := l.Counts[returning.ShowReady]; n > 0 {
		d := ui.NewDialog(v.w.t, "approve-ready", ui.Action{Label: v.w.t("returning.approve_ready", "Count", n), Icon: "check", Kind: ui.KindPrimary}, "/returns/approve")
		d.Text, d.Hidden = v.w.t("returning.approve_ready.text"), []ui.Param{{Name: "all", Value: "1"}}
		p.Head.Actions = append(p.Head.Actions, ui.Action{Dialog: d})
	}
	p.Head.Actions = append(p.Head.Actions, ui.Action{Label: v.w.t("returning.import"), Href: "/imports/new?kind=returning", Icon: "upload"},
		ui.Action{Label: v.w.t("returning.new"), Href: "/returns/new", Icon: "plus"})
	if n := l.Counts[returning.ShowOverride]; n > 0 && f.Show != returning.ShowOverride {
		p.Notice = &ui.Notice{Tone: ui.ToneInfo, Text: v.w.t("returning.overrides", "Count", n),
			Links: []ui.Link{{Label: v.w.t("returning.show.override"), Href: "/returns?show=override"}}}
	}
	return httpd.Render(c, 200, "returning/list", p)
}

// listView makes the list's parts.
type listView struct {
	w  words
	c  echo.Context
	f  returning.Filter
	sc authz.Scope
}

func (v listView) href(pairs ...string) string {
	return ui.Href("/returns", v.c.QueryParams(), append([]string{"after", "", "before", ""}, pairs...)...)
}

func (v listView) table(l returning.Listing) ui.Table {
	t := v.w.t
	tb := ui.NewTable(t, "returns", t("returning.title"))
	tb.Toolbar = v.toolbar(l)
	tb.Columns = []ui.Column{v.sortable(ui.Column{Label: t("returning.column.name"), Head: true}, returning.SortName),
		v.sortable(ui.Column{Label: t("returning.field.planned_on")}, returning.SortPlanned), {Label: t("common.status"), Tight: true},
		{Label: t("returning.column.missing")}, {Label: t("returning.column.source")}, {Label: t("returning.column.updated")}}
	for _, x := range l.Rows {
		tb.Rows = append(tb.Rows, v.row(x))
	}
	turn := func(name, cursor string) string {
		if cursor == "" {
			return ""
		}
		return v.href(name, cursor)
	}
	tb.Pager = ui.NewPager(t, len(l.Rows), l.Total, turn("before", l.Prev), turn("after", l.Next))
	if v.f.Show == returning.ShowWaiting || v.f.Show == returning.ShowReady {
		tb.Bulk = ui.NewBulk(t, "cases", ui.Action{Label: t("returning.approve_chosen"), Href: "/returns/approve", Icon: "check"})
	}
	tb.Empty = ui.Empty{Icon: "people", Title: t("returning.empty"), Text: t("returning.empty.hint")}
	return tb
}

func (v listView) sortable(col ui.Column, sort string) ui.Column {
	desc := ""
	if v.f.Sort == sort {
		col.Sorted = "ascending"
		if v.f.Desc {
			col.Sorted = "descending"
		} else {
			desc = "1"
		}
	}
	col.SortHref = v.href("sort", sort, "desc", desc)
	return col
}

func (v listView) row(x returning.View) ui.Row {
	t := v.w.t
	row := ui.Row{Value: x.Key.String(), Label: x.Name, Cells: []ui.Cell{
		{Text: x.Name, Href: address(x.Key), Sub: strings.Trim(x.Workshop+" · "+x.Team, " ·")},
		{Text: v.w.day(x.PlannedAt), DateTime: x.PlannedAt.Format(time.RFC3339)},
		ui.Badges(v.w.state(x.State)),
		v.missing(x),
		ui.Text(t("returning.source." + string(x.Source))),
		{Text: v.w.when(x.UpdatedAt), DateTime: x.UpdatedAt.Format(time.RFC3339)},
	}}
	return row
}

func (v listView) missing(x returning.View) ui.Cell {
	switch {
	case !x.State.Waiting():
		return ui.Text("—")
	case returning.Failing(x.Items) == nil:
		return ui.Badges(ui.Badge{Label: v.w.t("returning.ready"), Tone: ui.ToneOK, Icon: "check"})
	}
	return ui.Badges(v.w.chips(x.Items)...)
}

func (v listView) toolbar(l returning.Listing) *ui.Toolbar {
	t := v.w.t
	tb := ui.NewToolbar(t, "/returns", "returns")
	tb.Search = &ui.Search{Name: "q", Value: v.f.Query, Label: t("returning.search")}
	tones := map[string]ui.Tone{returning.ShowReady: ui.ToneOK, returning.ShowMissing: ui.ToneWarn, returning.ShowOverride: ui.ToneHeld}
	for _, show := range returning.Shows() {
		name := show
		if name == "" {
			name = "waiting"
		}
		tb.Chips = append(tb.Chips, ui.Chip{Label: t("returning.show." + name), Count: ui.Number(l.Counts[show]), Tone: tones[show],
			Href: v.href("show", show, "item", ""), Current: v.f.Show == show})
	}
	if v.f.Show == returning.ShowWaiting || v.f.Show == returning.ShowMissing {
		options := []ui.Option{{Label: t("common.all")}}
		for _, code := range returning.Items() {
			options = append(options, ui.Option{Value: code, Label: t("returning.chip." + code)})
		}
		tb.Selects = []ui.Select{{Name: "item", Label: t("returning.filter.item"), Options: ui.Choose(options, v.f.Item)}}
	}
	for _, name := range []string{"show", "sort", "desc"} {
		if value := v.c.QueryParam(name); value != "" {
			tb.Hidden = append(tb.Hidden, ui.Param{Name: name, Value: value})
		}
	}
	if v.f.Query != "" || v.f.Item != "" || v.f.Show != "" {
		tb.Clear = "/returns"
	}
	if v.sc.Can(authz.EmployeeExport) && l.Total > 0 {
		tb.Actions = []ui.Action{{Label: t("common.export"), Href: ui.Href("/returns/export", v.c.QueryParams(), "after", "", "before", ""), Icon: "download", Download: true}}
	}
	return tb
}

// approveMany puts on post all whose items hold, of those ticked or of all, and names who was left.
func (h *Handlers) approveMany(c echo.Context) error {
	var f struct {
		All   bool     `form:"all"`
		Cases []string `form:"cases"`
	}
	if err := httpd.Bind(c, &f); err != nil {
		return err
	}
	ctx, sc, now := c.Request().Context(), httpd.ScopeOf(c), httpd.NowOf(c)
	var keys []returning.Key
	for _, s := range f.Cases {
		if k, ok := returning.ParseKey(s); ok {
			keys = append(keys, k)
		}
	}
	if !f.All && len(keys) == 0 {
		httpd.Flash(c, ui.ToneWarn, "returning.nobody_chosen")
		return c.Redirect(303, "/returns")
	}
	approve := func() (returning.Batch, error) { return h.returns.ApproveMany(ctx, sc, keys, now) }
	if f.All {
		approve = func() (returning.Batch, error) { return h.returns.ApproveReady(ctx, sc, now) }
	}
	b, err := approve()
	if err != nil {
		return err
	}
	if len(b.Left) == 0 {
		return httpd.Done(c, "/returns", "returning.done.batch", "Count", b.Approved)
	}
	w := wordsOf(c)
	var names []string
	for _, l := range b.Left[:min(len(b.Left), shownNames)] {
		names = append(names, l.Name)
	}
	httpd.Flash(c, ui.ToneWarn, "returning.done.batch_left", "Count", b.Approved, "Left", len(b.Left), "Names", w.join(names))
	return c.Redirect(303, "/returns?show=missing")
}

// shownNames is how many people a notice names; the list has them all.
const shownNames = 8

// export sends what the list shows, all pages of it, as a workbook.
func (h *Handlers) export(c echo.Context) error {
	rows, err := h.returns.Export(c.Request().Context(), httpd.ScopeOf(c), filterOf(c), httpd.NowOf(c))
	if err != nil {
		return err
	}
	w, zone := wordsOf(c), httpd.ZoneOf(c)
	var columns []sheetout.Column
	for _, x := range []struct {
		key  string
		kind sheetout.Kind
	}{{"employee_no", sheetout.Text}, {"name", sheetout.Text}, {"workshop", sheetout.Text}, {"team", sheetout.Text}, {"planned", sheetout.Date},
		{"state", sheetout.Text}, {"missing", sheetout.Text}, {"source", sheetout.Text}, {"reviewed_by", sheetout.Text}, {"reviewed_at", sheetout.Instant}} {
		columns = append(columns, sheetout.Column{Label: w.t("returning.column." + x.key), Kind: x.kind})
	}
	header := c.Response().Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	header.Set("Content-Disposition", `attachment; filename="returns-`+httpd.NowOf(c).In(zone).Format("20060102-1504")+`.xlsx"`)
	out, err := sheetout.NewXLSX(c.Response(), w.t("returning.title"), columns)
	if err != nil {
		return err
	}
	for _, x := range rows {
		var missing []string
		for _, code := range returning.Failing(x.Items) {
			missing = append(missing, w.t("returning.chip."+code))
		}
		err := out.Write(x.EmployeeNo, x.Name, x.Workshop, x.Team, x.PlannedAt.In(zone), w.t("returning.state."+string(x.State)), w.join(missing),
			w.t("returning.source."+string(x.Source)), x.ReviewedByName, x.ReviewedAt.In(zone))
		if err != nil {
			break // Close repeats it
		}
	}
	return out.Close()
}
