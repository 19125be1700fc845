package auth

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/auth/password"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/gb"
	"github.com/fugong/fugong/internal/platform/i18n"
)

// Everything here concerns the scope's own account and needs no permission but to be signed in.

func signedIn(sc authz.Scope) error {
	if sc.Account <= 0 {
		return signedOut()
	}
	return nil
}

const sqlOwn = fragIdentity + ` where a.id = $1 and a.state = 'active'`

func own(ctx context.Context, q db.Q, sc authz.Scope) (identity, error) {
	var who identity
	if err := signedIn(sc); err != nil {
		return who, err
	}
	return who, db.OneRow(q.GetContext(ctx, &who, sqlOwn, sc.Account))
}

func recordOwn(ctx context.Context, tx db.Q, sc authz.Scope, at time.Time, action string, detail map[string]any) error {
	return audit.Record(ctx, tx, sc, at, audit.Event{Action: action, Subject: "account", SubjectID: strconv.FormatInt(sc.Account, 10), Detail: detail})
}

// SignedOut notes in the log that the account ended its session.
func (s Self) SignedOut(ctx context.Context, sc authz.Scope, at time.Time) error {
	if err := signedIn(sc); err != nil {
		return err
	}
	return s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		return recordOwn(ctx, tx, sc, at, "auth.sign_out", nil)
	})
}

const sqlNextEpoch = `update account set session_epoch = session_epoch + 1, updated_at = $2 where id = $1`

// SignOutEverywhere ends every session of the account, on this server at once, on others within seconds.
func (s Self) SignOutEverywhere(ctx context.Context, sc authz.Scope, at time.Time) error {
	if err := signedIn(sc); err != nil {
		return err
	}
	err := s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, sqlNextEpoch, sc.Account, at); err != nil {
			return fmt.Errorf("next epoch: %w", err)
		}
		return recordOwn(ctx, tx, sc, at, "auth.sign_out_everywhere", nil)
	})
	s.forget(sc.Account)
	return err
}

// PasswordChange is the form of the account's own page.
type PasswordChange struct{ Old, New, Again string }

const sqlSetPassword = `update account set password_hash = $2, state = 'active', failed = 0, locked_until = null,
        session_epoch = session_epoch + 1, updated_at = $3
    where id = $1 and state <> 'disabled' returning session_epoch`

// setPassword stores a new hash and ends every session; it returns the new epoch.
func setPassword(ctx context.Context, q db.Q, account int64, hash string, at time.Time) (int, error) {
	var epoch int
	if err := q.GetContext(ctx, &epoch, sqlSetPassword, account, hash, at); err != nil {
		return 0, fmt.Errorf("set password: %w", db.OneRow(err))
	}
	return epoch, nil
}

// ChangePassword gives the account another password. It ends every session; the returned one takes the place of this one.
// Wrong old passwords count towards the lock-out.
func (s Self) ChangePassword(ctx context.Context, sc authz.Scope, in PasswordChange, at time.Time) (Session, error) {
	who, err := own(ctx, s.db.Pool(), sc)
	if err != nil {
		return Session{}, err
	}
	if err := s.checkChange(in, who); err != nil {
		return Session{}, err
	}
	tried, err := s.try(ctx, who, in.Old, at)
	if err != nil {
		return Session{}, err
	}
	if !tried.right {
		if err := s.recordMissed(ctx, []attempt{tried}, From{RequestID: sc.RequestID}, at); err != nil {
			return Session{}, err
		}
		return Session{}, errs.Fields{"old": errs.Msg("auth.password.wrong")}.Err()
	}
	hash, err := s.hasher.Hash(ctx, in.New)
	if err != nil {
		return Session{}, err
	}
	err = s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		if who.Epoch, err = setPassword(ctx, tx, sc.Account, hash, at); err != nil {
			return err
		}
		return recordOwn(ctx, tx, sc, at, "auth.password", nil)
	})
	s.forget(sc.Account)
	return who.session(), err
}

func (s Self) checkChange(in PasswordChange, who identity) error {
	f := errs.Fields{}
	if in.Old == "" {
		f.Add("old", "error.required")
	}
	if in.New == in.Old && in.New != "" {
		f.Add("new", "auth.password.same")
	}
	s.checkNew(f, in.New, in.Again, who)
	return f.Err()
}

// checkNew checks the two fields "new" and "again" of a form that sets a password.
func (s *core) checkNew(f errs.Fields, chosen, again string, who identity) {
	isMobile := func(p string) bool {
		mobile := gb.NormalizeMobile(p)
		return gb.CheckMobile(mobile) == nil && bytes.Equal(s.box.Index("mobile", mobile), who.Mobile)
	}
	m := password.Check(chosen, password.Subject{Worker: who.Role == authz.Worker, Mobile: isMobile,
		Known: []string{who.Login, who.Name, who.OrgName, who.OrgCode}})
	if m != nil {
		f["new"] = *m
	}
	if again != chosen {
		f.Add("again", "auth.password.differs")
	}
}

const sqlSetLang = `update account set lang = $2, updated_at = $3 where id = $1`

// SetLanguage keeps the account's language, one of i18n.Languages.
func (s Self) SetLanguage(ctx context.Context, sc authz.Scope, lang string, at time.Time) error {
	if err := signedIn(sc); err != nil {
		return err
	}
	if !slices.Contains(i18n.Languages(), lang) {
		return errs.New(errs.Invalid, "error.choice")
	}
	err := s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, sqlSetLang, sc.Account, lang, at); err != nil {
			return fmt.Errorf("set language: %w", err)
		}
		return recordOwn(ctx, tx, sc, at, "auth.language", map[string]any{"lang": lang})
	})
	s.forget(sc.Account)
	return err
}

// Own is the scope's own account.
func (s Self) Own(ctx context.Context, sc authz.Scope) (Account, error) {
	if err := signedIn(sc); err != nil {
		return Account{}, err
	}
	var a Account
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		return tx.GetContext(ctx, &a, sqlAccount, sc.Account)
	})
	return a, db.OneRow(err)
}
