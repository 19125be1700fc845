package intakehttp

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/intake"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/jobs"
	"github.com/fugong/fugong/internal/platform/page"
	"github.com/fugong/fugong/internal/platform/sheet/sheetout"
)

// ShowPage is one import: its progress, then its preview or result.
type ShowPage struct {
	httpd.Base
	Head     ui.PageHead
	Progress ui.Progress
	Notice   *ui.Notice
	Commit   []ui.Action
	Note     string
	Facts    ui.Facts
	Rows     *ui.Table
}

func (h *handlers) show(c echo.Context) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	i, task, err := h.intake.Get(c.Request().Context(), httpd.ScopeOf(c), id)
	if err != nil {
		return err
	}
	if httpd.IsFragment(c) && !i.State.Moving() {
		// The bar that asks again has nothing more to show: the whole page has.
		c.Response().Header().Set("HX-Refresh", "true")
		return c.NoContent(http.StatusOK)
	}
	v := view{c: c, t: httpd.PrinterOf(c).T, i: i, path: fmt.Sprintf("/imports/%d", id)}
	p := &ShowPage{Head: v.head(), Progress: v.progress(task), Notice: v.notice(), Facts: v.facts()}
	if i.State == intake.Ready {
		p.Commit, p.Note = v.decisions()
	}
	if i.State == intake.Ready || i.State == intake.Done {
		f, r := rowsAsked(c)
		lines, err := h.intake.Rows(c.Request().Context(), httpd.ScopeOf(c), id, f, r)
		if err != nil {
			return err
		}
		p.Rows = v.rows(lines, f)
	}
	return httpd.Render(c, http.StatusOK, "intake/show", p)
}

type view struct {
	c    echo.Context
	t    ui.Translate
	i    intake.Import
	path string
}

func (v view) head() ui.PageHead {
	head := ui.NewHead(v.t, v.i.Filename, ui.Link{Label: v.t("intake.title"), Href: "/imports"})
	head.Sub = v.t("intake.kind." + v.i.Kind)
	head.Badges = []ui.Badge{stateBadge(v.t, v.i.State)}
	if v.i.Faulty() > 0 && (v.i.State == intake.Ready || v.i.State == intake.Done) {
		head.Actions = append(head.Actions, ui.Action{Label: v.t("intake.report", "Count", ui.Number(v.i.Faulty())), Href: v.path + "/report", Icon: "download", Download: true})
	}
	return head
}

func (v view) progress(task jobs.Status) ui.Progress {
	poll := ""
	if v.i.State.Moving() {
		poll = v.path
	}
	p := ui.NewProgress(v.t, "import", v.t("intake.progress."+string(v.i.State)), poll)
	p.State = v.t("intake.state." + string(v.i.State))
	if v.i.State.Moving() {
		if task.Total > 0 {
			p.Percent = int(task.Done * 100 / task.Total)
			p.Done = ui.Number(int(task.Done)) + " / " + ui.Number(int(task.Total))
		}
		p.Text = v.t("intake.leave_page")
		return p
	}
	p.Percent = 100
	p.Tone = map[intake.State]ui.Tone{intake.Done: ui.ToneOK, intake.Ready: ui.ToneWarn, intake.Cancelled: ui.ToneNeutral}[v.i.State]
	if p.Tone == "" {
		p.Tone = ui.ToneDanger
	}
	if v.i.State == intake.Ready && v.i.Faulty() == 0 {
		p.Tone = ui.ToneOK
	}
	for _, o := range intake.Outcomes() {
		n := v.i.Counts[string(o)]
		t := ui.Tally{Label: v.t("intake.outcome." + string(o)), Count: ui.Number(n), Tone: outcomeTone(o, n)}
		if n > 0 {
			t.Href = ui.Href(v.path, nil, "outcome", string(o)) + "#rows"
		}
		p.Counts = append(p.Counts, t)
	}
	if n := v.i.Counts["warnings"]; n > 0 {
		p.Counts = append(p.Counts, ui.Tally{Label: v.t("intake.warnings"), Count: ui.Number(n), Tone: ui.ToneWarn, Href: ui.Href(v.path, nil, "problems", "1") + "#rows"})
	}
	if v.i.State == intake.Refused || v.i.State == intake.Failed || v.i.State == intake.Cancelled {
		p.Counts = nil
	}
	return p
}

func outcomeTone(o intake.Outcome, n int) ui.Tone {
	switch {
	case n == 0:
		return ui.ToneNeutral
	case o == intake.RowFaulty:
		return ui.ToneDanger
	case o == intake.RowRepeated:
		return ui.ToneWarn
	case o == intake.RowUnchanged:
		return ui.ToneNeutral
	}
	return ui.ToneOK
}

func (v view) notice() *ui.Notice {
	switch v.i.State {
	case intake.Refused:
		args := v.i.Error
		if columns, ok := args.Args["Columns"].([]any); ok {
			args = errs.Msg(args.Key, "Row", args.Args["Row"], "Columns", v.labels(columns))
		}
		return &ui.Notice{Tone: ui.ToneDanger, Title: v.t("intake.refused.title"), Text: httpd.PrinterOf(v.c).M(args),
			Links: []ui.Link{{Label: v.t("intake.new." + v.i.Kind), Href: "/imports/new?kind=" + v.i.Kind}}}
	case intake.Failed:
		return &ui.Notice{Tone: ui.ToneDanger, Title: v.t("intake.failed"), Text: v.t("intake.failed_hint")}
	case intake.Done:
		left := v.i.Faulty()
		if left == 0 {
			return &ui.Notice{Tone: ui.ToneOK, Title: v.t("intake.done", "Count", ui.Number(v.i.Good()))}
		}
		return &ui.Notice{Tone: ui.ToneWarn, Title: v.t("intake.done", "Count", ui.Number(v.i.Good())), Text: v.t("intake.done_left", "Count", ui.Number(left)),
			Links: []ui.Link{{Label: v.t("intake.report", "Count", ui.Number(left)), Href: v.path + "/report"}, {Label: v.t("intake.upload_fixed"), Href: "/imports/new?kind=" + v.i.Kind}}}
	}
	return nil
}

func (v view) labels(keys []any) string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = v.t(fmt.Sprint("intake.column.", k))
	}
	return strings.Join(out, v.t("intake.comma"))
}

// decisions are what the reader may do with a checked sheet.
func (v view) decisions() ([]ui.Action, string) {
	cancel := ui.Action{Label: v.t("intake.cancel"), Href: v.path + "/cancel", Post: true, Kind: ui.KindQuiet}
	good := ui.Number(v.i.Good())
	switch {
	case v.i.Good() == 0:
		return []ui.Action{cancel}, v.t("intake.note_none")
	case v.i.Faulty() == 0:
		all := ui.Action{Label: v.t("intake.commit_all", "Count", good), Href: v.path + "/commit", Post: true, Kind: ui.KindPrimary, Icon: "check",
			Hidden: []ui.Param{{Name: "rows", Value: "all"}}}
		return []ui.Action{all, cancel}, v.t("intake.note_all")
	}
	some := ui.Action{Label: v.t("intake.commit_good", "Count", good), Href: v.path + "/commit", Post: true, Kind: ui.KindPrimary, Icon: "check",
		Hidden: []ui.Param{{Name: "rows", Value: "good"}}}
	return []ui.Action{some, cancel}, v.t("intake.note_good", "Count", ui.Number(v.i.Faulty()))
}

func (v view) facts() ui.Facts {
	f := ui.Facts{Columns: true, Items: []ui.Fact{
		{Label: v.t("intake.by"), Value: v.i.By},
		{Label: v.t("intake.at"), Value: httpd.DateTime(httpd.PrinterOf(v.c), v.i.CreatedAt, httpd.ZoneOf(v.c))},
	}}
	if v.i.HeaderRow == 0 {
		return f
	}
	if v.i.Sheet != "" {
		f.Items = append(f.Items, ui.Fact{Label: v.t("intake.sheet"), Value: v.i.Sheet})
	}
	f.Items = append(f.Items, ui.Fact{Label: v.t("intake.header_row"), Value: ui.Number(v.i.HeaderRow)})
	var known, unknown []string
	for _, c := range v.i.Columns {
		if c.Key == "" {
			unknown = append(unknown, c.Label)
		} else {
			known = append(known, c.Label)
		}
	}
	comma := v.t("intake.comma")
	f.Items = append(f.Items, ui.Fact{Label: v.t("intake.columns_known"), Value: strings.Join(known, comma)})
	if len(unknown) > 0 {
		f.Items = append(f.Items, ui.Fact{Label: v.t("intake.columns_unknown"), Value: strings.Join(unknown, comma)})
	}
	if n := v.i.Counts["skipped"]; n > 0 {
		f.Items = append(f.Items, ui.Fact{Label: v.t("intake.skipped"), Value: ui.Number(n)})
	}
	return f
}

func (v view) rows(lines page.Result[intake.Line], f intake.RowFilter) *ui.Table {
	tb := ui.NewTable(v.t, "rows", v.t("intake.rows_title"))
	tb.ShowCaption = true
	tb.Toolbar = ui.NewToolbar(v.t, v.path, "rows")
	current := string(f.Outcome)
	chip := func(label, outcome string, n int, tone ui.Tone) {
		tb.Toolbar.Chips = append(tb.Toolbar.Chips, ui.Chip{Label: label, Count: ui.Number(n), Tone: tone, Current: outcome == current && !f.Problems,
			Href: ui.Href(v.path, nil, "outcome", outcome)})
	}
	chip(v.t("common.all"), "", v.i.Rows(), ui.ToneNeutral)
	for _, o := range intake.Outcomes() {
		chip(v.t("intake.outcome."+string(o)), string(o), v.i.Counts[string(o)], outcomeTone(o, v.i.Counts[string(o)]))
	}
	tb.Columns = []ui.Column{{Label: v.t("intake.row"), Numeric: true, Tight: true}, {Label: v.t("intake.person"), Head: true}, {Label: v.t("intake.outcome")}, {Label: v.t("intake.problems")}}
	for _, l := range lines.Rows {
		tb.Rows = append(tb.Rows, ui.Row{Cells: []ui.Cell{ui.Count(l.Row), ui.Text(l.Label), ui.Badges(v.outcomeBadge(l)), ui.Text(v.problems(l))}})
	}
	q := v.c.QueryParams()
	tb.Pager = ui.NewPager(v.t, len(lines.Rows), lines.Total, pageHref(v.path, q, "before", lines.Prev, "after"), pageHref(v.path, q, "after", lines.Next, "before"))
	return &tb
}

func pageHref(path string, q map[string][]string, name, cursor, other string) string {
	if cursor == "" {
		return ""
	}
	return ui.Href(path, q, name, cursor, other, "")
}

func (v view) outcomeBadge(l intake.Line) ui.Badge {
	icons := map[intake.Outcome]string{intake.RowNew: "plus", intake.RowChanged: "edit", intake.RowUnchanged: "dot", intake.RowRepeated: "copy", intake.RowFaulty: "alert"}
	return ui.Badge{Label: v.t("intake.outcome." + string(l.Outcome)), Tone: outcomeTone(l.Outcome, 1), Icon: icons[l.Outcome]}
}

// problems says what is wrong with a row, cell by cell.
func (v view) problems(l intake.Line) string {
	p := httpd.PrinterOf(v.c)
	parts := make([]string, len(l.Problems))
	for i, x := range l.Problems {
		parts[i] = p.M(x.Message)
		if x.Ref != "" {
			parts[i] = x.Ref + v.t("common.colon") + parts[i]
		}
	}
	return strings.Join(parts, v.t("intake.semicolon"))
}

// template is an empty form of a kind, for offices that start from nothing.
func (h *handlers) template(c echo.Context) error {
	k, err := h.intake.Kind(httpd.ScopeOf(c), c.Param("kind"))
	if err != nil {
		return err
	}
	t := httpd.PrinterOf(c).T
	var fields []sheetout.Field
	for _, col := range k.Vocabulary() {
		fields = append(fields, sheetout.Field{Label: col.Synonyms[0], Required: col.Required, Example: t("intake.example." + k.Name() + "." + col.Key)})
	}
	var out bytes.Buffer
	if err := sheetout.WriteTemplate(&out, t("intake.kind."+k.Name()), fields); err != nil {
		return err
	}
	return httpd.Workbook(c, t("intake.kind."+k.Name()), out.Bytes())
}
