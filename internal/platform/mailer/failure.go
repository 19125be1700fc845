package mailer

import (
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"regexp"

	gomail "github.com/wneessen/go-mail"

	"github.com/fugong/fugong/internal/platform/outcome"
)

// refusedSession classifies a failure before the message was offered: nothing
// was handed over, and nothing was said about the message.
func refusedSession(ctx context.Context, err error) error {
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		return &outcome.Error{Class: outcome.Temporary, Code: replyCode(reply.Code), Err: withoutAddresses(err)}
	}
	return outcome.Lost("smtp", false, reason(ctx, err))
}

// refusedMessage classifies a failure from MAIL on.
func refusedMessage(ctx context.Context, err error) error {
	failed, ok := errors.AsType[*gomail.SendError](err)
	if !ok {
		return outcome.Lost("smtp", true, reason(ctx, err))
	}
	switch code := failed.ErrorCode(); {
	case code >= 500:
		return &outcome.Error{Class: outcome.Permanent, Code: replyCode(code), Err: withoutAddresses(err)}
	case code >= 400:
		return &outcome.Error{Class: outcome.Temporary, Code: replyCode(code), Err: withoutAddresses(err)}
	}
	handedOver := failed.Reason == gomail.ErrSMTPDataClose
	return outcome.Lost("smtp", handedOver, reason(ctx, err))
}

func replyCode(code int) string { return fmt.Sprintf("smtp.%d", code) }

// reason prefers why ctx ended, since all that err then knows is that the
// connection was closed.
func reason(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return withoutAddresses(err)
}

var address = regexp.MustCompile(`[^\s<>:,;"()]+@[^\s<>:,;"()]+`)

// withoutAddresses makes an error safe to log: servers and go-mail quote the
// recipient.
func withoutAddresses(err error) error {
	if text := err.Error(); address.MatchString(text) {
		return errors.New(address.ReplaceAllString(text, "[address]"))
	}
	return err
}
