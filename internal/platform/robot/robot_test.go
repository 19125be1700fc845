package robot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/outcome"
	"github.com/fugong/fugong/internal/platform/robot/robottest"
	"github.com/fugong/fugong/internal/platform/secret/redact"
)

const key = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"

var start = time.Date(2022, 3, 24, 9, 0, 0, 0, time.UTC)

func weCom(base string, client *http.Client) WeCom {
	return WeCom{BaseURL: base, Key: redact.New(key), HTTP: client, Limits: NewLimits(clock.NewManual(start))}
}

func TestSend(t *testing.T) {
	t.Parallel()
	fake := robottest.New(t, key)
	w := weCom(fake.URL(), fake.Client())
	text := Text{Content: "二车间 3 人核酸将到期: 张**、李*", MentionedMobiles: []string{"13900000001", "@all"}, MentionedList: []string{"wangqing"}}
	if err := w.SendText(t.Context(), text); err != nil {
		t.Fatal(err)
	}
	markdown := Markdown{`今日应检 <font color="warning">3</font> 人 & 已检 5 人`}
	if err := w.SendMarkdown(t.Context(), markdown); err != nil {
		t.Fatal(err)
	}
	got := fake.WaitFor(2, time.Second)
	if got[0].Type != "text" || got[0].Content != text.Content || fmt.Sprint(got[0].MentionedMobiles) != "[13900000001 @all]" ||
		fmt.Sprint(got[0].MentionedList) != "[wangqing]" {
		t.Errorf("%+v", got[0])
	}
	if got[1].Type != "markdown" || got[1].Content != markdown.Content {
		t.Errorf("%+v", got[1])
	}
}

// The bytes on the wire are those of WeCom's own document.
func TestWireFormat(t *testing.T) {
	t.Parallel()
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, fmt.Sprintf("%s %s %s %s", r.Method, r.RequestURI, r.Header.Get("Content-Type"), body))
		_, _ = io.WriteString(out, `{"errcode":0,"errmsg":"ok"}`)
	}))
	defer server.Close()
	w := weCom(server.URL+"/proxy/", server.Client())
	for _, err := range []error{
		w.SendText(t.Context(), Text{Content: "a<b"}),
		w.SendText(t.Context(), Text{Content: "x", MentionedMobiles: []string{"13900000001"}, MentionedList: []string{"@all"}}),
		w.SendMarkdown(t.Context(), Markdown{`<font color="info">ok</font>`}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	const front = "POST /proxy/cgi-bin/webhook/send?key=" + key + " application/json; charset=utf-8 "
	for i, want := range []string{
		`{"msgtype":"text","text":{"content":"a<b"}}`,
		`{"msgtype":"text","text":{"content":"x","mentioned_list":["@all"],"mentioned_mobile_list":["13900000001"]}}`,
		`{"msgtype":"markdown","markdown":{"content":"<font color=\"info\">ok</font>"}}`,
	} {
		if got[i] != front+want {
			t.Errorf("%s\nwant %s", got[i], front+want)
		}
	}
}

func TestLongMessagesAreCut(t *testing.T) {
	t.Parallel()
	fake := robottest.New(t, key)
	w := weCom(fake.URL(), fake.Client())
	long := strings.Repeat("核酸", 2000)
	if err := w.SendText(t.Context(), Text{Content: long}); err != nil {
		t.Fatal(err)
	}
	if err := w.SendMarkdown(t.Context(), Markdown{long}); err != nil {
		t.Fatal(err)
	}
	for i, limit := range []int{2048, 4096} {
		got := fake.Messages()[i].Content
		head, ok := strings.CutSuffix(got, "…")
		if !ok || !strings.HasPrefix(long, head) || len(got) > limit || len(got) < limit-3 {
			t.Errorf("%d bytes, ends in %q", len(got), got[max(0, len(got)-9):])
		}
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[复工档a🦠]*`)).Draw(t, "text")
		limit := rapid.IntRange(3, 40).Draw(t, "limit")
		got := cut(text, limit)
		if len(got) > limit || !utf8.ValidString(got) {
			t.Fatalf("%q: %d bytes", got, len(got))
		}
		if len(text) <= limit && got != text {
			t.Fatalf("%q became %q", text, got)
		}
		if head, ok := strings.CutSuffix(got, "…"); len(text) > limit && (!ok || !strings.HasPrefix(text, head) || len(head) < limit-6) {
			t.Fatalf("%q became %q", text, got)
		}
	})
	if got := cut("a\xffb", 10); got != "a\uFFFDb" {
		t.Errorf("%q", got)
	}
}

// wants checks an error's class and code, and that it tells no secrets.
func wants(t *testing.T, name string, err error, class outcome.Class, code string) {
	t.Helper()
	failed, ok := errors.AsType[*outcome.Error](err)
	if !ok || failed.Class != class || failed.Code != code {
		t.Errorf("%s: %v, want %s %s", name, err, class, code)
		return
	}
	for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", failed.Err)} {
		if strings.Contains(text, key) || strings.Contains(text, "13900000001") {
			t.Errorf("%s: tells a secret: %s", name, text)
		}
	}
}

func TestReplies(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]outcome.Class{
		-1: outcome.Temporary, 45009: outcome.Temporary, 45033: outcome.Temporary,
		93000: outcome.Permanent, 40058: outcome.Permanent, 40008: outcome.Permanent, 81013: outcome.Permanent,
	} {
		fake := robottest.New(t, key)
		w := weCom(fake.URL(), fake.Client())
		fake.Answer(code)
		err := w.SendText(t.Context(), Text{Content: "x"})
		wants(t, "errcode", err, want, fmt.Sprintf("wecom.%d", code))
		if e, _ := errors.AsType[*outcome.Error](err); (e.After > 0) != (code == 45009) {
			t.Errorf("%d: wait %v", code, e.After)
		}
	}
	for status, want := range map[int]outcome.Class{
		429: outcome.Temporary, 500: outcome.Temporary, 503: outcome.Temporary,
		502: outcome.Uncertain, 504: outcome.Uncertain,
		400: outcome.Permanent, 403: outcome.Permanent, 404: outcome.Permanent, 302: outcome.Permanent, 204: outcome.Permanent,
	} {
		fake := robottest.New(t, key)
		fake.AnswerHTTP(status)
		err := weCom(fake.URL(), fake.Client()).SendText(t.Context(), Text{Content: "x"})
		wants(t, "status", err, want, fmt.Sprintf("wecom.http_%d", status))
	}
	fake := robottest.New(t, key)
	w := weCom(fake.URL(), fake.Client())
	w.Key = redact.New("another-key")
	wants(t, "wrong key", w.SendText(t.Context(), Text{Content: "x"}), outcome.Permanent, "wecom.93000")
	wants(t, "blank", w.SendText(t.Context(), Text{Content: " \n"}), outcome.Permanent, "wecom.empty")
}

// serve answers every request with a body.
func serve(t *testing.T, body string) WeCom {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(out, body) }))
	t.Cleanup(server.Close)
	return weCom(server.URL, server.Client())
}

func TestUnreadableReplies(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "ok", "<html>sign in</html>", "{}", `{"errmsg":"ok"}`, `{"errcode":"0"}`, `{"errcode":0`, "null"} {
		wants(t, body, serve(t, body).SendText(t.Context(), Text{Content: "x"}), outcome.Uncertain, "wecom.reply")
	}
}

func TestReplyTextIsHarmless(t *testing.T) {
	t.Parallel()
	w := serve(t, `{"errcode":93000,"errmsg":"invalid webhook url `+key+` for 13900000001, `+strings.Repeat("长", 500)+`"}`)
	err := w.SendText(t.Context(), Text{Content: "x"})
	wants(t, "", err, outcome.Permanent, "wecom.93000")
	if text := err.Error(); !strings.Contains(text, "invalid webhook url [key] for [mobile]") || len(text) > 260 {
		t.Errorf("%d bytes: %s", len(text), text)
	}
}

func TestLostConnections(t *testing.T) {
	t.Parallel()
	fake := robottest.New(t, key)
	w := weCom(fake.URL(), fake.Client())
	fake.Drop(true)
	wants(t, "dropped", w.SendText(t.Context(), Text{Content: "x"}), outcome.Uncertain, "wecom.connection")
	fake.Drop(false)

	release := fake.Hold()
	defer release()
	hasty := *fake.Client()
	hasty.Timeout = 200 * time.Millisecond
	w.HTTP = &hasty
	wants(t, "silent", w.SendText(t.Context(), Text{Content: "x"}), outcome.Uncertain, "wecom.timeout")

	w.HTTP = fake.Client()
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { result <- w.SendText(ctx, Text{Content: "x"}) }()
	fake.WaitFor(3, 10*time.Second)
	cancel()
	wants(t, "cancelled", <-result, outcome.Uncertain, "wecom.canceled")
	wants(t, "cancelled before", w.SendText(ctx, Text{Content: "x"}), outcome.Temporary, "wecom.canceled")
	if n := len(fake.Messages()); n != 3 {
		t.Errorf("%d messages, want each once", n)
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + l.Addr().String()
	l.Close()
	client := &http.Client{Transport: &http.Transport{}}
	wants(t, "refused", weCom(address, client).SendText(t.Context(), Text{Content: "x"}), outcome.Temporary, "wecom.connection")

	slow := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}, Timeout: 50 * time.Millisecond}
	wants(t, "no connection in time", weCom(address, slow).SendText(t.Context(), Text{Content: "x"}), outcome.Temporary, "wecom.timeout")

	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	defer untrusted.Close()
	wants(t, "certificate", weCom(untrusted.URL, client).SendText(t.Context(), Text{Content: "x"}), outcome.Temporary, "wecom.connection")
}

func TestSettings(t *testing.T) {
	t.Parallel()
	good := weCom("", http.DefaultClient)
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	if got, _ := good.endpoint(); got != "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key="+key {
		t.Error(got)
	}
	for name, change := range map[string]func(*WeCom){
		"no key":         func(w *WeCom) { w.Key = redact.Text{} },
		"key with query": func(w *WeCom) { w.Key = redact.New(key + "&debug=1") },
		"http":           func(w *WeCom) { w.BaseURL = "http://qyapi.weixin.qq.com" },
		"scheme":         func(w *WeCom) { w.BaseURL = "ftp://qyapi.weixin.qq.com" },
		"no host":        func(w *WeCom) { w.BaseURL = "https://" },
		"whole address":  func(w *WeCom) { w.BaseURL = "https://x.example/?key=" + key },
		"user":           func(w *WeCom) { w.BaseURL = "https://u:" + key + "@x.example" },
		"no URL":         func(w *WeCom) { w.BaseURL = "https://x.example/%zz?" + key },
		"no client":      func(w *WeCom) { w.HTTP = nil },
		"no limits":      func(w *WeCom) { w.Limits = nil },
	} {
		bad := good
		change(&bad)
		if bad.Check() == nil {
			t.Errorf("%s: accepted", name)
		}
		wants(t, name, bad.SendText(t.Context(), Text{Content: "x"}), outcome.Permanent, "wecom.config")
	}
	if text := fmt.Sprintf("%v %+v %#v", good, good, good); strings.Contains(text, key) {
		t.Errorf("the key is printed: %s", text)
	}
}
