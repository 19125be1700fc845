package auth

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/identity/org"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

// An installation is set up once there is any account but a first administrator who never came; that one has no login yet,
// as every other administrator has.
const sqlIsSetUp = `select exists (select from account where not (role = 'admin' and state = 'invited' and login is null))`

const sqlSetupLock = `select pg_advisory_xact_lock(721002)`

const sqlFirstAdmin = `select a.id from account a where a.org_id = $1 and a.role = 'admin' order by a.id limit 1`

const sqlInsertAdmin = `insert into account (org_id, role, display_name, state, created_at, updated_at)
    values ($1, 'admin', '', 'invited', $2, $2) returning id`

// EnsureSetupLink makes a link for the first administrator as long as the installation has no account that works, with the
// operator's org and the account that the link will bring to life. It returns the zero Link once the installation is set
// up. Links of earlier starts work until one of them is used or they expire.
func (s Entry) EnsureSetupLink(ctx context.Context, at time.Time) (Link, error) {
	var link Link
	err := s.db.InTx(ctx, db.Tenant{System: true}, func(tx *sqlx.Tx) error {
		link = Link{}
		done, err := isSetUp(ctx, tx)
		if err != nil || done {
			return err
		}
		orgID, err := org.EnsureOperator(ctx, tx, "—", at)
		if err != nil {
			return err
		}
		account, err := firstAdmin(ctx, tx, orgID, at)
		if err != nil {
			return err
		}
		link = Link{Account: account, Token: newToken(), Purpose: ForSetup, ExpiresAt: at.Add(SetupFor)}
		if err := store(ctx, tx, orgID, []Link{link}, 0, at); err != nil {
			return err
		}
		return audit.Record(ctx, tx, authz.System("setup").ForOrg(orgID), at, audit.Event{Action: "setup.link", Subject: "account",
			SubjectID: strconv.FormatInt(account, 10)})
	})
	return link, err
}

// isSetUp answers under a lock that makes servers that start together wait for each other.
func isSetUp(ctx context.Context, tx db.Q) (bool, error) {
	if _, err := tx.ExecContext(ctx, sqlSetupLock); err != nil {
		return false, fmt.Errorf("set-up lock: %w", err)
	}
	var done bool
	if err := tx.GetContext(ctx, &done, sqlIsSetUp); err != nil {
		return false, fmt.Errorf("is it set up: %w", err)
	}
	return done, nil
}

func firstAdmin(ctx context.Context, tx db.Q, orgID int32, at time.Time) (int64, error) {
	var ids []int64
	if err := tx.SelectContext(ctx, &ids, sqlFirstAdmin, orgID); err != nil {
		return 0, fmt.Errorf("find first administrator: %w", err)
	}
	if len(ids) == 1 {
		return ids[0], nil
	}
	var id int64
	if err := tx.GetContext(ctx, &id, sqlInsertAdmin, orgID, at); err != nil {
		return 0, fmt.Errorf("insert first administrator: %w", err)
	}
	return id, nil
}

// Setup is the form behind the set-up link.
type Setup struct {
	Token      string
	OrgName    string // who runs the installation
	Name       string
	Login      string
	New, Again string // password
	From       From
}

// CheckSetup says whether a set-up link works, errs.NotFound if not.
func (s Entry) CheckSetup(ctx context.Context, token string, at time.Time) error {
	_, err := open(ctx, s.db.Pool(), token, ForSetup, at)
	return err
}

const sqlFirst = `update account set login = $2, display_name = $3, updated_at = $4 where id = $1`

const sqlEndSetup = `update invitation set used_at = $1 where purpose = 'setup' and used_at is null`

// SetUp brings the first administrator to life. It works once in the life of an installation.
func (s Entry) SetUp(ctx context.Context, in Setup, at time.Time) (Session, error) {
	if !s.limiter.open(in.From.IP, at) {
		return Session{}, errs.New(errs.TooMany, "error.too_many")
	}
	o, err := open(ctx, s.db.Pool(), in.Token, ForSetup, at)
	if err != nil {
		s.limiter.refused(in.From.IP, at)
		return Session{}, err
	}
	person := tidy(NewAccount{Org: o.Org, Role: authz.Admin, Login: in.Login, Name: in.Name})
	in.OrgName = strings.TrimSpace(in.OrgName)
	who := o.identity
	who.Login, who.Name, who.OrgName = person.Login, person.Name, in.OrgName
	if err := s.checkSetup(ctx, in, person, who); err != nil {
		return Session{}, err
	}
	hash, err := s.hasher.Hash(ctx, in.New)
	if err != nil {
		return Session{}, err
	}
	err = s.db.InTx(ctx, db.Tenant{Org: o.Org}, func(tx *sqlx.Tx) error {
		done, err := isSetUp(ctx, tx)
		if err != nil {
			return err
		}
		if done {
			return dead()
		}
		if err := s.orgs.Rename(ctx, tx, o.Org, in.OrgName, at); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, sqlFirst, o.ID, person.Login, person.Name, at); err != nil {
			return fmt.Errorf("name first administrator: %w", err)
		}
		if who.Epoch, err = setPassword(ctx, tx, o.ID, hash, at); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, sqlEndSetup, at); err != nil {
			return fmt.Errorf("end set-up links: %w", err)
		}
		if err := signedInNow(ctx, tx, o.ID, at); err != nil {
			return err
		}
		return audit.Record(ctx, tx, who.self(in.From), at, audit.Event{Action: "auth.setup", Subject: "account", SubjectID: strconv.FormatInt(o.ID, 10)})
	})
	return who.session(), err
}

func (s Entry) checkSetup(ctx context.Context, in Setup, person NewAccount, who identity) error {
	f := errs.Fields{}
	if in.OrgName == "" {
		f.Add("org_name", "error.required")
	}
	err := s.checkNewAccount(ctx, authz.System("setup").ForOrg(person.Org), person)
	for field, m := range errs.FieldsOf(err) {
		f[field] = m
	}
	if err != nil && !errs.Is(err, errs.Invalid) {
		return err
	}
	s.checkNew(f, in.New, in.Again, who)
	return f.Err()
}
