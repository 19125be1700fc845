package hold

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
)

const sqlWriteSet = `insert into hold_set (org_id, action, kind, ground, selector, selector_value, people, members, from_at, to_at, note,
        document, state, proposed_by, proposed_by_name, proposed_at, decided_at, outcome)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) returning id`

func writeSet(ctx context.Context, q db.Q, org int32, set *Set) error {
	o := &set.Order
	err := q.GetContext(ctx, &set.ID, sqlWriteSet, org, o.Act, o.Kind, o.Ground, o.Who.By, o.Who.Value, set.People, pq.Array(set.Members),
		o.From, instant(o.To), o.Note, o.Document, set.State, set.ProposedBy, set.ProposedByName, set.ProposedAt, instant(set.DecidedAt),
		db.J(set.Outcome))
	if err != nil {
		return fmt.Errorf("store group act: %w", err)
	}
	return nil
}

func auditSet(ctx context.Context, q db.Q, sc authz.Scope, set *Set, at time.Time) error {
	return audit.Record(ctx, q, sc, at, audit.Event{Action: "hold.set." + set.State, Subject: "hold_set", SubjectID: fmt.Sprint(set.ID),
		Reason: set.Outcome.Reason, Detail: map[string]any{"act": set.Order.Act, "kind": set.Order.Kind, "people": set.People,
			"done": set.Outcome.Done, "skipped": set.Outcome.Skipped}})
}

const fragSet = `select s.id, s.action, s.kind, s.ground, s.selector, s.selector_value, s.people, s.members, s.from_at, s.to_at, s.note, s.document,
        s.state, s.proposed_by, s.proposed_by_name, s.proposed_at, coalesce(s.decided_by, 0) as decided_by, s.decided_by_name, s.decided_at,
        s.outcome`

const sqlSet = fragSet + ` from hold_set s where s.org_id = $1 and s.id = $2`

type setRow struct {
	ID             int64            `db:"id"`
	Act            string           `db:"action"`
	Kind           string           `db:"kind"`
	Ground         string           `db:"ground"`
	By             string           `db:"selector"`
	Value          string           `db:"selector_value"`
	People         int              `db:"people"`
	Members        pq.Int64Array    `db:"members"`
	From           time.Time        `db:"from_at"`
	To             sql.NullTime     `db:"to_at"`
	Note           string           `db:"note"`
	Document       string           `db:"document"`
	State          string           `db:"state"`
	ProposedBy     int64            `db:"proposed_by"`
	ProposedByName string           `db:"proposed_by_name"`
	ProposedAt     time.Time        `db:"proposed_at"`
	DecidedBy      int64            `db:"decided_by"`
	DecidedByName  string           `db:"decided_by_name"`
	DecidedAt      sql.NullTime     `db:"decided_at"`
	Outcome        db.JSON[Outcome] `db:"outcome"`
}

func (r *setRow) set() Set {
	o := Order{Act: r.Act, Who: Selector{r.By, r.Value}, Kind: r.Kind, Ground: r.Ground, From: r.From, To: r.To.Time, Note: r.Note, Document: r.Document}
	return Set{ID: r.ID, Order: o, People: r.People, Members: r.Members, State: r.State, ProposedBy: r.ProposedBy, ProposedByName: r.ProposedByName,
		ProposedAt: r.ProposedAt, DecidedBy: r.DecidedBy, DecidedByName: r.DecidedByName, DecidedAt: r.DecidedAt.Time, Outcome: r.Outcome.V}
}

func readSet(ctx context.Context, q db.Q, query string, org int32, id int64) (Set, error) {
	var r setRow
	if err := q.GetContext(ctx, &r, query, org, id); err != nil {
		return Set{}, db.OneRow(err)
	}
	return r.set(), nil
}

const sqlSets = fragSet + `, count(*) over () as total
    from hold_set s
    where s.org_id = $1 and (not $2::boolean or s.state = 'proposed')
    order by s.proposed_at desc, s.id desc limit $3`

// Sets lists the newest group acts, or only those that wait for a second person, at most limit; total counts them all.
func (g Groups) Sets(ctx context.Context, sc authz.Scope, waiting bool, limit int) (sets []Set, total int, err error) {
	if err := sc.Require(authz.HoldPut, authz.HoldRelease); err != nil {
		return nil, 0, err
	}
	var rows []struct {
		setRow
		Total int `db:"total"`
	}
	err = g.holds.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error { return tx.SelectContext(ctx, &rows, sqlSets, sc.Org, waiting, limit) })
	if err != nil {
		return nil, 0, fmt.Errorf("list group acts: %w", err)
	}
	for i := range rows {
		sets, total = append(sets, rows[i].set()), rows[i].Total
	}
	return sets, total, nil
}

// SetNow is a group act with its people, judged at the instant as if the act were to be done now.
func (g Groups) SetNow(ctx context.Context, sc authz.Scope, id int64, at time.Time) (set Set, now Preview, err error) {
	if err := sc.Require(authz.HoldPut, authz.HoldRelease); err != nil {
		return set, now, err
	}
	err = g.holds.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		if set, err = readSet(ctx, tx, sqlSet, sc.Org, id); err != nil {
			return err
		}
		now, err = g.again(ctx, tx, sc.Org, &set, false, at)
		return err
	})
	return set, now, err
}
