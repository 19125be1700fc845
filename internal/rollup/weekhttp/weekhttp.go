// Package weekhttp serves the health officer's page: this week by workshop and team, with the people behind every number one
// click away, and reminders from the list.
package weekhttp

import (
	"bytes"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/sheet/sheetout"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/reminder"
	"github.com/fugong/fugong/internal/rollup"
)

type handlers struct {
	rollup   *rollup.Service
	reminder *reminder.Service
}

// Routes are the week's page and what it does.
func Routes(r *rollup.Service, m *reminder.Service) []httpd.Route {
	h := &handlers{rollup: r, reminder: m}
	return []httpd.Route{
		httpd.GET("/week", httpd.Need(authz.WeekView), h.show),
		httpd.GET("/week/export", httpd.Need(authz.EmployeeExport), h.export),
		httpd.POST("/week/remind", httpd.Need(authz.ReminderSend), h.remind),
	}
}

// Pages names the templates and what they show.
func Pages() map[string]any { return map[string]any{"week/show": &ShowPage{}} }

// ShowPage is an enterprise's own week.
type ShowPage struct {
	httpd.Base
	Head   ui.PageHead
	Notice *ui.Notice
	Stats  []ui.Stat
	Teams  *ui.Table
	Trend  *ui.Chart
}

func (h *handlers) show(c echo.Context) error {
	w, err := h.rollup.Week(c.Request().Context(), httpd.ScopeOf(c), httpd.ZoneOf(c), httpd.NowOf(c))
	if err != nil {
		return err
	}
	v := view{c: c, t: httpd.PrinterOf(c).T, w: w}
	p := &ShowPage{Head: v.head()}
	if w.Total.Headcount == 0 {
		p.Notice = &ui.Notice{Tone: ui.ToneInfo, Title: v.t("week.empty"), Text: v.t("week.empty_hint"),
			Links: []ui.Link{{Label: v.t("week.import"), Href: "/imports/new?kind=roster"}}}
		return httpd.Render(c, http.StatusOK, "week/show", p)
	}
	p.Stats, p.Teams, p.Trend = v.stats(), v.teams(), v.trend()
	return httpd.Render(c, http.StatusOK, "week/show", p)
}

type view struct {
	c echo.Context
	t ui.Translate
	w rollup.OrgWeek
}

func (v view) asOf() string {
	return v.t("common.as_of", "Time", httpd.DateTime(httpd.PrinterOf(v.c), v.w.AsOf, httpd.ZoneOf(v.c)))
}

func (v view) head() ui.PageHead {
	head := ui.NewHead(v.t, v.t("week.title"))
	p := httpd.PrinterOf(v.c)
	head.Sub = v.t("week.sub", "From", httpd.Day(p, v.w.Monday), "To", httpd.Day(p, v.w.Monday.AddDate(0, 0, 6)), "AsOf", v.asOf())
	if v.w.Total.Headcount == 0 {
		return head
	}
	if n := owing(v.w.Total); n > 0 && httpd.ScopeOf(v.c).Can(authz.ReminderSend) {
		a := ui.Action{Label: v.t("week.remind", "Count", ui.Number(n)), Icon: "bell", Kind: ui.KindPrimary}
		d := ui.NewDialog(v.t, "remind-all", a, "/week/remind")
		d.Text = v.t("week.remind_text", "Count", ui.Number(n))
		d.Hidden = []ui.Param{{Name: "everyone", Value: "1"}}
		a.Dialog = d
		head.Actions = append(head.Actions, a)
	}
	if httpd.ScopeOf(v.c).Can(authz.EmployeeExport) {
		head.Actions = append(head.Actions, ui.Action{Label: v.t("week.export"), Href: "/week/export", Icon: "download", Download: true})
	}
	return head
}

// owing is whom a reminder from this page reaches: overdue or without a record.
func owing(f rollup.Figures) int { return f.Overdue + f.NoRecord }

func people(state string) string { return "/employees?state=" + state }

func (v view) stats() []ui.Stat {
	f := v.w.Total
	rate := ui.NewRate(v.t, "", f.Tested, f.Owed, v.asOf())
	unit := v.t("bureau.people")
	stat := func(label, state, icon string, n int, tone ui.Tone) ui.Stat {
		if n == 0 {
			tone = ui.ToneNeutral
		}
		return ui.Stat{Label: label, Value: ui.Number(n), Unit: unit, Href: people(state), Icon: icon, Tone: tone}
	}
	return []ui.Stat{
		{Label: v.t("bureau.test_rate"), Rate: &rate},
		stat(v.t("state.overdue"), "overdue", "alert", f.Overdue-f.ResultLate, ui.ToneDanger),
		stat(v.t("state.no_record"), "no_record", "dashed", f.NoRecord, ui.ToneDanger),
		stat(v.t("state.due_soon"), "due_soon", "clock", f.DueSoon, ui.ToneWarn),
		stat(v.t("state.pending"), "pending", "tube", f.Pending, ui.ToneInfo),
		stat(v.t("state.result_late"), "result_late", "hourglass", f.ResultLate, ui.ToneWarn),
		stat(v.t("bureau.held"), "held", "stop", f.Held, ui.ToneHeld),
		{Label: v.t("week.symptoms"), Value: ui.Number(f.Symptoms), Unit: unit, Href: "/symptoms", Icon: "thermometer"},
	}
}

func (v view) teams() *ui.Table {
	tb := ui.NewTable(v.t, "teams", v.t("week.teams"))
	tb.ShowCaption = true
	tb.Columns = []ui.Column{{Label: v.t("week.team"), Head: true}, {Label: v.t("bureau.test_rate")}, {Label: v.t("state.overdue"), Numeric: true},
		{Label: v.t("state.no_record"), Numeric: true}, {Label: v.t("state.due_soon"), Numeric: true}, {Label: v.t("state.pending"), Numeric: true},
		{Label: v.t("state.result_late"), Numeric: true}, {Label: v.t("bureau.held"), Numeric: true}}
	for _, t := range v.w.Teams {
		name := t.Name
		if name == "" {
			name = v.t("week.no_team")
		}
		rate := ui.NewRate(v.t, "", t.Tested, t.Owed, "")
		list := func(state string, n int) ui.Cell {
			cell := ui.Count(n)
			if n > 0 {
				cell.Href = ui.Href("/employees", nil, "team", strconv.FormatInt(t.ID, 10), "state", state)
			}
			return cell
		}
		tb.Rows = append(tb.Rows, ui.Row{Cells: []ui.Cell{
			{Text: name, Sub: t.Workshop, Href: ui.Href("/employees", nil, "team", strconv.FormatInt(t.ID, 10))},
			{Rate: &rate}, list("overdue", t.Overdue-t.ResultLate), list("no_record", t.NoRecord), list("due_soon", t.DueSoon), list("pending", t.Pending),
			list("result_late", t.ResultLate), list("held", t.Held)}})
	}
	return &tb
}

func (v view) trend() *ui.Chart {
	if len(v.w.Trend) < 2 {
		return nil
	}
	labels, values := make([]string, len(v.w.Trend)), make([]float64, len(v.w.Trend))
	for i, w := range v.w.Trend {
		labels[i], values[i] = w.Week.Format("01-02"), math.NaN()
		if w.Owed > 0 {
			values[i] = math.Floor(float64(w.Tested)*1000/float64(w.Owed)) / 10
		}
	}
	goal := 100.0
	chart := ui.NewTrend(v.t, ui.TrendSpec{ID: "trend", Title: v.t("week.trend"), AsOf: v.asOf(), Head: v.t("bureau.week_of"), Labels: labels,
		Series: []ui.Series{{Name: v.t("bureau.test_rate"), Values: values}}, Percent: true, Goal: &goal, GoalLabel: v.t("bureau.goal")})
	return &chart
}

// remind reminds the people ticked in a list, or everyone who is overdue or without a record.
func (h *handlers) remind(c echo.Context) error {
	var form struct {
		IDs      []string `form:"ids"`
		Everyone bool     `form:"everyone"`
	}
	if err := httpd.Bind(c, &form); err != nil {
		return err
	}
	ctx, sc, now := c.Request().Context(), httpd.ScopeOf(c), httpd.NowOf(c)
	var ids []int64
	if form.Everyone {
		var err error
		if ids, err = h.rollup.Owing(ctx, sc, []regime.State{regime.Overdue, regime.NoRecord}, 0, now); err != nil {
			return err
		}
	}
	for _, s := range form.IDs {
		id, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return errs.Missing()
		}
		ids = append(ids, id)
	}
	n, err := h.reminder.Nudge(ctx, sc, ids, httpd.ZoneOf(c), now)
	if errs.Is(err, errs.Invalid) {
		e := err.(*errs.Error)
		httpd.Flash(c, ui.ToneWarn, e.Message.Key, "Max", reminder.MaxNudge)
		return c.Redirect(http.StatusSeeOther, "/week")
	}
	if err != nil {
		return err
	}
	return httpd.Done(c, "/week", "week.reminded", "Planned", n.Planned, "Already", n.Already, "Clear", n.Clear)
}

// export writes the week's table as a workbook.
func (h *handlers) export(c echo.Context) error {
	w, err := h.rollup.Week(c.Request().Context(), httpd.ScopeOf(c), httpd.ZoneOf(c), httpd.NowOf(c))
	if err != nil {
		return err
	}
	t := httpd.PrinterOf(c).T
	number := func(key string) sheetout.Column { return sheetout.Column{Label: t(key), Kind: sheetout.Number} }
	var out bytes.Buffer
	x, err := sheetout.NewXLSX(&out, t("week.title"), []sheetout.Column{{Label: t("week.workshop")}, {Label: t("week.team")}, {Label: t("bureau.test_rate")},
		number("week.owed"), number("week.tested"), number("state.overdue"), number("state.no_record"), number("state.due_soon"),
		number("state.pending"), number("state.result_late"), number("bureau.held")})
	if err != nil {
		return err
	}
	for _, g := range w.Teams {
		err := x.Write(g.Workshop, g.Name, ui.Percent(g.Tested, g.Owed), g.Owed, g.Tested, g.Overdue-g.ResultLate, g.NoRecord, g.DueSoon, g.Pending, g.ResultLate, g.Held)
		if err != nil {
			break // Close repeats the error
		}
	}
	if err := x.Close(); err != nil {
		return err
	}
	return httpd.Workbook(c, fmt.Sprintf("%s-%s", t("week.export_name"), w.AsOf.In(httpd.ZoneOf(c)).Format(time.DateOnly)), out.Bytes())
}
