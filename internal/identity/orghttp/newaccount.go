package orghttp

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/auth"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/platform/errs"
)

type accountForm struct {
	Org        string   `form:"org"`
	Role       string   `form:"role"`
	Login      string   `form:"login"`
	Name       string   `form:"name"`
	Email      string   `form:"email"`
	Division   string   `form:"division"`
	EmployeeNo string   `form:"employee_no"`
	Teams      []string `form:"teams"`
}

// orgFor is the org that a new account is for: the one named by an administrator, else the reader's own.
func (p accountPages) orgFor(c echo.Context, id string) (org.Org, error) {
	n, err := strconv.ParseInt(id, 10, 32)
	if !p.admin || err != nil {
		n = int64(httpd.ScopeOf(c).Org)
	}
	return p.orgs.Get(c.Request().Context(), int32(n))
}

// creatable are the roles that the reader may give in an org of the kind.
func creatable(sc authz.Scope, kind string) []authz.Role {
	return slices.DeleteFunc(auth.RolesOf(kind), func(r authz.Role) bool { return !slices.Contains(auth.CreatableRoles(sc), r) })
}

func (p accountPages) newAccount(c echo.Context) error {
	in := accountForm{Org: c.QueryParam("org"), Role: c.QueryParam("role")}
	return p.showNew(c, http.StatusOK, in, nil)
}

// showNew shows the form for one role; the others are tabs, since each asks for something else.
func (p accountPages) showNew(c echo.Context, status int, in accountForm, failure error) error {
	o, err := p.orgFor(c, in.Org)
	if err != nil {
		return err
	}
	t := httpd.PrinterOf(c).T
	roles := creatable(httpd.ScopeOf(c), o.Kind)
	if !slices.Contains(roles, authz.Role(in.Role)) {
		in.Role = string(roles[0])
	}
	page := &FormPage{Head: ui.NewHead(t, t("org.account.new"), ui.Link{Label: t("org.accounts"), Href: p.base})}
	page.Head.Sub = o.Name
	page.Tabs = &ui.Tabs{Label: t("org.role"), Segmented: true}
	for _, r := range roles {
		page.Tabs.Items = append(page.Tabs.Items, ui.Tab{Label: t("role." + string(r)), Current: string(r) == in.Role,
			Href: ui.Href(p.base+"/new", nil, "role", string(r), "org", in.Org)})
	}
	page.Notice = &ui.Notice{Tone: ui.ToneInfo, Text: t("org.role." + in.Role + ".about")}
	fields, err := p.newFields(c, in, failure)
	if err != nil {
		return err
	}
	page.Form = ui.NewForm(t, p.base+"/new", t("org.account.create"), fields...)
	page.Form.Hidden = []ui.Param{{Name: "role", Value: in.Role}, {Name: "org", Value: in.Org}}
	page.Form.Note = t("org.account.create.note")
	page.Form.Cancel = &ui.Link{Label: t("common.cancel"), Href: p.base}
	return httpd.Render(c, status, "org/form", page)
}

func (p accountPages) newFields(c echo.Context, in accountForm, failure error) ([]ui.Field, error) {
	t := httpd.PrinterOf(c).T
	rest, err := p.personFields(c, authz.Role(in.Role), editForm{Name: in.Name, Email: in.Email, Division: in.Division,
		Teams: in.Teams}, failure)
	first := ui.Field{Kind: ui.FieldText, Name: "login", Label: t("org.account.login"), Hint: t("org.account.login.hint"),
		Value: in.Login, Required: true,
		MaxLength: 64, Autocomplete: "off", Error: httpd.FieldError(c, failure, "login")}
	if authz.Role(in.Role) == authz.TeamLeader {
		first = ui.Field{Kind: ui.FieldText, Name: "employee_no", Label: t("org.account.employee_no"), Hint: t("org.account.employee_no.hint"),
			Value: in.EmployeeNo, Required: true, MaxLength: 40, Autocomplete: "off", Error: httpd.FieldError(c, failure, "employee_no")}
	}
	return append([]ui.Field{first}, rest...), err
}

func (p accountPages) create(c echo.Context) error {
	var in accountForm
	if err := httpd.Bind(c, &in); err != nil {
		return err
	}
	o, err := p.orgFor(c, in.Org)
	if err != nil {
		return err
	}
	a, link, err := p.auth.CreateAccount(c.Request().Context(), httpd.ScopeOf(c), auth.NewAccount{Org: o.ID,
		Role: authz.Role(in.Role), Login: in.Login,
		Name: in.Name, Email: in.Email, Division: in.Division, EmployeeNo: in.EmployeeNo, Teams: numbers(in.Teams)}, httpd.NowOf(c))
	if errs.Is(err, errs.Invalid) {
		return p.showNew(c, http.StatusUnprocessableEntity, in, err)
	}
	if err != nil {
		return err
	}
	if link.Token == "" { // a worker who signs in already
		return httpd.Done(c, p.at(a.ID), "org.account.promoted", "Name", a.Name)
	}
	return p.showLink(c, a, link)
}

// LinkPage shows a one-time link, once.
type LinkPage struct {
	httpd.Base
	Head    ui.PageHead
	Notice  ui.Notice
	QR      ui.QR
	Address string
	Expires string
	Back    string
}

func (p accountPages) newLink(c echo.Context) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	link, a, err := p.auth.NewLink(c.Request().Context(), httpd.ScopeOf(c), id, httpd.NowOf(c))
	if err != nil {
		return err
	}
	return p.showLink(c, a, link)
}

func (p accountPages) showLink(c echo.Context, a auth.Account, link auth.Link) error {
	t := httpd.PrinterOf(c).T
	page := &LinkPage{Address: p.link(c, link.Path()), Back: p.at(a.ID),
		Head: ui.NewHead(t, t("org.link."+string(link.Purpose), "Name", a.Name), ui.Link{Label: t("org.accounts"), Href: p.base})}
	page.Expires = t("org.link.expires", "Time", httpd.DateTime(httpd.PrinterOf(c), link.ExpiresAt, httpd.ZoneOf(c)))
	page.Notice = ui.Notice{Tone: ui.ToneWarn, Title: t("org.link.once"), Text: t("org.link.once.text")}
	var err error
	if page.QR, err = qr(page.Address, t("org.link.scan")); err != nil {
		return err
	}
	return httpd.Render(c, http.StatusOK, "org/link", page)
}
