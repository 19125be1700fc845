// Package audit writes who did or read what, in the same transaction as the act, and reads it back. The log has no foreign
// keys and is never changed: it outlives what it names. Details hold ids, states and masked values, never an identity number
// or a symptom.
package audit

import (
	"context"
	"fmt"
	"time"

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
