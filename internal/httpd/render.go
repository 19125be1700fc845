package httpd

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"
)

// renderer parses layout and shared templates into every page and renders into a buffer, so that a failing template never
// leaves half a page. A page is made when it is first asked for: each has a copy of all that is shared, and made at the start they
// would take thirty megabytes and a tenth of a second, whether anybody looks at them or not.
type renderer struct {
	files fs.FS
	funcs template.FuncMap
	dev   bool
	pages map[string]func() (*template.Template, error)
}

func newRenderer(cfg Config) (*renderer, error) {
	r := &renderer{files: cfg.Templates, dev: cfg.Dev, funcs: templateFuncs(cfg)}
	return r, r.load()
}

func (r *renderer) load() error {
	common := template.New("").Funcs(r.funcs)
	for _, dir := range []string{"layout", "shared"} {
		if _, err := common.ParseFS(r.files, dir+"/*.html"); err != nil {
			return fmt.Errorf("templates of %s: %w", dir, err)
		}
	}
	names, err := fs.Glob(r.files, "*/*.html")
	if err != nil {
		return err
	}
	pages := map[string]func() (*template.Template, error){}
	for _, name := range names {
		if strings.HasPrefix(name, "layout/") || strings.HasPrefix(name, "shared/") {
			continue
		}
		pages[strings.TrimSuffix(name, ".html")] = sync.OnceValues(func() (*template.Template, error) {
			t, err := common.Clone()
			if err != nil {
				return nil, err
			}
			if _, err := t.ParseFS(r.files, name); err != nil {
				return nil, fmt.Errorf("template %s: %w", name, err)
			}
			return t, nil
		})
	}
	r.pages = pages
	return nil
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Render implements echo.Renderer; name is "<feature>/<page>" or "<feature>/<page>#<template>" for a fragment.
func (r *renderer) Render(w io.Writer, name string, data any, c echo.Context) error {
	if r.dev {
		fresh := &renderer{files: r.files, funcs: r.funcs}
		if err := fresh.load(); err != nil {
			return err
		}
		r = fresh
	}
	file, part, isPart := strings.Cut(name, "#")
	page := r.pages[file]
	if page == nil {
		return fmt.Errorf("no template %q", file)
	}
	t, err := page()
	if err != nil {
		return err
	}
	if !isPart {
		part = "layout"
		if p, ok := data.(Page); ok && p.base().Bare {
			part = "bare"
		}
	}
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	if err := t.ExecuteTemplate(buf, part, data); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	return pack(c, w, buf.Bytes())
}

// A page of one packet gains nothing by being packed.
const packFrom = 1400

var packers = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // fails for an unknown level only
	return z
}}

// pack compresses a page for a browser that takes it: a list is a tenth of its size then, which a phone at the gate notices.
// Nothing secret stands beside what an address can put on a page: forms carry no tokens, and sealed values are masked.
func pack(c echo.Context, w io.Writer, page []byte) error {
	h := c.Response().Header()
	h.Add(echo.HeaderVary, echo.HeaderAcceptEncoding)
	if len(page) < packFrom || !takes(c, "gzip") {
		_, err := w.Write(page)
		return err
	}
	h.Set(echo.HeaderContentEncoding, "gzip")
	z := packers.Get().(*gzip.Writer)
	defer packers.Put(z)
	z.Reset(w)
	if _, err := z.Write(page); err != nil {
		return err
	}
	return z.Close()
}

// Render fills the page's Base and answers with it.
func Render(c echo.Context, status int, name string, p Page) error {
	stateOf(c).server.fill(c, p.base(), !strings.Contains(name, "#"))
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.Render(status, name, p)
}

// Fragment answers with one named template of a page's file, for htmx.
func Fragment(c echo.Context, status int, name, part string, p Page) error {
	return Render(c, status, name+"#"+part, p)
}

// IsFragment reports whether htmx asks for a part of the page.
func IsFragment(c echo.Context) bool {
	return c.Request().Header.Get("HX-Request") == "true" && c.Request().Header.Get("HX-Boosted") == ""
}

// Workbook answers with an .xlsx file to be saved under a name.
func Workbook(c echo.Context, name string, data []byte) error {
	h := c.Response().Header()
	h.Set(echo.HeaderContentDisposition, "attachment; filename*=UTF-8''"+url.PathEscape(name+".xlsx"))
	h.Set("Cache-Control", "no-store")
	return c.Blob(http.StatusOK, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", data)
}
