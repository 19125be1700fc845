package smtptest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// spy is a test that only remembers how it was failed.
type spy struct {
	testing.TB
	mu     sync.Mutex
	errors []string
}

func (s *spy) Errorf(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.errors = append(s.errors, fmt.Sprintf(format, args...))
}

func (s *spy) Fatalf(format string, args ...any) { s.Errorf(format, args...) }

func (s *spy) all() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.errors, "\n")
}

// talk writes lines as they are and returns the code of the reply to each, the
// greeting first; 0 for a closed connection.
func talk(t *testing.T, s *Server, lines ...string) []string {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	in := bufio.NewReader(conn)
	codes := []string{readReply(in)}
	for _, line := range lines {
		_, _ = io.WriteString(conn, line)
		codes = append(codes, readReply(in))
	}
	return codes
}

func readReply(in *bufio.Reader) string {
	for {
		line, err := in.ReadString('\n')
		if err != nil || len(line) < 4 {
			return "0"
		}
		if line[3] == ' ' {
			return line[:3]
		}
	}
}

const (
	head = "From: a@b.example\r\nTo: c@d.example\r\nSubject: =?utf-8?q?=E5=A4=8D=E5=B7=A5?=\r\n" +
		"Date: Thu, 24 Mar 2022 09:00:00 +0800\r\nMessage-ID: <1@b.example>\r\nMIME-Version: 1.0\r\n"
	plain = head + "Content-Type: text/plain; charset=utf-8\r\n"
)

func to(message string) []string {
	return []string{"EHLO me\r\n", "MAIL FROM:<a@b.example>\r\n", "RCPT TO:<c@d.example>\r\n", "DATA\r\n", message + "\r\n.\r\n"}
}

func TestAccepts(t *testing.T) {
	t.Parallel()
	s := New(t)
	session := append(to(plain+"\r\nfirst\r\n..\r\n...\r\nlast"), "NOOP\r\n", "RSET\r\n",
		"MAIL FROM:<> BODY=8BITMIME\r\n", "RCPT TO:<x@y.example>\r\n", "RCPT TO:<z@y.example>\r\n", "DATA\r\n",
		plain+"Content-Transfer-Encoding: 8bit\r\n\r\n复工\r\n.\r\n", "QUIT\r\n")
	want := "220 250 250 250 354 250 250 250 250 250 250 354 250 221"
	if got := strings.Join(talk(t, s, session...), " "); got != want {
		t.Fatalf("%s, want %s", got, want)
	}
	m := s.WaitFor(2, time.Second)
	if m[0].Text != "first\n.\n..\nlast\n" || m[0].Subject != "复工" || m[0].From != "a@b.example" || !m[0].Acknowledged {
		t.Errorf("%+v", m[0])
	}
	if m[1].Text != "复工\n" || m[1].From != "" || strings.Join(m[1].To, " ") != "x@y.example z@y.example" {
		t.Errorf("%+v", m[1])
	}
}

func TestDecodesParts(t *testing.T) {
	t.Parallel()
	s := New(t)
	codes := talk(t, s, to(head+"Content-Type: multipart/alternative; boundary=x\r\n\r\n"+
		"--x\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=E5=A4=8D\r\n"+
		"--x\r\nContent-Type: text/html; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\nPGI+5bel\r\nPC9iPg==\r\n"+
		"--x--")...)
	if codes[5] != "250" {
		t.Fatal(codes)
	}
	if m := s.Messages()[0]; m.Text != "复" || m.HTML != "<b>工</b>" {
		t.Errorf("%+v", m)
	}
}

// Every breach is refused and fails the test.
func TestRefuses(t *testing.T) {
	t.Parallel()
	replace := func(old, replacement string) []string {
		return to(strings.Replace(plain, old, replacement, 1) + "\r\nx")
	}
	cases := []struct {
		name  string
		lines []string
		code  string // the last one
	}{
		{"unknown command", []string{"HELP\r\n"}, "500"},
		{"bare LF", []string{"EHLO me\n"}, "500"},
		{"CR inside", []string{"EHLO m\re\r\n"}, "500"},
		{"long line", []string{"EHLO " + strings.Repeat("x", 600) + "\r\n"}, "500"},
		{"EHLO without name", []string{"EHLO\r\n"}, "501"},
		{"MAIL before EHLO", []string{"MAIL FROM:<a@b.example>\r\n"}, "503"},
		{"MAIL twice", []string{"EHLO me\r\n", "MAIL FROM:<a@b.example>\r\n", "MAIL FROM:<a@b.example>\r\n"}, "503"},
		{"MAIL with space", []string{"EHLO me\r\n", "MAIL FROM: <a@b.example>\r\n"}, "501"},
		{"MAIL without brackets", []string{"EHLO me\r\n", "MAIL FROM:a@b.example\r\n"}, "501"},
		{"MAIL without address", []string{"EHLO me\r\n", "MAIL FROM:<ab>\r\n"}, "501"},
		{"MAIL with parameter", []string{"EHLO me\r\n", "MAIL FROM:<a@b.example> SMTPUTF8\r\n"}, "555"},
		{"RCPT before MAIL", []string{"EHLO me\r\n", "RCPT TO:<a@b.example>\r\n"}, "503"},
		{"RCPT to nobody", []string{"EHLO me\r\n", "MAIL FROM:<a@b.example>\r\n", "RCPT TO:<>\r\n"}, "501"},
		{"DATA before RCPT", []string{"EHLO me\r\n", "MAIL FROM:<a@b.example>\r\n", "DATA\r\n"}, "503"},
		{"STARTTLS unasked", []string{"EHLO me\r\n", "STARTTLS\r\n"}, "502"},
		{"AUTH unasked", []string{"EHLO me\r\n", "AUTH PLAIN AA==\r\n"}, "502"},
		{"dot not doubled", to(plain + "\r\n.x"), "554"},
		{"long text line", to(plain + "\r\n" + strings.Repeat("x", 1000)), "500"},
		{"8 bits undeclared", to(plain + "\r\n复工"), "554"},
		{"8 bits in header", replace("=?utf-8?q?=E5=A4=8D=E5=B7=A5?=", "复工"), "554"},
		{"no date", replace("Date: Thu, 24 Mar 2022 09:00:00 +0800\r\n", ""), "554"},
		{"bad date", replace("Thu, 24 Mar 2022", "gestern"), "554"},
		{"two subjects", replace("Subject:", "Subject: x\r\nSubject:"), "554"},
		{"bad sender", replace("From: a@b.example", "From: ab"), "554"},
		{"bad Message-ID", replace("<1@b.example>", "1@b.example"), "554"},
		{"unknown charset", replace("charset=utf-8", "charset=gbk"), "554"},
		{"unknown type", replace("text/plain", "text/rtf"), "554"},
		{"unknown encoding", replace("MIME-Version", "Content-Transfer-Encoding: uu\r\nMIME-Version"), "554"},
		{"no header", to("x"), "554"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			watch := &spy{TB: t}
			s := New(watch)
			codes := talk(t, s, c.lines...)
			if got := codes[len(codes)-1]; got != c.code {
				t.Errorf("replies %v, want %s at last", codes, c.code)
			}
			if watch.all() == "" {
				t.Error("the test was not failed")
			}
			if n := len(s.Messages()); n != 0 {
				t.Errorf("%d messages", n)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	s := New(t)
	session := to(plain + "\r\nx")
	expect := func(what, want string) {
		t.Helper()
		if got := strings.Join(talk(t, s, session...), " "); got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
	s.FailOnce(Received, 451)
	expect("fail once", "220 250 250 250 354 451")
	expect("then not", "220 250 250 250 354 250")
	s.Drop(Received)
	expect("drop", "220 250 250 250 354 0")
	if m := s.WaitFor(2, time.Second); !m[0].Acknowledged || m[1].Acknowledged {
		t.Error("which was acknowledged is wrong")
	}
	s.Heal()
	release := s.Hold(Connect)
	done := make(chan string)
	go func() { done <- strings.Join(talk(t, s, session...), " ") }()
	release()
	if got := <-done; got != "220 250 250 250 354 250" {
		t.Errorf("released: %s", got)
	}
	s.Fail(Connect, 421)
	if got := talk(t, s, "EHLO me\r\n"); got[0] != "421" || got[1] != "0" {
		t.Errorf("421: %v", got)
	}
}

func TestWaitForFails(t *testing.T) {
	t.Parallel()
	watch := &spy{TB: t}
	if got := New(watch).WaitFor(1, time.Millisecond); got != nil || !strings.Contains(watch.all(), "0 of 1") {
		t.Errorf("%v, %s", got, watch.all())
	}
}
