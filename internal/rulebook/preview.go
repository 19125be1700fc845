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
	"github.com/fugong/fugong/internal/platform/errs"
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

// count evaluates everyone whom a change concerns.
func (w tasks) count(ctx context.Context, c Change, now time.Time, progress jobs.Progress) (Preview, error) {
	orgs, err := w.concerned(ctx, c.Place)
	if err != nil {
		return Preview{}, err
	}
	orgs = slices.DeleteFunc(orgs, func(o affected) bool { return !o.Active })
	zone, err := w.zoneOf(c, orgs)
	if err != nil {
		return Preview{}, err
	}
	k := &counter{tasks: w, change: c, window: newWindow(now, c.EffectiveAt, zone), lines: make(map[int32]string, len(orgs)),
		groups: map[string]*Group{}, people: headcount(orgs), progress: progress}
	ids := make([]int32, len(orgs))
	for i, o := range orgs {
		ids[i], k.lines[o.ID] = o.ID, o.Line
	}
	if err := w.standings.EveryoneOf(ctx, ids, now, k.open); err != nil {
		return Preview{}, err
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
	change   Change
	window   window
	lines    map[int32]string // reporting line of each enterprise
	groups   map[string]*Group
	total    Group
	done     int64
	people   int64
	progress jobs.Progress
}

// open begins counting some enterprises, or some people of a large one.
func (k *counter) open(ctx context.Context, q db.Q, orgs []int32) (
	rests func(org int32, f regime.Facts) time.Time, take func(org int32, employee int64, f regime.Facts), done func(), err error) {
	rules, err := k.with(ctx, q, orgs, k.change)
	if err != nil {
		return nil, nil, nil, err
	}
	key := func(org int32, _ int64) string { return k.lines[org] }
	if k.change.Enterprise != 0 {
		names, err := teams(ctx, q, k.change.Enterprise)
		if err != nil {
			return nil, nil, nil, err
		}
		key = func(_ int32, employee int64) string { return names[employee] }
	}
	part, counted := map[string]*Group{}, int64(0)
	rests = func(org int32, f regime.Facts) time.Time { return rules[org].rests(f, k.window.now) }
	take = func(org int32, employee int64, f regime.Facts) {
		r := rules[org]
		groupOf(part, key(org, employee)).look(forecast(r.before, r.after, f, k.window))
		counted++
	}
	done = func() {
		for key, g := range part {
			groupOf(k.groups, key).add(*g)
			k.total.add(*g)
		}
		k.done += counted
		k.progress(min(k.done, k.people), k.people)
	}
	return rests, take, done, nil
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

// pair is the rules of an org as they are, and as they would be with a change.
type pair struct{ before, after regime.Rules }

// rests is how far back samples matter to either.
func (p pair) rests(f regime.Facts, at time.Time) time.Time {
	a, b := regime.Rests(p.before, f, at), regime.Rests(p.after, f, at)
	if a.Before(b) {
		return a
	}
	return b
}

func (b *Book) with(ctx context.Context, q db.Q, orgs []int32, c Change) (map[int32]pair, error) {
	entries, err := b.read(ctx, q, orgs)
	if err != nil {
		return nil, err
	}
	after := map[*entry]regime.Rules{} // many enterprises share an entry
	out := make(map[int32]pair, len(orgs))
	for _, org := range orgs {
		e := entries[org]
		if e == nil {
			return nil, fmt.Errorf("rules of org %d: %w", org, errs.Missing())
		}
		if _, known := after[e]; !known {
			if after[e], err = b.rules(ctx, q, e.base, append(slices.Clone(e.changes), supposed(c))); err != nil {
				return nil, fmt.Errorf("rules of org %d: %w", org, err)
			}
		}
		out[org] = pair{e.rules, after[e]}
	}
	return out, nil
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
