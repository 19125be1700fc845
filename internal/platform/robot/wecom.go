package robot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/fugong/fugong/internal/platform/outcome"
	"github.com/fugong/fugong/internal/platform/secret/redact"
)

// WeComURL is where WeCom robots live.
const WeComURL = "https://qyapi.weixin.qq.com"

// WeCom is a group robot 企业微信群机器人. All fields are required but BaseURL.
type WeCom struct {
	BaseURL string       // empty for WeComURL; https, or http on this machine
	Key     redact.Text  // of the robot's address; who has it can post
	HTTP    *http.Client // over an *http.Transport, which tells when it connected
	Limits  *Limits
}

const (
	weComTextBytes     = 2048
	weComMarkdownBytes = 4096
)

// weComPace stays below WeCom's 20 messages per robot and minute, in any minute.
var weComPace = pace{burst: 8, perMinute: 10}

// weComTemporary are the reply codes after which the same message may pass.
var weComTemporary = map[int]bool{
	-1:    true, // system busy
	45009: true, // too many messages in this minute
	45033: true, // too many at once
}

type weComText struct {
	Content             string   `json:"content"`
	MentionedList       []string `json:"mentioned_list,omitempty"`
	MentionedMobileList []string `json:"mentioned_mobile_list,omitempty"`
}

type weComMarkdown struct {
	Content string `json:"content"`
}

type weComMessage struct {
	Type     string         `json:"msgtype"`
	Text     *weComText     `json:"text,omitempty"`
	Markdown *weComMarkdown `json:"markdown,omitempty"`
}

// SendText posts a text, cut to 2048 bytes.
func (w WeCom) SendText(ctx context.Context, t Text) error {
	return w.send(ctx, t.Content, weComMessage{Type: "text", Text: &weComText{
		Content: cut(t.Content, weComTextBytes), MentionedList: t.MentionedList, MentionedMobileList: t.MentionedMobiles,
	}})
}

// SendMarkdown posts markdown, cut to 4096 bytes. WeCom knows the colours info,
// comment and warning: <font color="warning">…</font>.
func (w WeCom) SendMarkdown(ctx context.Context, m Markdown) error {
	return w.send(ctx, m.Content, weComMessage{Type: "markdown", Markdown: &weComMarkdown{
		Content: cut(m.Content, weComMarkdownBytes),
	}})
}

func (w WeCom) send(ctx context.Context, content string, message weComMessage) error {
	endpoint, err := w.endpoint()
	if err != nil {
		return &outcome.Error{Class: outcome.Permanent, Code: "wecom.config", Err: err}
	}
	if strings.TrimSpace(content) == "" {
		return &outcome.Error{Class: outcome.Permanent, Code: "wecom.empty"}
	}
	if wait := w.Limits.take(endpoint, weComPace); wait > 0 {
		return &outcome.Error{Class: outcome.Temporary, Code: "wecom.paced", After: wait}
	}
	reply, err := post(ctx, w.HTTP, "wecom", endpoint, message)
	if err != nil {
		return err
	}
	return w.judge(reply)
}

// Check tells what is wrong with the settings, without their secrets, or nil.
func (w WeCom) Check() error {
	_, err := w.endpoint()
	return err
}

var weComKey = regexp.MustCompile(`^[A-Za-z0-9-]+$`)

func (w WeCom) endpoint() (string, error) {
	if w.HTTP == nil || w.Limits == nil {
		return "", errors.New("robot: no HTTP client or no limits")
	}
	if !weComKey.MatchString(w.Key.Reveal()) {
		return "", errors.New("robot: the key is empty or not letters, digits and hyphens")
	}
	base := w.BaseURL
	if base == "" {
		base = WeComURL
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("robot: the base URL is not a plain https address")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return "", errors.New("robot: the base URL is not https")
	}
	u = u.JoinPath("cgi-bin/webhook/send")
	u.RawQuery = url.Values{"key": {w.Key.Reveal()}}.Encode()
	return u.String(), nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// judge reads {"errcode":0,"errmsg":"ok"}. A reply that is not of that shape
// did not come from WeCom, or only in part, and tells nothing.
func (w WeCom) judge(reply []byte) error {
	var r struct {
		Code    *int   `json:"errcode"`
		Message string `json:"errmsg"`
	}
	if err := json.Unmarshal(reply, &r); err != nil || r.Code == nil {
		return &outcome.Error{Class: outcome.Uncertain, Code: "wecom.reply"}
	}
	if *r.Code == 0 {
		return nil
	}
	e := &outcome.Error{
		Class: outcome.Permanent, Code: fmt.Sprintf("wecom.%d", *r.Code),
		Err: errors.New(w.harmless(r.Message)),
	}
	if weComTemporary[*r.Code] {
		e.Class = outcome.Temporary
		if *r.Code == 45009 {
			e.After = throttled
		}
	}
	return e
}

var mobile = regexp.MustCompile(`\b1[3-9]\d{9}\b`)

// harmless makes the service's text fit for logs: short, without the key and
// without mobile numbers.
func (w WeCom) harmless(text string) string {
	text = strings.ReplaceAll(text, w.Key.Reveal(), "[key]")
	return cut(mobile.ReplaceAllString(text, "[mobile]"), 200)
}
