package rulebook

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/jobs"
	"github.com/fugong/fugong/internal/regime"
)

// Preview is how many samples a change would ask for, counted before it is confirmed. It holds no person.
type Preview struct {
	At     time.Time `json:"at"`   // when it was counted
	Zone   string    `json:"zone"` // of the days
	Days   []string  `json:"days"` // civil dates, the first the one on which the change takes effect
	Orgs   int       `json:"orgs"`
	Total  Group     `json:"total"`
	Groups []Group   `json:"groups"` // reporting lines of a division, teams of an enterprise
}

// Group is one part of a preview.
type Group struct {
	Key     string `json:"key"`    // division code, or "workshop / team"; empty for people without
	People  int    `json:"people"` // on duty when the change takes effect
	Before  Counts `json:"before"` // samples due by day under the rules as they are
	After   Counts `json:"after"`  // and as they would be
	Overdue int    `json:"overdue"`
	Blocked int    `json:"blocked"`
}

// More is how many samples more are due in the first n days.
func (g Group) More(n int) int { return g.After.Sum(n) - g.Before.Sum(n) }

// look counts one person.
func (g *Group) look(o outlook) {
	one := Group{Before: o.before, After: o.after}
	if o.onDuty {
		one.People = 1
	}
	if o.overdue {
		one.Overdue = 1
	}
	if o.blocked {
		one.Blocked = 1
	}
	g.add(one)
}

func (g *Group) add(o Group) {
	g.People, g.Overdue, g.Blocked = g.People+o.People, g.Overdue+o.Overdue, g.Blocked+o.Blocked
	for i := range Days {
		g.Before[i] += o.Before[i]
		g.After[i] += o.After[i]
	}
}

// affected is an enterprise that a change concerns.
type affected struct {
	ID     int32  `db:"id"`
	Active bool   `db:"active"`
	Line   string `db:"line"`
	Zone   string `db:"time_zone"`
	People int64  `db:"people"`
}

const sqlAffected = `select o.id, o.active, coalesce(o.admin_zone, '') as line, o.time_zone,
        (select count(*) from employee e where e.org_id = o.id and e.work_status <> 'resigned') as people
    from org o
    where o.kind = 'enterprise' and case when $2 <> 0 then o.id = $2
        else $1 in (o.gb_district, o.admin_zone) or $1 in (select code from division where kind = 'city') end
    order by o.id`

// concerned lists the enterprises of a place.
func (w tasks) concerned(ctx context.Context, p Place) (orgs []affected, err error) {
	err = w.db.Read(ctx, db.Tenant{System: true}, func(tx *sqlx.Tx) error {
		orgs = nil
		return tx.SelectContext(ctx, &orgs, sqlAffected, p.Division, p.Enterprise)
	})
	if err != nil {
		return nil, fmt.Errorf("enterprises of %s: %w", p.Origin(), err)
	}
	return orgs, nil
}

func headcount(orgs []affected) (people int64) {
	for _, o := range orgs {
		people += o.People
	}
	return people
}

func (w tasks) loadForJob(ctx context.Context, id int64) (c Change, err error) {
	err = w.db.Read(ctx, db.Tenant{System: true}, func(tx *sqlx.Tx) error {
		c, err = load(ctx, tx, id)
		return err
	})
	return c, err
}

const sqlStorePreview = `update rule_change set preview = $2, previewed_at = $3 where id = $1 and state = 'proposed'`

// preview is the task that counts what a proposed change would ask for.
func (w tasks) preview(ctx context.Context, t jobs.Task, _ bool, progress jobs.Progress) error {
	c, err := w.loadForJob(ctx, t.Ref)
	if err != nil || c.State != Proposed {
		return err
	}
	p, err := w.count(ctx, c, w.clock.Now(), progress)
	if err != nil {
		return fmt.Errorf("preview of change %d: %w", c.ID, err)
	}
	return w.db.InTx(ctx, db.Tenant{System: true}, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, sqlStorePreview, c.ID, db.J(p), p.At); err != nil {
			return fmt.Errorf("store preview: %w", err)
		}
		return nil
	})
}

// count evaluates everyone whom a change concerns, enterprise by enterprise.
func (w tasks) count(ctx context.Context, c Change, now time.Time, progress jobs.Progress) (Preview, error) {
	orgs, err := w.concerned(ctx, c.Place)
	if err != nil {
		return Preview{}, err
	}
	orgs = slices.DeleteFunc(orgs, func(o affected) bool { return !o.Active })
	people := headcount(orgs)
	zone, err := w.zoneOf(c, orgs)
	if err != nil {
		return Preview{}, err
	}
	k := &counter{tasks: w, change: c, window: newWindow(now, c.EffectiveAt, zone), groups: map[string]*Group{},
		step: func(done int64) { progress(min(done, people), people) }}
	for _, o := range orgs {
		if err := k.org(ctx, o); err != nil {
			return Preview{}, fmt.Errorf("org %d: %w", o.ID, err)
		}
	}
	p := k.result()
	p.At, p.Zone, p.Orgs = now, zone.String(), len(orgs)
	return p, nil
}

// zoneOf is where the days of a preview are counted: an enterprise's own zone, or the default pack's.
func (w tasks) zoneOf(c Change, orgs []affected) (*time.Location, error) {
	if c.Enterprise != 0 && len(orgs) == 1 {
		return clock.Zone(orgs[0].Zone)
	}
	p, err := regime.Builtin(DefaultPack)
	if err != nil {
		return nil, err
	}
	return clock.Zone(p.TZ)
}

// counter adds up the outlooks of people by group.
type counter struct {
	tasks
	change Change
	window window
	groups map[string]*Group
	total  Group
	done   int64
	step   func(done int64)
}

// org counts the people of one enterprise in one snapshot of its records.
func (k *counter) org(ctx context.Context, o affected) error {
	var part map[string]*Group
	done := k.done
	err := k.db.Read(ctx, db.Tenant{Org: o.ID, System: true}, func(tx *sqlx.Tx) error {
		part, k.done = map[string]*Group{}, done // it may be tried again
		before, after, err := k.without(ctx, tx, o.ID, k.change)
		if err != nil {
			return err
		}
		key := func(int64) string { return o.Line }
		if k.change.Enterprise != 0 {
			teams, err := teams(ctx, tx, o.ID)
			if err != nil {
				return err
			}
			key = func(employee int64) string { return teams[employee] }
		}
		return k.standings.Everyone(ctx, tx, o.ID, k.window.now, func(employee int64, f regime.Facts) error {
			groupOf(part, key(employee)).look(forecast(before, after, f, k.window))
			k.done++
			k.step(k.done)
			return nil
		})
	})
	for key, g := range part {
		groupOf(k.groups, key).add(*g)
		k.total.add(*g)
	}
	return err
}

func groupOf(groups map[string]*Group, key string) *Group {
	g := groups[key]
	if g == nil {
		g = &Group{Key: key}
		groups[key] = g
	}
	return g
}

func (k *counter) result() Preview {
	p := Preview{Total: k.total}
	for i := range Days {
		p.Days = append(p.Days, k.window.borders[i].In(k.window.borders[1].Location()).Format(time.DateOnly))
	}
	for _, g := range k.groups {
		p.Groups = append(p.Groups, *g)
	}
	slices.SortFunc(p.Groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.More(Days), a.More(Days)), strings.Compare(a.Key, b.Key))
	})
	return p
}

// without returns an org's rules as they are, and as they would be with the change.
func (b *Book) without(ctx context.Context, q db.Q, org int32, c Change) (before, after regime.Rules, err error) {
	e, err := b.readOne(ctx, q, org)
	if err != nil {
		return before, after, err
	}
	after, err = b.rules(ctx, q, e.base, append(slices.Clone(e.changes), supposed(c)))
	return e.rules, after, err
}

const sqlTeams = `select e.id, trim(both ' /' from t.workshop || ' / ' || t.name) as team
    from employee e join team t on t.org_id = e.org_id and t.id = e.team_id where e.org_id = $1`

// teams names the teams of an enterprise's people.
func teams(ctx context.Context, q db.Q, org int32) (map[int64]string, error) {
	var rows []struct {
		ID   int64  `db:"id"`
		Team string `db:"team"`
	}
	if err := q.SelectContext(ctx, &rows, sqlTeams, org); err != nil {
		return nil, fmt.Errorf("read teams: %w", err)
	}
	out := make(map[int64]string, len(rows))
	for _, r := range rows {
		out[r.ID] = r.Team
	}
	return out, nil
}
