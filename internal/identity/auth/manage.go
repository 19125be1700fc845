package auth

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

// record writes into the log of the account's org, whoever acts.
func record(ctx context.Context, tx db.Q, sc authz.Scope, at time.Time, action string, a Account, detail map[string]any) error {
	return audit.Record(ctx, tx, sc, at, audit.Event{Org: a.Org, Action: action, Subject: "account",
		SubjectID: strconv.FormatInt(a.ID, 10), Employee: a.Employee, Detail: detail})
}

const sqlLockManaged = `select a.id from account a where a.id = $1 and ($2 = 0 or a.org_id = $2) and a.role = any($3) for update`

// manage runs fn on an account that the scope manages, in a transaction of the account's org.
func (s Management) manage(ctx context.Context, sc authz.Scope, id int64, fn func(tx *sqlx.Tx, a Account) error) error {
	a, err := s.Account(ctx, sc, id)
	if err != nil {
		return err
	}
	r := reachOf(sc)
	err = s.db.InTx(ctx, db.Tenant{Org: a.Org}, func(tx *sqlx.Tx) error {
		var locked int64
		if err := tx.GetContext(ctx, &locked, sqlLockManaged, id, r.org, pq.Array(r.roles)); err != nil {
			return db.OneRow(err)
		}
		var now Account
		if err := tx.GetContext(ctx, &now, sqlAccount, id); err != nil {
			return db.OneRow(err)
		}
		return fn(tx, now)
	})
	s.forget(id)
	return err
}

// Changes is what a manager may edit of an account. Teams matter for a team leader, Name, Email and Division for staff.
type Changes struct {
	Name, Email, Division string
	Teams                 []int64
}

const sqlEdit = `update account set display_name = $2, email = $3, division = nullif($4, ''), updated_at = $5 where id = $1`

// EditAccount changes an account. A worker's has nothing to edit: it follows the file.
func (s Management) EditAccount(ctx context.Context, sc authz.Scope, id int64, in Changes, at time.Time) error {
	in.Name, in.Email = strings.TrimSpace(in.Name), strings.TrimSpace(in.Email)
	return s.manage(ctx, sc, id, func(tx *sqlx.Tx, a Account) error {
		switch a.Role {
		case authz.Worker:
			return errs.New(errs.Conflict, "auth.worker.fixed")
		case authz.TeamLeader:
			if len(in.Teams) == 0 {
				return errs.Fields{"teams": errs.Msg("auth.teams.none")}.Err()
			}
			if err := leadTeams(ctx, tx, a.Org, a.ID, in.Teams); err != nil {
				return err
			}
			return record(ctx, tx, sc, at, "account.edit", a, map[string]any{"teams": []any{[]int64(a.TeamIDs), in.Teams}})
		}
		f := errs.Fields{}
		if err := s.checkPerson(ctx, f, a.Role, in.Name, in.Email, in.Division); err != nil {
			return err
		}
		if err := f.Err(); err != nil {
			return err
		}
		if a.Role != authz.DistrictBureau {
			in.Division = ""
		}
		if _, err := tx.ExecContext(ctx, sqlEdit, a.ID, in.Name, in.Email, in.Division, at); err != nil {
			return fmt.Errorf("edit account: %w", err)
		}
		return record(ctx, tx, sc, at, "account.edit", a, map[string]any{"name": []string{a.Name, in.Name},
			"division": []string{a.Division, in.Division}, "email_changed": a.Email != in.Email})
	})
}

const sqlDemote = `update account set role = 'worker', session_epoch = session_epoch + 1, updated_at = $2 where id = $1 and role = 'team_leader'`

// Demote makes a team leader a worker again; the account and its password stay.
func (s Management) Demote(ctx context.Context, sc authz.Scope, id int64, at time.Time) error {
	return s.manage(ctx, sc, id, func(tx *sqlx.Tx, a Account) error {
		if a.Role != authz.TeamLeader {
			return errs.New(errs.Conflict, "error.conflict")
		}
		if _, err := tx.ExecContext(ctx, sqlUnlead, a.Org, a.ID); err != nil {
			return fmt.Errorf("unlead: %w", err)
		}
		if _, err := tx.ExecContext(ctx, sqlDemote, a.ID, at); err != nil {
			return fmt.Errorf("demote: %w", err)
		}
		return record(ctx, tx, sc, at, "account.demote", a, nil)
	})
}

const sqlDisable = `update account set state = 'disabled', session_epoch = session_epoch + 1, updated_at = $2 where id = $1`

const sqlEnable = `update account set state = case when password_hash = '' then 'invited' else 'active' end, failed = 0,
        locked_until = null, updated_at = $2
    where id = $1`

// SetDisabled shuts an account out, its sessions and links at once, or lets it in again. Nobody disables the account they
// are using, so an org never loses its last administrator this way.
func (s Management) SetDisabled(ctx context.Context, sc authz.Scope, id int64, disabled bool, at time.Time) error {
	if id == sc.Account {
		return errs.New(errs.Conflict, "auth.disable.own")
	}
	return s.manage(ctx, sc, id, func(tx *sqlx.Tx, a Account) error {
		action, query := "account.enable", sqlEnable
		if disabled {
			action, query = "account.disable", sqlDisable
			if err := revoke(ctx, tx, []int64{id}); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, query, id, at); err != nil {
			return fmt.Errorf("%s: %w", action, err)
		}
		return record(ctx, tx, sc, at, action, a, nil)
	})
}

// NewLink makes a link by which the account's owner chooses a password: activation while it never had one, else a reset.
// Links made before are void; the present password works until the link is used.
func (s Management) NewLink(ctx context.Context, sc authz.Scope, id int64, at time.Time) (Link, Account, error) {
	var link Link
	var account Account
	err := s.manage(ctx, sc, id, func(tx *sqlx.Tx, a Account) error {
		if a.State == Disabled {
			return errs.New(errs.Conflict, "auth.link.disabled")
		}
		links, err := issue(ctx, tx, a.Org, []target{{a.ID, a.State}}, sc.Account, at)
		if err != nil {
			return err
		}
		link, account = links[0], a
		return record(ctx, tx, sc, at, "account.link", a, map[string]any{"purpose": link.Purpose})
	})
	return link, account, err
}
