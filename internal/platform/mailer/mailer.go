// Package mailer hands single e-mails to an SMTP server, and tells for certain
// what became of each: accepted (nil), or an *outcome.Error that says whether
// sending again is safe.
//
// A message counts as handed over once its final dot was sent. Before that the
// server must not deliver it (RFC 5321 §4.2.5, §6.1), so a lost connection is
// Temporary; after that only the server's reply tells, so a lost one is
// Uncertain. A refusal of this sender or recipient or message with a code of
// 5xx is Permanent, with 4xx Temporary. A refusal before that, at greeting or
// sign-in, says nothing about the message: it is Temporary whatever its code.
//
// Every Send opens a connection of its own; pace the calls, for most servers
// dislike more than one message a second.
package mailer

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/fugong/fugong/internal/platform/outcome"
	"github.com/fugong/fugong/internal/platform/secret/redact"
)

// TLSMode is how the connection is encrypted.
type TLSMode string

// The modes.
const (
	None     TLSMode = "none"     // clear text, for a relay on the same machine or network
	StartTLS TLSMode = "starttls" // required after a clear start, usually port 587
	Implicit TLSMode = "implicit" // from the first byte, usually port 465
)

// Config is how to reach the SMTP server.
type Config struct {
	Host string
	Port int
	TLS  TLSMode
	// Username and Password sign in if set; never with TLS None. Many Chinese
	// providers want an authorisation code 授权码 for a password.
	Username string
	Password redact.Text
	From     string         // sender address, with or without a display name
	Timeout  time.Duration  // of one Send as a whole; 0 is a minute
	RootCAs  *x509.CertPool // authorities to trust; nil is the system's
}

// Mailer sends e-mails. It is safe for concurrent use.
type Mailer struct {
	config Config
	from   *mail.Address
}

// New checks a configuration. It does not connect.
func New(c Config) (*Mailer, error) {
	from, err := mail.ParseAddress(c.From)
	if err != nil {
		return nil, fmt.Errorf("mailer: sender %q: %w", c.From, err)
	}
	switch {
	case !ascii(from.Address):
		return nil, fmt.Errorf("mailer: sender %q is not ASCII", c.From)
	case c.Host == "":
		return nil, errors.New("mailer: no host")
	case c.Port < 1 || c.Port > 65535:
		return nil, fmt.Errorf("mailer: port %d", c.Port)
	case c.TLS != None && c.TLS != StartTLS && c.TLS != Implicit:
		return nil, fmt.Errorf("mailer: TLS mode %q is not none, starttls or implicit", c.TLS)
	case (c.Username == "") != c.Password.IsZero():
		return nil, errors.New("mailer: user name and password go together")
	case c.Username != "" && c.TLS == None:
		return nil, errors.New("mailer: a password must not travel in clear text; use starttls or implicit")
	case c.Timeout < 0:
		return nil, fmt.Errorf("mailer: timeout %v", c.Timeout)
	}
	if c.Timeout == 0 {
		c.Timeout = time.Minute
	}
	return &Mailer{c, from}, nil
}

// Send hands over a message. It returns nil when the server accepted it, and an
// *outcome.Error otherwise; see the package comment. Cancelling ctx ends it at
// once, with the same care for what is known.
func (m *Mailer) Send(ctx context.Context, msg Message) error {
	built, err := m.build(msg)
	if err != nil {
		return &outcome.Error{Class: outcome.Permanent, Code: "smtp.message", Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, m.config.Timeout)
	defer cancel() // also closes the connection, see dial
	client, err := gomail.NewClient(m.config.Host, m.options(ctx)...)
	if err != nil {
		return &outcome.Error{Class: outcome.Temporary, Code: "smtp.config", Err: err}
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return refusedSession(ctx, err)
	}
	err = client.SendWithSMTPClient(session, built)
	if !built.IsDelivered() {
		// No QUIT here: it would end a message that was cut off with a dot, and
		// so deliver the half of it.
		return refusedMessage(ctx, err)
	}
	// Accepted is accepted, whatever comes after.
	_ = session.UpdateDeadline(quitTimeout)
	_ = session.Quit()
	return nil
}

const quitTimeout = 5 * time.Second

func (m *Mailer) options(ctx context.Context) []gomail.Option {
	options := []gomail.Option{
		gomail.WithPort(m.config.Port),
		// ctx ends everything, and ends it first; see reason.
		gomail.WithTimeout(2 * m.config.Timeout),
		gomail.WithDialContextFunc(m.dial(ctx)),
		gomail.WithTLSConfig(m.tls()),
		gomail.WithTLSPolicy(gomail.NoTLS),
		// One message per connection needs neither, and after an accepted message
		// neither may fail it.
		gomail.WithoutNoop(), gomail.WithoutRset(),
		gomail.WithoutSMTPUTF8(), // all addresses are ASCII
	}
	if m.config.TLS == StartTLS {
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if m.config.Username != "" {
		options = append(options,
			gomail.WithUsername(m.config.Username), gomail.WithPassword(m.config.Password.Reveal()),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthPlain, gomail.SMTPAuthLogin, gomail.SMTPAuthSCRAMSHA256))
	}
	return options
}

func (m *Mailer) tls() *tls.Config {
	return &tls.Config{ServerName: m.config.Host, RootCAs: m.config.RootCAs, MinVersion: tls.VersionTLS12}
}

// dial returns the function that connects. The connection closes when ctx ends:
// go-mail neither watches ctx once connected nor closes a connection whose
// greeting or sign-in failed.
func (m *Mailer) dial(ctx context.Context) gomail.DialContextFunc {
	dialer := (&net.Dialer{}).DialContext
	if m.config.TLS == Implicit {
		dialer = (&tls.Dialer{Config: m.tls()}).DialContext
	}
	return func(dialing context.Context, network, address string) (net.Conn, error) {
		conn, err := dialer(dialing, network, address)
		if err == nil {
			context.AfterFunc(ctx, func() { _ = conn.Close() })
		}
		return conn, err
	}
}
