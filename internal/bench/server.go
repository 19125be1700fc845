package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/fugong/fugong/internal/bench/city"
)

// Server is `fugong serve` as a child process.
type Server struct {
	URL   string
	PID   int
	Ready time.Duration // from its start to the first good answer of /readyz

	cmd    *exec.Cmd
	ended  chan error
	stderr *tail

	mu      sync.Mutex
	cookies map[string]string // of those who signed in
}

// freely lets nobody wait for the pace of an API client: the bench measures what there is behind it.
const freely = "FUGONG_API_RATE=1000000"

const readyWait = 60 * time.Second

// Server is the product as a child process on the world's database, started on first use and stopped with the world.
func (w *World) Server(ctx context.Context) (*Server, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.main != nil {
		return w.main, nil
	}
	s, err := w.StartServer(ctx)
	w.main = s
	return s, err
}

// StartServer starts one more, with more in its environment. Whoever calls it stops it.
func (w *World) StartServer(ctx context.Context, env ...string) (*Server, error) {
	if w.Scale != w.run.cfg.Scale {
		return nil, errors.New("only the world of the run's own scale has a server")
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	program := w.run.cfg.Program
	s := &Server{URL: "http://" + address, ended: make(chan error, 1), stderr: &tail{}, cookies: map[string]string{}}
	s.cmd = exec.Command(program, "serve")
	own := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "FUGONG_") })
	s.cmd.Env = append(append(own, "FUGONG_DATA="+w.run.dir(), "FUGONG_LISTEN="+address, "FUGONG_LOG=warn", freely), append(w.run.cfg.Env, env...)...)
	s.cmd.Stderr = s.stderr
	start := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	s.PID = s.cmd.Process.Pid
	go func() { s.ended <- s.cmd.Wait() }()
	if err := s.await(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	s.Ready = time.Since(start)
	return s, nil
}

func (s *Server) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWait)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/readyz", nil)
		if err != nil {
			return err
		}
		if r, err := http.DefaultClient.Do(req); err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case err := <-s.ended:
			s.ended <- err
			return fmt.Errorf("the server ended: %w: %s", err, s.stderr)
		case <-ctx.Done():
			return fmt.Errorf("the server is not ready: %w: %s", context.Cause(ctx), s.stderr)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// Stop ends the server in an orderly way.
func (s *Server) Stop() error {
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // fails only when it has ended
	select {
	case err := <-s.ended:
		s.ended <- err
		var code *exec.ExitError
		if errors.As(err, &code) {
			return fmt.Errorf("the server: %w: %s", err, s.stderr)
		}
		return nil
	case <-time.After(30 * time.Second):
		return errors.Join(errors.New("the server does not stop"), s.cmd.Process.Kill())
	}
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// tail keeps the last lines that a process wrote.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	t.buf = t.buf[max(0, len(t.buf)-4096):]
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.buf))
}

// RSS is the resident memory of the server in MB; Peak the most it had.
func (s *Server) RSS() (float64, error) { return s.status("VmRSS:") }

// Peak is the most resident memory that the server ever had, in MB.
func (s *Server) Peak() (float64, error) { return s.status("VmHWM:") }

// ResetPeak lets Peak count from now.
func (s *Server) ResetPeak() error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", s.PID), []byte("5"), 0)
}

func (s *Server) status(field string) (float64, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", s.PID))
	if err != nil {
		return 0, fmt.Errorf("memory of the server: %w", err)
	}
	defer f.Close()
	for sc := bufio.NewScanner(f); sc.Scan(); {
		if parts := strings.Fields(sc.Text()); len(parts) > 1 && parts[0] == field {
			kb, err := strconv.ParseFloat(parts[1], 64)
			return kb / 1024, err
		}
	}
	return 0, fmt.Errorf("memory of the server: no %s", field)
}

// CPU is the processor time of the server so far, user and system.
func (s *Server) CPU() (time.Duration, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.PID))
	if err != nil {
		return 0, fmt.Errorf("processor time of the server: %w", err)
	}
	fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	if len(fields) < 13 {
		return 0, errors.New("processor time of the server: short line")
	}
	var ticks int64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / 100, nil
}

// SignIn signs in by the form, as a browser does, and returns the header "name=value" of the session's cookie. Signing in twice
// gives the first session again.
func (s *Server) SignIn(ctx context.Context, login string) (cookie string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.cookies[login]; c != "" {
		return c, nil
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return "", err
	}
	c := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	form := url.Values{"name": {login}, "password": {city.Password}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/sign-in", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r, err := c.Do(req)
	if err != nil {
		return "", fmt.Errorf("sign in as %s: %w", login, err)
	}
	defer r.Body.Close()
	page, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusSeeOther {
		return "", fmt.Errorf("sign in as %s: status %d, %w: %.2000s", login, r.StatusCode, err, page)
	}
	for _, k := range jar.Cookies(req.URL) {
		cookie = strings.TrimPrefix(cookie+"; "+k.Name+"="+k.Value, "; ")
	}
	s.cookies[login] = cookie
	return cookie, nil
}

// Get fetches a page as whoever has the cookie. Anything but 200 is an error.
func (s *Server) Get(ctx context.Context, path, cookie string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Cookie", cookie)
	r, err := noRedirect.Do(req)
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err == nil && r.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: status %d to %q: %.500s", path, r.StatusCode, r.Header.Get("Location"), body)
	}
	return body, err
}

var noRedirect = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
