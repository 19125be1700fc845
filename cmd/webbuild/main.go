// Command webbuild bundles the scripts and stylesheets of web/src into web/dist:
//
//	npm --prefix web ci && go tool webbuild
//
// Each output carries a hash of its content in its name and lies beside its .gz
// and .br; manifest.json maps plain names to hashed ones and is written last, so
// a dist folder with a manifest is a whole one. Notices of the bundled packages
// go to licenses.txt. The server never links this program.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

func main() {
	dir := flag.String("web", "web", "folder that holds package.json, src and dist")
	flag.Parse()
	if err := build(*dir); err != nil {
		fmt.Fprintln(os.Stderr, "webbuild:", err)
		os.Exit(1)
	}
}

func build(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s holds no node_modules: run npm --prefix %s ci", dir, dir)
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	outputs, err := bundle(abs)
	if err != nil {
		return err
	}
	dist := filepath.Join(abs, "dist")
	if err := clear(dist); err != nil {
		return err
	}
	names := map[string]string{}
	for _, o := range outputs {
		size, err := writeCompressed(filepath.Join(dist, o.hashed), o.content)
		if err != nil {
			return err
		}
		names[o.plain] = o.hashed
		fmt.Printf("%-14s %-28s %7d B  gz %6d  br %6d\n", o.plain, o.hashed, size.plain, size.gzip, size.brotli)
	}
	raw, err := json.MarshalIndent(names, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dist, "manifest.json"), append(raw, '\n'), 0o644)
}

// output is one file to write.
type output struct {
	plain   string // app.css
	hashed  string // app-1A2B3C4D.css
	content []byte
}

// bundle runs esbuild over the entry points: scripts for ES2020, stylesheets for
// the oldest browsers whose phones are still about.
func bundle(dir string) ([]output, error) {
	base := api.BuildOptions{
		AbsWorkingDir: dir, Outdir: filepath.Join(dir, "dist"), EntryNames: "[name]-[hash]",
		Bundle: true, Write: false, Metafile: true, LogLevel: api.LogLevelWarning,
		MinifySyntax: true, MinifyWhitespace: true, MinifyIdentifiers: true,
		LegalComments: api.LegalCommentsNone, // licenses.txt holds the full texts instead
	}
	scripts := base
	scripts.EntryPoints = []string{"src/app.ts", "src/htmx.ts", "src/charts.ts", "src/docs.ts"}
	scripts.Format, scripts.Target = api.FormatIIFE, api.ES2020
	styles := base
	styles.EntryPoints = []string{"src/app.css"}
	styles.Engines = []api.Engine{{Name: api.EngineChrome, Version: "87"}, {Name: api.EngineSafari, Version: "14.1"}}

	var outputs []output
	packages := map[string]bool{}
	for _, options := range []api.BuildOptions{scripts, styles} {
		result := api.Build(options)
		if len(result.Errors) > 0 {
			return nil, fmt.Errorf("%d errors from esbuild", len(result.Errors))
		}
		if err := addPackages(packages, result.Metafile); err != nil {
			return nil, err
		}
		for _, f := range result.OutputFiles {
			outputs = append(outputs, named(filepath.Base(f.Path), f.Contents))
		}
	}
	notices, err := licenses(filepath.Join(dir, "node_modules"), packages)
	if err != nil {
		return nil, err
	}
	return append(outputs, hashedText("licenses.txt", notices)), nil
}

// named splits esbuild's name-HASH.ext.
func named(hashed string, content []byte) output {
	ext := filepath.Ext(hashed)
	stem := strings.TrimSuffix(hashed, ext)
	return output{plain: stem[:strings.LastIndexByte(stem, '-')] + ext, hashed: hashed, content: content}
}

// clear empties the folder but keeps dot files: .gitkeep makes an unbuilt clone
// compile.
func clear(dist string) error {
	entries, err := os.ReadDir(dist)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dist, e.Name())); err != nil {
			return err
		}
	}
	return nil
}
