package symptomhttp

import (
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/symptom"
)

type listPage struct {
	httpd.Base
	Head  ui.PageHead
	Table ui.Table
}

func (h *Handlers) list(c echo.Context) error {
	ctx, sc := c.Request().Context(), httpd.ScopeOf(c)
	q := c.QueryParams()
	f := symptom.Filter{Query: q.Get("q"), Alert: q.Get("show") == "alert", Unseen: q.Get("show") == "unseen", Request: httpd.PageRequest(c)}
	res, err := h.reports.List(ctx, sc, f, httpd.NowOf(c))
	if err != nil {
		return err
	}
	news, err := h.reports.Unseen(ctx, sc)
	if err != nil {
		return err
	}
	t := ui.Translate(httpd.PrinterOf(c).T)
	p := &listPage{Head: ui.NewHead(t, t("symptom.title")), Table: h.table(c, t, res.Rows)}
	p.Head.Sub = t("symptom.title.sub")
	p.Table.Toolbar = toolbar(c, t, news.Count)
	turn := func(name, cursor string) string {
		if cursor == "" {
			return ""
		}
		return ui.Href("/symptoms", q, "after", "", "before", "", name, cursor)
	}
	p.Table.Pager = ui.NewPager(t, len(res.Rows), res.Total, turn("before", res.Prev), turn("after", res.Next))
	return httpd.Render(c, 200, "symptom/list", p)
}

func toolbar(c echo.Context, t ui.Translate, unseen int) *ui.Toolbar {
	q := c.QueryParams()
	tb := ui.NewToolbar(t, "/symptoms", "symptoms")
	tb.Search = &ui.Search{Name: "q", Value: q.Get("q"), Label: t("symptom.search")}
	chip := func(key, show string) ui.Chip {
		return ui.Chip{Label: t(key), Href: ui.Href("/symptoms", q, "after", "", "before", "", "show", show), Current: q.Get("show") == show}
	}
	waiting := chip("symptom.show.unseen", "unseen")
	waiting.Count, waiting.Tone = ui.Number(unseen), ui.ToneHeld
	tb.Chips = []ui.Chip{chip("common.all", ""), waiting, chip("symptom.show.alert", "alert")}
	if show := q.Get("show"); show != "" {
		tb.Hidden = []ui.Param{{Name: "show", Value: show}}
	}
	if q.Get("q") != "" || q.Get("show") != "" {
		tb.Clear = "/symptoms"
	}
	return tb
}

func (h *Handlers) table(c echo.Context, t ui.Translate, rows []symptom.Listed) ui.Table {
	tb := ui.NewTable(t, "symptoms", t("symptom.title"))
	tb.Columns = []ui.Column{{Label: t("symptom.field.name"), Head: true}, {Label: t("symptom.field.at"), Sorted: "descending"},
		{Label: t("symptom.field.temperature"), Numeric: true}, {Label: t("symptom.column.symptoms")}, {Label: t("common.status")},
		{Label: t("symptom.field.reporter")}, {Label: t("common.actions"), Tight: true}}
	for _, l := range rows {
		row := ui.Row{Value: strconv.FormatInt(l.ID, 10), Label: l.Name, Cells: []ui.Cell{
			{Text: l.Name, Href: "/employees/" + strconv.FormatInt(l.Employee, 10), Sub: strings.Trim(l.Workshop+" · "+l.Team, " ·")},
			{Text: httpd.DateTime(httpd.PrinterOf(c), l.At, httpd.ZoneOf(c)), DateTime: l.At.Format(time.RFC3339)},
			temperature(t, l.Report),
			{Text: names(t, l.Symptoms), Sub: l.Note},
			ui.Badges(badges(t, l)...),
			ui.Text(t("symptom.reporter." + string(l.Reporter))),
			{Actions: actions(t, l)},
		}}
		if l.Alert && l.SeenAt.IsZero() {
			row.Tone = ui.ToneHeld
		}
		tb.Rows = append(tb.Rows, row)
	}
	tb.Empty = ui.Empty{Icon: "thermometer", Title: t("symptom.empty"), Text: t("symptom.empty.hint")}
	return tb
}

func temperature(t ui.Translate, r symptom.Report) ui.Cell {
	if r.Temperature == nil {
		return ui.Text("—")
	}
	cell := ui.Text(strconv.FormatFloat(*r.Temperature, 'f', 1, 64) + " ℃")
	if r.Site != "" {
		cell.Sub = t("symptom.site." + r.Site)
	}
	return cell
}

func names(t ui.Translate, ids []string) string {
	if len(ids) == 0 {
		return t("symptom.well")
	}
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = t("symptom." + id)
	}
	return strings.Join(out, t("symptom.comma"))
}

func badges(t ui.Translate, l symptom.Listed) []ui.Badge {
	if !l.Alert {
		return []ui.Badge{{Label: t("symptom.state.well"), Tone: ui.ToneOK, Icon: "check"}}
	}
	out := []ui.Badge{{Label: t("symptom.state.alert"), Tone: ui.ToneWarn, Icon: "thermometer"}}
	if l.HoldOpen {
		out = append(out, ui.StandingBadge(t, "held"))
	}
	if l.SeenAt.IsZero() {
		out = append(out, ui.Badge{Label: t("symptom.state.unseen"), Tone: ui.ToneDanger, Icon: "eye", Solid: true})
	}
	return out
}

func actions(t ui.Translate, l symptom.Listed) []ui.Action {
	employee := strconv.FormatInt(l.Employee, 10)
	var out []ui.Action
	if l.Alert && l.SeenAt.IsZero() {
		out = append(out, ui.Action{Label: t("symptom.seen"), Href: "/symptoms/" + employee + "/" + strconv.FormatInt(l.ID, 10) + "/seen", Icon: "eye", Post: true})
	}
	if l.HoldOpen {
		out = append(out, ui.Action{Label: t("symptom.hold"), Href: "/employees/" + employee + "/holds/" + strconv.FormatInt(l.Hold, 10), Icon: "right", Kind: ui.KindQuiet})
	}
	return out
}

func (h *Handlers) seen(c echo.Context) error {
	employee, err := httpd.ID(c, "employee")
	if err != nil {
		return err
	}
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	if err := h.reports.MarkSeen(c.Request().Context(), httpd.ScopeOf(c), employee, id, httpd.NowOf(c)); err != nil {
		return err
	}
	return httpd.Done(c, "/symptoms?show=unseen", "symptom.done.seen")
}
