package auth

import (
	"context"
	"crypto/subtle"
	"fmt"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/gb"
)

// Invitation is what the page behind a link may show before its reader has proved anything.
type Invitation struct {
	Org       string
	Name      string // masked
	Login     string // of staff; a worker signs in by phone or employee number
	Role      authz.Role
	NeedsTail bool // the reader must know the end of the identity number
	ExpiresAt time.Time
}

// Invitation looks at an activation or reset link without using it. A link that does not work is errs.NotFound.
func (s Entry) Invitation(ctx context.Context, token string, p Purpose, at time.Time) (Invitation, error) {
	o, err := open(ctx, s.db.Pool(), token, p, at)
	if err != nil {
		return Invitation{}, err
	}
	return Invitation{Org: o.OrgName, Name: gb.MaskName(o.Name), Login: o.Login, Role: o.Role, NeedsTail: o.Employee != 0,
		ExpiresAt: o.ExpiresAt}, nil
}

// Answer is the form behind an activation or reset link.
type Answer struct {
	Token      string
	Purpose    Purpose
	Tail       string // last four characters of the identity number
	New, Again string // password
	From       From
}

// Redeem lets the reader of a link choose a password. Whoever has a file must know the end of its identity number; five
// wrong answers burn the link. A dead link is errs.NotFound, faults of fields errs.Invalid.
func (s Entry) Redeem(ctx context.Context, in Answer, at time.Time) (Session, error) {
	if !s.limiter.open(in.From.IP, at) {
		return Session{}, errs.New(errs.TooMany, "error.too_many")
	}
	o, err := open(ctx, s.db.Pool(), in.Token, in.Purpose, at)
	if err != nil {
		s.limiter.refused(in.From.IP, at)
		return Session{}, err
	}
	f := errs.Fields{}
	if o.Employee != 0 && len(gb.NormalizeID(in.Tail)) != 4 {
		f.Add("tail", "auth.tail.length")
	}
	s.checkNew(f, in.New, in.Again, o.identity)
	if err := f.Err(); err != nil {
		return Session{}, err // nothing was given away, so no try is counted
	}
	if o.Employee != 0 {
		if err := s.checkTail(ctx, o, in, at); err != nil {
			s.limiter.refused(in.From.IP, at)
			return Session{}, err
		}
	}
	return s.finish(ctx, o, in, at)
}

// checkTail compares the answer with the file. The try is counted and stays counted whatever the outcome.
func (s Entry) checkTail(ctx context.Context, o opened, in Answer, at time.Time) error {
	left, err := tryLink(ctx, s.db.Pool(), in.Token, at)
	if err != nil {
		return err
	}
	var people []Contact
	err = s.db.Read(ctx, db.Tenant{Org: o.Org}, func(tx *sqlx.Tx) error {
		people, err = s.people.Contacts(ctx, tx, o.Org, []int64{o.Employee})
		return err
	})
	if err != nil {
		return fmt.Errorf("read file: %w", err)
	}
	if len(people) == 0 {
		return dead() // the person left
	}
	tail := people[0].IDTail
	if tail != "" && subtle.ConstantTimeCompare([]byte(gb.NormalizeID(in.Tail)), []byte(gb.NormalizeID(tail))) == 1 {
		return nil
	}
	if err := s.recordTail(ctx, o, in, left, at); err != nil {
		return err
	}
	if left == 0 {
		return dead()
	}
	return errs.Fields{"tail": errs.Msg("auth.tail.wrong", "Left", left)}.Err()
}

func (s Entry) recordTail(ctx context.Context, o opened, in Answer, left int, at time.Time) error {
	return s.db.InTx(ctx, db.Tenant{Org: o.Org}, func(tx *sqlx.Tx) error {
		return audit.Record(ctx, tx, o.self(in.From), at, audit.Event{Action: "auth.link_refused", Subject: "account",
			SubjectID: strconv.FormatInt(o.ID, 10), Employee: o.Employee, Detail: map[string]any{"left": left}})
	})
}

func (s Entry) finish(ctx context.Context, o opened, in Answer, at time.Time) (Session, error) {
	hash, err := s.hasher.Hash(ctx, in.New)
	if err != nil {
		return Session{}, err
	}
	err = s.db.InTx(ctx, db.Tenant{Org: o.Org}, func(tx *sqlx.Tx) error {
		if err := use(ctx, tx, in.Token, at); err != nil {
			return err
		}
		if o.Epoch, err = setPassword(ctx, tx, o.ID, hash, at); err != nil {
			return err
		}
		if err := signedInNow(ctx, tx, o.ID, at); err != nil {
			return err
		}
		return audit.Record(ctx, tx, o.self(in.From), at, audit.Event{Action: "auth." + string(in.Purpose), Subject: "account",
			SubjectID: strconv.FormatInt(o.ID, 10), Employee: o.Employee})
	})
	s.forget(o.ID)
	return o.session(), err
}

const sqlSignedIn = `update account set last_sign_in = $2 where id = $1`

func signedInNow(ctx context.Context, q db.Q, account int64, at time.Time) error {
	if _, err := q.ExecContext(ctx, sqlSignedIn, account, at); err != nil {
		return fmt.Errorf("note sign-in: %w", err)
	}
	return nil
}
