// Package orghttp is where organisations are run: an org's own settings, its accounts, the invitation of its workers and its
// API clients, and for administrators of the installation every org and those who run them.
package orghttp

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/auth"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/client"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/platform/qrsvg"
)

// Deps is what the pages need. BaseURL is the address of the installation in links that leave it; empty takes the one that
// the reader came by.
type Deps struct {
	Auth    *auth.Service
	Orgs    *org.Service
	Clients *client.Service
	BaseURL string
}

// Handlers serve the pages.
type Handlers struct {
	auth    *auth.Service
	orgs    *org.Service
	clients *client.Service
	base    string
}

// Routes lists the addresses.
func Routes(d Deps) []httpd.Route {
	h := &Handlers{auth: d.Auth, orgs: d.Orgs, clients: d.Clients, base: d.BaseURL}
	routes := []httpd.Route{
		httpd.GET("/org", httpd.Need(authz.OrgSettings), h.settings),
		httpd.POST("/org", httpd.Need(authz.OrgSettings), h.saveSettings),
		httpd.GET("/org/invites", httpd.Need(authz.InvitePrint), h.invites),
		httpd.GET("/org/invites/print", httpd.Need(authz.InvitePrint), backTo("/org/invites")),
		httpd.POST("/org/invites/print", httpd.Need(authz.InvitePrint), h.printCards),
		httpd.GET("/org/clients", httpd.Need(authz.ClientManage), h.clientList),
		httpd.GET("/org/clients/new", httpd.Need(authz.ClientManage), h.newClient),
		httpd.POST("/org/clients/new", httpd.Need(authz.ClientManage), h.createClient),
		httpd.POST("/org/clients/:id/revoke", httpd.Need(authz.ClientManage), h.revokeClient),
		httpd.GET("/admin/orgs", httpd.Need(authz.OrgManage), h.orgList),
		httpd.GET("/admin/orgs/new", httpd.Need(authz.OrgManage), h.newOrg),
		httpd.POST("/admin/orgs/new", httpd.Need(authz.OrgManage), h.createOrg),
		httpd.GET("/admin/orgs/:id", httpd.Need(authz.OrgManage), h.editOrg),
		httpd.POST("/admin/orgs/:id", httpd.Need(authz.OrgManage), h.saveOrg),
	}
	routes = append(routes, accountPages{h, "/org/accounts", false}.routes(httpd.Need(authz.OrgSettings))...)
	return append(routes, accountPages{h, "/admin/accounts", true}.routes(httpd.Need(authz.OrgManage))...)
}

// Pages names the templates with the structs that fill them.
func Pages() map[string]any {
	return map[string]any{
		"org/settings": &SettingsPage{},
		"org/list":     &ListPage{},
		"org/form":     &FormPage{},
		"org/account":  &AccountPage{},
		"org/link":     &LinkPage{},
		"org/invites":  &InvitesPage{},
		"org/cards":    &CardsPage{},
		"org/token":    &TokenPage{},
		"admin/org":    &OrgPage{},
	}
}

// ListPage is a head and a list.
type ListPage struct {
	httpd.Base
	Head   ui.PageHead
	Notice *ui.Notice
	Table  ui.Table
}

// FormPage is a head and a form, with tabs where the form depends on a first choice.
type FormPage struct {
	httpd.Base
	Head   ui.PageHead
	Tabs   *ui.Tabs
	Notice *ui.Notice
	Form   ui.Form
}

// backTo answers somebody who reloads or returns to an address that only takes forms.
func backTo(address string) echo.HandlerFunc {
	return func(c echo.Context) error { return c.Redirect(http.StatusSeeOther, address) }
}

// link is a path of this installation as it is handed to people outside.
func (h *Handlers) link(c echo.Context, path string) string {
	if h.base != "" {
		return h.base + path
	}
	return c.Scheme() + "://" + c.Request().Host + path
}

func qr(address, label string) (ui.QR, error) {
	path, size, err := qrsvg.Path(address)
	return ui.QR{Path: path, Size: size, Label: label}, err
}
