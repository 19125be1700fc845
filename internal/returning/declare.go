package returning

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
)

// Opening is how a case begins.
type Opening struct {
	Employee int64
	Planned  string // civil day on which the person wants to start
	Consent  bool   // separate consent to the sensitive answers; people must give it to declare online
}

const sqlStatus = `select case when status_until <= $3 then 'on_post' else work_status end from employee
    where org_id = $1 and id = $2 for no key update`

// Begin opens a case for a person who is not on post, or finds the one that is open. Whoever declares for themselves consents
// first; a case that the enterprise began takes the consent when the person goes on with it.
func (s *Service) Begin(ctx context.Context, sc authz.Scope, o Opening, at time.Time) (Case, error) {
	if err := reach(sc, o.Employee); err != nil {
		return Case{}, err
	}
	at = at.Truncate(time.Microsecond)
	var c Case
	err := s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		var status string
		if err := tx.GetContext(ctx, &status, sqlStatus, sc.Org, o.Employee, at); err != nil {
			return db.OneRow(err)
		}
		open, err := s.loadMany(ctx, tx, sqlOpenOfMany, sc.Org, at, pq.Array([]int64{o.Employee}))
		if err != nil {
			return err
		}
		if len(open) > 0 {
			c = open[0].Case
			return s.consent(ctx, tx, sc, &c, o, at)
		}
		if err := mayReturn(status); err != nil {
			return err
		}
		j, err := newJudge(ctx, tx, s.rules, sc.Org, at)
		if err != nil {
			return err
		}
		if c, err = s.begin(ctx, tx, j, sc, o, at); err != nil || own(sc, o.Employee) {
			return err
		}
		return s.await(ctx, tx, sc, []int64{o.Employee}, at)
	})
	return c, err
}

// mayReturn refuses who is at work already, or has left.
func mayReturn(status string) error {
	switch regime.WorkStatus(status) {
	case regime.StatusOnPost:
		return errs.New(errs.Conflict, "returning.refused.on_post")
	case regime.StatusResigned:
		return errs.New(errs.Conflict, "returning.refused.resigned")
	}
	return nil
}

func (x vault) begin(ctx context.Context, tx *sqlx.Tx, j judge, sc authz.Scope, o Opening, at time.Time) (Case, error) {
	faults := errs.Fields{}
	planned := j.planned(o.Planned, faults)
	self := own(sc, o.Employee)
	if self && !o.Consent {
		faults.Add("consent", "returning.refused.consent")
	}
	if err := faults.Err(); err != nil {
		return Case{}, err
	}
	c := Case{Key: Key{Employee: o.Employee}, State: Draft, Source: ByStaff, PlannedAt: planned, CreatedBy: sc.Account, Actor: sc.Actor,
		CreatedAt: at, UpdatedAt: at}
	if self {
		c.Source, c.ConsentAt, c.NoticeVersion = BySelf, at, NoticeVersion
	}
	if err := x.insert(ctx, tx, sc.Org, &c); err != nil {
		return c, err
	}
	return c, record(ctx, tx, sc, &c, "return.begin", "", at)
}

// planned reads the day of the return: not long past, not far ahead.
func (j judge) planned(day string, faults errs.Fields) time.Time {
	t, err := j.midnight(day)
	switch {
	case day == "":
		faults.Add("planned_on", "error.required")
	case err != nil:
		faults.Add("planned_on", "returning.refused.day")
	case t.Before(j.at.AddDate(0, 0, -planAhead)) || t.After(j.at.AddDate(0, 0, planAhead)):
		faults.Add("planned_on", "returning.refused.planned", "Days", planAhead)
	}
	return t
}

// consent notes the consent of a person who goes on with a case that somebody else began.
func (x vault) consent(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, c *Case, o Opening, at time.Time) error {
	if !own(sc, c.Employee) || !c.ConsentAt.IsZero() {
		return nil
	}
	if !o.Consent {
		return errs.Fields{"consent": errs.Msg("returning.refused.consent")}.Err()
	}
	c.ConsentAt, c.NoticeVersion = at, NoticeVersion
	if err := x.update(ctx, tx, sc.Org, c, at); err != nil {
		return err
	}
	return record(ctx, tx, sc, c, "return.consent", "", at)
}

func record(ctx context.Context, q db.Q, sc authz.Scope, c *Case, action, reason string, at time.Time) error {
	return audit.Record(ctx, q, sc, at, audit.Event{Action: action, Subject: "return_case", SubjectID: fmt.Sprint(c.ID), Employee: c.Employee,
		Reason: reason, Detail: map[string]any{"state": c.State}})
}

// change locks a case, lets fn change it, stores and audits it. A version other than the stored one means that somebody was
// quicker; 0 takes any.
func (s *Service) change(ctx context.Context, sc authz.Scope, k Key, version int, action, reason string, at time.Time,
	fn func(tx *sqlx.Tx, v *View) error) (Case, error) {
	if err := reach(sc, k.Employee); err != nil {
		return Case{}, err
	}
	var c Case
	err := s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		v, err := s.load(ctx, tx, sqlCaseForUpdate, sc.Org, k, at)
		if err != nil {
			return err
		}
		if version != 0 && version != v.Version {
			return errs.New(errs.Conflict, "error.conflict")
		}
		if err := fn(tx, &v); err != nil {
			return err
		}
		c = v.Case
		if err := s.update(ctx, tx, sc.Org, &c, at); err != nil {
			return err
		}
		return record(ctx, tx, sc, &c, action, reason, at)
	})
	return c, err
}

// Telling is a declaration as filled in so far.
type Telling struct {
	Planned     string // civil day; blank leaves the one before
	Declaration Declaration
}

// Save keeps what has been filled in. When people change what they handed in, it is theirs again until they hand it in anew, and the
// pledge must be signed anew; what the health officer fills in changes neither.
func (s *Service) Save(ctx context.Context, sc authz.Scope, k Key, version int, in Telling, at time.Time) (Case, error) {
	at = at.Truncate(time.Microsecond)
	return s.change(ctx, sc, k, version, "return.save", "", at, func(tx *sqlx.Tx, v *View) error {
		if err := refuseState(&v.Case, Draft, Submitted, Deferred); err != nil {
			return err
		}
		j, err := newJudge(ctx, tx, s.rules, sc.Org, at)
		if err != nil {
			return err
		}
		faults := in.Declaration.check(j.at)
		if in.Planned != "" {
			v.PlannedAt = j.planned(in.Planned, faults)
		}
		if err := faults.Err(); err != nil {
			return err
		}
		v.Declaration = in.Declaration
		if !own(sc, v.Employee) {
			return nil
		}
		if v.ConsentAt.IsZero() {
			return errs.Fields{"consent": errs.Msg("returning.refused.consent")}.Err()
		}
		v.PledgeAt = time.Time{}
		if v.State == Submitted {
			v.State = Draft
		}
		return nil
	})
}

// Submit hands a declaration in. It must be complete; whether the gate's items hold is for the decision. People sign the pledge with
// it; for a declaration on paper the health officer says whether it was signed.
func (s *Service) Submit(ctx context.Context, sc authz.Scope, k Key, version int, pledged bool, at time.Time) (Case, error) {
	at = at.Truncate(time.Microsecond)
	return s.change(ctx, sc, k, version, "return.submit", "", at, func(_ *sqlx.Tx, v *View) error {
		if err := refuseState(&v.Case, Draft, Submitted, Deferred); err != nil {
			return err
		}
		faults := errs.Fields{}
		for _, name := range v.Declaration.Missing() {
			faults.Add(name, "error.required")
		}
		if own(sc, v.Employee) && !pledged {
			faults.Add("pledge", "returning.refused.pledge")
		}
		if err := faults.Err(); err != nil {
			return err
		}
		if pledged {
			v.PledgeAt = at
		}
		v.State, v.SubmittedAt = Submitted, at
		return nil
	})
}

// Withdraw ends a case that has not been decided. What was declared is erased.
func (s *Service) Withdraw(ctx context.Context, sc authz.Scope, k Key, at time.Time) error {
	at = at.Truncate(time.Microsecond)
	_, err := s.change(ctx, sc, k, 0, "return.withdraw", "", at, func(_ *sqlx.Tx, v *View) error {
		if err := refuseState(&v.Case, Draft, Submitted, Deferred, Override); err != nil {
			return err
		}
		v.State, v.Declaration, v.Failed, v.ReviewReason = Withdrawn, Declaration{}, nil, ""
		return nil
	})
	return err
}
