package authhttp

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/auth"
	"github.com/fugong/fugong/internal/identity/auth/password"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
)

// LinkPage lets the reader of a one-time link choose a password.
type LinkPage struct {
	httpd.Base
	Title, Lead string
	Facts       ui.Facts
	Form        ui.Form
}

// DeadPage stands behind a link that does not work.
type DeadPage struct {
	httpd.Base
	Next string // what to do
}

type linkForm struct {
	Tail  string `form:"tail"`
	New   string `form:"new"`
	Again string `form:"again"`
}

func (h *Handlers) linkPage(purpose auth.Purpose) echo.HandlerFunc {
	return func(c echo.Context) error {
		inv, err := h.auth.Invitation(c.Request().Context(), c.Param("token"), purpose, httpd.NowOf(c))
		if errs.Is(err, errs.NotFound) {
			return dead(c, purpose)
		}
		if err != nil {
			return err
		}
		return httpd.Render(c, http.StatusOK, "auth/link", newLinkPage(c, purpose, inv, linkForm{}, nil))
	}
}

func newLinkPage(c echo.Context, purpose auth.Purpose, inv auth.Invitation, in linkForm, failure error) *LinkPage {
	t := httpd.PrinterOf(c).T
	p := &LinkPage{Title: t("auth." + string(purpose) + ".title"), Lead: t("auth." + string(purpose) + ".lead")}
	p.Bare = true
	p.Facts.Items = []ui.Fact{{Label: t("auth.fact.org"), Value: inv.Org}, {Label: t("auth.fact.name"), Value: inv.Name, Masked: true}}
	if inv.Login != "" {
		p.Facts.Items = append(p.Facts.Items, ui.Fact{Label: t("auth.fact.login"), Value: inv.Login})
	}
	var fields []ui.Field
	if inv.NeedsTail {
		fields = append(fields, ui.Field{Kind: ui.FieldText, Name: "tail", Label: t("auth.tail"), Hint: t("auth.tail.hint"), Value: in.Tail,
			Required: true, Autocomplete: "off", MaxLength: 8, Error: httpd.FieldError(c, failure, "tail")})
	}
	fields = append(fields, passwordFields(c, inv.Role == authz.Worker, failure)...)
	p.Form = ui.NewForm(t, c.Request().URL.Path, t("auth."+string(purpose)+".submit"), fields...)
	return p
}

// passwordFields are the fields in which a new password is chosen.
func passwordFields(c echo.Context, worker bool, failure error) []ui.Field {
	t := httpd.PrinterOf(c).T
	hint := t("auth.new.hint", "Min", password.Min)
	if worker {
		hint = t("auth.new.hint_worker", "Min", password.Min, "MinWorker", password.MinWorker)
	}
	return []ui.Field{
		{Kind: ui.FieldPassword, Name: "new", Label: t("auth.new"), Hint: hint, Required: true, Autocomplete: "new-password", MaxLength: 200,
			Error: httpd.FieldError(c, failure, "new")},
		{Kind: ui.FieldPassword, Name: "again", Label: t("auth.again"), Required: true, Autocomplete: "new-password", MaxLength: 200,
			Error: httpd.FieldError(c, failure, "again")},
	}
}

func (h *Handlers) redeem(purpose auth.Purpose) echo.HandlerFunc {
	return func(c echo.Context) error {
		var in linkForm
		if err := httpd.Bind(c, &in); err != nil {
			return err
		}
		ctx, token, now := c.Request().Context(), c.Param("token"), httpd.NowOf(c)
		ses, err := h.auth.Redeem(ctx, auth.Answer{Token: token, Purpose: purpose, Tail: in.Tail, New: in.New, Again: in.Again,
			From: from(c)}, now)
		switch {
		case err == nil:
			return h.enter(c, ses, "/")
		case errs.Is(err, errs.NotFound):
			return dead(c, purpose)
		case !errs.Is(err, errs.Invalid):
			return err
		}
		inv, gone := h.auth.Invitation(ctx, token, purpose, now)
		if errs.Is(gone, errs.NotFound) {
			return dead(c, purpose)
		}
		if gone != nil {
			return gone
		}
		return httpd.Render(c, http.StatusUnprocessableEntity, "auth/link", newLinkPage(c, purpose, inv, in, err))
	}
}

// dead says what to do about a link that does not work. It never says why: used, expired and unknown links look alike.
func dead(c echo.Context, purpose auth.Purpose) error {
	p := &DeadPage{Next: httpd.PrinterOf(c).T("auth.dead." + string(purpose))}
	p.Bare = true
	return httpd.Render(c, http.StatusGone, "auth/dead", p)
}

// SetupPage makes the first administrator.
type SetupPage struct {
	httpd.Base
	Form ui.Form
}

type setupForm struct {
	OrgName string `form:"org_name"`
	Name    string `form:"name"`
	Login   string `form:"login"`
	New     string `form:"new"`
	Again   string `form:"again"`
}

func (h *Handlers) setupPage(c echo.Context) error {
	err := h.auth.CheckSetup(c.Request().Context(), c.Param("token"), httpd.NowOf(c))
	if errs.Is(err, errs.NotFound) {
		return dead(c, auth.ForSetup)
	}
	if err != nil {
		return err
	}
	return httpd.Render(c, http.StatusOK, "auth/setup", newSetup(c, setupForm{}, nil))
}

func newSetup(c echo.Context, in setupForm, failure error) *SetupPage {
	t := httpd.PrinterOf(c).T
	field := func(name, value, autocomplete string) ui.Field {
		return ui.Field{Kind: ui.FieldText, Name: name, Label: t("auth.setup." + name), Hint: t("auth.setup." + name + ".hint"), Value: value,
			Required: true, Autocomplete: autocomplete, MaxLength: 100, Error: httpd.FieldError(c, failure, name)}
	}
	p := &SetupPage{}
	p.Bare = true
	p.Form = ui.NewForm(t, c.Request().URL.Path, t("auth.setup.submit"), append([]ui.Field{
		field("org_name", in.OrgName, "organization"), field("name", in.Name, "name"), field("login", in.Login, "username"),
	}, passwordFields(c, false, failure)...)...)
	return p
}

func (h *Handlers) setup(c echo.Context) error {
	var in setupForm
	if err := httpd.Bind(c, &in); err != nil {
		return err
	}
	ses, err := h.auth.SetUp(c.Request().Context(), auth.Setup{Token: c.Param("token"), OrgName: in.OrgName, Name: in.Name, Login: in.Login,
		New: in.New, Again: in.Again, From: from(c)}, httpd.NowOf(c))
	switch {
	case err == nil:
		return h.enter(c, ses, "/")
	case errs.Is(err, errs.NotFound):
		return dead(c, auth.ForSetup)
	case errs.Is(err, errs.Invalid):
		return httpd.Render(c, http.StatusUnprocessableEntity, "auth/setup", newSetup(c, in, err))
	}
	return err
}
