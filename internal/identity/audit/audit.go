// Package audit writes who did or read what, in the same transaction as the act, and reads it back. The log has no foreign
// keys and is never changed: it outlives what it names. Details hold ids, states and masked values, never an identity number
// or a symptom.
package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
)

// Event is one act.
type Event struct {
	Org       int32  // whose log; the scope's org when 0
	Action    string // for instance employee.edit, sample.record, file.open
	Subject   string // kind of thing: employee, sample, account, import …
	SubjectID string
	Employee  int64          // whose file it concerns, 0 if none
	Read      bool           // a reading, not a change
	Reason    string         // given by the actor where one is asked for
	Detail    map[string]any // small, masked
}

const sqlInsert = `insert into audit_log
    (org_id, at, actor, actor_name, role, action, subject, subject_id, employee_id, is_read, reason, detail, request_id)
    values ($1, $2, $3, $4, $5, $6, $7, $8, nullif($9, 0::bigint), $10, $11, $12, $13)`

// FragLog writes the rows named entry, which have the columns of the log, in a statement that does the acts.
const FragLog = `insert into audit_log
    (org_id, at, actor, actor_name, role, action, subject, subject_id, employee_id, is_read, reason, detail, request_id)
    select org_id, at, actor, actor_name, role, action, subject, subject_id, employee_id, is_read, reason, detail, request_id from entry`

// Record writes the event into the transaction that does the act.
func Record(ctx context.Context, q db.Q, s authz.Scope, at time.Time, e Event) error {
	if e.Org == 0 {
		e.Org = s.Org
	}
	if e.Detail == nil {
		e.Detail = map[string]any{}
	}
	_, err := q.ExecContext(ctx, sqlInsert, e.Org, at, s.Account, s.Actor, string(s.Role), e.Action, e.Subject, e.SubjectID,
		e.Employee, e.Read, e.Reason, db.J(e.Detail), s.RequestID)
	if err != nil {
		return fmt.Errorf("audit %s: %w", e.Action, err)
	}
	return nil
}

const sqlInsertEach = `insert into audit_log (org_id, at, actor, actor_name, role, action, subject, reason, detail, request_id)
    select u.org, $4, $5, $6, $7, $8, $9, u.reason, u.detail::jsonb, $10
    from unnest($1::integer[], $2::text[], $3::text[]) as u (org, reason, detail)
    returning org_id`

// RecordEach writes one act that changed files of several orgs into the log of each: the events differ in org, reason and detail only.
func RecordEach(ctx context.Context, q db.Q, s authz.Scope, at time.Time, events []Event) error {
	if len(events) == 0 {
		return nil
	}
	orgs, reasons, details := make([]int32, len(events)), make([]string, len(events)), make([]string, len(events))
	for i, e := range events {
		detail, err := json.Marshal(e.Detail)
		if err != nil {
			return fmt.Errorf("audit %s: %w", e.Action, err)
		}
		orgs[i], reasons[i], details[i] = e.Org, e.Reason, string(detail)
	}
	_, err := q.ExecContext(ctx, sqlInsertEach, pq.Array(orgs), pq.Array(reasons), pq.Array(details), at, s.Account, s.Actor, string(s.Role),
		events[0].Action, events[0].Subject, s.RequestID)
	if err != nil {
		return fmt.Errorf("audit %s: %w", events[0].Action, err)
	}
	return nil
}
