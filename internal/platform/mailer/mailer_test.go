package mailer_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/platform/mailer"
	"github.com/fugong/fugong/internal/platform/mailer/smtptest"
	"github.com/fugong/fugong/internal/platform/outcome"
	"github.com/fugong/fugong/internal/platform/secret/redact"
)

const (
	recipient = "zhang.san@factory.example"
	password  = "hunter2-授权码"
)

var message = mailer.Message{
	To:        recipient,
	Subject:   "核酸检测提醒：二车间 3 人将于今天 17:00 到期，请及时安排采样并上传结果，谢谢",
	Text:      "张**、李*、王**\n..点开头的行\n.\n结束",
	HTML:      "<p>张**、李*、王**</p>",
	MessageID: "reminder-42.1@fugong.example",
	Date:      time.Date(2022, 3, 24, 9, 0, 0, 0, time.FixedZone("CST", 8*3600)),
	Headers:   map[string]string{"X-Fugong-Step": "2", "X-Fugong-Note": "二车间"},
}

func configFor(s *smtptest.Server, mode mailer.TLSMode) mailer.Config {
	return mailer.Config{
		Host: s.Host(), Port: s.Port(), TLS: mode, From: "复工档 <noreply@fugong.example>",
		Timeout: 20 * time.Second, RootCAs: s.RootCAs(),
	}
}

func send(t *testing.T, c mailer.Config, msg mailer.Message) error {
	t.Helper()
	m, err := mailer.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return m.Send(t.Context(), msg)
}

func TestSend(t *testing.T) {
	t.Parallel()
	s := smtptest.New(t)
	if err := send(t, configFor(s, mailer.None), message); err != nil {
		t.Fatal(err)
	}
	got := s.WaitFor(1, time.Second)[0]
	if got.From != "noreply@fugong.example" || len(got.To) != 1 || got.To[0] != recipient {
		t.Errorf("envelope %q to %q", got.From, got.To)
	}
	if got.Subject != message.Subject || got.Text != message.Text || got.HTML != message.HTML || !got.Acknowledged {
		t.Errorf("got %+v", got)
	}
	for name, want := range map[string]string{
		"Message-Id": "<reminder-42.1@fugong.example>", "Auto-Submitted": "auto-generated",
		"Date": "Thu, 24 Mar 2022 09:00:00 +0800", "X-Fugong-Step": "2", "X-Mailer": "", "User-Agent": "",
		"X-Fugong-Note": "=?UTF-8?b?5LqM6L2m6Ze0?=",
	} {
		if value := got.Header.Get(name); value != want {
			t.Errorf("%s: %q, want %q", name, value, want)
		}
	}
	from, err := got.Header.AddressList("From")
	if err != nil || from[0].Name != "复工档" {
		t.Errorf("sender %v, %v", from, err)
	}
}

func TestSendTextOnly(t *testing.T) {
	t.Parallel()
	s := smtptest.New(t)
	plain := message
	plain.HTML, plain.Date, plain.To = "", time.Time{}, "张三 <"+recipient+">"
	if err := send(t, configFor(s, mailer.None), plain); err != nil {
		t.Fatal(err)
	}
	got := s.WaitFor(1, time.Second)[0]
	if got.HTML != "" || got.Text != plain.Text || got.To[0] != recipient {
		t.Errorf("got %+v", got)
	}
}

func TestEncryptionAndSignIn(t *testing.T) {
	t.Parallel()
	cases := []struct {
		mode   mailer.TLSMode
		option smtptest.Option
	}{{mailer.StartTLS, smtptest.WithSTARTTLS()}, {mailer.Implicit, smtptest.WithTLS()}}
	for _, c := range cases {
		t.Run(string(c.mode), func(t *testing.T) {
			t.Parallel()
			s := smtptest.New(t, c.option, smtptest.WithAuth("noreply", password))
			config := configFor(s, c.mode)
			config.Username, config.Password = "noreply", redact.New(password)
			if err := send(t, config, message); err != nil {
				t.Fatal(err)
			}
			s.WaitFor(1, time.Second)

			config.Password = redact.New(password + "x")
			wants(t, "wrong password", send(t, config, message), outcome.Temporary, "smtp.535")
			config.Username, config.Password = "", redact.Text{}
			wants(t, "no password", send(t, config, message), outcome.Permanent, "smtp.530")
			config.RootCAs = nil
			wants(t, "unknown authority", send(t, config, message), outcome.Temporary, "smtp.connection")
			if n := len(s.Messages()); n != 1 {
				t.Errorf("%d messages", n)
			}
		})
	}
	t.Run("STARTTLS not offered", func(t *testing.T) {
		t.Parallel()
		s := smtptest.New(t)
		wants(t, "", send(t, configFor(s, mailer.StartTLS), message), outcome.Temporary, "smtp.connection")
	})
}

// wants checks an error's class and code, and that it tells no secrets.
func wants(t *testing.T, name string, err error, class outcome.Class, code string) {
	t.Helper()
	failed, ok := errors.AsType[*outcome.Error](err)
	if !ok || failed.Class != class || failed.Code != code {
		t.Errorf("%s: %v, want %s %s", name, err, class, code)
		return
	}
	for _, secret := range []string{recipient, "zhang.san", "hunter2", "二车间"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error tells %q: %v", name, secret, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	session := []smtptest.Stage{smtptest.Connect, smtptest.Ehlo}
	transaction := []smtptest.Stage{smtptest.Mail, smtptest.Rcpt, smtptest.Data, smtptest.Received}
	check := func(stage smtptest.Stage, code int, want outcome.Class) {
		t.Run(fmt.Sprintf("%s %d", stage, code), func(t *testing.T) {
			t.Parallel()
			s := smtptest.New(t)
			s.Fail(stage, code)
			m, err := mailer.New(configFor(s, mailer.None))
			if err != nil {
				t.Fatal(err)
			}
			wants(t, "refused", m.Send(t.Context(), message), want, fmt.Sprintf("smtp.%d", code))
			if n := len(s.Messages()); n != 0 {
				t.Errorf("%d messages", n)
			}
			s.Heal()
			if err := m.Send(t.Context(), message); err != nil {
				t.Errorf("after healing: %v", err)
			}
			s.WaitFor(1, time.Second)
		})
	}
	for _, stage := range session {
		check(stage, 421, outcome.Temporary)
		check(stage, 554, outcome.Temporary)
	}
	for _, stage := range transaction {
		check(stage, 421, outcome.Temporary)
		check(stage, 451, outcome.Temporary)
		check(stage, 550, outcome.Permanent)
		check(stage, 552, outcome.Permanent)
	}
}

func TestLostConnections(t *testing.T) {
	t.Parallel()
	for stage, want := range map[smtptest.Stage]outcome.Class{
		smtptest.Connect: outcome.Temporary, smtptest.Ehlo: outcome.Temporary, smtptest.Mail: outcome.Temporary,
		smtptest.Rcpt: outcome.Temporary, smtptest.Data: outcome.Temporary, smtptest.Received: outcome.Uncertain,
	} {
		t.Run("dropped at "+string(stage), func(t *testing.T) {
			t.Parallel()
			s := smtptest.New(t)
			s.Drop(stage)
			wants(t, "", send(t, configFor(s, mailer.None), message), want, "smtp.connection")
		})
		t.Run("silent at "+string(stage), func(t *testing.T) {
			t.Parallel()
			s := smtptest.New(t)
			defer s.Hold(stage)()
			config := configFor(s, mailer.None)
			config.Timeout = 300 * time.Millisecond
			wants(t, "", send(t, config, message), want, "smtp.timeout")
		})
	}
}

func TestCancelAfterHandover(t *testing.T) {
	t.Parallel()
	s := smtptest.New(t)
	defer s.Hold(smtptest.Received)()
	m, err := mailer.New(configFor(s, mailer.None))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { result <- m.Send(ctx, message) }()
	if s.WaitFor(1, 10*time.Second)[0].Acknowledged {
		t.Error("acknowledged while held")
	}
	cancel()
	wants(t, "canceled", <-result, outcome.Uncertain, "smtp.canceled")

	wants(t, "canceled before", m.Send(ctx, message), outcome.Temporary, "smtp.canceled")
}

// What happens after the server accepted changes nothing.
func TestLostAtQuit(t *testing.T) {
	t.Parallel()
	s := smtptest.New(t)
	s.Drop(smtptest.Quit)
	if err := send(t, configFor(s, mailer.None), message); err != nil {
		t.Fatal(err)
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	c := mailer.Config{Host: "127.0.0.1", Port: port, TLS: mailer.None, From: "a@b.example"}
	wants(t, "", send(t, c, message), outcome.Temporary, "smtp.connection")
}

// script plays a server that gives these replies, one a line read, and then
// hands over the connection.
func script(t *testing.T, replies ...string) (mailer.Config, <-chan *bufio.Reader) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	after := make(chan *bufio.Reader, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		t.Cleanup(func() { conn.Close() })
		in := bufio.NewReader(conn)
		for i, reply := range replies {
			if i > 0 {
				_, _ = in.ReadString('\n')
			}
			_, _ = io.WriteString(conn, reply+"\r\n")
		}
		if len(replies) > 1 {
			conn.Close() // in the middle of the message
		}
		after <- in
	}()
	return mailer.Config{
		Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, TLS: mailer.None,
		From: "a@b.example", Timeout: 20 * time.Second,
	}, after
}

// A message cut off before its end was not handed over.
func TestCutOffInTheMiddle(t *testing.T) {
	t.Parallel()
	config, _ := script(t, "220 hello", "250 hello", "250 ok", "250 ok", "354 go ahead")
	long := message
	long.Text = strings.Repeat("长", 4<<20)
	wants(t, "", send(t, config, long), outcome.Temporary, "smtp.connection")
}

// A refused connection must not stay open behind Send.
func TestRefusedConnectionCloses(t *testing.T) {
	t.Parallel()
	config, after := script(t, "554 go away")
	wants(t, "", send(t, config, message), outcome.Temporary, "smtp.554")
	if line, err := (<-after).ReadString('\n'); err == nil {
		t.Errorf("the client goes on with %q", line)
	}
}

func TestServerTextIsRedacted(t *testing.T) {
	t.Parallel()
	config, _ := script(t, "220 hello", "250 hello", "250 ok", "550 5.1.1 <"+recipient+">: "+recipient+" unknown", "250 ok")
	err := send(t, config, message)
	wants(t, "", err, outcome.Permanent, "smtp.550")
	if !strings.Contains(err.Error(), "5.1.1") {
		t.Errorf("the server's reason is lost: %v", err)
	}
}
