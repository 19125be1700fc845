package rollup

import (
	"context"
	"database/sql"
	"fmt"
	"sort"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

// qualityFigures count person-checks: a person at a check instant who by either knowledge owed tests.
type qualityFigures struct {
	Checks int `db:"checks"`
	Shown  int `db:"shown"`  // overdue, or its result late
	False  int `db:"false"`  // of those shown, the ones that the records of today say were not
	Missed int `db:"missed"` // that the records of today say were overdue and that were not shown so
}

// Overdue is how many checks the records of today call overdue.
func (f qualityFigures) Overdue() int { return f.Shown - f.False + f.Missed }

// Rightness is how right the program was in a week, for an enterprise or a set of them.
type Rightness struct {
	Week    time.Time `db:"week"` // the Monday, a civil date
	Orgs    int       `db:"orgs"`
	People  int       `db:"people"`  // who were checked
	Wronged int       `db:"wronged"` // of those, the ones called overdue at least once when they were not
	qualityFigures

	Results   int           `db:"results"`    // of swabs taken in the week
	InDay     int           `db:"in_day"`     // of those, known within 24 hours of the swab
	Median    sql.NullInt64 `db:"median"`     // minutes from swab to result; of a set, the median of the enterprises' medians
	Reminders int           `db:"reminders"`  // messages sent in the week
	Twice     int           `db:"twice"`      // of those, the ones that went out before to the same recipient for the same step
	AsOf      time.Time     `db:"as_of"`      // of the oldest count
	Recount   Recount       `db:"-"`          // of the frozen week
	Key       string        `db:"key"`        // of a group: division code, or org id
	Name      string        `db:"name"`       // of a group that is an enterprise
	Zone      string        `db:"admin_zone"` // of a group that is an enterprise
	Hidden    bool          `db:"-"`          // too few people, or needed to hide another
}

// Recount is the test rate of a week as frozen at its cut-off, and as the records of today tell it.
type Recount struct {
	Owed, Tested       int // as frozen
	OwedNow, TestedNow int // counted again
}

// Differs reports whether the week says something else by now.
func (r Recount) Differs() bool { return r.Owed != r.OwedNow || r.Tested != r.TestedNow }

const fragRight = `count(*) as orgs, sum(q.people) as people, sum(q.people_wronged) as wronged, sum(q.checks) as checks,
        sum(q.shown_overdue) as shown, sum(q.false_overdue) as "false", sum(q.missed_overdue) as missed, sum(q.results) as results,
        sum(q.results_in_day) as in_day, percentile_disc(0.5) within group (order by q.median_minutes) as median,
        sum(q.reminders) as reminders, sum(q.reminders_twice) as twice, min(q.computed_at) as as_of`

const sqlRightWeeks = `select q.week, ` + fragRight + `,
        coalesce(sum(w.owed), 0) as owed, coalesce(sum(w.tested), 0) as tested, coalesce(sum(w.recount_owed), 0) as owed_now,
        coalesce(sum(w.recount_tested), 0) as tested_now
    from quality_week q
        join org o on o.id = q.org_id
        left join org_week w on w.org_id = q.org_id and w.week = q.week and w.recounted_at is not null
    where o.kind = 'enterprise' and o.active and ($1::integer = 0 or o.id = $1) and ($2::text = '' or o.admin_zone = $2)
        and q.week > $3::date - 7 * $4::integer and q.week <= $3::date
    group by q.week order by q.week`

const (
	sqlRightZones = `select coalesce(o.admin_zone, '') as key, ` + fragRight + `
    from quality_week q join org o on o.id = q.org_id
    where o.kind = 'enterprise' and o.active and ($1::text = '' or o.admin_zone = $1) and q.week = $2::date
    group by 1`
	sqlRightOrgs = `select o.id::text as key, min(coalesce(nullif(o.short_name, ''), o.name)) as name, min(coalesce(o.admin_zone, '')) as admin_zone, ` + fragRight + `
    from quality_week q join org o on o.id = q.org_id
    where o.kind = 'enterprise' and o.active and ($1::text = '' or o.admin_zone = $1) and q.week = $2::date
    group by o.id`
)

// RightView is what a reader sees of how right the program was.
type RightView struct {
	Weeks      []Rightness // the oldest first; the running week is the last
	Week       Rightness   // the one looked at
	Zones      []Rightness // of that week, worst first; nil in an enterprise's own view
	Orgs       []Rightness
	SnapshotAt time.Time // of the figures that the bureau sees; zero if there are none yet
}

// Everyones reports whether a scope sees the enterprises of divisions rather than its own.
func Everyones(sc authz.Scope) bool { return sc.Can(authz.BureauView) || sc.Can(authz.AuditAll) }

// View reads the weeks of the scope's own enterprise; for the bureau those of the enterprises in its reach, narrowed to a zone, and
// the parts of one week. Without a week it is the last one that has ended.
func (s *Quality) View(ctx context.Context, sc authz.Scope, zone string, monday time.Time, in *time.Location, at time.Time) (RightView, error) {
	var v RightView
	if err := sc.Require(authz.QualityView); err != nil {
		return v, err
	}
	org, zone, err := qualityReach(sc, zone)
	if err != nil {
		return v, err
	}
	running, _ := week(at, in)
	tenant := db.Tenant{Org: sc.Org, Bureau: org == 0}
	err = s.db.Stale(ctx, tenant, func(tx *sqlx.Tx) error {
		v = RightView{}
		if v.Weeks, err = rightWeeks(ctx, tx, org, zone, running); err != nil {
			return err
		}
		if v.SnapshotAt, err = snapshotOf(ctx, tx); err != nil {
			return err
		}
		v.choose(monday, running)
		if org != 0 {
			return nil
		}
		if err := tx.SelectContext(ctx, &v.Zones, sqlRightZones, zone, v.Week.Week); err != nil {
			return fmt.Errorf("read zones: %w", err)
		}
		if err := tx.SelectContext(ctx, &v.Orgs, sqlRightOrgs, zone, v.Week.Week); err != nil {
			return fmt.Errorf("read enterprises: %w", err)
		}
		return nil
	})
	if org == 0 {
		v.hideFew()
	}
	return v, err
}

// qualityReach says which enterprise is looked at, or 0 and within which zone.
func qualityReach(sc authz.Scope, zone string) (int32, string, error) {
	switch {
	case sc.Can(authz.BureauView):
		f, err := reach(sc, Filter{Zone: zone})
		return 0, f.Zone, err
	case Everyones(sc):
		return 0, zone, nil
	case zone != "":
		return 0, "", errs.Missing()
	}
	return sc.Org, "", nil
}

func rightWeeks(ctx context.Context, q db.Q, org int32, zone string, running time.Time) ([]Rightness, error) {
	var rows []struct {
		Rightness
		Owed      int `db:"owed"`
		Tested    int `db:"tested"`
		OwedNow   int `db:"owed_now"`
		TestedNow int `db:"tested_now"`
	}
	if err := q.SelectContext(ctx, &rows, sqlRightWeeks, org, zone, running, Weeks); err != nil {
		return nil, fmt.Errorf("read quality: %w", err)
	}
	out := make([]Rightness, len(rows))
	for i, r := range rows {
		out[i] = r.Rightness
		out[i].Recount = Recount{r.Owed, r.Tested, r.OwedNow, r.TestedNow}
	}
	return out, nil
}

// choose picks the week asked for, else the last that has ended, else the running one.
func (v *RightView) choose(monday, running time.Time) {
	for _, w := range v.Weeks {
		if w.Week.Equal(monday) || monday.IsZero() && (w.Week.Before(running) || v.Week.Orgs == 0) {
			v.Week = w
		}
	}
}

// hideFew sorts the parts worst first and hides those in which a figure would point at a person.
func (v *RightView) hideFew() {
	for i := range v.Weeks {
		v.Weeks[i].hide(v.Weeks[i].few())
	}
	v.Week.hide(v.Week.few())
	for _, parts := range [][]Rightness{v.Zones, v.Orgs} {
		sort.SliceStable(parts, func(i, j int) bool { return parts[i].worse(parts[j]) })
		people := make([]int, len(parts))
		for i, p := range parts {
			people[i] = p.People
		}
		for i, hidden := range Suppress(people) {
			parts[i].hide(hidden || v.Week.Hidden)
		}
		// Where a hidden part stood would tell how bad it is.
		sort.SliceStable(parts, func(i, j int) bool {
			a, b := parts[i], parts[j]
			return b.Hidden && (!a.Hidden || a.Key < b.Key)
		})
	}
}

func (r *Rightness) few() bool { return r.People > 0 && r.People < SmallCell }

func (r *Rightness) hide(hidden bool) {
	if hidden {
		*r = Rightness{Week: r.Week, Orgs: r.Orgs, Key: r.Key, Name: r.Name, Zone: r.Zone, AsOf: r.AsOf, Hidden: true}
	}
}

// worse orders by the share of false alarms, then by their number, then by key.
func (r Rightness) worse(o Rightness) bool {
	a, b := r.False*max(o.Shown, 1), o.False*max(r.Shown, 1)
	if a != b {
		return a > b
	}
	if r.False != o.False {
		return r.False > o.False
	}
	return r.Key < o.Key
}
