package ui_test

import (
	"html/template"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/i18n"
	"github.com/fugong/fugong/web"
)

// stylePage stands in for the server's page struct.
type stylePage struct {
	ui.StyleData
	*i18n.Printer
	User struct {
		Name, RoleLabel, OrgName string
		SignedIn                 bool
	}
	Nav                         []ui.NavItem
	Flash                       []ui.Notice
	Path, Banner, Alerts, Stale string
}

func (p stylePage) T(key string, args ...any) string { return p.Printer.T(key, args...) }

// renderStyle renders the style page, which uses every component.
func renderStyle(t *testing.T, lang string) string {
	t.Helper()
	catalog, err := i18n.Load(web.Locales)
	if err != nil {
		t.Fatal(err)
	}
	p := catalog.Printer(lang)
	page := stylePage{StyleData: ui.StylePage(p.T, lang), Printer: p, Path: "/style", Banner: "demo"}
	page.User.SignedIn = true
	page.Flash = []ui.Notice{{Tone: ui.ToneOK, Text: "<script>"}}
	for _, name := range []string{"home", "people", "tube", "calendar", "bell", "gear"} {
		page.Nav = append(page.Nav, ui.NavItem{Label: name, Href: "/" + name, Icon: name, Count: 2})
	}
	tmpl := template.New("").Funcs(template.FuncMap{"icon": ui.Icon, "asset": web.Asset, "dates": ui.Dates})
	if _, err := tmpl.ParseFS(web.Templates, "layout/*.html", "shared/*.html", "style/index.html"); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := tmpl.ExecuteTemplate(&b, "layout", page); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestStylePage(t *testing.T) {
	for _, lang := range i18n.Languages() {
		t.Run(lang, func(t *testing.T) {
			html := renderStyle(t, lang)
			if i := strings.Index(html, "⟦"); i >= 0 {
				t.Errorf("a text is missing: %s", html[i:i+60])
			}
			if m := regexp.MustCompile(`\s(style|on[a-z]+)=`).FindString(html); m != "" {
				t.Errorf("the content policy forbids the attribute%s", m)
			}
			if strings.Contains(html, "ZgotmplZ") {
				t.Error("an address was refused by html/template")
			}
			checkIDs(t, html)
		})
	}
}

// checkIDs: ids are unique, and what points at an id finds one.
func checkIDs(t *testing.T, html string) {
	t.Helper()
	var ids []string
	for _, m := range regexp.MustCompile(`\sid="([^"]*)"`).FindAllStringSubmatch(html, -1) {
		if slices.Contains(ids, m[1]) {
			t.Errorf("id %q twice", m[1])
		}
		ids = append(ids, m[1])
	}
	refs := regexp.MustCompile(`\s(?:for|form|aria-labelledby|aria-describedby)="([^"]*)"|href="#([^"]+)"|hx-target="#([^"]+)"`)
	for _, m := range refs.FindAllStringSubmatch(html, -1) {
		for _, id := range strings.Fields(strings.Join(m[1:], " ")) {
			if !slices.Contains(ids, id) {
				t.Errorf("%s points at nothing", m[0])
			}
		}
	}
}

func TestStylePageUsesEveryComponent(t *testing.T) {
	tmpl := template.New("").Funcs(template.FuncMap{"icon": ui.Icon, "asset": web.Asset, "dates": ui.Dates})
	if _, err := tmpl.ParseFS(web.Templates, "layout/*.html", "shared/*.html", "style/index.html"); err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, one := range tmpl.Templates() {
		if one.Tree == nil {
			continue
		}
		for _, m := range regexp.MustCompile(`\{\{template "([^"]+)"`).FindAllStringSubmatch(one.Tree.Root.String(), -1) {
			used[m[1]] = true
		}
	}
	for _, one := range tmpl.Templates() {
		if name := one.Name(); strings.HasPrefix(name, "ui/") && name != "ui/progress-head" && !used[name] {
			t.Errorf("the style page does not show %s", name)
		}
	}
}
