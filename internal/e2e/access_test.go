package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/identity/authz"
)

// public are the addresses that need no account, with what makes that safe.
var public = []string{
	"GET /assets/*", "GET /favicon.ico", "GET /healthz", "GET /readyz", // hold nothing of anybody
	"GET /api/docs", "GET /api/openapi.json", // describe the API, hold nothing of anybody
	"GET /sign-in", "POST /sign-in", "GET /sign-in/org", "POST /sign-out", "POST /language",
	"GET /activate/:token", "POST /activate/:token", "GET /reset/:token", "POST /reset/:token", "GET /setup/:token", "POST /setup/:token", // know the token
}

// closed are addresses that answer 404, or 403, to a role which may use them in principle, with the reason.
var closed = map[string]string{
	"team_leader GET /samples/attachments/:id":   "a leader never sees a member's report",
	"team_leader GET /me/disputes/:id":           "a member's dispute is not the leader's",
	"team_leader POST /me/disputes/:id/withdraw": "a member's dispute is not the leader's",
	"health_officer GET /rules/packs/new":        "only the city's bureau adds packs; an enterprise tightens its own rules",
	"health_officer POST /rules/packs/new":       "only the city's bureau adds packs; an enterprise tightens its own rules",
	"firm_admin GET /rules/packs/new":            "only the city's bureau adds packs; an enterprise tightens its own rules",
	"firm_admin POST /rules/packs/new":           "only the city's bureau adds packs; an enterprise tightens its own rules",
}

// TestAccess walks every route as every role and as nobody: who may not is turned away, a row of somebody else answers as a row
// that does not exist, and an empty form is never more than the server can bear.
func TestAccess(t *testing.T) {
	c := newCity(t)
	photoSample(t, c)
	own := furnish(t, c, c.logins[authz.FirmAdmin])
	w := &walk{t: t, city: c, own: own, foreign: c.foreignFirm(t, own), colleague: c.colleague(t, own), change: c.cityChange(t),
		people: map[authz.Role]*client{}}
	for _, role := range authz.Roles() {
		w.people[role] = as(t, c.URL, c.logins[role])
	}
	routes := slices.Clone(c.Routes())
	slices.SortStableFunc(routes, func(a, b httpd.Route) int { return strings.Compare(a.Method, b.Method) }) // forms last: they change things
	for _, r := range routes {
		w.turnsAway(r)
		if strings.Contains(r.Path, ":") && !r.Access.IsPublic() {
			w.hides(r)
		}
	}
	w.hidesWhatIsAskedFor()
	for _, r := range routes {
		w.lets(r)
	}
	var open []string
	for _, r := range c.Routes() {
		if !r.Access.Declared() {
			t.Errorf("%s %s does not declare who may use it", r.Method, r.Path)
		}
		if r.Access.IsPublic() {
			open = append(open, r.Method+" "+r.Path)
		}
	}
	slices.Sort(open)
	want := slices.Sorted(slices.Values(public))
	if !slices.Equal(open, want) {
		t.Errorf("open to everybody are\n%v\nwant\n%v", open, want)
	}
}

type walk struct {
	t                       *testing.T
	city                    *city
	own, foreign, colleague place
	change                  int64 // of the rules of the city
	people                  map[authz.Role]*client
}

// of is what a role meets: whoever belongs to no firm, the changes of the rules of the city.
func (w *walk) of(role authz.Role) place {
	p := w.own
	switch role {
	case authz.DistrictBureau, authz.CityBureau, authz.Auditor, authz.Admin:
		p.change = w.change
	}
	return p
}

// ask sends an empty request.
func (w *walk) ask(by *client, method, path string) reply {
	w.t.Helper()
	if method == http.MethodGet {
		return by.get(path)
	}
	return by.post(path, nil)
}

// turnsAway checks those whom the route does not let in.
func (w *walk) turnsAway(r httpd.Route) {
	w.t.Helper()
	path := w.path(r, w.own)
	if !r.Access.IsPublic() {
		if got := w.ask(newClient(w.t, w.city.URL), r.Method, path); got.status != http.StatusSeeOther || !strings.HasPrefix(got.to, "/sign-in") {
			w.t.Errorf("%s %s without signing in: %d to %q, want 303 to /sign-in", r.Method, path, got.status, got.to)
		}
	}
	for _, role := range authz.Roles() {
		if r.Access.Allows(role) {
			continue
		}
		if got := w.ask(w.people[role], r.Method, path); got.status != http.StatusForbidden {
			w.t.Errorf("%s %s as %s: %d, want 403", r.Method, path, role, got.status)
		}
	}
}

// hides checks that somebody else's row looks like no row at all.
func (w *walk) hides(r httpd.Route) {
	w.t.Helper()
	none := w.path(r, nowhere)
	for _, role := range authz.Roles() {
		if !r.Access.Allows(role) {
			continue
		}
		by := w.people[role]
		missing := w.fill(by, r.Method, none)
		if missing.status != http.StatusNotFound && !redirectsBack(missing) {
			w.t.Errorf("%s %s as %s: %d, want 404", r.Method, none, role, missing.status)
		}
		for _, p := range w.beyond(role) {
			path := w.path(r, p)
			if path == w.path(r, w.of(role)) || path == none {
				continue
			}
			got := w.fill(by, r.Method, path)
			if a, b := plain(got.body, path), plain(missing.body, none); got.status != missing.status || a != b {
				w.t.Errorf("%s %s as %s (another's): %d, unlike %d for a row that does not exist: %s", r.Method, path, role, got.status, missing.status, difference(a, b))
			}
		}
	}
}

// asked are addresses that name a row behind the question mark, and who may ask.
var asked = []struct {
	role   authz.Role
	format string
	row    func(p place) int64
}{
	{authz.HealthOfficer, "/holds/new?employee=%d", func(p place) int64 { return p.employee }},
	{authz.HealthOfficer, "/holds/release?employee=%d", func(p place) int64 { return p.employee }},
	{authz.Worker, "/me/disputes/new?about=hold:%d", func(p place) int64 { return p.hold }},
	{authz.Worker, "/me/disputes/new?about=symptom:%d", func(p place) int64 { return p.report }},
	{authz.Worker, "/me/disputes/new?about=sample:%d", func(p place) int64 { return p.sampled }},
	{authz.Worker, "/me/disputes/new?reopens=%d", func(p place) int64 { return p.answered }},
}

// hidesWhatIsAskedFor checks that somebody else's row looks like no row where it is named behind the question mark.
func (w *walk) hidesWhatIsAskedFor() {
	w.t.Helper()
	for _, a := range asked {
		path := func(p place) string { return fmt.Sprintf(a.format, a.row(p)) }
		by, none := w.people[a.role], path(nowhere)
		missing := by.get(none)
		if missing.status != http.StatusNotFound {
			w.t.Errorf("%s as %s: %d, want 404", none, a.role, missing.status)
		}
		if got := by.get(path(w.own)); got.status != http.StatusOK {
			w.t.Errorf("%s as %s: %d, want 200", path(w.own), a.role, got.status)
		}
		for _, p := range w.beyond(a.role) {
			if a.row(p) == a.row(w.own) {
				continue
			}
			if got := by.get(path(p)); got.status != http.StatusNotFound || plain(got.body, path(p)) != plain(missing.body, none) {
				w.t.Errorf("%s as %s (another's): %d, unlike a row that does not exist", path(p), a.role, got.status)
			}
		}
	}
}

// plausible answers every form well enough that the row it is about is looked for.
var plausible = url.Values{"version": {"1"}, "rev": {"1"}, "reason": {"更正登记错误"}, "from": {"2022-03-24T08:00"}, "until": {"2022-03-26T08:00"},
	"work_status": {"leave"}, "test_category": {"general_staff"}, "name": {"张三"}, "employee_no": {"77001"}, "id_type": {"cn_id"}, "field": {"mobile"},
	"sampled_at": {"2022-03-24T07:00"}, "at": {"2022-03-24T07:00"}, "method": {"pcr"}, "mode": {"single"}, "result": {"negative"}, "temperature": {"36.5"},
	"symptoms": {"none"}, "site": {"axilla"}, "email": {"a@example.org"}, "text": {"要考勤和监控"}, "links": {"team"}, "who": {"77001"}, "ids": {"1"}}

// fill sends a form that is filled in, or opens the page.
func (w *walk) fill(by *client, method, path string) reply {
	w.t.Helper()
	if method == http.MethodGet {
		return by.get(path)
	}
	return by.post(path, plausible)
}

// redirectsBack reports an answer that only sends back to the page of the row, which itself is hidden.
func redirectsBack(r reply) bool {
	return r.status == http.StatusSeeOther && regexp.MustCompile(`^/(org|admin)/accounts/\d+$`).MatchString(r.to)
}

var requestID = regexp.MustCompile(`[A-Za-z0-9]{32}`)

// plain takes out of a page what differs with the request.
func plain(body, path string) string {
	return requestID.ReplaceAllString(strings.ReplaceAll(body, path, "PATH"), "REQUEST")
}

// difference shows where two pages part.
func difference(a, b string) string {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	return fmt.Sprintf("%q and %q", a[i:min(len(a), i+80)], b[i:min(len(b), i+80)])
}

// beyond are places with rows that a role must not see.
func (w *walk) beyond(role authz.Role) []place {
	switch role {
	case authz.Worker, authz.TeamLeader:
		return []place{w.foreign, w.colleague}
	case authz.HealthOfficer, authz.FirmAdmin:
		return []place{w.foreign}
	case authz.DistrictBureau:
		p := w.foreign
		p.industry = w.own.industry // an industry is nobody's
		return []place{p}
	}
	return nil
}

// lets checks those whom the route lets in: a page is shown, an empty form is refused or does what it says.
func (w *walk) lets(r httpd.Route) {
	w.t.Helper()
	for _, role := range authz.Roles() {
		if !r.Access.Allows(role) || r.Access.IsPublic() && role != authz.Worker {
			continue
		}
		path := w.path(r, w.of(role))
		got := w.ask(w.people[role], r.Method, path)
		_, isClosed := closed[fmt.Sprintf("%s %s %s", role, r.Method, r.Path)]
		switch {
		case !r.Access.IsPublic() && strings.HasPrefix(got.to, "/sign-in") && !strings.HasPrefix(r.Path, "/account"):
			w.t.Errorf("%s %s as %s: is signed out, and nothing after it is proved", r.Method, path, role)
		case got.status >= 500 || got.status == http.StatusForbidden && !isClosed:
			w.t.Errorf("%s %s as %s: %d\n%s", r.Method, path, role, got.status, firstHeading(got.body))
		case r.Method == http.MethodGet && got.status >= 400 && !strings.Contains(r.Path, ":token") && r.Path != "/assets/*" && !isClosed:
			w.t.Errorf("%s %s as %s: %d", r.Method, path, role, got.status)
		case isClosed && got.status != http.StatusNotFound && got.status != http.StatusForbidden:
			w.t.Errorf("%s %s as %s: %d, but it is listed as closed", r.Method, path, role, got.status)
		}
		if r.Path == "/sign-out" || r.Path == "/account/sign-out-everywhere" {
			w.people[role].signIn(w.city.logins[role])
		}
	}
}

var heading = regexp.MustCompile(`(?s)<h1[^>]*>(.*?)</h1>`)

func firstHeading(body string) string {
	if m := heading.FindStringSubmatch(body); m != nil {
		return m[1]
	}
	return body[:min(len(body), 200)]
}

// foreignFirm is another firm of another reporting line, with one of everything.
func (c *city) foreignFirm(t *testing.T, own place) place {
	t.Helper()
	org := look[int32](t, c.world, `select o.id from org o join employee e on e.org_id = o.id where o.kind = 'enterprise' and o.admin_zone <> $1
		group by o.id having count(*) filter (where e.work_status in ('leave', 'awaiting_return', 'work_from_home')) > 0 order by count(*) desc limit 1`, own.zone)
	c.account(t, url.Values{"org": {strconv.Itoa(int(org))}, "role": {"firm_admin"}, "login": {"stranger"}, "name": {"外企业管理员"},
		"email": {"stranger@example.org"}})
	return c.withAttachment(t, furnish(t, c, "stranger"))
}

// colleague is somebody of the own firm in another team.
func (c *city) colleague(t *testing.T, own place) place {
	t.Helper()
	p := own
	p.employee = look[int64](t, c.world, `select e.id from employee e join employee o on o.org_id = e.org_id and o.id = $2
		where e.org_id = $1 and e.team_id is distinct from o.team_id and e.work_status = 'on_post' order by e.id limit 1`, own.org, own.employee)
	p.reporter = p.employee
	o := &office{c, t, as(t, c.URL, c.logins[authz.FirmAdmin]), &p}
	o.contest(o.contester())
	o.tubeOf(fmt.Sprintf("ZB%d", p.employee))
	p.incident = o.incidentOf(p.member)
	return c.withAttachment(t, p)
}

// withAttachment gives the employee of the place a photo, which only workers can upload themselves.
func (c *city) withAttachment(t *testing.T, p place) place {
	t.Helper()
	p.attachment = look[int64](t, c.world, `insert into attachment (org_id, employee_id, kind, media_type, data_enc, width, height, created_by, created_at)
		values ($1, $2, 'report', 'image/jpeg', '\x00', 1, 1, 0, $3) returning id`, p.org, p.employee, morning)
	return p
}

// TestForeignSitesCannotPost sends each form as a browser would send it from another site.
func TestForeignSitesCannotPost(t *testing.T) {
	w := newWorld(t, morning, nil)
	for _, r := range w.Routes() {
		if r.Method == http.MethodGet {
			continue
		}
		req, err := http.NewRequestWithContext(t.Context(), r.Method, w.URL+r.Path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusForbidden {
			t.Errorf("%s %s from another site: %d, want 403", r.Method, r.Path, res.StatusCode)
		}
	}
}
