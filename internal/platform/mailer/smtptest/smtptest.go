// Package smtptest is a strict SMTP server for tests: on loopback, in process,
// with real sockets. It speaks the part of RFC 5321 that sends mail (EHLO,
// STARTTLS, AUTH PLAIN, MAIL, RCPT, DATA, RSET, NOOP, QUIT), records what it
// accepts, parsed by net/mail, and can be told to misbehave at any stage.
//
// What breaks the protocol or the message format is refused and also fails the
// test.
package smtptest

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

// Stage is a point in a session at which the server can misbehave.
type Stage string

// The stages, each before the server's reply.
const (
	Connect  Stage = "connect" // the greeting
	Ehlo     Stage = "ehlo"
	Auth     Stage = "auth"
	Mail     Stage = "mail"
	Rcpt     Stage = "rcpt"
	Data     Stage = "data"     // the DATA command, before the message
	Received Stage = "received" // after the message and its final dot
	Quit     Stage = "quit"
)

// Server is an SMTP server on loopback. Its methods are safe for concurrent use.
type Server struct {
	tb       testing.TB
	listener net.Listener
	implicit bool
	starttls bool
	tls      *tls.Config
	roots    *x509.CertPool
	user     string
	password string

	closing  chan struct{}
	sessions sync.WaitGroup

	mu       sync.Mutex
	conns    map[net.Conn]bool
	messages []Message
	changed  chan struct{} // closed and replaced at every message
	faults   map[Stage]fault
}

// fault is what happens at a stage: wait for hold, then drop the connection or
// reply with code, or go on if there is neither.
type fault struct {
	hold chan struct{}
	drop bool
	code int
	once bool
}

// Option changes how New sets the server up.
type Option func(*Server)

// WithSTARTTLS makes the server offer STARTTLS; see RootCAs.
func WithSTARTTLS() Option { return func(s *Server) { s.starttls = true } }

// WithTLS makes the server speak TLS from the first byte; see RootCAs.
func WithTLS() Option { return func(s *Server) { s.implicit = true } }

// WithAuth makes the server demand AUTH PLAIN, which it offers over TLS only.
func WithAuth(user, password string) Option {
	return func(s *Server) { s.user, s.password = user, password }
}

// New starts a server; it stops when the test ends.
func New(tb testing.TB, options ...Option) *Server {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("smtptest: %v", err)
	}
	s := &Server{
		tb: tb, listener: listener, closing: make(chan struct{}), changed: make(chan struct{}),
		conns: make(map[net.Conn]bool), faults: make(map[Stage]fault),
	}
	for _, option := range options {
		option(s)
	}
	s.borrowCertificate()
	s.sessions.Go(s.accept)
	tb.Cleanup(s.close)
	return s
}

// borrowCertificate takes httptest's certificate, which is made for 127.0.0.1.
func (s *Server) borrowCertificate() {
	web := httptest.NewTLSServer(nil)
	defer web.Close()
	s.tls = &tls.Config{Certificates: web.TLS.Certificates, MinVersion: tls.VersionTLS12}
	s.roots = x509.NewCertPool()
	s.roots.AddCert(web.Certificate())
}

// Addr returns the address as host:port.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Host returns the host part of Addr.
func (s *Server) Host() string { return s.listener.Addr().(*net.TCPAddr).IP.String() }

// Port returns the port.
func (s *Server) Port() int { return s.listener.Addr().(*net.TCPAddr).Port }

// RootCAs returns the authority that a client must trust.
func (s *Server) RootCAs() *x509.CertPool { return s.roots }

// Messages returns what was received so far, in order.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// WaitFor waits until n messages were received and returns all there are; it
// fails the test when that takes longer than the timeout.
func (s *Server) WaitFor(n int, timeout time.Duration) []Message {
	s.tb.Helper()
	expired := time.After(timeout)
	for {
		s.mu.Lock()
		got, changed := slices.Clone(s.messages), s.changed
		s.mu.Unlock()
		if len(got) >= n {
			return got
		}
		select {
		case <-changed:
		case <-expired:
			s.tb.Fatalf("smtptest: %d of %d messages after %v", len(got), n, timeout)
			return nil
		}
	}
}

// Fail makes the server reply with a code at a stage, until Heal.
func (s *Server) Fail(at Stage, code int) { s.set(at, fault{code: code}) }

// FailOnce makes the server reply with a code the next time at a stage.
func (s *Server) FailOnce(at Stage, code int) { s.set(at, fault{code: code, once: true}) }

// Drop makes the server close the connection at a stage without a reply, until
// Heal. Dropped at Received, the message is recorded, not Acknowledged.
func (s *Server) Drop(at Stage) { s.set(at, fault{drop: true}) }

// Hold makes the server fall silent at a stage until release is called, and
// then go on as usual. Held at Received, the message is recorded before.
func (s *Server) Hold(at Stage) (release func()) {
	hold := make(chan struct{})
	s.set(at, fault{hold: hold})
	return sync.OnceFunc(func() {
		s.mu.Lock()
		delete(s.faults, at)
		s.mu.Unlock()
		close(hold)
	})
}

// Heal ends what Fail, FailOnce and Drop began.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for at, f := range s.faults {
		if f.hold == nil {
			delete(s.faults, at)
		}
	}
}

func (s *Server) set(at Stage, f fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[at] = f
}

func (s *Server) take(at Stage) fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.faults[at]
	if f.once {
		delete(s.faults, at)
	}
	return f
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		if s.implicit {
			conn = tls.Server(conn, s.tls)
		}
		if !s.track(conn) {
			_ = conn.Close()
			return
		}
		s.sessions.Go(func() {
			newSession(s, conn, s.implicit).run()
			s.mu.Lock()
			delete(s.conns, conn)
			s.mu.Unlock()
		})
	}
}

// track remembers a connection, unless the server closed meanwhile.
func (s *Server) track(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns == nil {
		return false
	}
	s.conns[conn] = true
	return true
}

func (s *Server) close() {
	close(s.closing)
	_ = s.listener.Close()
	s.mu.Lock()
	for conn := range s.conns {
		_ = conn.Close()
	}
	s.conns = nil
	s.mu.Unlock()
	s.sessions.Wait()
}
