package screening

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
)

// Duty is how pressing a member's next sample is. It is all that a team leader sees of a standing: it tells neither a result
// nor whether or why someone is held.
type Duty int

// The duties, the most pressing first.
const (
	DutyOverdue Duty = iota // should have been tested
	DutyDue                 // is to be tested soon
	DutyClear               // nothing to do now
	DutyAway                // not at work
)

// String is the id of the duty.
func (d Duty) String() string { return [...]string{"overdue", "due", "clear", "away"}[d] }

// Member is one person of a team and what is owed.
type Member struct {
	ID         int64
	Name       string
	EmployeeNo string
	Team       int64
	Workshop   string
	TeamName   string
	Duty       Duty
	DueAt      time.Time // zero: nothing owed
}

// Team is a team and its name.
type Team struct {
	ID       int64  `db:"id"`
	Workshop string `db:"workshop"`
	Name     string `db:"name"`
}

const sqlMembers = `select e.id, e.name, e.employee_no, t.id as team_id, t.workshop, t.name as team, coalesce(st.held, false) as held, st.due_at,
        coalesce(standing_state($3, st.s0, st.t1, st.s1, st.t2, st.s2, st.t3, st.s3), 0) as state
    from employee e
        join team t on t.org_id = e.org_id and t.id = e.team_id
        left join standing st on st.org_id = e.org_id and st.employee_id = e.id
    where e.org_id = $1 and e.team_id = any($2) and e.work_status <> 'resigned'`

type memberRow struct {
	ID         int64        `db:"id"`
	Name       string       `db:"name"`
	EmployeeNo string       `db:"employee_no"`
	Team       int64        `db:"team_id"`
	Workshop   string       `db:"workshop"`
	TeamName   string       `db:"team"`
	Held       bool         `db:"held"`
	DueAt      sql.NullTime `db:"due_at"`
	State      regime.State `db:"state"`
}

func (r *memberRow) member() Member {
	return Member{ID: r.ID, Name: r.Name, EmployeeNo: r.EmployeeNo, Team: r.Team, Workshop: r.Workshop, TeamName: r.TeamName,
		Duty: dutyOf(r.State, r.Held), DueAt: r.DueAt.Time}
}

// Members lists the people of teams, who is due first. A leader's scope is narrowed to the teams it leads.
func (s *Service) Members(ctx context.Context, sc authz.Scope, teams []int64, at time.Time) ([]Member, error) {
	if err := sc.Require(authz.TeamView, authz.SampleRecord); err != nil {
		return nil, err
	}
	teams = within(sc, teams)
	var rows []memberRow
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		return tx.SelectContext(ctx, &rows, sqlMembers, sc.Org, pq.Array(teams), at)
	})
	if err != nil {
		return nil, fmt.Errorf("list members: %w", err)
	}
	members := make([]Member, len(rows))
	for i := range rows {
		members[i] = rows[i].member()
	}
	slices.SortFunc(members, func(a, b Member) int {
		return cmp.Or(cmp.Compare(a.Duty, b.Duty), compareDue(a.DueAt, b.DueAt), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return members, nil
}

// compareDue puts those to whom nothing is due last.
func compareDue(a, b time.Time) int {
	if a.IsZero() != b.IsZero() {
		if a.IsZero() {
			return 1
		}
		return -1
	}
	return a.Compare(b)
}

func dutyOf(state regime.State, held bool) Duty {
	switch {
	case held || state == regime.OffPost:
		return DutyAway
	case state == regime.Overdue || state == regime.ResultLate:
		return DutyOverdue
	case state == regime.DueSoon || state == regime.NoRecord:
		return DutyDue
	}
	return DutyClear
}

// within keeps the teams that the scope may see.
func within(sc authz.Scope, teams []int64) []int64 {
	if sc.Can(authz.SampleRecord) {
		return teams
	}
	var led []int64
	for _, t := range teams {
		if sc.Leads(t) {
			led = append(led, t)
		}
	}
	return led
}

const sqlTeams = `select id, workshop, name from team where org_id = $1 and ($2::boolean or id = any($3)) order by workshop, name, id`

// Teams lists the teams for which the scope may record.
func (s *Service) Teams(ctx context.Context, sc authz.Scope) ([]Team, error) {
	if err := sc.Require(authz.TeamRecord, authz.SampleRecord); err != nil {
		return nil, err
	}
	var teams []Team
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		return tx.SelectContext(ctx, &teams, sqlTeams, sc.Org, sc.Can(authz.SampleRecord), pq.Array(sc.Teams))
	})
	if err != nil {
		return nil, fmt.Errorf("list teams: %w", err)
	}
	return teams, nil
}

const sqlInstitutions = `select institution from sample
    where org_id = $1 and sampled_at >= $2 and institution <> ''
    group by institution order by count(*) filter (where employee_id = $3) desc, count(*) desc, institution limit 8`

// Institutions suggests where a sample may have been taken: where people of the org were tested of late, first where the
// given person was.
func (s *Service) Institutions(ctx context.Context, sc authz.Scope, employee int64, at time.Time) ([]string, error) {
	if err := sc.Require(recorders...); err != nil {
		return nil, err
	}
	var names []string
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		return tx.SelectContext(ctx, &names, sqlInstitutions, sc.Org, at.Add(-lateAfter), employee)
	})
	if err != nil {
		return nil, fmt.Errorf("list institutions: %w", err)
	}
	return names, nil
}

const sqlSubject = `select e.id, e.name, e.employee_no, coalesce(t.id, 0) as team_id, coalesce(t.workshop, '') as workshop, coalesce(t.name, '') as team
    from employee e left join team t on t.org_id = e.org_id and t.id = e.team_id
    where e.org_id = $1 and e.id = $2`

// Subject names a person for whom the scope may record; anyone out of reach is NotFound.
func (s *Service) Subject(ctx context.Context, sc authz.Scope, employee int64) (Member, error) {
	if err := sc.Require(recorders...); err != nil {
		return Member{}, err
	}
	var r memberRow
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		return db.OneRow(tx.GetContext(ctx, &r, sqlSubject, sc.Org, employee))
	})
	if err != nil {
		return Member{}, err
	}
	if _, ok := reach(sc, employee, map[int64]int64{r.ID: r.Team}); !ok {
		return Member{}, errs.Missing()
	}
	return r.member(), nil
}
