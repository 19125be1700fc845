package rulebookhttp

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/jobs"
	"github.com/fugong/fugong/internal/rulebook"
)

// ChangePage is one change: what it does, what it would ask for, and its decision.
type ChangePage struct {
	httpd.Base
	Head     ui.PageHead
	Notice   *ui.Notice
	Progress ui.Progress
	Decide   []ui.Action
	Note     string
	Facts    ui.Facts
	Effect   ui.Table
	Idle     *ui.Notice
	Figures  *Figures
}

func (h *handlers) change(c echo.Context) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	view, err := h.rules.Get(c.Request().Context(), httpd.ScopeOf(c), id)
	if err != nil {
		return err
	}
	v := changeView{words: wordsOf(c), c: c, View: view, path: changePath(id)}
	moving := v.counting() || v.recomputing()
	if httpd.IsFragment(c) && !moving {
		// The bar that asks again has nothing more to show: the whole page has.
		c.Response().Header().Set("HX-Refresh", "true")
		return c.NoContent(http.StatusOK)
	}
	p := &ChangePage{Head: v.head(), Notice: v.notice(), Facts: v.facts()}
	if moving {
		p.Progress = v.progress()
	}
	p.Decide, p.Note = v.decisions()
	p.Effect = v.comparison("effect", v.t("rules.effect"), view.Effect.Before, view.Effect.After)
	p.Idle = v.idleNotice(view.Overlay, view.Effect.NoEffect)
	p.Figures = v.figures()
	return httpd.Render(c, http.StatusOK, "rules/change", p)
}

type changeView struct {
	words
	rulebook.View
	c    echo.Context
	path string
}

func atWork(s jobs.Status) bool { return s.State == "queued" || s.State == "running" }

func (v changeView) counting() bool    { return v.State == rulebook.Proposed && atWork(v.Counting) }
func (v changeView) recomputing() bool { return v.State == rulebook.Confirmed && atWork(v.Recomputed) }

func (v changeView) head() ui.PageHead {
	head := ui.NewHead(v.t, v.content(v.Change), ui.Link{Label: v.t("rules.title"), Href: ui.Href("/rules", nil, "division", v.Division)})
	head.Sub = v.t("rules.change.sub", "Place", placeName(v.c, v.Place, v.EnterpriseName), "At", httpd.DateTime(v.Printer, v.EffectiveAt, httpd.ZoneOf(v.c)))
	head.Badges = []ui.Badge{v.state(v.Change.State)}
	return head
}

// notice tells what keeps the change from going on, or that all is done.
func (v changeView) notice() *ui.Notice {
	switch {
	case v.Change.State == rulebook.Proposed && v.Counting.State == "failed":
		return &ui.Notice{Tone: ui.ToneDanger, Title: v.t("rules.preview.failed"), Text: v.t("rules.preview.failed_hint")}
	case v.Change.State == rulebook.Confirmed && v.Recomputed.State == "failed":
		return &ui.Notice{Tone: ui.ToneDanger, Title: v.t("rules.recompute.failed"), Text: v.t("rules.recompute.failed_hint", "N", ui.Number(int(v.RebuiltPeople)))}
	case v.Change.State == rulebook.Confirmed && !v.RebuiltAt.IsZero():
		return &ui.Notice{Tone: ui.ToneOK, Title: v.t("rules.recompute.done", "N", ui.Number(int(v.RebuiltPeople))),
			Text: httpd.DateTime(v.Printer, v.RebuiltAt, httpd.ZoneOf(v.c))}
	}
	return nil
}

func (v changeView) progress() ui.Progress {
	title, task := v.t("rules.preview.running"), v.Counting
	if v.recomputing() {
		title, task = v.t("rules.recompute.running"), v.Recomputed
	}
	p := ui.NewProgress(v.t, "task", title, v.path)
	if task.Total > 0 {
		p.Percent = int(task.Done * 100 / task.Total)
		p.Done = v.t("rules.people_of", "Done", ui.Number(int(task.Done)), "Total", ui.Number(int(task.Total)))
	}
	p.Text = v.t("rules.leave_page")
	return p
}

func (v changeView) facts() ui.Facts {
	when := func(name, at string) string { return strings.Trim(name+" · "+at, " ·") }
	items := []ui.Fact{
		{Label: v.t("rules.where"), Value: placeName(v.c, v.Place, v.EnterpriseName)},
		{Label: v.t("rules.effective_at"), Value: httpd.DateTime(v.Printer, v.EffectiveAt, httpd.ZoneOf(v.c))},
		{Label: v.t("rules.reason"), Value: v.Reason},
		{Label: v.t("rules.proposer"), Value: when(v.Proposer, httpd.DateTime(v.Printer, v.ProposedAt, httpd.ZoneOf(v.c)))},
	}
	if v.Kind == rulebook.PackChange {
		items = append(items, ui.Fact{Label: v.t("rules.pack"), Value: v.t("rules.pack_version", "Pack", v.packName(v.Pack), "Version", v.PackVersion),
			Href: ui.Href("/rules/packs/"+v.Pack, nil, "version", strconv.Itoa(v.PackVersion))})
	}
	if v.Overlay.Basis != "" {
		items = append(items, ui.Fact{Label: v.t("rules.form.basis"), Value: v.Overlay.Basis})
	}
	if !v.DecidedAt.IsZero() {
		items = append(items, ui.Fact{Label: v.t("rules.decider"), Sub: v.Note,
			Value: when(v.Decider, httpd.DateTime(v.Printer, v.DecidedAt, httpd.ZoneOf(v.c)))})
	}
	return ui.Facts{Columns: true, Items: items}
}

// decisions are what the reader may do with the change, and a word on what is missing.
func (v changeView) decisions() ([]ui.Action, string) {
	sc := httpd.ScopeOf(v.c)
	if rulebook.MayChange(sc, v.Place) != nil {
		return nil, ""
	}
	post := func(key, to, icon string) ui.Action {
		return ui.Action{Label: v.t(key), Href: v.path + to, Icon: icon, Post: true}
	}
	switch {
	case v.Change.State == rulebook.Confirmed && v.Recomputed.State == "failed":
		return []ui.Action{post("rules.recompute.again", "/recompute", "undo")}, v.t("rules.recompute.again_hint")
	case v.Change.State != rulebook.Proposed:
		return nil, ""
	}
	var out []ui.Action
	if !v.counting() {
		out = append(out, post("rules.preview.again", "/preview", "chart"))
	}
	if sc.Account == v.ProposedBy {
		out = append(out, ui.Action{Dialog: v.dialog("withdraw", "undo", ui.KindPlain)})
		return out, v.t("rules.note.second_person")
	}
	refuse := v.dialog("refuse", "stop", ui.KindPlain)
	refuse.Fields = []ui.Field{{Kind: ui.FieldText, Name: "reason", ID: "refuse-reason", Label: v.t("rules.reason"), Required: true, MaxLength: 500}}
	if v.Preview == nil {
		return append(out, ui.Action{Dialog: refuse}), v.t("rules.note.no_preview")
	}
	confirm := v.dialog("confirm", "check", ui.KindPrimary)
	confirm.Fields = []ui.Field{{Kind: ui.FieldText, Name: "note", ID: "confirm-note", Label: v.t("common.note"), MaxLength: 500}}
	return append([]ui.Action{{Dialog: confirm}, {Dialog: refuse}}, out...), v.t("rules.note.decide")
}

func (v changeView) dialog(what, icon string, kind ui.Kind) *ui.Dialog {
	d := ui.NewDialog(v.t, what, ui.Action{Label: v.t("rules." + what), Icon: icon, Kind: kind}, v.path+"/"+what)
	d.Title = v.t(fmt.Sprintf("rules.%s.title", what))
	d.Text = v.t(fmt.Sprintf("rules.%s.text", what), "At", httpd.DateTime(v.Printer, v.EffectiveAt, httpd.ZoneOf(v.c)))
	return d
}

func (h *handlers) recount(c echo.Context) error {
	return h.act(c, "rules.preview.queued", func(id int64) error {
		return h.rules.Preview(c.Request().Context(), httpd.ScopeOf(c), id, httpd.NowOf(c))
	})
}

func (h *handlers) confirm(c echo.Context) error {
	return h.act(c, "rules.confirm.done", func(id int64) error {
		return h.rules.Confirm(c.Request().Context(), httpd.ScopeOf(c), id, c.FormValue("note"), httpd.NowOf(c))
	})
}

func (h *handlers) refuse(c echo.Context) error {
	return h.act(c, "rules.refuse.done", func(id int64) error {
		return h.rules.Refuse(c.Request().Context(), httpd.ScopeOf(c), id, c.FormValue("reason"), httpd.NowOf(c))
	})
}

func (h *handlers) withdraw(c echo.Context) error {
	return h.act(c, "rules.withdraw.done", func(id int64) error {
		return h.rules.Withdraw(c.Request().Context(), httpd.ScopeOf(c), id, httpd.NowOf(c))
	})
}

func (h *handlers) recompute(c echo.Context) error {
	return h.act(c, "rules.recompute.queued", func(id int64) error {
		return h.rules.Recompute(c.Request().Context(), httpd.ScopeOf(c), id, httpd.NowOf(c))
	})
}
