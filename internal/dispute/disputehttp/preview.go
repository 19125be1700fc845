package disputehttp

import (
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/dispute"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/screening"
)

type previewPage struct {
	httpd.Base
	Head    ui.PageHead
	Notices []ui.Notice
	Stats   []ui.Stat
	Form    ui.Form
	Table   ui.Table
}

func (h *Handlers) preview(c echo.Context) error {
	var f batchForm
	if err := httpd.Bind(c, &f); err != nil {
		return err
	}
	return h.showPreview(c, 200, f, "", nil)
}

// showPreview shows the exact rows of a batch and what it would bring, and asks why. A notice tells why it was not done.
func (h *Handlers) showPreview(c echo.Context, status int, f batchForm, reason string, why error) error {
	ch, faults := f.change(c)
	if err := faults.Err(); err != nil {
		return h.showBatchForm(c, 422, f, err)
	}
	plan, err := h.corrections.Preview(c.Request().Context(), httpd.ScopeOf(c), ch, httpd.NowOf(c))
	if errs.FieldsOf(err) != nil {
		return h.showBatchForm(c, 422, f, err)
	}
	if err != nil {
		return err
	}
	w, n := batchWords{wordsOf(c)}, plan.Counts()
	p := &previewPage{Head: ui.NewHead(w.t, w.t("dispute.preview.title"), ui.Link{Label: w.t("dispute.batches.title"), Href: "/corrections"}),
		Stats: w.counts(len(plan.Rows), n, ""), Table: w.rows(plan.Rows, false)}
	p.Head.Sub = w.t("dispute.kind." + f.Kind)
	p.Table.Empty = ui.Empty{Icon: "search", Title: w.t("dispute.preview.empty"), Text: w.t("dispute.preview.empty.hint")}
	if m, refused := dispute.IsRefusal(why); refused {
		p.Notices = append(p.Notices, ui.Notice{Tone: ui.ToneWarn, Title: httpd.PrinterOf(c).M(m)})
	}
	if len(plan.Unknown) > 0 {
		p.Notices = append(p.Notices, ui.Notice{Tone: ui.ToneWarn, Title: w.t("dispute.preview.unknown", "Count", len(plan.Unknown)),
			Text: strings.Join(plan.Unknown, w.t("dispute.comma"))})
	}
	p.Form = w.confirm(f, plan.Token, n.Corrected, reason, why)
	return httpd.Render(c, status, "dispute/preview", p)
}

// batchWords writes of batches.
type batchWords struct{ words }

// confirm asks for the reason; where nothing would change it only leads back.
func (w batchWords) confirm(f batchForm, token string, n int, reason string, why error) ui.Form {
	if n == 0 {
		form := ui.NewForm(w.t, "/corrections/new", w.t("dispute.preview.back"))
		form.Hidden, form.Note = f.params(), w.t("dispute.refused.nothing")
		return form
	}
	form := ui.NewForm(w.t, "/corrections", w.t("dispute.preview.do", "Count", n),
		ui.Field{Kind: ui.FieldText, Name: "reason", Label: w.t("dispute.field.reason"), Value: reason, Required: true, Hint: w.t("dispute.hint.reason"),
			MaxLength: 200, Error: httpd.FieldError(w.c, why, "reason")})
	form.Hidden = append(f.params(), ui.Param{Name: "token", Value: token})
	form.Also = &ui.Action{Label: w.t("dispute.preview.back"), Href: "/corrections/new"}
	form.Note = w.t("dispute.preview.note")
	return form
}

func (h *Handlers) do(c echo.Context) error {
	var f batchForm
	if err := httpd.Bind(c, &f); err != nil {
		return err
	}
	var sure struct {
		Token  string `form:"token"`
		Reason string `form:"reason"`
	}
	if err := httpd.Bind(c, &sure); err != nil {
		return err
	}
	ch, faults := f.change(c)
	if err := faults.Err(); err != nil {
		return h.showBatchForm(c, 422, f, err)
	}
	made, err := h.corrections.Do(c.Request().Context(), httpd.ScopeOf(c), ch, sure.Token, sure.Reason, httpd.NowOf(c))
	switch {
	case err == nil:
		return httpd.Done(c, "/corrections/"+id(made), "dispute.done.corrected")
	case errs.Is(err, errs.Invalid):
		return h.showPreview(c, 422, f, sure.Reason, err)
	case errs.Is(err, errs.Conflict):
		return h.showPreview(c, 409, f, sure.Reason, err)
	}
	return err
}

// counts are the figures of a batch; with a path they lead to the rows behind them.
func (w batchWords) counts(selected int, n dispute.Counts, path string) []ui.Stat {
	stat := func(key, show string, count int, tone ui.Tone, icon string) ui.Stat {
		s := ui.Stat{Label: w.t(key), Value: ui.Number(count), Unit: w.t("dispute.unit"), Tone: tone, Icon: icon}
		if count == 0 {
			s.Tone = ui.ToneNeutral
		}
		if path != "" {
			s.Href = ui.Href(path, nil, "show", show)
		}
		return s
	}
	return []ui.Stat{stat("dispute.count.selected", "", selected, ui.ToneNeutral, "list"), stat("dispute.count.corrected", "changed", n.Corrected, ui.ToneOK, "check"),
		stat("dispute.count.unchanged", "unchanged", n.Unchanged, ui.ToneNeutral, "dashed"), stat("dispute.count.refused", "refused", n.Refused, ui.ToneDanger, "alert")}
}

// rows is the table of a batch: what each record said and says, and what that does to the person's standing.
func (w batchWords) rows(rows []dispute.Row, done bool) ui.Table {
	tb := ui.NewTable(w.t, "rows", w.t("dispute.rows"))
	tb.Columns = []ui.Column{{Label: w.t("dispute.field.name"), Head: true}, {Label: w.t("dispute.field.number"), Tight: true}, {Label: w.t("dispute.field.old")},
		{Label: w.t("dispute.field.new")}, {Label: w.t("dispute.field.outcome")}, {Label: w.t("dispute.field.before")}, {Label: w.t("dispute.field.after")}}
	for i := range rows {
		r := &rows[i]
		row := ui.Row{Value: id(r.Employee), Label: r.Name, Cells: []ui.Cell{
			{Text: r.Name, Href: "/employees/" + id(r.Employee), Sub: teamName(r.Workshop, r.Team)}, ui.Text(r.EmployeeNo),
			w.told(r.Old), w.told(r.New), w.outcome(r, done), w.stand(r.Before), w.stand(r.After),
		}}
		switch {
		case r.Kind == screening.Refused:
			row.Tone = ui.ToneDanger
		case r.Moves():
			row.Tone = ui.ToneOK
		}
		tb.Rows = append(tb.Rows, row)
	}
	return tb
}

func (w batchWords) told(x dispute.Told) ui.Cell {
	if x.SampledAt.IsZero() {
		return ui.Text("—")
	}
	cell := ui.Cell{Text: w.when(x.SampledAt), DateTime: x.SampledAt.Format(time.RFC3339), Sub: w.t("result." + x.Result)}
	if !x.ReportedAt.IsZero() {
		cell.Sub = w.t("dispute.reported", "Result", cell.Sub, "At", w.when(x.ReportedAt))
	}
	return cell
}

func (w batchWords) stand(x dispute.Stand) ui.Cell {
	if x.State == "" {
		return ui.Text("—")
	}
	return ui.Cell{Badges: []ui.Badge{ui.StandingBadge(w.t, x.State)}, Sub: w.when(x.DueAt)}
}

func (w batchWords) outcome(r *dispute.Row, done bool) ui.Cell {
	switch {
	case r.Kind == screening.Refused:
		return ui.Cell{Badges: []ui.Badge{{Label: w.t("dispute.outcome.refused"), Tone: ui.ToneDanger, Icon: "alert"}}, Sub: httpd.PrinterOf(w.c).M(r.Message)}
	case r.Kind == screening.Duplicate:
		return ui.Badges(ui.Badge{Label: w.t("dispute.outcome.unchanged"), Tone: ui.ToneNeutral, Icon: "dashed"})
	case done:
		return ui.Badges(ui.Badge{Label: w.t("dispute.outcome.done"), Tone: ui.ToneOK, Icon: "check"})
	}
	return ui.Badges(ui.Badge{Label: w.t("dispute.outcome.will"), Tone: ui.ToneInfo, Icon: "edit"})
}
