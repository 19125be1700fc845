package ha

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/app"
	"github.com/fugong/fugong/internal/demo"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/clock"
)

var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(os.TempDir(), fmt.Sprintf("fugong-ha-%d", os.Getpid()))
	out, err := exec.Command("go", "build", "-o", path, "../../../cmd/fugong").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if os.Getenv("FUGONG_HA") != "" {
		if path, err := binary(); err == nil {
			_ = os.Remove(path)
		}
	}
	os.Exit(code)
}

// A city is an invented city in a primary, with what its programs share.
type city struct {
	t      *testing.T
	db     *postgres
	data   string // folder of the keys
	logins map[authz.Role]string
	org    int32 // the firm of the accounts
}

// newCity fills the primary; the city lives now.
func newCity(t *testing.T, db *postgres) *city {
	t.Helper()
	c := &city{t: t, db: db, data: t.TempDir(), logins: map[authz.Role]string{}}
	cfg := app.Config{Data: c.data, DatabaseURL: app.Secret(db.url()), PoolSize: 6}
	p, err := app.Embed(t.Context(), cfg, clock.System(), slog.New(slog.DiscardHandler))
	must(t, err)
	now := time.Now()
	accounts, err := p.Populate(t.Context(), demo.New(3, 240, 7, now), now)
	must(t, err)
	for _, a := range accounts {
		if c.logins[a.Role] == "" {
			c.logins[a.Role] = a.Login
		}
	}
	must(t, p.Stop())
	c.org = get[int32](db, `select org_id from account where login = $1`, c.logins[authz.HealthOfficer])
	return c
}

// A program is `fugong serve` as a process of ours.
type program struct {
	t    *testing.T
	url  string
	cmd  *exec.Cmd
	done chan struct{}
	log  string
}

// serve starts a program with further settings and waits until it is ready.
func (c *city) serve(settings ...string) *program {
	c.t.Helper()
	path, err := binary()
	must(c.t, err)
	p := &program{t: c.t, url: fmt.Sprintf("http://127.0.0.1:%d", freePort(c.t)), done: make(chan struct{})}
	p.log = filepath.Join(c.t.TempDir(), "log")
	log, err := os.Create(p.log)
	must(c.t, err)
	p.cmd = exec.Command(path, "serve")
	p.cmd.SysProcAttr = mortal(&syscall.SysProcAttr{})
	p.cmd.Env = c.env(append([]string{"FUGONG_LISTEN=" + strings.TrimPrefix(p.url, "http://")}, settings...)...)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	must(c.t, p.cmd.Start())
	must(c.t, log.Close())
	go func() { _ = p.cmd.Wait(); close(p.done) }()
	c.t.Cleanup(func() {
		_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have been killed before
		select {
		case <-p.done:
		case <-time.After(patience):
			p.kill()
		}
		if c.t.Failed() {
			text, _ := os.ReadFile(p.log)
			c.t.Logf("%s\n%s", p.url, tail(string(text), 4000))
		}
	})
	wait(c.t, patience, "the program at "+p.url, func() bool {
		select {
		case <-p.done:
			text, _ := os.ReadFile(p.log)
			c.t.Fatalf("the program ended:\n%s", text)
		default:
		}
		res, err := http.Get(p.url + "/readyz")
		if err != nil {
			return false
		}
		defer res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
	return p
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }

// env is the environment of the city's programs; later settings win.
func (c *city) env(settings ...string) []string {
	return append([]string{"PATH=/usr/bin:/bin", "HOME=" + c.data, "TZ=UTC", "FUGONG_DATA=" + c.data, "FUGONG_DATABASE_URL=" + c.db.url(), "FUGONG_POOL=8"}, settings...)
}

func (p *program) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.done
}

// run does a command of the program to its end and returns what it said.
func (c *city) run(settings []string, args ...string) (string, error) {
	c.t.Helper()
	path, err := binary()
	must(c.t, err)
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = c.env(settings...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// A person sits at a browser.
type person struct {
	t    *testing.T
	base string
	http *http.Client
}

// A reply is an answer read to its end.
type reply struct {
	status int
	body   string
	to     string
	asOf   string // as of when it is, when it came from a replica
}

func (c *city) person(p *program, role authz.Role) *person {
	c.t.Helper()
	jar, err := cookiejar.New(nil)
	must(c.t, err)
	who := &person{t: c.t, base: p.url, http: &http.Client{Jar: jar, Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}}
	if r := who.post("/sign-in", url.Values{"name": {c.logins[role]}, "password": {demo.Password}}); r.status != http.StatusSeeOther {
		c.t.Fatalf("sign in as %s: status %d\n%s", role, r.status, r.body)
	}
	return who
}

// at is the same browser, led to another server by a balancer in front.
func (w *person) at(p *program) *person {
	w.t.Helper()
	here, err := url.Parse(w.base)
	must(w.t, err)
	there, err := url.Parse(p.url)
	must(w.t, err)
	w.http.Jar.SetCookies(there, w.http.Jar.Cookies(here)) // cookies know no port, the jar's host is the same
	return &person{t: w.t, base: p.url, http: w.http}
}

func (w *person) get(path string) reply {
	w.t.Helper()
	r, err := w.send(http.MethodGet, path, "", nil)
	must(w.t, err)
	return r
}

func (w *person) post(path string, form url.Values) reply {
	w.t.Helper()
	r, err := w.send(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	must(w.t, err)
	return r
}

func (w *person) send(method, path, kind string, body io.Reader) (reply, error) {
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.base+path, body)
	if err != nil {
		return reply{}, err
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	res, err := w.http.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, string(text), res.Header.Get("Location"), res.Header.Get("Fugong-Data-As-Of")}, err
}

// upload sends a sheet and returns the import's id.
func (w *person) upload(kind, name string, data []byte) string {
	w.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	must(w.t, m.WriteField("kind", kind))
	part, err := m.CreateFormFile("file", name)
	must(w.t, err)
	_, err = part.Write(data)
	must(w.t, err)
	must(w.t, m.Close())
	r, err := w.send(http.MethodPost, "/imports?kind="+kind, m.FormDataContentType(), &body)
	must(w.t, err)
	if r.status != http.StatusSeeOther {
		w.t.Fatalf("upload: status %d\n%s", r.status, r.body)
	}
	return filepath.Base(r.to)
}

// tokens makes API clients of the firm; each is allowed a burst of requests, so many of them make a load.
func (c *city) tokens(n int) []string {
	c.t.Helper()
	var out []string
	for i := range n {
		token := fmt.Sprintf("fg_ha_%d_%032d", i, i)
		sum := sha256.Sum256([]byte(token))
		c.db.exec(database, `insert into api_client (org_id, name, token_hash, role, scopes, created_by, created_at, expires_at)
			values ($1, $2, $3, 'health_officer', $4, 1, $5, $6)`, c.org, fmt.Sprint("机器", i), sum[:],
			pq.Array([]string{string(authz.EmployeeView), string(authz.SampleImport), string(authz.SampleRecord)}), time.Now(), time.Now().Add(time.Hour))
		out = append(out, token)
	}
	return out
}

// keys makes each request one of its own.
var keys atomic.Int64

// call asks the API.
func call(ctx context.Context, base, token, method, path string, body any) (int, []byte, error) {
	var in io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		in = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, base+"/api/v1"+path, in)
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	if method != http.MethodGet {
		req.Header.Set("Idempotency-Key", fmt.Sprint("ha-", keys.Add(1)))
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, text, err
}

type sample struct {
	Employee   int64     `json:"employee_id"`
	SampledAt  time.Time `json:"sampled_at"`
	ReportedAt time.Time `json:"reported_at"`
	Result     string    `json:"result"`
	Proof      string    `json:"proof"`
}

// log tells the program of one negative sample, and fails unless it was taken as new.
func logSample(ctx context.Context, base, token string, employee int64, at time.Time) error {
	body := map[string]any{"samples": []sample{{employee, at, at.Add(time.Second), "negative", "lab"}}}
	status, text, err := call(ctx, base, token, http.MethodPost, "/samples", body)
	if err != nil {
		return err
	}
	if status != http.StatusOK || !bytes.Contains(text, []byte(`"new":1`)) {
		return fmt.Errorf("%w: status %d: %s", errAnswer, status, text)
	}
	return nil
}
