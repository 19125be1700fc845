package incidenthttp

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/incident/overview"
	"github.com/fugong/fugong/internal/platform/page"
	"github.com/fugong/fugong/internal/platform/sheet/sheetout"
)

type bureauPage struct {
	httpd.Base
	Head  ui.PageHead
	Stats []ui.Stat
	Areas *ui.Table // nil where the reader oversees one line
	Firms ui.Table
	Poll  string
}

// bureau shows where incidents run, by reporting line and enterprise: clocks, and nobody.
func (h *bureauHandlers) bureau(c echo.Context) error {
	w := wordsOf(c)
	all, err := h.lists.Firms(c.Request().Context(), w.sc, "", w.now)
	if err != nil {
		return err
	}
	areas := overview.Areas(all)
	firms := chosen(c, all)
	p := &bureauPage{Head: ui.NewHead(w.t, w.t("incident.bureau.title"), ui.Link{Label: w.t("incident.bureau.above"), Href: "/bureau"}),
		Stats: statsOf(w, areas), Firms: firmTable(w, firms, httpd.PageRequest(c))}
	p.Head.Sub = w.t("incident.bureau.sub")
	if w.sc.Role != authz.DistrictBureau {
		t := areaTable(w, areas)
		p.Areas = &t
	}
	p.Firms.Toolbar = bureauToolbar(w, areas)
	return poll(c, &p.Poll, tag(areas, firms), func() error { return httpd.Render(c, 200, "incident/bureau", p) })
}

// chosen narrows the enterprises to those that the query asks for; the list is small enough to be searched in memory.
func chosen(c echo.Context, all []overview.Firm) []overview.Firm {
	zone, q := c.QueryParam("zone"), strings.TrimSpace(c.QueryParam("q"))
	firms := slices.DeleteFunc(slices.Clone(all), func(f overview.Firm) bool {
		return zone != "" && f.Zone != zone || q != "" && !strings.Contains(f.Name, q)
	})
	if c.QueryParam("sort") == "name" {
		slices.SortStableFunc(firms, func(a, b overview.Firm) int { return strings.Compare(a.Name, b.Name) })
	}
	return firms
}

func zoneName(w words, code string) string {
	if key := "zone." + code; httpd.PrinterOf(w.c).Has(key) {
		return w.t(key)
	}
	return w.t("common.unknown")
}

func statsOf(w words, areas []overview.Area) []ui.Stat {
	var open, late, hard, told int
	for _, a := range areas {
		open, late, hard, told = open+a.Open, late+a.Late, hard+a.PastHard, told+a.Told
	}
	stat := func(key, icon string, n int, tone ui.Tone) ui.Stat {
		if n == 0 {
			tone = ""
		}
		return ui.Stat{Label: w.t(key), Value: ui.Number(n), Icon: icon, Tone: tone}
	}
	return []ui.Stat{stat("incident.bureau.open", "bell", open, ui.ToneHeld), stat("incident.bureau.late", "alert", late, ui.ToneDanger),
		stat("incident.bureau.hard", "stop", hard, ui.ToneDanger), stat("incident.bureau.told", "inbox", told, ui.ToneDanger)}
}

func figureColumns(w words) []ui.Column {
	return []ui.Column{{Label: w.t("incident.bureau.open"), Numeric: true}, {Label: w.t("incident.bureau.late"), Numeric: true},
		{Label: w.t("incident.bureau.hard"), Numeric: true}, {Label: w.t("incident.bureau.oldest")}, {Label: w.t("incident.bureau.waiting")}}
}

// figuresOf are the clocks of an enterprise or an area; instants, not durations, so that they change only when something happens.
func figuresOf(w words, f overview.Firm) []ui.Cell {
	waiting := ui.Badges(ui.Badge{Label: w.t("incident.bureau.in_time"), Tone: ui.ToneOK, Icon: "check"})
	if !f.Waiting.IsZero() {
		waiting = ui.Cell{Text: w.instant(f.Waiting), DateTime: f.Waiting.Format(time.RFC3339)}
	}
	return []ui.Cell{ui.Count(f.Open), ui.Count(f.Late), ui.Count(f.PastHard), {Text: w.datetime(f.Oldest), DateTime: f.Oldest.Format(time.RFC3339)}, waiting}
}

func rowTone(f overview.Firm) ui.Tone {
	if f.Late > 0 {
		return ui.ToneDanger
	}
	return ""
}

func areaTable(w words, areas []overview.Area) ui.Table {
	tb := ui.NewTable(w.t, "areas", w.t("incident.bureau.areas"))
	tb.ShowCaption = true
	tb.Columns = append([]ui.Column{{Label: w.t("incident.bureau.area"), Head: true}, {Label: w.t("incident.bureau.firms"), Numeric: true}}, figureColumns(w)...)
	for _, a := range areas {
		cells := []ui.Cell{{Text: zoneName(w, a.Zone), Href: ui.Href("/bureau/incidents", nil, "zone", a.Zone)}, ui.Count(a.Firms)}
		tb.Rows = append(tb.Rows, ui.Row{Cells: append(cells, figuresOf(w, a.Firm)...), Tone: rowTone(a.Firm)})
	}
	tb.Empty = ui.Empty{Icon: "shield", Title: w.t("incident.bureau.none"), Text: w.t("incident.bureau.none.hint")}
	return tb
}

// firmTable takes one page out of the list, which is sorted in memory.
func firmTable(w words, firms []overview.Firm, r page.Request) ui.Table {
	tb := ui.NewTable(w.t, "firms", w.t("incident.bureau.by_firm"))
	tb.ShowCaption = true
	q := w.c.QueryParams()
	turn := func(n int) string { return ui.Href("/bureau/incidents", q, "since", "", "after", offset(n)) }
	tb.Columns = append([]ui.Column{{Label: w.t("incident.bureau.firm"), Head: true, SortHref: ui.Href("/bureau/incidents", q, "since", "", "after", "", "sort", "name")},
		{Label: w.t("incident.bureau.area")}}, figureColumns(w)...)
	by := &tb.Columns[len(tb.Columns)-1]
	by.SortHref = ui.Href("/bureau/incidents", q, "since", "", "after", "", "sort", "")
	if q.Get("sort") == "name" {
		by = &tb.Columns[0]
	}
	by.Sorted = "ascending"
	from, _ := strconv.Atoi(r.After) // anything else is the beginning
	from = min(max(from, 0), len(firms))
	shown := firms[from:min(from+page.DefaultSize, len(firms))]
	for _, f := range shown {
		cells := []ui.Cell{{Text: f.Name, Href: "/bureau/incidents/" + strconv.Itoa(int(f.Org))}, ui.Text(zoneName(w, f.Zone))}
		tb.Rows = append(tb.Rows, ui.Row{Cells: append(cells, figuresOf(w, f)...), Tone: rowTone(f)})
	}
	tb.Empty = ui.Empty{Icon: "shield", Title: w.t("incident.bureau.none"), Text: w.t("incident.bureau.none.hint")}
	prev, next := "", ""
	if from > 0 {
		prev = turn(max(0, from-page.DefaultSize))
	}
	if from+len(shown) < len(firms) {
		next = turn(from + len(shown))
	}
	tb.Pager = ui.NewPager(w.t, len(shown), len(firms), prev, next)
	return tb
}

func offset(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func bureauToolbar(w words, areas []overview.Area) *ui.Toolbar {
	q := w.c.QueryParams()
	tb := ui.NewToolbar(w.t, "/bureau/incidents", live)
	tb.Search = &ui.Search{Name: "q", Value: q.Get("q"), Label: w.t("incident.bureau.search")}
	if w.sc.Role != authz.DistrictBureau {
		zones := []ui.Option{{Label: w.t("common.all")}}
		for _, a := range areas {
			if a.Zone != "" {
				zones = append(zones, ui.Option{Value: a.Zone, Label: zoneName(w, a.Zone)})
			}
		}
		tb.Selects = []ui.Select{{Name: "zone", Label: w.t("incident.bureau.area"), Options: ui.Choose(zones, q.Get("zone"))}}
	}
	if q.Get("q")+q.Get("zone") != "" {
		tb.Clear = "/bureau/incidents"
	}
	if w.sc.Can(authz.BureauExport) {
		tb.Actions = []ui.Action{{Label: w.t("common.export"), Href: ui.Href("/bureau/incidents/export", q, "since", "", "after", ""), Icon: "download", Download: true}}
	}
	return tb
}

func (h *bureauHandlers) export(c echo.Context) error {
	w := wordsOf(c)
	all, err := h.lists.Firms(c.Request().Context(), w.sc, "", w.now)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	book, err := sheetout.NewXLSX(&out, w.t("incident.bureau.title"), []sheetout.Column{{Label: w.t("incident.bureau.firm"), Width: 28},
		{Label: w.t("incident.bureau.area")}, {Label: w.t("incident.bureau.open"), Kind: sheetout.Number}, {Label: w.t("incident.bureau.late"), Kind: sheetout.Number},
		{Label: w.t("incident.bureau.hard"), Kind: sheetout.Number}, {Label: w.t("incident.bureau.oldest"), Kind: sheetout.Instant},
		{Label: w.t("incident.bureau.waiting"), Kind: sheetout.Instant}})
	if err != nil {
		return err
	}
	for _, f := range chosen(c, all) {
		var waiting any
		if !f.Waiting.IsZero() {
			waiting = f.Waiting.In(w.zone)
		}
		if err := book.Write(f.Name, zoneName(w, f.Zone), f.Open, f.Late, f.PastHard, f.Oldest.In(w.zone), waiting); err != nil {
			break // Close repeats the error
		}
	}
	if err := book.Close(); err != nil {
		return err
	}
	return httpd.Workbook(c, w.t("incident.bureau.title")+"-"+w.now.In(w.zone).Format("20060102-1504"), out.Bytes())
}

type enterprisePage struct {
	httpd.Base
	Head    ui.PageHead
	Empty   *ui.Empty
	Running []running
	Poll    string
}

// running is one open incident as the bureau sees it.
type running struct {
	Title string
	Badge ui.Badge
	Since string
	Steps []ui.Step
}

func (h *bureauHandlers) enterprise(c echo.Context) error {
	id, err := httpd.ID(c, "org")
	if err != nil {
		return err
	}
	w := wordsOf(c)
	firm, list, err := h.lists.Enterprise(c.Request().Context(), w.sc, int32(id), w.now)
	if err != nil {
		return err
	}
	p := &enterprisePage{Head: ui.NewHead(w.t, firm.Name, ui.Link{Label: w.t("incident.bureau.above"), Href: "/bureau"},
		ui.Link{Label: w.t("incident.bureau.title"), Href: "/bureau/incidents"})}
	p.Head.Sub = zoneName(w, firm.Zone) + " · " + w.t("incident.bureau.clocks")
	for _, r := range list {
		p.Running = append(p.Running, runningOf(w, r))
	}
	if len(list) == 0 {
		p.Empty = &ui.Empty{Icon: "shield", Title: w.t("incident.bureau.none"), Text: w.t("incident.bureau.none.hint")}
	}
	return poll(c, &p.Poll, tag(p.Running), func() error { return httpd.Render(c, 200, "incident/enterprise", p) })
}

func runningOf(w words, r overview.Running) running {
	out := running{Title: w.t("incident.bureau.one", "N", r.ID, "Kind", w.kind(r.Kind)), Since: w.t("incident.detected.at", "At", w.datetime(r.Detected))}
	for _, s := range r.Steps {
		step := ui.Step{Title: w.step(s), Due: w.due(s), Badge: w.clockBadge(s.Clock(w.now)), Owner: w.t("role." + string(s.OwnerRole)), Done: !s.Open()}
		if s.Escalations > 0 {
			step.Text = w.t("incident.told", "Levels", w.levels(s.Told()))
		}
		out.Steps = append(out.Steps, step)
	}
	return out
}
