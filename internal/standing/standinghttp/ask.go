package standinghttp

import (
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/standing/standingview"
)

// askPage is one question and its answer, then and today.
type askPage struct {
	httpd.Base
	Head    ui.PageHead
	Address string
	At      ui.Field
	Quick   []ui.Action
	Verdict ui.Notice
	Answers []answer
	Learned *ui.Table
	Ref     string // what the enterprise may hand to the bureau
	Contest *ui.Action
}

// answer is one column: what was told then, or today.
type answer struct {
	Title, Sub string
	Badge      ui.Badge
	Facts      ui.Facts
	Reasons    []string
	Changes    []string
}

func (h *handlers) file(c echo.Context) error {
	ctx, sc, now := c.Request().Context(), httpd.ScopeOf(c), httpd.NowOf(c)
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	p, err := h.People.Get(ctx, sc, id, now)
	if err != nil {
		return err
	}
	t := ui.Translate(httpd.PrinterOf(c).T)
	address := fmt.Sprintf("/employees/%d/standing", id)
	page := &askPage{Address: address, Head: ui.NewHead(t, t("standing.ask.of", "Name", p.Name),
		ui.Link{Label: t("employee.list"), Href: "/employees"}, ui.Link{Label: p.Name, Href: fmt.Sprintf("/employees/%d", id)})}
	at, fault := instant(c, now)
	if fault == "" {
		if page.Ref, err = h.seal(sc.Org, id, at, now); err != nil {
			return err
		}
	}
	return h.show(c, page, id, at, fault)
}

func (h *handlers) own(c echo.Context) error {
	sc, now := httpd.ScopeOf(c), httpd.NowOf(c)
	t := ui.Translate(httpd.PrinterOf(c).T)
	page := &askPage{Address: "/me/standing", Head: ui.NewHead(t, t("standing.ask.own"), ui.Link{Label: t("app.nav.home"), Href: "/me"}),
		Contest: &ui.Action{Label: t("standing.ask.contest"), Href: "/me/disputes/new?about=standing", Icon: "question"}}
	at, fault := instant(c, now)
	return h.show(c, page, sc.Employee, at, fault)
}

// instant is the one asked about: now if none is given. A fault leaves the question as it was typed.
func instant(c echo.Context, now time.Time) (time.Time, string) {
	value := c.QueryParam("at")
	if value == "" {
		return now, ""
	}
	at, err := httpd.LocalTime(c, value)
	switch {
	case err != nil:
		return now, httpd.PrinterOf(c).T("error.datetime")
	case at.After(now):
		return now, httpd.PrinterOf(c).T("standing.ask.future")
	}
	return at, ""
}

func (h *handlers) show(c echo.Context, p *askPage, employee int64, at time.Time, fault string) error {
	ctx, sc := c.Request().Context(), httpd.ScopeOf(c)
	t := ui.Translate(httpd.PrinterOf(c).T)
	p.At = ui.Field{Kind: ui.FieldDateTime, Name: "at", Label: t("standing.ask.at"), Value: httpd.InputTime(c, at), Error: fault}
	p.Quick = quick(c, t, p.Address)
	if fault != "" {
		p.At.Value = c.QueryParam("at")
		return httpd.Render(c, 422, "standing/ask", p)
	}
	var inquiry standing.Inquiry
	err := h.DB.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		var err error
		inquiry, err = h.Standings.Ask(ctx, tx, sc.Org, employee, at)
		return err
	})
	if err != nil {
		return err
	}
	v := viewOf(c, t)
	p.fill(t, v, inquiry)
	return httpd.Render(c, 200, "standing/ask", p)
}

func viewOf(c echo.Context, t ui.Translate) standingview.View {
	printer, zone := httpd.PrinterOf(c), httpd.ZoneOf(c)
	return standingview.New(t, func(at time.Time) string { return httpd.DateTime(printer, at, zone) })
}

// quick are the instants that people ask about most.
func quick(c echo.Context, t ui.Translate, address string) []ui.Action {
	now := httpd.NowOf(c).In(httpd.ZoneOf(c))
	evening := time.Date(now.Year(), now.Month(), now.Day()-1, 17, 0, 0, 0, now.Location())
	sunday := time.Date(now.Year(), now.Month(), now.Day()-(int(now.Weekday())+6)%7, 0, 0, 0, 0, now.Location()).Add(-time.Minute)
	link := func(key string, at time.Time) ui.Action {
		return ui.Action{Label: t(key), Href: address + "?at=" + httpd.InputTime(c, at), Kind: ui.KindQuiet}
	}
	return []ui.Action{{Label: t("standing.ask.now"), Href: address, Kind: ui.KindQuiet},
		link("standing.ask.yesterday", evening), link("standing.ask.last_week", sunday)}
}

func (p *askPage) fill(t ui.Translate, v standingview.View, i standing.Inquiry) {
	today := column(t, v, i.Today, t("standing.ask.today"), t("standing.ask.today_sub"))
	if i.Agrees() && len(i.Learned) == 0 {
		today.Title, today.Sub = v.Stamp(i.At), ""
		p.Answers = []answer{today}
		p.Verdict = ui.Notice{Tone: ui.ToneOK, Title: t("standing.ask.agrees"), Text: t("standing.ask.agrees_text")}
		return
	}
	then := column(t, v, i.Then, t("standing.ask.then"), t("standing.ask.then_sub", "At", v.Stamp(i.At)))
	p.Answers = []answer{then, today}
	p.Verdict = ui.Notice{Tone: ui.ToneWarn, Title: t("standing.ask.differs"), Text: t("standing.ask.differs_text")}
	if i.Agrees() {
		p.Verdict = ui.Notice{Tone: ui.ToneInfo, Title: t("standing.ask.same_answer"), Text: t("standing.ask.same_answer_text")}
	}
	p.Learned = learnedTable(t, v, i.Learned)
}

func column(t ui.Translate, v standingview.View, a standing.Answer, title, sub string) answer {
	e := v.Explain(a.Standing, a.Changes)
	return answer{Title: title, Sub: sub, Badge: e.Badge, Facts: factsOf(t, e), Reasons: e.Reasons, Changes: e.Changes}
}

func factsOf(t ui.Translate, e standingview.Explanation) ui.Facts {
	var f ui.Facts
	for _, item := range []ui.Fact{
		{Label: t("standing.ask.since"), Value: e.Since}, {Label: t("standing.ask.due"), Value: e.Due},
		{Label: t("standing.ask.work"), Value: e.Work}, {Label: t("standing.ask.rule"), Value: e.Rule, Sub: e.Source},
		{Label: t("standing.ask.next"), Value: e.Next},
	} {
		if item.Value != "" {
			f.Items = append(f.Items, item)
		}
	}
	return f
}

func learnedTable(t ui.Translate, v standingview.View, learned []standing.Learned) *ui.Table {
	tb := ui.NewTable(t, "learned", t("standing.learned"))
	tb.Columns = []ui.Column{{Label: t("standing.learned.what"), Head: true}, {Label: t("standing.learned.at")}, {Label: t("standing.learned.entered")}}
	for _, l := range learned {
		what := t("standing.learned." + l.What)
		if prefix := map[string]string{"sample": "result.", "category": "category.", "status": "work_status.", "exemption": "exemption.",
			"hold": "hold.", "release": "hold."}[l.What]; prefix != "" {
			what = t("standing.learned.pair", "What", what, "Value", t(prefix+l.ID))
		}
		entered := t("standing.learned.on", "At", v.Stamp(l.Entered))
		switch {
		case l.Withdrawn:
			entered = t("standing.learned.withdrawn", "At", v.Stamp(l.Entered))
		case l.Entered.IsZero():
			entered = l.ID
		}
		tb.Rows = append(tb.Rows, ui.Row{Label: what, Cells: []ui.Cell{{Text: what}, {Text: v.Stamp(l.At)}, {Text: entered}}})
	}
	tb.Empty = ui.Empty{Icon: "check", Title: t("standing.learned.none")}
	return &tb
}
