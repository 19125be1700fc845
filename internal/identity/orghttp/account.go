package orghttp

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/auth"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
)

// AccountPage shows an account to its manager, with what can be changed and done.
type AccountPage struct {
	httpd.Base
	Head    ui.PageHead
	Facts   ui.Facts
	Form    *ui.Form // nil where nothing can be edited
	Actions []ui.Action
	Own     bool
}

type editForm struct {
	Name     string   `form:"name"`
	Email    string   `form:"email"`
	Division string   `form:"division"`
	Teams    []string `form:"teams"`
}

func (p accountPages) account(c echo.Context) (auth.Account, error) {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return auth.Account{}, err
	}
	return p.auth.Account(c.Request().Context(), httpd.ScopeOf(c), id)
}

func (p accountPages) show(c echo.Context) error {
	a, err := p.account(c)
	if err != nil {
		return err
	}
	in := editForm{Name: a.Name, Email: a.Email, Division: a.Division, Teams: texts(a.TeamIDs)}
	return p.showAccount(c, http.StatusOK, a, in, nil)
}

func texts(ids []int64) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = strconv.FormatInt(id, 10)
	}
	return out
}

// numbers reads ids; one that is none becomes 0, which no row has.
func numbers(texts []string) []int64 {
	out := make([]int64, len(texts))
	for i, s := range texts {
		out[i], _ = strconv.ParseInt(s, 10, 64)
	}
	return out
}

func (p accountPages) showAccount(c echo.Context, status int, a auth.Account, in editForm, failure error) error {
	t, now := httpd.PrinterOf(c).T, httpd.NowOf(c)
	page := &AccountPage{Own: a.ID == httpd.ScopeOf(c).Account, Head: ui.NewHead(t, named(t, a),
		ui.Link{Label: t("org.accounts"), Href: p.base})}
	page.Head.Badges = []ui.Badge{stateBadge(t, a, now)}
	page.Facts = ui.Facts{Columns: true, Items: []ui.Fact{
		{Label: t("org.role"), Value: t("role." + string(a.Role))}, {Label: t("org.name"), Value: a.OrgName},
		{Label: t("org.account.login"), Value: signsInBy(t, a)}, {Label: t("org.account.seen"), Value: seen(c, a).Text},
		{Label: t("org.account.created"), Value: httpd.DateTime(httpd.PrinterOf(c), a.CreatedAt, httpd.ZoneOf(c))},
	}}
	fields, err := p.personFields(c, a.Role, in, failure)
	if err != nil {
		return err
	}
	if len(fields) > 0 {
		f := ui.NewForm(t, p.at(a.ID), t("common.save"), fields...)
		page.Form = &f
	}
	page.Actions = p.actions(t, a, page.Own)
	return httpd.Render(c, status, "org/account", page)
}

// personFields are what can be edited of an account of the role.
func (p accountPages) personFields(c echo.Context, role authz.Role, in editForm, failure error) ([]ui.Field, error) {
	t := httpd.PrinterOf(c).T
	fault := func(name string) string { return httpd.FieldError(c, failure, name) }
	switch role {
	case authz.Worker:
		return nil, nil
	case authz.TeamLeader:
		f, err := p.teamsField(c, in.Teams, fault("teams"))
		return []ui.Field{f}, err
	}
	fields := []ui.Field{
		{Kind: ui.FieldText, Name: "name", Label: t("org.account.name"), Value: in.Name, Required: true, MaxLength: 40,
			Autocomplete: "off", Error: fault("name")},
		{Kind: ui.FieldEmail, Name: "email", Label: t("org.account.email"), Value: in.Email, Hint: t("org.account.email.hint"), MaxLength: 254,
			Autocomplete: "off", Error: fault("email")},
	}
	if role == authz.DistrictBureau {
		zones, err := p.zones(c, "district", "county", "zone")
		if err != nil {
			return nil, err
		}
		fields = append(fields, ui.Field{Kind: ui.FieldSelect, Name: "division", Label: t("org.account.division"), Required: true,
			Error:   fault("division"),
			Options: ui.Choose(options(t, "zone.", zones, t("org.choose")), in.Division)})
	}
	return fields, nil
}

func (p accountPages) teamsField(c echo.Context, chosen []string, fault string) (ui.Field, error) {
	t := httpd.PrinterOf(c).T
	teams, err := p.auth.Teams(c.Request().Context(), httpd.ScopeOf(c))
	f := ui.Field{Kind: ui.FieldChecks, Name: "teams", Label: t("org.account.teams"), Hint: t("org.account.teams.hint"),
		Required: true, Inline: true, Error: fault}
	for _, team := range teams {
		f.Options = append(f.Options, ui.Option{Value: strconv.FormatInt(team.ID, 10), Label: strings.TrimSpace(team.Workshop + " " + team.Name)})
	}
	f.Options = ui.Choose(f.Options, chosen...)
	if len(teams) == 0 {
		f.Hint = t("org.account.teams.none")
	}
	return f, err
}

// actions are what can be done with an account; nobody disables or demotes the account they are using.
func (p accountPages) actions(t ui.Translate, a auth.Account, own bool) []ui.Action {
	ask := func(id, icon string, kind ui.Kind) ui.Action {
		d := ui.NewDialog(t, id, ui.Action{Label: t("org.account." + id), Icon: icon, Kind: kind}, p.at(a.ID)+"/"+id)
		d.Text = t("org.account." + id + ".text")
		if kind == ui.KindDanger {
			d.Kind = kind
		}
		return ui.Action{Dialog: d}
	}
	if a.State == auth.Disabled {
		return []ui.Action{ask("enable", "undo", ui.KindPlain)}
	}
	out := []ui.Action{ask("link", "link", ui.KindPlain)}
	if own {
		return out
	}
	if a.Role == authz.TeamLeader {
		out = append(out, ask("demote", "user", ui.KindPlain))
	}
	return append(out, ask("disable", "stop", ui.KindDanger))
}

func (p accountPages) edit(c echo.Context) error {
	var in editForm
	if err := httpd.Bind(c, &in); err != nil {
		return err
	}
	a, err := p.account(c)
	if err != nil {
		return err
	}
	err = p.auth.EditAccount(c.Request().Context(), httpd.ScopeOf(c), a.ID, auth.Changes{Name: in.Name, Email: in.Email, Division: in.Division,
		Teams: numbers(in.Teams)}, httpd.NowOf(c))
	if errs.Is(err, errs.Invalid) {
		return p.showAccount(c, http.StatusUnprocessableEntity, a, in, err)
	}
	if err != nil {
		return err
	}
	return httpd.Done(c, p.at(a.ID), "common.saved")
}

func (p accountPages) setDisabled(disabled bool) echo.HandlerFunc {
	return func(c echo.Context) error {
		id, err := httpd.ID(c, "id")
		if err != nil {
			return err
		}
		if err := p.auth.SetDisabled(c.Request().Context(), httpd.ScopeOf(c), id, disabled, httpd.NowOf(c)); err != nil {
			return err
		}
		if disabled {
			return httpd.Done(c, p.at(id), "org.account.disabled")
		}
		return httpd.Done(c, p.at(id), "org.account.enabled")
	}
}

func (p accountPages) demote(c echo.Context) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	if err := p.auth.Demote(c.Request().Context(), httpd.ScopeOf(c), id, httpd.NowOf(c)); err != nil {
		return err
	}
	return httpd.Done(c, p.at(id), "org.account.demoted")
}
