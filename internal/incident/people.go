package incident

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/regime"
)

// What a person is in an incident.
const (
	indexRole   = "index"
	contactRole = "contact"
)

// States of a contact.
const (
	Listed   = ""         // assembled or added by hand
	Asked    = "asked"    // a second person shall confirm that they wait
	Waiting  = "waiting"  // told to wait in place, and held; in a drill only told
	Released = "released" // waited, and the hold has ended; it is not stored
	Cleared  = "cleared"  // struck off the list
)

// Person is somebody in an incident.
type Person struct {
	Employee   int64
	Index      bool // the incident is about the person; else a contact
	Name       string
	EmployeeNo string
	Team       int64
	Workshop   string
	TeamName   string
	Shift      string
	Links      []string // what made a contact one; see Links
	State      string
	AddedAt    time.Time
	SampledAt  time.Time // the newest PCR sample since the detection, zero for none
	Result     string    // its result
	Holds      []Held    // of the persons it is about, for those who run incidents
}

// Held is an open hold with what still stands before its release.
type Held struct {
	hold.Hold
	Check regime.ReleaseCheck
}

// Whoever was held in place before waits on that hold, so it may be any of the kind. None of the kind has an end given in advance.
const fragState = `case when p.state = 'waiting' and not i.drill and not exists (select from hold h where h.org_id = p.org_id
            and h.employee_id = p.employee_id and h.kind = 'temp_isolation' and h.released_at is null) then 'released' else p.state end`

const fragPerson = `p.employee_id, p.role = 'index' as index, e.name, e.employee_no, coalesce(e.team_id, 0) as team_id, coalesce(t.workshop, '') as workshop,
        coalesce(t.name, '') as team, e.shift, p.links, ` + fragState + ` as state, p.added_at, x.sampled_at, coalesce(x.result, '') as result, e.pinyin
    from incident_person p
        join incident i on i.org_id = p.org_id and i.id = p.incident_id
        join employee e on e.org_id = p.org_id and e.id = p.employee_id
        left join team t on t.org_id = e.org_id and t.id = e.team_id
        left join lateral (select s.sampled_at, s.result from sample s
            where s.org_id = p.org_id and s.employee_id = p.employee_id and s.sampled_at > i.detected_at and s.method = 'pcr'
                and s.result <> 'cancelled' and not i.drill
            order by s.sampled_at desc limit 1) x on true
    where p.org_id = $1 and p.incident_id = $2`

type personRow struct {
	Employee   int64          `db:"employee_id"`
	Index      bool           `db:"index"`
	Name       string         `db:"name"`
	EmployeeNo string         `db:"employee_no"`
	Team       int64          `db:"team_id"`
	Workshop   string         `db:"workshop"`
	TeamName   string         `db:"team"`
	Shift      string         `db:"shift"`
	Links      pq.StringArray `db:"links"`
	State      string         `db:"state"`
	AddedAt    time.Time      `db:"added_at"`
	SampledAt  sql.NullTime   `db:"sampled_at"`
	Result     string         `db:"result"`
	Pinyin     string         `db:"pinyin"`
	Total      int            `db:"total"`
}

func (r *personRow) person() Person {
	return Person{Employee: r.Employee, Index: r.Index, Name: r.Name, EmployeeNo: r.EmployeeNo, Team: r.Team, Workshop: r.Workshop, TeamName: r.TeamName,
		Shift: r.Shift, Links: r.Links, State: r.State, AddedAt: r.AddedAt, SampledAt: r.SampledAt.Time, Result: r.Result}
}

const sqlIndex = `select ` + fragPerson + ` and p.role = 'index' order by p.added_at, e.pinyin, p.employee_id`

// index reads whom an incident is about. A leader sees the members of the teams led, and nothing of their samples and holds.
func (s *Service) index(ctx context.Context, q db.Q, sc authz.Scope, incident int64, at time.Time) ([]Person, error) {
	var rows []personRow
	if err := q.SelectContext(ctx, &rows, sqlIndex, sc.Org, incident); err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	var people []Person
	for i := range rows {
		p := rows[i].person()
		if !sc.Can(authz.IncidentRun) {
			if !sc.Leads(p.Team) {
				continue
			}
			p.SampledAt, p.Result = time.Time{}, ""
		}
		people = append(people, p)
	}
	return people, withHolds(ctx, q, s.holds, sc, people, at)
}

// withHolds adds the open holds of people for those who may know them.
func withHolds(ctx context.Context, q db.Q, from Holds, sc authz.Scope, people []Person, at time.Time) error {
	if len(people) == 0 || !sc.Can(authz.IncidentRun) {
		return nil
	}
	open, err := openHolds(ctx, q, from, sc.Org, employeesOf(people), at)
	if err != nil {
		return err
	}
	checks, err := from.Checks(ctx, q, sc.Org, open, at)
	if err != nil {
		return err
	}
	for n, h := range open {
		i := slices.IndexFunc(people, func(p Person) bool { return p.Employee == h.Employee })
		people[i].Holds = append(people[i].Holds, Held{h, checks[n]})
	}
	return nil
}

func employeesOf(people []Person) []int64 {
	out := make([]int64, len(people))
	for i, p := range people {
		out[i] = p.Employee
	}
	return out
}

const sqlMembers = `select p.employee_id from incident_person p where p.org_id = $1 and p.incident_id = $2 and p.role = $3`

func members(ctx context.Context, q db.Q, org int32, incident int64, role string) ([]int64, error) {
	var list []int64
	if err := q.SelectContext(ctx, &list, sqlMembers, org, incident, role); err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	return list, nil
}

// recordReading writes down whose part in an incident a page shows.
func recordReading(ctx context.Context, q db.Q, sc authz.Scope, incident int64, people []Person, reason string, at time.Time) error {
	for _, p := range people {
		err := audit.Record(ctx, q, sc, at, audit.Event{Action: "incident.view", Subject: "incident", SubjectID: strconv.FormatInt(incident, 10),
			Employee: p.Employee, Read: true, Reason: reason})
		if err != nil {
			return err
		}
	}
	return nil
}
