package smtptest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"strings"
)

// errEnd ends a session without anything being wrong.
var errEnd = errors.New("end of session")

// Longest lines with their CRLF (RFC 5321 §4.5.3.1).
const (
	maxCommand = 512
	maxText    = 1000
)

type session struct {
	server *Server
	conn   net.Conn
	in     *bufio.Reader
	secure bool
	authed bool
	greets bool // EHLO or HELO was said
	from   *string
	to     []string
	eight  bool // BODY=8BITMIME
}

func newSession(s *Server, conn net.Conn, secure bool) *session {
	return &session{server: s, conn: conn, in: bufio.NewReader(conn), secure: secure}
}

func (c *session) run() {
	defer func() { _ = c.conn.Close() }()
	if err := c.at(Connect, func() error { return c.reply(220, "127.0.0.1 smtptest") }); err != nil {
		return
	}
	for {
		line, err := c.line(maxCommand)
		if err != nil {
			return
		}
		verb, args, _ := strings.Cut(line, " ")
		if err := c.command(strings.ToUpper(verb), args); err != nil {
			return
		}
	}
}

func (c *session) command(verb, args string) error {
	switch verb {
	case "EHLO", "HELO":
		return c.at(Ehlo, func() error { return c.hello(args, verb == "EHLO") })
	case "STARTTLS":
		return c.startTLS()
	case "AUTH":
		return c.at(Auth, func() error { return c.auth(args) })
	case "MAIL":
		return c.at(Mail, func() error { return c.mail(args) })
	case "RCPT":
		return c.at(Rcpt, func() error { return c.rcpt(args) })
	case "DATA":
		return c.at(Data, c.data)
	case "RSET":
		c.reset()
		return c.reply(250, "ok")
	case "NOOP":
		return c.reply(250, "ok")
	case "QUIT":
		return c.at(Quit, func() error { return errors.Join(c.reply(221, "bye"), errEnd) })
	case "*": // some clients cancel an AUTH that was refused already
		return c.reply(501, "5.5.2 nothing to cancel")
	}
	return c.wrong(500, "unknown command %q", verb)
}

// at runs a step unless the test wants something else to happen at its stage.
func (c *session) at(stage Stage, step func() error) error {
	return c.play(c.server.take(stage), step)
}

func (c *session) play(f fault, step func() error) error {
	if f.hold != nil {
		select {
		case <-f.hold:
		case <-c.server.closing:
			return errEnd
		}
	}
	switch {
	case f.drop:
		return errEnd
	case f.code != 0:
		err := c.reply(f.code, "told to fail")
		if f.code == 421 { // the server must close after it
			return errors.Join(err, errEnd)
		}
		return err
	}
	return step()
}

func (c *session) data() error {
	if len(c.to) == 0 {
		return c.wrong(503, "DATA before RCPT")
	}
	if err := c.reply(354, "go ahead"); err != nil {
		return err
	}
	raw, err := c.text()
	if err != nil {
		return err
	}
	m, err := parse(*c.from, c.to, raw, c.eight)
	c.reset()
	if err != nil {
		return c.wrong(554, "message: %v", err)
	}
	return c.received(m)
}

// received records the message, unless the test wants it refused.
func (c *session) received(m Message) error {
	f := c.server.take(Received)
	if f.code != 0 {
		return c.play(f, nil)
	}
	i := c.server.record(m)
	return c.play(f, func() error {
		c.server.acknowledge(i)
		return c.reply(250, "2.0.0 accepted")
	})
}

// text reads a message up to its final dot and takes the stuffed dots out.
func (c *session) text() ([]byte, error) {
	var raw bytes.Buffer
	for {
		line, err := c.line(maxText)
		if err != nil {
			return nil, err
		}
		if line == "." {
			return raw.Bytes(), nil
		}
		if rest, stuffed := strings.CutPrefix(line, "."); stuffed {
			if !strings.HasPrefix(rest, ".") {
				return nil, errors.Join(c.wrong(554, "a line starts with a dot that was not doubled"), errEnd)
			}
			line = rest
		}
		raw.WriteString(line + "\r\n")
	}
}

// line reads a line, which must end in CRLF and hold no other CR, LF or NUL.
func (c *session) line(limit int) (string, error) {
	line, err := c.in.ReadString('\n')
	if err != nil {
		return "", err
	}
	text, ok := strings.CutSuffix(line, "\r\n")
	if !ok || strings.ContainsAny(text, "\r\x00") {
		return "", errors.Join(c.wrong(500, "a line does not end in CRLF, or holds CR or NUL"), errEnd)
	}
	if len(line) > limit {
		return "", errors.Join(c.wrong(500, "a line of %d bytes", len(line)), errEnd)
	}
	return text, nil
}

func (c *session) reset() { c.from, c.to, c.eight = nil, nil, false }

// wrong refuses what no client may do, and fails the test.
func (c *session) wrong(code int, format string, args ...any) error {
	what := fmt.Sprintf(format, args...)
	c.server.tb.Errorf("smtptest: %s", what)
	return c.reply(code, "5.5.0 "+what)
}

func (c *session) reply(code int, lines ...string) error {
	var b strings.Builder
	for i, line := range lines {
		separator := "-"
		if i == len(lines)-1 {
			separator = " "
		}
		fmt.Fprintf(&b, "%d%s%s\r\n", code, separator, line)
	}
	_, err := c.conn.Write([]byte(b.String()))
	return err
}
