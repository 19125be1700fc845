// Package overview lists incidents: for the enterprise that runs them, and for the bureau that sees clocks and nobody concerned. It only
// reads.
package overview

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/incident"
	"github.com/fugong/fugong/internal/incident/plan"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/page"
)

// Shows of a list.
const (
	ShowOpen   = "open" // running, real ones
	ShowLate   = "late" // running with a clock that has run out, real ones
	ShowClosed = "closed"
	ShowDrill  = "drill"
)

// Filter chooses incidents. The zero value chooses all, drills too.
type Filter struct {
	Show  string // one of the shows, "" for all
	Kind  string
	Query string // part of the place, the number, or the name of a person it is about
	page.Request
}

// Entry is an incident in a list.
type Entry struct {
	incident.Incident
	Next     *plan.Step // to do next; nil when closed
	Done     int        // steps done or left out
	Steps    int
	Index    int // people it is about
	Contacts int // not struck off
}

// What a reader reaches, as in package incident: whoever runs incidents all of the org's; who leads a team those of the team, of its
// members, and where a step was given to the account.
const fragReach = `($3::boolean or i.team_id = any($4::bigint[])
            or exists (select from incident_person p join employee e on e.org_id = p.org_id and e.id = p.employee_id
                where p.org_id = i.org_id and p.incident_id = i.id and p.role = 'index' and e.team_id = any($4::bigint[]))
            or exists (select from incident_step st where st.org_id = i.org_id and st.incident_id = i.id and st.owner = $5))`

const fragIncident = `i.id, i.kind, i.drill, i.detected_at, coalesce(i.team_id, 0) as team_id, i.place, i.state, i.outcome, i.pack,
        i.pack_version, i.opened_by_name, i.opened_at, i.closed_by_name, i.closed_at`

// The clock of a step names nobody.
const fragClock = `s.step, s.round, s.owner_role, s.from_at, s.due_at, s.hard_at, s.done_at, s.skipped, s.escalations, s.escalated_at`

// Service lists incidents.
type Service struct{ db *db.DB }

// New returns a service.
func New(d *db.DB) *Service { return &Service{d} }

// The reach is in $2 to $5 as everywhere; $2 is not a number here but must have a type.
const fragHits = `select i.id, i.state = 'open' as open, i.detected_at from incident i
        where i.org_id = $1 and $2::bigint is not null and ` + fragReach + `
            and case $6::text when 'open' then i.state = 'open' and not i.drill when 'closed' then i.state = 'closed' and not i.drill
                when 'drill' then i.drill when 'late' then not i.drill and i.state = 'open' and exists (select from incident_step s
                    where s.org_id = i.org_id and s.incident_id = i.id and s.done_at is null and s.due_at < $7) else true end
            and ($8::text = '' or i.kind = $8 and $3)
            and ($9::text = '' or strpos(i.place, $9) > 0 or i.id::text = $9 or $3 and exists (select from incident_person p
                join employee e on e.org_id = p.org_id and e.id = p.employee_id
                where p.org_id = i.org_id and p.incident_id = i.id and p.role = 'index' and strpos(e.name, $9) > 0))`

// The open ones come first, then the newest.
const sqlList = `with hits as (` + fragHits + `)
    select ` + fragIncident + `, (select count(*) from hits) as total,
        (select count(*) from incident_person p where p.org_id = $1 and p.incident_id = i.id and p.role = 'index') as index,
        (select count(*) from incident_person p where p.org_id = $1 and p.incident_id = i.id and p.role = 'contact' and p.state <> 'cleared') as contacts
    from hits h join incident i on i.org_id = $1 and i.id = h.id
    where case when $10::boolean then (h.open, h.detected_at, h.id) > ($11::boolean, $12::timestamptz, $13::bigint)
        else (h.open, h.detected_at, h.id) < ($11::boolean, $12::timestamptz, $13::bigint) end
    order by case when $10::boolean then h.open end, case when $10::boolean then h.detected_at end, case when $10::boolean then h.id end,
        h.open desc, h.detected_at desc, h.id desc
    limit $14`

type listRow struct {
	incident.Incident
	Total    int `db:"total"`
	Index    int `db:"index"`
	Contacts int `db:"contacts"`
}

const sqlStepsOf = `select s.incident_id, coalesce(s.owner, 0) as owner, ` + fragClock + `
    from incident_step s where s.org_id = $1 and s.incident_id = any($2::bigint[])`

const sqlClocksOf = `select s.incident_id, ` + fragClock + ` from incident_step s where s.org_id = $1 and s.incident_id = any($2::bigint[])`

// List pages through the incidents within reach, the open ones first, then the newest. It names nobody.
func (s *Service) List(ctx context.Context, sc authz.Scope, f Filter, at time.Time) (page.Result[Entry], error) {
	var res page.Result[Entry]
	if err := sc.Require(authz.IncidentRun, authz.IncidentStep); err != nil {
		return res, err
	}
	open, from, id := f.start(at)
	runs := sc.Can(authz.IncidentRun)
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		var rows []listRow
		err := tx.SelectContext(ctx, &rows, sqlList, sc.Org, 0, runs, db.Ints[int64](sc.Teams), sc.Account, f.Show, at, f.Kind, strings.TrimSpace(f.Query),
			f.Back(), open, from, id, f.Limit()+1)
		if err != nil {
			return fmt.Errorf("list incidents: %w", err)
		}
		entries, total := make([]Entry, len(rows)), 0
		for i := range rows {
			r := &rows[i]
			entries[i], total = Entry{Incident: r.Incident, Index: r.Index, Contacts: r.Contacts}, r.Total
			if !runs {
				entries[i].Kind, entries[i].Outcome = "", ""
			}
		}
		res = page.Cut(f.Request, entries, total, cursorOf)
		return withSteps(ctx, tx, sc, res.Rows)
	})
	return res, err
}

// withSteps adds to each entry what is to do next and how far it has come.
func withSteps(ctx context.Context, q db.Q, sc authz.Scope, entries []Entry) error {
	list := make([]int64, len(entries))
	for i, e := range entries {
		list[i] = e.ID
	}
	steps, err := clocks(ctx, q, sqlStepsOf, sc.Org, list)
	if err != nil {
		return err
	}
	for i := range entries {
		e := &entries[i]
		all := plan.Known(steps[e.ID], sc)
		for _, step := range all {
			if !step.Open() {
				e.Done++
			}
		}
		e.Steps = len(all)
		if n := plan.Current(all); n >= 0 {
			e.Next = &all[n]
		}
	}
	return nil
}

// clocks reads the steps of incidents, in order, without names.
func clocks(ctx context.Context, q db.Q, query string, org int32, incidents []int64) (map[int64][]plan.Step, error) {
	var rows []struct {
		Incident int64 `db:"incident_id"`
		plan.Row
	}
	if err := q.SelectContext(ctx, &rows, query, org, db.Ints[int64](incidents)); err != nil {
		return nil, fmt.Errorf("read steps: %w", err)
	}
	out := map[int64][]plan.Step{}
	for i := range rows {
		out[rows[i].Incident] = append(out[rows[i].Incident], rows[i].Out())
	}
	for _, steps := range out {
		plan.Order(steps)
	}
	return out, nil
}

// start is the cursor, or one before every row when there is none or a broken one.
func (f Filter) start(at time.Time) (open bool, from time.Time, id int64) {
	cursor := f.After
	if f.Back() {
		cursor = f.Before
	}
	if keys, ok := page.Keys(cursor, 3); ok {
		micros, err1 := strconv.ParseInt(keys[1], 10, 64)
		id, err2 := strconv.ParseInt(keys[2], 10, 64)
		if at := time.UnixMicro(micros); err1 == nil && err2 == nil && page.Plausible(at) {
			return keys[0] == incident.Open, at, id
		}
	}
	if f.Back() {
		return false, time.Unix(0, 0), 0
	}
	return true, at.AddDate(1, 0, 0), math.MaxInt64
}

func cursorOf(e Entry) string {
	return page.Cursor(e.State, strconv.FormatInt(e.DetectedAt.UnixMicro(), 10), strconv.FormatInt(e.ID, 10))
}

// Counts is how many incidents each show has, within reach. Drills count in their own only.
type Counts struct {
	Open   int `db:"open"`
	Late   int `db:"late"`
	Closed int `db:"closed"`
	Drills int `db:"drills"`
	Told   int `db:"told"` // late steps that the reader's level was told of
}

const sqlCounts = `select count(*) filter (where i.state = 'open' and not i.drill) as open, count(*) filter (where not i.drill and l.late) as late,
        count(*) filter (where i.state = 'closed' and not i.drill) as closed, count(*) filter (where i.drill) as drills,
        coalesce(sum(l.told) filter (where not i.drill), 0) as told
    from incident i
        left join lateral (select bool_or(s.due_at < $6) as late, count(*) filter (where s.escalations >= $7 - case s.owner_role
                when 'team_leader' then 0 when 'health_officer' then 1 else 2 end and $7 > case s.owner_role
                when 'team_leader' then 0 when 'health_officer' then 1 else 2 end) as told
            from incident_step s where s.org_id = i.org_id and s.incident_id = i.id and s.done_at is null and i.state = 'open') l on true
    where i.org_id = $1 and $2::bigint is not null and ` + fragReach

// Counts counts the incidents within reach, and the late steps that the reader was told of.
func (s *Service) Counts(ctx context.Context, sc authz.Scope, at time.Time) (Counts, error) {
	var c Counts
	if err := sc.Require(authz.IncidentRun, authz.IncidentStep); err != nil {
		return c, err
	}
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		return tx.GetContext(ctx, &c, sqlCounts, sc.Org, 0, sc.Can(authz.IncidentRun), db.Ints[int64](sc.Teams), sc.Account, at, plan.Rank(sc.Role))
	})
	if err != nil {
		return c, fmt.Errorf("count incidents: %w", err)
	}
	return c, nil
}
