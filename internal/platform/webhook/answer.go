package webhook

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/fugong/fugong/internal/platform/outcome"
)

const (
	// maxAnswer is more than a rejection of every message with its reason takes.
	maxAnswer = 1 << 20
	maxReason = 120
)

// answer is what a gateway says of a batch. Without the list of accepted messages, all are accepted but those rejected.
type answer struct {
	Accepted *[]string `json:"accepted"`
	Rejected []struct {
		ID     string `json:"id"`
		Reason string `json:"reason"`
	} `json:"rejected"`
}

// read tells from the body of a good answer what became of each message. An empty body accepts all of them. One that is cut off,
// too long or no such JSON leaves all of them uncertain: the gateway has had the batch.
func read(batch []Message, body io.Reader) []error {
	text, err := io.ReadAll(io.LimitReader(body, maxAnswer+1))
	switch {
	case err != nil:
		return all(batch, outcome.Lost(prefix, true, withoutURL(err)))
	case len(text) > maxAnswer:
		return all(batch, unreadable("too long"))
	case strings.TrimSpace(string(text)) == "":
		return make([]error, len(batch))
	}
	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		return all(batch, unreadable("not the JSON that was asked for"))
	}
	return a.each(batch)
}

func unreadable(why string) *outcome.Error {
	return &outcome.Error{Class: outcome.Uncertain, Code: prefix + ".answer", Err: errors.New(why)}
}

func (a *answer) each(batch []Message) []error {
	said := make(map[string]error, len(a.Rejected))
	out := make([]error, len(batch))
	if a.Accepted != nil {
		for _, id := range *a.Accepted {
			said[id] = nil
		}
	}
	// Who says both has not taken it for certain; a rejection is the reading that shows.
	for _, r := range a.Rejected {
		said[r.ID] = &outcome.Error{Class: outcome.Permanent, Code: prefix + ".rejected", Err: errors.New(plain(r.Reason))}
	}
	for i, m := range batch {
		err, mentioned := said[m.ID]
		if !mentioned && a.Accepted != nil {
			err = unreadable("the answer does not mention it")
		}
		out[i] = err
	}
	return out
}

// plain keeps a stranger's reason short and on one line.
func plain(reason string) string {
	reason = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(reason, ""))
	if runes := []rune(strings.TrimSpace(reason)); len(runes) > maxReason {
		return string(runes[:maxReason]) + "…"
	}
	if reason = strings.TrimSpace(reason); reason != "" {
		return reason
	}
	return "no reason given"
}

// refused classifies the status of a batch that was not taken. Busy (429, 503) and a wrong address or key (401, 403, 404) came
// before anything was accepted and may pass later; other answers of the 4xx kind refuse the messages as they stand. After any
// other answer nobody knows how far the gateway got.
func refused(response *http.Response, now time.Time) *outcome.Error {
	e := &outcome.Error{Class: outcome.Uncertain, Code: fmt.Sprintf("%s.http_%d", prefix, response.StatusCode)}
	switch status := response.StatusCode; {
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable:
		e.Class, e.After = outcome.Temporary, retryAfter(response.Header.Get("Retry-After"), now)
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusNotFound:
		e.Class, e.After = outcome.Temporary, throttled
	case status >= 300 && status < 500:
		e.Class = outcome.Permanent
	}
	return e
}

// retryAfter reads seconds or a date, between a second and an hour; without one it is a minute.
func retryAfter(header string, now time.Time) time.Duration {
	rest := throttled
	if seconds, err := strconv.Atoi(header); err == nil {
		rest = time.Duration(min(max(seconds, 0), int(maxRest/time.Second))) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		rest = at.Sub(now)
	}
	return min(max(rest, time.Second), maxRest)
}
