package robottest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"regexp"
	"unicode/utf8"
)

type request struct {
	Type string `json:"msgtype"`
	Text *struct {
		Content *string  `json:"content"`
		List    []string `json:"mentioned_list"`
		Mobiles []string `json:"mentioned_mobile_list"`
	} `json:"text"`
	Markdown *struct {
		Content *string `json:"content"`
	} `json:"markdown"`
}

// The documented limits and errcodes.
const (
	maxText     = 2048
	maxMarkdown = 4096
	tooLong     = 40058
	badKey      = 93000
)

// read returns the message, or the errcode that WeCom documents for it, or an
// error for what no client may send.
func (w *WeCom) read(r *http.Request) (Message, int, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	query := r.URL.Query()
	switch {
	case r.Method != http.MethodPost:
		return Message{}, 0, fmt.Errorf("method %s", r.Method)
	case r.URL.Path != "/cgi-bin/webhook/send":
		return Message{}, 0, fmt.Errorf("path %s", r.URL.Path)
	case len(query) != 1 || len(query["key"]) != 1:
		return Message{}, 0, errors.New("the query is not one key")
	case err != nil || kind != "application/json":
		return Message{}, 0, fmt.Errorf("content type %q", r.Header.Get("Content-Type"))
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return Message{}, 0, err
	}
	if !utf8.Valid(body) {
		return Message{}, 0, errors.New("the body is not UTF-8")
	}
	message, limit, err := parse(body)
	switch {
	case err != nil:
		return Message{}, 0, err
	case query.Get("key") != w.key:
		return Message{}, badKey, nil
	case len(message.Content) > limit:
		return Message{}, tooLong, nil
	}
	return message, 0, nil
}

var mobile = regexp.MustCompile(`^(@all|1[3-9]\d{9})$`)

// parse checks a body and returns its message and the limit of its content.
func parse(body []byte) (Message, int, error) {
	var in request
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&in); err != nil {
		return Message{}, 0, err
	}
	if decoder.More() {
		return Message{}, 0, errors.New("more than one JSON value")
	}
	m, limit := Message{Type: in.Type}, maxText
	var content *string
	switch {
	case in.Type == "text" && in.Text != nil && in.Markdown == nil:
		content, m.MentionedMobiles, m.MentionedList = in.Text.Content, in.Text.Mobiles, in.Text.List
	case in.Type == "markdown" && in.Markdown != nil && in.Text == nil:
		content, limit = in.Markdown.Content, maxMarkdown
	default:
		return Message{}, 0, fmt.Errorf("msgtype %q does not fit what comes with it", in.Type)
	}
	if content == nil || *content == "" {
		return Message{}, 0, errors.New("no content")
	}
	for _, number := range m.MentionedMobiles {
		if !mobile.MatchString(number) {
			return Message{}, 0, errors.New("mentioned_mobile_list holds something else than mobile numbers")
		}
	}
	m.Content = *content
	return m, limit, nil
}
