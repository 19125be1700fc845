// Package web embeds what pages are made of: templates, texts and the built
// scripts and stylesheets.
//
// Scripts and stylesheets are built by `go tool webbuild` into dist, under names
// that carry a hash of their content, listed in dist/manifest.json. Everything
// compiles and every handler works without that build; Built tells whether it
// was made.
package web

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
)

//go:embed all:dist all:templates all:locales
var files embed.FS

// The three embedded folders. Dist may be empty but for a dot file.
var (
	Dist      = folder("dist")
	Templates = folder("templates")
	Locales   = folder("locales")
)

// AssetPrefix is the path under which the server offers Dist.
const AssetPrefix = "/assets/"

var manifest = mustManifest(Dist)

// Built reports whether the scripts and stylesheets were built into this binary.
func Built() bool { return len(manifest) > 0 }

// Asset is the address of a built file by its plain name, such as "app.css".
// Before the build, or for a name it does not know, the address leads nowhere.
func Asset(name string) string {
	if hashed, ok := manifest[name]; ok {
		return AssetPrefix + hashed
	}
	return AssetPrefix + name
}

func folder(name string) fs.FS {
	sub, err := fs.Sub(files, name)
	if err != nil {
		panic(err) // only a malformed name, and the names stand above
	}
	return sub
}

// readManifest returns the built names, and nothing at all when dist is unbuilt.
func readManifest(dist fs.FS) (map[string]string, error) {
	raw, err := fs.ReadFile(dist, "manifest.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var names map[string]string
	if err := json.Unmarshal(raw, &names); err != nil {
		return nil, fmt.Errorf("web: dist/manifest.json: %w", err)
	}
	return names, nil
}

func mustManifest(dist fs.FS) map[string]string {
	names, err := readManifest(dist)
	if err != nil {
		panic(err) // the binary was built around a broken dist folder
	}
	return names
}
