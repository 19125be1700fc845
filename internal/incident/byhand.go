package incident

import (
	"context"
	"fmt"
	"github.com/fugong/fugong/internal/incident/plan"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

// Opening is an incident opened by hand.
type Opening struct {
	Kind     string // one of plan.HandKinds
	Who      string // employee number or whole name; a drill may leave it out
	Place    string // "": where the person works
	Detected time.Time
	Drill    bool
	Note     string
}

// mostLate is how long ago something may have been detected that is entered now.
const mostLate = 24 * time.Hour

func (n *Opening) check(at time.Time) errs.Fields {
	f := errs.Fields{}
	if !slices.Contains(plan.HandKinds(), n.Kind) {
		f.Add("kind", "error.choice")
	}
	if n.Who == "" && !n.Drill {
		f.Add("who", "error.required")
	}
	switch {
	case n.Detected.IsZero():
		f.Add("detected", "error.required")
	case n.Detected.After(at):
		f.Add("detected", "incident.refused.future")
	case n.Detected.Before(at.Add(-mostLate)):
		f.Add("detected", "incident.refused.too_old")
	}
	if len([]rune(n.Place)) > 80 {
		f.Add("place", "error.too_long", "Max", 80)
	}
	checkText(f, "note", n.Note, false)
	return f
}

// Start opens an incident by hand. A person of whom one is open already gets no second: then its id comes back with fresh false. A
// real one holds the person; a drill holds nobody.
func (s *Service) Start(ctx context.Context, sc authz.Scope, n Opening, at time.Time) (id int64, fresh bool, err error) {
	if err := sc.Require(authz.IncidentRun); err != nil {
		return 0, false, err
	}
	if err := n.check(at).Err(); err != nil {
		return 0, false, err
	}
	err = s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		if err := lock(ctx, tx, sc.Org); err != nil {
			return err
		}
		var employee int64
		if n.Who != "" {
			if employee, err = find(ctx, tx, sc.Org, n.Who); err != nil {
				return err
			}
		}
		if id, err = standingIn(ctx, tx, sc.Org, employee); err != nil || id != 0 && !n.Drill {
			return err
		}
		fresh = true
		id, err = (&start{s, tx, sc, n, employee, at}).do(ctx)
		return err
	})
	return id, fresh, err
}

const sqlFind = `select e.id, e.employee_no = $2 as by_number from employee e
    where e.org_id = $1 and e.work_status <> 'resigned' and (e.employee_no = $2 or e.name = $2) order by 2 desc, 1 limit 2`

// find looks for somebody by employee number, then by a name that one person bears.
func find(ctx context.Context, q db.Q, org int32, text string) (int64, error) {
	var found []struct {
		ID       int64 `db:"id"`
		ByNumber bool  `db:"by_number"`
	}
	if err := q.SelectContext(ctx, &found, sqlFind, org, text); err != nil {
		return 0, fmt.Errorf("find person: %w", err)
	}
	f := errs.Fields{}
	switch {
	case len(found) == 0:
		f.Add("who", "incident.refused.nobody")
	case len(found) > 1 && !found[0].ByNumber:
		f.Add("who", "incident.refused.namesakes")
	default:
		return found[0].ID, nil
	}
	return 0, f.Err()
}

// standingIn is the open incident that a person stands in, 0 for none.
func standingIn(ctx context.Context, q db.Q, org int32, employee int64) (int64, error) {
	var rows []struct {
		Employee int64 `db:"employee_id"`
		Incident int64 `db:"incident_id"`
	}
	if err := q.SelectContext(ctx, &rows, sqlStanding, org, ids([]int64{employee})); err != nil {
		return 0, fmt.Errorf("find open incident: %w", err)
	}
	if len(rows) == 0 {
		return 0, nil
	}
	return rows[0].Incident, nil
}

// start is the opening of one incident by hand.
type start struct {
	*Service
	q        db.Q
	sc       authz.Scope
	n        Opening
	employee int64
	at       time.Time
}

func (s *start) do(ctx context.Context) (int64, error) {
	t, err := timesOf(ctx, s.q, s.rules, s.sc.Org, s.at)
	if err != nil {
		return 0, err
	}
	id, err := nextIncident(ctx, s.q)
	if err != nil {
		return 0, err
	}
	h := head{id: id, kind: s.n.Kind, episode: fmt.Sprintf("drill:%d", id), drill: s.n.Drill, detected: s.n.Detected, by: s.sc.Actor}
	if !s.n.Drill {
		from, err := s.hold(ctx, id)
		if err != nil {
			return 0, err
		}
		h.episode = personEpisode(s.employee, s.n.Kind, from)
	}
	ok, err := s.create(ctx, s.q, s.sc, h, t, s.at)
	if err != nil {
		return 0, err
	}
	if !ok {
		return 0, errs.New(errs.Conflict, "incident.refused.dealt_with")
	}
	return id, s.furnish(ctx, id)
}

// hold holds the person, unless a hold of the kind is open; it returns since when.
func (s *start) hold(ctx context.Context, incident int64) (time.Time, error) {
	open, err := openHolds(ctx, s.q, s.holds, s.sc.Org, []int64{s.employee}, s.at)
	if err != nil {
		return s.at, err
	}
	for _, h := range open {
		if h.Kind == s.n.Kind {
			return h.From, nil
		}
	}
	ground := hold.GroundCDCNotice
	if s.n.Kind == hold.KindSymptom {
		ground = hold.GroundSymptomReport
	}
	_, err = s.holds.PutAll(ctx, s.q, s.sc, []hold.Hold{{Employee: s.employee, Kind: s.n.Kind, Ground: ground, Source: Source, SourceID: incident,
		From: s.n.Detected}}, s.at)
	return s.n.Detected, err
}

// furnish names whom and where a new incident is about, and keeps what was said.
func (s *start) furnish(ctx context.Context, id int64) error {
	var team int64
	area := s.n.Place
	if s.employee != 0 {
		places, err := workplaces(ctx, s.q, s.sc.Org, []int64{s.employee})
		if err != nil {
			return err
		}
		var where string
		if team, where = areaOf(places); area == "" {
			area = where
		}
		if err := addIndex(ctx, s.q, s.sc, id, s.employee, s.at); err != nil {
			return err
		}
	}
	if _, err := s.q.ExecContext(ctx, sqlSetPlace, s.sc.Org, id, team, area); err != nil {
		return fmt.Errorf("set place: %w", err)
	}
	if s.n.Note != "" {
		if err := s.notes.write(ctx, s.q, s.sc, id, stepKey{}, Body{Event: EventNoted, Text: s.n.Note}, nil, s.at); err != nil {
			return err
		}
	}
	return audit.Record(ctx, s.q, s.sc, s.at, audit.Event{Action: "incident.start", Subject: "incident", SubjectID: fmt.Sprint(id),
		Employee: s.employee, Detail: map[string]any{"drill": s.n.Drill}})
}
