// Package robottest is a stand-in for the services behind package robot: on
// loopback, with real HTTP. It checks requests strictly against the documented
// format, records what it accepts, and can be told to answer otherwise.
//
// What breaks the format is refused and also fails the test.
package robottest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

// Message is a message that reached the service.
type Message struct {
	Type             string // "text" or "markdown"
	Content          string
	MentionedMobiles []string
	MentionedList    []string
	// Acknowledged tells whether the sender was told so.
	Acknowledged bool
}

// WeCom is a fake of WeCom's group robots with one robot. Its methods are safe
// for concurrent use.
type WeCom struct {
	tb      testing.TB
	key     string
	server  *httptest.Server
	closing chan struct{}

	mu       sync.Mutex
	messages []Message
	changed  chan struct{} // closed and replaced at every message
	answers  []int
	status   int
	drop     bool
	hold     chan struct{}
}

// New starts a fake with a robot of the given key; it stops when the test ends.
func New(tb testing.TB, key string) *WeCom {
	tb.Helper()
	w := &WeCom{tb: tb, key: key, closing: make(chan struct{}), changed: make(chan struct{})}
	w.server = httptest.NewServer(w)
	tb.Cleanup(func() {
		close(w.closing)
		w.server.Close()
	})
	return w
}

// URL returns the base URL.
func (w *WeCom) URL() string { return w.server.URL }

// Client returns an HTTP client for the fake.
func (w *WeCom) Client() *http.Client { return w.server.Client() }

// Messages returns what was received so far, in order; refused messages are not
// among it.
func (w *WeCom) Messages() []Message {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.messages)
}

// WaitFor waits until n messages were received and returns all there are; it
// fails the test when that takes longer than the timeout.
func (w *WeCom) WaitFor(n int, timeout time.Duration) []Message {
	w.tb.Helper()
	expired := time.After(timeout)
	for {
		w.mu.Lock()
		got, changed := slices.Clone(w.messages), w.changed
		w.mu.Unlock()
		if len(got) >= n {
			return got
		}
		select {
		case <-changed:
		case <-expired:
			w.tb.Fatalf("robottest: %d of %d messages after %v", len(got), n, timeout)
			return nil
		}
	}
}

// Answer makes the next requests get these errcodes, one each; 0 is success.
func (w *WeCom) Answer(errcodes ...int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answers = append(w.answers, errcodes...)
}

// AnswerHTTP makes all requests get this HTTP status; 0 ends it.
func (w *WeCom) AnswerHTTP(status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status = status
}

// Drop makes the connection close after each message is received, without a
// reply, until it is called with false.
func (w *WeCom) Drop(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.drop = on
}

// Hold makes the fake fall silent after each message is received, until release
// is called.
func (w *WeCom) Hold() (release func()) {
	hold := make(chan struct{})
	w.mu.Lock()
	w.hold = hold
	w.mu.Unlock()
	return sync.OnceFunc(func() {
		w.mu.Lock()
		w.hold = nil
		w.mu.Unlock()
		close(hold)
	})
}

// ServeHTTP implements http.Handler.
func (w *WeCom) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	message, code, err := w.read(r)
	if err != nil {
		w.tb.Errorf("robottest: %v", err)
		http.Error(out, err.Error(), http.StatusBadRequest)
		return
	}
	w.mu.Lock()
	status, drop, hold := w.status, w.drop, w.hold
	if code == 0 && len(w.answers) > 0 {
		code, w.answers = w.answers[0], w.answers[1:]
	}
	w.mu.Unlock()
	if status != 0 {
		http.Error(out, http.StatusText(status), status)
		return
	}
	if code != 0 {
		reply(out, code, "told to fail")
		return
	}
	i := w.record(message)
	if hold != nil {
		select {
		case <-hold:
		case <-r.Context().Done():
			return
		case <-w.closing:
			return
		}
	}
	if drop {
		panic(http.ErrAbortHandler)
	}
	w.acknowledge(i)
	reply(out, 0, "ok")
}

func reply(out http.ResponseWriter, code int, text string) {
	out.Header().Set("Content-Type", "application/json; charset=UTF-8")
	fmt.Fprintf(out, `{"errcode":%d,"errmsg":%q}`, code, text)
}

func (w *WeCom) record(m Message) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.messages = append(w.messages, m)
	close(w.changed)
	w.changed = make(chan struct{})
	return len(w.messages) - 1
}

func (w *WeCom) acknowledge(i int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.messages[i].Acknowledged = true
}
