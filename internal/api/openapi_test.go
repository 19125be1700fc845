package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const goldenSpec = "testdata/openapi.golden.json"

// The description is a promise to programs out there: a change of it is seen here and made on purpose.
func TestDescriptionIsStable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.get("nobody", "/api/openapi.json")
	if r.status != http.StatusOK || r.header.Get("Content-Type") != "application/openapi+json" {
		t.Fatalf("%d %v", r.status, r.header)
	}
	var got bytes.Buffer
	w.must(json.Indent(&got, r.body, "", "  "))
	got.WriteByte('\n')
	if *update {
		w.must(os.WriteFile(goldenSpec, got.Bytes(), 0o644))
	}
	want, err := os.ReadFile(goldenSpec)
	w.must(err)
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("the description has changed; look at it and run the test with -update:\n%s", firstDifference(want, got.Bytes()))
	}
}

func firstDifference(want, got []byte) string {
	a, b := strings.Split(string(want), "\n"), strings.Split(string(got), "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d:\n-%s\n+%s", i+1, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d lines, now %d", len(a), len(b))
}

// spec is an OpenAPI document as far as this test reads it.
type spec struct {
	OpenAPI    string
	Info       struct{ Title, Version, Description string }
	Servers    []struct{ URL string }
	Paths      map[string]map[string]operation
	Components struct {
		Schemas         map[string]schema
		SecuritySchemes map[string]struct{ Type, Scheme string }
	}
}

type operation struct {
	OperationID string `json:"operationId"`
	Summary     string
	Tags        []string
	Security    []map[string][]string
	Parameters  []struct {
		Name, In    string
		Required    bool
		Description string
		Schema      *schema
	}
	RequestBody *struct {
		Required bool
		Content  map[string]struct{ Schema *schema }
	}
	Responses map[string]struct {
		Description string
		Content     map[string]struct{ Schema *schema }
	}
}

type schema struct {
	Ref                  string `json:"$ref"`
	Type                 any
	Properties           map[string]*schema
	Required             []string
	Items                *schema
	Enum                 []any
	AdditionalProperties any
}

func TestDescriptionIsSound(t *testing.T) {
	t.Parallel()
	var d spec
	newWorld(t).get("nobody", "/api/openapi.json").json(t, &d)
	if d.OpenAPI != "3.1.0" || d.Info.Title == "" || d.Info.Version == "" || len(d.Servers) != 1 || d.Servers[0].URL != "/api/v1" {
		t.Errorf("%s %+v %+v", d.OpenAPI, d.Info, d.Servers)
	}
	for name, s := range d.Components.Schemas {
		d.check(t, name, &s)
	}
	ids := map[string]bool{}
	for path, methods := range d.Paths {
		for method, op := range methods {
			where := strings.ToUpper(method) + " " + path
			if ids[op.OperationID] || op.OperationID == "" || op.Summary == "" || len(op.Tags) != 1 {
				t.Errorf("%s: %+v", where, op)
			}
			ids[op.OperationID] = true
			d.checkOperation(t, where, path, op)
		}
	}
	if len(ids) != 13 {
		t.Errorf("%d operations", len(ids))
	}
}

var pathParameter = regexp.MustCompile(`\{(\w+)\}`)

func (d *spec) checkOperation(t *testing.T, where, path string, op operation) {
	t.Helper()
	var inPath []string
	for _, p := range op.Parameters {
		if p.Schema == nil {
			t.Errorf("%s: parameter %s has no schema", where, p.Name)
			continue
		}
		d.check(t, where+" "+p.Name, p.Schema)
		if p.In == "path" && p.Required {
			inPath = append(inPath, p.Name)
		}
	}
	for _, m := range pathParameter.FindAllStringSubmatch(path, -1) {
		if !slices.Contains(inPath, m[1]) {
			t.Errorf("%s: %s is not described", where, m[1])
		}
	}
	for _, s := range op.Security {
		for name, scopes := range s {
			if d.Components.SecuritySchemes[name].Scheme != "bearer" || len(scopes) == 0 {
				t.Errorf("%s: security %s %v", where, name, scopes)
			}
		}
	}
	if len(op.Security) != 1 {
		t.Errorf("%s: says not who may", where)
	}
	if b := op.RequestBody; b != nil {
		forms := []string{"application/json"}
		if op.OperationID == "feed-samples" {
			forms = []string{"application/x-ndjson", "text/csv"}
		}
		if got := slices.Sorted(maps.Keys(b.Content)); !b.Required || !slices.Equal(got, forms) {
			t.Errorf("%s: body %+v", where, b)
		}
		for form, media := range b.Content {
			if media.Schema == nil {
				t.Errorf("%s: body as %s has no schema", where, form)
				continue
			}
			d.check(t, where+" body", media.Schema)
		}
	}
	for status, r := range op.Responses {
		form := "application/problem+json"
		if status == "200" {
			form = "application/json"
		}
		if r.Description == "" || r.Content[form].Schema == nil {
			t.Errorf("%s: reply %s has no %s", where, status, form)
			continue
		}
		d.check(t, where+" "+status, r.Content[form].Schema)
	}
	for _, status := range []string{"200", "401", "403", "404", "422", "429", "500"} {
		if _, told := op.Responses[status]; !told {
			t.Errorf("%s: says nothing of %s", where, status)
		}
	}
}

// check walks a schema: every reference leads somewhere, every type is said, what is required is there.
func (d *spec) check(t *testing.T, where string, s *schema) {
	t.Helper()
	if s.Ref != "" {
		if _, known := d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]; !known {
			t.Errorf("%s: %s leads nowhere", where, s.Ref)
		}
		return
	}
	if s.Type == nil {
		t.Errorf("%s: has no type", where)
	}
	for _, name := range s.Required {
		if s.Properties[name] == nil {
			t.Errorf("%s: requires %s, which it has not", where, name)
		}
	}
	if s.Type == "object" && s.Properties != nil && s.AdditionalProperties != false {
		t.Errorf("%s: takes fields that it does not know", where)
	}
	for name, p := range s.Properties {
		d.check(t, where+"."+name, p)
	}
	if s.Items != nil {
		d.check(t, where+"[]", s.Items)
	}
}

func TestPageOfTheDescription(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for accept, want := range map[string]string{"zh-CN": "<h1>接口说明</h1>", "en": "<h1>API reference</h1>"} {
		r := w.call("nobody", http.MethodGet, "/api/docs", nil, map[string]string{"Accept-Language": accept})
		html := string(r.body)
		if r.status != http.StatusOK || !strings.Contains(html, want) || !strings.Contains(html, `data-spec="/api/openapi.json"`) {
			t.Errorf("%s: %d %s", accept, r.status, html)
		}
		if strings.Contains(html, "style=") || strings.Contains(html, "<script>") || strings.Contains(html, "⟦") {
			t.Errorf("%s: inline style or script, or a missing text: %s", accept, html)
		}
		if csp := r.header.Get("Content-Security-Policy"); !strings.Contains(csp, "script-src 'self';") {
			t.Errorf("policy %q", csp)
		}
	}
}
