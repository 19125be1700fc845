package rollup

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
)

// Overview is what a page of the bureau shows of a set of enterprises: the total and its trend, and the same total parted in three
// ways. All of it is of one snapshot.
type Overview struct {
	View                     // without groups
	Zones, Industries, Worst []Group
	Heat                     []Cell // the zones' last weeks
}

// With is the total parted in one of the ways.
func (o Overview) With(groups []Group) View {
	v := o.View
	v.Groups = groups
	return v
}

const sqlAreasNow = `select n.zone, n.industry, n.orgs, n.resumed, n.headcount, n.owed, n.tested, n.due_soon, n.pending,
        n.overdue + n.result_late as overdue, n.result_late, n.no_record, n.exempt, n.off_post, n.held, n.symptoms_24h as symptoms
    from area_now n` + fragReach + ` order by n.zone, n.industry`

type areaRow struct {
	Zone     string `db:"zone"`
	Industry string `db:"industry"`
	Group
}

// Overview reads the snapshot of a zone, an industry or the whole reach of the scope, with its worst enterprises. Sizes and states
// of work do not narrow it.
func (s *Service) Overview(ctx context.Context, sc authz.Scope, f Filter, worst int, zone *time.Location, at time.Time) (Overview, error) {
	f, err := reach(sc, f)
	if err != nil {
		return Overview{}, err
	}
	f.Size, f.Resume = "", ""
	var o Overview
	monday, _ := week(at, zone)
	err = s.db.Stale(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		o = Overview{}
		if o.AsOf, err = snapshotOf(ctx, tx); err != nil {
			return err
		}
		var rows []areaRow
		if err := tx.SelectContext(ctx, &rows, sqlAreasNow, f.Zone, f.Industry); err != nil {
			return fmt.Errorf("read areas: %w", err)
		}
		o.part(rows)
		l, err := orgs(ctx, tx, f, OrgList{Limit: worst})
		if err != nil {
			return err
		}
		o.Worst = l.Groups
		o.Heat, err = heat(ctx, tx, f, ByZone, monday, TrendWeeks)
		return err
	})
	if err != nil {
		return o, err
	}
	o.Trend = trendOf(o.Heat, monday, o.AsOf)
	o.hide(monday.AddDate(0, 0, -7*Weeks))
	return o, nil
}

// part sums the areas up by zone and by industry.
func (o *Overview) part(rows []areaRow) {
	zones, industries := parts{}, parts{}
	for _, r := range rows {
		zones.add(r.Zone, r.Group)
		industries.add(r.Industry, r.Group)
	}
	o.Zones, o.Industries = zones.groups, industries.groups
	v := o.With(o.Zones)
	v.total()
	v.Groups = nil
	o.View = v
}

// parts gathers groups by key.
type parts struct {
	groups []Group
	at     map[string]int
}

func (p *parts) add(key string, g Group) {
	i, ok := p.at[key]
	if !ok {
		if p.at == nil {
			p.at = map[string]int{}
		}
		i = len(p.groups)
		p.at[key] = i
		p.groups = append(p.groups, Group{Key: key})
	}
	sum := &p.groups[i]
	sum.Orgs, sum.Resumed, sum.Figures = sum.Orgs+g.Orgs, sum.Resumed+g.Resumed, sum.Add(g.Figures)
}

// hide sorts the parts, hides small cells in each of them and keeps of the weeks those after an instant.
func (o *Overview) hide(after time.Time) {
	for _, groups := range [][]Group{o.Zones, o.Industries} {
		v := o.With(groups)
		v.hideSmall()
		o.Hidden = v.Hidden
	}
	for i, g := range o.Worst {
		if g.Hidden {
			o.Worst[i] = g.veiled()
		}
	}
	var kept []Cell
	for _, c := range o.Heat {
		if c.Week.After(after) {
			kept = append(kept, c)
		}
	}
	hideCells(kept)
	o.Heat = kept
}
