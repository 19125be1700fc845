package httpd

import (
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/fugong/fugong/internal/httpd/ui"
)

func templateFuncs(cfg Config) template.FuncMap {
	return template.FuncMap{"asset": cfg.Asset, "icon": ui.Icon, "dates": ui.Dates}
}

var encodings = []struct{ token, suffix string }{{"br", ".br"}, {"gzip", ".gz"}}

// Assets serves the built files under /assets/. Their names carry a hash, so they may be kept for ever.
func Assets(dist fs.FS) echo.HandlerFunc {
	return func(c echo.Context) error {
		name := path.Clean(strings.TrimPrefix(c.Request().URL.Path, "/assets/"))
		b, err := fs.ReadFile(dist, name)
		if err != nil {
			return echo.ErrNotFound
		}
		h := c.Response().Header()
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Add("Vary", "Accept-Encoding")
		accept := c.Request().Header.Get("Accept-Encoding")
		for _, e := range encodings {
			if !strings.Contains(accept, e.token) {
				continue
			}
			if packed, err := fs.ReadFile(dist, name+e.suffix); err == nil {
				h.Set("Content-Encoding", e.token)
				b = packed
				break
			}
		}
		return c.Blob(http.StatusOK, contentType(name), b)
	}
}

func contentType(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".json":
		return "application/json"
	}
	return "text/plain; charset=utf-8"
}
