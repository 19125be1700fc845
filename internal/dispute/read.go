package dispute

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/secret"
	"github.com/fugong/fugong/internal/screening"
)

func place(org int32, id int64, column string) secret.AD {
	return secret.AD{Table: "dispute", Org: org, ID: id, Column: column}
}

// checkText tidies what somebody wrote; the field is named in the fault.
func checkText(field, text string, max int) (string, error) {
	text = strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), ""))
	f := errs.Fields{}
	switch {
	case text == "":
		f.Add(field, "error.required")
	case utf8.RuneCountInString(text) > max:
		f.Add(field, "error.too_long", "Max", max)
	}
	return text, f.Err()
}

// row is a dispute as stored.
type row struct {
	ID         int64          `db:"id"`
	Employee   int64          `db:"employee_id"`
	Subject    string         `db:"subject"`
	Ref        string         `db:"subject_ref"`
	AboutAt    time.Time      `db:"about_at"`
	Shown      db.JSON[Shown] `db:"shown"`
	Claim      []byte         `db:"claim_enc"`
	Attachment int64          `db:"attachment_id"`
	State      string         `db:"state"`
	OpenedAt   time.Time      `db:"opened_at"`
	DueAt      time.Time      `db:"due_at"`
	Answer     []byte         `db:"answer_enc"`
	AnsweredBy string         `db:"answered_by_name"`
	AnsweredAt sql.NullTime   `db:"answered_at"`
	SeenAt     sql.NullTime   `db:"seen_at"`
	Reopens    int64          `db:"reopens"`
	ReopenedBy int64          `db:"reopened_by"`
}

const fragColumns = `d.id, d.employee_id, d.subject, d.subject_ref, d.about_at, d.shown, d.claim_enc, coalesce(d.attachment_id, 0) as attachment_id,
        d.state, d.opened_at, d.due_at, d.answer_enc, d.answered_by_name, d.answered_at, d.seen_at, coalesce(d.reopens, 0) as reopens,
        coalesce((select n.id from dispute n where n.org_id = d.org_id and n.employee_id = d.employee_id and n.reopens = d.id), 0) as reopened_by`

func (s *Service) unseal(org int32, r *row) (Dispute, error) {
	d := Dispute{ID: r.ID, Employee: r.Employee, AboutAt: r.AboutAt, Shown: r.Shown.V, Attachment: r.Attachment, State: State(r.State),
		OpenedAt: r.OpenedAt, DueAt: r.DueAt, AnsweredBy: r.AnsweredBy, AnsweredAt: r.AnsweredAt.Time, SeenAt: r.SeenAt.Time,
		Reopens: r.Reopens, ReopenedBy: r.ReopenedBy}
	about := r.Subject
	if r.Ref != "" {
		about += ":" + r.Ref
	}
	var ok bool
	if d.About, ok = ParseAbout(about); !ok {
		return d, fmt.Errorf("dispute %d is about %q", r.ID, about)
	}
	claim, err := s.box.Open(r.Claim, place(org, r.ID, "claim_enc"))
	if err != nil {
		return d, fmt.Errorf("dispute %d: %w", r.ID, err)
	}
	d.Claim = string(claim)
	if len(r.Answer) > 0 {
		answer, err := s.box.Open(r.Answer, place(org, r.ID, "answer_enc"))
		if err != nil {
			return d, fmt.Errorf("dispute %d: %w", r.ID, err)
		}
		d.Answer = string(answer)
	}
	return d, nil
}

const sqlOne = `select ` + fragColumns + ` from dispute d where d.org_id = $1 and d.employee_id = $2 and d.id = $3`

func (s *Service) read(ctx context.Context, q db.Q, org int32, employee, id int64) (Dispute, error) {
	var r row
	if err := q.GetContext(ctx, &r, sqlOne, org, employee, id); err != nil {
		return Dispute{}, db.OneRow(err)
	}
	return s.unseal(org, &r)
}

// ownShown is how many of the own disputes are listed.
const ownShown = 100

const sqlOfEmployee = db.Kept + `select ` + fragColumns + `
    from dispute d where d.org_id = $1 and d.employee_id = $2 and d.opened_at < $3 order by d.opened_at desc, d.id desc limit $4`

// OfEmployee lists disputes of a person from before an instant, the newest first. It asks for no permission and writes nothing
// down: it is a part of whatever page opens the file, which must not be a leader's.
func (s *Service) OfEmployee(ctx context.Context, q db.Q, org int32, employee int64, before time.Time, limit int) ([]Dispute, error) {
	var rows []row
	if err := q.SelectContext(ctx, &rows, sqlOfEmployee, org, employee, before, limit); err != nil {
		return nil, fmt.Errorf("read disputes of a person: %w", err)
	}
	out := make([]Dispute, len(rows))
	for i := range rows {
		var err error
		if out[i], err = s.unseal(org, &rows[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Own lists the disputes of the own file, the newest first.
func (s *Service) Own(ctx context.Context, sc authz.Scope, at time.Time) ([]Dispute, error) {
	if err := sc.Require(authz.OwnFile); err != nil {
		return nil, err
	}
	var out []Dispute
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) (err error) {
		out, err = s.OfEmployee(ctx, tx, sc.Org, sc.Employee, at.Add(time.Hour), ownShown)
		return err
	})
	return out, err
}

const sqlSeen = `update dispute set seen_at = $4
    where org_id = $1 and employee_id = $2 and id = $3 and state in ('upheld', 'rejected') and seen_at is null`

// OwnOne opens a dispute of the own file; an answer is noted as seen.
func (s *Service) OwnOne(ctx context.Context, sc authz.Scope, id int64, at time.Time) (Dispute, error) {
	if err := sc.Require(authz.OwnFile); err != nil {
		return Dispute{}, err
	}
	var d Dispute
	err := s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) (err error) {
		if d, err = s.read(ctx, tx, sc.Org, sc.Employee, id); err != nil {
			return err
		}
		if _, err = tx.ExecContext(ctx, sqlSeen, sc.Org, sc.Employee, id, at); err != nil {
			return fmt.Errorf("note as seen: %w", err)
		}
		return nil
	})
	return d, err
}

const sqlAnswered = `select count(*) from dispute
    where org_id = $1 and employee_id = $2 and state in ('upheld', 'rejected') and seen_at is null`

// Answered counts the answers that the person has not seen, for the first page. It reads in the caller's transaction.
func Answered(ctx context.Context, q db.Q, sc authz.Scope) (int, error) {
	var n int
	if err := q.GetContext(ctx, &n, sqlAnswered, sc.Org, sc.Employee); err != nil {
		return 0, fmt.Errorf("count answers: %w", err)
	}
	return n, nil
}

// sampleOf is a sample as it stands now.
func sampleOf(ctx context.Context, q db.Q, org int32, employee int64, sampledAt time.Time) (screening.Sample, error) {
	found, err := screening.OfEmployee(ctx, q, org, employee, sampledAt.Add(time.Second), 1)
	if err != nil {
		return screening.Sample{}, err
	}
	if len(found) == 0 || found[0].Key != screening.NewKey(employee, sampledAt) {
		return screening.Sample{}, errs.Missing()
	}
	return found[0], nil
}

// Hold is a hold as it stands now.
type Hold struct {
	Kind     string       `db:"kind"`
	From     time.Time    `db:"from_at"`
	To       sql.NullTime `db:"to_at"`
	Released sql.NullTime `db:"released_at"`
}

const sqlHold = `select kind, from_at, to_at, released_at from hold where org_id = $1 and employee_id = $2 and id = $3`

func holdOf(ctx context.Context, q db.Q, org int32, employee, id int64) (Hold, error) {
	var h Hold
	return h, db.OneRow(q.GetContext(ctx, &h, sqlHold, org, employee, id))
}
