package client_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/identity/auth/authtest"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/client"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/platform/errs"
)

type world struct {
	*authtest.World
	clients *client.Service
	firm    org.Org
	boss    authz.Scope
}

func newWorld(t *testing.T) *world {
	w := &world{World: authtest.New(t)}
	w.clients = client.New(w.DB, w.Orgs, w.Clock)
	w.firm = w.Org(org.Enterprise, "鲁中机械有限公司")
	w.boss = w.Staff(w.firm.ID, authz.FirmAdmin, "boss")
	return w
}

func (w *world) input() client.Input {
	return client.Input{Name: "检测机构接口", Role: authz.HealthOfficer, Scopes: []authz.Permission{authz.SampleRecord}, ExpiresAt: w.Now().Add(90 * 24 * time.Hour)}
}

func (w *world) create() (int32, string) {
	w.T.Helper()
	id, token, err := w.clients.Create(w.T.Context(), w.boss, w.input(), w.Now())
	if err != nil {
		w.T.Fatal(err)
	}
	return id, token
}

func TestCreateChecks(t *testing.T) {
	w := newWorld(t)
	city := w.Staff(w.Org(org.Bureau, "淄博市工业和信息化局").ID, authz.CityBureau, "city")
	for name, tc := range map[string]struct {
		sc     authz.Scope
		change func(in *client.Input)
		field  string
	}{
		"no name":  {w.boss, func(in *client.Input) { in.Name = " " }, "name"},
		"role":     {w.boss, func(in *client.Input) { in.Role = authz.FirmAdmin }, "role"},
		"foreign":  {w.boss, func(in *client.Input) { in.Role = authz.CityBureau }, "role"},
		"no scope": {w.boss, func(in *client.Input) { in.Scopes = nil }, "scopes"},
		"reveal":   {w.boss, func(in *client.Input) { in.Scopes = []authz.Permission{authz.EmployeeReveal} }, "scopes"},
		"more":     {w.boss, func(in *client.Input) { in.Scopes = []authz.Permission{authz.OrgManage} }, "scopes"},
		"past":     {w.boss, func(in *client.Input) { in.ExpiresAt = w.Now() }, "expires"},
		"too long": {w.boss, func(in *client.Input) { in.ExpiresAt = w.Now().Add(client.MaxLife + time.Second) }, "expires"},
		"no division": {city, func(in *client.Input) {
			in.Role, in.Scopes = authz.DistrictBureau, []authz.Permission{authz.BureauView}
		}, "division"},
	} {
		in := w.input()
		tc.change(&in)
		if _, _, err := w.clients.Create(t.Context(), tc.sc, in, w.Now()); errs.FieldsOf(err)[tc.field].Key == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	officer := w.Staff(w.firm.ID, authz.HealthOfficer, "officer")
	if _, _, err := w.clients.Create(t.Context(), officer, w.input(), w.Now()); !errs.Is(err, errs.Forbidden) {
		t.Errorf("without the permission: %v", err)
	}
	for r := range map[authz.Role]bool{authz.HealthOfficer: true, authz.CityBureau: true, authz.DistrictBureau: true, authz.Lab: true} {
		for _, p := range client.Offered(r) {
			if !authz.Grants(r, p) {
				t.Errorf("%s is offered %s, which the role does not hold", r, p)
			}
		}
	}
}

func TestAuthenticate(t *testing.T) {
	w := newWorld(t)
	id, token := w.create()
	if !strings.HasPrefix(token, "fg_") || len(token) != 3+43 {
		t.Errorf("token %q", token)
	}
	sc, got, err := w.clients.Authenticate(t.Context(), token, w.Now())
	if err != nil || got != id {
		t.Fatal(err)
	}
	if sc.Org != w.firm.ID || sc.Account != -int64(id) || !sc.Can(authz.SampleRecord) || sc.Can(authz.EmployeeView) || sc.Actor != "api:检测机构接口" {
		t.Errorf("%+v", sc)
	}
	list, err := w.clients.List(t.Context(), w.boss, false, w.Now())
	if err != nil || len(list) != 1 || list[0].LastUsedAt == nil || !list[0].LastUsedAt.Equal(w.Now()) || !list[0].Works(w.Now()) {
		t.Fatalf("%+v %v", list, err)
	}
	refused := func(name, token string) {
		t.Helper()
		if _, _, err := w.clients.Authenticate(t.Context(), token, w.Now()); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("%s: %v", name, err)
		}
	}
	refused("nothing", "")
	refused("unknown", "fg_"+strings.Repeat("A", 43))
	refused("another spelling", strings.ToUpper(token))
	if err := w.clients.Revoke(t.Context(), w.boss, id, w.Now()); err != nil {
		t.Fatal(err)
	}
	refused("revoked", token)
	if err := w.clients.Revoke(t.Context(), w.boss, id, w.Now()); !errs.Is(err, errs.NotFound) {
		t.Errorf("twice: %v", err)
	}
	_, token = w.create()
	w.Clock.Advance(90 * 24 * time.Hour)
	refused("expired", token)
	if list, err := w.clients.List(t.Context(), w.boss, true, w.Now()); err != nil || len(list) != 2 {
		t.Errorf("%d %v", len(list), err)
	}
	if n := w.Count(`select count(*) from api_client where position($1 in encode(token_hash, 'escape')) > 0`, token); n != 0 {
		t.Error("the token is stored")
	}
}

func TestForeignClients(t *testing.T) {
	w := newWorld(t)
	id, _ := w.create()
	stranger := w.Staff(w.Org(org.Enterprise, "齐鲁纺织有限公司").ID, authz.FirmAdmin, "stranger")
	if list, err := w.clients.List(t.Context(), stranger, true, w.Now()); err != nil || len(list) != 0 {
		t.Errorf("%d %v", len(list), err)
	}
	if err := w.clients.Revoke(t.Context(), stranger, id, w.Now()); !errs.Is(err, errs.NotFound) {
		t.Errorf("%v", err)
	}
	root := authz.Scope{Account: 99, Actor: "root", Role: authz.Admin, Org: 999}
	if list, err := w.clients.List(t.Context(), root, true, w.Now()); err != nil || len(list) != 1 {
		t.Errorf("an administrator lists %d, %v", len(list), err)
	}
	if err := w.clients.Revoke(t.Context(), root, id, w.Now()); err != nil {
		t.Error(err)
	}
	if n := w.Count(`select count(*) from audit_log where org_id = $1 and action = 'client.revoke' and actor = 99`, w.firm.ID); n != 1 {
		t.Error("not in the log of the org concerned")
	}
}

func TestIdempotency(t *testing.T) {
	w := newWorld(t)
	id, _ := w.create()
	ctx, q := t.Context(), w.DB.Pool()
	ask := client.RequestHash("POST", "/api/v1/samples", []byte(`{"a":1}`))
	other := client.RequestHash("POST", "/api/v1/samples", []byte(`{"a":2}`))
	begin := func(key string, request []byte) (client.Answer, error) {
		return w.clients.Begin(ctx, q, id, key, request, w.Now())
	}
	if a, err := begin("k", ask); err != nil || a.Done() {
		t.Fatalf("%+v %v", a, err)
	}
	if _, err := begin("k", ask); !errs.Is(err, errs.Conflict) {
		t.Errorf("while it runs: %v", err)
	}
	if err := w.clients.Finish(ctx, q, id, "k", client.Answer{Status: 201, Body: `{"id":1}`}); err != nil {
		t.Fatal(err)
	}
	if a, err := begin("k", ask); err != nil || a != (client.Answer{Status: 201, Body: `{"id":1}`}) {
		t.Errorf("%+v %v", a, err)
	}
	if _, err := begin("k", other); !errs.Is(err, errs.Conflict) {
		t.Errorf("another request: %v", err)
	}
	// A write that failed may be tried again; one whose process died, after two minutes.
	for _, key := range []string{"failed", "died"} {
		if _, err := begin(key, ask); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.clients.Forget(ctx, q, id, "failed"); err != nil {
		t.Fatal(err)
	}
	if a, err := begin("failed", ask); err != nil || a.Done() {
		t.Errorf("%+v %v", a, err)
	}
	w.Clock.Advance(2*time.Minute + time.Second)
	if _, err := begin("died", other); !errs.Is(err, errs.Conflict) {
		t.Errorf("another request under a dead one's key: %v", err)
	}
	if a, err := begin("died", ask); err != nil || a.Done() {
		t.Errorf("%+v %v", a, err)
	}
	if _, err := begin("", ask); !errs.Is(err, errs.Invalid) {
		t.Errorf("no key: %v", err)
	}
	w.Clock.Advance(49 * time.Hour)
	if _, err := w.clients.Jobs()[0].Run(ctx, w.Now()); err != nil || w.Count(`select count(*) from idempotency`) != 0 {
		t.Errorf("old answers stay: %v", err)
	}
}

func TestParallelWritesUnderOneKeyRunOnce(t *testing.T) {
	w := newWorld(t)
	id, _ := w.create()
	ask := client.RequestHash("POST", "/x", nil)
	var mu sync.Mutex
	claimed := 0
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			a, err := w.clients.Begin(t.Context(), w.DB.Pool(), id, "same", ask, w.Now())
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil && !a.Done():
				claimed++
			case !errs.Is(err, errs.Conflict):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if claimed != 1 {
		t.Errorf("%d writers claimed the key", claimed)
	}
}

// A laboratory of the city is let in by the bureau or the operator, for its results and nothing else.
func TestCityLab(t *testing.T) {
	w := newWorld(t)
	in := w.input()
	in.Role, in.Scopes = authz.Lab, []authz.Permission{authz.SampleImport}
	for name, maker := range map[string]authz.Scope{
		"bureau":   w.Staff(w.Org(org.Bureau, "淄博市工业和信息化局").ID, authz.CityBureau, "city"),
		"operator": w.Staff(w.Org(org.Operator, "运营方").ID, authz.Admin, "admin"),
	} {
		_, token, err := w.clients.Create(t.Context(), maker, in, w.Now())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		sc, _, err := w.clients.Authenticate(t.Context(), token, w.Now())
		if err != nil || !sc.CityLab() || sc.Can(authz.EmployeeView) || sc.Can(authz.SampleRecord) || sc.Org != maker.Org {
			t.Errorf("%s: %+v %v", name, sc, err)
		}
		more := in
		more.Scopes = []authz.Permission{authz.SampleImport, authz.BureauView}
		if _, _, err := w.clients.Create(t.Context(), maker, more, w.Now()); errs.FieldsOf(err)["scopes"].Key == "" {
			t.Errorf("%s gave a laboratory more: %v", name, err)
		}
	}
	if _, _, err := w.clients.Create(t.Context(), w.boss, in, w.Now()); errs.FieldsOf(err)["role"].Key == "" {
		t.Errorf("an enterprise let a laboratory into the city: %v", err)
	}
}
