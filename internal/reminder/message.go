package reminder

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/gb"
	"github.com/fugong/fugong/internal/platform/i18n"
)

// target is a recipient as a message needs it.
type target struct {
	Name  string `db:"name"`
	Email string `db:"email"`
	Lang  string `db:"lang"`
	Org   string `db:"org_name"`
	Zone  string `db:"time_zone"`
}

const sqlEmployee = `select e.name, e.email, coalesce(a.lang, 'zh-CN') as lang,
        coalesce(nullif(o.short_name, ''), o.name) as org_name, o.time_zone
    from employee e join org o on o.id = e.org_id
    left join account a on a.org_id = e.org_id and a.employee_id = e.id
    where e.org_id = $1 and e.id = $2`

const sqlAccount = `select a.display_name as name, a.email, a.lang, coalesce(nullif(o.short_name, ''), o.name) as org_name, o.time_zone
    from account a join org o on o.id = a.org_id where a.org_id = $1 and a.id = $2`

const sqlOrg = `select '' as name, '' as email, 'zh-CN' as lang, coalesce(nullif(short_name, ''), name) as org_name, time_zone
    from org where id = $1`

type message struct {
	to, title, text string
}

func (s *Service) compose(ctx context.Context, tx *sqlx.Tx, c claimed, now time.Time) (message, error) {
	t, err := recipient(ctx, tx, c)
	if err != nil {
		return message{}, err
	}
	zone, err := clock.Zone(t.Zone)
	if err != nil {
		return message{}, fmt.Errorf("zone: %w", err)
	}
	p := s.Catalog.Printer(t.Lang)
	if c.Duty == "digest" {
		return s.digest(ctx, tx, p, t, c, zone, now)
	}
	return s.forWorker(p, t, c, zone), nil
}

func recipient(ctx context.Context, tx *sqlx.Tx, c claimed) (t target, err error) {
	kind, number, _ := strings.Cut(c.Recipient, ":")
	var id int64
	if number != "" {
		if _, err := fmt.Sscan(number, &id); err != nil {
			return t, fmt.Errorf("recipient %q: %w", c.Recipient, err)
		}
	}
	switch kind {
	case "employee":
		err = tx.GetContext(ctx, &t, sqlEmployee, c.Org, id)
	case "account":
		err = tx.GetContext(ctx, &t, sqlAccount, c.Org, id)
	default:
		err = tx.GetContext(ctx, &t, sqlOrg, c.Org)
	}
	if err != nil {
		return t, fmt.Errorf("recipient %s: %w", kind, err)
	}
	return t, nil
}

const dueFormat = "01-02 15:04"

// forWorker says when a sample is due and where to log it, and nothing about health.
func (s *Service) forWorker(p *i18n.Printer, t target, c claimed, zone *time.Location) message {
	args := []any{"Due", c.DueAt.In(zone).Format(dueFormat), "Org", t.Org, "Name", gb.MaskName(t.Name), "Link", s.BaseURL + "/me"}
	return message{to: t.Email, title: p.T("reminder.mail."+c.Step+".title", args...), text: p.T("reminder.mail."+c.Step+".text", args...)}
}

// names is how many people a digest names, by the first character only.
const names = 8

const sqlDigestCounts = `select count(*) filter (where not held and st = 3) as overdue, count(*) filter (where not held and st = 2) as due_soon,
        count(*) filter (where not held and st = 4) as no_record, count(*) filter (where not held and st = 6) as result_late,
        count(*) filter (where held and st <> 0) as held
    from (select held, standing_state($2, s0, t1, s1, t2, s2, t3, s3) as st from standing where org_id = $1) s`

const sqlDigestNames = `select e.name from standing s join employee e on e.org_id = s.org_id and e.id = s.employee_id
    where s.org_id = $1 and not s.held and standing_state($2, s.s0, s.t1, s.s1, s.t2, s.s2, s.t3, s.s3) = 3
    order by s.due_at, e.id limit $3`

// digest counts at the moment of sending, so that what it says is true then. A group sees counts and masked names only.
func (s *Service) digest(ctx context.Context, tx *sqlx.Tx, p *i18n.Printer, t target, c claimed, zone *time.Location, now time.Time) (message, error) {
	var n struct {
		Overdue    int `db:"overdue"`
		DueSoon    int `db:"due_soon"`
		NoRecord   int `db:"no_record"`
		ResultLate int `db:"result_late"`
		Held       int `db:"held"`
	}
	if err := tx.GetContext(ctx, &n, sqlDigestCounts, c.Org, now); err != nil {
		return message{}, fmt.Errorf("count for digest: %w", err)
	}
	var people []string
	if err := tx.SelectContext(ctx, &people, sqlDigestNames, c.Org, now, names); err != nil {
		return message{}, fmt.Errorf("name for digest: %w", err)
	}
	for i, name := range people {
		people[i] = gb.MaskName(name)
	}
	list := "—"
	if len(people) > 0 {
		list = strings.Join(people, p.T("reminder.comma"))
		if n.Overdue > len(people) {
			list += "…"
		}
	}
	args := []any{"Org", t.Org, "Day", now.In(zone).Format("01-02"), "At", now.In(zone).Format("15:04"), "Overdue", n.Overdue, "DueSoon", n.DueSoon,
		"NoRecord", n.NoRecord, "Late", n.ResultLate, "Held", n.Held, "Names", list, "Link", s.BaseURL + "/week"}
	return message{to: t.Email, title: p.T("reminder.digest.title", args...), text: p.T("reminder.digest.text", args...)}, nil
}
