package httpd

import (
	"bytes"
	"compress/gzip"
	"fmt"
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

// Assets serves the built files under /assets/. Their names carry a hash, so they may be kept for ever. They lie packed in dist and
// go out as they lie there; whoever takes neither form, as hardly any browser does, gets them unpacked.
func Assets(dist fs.FS) echo.HandlerFunc {
	return func(c echo.Context) error {
		name := path.Clean(strings.TrimPrefix(c.Request().URL.Path, "/assets/"))
		encoding, suffix := "gzip", ".gz"
		if takes(c, "br") {
			encoding, suffix = "br", ".br"
		}
		b, err := fs.ReadFile(dist, name+suffix)
		if err != nil {
			return echo.ErrNotFound
		}
		h := c.Response().Header()
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Add(echo.HeaderVary, echo.HeaderAcceptEncoding)
		if encoding == "gzip" && !takes(c, "gzip") {
			return unpacked(c, name, b)
		}
		h.Set(echo.HeaderContentEncoding, encoding)
		return c.Blob(http.StatusOK, contentType(name), b)
	}
}

// takes reports whether the browser takes an answer in an encoding.
func takes(c echo.Context, encoding string) bool {
	return strings.Contains(c.Request().Header.Get(echo.HeaderAcceptEncoding), encoding)
}

func unpacked(c echo.Context, name string, packed []byte) error {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return fmt.Errorf("unpack %s: %w", name, err)
	}
	return c.Stream(http.StatusOK, contentType(name), z)
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
