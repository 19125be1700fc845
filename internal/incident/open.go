package incident

import (
	"context"
	"fmt"
	"github.com/fugong/fugong/internal/incident/plan"
	"time"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/regime"
)

// times is what deadlines are computed from.
type times struct {
	minutes regime.IncidentMinutes
	zone    *time.Location
	pack    string
	version int
}

const sqlZone = `select time_zone from org where id = $1`

func timesOf(ctx context.Context, q db.Q, from Rules, org int32, at time.Time) (times, error) {
	rules, err := from.For(ctx, q, org, time.Time{})
	if err != nil {
		return times{}, fmt.Errorf("rules of org: %w", err)
	}
	var name string
	if err := q.GetContext(ctx, &name, sqlZone, org); err != nil {
		return times{}, fmt.Errorf("zone of org: %w", db.OneRow(err))
	}
	zone, err := clock.Zone(name)
	if err != nil {
		return times{}, fmt.Errorf("zone of org: %w", err)
	}
	p := rules.At(at)
	return times{p.IncidentMinutes, zone, p.ID, p.Version}, nil
}

// Openings of one org follow each other: whether a person already stands in an open incident must not be asked twice at once. They
// are rare.
const sqlLock = `select pg_advisory_xact_lock(721012, $1)`

func lock(ctx context.Context, q db.Q, org int32) error {
	if _, err := q.ExecContext(ctx, sqlLock, org); err != nil {
		return fmt.Errorf("lock incidents: %w", err)
	}
	return nil
}

const sqlNextIncident = `select nextval(pg_get_serial_sequence('incident', 'id'))`

const sqlInsert = `insert into incident (org_id, id, kind, episode, drill, detected_at, place, pack, pack_version, opened_by,
        opened_by_name, opened_at)
    overriding system value values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    on conflict (org_id, episode, drill) do nothing returning id`

// head is a new incident.
type head struct {
	id       int64
	kind     string
	episode  string
	drill    bool
	detected time.Time
	place    string
	by       string // "" when a hold opens it
}

func nextIncident(ctx context.Context, q db.Q) (int64, error) {
	var id int64
	if err := q.GetContext(ctx, &id, sqlNextIncident); err != nil {
		return 0, fmt.Errorf("allocate incident: %w", err)
	}
	return id, nil
}

// create stores an incident with its steps; it reports false when its episode has one already.
func (s *Service) create(ctx context.Context, q db.Q, sc authz.Scope, h head, t times, at time.Time) (bool, error) {
	var made []int64
	err := q.SelectContext(ctx, &made, sqlInsert, sc.Org, h.id, h.kind, h.episode, h.drill, h.detected, h.place, t.pack, t.version,
		sc.Account, h.by, at)
	if err != nil {
		return false, fmt.Errorf("open incident: %w", err)
	}
	if len(made) == 0 {
		return false, nil
	}
	for _, step := range plan.For(h.kind) {
		if err := addStep(ctx, q, sc.Org, h.id, step, 1, h.detected, t); err != nil {
			return false, err
		}
	}
	return true, s.notes.write(ctx, q, sc, h.id, stepKey{}, Body{Event: EventOpened, Kind: h.kind}, nil, at)
}

const sqlAddIndex = `insert into incident_person (org_id, incident_id, employee_id, role, state, added_by, added_at)
    values ($1, $2, $3, 'index', 'held', $4, $5)
    on conflict (org_id, incident_id, employee_id) do update set role = 'index', state = 'held'`

func addIndex(ctx context.Context, q db.Q, sc authz.Scope, id, employee int64, at time.Time) error {
	if _, err := q.ExecContext(ctx, sqlAddIndex, sc.Org, id, employee, sc.Account, at); err != nil {
		return fmt.Errorf("add person: %w", err)
	}
	return audit.Record(ctx, q, sc, at, audit.Event{Action: "incident.open", Subject: "incident", SubjectID: fmt.Sprint(id), Employee: employee})
}

const sqlLastRound = `select s.round, s.done_at is not null as done from incident_step s
    where s.org_id = $1 and s.incident_id = $2 and s.step = $3 order by s.round desc limit 1`

// nextRound adds a further round of a step whose last round is done; while one is to do, it is enough.
func nextRound(ctx context.Context, q db.Q, org int32, id int64, step string, at time.Time, t times) error {
	var last []struct {
		Round int  `db:"round"`
		Done  bool `db:"done"`
	}
	if err := q.SelectContext(ctx, &last, sqlLastRound, org, id, step); err != nil {
		return fmt.Errorf("last round: %w", err)
	}
	round := 1
	if len(last) > 0 {
		if !last[0].Done {
			return nil
		}
		round = last[0].Round + 1
	}
	return addStep(ctx, q, org, id, step, round, at, t)
}
