// Package robot posts messages to the group robots (webhooks) of Chinese office
// messengers, and tells for certain what became of each: accepted (nil), or an
// *outcome.Error that says whether sending again is safe.
//
// A message counts as handed over once a connection to the service stood: a
// failure before that is Temporary, one after it without a readable reply is
// Uncertain. What the service replies decides the rest.
//
// WeCom is spoken here. Another messenger is another type with the same two
// methods, built from the same parts: its wire format, its table of reply codes
// and its pace, over cut, post and Limits.
package robot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fugong/fugong/internal/platform/outcome"
)

// Text is a plain message. Content longer than the messenger takes is cut at
// the end and marked with "…".
type Text struct {
	Content string
	// MentionedMobiles are people to notify, by the mobile number of their
	// account, or "@all".
	MentionedMobiles []string
	// MentionedList are people to notify, by the messenger's own user id, or
	// "@all".
	MentionedList []string
}

// Markdown is a formatted message, in the messenger's dialect. It notifies
// nobody in particular. Content is cut like that of a Text.
type Markdown struct {
	Content string
}

const (
	// sendTimeout bounds one post, whatever the caller's context and client.
	sendTimeout = 20 * time.Second
	// throttled is how long to stay away when the service says "too fast":
	// their limits are per minute.
	throttled = time.Minute
	maxReply  = 64 << 10
)

// post sends a JSON body and returns the body of a reply with status 200. All
// else becomes an *outcome.Error whose code starts with prefix. The endpoint
// holds the robot's secret, so no error may quote it.
func post(ctx context.Context, client *http.Client, prefix, endpoint string, body any) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	// GotConn runs before the first byte is written, in this goroutine, which
	// no later event of the trace promises.
	connected := false
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected = true },
	})
	payload, err := encode(body)
	if err != nil {
		return nil, &outcome.Error{Class: outcome.Permanent, Code: prefix + ".message", Err: err}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, bytes.NewReader(payload))
	if err != nil {
		return nil, &outcome.Error{Class: outcome.Permanent, Code: prefix + ".config", Err: withoutURL(err)}
	}
	// A connection kept from before may be dead already, which would make a
	// message uncertain for nothing; a robot posts too seldom to gain by one.
	request.Close = true
	request.Header.Set("Content-Type", "application/json; charset=utf-8")

	once := *client
	once.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := once.Do(request)
	if err != nil {
		return nil, outcome.Lost(prefix, connected, withoutURL(err))
	}
	defer response.Body.Close()
	reply, err := io.ReadAll(io.LimitReader(response.Body, maxReply))
	if response.StatusCode != http.StatusOK {
		return nil, refusedBy(prefix, response.StatusCode)
	}
	if err != nil {
		return nil, outcome.Lost(prefix, true, withoutURL(err))
	}
	return reply, nil
}

// encode leaves <, > and & as they are, as the services' documents show them.
func encode(body any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(body)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// refusedBy classifies an HTTP status. 502 and 504 come from a gateway that
// lost the service behind it, which may have acted all the same.
func refusedBy(prefix string, status int) *outcome.Error {
	e := &outcome.Error{Class: outcome.Permanent, Code: fmt.Sprintf("%s.http_%d", prefix, status)}
	switch {
	case status == http.StatusBadGateway, status == http.StatusGatewayTimeout:
		e.Class = outcome.Uncertain
	case status == http.StatusTooManyRequests:
		e.Class, e.After = outcome.Temporary, throttled
	case status >= 500:
		e.Class = outcome.Temporary
	}
	return e
}

// withoutURL drops the URL, and with it the key, that net/http puts in front.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// cut makes a text valid UTF-8 of at most limit bytes; a text that is too long
// ends in "…" after its last whole character that fits.
func cut(text string, limit int) string {
	const mark = "…"
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= limit {
		return text
	}
	end := limit - len(mark)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + mark
}
