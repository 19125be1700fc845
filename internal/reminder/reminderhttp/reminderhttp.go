// Package reminderhttp serves the send log: who was told what, by which channel, and what became of it.
package reminderhttp

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/reminder"
)

type handlers struct{ reminder *reminder.Service }

// Routes is the send log.
func Routes(s *reminder.Service) []httpd.Route {
	h := &handlers{reminder: s}
	return []httpd.Route{httpd.GET("/reminders", httpd.Need(authz.ReminderView), h.log)}
}

// Pages names the template and what it shows.
func Pages() map[string]any { return map[string]any{"reminder/log": &LogPage{}} }

// LogPage lists deliveries.
type LogPage struct {
	httpd.Base
	Head  ui.PageHead
	Table ui.Table
}

func (h *handlers) log(c echo.Context) error {
	p := httpd.PrinterOf(c)
	q := c.QueryParams()
	employee, _ := strconv.ParseInt(q.Get("employee"), 10, 64) // anything else is everybody
	f := reminder.LogFilter{Channel: q.Get("channel"), State: q.Get("state"), Employee: employee, Query: q.Get("q")}
	found, err := h.reminder.SendLog(c.Request().Context(), httpd.ScopeOf(c), f, httpd.PageRequest(c))
	if err != nil {
		return err
	}
	head := ui.NewHead(p.T, p.T("reminder.title"))
	head.Sub = p.T("reminder.sub")
	tb := ui.NewTable(p.T, "reminders", p.T("reminder.title"))
	tb.Toolbar = toolbar(c, p.T, f)
	tb.Columns = []ui.Column{{Label: p.T("reminder.who"), Head: true}, {Label: p.T("reminder.what")}, {Label: p.T("reminder.channel")}, {Label: p.T("common.status")},
		{Label: p.T("reminder.when")}, {Label: p.T("reminder.attempts"), Numeric: true}}
	tb.Empty = ui.Empty{Icon: "bell", Title: p.T("reminder.empty"), Text: p.T("reminder.empty_hint")}
	for _, e := range found.Rows {
		tb.Rows = append(tb.Rows, row(c, p.T, e))
	}
	tb.Pager = ui.NewPager(p.T, len(found.Rows), found.Total, link(q, "before", found.Prev, "after"), link(q, "after", found.Next, "before"))
	return httpd.Render(c, http.StatusOK, "reminder/log", &LogPage{Head: head, Table: tb})
}

func link(q map[string][]string, name, cursor, other string) string {
	if cursor == "" {
		return ""
	}
	return ui.Href("/reminders", q, name, cursor, other, "")
}

func toolbar(c echo.Context, t ui.Translate, f reminder.LogFilter) *ui.Toolbar {
	tb := ui.NewToolbar(t, "/reminders", "reminders")
	tb.Search = &ui.Search{Name: "q", Value: f.Query, Label: t("reminder.search")}
	options := func(prefix string, values ...string) []ui.Option {
		out := []ui.Option{{Label: t("common.all")}}
		for _, v := range values {
			out = append(out, ui.Option{Value: v, Label: t(prefix + v)})
		}
		return out
	}
	tb.Selects = []ui.Select{
		{Name: "channel", Label: t("reminder.channel"), Options: ui.Choose(options("reminder.channel.", reminder.InApp, reminder.Email, reminder.WeCom, reminder.Webhook), f.Channel)},
		{Name: "state", Label: t("common.status"), Options: ui.Choose(options("reminder.state.", "queued", "sent", "failed", "dropped", "unsure"), f.State)},
	}
	if f != (reminder.LogFilter{}) {
		tb.Clear = "/reminders"
	}
	return tb
}

func row(c echo.Context, t ui.Translate, e reminder.Entry) ui.Row {
	who := ui.Cell{Text: e.Name, Href: fmt.Sprintf("/employees/%d", e.Employee)}
	if e.Employee == 0 {
		who = ui.Cell{Text: t("reminder.group"), Sub: e.To}
		if e.To != "" {
			who = ui.Cell{Text: e.To}
		}
	}
	p, zone := httpd.PrinterOf(c), httpd.ZoneOf(c)
	what := ui.Cell{Text: t("reminder.step." + e.Step)}
	if e.Duty == "test" {
		what.Sub = httpd.DateTime(p, e.DueAt, zone)
	}
	when := ui.Text(httpd.DateTime(p, e.SentAt.Time, zone))
	if !e.SentAt.Valid && e.State == "queued" {
		when = ui.Cell{Text: httpd.DateTime(p, e.SendFrom, zone)}
	}
	return ui.Row{Cells: []ui.Cell{who, what, ui.Text(t("reminder.channel." + e.Channel)), state(t, e), when, ui.Count(e.Attempts)}}
}

func state(t ui.Translate, e reminder.Entry) ui.Cell {
	tone, icon := ui.ToneNeutral, "away"
	switch e.State {
	case "sent":
		tone, icon = ui.ToneOK, "check"
	case "queued", "sending":
		tone, icon = ui.ToneInfo, "hourglass"
	case "failed":
		tone, icon = ui.ToneDanger, "alert"
	case "unsure":
		tone, icon = ui.ToneWarn, "question"
	}
	cell := ui.Badges(ui.Badge{Label: t("reminder.state." + e.State), Tone: tone, Icon: icon})
	switch e.State {
	case "dropped":
		cell.Sub = t("reminder.why." + e.Error)
	case "unsure":
		cell.Sub = t("reminder.unsure_hint")
	case "failed":
		cell.Sub = e.Error
	}
	return cell
}
