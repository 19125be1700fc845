package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

// Viewer is a signed-in account as the rest of the program needs it.
type Viewer struct {
	Scope   authz.Scope
	Name    string
	OrgName string
	OrgKind string
	Lang    string
	Zone    *time.Location
}

type cachedViewer struct {
	viewer Viewer
	epoch  int
	until  time.Time
}

const (
	viewerFor  = 2 * time.Second // how long another server's change of an account may stay unseen here, beside its org's one second
	maxViewers = 20_000
)

// Identify returns the account's viewer if it may still act and its sessions of this epoch are valid, else
// errs.Unauthenticated. The answer may be two seconds old.
func (s Self) Identify(ctx context.Context, account int64, epoch int) (Viewer, error) {
	now := s.clock.Now()
	s.mu.Lock()
	c, ok := s.viewers[account]
	s.mu.Unlock()
	// A cached entry of another epoch may be older than the session: ask anew.
	if ok && now.Before(c.until) && c.epoch == epoch {
		return c.viewer, nil
	}
	v, current, err := s.viewer(ctx, account)
	if err != nil {
		return Viewer{}, err
	}
	if current != epoch {
		return Viewer{}, signedOut()
	}
	s.remember(account, cachedViewer{viewer: v, epoch: current, until: now.Add(viewerFor)}, now)
	return v, nil
}

func signedOut() error { return errs.New(errs.Unauthenticated, "error.unauthenticated") }

func (s *core) remember(account int64, c cachedViewer, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.viewers) >= maxViewers {
		for id, old := range s.viewers {
			if !now.Before(old.until) {
				delete(s.viewers, id)
			}
		}
		if len(s.viewers) >= maxViewers {
			clear(s.viewers)
		}
	}
	s.viewers[account] = c
}

func (s *core) forget(accounts ...int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range accounts {
		delete(s.viewers, id)
	}
}

const sqlViewer = db.Kept + `select org_id, role, coalesce(employee_id, 0) as employee_id, display_name, coalesce(division, '') as division,
        lang, session_epoch
    from account where id = $1 and state = 'active'`

func (s Self) viewer(ctx context.Context, account int64) (Viewer, int, error) {
	var a struct {
		Org      int32      `db:"org_id"`
		Role     authz.Role `db:"role"`
		Employee int64      `db:"employee_id"`
		Name     string     `db:"display_name"`
		Division string     `db:"division"`
		Lang     string     `db:"lang"`
		Epoch    int        `db:"session_epoch"`
	}
	err := s.db.Pool().GetContext(ctx, &a, sqlViewer, account)
	if errors.Is(err, sql.ErrNoRows) {
		return Viewer{}, 0, signedOut()
	}
	if err != nil {
		return Viewer{}, 0, fmt.Errorf("identify: %w", err)
	}
	o, err := s.orgs.Get(ctx, a.Org)
	if err != nil {
		return Viewer{}, 0, fmt.Errorf("identify: %w", err)
	}
	if !o.Active {
		return Viewer{}, 0, signedOut()
	}
	sc := authz.Scope{Account: account, Actor: a.Name, Role: a.Role, Org: a.Org, Employee: a.Employee, Division: a.Division}
	if a.Employee != 0 {
		if sc.Teams, err = s.placement(ctx, sc); err != nil {
			return Viewer{}, 0, err
		}
	}
	return Viewer{Scope: sc, Name: a.Name, OrgName: o.Title(), OrgKind: o.Kind, Lang: a.Lang, Zone: o.Zone()}, a.Epoch, nil
}

const sqlTeams = `select team_id from account_team where org_id = $1 and account_id = $2 order by team_id`

// placement returns the teams that the account leads; one whose person left may not act any more.
func (s Self) placement(ctx context.Context, sc authz.Scope) ([]int64, error) {
	var teams []int64
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		var onFile bool
		if err := tx.GetContext(ctx, &onFile, sqlOnFile, sc.Org, sc.Employee); err != nil {
			return fmt.Errorf("look for file: %w", err)
		}
		if !onFile {
			return signedOut()
		}
		teams = nil
		return tx.SelectContext(ctx, &teams, sqlTeams, sc.Org, sc.Account)
	})
	return teams, err
}
