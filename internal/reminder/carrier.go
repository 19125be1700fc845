package reminder

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/platform/mailer"
	"github.com/fugong/fugong/internal/platform/outcome"
)

// carrier is the wire of a channel.
type carrier interface {
	size() int // messages of one hand-over
	// carry hands over up to size messages and says what became of each, in their order.
	carry(ctx context.Context, batch []claimed, now time.Time) []handed
}

// handed is what became of a message: the id under which the far side knows it, and what went wrong.
type handed struct {
	id  string
	err error
}

// oneByOne is how many messages a sender claims whose far side takes them singly: few enough that the last is sent within the
// lease, however slow each is.
const oneByOne = 5

// claimSize is how many deliveries a sender takes in hand.
func claimSize(c carrier) int { return max(c.size(), oneByOne) }

// inApp has no wire: what is claimed is told.
type inApp struct{}

func (inApp) size() int { return turnSize }

func (inApp) carry(_ context.Context, batch []claimed, _ time.Time) []handed {
	return make([]handed, len(batch))
}

type byMail struct{ s *Service }

func (byMail) size() int { return 1 }

func (b byMail) carry(ctx context.Context, batch []claimed, now time.Time) []handed {
	c := batch[0]
	var m message
	err := b.s.DB.Read(ctx, system, func(tx *sqlx.Tx) (err error) {
		m, err = b.s.compose(ctx, tx, c, now)
		return err
	})
	if err != nil {
		return []handed{{err: notComposed(err)}}
	}
	if b.s.Mailer == nil || m.to == "" {
		return []handed{{err: &outcome.Error{Class: outcome.Permanent, Code: "email.no_address"}}}
	}
	// The id is the delivery's own, so that a mailbox can recognise a message it has seen.
	id := fmt.Sprintf("%d.%d.%s@fugong", c.Org, c.Reminder, strings.ReplaceAll(c.Recipient, ":", "-"))
	return []handed{{id, b.s.Mailer.Send(ctx, mailer.Message{To: m.to, Subject: m.title, Text: m.text, MessageID: id, Date: now})}}
}

type byRobot struct{ s *Service }

func (byRobot) size() int { return 1 }

func (b byRobot) carry(ctx context.Context, batch []claimed, now time.Time) []handed {
	c := batch[0]
	var m message
	var base, key string
	err := b.s.DB.Read(ctx, system, func(tx *sqlx.Tx) (err error) {
		if m, err = b.s.compose(ctx, tx, c, now); err != nil {
			return err
		}
		base, key, err = b.s.RobotOf(ctx, tx, c.Org)
		return err
	})
	if err != nil {
		return []handed{{err: notComposed(err)}}
	}
	if key == "" {
		return []handed{{err: &outcome.Error{Class: outcome.Permanent, Code: "wecom.removed"}}}
	}
	return []handed{{err: b.s.Robots.Post(ctx, base, key, m.title+"\n"+m.text)}}
}

// notComposed is the failure of a message that touched no wire: it may be tried again.
func notComposed(err error) error {
	return &outcome.Error{Class: outcome.Temporary, Code: "compose", Err: err}
}
