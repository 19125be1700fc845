package incident

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/incident/plan"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

// Account is somebody to whom a step can be given.
type Account struct {
	ID   int64      `db:"id"`
	Name string     `db:"display_name"`
	Role authz.Role `db:"role"`
}

const sqlAccounts = `select a.id, a.display_name, a.role from account a
    where a.org_id = $1 and a.state = 'active' and a.role = any($2::text[]) order by a.role, a.display_name, a.id`

// Accounts lists to whom steps can be given: active accounts of the org that may do them.
func (s *Service) Accounts(ctx context.Context, sc authz.Scope) ([]Account, error) {
	if err := sc.Require(authz.IncidentRun); err != nil {
		return nil, err
	}
	var list []Account
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) (err error) {
		list, err = accounts(ctx, tx, sc.Org)
		return err
	})
	return list, err
}

func accounts(ctx context.Context, q db.Q, org int32) ([]Account, error) {
	var list []Account
	if err := q.SelectContext(ctx, &list, sqlAccounts, org, texts(rolesThat(authz.IncidentRun, authz.IncidentStep))); err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	return list, nil
}

func rolesThat(perms ...authz.Permission) []string {
	var roles []string
	for _, r := range authz.Roles() {
		if slices.ContainsFunc(perms, func(p authz.Permission) bool { return authz.Grants(r, p) }) {
			roles = append(roles, string(r))
		}
	}
	return roles
}

const sqlAssign = `update incident_step set owner = $5, owner_name = $6
    where org_id = $1 and incident_id = $2 and step = $3 and round = $4`

// Assign gives a step to an account; the role it falls to keeps it in view.
func (s *Service) Assign(ctx context.Context, sc authz.Scope, id StepID, account int64, at time.Time) error {
	if err := sc.Require(authz.IncidentRun); err != nil {
		return err
	}
	return s.change(ctx, sc, id, func(tx *sqlx.Tx, _ plan.Step) error {
		list, err := accounts(ctx, tx, sc.Org)
		if err != nil {
			return err
		}
		n := slices.IndexFunc(list, func(a Account) bool { return a.ID == account })
		if n < 0 {
			f := errs.Fields{}
			f.Add("account", "error.choice")
			return f.Err()
		}
		if _, err := tx.ExecContext(ctx, sqlAssign, sc.Org, id.Incident, id.Step, id.Round, account, list[n].Name); err != nil {
			return fmt.Errorf("assign step: %w", err)
		}
		if err := s.notes.write(ctx, tx, sc, id.Incident, id.key(), Body{Event: EventAssigned, Name: list[n].Name}, nil, at); err != nil {
			return err
		}
		return auditStep(ctx, tx, sc, "incident.assign", id, at)
	})
}
