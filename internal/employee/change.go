package employee

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/employee/profile"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
)

// change is one file as it was and as it shall be.
type change struct {
	id     int64
	before *file // nil for a new file
	v      profile.Values
	keys   []string // columns that differ; set by settle
	reason string

	team          int64
	categorySince time.Time
	statusSince   time.Time
	statusUntil   sql.NullTime
	restated      bool // the status begins anew although its name is the same: a leave is extended
}

// newChange starts from a file; what is not changed stays.
func newChange(f *file, v profile.Values) *change {
	return &change{id: f.ID, before: f, v: v, team: f.TeamID, categorySince: f.CategorySince, statusSince: f.StatusSince,
		statusUntil: f.StatusUntil}
}

// settle finds the columns that differ and dates the spans that begin at the instant at. It reports whether there is anything
// to write.
func (c *change) settle(at time.Time) bool {
	if c.before == nil {
		c.keys = profile.Changed(profile.Values{}, c.v)
		c.categorySince, c.statusSince = at, at
		return true
	}
	c.keys = profile.Changed(c.before.v, c.v)
	if slices.Contains(c.keys, profile.ColCategory) {
		c.categorySince = following(c.before.CategorySince, at)
	}
	if slices.Contains(c.keys, profile.ColWorkStatus) && c.statusSince.Equal(c.before.StatusSince) {
		c.statusSince, c.statusUntil = following(c.before.StatusSince, at), sql.NullTime{}
	}
	if c.restated && !slices.Contains(c.keys, profile.ColWorkStatus) {
		c.keys = append(c.keys, profile.ColWorkStatus)
	}
	return len(c.keys) > 0
}

// following is the instant at, or just after the span it follows: of two spans that begin together the rules cannot tell
// which came later.
func following(since, at time.Time) time.Time {
	if at.After(since) {
		return at
	}
	return since.Add(time.Microsecond)
}

// apply writes settled changes with their history and evaluates the people anew. Audit is the caller's.
func (s *Service) apply(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, changes []*change, at time.Time) error {
	if len(changes) == 0 {
		return nil
	}
	if err := settleTeams(ctx, tx, sc.Org, changes, at); err != nil {
		return err
	}
	if err := s.vault.writeFiles(ctx, tx, sc.Org, changes, at); err != nil {
		return err
	}
	if err := writeHistory(ctx, tx, sc, changes, at); err != nil {
		return err
	}
	ids := make([]int64, len(changes))
	for i, c := range changes {
		ids[i] = c.id
	}
	return s.standings.Apply(ctx, tx, sc.Org, ids, at)
}

func settleTeams(ctx context.Context, q db.Q, org int32, changes []*change, at time.Time) error {
	names := map[teamName]int64{}
	for _, c := range changes {
		names[teamName{c.v.Workshop, c.v.Team}] = 0
	}
	if err := teams(ctx, q, org, at, names); err != nil {
		return err
	}
	for _, c := range changes {
		c.team = names[teamName{c.v.Workshop, c.v.Team}]
	}
	return nil
}

// history is one row of employee_change on its way into the table.
type history struct {
	Employee  int64             `json:"employee_id"`
	Kind      string            `json:"kind"`
	Effective time.Time         `json:"effective_at"`
	Until     *time.Time        `json:"until"`
	Before    map[string]string `json:"before"`
	After     map[string]string `json:"after"`
	Reason    string            `json:"reason"`
}

// history splits a change by kind. A new file has one row, which also begins its first spans.
func (c *change) history(at time.Time) []history {
	if c.before == nil {
		return []history{c.entry(profile.KindCreated, at, c.keys)}
	}
	byKind := map[string][]string{}
	for _, col := range profile.Columns {
		if slices.Contains(c.keys, col.Key) {
			byKind[col.Kind] = append(byKind[col.Kind], col.Key)
		}
	}
	var out []history
	for _, kind := range []string{profile.KindIdentity, profile.KindPlacement, profile.KindContact, profile.KindCategory, profile.KindStatus} {
		if keys := byKind[kind]; len(keys) > 0 {
			out = append(out, c.entry(kind, at, keys))
		}
	}
	return out
}

func (c *change) entry(kind string, at time.Time, keys []string) history {
	h := history{Employee: c.id, Kind: kind, Effective: at, Before: map[string]string{}, After: map[string]string{}, Reason: c.reason}
	switch kind {
	case profile.KindCategory:
		h.Effective = c.categorySince
	case profile.KindStatus, profile.KindCreated:
		h.Effective = c.statusSince
		if c.statusUntil.Valid {
			h.Until = &c.statusUntil.Time
		}
	}
	for _, col := range profile.Columns {
		if !slices.Contains(keys, col.Key) {
			continue
		}
		if c.before != nil {
			h.Before[col.Key] = col.Shown(&c.before.v)
		}
		h.After[col.Key] = col.Shown(&c.v)
	}
	return h
}

const sqlInsertChanges = `insert into employee_change (org_id, employee_id, kind, effective_at, until, before, after, reason, actor,
        actor_name, at)
    select $1, u.employee_id, u.kind, u.effective_at, u.until, u.before, u.after, u.reason, $3, $4, $5
    from json_to_recordset($2::json) as u (employee_id bigint, kind text, effective_at timestamptz, until timestamptz,
        before jsonb, after jsonb, reason text)
    returning org_id`

func writeHistory(ctx context.Context, q db.Q, sc authz.Scope, changes []*change, at time.Time) error {
	rows := make([]history, 0, len(changes))
	for _, c := range changes {
		rows = append(rows, c.history(at)...)
	}
	if _, err := q.ExecContext(ctx, sqlInsertChanges, sc.Org, db.J(rows), sc.Account, sc.Actor, at); err != nil {
		return fmt.Errorf("write history: %w", err)
	}
	return nil
}
