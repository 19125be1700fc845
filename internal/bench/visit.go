package bench

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path"
	"regexp"
	"strings"
	"sync/atomic"

	"github.com/andybalholm/brotli"
)

func init() {
	register(Scenario{Name: "visit", Title: "first visit of a worker's home and of the week of personnel, as a browser with an empty cache makes it", Run: runVisit})
}

func runVisit(ctx context.Context, w *World) error {
	s, err := w.Server(ctx)
	if err != nil {
		return err
	}
	o := w.City.Largest
	for _, v := range []struct {
		name, login, path string
		bytes, requests   float64
	}{{"visit.worker", o.Worker(), "/me", 30, 3}, {"visit.week", o.Officer(), "/week", 60, 0}} {
		cookie, err := s.SignIn(ctx, v.login)
		if err != nil {
			return err
		}
		seen, err := visit(ctx, s.URL, v.path, cookie)
		if err != nil {
			return fmt.Errorf("%s: %w", v.name, err)
		}
		w.Record(Figure{Scenario: v.name + ".bytes", Value: float64(seen.bytes) / 1024, Unit: "KB", Target: Under(v.bytes),
			Note: "answers with their headers, compressed; " + strings.Join(seen.paths, " ")})
		f := Figure{Scenario: v.name + ".requests", Value: float64(len(seen.paths)), Unit: "requests"}
		if v.requests > 0 {
			f.Target = Under(v.requests)
		}
		w.Record(f)
	}
	return nil
}

// visited is what a browser fetched.
type visited struct {
	paths []string // without the fingerprints of assets
	bytes int64    // over the wire, towards the browser
}

// What a browser fetches for a page before it stands still, and what a style sheet fetches. Icons are left to data: addresses or to be
// fetched like the rest.
var (
	linkTag   = regexp.MustCompile(`<link\b[^>]*>`)
	wanted    = regexp.MustCompile(`\brel="(?:stylesheet|icon|preload|modulepreload)"`)
	hrefValue = regexp.MustCompile(`\bhref="([^"]+)"`)
	srcValue  = regexp.MustCompile(`<(?:script|img)\b[^>]*\bsrc="([^"]+)"`)
	cssValue  = regexp.MustCompile(`url\(["']?([^"')]+)`)
	digest    = regexp.MustCompile(`-[A-Z0-9]{8}\.`)
)

func visit(ctx context.Context, base, page, cookie string) (visited, error) {
	var v visited
	var received atomic.Int64
	c := &http.Client{CheckRedirect: noRedirect.CheckRedirect, Transport: &http.Transport{DisableCompression: true,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			return &counted{conn, &received}, err
		}}}
	defer c.CloseIdleConnections()
	waiting, known := []string{page}, map[string]bool{page: true}
	for len(waiting) > 0 {
		at := waiting[0]
		waiting = waiting[1:]
		body, err := fetch(ctx, c, base+at, cookie)
		if err != nil {
			return v, err
		}
		v.paths = append(v.paths, digest.ReplaceAllString(path.Base(at), "."))
		for _, next := range asksFor(at, body) {
			if !known[next] {
				known[next] = true
				waiting = append(waiting, next)
			}
		}
	}
	v.bytes = received.Load()
	return v, checkf(v.bytes > 500, "%s came as %d bytes", page, v.bytes)
}

// asksFor lists the addresses that a page or a style sheet makes a browser fetch.
func asksFor(at, body string) (out []string) {
	var found [][]string
	if strings.HasSuffix(at, ".css") {
		found = cssValue.FindAllStringSubmatch(body, -1)
	} else if !strings.Contains(path.Base(at), ".") {
		found = srcValue.FindAllStringSubmatch(body, -1)
		for _, tag := range linkTag.FindAllString(body, -1) {
			if m := hrefValue.FindStringSubmatch(tag); m != nil && wanted.MatchString(tag) {
				found = append(found, m)
			}
		}
	}
	for _, m := range found {
		if strings.HasPrefix(m[1], "data:") || strings.HasPrefix(m[1], "#") {
			continue
		}
		if strings.HasPrefix(m[1], "/") {
			out = append(out, m[1])
		} else {
			out = append(out, path.Join(path.Dir(at), m[1]))
		}
	}
	return out
}

func fetch(ctx context.Context, c *http.Client, address, cookie string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("Cookie", cookie)
	req.Header.Set("Accept-Encoding", "gzip, br")
	r, err := c.Do(req)
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	var plain io.Reader = r.Body
	switch r.Header.Get("Content-Encoding") {
	case "br":
		plain = brotli.NewReader(r.Body)
	case "gzip":
		if plain, err = gzip.NewReader(r.Body); err != nil {
			return "", err
		}
	}
	body, err := io.ReadAll(plain)
	if err == nil && r.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: status %d to %q", address, r.StatusCode, r.Header.Get("Location"))
	}
	return string(body), err
}

// counted counts what comes over a connection.
type counted struct {
	net.Conn
	n *atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.n.Add(int64(n))
	return n, err
}
