package disputehttp

import (
	"bytes"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/dispute"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/sheet/sheetout"
	"github.com/fugong/fugong/internal/screening"
)

// batches lists what was corrected many at once.
func (h *Handlers) batches(c echo.Context) error {
	q, w := c.QueryParams(), batchWords{wordsOf(c)}
	f := dispute.BatchFilter{Kind: dispute.Kind(q.Get("kind")), Query: q.Get("q"), Request: httpd.PageRequest(c)}
	res, err := h.corrections.Batches(c.Request().Context(), httpd.ScopeOf(c), f)
	if err != nil {
		return err
	}
	raise := ui.Action{Label: w.t("dispute.correct.title"), Href: "/corrections/new", Icon: "plus", Kind: ui.KindPrimary}
	p := &listPage{Head: ui.NewHead(w.t, w.t("dispute.batches.title")), Table: ui.NewTable(w.t, "batches", w.t("dispute.batches.title"))}
	p.Head.Sub, p.Head.Actions = w.t("dispute.batches.sub"), []ui.Action{raise}
	tb := ui.NewToolbar(w.t, "/corrections", "batches")
	tb.Search = &ui.Search{Name: "q", Value: f.Query, Label: w.t("dispute.batches.search")}
	kinds := options(w.t, "dispute.kind.", append(dispute.Kinds(), dispute.Undo))
	tb.Selects = []ui.Select{{Name: "kind", Label: w.t("dispute.field.kind"), Options: ui.Choose(append([]ui.Option{{Label: w.t("common.all")}}, kinds...), q.Get("kind"))}}
	if q.Get("q")+q.Get("kind") != "" {
		tb.Clear = "/corrections"
	}
	p.Table.Toolbar = tb
	p.Table.Columns = []ui.Column{{Label: w.t("dispute.field.kind"), Head: true}, {Label: w.t("dispute.field.done_at"), Sorted: "descending"},
		{Label: w.t("dispute.count.selected"), Numeric: true}, {Label: w.t("dispute.count.corrected"), Numeric: true},
		{Label: w.t("dispute.count.unchanged"), Numeric: true}, {Label: w.t("dispute.count.refused"), Numeric: true}, {Label: w.t("common.status")}}
	for i := range res.Rows {
		b := &res.Rows[i]
		p.Table.Rows = append(p.Table.Rows, ui.Row{Value: id(b.ID), Cells: []ui.Cell{
			{Text: w.t("dispute.kind." + string(b.Kind)), Href: "/corrections/" + id(b.ID), Sub: b.Reason},
			{Text: w.when(b.At), DateTime: b.At.Format(time.RFC3339), Sub: b.Actor},
			ui.Count(b.Selected), ui.Count(b.Corrected), ui.Count(b.Unchanged), ui.Count(b.Refused), ui.Badges(w.batchBadge(b))}})
	}
	p.Table.Empty = ui.Empty{Icon: "edit", Title: w.t("dispute.batches.empty"), Text: w.t("dispute.batches.empty.hint"), Actions: []ui.Action{raise}}
	p.Table.Pager = ui.NewPager(w.t, len(res.Rows), res.Total, turn(c, "/corrections", "before", res.Prev), turn(c, "/corrections", "after", res.Next))
	return httpd.Render(c, 200, "dispute/batches", p)
}

func (w batchWords) batchBadge(b *dispute.Batch) ui.Badge {
	if b.UndoneBy != 0 {
		return ui.Badge{Label: w.t("dispute.batch.undone"), Tone: ui.ToneWarn, Icon: "undo"}
	}
	return ui.Badge{Label: w.t("dispute.batch.done"), Tone: ui.ToneOK, Icon: "check"}
}

type batchPage struct {
	httpd.Base
	Head  ui.PageHead
	Facts ui.Facts
	Stats []ui.Stat
	Table ui.Table
}

// shownRows is how many rows of a batch stand on one page.
const shownRows = 100

// batch shows one batch with what became of each row.
func (h *Handlers) batch(c echo.Context) error {
	n, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	b, err := h.corrections.Batch(c.Request().Context(), httpd.ScopeOf(c), n)
	if err != nil {
		return err
	}
	w, path := batchWords{wordsOf(c)}, "/corrections/"+id(n)
	p := &batchPage{Head: ui.NewHead(w.t, w.t("dispute.batch.title", "Kind", w.t("dispute.kind."+string(b.Kind))), ui.Link{Label: w.t("dispute.batches.title"), Href: "/corrections"}),
		Facts: ui.Facts{Items: w.batchFacts(&b)}, Stats: w.counts(b.Selected, b.Counts, path)}
	p.Head.Badges = []ui.Badge{w.batchBadge(&b)}
	if httpd.ScopeOf(c).Can(authz.EmployeeExport) {
		p.Head.Actions = append(p.Head.Actions, ui.Action{Label: w.t("dispute.batch.export"), Href: path + "/export", Icon: "download", Download: true})
	}
	if b.MayUndo() {
		p.Head.Actions = append(p.Head.Actions, ui.Action{Dialog: w.undoDialog(&b, path)})
	}
	rows := slices.DeleteFunc(b.Rows, func(r dispute.Row) bool { return !shows(c.QueryParam("show"), &r) })
	from, _ := strconv.Atoi(c.QueryParam("after")) // anything else is the beginning
	from = min(max(from, 0), len(rows))
	shown := rows[from:min(from+shownRows, len(rows))]
	p.Table = w.rows(shown, true)
	prev, next := "", ""
	if from > 0 {
		prev = ui.Href(path, c.QueryParams(), "after", strconv.Itoa(max(0, from-shownRows)))
	}
	if from+len(shown) < len(rows) {
		next = ui.Href(path, c.QueryParams(), "after", strconv.Itoa(from+len(shown)))
	}
	p.Table.Pager = ui.NewPager(w.t, len(shown), len(rows), prev, next)
	return httpd.Render(c, 200, "dispute/batch", p)
}

func shows(show string, r *dispute.Row) bool {
	switch show {
	case "changed":
		return r.Changed()
	case "unchanged":
		return r.Kind == screening.Duplicate
	case "refused":
		return r.Kind == screening.Refused
	}
	return true
}

func (w batchWords) batchFacts(b *dispute.Batch) []ui.Fact {
	facts := []ui.Fact{{Label: w.t("dispute.field.reason"), Value: b.Reason}, {Label: w.t("dispute.field.actor"), Value: b.Actor, Sub: w.when(b.At)}}
	if b.Undoes != 0 {
		facts = append(facts, ui.Fact{Label: w.t("dispute.batch.undoes"), Value: w.t("dispute.batch.number", "N", b.Undoes), Href: "/corrections/" + id(b.Undoes)})
	}
	if b.UndoneBy != 0 {
		facts = append(facts, ui.Fact{Label: w.t("dispute.batch.undone_by"), Value: w.t("dispute.batch.number", "N", b.UndoneBy), Href: "/corrections/" + id(b.UndoneBy)})
	}
	return facts
}

func (w batchWords) undoDialog(b *dispute.Batch, path string) *ui.Dialog {
	d := ui.NewDialog(w.t, "undo", ui.Action{Label: w.t("dispute.undo"), Icon: "undo"}, path+"/undo")
	d.Text, d.Kind = w.t("dispute.undo.text", "Count", b.Corrected), ui.KindDanger
	d.Fields = []ui.Field{{Kind: ui.FieldText, Name: "reason", ID: "undo-reason", Label: w.t("dispute.field.reason"), Required: true, MaxLength: 200}}
	return d
}

func (h *Handlers) undo(c echo.Context) error {
	n, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	var f struct {
		Reason string `form:"reason"`
	}
	if err := httpd.Bind(c, &f); err != nil {
		return err
	}
	made, err := h.corrections.Undo(c.Request().Context(), httpd.ScopeOf(c), n, f.Reason, httpd.NowOf(c))
	if m, refused := dispute.IsRefusal(err); refused {
		httpd.Flash(c, ui.ToneWarn, m.Key, "N", m.Args["N"])
		return c.Redirect(303, "/corrections/"+id(n))
	}
	if _, bad := errs.FieldsOf(err)["reason"]; bad {
		httpd.Flash(c, ui.ToneWarn, "dispute.undo.reason")
		return c.Redirect(303, "/corrections/"+id(n))
	}
	if err != nil {
		return err
	}
	return httpd.Done(c, "/corrections/"+id(made), "dispute.done.undone")
}

// export sends the rows of a batch as a workbook.
func (h *Handlers) export(c echo.Context) error {
	n, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	b, err := h.corrections.Export(c.Request().Context(), httpd.ScopeOf(c), n, httpd.NowOf(c))
	if err != nil {
		return err
	}
	w, zone := batchWords{wordsOf(c)}, httpd.ZoneOf(c)
	var cols []sheetout.Column
	for _, name := range []string{"number", "name", "workshop", "team"} {
		cols = append(cols, sheetout.Column{Label: w.t("dispute.field." + name)})
	}
	for _, side := range []string{"old", "new"} {
		cols = append(cols, sheetout.Column{Label: w.t("dispute.sheet." + side + "_sampled"), Kind: sheetout.Instant},
			sheetout.Column{Label: w.t("dispute.sheet." + side + "_result")}, sheetout.Column{Label: w.t("dispute.sheet." + side + "_reported"), Kind: sheetout.Instant})
	}
	for _, name := range []string{"outcome", "message", "before", "after"} {
		cols = append(cols, sheetout.Column{Label: w.t("dispute.field." + name)})
	}
	var out bytes.Buffer
	x, err := sheetout.NewXLSX(&out, w.t("dispute.rows"), cols)
	if err != nil {
		return err
	}
	for i := range b.Rows {
		if x.Write(w.sheetRow(&b.Rows[i], zone)...) != nil {
			break // Close repeats it
		}
	}
	if err := x.Close(); err != nil {
		return err
	}
	return httpd.Workbook(c, w.t("dispute.batch.file", "N", n), out.Bytes())
}

func (w batchWords) sheetRow(r *dispute.Row, zone *time.Location) []any {
	out := []any{r.EmployeeNo, r.Name, r.Workshop, r.Team}
	for _, x := range []dispute.Told{r.Old, r.New} {
		result := ""
		if x.Result != "" {
			result = w.t("result." + x.Result)
		}
		out = append(out, x.SampledAt.In(zone), result, x.ReportedAt.In(zone))
	}
	message := ""
	if r.Kind == screening.Refused {
		message = httpd.PrinterOf(w.c).M(r.Message)
	}
	state := func(s dispute.Stand) string {
		if s.State == "" {
			return ""
		}
		return w.t("state." + s.State)
	}
	return append(out, w.outcome(r, true).Badges[0].Label, message, state(r.Before), state(r.After))
}
