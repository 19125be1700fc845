package rollup

import (
	"context"
	"fmt"
	"sort"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

// Group is one line of a bureau table: a zone, an industry or an enterprise.
type Group struct {
	Key     string  `db:"key"` // division code, industry code or org id
	Orgs    int     `db:"orgs"`
	Resumed int     `db:"resumed"` // enterprises that work, in part or in full
	Org     OrgInfo `db:"org"`     // of a group that is one enterprise
	Figures
	Hidden bool `db:"-"` // too few people, or needed to hide another
}

// OrgInfo is what is publicly known of an enterprise.
type OrgInfo struct {
	Name     string `db:"name"`
	Zone     string `db:"zone"`
	Industry string `db:"industry"`
	Size     string `db:"size"`
	Resume   string `db:"resume"`
}

// View is what the bureau sees of a set of enterprises: the total, its parts worst first, and the last weeks.
type View struct {
	AsOf    time.Time // of the oldest snapshot among the enterprises
	Orgs    int
	Resumed int
	Total   Figures
	Hidden  bool    // the set as a whole is too small
	Org     OrgInfo // of a view of one enterprise
	Groups  []Group
	Trend   []WeekPoint
}

// Filter narrows a view. The scope's own division always narrows further.
type Filter struct {
	Zone     string
	Industry string
	Size     string
	Resume   string
}

// By is what a view is grouped by.
type By string

// The groupings.
const (
	ByZone     By = "zone"
	ByIndustry By = "industry"
	ByOrg      By = "org"
)

const fragGroup = `min(coalesce(nullif(o.short_name, ''), o.name)) as "org.name", min(coalesce(o.admin_zone, '')) as "org.zone",
        min(o.industry) as "org.industry", min(o.size) as "org.size", min(o.resume_status) as "org.resume", count(*) as orgs, count(*) filter (where o.resume_status in ('partial', 'full')) as resumed,
        min(n.as_of) as as_of, sum(n.headcount) as headcount, sum(n.owed) as owed, sum(n.tested) as tested,
        sum(n.due_soon) as due_soon, sum(n.pending) as pending, sum(n.overdue + n.result_late) as overdue, sum(n.result_late) as result_late,
        sum(n.no_record) as no_record, sum(n.exempt) as exempt, sum(n.off_post) as off_post, sum(n.held) as held,
        sum(n.symptoms_24h) as symptoms
    from org_now n join org o on o.id = n.org_id
    where o.kind = 'enterprise' and o.active and ($1 = '' or o.admin_zone = $1) and ($2 = '' or o.industry = $2)
        and ($3 = '' or o.size = $3) and ($4 = '' or o.resume_status = $4)
    group by 1`

const (
	sqlByZone     = `select coalesce(o.admin_zone, '') as key, ` + fragGroup
	sqlByIndustry = `select o.industry as key, ` + fragGroup
	sqlByOrg      = `select o.id::text as key, ` + fragGroup
)

var groupings = map[By]string{ByZone: sqlByZone, ByIndustry: sqlByIndustry, ByOrg: sqlByOrg}

const sqlTrend = `select w.week, sum(w.owed) as owed, sum(w.tested) as tested, bool_and(w.frozen_at is not null) as frozen,
        min(w.as_of) as as_of
    from org_week w join org o on o.id = w.org_id
    where o.kind = 'enterprise' and o.active and ($1 = '' or o.admin_zone = $1) and ($2 = '' or o.industry = $2)
        and ($3 = '' or o.size = $3) and ($4 = '' or o.resume_status = $4)
        and w.week > $5::date - 7 * $6::integer and w.week <= $5::date
    group by w.week order by w.week`

// Bureau reads the snapshot of the enterprises in the scope's reach, grouped, worst first.
func (s *Service) Bureau(ctx context.Context, sc authz.Scope, f Filter, by By, zone *time.Location, at time.Time) (View, error) {
	f, err := reach(sc, f)
	if err != nil {
		return View{}, err
	}
	statement, ok := groupings[by]
	if !ok {
		return View{}, errs.Missing()
	}
	var v View
	monday, _ := week(at, zone)
	err = s.db.Stale(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		v = View{}
		var rows []struct {
			Group
			AsOf time.Time `db:"as_of"`
		}
		if err := tx.SelectContext(ctx, &rows, statement, f.Zone, f.Industry, f.Size, f.Resume); err != nil {
			return fmt.Errorf("read snapshot: %w", err)
		}
		for _, r := range rows {
			v.Groups = append(v.Groups, r.Group)
			v.Total, v.Orgs, v.Resumed = v.Total.Add(r.Figures), v.Orgs+r.Orgs, v.Resumed+r.Resumed
			if v.AsOf.IsZero() || r.AsOf.Before(v.AsOf) {
				v.AsOf = r.AsOf
			}
		}
		return tx.SelectContext(ctx, &v.Trend, sqlTrend, f.Zone, f.Industry, f.Size, f.Resume, monday, Weeks)
	})
	v.hideSmall()
	return v, err
}

// reach narrows the filter to the divisions the scope oversees.
func reach(sc authz.Scope, f Filter) (Filter, error) {
	if err := sc.Require(authz.BureauView); err != nil {
		return f, err
	}
	if sc.Role == authz.DistrictBureau {
		if f.Zone != "" && f.Zone != sc.Division {
			return f, errs.Missing()
		}
		f.Zone = sc.Division
	}
	return f, nil
}

func (v *View) hideSmall() {
	v.Hidden = v.Total.Owed > 0 && v.Total.Owed < SmallCell
	sort.SliceStable(v.Groups, func(i, j int) bool {
		a, b := v.Groups[i], v.Groups[j]
		if a.Rate() != b.Rate() {
			return a.Rate() < b.Rate()
		}
		return a.Untested() > b.Untested()
	})
	owed := make([]int, len(v.Groups))
	for i, g := range v.Groups {
		owed[i] = g.Owed
	}
	for i, hidden := range Suppress(owed) {
		if hidden || v.Hidden {
			g := v.Groups[i]
			v.Groups[i] = Group{Key: g.Key, Orgs: g.Orgs, Resumed: g.Resumed, Org: g.Org, Hidden: true}
		}
	}
}

// Cell is one group's week in a heat map.
type Cell struct {
	Key    string    `db:"key"`
	Week   time.Time `db:"week"`
	Owed   int       `db:"owed"`
	Tested int       `db:"tested"`
	Hidden bool      `db:"-"`
}

const fragHeat = `w.week, sum(w.owed) as owed, sum(w.tested) as tested
    from org_week w join org o on o.id = w.org_id
    where o.kind = 'enterprise' and o.active and ($1 = '' or o.admin_zone = $1) and ($2 = '' or o.industry = $2)
        and w.week > $3::date - 7 * $4::integer and w.week <= $3::date
    group by 1, 2 order by 1, 2`

const (
	sqlHeatZone     = `select coalesce(o.admin_zone, '') as key, ` + fragHeat
	sqlHeatIndustry = `select o.industry as key, ` + fragHeat
)

// Heat reads the groups' last weeks; small cells are hidden, week by week.
func (s *Service) Heat(ctx context.Context, sc authz.Scope, f Filter, by By, zone *time.Location, at time.Time) ([]Cell, error) {
	f, err := reach(sc, f)
	if err != nil {
		return nil, err
	}
	statement := sqlHeatZone
	if by == ByIndustry {
		statement = sqlHeatIndustry
	}
	monday, _ := week(at, zone)
	var cells []Cell
	err = s.db.Stale(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		cells = nil
		return tx.SelectContext(ctx, &cells, statement, f.Zone, f.Industry, monday, Weeks)
	})
	if err != nil {
		return nil, fmt.Errorf("read heat map: %w", err)
	}
	byWeek := map[time.Time][]int{}
	for i, c := range cells {
		byWeek[c.Week] = append(byWeek[c.Week], i)
	}
	for _, at := range byWeek {
		owed := make([]int, len(at))
		for k, i := range at {
			owed[k] = cells[i].Owed
		}
		for k, hidden := range Suppress(owed) {
			if hidden {
				cells[at[k]].Owed, cells[at[k]].Tested, cells[at[k]].Hidden = 0, 0, true
			}
		}
	}
	return cells, nil
}

const sqlOneOrg = `select o.id::text as key, coalesce(nullif(o.short_name, ''), o.name) as "org.name", coalesce(o.admin_zone, '') as "org.zone",
        o.industry as "org.industry", o.size as "org.size", o.resume_status as "org.resume", 1 as orgs,
        (o.resume_status in ('partial', 'full'))::integer as resumed, n.headcount, n.owed, n.tested, n.due_soon, n.pending,
        n.overdue + n.result_late as overdue, n.result_late, n.no_record, n.exempt, n.off_post, n.held, n.symptoms_24h as symptoms, n.as_of
    from org_now n join org o on o.id = n.org_id
    where o.id = $1 and o.kind = 'enterprise' and o.active and ($2 = '' or o.admin_zone = $2)`

// Enterprise reads one enterprise in the scope's reach: its snapshot and its weeks, never a person.
func (s *Service) Enterprise(ctx context.Context, sc authz.Scope, org int32, zone *time.Location, at time.Time) (View, error) {
	f, err := reach(sc, Filter{})
	if err != nil {
		return View{}, err
	}
	monday, _ := week(at, zone)
	var v View
	err = s.db.Stale(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		v = View{Orgs: 1}
		var r struct {
			Group
			AsOf time.Time `db:"as_of"`
		}
		if err := tx.GetContext(ctx, &r, sqlOneOrg, org, f.Zone); err != nil {
			return db.OneRow(err)
		}
		v.AsOf, v.Total, v.Org, v.Resumed = r.AsOf, r.Figures, r.Org, r.Resumed
		return tx.SelectContext(ctx, &v.Trend, sqlOrgTrend, org, monday, Weeks)
	})
	if err == nil && v.Total.Owed > 0 && v.Total.Owed < SmallCell {
		v.Hidden, v.Total, v.Trend = true, Figures{Headcount: v.Total.Headcount}, nil
	}
	return v, err
}
