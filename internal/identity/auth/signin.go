package auth

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

// Lock-out: after MaxFailures wrong passwords in a row nobody gets in for LockTime (GB/T 22239-2019 level 2 asks for one).
const (
	MaxFailures = 5
	LockTime    = 15 * time.Minute
)

// maxCandidates bounds how many accounts one sign-in is tried against: a phone number may belong to files of several orgs.
const maxCandidates = 5

// Credentials are what somebody typed.
type Credentials struct {
	Name     string // login or e-mail of staff, mobile number or employee number of workers
	Password string
	OrgCode  string // enterprise that an employee number belongs to; "" when not known
	From     From
}

// refusal is the one answer to every sign-in that fails.
func refusal() error {
	return errs.New(errs.Unauthenticated, "auth.refused", "Max", MaxFailures, "Minutes", int(LockTime.Minutes()))
}

// SignIn finds the account that the name and the password belong to. Every failure is the same errs.Unauthenticated, and
// takes as long; too many from one address are errs.TooMany.
func (s Entry) SignIn(ctx context.Context, in Credentials, at time.Time) (Session, error) {
	started := time.Now() // how long an answer takes is a matter of the machine's clock
	if !s.limiter.open(in.From.IP, at) {
		return Session{}, errs.New(errs.TooMany, "error.too_many")
	}
	ses, err := s.signIn(ctx, in, at)
	if errs.Is(err, errs.Unauthenticated) {
		s.limiter.refused(in.From.IP, at)
		s.waitUntil(ctx, started.Add(s.floor))
	}
	return ses, err
}

func (s Entry) waitUntil(ctx context.Context, end time.Time) {
	t := time.NewTimer(time.Until(end))
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

func (s Entry) signIn(ctx context.Context, in Credentials, at time.Time) (Session, error) {
	found, err := s.candidates(ctx, in)
	if err != nil {
		return Session{}, err
	}
	if len(found) == 0 {
		if _, err := s.hasher.Verify(ctx, in.Password, ""); err != nil {
			return Session{}, err
		}
		return Session{}, refusal()
	}
	var missed []attempt
	for _, who := range found {
		a, err := s.try(ctx, who, in.Password, at)
		if err != nil {
			return Session{}, err
		}
		if a.right {
			return s.admit(ctx, who, missed, in.From, at)
		}
		missed = append(missed, a)
	}
	if err := s.recordMissed(ctx, missed, in.From, at); err != nil {
		return Session{}, err
	}
	return Session{}, refusal()
}

// attempt is a password compared with one account's.
type attempt struct {
	who    identity
	failed int  // failures in a row with this one; 0 when the account was locked and the comparison a sham
	right  bool // right, and the account open
}

const sqlReserve = `update account set
        failed = case when locked_until is null then failed + 1 else 1 end,
        locked_until = case when (case when locked_until is null then failed + 1 else 1 end) >= $3 then $4::timestamptz end
    where id = $1 and (locked_until is null or locked_until <= $2)
    returning failed`

// try compares the password. The attempt is counted before, in one statement, so that many at once on several servers get
// no more tries than one after the other; success takes it back.
func (s *core) try(ctx context.Context, who identity, password string, at time.Time) (attempt, error) {
	a := attempt{who: who}
	var failed []int
	if err := s.db.Pool().SelectContext(ctx, &failed, sqlReserve, who.ID, at, MaxFailures, at.Add(LockTime)); err != nil {
		return a, fmt.Errorf("count attempt: %w", err)
	}
	right, err := s.hasher.Verify(ctx, password, who.Hash)
	if len(failed) == 1 {
		a.failed, a.right = failed[0], right
	}
	return a, err
}

// recordMissed writes the wrong passwords into the logs of the accounts' orgs.
func (s *core) recordMissed(ctx context.Context, missed []attempt, from From, at time.Time) error {
	var failed []error
	for _, a := range missed {
		if a.failed == 0 {
			continue
		}
		failed = append(failed, s.db.InTx(ctx, db.Tenant{Org: a.who.Org}, func(tx *sqlx.Tx) error {
			return audit.Record(ctx, tx, a.who.self(from), at, audit.Event{Action: "auth.refused", Subject: "account",
				SubjectID: strconv.FormatInt(a.who.ID, 10), Detail: map[string]any{"failed": a.failed, "locked": a.failed >= MaxFailures}})
		}))
	}
	return errors.Join(failed...)
}

const sqlAdmit = `update account set failed = 0, locked_until = null, last_sign_in = $2
    where id = $1 and state = 'active' and password_hash = $3 returning session_epoch`

const sqlRelease = `update account set failed = greatest(failed - 1, 0), locked_until = null where id = any($1)`

const sqlOnFile = `select exists (select from employee where org_id = $1 and id = $2 and work_status <> 'resigned')`

func (s Entry) admit(ctx context.Context, who identity, missed []attempt, from From, at time.Time) (Session, error) {
	err := s.db.InTx(ctx, db.Tenant{Org: who.Org}, func(tx *sqlx.Tx) error {
		if who.Employee != 0 {
			var onFile bool
			if err := tx.GetContext(ctx, &onFile, sqlOnFile, who.Org, who.Employee); err != nil {
				return fmt.Errorf("look for file: %w", err)
			}
			if !onFile {
				return refusal()
			}
		}
		var epochs []int
		if err := tx.SelectContext(ctx, &epochs, sqlAdmit, who.ID, at, who.Hash); err != nil {
			return fmt.Errorf("admit: %w", err)
		}
		if len(epochs) == 0 { // disabled, or given another password, a moment ago
			return refusal()
		}
		who.Epoch = epochs[0]
		if err := release(ctx, tx, missed); err != nil {
			return err
		}
		return audit.Record(ctx, tx, who.self(from), at, audit.Event{Action: "auth.sign_in", Subject: "account",
			SubjectID: strconv.FormatInt(who.ID, 10)})
	})
	return who.session(), err
}

// release gives back the attempts on accounts that the same person has in other orgs under another password.
func release(ctx context.Context, q db.Q, missed []attempt) error {
	var ids []int64
	for _, a := range missed {
		if a.failed > 0 {
			ids = append(ids, a.who.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	if _, err := q.ExecContext(ctx, sqlRelease, pq.Array(ids)); err != nil {
		return fmt.Errorf("release attempts: %w", err)
	}
	return nil
}
