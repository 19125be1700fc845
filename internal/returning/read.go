package returning

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/jobs"
)

// Get opens a case with the gate as it stands. Whoever opens somebody else's is written down as a reader of the file; a draft is its
// writer's alone, and others see only that there is one.
func (s *Service) Get(ctx context.Context, sc authz.Scope, k Key, at time.Time) (View, error) {
	if err := reach(sc, k.Employee); err != nil {
		return View{}, err
	}
	var v View
	err := s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		var err error
		if v, err = s.load(ctx, tx, sqlCase, sc.Org, k, at); err != nil {
			return err
		}
		if !own(sc, k.Employee) && v.State == Draft && v.Source == BySelf {
			v.Declaration = Declaration{}
			return nil
		}
		if err := fillOne(ctx, tx, s.rules, sc.Org, &v, at); err != nil || own(sc, k.Employee) {
			return err
		}
		return audit.Record(ctx, tx, sc, at, audit.Event{Action: "return.view", Subject: "return_case", SubjectID: fmt.Sprint(k.ID),
			Employee: k.Employee, Read: true})
	})
	return v, err
}

// fillOne evaluates the gate of one view.
func fillOne(ctx context.Context, q db.Q, r Rules, org int32, v *View, at time.Time) error {
	j, err := newJudge(ctx, q, r, org, at)
	if err != nil {
		return err
	}
	one := []View{*v}
	err = j.fill(ctx, q, org, one)
	*v = one[0]
	return err
}

// Own is where the signed-in person's return stands: the newest case, if there is one, and the work status.
type Own struct {
	Status string
	Case   *View // nil: never declared one
}

// Mine reads the own return.
func (s *Service) Mine(ctx context.Context, sc authz.Scope, at time.Time) (Own, error) {
	if err := sc.Require(authz.OwnFile); err != nil {
		return Own{}, err
	}
	var o Own
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		o = Own{}
		if err := tx.GetContext(ctx, &o.Status, sqlStatusOf, sc.Org, sc.Employee, at); err != nil {
			return db.OneRow(err)
		}
		found, err := s.loadMany(ctx, tx, sqlNewest, sc.Org, at, sc.Employee)
		if err != nil || len(found) == 0 {
			return err
		}
		o.Case = &found[0]
		return fillOne(ctx, tx, s.rules, sc.Org, o.Case, at)
	})
	return o, err
}

const sqlStatusOf = `select case when status_until <= $3 then 'on_post' else work_status end from employee
    where org_id = $1 and id = $2`

// Event is one thing that was done with a case.
type Event struct {
	At     time.Time `db:"at"`
	Actor  string    `db:"actor_name"`
	Action string    `db:"action"`
	Reason string    `db:"reason"`
}

const sqlHistory = `select at, actor_name, action, reason from audit_log
    where org_id = $1 and employee_id = $2 and subject = 'return_case' and subject_id = $3 and not is_read
        and action <> 'return.save'
    order by at desc, id desc limit 100`

// History lists what was done with a case, the newest first.
func (s *Service) History(ctx context.Context, sc authz.Scope, k Key) ([]Event, error) {
	if err := reach(sc, k.Employee); err != nil {
		return nil, err
	}
	var events []Event
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		events = nil
		return tx.SelectContext(ctx, &events, sqlHistory, sc.Org, k.Employee, fmt.Sprint(k.ID))
	})
	if err != nil {
		return nil, fmt.Errorf("history of return: %w", err)
	}
	return events, nil
}

// Told is one thing that a file tells of its person's returns.
type Told struct {
	Event
	Case   int64  `db:"case_id"`
	State  State  `db:"state"` // of the case from then on
	Source Source `db:"source"`
}

const sqlTold = db.Kept + `select l.at, l.actor_name, l.action, l.reason, l.detail ->> 'state' as state, c.id as case_id, c.source
    from audit_log l join return_case c on c.org_id = l.org_id and c.employee_id = l.employee_id and c.id::text = l.subject_id
    where l.org_id = $1 and l.employee_id = $2 and l.subject = 'return_case' and l.at < $3 and l.action in ('return.submit', 'return.import',
        'return.defer', 'return.reject', 'return.override', 'return.refuse', 'return.confirm', 'return.approve', 'return.withdraw')
    order by l.at desc, l.id desc limit $4`

// OfEmployee tells what was handed in and decided about a person before an instant, the newest first. It asks for no permission and
// writes nothing down: it is a part of whatever page opens the file.
func (s *Service) OfEmployee(ctx context.Context, q db.Q, org int32, employee int64, before time.Time, limit int) ([]Told, error) {
	var out []Told
	if err := q.SelectContext(ctx, &out, sqlTold, org, employee, before, limit); err != nil {
		return nil, fmt.Errorf("read returns of a file: %w", err)
	}
	return out, nil
}

const sqlFind = `select id from employee
    where org_id = $1 and work_status <> 'resigned' and (employee_no = $2 and employee_no <> '' or name = $2)
    order by employee_no = $2 desc limit 2`

// Find is the one person of an employee number or, if nobody has it, of a name. It is a fault of the field "who" when there is nobody,
// or several.
func (s *Service) Find(ctx context.Context, sc authz.Scope, who string) (int64, error) {
	if err := sc.Require(authz.ReturnReview); err != nil {
		return 0, err
	}
	var ids []int64
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		ids = nil
		return tx.SelectContext(ctx, &ids, sqlFind, sc.Org, strings.TrimSpace(who))
	})
	switch {
	case err != nil:
		return 0, fmt.Errorf("find person: %w", err)
	case len(ids) == 0:
		return 0, errs.Fields{"who": errs.Msg("returning.refused.nobody")}.Err()
	case len(ids) > 1:
		return 0, errs.Fields{"who": errs.Msg("returning.refused.several")}.Err()
	}
	return ids[0], nil
}

// retention is how long a declaration is kept after the decision; migrations name the same in data_class.
const retention = 30 * 24 * time.Hour

const sqlForget = `update return_case set body_enc = null, failed = '{}', review_reason = '', updated_at = $2
    where state in ('approved', 'rejected') and reviewed_at < $1 and body_enc is not null`

// Jobs is the erasing of declarations that need not be kept any longer.
func (s *Service) Jobs() []jobs.Job {
	return []jobs.Job{{Name: "returning.retention", Spec: "CRON_TZ=Asia/Shanghai 40 3 * * *", Run: func(ctx context.Context, slot time.Time) (string, error) {
		var n int64
		err := s.db.InTx(ctx, db.Tenant{System: true}, func(tx *sqlx.Tx) error {
			res, err := tx.ExecContext(ctx, sqlForget, slot.Add(-retention), slot)
			if err != nil {
				return fmt.Errorf("erase declarations: %w", err)
			}
			n, err = res.RowsAffected()
			return err
		})
		return fmt.Sprintf("erased %d", n), err
	}}}
}
