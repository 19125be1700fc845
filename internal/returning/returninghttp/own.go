package returninghttp

import (
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/returning"
)

func atoi(s string) int {
	n, _ := strconv.Atoi(s) // anything else is no version at all
	return n
}

// ownPage is where the own return stands, or its beginning.
type ownPage struct {
	httpd.Base
	Head   ui.PageHead
	Card   *ui.Standing
	Gate   []ui.Step
	Acts   []ui.Action
	Notice *ui.Facts
	Begin  *ui.Form
}

func (h *Handlers) mine(c echo.Context) error { return h.showMine(c, 200, nil) }

func (h *Handlers) showMine(c echo.Context, status int, fault error) error {
	mine, err := h.returns.Mine(c.Request().Context(), httpd.ScopeOf(c), httpd.NowOf(c))
	if err != nil {
		return err
	}
	w := wordsOf(c)
	p := &ownPage{Head: ui.NewHead(w.t, w.t("returning.own.title"), ui.Link{Label: w.t("returning.back.me"), Href: "/me"})}
	p.Head.Sub = w.t("returning.own.sub")
	k := mine.Case
	switch {
	case k != nil && (k.State.Open() || k.State == returning.Rejected && mine.Status != string(regime.StatusOnPost)):
		p.fill(w, k)
		if k.State.Open() && k.ConsentAt.IsZero() || k.State == returning.Rejected {
			p.begin(c, w, k, fault)
		}
	case mine.Status == string(regime.StatusOnPost):
		p.Card = &ui.Standing{Badge: ui.WorkBadge(w.t, mine.Status), Title: w.t("returning.own.on_post"), Text: w.t("returning.own.on_post.text")}
	default:
		p.begin(c, w, nil, fault)
	}
	return httpd.Render(c, status, "returning/own", p)
}

// fill shows an open case: where it stands, what is missing, and the one thing to do.
func (p *ownPage) fill(w words, k *returning.View) {
	card := ownCard(w, k)
	p.Card = &card
	if k.State != returning.Rejected {
		p.Gate = w.items(k.Items)
	}
	if k.ConsentAt.IsZero() {
		return
	}
	p.Card.Action = nextAct(w, k)
	if editable(k.State) && (p.Card.Action == nil || p.Card.Action.Href == logSample) {
		p.Acts = append(p.Acts, ui.Action{Label: w.t("returning.change"), Href: "/me/return/" + stepTrip, Icon: "edit"})
	}
	if k.State.Open() {
		d := ui.NewDialog(w.t, "withdraw", ui.Action{Label: w.t("returning.withdraw"), Icon: "undo", Kind: ui.KindQuiet}, "/me/return/withdraw")
		d.Text = w.t("returning.withdraw.text")
		p.Acts = append(p.Acts, ui.Action{Dialog: d})
	}
}

// logSample is where people log a sample.
const logSample = "/me/sample"

// nextAct is the one thing to do: to go on, to complete what was declared, or to log a sample; nil when there is nothing but to wait.
func nextAct(w words, k *returning.View) *ui.Action {
	failing := returning.Failing(k.Items)
	declared := func(code string) bool { return code != returning.ItemPCR && code != returning.ItemHold }
	switch {
	case k.State == returning.Draft:
		return &ui.Action{Label: w.t("returning.continue"), Href: "/me/return/" + next(k), Icon: "edit"}
	case !editable(k.State):
		return nil
	case slices.ContainsFunc(failing, declared):
		return &ui.Action{Label: w.t("returning.complete"), Href: "/me/return/" + stepTrip, Icon: "edit"}
	case slices.Contains(failing, returning.ItemPCR):
		return &ui.Action{Label: w.t("returning.log_sample"), Href: logSample, Icon: "tube"}
	}
	return nil
}

// next is the first step with a question without an answer.
func next(k *returning.View) string {
	if missing := k.Declaration.Missing(); len(missing) > 0 {
		return stepOf(missing[0])
	}
	return stepSign
}

// ownCard tells a person where the own return stands.
func ownCard(w words, k *returning.View) ui.Standing {
	card := ui.Standing{Badge: w.state(k.State), Title: w.t("returning.own.state." + string(k.State)),
		Text: w.t("returning.own.text."+string(k.State), "Day", w.day(k.PlannedAt))}
	n := len(returning.Failing(k.Items))
	switch {
	case k.State == returning.Rejected || k.State == returning.Deferred && k.ReviewReason != "":
		card.Left = w.t("returning.own.reason", "Reason", k.ReviewReason)
	case (k.State == returning.Submitted || k.State == returning.Deferred) && n > 0:
		card.Left = w.t("returning.own.missing", "Count", n)
	}
	return card
}

// noticeParts is how many parts the text about personal data has.
const noticeParts = 8

// begin asks for the consent and the day; a case that the enterprise began lacks the consent only.
func (p *ownPage) begin(c echo.Context, w words, k *returning.View, fault error) {
	org := httpd.ViewerOf(c).OrgName
	p.Notice = &ui.Facts{}
	for i := 1; i <= noticeParts; i++ {
		key := "returning.notice." + strconv.Itoa(i)
		p.Notice.Items = append(p.Notice.Items, ui.Fact{Label: w.t(key + ".label"), Value: w.t(key, "Org", org)})
	}
	planned := c.FormValue("planned_on")
	if planned == "" {
		planned = httpd.NowOf(c).In(httpd.ZoneOf(c)).AddDate(0, 0, 1).Format(time.DateOnly)
	}
	fields := []ui.Field{{Kind: ui.FieldDate, Name: "planned_on", Label: w.t("returning.field.planned_on"), Value: planned, Required: true,
		Error: httpd.FieldError(c, fault, "planned_on")}}
	if k != nil && k.State.Open() {
		fields = nil
	}
	fields = append(fields, ui.Field{Kind: ui.FieldCheck, Name: "consent", Label: w.t("returning.consent"), Error: httpd.FieldError(c, fault, "consent"),
		Options: []ui.Option{{Value: "1", Label: w.t("returning.consent.tick"), Hint: w.t("returning.consent.hint"), Selected: c.FormValue("consent") != ""}}})
	f := ui.NewForm(w.t, "/me/return", w.t("returning.begin"), fields...)
	f.Note = w.t("returning.begin.note")
	p.Begin = &f
}

func (h *Handlers) beginMine(c echo.Context) error {
	var f struct {
		Planned string `form:"planned_on"`
		Consent bool   `form:"consent"`
	}
	if err := httpd.Bind(c, &f); err != nil {
		return err
	}
	sc := httpd.ScopeOf(c)
	_, err := h.returns.Begin(c.Request().Context(), sc, returning.Opening{Employee: sc.Employee, Planned: f.Planned, Consent: f.Consent}, httpd.NowOf(c))
	switch {
	case errs.FieldsOf(err) != nil:
		return h.showMine(c, 422, err)
	case errs.Is(err, errs.Conflict):
		return c.Redirect(303, "/me/return")
	case err != nil:
		return err
	}
	return c.Redirect(303, "/me/return/"+stepTrip)
}

func (h *Handlers) withdrawMine(c echo.Context) error {
	ctx, sc, now := c.Request().Context(), httpd.ScopeOf(c), httpd.NowOf(c)
	mine, err := h.returns.Mine(ctx, sc, now)
	if err != nil {
		return err
	}
	if mine.Case == nil {
		return errs.Missing()
	}
	if err := h.returns.Withdraw(ctx, sc, mine.Case.Key, now); err != nil {
		return refused(c, err, "/me/return")
	}
	return httpd.Done(c, "/me/return", "returning.done.withdrawn")
}

// refused tells a conflict, or a fault of a dialog's field, on the page that the reader came from.
func refused(c echo.Context, err error, to string) error {
	fields := errs.FieldsOf(err)
	e, ok := err.(*errs.Error)
	switch {
	case fields != nil:
		m := fields["reason"]
		httpd.Flash(c, ui.ToneWarn, "returning.not_done", "Why", httpd.PrinterOf(c).M(m))
	case ok && e.Code == errs.Conflict:
		httpd.Flash(c, ui.ToneWarn, "returning.not_done", "Why", httpd.PrinterOf(c).M(e.Message))
	default:
		return err
	}
	return c.Redirect(303, to)
}

// away reports whether somebody of a work status has a return before them.
func away(status string) bool {
	switch regime.WorkStatus(status) {
	case regime.StatusAwaitingReturn, regime.StatusLeave, regime.StatusWorkFromHome:
		return true
	}
	return false
}

// HomeNotices tells a person on their first page what the return needs of them: nothing for people on post.
func HomeNotices(returns *returning.Service) func(c echo.Context) ([]ui.Notice, error) {
	return func(c echo.Context) ([]ui.Notice, error) {
		mine, err := returns.Mine(c.Request().Context(), httpd.ScopeOf(c), httpd.NowOf(c))
		if err != nil {
			return nil, err
		}
		w := wordsOf(c)
		link := []ui.Link{{Label: w.t("returning.home.link"), Href: "/me/return"}}
		switch k := mine.Case; {
		case k != nil && k.State.Open():
			card := ownCard(w, k)
			n := ui.Notice{Tone: ui.ToneInfo, Title: w.t("returning.own.title") + w.t("common.colon") + card.Badge.Label, Text: card.Title, Links: link}
			if card.Left != "" {
				n.Tone, n.Text = ui.ToneWarn, card.Left
			}
			if chips := w.chips(k.Items); len(chips) > 0 && (k.State == returning.Submitted || k.State == returning.Deferred) {
				var names []string
				for _, b := range chips {
					names = append(names, b.Label)
				}
				n.Text = w.t("returning.own.missing", "Count", len(names)) + w.t("common.colon") + w.join(names)
			}
			return []ui.Notice{n}, nil
		case away(mine.Status):
			return []ui.Notice{{Tone: ui.ToneInfo, Title: w.t("returning.home.begin"), Text: w.t("returning.home.begin.text"), Links: link}}, nil
		}
		return nil, nil
	}
}
