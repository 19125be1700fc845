package incident

import (
	"context"
	"database/sql"
	"fmt"
	"github.com/fugong/fugong/internal/incident/plan"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

const fragIncident = `i.id, i.kind, i.drill, i.detected_at, coalesce(i.team_id, 0) as team_id, i.place, i.state, i.outcome, i.pack,
        i.pack_version, i.opened_by_name, i.opened_at, i.closed_by_name, i.closed_at`

// Who may run incidents reaches all of the org's; who leads a team those of the team, of its members, and steps given to the account.
const fragReach = `($3::boolean or i.team_id = any($4::bigint[])
            or exists (select from incident_person p join employee e on e.org_id = p.org_id and e.id = p.employee_id
                where p.org_id = i.org_id and p.incident_id = i.id and p.role = 'index' and e.team_id = any($4::bigint[]))
            or exists (select from incident_step st where st.org_id = i.org_id and st.incident_id = i.id and st.owner = $5))`

const sqlReach = `select ` + fragIncident + ` from incident i where i.org_id = $1 and i.id = $2 and ` + fragReach

const sqlReachForUpdate = sqlReach + ` for no key update of i`

// reach reads an incident within reach of the scope. What kind it is, only those who run incidents learn: it tells what a person has.
func reach(ctx context.Context, q db.Q, sc authz.Scope, id int64, forUpdate bool) (Incident, error) {
	query := sqlReach
	if forUpdate {
		query = sqlReachForUpdate
	}
	var i Incident
	runs := sc.Can(authz.IncidentRun)
	if err := q.GetContext(ctx, &i, query, sc.Org, id, runs, ids(sc.Teams), sc.Account); err != nil {
		return Incident{}, db.OneRow(err)
	}
	if !runs {
		i.Kind, i.Outcome = "", ""
	}
	return i, nil
}

// running is reach for a change: the incident is locked and must be open.
func running(ctx context.Context, q db.Q, sc authz.Scope, id int64) (Incident, error) {
	i, err := reach(ctx, q, sc, id, true)
	if err == nil && !i.IsOpen() {
		err = errs.New(errs.Conflict, "incident.refused.closed")
	}
	return i, err
}

// The clock of a step names nobody.
const fragClock = `s.step, s.round, s.owner_role, s.from_at, s.due_at, s.hard_at, s.done_at, s.skipped, s.escalations, s.escalated_at`

const fragStep = fragClock + `, coalesce(s.owner, 0) as owner, s.owner_name, s.done_by_name`

const sqlSteps = `select ` + fragStep + ` from incident_step s where s.org_id = $1 and s.incident_id = $2`

func stepsIn(ctx context.Context, q db.Q, org int32, incident int64) ([]plan.Step, error) {
	var rows []plan.Row
	if err := q.SelectContext(ctx, &rows, sqlSteps, org, incident); err != nil {
		return nil, fmt.Errorf("read steps: %w", err)
	}
	steps := make([]plan.Step, len(rows))
	for i := range rows {
		steps[i] = rows[i].Out()
	}
	plan.Order(steps)
	return steps, nil
}

const sqlAddStep = `insert into incident_step (org_id, incident_id, step, round, owner_role, from_at, due_at, hard_at, drill)
    select $1, $2, $3, $4, $5, $6, $7, $8, i.drill from incident i where i.org_id = $1 and i.id = $2 on conflict do nothing`

// addStep adds a step whose clock starts at from. A step of that round which is there already stays as it is.
func addStep(ctx context.Context, q db.Q, org int32, incident int64, step string, round int, from time.Time, t times) error {
	due, hard := plan.Deadlines(step, from, t.minutes, t.zone)
	_, err := q.ExecContext(ctx, sqlAddStep, org, incident, step, round, string(plan.OwnerOf(step)), from, null(due), null(hard))
	if err != nil {
		return fmt.Errorf("add step: %w", err)
	}
	return nil
}

// null stores the zero instant as null.
func null(t time.Time) sql.NullTime { return sql.NullTime{Time: t, Valid: !t.IsZero()} }

// ids binds ids; never as null, with which nothing compares.
func ids(list []int64) any {
	if list == nil {
		list = []int64{}
	}
	return pq.Array(list)
}

func texts(list []string) any {
	if list == nil {
		list = []string{}
	}
	return pq.Array(list)
}
