package overview

import (
	"context"
	"database/sql"
	"fmt"
	"github.com/fugong/fugong/internal/incident/plan"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

// The bureau reads clocks. Its statements touch incident, incident_step and org, where nobody concerned stands, and row-level
// security lets it see no others and no drill. Small numbers are shown, unlike in the rates: a count of one here says that one
// enterprise reports, which the law has it tell the bureau anyway, and neither who nor how many people it is about.

// Firm is an enterprise with its open incidents.
type Firm struct {
	Org      int32
	Name     string
	Zone     string    // reporting line, "" for none
	Open     int       // incidents
	Late     int       // steps past their deadline
	PastHard int       // of them, past the limit set by law
	Told     int       // late steps that the bureau was told of
	Oldest   time.Time // detection of the oldest open incident
	Waiting  time.Time // the deadline that has passed longest ago, zero for none
}

// Area is a reporting line with its enterprises that have open incidents.
type Area struct {
	Zone  string
	Firms int
	Firm  // the sums; Org and Name are empty
}

const sqlFirms = `select i.org_id, coalesce(nullif(o.short_name, ''), o.name) as name, coalesce(o.admin_zone, '') as zone,
        count(*) as open, coalesce(sum(s.late), 0) as late, coalesce(sum(s.past_hard), 0) as past_hard, coalesce(sum(s.told), 0) as told,
        min(i.detected_at) as oldest, min(s.waiting) as waiting
    from incident i join org o on o.id = i.org_id and o.kind = 'enterprise'
        left join lateral (select count(*) filter (where s.due_at < $1) as late, count(*) filter (where s.hard_at < $1) as past_hard,
                min(s.due_at) filter (where s.due_at < $1) as waiting,
                count(*) filter (where s.escalations >= case s.owner_role when 'team_leader' then 3 when 'health_officer' then 2 else 1 end) as told
            from incident_step s where s.org_id = i.org_id and s.incident_id = i.id and s.done_at is null) s on true
    where i.state = 'open' and not i.drill and ($2::text = '' or o.admin_zone = $2) and ($3::integer = 0 or i.org_id = $3)
    group by 1, 2, 3 order by min(s.waiting) nulls last, min(i.detected_at), 1`

type firmRow struct {
	Org      int32        `db:"org_id"`
	Name     string       `db:"name"`
	Zone     string       `db:"zone"`
	Open     int          `db:"open"`
	Late     int          `db:"late"`
	PastHard int          `db:"past_hard"`
	Told     int          `db:"told"`
	Oldest   time.Time    `db:"oldest"`
	Waiting  sql.NullTime `db:"waiting"`
}

// Firms lists the enterprises with open incidents in a reporting line, "" for all in the scope's reach; who waits longest comes first.
func (s *Service) Firms(ctx context.Context, sc authz.Scope, zone string, at time.Time) ([]Firm, error) {
	zone, err := oversees(sc, zone)
	if err != nil {
		return nil, err
	}
	var firms []Firm
	err = s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) (err error) {
		firms, err = firmsIn(ctx, tx, zone, 0, at)
		return err
	})
	return firms, err
}

func firmsIn(ctx context.Context, q db.Q, zone string, org int32, at time.Time) ([]Firm, error) {
	var rows []firmRow
	if err := q.SelectContext(ctx, &rows, sqlFirms, at, zone, org); err != nil {
		return nil, fmt.Errorf("read incidents of enterprises: %w", err)
	}
	firms := make([]Firm, len(rows))
	for i, r := range rows {
		firms[i] = Firm{r.Org, r.Name, r.Zone, r.Open, r.Late, r.PastHard, r.Told, r.Oldest, r.Waiting.Time}
	}
	return firms, nil
}

// oversees narrows a zone to the scope's own line.
func oversees(sc authz.Scope, zone string) (string, error) {
	if err := sc.Require(authz.BureauView); err != nil {
		return "", err
	}
	if sc.Division != "" && sc.Role == authz.DistrictBureau {
		if zone != "" && zone != sc.Division {
			return "", errs.Missing()
		}
		return sc.Division, nil
	}
	return zone, nil
}

// Areas sums enterprises up by reporting line, in the order of the enterprises.
func Areas(firms []Firm) []Area {
	var areas []Area
	at := map[string]int{}
	for _, f := range firms {
		i, ok := at[f.Zone]
		if !ok {
			i = len(areas)
			at[f.Zone] = i
			areas = append(areas, Area{Zone: f.Zone})
		}
		a := &areas[i]
		a.Firms, a.Open, a.Late, a.PastHard, a.Told = a.Firms+1, a.Open+f.Open, a.Late+f.Late, a.PastHard+f.PastHard, a.Told+f.Told
		a.Oldest, a.Waiting = earlier(a.Oldest, f.Oldest), earlier(a.Waiting, f.Waiting)
	}
	return areas
}

// earlier is the earlier of two instants, of which zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// Running is an open incident as the bureau sees it.
type Running struct {
	ID       int64
	Kind     string
	Detected time.Time
	Steps    []plan.Step // without names
}

const sqlRunning = `select i.id, i.kind, i.detected_at from incident i
    where i.org_id = $1 and i.state = 'open' and not i.drill order by i.detected_at, i.id`

const sqlEnterprise = `select coalesce(nullif(o.short_name, ''), o.name) as name, coalesce(o.admin_zone, '') as zone from org o
    where o.id = $1 and o.kind = 'enterprise' and ($2::text = '' or o.admin_zone = $2)`

// Enterprise reads the clocks of one enterprise's open incidents. One out of reach is NotFound.
func (s *Service) Enterprise(ctx context.Context, sc authz.Scope, org int32, at time.Time) (Firm, []Running, error) {
	f := Firm{Org: org}
	zone, err := oversees(sc, "")
	if err != nil {
		return f, nil, err
	}
	var running []Running
	err = s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		var head struct {
			Name string `db:"name"`
			Zone string `db:"zone"`
		}
		if err := tx.GetContext(ctx, &head, sqlEnterprise, org, zone); err != nil {
			return db.OneRow(err)
		}
		f.Name, f.Zone = head.Name, head.Zone
		firms, err := firmsIn(ctx, tx, zone, org, at)
		if err != nil {
			return err
		}
		if len(firms) == 1 {
			f = firms[0]
		}
		running, err = runningIn(ctx, tx, org)
		return err
	})
	return f, running, err
}

func runningIn(ctx context.Context, q db.Q, org int32) ([]Running, error) {
	var rows []struct {
		ID       int64     `db:"id"`
		Kind     string    `db:"kind"`
		Detected time.Time `db:"detected_at"`
	}
	if err := q.SelectContext(ctx, &rows, sqlRunning, org); err != nil {
		return nil, fmt.Errorf("read open incidents: %w", err)
	}
	list := make([]int64, len(rows))
	for i, r := range rows {
		list[i] = r.ID
	}
	steps, err := clocks(ctx, q, sqlClocksOf, org, list)
	if err != nil {
		return nil, err
	}
	out := make([]Running, len(rows))
	for i, r := range rows {
		out[i] = Running{r.ID, r.Kind, r.Detected, steps[r.ID]}
	}
	return out, nil
}
