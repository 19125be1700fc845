package mailer_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fugong/fugong/internal/platform/mailer"
	"github.com/fugong/fugong/internal/platform/mailer/smtptest"
	"github.com/fugong/fugong/internal/platform/outcome"
	"github.com/fugong/fugong/internal/platform/secret/redact"
)

func TestBadMessages(t *testing.T) {
	t.Parallel()
	s := smtptest.New(t)
	for name, change := range map[string]func(*mailer.Message){
		"no recipient":     func(m *mailer.Message) { m.To = "" },
		"two recipients":   func(m *mailer.Message) { m.To = "a@b.example, c@d.example" },
		"no address":       func(m *mailer.Message) { m.To = "zhang.san" },
		"not ASCII":        func(m *mailer.Message) { m.To = "张三@b.example" },
		"injected To":      func(m *mailer.Message) { m.To = "a@b.example\r\nBcc: c@d.example" },
		"no subject":       func(m *mailer.Message) { m.Subject = " " },
		"injected subject": func(m *mailer.Message) { m.Subject = "a\r\nBcc: c@d.example" },
		"no text":          func(m *mailer.Message) { m.Text = "" },
		"no Message-ID":    func(m *mailer.Message) { m.MessageID = "" },
		"brackets":         func(m *mailer.Message) { m.MessageID = "<a@b>" },
		"injected ID":      func(m *mailer.Message) { m.MessageID = "a@b>\r\nX: <c@d" },
		"own header":       func(m *mailer.Message) { m.Headers = map[string]string{"bcc": "c@d.example"} },
		"MIME header":      func(m *mailer.Message) { m.Headers = map[string]string{"Content-Type": "x"} },
		"injected header":  func(m *mailer.Message) { m.Headers = map[string]string{"X-A": "b\r\nBcc: c@d.example"} },
		"injected name":    func(m *mailer.Message) { m.Headers = map[string]string{"X-A: b\r\nBcc": "c@d.example"} },
	} {
		bad := message
		change(&bad)
		wants(t, name, send(t, configFor(s, mailer.None), bad), outcome.Permanent, "smtp.message")
	}
	if n := len(s.Messages()); n != 0 {
		t.Errorf("%d messages", n)
	}
}

func TestBadConfigs(t *testing.T) {
	t.Parallel()
	good := mailer.Config{Host: "smtp.example", Port: 465, TLS: mailer.Implicit, Username: "u", Password: redact.New(password), From: "a@b.example"}
	if _, err := mailer.New(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*mailer.Config){
		"no host":           func(c *mailer.Config) { c.Host = "" },
		"no port":           func(c *mailer.Config) { c.Port = 0 },
		"port":              func(c *mailer.Config) { c.Port = 65536 },
		"no mode":           func(c *mailer.Config) { c.TLS = "" },
		"password in clear": func(c *mailer.Config) { c.TLS = mailer.None },
		"user alone":        func(c *mailer.Config) { c.Password = redact.Text{} },
		"password alone":    func(c *mailer.Config) { c.Username = "" },
		"no sender":         func(c *mailer.Config) { c.From = "" },
		"sender":            func(c *mailer.Config) { c.From = "复工@b.example" },
		"timeout":           func(c *mailer.Config) { c.Timeout = -1 },
	} {
		bad := good
		change(&bad)
		if _, err := mailer.New(bad); err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
	m, _ := mailer.New(good)
	if text := fmt.Sprintf("%+v %#v %v", good, good, m); strings.Contains(text, "hunter2") {
		t.Errorf("the password is printed: %s", text)
	}
}
