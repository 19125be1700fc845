package hold

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

// States of a group act.
const (
	Proposed = "proposed" // waits for a second person
	Done     = "done"
	Refused  = "refused"
)

// Set is a group act as it is kept.
type Set struct {
	ID             int64
	Order          Order
	People         int     // whom it shall hold or release
	Members        []int64 // their files
	State          string
	ProposedBy     int64
	ProposedByName string
	ProposedAt     time.Time
	DecidedBy      int64 // the second person, 0 for none
	DecidedByName  string
	DecidedAt      time.Time
	Outcome        Outcome
}

// Outcome is what became of a group act.
type Outcome struct {
	Done    int    `json:"done"`    // whom it held or released
	Skipped int    `json:"skipped"` // whom it passed over, since it was no longer due
	Reason  string `json:"reason,omitempty"`
}

// Commit does what was previewed with the tag, or proposes it where a second person is needed. An order about one person leaves no
// Set: its ID is then 0. When the order would now concern other people, nothing is done and the error is a Conflict.
func (g Groups) Commit(ctx context.Context, sc authz.Scope, o Order, tag string, at time.Time) (Set, error) {
	if err := sc.Require(permission(o.Act)); err != nil {
		return Set{}, err
	}
	if o.Act == ActRelease {
		o.From, o.To, o.Ground = at, time.Time{}, ""
	}
	var set Set
	err := g.holds.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		p, err := g.preview(ctx, tx, sc.Org, o, true, at)
		switch {
		case err != nil:
			return err
		case p.Tag() != tag:
			return errs.New(errs.Conflict, "hold.fault.changed")
		case p.Due == 0:
			return nobody()
		}
		set = Set{Order: o, People: p.Due, Members: p.due(), State: Proposed, ProposedBy: sc.Account, ProposedByName: sc.Actor, ProposedAt: at}
		if !p.Second() {
			set.State, set.DecidedAt = Done, at
			set.Outcome = Outcome{Done: p.Due, Skipped: len(p.People) - p.Due}
		}
		if o.Who.By != ByPerson {
			if err := writeSet(ctx, tx, sc.Org, &set); err != nil {
				return err
			}
			if err := auditSet(ctx, tx, sc, &set, at); err != nil {
				return err
			}
		}
		if set.State == Proposed {
			return nil
		}
		return g.act(ctx, tx, sc, &p, set.ID, at)
	})
	return set, err
}

func nobody() error {
	f := errs.Fields{}
	f.Add("who", "hold.fault.nobody_due")
	return f.Err()
}

// act holds or releases those whom the preview says are due.
func (g Groups) act(ctx context.Context, q db.Q, sc authz.Scope, p *Preview, set int64, at time.Time) error {
	o := &p.Order
	var holds []Hold
	for _, c := range p.People {
		switch {
		case c.Verdict != WillAct:
		case o.Act == ActRelease:
			holds = append(holds, *c.Target)
		default:
			holds = append(holds, Hold{Employee: c.Employee, Kind: o.Kind, Ground: o.Ground, Source: SourceManual, From: o.From, To: o.To,
				Note: o.Note, Set: set})
		}
	}
	if o.Act == ActRelease {
		return g.holds.releaseAll(ctx, q, sc, holds, Release{Reason: o.Note, Document: o.Document}, at)
	}
	_, err := g.holds.PutAll(ctx, q, sc, holds, at)
	return err
}

// Confirm does a proposed act, judged anew at the instant. Only another account than the proposer's may.
func (g Groups) Confirm(ctx context.Context, sc authz.Scope, id int64, at time.Time) (Set, error) {
	return g.decide(ctx, sc, id, at, func(tx *sqlx.Tx, set *Set) error {
		if set.ProposedBy == sc.Account {
			return errs.New(errs.Forbidden, "hold.fault.second_self")
		}
		p, err := g.again(ctx, tx, sc.Org, set, true, at)
		if err != nil {
			return err
		}
		if p.Due == 0 {
			return nobody()
		}
		set.State, set.Outcome = Done, Outcome{Done: p.Due, Skipped: len(set.Members) - p.Due}
		return g.act(ctx, tx, sc, &p, set.ID, at)
	})
}

// Refuse lays a proposed act aside; its proposer thereby withdraws it.
func (g Groups) Refuse(ctx context.Context, sc authz.Scope, id int64, reason string, at time.Time) (Set, error) {
	return g.decide(ctx, sc, id, at, func(_ *sqlx.Tx, set *Set) error {
		f := Release{Reason: reason}.check()
		set.State, set.Outcome = Refused, Outcome{Reason: reason}
		return f.Err()
	})
}

const sqlSetForUpdate = sqlSet + ` for update of s`

const sqlDecide = `update hold_set set state = $3, decided_by = $4, decided_by_name = $5, decided_at = $6, outcome = $7
    where org_id = $1 and id = $2`

func (g Groups) decide(ctx context.Context, sc authz.Scope, id int64, at time.Time, fn func(tx *sqlx.Tx, set *Set) error) (Set, error) {
	if err := sc.Require(authz.HoldPut, authz.HoldRelease); err != nil {
		return Set{}, err
	}
	var set Set
	err := g.holds.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		var err error
		if set, err = readSet(ctx, tx, sqlSetForUpdate, sc.Org, id); err != nil {
			return err
		}
		if err := sc.Require(permission(set.Order.Act)); err != nil {
			return err
		}
		if set.State != Proposed {
			return errs.New(errs.Conflict, "hold.fault.decided")
		}
		if err := fn(tx, &set); err != nil {
			return err
		}
		set.DecidedBy, set.DecidedByName, set.DecidedAt = sc.Account, sc.Actor, at
		_, err = tx.ExecContext(ctx, sqlDecide, sc.Org, id, set.State, set.DecidedBy, set.DecidedByName, at, db.J(set.Outcome))
		if err != nil {
			return fmt.Errorf("decide group act: %w", err)
		}
		return auditSet(ctx, tx, sc, &set, at)
	})
	return set, err
}

// again judges the members of a set at the instant. Those who have left since are no longer among them.
func (g Groups) again(ctx context.Context, q db.Q, org int32, set *Set, lock bool, at time.Time) (Preview, error) {
	p := Preview{Order: set.Order}
	rules, err := g.holds.rules.For(ctx, q, org, time.Time{})
	if err != nil {
		return p, err
	}
	p.Rule, _ = rules.At(at).HoldRule(set.Order.Kind)
	if p.People, err = candidates(ctx, q, sqlByIDs, org, pq.Array(set.Members), lock); err != nil {
		return p, err
	}
	return p, g.judge(ctx, q, org, &p, at)
}
