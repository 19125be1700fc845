package disputehttp

import (
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/dispute"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/screening"
)

type ownPage struct {
	httpd.Base
	Head    ui.PageHead
	Entries []ui.Entry
	Empty   *ui.Empty
}

// own lists what the reader contested.
func (h *Handlers) own(c echo.Context) error {
	found, err := h.disputes.Own(c.Request().Context(), httpd.ScopeOf(c), httpd.NowOf(c))
	if err != nil {
		return err
	}
	w := wordsOf(c)
	raise := ui.Action{Label: w.t("dispute.new"), Href: "/me/disputes/new", Icon: "plus", Kind: ui.KindPrimary}
	p := &ownPage{Head: ui.NewHead(w.t, w.t("dispute.own.title"), ui.Link{Label: w.t("dispute.back.me"), Href: "/me"})}
	p.Head.Sub = w.t("dispute.own.sub")
	if len(found) == 0 {
		p.Empty = &ui.Empty{Icon: "question", Title: w.t("dispute.own.empty"), Text: w.t("dispute.own.empty.hint"), Actions: []ui.Action{raise}}
		return httpd.Render(c, 200, "dispute/own", p)
	}
	p.Head.Actions = []ui.Action{raise}
	for i := range found {
		p.Entries = append(p.Entries, w.ownEntry(&found[i]))
	}
	p.Entries = ui.GroupDays(p.Entries)
	return httpd.Render(c, 200, "dispute/own", p)
}

func (w words) ownEntry(d *dispute.Dispute) ui.Entry {
	local := d.OpenedAt.In(httpd.ZoneOf(w.c))
	e := ui.Entry{Day: httpd.Day(httpd.PrinterOf(w.c), local), Time: local.Format("15:04"), DateTime: local.Format(time.RFC3339), Icon: "question",
		Title: w.about(d), Text: d.Claim, Badges: []ui.Badge{w.stateBadge(d.State)},
		Actions: []ui.Action{{Label: w.t("common.view"), Href: "/me/disputes/" + id(d.ID), Kind: ui.KindQuiet}}}
	if d.State == dispute.Open {
		e.Facts = []ui.Fact{{Label: w.t("dispute.field.answer_by"), Value: w.when(d.DueAt)}}
	}
	if d.Answer != "" && d.SeenAt.IsZero() {
		e.Badges = append(e.Badges, ui.Badge{Label: w.t("dispute.unseen"), Tone: ui.ToneInfo, Icon: "bell", Solid: true})
	}
	return e
}

type newPage struct {
	httpd.Base
	Head   ui.PageHead
	Notice *ui.Notice
	Shown  *ui.Facts
	Form   *ui.Form
}

type openForm struct {
	About   string `form:"about"`
	Reopens string `form:"reopens"`
	Claim   string `form:"claim"`
}

func (f *openForm) reopens() int64 {
	n, err := strconv.ParseInt(f.Reopens, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func (h *Handlers) form(c echo.Context) error {
	f := openForm{About: c.QueryParam("about"), Reopens: c.QueryParam("reopens")}
	return h.showForm(c, 200, f, nil)
}

// showForm asks what is wrong: about the thing that the reader came from, or else one of those that are offered.
func (h *Handlers) showForm(c echo.Context, status int, f openForm, fault error) error {
	ctx, sc, w := c.Request().Context(), httpd.ScopeOf(c), wordsOf(c)
	p := &newPage{Head: ui.NewHead(w.t, w.t("dispute.new"), ui.Link{Label: w.t("dispute.own.title"), Href: "/me/disputes"})}
	p.Head.Sub = w.t("dispute.new.sub")
	fields := []ui.Field{{Kind: ui.FieldHidden, Name: "reopens", Value: f.Reopens}, {Kind: ui.FieldHidden, Name: "about", Value: f.About}}
	if f.About != "" || f.Reopens != "" {
		about, _ := dispute.ParseAbout(f.About) // what is not one is NotFound below
		d, err := h.disputes.Describe(ctx, sc, about, f.reopens(), httpd.NowOf(c))
		if m, refused := dispute.IsRefusal(err); refused {
			p.Notice = w.refusal(m)
			return httpd.Render(c, 409, "dispute/new", p)
		}
		if err != nil {
			return err
		}
		p.Head.Title = w.t("dispute.new.about", "About", w.about(&d))
		p.Shown = &ui.Facts{Items: w.shown(d.Shown)}
	} else {
		choices, err := h.disputes.Choices(ctx, sc, httpd.NowOf(c))
		if err != nil {
			return err
		}
		fields[1] = ui.Field{Kind: ui.FieldRadio, Name: "about", Required: true, Options: w.choices(choices)}
	}
	fields = append(fields, ui.Field{Kind: ui.FieldTextarea, Name: "claim", Value: f.Claim, Required: true, Hint: w.t("dispute.hint.claim"), MaxLength: 500},
		ui.Field{Kind: ui.FieldPhoto, Name: "photo", Hint: w.t("dispute.hint.photo")})
	for i := range fields {
		fields[i].Label = w.t("dispute.field." + fields[i].Name)
		fields[i].Error = httpd.FieldError(c, fault, fields[i].Name)
	}
	form := ui.NewForm(w.t, "/me/disputes", w.t("dispute.new.submit"), fields...)
	form.Note = w.t("dispute.new.next")
	p.Form = &form
	return httpd.Render(c, status, "dispute/new", p)
}

func (w words) choices(cs []dispute.Choice) []ui.Option {
	out := make([]ui.Option, len(cs))
	for i, x := range cs {
		d := dispute.Dispute{About: x.About, AboutAt: x.At, Shown: dispute.Shown{Hold: x.Hold}}
		out[i] = ui.Option{Value: x.About.String(), Label: w.about(&d), Hint: w.t("dispute.choice." + string(x.About.Subject))}
		if x.Result != "" {
			out[i].Hint = w.t("result." + x.Result)
		}
	}
	return out
}

func (w words) refusal(m errs.Message) *ui.Notice {
	return &ui.Notice{Tone: ui.ToneInfo, Title: httpd.PrinterOf(w.c).M(m), Links: []ui.Link{{Label: w.t("dispute.own.title"), Href: "/me/disputes"}}}
}

func (h *Handlers) open(c echo.Context) error {
	var f openForm
	if err := httpd.Bind(c, &f); err != nil {
		return err
	}
	_, picture, _, err := httpd.File(c, "photo", screening.MaxPhoto)
	if errs.Is(err, errs.TooLarge) {
		return h.showForm(c, 422, f, errs.Fields{"photo": errs.Msg("screening.photo.too_large")}.Err())
	}
	if err != nil {
		return err
	}
	about, ok := dispute.ParseAbout(f.About)
	if !ok && f.Reopens == "" {
		f.About = ""
		return h.showForm(c, 422, f, errs.Fields{"about": errs.Msg("error.required")}.Err())
	}
	in := dispute.Input{About: about, Reopens: f.reopens(), Claim: f.Claim, Photo: picture}
	made, err := h.disputes.Open(c.Request().Context(), httpd.ScopeOf(c), in, httpd.NowOf(c))
	if errs.FieldsOf(err) != nil {
		return h.showForm(c, 422, f, err)
	}
	if m, refused := dispute.IsRefusal(err); refused {
		w := wordsOf(c)
		p := &newPage{Head: ui.NewHead(w.t, w.t("dispute.new"), ui.Link{Label: w.t("dispute.own.title"), Href: "/me/disputes"}), Notice: w.refusal(m)}
		return httpd.Render(c, 409, "dispute/new", p)
	}
	if err != nil {
		return err
	}
	return httpd.Done(c, "/me/disputes/"+id(made), "dispute.done.opened")
}

type minePage struct {
	httpd.Base
	Head   ui.PageHead
	Facts  ui.Facts
	Shown  ui.Facts
	Answer *ui.Facts
	Act    *ui.Action
}

// mine shows one dispute of the reader with its answer.
func (h *Handlers) mine(c echo.Context) error {
	n, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	d, err := h.disputes.OwnOne(c.Request().Context(), httpd.ScopeOf(c), n, httpd.NowOf(c))
	if err != nil {
		return err
	}
	w := wordsOf(c)
	p := &minePage{Head: ui.NewHead(w.t, w.about(&d), ui.Link{Label: w.t("dispute.own.title"), Href: "/me/disputes"}),
		Facts: ui.Facts{Items: w.claim(&d)}, Shown: ui.Facts{Items: w.shown(d.Shown)}}
	p.Head.Badges = []ui.Badge{w.stateBadge(d.State)}
	switch {
	case d.State == dispute.Open:
		p.Head.Badges = append(p.Head.Badges, w.clock(d.State, d.DueAt, d.Late(httpd.NowOf(c))))
		p.Act = &ui.Action{Label: w.t("dispute.withdraw"), Href: "/me/disputes/" + id(d.ID) + "/withdraw", Icon: "undo", Post: true}
	case d.MayReopen():
		p.Act = &ui.Action{Label: w.t("dispute.reopen"), Href: "/me/disputes/new?reopens=" + id(d.ID), Icon: "question"}
	}
	if d.Answer != "" {
		p.Answer = &ui.Facts{Items: w.answer(&d)}
	}
	return httpd.Render(c, 200, "dispute/mine", p)
}

// claim are the facts of what the person says.
func (w words) claim(d *dispute.Dispute) []ui.Fact {
	facts := []ui.Fact{{Label: w.t("dispute.field.claim"), Value: d.Claim}, {Label: w.t("dispute.field.opened_at"), Value: w.when(d.OpenedAt)},
		{Label: w.t("dispute.field.answer_by"), Value: w.when(d.DueAt)}}
	if d.Attachment != 0 {
		facts = append(facts, ui.Fact{Label: w.t("dispute.field.photo"), Value: w.t("dispute.photo.open"), Href: photo(d.Attachment)})
	}
	return facts
}

// answer are the facts of what the office says.
func (w words) answer(d *dispute.Dispute) []ui.Fact {
	return []ui.Fact{{Label: w.t("dispute.field.answer"), Value: d.Answer, Badges: []ui.Badge{w.stateBadge(d.State)}},
		{Label: w.t("dispute.field.answered_by"), Value: d.AnsweredBy, Sub: w.when(d.AnsweredAt)}}
}

func (h *Handlers) withdraw(c echo.Context) error {
	n, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	if err := h.disputes.Withdraw(c.Request().Context(), httpd.ScopeOf(c), n, httpd.NowOf(c)); err != nil {
		return err
	}
	return httpd.Done(c, "/me/disputes", "dispute.done.withdrawn")
}
