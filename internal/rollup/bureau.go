package rollup

import (
	"context"
	"fmt"
	"slices"
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
// An enterprise is called and classed as it was when the snapshot was made.
type OrgInfo struct {
	Name     string `db:"name"`
	Zone     string `db:"zone"`
	Industry string `db:"industry"`
	Size     string `db:"size"`
	Resume   string `db:"resume"`
}

// View is what the bureau sees of a set of enterprises: the total, its parts worst first, and the last weeks.
type View struct {
	AsOf    time.Time // of the snapshot; zero for a set of no enterprise
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

const fragSums = `, sum(n.orgs) as orgs, sum(n.resumed) as resumed, sum(n.headcount) as headcount, sum(n.owed) as owed,
        sum(n.tested) as tested, sum(n.due_soon) as due_soon, sum(n.pending) as pending, sum(n.overdue + n.result_late) as overdue,
        sum(n.result_late) as result_late, sum(n.no_record) as no_record, sum(n.exempt) as exempt, sum(n.off_post) as off_post,
        sum(n.held) as held, sum(n.symptoms_24h) as symptoms`

const fragReach = ` where ($1 = '' or n.zone = $1) and ($2 = '' or n.industry = $2)`

// fragFine is area_now as it would be if there were only enterprises of a size or a state of work.
const fragFine = ` from (select zone, industry, 1 as orgs, (resume_status in ('partial', 'full'))::integer as resumed, headcount, owed, tested, due_soon,
            pending, overdue, result_late, no_record, exempt, off_post, held, symptoms_24h
        from org_now where ($3 = '' or size = $3) and ($4 = '' or resume_status = $4)) n`

const (
	sqlByZone         = `select n.zone as key` + fragSums + ` from area_now n` + fragReach + ` group by 1`
	sqlByIndustry     = `select n.industry as key` + fragSums + ` from area_now n` + fragReach + ` group by 1`
	sqlByZoneFine     = `select n.zone as key` + fragSums + fragFine + fragReach + ` group by 1`
	sqlByIndustryFine = `select n.industry as key` + fragSums + fragFine + fragReach + ` group by 1`
)

const sqlSnapshot = db.Kept + `select coalesce(max(as_of), 'epoch') from snapshot`

// snapshotOf is the instant of the snapshot, zero before the first.
func snapshotOf(ctx context.Context, q db.Q) (time.Time, error) {
	var at time.Time
	if err := q.GetContext(ctx, &at, sqlSnapshot); err != nil {
		return at, fmt.Errorf("read snapshot: %w", err)
	}
	if at.Unix() == 0 {
		return time.Time{}, nil
	}
	return at, nil
}

// Bureau reads the snapshot of the enterprises in the scope's reach, grouped, worst first. Its trend knows no size and no state of
// work: it is that of the zone and the industry.
func (s *Service) Bureau(ctx context.Context, sc authz.Scope, f Filter, by By, zone *time.Location, at time.Time) (View, error) {
	f, err := reach(sc, f)
	if err != nil {
		return View{}, err
	}
	var v View
	monday, _ := week(at, zone)
	err = s.db.Stale(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		v = View{}
		if v.AsOf, err = snapshotOf(ctx, tx); err != nil {
			return err
		}
		if v.Groups, err = groups(ctx, tx, f, by); err != nil {
			return err
		}
		v.total()
		cells, err := heat(ctx, tx, f, ByZone, monday, Weeks)
		v.Trend = trendOf(cells, monday, v.AsOf)
		return err
	})
	v.hideSmall()
	return v, err
}

// groups reads the groups of a filter that is within reach.
func groups(ctx context.Context, q db.Q, f Filter, by By) ([]Group, error) {
	fine := f.Size != "" || f.Resume != ""
	var statement string
	switch {
	case by == ByOrg:
		l, err := orgs(ctx, q, f, OrgList{})
		return l.Groups, err
	case by == ByZone && fine:
		statement = sqlByZoneFine
	case by == ByZone:
		statement = sqlByZone
	case by == ByIndustry && fine:
		statement = sqlByIndustryFine
	case by == ByIndustry:
		statement = sqlByIndustry
	default:
		return nil, errs.Missing()
	}
	args := []any{f.Zone, f.Industry, f.Size, f.Resume}
	if !fine {
		args = args[:2]
	}
	var out []Group
	if err := q.SelectContext(ctx, &out, statement, args...); err != nil {
		return nil, fmt.Errorf("read snapshot: %w", err)
	}
	return out, nil
}

// total sums the groups up; a set of no enterprise has no instant.
func (v *View) total() {
	for _, g := range v.Groups {
		v.Total, v.Orgs, v.Resumed = v.Total.Add(g.Figures), v.Orgs+g.Orgs, v.Resumed+g.Resumed
	}
	if v.Orgs == 0 {
		v.AsOf = time.Time{}
	}
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
			v.Groups[i] = g.veiled()
		}
	}
}

// Cell is one group's week in a heat map.
type Cell struct {
	Key    string    `db:"key"`
	Week   time.Time `db:"week"`
	Owed   int       `db:"owed"`
	Tested int       `db:"tested"`
	Frozen bool      `db:"frozen"`
	AsOf   time.Time `db:"as_of"`
	Hidden bool      `db:"-"`
}

const fragHeat = `n.week, sum(n.owed) as owed, sum(n.tested) as tested, bool_and(n.frozen) as frozen, min(n.as_of) as as_of
    from area_week n` + fragReach + ` and n.week > $3::date - 7 * $4::integer and n.week <= $3::date
    group by 1, 2 order by 1, 2`

const (
	sqlHeatZone     = `select n.zone as key, ` + fragHeat
	sqlHeatIndustry = `select n.industry as key, ` + fragHeat
)

// Heat reads the groups' last weeks; small cells are hidden, week by week.
func (s *Service) Heat(ctx context.Context, sc authz.Scope, f Filter, by By, zone *time.Location, at time.Time) ([]Cell, error) {
	f, err := reach(sc, f)
	if err != nil {
		return nil, err
	}
	monday, _ := week(at, zone)
	var cells []Cell
	err = s.db.Stale(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		cells, err = heat(ctx, tx, f, by, monday, Weeks)
		return err
	})
	hideCells(cells)
	return cells, err
}

func heat(ctx context.Context, q db.Q, f Filter, by By, monday time.Time, weeks int) ([]Cell, error) {
	statement := sqlHeatZone
	if by == ByIndustry {
		statement = sqlHeatIndustry
	}
	var cells []Cell
	if err := q.SelectContext(ctx, &cells, statement, f.Zone, f.Industry, monday, weeks); err != nil {
		return nil, fmt.Errorf("read weeks of areas: %w", err)
	}
	return cells, nil
}

// trendOf sums the groups of each week. The running week is as old as the snapshot: its rows are written only when they move.
func trendOf(cells []Cell, monday, snapshot time.Time) []WeekPoint {
	byWeek := map[time.Time]*WeekPoint{}
	for _, c := range cells {
		p := byWeek[c.Week]
		if p == nil {
			p = &WeekPoint{Week: c.Week, Frozen: true, AsOf: c.AsOf}
			byWeek[c.Week] = p
		}
		p.Owed, p.Tested, p.Frozen = p.Owed+c.Owed, p.Tested+c.Tested, p.Frozen && c.Frozen
		if c.AsOf.Before(p.AsOf) {
			p.AsOf = c.AsOf
		}
	}
	out := make([]WeekPoint, 0, len(byWeek))
	for _, p := range byWeek {
		out = append(out, *p)
	}
	slices.SortFunc(out, func(a, b WeekPoint) int { return a.Week.Compare(b.Week) })
	return following(out, monday, snapshot)
}

// following gives the running week the instant of the snapshot.
func following(trend []WeekPoint, monday, snapshot time.Time) []WeekPoint {
	if n := len(trend); n > 0 && !trend[n-1].Frozen && trend[n-1].Week.Equal(monday) && snapshot.After(trend[n-1].AsOf) {
		trend[n-1].AsOf = snapshot
	}
	return trend
}

func hideCells(cells []Cell) {
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
}

const sqlOneOrg = `select o.id::text as key, coalesce(nullif(o.short_name, ''), o.name) as "org.name", coalesce(o.admin_zone, '') as "org.zone",
        o.industry as "org.industry", o.size as "org.size", o.resume_status as "org.resume", 1 as orgs,
        (o.resume_status in ('partial', 'full'))::integer as resumed, n.headcount, n.owed, n.tested, n.due_soon, n.pending,
        n.overdue + n.result_late as overdue, n.result_late, n.no_record, n.exempt, n.off_post, n.held, n.symptoms_24h as symptoms
    from org_now n join org o on o.id = n.org_id
    where o.id = $1 and o.kind = 'enterprise' and o.active and ($2 = '' or o.admin_zone = $2)`

// Enterprise reads one enterprise in the scope's reach: its snapshot and its weeks, never a person.
func (s *Service) Enterprise(ctx context.Context, sc authz.Scope, org int32, zone *time.Location, at time.Time) (View, error) {
	f, err := reach(sc, Filter{})
	if err != nil {
		return View{}, err
	}
	monday, _ := week(at, zone)
	v := View{Orgs: 1}
	err = s.db.Stale(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		var r Group
		if err := tx.GetContext(ctx, &r, sqlOneOrg, org, f.Zone); err != nil {
			return db.OneRow(err)
		}
		if v.AsOf, err = snapshotOf(ctx, tx); err != nil {
			return err
		}
		v.Total, v.Org, v.Resumed, v.Trend = r.Figures, r.Org, r.Resumed, nil
		err := tx.SelectContext(ctx, &v.Trend, sqlOrgTrend, org, monday, TrendWeeks)
		v.Trend = following(v.Trend, monday, v.AsOf)
		return err
	})
	if err == nil && v.Total.Owed > 0 && v.Total.Owed < SmallCell {
		v.Hidden, v.Total, v.Trend = true, Figures{Headcount: v.Total.Headcount}, nil
	}
	return v, err
}
