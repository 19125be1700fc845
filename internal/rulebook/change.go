package rulebook

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/regime"
)

// Place is where a rule applies: a division (the city is one, too) or one enterprise.
type Place struct {
	Division   string `db:"division"`
	Enterprise int32  `db:"enterprise"`
}

// Origin names the place in regime.RuleRef: "division:370303", "org:12".
func (p Place) Origin() string {
	if p.Enterprise != 0 {
		return "org:" + strconv.Itoa(int(p.Enterprise))
	}
	return "division:" + p.Division
}

// Kind is what a change does.
type Kind string

// The kinds of change.
const (
	PackChange    Kind = "pack"    // another pack for a division
	OverlayChange Kind = "overlay" // tighter values for a division or an enterprise
)

// State is how far a change has come.
type State string

// The states of a change. Only a confirmed one applies.
const (
	Proposed  State = "proposed"
	Confirmed State = "confirmed"
	Refused   State = "refused"
	Withdrawn State = "withdrawn"
)

// States lists the states in order of display.
func States() []State { return []State{Proposed, Confirmed, Refused, Withdrawn} }

// Change is a pack or an overlay for a place, from an instant.
type Change struct {
	ID   int64 `db:"id"`
	Kind Kind  `db:"kind"`
	Place
	EnterpriseName string         `db:"enterprise_name"`
	Pack           string         `db:"pack"` // of a PackChange
	PackVersion    int            `db:"pack_version"`
	Overlay        regime.Overlay `db:"-"` // of an OverlayChange; an empty one lifts the earlier of the place
	EffectiveAt    time.Time      `db:"effective_at"`
	Reason         string         `db:"reason"`
	State          State          `db:"state"`
	Preview        *Preview       `db:"-"` // nil until it is counted
	ProposedBy     int64          `db:"proposed_by"`
	Proposer       string         `db:"proposed_by_name"`
	ProposedAt     time.Time      `db:"proposed_at"`
	DecidedBy      int64          `db:"decided_by"`
	Decider        string         `db:"decided_by_name"`
	DecidedAt      time.Time      `db:"-"` // zero while proposed
	Note           string         `db:"decision_note"`
	RebuiltTo      int32          `db:"rebuilt_to"` // last org whose people stand under the confirmed change
	RebuiltPeople  int64          `db:"rebuilt_people"`
	RebuiltAt      time.Time      `db:"-"` // when all did
}

// taskOrg is the org under which a change's tasks are queued.
func (c Change) taskOrg() int32 { return c.Enterprise }

// Lifts reports whether the change takes an earlier overlay away.
func (c Change) Lifts() bool { return c.Kind == OverlayChange && isEmpty(c.Overlay) }

// isEmpty reports whether an overlay tightens nothing; what it rests on is no value.
func isEmpty(o regime.Overlay) bool {
	o.Basis = ""
	b, err := json.Marshal(o)
	return err == nil && string(b) == "{}"
}

const fragChange = `c.id, c.kind, coalesce(c.division, '') as division, coalesce(c.enterprise, 0) as enterprise,
    coalesce(nullif(o.short_name, ''), o.name, '') as enterprise_name, c.pack, c.pack_version, c.overlay, c.effective_at, c.reason,
    c.state, c.preview, c.proposed_by, c.proposed_by_name, c.proposed_at, coalesce(c.decided_by, 0) as decided_by, c.decided_by_name,
    c.decided_at, c.decision_note, c.rebuilt_to, c.rebuilt_people, c.rebuilt_at`

// changeRow is a Change as it is read.
type changeRow struct {
	Change
	OverlayBody db.JSON[regime.Overlay] `db:"overlay"`
	PreviewBody db.JSON[*Preview]       `db:"preview"`
	Decided     sql.NullTime            `db:"decided_at"`
	Rebuilt     sql.NullTime            `db:"rebuilt_at"`
}

func (r changeRow) change() Change {
	c := r.Change
	c.Overlay, c.Preview, c.DecidedAt, c.RebuiltAt = r.OverlayBody.V, r.PreviewBody.V, r.Decided.Time, r.Rebuilt.Time
	return c
}

const sqlChange = `select ` + fragChange + ` from rule_change c left join org o on o.id = c.enterprise where c.id = $1`

// load reads a change that the transaction's tenant may see.
func load(ctx context.Context, q db.Q, id int64) (Change, error) {
	var r changeRow
	if err := q.GetContext(ctx, &r, sqlChange, id); err != nil {
		return Change{}, db.OneRow(err)
	}
	return r.change(), nil
}

const sqlLockChange = `select id from rule_change where id = $1 for update`

func lock(ctx context.Context, q db.Q, id int64) (Change, error) {
	if err := q.GetContext(ctx, &id, sqlLockChange, id); err != nil {
		return Change{}, db.OneRow(err)
	}
	c, err := load(ctx, q, id)
	if err != nil {
		return Change{}, fmt.Errorf("change %d: %w", id, err)
	}
	return c, nil
}
