package incident

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/page"
)

// ContactFilter chooses contacts of an incident; zero fields choose all.
type ContactFilter struct {
	Query string // part of a name, its pinyin from the start, or the employee number
	Link  string // one of Links or LinkHand
	State string // Listed is ListedFilter here; Asked, Waiting, Released or Cleared
	page.Request
}

// ListedFilter is the filter's word for the state Listed.
const ListedFilter = "listed"

const fragContacts = ` and p.role = 'contact' and ($3::text = '' or strpos(e.name, $3) > 0 or starts_with(e.pinyin, lower($3)) or e.employee_no = $3)
        and ($4::text = '' or $4 = any(p.links)) and ($5::text = '' or ` + fragState + ` = case $5 when 'listed' then '' else $5 end)`

const sqlContacts = `with hits as (select ` + fragPerson + fragContacts + `)
    select h.*, (select count(*) from hits) as total from hits h
    where case when $6::boolean then (h.pinyin, h.employee_id) < ($7::text, $8::bigint) else (h.pinyin, h.employee_id) > ($7::text, $8::bigint) end
    order by case when $6::boolean then h.pinyin end desc, case when $6::boolean then h.employee_id end desc, h.pinyin, h.employee_id
    limit $9`

const sqlContactCounts = `select ` + fragState + ` as state, count(*) as n
    from incident_person p join incident i on i.org_id = p.org_id and i.id = p.incident_id
    where p.org_id = $1 and p.incident_id = $2 and p.role = 'contact' group by 1`

// By employee number, which is how a group is named; whoever has none is released alone.
const sqlHeldInPlace = `select e.employee_no from incident_person p join incident i on i.org_id = p.org_id and i.id = p.incident_id
        join employee e on e.org_id = p.org_id and e.id = p.employee_id
    where p.org_id = $1 and p.incident_id = $2 and p.role = 'contact' and e.employee_no <> '' and not i.drill and ` + fragState + ` = 'waiting'
    order by e.pinyin, e.id`

// Contacts is a page of an incident's contacts with how many there are in each state.
type Contacts struct {
	Incident Incident
	page.Result[Person]
	Counts  map[string]int
	Asking  Asking
	InPlace []string // employee numbers of those who are held in place, for those who may release them
	pinyin  map[int64]string
}

// Contacts pages through the contacts by pinyin. Each person shown gets that written down as a reading of the file.
func (s Tracing) Contacts(ctx context.Context, sc authz.Scope, incident int64, f ContactFilter, at time.Time) (Contacts, error) {
	var c Contacts
	if err := sc.Require(authz.IncidentRun); err != nil {
		return c, err
	}
	err := s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) (err error) {
		if c.Incident, err = reach(ctx, tx, sc, incident, false); err != nil {
			return err
		}
		if c.Counts, err = contactCounts(ctx, tx, sc.Org, incident); err != nil {
			return err
		}
		if c.Asking, err = asking(ctx, tx, sc, incident); err != nil {
			return err
		}
		if sc.Can(authz.HoldRelease) {
			if err := tx.SelectContext(ctx, &c.InPlace, sqlHeldInPlace, sc.Org, incident); err != nil {
				return fmt.Errorf("list who waits: %w", err)
			}
		}
		if err := c.read(ctx, tx, sc, incident, f); err != nil {
			return err
		}
		return recordReading(ctx, tx, sc, incident, c.Rows, "", at)
	})
	return c, err
}

func contactCounts(ctx context.Context, q db.Q, org int32, incident int64) (map[string]int, error) {
	var rows []struct {
		State string `db:"state"`
		N     int    `db:"n"`
	}
	if err := q.SelectContext(ctx, &rows, sqlContactCounts, org, incident); err != nil {
		return nil, fmt.Errorf("count contacts: %w", err)
	}
	counts := map[string]int{}
	for _, r := range rows {
		counts[r.State] = r.N
	}
	return counts, nil
}

func (c *Contacts) read(ctx context.Context, q db.Q, sc authz.Scope, incident int64, f ContactFilter) error {
	name, id := f.start()
	var rows []personRow
	err := q.SelectContext(ctx, &rows, sqlContacts, sc.Org, incident, strings.TrimSpace(f.Query), f.Link, f.State, f.Back(), name, id,
		f.Limit()+1)
	if err != nil {
		return fmt.Errorf("list contacts: %w", err)
	}
	total := 0
	c.pinyin = map[int64]string{}
	people := make([]Person, len(rows))
	for i := range rows {
		people[i], total = rows[i].person(), rows[i].Total
		c.pinyin[rows[i].Employee] = rows[i].Pinyin
	}
	c.Result = page.Cut(f.Request, people, total, func(p Person) string {
		return page.Cursor(c.pinyin[p.Employee], strconv.FormatInt(p.Employee, 10))
	})
	return nil
}

// start is the cursor, or one before every row when there is none or a broken one.
func (f ContactFilter) start() (string, int64) {
	cursor := f.After
	if f.Back() {
		cursor = f.Before
	}
	if keys, ok := page.Keys(cursor, 2); ok {
		if id, err := strconv.ParseInt(keys[1], 10, 64); err == nil {
			return keys[0], id
		}
	}
	if f.Back() {
		return "\U0010FFFF", math.MaxInt64
	}
	return "", 0
}

const sqlAllOf = `select ` + fragPerson + ` and p.state <> 'cleared' order by p.role desc, e.pinyin, p.employee_id`

// minReason is how much a reason must say.
const minReason = 2

// Handover is the whole list of an incident for the CDC: those it is about, then the contacts not struck off. It asks for the right
// to reveal and a reason, and is written down for each person before anything leaves. There is none of a drill.
func (s Tracing) Handover(ctx context.Context, sc authz.Scope, incident int64, reason string, at time.Time) ([]Person, error) {
	if err := sc.Require(authz.IncidentRun); err != nil {
		return nil, err
	}
	if err := sc.Require(authz.EmployeeReveal); err != nil {
		return nil, err
	}
	f := errs.Fields{}
	if len([]rune(reason)) < minReason {
		f.Add("reason", "error.required")
	}
	checkText(f, "reason", reason, false)
	if err := f.Err(); err != nil {
		return nil, err
	}
	var people []Person
	err := s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		i, err := reach(ctx, tx, sc, incident, false)
		if err != nil {
			return err
		}
		if i.Drill {
			return errs.New(errs.Conflict, "incident.refused.drill_list")
		}
		var rows []personRow
		if err := tx.SelectContext(ctx, &rows, sqlAllOf, sc.Org, incident); err != nil {
			return fmt.Errorf("list people: %w", err)
		}
		people = make([]Person, len(rows))
		for i := range rows {
			people[i] = rows[i].person()
		}
		if err := recordReading(ctx, tx, sc, incident, people, reason, at); err != nil {
			return err
		}
		return s.traced(ctx, tx, sc, incident, Body{Event: EventTaken, Count: len(people), Text: reason}, at)
	})
	return people, err
}
