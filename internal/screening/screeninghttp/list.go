package screeninghttp

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/screening"
)

type listPage struct {
	httpd.Base
	Head  ui.PageHead
	Table ui.Table
}

// spans are the ranges of days that can be chosen, the first is the default.
var spans = []int{30, 7, 90, 366}

// filterOf reads the filter of the list and of its export from the address.
func filterOf(c echo.Context) screening.Filter {
	q := c.QueryParams()
	days := spans[0]
	if n := int(queryInt(q, "days")); slices.Contains(spans, n) {
		days = n
	}
	now := httpd.NowOf(c).In(httpd.ZoneOf(c))
	tomorrow := time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, now.Location())
	f := screening.Filter{From: tomorrow.AddDate(0, 0, -days), To: tomorrow, Query: q.Get("q"), Proof: screening.Proof(q.Get("proof")),
		Team: queryInt(q, "team"), Flagged: q.Get("flagged") != "", Ascending: q.Get("sort") == "oldest"}
	if parseResult(q.Get("result")) != 0 {
		f.Result = q.Get("result")
	}
	return f
}

func (h *Handlers) list(c echo.Context) error {
	ctx, sc := c.Request().Context(), httpd.ScopeOf(c)
	f := filterOf(c)
	f.Request = httpd.PageRequest(c)
	res, err := h.samples.List(ctx, sc, f)
	if err != nil {
		return err
	}
	toReview := screening.Filter{From: f.From, To: f.To, Flagged: true}
	toReview.Size = 1
	flagged, err := h.samples.List(ctx, sc, toReview)
	if err != nil {
		return err
	}
	teams, err := h.samples.Teams(ctx, sc)
	if err != nil {
		return err
	}
	t := ui.Translate(httpd.PrinterOf(c).T)
	p := &listPage{Head: ui.NewHead(t, t("screening.title")), Table: h.table(c, res.Rows)}
	p.Head.Sub = t("screening.title.sub")
	p.Head.Actions = []ui.Action{
		{Label: t("screening.new.team"), Href: "/samples/new", Icon: "plus", Kind: ui.KindPrimary},
		{Label: t("screening.import"), Href: "/imports", Icon: "upload"},
	}
	q := c.QueryParams()
	p.Table.Toolbar = toolbar(c, t, q, flagged.Total, teams)
	p.Table.Pager = ui.NewPager(t, len(res.Rows), res.Total, turn(q, "before", res.Prev), turn(q, "after", res.Next))
	return httpd.Render(c, 200, "screening/list", p)
}

// turn is the address of a neighbouring page, "" for none.
func turn(q url.Values, name, cursor string) string {
	if cursor == "" {
		return ""
	}
	return ui.Href("/samples", q, "after", "", "before", "", name, cursor)
}

func toolbar(c echo.Context, t ui.Translate, q url.Values, flagged int, teams []screening.Team) *ui.Toolbar {
	all := func(key string, options []ui.Option, chosen string) []ui.Option {
		return ui.Choose(append([]ui.Option{{Label: t(key)}}, options...), chosen)
	}
	tb := ui.NewToolbar(t, "/samples", "samples")
	tb.Search = &ui.Search{Name: "q", Value: q.Get("q"), Label: t("screening.search")}
	tb.Selects = []ui.Select{
		{Name: "result", Label: t("screening.field.result"), Options: all("screening.any.result", options(t, "result.", append(resultIDs(), "cancelled")), q.Get("result"))},
		{Name: "proof", Label: t("screening.field.proof"), Options: all("screening.any.proof", options(t, "screening.proof.", screening.Proofs()), q.Get("proof"))},
		{Name: "team", Label: t("screening.field.team"), Options: all("screening.any.team", teamOptions(teams), q.Get("team"))},
		{Name: "days", Label: t("screening.field.days"), Options: dayOptions(t, q.Get("days"))},
	}
	if q.Get("flagged") != "" {
		tb.Hidden = append(tb.Hidden, ui.Param{Name: "flagged", Value: "1"})
	}
	if q.Get("sort") != "" {
		tb.Hidden = append(tb.Hidden, ui.Param{Name: "sort", Value: q.Get("sort")})
	}
	first := func(pairs ...string) string {
		return ui.Href("/samples", q, append([]string{"after", "", "before", ""}, pairs...)...)
	}
	tb.Chips = []ui.Chip{
		{Label: t("common.all"), Href: first("flagged", ""), Current: q.Get("flagged") == ""},
		{Label: t("screening.flag.conflict"), Count: ui.Number(flagged), Href: first("flagged", "1"), Current: q.Get("flagged") != "", Tone: ui.ToneWarn},
	}
	for _, name := range []string{"q", "result", "proof", "team", "days", "flagged"} {
		if q.Get(name) != "" {
			tb.Clear = "/samples"
		}
	}
	if httpd.ScopeOf(c).Can(authz.EmployeeExport) {
		for _, format := range []string{"xlsx", "csv"} {
			tb.Actions = append(tb.Actions, ui.Action{Label: t("screening.export." + format), Icon: "download", Download: true,
				Href: ui.Href("/samples/export", q, "after", "", "before", "", "format", format)})
		}
	}
	return tb
}

func dayOptions(t ui.Translate, chosen string) []ui.Option {
	out := make([]ui.Option, len(spans))
	for i, n := range spans {
		days := strconv.Itoa(n)
		out[i] = ui.Option{Value: days, Label: t("screening.days", "N", days), Selected: chosen == days}
	}
	return out
}

func teamOptions(teams []screening.Team) []ui.Option {
	out := make([]ui.Option, len(teams))
	for i, team := range teams {
		out[i] = ui.Option{Value: strconv.FormatInt(team.ID, 10), Label: teamName(team.Workshop, team.Name)}
	}
	return out
}

func (h *Handlers) table(c echo.Context, rows []screening.Listed) ui.Table {
	t := ui.Translate(httpd.PrinterOf(c).T)
	q := c.QueryParams()
	tb := ui.NewTable(t, "samples", t("screening.title"))
	sampled := ui.Column{Label: t("screening.field.sampled_at"), Sorted: "descending", SortHref: ui.Href("/samples", q, "sort", "oldest", "after", "", "before", "")}
	if q.Get("sort") == "oldest" {
		sampled.Sorted, sampled.SortHref = "ascending", ui.Href("/samples", q, "sort", "", "after", "", "before", "")
	}
	tb.Columns = []ui.Column{{Label: t("screening.field.name"), Head: true}, sampled, {Label: t("screening.field.result")},
		{Label: t("screening.field.collected")}, {Label: t("screening.field.proof")},
		{Label: t("common.actions"), Tight: true}}
	for _, l := range rows {
		id := strconv.FormatInt(l.Employee, 10)
		row := ui.Row{Value: l.Key.String(), Label: l.Name, Cells: []ui.Cell{
			{Text: l.Name, Href: "/employees/" + id, Sub: teamName(l.Workshop, l.Team)},
			{Text: datetime(c, l.SampledAt), DateTime: l.SampledAt.Format(time.RFC3339), Sub: l.Institution},
			{Badges: resultBadges(t, l.Sample), Sub: datetime(c, l.ReportedAt)},
			{Text: collected(t, l.Sample), Sub: t("source." + string(l.Source))},
			ui.Text(t("screening.proof." + string(l.Proof))),
			{Actions: []ui.Action{{Label: t("common.view"), Href: address(l.Key), Kind: ui.KindQuiet}}},
		}}
		if l.Flagged() {
			row.Tone = ui.ToneWarn
		}
		tb.Rows = append(tb.Rows, row)
	}
	tb.Empty = ui.Empty{Icon: "tube", Title: t("screening.empty"), Text: t("screening.empty.hint"),
		Actions: []ui.Action{{Label: t("screening.new.team"), Href: "/samples/new", Icon: "plus"}}}
	return tb
}
