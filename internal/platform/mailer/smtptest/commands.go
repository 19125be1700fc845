package smtptest

import (
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net/mail"
	"strings"
)

func (c *session) hello(name string, extended bool) error {
	if name == "" || strings.ContainsAny(name, " \t") {
		return c.wrong(501, "EHLO with the name %q", name)
	}
	c.greets = true
	c.reset()
	lines := []string{"127.0.0.1"}
	if extended {
		lines = append(lines, "8BITMIME", "ENHANCEDSTATUSCODES")
		if c.server.starttls && !c.secure {
			lines = append(lines, "STARTTLS")
		}
		if c.server.user != "" && c.secure {
			lines = append(lines, "AUTH PLAIN")
		}
	}
	return c.reply(250, lines...)
}

func (c *session) startTLS() error {
	if !c.server.starttls || c.secure {
		return c.wrong(502, "STARTTLS was not offered")
	}
	if err := c.reply(220, "go ahead"); err != nil {
		return err
	}
	if c.in.Buffered() > 0 { // the hole of CVE-2011-0411
		return c.wrong(501, "commands behind STARTTLS in clear")
	}
	secure := newSession(c.server, tls.Server(c.conn, c.server.tls), true)
	*c = *secure
	return nil
}

func (c *session) auth(args string) error {
	if c.server.user == "" || !c.secure {
		return c.wrong(502, "AUTH was not offered")
	}
	mechanism, initial, _ := strings.Cut(args, " ")
	if !strings.EqualFold(mechanism, "PLAIN") {
		return c.wrong(504, "AUTH %s is not supported", mechanism)
	}
	plain, err := base64.StdEncoding.DecodeString(initial)
	if err != nil {
		return c.wrong(501, "AUTH PLAIN without base64")
	}
	if string(plain) != "\x00"+c.server.user+"\x00"+c.server.password {
		return c.reply(535, "5.7.8 wrong user or password")
	}
	c.authed = true
	return c.reply(235, "2.7.0 welcome")
}

func (c *session) mail(args string) error {
	if !c.greets || c.from != nil {
		return c.wrong(503, "MAIL out of order")
	}
	if c.server.user != "" && !c.authed {
		return c.reply(530, "5.7.0 authentication required")
	}
	from, params, err := path("FROM:", args)
	if err != nil {
		return c.wrong(501, "MAIL %s: %v", args, err)
	}
	switch strings.ToUpper(params) {
	case "", "BODY=7BIT":
	case "BODY=8BITMIME":
		c.eight = true
	default:
		return c.wrong(555, "MAIL with %q", params)
	}
	c.from = &from
	return c.reply(250, "2.1.0 ok")
}

func (c *session) rcpt(args string) error {
	if c.from == nil {
		return c.wrong(503, "RCPT before MAIL")
	}
	to, params, err := path("TO:", args)
	if err != nil || to == "" || params != "" {
		return c.wrong(501, "RCPT %s: %v", args, err)
	}
	c.to = append(c.to, to)
	return c.reply(250, "2.1.5 ok")
}

// path parses "FROM:<a@b> PARAMS" (RFC 5321 §4.1.2), without a space before the
// bracket; FROM may be empty.
func path(keyword, args string) (address, params string, err error) {
	if len(args) < len(keyword) || !strings.EqualFold(args[:len(keyword)], keyword) {
		return "", "", errors.New("no " + keyword)
	}
	in, params, closed := strings.Cut(args[len(keyword):], ">")
	address, opened := strings.CutPrefix(in, "<")
	if !opened || !closed || params != "" && params[0] != ' ' {
		return "", "", errors.New("no address in brackets")
	}
	if address != "" {
		if parsed, err := mail.ParseAddress(address); err != nil || parsed.Address != address {
			return "", "", fmt.Errorf("%q is no address", address)
		}
	}
	return address, strings.TrimPrefix(params, " "), nil
}
