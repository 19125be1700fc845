package workerhttp

import (
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/reminder"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/standing/standingview"
)

type homePage struct {
	httpd.Base
	Title    string
	Standing ui.Standing
	Tiles    []ui.Tile
	Notices  []ui.Notice
	Read     *ui.Action // note that the reminders were read
	Samples  []ui.Entry
	Empty    *ui.Empty
}

const (
	shownSamples   = 3
	shownReminders = 2
)

func (h *Handlers) home(c echo.Context) error {
	ctx, sc, now := c.Request().Context(), httpd.ScopeOf(c), httpd.NowOf(c)
	if sc.Employee == 0 && sc.Can(authz.TeamView) {
		return c.Redirect(303, "/team") // a leader without a file of their own
	}
	var st regime.Standing
	var samples []screening.Sample
	var back []ui.Notice
	err := h.DB.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		var err error
		if st, err = h.Standings.Explain(ctx, tx, sc.Org, sc.Employee, now); err != nil {
			return err
		}
		if samples, err = screening.OfEmployee(ctx, tx, sc.Org, sc.Employee, now.Add(time.Hour), shownSamples); err != nil || len(st.Held) == 0 {
			return err
		}
		back, err = h.wayBack(ctx, c, tx, sc)
		return err
	})
	if err != nil {
		return err
	}
	notes, err := h.Inbox.Inbox(ctx, sc, shownReminders)
	if err != nil {
		return err
	}
	t := ui.Translate(httpd.PrinterOf(c).T)
	p := &homePage{Title: t("worker.hello", "Name", httpd.ViewerOf(c).Name), Standing: card(c, t, st, samples), Notices: back, Tiles: tiles(t)}
	for _, notices := range h.Notices {
		more, err := notices(c)
		if err != nil {
			return err
		}
		p.Notices = append(p.Notices, more...)
	}
	told := len(p.Notices)
	for _, n := range notes {
		if !n.ReadAt.Valid && (n.Step == reminder.StepNudge || !n.DueAt.Equal(st.DueAt)) { // else the card says it already
			p.Notices = append(p.Notices, note(c, t, n))
		}
	}
	if len(p.Notices) > told {
		p.Read = &ui.Action{Label: t("worker.reminders.read"), Href: "/me/reminders/read", Icon: "check", Kind: ui.KindQuiet, Post: true}
	}
	for _, s := range samples {
		p.Samples = append(p.Samples, sampleEntry(c, t, s, true))
	}
	if len(samples) == 0 {
		p.Empty = &ui.Empty{Icon: "tube", Title: t("worker.samples.empty"), Text: t("worker.samples.empty.hint")}
	}
	return httpd.Render(c, 200, "worker/home", p)
}

// card is the standing with the one thing to do: to log a sample, or to fill in the result of one that waits.
func card(c echo.Context, t ui.Translate, st regime.Standing, samples []screening.Sample) ui.Standing {
	view := standingview.New(t, func(at time.Time) string { return datetime(c, at) })
	card := view.Card(st, httpd.NowOf(c))
	card.Links = []ui.Link{{Label: t("standing.ask.more"), Href: "/me/standing"}, {Label: t("standing.ask.contest"), Href: "/me/disputes/new?about=standing"}}
	card.Action = &ui.Action{Label: t("worker.log"), Href: "/me/sample", Icon: "plus", Kind: ui.KindPrimary}
	if st.State == regime.Pending || st.State == regime.ResultLate {
		for _, s := range samples {
			if s.Result == regime.ResultPending && s.Method == regime.MethodPCR {
				card.Action = &ui.Action{Label: t("worker.fill"), Href: completeAddress(s), Icon: "edit", Kind: ui.KindPrimary}
				break
			}
		}
	}
	return card
}

func tiles(t ui.Translate) []ui.Tile {
	return []ui.Tile{
		{Label: t("worker.feel"), Sub: t("worker.feel.sub"), Href: "/me/symptom", Icon: "thermometer"},
		{Label: t("worker.log"), Sub: t("worker.log.sub"), Href: "/me/sample", Icon: "tube"},
		{Label: t("worker.file"), Sub: t("worker.file.sub"), Href: "/me/file", Icon: "file"},
		{Label: t("worker.reminders"), Sub: t("worker.reminders.sub"), Href: "/me/reminders", Icon: "bell"},
		{Label: t("worker.disputes"), Sub: t("worker.disputes.sub"), Href: "/me/disputes", Icon: "question"},
	}
}

// completeAddress is where a pending sample gets its result.
func completeAddress(s screening.Sample) string {
	return "/me/sample?at=" + strconv.FormatInt(s.SampledAt.Unix(), 10)
}

// sampleEntry is a sample in the timeline of the person it is about. What waits for a result can be completed.
func sampleEntry(c echo.Context, t ui.Translate, s screening.Sample, actions bool) ui.Entry {
	e := entryAt(c, s.SampledAt, "tube", t("worker.entry.sample", "Method", t("method."+string(s.Method))))
	e.Badges = []ui.Badge{ui.ResultBadge(t, s.Result.String())}
	if s.Flagged() {
		e.Text = t("worker.entry.conflict")
	}
	if s.Institution != "" {
		e.Facts = append(e.Facts, ui.Fact{Label: t("worker.field.place"), Value: s.Institution})
	}
	if !s.ReportedAt.IsZero() {
		e.Facts = append(e.Facts, ui.Fact{Label: t("worker.field.reported"), Value: datetime(c, s.ReportedAt)})
	}
	e.Actor = t("worker.proof." + string(s.Proof))
	if s.Rev > 1 {
		e.Actor += t("worker.entry.revised", "N", s.Rev-1)
	}
	if s.Attachment != 0 {
		e.Actions = append(e.Actions, ui.Action{Label: t("worker.photo.open"), Href: "/samples/attachments/" + strconv.FormatInt(s.Attachment, 10), Icon: "eye", Kind: ui.KindQuiet})
	}
	if actions && s.Result == regime.ResultPending {
		e.Actions = append(e.Actions, ui.Action{Label: t("worker.fill"), Href: completeAddress(s), Icon: "edit"})
	}
	return e
}

func entryAt(c echo.Context, at time.Time, icon, title string) ui.Entry {
	local := at.In(httpd.ZoneOf(c))
	return ui.Entry{Day: httpd.Day(httpd.PrinterOf(c), local), Time: local.Format("15:04"), DateTime: local.Format(time.RFC3339), Icon: icon, Title: title}
}

func datetime(c echo.Context, at time.Time) string {
	return httpd.DateTime(httpd.PrinterOf(c), at, httpd.ZoneOf(c))
}

// note is a reminder as a notice.
func note(c echo.Context, t ui.Translate, n reminder.Note) ui.Notice {
	tone := ui.ToneInfo
	if n.Step == reminder.StepDue {
		tone = ui.ToneWarn
	}
	return ui.Notice{Tone: tone, Title: t("worker.note."+n.Step, "Due", datetime(c, n.DueAt)), Text: datetime(c, n.SentAt)}
}

type remindersPage struct {
	httpd.Base
	Head    ui.PageHead
	Notices []ui.Notice
	Empty   *ui.Empty
}

const inboxSize = 30

func (h *Handlers) reminders(c echo.Context) error {
	notes, err := h.Inbox.Inbox(c.Request().Context(), httpd.ScopeOf(c), inboxSize)
	if err != nil {
		return err
	}
	t := ui.Translate(httpd.PrinterOf(c).T)
	p := &remindersPage{Head: ui.NewHead(t, t("worker.reminders"), ui.Link{Label: t("worker.home"), Href: "/me"})}
	for _, n := range notes {
		p.Notices = append(p.Notices, note(c, t, n))
	}
	if len(notes) == 0 {
		p.Empty = &ui.Empty{Icon: "bell", Title: t("worker.reminders.empty"), Text: t("worker.reminders.empty.hint")}
	}
	return httpd.Render(c, 200, "worker/reminders", p)
}

func (h *Handlers) readReminders(c echo.Context) error {
	if err := h.Inbox.MarkRead(c.Request().Context(), httpd.ScopeOf(c), httpd.NowOf(c)); err != nil {
		return err
	}
	return c.Redirect(303, "/me")
}
