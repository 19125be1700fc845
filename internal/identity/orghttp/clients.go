package orghttp

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/client"
	"github.com/fugong/fugong/internal/platform/errs"
)

func (h *Handlers) clientList(c echo.Context) error {
	l := listingOf(c)
	t, now, sc := l.t, httpd.NowOf(c), httpd.ScopeOf(c)
	clients, err := h.clients.List(c.Request().Context(), sc, l.get("all") != "", now)
	if err != nil {
		return err
	}
	roles, err := h.clientRoles(c)
	if err != nil {
		return err
	}
	p := &ListPage{Head: ui.NewHead(t, t("org.clients"))}
	p.Head.Sub = t("org.clients.sub")
	add := ui.Action{Label: t("org.client.new"), Href: "/org/clients/new", Icon: "plus", Kind: ui.KindPrimary}
	if len(roles) > 0 {
		p.Head.Actions = []ui.Action{add}
	}
	p.Table = ui.NewTable(t, "clients", t("org.clients"))
	p.Table.Toolbar = ui.NewToolbar(t, "/org/clients", "clients")
	p.Table.Toolbar.Chips = []ui.Chip{{Label: t("org.clients.working"), Href: "/org/clients", Current: l.get("all") == ""},
		{Label: t("org.clients.all"), Href: "/org/clients?all=1", Current: l.get("all") != ""}}
	p.Table.Columns = []ui.Column{{Label: t("org.client"), Head: true}, {Label: t("org.client.scopes")}, {Label: t("org.client.expires")},
		{Label: t("org.client.used")}, {Label: t("common.status")}, {Label: t("common.actions"), Tight: true}}
	for _, k := range clients {
		p.Table.Rows = append(p.Table.Rows, clientRow(c, k, now))
	}
	p.Table.Empty = ui.Empty{Icon: "key", Title: t("org.clients.empty"), Text: t("org.clients.empty.text")}
	return httpd.Render(c, http.StatusOK, "org/list", p)
}

func clientRow(c echo.Context, k client.Client, now time.Time) ui.Row {
	printer := httpd.PrinterOf(c)
	t := printer.T
	scopes := make([]string, len(k.Scopes))
	for i, s := range k.Scopes {
		scopes[i] = t("org.scope." + s)
	}
	sub := ""
	if k.Org != httpd.ScopeOf(c).Org {
		sub = k.OrgName
	}
	used := ui.Text(t("org.account.never"))
	if k.LastUsedAt != nil {
		used = ui.Cell{Text: httpd.DateTime(printer, *k.LastUsedAt, httpd.ZoneOf(c)), DateTime: k.LastUsedAt.Format(time.RFC3339)}
	}
	row := ui.Row{Label: k.Name, Cells: []ui.Cell{{Text: k.Name, Sub: sub}, ui.Text(strings.Join(scopes, t("org.comma"))),
		{Text: httpd.Day(printer, k.ExpiresAt.In(httpd.ZoneOf(c))), DateTime: k.ExpiresAt.Format(time.RFC3339)}, used, ui.Badges(clientBadge(t, k, now)), {}}}
	if k.Works(now) {
		id := strconv.Itoa(int(k.ID))
		d := ui.NewDialog(t, "revoke-"+id, ui.Action{Label: t("org.client.revoke"), Icon: "stop", Kind: ui.KindDanger},
			"/org/clients/"+id+"/revoke")
		d.Title, d.Text, d.Kind = t("org.client.revoke.title", "Name", k.Name), t("org.client.revoke.text"), ui.KindDanger
		row.Cells[5].Actions = []ui.Action{{Dialog: d}}
	}
	return row
}

func clientBadge(t ui.Translate, k client.Client, now time.Time) ui.Badge {
	switch {
	case k.RevokedAt != nil:
		return ui.Badge{Label: t("org.client.revoked"), Tone: ui.ToneNeutral, Icon: "away"}
	case !k.Works(now):
		return ui.Badge{Label: t("org.client.expired"), Tone: ui.ToneNeutral, Icon: "clock"}
	case k.ExpiresAt.Sub(now) < 14*24*time.Hour:
		return ui.Badge{Label: t("org.client.ending"), Tone: ui.ToneWarn, Icon: "hourglass"}
	}
	return ui.Badge{Label: t("org.client.works"), Tone: ui.ToneOK, Icon: "check"}
}

func (h *Handlers) clientRoles(c echo.Context) ([]authz.Role, error) {
	o, err := h.orgs.Get(c.Request().Context(), httpd.ScopeOf(c).Org)
	return client.RolesOf(o.Kind), err
}

type clientForm struct {
	Name     string   `form:"name"`
	Role     string   `form:"role"`
	Division string   `form:"division"`
	Scopes   []string `form:"scopes"`
	Expires  string   `form:"expires"`
}

func (h *Handlers) newClient(c echo.Context) error {
	return h.showClient(c, http.StatusOK, clientForm{Role: c.QueryParam("role"), Expires: "90"}, nil)
}

// lives are how many days a token may be asked to live.
var lives = []int{30, 90, 180, 365}

func (h *Handlers) showClient(c echo.Context, status int, in clientForm, failure error) error {
	roles, err := h.clientRoles(c)
	if err != nil {
		return err
	}
	if len(roles) == 0 {
		return errs.Missing()
	}
	t := httpd.PrinterOf(c).T
	if !slices.Contains(roles, authz.Role(in.Role)) {
		in.Role = string(roles[0])
	}
	p := &FormPage{Head: ui.NewHead(t, t("org.client.new"), ui.Link{Label: t("org.clients"), Href: "/org/clients"})}
	if len(roles) > 1 {
		p.Tabs = &ui.Tabs{Label: t("org.role"), Segmented: true}
		for _, r := range roles {
			p.Tabs.Items = append(p.Tabs.Items, ui.Tab{Label: t("role." + string(r)), Href: ui.Href("/org/clients/new", nil, "role",
				string(r)), Current: string(r) == in.Role})
		}
	}
	fields, err := h.clientFields(c, in, failure)
	if err != nil {
		return err
	}
	p.Form = ui.NewForm(t, "/org/clients/new", t("org.client.create"), fields...)
	p.Form.Hidden = []ui.Param{{Name: "role", Value: in.Role}}
	p.Form.Cancel = &ui.Link{Label: t("common.cancel"), Href: "/org/clients"}
	return httpd.Render(c, status, "org/form", p)
}

func (h *Handlers) clientFields(c echo.Context, in clientForm, failure error) ([]ui.Field, error) {
	t := httpd.PrinterOf(c).T
	fault := func(name string) string { return httpd.FieldError(c, failure, name) }
	scopes := ui.Field{Kind: ui.FieldChecks, Name: "scopes", Label: t("org.client.scopes"), Hint: t("org.client.scopes.hint"),
		Required: true, Error: fault("scopes")}
	for _, s := range client.Offered(authz.Role(in.Role)) {
		scopes.Options = append(scopes.Options, ui.Option{Value: string(s), Label: t("org.scope." + string(s)), Hint: string(s),
			Selected: slices.Contains(in.Scopes, string(s))})
	}
	life := ui.Field{Kind: ui.FieldRadio, Name: "expires", Label: t("org.client.life.label"), Hint: t("org.client.life.hint"),
		Required: true, Inline: true, Error: fault("expires")}
	for _, days := range lives {
		n := strconv.Itoa(days)
		life.Options = append(life.Options, ui.Option{Value: n, Label: t("common.days", "N", days), Selected: n == in.Expires})
	}
	fields := []ui.Field{{Kind: ui.FieldText, Name: "name", Label: t("org.client.name"), Hint: t("org.client.name.hint"),
		Value: in.Name, Required: true,
		MaxLength: 40, Autocomplete: "off", Error: fault("name")}}
	if authz.Role(in.Role) == authz.DistrictBureau {
		zones, err := h.zones(c, "district", "county", "zone")
		if err != nil {
			return nil, err
		}
		fields = append(fields, ui.Field{Kind: ui.FieldSelect, Name: "division", Label: t("org.account.division"), Required: true,
			Error:   fault("division"),
			Options: ui.Choose(options(t, "zone.", zones, t("org.choose")), in.Division)})
	}
	return append(fields, scopes, life), nil
}

// TokenPage shows a token, once.
type TokenPage struct {
	httpd.Base
	Head   ui.PageHead
	Notice ui.Notice
	Token  string
}

func (h *Handlers) createClient(c echo.Context) error {
	var in clientForm
	if err := httpd.Bind(c, &in); err != nil {
		return err
	}
	now := httpd.NowOf(c)
	days, _ := strconv.Atoi(in.Expires) // none is refused as too short
	scopes := make([]authz.Permission, len(in.Scopes))
	for i, s := range in.Scopes {
		scopes[i] = authz.Permission(s)
	}
	_, token, err := h.clients.Create(c.Request().Context(), httpd.ScopeOf(c), client.Input{Name: in.Name,
		Role: authz.Role(in.Role), Division: in.Division,
		Scopes: scopes, ExpiresAt: now.AddDate(0, 0, days)}, now)
	if errs.Is(err, errs.Invalid) {
		return h.showClient(c, http.StatusUnprocessableEntity, in, err)
	}
	if err != nil {
		return err
	}
	t := httpd.PrinterOf(c).T
	p := &TokenPage{Token: token, Head: ui.NewHead(t, t("org.client.created", "Name", in.Name), ui.Link{Label: t("org.clients"),
		Href: "/org/clients"})}
	p.Notice = ui.Notice{Tone: ui.ToneWarn, Title: t("org.token.once"), Text: t("org.token.once.text")}
	return httpd.Render(c, http.StatusOK, "org/token", p)
}

func (h *Handlers) revokeClient(c echo.Context) error {
	id, err := httpd.ID(c, "id")
	if err != nil || id > 1<<31-1 {
		return errs.Missing()
	}
	if err := h.clients.Revoke(c.Request().Context(), httpd.ScopeOf(c), int32(id), httpd.NowOf(c)); err != nil {
		return err
	}
	return httpd.Done(c, "/org/clients", "org.client.revoked.done")
}
