package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/andybalholm/brotli"
)

// sizes are the bytes of one file, plain and as sent.
type sizes struct{ plain, gzip, brotli int }

// writeCompressed writes the .gz and the .br of a file, each as small as it gets: they
// are made once and sent many times. Plain, the files would make a sixteenth of the
// program that nearly no browser asks for.
func writeCompressed(path string, content []byte) (sizes, error) {
	var gz, br bytes.Buffer
	zw, err := gzip.NewWriterLevel(&gz, gzip.BestCompression)
	if err != nil {
		return sizes{}, err
	}
	bw := brotli.NewWriterLevel(&br, brotli.BestCompression)
	for _, w := range []interface {
		Write([]byte) (int, error)
		Close() error
	}{zw, bw} {
		if _, err := w.Write(content); err != nil {
			return sizes{}, err
		}
		if err := w.Close(); err != nil {
			return sizes{}, err
		}
	}
	for suffix, data := range map[string][]byte{".gz": gz.Bytes(), ".br": br.Bytes()} {
		if err := os.WriteFile(path+suffix, data, 0o644); err != nil {
			return sizes{}, err
		}
	}
	return sizes{len(content), gz.Len(), br.Len()}, nil
}

func hashedText(plain string, content []byte) output {
	sum := sha256.Sum256(content)
	hash := base32.StdEncoding.EncodeToString(sum[:5])
	ext := filepath.Ext(plain)
	return output{plain: plain, hashed: strings.TrimSuffix(plain, ext) + "-" + hash + ext, content: content}
}

// addPackages adds the npm packages whose files went into a bundle, read from
// esbuild's metafile.
func addPackages(into map[string]bool, metafile string) error {
	var meta struct {
		Inputs map[string]struct{} `json:"inputs"`
	}
	if err := json.Unmarshal([]byte(metafile), &meta); err != nil {
		return fmt.Errorf("metafile: %w", err)
	}
	for path := range meta.Inputs {
		if name := packageOf(path); name != "" {
			into[name] = true
		}
	}
	return nil
}

// packageOf names the npm package that a source file belongs to, if any.
func packageOf(path string) string {
	_, rest, found := strings.Cut(filepath.ToSlash(path), "node_modules/")
	if !found {
		return ""
	}
	parts := strings.SplitN(rest, "/", 3)
	if strings.HasPrefix(parts[0], "@") && len(parts) > 1 {
		return parts[0] + "/" + parts[1]
	}
	return parts[0]
}

// licenses joins the licence and notice files of the packages. A package without
// one is an error: what is shipped must be licensed in the open.
func licenses(modules string, packages map[string]bool) ([]byte, error) {
	names := make([]string, 0, len(packages))
	for name := range packages {
		names = append(names, name)
	}
	slices.Sort(names)
	var out bytes.Buffer
	for _, name := range names {
		found := false
		for _, pattern := range []string{"LICENSE*", "LICENCE*", "NOTICE*"} {
			files, err := filepath.Glob(filepath.Join(modules, name, pattern))
			if err != nil {
				return nil, err
			}
			for _, file := range files {
				text, err := os.ReadFile(file)
				if err != nil {
					return nil, err
				}
				found = true
				fmt.Fprintf(&out, "==== %s: %s ====\n\n%s\n\n", name, filepath.Base(file), bytes.TrimSpace(text))
			}
		}
		if !found {
			return nil, fmt.Errorf("package %s holds no licence file", name)
		}
	}
	return out.Bytes(), nil
}
