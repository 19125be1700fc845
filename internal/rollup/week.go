package rollup

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/regime"
)

// Team is a team's figures in an enterprise's own week; it has no name where people are in no team.
type Team struct {
	ID       int64  `db:"team_id"` // 0 for people without a team
	Workshop string `db:"workshop"`
	Name     string `db:"name"`
	Figures
}

// OrgWeek is an enterprise's own week, counted live.
type OrgWeek struct {
	AsOf   time.Time
	Monday time.Time // civil date
	Total  Figures
	Teams  []Team // by workshop and name
	Trend  []WeekPoint
}

// People are counted by team and state, and only these few rows are spread into columns and joined to the teams' names. Files and
// standings are read in one go each and joined by hash: behind the fence (offset 0) the planner cannot look everybody up instead.
const sqlTeams = db.Kept + `with s as (
        select coalesce(e.team_id, 0) as team_id, st, count(*)::integer as n, (count(*) filter (where held))::integer as held
        from (select employee_id, held, standing_state($2, s0, t1, s1, t2, s2, t3, s3) as st
              from standing where org_id = $1 offset 0) s
        join (select id, team_id from employee where org_id = $1 offset 0) e on e.id = s.employee_id
        where st <> 0
        group by 1, 2),
    c as (
        select team_id, sum(n) as headcount, coalesce(sum(n) filter (where st between 1 and 6), 0) as owed,
            coalesce(sum(n) filter (where st in (1, 2)), 0) as tested, coalesce(sum(n) filter (where st = 2), 0) as due_soon,
            coalesce(sum(n) filter (where st = 5), 0) as pending, coalesce(sum(n) filter (where st in (3, 6)), 0) as overdue,
            coalesce(sum(n) filter (where st = 6), 0) as result_late, coalesce(sum(n) filter (where st = 4), 0) as no_record,
            coalesce(sum(n) filter (where st = 7), 0) as exempt, coalesce(sum(n) filter (where st = 8), 0) as off_post,
            coalesce(sum(held) filter (where st = 8), 0) as held
        from s group by team_id)
    select c.*, coalesce(t.workshop, '') as workshop, coalesce(t.name, '') as name, 0 as symptoms
    from c left join team t on t.org_id = $1 and t.id = c.team_id
    order by workshop, name, c.team_id`

// Owing names the people of the scope's org whom a reminder from the week's page would reach: overdue, or due within a day,
// or without a record; of one team when team is not 0.
func (s *Service) Owing(ctx context.Context, sc authz.Scope, states []regime.State, team int64, at time.Time) ([]int64, error) {
	if err := sc.Require(authz.WeekView); err != nil {
		return nil, err
	}
	codes := make([]int16, len(states))
	for i, st := range states {
		codes[i] = int16(st)
	}
	var ids []int64
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		return tx.SelectContext(ctx, &ids, sqlOwing, sc.Org, at, pq.Array(codes), team)
	})
	if err != nil {
		return nil, fmt.Errorf("find who owes: %w", err)
	}
	return ids, nil
}

const sqlOwing = `select s.employee_id from standing s join employee e on e.org_id = s.org_id and e.id = s.employee_id
    where s.org_id = $1 and standing_state($2, s.s0, s.t1, s.s1, s.t2, s.s2, s.t3, s.s3) = any($3::smallint[])
        and ($4 = 0::bigint or e.team_id = $4)
    order by s.employee_id`

const sqlOrgTrend = db.Kept + `select week, owed, tested, frozen_at is not null as frozen, as_of
    from org_week where org_id = $1 and week > $2::date - 7 * $3::integer and week <= $2::date order by week`

const sqlSymptoms = db.Kept + `select count(distinct employee_id) from symptom_report
    where org_id = $1 and alert and at > $2::timestamptz - interval '24 hours' and at <= $2`

// How many weeks an enterprise's own trend and a heat map show, the running one included, and how many the bureau's trends.
const (
	Weeks      = 13
	TrendWeeks = 52
)

// Week counts the scope's own enterprise at the instant, by workshop and team; a leader's week holds only the own teams.
func (s *Service) Week(ctx context.Context, sc authz.Scope, zone *time.Location, at time.Time) (OrgWeek, error) {
	if err := sc.Require(authz.WeekView); err != nil {
		return OrgWeek{}, err
	}
	var w OrgWeek
	monday, _ := week(at, zone)
	err := s.db.Stale(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		w = OrgWeek{AsOf: at, Monday: monday}
		if err := tx.SelectContext(ctx, &w.Teams, sqlTeams, sc.Org, at); err != nil {
			return fmt.Errorf("count teams: %w", err)
		}
		if err := tx.SelectContext(ctx, &w.Trend, sqlOrgTrend, sc.Org, w.Monday, Weeks); err != nil {
			return fmt.Errorf("read trend: %w", err)
		}
		for _, t := range w.Teams {
			w.Total = w.Total.Add(t.Figures)
		}
		return tx.GetContext(ctx, &w.Total.Symptoms, sqlSymptoms, sc.Org, at)
	})
	w.Trend = withRunning(w.Trend, w.Monday, w.Total, at)
	return w, err
}

// withRunning puts the live figures in place of the snapshot's for the running week, so that a page never shows two.
func withRunning(trend []WeekPoint, monday time.Time, f Figures, at time.Time) []WeekPoint {
	p := WeekPoint{Week: monday, Owed: f.Owed, Tested: f.Tested, AsOf: at}
	if n := len(trend); n > 0 && trend[n-1].Week.Equal(monday) {
		trend[n-1] = p
		return trend
	}
	return append(trend, p)
}
