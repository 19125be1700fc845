// Package intakehttp serves the pages on which sheets come in: upload, progress, preview with a count for every outcome,
// commit, and the workbook of faulty rows.
package intakehttp

import (
	"bytes"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/intake"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/page"
)

type handlers struct{ intake *intake.Service }

// Routes are the pages of imports.
func Routes(s *intake.Service) []httpd.Route {
	h := &handlers{intake: s}
	need := httpd.Need(authz.RosterImport, authz.SampleImport, authz.ExemptionEdit, authz.ReturnReview)
	return []httpd.Route{
		httpd.GET("/imports", need, h.list),
		httpd.GET("/imports/new", need, h.form),
		httpd.Upload("/imports", need, intake.MaxFile+1<<20, h.upload),
		httpd.GET("/imports/template/:kind", need, h.template),
		httpd.GET("/imports/:id", need, h.show),
		httpd.POST("/imports/:id/commit", need, h.commit),
		httpd.POST("/imports/:id/cancel", need, h.cancel),
		httpd.POST("/imports/:id/retry", need, h.retry),
		httpd.GET("/imports/:id/report", need, h.report),
	}
}

// Pages names the templates and what they show.
func Pages() map[string]any {
	return map[string]any{"intake/list": &ListPage{}, "intake/form": &FormPage{}, "intake/show": &ShowPage{}}
}

// ListPage shows the org's imports.
type ListPage struct {
	httpd.Base
	Head  ui.PageHead
	Table ui.Table
}

func (h *handlers) list(c echo.Context) error {
	t := httpd.PrinterOf(c).T
	r := httpd.PageRequest(c)
	found, err := h.intake.Recent(c.Request().Context(), httpd.ScopeOf(c), r)
	if err != nil {
		return err
	}
	head := ui.NewHead(t, t("intake.title"))
	head.Sub = t("intake.sub")
	var starts []ui.Action
	for i, kind := range h.intake.Kinds(httpd.ScopeOf(c)) {
		a := ui.Action{Label: t("intake.new." + kind), Href: "/imports/new?kind=" + kind, Icon: "upload"}
		if i == 0 {
			a.Kind = ui.KindPrimary
		}
		starts = append(starts, a)
	}
	head.Actions = starts
	tb := ui.NewTable(t, "imports", t("intake.title"))
	tb.Columns = []ui.Column{{Label: t("intake.file"), Head: true}, {Label: t("common.status")}, {Label: t("intake.rows"), Numeric: true},
		{Label: t("intake.outcome.faulty"), Numeric: true}, {Label: t("intake.by")}, {Label: t("intake.at")}}
	tb.Empty = ui.Empty{Icon: "upload", Title: t("intake.empty"), Text: t("intake.empty_hint"), Actions: starts}
	for _, i := range found.Rows {
		tb.Rows = append(tb.Rows, ui.Row{Cells: []ui.Cell{
			{Text: i.Filename, Href: fmt.Sprintf("/imports/%d", i.ID), Sub: t("intake.kind." + i.Kind)},
			ui.Badges(stateBadge(t, i.State)), ui.Count(i.Rows()), ui.Count(i.Faulty()), ui.Text(i.By),
			ui.Text(httpd.DateTime(httpd.PrinterOf(c), i.CreatedAt, httpd.ZoneOf(c)))}})
	}
	next := ""
	if found.Next != "" {
		next = ui.Href("/imports", nil, "after", found.Next)
	}
	prev := ""
	if r.After != "" {
		prev = "/imports"
	}
	tb.Pager = ui.NewPager(t, len(found.Rows), found.Total, prev, next)
	return httpd.Render(c, http.StatusOK, "intake/list", &ListPage{Head: head, Table: tb})
}

func stateBadge(t ui.Translate, s intake.State) ui.Badge {
	tone, icon := ui.ToneNeutral, "dot"
	switch s {
	case intake.Done:
		tone, icon = ui.ToneOK, "check"
	case intake.Ready:
		tone, icon = ui.ToneWarn, "question"
	case intake.Queued, intake.Checking, intake.Committing:
		tone, icon = ui.ToneInfo, "hourglass"
	case intake.Refused, intake.Failed:
		tone, icon = ui.ToneDanger, "alert"
	}
	return ui.Badge{Label: t("intake.state." + string(s)), Tone: tone, Icon: icon}
}

// FormPage asks for the file.
type FormPage struct {
	httpd.Base
	Head  ui.PageHead
	Tabs  ui.Tabs
	Form  ui.Form
	Hints []string
	Kind  string
}

func (h *handlers) form(c echo.Context) error {
	kind := c.QueryParam("kind")
	if kind == "" {
		kinds := h.intake.Kinds(httpd.ScopeOf(c))
		if len(kinds) == 0 {
			return errs.Missing()
		}
		kind = kinds[0]
	}
	if _, err := h.intake.Kind(httpd.ScopeOf(c), kind); err != nil {
		return err
	}
	return h.renderForm(c, http.StatusOK, kind, nil)
}

func (h *handlers) renderForm(c echo.Context, status int, kind string, problem error) error {
	t := httpd.PrinterOf(c).T
	p := &FormPage{Kind: kind, Head: ui.NewHead(t, t("intake.new."+kind), ui.Link{Label: t("intake.title"), Href: "/imports"})}
	p.Head.Actions = []ui.Action{{Label: t("intake.template"), Href: "/imports/template/" + kind, Icon: "download", Download: true}}
	for _, k := range h.intake.Kinds(httpd.ScopeOf(c)) {
		p.Tabs.Items = append(p.Tabs.Items, ui.Tab{Label: t("intake.kind." + k), Href: "/imports/new?kind=" + k, Current: k == kind})
	}
	p.Tabs.Label, p.Tabs.Segmented = t("intake.kind"), true
	f := ui.Field{Kind: ui.FieldFile, Name: "file", Label: t("intake.file"), Accept: ".xlsx,.csv,.xls", Required: true,
		Hint: t("intake.file_hint", "Max", intake.MaxFile>>20), Error: httpd.FieldError(c, problem, "file")}
	p.Form = ui.NewForm(t, "/imports", t("intake.check"), f)
	p.Form.Hidden = []ui.Param{{Name: "kind", Value: kind}}
	p.Form.Note = t("intake.check_note")
	p.Hints = []string{t("intake.hint." + kind + ".1"), t("intake.hint." + kind + ".2"), t("intake.hint." + kind + ".3")}
	return httpd.Render(c, status, "intake/form", p)
}

func (h *handlers) upload(c echo.Context) error {
	name, data, chosen, err := httpd.File(c, "file", intake.MaxFile)
	kind := c.Request().FormValue("kind")
	if _, bad := h.intake.Kind(httpd.ScopeOf(c), kind); bad != nil {
		return bad
	}
	if err == nil && !chosen {
		f := errs.Fields{}
		f.Add("file", "intake.choose_file")
		err = f.Err()
	}
	var id int64
	if err == nil {
		id, err = h.intake.Upload(c.Request().Context(), httpd.ScopeOf(c), kind, name, data, httpd.NowOf(c))
	}
	if errs.FieldsOf(err) != nil {
		return h.renderForm(c, httpd.Status(err), kind, err)
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, fmt.Sprintf("/imports/%d", id))
}

func (h *handlers) commit(c echo.Context) error {
	return h.act(c, func(id int64) error {
		return h.intake.Commit(c.Request().Context(), httpd.ScopeOf(c), id, c.FormValue("rows") == "all", httpd.NowOf(c))
	}, "")
}

func (h *handlers) cancel(c echo.Context) error {
	return h.act(c, func(id int64) error {
		return h.intake.Cancel(c.Request().Context(), httpd.ScopeOf(c), id, httpd.NowOf(c))
	}, "intake.cancelled")
}

func (h *handlers) retry(c echo.Context) error {
	return h.act(c, func(id int64) error {
		return h.intake.Recheck(c.Request().Context(), httpd.ScopeOf(c), id)
	}, "")
}

// act does one thing with an import and shows the import again; a conflict is told there.
func (h *handlers) act(c echo.Context, do func(id int64) error, done string) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	to := fmt.Sprintf("/imports/%d", id)
	err = do(id)
	if e, ok := err.(*errs.Error); ok && e.Code == errs.Conflict {
		httpd.Flash(c, ui.ToneWarn, e.Message.Key, pairs(e.Message.Args)...)
		return c.Redirect(http.StatusSeeOther, to)
	}
	if err != nil {
		return err
	}
	if done != "" {
		return httpd.Done(c, to, done)
	}
	return c.Redirect(http.StatusSeeOther, to)
}

func pairs(args map[string]any) []any {
	var out []any
	for k, v := range args {
		out = append(out, k, v)
	}
	return out
}

func (h *handlers) report(c echo.Context) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	p := httpd.PrinterOf(c)
	var out bytes.Buffer
	if err := h.intake.Report(c.Request().Context(), httpd.ScopeOf(c), id, p.M, httpd.NowOf(c), &out); err != nil {
		return err
	}
	return httpd.Workbook(c, p.T("intake.report_name", "ID", id), out.Bytes())
}

// rowsAsked is the part of the preview that the reader looks at.
func rowsAsked(c echo.Context) (intake.RowFilter, page.Request) {
	f := intake.RowFilter{Outcome: intake.Outcome(c.QueryParam("outcome"))}
	f.Problems = c.QueryParam("problems") != ""
	r := httpd.PageRequest(c)
	return f, r
}
