package holdhttp

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/regime"
)

type listPage struct {
	httpd.Base
	Head  ui.PageHead
	Table ui.Table
}

// filterOf reads the filter from the address. A value that no list knows is left out.
func filterOf(q url.Values) hold.Filter {
	f := hold.Filter{Search: strings.TrimSpace(q.Get("q")), Kind: q.Get("kind"), Ready: q.Get("ready") != "", Sort: q.Get("sort"), Desc: q.Get("desc") != ""}
	f.Team, _ = strconv.ParseInt(q.Get("team"), 10, 64) // no number is no team
	if !slices.Contains(regime.HoldKinds(), f.Kind) {
		f.Kind = ""
	}
	return f
}

func (h *handlers) list(c echo.Context) error {
	ctx, sc, r := c.Request().Context(), httpd.ScopeOf(c), readerOf(c)
	view := listView{reader: r, sc: sc, q: c.QueryParams(), f: filterOf(c.QueryParams())}
	l, err := h.holds.List(ctx, sc, view.f, httpd.PageRequest(c), r.now)
	if err != nil {
		return err
	}
	teams, err := h.teamOptions(c)
	if err != nil {
		return err
	}
	_, waiting, err := h.groups.Sets(ctx, sc, true, 1)
	if err != nil {
		return err
	}
	return httpd.Render(c, 200, "hold/list", &listPage{Head: view.head(l, waiting), Table: view.table(l, teams)})
}

// listView makes the list's parts.
type listView struct {
	reader
	sc authz.Scope
	q  url.Values
	f  hold.Filter
}

func (v listView) href(pairs ...string) string {
	return ui.Href("/holds", v.q, append([]string{"after", "", "before", ""}, pairs...)...)
}

func (v listView) head(l hold.Listing, waiting int) ui.PageHead {
	head := ui.NewHead(v.t, v.t("hold.list"))
	head.Sub = v.t("hold.list.sub", "N", ui.Number(l.People))
	if v.sc.Can(authz.HoldPut) {
		head.Actions = append(head.Actions, ui.Action{Label: v.t("hold.new"), Href: "/holds/new", Icon: "plus", Kind: ui.KindPrimary})
	}
	if v.sc.Can(authz.HoldRelease) {
		head.Actions = append(head.Actions, ui.Action{Label: v.t("hold.release.group"), Href: "/holds/release", Icon: "undo"})
	}
	sets := ui.Action{Label: v.t("hold.sets"), Href: "/holds/sets", Icon: "list", Kind: ui.KindQuiet}
	if waiting > 0 {
		sets.Label = v.t("hold.sets.waiting", "N", ui.Number(waiting))
		sets.Kind = ui.KindPlain
	}
	head.Actions = append(head.Actions, sets)
	return head
}

func (v listView) table(l hold.Listing, teams []ui.Option) ui.Table {
	tb := ui.NewTable(v.t, "holds", v.t("hold.list"))
	tb.Toolbar = v.toolbar(l, teams)
	tb.Columns = []ui.Column{
		v.sortable(ui.Column{Label: v.t("hold.field.name"), Head: true}, hold.SortName),
		{Label: v.t("hold.field.kind")},
		v.sortable(ui.Column{Label: v.t("hold.field.from")}, hold.SortSince),
		{Label: v.t("hold.field.release")},
		v.sortable(ui.Column{Label: v.t("hold.field.earliest")}, hold.SortEarliest),
		{Label: v.t("common.actions"), Tight: true},
	}
	for _, row := range l.Rows {
		tb.Rows = append(tb.Rows, v.row(row))
	}
	turn := func(name, cursor string) string {
		if cursor == "" {
			return ""
		}
		return v.href(name, cursor)
	}
	tb.Pager = ui.NewPager(v.t, len(l.Rows), l.Total, turn("before", l.Prev), turn("after", l.Next))
	if l.All == 0 && v.f.Search == "" && v.f.Team == 0 {
		tb.Empty = ui.Empty{Icon: "shield", Title: v.t("hold.empty"), Text: v.t("hold.empty.hint")}
	}
	return tb
}

// sortable makes a column's heading a link: to its order, and from there to the reverse.
func (v listView) sortable(col ui.Column, sort string) ui.Column {
	current := v.f.Sort
	if current == "" {
		current = hold.SortSince
	}
	desc := ""
	if current == sort {
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

func (v listView) toolbar(l hold.Listing, teams []ui.Option) *ui.Toolbar {
	tb := ui.NewToolbar(v.t, "/holds", "holds")
	tb.Search = &ui.Search{Name: "q", Value: v.f.Search, Label: v.t("hold.search"), Placeholder: v.t("hold.search.placeholder")}
	tb.Selects = []ui.Select{{Name: "team", Label: v.t("hold.field.team"), Options: ui.Choose(optional(v.t("common.all"), teams), v.q.Get("team"))}}
	tb.Chips = []ui.Chip{
		{Label: v.t("common.all"), Count: ui.Number(l.All), Href: v.href("kind", "", "ready", ""), Current: v.f.Kind == "" && !v.f.Ready},
		{Label: v.t("hold.ready"), Count: ui.Number(l.Ready), Tone: ui.ToneOK, Href: v.href("ready", "1"), Current: v.f.Ready},
	}
	for _, kind := range regime.HoldKinds() {
		if n := l.Kinds[kind]; n > 0 || kind == v.f.Kind {
			tb.Chips = append(tb.Chips, ui.Chip{Label: v.Kind(kind), Count: ui.Number(n), Href: v.href("kind", kind), Current: kind == v.f.Kind})
		}
	}
	for _, name := range []string{"kind", "ready", "sort", "desc"} {
		if value := v.q.Get(name); value != "" {
			tb.Hidden = append(tb.Hidden, ui.Param{Name: name, Value: value})
		}
	}
	if v.f.Search != "" || v.f.Team != 0 || v.f.Kind != "" || v.f.Ready {
		tb.Clear = "/holds"
	}
	if v.sc.Can(authz.EmployeeExport) && l.Total > 0 {
		tb.Actions = []ui.Action{{Label: v.t("common.export"), Href: ui.Href("/holds/export", v.q, "after", "", "before", ""), Icon: "download", Download: true}}
	}
	return tb
}

func (v listView) row(l hold.Listed) ui.Row {
	what := ui.Cell{Badges: []ui.Badge{v.Badge(l.Hold, l.Check, v.now)}, Sub: v.Short(l.Check)}
	earliest := ui.Text("—") // no least time: a sample, or a person, ends it
	switch {
	case !l.To.IsZero():
		earliest = ui.Cell{Text: v.when(l.To), DateTime: l.To.Format(time.RFC3339), Sub: v.t("hold.ends")}
	case l.Check.Rule.MinHours > 0:
		earliest = ui.Cell{Text: v.when(l.Check.Earliest), DateTime: l.Check.Earliest.Format(time.RFC3339)}
	}
	action := ui.Action{Label: v.t("common.view"), Href: holdAddress(l.Employee, l.ID), Icon: "right", Kind: ui.KindQuiet}
	if l.Check.Ready && v.sc.Can(authz.HoldRelease) {
		action = ui.Action{Label: v.t("hold.release"), Href: holdAddress(l.Employee, l.ID), Icon: "undo"}
	}
	row := ui.Row{Value: number(l.ID), Label: l.Name, Cells: []ui.Cell{
		{Text: l.Name, Href: fileAddress(l.Employee), Sub: joined(l.EmployeeNo, l.Workshop, l.Team)},
		{Text: v.Kind(l.Kind), Sub: v.Ground(l.Ground), Badges: v.Measure(l.Check)},
		{Text: v.when(l.From), DateTime: l.From.Format(time.RFC3339), Sub: v.Author(l.Hold)},
		what, earliest, {Actions: []ui.Action{action}},
	}}
	if l.Check.Rule.OffPost {
		row.Tone = ui.ToneHeld
	}
	return row
}
