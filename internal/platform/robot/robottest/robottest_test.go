package robottest

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// spy is a test that only remembers how it was failed.
type spy struct {
	testing.TB
	mu     sync.Mutex
	errors []string
}

func (s *spy) Errorf(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.errors = append(s.errors, fmt.Sprintf(format, args...))
}

func (s *spy) Fatalf(format string, args ...any) { s.Errorf(format, args...) }

func (s *spy) all() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.errors, "\n")
}

// do sends a request and returns its reply, or "" for none.
func do(t *testing.T, w *WeCom, method, path, kind, body string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, w.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	response, err := w.Client().Do(r)
	if err != nil {
		return ""
	}
	defer response.Body.Close()
	b, _ := io.ReadAll(response.Body)
	return fmt.Sprintf("%d %s", response.StatusCode, strings.TrimSpace(string(b)))
}

const (
	good = "/cgi-bin/webhook/send?key=k"
	text = `{"msgtype":"text","text":{"content":"x"}}`
	ok   = `200 {"errcode":0,"errmsg":"ok"}`
)

func TestAccepts(t *testing.T) {
	t.Parallel()
	w := New(t, "k")
	for _, body := range []string{
		`{"msgtype":"text","text":{"content":"复工","mentioned_list":["u","@all"],"mentioned_mobile_list":["13900000001","@all"]}}`,
		`{"msgtype":"markdown","markdown":{"content":"` + strings.Repeat("x", 4096) + `"}}`,
		`{"msgtype":"text","text":{"content":"` + strings.Repeat("x", 2048) + `"}}`,
	} {
		if got := do(t, w, "POST", good, "application/json", body); got != ok {
			t.Errorf("%s", got)
		}
	}
	m := w.WaitFor(3, time.Second)
	if m[0].Content != "复工" || m[0].Type != "text" || !m[0].Acknowledged ||
		strings.Join(m[0].MentionedList, " ") != "u @all" || strings.Join(m[0].MentionedMobiles, " ") != "13900000001 @all" {
		t.Errorf("%+v", m[0])
	}
	if m[1].Type != "markdown" || len(m[1].Content) != 4096 {
		t.Errorf("%+v", m[1])
	}
}

func TestDocumentedRefusals(t *testing.T) {
	t.Parallel()
	w := New(t, "k")
	for want, got := range map[string]string{
		`200 {"errcode":93000`: do(t, w, "POST", "/cgi-bin/webhook/send?key=other", "application/json", text),
		`200 {"errcode":40058`: do(t, w, "POST", good, "application/json", `{"msgtype":"text","text":{"content":"`+strings.Repeat("x", 2049)+`"}}`),
	} {
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if n := len(w.Messages()); n != 0 {
		t.Errorf("%d messages", n)
	}
}

// Every breach of the format is refused and fails the test.
func TestRefuses(t *testing.T) {
	t.Parallel()
	const kind = "application/json"
	for name, c := range map[string][4]string{
		"method":        {"PUT", good, kind, text},
		"path":          {"POST", "/cgi-bin/webhook?key=k", kind, text},
		"no key":        {"POST", "/cgi-bin/webhook/send", kind, text},
		"second key":    {"POST", good + "&key=k", kind, text},
		"more query":    {"POST", good + "&debug=1", kind, text},
		"content type":  {"POST", good, "text/plain", text},
		"no JSON":       {"POST", good, kind, "x"},
		"two values":    {"POST", good, kind, text + text},
		"not UTF-8":     {"POST", good, kind, `{"msgtype":"text","text":{"content":"` + "\xff" + `"}}`},
		"unknown field": {"POST", good, kind, `{"msgtype":"text","text":{"content":"x","at":[]}}`},
		"wrong type":    {"POST", good, kind, `{"msgtype":"markdown","text":{"content":"x"}}`},
		"both":          {"POST", good, kind, `{"msgtype":"text","text":{"content":"x"},"markdown":{"content":"x"}}`},
		"no content":    {"POST", good, kind, `{"msgtype":"text","text":{"content":""}}`},
		"number":        {"POST", good, kind, `{"msgtype":"text","text":{"content":"x","mentioned_mobile_list":["139"]}}`},
		"mention in markdown": {"POST", good, kind,
			`{"msgtype":"markdown","markdown":{"content":"x","mentioned_list":["u"]}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			watch := &spy{TB: t}
			w := New(watch, "k")
			if got := do(t, w, c[0], c[1], c[2], c[3]); !strings.HasPrefix(got, "400 ") {
				t.Errorf("%s", got)
			}
			if watch.all() == "" {
				t.Error("the test was not failed")
			}
			if n := len(w.Messages()); n != 0 {
				t.Errorf("%d messages", n)
			}
		})
	}
}

func TestMisbehaviour(t *testing.T) {
	t.Parallel()
	w := New(t, "k")
	expect := func(want string) {
		t.Helper()
		if got := do(t, w, "POST", good, "application/json", text); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	w.Answer(45009, 0)
	expect(`200 {"errcode":45009,"errmsg":"told to fail"}`)
	expect(ok)
	w.AnswerHTTP(503)
	expect("503 Service Unavailable")
	w.AnswerHTTP(0)
	w.Drop(true)
	expect("")
	w.Drop(false)
	release := w.Hold()
	done := make(chan string)
	go func() { done <- do(t, w, "POST", good, "application/json", text) }()
	if m := w.WaitFor(3, 10*time.Second); !m[0].Acknowledged || m[1].Acknowledged || m[2].Acknowledged {
		t.Errorf("%+v", m)
	}
	release()
	if got := <-done; got != ok {
		t.Errorf("released: %s", got)
	}
}

func TestWaitForFails(t *testing.T) {
	t.Parallel()
	watch := &spy{TB: t}
	if got := New(watch, "k").WaitFor(1, time.Millisecond); got != nil || !strings.Contains(watch.all(), "0 of 1") {
		t.Errorf("%v, %s", got, watch.all())
	}
}
