package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

// site makes a web folder with the entry points, one npm package and the remains
// of an earlier build.
func site(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"src/app.ts":                   `import { greet } from "pkg"; greet("复工");`,
		"src/htmx.ts":                  `console.log(0);`,
		"src/charts.ts":                `console.log(1);`,
		"src/docs.ts":                  `import "./docs.css";`,
		"src/docs.css":                 `body { color: red }`,
		"src/app.css":                  `.a { inset: 0 }`,
		"node_modules/pkg/index.js":    `export function greet(name) { console.log(name) }`,
		"node_modules/pkg/LICENSE":     "Free for all.",
		"node_modules/unused/index.js": ``,
		"dist/.gitkeep":                "",
		"dist/app-OLD.js":              "old",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// unpack reads a built file from both of its forms, which must hold the same.
func unpack(t *testing.T, dist, name string) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(read(t, dist, name+".gz")))
	if err != nil {
		t.Fatal(err)
	}
	var forms [2][]byte
	for i, r := range []io.Reader{z, brotli.NewReader(bytes.NewReader(read(t, dist, name+".br")))} {
		if forms[i], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	if len(forms[0]) == 0 || !bytes.Equal(forms[0], forms[1]) {
		t.Fatalf("%s: %d bytes of gzip, %d of brotli", name, len(forms[0]), len(forms[1]))
	}
	return forms[0]
}

func TestBuild(t *testing.T) {
	dir := site(t)
	if err := build(dir); err != nil {
		t.Fatal(err)
	}
	dist := filepath.Join(dir, "dist")
	names := map[string]string{}
	if err := json.Unmarshal(read(t, dist, "manifest.json"), &names); err != nil {
		t.Fatal(err)
	}
	for _, plain := range []string{"app.js", "htmx.js", "charts.js", "docs.js", "docs.css", "app.css", "licenses.txt"} {
		if names[plain] == "" || names[plain] == plain {
			t.Errorf("%s is listed as %q", plain, names[plain])
		}
	}
	if script := unpack(t, dist, names["app.js"]); !bytes.Contains(script, []byte("复工")) && !bytes.Contains(script, []byte(`\u590D\u5DE5`)) {
		t.Errorf("app.js: %s", script)
	}
	if notices := string(unpack(t, dist, names["licenses.txt"])); !strings.Contains(notices, "==== pkg: LICENSE ====") || strings.Contains(notices, "unused") {
		t.Errorf("notices: %s", notices)
	}
	read(t, dist, ".gitkeep")
	if _, err := os.Stat(filepath.Join(dist, "app-OLD.js")); err == nil {
		t.Error("the earlier build is still there")
	}
}

func TestBuildAgainGivesTheSameNames(t *testing.T) {
	dir := site(t)
	var manifests [2][]byte
	for i := range manifests {
		if err := build(dir); err != nil {
			t.Fatal(err)
		}
		manifests[i] = read(t, dir, "dist/manifest.json")
	}
	if !bytes.Equal(manifests[0], manifests[1]) {
		t.Errorf("first %s, then %s", manifests[0], manifests[1])
	}
}

func TestBuildRefuses(t *testing.T) {
	for name, spoil := range map[string]func(dir string) error{
		"unlicensed package": func(dir string) error { return os.Remove(filepath.Join(dir, "node_modules/pkg/LICENSE")) },
		"broken script":      func(dir string) error { return os.WriteFile(filepath.Join(dir, "src/app.ts"), []byte("("), 0o644) },
		"no packages":        func(dir string) error { return os.RemoveAll(filepath.Join(dir, "node_modules")) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := site(t)
			if err := spoil(dir); err != nil {
				t.Fatal(err)
			}
			if err := build(dir); err == nil {
				t.Error("built all the same")
			}
			if got := read(t, dir, "dist/app-OLD.js"); string(got) != "old" {
				t.Error("a failed build destroyed the earlier one")
			}
		})
	}
}

func TestPackageOf(t *testing.T) {
	for path, want := range map[string]string{
		"src/app.ts": "", "node_modules/htmx.org/dist/htmx.esm.js": "htmx.org", "node_modules/@scarf/scarf/x.js": "@scarf/scarf",
	} {
		if got := packageOf(path); got != want {
			t.Errorf("packageOf(%q) = %q, want %q", path, got, want)
		}
	}
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
