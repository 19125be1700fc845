package disputehttp

import (
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/dispute"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/errs"
)

type listPage struct {
	httpd.Base
	Head  ui.PageHead
	Table ui.Table
}

// list is what the office has to answer, by the clock.
func (h *Handlers) list(c echo.Context) error {
	ctx, sc, now, w := c.Request().Context(), httpd.ScopeOf(c), httpd.NowOf(c), wordsOf(c)
	q := c.QueryParams()
	f := dispute.Filter{Show: dispute.Show(q.Get("show")), Subject: dispute.Subject(q.Get("subject")), Query: q.Get("q"), Request: httpd.PageRequest(c)}
	res, err := h.disputes.List(ctx, sc, f, now)
	if err != nil {
		return err
	}
	waiting, err := h.disputes.Waiting(ctx, sc, now)
	if err != nil {
		return err
	}
	p := &listPage{Head: ui.NewHead(w.t, w.t("dispute.title")), Table: ui.NewTable(w.t, "disputes", w.t("dispute.title"))}
	p.Head.Sub = w.t("dispute.title.sub")
	p.Table.Toolbar = w.toolbar(waiting)
	p.Table.Columns = []ui.Column{{Label: w.t("dispute.field.name"), Head: true}, {Label: w.t("dispute.field.about")},
		{Label: w.t("dispute.field.opened_at")}, {Label: w.t("dispute.field.time_left")}, {Label: w.t("common.status")}, {Label: w.t("common.actions"), Tight: true}}
	if f.Show == dispute.ShowOpen || f.Show == dispute.ShowLate {
		p.Table.Columns[3].Sorted = "ascending"
	} else {
		p.Table.Columns[2].Sorted = "descending"
	}
	for i := range res.Rows {
		p.Table.Rows = append(p.Table.Rows, w.listed(&res.Rows[i], now))
	}
	p.Table.Empty = ui.Empty{Icon: "inbox", Title: w.t("dispute.empty"), Text: w.t("dispute.empty.hint")}
	p.Table.Pager = ui.NewPager(w.t, len(res.Rows), res.Total, turn(c, "/disputes", "before", res.Prev), turn(c, "/disputes", "after", res.Next))
	return httpd.Render(c, 200, "dispute/list", p)
}

func (w words) listed(l *dispute.Listed, now time.Time) ui.Row {
	about := w.t("dispute.subject." + string(l.About.Subject))
	cell := ui.Cell{Text: about}
	if l.About.Subject == dispute.OnSample {
		cell.Sub = w.when(l.About.SampledAt())
	}
	if l.Reopens {
		cell.Badges = []ui.Badge{{Label: w.t("dispute.reopened"), Tone: ui.ToneWarn, Icon: "undo"}}
	}
	status := ui.Badges(w.stateBadge(l.State))
	status.Sub = l.AnsweredBy
	row := ui.Row{Value: id(l.ID), Label: l.Name, Cells: []ui.Cell{
		{Text: l.Name, Href: "/employees/" + id(l.Employee), Sub: teamName(l.Workshop, l.Team)}, cell,
		{Text: w.when(l.OpenedAt), DateTime: l.OpenedAt.Format(time.RFC3339)},
		{Badges: []ui.Badge{w.clock(l.State, l.DueAt, l.Late(now))}, Sub: w.when(l.DueAt)}, status,
		{Actions: []ui.Action{{Label: w.t(action(l.State)), Href: deskAddress(l.Employee, l.ID), Kind: ui.KindQuiet}}},
	}}
	if l.State == dispute.Open && l.Late(now) {
		row.Tone = ui.ToneDanger
	}
	return row
}

func action(s dispute.State) string {
	if s == dispute.Open {
		return "dispute.answer.do"
	}
	return "common.view"
}

func deskAddress(employee, dispute int64) string {
	return "/disputes/" + id(employee) + "/" + id(dispute)
}

func (w words) toolbar(n dispute.Waiting) *ui.Toolbar {
	q := w.c.QueryParams()
	tb := ui.NewToolbar(w.t, "/disputes", "disputes")
	tb.Search = &ui.Search{Name: "q", Value: q.Get("q"), Label: w.t("dispute.search")}
	tb.Selects = []ui.Select{{Name: "subject", Label: w.t("dispute.field.about"),
		Options: ui.Choose(append([]ui.Option{{Label: w.t("common.all")}}, options(w.t, "dispute.subject.", dispute.Subjects())...), q.Get("subject"))}}
	chip := func(show dispute.Show, key string) ui.Chip {
		return ui.Chip{Label: w.t(key), Href: ui.Href("/disputes", q, "after", "", "before", "", "show", string(show)), Current: q.Get("show") == string(show)}
	}
	open, late := chip(dispute.ShowOpen, "dispute.show.open"), chip(dispute.ShowLate, "dispute.show.late")
	open.Count, late.Count = ui.Number(n.Open), ui.Number(n.Late)
	if n.Late > 0 {
		late.Tone = ui.ToneDanger
	}
	tb.Chips = []ui.Chip{open, late, chip(dispute.ShowAnswered, "dispute.show.answered"), chip(dispute.ShowAll, "common.all")}
	if show := q.Get("show"); show != "" {
		tb.Hidden = []ui.Param{{Name: "show", Value: show}}
	}
	if q.Get("q")+q.Get("subject")+q.Get("show") != "" {
		tb.Clear = "/disputes"
	}
	return tb
}

type detailPage struct {
	httpd.Base
	Head    ui.PageHead
	Claim   ui.Facts
	Shown   ui.Facts
	Today   ui.Facts
	Fix     []ui.Action
	Form    *ui.Form
	Answer  *ui.Facts
	Earlier *ui.Facts
}

type answerForm struct {
	State  string `form:"state"`
	Answer string `form:"answer"`
}

func (h *Handlers) detail(c echo.Context) error { return h.showDetail(c, 200, answerForm{}, nil) }

func keyOf(c echo.Context) (employee, dispute int64, err error) {
	if employee, err = httpd.ID(c, "employee"); err != nil {
		return 0, 0, err
	}
	dispute, err = httpd.ID(c, "id")
	return employee, dispute, err
}

// showDetail puts what was shown beside what the records say today, and asks for the answer.
func (h *Handlers) showDetail(c echo.Context, status int, f answerForm, fault error) error {
	employee, n, err := keyOf(c)
	if err != nil {
		return err
	}
	now := httpd.NowOf(c)
	d, err := h.disputes.Get(c.Request().Context(), httpd.ScopeOf(c), employee, n, now)
	if err != nil {
		return err
	}
	w := wordsOf(c)
	p := &detailPage{Head: ui.NewHead(w.t, w.t("dispute.detail.title", "Name", d.Name), ui.Link{Label: w.t("dispute.title"), Href: "/disputes"}),
		Claim: ui.Facts{Items: w.claim(&d.Dispute)}, Shown: ui.Facts{Items: w.shown(d.Shown)}, Today: ui.Facts{Items: w.today(&d)}, Fix: w.fix(&d)}
	p.Head.Sub = strings.Trim(teamName(d.Workshop, d.Team)+" · "+w.matter(&d.Dispute), " ·")
	p.Head.Badges = []ui.Badge{w.stateBadge(d.State), w.clock(d.State, d.DueAt, d.Late(now))}
	p.Head.Actions = []ui.Action{{Label: w.t("dispute.open_file"), Href: "/employees/" + id(employee), Icon: "file"}}
	if d.Earlier != nil {
		p.Earlier = &ui.Facts{Items: append(w.claim(d.Earlier)[:2], w.answer(d.Earlier)...)}
	}
	switch {
	case d.State == dispute.Open:
		p.Form = w.answerForm(deskAddress(employee, n), f, fault)
	case d.Answer != "":
		p.Answer = &ui.Facts{Items: w.answer(&d.Dispute)}
	}
	return httpd.Render(c, status, "dispute/detail", p)
}

// today are the facts as the records tell them now.
func (w words) today(d *dispute.Detail) []ui.Fact {
	facts := w.standing(w.t("dispute.field.then"), d.Then)
	if s := d.Sample; s != nil {
		facts = append(facts, w.result(s.Result.String(), s.ReportedAt, s.Rev)...)
	}
	if x := d.Hold; x != nil {
		value := w.t("dispute.hold.open", "From", w.when(x.From))
		if x.Released.Valid {
			value = w.t("dispute.hold.released", "From", w.when(x.From), "At", w.when(x.Released.Time))
		}
		facts = append(facts, ui.Fact{Label: w.t("hold." + x.Kind), Value: value})
	}
	return append(facts, w.standing(w.t("dispute.field.now"), d.Now)...)
}

// fix leads to where the record that is contested is corrected.
func (w words) fix(d *dispute.Detail) []ui.Action {
	file := "/employees/" + id(d.Employee)
	switch d.About.Subject {
	case dispute.OnSample:
		return []ui.Action{{Label: w.t("dispute.fix.sample"), Href: "/samples/" + id(d.Employee) + "/" + id(d.About.Ref), Icon: "edit"}}
	case dispute.OnStanding:
		return []ui.Action{{Label: w.t("dispute.fix.missing"), Href: file + "/sample", Icon: "plus"}, {Label: w.t("dispute.fix.standing"), Href: file, Icon: "edit"}}
	case dispute.OnFile:
		return []ui.Action{{Label: w.t("dispute.fix.file"), Href: file + "/edit", Icon: "edit"}}
	}
	return []ui.Action{{Label: w.t("dispute.fix.other"), Href: file, Icon: "edit"}}
}

func (w words) answerForm(address string, f answerForm, fault error) *ui.Form {
	form := ui.NewForm(w.t, address+"/answer", w.t("dispute.answer.submit"),
		ui.Field{Kind: ui.FieldRadio, Name: "state", Label: w.t("dispute.field.state"), Required: true, Error: httpd.FieldError(w.c, fault, "state"),
			Options: ui.Choose([]ui.Option{{Value: string(dispute.Upheld), Label: w.t("dispute.answer.upheld"), Hint: w.t("dispute.answer.upheld.hint")},
				{Value: string(dispute.Rejected), Label: w.t("dispute.answer.rejected"), Hint: w.t("dispute.answer.rejected.hint")}}, f.State)},
		ui.Field{Kind: ui.FieldTextarea, Name: "answer", Label: w.t("dispute.field.answer"), Value: f.Answer, Required: true, MaxLength: 500,
			Hint: w.t("dispute.hint.answer"), Error: httpd.FieldError(w.c, fault, "answer")})
	return &form
}

func (h *Handlers) answer(c echo.Context) error {
	employee, n, err := keyOf(c)
	if err != nil {
		return err
	}
	var f answerForm
	if err := httpd.Bind(c, &f); err != nil {
		return err
	}
	state := dispute.State(f.State)
	if state != dispute.Upheld && state != dispute.Rejected {
		return h.showDetail(c, 422, f, errs.Fields{"state": errs.Msg("error.required")}.Err())
	}
	a := dispute.Answer{Uphold: state == dispute.Upheld, Text: f.Answer}
	err = h.disputes.Answer(c.Request().Context(), httpd.ScopeOf(c), employee, n, a, httpd.NowOf(c))
	if errs.FieldsOf(err) != nil {
		return h.showDetail(c, 422, f, err)
	}
	if err != nil {
		return err
	}
	if a.Uphold {
		return httpd.Done(c, deskAddress(employee, n), "dispute.done.upheld")
	}
	return httpd.Done(c, "/disputes", "dispute.done.rejected")
}
