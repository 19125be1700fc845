package e2e

import (
	"html/template"
	"io/fs"
	"reflect"
	"strings"
	"testing"

	"github.com/jba/templatecheck"

	"github.com/fugong/fugong/internal/app"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/web"
)

// parsePage parses a page as the renderer does: layout and shared parts first, then the page itself.
func parsePage(t *testing.T, name string) *template.Template {
	t.Helper()
	tmpl := template.New("").Funcs(template.FuncMap{"asset": web.Asset, "icon": ui.Icon, "dates": ui.Dates})
	for _, pattern := range []string{"layout/*.html", "shared/*.html", name + ".html"} {
		if _, err := tmpl.ParseFS(web.Templates, pattern); err != nil {
			t.Fatalf("template %s: %v", name, err)
		}
	}
	return tmpl
}

// pageFiles lists the templates that are pages: all but layout and shared parts.
func pageFiles(t *testing.T) []string {
	t.Helper()
	files, err := fs.Glob(web.Templates, "*/*.html")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		if !strings.HasPrefix(f, "layout/") && !strings.HasPrefix(f, "shared/") {
			names = append(names, strings.TrimSuffix(f, ".html"))
		}
	}
	return names
}

// TestTemplatesFitTheirPages checks every field, method and function that a template names against the struct that fills it, in
// both documents that may be around the page.
func TestTemplatesFitTheirPages(t *testing.T) {
	for name, page := range app.Pages() {
		t.Run(name, func(t *testing.T) {
			tmpl := parsePage(t, name)
			for _, document := range []string{"layout", "bare"} {
				if err := templatecheck.CheckHTML(tmpl.Lookup(document), page); err != nil {
					t.Errorf("%s: %v", document, err)
				}
			}
		})
	}
}

// TestTemplateCheckSees shows that a wrong field in a part that is reached through another one is found.
func TestTemplateCheckSees(t *testing.T) {
	wrong := template.Must(template.New("layout").Parse(`{{define "row"}}{{.Label}}{{.Lable}}{{end}}{{range .Rows}}{{template "row" .}}{{end}}`))
	if err := templatecheck.CheckHTML(wrong, &struct{ Rows []ui.Row }{}); err == nil || !strings.Contains(err.Error(), "Lable") {
		t.Errorf("the check says %v", err)
	}
}

// TestEveryTemplateIsAPage wants an entry of app.Pages for every template and a template for every entry, filled by one struct
// each.
func TestEveryTemplateIsAPage(t *testing.T) {
	listed := app.Pages()
	for _, name := range pageFiles(t) {
		page, ok := listed[name]
		if !ok {
			t.Errorf("web/templates/%s.html has no entry in app.Pages", name)
			continue
		}
		if k := reflect.Indirect(reflect.ValueOf(page)).Kind(); k != reflect.Struct {
			t.Errorf("app.Pages: %s is a %v, not a page struct", name, k)
		}
		delete(listed, name)
	}
	for name := range listed {
		t.Errorf("app.Pages names %s, which is no template", name)
	}
}
