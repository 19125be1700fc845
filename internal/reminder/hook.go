package reminder

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/outcome"
	"github.com/fugong/fugong/internal/platform/webhook"
)

// byHook hands whole batches to the gateway. A message names the enterprise by its code and the person by the number of the file,
// says what is due when, and nothing of health; the mobile number goes along only where the installation says so.
type byHook struct{ s *Service }

func (byHook) size() int { return webhook.MaxBatch }

func (b byHook) carry(ctx context.Context, batch []claimed, _ time.Time) []handed {
	out := make([]handed, len(batch))
	if b.s.Gateway == nil {
		for i := range out {
			out[i].err = &outcome.Error{Class: outcome.Permanent, Code: "webhook.removed"}
		}
		return out
	}
	messages, err := b.s.letters(ctx, batch)
	if err != nil {
		for i := range out {
			out[i].err = notComposed(err)
		}
		return out
	}
	for i, err := range b.s.Gateway.Post(ctx, messages) {
		out[i] = handed{messages[i].ID, err}
	}
	return out
}

// sender is an enterprise as a message shows it.
type sender struct {
	ID   int32  `db:"id"`
	Code string `db:"code"`
	Name string `db:"name"`
	Zone string `db:"time_zone"`
}

const sqlSenders = `select id, code, coalesce(nullif(short_name, ''), name) as name, time_zone from org where id = any($1::integer[])`

// Most people read what everybody gets by default; only the others are asked for.
const sqlLanguages = `select u.n::integer as n, a.lang
    from unnest($1::integer[], $2::bigint[]) with ordinality as u (org_id, employee_id, n)
    join account a on a.org_id = u.org_id and a.employee_id = u.employee_id
    where a.lang <> 'zh-CN'`

// letters puts the messages of a batch together.
func (s *Service) letters(ctx context.Context, batch []claimed) ([]webhook.Message, error) {
	orgs, people, langs, mobiles := make([]int32, len(batch)), make([]int64, len(batch)), make([]string, len(batch)), make([]string, len(batch))
	for i, c := range batch {
		orgs[i], people[i], langs[i] = c.Org, c.Employee, "zh-CN"
	}
	var senders []sender
	err := s.DB.Read(ctx, system, func(tx *sqlx.Tx) (err error) {
		if err := tx.SelectContext(ctx, &senders, sqlSenders, db.Ints[int32](orgs)); err != nil {
			return fmt.Errorf("enterprises of messages: %w", err)
		}
		var other []struct {
			N    int    `db:"n"`
			Lang string `db:"lang"`
		}
		if err := tx.SelectContext(ctx, &other, sqlLanguages, db.Ints[int32](orgs), db.Ints[int64](people)); err != nil {
			return fmt.Errorf("languages of messages: %w", err)
		}
		for _, o := range other {
			langs[o.N-1] = o.Lang
		}
		if s.Mobiles != nil {
			mobiles, err = s.Mobiles(ctx, tx, orgs, people)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.write(batch, senders, langs, mobiles)
}

// Marks stand in a text for what differs between messages of one step and language, so that a text is translated once a batch.
const (
	markDue = "\x00due\x00"
	markOrg = "\x00org\x00"
)

// home is an enterprise with its zone loaded.
type home struct {
	sender
	zone *time.Location
}

func homesOf(senders []sender) (map[int32]home, error) {
	homes := make(map[int32]home, len(senders))
	for _, o := range senders {
		zone, err := clock.Zone(o.Zone)
		if err != nil {
			return nil, fmt.Errorf("zone of org %d: %w", o.ID, err)
		}
		homes[o.ID] = home{o, zone}
	}
	return homes, nil
}

func (s *Service) write(batch []claimed, senders []sender, langs, mobiles []string) ([]webhook.Message, error) {
	homes, err := homesOf(senders)
	if err != nil {
		return nil, err
	}
	texts := map[[2]string]string{}
	out := make([]webhook.Message, len(batch))
	for i, c := range batch {
		o, known := homes[c.Org]
		if !known {
			return nil, fmt.Errorf("org %d is missing", c.Org)
		}
		kind := [2]string{langs[i], c.Step}
		text, known := texts[kind]
		if !known {
			text = s.Catalog.Printer(kind[0]).T("reminder.short."+c.Step, "Due", markDue, "Org", markOrg, "Link", s.BaseURL+"/me")
			texts[kind] = text
		}
		at := c.DueAt.In(o.zone)
		text = strings.ReplaceAll(strings.ReplaceAll(text, markDue, at.Format(dueFormat)), markOrg, o.Name)
		out[i] = webhook.Message{ID: fmt.Sprintf("%d.%d", c.Org, c.Reminder), Step: c.Step, Due: at, Lang: langs[i], Text: text,
			To: webhook.Recipient{Enterprise: o.Code, Employee: c.Employee, Mobile: mobiles[i]}}
	}
	return out, nil
}
