package auth

import (
	"context"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/gb"
)

const sqlByLogin = fragIdentity + ` where a.state = 'active' and lower(a.login) = lower($1)`

const sqlByEmail = fragIdentity + ` where a.state = 'active' and a.email <> '' and lower(a.email) = lower($1) order by a.id limit 6`

// The remembered enterprise comes first, then the rest: a shared computer remembers somebody else's.
const sqlByMobile = fragIdentity + ` where a.state = 'active' and a.mobile_bidx = $1 order by a.org_id <> $2, a.id limit 6`

const sqlByNumber = fragIdentity + ` join employee e on e.org_id = a.org_id and e.id = a.employee_id
    where a.state = 'active' and e.org_id = $1 and e.employee_no = $2 and e.work_status <> 'resigned'`

// candidates finds the accounts that a name may mean. More than a handful in unknown orgs are none: the person has to name
// the enterprise, and is told no more than with a wrong password.
func (s Entry) candidates(ctx context.Context, in Credentials) ([]identity, error) {
	name := strings.TrimSpace(in.Name)
	if name == "" || in.Password == "" {
		return nil, nil
	}
	var orgID int32
	if in.OrgCode != "" {
		o, err := s.orgs.ByCode(ctx, in.OrgCode)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return nil, err
		}
		orgID = o.ID
	}
	var found []identity
	err := s.db.Read(ctx, db.Tenant{Org: orgID}, func(tx *sqlx.Tx) error {
		var err error
		found, err = s.find(ctx, tx, name, orgID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find account: %w", err)
	}
	return fewEnough(found, orgID), nil
}

func (s Entry) find(ctx context.Context, q db.Q, name string, orgID int32) ([]identity, error) {
	var all []identity
	add := func(query string, args ...any) error {
		var rows []identity
		if err := q.SelectContext(ctx, &rows, query, args...); err != nil {
			return err
		}
		all = append(all, rows...)
		return nil
	}
	if strings.Contains(name, "@") {
		if err := add(sqlByEmail, name); err != nil {
			return nil, err
		}
	}
	if mobile := gb.NormalizeMobile(name); gb.CheckMobile(mobile) == nil {
		if err := add(sqlByMobile, s.box.Index("mobile", mobile), orgID); err != nil {
			return nil, err
		}
	}
	if err := add(sqlByLogin, name); err != nil {
		return nil, err
	}
	if orgID != 0 {
		if err := add(sqlByNumber, orgID, name); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// fewEnough drops accounts found twice, and all outside the named org when there are too many.
func fewEnough(found []identity, orgID int32) []identity {
	seen := map[int64]bool{}
	var out, within []identity
	for _, who := range found {
		if seen[who.ID] {
			continue
		}
		seen[who.ID] = true
		out = append(out, who)
		if who.Org == orgID {
			within = append(within, who)
		}
	}
	if len(out) > maxCandidates {
		out = within
	}
	return out[:min(len(out), maxCandidates)]
}
