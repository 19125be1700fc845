package e2e

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/fugong/fugong/internal/app"
	"github.com/fugong/fugong/internal/demo"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/i18n"
)

// A visit is one look at one page.
type visit struct {
	name   string // of the screenshots
	role   authz.Role
	as     string // login of somebody else than the role's
	path   string
	act    func(*tab) // what the reader does there before the page is looked at
	status int64      // 0 is 200; of the page as opened
	heads  int        // 0 is one first heading
}

// notPages are GET addresses that answer something else than a page.
var notPages = map[string]string{
	"/":                                "sends everybody to the first page of the role",
	"/assets/*":                        "built files",
	"/favicon.ico":                     "an icon",
	"/healthz":                         "for machines",
	"/readyz":                          "for machines",
	"/alerts":                          "a fragment that open pages ask for",
	"/api/openapi.json":                "for machines",
	"/audit/export":                    "a file",
	"/bureau/orgs/export":              "a file",
	"/employees/export":                "a file",
	"/samples/export":                  "a file",
	"/week/export":                     "a file",
	"/holds/export":                    "a file",
	"/exemptions/export":               "a file",
	"/exemptions/vaccinations/export":  "a file",
	"/returns/export":                  "a file",
	"/incidents/export":                "a file",
	"/bureau/incidents/export":         "a file",
	"/corrections/:id/export":          "a file",
	"/quality/export":                  "a file",
	"/rules/packs/:id/file":            "a file",
	"/incidents/:id/clocks":            "a fragment that the open page of an incident asks for",
	"/incidents/:id/notes/:note/photo": "a photo",
	"/imports/:id/report":              "a file",
	"/imports/template/:kind":          "a file",
	"/samples/attachments/:id":         "a photo",
	"/org/invites/print":               "sends back to the list; the sheet is the answer to a form",
	"/org/accounts/:id/link":           "sends back to the account; the link is the answer to a form",
	"/admin/accounts/:id/link":         "sends back to the account; the link is the answer to a form",
	"/setup/:token":                    "a page of an empty installation; see TestFirstPage",
	"/style":                           "development only; see TestStylePage",
}

// pages lists the visits for every GET route that is a page.
func pages(t *testing.T, c *city, p place) map[string][]visit {
	file := fmt.Sprintf("/employees/%d", p.employee)
	hr, worker, leader, manager, admin := authz.HealthOfficer, authz.Worker, authz.TeamLeader, authz.FirmAdmin, authz.Admin
	return map[string][]visit{
		"/sign-in":         {{name: "sign-in", path: "/sign-in"}, {name: "sign-in-refused", path: "/sign-in", act: signInWrongly}},
		"/sign-in/org":     {{name: "sign-in-org", path: "/sign-in/org?q=淄博"}, {name: "sign-in-org-none", path: "/sign-in/org"}},
		"/activate/:token": {{name: "activate", path: c.cardLink(t, p)}, {name: "activate-dead", path: "/activate/gone", status: http.StatusGone}},
		"/reset/:token":    {{name: "reset", path: c.resetLink(t)}},
		"/account":         {{name: "account-worker", role: worker, path: "/account"}, {name: "account", role: hr, path: "/account"}},

		"/me":           {{name: "me", role: worker, path: "/me"}, {name: "me-leader", role: leader, path: "/me"}},
		"/me/sample":    {{name: "me-sample", role: worker, path: "/me/sample"}, {name: "me-sample-faults", role: worker, path: "/me/sample", act: sampleOfTomorrow}},
		"/me/symptom":   {{name: "me-symptom", role: worker, path: "/me/symptom"}, {name: "me-symptom-faults", role: worker, path: "/me/symptom", act: sendEmpty}},
		"/me/file":      {{name: "me-file", role: worker, path: "/me/file"}},
		"/me/reminders": {{name: "me-reminders", role: worker, path: "/me/reminders"}},
		"/team":         {{name: "team", role: leader, path: "/team"}},

		"/week":                   {{name: "week", role: hr, path: "/week"}},
		"/employees":              {{name: "employees", role: hr, path: "/employees"}, {name: "employees-none", role: hr, path: "/employees?q=無此人"}},
		"/employees/new":          {{name: "employee-new", role: hr, path: "/employees/new"}, {name: "employee-new-faults", role: hr, path: "/employees/new", act: sendEmpty}},
		"/employees/:id":          {{name: "employee", role: hr, path: file}},
		"/employees/:id/edit":     {{name: "employee-edit", role: hr, path: file + "/edit"}},
		"/employees/:id/reveal":   {{name: "employee-reveal", role: hr, path: file + "/reveal"}},
		"/employees/:id/return":   {{name: "employee-return", role: hr, path: fmt.Sprintf("/employees/%d/return", p.away)}},
		"/employees/:id/rehire":   {{name: "employee-rehire", role: hr, path: fmt.Sprintf("/employees/%d/rehire", p.resigned)}},
		"/employees/:id/place":    {{name: "employee-place", role: hr, path: file + "/place"}},
		"/employees/:id/leave":    {{name: "employee-leave", role: hr, path: file + "/leave"}},
		"/employees/:id/status":   {{name: "employee-status", role: hr, path: file + "/status"}},
		"/employees/:id/category": {{name: "employee-category", role: hr, path: file + "/category"}},
		"/employees/:id/resign":   {{name: "employee-resign", role: hr, path: file + "/resign"}},
		"/employees/:id/sample":   {{name: "employee-sample", role: hr, path: file + "/sample"}},
		"/employees/:id/symptom":  {{name: "employee-symptom", role: hr, path: file + "/symptom"}},

		"/samples":               {{name: "samples", role: hr, path: "/samples"}},
		"/samples/new":           {{name: "samples-new", role: hr, path: "/samples/new"}, {name: "samples-new-leader", role: leader, path: "/samples/new"}},
		"/samples/:employee/:at": {{name: "sample", role: hr, path: fmt.Sprintf("/samples/%d/%d", p.employee, p.sampled)}},
		"/symptoms":              {{name: "symptoms", role: hr, path: "/symptoms"}},
		"/reminders":             {{name: "reminders", role: hr, path: "/reminders"}},
		"/imports":               {{name: "imports", role: hr, path: "/imports"}},
		"/imports/new":           importForms("roster", "lab", "vaccination", "exemption", "leave", "returning"),
		"/imports/:id":           {{name: "import", role: hr, path: fmt.Sprintf("/imports/%d", p.imported)}},

		"/bureau":                      {{name: "bureau", role: authz.CityBureau, path: "/bureau"}, {name: "bureau-district", role: authz.DistrictBureau, path: "/bureau"}},
		"/bureau/zones/:zone":          {{name: "bureau-zone", role: authz.CityBureau, path: "/bureau/zones/" + p.zone}},
		"/bureau/industries/:industry": {{name: "bureau-industry", role: authz.CityBureau, path: "/bureau/industries/" + p.industry}},
		"/bureau/orgs":                 {{name: "bureau-orgs", role: authz.CityBureau, path: "/bureau/orgs"}},
		"/bureau/orgs/:org":            {{name: "bureau-org", role: authz.CityBureau, path: fmt.Sprintf("/bureau/orgs/%d", p.org)}},

		"/org":              {{name: "org", role: manager, path: "/org"}},
		"/org/invites":      {{name: "invites", role: manager, path: "/org/invites"}, {name: "invites-cards", role: manager, path: "/org/invites", act: printCards}},
		"/org/accounts":     {{name: "org-accounts", role: manager, path: "/org/accounts"}},
		"/org/accounts/new": {{name: "org-account-new", role: manager, path: "/org/accounts/new"}, {name: "org-account-new-leader", role: manager, path: "/org/accounts/new?role=team_leader"}},
		"/org/accounts/:id": {{name: "org-account", role: manager, path: fmt.Sprintf("/org/accounts/%d", c.accountOf(t, hr))},
			{name: "org-account-link", role: manager, path: fmt.Sprintf("/org/accounts/%d", c.accountOf(t, hr)), act: newLink}},
		"/org/clients":        {{name: "clients", role: manager, path: "/org/clients"}},
		"/org/clients/new":    {{name: "client-new", role: manager, path: "/org/clients/new"}, {name: "client-token", role: manager, path: "/org/clients/new", act: newToken}},
		"/audit":              {{name: "audit", role: manager, path: "/audit"}, {name: "audit-all", role: authz.Auditor, path: "/audit"}},
		"/api/docs":           {{name: "api-docs", path: "/api/docs", act: waitForOperations}},
		"/admin/orgs":         {{name: "admin-orgs", role: admin, path: "/admin/orgs"}},
		"/admin/orgs/new":     {{name: "admin-org-new", role: admin, path: "/admin/orgs/new"}, {name: "admin-org-new-faults", role: admin, path: "/admin/orgs/new", act: sendEmpty}},
		"/admin/orgs/:id":     {{name: "admin-org", role: admin, path: fmt.Sprintf("/admin/orgs/%d", p.org)}},
		"/admin/accounts":     {{name: "admin-accounts", role: admin, path: "/admin/accounts"}},
		"/admin/accounts/new": {{name: "admin-account-new", role: admin, path: fmt.Sprintf("/admin/accounts/new?org=%d", p.org)}},
		"/admin/accounts/:id": {{name: "admin-account", role: admin, path: fmt.Sprintf("/admin/accounts/%d", p.manager)}},
	}
}

// importForms are visits of the form for each kind of sheet.
func importForms(kinds ...string) (out []visit) {
	for _, k := range kinds {
		out = append(out, visit{name: "import-" + k, role: authz.HealthOfficer, path: "/imports/new?kind=" + k})
	}
	return out
}

// TestEveryPage looks at every page in both languages and at both widths. A GET route that has no visit, and is not named as
// something else than a page, fails it.
func TestEveryPage(t *testing.T) {
	c := newCity(t)
	photoSample(t, c)
	p := furnish(t, c, c.logins[authz.FirmAdmin])
	table := pages(t, c, p)
	maps.Copy(table, regimePages(show(t, c, p)))
	everyRouteIsVisited(t, c.Routes(), table)
	visits := map[string][]visit{}
	for _, list := range table {
		for _, v := range list {
			by := cmp.Or(v.as, c.logins[v.role])
			visits[by] = append(visits[by], v)
		}
	}
	for _, lang := range i18n.Languages() {
		for by, list := range visits {
			slices.SortFunc(list, func(a, b visit) int { return strings.Compare(a.name, b.name) })
			for part := range slices.Chunk(list, inOneTab) {
				t.Run(fmt.Sprintf("%s/%s", lang, cmp.Or(by, "nobody")), func(t *testing.T) {
					t.Parallel()
					tb := newTab(t, c.URL, desk, lang)
					if by != "" {
						tb.signIn(by, demo.Password)
					}
					for _, v := range part {
						tb.visit(t, v, lang)
					}
				})
			}
		}
	}
}

// inOneTab is how many visits follow each other, so that those of the busiest role are not what the rest waits for.
const inOneTab = 32

func everyRouteIsVisited(t *testing.T, routes []httpd.Route, table map[string][]visit) {
	t.Helper()
	known := map[string]bool{}
	for _, r := range routes {
		if r.Method != http.MethodGet {
			continue
		}
		known[r.Path] = true
		if _, other := notPages[r.Path]; !other && len(table[r.Path]) == 0 {
			t.Errorf("GET %s has no visit in pages, and notPages does not say what else it answers", r.Path)
		}
	}
	for path := range table {
		if !known[path] {
			t.Errorf("pages visits %s, which is no route", path)
		}
	}
	for path := range notPages {
		if !known[path] && path != "/style" {
			t.Errorf("notPages names %s, which is no route", path)
		}
	}
}

// home is the screen at which a page is mostly read: the phone of the shop floor, the desk of an office.
func (v visit) home() screen {
	if v.role == authz.Worker || v.role == authz.TeamLeader {
		return phone
	}
	return desk
}

// visit looks at one page at both widths.
func (tb *tab) visit(t *testing.T, v visit, lang string) {
	for _, on := range []screen{desk, phone} {
		name := fmt.Sprintf("%s-%s-%d", v.name, lang, on.width)
		t.Run(name, func(t *testing.T) {
			tb.t = t
			tb.complaints()
			tb.do(on.action())
			if got, want := tb.open(v.path), cmp.Or(v.status, http.StatusOK); got != want {
				t.Fatalf("status %d, want %d", got, want)
			}
			if v.status != 0 {
				tb.complaints() // the browser reports such an answer as an error
			}
			if v.act != nil {
				v.act(tb)
			}
			for _, fault := range tb.inspect(on, lang, cmp.Or(v.heads, 1), on == v.home()) {
				t.Error(fault)
			}
			tb.shot(name)
		})
		tb.t = t
	}
}

// refused follows something that answers with an error on purpose, which the browser reports.
func (tb *tab) refused(css string, want int64) {
	tb.t.Helper()
	if got := tb.follow(css); got != want {
		tb.t.Fatalf("%s: status %d, want %d", tb.where(), got, want)
	}
	tb.complaints()
}

func sendEmpty(tb *tab) {
	tb.refused("main form.form button.btn-primary", http.StatusUnprocessableEntity)
}

func sampleOfTomorrow(tb *tab) {
	tb.do(chromedp.SetValue(chromedp.CSS("[name=sampled_at]"), "2022-03-25T09:00"))
	sendEmpty(tb)
}

func signInWrongly(tb *tab) {
	tb.fill("[name=name]", "nobody-of-this-name")
	tb.fill("[name=password]", "not-the-password")
	tb.refused("main form.form button.btn-primary", http.StatusUnprocessableEntity)
}

func printCards(tb *tab) { tb.shown(`form[action="/org/invites/print"].inline button`) }

func newLink(tb *tab) {
	tb.click(`details:has(form[action$="/link"]) summary`)
	tb.shown(`form[action$="/link"] button.btn-primary`)
}

func waitForOperations(tb *tab) { tb.until(patience, `document.querySelector("#api-docs .opblock")`) }

func newToken(tb *tab) {
	tb.fill("[name=name]", "看板")
	tb.click("[name=scopes]")
	tb.shown("main form.form button.btn-primary")
}

// shown follows something whose answer is the page to look at.
func (tb *tab) shown(css string) {
	tb.t.Helper()
	if got := tb.follow(css); got != http.StatusOK {
		tb.t.Fatalf("%s: status %d", tb.where(), got)
	}
}

// TestFirstPage looks at what whoever installs the program sees first, and at the dead end after it.
func TestFirstPage(t *testing.T) {
	w := newWorld(t, morning, nil)
	link, err := w.SetupLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range i18n.Languages() {
		tb := newTab(t, w.URL, desk, lang)
		tb.visit(t, visit{name: "setup", path: strings.TrimPrefix(link, w.URL)}, lang)
		tb.visit(t, visit{name: "error-404", path: "/no/such/page", status: http.StatusNotFound}, lang)
	}
}

// TestStylePage looks at the page that shows every component, which development mode has. The head of a page is one of them.
func TestStylePage(t *testing.T) {
	w := newWorld(t, morning, func(cfg *app.Config) { cfg.Dev = true })
	for _, lang := range i18n.Languages() {
		newTab(t, w.URL, desk, lang).visit(t, visit{name: "style", path: "/style", heads: 2}, lang)
	}
}
