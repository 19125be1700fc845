package hold

import (
	"context"
	"fmt"
	"hash/fnv"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
)

// GroupLimit is how many people one person may hold or release in one act; more need a second person.
const GroupLimit = 20

// MaxGroup is how many people one act may concern.
const MaxGroup = 1000

// The acts.
const (
	ActPut     = "put"
	ActRelease = "release"
)

// Groups holds and releases groups of people.
type Groups struct{ holds *Service }

// Groups returns what acts on groups through the service.
func (s *Service) Groups() Groups { return Groups{s} }

// Ways to name people.
const (
	ByPerson  = "person"  // one file; Value is its id
	ByTube    = "tube"    // whose swabs carry a barcode
	ByTeam    = "team"    // Value is the team's id
	ByDorm    = "dorm"    // a room: building/room
	ByBus     = "bus"     // who rides a shuttle
	ByCanteen = "canteen" // who eats at a table
	ByList    = "list"    // employee numbers, apart by spaces, commas or lines
)

// Selectors lists the ways to name a group, in order of display.
func Selectors() []string { return []string{ByTube, ByTeam, ByDorm, ByBus, ByCanteen, ByList} }

// Selector names people.
type Selector struct{ By, Value string }

// Order says what shall happen to whom. For a release Note is the reason; ground, from and to say nothing.
type Order struct {
	Act      string
	Who      Selector
	Kind     string
	Ground   string
	From, To time.Time
	Note     string
	Document string // certificate, for a release
}

// What an order means for one person.
const (
	WillAct = "act"     // will be held or released
	IsHeld  = "held"    // is held for the same kind already
	NotYet  = "not_yet" // may not be released yet
	NotHeld = "none"    // has no such hold
)

// Candidate is one person whom an order concerns.
type Candidate struct {
	Employee   int64  `db:"id"`
	Name       string `db:"name"`
	EmployeeNo string `db:"employee_no"`
	Workshop   string `db:"workshop"`
	Team       string `db:"team"`

	Verdict string
	Holds   []Hold              // all that are open
	Target  *Hold               // the one that a release would end
	Check   regime.ReleaseCheck // of the target
}

// Preview is what an order would do now.
type Preview struct {
	Order   Order
	Rule    regime.HoldRule // of the kind
	People  []Candidate
	Due     int      // whom it would hold or release
	Unknown []string // employee numbers that nobody bears
}

// Second reports whether the order needs a second person.
func (p *Preview) Second() bool { return p.Due > GroupLimit }

// Tag changes when the order would concern other people: what was previewed is what is done.
func (p *Preview) Tag() string {
	h := fnv.New64a()
	for _, c := range p.People {
		fmt.Fprintf(h, "%d %s,", c.Employee, c.Verdict)
	}
	return strconv.FormatUint(h.Sum64(), 36)
}

func (p *Preview) due() []int64 {
	ids := make([]int64, 0, p.Due)
	for _, c := range p.People {
		if c.Verdict == WillAct {
			ids = append(ids, c.Employee)
		}
	}
	return ids
}

func permission(act string) authz.Permission {
	if act == ActRelease {
		return authz.HoldRelease
	}
	return authz.HoldPut
}

// Preview says whom an order concerns and what it would do to each. Faults of the order are Invalid, with the fields kind, ground,
// from, to, note, document and who.
func (g Groups) Preview(ctx context.Context, sc authz.Scope, o Order, at time.Time) (Preview, error) {
	if err := sc.Require(permission(o.Act)); err != nil {
		return Preview{}, err
	}
	var p Preview
	err := g.holds.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) (err error) {
		p, err = g.preview(ctx, tx, sc.Org, o, false, at)
		return err
	})
	return p, err
}

// preview locks the people for a change, so that what it says of them stays true until the transaction ends.
func (g Groups) preview(ctx context.Context, q db.Q, org int32, o Order, forChange bool, at time.Time) (Preview, error) {
	p := Preview{Order: o}
	rules, err := g.holds.rules.For(ctx, q, org, time.Time{})
	if err != nil {
		return p, err
	}
	p.Rule, _ = rules.At(at).HoldRule(o.Kind)
	if err := o.check(p.Rule, at).Err(); err != nil {
		return p, err
	}
	if p.People, p.Unknown, err = find(ctx, q, org, o.Who, forChange); err != nil {
		return p, err
	}
	f := errs.Fields{}
	switch {
	case len(p.People) == 0:
		f.Add("who", "hold.fault.nobody")
	case len(p.People) > MaxGroup:
		f.Add("who", "hold.fault.size", "Max", MaxGroup)
	}
	if err := f.Err(); err != nil {
		return p, err
	}
	return p, g.judge(ctx, q, org, &p, at)
}

// judge says of each person what the order means.
func (g Groups) judge(ctx context.Context, q db.Q, org int32, p *Preview, at time.Time) error {
	ids := make([]int64, len(p.People))
	byID := make(map[int64]*Candidate, len(p.People))
	for i := range p.People {
		ids[i], byID[p.People[i].Employee] = p.People[i].Employee, &p.People[i]
	}
	open, err := g.holds.OpenAll(ctx, q, org, ids)
	if err != nil {
		return err
	}
	for i, h := range open {
		if c := byID[h.Employee]; h.Open(at) {
			c.Holds = append(c.Holds, h)
			if h.Kind == p.Order.Kind && c.Target == nil {
				c.Target = &open[i]
			}
		}
	}
	if err := g.checkTargets(ctx, q, org, p, at); err != nil {
		return err
	}
	p.Due = 0
	for i := range p.People {
		c := &p.People[i]
		c.Verdict = p.Order.verdict(c)
		if c.Verdict == WillAct {
			p.Due++
		}
	}
	return nil
}

func (g Groups) checkTargets(ctx context.Context, q db.Q, org int32, p *Preview, at time.Time) error {
	if p.Order.Act != ActRelease {
		return nil
	}
	var targets []Hold
	for _, c := range p.People {
		if c.Target != nil {
			targets = append(targets, *c.Target)
		}
	}
	checks, err := g.holds.Checks(ctx, q, org, targets, at)
	if err != nil {
		return err
	}
	for i := range p.People {
		if p.People[i].Target != nil {
			p.People[i].Check, checks = checks[0], checks[1:]
		}
	}
	return nil
}

func (o *Order) verdict(c *Candidate) string {
	switch {
	case o.Act == ActPut && c.Target != nil:
		return IsHeld
	case o.Act == ActPut:
		return WillAct
	case c.Target == nil:
		return NotHeld
	case !c.Check.Ready:
		return NotYet
	}
	return WillAct
}
