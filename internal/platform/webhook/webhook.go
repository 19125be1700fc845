// Package webhook hands messages in batches to a message gateway over HTTP (a city's SMS gateway, an enterprise's message hub),
// and tells for certain what became of each: accepted (nil), or an *outcome.Error that says whether sending again is safe.
//
// One POST carries an array of messages as JSON. It is signed: the header X-Fugong-Signature holds "sha256=" and, in hex, the
// HMAC-SHA256 under the shared secret of X-Fugong-Timestamp (Unix seconds), a full stop and the body as sent.
//
// A batch counts as handed over once a connection stood. A failure before that is Temporary, one after it without an answer
// that can be read is Uncertain for every message of the batch.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/outcome"
	"github.com/fugong/fugong/internal/platform/secret/redact"
)

// MaxBatch is how many messages one POST carries at most.
const MaxBatch = 500

// MinSecret is the least length of a secret in bytes.
const MinSecret = 16

// Headers of a signed POST.
const (
	HeaderTimestamp = "X-Fugong-Timestamp"
	HeaderSignature = "X-Fugong-Signature"
)

// Message is one message as the gateway reads it.
type Message struct {
	ID   string    `json:"id"` // the same in every attempt, so that the far side can recognise what it has seen
	To   Recipient `json:"to"`
	Step string    `json:"step"`
	Due  time.Time `json:"due_at"`
	Lang string    `json:"lang"`
	Text string    `json:"text"`
}

// Recipient says who is meant, by numbers that tell an outsider nothing.
type Recipient struct {
	Enterprise string `json:"enterprise"` // its code
	Employee   int64  `json:"employee"`   // the number of the file, as in the API
	Mobile     string `json:"mobile,omitempty"`
}

const (
	prefix = "webhook"
	// sendTimeout bounds one POST, whatever the caller's context and client.
	sendTimeout = 20 * time.Second
	// throttled is how long to stay away from a gateway that is busy and does not say for how long.
	throttled = time.Minute
	maxRest   = time.Hour
)

// Hook is a message gateway. All fields are required.
type Hook struct {
	URL    string
	Secret redact.Text
	HTTP   *http.Client // over an *http.Transport, which tells when it connected
	Clock  clock.Clock  // of the signature: the real time, by which the far side tells old from new
}

// Check says what is wrong with an address or a secret: a gateway is reached over TLS unless it is on this machine.
func Check(address string, secret redact.Text) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("the address of the message gateway is not an http address")
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		return errors.New("the message gateway must be reached by https, or be on this machine")
	}
	if len(secret.Reveal()) < MinSecret {
		return fmt.Errorf("the secret shared with the message gateway needs %d bytes or more", MinSecret)
	}
	return nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// Post sends up to MaxBatch messages and returns what became of each, in their order.
func (h *Hook) Post(ctx context.Context, batch []Message) []error {
	if len(batch) > MaxBatch {
		return all(batch, &outcome.Error{Class: outcome.Permanent, Code: prefix + ".batch"})
	}
	body, err := encode(batch)
	if err != nil {
		return all(batch, &outcome.Error{Class: outcome.Permanent, Code: prefix + ".message", Err: err})
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	// GotConn runs before the first byte is written, in this goroutine, which no later event of the trace promises.
	connected := false
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected = true }})
	request, err := h.request(ctx, body)
	if err != nil {
		return all(batch, &outcome.Error{Class: outcome.Permanent, Code: prefix + ".config", Err: withoutURL(err)})
	}
	once := *h.HTTP
	once.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := once.Do(request)
	if err != nil {
		return all(batch, outcome.Lost(prefix, connected, withoutURL(err)))
	}
	defer response.Body.Close()
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return all(batch, refused(response, h.Clock.Now()))
	}
	return read(batch, response.Body)
}

func (h *Hook) request(ctx context.Context, body []byte) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	// A connection kept from before may be dead already, which would make a whole batch uncertain for nothing.
	request.Close = true
	stamp := strconv.FormatInt(h.Clock.Now().Unix(), 10)
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	request.Header.Set(HeaderTimestamp, stamp)
	request.Header.Set(HeaderSignature, Sign(h.Secret, stamp, body))
	return request, nil
}

// Sign returns the signature of a body sent at a time stamp.
func Sign(secret redact.Text, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write([]byte(stamp))
	mac.Write([]byte("."))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// encode leaves <, > and & as they are.
func encode(batch []Message) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(batch)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

func all(batch []Message, err error) []error {
	out := make([]error, len(batch))
	for i := range out {
		out[i] = err
	}
	return out
}

// withoutURL drops the address that net/http puts in front: it may carry a token.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return e.Err
	}
	return err
}
