package incident

import (
	"context"
	"fmt"
	"github.com/fugong/fugong/internal/incident/plan"
	"slices"
	"time"

	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
)

// HoldsBegan opens an incident for new holds, in their transaction. It implements hold.Incidents.
//
// The members of one tube share an incident. A person who stands in an open one already joins it; holds that an incident put call
// for none. The deadlines count from at: that is when the enterprise learnt of it, however long the result lay at the laboratory.
func (s *Service) HoldsBegan(ctx context.Context, q db.Q, sc authz.Scope, began []hold.Began, at time.Time) error {
	began = slices.DeleteFunc(slices.Clone(began), func(b hold.Began) bool { return b.Source == Source })
	if len(began) == 0 {
		return nil
	}
	if err := lock(ctx, q, sc.Org); err != nil {
		return err
	}
	t, err := timesOf(ctx, q, s.rules, sc.Org, at)
	if err != nil {
		return err
	}
	b, err := newBeginning(ctx, s, q, sc, began, t, at)
	if err != nil {
		return err
	}
	for _, h := range began {
		if err := b.take(ctx, h); err != nil {
			return err
		}
	}
	return b.settle(ctx)
}

// beginning gathers what new holds lead to.
type beginning struct {
	*Service
	q      db.Q
	sc     authz.Scope
	t      times
	at     time.Time
	people map[int64]workplace
	open   map[int64]int64  // employee → open incident
	tubes  map[string]int64 // barcode → open incident of the tube
	opened []int64
	areas  map[int64][]workplace // of those opened: where its people work
}

const sqlStanding = `select p.employee_id, max(i.id) as incident_id from incident_person p
        join incident i on i.org_id = p.org_id and i.id = p.incident_id
    where p.org_id = $1 and p.employee_id = any($2::bigint[]) and p.state <> 'cleared' and i.state = 'open' and not i.drill
    group by 1`

const sqlTubes = `select i.episode, i.id from incident i
    where i.org_id = $1 and i.state = 'open' and not i.drill and starts_with(i.episode, 'tube:')`

func newBeginning(ctx context.Context, s *Service, q db.Q, sc authz.Scope, began []hold.Began, t times, at time.Time) (*beginning, error) {
	b := &beginning{Service: s, q: q, sc: sc, t: t, at: at, people: map[int64]workplace{}, open: map[int64]int64{},
		tubes: map[string]int64{}, areas: map[int64][]workplace{}}
	employees := make([]int64, len(began))
	for i, h := range began {
		employees[i] = h.Employee
	}
	places, err := workplaces(ctx, q, sc.Org, employees)
	if err != nil {
		return nil, err
	}
	for _, w := range places {
		b.people[w.Employee] = w
	}
	var standing []struct {
		Employee int64 `db:"employee_id"`
		Incident int64 `db:"incident_id"`
	}
	if err := q.SelectContext(ctx, &standing, sqlStanding, sc.Org, ids(employees)); err != nil {
		return nil, fmt.Errorf("find open incidents: %w", err)
	}
	for _, r := range standing {
		b.open[r.Employee] = r.Incident
	}
	var tubes []struct {
		Episode string `db:"episode"`
		ID      int64  `db:"id"`
	}
	if err := q.SelectContext(ctx, &tubes, sqlTubes, sc.Org); err != nil {
		return nil, fmt.Errorf("find open tubes: %w", err)
	}
	for _, r := range tubes {
		b.tubes[barcodeOf(r.Episode)] = r.ID
	}
	return b, nil
}

// take leads one hold to its incident.
func (b *beginning) take(ctx context.Context, h hold.Began) error {
	tube := tubeOf(h)
	if id, ok := b.open[h.Employee]; ok {
		return b.join(ctx, id, h)
	}
	if id, ok := b.tubes[tube]; ok && tube != "" {
		return b.member(ctx, id, h)
	}
	if tube != "" {
		id, err := b.insert(ctx, tubePrefix+tube+":"+instant(h.From), h)
		if err != nil {
			return err
		}
		if id != 0 {
			b.tubes[tube] = id
			return b.member(ctx, id, h)
		}
		// The tube's incident is closed. Who stood in it is done with; who is found to belong to it only now is a case of their own.
		if done, err := b.stoodIn(ctx, tubePrefix+tube+":"+instant(h.From), h.Employee); err != nil || done {
			return err
		}
	}
	id, err := b.insert(ctx, personEpisode(h.Employee, h.Kind, h.From), h)
	if err != nil || id == 0 {
		return err // 0: this episode was dealt with
	}
	return b.member(ctx, id, h)
}

const sqlStoodIn = `select exists (select from incident i join incident_person p on p.org_id = i.org_id and p.incident_id = i.id
    where i.org_id = $1 and i.episode = $2 and not i.drill and p.employee_id = $3 and p.role = 'index')`

func (b *beginning) stoodIn(ctx context.Context, episode string, employee int64) (bool, error) {
	var found bool
	if err := b.q.GetContext(ctx, &found, sqlStoodIn, b.sc.Org, episode, employee); err != nil {
		return false, fmt.Errorf("find episode: %w", err)
	}
	return found, nil
}

// insert opens an incident for a hold; 0 when its episode has one.
func (b *beginning) insert(ctx context.Context, episode string, h hold.Began) (int64, error) {
	id, err := nextIncident(ctx, b.q)
	if err != nil {
		return 0, err
	}
	ok, err := b.create(ctx, b.q, b.sc, head{id: id, kind: h.Kind, episode: episode, detected: b.at}, b.t, b.at)
	if err != nil || !ok {
		return 0, err
	}
	b.opened = append(b.opened, id)
	return id, nil
}

// member puts a person into an incident as one of those it is about.
func (b *beginning) member(ctx context.Context, id int64, h hold.Began) error {
	b.open[h.Employee] = id
	if slices.Contains(b.opened, id) {
		b.areas[id] = append(b.areas[id], b.people[h.Employee])
		return b.addIndex(ctx, id, h.Employee)
	}
	return b.join(ctx, id, h)
}

func (b *beginning) addIndex(ctx context.Context, id, employee int64) error {
	return addIndex(ctx, b.q, b.sc, id, employee, b.at)
}

const sqlKind = `select i.kind from incident i where i.org_id = $1 and i.id = $2 for no key update`

const sqlSetKind = `update incident set kind = $3 where org_id = $1 and id = $2`

// join adds a hold to an incident that runs already. A graver one gives it its kind, the steps that it lacks, and a new report.
func (b *beginning) join(ctx context.Context, id int64, h hold.Began) error {
	var kind string
	if err := b.q.GetContext(ctx, &kind, sqlKind, b.sc.Org, id); err != nil {
		return fmt.Errorf("incident to join: %w", err)
	}
	if err := b.addIndex(ctx, id, h.Employee); err != nil {
		return err
	}
	note := Body{Event: EventJoined, Kind: h.Kind, Employee: h.Employee}
	if err := b.notes.write(ctx, b.q, b.sc, id, stepKey{}, note, nil, b.at); err != nil {
		return err
	}
	if plan.Gravity(h.Kind) <= plan.Gravity(kind) {
		return nil
	}
	if _, err := b.q.ExecContext(ctx, sqlSetKind, b.sc.Org, id, h.Kind); err != nil {
		return fmt.Errorf("set kind: %w", err)
	}
	for _, step := range plan.For(h.Kind) {
		if err := addStep(ctx, b.q, b.sc.Org, id, step, 1, b.at, b.t); err != nil {
			return err
		}
	}
	return nextRound(ctx, b.q, b.sc.Org, id, plan.ExternalReport, b.at, b.t)
}

const sqlSetPlace = `update incident set team_id = nullif($3, 0::bigint), place = $4 where org_id = $1 and id = $2`

// settle names the place of each new incident after all its people are known.
func (b *beginning) settle(ctx context.Context) error {
	for _, id := range b.opened {
		team, area := areaOf(b.areas[id])
		if _, err := b.q.ExecContext(ctx, sqlSetPlace, b.sc.Org, id, team, area); err != nil {
			return fmt.Errorf("set place: %w", err)
		}
	}
	return nil
}
