package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/identity/authz"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, header := range map[string]string{
		"none": "", "unknown": "Bearer fg_" + strings.Repeat("A", 43), "not ours": "Bearer eyJhbGciOi", "another scheme": "Basic Zmc6Zmc=",
		"a session's cookie is no token": "Bearer",
	} {
		headers := map[string]string{"Cookie": "fugong_session=x"}
		if header != "" {
			headers["Authorization"] = header
		}
		r := w.call("nobody", http.MethodGet, "/api/v1/employees", nil, headers)
		w.wantProblem(name, r, http.StatusUnauthorized, "unauthenticated")
		if r.header.Get("WWW-Authenticate") == "" || r.header.Get("X-Request-Id") != "test" {
			t.Errorf("%s: %v", name, r.header)
		}
	}
	w.wantProblem("no address is told without a token", w.get("nobody", "/api/v1/nothing"), http.StatusUnauthorized, "unauthenticated")
	w.wantProblem("nothing there", w.get("reader", "/api/v1/nothing"), http.StatusNotFound, "not_found")
	w.wantProblem("no such method", w.call("reader", http.MethodDelete, "/api/v1/employees/1", nil, nil), http.StatusNotFound, "not_found")

	if r := w.get("reader", "/api/v1/employees"); r.status != http.StatusOK {
		t.Fatalf("%d %s", r.status, r.body)
	}
	boss := authz.Scope{Account: 900, Actor: "管理员", Role: authz.FirmAdmin, Org: firm}
	w.must(w.deps.Clients.Revoke(t.Context(), boss, w.clients["reader"], w.clock.Now()))
	w.wantProblem("revoked", w.get("reader", "/api/v1/employees"), http.StatusUnauthorized, "unauthenticated")
	w.clock.Advance(90 * 24 * time.Hour)
	w.wantProblem("expired", w.get("officer", "/api/v1/employees"), http.StatusUnauthorized, "unauthenticated")
}

// Every operation refuses a token without its scope, before it reads the body.
func TestScopes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, call := range []struct{ as, method, path string }{
		{"lab", http.MethodGet, "/api/v1/employees"},
		{"lab", http.MethodGet, "/api/v1/employees/1"},
		{"lab", http.MethodGet, "/api/v1/employees/1/samples"},
		{"lab", http.MethodGet, "/api/v1/employees/1/standing"},
		{"lab", http.MethodPut, "/api/v1/employees"},
		{"reader", http.MethodPost, "/api/v1/samples"},
		{"reader", http.MethodPost, "/api/v1/symptom-reports"},
		{"reader", http.MethodGet, "/api/v1/symptom-reports"},
		{"reader", http.MethodGet, "/api/v1/week"},
		{"officer", http.MethodGet, "/api/v1/rollups/now"},
		{"officer", http.MethodGet, "/api/v1/rollups/weeks"},
		{"officer", http.MethodGet, "/api/v1/rollups/orgs/1"},
		{"city", http.MethodGet, "/api/v1/employees"},
		{"city", http.MethodGet, "/api/v1/employees/1"},
		{"city", http.MethodGet, "/api/v1/week"},
	} {
		var body any
		if call.method != http.MethodGet {
			body = "this is not JSON"
		}
		r := w.call(call.as, call.method, call.path, body, nil)
		w.wantProblem(call.as+" "+call.method+" "+call.path, r, http.StatusForbidden, "forbidden")
	}
	one := func(proof string) map[string]any {
		return map[string]any{"samples": []map[string]any{{"employee_id": 1, "sampled_at": "2022-03-24T08:00:00+08:00", "result": "negative", "proof": proof}}}
	}
	if r := w.call("lab", http.MethodPost, "/api/v1/samples", one("staff"), key("a")); r.status != http.StatusOK {
		t.Errorf("with one of the scopes: %d %s", r.status, r.body)
	}
	p := w.wantProblem("a laboratory's word without the scope", w.call("lab", http.MethodPost, "/api/v1/samples", one("lab"), key("b")),
		http.StatusForbidden, "forbidden")
	if !strings.Contains(p.Detail, "sample.import") {
		t.Errorf("%q does not say which scope", p.Detail)
	}
}

func TestPace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 60 {
		if r := w.get("reader", "/api/v1/employees?limit=1"); r.status != http.StatusOK {
			t.Fatalf("request %d: %d %s", i, r.status, r.body)
		}
	}
	r := w.get("reader", "/api/v1/employees?limit=1")
	w.wantProblem("too many", r, http.StatusTooManyRequests, "too_many")
	if r.header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After %q", r.header.Get("Retry-After"))
	}
	if r := w.get("officer", "/api/v1/employees?limit=1"); r.status != http.StatusOK {
		t.Errorf("another client: %d", r.status)
	}
	w.clock.Advance(time.Second)
	if r := w.get("reader", "/api/v1/employees?limit=1"); r.status != http.StatusOK {
		t.Errorf("a second later: %d", r.status)
	}
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for accept, want := range map[string]string{"": "没有找到", "en-GB,en;q=0.9": "Not found", "zh-TW": "没有找到", "fr": "没有找到"} {
		r := w.call("reader", http.MethodGet, "/api/v1/employees/99", nil, map[string]string{"Accept-Language": accept})
		if p := w.wantProblem(accept, r, http.StatusNotFound, "not_found"); !strings.Contains(p.Detail, want) {
			t.Errorf("%q reads %q", accept, p.Detail)
		}
	}
	for accept, want := range map[string]string{"zh-CN": "在岗职工", "en": "staff"} {
		r := w.call("reader", http.MethodGet, "/api/v1/employees/1/standing", nil, map[string]string{"Accept-Language": accept})
		if !strings.Contains(string(r.body), want) {
			t.Errorf("%s: %s", accept, r.body)
		}
	}
}

// What fails inside stays inside.
func TestBrokenDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Exec(`alter table standing rename to away`)
	p := w.wantProblem("broken", w.get("reader", "/api/v1/employees"), http.StatusInternalServerError, "internal")
	if strings.Contains(p.Detail, "standing") || strings.Contains(p.Detail, "pq:") {
		t.Errorf("the cause shows: %q", p.Detail)
	}
	r := w.call("officer", http.MethodPost, "/api/v1/samples", sampleOf(1, "2022-03-24T08:00:00+08:00"), key("broken"))
	w.wantProblem("broken write", r, http.StatusInternalServerError, "internal")
	w.Exec(`alter table away rename to standing`)
	if r := w.call("officer", http.MethodPost, "/api/v1/samples", sampleOf(1, "2022-03-24T08:00:00+08:00"), key("broken")); r.status != http.StatusOK {
		t.Errorf("the key of a failed write stays taken: %d %s", r.status, r.body)
	}
}
