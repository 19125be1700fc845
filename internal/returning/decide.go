package returning

import (
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
)

const maxReason = 200

// checkReason looks at a reason; needed says whether there must be one.
func checkReason(reason string, needed bool) error {
	f := errs.Fields{}
	switch n := utf8.RuneCountInString(reason); {
	case n == 0 && needed:
		f.Add("reason", "error.required")
	case n > maxReason:
		f.Add("reason", "error.too_long", "Max", maxReason)
	}
	return f.Err()
}

// decide changes a case as its reviewer does: with the gate evaluated in the transaction of the decision.
func (s *Service) decide(ctx context.Context, sc authz.Scope, k Key, version int, action, reason string, at time.Time,
	from []State, fn func(tx *sqlx.Tx, v *View, at time.Time) error) error {
	if err := sc.Require(authz.ReturnReview); err != nil {
		return err
	}
	at = at.Truncate(time.Microsecond)
	_, err := s.change(ctx, sc, k, version, action, reason, at, func(tx *sqlx.Tx, v *View) error {
		if err := refuseState(&v.Case, from...); err != nil {
			return err
		}
		if err := fillOne(ctx, tx, s.rules, sc.Org, v, at); err != nil {
			return err
		}
		return fn(tx, v, at)
	})
	return err
}

// reviewed notes who decided, why, and what did not hold.
func (v *View) reviewed(sc authz.Scope, state State, reason string, at time.Time) {
	v.State, v.ReviewedBy, v.ReviewedByName, v.ReviewedAt, v.ReviewReason = state, sc.Account, sc.Actor, at, reason
	v.Failed = Failing(v.Items)
}

// Approve puts a person on post from now on. Every item must hold, now.
func (s *Service) Approve(ctx context.Context, sc authz.Scope, k Key, version int, at time.Time) error {
	return s.decide(ctx, sc, k, version, "return.approve", "", at, []State{Submitted, Deferred}, func(tx *sqlx.Tx, v *View, at time.Time) error {
		if failing := Failing(v.Items); failing != nil {
			return errs.New(errs.Conflict, "returning.refused.items", "Count", len(failing))
		}
		v.reviewed(sc, Approved, "", at)
		return s.admit(ctx, tx, sc, v, at)
	})
}

// Defer keeps a person back until what is missing is there; they are told what. Without a missing item it takes a reason. It also
// takes back an override that nobody has confirmed.
func (s *Service) Defer(ctx context.Context, sc authz.Scope, k Key, version int, reason string, at time.Time) error {
	return s.decide(ctx, sc, k, version, "return.defer", reason, at, waiting, func(tx *sqlx.Tx, v *View, at time.Time) error {
		if err := checkReason(reason, Failing(v.Items) == nil); err != nil {
			return err
		}
		v.reviewed(sc, Deferred, reason, at)
		return s.await(ctx, tx, sc, []int64{v.Employee}, at)
	})
}

// Reject ends a case without a return; the person may begin another.
func (s *Service) Reject(ctx context.Context, sc authz.Scope, k Key, version int, reason string, at time.Time) error {
	if err := checkReason(reason, true); err != nil {
		return err
	}
	return s.decide(ctx, sc, k, version, "return.reject", reason, at, waiting, func(tx *sqlx.Tx, v *View, at time.Time) error {
		v.reviewed(sc, Rejected, reason, at)
		return s.await(ctx, tx, sc, []int64{v.Employee}, at)
	})
}

// ProposeOverride asks for a return although items do not hold: it takes a reason, and another account to confirm it. A hold in force
// cannot be overridden: it is for its own release.
func (s *Service) ProposeOverride(ctx context.Context, sc authz.Scope, k Key, version int, reason string, at time.Time) error {
	if err := checkReason(reason, true); err != nil {
		return err
	}
	return s.decide(ctx, sc, k, version, "return.override", reason, at, []State{Submitted, Deferred}, func(_ *sqlx.Tx, v *View, at time.Time) error {
		switch {
		case HeldBack(v.Items):
			return errs.New(errs.Conflict, "returning.refused.held")
		case Failing(v.Items) == nil:
			return errs.New(errs.Conflict, "returning.refused.nothing_failed")
		}
		v.reviewed(sc, Override, reason, at)
		return nil
	})
}

// second refuses the account that proposed.
func second(sc authz.Scope, v *View) error {
	if sc.Account == v.ReviewedBy {
		return errs.New(errs.Conflict, "returning.refused.same_person")
	}
	return nil
}

// Confirm puts the person on post as a second person. What has come to fail since the proposal was not agreed to.
func (s *Service) Confirm(ctx context.Context, sc authz.Scope, k Key, version int, at time.Time) error {
	return s.decide(ctx, sc, k, version, "return.confirm", "", at, []State{Override}, func(tx *sqlx.Tx, v *View, at time.Time) error {
		if err := second(sc, v); err != nil {
			return err
		}
		if HeldBack(v.Items) {
			return errs.New(errs.Conflict, "returning.refused.held")
		}
		if slices.ContainsFunc(Failing(v.Items), func(code string) bool { return !slices.Contains(v.Failed, code) }) {
			return errs.New(errs.Conflict, "returning.refused.worse")
		}
		v.State, v.SecondBy, v.SecondByName, v.SecondAt = Approved, sc.Account, sc.Actor, at
		return s.admit(ctx, tx, sc, v, at)
	})
}

// Refuse turns an override down as a second person: the case is deferred.
func (s *Service) Refuse(ctx context.Context, sc authz.Scope, k Key, version int, reason string, at time.Time) error {
	if err := checkReason(reason, true); err != nil {
		return err
	}
	return s.decide(ctx, sc, k, version, "return.refuse", reason, at, []State{Override}, func(tx *sqlx.Tx, v *View, at time.Time) error {
		if err := second(sc, v); err != nil {
			return err
		}
		v.reviewed(sc, Deferred, reason, at)
		return s.await(ctx, tx, sc, []int64{v.Employee}, at)
	})
}
