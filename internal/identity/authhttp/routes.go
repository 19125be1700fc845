// Package authhttp is how people get in and out: signing in and out, the pages behind one-time links, the set-up of a new
// installation, the choice of language, and each account's own page.
package authhttp

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/identity/auth"
	"github.com/fugong/fugong/internal/identity/org"
)

// Handlers serve the pages.
type Handlers struct {
	auth   *auth.Service
	orgs   *org.Service
	server *httpd.Server
	secure bool
}

// Deps is what the pages need. Secure keeps their cookies off plain connections.
type Deps struct {
	Auth   *auth.Service
	Orgs   *org.Service
	Server *httpd.Server
	Secure bool
}

// Routes lists the addresses.
func Routes(d Deps) []httpd.Route {
	h := &Handlers{auth: d.Auth, orgs: d.Orgs, server: d.Server, secure: d.Secure}
	return []httpd.Route{
		httpd.GET("/sign-in", httpd.Public(), h.signInPage),
		httpd.POST("/sign-in", httpd.Public(), h.signIn),
		httpd.GET("/sign-in/org", httpd.Public(), h.chooseOrg),
		httpd.POST("/sign-out", httpd.Public(), h.signOut),
		httpd.POST("/language", httpd.Public(), h.language),
		httpd.GET("/activate/:token", httpd.Public(), h.linkPage(auth.ForActivate)),
		httpd.POST("/activate/:token", httpd.Public(), h.redeem(auth.ForActivate)),
		httpd.GET("/reset/:token", httpd.Public(), h.linkPage(auth.ForReset)),
		httpd.POST("/reset/:token", httpd.Public(), h.redeem(auth.ForReset)),
		httpd.GET("/setup/:token", httpd.Public(), h.setupPage),
		httpd.POST("/setup/:token", httpd.Public(), h.setup),
		httpd.GET("/account", httpd.SignedIn(), h.account),
		httpd.POST("/account", httpd.SignedIn(), h.changePassword),
		httpd.POST("/account/sign-out-everywhere", httpd.SignedIn(), h.signOutEverywhere),
	}
}

// Pages names the templates with the structs that fill them.
func Pages() map[string]any {
	return map[string]any{
		"auth/signin":  &SignInPage{},
		"auth/org":     &ChooseOrgPage{},
		"auth/link":    &LinkPage{},
		"auth/dead":    &DeadPage{},
		"auth/setup":   &SetupPage{},
		"auth/account": &AccountPage{},
	}
}

const (
	langCookie = "fugong_lang"
	orgCookie  = "fugong_org"
	cookieLife = 365 * 24 * time.Hour
)

// remember keeps a choice on the device.
func (h *Handlers) remember(c echo.Context, name, value string) {
	c.SetCookie(&http.Cookie{Name: name, Value: value, Path: "/", MaxAge: int(cookieLife.Seconds()), HttpOnly: true, Secure: h.secure,
		SameSite: http.SameSiteLaxMode})
}

// local keeps an address that came with a request only if it leads to a page of this server.
func local(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(address, "/") || strings.HasPrefix(address, "//") ||
		strings.ContainsAny(address, "\\\r\n") {
		return "/"
	}
	return address
}

func from(c echo.Context) auth.From {
	return auth.From{IP: c.RealIP(), RequestID: c.Response().Header().Get(echo.HeaderXRequestID)}
}

// enter starts the session and sends its owner on.
func (h *Handlers) enter(c echo.Context, ses auth.Session, to string) error {
	if err := h.server.SignIn(c, ses.Account, ses.Epoch); err != nil {
		return err
	}
	if ses.OrgCode != "" {
		h.remember(c, orgCookie, ses.OrgCode)
	}
	return c.Redirect(http.StatusSeeOther, to)
}
