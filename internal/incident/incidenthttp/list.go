package incidenthttp

import (
	"bytes"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/incident/overview"
	"github.com/fugong/fugong/internal/platform/page"
	"github.com/fugong/fugong/internal/platform/sheet/sheetout"
)

type listPage struct {
	httpd.Base
	Head   ui.PageHead
	Notice *ui.Notice
	Table  ui.Table
	Poll   string // asks for the list again
}

func filterOf(c echo.Context) overview.Filter {
	return overview.Filter{Show: c.QueryParam("show"), Kind: c.QueryParam("kind"), Query: c.QueryParam("q"), Request: httpd.PageRequest(c)}
}

// live is the id of the part of a list that is asked for again.
const live = "incidents-live"

func (h *handlers) list(c echo.Context) error {
	ctx, w := c.Request().Context(), wordsOf(c)
	res, err := h.lists.List(ctx, w.sc, filterOf(c), w.now)
	if err != nil {
		return err
	}
	counts, err := h.lists.Counts(ctx, w.sc, w.now)
	if err != nil {
		return err
	}
	p := &listPage{Head: ui.NewHead(w.t, w.t("incident.title")), Table: entryTable(w, res.Rows)}
	p.Head.Sub = w.t("incident.title.sub")
	if w.sc.Can(authz.IncidentRun) {
		p.Head.Actions = []ui.Action{{Label: w.t("incident.new.drill"), Href: "/incidents/new?drill=1", Icon: "calendar"},
			{Label: w.t("incident.new"), Href: "/incidents/new", Icon: "plus", Kind: ui.KindPrimary}}
	}
	if counts.Told > 0 {
		p.Notice = &ui.Notice{Tone: ui.ToneDanger, Title: w.t("incident.told.title", "N", counts.Told), Text: w.t("incident.told.text"),
			Links: []ui.Link{{Label: w.t("incident.told.open"), Href: "/incidents?show=late"}}}
	}
	q := c.QueryParams()
	p.Table.Toolbar = entryToolbar(w, counts)
	turn := func(name, cursor string) string {
		if cursor == "" {
			return ""
		}
		return ui.Href("/incidents", q, "after", "", "before", "", "since", "", name, cursor)
	}
	p.Table.Pager = ui.NewPager(w.t, len(res.Rows), res.Total, turn("before", res.Prev), turn("after", res.Next))
	return poll(c, &p.Poll, tag(p.Notice, p.Table.Rows, p.Table.Toolbar.Chips), func() error { return httpd.Render(c, 200, "incident/list", p) })
}

// poll answers nothing to a page that asks again and would be shown the same; else the page gets the address for the next time.
func poll(c echo.Context, next *string, shown string, render func() error) error {
	if c.QueryParam("since") == shown && httpd.IsFragment(c) {
		return c.NoContent(204)
	}
	*next = ui.Href(c.Request().URL.Path, c.QueryParams(), "since", shown)
	return render()
}

func entryToolbar(w words, counts overview.Counts) *ui.Toolbar {
	q := w.c.QueryParams()
	tb := ui.NewToolbar(w.t, "/incidents", live)
	tb.Search = &ui.Search{Name: "q", Value: q.Get("q"), Label: w.t("incident.search")}
	chip := func(show string, n int, tone ui.Tone) ui.Chip {
		c := ui.Chip{Label: w.t("common.all"), Href: ui.Href("/incidents", q, "after", "", "before", "", "since", "", "show", show), Current: q.Get("show") == show}
		if show != "" {
			c.Label, c.Count, c.Tone = w.t("incident.show."+show), ui.Number(n), tone
		}
		return c
	}
	tb.Chips = []ui.Chip{chip("", 0, ""), chip(overview.ShowOpen, counts.Open, ui.ToneHeld), chip(overview.ShowLate, counts.Late, ui.ToneDanger),
		chip(overview.ShowClosed, counts.Closed, ""), chip(overview.ShowDrill, counts.Drills, "")}
	if w.sc.Can(authz.IncidentRun) {
		tb.Selects = []ui.Select{{Name: "kind", Label: w.t("incident.field.kind"), Options: ui.Choose(
			append([]ui.Option{{Label: w.t("common.all")}}, options(w.t, "incident.kind.", kinds())...), q.Get("kind"))}}
		tb.Actions = []ui.Action{{Label: w.t("common.export"), Href: ui.Href("/incidents/export", q, "after", "", "before", "", "since", ""), Icon: "download", Download: true}}
	}
	if show := q.Get("show"); show != "" {
		tb.Hidden = []ui.Param{{Name: "show", Value: show}}
	}
	if q.Get("q")+q.Get("show")+q.Get("kind") != "" {
		tb.Clear = "/incidents"
	}
	return tb
}

// kinds lists what an incident may be about, in order of display.
func kinds() []string {
	return []string{"symptom", "pool_abnormal", "suspicious", "positive", "suspected", "confirmed", "asymptomatic", "close_contact"}
}

func entryTable(w words, rows []overview.Entry) ui.Table {
	tb := ui.NewTable(w.t, "incidents", w.t("incident.title"))
	tb.Columns = []ui.Column{{Label: w.t("incident.one"), Head: true}, {Label: w.t("common.status")}, {Label: w.t("incident.field.detected"), Sorted: "descending"},
		{Label: w.t("incident.field.next")}, {Label: w.t("incident.field.due")}, {Label: w.t("incident.field.progress"), Numeric: true}, {Label: w.t("incident.field.contacts"), Numeric: true}}
	for _, e := range rows {
		id := strconv.FormatInt(e.ID, 10)
		next, clock := ui.Text("—"), ui.Text("—")
		row := ui.Row{Value: id, Label: w.title(e.Incident)}
		if e.Next != nil {
			state := e.Next.Clock(w.now)
			next, clock = ui.Cell{Text: w.step(*e.Next), Sub: w.due(*e.Next)}, ui.Badges(w.clockBadge(state))
			if state.IsLate() {
				row.Tone = ui.ToneDanger
			}
		}
		row.Cells = []ui.Cell{{Text: w.title(e.Incident), Href: path(e.ID), Sub: "#" + id}, ui.Badges(w.badges(e.Incident)...),
			{Text: w.datetime(e.DetectedAt), DateTime: e.DetectedAt.Format(time.RFC3339)}, next, clock,
			ui.Text(strconv.Itoa(e.Done) + " / " + strconv.Itoa(e.Steps)), ui.Count(e.Contacts)}
		tb.Rows = append(tb.Rows, row)
	}
	tb.Empty = ui.Empty{Icon: "shield", Title: w.t("incident.empty"), Text: w.t("incident.empty.hint")}
	return tb
}

// export writes the list as a workbook. It names nobody.
func (h *handlers) export(c echo.Context) error {
	w := wordsOf(c)
	var out bytes.Buffer
	book, err := sheetout.NewXLSX(&out, w.t("incident.title"), []sheetout.Column{{Label: w.t("incident.number"), Kind: sheetout.Number},
		{Label: w.t("incident.field.kind"), Width: 20}, {Label: w.t("incident.drill")}, {Label: w.t("incident.field.place"), Width: 24},
		{Label: w.t("incident.field.detected"), Kind: sheetout.Instant}, {Label: w.t("common.status")}, {Label: w.t("incident.field.outcome")},
		{Label: w.t("incident.field.progress")}, {Label: w.t("incident.field.index"), Kind: sheetout.Number}, {Label: w.t("incident.field.contacts"), Kind: sheetout.Number},
		{Label: w.t("incident.field.closed"), Kind: sheetout.Instant}})
	if err != nil {
		return err
	}
	err = h.each(c, func(e overview.Entry) error { return book.Write(exportRow(w, e)...) })
	if closed := book.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return httpd.Workbook(c, w.t("incident.title")+"-"+w.now.In(w.zone).Format("20060102-1504"), out.Bytes())
}

func exportRow(w words, e overview.Entry) []any {
	drill, outcome := w.t("common.no"), ""
	if e.Drill {
		drill = w.t("common.yes")
	}
	if e.Outcome != "" {
		outcome = w.t("incident.outcome." + e.Outcome)
	}
	var closed any
	if e.ClosedAt.Valid {
		closed = e.ClosedAt.Time.In(w.zone)
	}
	return []any{e.ID, w.kind(e.Kind), drill, e.Place, e.DetectedAt.In(w.zone), w.t("incident.state." + e.State), outcome,
		strconv.Itoa(e.Done) + "/" + strconv.Itoa(e.Steps), e.Index, e.Contacts, closed}
}

// each goes through every row of the list that the query asks for.
func (h *handlers) each(c echo.Context, fn func(overview.Entry) error) error {
	f := filterOf(c)
	f.Request = page.Request{Size: page.MaxSize}
	for {
		res, err := h.lists.List(c.Request().Context(), httpd.ScopeOf(c), f, httpd.NowOf(c))
		if err != nil {
			return err
		}
		for _, e := range res.Rows {
			if err := fn(e); err != nil {
				return err
			}
		}
		if f.After = res.Next; f.After == "" {
			return nil
		}
	}
}
