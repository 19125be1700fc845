// Package rulebookhttp serves the pages of the rules: what applies where and why, the packs, and changes from their proposal
// through the figures of what they would ask for to the decision of a second person.
package rulebookhttp

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/rulebook"
)

type handlers struct {
	rules *rulebook.Service
	orgs  *org.Service
}

// Routes lists the addresses.
func Routes(rules *rulebook.Service, orgs *org.Service) []httpd.Route {
	h := &handlers{rules: rules, orgs: orgs}
	view, change := httpd.Need(authz.RulesView), httpd.Need(authz.RulesChange)
	return []httpd.Route{
		httpd.GET("/rules", view, h.show),
		httpd.GET("/rules/packs", view, h.packs),
		httpd.GET("/rules/packs/new", change, h.newPack),
		httpd.Upload("/rules/packs/new", change, 2*rulebook.MaxPack, h.addPack),
		httpd.GET("/rules/packs/:id", view, h.pack),
		httpd.GET("/rules/packs/:id/file", view, h.packFile),
		httpd.GET("/rules/changes/new", change, h.newChange),
		httpd.POST("/rules/changes/new", change, h.reviewChange),
		httpd.POST("/rules/changes/edit", change, h.editChange),
		httpd.POST("/rules/changes", change, h.propose),
		httpd.GET("/rules/changes/:id", view, h.change),
		httpd.POST("/rules/changes/:id/preview", change, h.recount),
		httpd.POST("/rules/changes/:id/confirm", change, h.confirm),
		httpd.POST("/rules/changes/:id/refuse", change, h.refuse),
		httpd.POST("/rules/changes/:id/withdraw", change, h.withdraw),
		httpd.POST("/rules/changes/:id/recompute", change, h.recompute),
	}
}

// Pages names the templates with the structs that fill them.
func Pages() map[string]any {
	return map[string]any{"rules/show": &ShowPage{}, "rules/packs": &PacksPage{}, "rules/pack": &PackPage{}, "rules/packform": &PackFormPage{},
		"rules/place": &PlacePage{}, "rules/form": &FormPage{}, "rules/review": &ReviewPage{}, "rules/change": &ChangePage{}}
}

// isEnterprise reports whether the reader works for an enterprise, whose own rules are then meant.
func isEnterprise(c echo.Context) bool { return httpd.ViewerOf(c).OrgKind == org.Enterprise }

// place is what the reader asks about: an enterprise's people always about their own, others about a division.
func (h *handlers) place(c echo.Context) (rulebook.Place, error) {
	sc := httpd.ScopeOf(c)
	if isEnterprise(c) {
		return rulebook.Place{Enterprise: sc.Org}, nil
	}
	if d := c.FormValue("division"); d != "" {
		return rulebook.Place{Division: d}, nil
	}
	if sc.Division != "" {
		return rulebook.Place{Division: sc.Division}, nil
	}
	divisions, err := h.orgs.Divisions(c.Request().Context())
	if err != nil {
		return rulebook.Place{}, err
	}
	return rulebook.Place{Division: divisions[0].Code}, nil // the city
}

// divisions are the choices of a place, the city first.
func (h *handlers) divisions(c echo.Context, current string) ([]ui.Option, error) {
	list, err := h.orgs.Divisions(c.Request().Context())
	if err != nil {
		return nil, err
	}
	t := httpd.PrinterOf(c).T
	options := make([]ui.Option, len(list))
	for i, d := range list {
		options[i] = ui.Option{Value: d.Code, Label: t("zone." + d.Code)}
	}
	return ui.Choose(options, current), nil
}

// placeName names a place to the reader. An enterprise other than the reader's own needs its name.
func placeName(c echo.Context, p rulebook.Place, enterprise string) string {
	t := httpd.PrinterOf(c).T
	switch {
	case p.Division != "":
		return t("zone." + p.Division)
	case p.Enterprise == httpd.ScopeOf(c).Org:
		return t("rules.place.own")
	case enterprise != "":
		return enterprise
	}
	return t("rules.place.enterprise")
}

func changePath(id int64) string { return fmt.Sprintf("/rules/changes/%d", id) }

// act does one thing with a change and shows it again; a conflict is told there.
func (h *handlers) act(c echo.Context, done string, do func(id int64) error) error {
	id, err := httpd.ID(c, "id")
	if err != nil {
		return err
	}
	err = do(id)
	if e, ok := err.(*errs.Error); ok && (e.Code == errs.Conflict || e.Code == errs.Invalid) {
		m := e.Message
		for _, fault := range e.Fields {
			m = fault
		}
		httpd.Flash(c, ui.ToneWarn, m.Key, pairs(m.Args)...)
		return c.Redirect(http.StatusSeeOther, changePath(id))
	}
	if err != nil {
		return err
	}
	return httpd.Done(c, changePath(id), done)
}

func pairs(args map[string]any) []any {
	var out []any
	for k, v := range args {
		out = append(out, k, v)
	}
	return out
}
