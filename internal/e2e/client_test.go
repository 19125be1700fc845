package e2e

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/fugong/fugong/internal/demo"
)

// A client speaks HTTP to a program, with the cookies of one person. It does not follow redirects.
type client struct {
	t    testing.TB
	base string
	http *http.Client
}

func newClient(t testing.TB, base string) *client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &client{t: t, base: base, http: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}}
}

// as is a client of an account of the demo city.
func as(t testing.TB, base, login string) *client {
	t.Helper()
	c := newClient(t, base)
	c.signIn(login)
	return c
}

func (c *client) signIn(login string) {
	c.t.Helper()
	r := c.post("/sign-in", url.Values{"name": {login}, "password": {demo.Password}})
	if r.status != http.StatusSeeOther {
		c.t.Fatalf("sign in as %s: status %d\n%s", login, r.status, r.body)
	}
}

// A reply is an answer read to its end.
type reply struct {
	status int
	body   string
	to     string // where it redirects
	kind   string
}

func (c *client) get(path string) reply { c.t.Helper(); return c.send(http.MethodGet, path, "", nil) }

func (c *client) post(path string, form url.Values) reply {
	c.t.Helper()
	return c.send(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

// upload sends a form with one file.
func (c *client) upload(path string, form map[string]string, field, filename string, data []byte) reply {
	c.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, value := range form {
		if err := w.WriteField(name, value); err != nil {
			c.t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile(field, filename)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := part.Write(data); err != nil {
		c.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		c.t.Fatal(err)
	}
	return c.send(http.MethodPost, path, w.FormDataContentType(), &body)
}

func (c *client) send(method, path, kind string, body io.Reader) reply {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, body)
	if err != nil {
		c.t.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	res, err := c.http.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return reply{status: res.StatusCode, body: string(b), to: res.Header.Get("Location"), kind: res.Header.Get("Content-Type")}
}
