package rulebookhttp

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/page"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/rulebook"
)

// ShowPage is what applies to a place now, what is coming, and how it came about.
type ShowPage struct {
	httpd.Base
	Head    ui.PageHead
	Where   *ui.Toolbar // another division
	Notice  *ui.Notice
	Tests   ui.Table
	Values  ui.Table
	Coming  *ui.Table
	History ui.Table
}

func (h *handlers) show(c echo.Context) error {
	ctx, sc := c.Request().Context(), httpd.ScopeOf(c)
	place, err := h.place(c)
	if err != nil {
		return err
	}
	tl, err := h.rules.Timeline(ctx, sc, place, httpd.NowOf(c))
	if err != nil {
		return err
	}
	filter := rulebook.Filter{Place: place, State: rulebook.State(c.QueryParam("state")), Page: httpd.PageRequest(c)}
	changes, err := h.rules.List(ctx, sc, filter)
	if err != nil {
		return err
	}
	waiting, err := h.rules.List(ctx, sc, rulebook.Filter{Place: place, State: rulebook.Proposed, Page: page.Request{Size: 1}})
	if err != nil {
		return err
	}
	w := wordsOf(c)
	v := showing{c: c, words: w, place: place, timeline: tl}
	p := &ShowPage{Head: v.head(), Notice: v.waiting(waiting.Total), Tests: v.tests(), Values: v.values(), Coming: v.coming()}
	p.History = v.history(changes, filter.State)
	if !isEnterprise(c) {
		options, err := h.divisions(c, place.Division)
		if err != nil {
			return err
		}
		p.Where = ui.NewToolbar(w.t, "/rules", "")
		p.Where.Words.Submit = w.t("rules.where.show")
		p.Where.Selects = []ui.Select{{Name: "division", Label: w.t("rules.where"), Options: options}}
	}
	return httpd.Render(c, http.StatusOK, "rules/show", p)
}

// showing puts a timeline into components.
type showing struct {
	words
	c        echo.Context
	place    rulebook.Place
	timeline rulebook.Timeline
}

func (v showing) head() ui.PageHead {
	name := placeName(v.c, v.place, "")
	pack := v.timeline.Now().Pack
	head := ui.NewHead(v.t, v.t("rules.title"))
	head.Sub = v.t("rules.sub", "Place", name, "Pack", v.packName(pack.ID), "Version", pack.Version)
	head.Actions = []ui.Action{{Label: v.t("rules.packs"), Href: "/rules/packs", Icon: "file"}}
	if rulebook.MayChange(httpd.ScopeOf(v.c), v.place) == nil {
		head.Actions = append(head.Actions, ui.Action{Label: v.t("rules.change"), Icon: "edit", Kind: ui.KindPrimary,
			Href: ui.Href("/rules/changes/new", nil, "division", v.place.Division)})
	}
	return head
}

// waiting points to proposals that nobody has decided yet.
func (v showing) waiting(n int) *ui.Notice {
	if n == 0 {
		return nil
	}
	return &ui.Notice{Tone: ui.ToneWarn, Title: v.t("rules.waiting", "Count", n), Links: []ui.Link{{Label: v.t("rules.waiting.open"),
		Href: ui.Href("/rules", nil, "division", v.place.Division, "state", "proposed") + "#changes"}}}
}

// source says which layer a value comes from, with a link to the change that brought it.
func (v showing) source(l rulebook.Layer) ui.Cell {
	switch {
	case l.Change == 0:
		return ui.Cell{Text: v.t("rules.source.base"), Sub: v.t("rules.from_date", "Date", l.Pack.EffectiveFrom)}
	case l.Kind == rulebook.PackChange:
		return ui.Cell{Text: v.t("rules.source.pack", "Place", placeName(v.c, l.Place, "")), Href: changePath(l.Change), Sub: v.since(l.From)}
	}
	return ui.Cell{Text: v.t("rules.source.overlay", "Place", placeName(v.c, l.Place, "")), Href: changePath(l.Change), Sub: v.since(l.From)}
}

func (v showing) since(at time.Time) string {
	return v.t("rules.from_date", "Date", httpd.DateTime(v.Printer, at, httpd.ZoneOf(v.c)))
}

// layerOf is where a test rule comes from.
func layerOf(p rulebook.Period, r regime.TestRule) rulebook.Layer {
	for _, l := range p.Layers[1:] {
		if l.Place.Origin() == r.Origin {
			return l
		}
	}
	return p.Layers[0]
}

func (v showing) tests() ui.Table {
	p := v.timeline.Now()
	return v.testTable(p.Pack, func(r regime.TestRule) ui.Cell { return v.source(layerOf(p, r)) })
}

func (v showing) values() ui.Table {
	p := v.timeline.Now()
	byLayer := make([]map[string]string, len(p.Layers))
	for i, l := range p.Layers {
		byLayer[i] = valuesOf(l.Pack)
	}
	return v.valueTable(p.Pack, personal, func(path string) ui.Cell {
		from := 0
		for i := 1; i < len(p.Layers); i++ {
			if byLayer[i][path] != byLayer[i-1][path] {
				from = i
			}
		}
		return v.source(p.Layers[from])
	})
}

// coming lists the periods ahead; nil if there are none.
func (v showing) coming() *ui.Table {
	periods := v.timeline.Periods
	if v.timeline.Current+1 >= len(periods) {
		return nil
	}
	tb := ui.NewTable(v.t, "coming", v.t("rules.coming"))
	tb.ShowCaption = true
	tb.Columns = []ui.Column{{Label: v.t("rules.effective_at"), Head: true}, {Label: v.t("rules.pack")}, {Label: v.t("rules.what_changes")}}
	for i := v.timeline.Current + 1; i < len(periods); i++ {
		p := periods[i]
		tb.Rows = append(tb.Rows, ui.Row{Cells: []ui.Cell{
			{Text: httpd.DateTime(v.Printer, p.From, httpd.ZoneOf(v.c)), DateTime: p.From.Format(time.RFC3339), Actions: v.changesAt(p)},
			{Text: v.packName(p.Pack.ID), Sub: v.t("rules.version", "N", p.Pack.Version)},
			ui.Text(v.summary(periods[i-1].Pack, p.Pack))}})
	}
	return &tb
}

// changesAt links the changes by which a period begins.
func (v showing) changesAt(p rulebook.Period) []ui.Action {
	var out []ui.Action
	for _, l := range p.Layers {
		if l.Change != 0 && l.From.Equal(p.From) {
			out = append(out, ui.Action{Label: v.t("rules.open_change"), Href: changePath(l.Change), Kind: ui.KindQuiet})
		}
	}
	return out
}

func (v showing) history(changes page.Result[rulebook.Change], state rulebook.State) ui.Table {
	tb := ui.NewTable(v.t, "changes", v.t("rules.history"))
	tb.ShowCaption = true
	tb.Columns = []ui.Column{{Label: v.t("rules.content"), Head: true}, {Label: v.t("rules.effective_at")}, {Label: v.t("common.status")},
		{Label: v.t("rules.proposer")}, {Label: v.t("rules.decider")}, {Label: v.t("rules.reason")}}
	q := v.c.QueryParams()
	tb.Toolbar = ui.NewToolbar(v.t, "/rules", "changes")
	chip := func(label, value string) ui.Chip {
		return ui.Chip{Label: label, Current: string(state) == value, Href: ui.Href("/rules", q, "state", value, "after", "", "before", "")}
	}
	tb.Toolbar.Chips = []ui.Chip{chip(v.t("common.all"), "")}
	for _, s := range rulebook.States() {
		tb.Toolbar.Chips = append(tb.Toolbar.Chips, chip(v.t("rules.state."+string(s)), string(s)))
	}
	for _, c := range changes.Rows {
		tb.Rows = append(tb.Rows, v.changeRow(c))
	}
	turn := func(name, cursor string) string {
		if cursor == "" {
			return ""
		}
		return ui.Href("/rules", q, "after", "", "before", "", name, cursor) + "#changes"
	}
	tb.Pager = ui.NewPager(v.t, len(changes.Rows), changes.Total, turn("before", changes.Prev), turn("after", changes.Next))
	tb.Empty = ui.Empty{Icon: "file", Title: v.t("rules.history.empty"), Text: v.t("rules.history.empty_hint")}
	return tb
}

func (v showing) changeRow(ch rulebook.Change) ui.Row {
	when := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return httpd.DateTime(v.Printer, t, httpd.ZoneOf(v.c))
	}
	decider := ch.Decider
	if decider == "" {
		decider = "—"
	}
	return ui.Row{Label: v.content(ch), Cells: []ui.Cell{
		{Text: v.content(ch), Href: changePath(ch.ID), Sub: placeName(v.c, ch.Place, ch.EnterpriseName)},
		{Text: when(ch.EffectiveAt), DateTime: ch.EffectiveAt.Format(time.RFC3339)}, ui.Badges(v.state(ch.State)),
		{Text: ch.Proposer, Sub: when(ch.ProposedAt)}, {Text: decider, Sub: when(ch.DecidedAt)}, {Text: ch.Reason, Sub: ch.Note}}}
}
