package incident

import (
	"context"
	"fmt"
	"github.com/fugong/fugong/internal/incident/plan"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

// What makes somebody a contact.
const (
	LinkTeam     = "team"     // same team and shift
	LinkDorm     = "dorm"     // same room
	LinkBus      = "bus"      // same shuttle bus
	LinkCanteen  = "canteen"  // same table
	LinkWorkshop = "workshop" // same workshop and shift: hundreds, so it is asked for
	LinkHand     = "hand"     // added by hand
)

// Links lists what contacts can be assembled by, the closest first.
func Links() []string { return []string{LinkTeam, LinkDorm, LinkBus, LinkCanteen, LinkWorkshop} }

// CloseLinks is Links without the wide ones.
func CloseLinks() []string { return []string{LinkTeam, LinkDorm, LinkBus, LinkCanteen} }

// Tracing finds the contacts of an incident, has them wait, and hands the list over. Every part of it is for those who run incidents.
type Tracing struct{ *Service }

// Tracing is the service's part that concerns contacts.
func (s *Service) Tracing() Tracing { return Tracing{s} }

// Whoever is away from work at the instant $3 has shared no shift, bus or table; a room is shared all the same. Two of one team whose
// shifts are not both known count as of one shift.
const sqlAssemble = `with ix as (
        select e.id, e.team_id, e.shift, e.dorm_building, e.dorm_room, e.bus, e.canteen_table, t.workshop
        from incident_person p join employee e on e.org_id = p.org_id and e.id = p.employee_id
            left join team t on t.org_id = e.org_id and t.id = e.team_id
        where p.org_id = $1 and p.incident_id = $2 and p.role = 'index'),
    there as (
        select e.id, e.team_id, e.shift, e.bus, e.canteen_table from employee e
        where e.org_id = $1 and (e.work_status = 'on_post' or e.status_until <= $3)),
    found as (
        select e.id, 'team' as link from ix join there e on e.team_id = ix.team_id and (e.shift = ix.shift or e.shift = '' or ix.shift = '')
        union select e.id, 'dorm' from ix join employee e on e.org_id = $1 and e.dorm_building = ix.dorm_building and e.dorm_room = ix.dorm_room
            and e.dorm_room <> '' and e.work_status <> 'resigned'
        union select e.id, 'bus' from ix join there e on e.bus = ix.bus and e.bus <> ''
        union select e.id, 'canteen' from ix join there e on e.canteen_table = ix.canteen_table and e.canteen_table <> ''
        union select e.id, 'workshop' from ix join team t on t.org_id = $1 and t.workshop = ix.workshop and t.workshop <> ''
            join there e on e.team_id = t.id and e.shift = ix.shift and e.shift <> '')
    insert into incident_person as p (org_id, incident_id, employee_id, role, links, added_by, added_at)
    select $1, $2, f.id, 'contact', array_agg(f.link order by f.link), $4, $3
    from found f where f.link = any($5::text[]) and f.id not in (select ix.id from ix)
    group by f.id
    on conflict (org_id, incident_id, employee_id) do update
        set links = array(select distinct unnest(p.links || excluded.links) order by 1)
        where p.role = 'contact' and not p.links @> excluded.links
    returning xmax::text = '0' as fresh`

// Assemble lists as contacts everybody who is linked to a person the incident is about, with the links. Who is listed already keeps
// the state and gains links; nobody is struck off. It returns how many are new.
func (s Tracing) Assemble(ctx context.Context, sc authz.Scope, incident int64, links []string, at time.Time) (int, error) {
	links = slices.DeleteFunc(slices.Clone(links), func(l string) bool { return !slices.Contains(Links(), l) })
	if len(links) == 0 {
		f := errs.Fields{}
		f.Add("links", "incident.refused.no_links")
		return 0, f.Err()
	}
	n := 0
	err := s.on(ctx, sc, incident, func(tx *sqlx.Tx, _ Incident) error {
		var fresh []bool
		if err := tx.SelectContext(ctx, &fresh, sqlAssemble, sc.Org, incident, at, sc.Account, texts(links)); err != nil {
			return fmt.Errorf("assemble contacts: %w", err)
		}
		n = len(slices.DeleteFunc(fresh, func(f bool) bool { return !f }))
		return s.traced(ctx, tx, sc, incident, Body{Event: EventContacts, Count: n}, at)
	})
	return n, err
}

// on runs fn on a running incident for whoever runs incidents.
func (s Tracing) on(ctx context.Context, sc authz.Scope, incident int64, fn func(tx *sqlx.Tx, i Incident) error) error {
	if err := sc.Require(authz.IncidentRun); err != nil {
		return err
	}
	return s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		i, err := running(ctx, tx, sc, incident)
		if err != nil {
			return err
		}
		return fn(tx, i)
	})
}

func (s Tracing) traced(ctx context.Context, q db.Q, sc authz.Scope, incident int64, n Body, at time.Time) error {
	if err := s.notes.write(ctx, q, sc, incident, stepKey{step: plan.ContactsList}, n, nil, at); err != nil {
		return err
	}
	return audit.Record(ctx, q, sc, at, audit.Event{Action: "incident." + n.Event, Subject: "incident", SubjectID: fmt.Sprint(incident),
		Detail: map[string]any{"count": n.Count}})
}

const sqlAddContact = `insert into incident_person as p (org_id, incident_id, employee_id, role, links, added_by, added_at)
    values ($1, $2, $3, 'contact', '{hand}', $4, $5)
    on conflict (org_id, incident_id, employee_id) do update
        set state = case p.state when 'cleared' then '' else p.state end where p.role = 'contact'`

// Add lists somebody by hand, found by employee number or whole name; one struck off comes back.
func (s Tracing) Add(ctx context.Context, sc authz.Scope, incident int64, who string, at time.Time) error {
	return s.on(ctx, sc, incident, func(tx *sqlx.Tx, _ Incident) error {
		employee, err := find(ctx, tx, sc.Org, who)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, sqlAddContact, sc.Org, incident, employee, sc.Account, at); err != nil {
			return fmt.Errorf("add contact: %w", err)
		}
		return audit.Record(ctx, tx, sc, at, audit.Event{Action: "incident.contact", Subject: "incident", SubjectID: fmt.Sprint(incident), Employee: employee})
	})
}

const sqlSetState = `update incident_person set state = $5
    where org_id = $1 and incident_id = $2 and role = 'contact' and state = $4 and employee_id = any($3::bigint[])
    returning employee_id`

// Strike takes contacts off the list who turn out to be none. Who waits already is let go by releasing the hold.
func (s Tracing) Strike(ctx context.Context, sc authz.Scope, incident int64, employees []int64, at time.Time) (int, error) {
	return s.mark(ctx, sc, incident, employees, Listed, Cleared, at)
}

// Restore puts contacts back on the list.
func (s Tracing) Restore(ctx context.Context, sc authz.Scope, incident int64, employees []int64, at time.Time) (int, error) {
	return s.mark(ctx, sc, incident, employees, Cleared, Listed, at)
}

func (s Tracing) mark(ctx context.Context, sc authz.Scope, incident int64, employees []int64, from, to string, at time.Time) (int, error) {
	if len(employees) == 0 {
		return 0, nobody()
	}
	n := 0
	err := s.on(ctx, sc, incident, func(tx *sqlx.Tx, _ Incident) error {
		var changed []int64
		if err := tx.SelectContext(ctx, &changed, sqlSetState, sc.Org, incident, ids(employees), from, to); err != nil {
			return fmt.Errorf("set state of contacts: %w", err)
		}
		n = len(changed)
		for _, employee := range changed {
			err := audit.Record(ctx, tx, sc, at, audit.Event{Action: "incident.contact", Subject: "incident", SubjectID: fmt.Sprint(incident),
				Employee: employee, Detail: map[string]any{"state": to}})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

func nobody() error {
	f := errs.Fields{}
	f.Add("who", "incident.refused.none_chosen")
	return f.Err()
}
