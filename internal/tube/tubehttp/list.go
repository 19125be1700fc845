package tubehttp

import (
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/tube"
)

type listPage struct {
	httpd.Base
	Head  ui.PageHead
	Table ui.Table
}

// The choices of the list that are no state of a tube.
const (
	showToday = ""
	showAll   = "all"
)

// kept is how far back the list reaches.
const kept = 12

// filterOf reads the address. Without a choice or a search the list is today's.
func filterOf(c echo.Context) tube.Filter {
	local := httpd.NowOf(c).In(httpd.ZoneOf(c))
	today := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, local.Location())
	f := tube.Filter{From: today.AddDate(0, -kept, 0), To: today.AddDate(0, 0, 1), Query: c.QueryParam("q"), Request: httpd.PageRequest(c)}
	switch show := c.QueryParam("show"); show {
	case showAll:
	case showToday:
		if f.Query == "" {
			f.From = today
		}
	default:
		f.Show = tube.Show(show)
	}
	return f
}

func (h *Handlers) list(c echo.Context) error {
	ctx, sc := c.Request().Context(), httpd.ScopeOf(c)
	f := filterOf(c)
	res, err := h.tubes.List(ctx, sc, f)
	if err != nil {
		return err
	}
	all := filterOf(c)
	all.From, all.Query, all.Show = all.To.AddDate(0, -kept, -1), "", tube.ShowUnresolved
	unresolved, err := h.tubes.Count(ctx, sc, all)
	if err != nil {
		return err
	}
	t, q := ui.Translate(httpd.PrinterOf(c).T), c.QueryParams()
	p := &listPage{Head: ui.NewHead(t, t("tube.title")), Table: table(c, t, res.Rows)}
	p.Head.Sub = t("tube.title.sub")
	p.Head.Actions = []ui.Action{{Label: t("tube.new"), Href: "/tubes/new", Icon: "plus", Kind: ui.KindPrimary}}
	p.Table.Toolbar = toolbar(c, t, unresolved)
	turn := func(name, cursor string) string {
		if cursor == "" {
			return ""
		}
		return ui.Href("/tubes", q, "after", "", "before", "", name, cursor)
	}
	p.Table.Pager = ui.NewPager(t, len(res.Rows), res.Total, turn("before", res.Prev), turn("after", res.Next))
	return httpd.Render(c, 200, "tube/list", p)
}

// choices are what the list can be narrowed to; what tells a result is for who sees results.
func choices(results bool) []string {
	if results {
		return []string{showToday, string(tube.ShowOpen), string(tube.ShowAwaited), string(tube.ShowUnresolved), string(tube.ShowAbnormal), showAll}
	}
	return []string{showToday, string(tube.ShowOpen), string(tube.ShowUnresolved), showAll}
}

func toolbar(c echo.Context, t ui.Translate, unresolved int) *ui.Toolbar {
	q := c.QueryParams()
	tb := ui.NewToolbar(t, "/tubes", "tubes")
	tb.Search = &ui.Search{Name: "q", Value: q.Get("q"), Label: t("tube.search")}
	for _, show := range choices(httpd.ScopeOf(c).Can(authz.SampleRecord)) {
		name := show
		if show == showToday {
			name = "today"
		}
		chip := ui.Chip{Label: t("tube.show." + name), Href: ui.Href("/tubes", q, "after", "", "before", "", "show", show), Current: q.Get("show") == show}
		if show == string(tube.ShowUnresolved) {
			chip.Count, chip.Tone = ui.Number(unresolved), ui.ToneHeld
		}
		tb.Chips = append(tb.Chips, chip)
	}
	if show := q.Get("show"); show != "" {
		tb.Hidden = []ui.Param{{Name: "show", Value: show}}
	}
	if q.Get("q") != "" || q.Get("show") != "" {
		tb.Clear = "/tubes"
	}
	return tb
}

func table(c echo.Context, t ui.Translate, tubes []tube.Tube) ui.Table {
	tb := ui.NewTable(t, "tubes", t("tube.title"))
	tb.Columns = []ui.Column{{Label: t("tube.field.barcode"), Head: true}, {Label: t("tube.field.people"), Numeric: true},
		{Label: t("common.status")}, {Label: t("tube.field.institution")}, {Label: t("tube.field.opened_at"), Sorted: "descending"}}
	for i := range tubes {
		x := &tubes[i]
		state := ui.Cell{Badges: []ui.Badge{stateBadge(t, x.State())}}
		switch {
		case x.State() == tube.Abnormal && x.Settled > 0:
			state.Sub = t("tube.settled", "N", x.Settled, "Of", x.Members)
		case x.Lacking > 0:
			state.Sub = t("tube.lacking.short", "N", x.Lacking)
		}
		row := ui.Row{Value: x.Barcode, Label: x.Barcode, Cells: []ui.Cell{
			{Text: x.Barcode, Href: address(x.ID), Sub: modeLabel(t, x.Mode)},
			{Text: people(x.Members, x.Size())},
			state,
			{Text: x.Institution, Sub: x.Lab},
			{Text: at(c, x.OpenedAt), DateTime: x.OpenedAt.Format(time.RFC3339), Sub: ui.Actor(t, x.OpenedBy)},
		}}
		if s := x.State(); s == tube.Abnormal || s == tube.Invalid {
			row.Tone = stateFaces[s].tone
		}
		tb.Rows = append(tb.Rows, row)
	}
	tb.Empty = ui.Empty{Icon: "tube", Title: t("tube.empty"), Text: t("tube.empty.hint"),
		Actions: []ui.Action{{Label: t("tube.new"), Href: "/tubes/new", Icon: "plus"}}}
	return tb
}
