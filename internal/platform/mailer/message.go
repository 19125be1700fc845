package mailer

import (
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"
)

// Message is one e-mail to one recipient.
type Message struct {
	To      string // an address, with or without a display name
	Subject string
	Text    string // the plain text, never empty
	HTML    string // the same as HTML, or empty
	// MessageID is the caller's, as local@domain. Sending a message again with
	// the same one lets mail programs show it once.
	MessageID string
	Date      time.Time         // zero is the machine's now
	Headers   map[string]string // further headers, such as X-…
}

// managed headers are this package's own.
var managed = regexp.MustCompile(`(?i)^(from|sender|reply-to|to|cc|bcc|date|subject|message-id|mime-version|auto-submitted|content-.*)$`)

var (
	headerName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*$`)
	messageID  = regexp.MustCompile(`^[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]+@[A-Za-z0-9.-]+$`)
)

// build checks a message and puts it together. Its errors do not quote what
// they refuse.
func (m *Mailer) build(msg Message) (*gomail.Msg, error) {
	if err := msg.check(); err != nil {
		return nil, err
	}
	to, err := mail.ParseAddress(msg.To)
	if err != nil || !ascii(to.Address) {
		return nil, errors.New("mailer: the recipient is not an e-mail address")
	}
	b := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithEncoding(gomail.EncodingB64))
	b.FromMailAddress(m.from)
	b.ToMailAddress(to)
	b.Subject(msg.Subject)
	b.SetMessageIDWithValue(msg.MessageID)
	if !msg.Date.IsZero() {
		b.SetDateWithValue(msg.Date)
	}
	// No answers by machines to a machine (RFC 3834).
	b.SetGenHeader("Auto-Submitted", "auto-generated")
	for name, value := range msg.Headers {
		b.SetGenHeader(gomail.Header(name), value)
	}
	b.SetBodyString(gomail.TypeTextPlain, msg.Text)
	if msg.HTML != "" {
		b.AddAlternativeString(gomail.TypeTextHTML, msg.HTML)
	}
	return b, nil
}

func (msg Message) check() error {
	switch {
	case msg.Text == "":
		return errors.New("mailer: no text")
	case !oneLine(msg.Subject) || strings.TrimSpace(msg.Subject) == "":
		return errors.New("mailer: the subject is empty or not one line")
	case !messageID.MatchString(msg.MessageID):
		return errors.New("mailer: the Message-ID is not local@domain")
	}
	for name, value := range msg.Headers {
		if !headerName.MatchString(name) || managed.MatchString(name) || !oneLine(value) {
			return fmt.Errorf("mailer: the header %q is not allowed or not one line", name)
		}
	}
	return nil
}

// oneLine refuses control characters: a line break in a header would start
// another header.
func oneLine(s string) bool { return strings.IndexFunc(s, unicode.IsControl) < 0 }

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}
