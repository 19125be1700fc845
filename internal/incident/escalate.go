package incident

import (
	"context"
	"fmt"
	"github.com/fugong/fugong/internal/incident/plan"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/jobs"
)

// Escalation is one level to be told that a step is late.
type Escalation struct {
	Org      int32
	Incident int64
	Drill    bool
	Step     string
	Round    int
	Level    string // a role, or LevelBureau
	Due      time.Time
}

// Notifier tells an escalation, in the transaction that counts it. It is called once for each level.
type Notifier interface {
	Escalate(ctx context.Context, q db.Q, e Escalation, at time.Time) error
}

// inApp writes escalations into the record of the incident, where its pages show them.
type inApp struct{ notes notebook }

// Escalate implements Notifier.
func (n inApp) Escalate(ctx context.Context, q db.Q, e Escalation, at time.Time) error {
	return n.notes.write(ctx, q, authz.System("incident.escalate").ForOrg(e.Org), e.Incident, stepKey{e.Step, e.Round},
		Body{Event: EventEscalated, Level: e.Level}, nil, at)
}

const sqlOverdue = `select s.org_id, s.incident_id, i.drill, ` + fragStep + ` from incident_step s
        join incident i on i.org_id = s.org_id and i.id = s.incident_id
    where s.done_at is null and s.due_at < $1 and i.state = 'open' order by s.due_at`

type overdue struct {
	plan.Row
	Org      int32 `db:"org_id"`
	Incident int64 `db:"incident_id"`
	Drill    bool  `db:"drill"`
}

// Escalate tells the next levels of the steps whose deadlines have passed, and returns how many it told. Two servers at once tell
// each level once between them.
func (s *Service) Escalate(ctx context.Context, at time.Time) (int, error) {
	system := authz.System("incident.escalate")
	var late []overdue
	err := s.db.Read(ctx, system.Tenant(), func(tx *sqlx.Tx) error { return tx.SelectContext(ctx, &late, sqlOverdue, at) })
	if err != nil {
		return 0, fmt.Errorf("find late steps: %w", err)
	}
	n := 0
	for _, o := range late {
		step := o.Out()
		missing := plan.DueLevels(step, o.Drill, at)
		if len(missing) <= step.Escalations {
			continue
		}
		did, err := s.escalate(ctx, o, missing[step.Escalations:], at)
		if err != nil {
			return n, err
		}
		n += did
	}
	return n, nil
}

// The count as it was read is the claim: whoever comes second changes nothing.
const sqlEscalate = `update incident_step set escalations = escalations + $6, escalated_at = $7
    where org_id = $1 and incident_id = $2 and step = $3 and round = $4 and escalations = $5 and done_at is null`

func (s *Service) escalate(ctx context.Context, o overdue, missing []string, at time.Time) (int, error) {
	n := 0
	err := s.db.InTx(ctx, authz.System("incident.escalate").ForOrg(o.Org).Tenant(), func(tx *sqlx.Tx) error {
		n = 0
		res, err := tx.ExecContext(ctx, sqlEscalate, o.Org, o.Incident, o.Step, o.Round, o.Escalations, len(missing), at)
		if err != nil {
			return fmt.Errorf("count escalation: %w", err)
		}
		if changed, err := res.RowsAffected(); err != nil || changed == 0 {
			return err
		}
		for _, level := range missing {
			e := Escalation{Org: o.Org, Incident: o.Incident, Drill: o.Drill, Step: o.Step, Round: o.Round, Level: level, Due: o.Due.Time}
			for _, to := range s.notifiers {
				if err := to.Escalate(ctx, tx, e, at); err != nil {
					return fmt.Errorf("escalate: %w", err)
				}
			}
			n++
		}
		return nil
	})
	return n, err
}

// Jobs lists what runs on a schedule.
func (s *Service) Jobs() []jobs.Job {
	return []jobs.Job{{Name: "incident.escalate", Spec: "* * * * *", Run: func(ctx context.Context, slot time.Time) (string, error) {
		n, err := s.Escalate(ctx, slot)
		return fmt.Sprintf("told %d", n), err
	}}}
}
