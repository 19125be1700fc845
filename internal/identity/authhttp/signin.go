package authhttp

import (
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/auth"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/platform/errs"
)

// SignInPage asks for name and password.
type SignInPage struct {
	httpd.Base
	Notice *ui.Notice
	Org    string // name of the enterprise that employee numbers belong to
	Choose string // address of the page to choose another
	Form   ui.Form
}

type signInForm struct {
	Name     string `form:"name"`
	Password string `form:"password"`
	Org      string `form:"org"`
	Next     string `form:"next"`
}

func (h *Handlers) signInPage(c echo.Context) error {
	next := local(c.QueryParam("next"))
	if httpd.ScopeOf(c).Account != 0 {
		return c.Redirect(http.StatusSeeOther, next)
	}
	o, err := h.knownOrg(c, c.QueryParam("org"))
	if err != nil {
		return err
	}
	p := h.newSignIn(c, signInForm{Next: next}, o)
	t := httpd.PrinterOf(c).T
	switch {
	case c.QueryParam("out") == "all":
		p.Notice = &ui.Notice{Tone: ui.ToneOK, Text: t("auth.signed_out_everywhere")}
	case c.QueryParam("out") != "":
		p.Notice = &ui.Notice{Tone: ui.ToneOK, Text: t("auth.signed_out")}
	case next != "/":
		p.Notice = &ui.Notice{Tone: ui.ToneInfo, Text: t("auth.sign_in_first")}
	}
	return httpd.Render(c, http.StatusOK, "auth/signin", p)
}

// knownOrg is the enterprise named in the address or else remembered on the device; the zero Org when there is none.
func (h *Handlers) knownOrg(c echo.Context, code string) (org.Org, error) {
	if code == "" {
		if k, err := c.Cookie(orgCookie); err == nil {
			code = k.Value
		}
	}
	if code == "" {
		return org.Org{}, nil
	}
	o, err := h.orgs.ByCode(c.Request().Context(), code)
	if errs.Is(err, errs.NotFound) {
		return org.Org{}, nil
	}
	return o, err
}

func (h *Handlers) newSignIn(c echo.Context, in signInForm, o org.Org) *SignInPage {
	t := httpd.PrinterOf(c).T
	p := &SignInPage{Org: o.Name, Choose: ui.Href("/sign-in/org", nil, "next", onward(in.Next))}
	p.Bare = true
	p.Form = ui.NewForm(t, "/sign-in", t("auth.sign_in"),
		ui.Field{Kind: ui.FieldText, Name: "name", Label: t("auth.name"), Value: in.Name, Hint: t("auth.name.hint"),
			Autocomplete: "username", MaxLength: 254},
		ui.Field{Kind: ui.FieldPassword, Name: "password", Label: t("auth.password"), Autocomplete: "current-password", MaxLength: 200})
	p.Form.Hidden = []ui.Param{{Name: "next", Value: onward(in.Next)}, {Name: "org", Value: o.Code}}
	return p
}

// onward drops the address of the front page, to which one comes anyway.
func onward(next string) string {
	if next == "/" {
		return ""
	}
	return next
}

func (h *Handlers) signIn(c echo.Context) error {
	var in signInForm
	if err := httpd.Bind(c, &in); err != nil {
		return err
	}
	in.Next = local(in.Next)
	ses, err := h.auth.SignIn(c.Request().Context(), auth.Credentials{Name: in.Name, Password: in.Password, OrgCode: in.Org,
		From: from(c)}, httpd.NowOf(c))
	if err == nil {
		return h.enter(c, ses, in.Next)
	}
	if !errs.Is(err, errs.Unauthenticated) && !errs.Is(err, errs.TooMany) {
		return err
	}
	o, orgErr := h.knownOrg(c, in.Org)
	if orgErr != nil {
		return orgErr
	}
	p := h.newSignIn(c, in, o)
	p.Notice = refused(c, err)
	return httpd.Render(c, statusOf(err), "auth/signin", p)
}

// refused tells why one is not let in; an unknown name and a wrong password look alike.
func refused(c echo.Context, err error) *ui.Notice {
	t := httpd.PrinterOf(c).T
	if errs.Is(err, errs.TooMany) {
		return &ui.Notice{Tone: ui.ToneDanger, Title: t("auth.too_many.title"), Text: t("auth.too_many")}
	}
	return &ui.Notice{Tone: ui.ToneDanger, Title: t("auth.refused.title"),
		Text: t("auth.refused", "Max", auth.MaxFailures, "Minutes", int(auth.LockTime.Minutes()))}
}

// statusOf keeps a refusal from looking like a page that needs signing in.
func statusOf(err error) int {
	if errs.Is(err, errs.TooMany) {
		return http.StatusTooManyRequests
	}
	return http.StatusUnprocessableEntity
}

// ChooseOrgPage finds the enterprise that an employee number belongs to.
type ChooseOrgPage struct {
	httpd.Base
	Query   string
	Next    string
	Found   []ui.Link
	Message string // instead of results
}

const (
	minQuery   = 2
	maxResults = 20
)

func (h *Handlers) chooseOrg(c echo.Context) error {
	t := httpd.PrinterOf(c).T
	p := &ChooseOrgPage{Query: strings.TrimSpace(c.QueryParam("q")), Next: onward(local(c.QueryParam("next")))}
	p.Bare = true
	if utf8.RuneCountInString(p.Query) < minQuery {
		p.Message = t("auth.org.type")
		return httpd.Render(c, http.StatusOK, "auth/org", p)
	}
	found, err := h.orgs.Suggest(c.Request().Context(), p.Query, maxResults)
	if err != nil {
		return err
	}
	for _, o := range found {
		q := url.Values{"org": {o.Code}}
		p.Found = append(p.Found, ui.Link{Label: o.Name, Href: ui.Href("/sign-in", q, "next", p.Next)})
	}
	if len(found) == 0 {
		p.Message = t("auth.org.none")
	}
	return httpd.Render(c, http.StatusOK, "auth/org", p)
}

func (h *Handlers) signOut(c echo.Context) error {
	if sc := httpd.ScopeOf(c); sc.Account != 0 {
		if err := h.auth.SignedOut(c.Request().Context(), sc, httpd.NowOf(c)); err != nil {
			return err
		}
	}
	if err := h.server.SignOut(c); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/sign-in?out=1")
}

type languageForm struct {
	Lang string `form:"lang"`
	Back string `form:"back"`
}

// language keeps the choice on the device and, for somebody signed in, with the account.
func (h *Handlers) language(c echo.Context) error {
	var in languageForm
	if err := httpd.Bind(c, &in); err != nil {
		return err
	}
	if !known(in.Lang) {
		return errs.New(errs.Invalid, "error.choice")
	}
	if sc := httpd.ScopeOf(c); sc.Account != 0 {
		if err := h.auth.SetLanguage(c.Request().Context(), sc, in.Lang, httpd.NowOf(c)); err != nil {
			return err
		}
	}
	h.remember(c, langCookie, in.Lang)
	return c.Redirect(http.StatusSeeOther, local(in.Back))
}
