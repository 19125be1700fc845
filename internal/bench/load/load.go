// Package load asks an HTTP server in a closed loop: a number of connections, each asking again as soon as it is answered, for a
// bounded time or until the requests are used up. wrk does it where it is installed, because it costs the machine least of all
// clients; else the vegeta library does, in this process. A result says which, since they differ: on two cores that the server
// shares, vegeta reports a tenth less at 7,000 requests a second and a quarter less at 15,000.
package load

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// Request is one request to send.
type Request struct {
	Method string // GET when empty
	Path   string // with its query
	Header map[string]string
	Body   string
}

// Spec says whom to ask what, and how hard.
type Spec struct {
	URL      string // scheme and host
	Conns    int
	For      time.Duration
	Requests []Request
	Cycle    bool // begin again when the requests are used up; else end then
	Plain    bool // in this process, whatever is installed: every request that is sent is waited for
}

// Result is what the server answered.
type Result struct {
	Requests int // answered
	Statuses map[int]int
	Took     time.Duration
	Rate     float64 // answers a second
	P50, P99 float64 // milliseconds
	Bytes    int64   // received
	Client   string
}

// OK is how many answers were good. wrk tells only those from 400 on apart, as status 400.
func (r Result) OK() int {
	n := 0
	for status, count := range r.Statuses {
		if status >= 200 && status < 400 {
			n += count
		}
	}
	return n
}

// Run asks and waits until it is over.
func Run(ctx context.Context, s Spec) (Result, error) {
	if len(s.Requests) == 0 || s.Conns < 1 || s.For <= 0 {
		return Result{}, errors.New("load: nothing to ask")
	}
	if path, err := exec.LookPath("wrk"); err == nil && !s.Plain && s.For >= time.Second {
		return runWrk(ctx, path, s)
	}
	return runVegeta(ctx, s)
}

// raw is the request as it goes over the wire.
func (r Request) raw(host string) string {
	var b strings.Builder
	method := r.Method
	if method == "" {
		method = http.MethodGet
	}
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, r.Path, host)
	keys := make([]string, 0, len(r.Header))
	for k := range r.Header {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		fmt.Fprintf(&b, "%s: %s\r\n", k, r.Header[k])
	}
	if r.Body != "" || method == http.MethodPost {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(r.Body))
	}
	b.WriteString("\r\n" + r.Body)
	return b.String()
}

func runVegeta(ctx context.Context, s Spec) (Result, error) {
	base, err := url.Parse(s.URL)
	if err != nil {
		return Result{}, err
	}
	var next atomic.Int64 // targets are asked for by all connections at once
	targets := vegeta.Targeter(func(t *vegeta.Target) error {
		i := int(next.Add(1)) - 1
		if i >= len(s.Requests) && !s.Cycle {
			return vegeta.ErrNoTargets
		}
		r := s.Requests[i%len(s.Requests)]
		t.Method, t.URL, t.Body, t.Header = r.Method, base.String()+r.Path, []byte(r.Body), http.Header{}
		if t.Method == "" {
			t.Method = http.MethodGet
		}
		for k, v := range r.Header {
			t.Header.Set(k, v)
		}
		return nil
	})
	n := uint64(s.Conns)
	a := vegeta.NewAttacker(vegeta.Workers(n), vegeta.MaxWorkers(n), vegeta.Connections(s.Conns), vegeta.Timeout(30*time.Second), vegeta.Redirects(vegeta.NoFollow))
	defer context.AfterFunc(ctx, func() { a.Stop() })()
	var m vegeta.Metrics
	for r := range a.Attack(targets, vegeta.Rate{}, s.For, "bench") {
		if r.Error == vegeta.ErrNoTargets.Error() {
			continue
		}
		m.Add(r)
	}
	m.Close()
	out := Result{Requests: int(m.Requests), Statuses: map[int]int{}, Took: m.Duration + m.Wait, Client: "vegeta", Bytes: int64(m.BytesIn.Total)}
	out.P50, out.P99 = ms(m.Latencies.P50), ms(m.Latencies.P99)
	for code, count := range m.StatusCodes {
		var status int
		if _, err := fmt.Sscan(code, &status); err != nil {
			return out, err
		}
		out.Statuses[status] = count
	}
	if out.Took > 0 {
		out.Rate = float64(out.Requests) / out.Took.Seconds()
	}
	return out, ctx.Err()
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
