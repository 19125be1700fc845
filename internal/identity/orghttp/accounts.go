package orghttp

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/auth"
	"github.com/fugong/fugong/internal/identity/authz"
)

// accountPages manage accounts at one of two addresses: an org's own, or for administrators those who run the orgs. What
// each may see and do is decided by the service.
type accountPages struct {
	*Handlers
	base  string
	admin bool
}

func (p accountPages) routes(a httpd.Access) []httpd.Route {
	return []httpd.Route{
		httpd.GET(p.base, a, p.list),
		httpd.GET(p.base+"/new", a, p.newAccount),
		httpd.POST(p.base+"/new", a, p.create),
		httpd.GET(p.base+"/:id", a, p.show),
		httpd.POST(p.base+"/:id", a, p.edit),
		httpd.GET(p.base+"/:id/link", a, func(c echo.Context) error { return c.Redirect(http.StatusSeeOther, p.base+"/"+c.Param("id")) }),
		httpd.POST(p.base+"/:id/link", a, p.newLink),
		httpd.POST(p.base+"/:id/disable", a, p.setDisabled(true)),
		httpd.POST(p.base+"/:id/enable", a, p.setDisabled(false)),
		httpd.POST(p.base+"/:id/demote", a, p.demote),
	}
}

func (p accountPages) at(id int64) string { return p.base + "/" + strconv.FormatInt(id, 10) }

// orgParam is the org that an administrator looks at, 0 for none.
func orgParam(c echo.Context) int32 {
	id, err := strconv.ParseInt(c.QueryParam("org"), 10, 32)
	if err != nil {
		return 0
	}
	return int32(id)
}

func (p accountPages) list(c echo.Context) error {
	l := listingOf(c)
	sc, now := httpd.ScopeOf(c), httpd.NowOf(c)
	res, err := p.auth.Accounts(c.Request().Context(), sc, auth.Filter{Query: l.get("q"), Org: orgParam(c), Role: authz.Role(l.get("role")),
		State: l.get("state"), Sort: l.get("sort"), Desc: l.get("desc") != "", Page: httpd.PageRequest(c)}, now)
	if err != nil {
		return err
	}
	t := l.t
	page := &ListPage{Head: ui.NewHead(t, t("org.accounts"))}
	page.Head.Actions = []ui.Action{{Label: t("org.account.new"), Href: ui.Href(p.base+"/new", nil, "org", l.get("org")),
		Icon: "plus", Kind: ui.KindPrimary}}
	page.Table = ui.NewTable(t, "accounts", t("org.accounts"))
	page.Table.Toolbar = l.toolbar("accounts", t("org.account.search"), []ui.Select{
		l.choice("role", t("org.role"), "role.", roleNames(auth.ManagedRoles(sc))),
		l.choice("state", t("common.status"), "org.state.", []string{auth.Active, auth.Invited, "locked", auth.Disabled}),
	}, "org")
	if l.get("org") != "" {
		page.Table.Toolbar.Clear = p.base
	}
	page.Table.Columns = p.columns(l)
	for _, a := range res.Rows {
		page.Table.Rows = append(page.Table.Rows, p.row(c, a, now))
	}
	page.Table.Pager = l.pager(len(res.Rows), res.Total, res.Prev, res.Next)
	return httpd.Render(c, http.StatusOK, "org/list", page)
}

func (p accountPages) columns(l listing) []ui.Column {
	head := l.sortable(l.t("org.account"), "name", true)
	head.Head = true
	cols := []ui.Column{head, {Label: l.t("org.role")}, {Label: l.t("common.status")}, l.sortable(l.t("org.account.seen"), "seen", false)}
	if p.admin {
		cols = append(cols, ui.Column{Label: l.t("org.name")})
	}
	return cols
}

func roleNames(roles []authz.Role) []string {
	out := make([]string, len(roles))
	for i, r := range roles {
		out[i] = string(r)
	}
	return out
}

func (p accountPages) row(c echo.Context, a auth.Account, now time.Time) ui.Row {
	t := httpd.PrinterOf(c).T
	out := ui.Row{Label: a.Name, Cells: []ui.Cell{
		{Text: named(t, a), Sub: signsInBy(t, a), Href: p.at(a.ID)},
		{Text: t("role." + string(a.Role)), Sub: strings.Join(a.Teams, t("org.comma"))},
		ui.Badges(stateBadge(t, a, now)), seen(c, a),
	}}
	if p.admin {
		out.Cells = append(out.Cells, ui.Text(a.OrgName))
	}
	return out
}

// named is the account's name; a first administrator who never came has none yet.
func named(t ui.Translate, a auth.Account) string {
	if a.Name == "" {
		return t("org.account.unnamed")
	}
	return a.Name
}

func signsInBy(t ui.Translate, a auth.Account) string {
	if a.Login != "" {
		return a.Login
	}
	if a.EmployeeNo != "" {
		return t("org.account.number", "Number", a.EmployeeNo)
	}
	return ""
}

func seen(c echo.Context, a auth.Account) ui.Cell {
	if a.LastSignIn == nil {
		return ui.Text(httpd.PrinterOf(c).T("org.account.never"))
	}
	return ui.Cell{Text: httpd.DateTime(httpd.PrinterOf(c), *a.LastSignIn, httpd.ZoneOf(c)), DateTime: a.LastSignIn.Format(time.RFC3339)}
}

func stateBadge(t ui.Translate, a auth.Account, now time.Time) ui.Badge {
	switch {
	case a.State == auth.Disabled:
		return ui.Badge{Label: t("org.state.disabled"), Tone: ui.ToneNeutral, Icon: "away"}
	case a.State == auth.Invited:
		return ui.Badge{Label: t("org.state.invited"), Tone: ui.ToneInfo, Icon: "hourglass"}
	case a.Locked(now):
		return ui.Badge{Label: t("org.state.locked"), Tone: ui.ToneWarn, Icon: "alert"}
	}
	return ui.Badge{Label: t("org.state.active"), Tone: ui.ToneOK, Icon: "check"}
}
