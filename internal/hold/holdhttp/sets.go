package holdhttp

import (
	"context"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
)

type setsPage struct {
	httpd.Base
	Head  ui.PageHead
	Table ui.Table
}

const shownSets = 100

// sets lists the newest group acts.
func (h *handlers) sets(c echo.Context) error {
	r := readerOf(c)
	waiting := c.QueryParam("show") == "waiting"
	sets, total, err := h.groups.Sets(c.Request().Context(), httpd.ScopeOf(c), waiting, shownSets)
	if err != nil {
		return err
	}
	teams, err := h.teamOptions(c)
	if err != nil {
		return err
	}
	p := &setsPage{Head: ui.NewHead(r.t, r.t("hold.sets"), ui.Link{Label: r.t("hold.list"), Href: "/holds"}), Table: ui.NewTable(r.t, "sets", r.t("hold.sets"))}
	p.Head.Sub = r.t("hold.sets.sub", "Limit", hold.GroupLimit)
	p.Table.Toolbar = ui.NewToolbar(r.t, "/holds/sets", "sets")
	p.Table.Toolbar.Chips = []ui.Chip{{Label: r.t("common.all"), Href: "/holds/sets", Current: !waiting},
		{Label: r.t("hold.set.proposed"), Href: "/holds/sets?show=waiting", Current: waiting, Tone: ui.ToneWarn}}
	p.Table.Columns = []ui.Column{{Label: r.t("hold.field.act"), Head: true}, {Label: r.t("hold.field.who")}, {Label: r.t("hold.field.people"), Numeric: true},
		{Label: r.t("common.status")}, {Label: r.t("hold.field.proposed")}, {Label: r.t("hold.field.decided")}}
	for _, s := range sets {
		p.Table.Rows = append(p.Table.Rows, r.setRow(s, teams))
	}
	p.Table.Pager = ui.NewPager(r.t, len(sets), total, "", "")
	p.Table.Empty = ui.Empty{Icon: "list", Title: r.t("hold.sets.empty"), Text: r.t("hold.sets.empty.hint")}
	return httpd.Render(c, 200, "hold/sets", p)
}

func (r reader) setRow(s hold.Set, teams []ui.Option) ui.Row {
	decided := ui.Cell{Text: s.DecidedByName}
	if s.DecidedBy != 0 {
		decided.Sub = r.when(s.DecidedAt)
	}
	return ui.Row{Value: number(s.ID), Cells: []ui.Cell{
		{Text: r.title(s), Href: "/holds/sets/" + number(s.ID)}, ui.Text(r.who(s.Order.Who, teams)), ui.Count(s.People), ui.Badges(r.setBadge(s)),
		{Text: r.when(s.ProposedAt), DateTime: s.ProposedAt.Format(time.RFC3339), Sub: s.ProposedByName}, decided,
	}}
}

func (r reader) title(s hold.Set) string {
	return r.t("hold."+s.Order.Act+".act", "Kind", r.Kind(s.Order.Kind))
}

func (r reader) setBadge(s hold.Set) ui.Badge {
	b := ui.Badge{Label: r.t("hold.set." + s.State), Tone: ui.ToneNeutral, Icon: "close"}
	switch s.State {
	case hold.Proposed:
		b.Tone, b.Icon = ui.ToneWarn, "hourglass"
	case hold.Done:
		b.Tone, b.Icon = ui.ToneOK, "check"
	}
	return b
}

// setPage is one group act: what, whom, who proposed and who decided.
type setPage struct {
	httpd.Base
	Head    ui.PageHead
	Notices []ui.Notice
	Facts   ui.Facts
	Actions []ui.Action
	Void    *ui.Dialog // says that the act was entered in error
	Table   ui.Table
}

func (h *handlers) set(c echo.Context) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	sc, r := httpd.ScopeOf(c), readerOf(c)
	s, now, err := h.groups.SetNow(c.Request().Context(), sc, id, r.now)
	if err != nil {
		return err
	}
	teams, err := h.teamOptions(c)
	if err != nil {
		return err
	}
	v := previewView{r, now}
	p := &setPage{Head: ui.NewHead(r.t, r.title(s), ui.Link{Label: r.t("hold.list"), Href: "/holds"}, ui.Link{Label: r.t("hold.sets"), Href: "/holds/sets"}),
		Facts: v.facts(teams), Table: v.table()}
	p.Head.Badges = []ui.Badge{r.setBadge(s)}
	p.Facts.Items = append(p.Facts.Items, r.decision(s)...)
	if s.State == hold.Proposed {
		p.Notices, p.Actions = v.waiting(s, sc)
	} else {
		p.Table.Columns = []ui.Column{p.Table.Columns[0], {Label: r.t("hold.field.open_now")}}
		for i, row := range p.Table.Rows {
			p.Table.Rows[i].Cells, p.Table.Rows[i].Tone = []ui.Cell{row.Cells[0], row.Cells[2]}, ui.ToneNeutral
		}
	}
	if s.State == hold.Done && s.Order.Act == hold.ActPut && sc.Can(authz.HoldPut) {
		p.Void = r.voidDialog("/holds/sets/" + number(id) + "/void")
	}
	return httpd.Render(c, 200, "hold/set", p)
}

// voidSet takes back a group act that was entered in error.
func (h *handlers) voidSet(c echo.Context) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	reason, err := reasonOf(c)
	if err != nil {
		return err
	}
	n, err := h.groups.VoidSet(c.Request().Context(), httpd.ScopeOf(c), id, reason, httpd.NowOf(c))
	switch {
	case len(errs.FieldsOf(err)) > 0:
		return httpd.Done(c, "/holds/sets/"+number(id), "hold.void.reason")
	case err != nil:
		return err
	}
	return httpd.Done(c, "/holds", "hold.void.done_set", "N", n)
}

// decision tells who proposed and who decided, and what came of it.
func (r reader) decision(s hold.Set) []ui.Fact {
	items := []ui.Fact{{Label: r.t("hold.field.proposed"), Value: s.ProposedByName, Sub: r.when(s.ProposedAt)}}
	if s.DecidedBy != 0 {
		items = append(items, ui.Fact{Label: r.t("hold.field.decided"), Value: s.DecidedByName, Sub: r.when(s.DecidedAt)})
	}
	switch s.State {
	case hold.Done:
		items = append(items, ui.Fact{Label: r.t("hold.field.outcome"), Value: r.t("hold.outcome", "Done", s.Outcome.Done, "Skipped", s.Outcome.Skipped)})
	case hold.Refused:
		items = append(items, ui.Fact{Label: r.t("common.reason"), Value: s.Outcome.Reason})
	}
	return items
}

// waiting is what a reader may do about a proposal: the proposer only wait or withdraw it.
func (v previewView) waiting(s hold.Set, sc authz.Scope) ([]ui.Notice, []ui.Action) {
	notice := ui.Notice{Tone: ui.ToneWarn, Title: v.t("hold.waiting", "Name", s.ProposedByName), Text: v.t("hold.waiting.text", "N", v.p.Due)}
	to := "/holds/sets/" + number(s.ID)
	refuse := ui.NewDialog(v.t, "refuse", ui.Action{Label: v.t("hold.refuse"), Icon: "close"}, to+"/refuse")
	confirm := ui.Action{Label: v.t("hold.confirm", "N", ui.Number(v.p.Due)), Href: to + "/confirm", Icon: "check", Kind: ui.KindPrimary, Post: true}
	actions := []ui.Action{confirm, {Dialog: refuse}}
	if s.ProposedBy == sc.Account {
		notice.Title, notice.Text = v.t("hold.waiting.own"), v.t("hold.waiting.own.text")
		refuse.Trigger.Label = v.t("hold.withdraw")
		refuse.Title, refuse.Submit = refuse.Trigger.Label, refuse.Trigger.Label
		actions = []ui.Action{{Dialog: refuse}}
	}
	refuse.Fields = []ui.Field{{Kind: ui.FieldText, Name: "reason", ID: "refuse-reason", Label: v.t("common.reason"), Required: true, MaxLength: 200}}
	return []ui.Notice{notice}, actions
}

func (h *handlers) confirm(c echo.Context) error {
	return h.decide(c, "hold.confirmed.done", h.groups.Confirm)
}

func (h *handlers) refuse(c echo.Context) error {
	var f struct {
		Reason string `form:"reason"`
	}
	if err := httpd.Bind(c, &f); err != nil {
		return err
	}
	return h.decide(c, "hold.refused", func(ctx context.Context, sc authz.Scope, id int64, at time.Time) (hold.Set, error) {
		return h.groups.Refuse(ctx, sc, id, f.Reason, at)
	})
}

// decide does what the reader decided and shows the act again. What stands against it is told there.
func (h *handlers) decide(c echo.Context, done string, do func(context.Context, authz.Scope, int64, time.Time) (hold.Set, error)) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	to := "/holds/sets/" + number(id)
	s, err := do(c.Request().Context(), httpd.ScopeOf(c), id, httpd.NowOf(c))
	for name, m := range errs.FieldsOf(err) {
		fault := httpd.PrinterOf(c).M(m)
		if name == "reason" {
			fault = httpd.PrinterOf(c).T("common.reason") + httpd.PrinterOf(c).T("common.colon") + fault
		}
		httpd.Flash(c, ui.ToneWarn, "hold.not_done", "Fault", fault)
		return c.Redirect(303, to)
	}
	if err != nil {
		return err
	}
	return httpd.Done(c, to, done, "N", s.Outcome.Done)
}
