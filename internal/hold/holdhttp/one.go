package holdhttp

import (
	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
)

// onePage is one hold: what it is, the way to its release, and the release when it is due.
type onePage struct {
	httpd.Base
	Head    ui.PageHead
	Notices []ui.Notice
	Facts   ui.Facts
	Steps   []ui.Step
	Basis   string
	Form    *ui.Form
	Void    *ui.Dialog // says that it was entered in error
}

func (h *handlers) one(c echo.Context) error {
	return h.showOne(c, 200, hold.Release{}, nil)
}

func (h *handlers) showOne(c echo.Context, status int, in hold.Release, fault error) error {
	employee, id, err := ids(c)
	if err != nil {
		return err
	}
	sc, r := httpd.ScopeOf(c), readerOf(c)
	l, err := h.holds.View(c.Request().Context(), sc, employee, id, r.now)
	if err != nil {
		return err
	}
	p := &onePage{Head: ui.NewHead(r.t, r.Kind(l.Kind), ui.Link{Label: r.t("hold.list"), Href: "/holds"}, ui.Link{Label: l.Name, Href: fileAddress(employee)}),
		Facts: r.facts(l), Steps: r.Steps(l.Hold, l.Check, r.now), Basis: l.Check.Rule.Basis}
	p.Head.Sub = joined(l.Name, l.EmployeeNo, l.Workshop, l.Team)
	p.Head.Badges = append(r.Measure(l.Check), r.Badge(l.Hold, l.Check, r.now))
	for name, m := range errs.FieldsOf(fault) {
		if name != "reason" && name != "document" {
			p.Notices = append(p.Notices, ui.Notice{Tone: ui.ToneWarn, Title: r.t("hold.not_yet"), Text: httpd.PrinterOf(c).M(m)})
		}
	}
	if l.Open(r.now) && l.Check.Ready && sc.Can(authz.HoldRelease) {
		p.Form = r.releaseForm(c, l, in, fault)
	}
	if hold.MayVoid(sc, l.Hold, r.now) {
		p.Void = r.voidDialog(holdAddress(employee, id) + "/void")
	}
	return httpd.Render(c, status, "hold/one", p)
}

func ids(c echo.Context) (employee, id int64, err error) {
	if employee, err = httpd.ID(c, "id"); err != nil {
		return 0, 0, err
	}
	id, err = httpd.ID(c, "hold")
	return employee, id, err
}

func (r reader) facts(l hold.Listed) ui.Facts {
	items := []ui.Fact{
		{Label: r.t("hold.field.ground"), Value: r.Ground(l.Ground)},
		{Label: r.t("hold.field.from"), Value: r.when(l.From)},
		{Label: r.t("hold.field.author"), Value: r.Author(l.Hold), Sub: r.when(l.At)},
	}
	if !l.To.IsZero() {
		items = append(items, ui.Fact{Label: r.t("hold.field.to"), Value: r.when(l.To)})
	}
	if l.Note != "" {
		items = append(items, ui.Fact{Label: r.t("hold.field.note"), Value: l.Note})
	}
	if l.Set != 0 {
		items = append(items, ui.Fact{Label: r.t("hold.field.set"), Value: r.t("hold.set.number", "N", l.Set), Href: "/holds/sets/" + number(l.Set)})
	}
	if !l.ReleasedAt.IsZero() {
		items = append(items, ui.Fact{Label: r.t("hold.field.released"), Value: r.when(l.ReleasedAt), Sub: l.ReleasedByName},
			ui.Fact{Label: r.t("common.reason"), Value: r.Why(l.Hold)})
	}
	if l.Document != "" {
		items = append(items, ui.Fact{Label: r.t("hold.field.document"), Value: l.Document})
	}
	return ui.Facts{Items: items}
}

func (r reader) releaseForm(c echo.Context, l hold.Listed, in hold.Release, fault error) *ui.Form {
	fields := []ui.Field{{Kind: ui.FieldText, Name: "reason", Label: r.t("common.reason"), Hint: r.t("common.reason_hint"), Value: in.Reason, Required: true,
		MaxLength: 200, Error: httpd.FieldError(c, fault, "reason")}}
	if l.Check.Rule.Proof {
		fields = append(fields, ui.Field{Kind: ui.FieldText, Name: "document", Label: r.t("hold.field.document"), Hint: r.t("hold.field.document.hint"),
			Value: in.Document, Required: true, MaxLength: 200, Error: httpd.FieldError(c, fault, "document")})
	}
	f := ui.NewForm(r.t, holdAddress(l.Employee, l.ID)+"/release", r.t("hold.release"), fields...)
	f.Cancel = &ui.Link{Label: r.t("common.cancel"), Href: "/holds"}
	return &f
}

func (r reader) voidDialog(address string) *ui.Dialog {
	d := ui.NewDialog(r.t, "void", ui.Action{Label: r.t("hold.void"), Icon: "undo", Kind: ui.KindQuiet}, address)
	d.Text = r.t("hold.void.text")
	d.Fields = []ui.Field{{Kind: ui.FieldText, Name: "reason", ID: "void-reason", Label: r.t("common.reason"), Required: true, MaxLength: 200}}
	return d
}

func reasonOf(c echo.Context) (string, error) {
	var f struct {
		Reason string `form:"reason"`
	}
	err := httpd.Bind(c, &f)
	return f.Reason, err
}

// void takes back a hold that was entered in error.
func (h *handlers) void(c echo.Context) error {
	employee, id, err := ids(c)
	if err != nil {
		return err
	}
	reason, err := reasonOf(c)
	if err != nil {
		return err
	}
	err = h.holds.Void(c.Request().Context(), httpd.ScopeOf(c), employee, id, reason, httpd.NowOf(c))
	switch {
	case len(errs.FieldsOf(err)) > 0:
		return h.showOne(c, 422, hold.Release{}, err)
	case err != nil:
		return err
	}
	return httpd.Done(c, fileAddress(employee), "hold.void.done")
}

// release ends the hold, or shows what is missing.
func (h *handlers) release(c echo.Context) error {
	employee, id, err := ids(c)
	if err != nil {
		return err
	}
	var f struct {
		Reason   string `form:"reason"`
		Document string `form:"document"`
	}
	if err := httpd.Bind(c, &f); err != nil {
		return err
	}
	in := hold.Release{Reason: f.Reason, Document: f.Document}
	err = h.holds.Release(c.Request().Context(), httpd.ScopeOf(c), employee, id, in, httpd.NowOf(c))
	switch {
	case len(errs.FieldsOf(err)) > 0:
		return h.showOne(c, 422, in, err)
	case err != nil:
		return err
	}
	return httpd.Done(c, fileAddress(employee), "hold.release.done", "N", 1)
}
