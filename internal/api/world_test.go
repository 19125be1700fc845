package api_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2/memstore"
	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/api"
	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/httpd"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/client"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/gb"
	"github.com/fugong/fugong/internal/platform/i18n"
	"github.com/fugong/fugong/internal/platform/secret"
	"github.com/fugong/fugong/internal/rollup"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/screening/feed"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/symptom"
	"github.com/fugong/fugong/internal/testkit"
	"github.com/fugong/fugong/web"
)

// Orgs of a world.
const (
	firm    int32 = 1 // with four people, two of whom have the same name
	foreign int32 = 2 // with one
	bureau  int32 = 3
)

// world is an installation with the API mounted, at 09:00 on 24 March 2022 in Zibo.
type world struct {
	t testing.TB
	*testkit.Kit
	clock   *clock.Manual
	deps    api.Deps
	url     string
	http    *http.Client
	tokens  map[string]string
	clients map[string]int32
}

func newWorld(t testing.TB) *world {
	t.Helper()
	now := testkit.At(t, "03-24 09:00")
	w := &world{t: t, Kit: testkit.New(t, now), clock: clock.NewManual(now), tokens: map[string]string{"nobody": "", "stranger": "fg_stranger"},
		clients: map[string]int32{}, http: &http.Client{}}
	began := now.AddDate(0, 0, -30)
	for id, kind := range map[int32]string{firm: org.Enterprise, foreign: org.Enterprise, bureau: org.Bureau} {
		w.Exec(`insert into org (id, kind, code, name, admin_zone, industry, go_live_at, created_at, updated_at)
			values ($1, $2, $3, $4, '370303', 'C34', $5, $5, $5)`, id, kind, fmt.Sprint("T", id), fmt.Sprint("单位", id), began)
	}
	w.services(t)
	w.hire(firm, began, "王建国", "李秀英", "张伟", "张伟")
	w.hire(foreign, began, "赵敏")
	w.mount(t)
	w.client("officer", firm, authz.HealthOfficer, client.Offered(authz.HealthOfficer)...)
	w.client("reader", firm, authz.HealthOfficer, authz.EmployeeView)
	w.client("lab", firm, authz.HealthOfficer, authz.SampleRecord)
	w.client("stranger's officer", foreign, authz.HealthOfficer, client.Offered(authz.HealthOfficer)...)
	w.client("district", bureau, authz.DistrictBureau, authz.BureauView)
	w.client("city", bureau, authz.CityBureau, authz.BureauView)
	w.client("city lab", bureau, authz.Lab, authz.SampleImport)
	w.client("importer", firm, authz.HealthOfficer, authz.SampleImport)
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) services(t testing.TB) {
	box, err := secret.LoadOrCreate(filepath.Join(t.TempDir(), "keys.json"))
	w.must(err)
	catalog, err := i18n.Load(web.Locales)
	w.must(err)
	orgs := org.New(w.DB, box, org.Config{Clock: w.clock})
	standings := standing.New(w.DB, w.clock, testkit.Zibo(t))
	w.deps = api.Deps{DB: w.DB, Clock: w.clock, Log: slog.New(slog.DiscardHandler), Catalog: catalog, Orgs: orgs, Clients: client.New(w.DB, orgs, w.clock),
		Employees: employee.New(w.DB, box, standings), Standings: standings, Samples: screening.New(w.DB, box, standings),
		Symptoms: symptom.New(w.DB, box, hold.New(w.DB, standings, testkit.Zibo(t)), testkit.Zibo(t)), Rollups: rollup.New(w.DB, w.clock, standings)}
	w.deps.Feeds = feed.New(feed.Config{DB: w.DB, Box: box, Employees: w.deps.Employees, Standings: standings})
}

func (w *world) mount(t testing.TB) {
	site, err := httpd.New(httpd.Config{Clock: w.clock, Log: w.deps.Log, Catalog: w.deps.Catalog, Sessions: memstore.New(), Zone: testkit.Zone,
		Templates: web.Templates, Asset: web.Asset})
	w.must(err)
	w.must(api.Mount(site, w.deps))
	srv := httptest.NewServer(site)
	t.Cleanup(srv.Close)
	w.url = srv.URL
}

// hire opens files; the nth person of a world has the nth identity number and employee number.
func (w *world) hire(orgID int32, at time.Time, names ...string) {
	w.t.Helper()
	n := testkit.Get[int](w.Kit, `select count(*) from employee`)
	var in []employee.Incoming
	for _, name := range names {
		n++
		in = append(in, employee.Incoming{Name: name, IDNumber: idNumber(n), EmployeeNo: fmt.Sprint(10000 + n), Mobile: fmt.Sprintf("139123400%02d", n),
			Workshop: "一车间", Team: "甲班"})
	}
	sc := authz.System("test").ForOrg(orgID)
	w.must(w.DB.InTx(w.t.Context(), db.Tenant{Org: orgID}, func(tx *sqlx.Tx) error {
		res, err := w.deps.Employees.Merge(w.t.Context(), tx, sc, in, at)
		if err == nil && res.Counts[employee.RowNew] != len(names) {
			err = fmt.Errorf("%+v", res)
		}
		return err
	}))
}

// idNumber is the nth identity number, valid and of nobody.
func idNumber(n int) string {
	first17 := fmt.Sprintf("37030319900101%03d", n)
	return first17 + string(gb.IDCheckDigit(first17))
}

// client makes a program by a name of the test.
func (w *world) client(name string, orgID int32, role authz.Role, scopes ...authz.Permission) {
	w.t.Helper()
	maker := authz.Scope{Account: 900, Actor: "管理员", Role: authz.FirmAdmin, Org: orgID}
	if role == authz.CityBureau || role == authz.DistrictBureau || role == authz.Lab {
		maker.Role = authz.CityBureau
	}
	in := client.Input{Name: name, Role: role, Scopes: scopes, ExpiresAt: w.clock.Now().Add(90 * 24 * time.Hour)}
	if role == authz.DistrictBureau {
		in.Division = "370302"
	}
	id, token, err := w.deps.Clients.Create(w.t.Context(), maker, in, w.clock.Now())
	w.must(err)
	w.tokens[name], w.clients[name] = token, id
}

// reply is an answer read to its end.
type reply struct {
	status int
	body   []byte
	header http.Header
}

// fataler is a testing.TB or a rapid.T.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// json decodes the answer into v.
func (r reply) json(t fataler, v any) {
	t.Helper()
	if err := json.Unmarshal(r.body, v); err != nil {
		t.Fatalf("%v: %s", err, r.body)
	}
}

// call sends a request as a client; a body that is no string is sent as JSON.
func (w *world) call(as, method, path string, body any, headers map[string]string) reply {
	w.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		w.must(err)
		reader = strings.NewReader(string(raw))
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, reader)
	w.must(err)
	req.Header.Set("X-Request-Id", "test")
	if reader != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token := w.tokens[as]; token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	res, err := w.http.Do(req)
	w.must(err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	w.must(err)
	w.guarded(raw)
	return reply{res.StatusCode, raw, res.Header}
}

// guarded fails the test when an answer holds what must never leave: an unmasked number, or a link to a schema.
func (w *world) guarded(raw []byte) {
	w.t.Helper()
	for n := range 20 {
		for _, secret := range []string{idNumber(n), fmt.Sprintf("139123400%02d", n), "$schema"} {
			if strings.Contains(string(raw), secret) {
				w.t.Errorf("an answer holds %s: %s", secret, raw)
			}
		}
	}
}

func (w *world) get(as, path string) reply {
	w.t.Helper()
	return w.call(as, http.MethodGet, path, nil, nil)
}

// count counts by a query as the owner.
func (w *world) count(query string, args ...any) int { return testkit.Get[int](w.Kit, query, args...) }

// problem is a failure as a program reads it.
type problem struct {
	Status int
	Code   string
	Detail string
	Errors []struct{ Code, Location, Message string }
}

// wantProblem fails the test unless the answer is a problem of the status and code, and returns it.
func (w *world) wantProblem(what string, r reply, status int, code string) problem {
	w.t.Helper()
	var p problem
	r.json(w.t, &p)
	if r.status != status || p.Status != status || p.Code != code || r.header.Get("Content-Type") != "application/problem+json" {
		w.t.Errorf("%s: %d %s, want %d %s", what, r.status, r.body, status, code)
	}
	if p.Detail == "" || strings.Contains(string(r.body), "⟦") {
		w.t.Errorf("%s: a text is missing: %s", what, r.body)
	}
	return p
}

func (p problem) places() []string {
	var out []string
	for _, e := range p.Errors {
		out = append(out, e.Location+" "+e.Code)
	}
	slices.Sort(out)
	return out
}
