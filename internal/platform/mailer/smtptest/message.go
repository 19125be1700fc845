package smtptest

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
)

// Message is a message that the server received.
type Message struct {
	From    string   // of the envelope
	To      []string // of the envelope
	Header  mail.Header
	Subject string // decoded
	Text    string // the text/plain part, decoded, lines ending in LF
	HTML    string // the text/html part, likewise
	Raw     []byte // as transmitted, without the doubled dots
	// Acknowledged tells whether the client was told so.
	Acknowledged bool
}

// record keeps a message and returns its place.
func (s *Server) record(m Message) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = append(s.messages, m)
	close(s.changed)
	s.changed = make(chan struct{})
	return len(s.messages) - 1
}

func (s *Server) acknowledge(i int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages[i].Acknowledged = true
}

// parse checks and decodes a message.
func parse(from string, to []string, raw []byte, eight bool) (Message, error) {
	header, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	if !ascii(header) {
		return Message{}, errors.New("the header is not ASCII")
	}
	if !eight && !ascii(raw) {
		return Message{}, errors.New("the body is not ASCII and 8BITMIME was not declared")
	}
	parsed, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Message{}, err
	}
	m := Message{From: from, To: to, Header: parsed.Header, Raw: raw}
	if err := m.checkHeader(); err != nil {
		return Message{}, err
	}
	if err := m.decode(textproto.MIMEHeader(parsed.Header), parsed.Body); err != nil {
		return Message{}, err
	}
	return m, nil
}

func ascii(b []byte) bool {
	return bytes.IndexFunc(b, func(r rune) bool { return r >= 0x80 }) < 0
}

// checkHeader demands once what RFC 5322 §3.6 demands or limits to once.
func (m *Message) checkHeader() error {
	for _, key := range []string{"From", "To", "Date", "Message-Id", "Subject", "Mime-Version", "Content-Type"} {
		if n := len(m.Header[key]); n != 1 {
			return fmt.Errorf("%d %s headers", n, key)
		}
	}
	for _, key := range []string{"From", "To"} {
		if _, err := m.Header.AddressList(key); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	if _, err := m.Header.Date(); err != nil {
		return err
	}
	id := m.Header.Get("Message-Id")
	if !strings.HasPrefix(id, "<") || !strings.HasSuffix(id, ">") || strings.Count(id, "@") != 1 {
		return fmt.Errorf("the Message-ID %q", id)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	m.Subject = subject
	return err
}

// decode takes a part or, in turn, the parts of it.
func (m *Message) decode(header textproto.MIMEHeader, body io.Reader) error {
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return err
	}
	if strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			part, err := parts.NextRawPart()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			if err := m.decode(part.Header, part); err != nil {
				return err
			}
		}
	}
	text, err := decodeText(header.Get("Content-Transfer-Encoding"), params["charset"], body)
	if err != nil {
		return err
	}
	switch kind {
	case "text/plain":
		m.Text = text
	case "text/html":
		m.HTML = text
	default:
		return fmt.Errorf("a part of type %s", kind)
	}
	return nil
}

func decodeText(encoding, charset string, body io.Reader) (string, error) {
	switch strings.ToLower(encoding) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "", "7bit", "8bit":
	default:
		return "", fmt.Errorf("the encoding %q", encoding)
	}
	if !strings.EqualFold(charset, "utf-8") {
		return "", fmt.Errorf("the charset %q", charset)
	}
	b, err := io.ReadAll(body)
	return strings.ReplaceAll(string(b), "\r\n", "\n"), err
}
