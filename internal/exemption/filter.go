package exemption

import (
	"context"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/page"
)

// Sort is what a list is ordered by.
type Sort string

// The orders. SortEntered is that of an empty Sort.
const (
	SortEntered Sort = "entered"
	SortFrom    Sort = "from" // an exemption's beginning, a vaccination's instant
)

// Filter chooses records of an org. Zero fields choose all that stand.
type Filter struct {
	Query     string // part of a name, its pinyin or initials from the start, or the whole employee number
	Team      int64
	Ground    string // of exemptions
	Stage     Stage  // of exemptions; Cancelled also of vaccinations
	Dose      string // of vaccinations: the number, "" for any
	Sort      Sort
	Ascending bool
	page.Request
}

const sqlCounts = `select ` + fragStage + ` as stage, count(*) as n
    from exemption x join employee e on e.org_id = x.org_id and e.id = x.employee_id
    where x.org_id = $1 and ` + fragMatching + ` and ($4::text = '' or x.ground = $4)
    group by 1`

// Counts says how many exemptions that the filter chooses are in each stage at an instant, whatever stage it names.
func (s *Service) Counts(ctx context.Context, sc authz.Scope, f Filter, at time.Time) (map[Stage]int, error) {
	if err := sc.Require(authz.ExemptionEdit); err != nil {
		return nil, err
	}
	var rows []struct {
		Stage Stage `db:"stage"`
		N     int   `db:"n"`
	}
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		return tx.SelectContext(ctx, &rows, sqlCounts, sc.Org, strings.TrimSpace(f.Query), f.Team, f.Ground, at)
	})
	counts := map[Stage]int{}
	for _, r := range rows {
		counts[r.Stage] = r.N
	}
	return counts, err
}

// Team is a group of people for the filter.
type Team struct {
	ID       int64  `db:"id"`
	Workshop string `db:"workshop"`
	Name     string `db:"name"`
}

const sqlTeams = `select id, workshop, name from team where org_id = $1 order by workshop, name`

// Teams lists the org's teams.
func (s *Service) Teams(ctx context.Context, sc authz.Scope) ([]Team, error) {
	if err := sc.Require(authz.ExemptionEdit); err != nil {
		return nil, err
	}
	var teams []Team
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error { return tx.SelectContext(ctx, &teams, sqlTeams, sc.Org) })
	return teams, err
}
