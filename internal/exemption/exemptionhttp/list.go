package exemptionhttp

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/exemption"
	"github.com/fugong/fugong/internal/exemption/exemptionview"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/regime"
)

// listPage is one of the two lists.
type listPage struct {
	httpd.Base
	Head  ui.PageHead
	Tabs  ui.Tabs
	Table ui.Table
}

// The addresses of the lists.
const (
	listAddress = "/exemptions"
	doseAddress = "/exemptions/vaccinations"
)

// filterOf reads the filter of a list and of its export from the address. A value that no list knows is left out.
func filterOf(q url.Values) exemption.Filter {
	f := exemption.Filter{Query: q.Get("q"), Ascending: q.Get("desc") == "" && q.Get("sort") != ""}
	f.Team, _ = strconv.ParseInt(q.Get("team"), 10, 64) // no number is no team
	if slices.Contains(regime.ExemptionGrounds(), q.Get("ground")) {
		f.Ground = q.Get("ground")
	}
	if s := exemption.Stage(q.Get("stage")); slices.Contains(exemption.Stages(), s) {
		f.Stage = s
	}
	if q.Get("sort") == string(exemption.SortFrom) {
		f.Sort = exemption.SortFrom
	}
	if slices.Contains(doseNumbers, q.Get("dose")) {
		f.Dose = q.Get("dose")
	}
	return f
}

// lister makes the parts of a list.
type lister struct {
	exemptionview.View
	sc      authz.Scope
	address string
	table   string // id of the table
	q       url.Values
}

func listerOf(c echo.Context, address, table string) lister {
	return lister{View: viewOf(c), sc: httpd.ScopeOf(c), address: address, table: table, q: c.QueryParams()}
}

// href is the list with another filter, from its first page.
func (l lister) href(pairs ...string) string {
	return ui.Href(l.address, l.q, append([]string{"after", "", "before", ""}, pairs...)...)
}

func (l lister) turn(name, cursor string) string {
	if cursor == "" {
		return ""
	}
	return l.href(name, cursor)
}

func (l lister) head() ui.PageHead {
	head := ui.NewHead(l.T, l.T("exemption.list"))
	head.Sub = l.T("exemption.list.sub")
	head.Actions = []ui.Action{{Label: l.T("exemption.new"), Href: "/exemptions/new", Icon: "plus", Kind: ui.KindPrimary},
		{Label: l.T("exemption.import"), Href: "/imports/new?kind=" + l.table, Icon: "upload"}}
	return head
}

func (l lister) tabs() ui.Tabs {
	return ui.Tabs{Label: l.T("exemption.list"), Items: []ui.Tab{
		{Label: l.T("exemption.title"), Href: listAddress, Current: l.address == listAddress},
		{Label: l.T("exemption.vaccination"), Href: doseAddress, Current: l.address == doseAddress},
		{Label: l.T("exemption.leave"), Href: "/employees?status=leave"},
	}}
}

// toolbar has what both lists filter by; names are the parameters that make up the filter.
func (l lister) toolbar(teams []exemption.Team, total int, names ...string) *ui.Toolbar {
	tb := ui.NewToolbar(l.T, l.address, l.table)
	tb.Search = &ui.Search{Name: "q", Value: l.q.Get("q"), Label: l.T("exemption.search")}
	options := []ui.Option{{Label: l.T("exemption.any.team")}}
	for _, t := range teams {
		options = append(options, ui.Option{Value: strconv.FormatInt(t.ID, 10), Label: joined(t.Workshop, t.Name)})
	}
	tb.Selects = []ui.Select{{Name: "team", Label: l.T("exemption.field.team"), Options: ui.Choose(options, l.q.Get("team"))}}
	for _, name := range []string{"stage", "sort", "desc"} {
		if v := l.q.Get(name); v != "" {
			tb.Hidden = append(tb.Hidden, ui.Param{Name: name, Value: v})
		}
	}
	for _, name := range append(names, "q", "team", "stage") {
		if l.q.Get(name) != "" {
			tb.Clear = l.address
		}
	}
	if l.sc.Can(authz.EmployeeExport) && total > 0 {
		for _, format := range []string{"xlsx", "csv"} {
			tb.Actions = append(tb.Actions, ui.Action{Label: l.T("exemption.export." + format), Icon: "download", Download: true,
				Href: ui.Href(l.address+"/export", l.q, "after", "", "before", "", "format", format)})
		}
	}
	return tb
}

// sortable makes a column's heading a link: to its order, the latest first, and from there to the reverse.
func (l lister) sortable(label, sort string) ui.Column {
	col := ui.Column{Label: label}
	current := l.q.Get("sort")
	if current == "" {
		current = string(exemption.SortEntered)
	}
	desc := "1"
	if current == sort {
		col.Sorted = "ascending"
		if l.q.Get("desc") != "" || l.q.Get("sort") == "" {
			col.Sorted, desc = "descending", ""
		}
	}
	col.SortHref = l.href("sort", sort, "desc", desc)
	return col
}

func (h *Handlers) list(c echo.Context) error {
	ctx, l := c.Request().Context(), listerOf(c, listAddress, "exemption")
	f := filterOf(l.q)
	f.Request = httpd.PageRequest(c)
	res, err := h.records.List(ctx, l.sc, f, l.Now)
	if err != nil {
		return err
	}
	counts, err := h.records.Counts(ctx, l.sc, f, l.Now)
	if err != nil {
		return err
	}
	teams, err := h.records.Teams(ctx, l.sc)
	if err != nil {
		return err
	}
	p := &listPage{Head: l.head(), Tabs: l.tabs(), Table: ui.NewTable(l.T, l.table, l.T("exemption.title"))}
	tb := l.toolbar(teams, res.Total, "ground")
	grounds := []ui.Option{{Label: l.T("exemption.any.ground")}}
	for _, id := range regime.ExemptionGrounds() {
		grounds = append(grounds, ui.Option{Value: id, Label: l.Ground(id)})
	}
	tb.Selects = append([]ui.Select{{Name: "ground", Label: l.T("exemption.field.ground"), Options: ui.Choose(grounds, f.Ground)}}, tb.Selects...)
	tb.Chips = l.chips(f.Stage, counts)
	p.Table.Toolbar = tb
	p.Table.Columns = []ui.Column{{Label: l.T("exemption.field.name"), Head: true}, {Label: l.T("exemption.field.ground")},
		l.sortable(l.T("exemption.field.time"), string(exemption.SortFrom)), {Label: l.T("common.status")}, l.sortable(l.T("exemption.field.entered"), string(exemption.SortEntered)), {Label: l.T("common.actions"), Tight: true}}
	for _, x := range res.Rows {
		p.Table.Rows = append(p.Table.Rows, l.row(x))
	}
	p.Table.Pager = ui.NewPager(l.T, len(res.Rows), res.Total, l.turn("before", res.Prev), l.turn("after", res.Next))
	if tb.Clear == "" {
		p.Table.Empty = ui.Empty{Icon: "shield", Title: l.T("exemption.empty"), Text: l.T("exemption.empty.hint"), Actions: p.Head.Actions}
	}
	return httpd.Render(c, 200, "exemption/list", p)
}

// chips choose a stage; without one everything that stands is shown.
func (l lister) chips(chosen exemption.Stage, counts map[exemption.Stage]int) []ui.Chip {
	standing := counts[exemption.Running] + counts[exemption.Coming] + counts[exemption.Over]
	out := []ui.Chip{{Label: l.T("common.all"), Count: ui.Number(standing), Href: l.href("stage", ""), Current: chosen == ""}}
	for _, s := range exemption.Stages() {
		b := l.Stage(s)
		out = append(out, ui.Chip{Label: b.Label, Count: ui.Number(counts[s]), Tone: b.Tone, Href: l.href("stage", string(s)), Current: s == chosen})
	}
	return out
}

func person(w exemption.Who, employee int64) ui.Cell {
	return ui.Cell{Text: w.Name, Href: fmt.Sprint("/employees/", employee), Sub: joined(w.EmployeeNo, w.Workshop, w.Team)}
}

func (l lister) row(x exemption.Listed) ui.Row {
	status := ui.Badges(l.Standing(x.Exemption))
	status.Sub = l.Reason(x.Entry)
	return ui.Row{Value: strconv.FormatInt(x.ID, 10), Label: x.Name, Cells: []ui.Cell{
		person(x.Who, x.Employee), {Text: l.Ground(x.Ground), Sub: x.Proof},
		{Text: l.When(x.From), DateTime: x.From.Format(time.RFC3339), Sub: l.Ends(x.Exemption)}, status,
		l.entered(x.Entry), {Actions: l.actions(x.Entry, x.Name)},
	}}
}

// entered says who made a record, and when and how.
func (l lister) entered(e exemption.Entry) ui.Cell {
	return ui.Cell{Text: l.When(e.EnteredAt), DateTime: e.EnteredAt.Format(time.RFC3339), Sub: joined(e.Actor, l.T("exemption.source."+string(e.Source)))}
}
