package api

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/i18n"
)

// DocsPage is the page on which people read the description.
type DocsPage struct {
	httpd.Base
	Head ui.PageHead
	Spec string // address of the description
}

// Pages names the templates with their page structs, for the template type check.
func Pages() map[string]any { return map[string]any{"api/docs": DocsPage{}} }

// mountDocs serves the description, which cannot change while the program runs, and its page. Both tell nothing of anybody
// and need no token.
func (s *server) mountDocs(site *httpd.Server) error {
	spec, err := json.Marshal(s.api.OpenAPI())
	if err != nil {
		return fmt.Errorf("describe the api: %w", err)
	}
	return site.Mount(
		httpd.GET(specPath, httpd.Public(), func(c echo.Context) error {
			c.Response().Header().Set("Cache-Control", "no-cache")
			return c.Blob(http.StatusOK, "application/openapi+json", spec)
		}),
		httpd.GET(docsPath, httpd.Public(), docs),
	)
}

// docs shows the page. It is a whole document rendered as a part: addresses of the API have no session in which a notice
// could wait for it.
func docs(c echo.Context) error {
	t := httpd.PrinterOf(c).T
	page := &DocsPage{Base: httpd.Base{Bare: true}, Head: ui.NewHead(t, t("api.docs.title")), Spec: specPath}
	page.Head.Sub = t("api.docs.intro")
	other, name := i18n.English, "English"
	if httpd.PrinterOf(c).Lang() == i18n.English {
		other, name = i18n.Chinese, "简体中文"
	}
	page.Head.Actions = []ui.Action{
		{Label: t("api.docs.spec"), Href: specPath, Icon: "download", Download: true},
		{Label: name, Href: "/language", Icon: "globe", Post: true, Hidden: []ui.Param{{Name: "back", Value: docsPath}, {Name: "lang", Value: other}}},
	}
	return httpd.Fragment(c, http.StatusOK, "api/docs", "bare", page)
}
