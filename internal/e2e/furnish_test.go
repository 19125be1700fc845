package e2e

import (
	"bytes"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/jpeg"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/identity/authz"
)

// A place is an org with one of everything that an address can name.
type place struct {
	org        int32
	employee   int64 // on post, with samples
	resigned   int64
	away       int64 // on leave, working from home or waiting to return
	sampled    int64 // Unix second of a sample of the employee
	reporter   int64 // who reported a symptom
	report     int64 // the report
	hold       int64 // what it led to
	attachment int64
	imported   int64 // a checked sheet with faulty rows
	account    int64 // of a worker
	manager    int64 // account of an administrator of the firm, whom nobody signs in as
	client     int64 // of the API
	zone       string
	industry   string
	matters
}

// furnish lets the administrator of a firm do what the demo city leaves undone, by the pages themselves: a symptom, a sheet
// with faults, a token for programs; and the operator makes one more administrator. Then the jobs run, and the firm does one of
// everything that it may have to do about people.
func furnish(t *testing.T, c *city, login string) place {
	t.Helper()
	manager := as(t, c.URL, login)
	org := look[int32](t, c.world, `select org_id from account where login = $1`, login)
	p := placeOf(t, c.world, org)
	at := c.clock.Now().Add(-time.Hour).In(zone).Format("2006-01-02T15:04")
	done(t, manager.post(fmt.Sprintf("/employees/%d/symptom", p.employee), url.Values{"at": {at}, "temperature": {"38.4"}, "site": {"axilla"}, "symptoms": {"fever", "cough"}}))
	leaver := look[int64](t, c.world, `select id from employee where org_id = $1 and work_status = 'on_post' and id <> $2 order by id desc limit 1`, org, p.employee)
	done(t, manager.post(fmt.Sprintf("/employees/%d/resign", leaver), url.Values{"version": {"1"}, "from": {at}, "reason": {"合同到期"}}))
	upload(t, manager, "roster", "roster-id-faults.xlsx")
	made := manager.post("/org/clients/new", url.Values{"name": {"考勤系统"}, "role": {"health_officer"}, "scopes": {"employee.view"}, "expires": {"90"}})
	if made.status != http.StatusOK {
		t.Fatalf("make an API client: status %d\n%s", made.status, made.body)
	}
	made = as(t, c.URL, c.logins[authz.Admin]).post("/admin/accounts/new", url.Values{"org": {fmt.Sprint(org)}, "role": {"firm_admin"},
		"login": {fmt.Sprint("deputy", org)}, "name": {"副管理员"}, "email": {"deputy@example.org"}})
	linkIn(t, c.URL, made)
	if err := c.Tick(t.Context(), c.clock.Now()); err != nil {
		t.Fatal(err)
	}
	p = placeOf(t, c.world, org)
	c.settle(t, p.imported)
	o := &office{c, t, manager, &p}
	o.everything(o.contester())
	return p
}

// photoSample lets the worker of the city log a sample with a photo of the report.
func photoSample(t *testing.T, c *city) {
	t.Helper()
	at := c.clock.Now().Add(-3 * time.Hour).In(zone).Format("2006-01-02T15:04")
	done(t, as(t, c.URL, c.logins[authz.Worker]).upload("/me/sample", map[string]string{"sampled_at": at, "institution": "厂区采样点", "method": "pcr",
		"mode": "single", "result": "pending"}, "photo", "report.jpg", photograph(t)))
}

// placeOf looks one of everything up; what an org lacks stays 0.
func placeOf(t *testing.T, w *world, org int32) place {
	t.Helper()
	first := func(query string) int64 { return look[int64](t, w, `select coalesce((`+query+`), 0)`, org) }
	p := place{org: org}
	p.employee = first(`select e.id from employee e join account a on a.org_id = e.org_id and a.employee_id = e.id
		where e.org_id = $1 and e.work_status = 'on_post' and exists (select from sample s where s.org_id = e.org_id and s.employee_id = e.id)
		order by a.state <> 'active', a.role <> 'worker', e.id limit 1`)
	p.resigned = first(`select id from employee where org_id = $1 and work_status = 'resigned' order by id limit 1`)
	p.away = first(`select id from employee where org_id = $1 and work_status in ('leave', 'awaiting_return', 'work_from_home') order by id limit 1`)
	p.sampled = look[int64](t, w, `select coalesce((select extract(epoch from sampled_at)::bigint from sample
		where org_id = $1 and employee_id = $2 order by sampled_at limit 1), 0)`, org, p.employee)
	p.report = first(`select id from symptom_report where org_id = $1 and alert order by id desc limit 1`)
	p.reporter = first(`select employee_id from symptom_report where org_id = $1 and alert order by id desc limit 1`)
	p.hold = first(`select h.id from hold h join symptom_report r on r.org_id = h.org_id and r.hold_id = h.id where h.org_id = $1 and r.alert order by r.id desc limit 1`)
	p.attachment = first(`select id from attachment where org_id = $1 order by id limit 1`)
	p.imported = first(`select id from import where org_id = $1 order by id desc limit 1`)
	p.account = first(`select id from account where org_id = $1 and role = 'worker' and state = 'invited' order by id limit 1`)
	p.manager = first(`select id from account where org_id = $1 and role = 'firm_admin' order by id desc limit 1`)
	p.zone = look[string](t, w, `select admin_zone from org where id = $1`, org)
	p.industry = look[string](t, w, `select industry from org where id = $1`, org)
	p.client = first(`select id from api_client where org_id = $1 order by id limit 1`)
	return p
}

// settle waits until the background task has checked an import.
func (w *world) settle(t *testing.T, id int64) {
	t.Helper()
	wait(t, patience, "the check of an import", func() bool {
		state := look[string](t, w, `select state from import where id = $1`, id)
		return state != "queued" && state != "checking"
	})
}

// wait asks again and again until the condition holds.
func wait(t testing.TB, within time.Duration, what string, condition func() bool) {
	t.Helper()
	end := time.After(within)
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for !condition() {
		select {
		case <-again.C:
		case <-end:
			t.Fatalf("waited %v for %s", within, what)
		}
	}
}

// done fails the test unless a form was accepted, which every page answers with a redirect.
func done(t testing.TB, r reply) reply {
	t.Helper()
	if r.status != http.StatusSeeOther {
		t.Fatalf("the form was not accepted: status %d\n%s", r.status, r.body)
	}
	return r
}

// upload sends one of the sheets of testdata.
func upload(t *testing.T, c *client, kind, name string) reply {
	t.Helper()
	return done(t, c.upload("/imports?kind="+kind, map[string]string{"kind": kind}, "file", name, testSheet(t, name)))
}

func sheetPath(name string) string { return filepath.Join("..", "..", "testdata", "sheets", name) }

func testSheet(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(sheetPath(name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// photograph is a small picture as a phone's camera makes it.
func photograph(t *testing.T) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 320, 240))
	for x := range 320 {
		for y := range 240 {
			img.Set(x, y, color.RGBA{R: uint8(x), G: uint8(y), B: 128, A: 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// accountOf is the account of a role in the showpiece firm, or in the bureau or at the operator's.
func (c *city) accountOf(t *testing.T, role authz.Role) int64 {
	t.Helper()
	return look[int64](t, c.world, `select id from account where role = $1 and state = 'active' order by id limit 1`, string(role))
}

// linkIn finds a one-time link on a page that shows it, and returns its path.
func linkIn(t *testing.T, base string, r reply) string {
	t.Helper()
	m := regexp.MustCompile(regexp.QuoteMeta(base) + `(/(?:activate|reset)/[A-Za-z0-9_-]+)`).FindStringSubmatch(html.UnescapeString(r.body))
	if m == nil {
		t.Fatalf("no link on the page: status %d\n%s", r.status, r.body)
	}
	return m[1]
}

// cardLink prints a card for somebody of the last team who has not come yet.
func (c *city) cardLink(t *testing.T, p place) string {
	t.Helper()
	no := look[string](t, c.world, `select e.employee_no from employee e join account a on a.org_id = e.org_id and a.employee_id = e.id
		where e.org_id = $1 and a.state = 'invited' and e.work_status = 'on_post' order by e.team_id desc nulls last, e.id limit 1`, p.org)
	return linkIn(t, c.URL, as(t, c.URL, c.logins[authz.FirmAdmin]).post("/org/invites/print", url.Values{"employee_no": {no}}))
}

// resetLink makes a link by which the team leader could choose another password.
func (c *city) resetLink(t *testing.T) string {
	t.Helper()
	return linkIn(t, c.URL, as(t, c.URL, c.logins[authz.FirmAdmin]).post(fmt.Sprintf("/org/accounts/%d/link", c.accountOf(t, authz.TeamLeader)), nil))
}
