// Package webhooktest is a message gateway on loopback for tests and measurements. It checks every signature, counts what it
// took, and misbehaves when told to.
package webhooktest

import (
	"crypto/hmac"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"

	"github.com/fugong/fugong/internal/platform/secret/redact"
	"github.com/fugong/fugong/internal/platform/webhook"
)

const maxBody = 4 << 20

// Answer says which messages of a batch the gateway keeps, and how it replies.
type Answer func(batch []webhook.Message) (took []webhook.Message, reply func(http.ResponseWriter))

// Server is a message gateway.
type Server struct {
	*httptest.Server
	secret redact.Text

	mu     sync.Mutex
	keep   bool
	answer Answer
	posts  int
	forged int
	taken  map[string]int
	all    []webhook.Message
}

// New starts a gateway. With keep it remembers whole messages, not their ids alone. The caller closes it.
func New(secret redact.Text, keep bool) *Server {
	s := &Server{secret: secret, keep: keep, taken: map[string]int{}}
	s.Server = httptest.NewServer(http.HandlerFunc(s.take))
	return s
}

// Say makes the gateway answer otherwise; nil heals it.
func (s *Server) Say(a Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = a
}

// Status refuses every batch with a status and takes none.
func Status(code int) Answer {
	return func([]webhook.Message) ([]webhook.Message, func(http.ResponseWriter)) {
		return nil, func(w http.ResponseWriter) { w.WriteHeader(code) }
	}
}

// Body takes every message and answers with a text.
func Body(text string) Answer {
	return func(batch []webhook.Message) ([]webhook.Message, func(http.ResponseWriter)) {
		return batch, func(w http.ResponseWriter) { _, _ = io.WriteString(w, text) } // a client that left is the test's own doing
	}
}

// Break takes every message and drops the connection without an answer.
func Break(batch []webhook.Message) ([]webhook.Message, func(http.ResponseWriter)) {
	return batch, func(http.ResponseWriter) { panic(http.ErrAbortHandler) }
}

func (s *Server) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	var batch []webhook.Message
	want := webhook.Sign(s.secret, r.Header.Get(webhook.HeaderTimestamp), body)
	good := err == nil && hmac.Equal([]byte(want), []byte(r.Header.Get(webhook.HeaderSignature))) && json.Unmarshal(body, &batch) == nil
	s.mu.Lock()
	s.posts++
	answer := s.answer
	if !good {
		s.forged++
	}
	s.mu.Unlock()
	if !good {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if answer != nil {
		// Taken before the answer is written, so that whoever has the answer finds them here.
		took, reply := answer(batch)
		s.note(took)
		reply(w)
		return
	}
	s.note(batch)
	w.WriteHeader(http.StatusAccepted)
}

func (s *Server) note(took []webhook.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range took {
		s.taken[m.ID]++
	}
	if s.keep {
		s.all = append(s.all, took...)
	}
}

// Counts are how many POSTs came, how many of them were not signed as agreed, how many different messages were taken and how
// many of those more than once.
type Counts struct{ Posts, Forged, Messages, Twice int }

// Counts tells what came so far.
func (s *Server) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := Counts{Posts: s.posts, Forged: s.forged, Messages: len(s.taken)}
	for _, n := range s.taken {
		if n > 1 {
			c.Twice++
		}
	}
	return c
}

// Messages are those taken, if the gateway keeps them.
func (s *Server) Messages() []webhook.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]webhook.Message(nil), s.all...)
}
