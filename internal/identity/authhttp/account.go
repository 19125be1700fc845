package authhttp

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/auth"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/i18n"
)

func known(lang string) bool { return slices.Contains(i18n.Languages(), lang) }

// AccountPage is everybody's own page: who one is here, the password, the language, the end of all sessions.
type AccountPage struct {
	httpd.Base
	Head      ui.PageHead
	Facts     ui.Facts
	Password  ui.Form
	Languages []Language
	Leave     *ui.Dialog
}

// Language is one choice of the language switch, named in itself.
type Language struct {
	Tag, Name string
	Current   bool
}

// languageNames are what each language calls itself.
var languageNames = map[string]string{i18n.Chinese: "简体中文", i18n.English: "English"}

type passwordForm struct {
	Old   string `form:"old"`
	New   string `form:"new"`
	Again string `form:"again"`
}

func (h *Handlers) account(c echo.Context) error {
	return h.showAccount(c, http.StatusOK, nil)
}

func (h *Handlers) showAccount(c echo.Context, status int, failure error) error {
	a, err := h.auth.Own(c.Request().Context(), httpd.ScopeOf(c))
	if err != nil {
		return err
	}
	printer := httpd.PrinterOf(c)
	t := printer.T
	p := &AccountPage{Head: ui.NewHead(t, t("auth.account.title"))}
	p.Facts = ui.Facts{Columns: true, Items: ownFacts(c, a)}
	fields := append([]ui.Field{{Kind: ui.FieldPassword, Name: "old", Label: t("auth.old"), Required: true, Autocomplete: "current-password",
		MaxLength: 200, Error: httpd.FieldError(c, failure, "old")}}, passwordFields(c, a.Role == authz.Worker, failure)...)
	p.Password = ui.NewForm(t, "/account", t("auth.change_password"), fields...)
	p.Password.Note = t("auth.change_password.note")
	for _, tag := range i18n.Languages() {
		p.Languages = append(p.Languages, Language{Tag: tag, Name: languageNames[tag], Current: tag == printer.Lang()})
	}
	p.Leave = ui.NewDialog(t, "leave", ui.Action{Label: t("auth.sign_out_everywhere"), Icon: "exit"}, "/account/sign-out-everywhere")
	p.Leave.Text = t("auth.sign_out_everywhere.text")
	return httpd.Render(c, status, "auth/account", p)
}

// ownFacts: how the account signs in matters most to somebody who forgets it.
func ownFacts(c echo.Context, a auth.Account) []ui.Fact {
	t := httpd.PrinterOf(c).T
	items := []ui.Fact{
		{Label: t("auth.fact.name"), Value: a.Name},
		{Label: t("auth.fact.role"), Value: t("role." + string(a.Role))},
		{Label: t("auth.fact.org"), Value: a.OrgName},
	}
	if a.Login != "" {
		items = append(items, ui.Fact{Label: t("auth.fact.login"), Value: a.Login})
	}
	if a.EmployeeNo != "" {
		items = append(items, ui.Fact{Label: t("auth.fact.employee_no"), Value: a.EmployeeNo, Sub: t("auth.fact.employee_no.sub")})
	}
	if a.LastSignIn != nil {
		items = append(items, ui.Fact{Label: t("auth.fact.last"), Value: httpd.DateTime(httpd.PrinterOf(c), *a.LastSignIn, httpd.ZoneOf(c))})
	}
	return items
}

func (h *Handlers) changePassword(c echo.Context) error {
	var in passwordForm
	if err := httpd.Bind(c, &in); err != nil {
		return err
	}
	ses, err := h.auth.ChangePassword(c.Request().Context(), httpd.ScopeOf(c), auth.PasswordChange{Old: in.Old, New: in.New,
		Again: in.Again}, httpd.NowOf(c))
	if errs.Is(err, errs.Invalid) {
		return h.showAccount(c, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	if err := h.server.SignIn(c, ses.Account, ses.Epoch); err != nil {
		return err
	}
	return httpd.Done(c, "/account", "auth.password_changed")
}

func (h *Handlers) signOutEverywhere(c echo.Context) error {
	if err := h.auth.SignOutEverywhere(c.Request().Context(), httpd.ScopeOf(c), httpd.NowOf(c)); err != nil {
		return err
	}
	if err := h.server.SignOut(c); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/sign-in?out=all")
}
