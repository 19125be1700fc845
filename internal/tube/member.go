package tube

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
)

// The single sample that settles the matter comes before one that is awaited, the earlier before the later. States 0 and 8 are gone
// and off post.
const sqlMembers = `select m.employee_id, m.sampled_at, m.reported_at, m.result, m.collect_mode, m.flag <> '' as flagged, m.rev, e.name, e.employee_no,
        coalesce(e.team_id, 0) as team_id, coalesce(w.workshop, '') as workshop, coalesce(w.name, '') as team,
        coalesce(st.held, false) as held, coalesce(standing_state($5, st.s0, st.t1, st.s1, st.t2, st.s2, st.t3, st.s3), 0) not in (0, 8) as on_post,
        t.result as tube_result, ` + fragReleased + ` as released,
        x.sampled_at as single_at, x.reported_at as single_reported, coalesce(x.result, '') as single_result
    from tube t
        join sample m on ` + fragIn + fragFile + `
        left join team w on w.org_id = e.org_id and w.id = e.team_id
        left join standing st on st.org_id = m.org_id and st.employee_id = m.employee_id
        left join lateral (select x.sampled_at, x.reported_at, x.result from sample x
            where x.org_id = m.org_id and x.employee_id = m.employee_id and x.collect_mode = 'single' and x.method = 'pcr'
                and x.sampled_at > ` + fragSince + ` and x.result in ('pending', 'negative', 'positive', 'suspicious')
            order by x.result = 'pending', x.sampled_at limit 1) x on t.result = 'pool_abnormal'
    where t.org_id = $1 and t.id = $4 and ` + fragMine + `
    order by m.sampled_at, m.employee_id`

type memberRow struct {
	Employee       int64        `db:"employee_id"`
	SampledAt      time.Time    `db:"sampled_at"`
	ReportedAt     sql.NullTime `db:"reported_at"`
	Result         string       `db:"result"`
	Mode           string       `db:"collect_mode"`
	Flagged        bool         `db:"flagged"`
	Rev            int          `db:"rev"`
	Name           string       `db:"name"`
	EmployeeNo     string       `db:"employee_no"`
	Team           int64        `db:"team_id"`
	Workshop       string       `db:"workshop"`
	TeamName       string       `db:"team"`
	Held           bool         `db:"held"`
	OnPost         bool         `db:"on_post"`
	TubeResult     string       `db:"tube_result"`
	Released       bool         `db:"released"`
	SingleAt       sql.NullTime `db:"single_at"`
	SingleReported sql.NullTime `db:"single_reported"`
	SingleResult   string       `db:"single_result"`
}

// members lists the members within the scope's reach, in the order of their swabs.
func members(ctx context.Context, q db.Q, sc authz.Scope, id int64, at time.Time) ([]Member, error) {
	var rows []memberRow
	if err := q.SelectContext(ctx, &rows, sqlMembers, sc.Org, everyone(sc), pq.Array(sc.Teams), id, at); err != nil {
		return nil, fmt.Errorf("read members of a tube: %w", err)
	}
	out := make([]Member, len(rows))
	for i := range rows {
		m, err := rows[i].member()
		if err != nil {
			return nil, err
		}
		if !everyone(sc) {
			m.veil()
		}
		out[i] = m
	}
	return out, nil
}

func (r *memberRow) member() (Member, error) {
	m := Member{Key: screening.NewKey(r.Employee, r.SampledAt), Name: r.Name, EmployeeNo: r.EmployeeNo, Team: r.Team, Workshop: r.Workshop,
		TeamName: r.TeamName, Mode: regime.CollectMode(r.Mode), ReportedAt: r.ReportedAt.Time, Flagged: r.Flagged, Rev: r.Rev, Held: r.Held, OnPost: r.OnPost}
	var err error
	if m.Result, err = regime.ParseResult(r.Result); err != nil {
		return m, fmt.Errorf("read member of a tube: %w", err)
	}
	if r.SingleAt.Valid {
		single := Single{SampledAt: r.SingleAt.Time, ReportedAt: r.SingleReported.Time}
		if single.Result, err = regime.ParseResult(r.SingleResult); err != nil {
			return m, fmt.Errorf("read single sample: %w", err)
		}
		m.Single = &single
	}
	m.Stage = r.stage(m.Single)
	return m, nil
}

func (r *memberRow) stage(single *Single) Stage {
	switch {
	case r.TubeResult == regime.Invalid.String():
		return Again
	case r.TubeResult != regime.PoolAbnormal.String():
		return ""
	case single != nil && single.Result == regime.Negative:
		return Cleared
	case single != nil && single.Result != regime.ResultPending:
		return Stands
	case r.Released:
		return Released
	case single != nil:
		return Taken
	}
	return Due
}

// veil hides results from a leader: what is left is whether somebody is held and has to be swabbed.
func (m *Member) veil() {
	m.ReportedAt, m.Result, m.Flagged, m.Single = time.Time{}, regime.ResultPending, false, nil
	if m.Stage.Settled() {
		m.Stage = ""
	}
}
