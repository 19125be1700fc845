package employee

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

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
	keys   []string // columns that differ from before; set by settle
	reason string
	digest string // of the draft that makes the change; "" for a change by other means

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
	Employee      int64
	Kind          string
	Effective     time.Time
	Until         sql.NullTime
	Before, After []shown
	Reason        string
}

// history splits a change by kind. A new file has one row, which also begins its first spans.
func (c *change) history(at time.Time) []history {
	if c.before == nil {
		return []history{c.entry(profile.KindCreated, at, profile.Changed(profile.Values{}, c.v))}
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
	h := history{Employee: c.id, Kind: kind, Effective: at, After: make([]shown, 0, len(keys)), Reason: c.reason}
	switch kind {
	case profile.KindCategory:
		h.Effective = c.categorySince
	case profile.KindStatus, profile.KindCreated:
		h.Effective, h.Until = c.statusSince, c.statusUntil
	}
	for _, col := range profile.Columns {
		if !slices.Contains(keys, col.Key) {
			continue
		}
		if c.before != nil {
			h.Before = append(h.Before, shown{col.Key, col.Shown(&c.before.v)})
		}
		h.After = append(h.After, shown{col.Key, col.Shown(&c.v)})
	}
	return h
}

const sqlInsertChanges = `insert into employee_change (org_id, employee_id, kind, effective_at, until, before, after, reason, actor,
        actor_name, at)
    select $1, u.employee_id, u.kind, u.effective_at, u.until, u.before, u.after, u.reason, $2, $3, $4
    from unnest($5::bigint[], $6::text[], $7::timestamptz[], $8::timestamptz[], $9::jsonb[], $10::jsonb[], $11::text[])
        as u (employee_id, kind, effective_at, until, before, after, reason)
    returning org_id`

func writeHistory(ctx context.Context, q db.Q, sc authz.Scope, changes []*change, at time.Time) error {
	for part := range slices.Chunk(changes, portion) {
		columns := db.Columns(7)
		for _, c := range part {
			for _, h := range c.history(at) {
				h.put(columns)
			}
		}
		if _, err := q.ExecContext(ctx, sqlInsertChanges, db.Args(columns, sc.Org, sc.Account, sc.Actor, at)...); err != nil {
			return fmt.Errorf("write history: %w", err)
		}
	}
	return nil
}

func (h *history) put(c []db.Column) {
	c[0].Int(h.Employee)
	c[1].Text(h.Kind)
	c[2].Time(h.Effective)
	c[3].Time(h.Until.Time)
	c[4].Text(object(h.Before))
	c[5].Text(object(h.After))
	c[6].Text(h.Reason)
}

// shown is what a column said, as history may show it.
type shown struct{ key, value string }

// object writes the columns as a JSON object.
func object(said []shown) string {
	b := []byte{'{'}
	for i, s := range said {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), s.key...), `":`...) // keys are our own words
		b = appendJSON(b, s.value)
	}
	return string(append(b, '}'))
}

// appendJSON appends a text as JSON.
func appendJSON(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7F && !utf8.ValidString(s) {
			quoted, _ := json.Marshal(s) // a string always can be
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}
