package rollup

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
)

// OrgList says which part of a list of enterprises is wanted, in which order.
type OrgList struct {
	Search string // part of the name
	Sort   OrgSort
	Limit  int // 0 for all
	From   int
}

// OrgSort is an order of enterprises.
type OrgSort string

// The orders.
const (
	WorstFirst   OrgSort = ""
	ByName       OrgSort = "name"
	MostUntested OrgSort = "untested"
)

// Orgs is a part of a list of enterprises.
type Orgs struct {
	AsOf    time.Time
	Matched int // by the filter and the search, in all parts
	Groups  []Group
}

// Small cells are hidden among all enterprises of the filter, before any search, so that a search cannot single one out; the rule
// is that of Suppress. Of all of them only what decides about order and hiding is gathered; the figures are fetched for the page
// that comes out, wherever it lies.
const (
	fragOrgs = `with n as materialized (
        select org_id, name, owed, case when owed = 0 then 1 else tested::float8 / owed end as rate, owed - tested - pending as untested,
            $6 = '' or strpos(name, $6) > 0 as found
        from org_now n` + fragReach + ` and ($3 = '' or n.size = $3) and ($4 = '' or n.resume_status = $4)),
    h as (
        select count(*) as n, count(*) filter (where owed > 0 and owed < $5) as small, sum(owed) as owed, count(*) filter (where found) as matched
        from n),
    second as (
        select org_id from n where (select h.small = 1 and h.n > 1 from h) and owed >= $5
        order by owed, rate, untested desc, org_id limit 1),
    m as (
        select n.org_id, n.name, n.rate, n.untested, h.matched,
            n.owed > 0 and n.owed < $5 or n.org_id in (select org_id from second) or h.owed > 0 and h.owed < $5 as hidden
        from n, h where n.found),
    page as (select * from m`
	fragOrgsPage = ` limit nullif($7::integer, 0) offset $8)
    select m.org_id::text as key, o.name as "org.name", o.zone as "org.zone", o.industry as "org.industry", o.size as "org.size",
        o.resume_status as "org.resume", 1 as orgs, (o.resume_status in ('partial', 'full'))::integer as resumed, o.headcount, o.owed, o.tested,
        o.due_soon, o.pending, o.overdue + o.result_late as overdue, o.result_late, o.no_record, o.exempt, o.off_post, o.held,
        o.symptoms_24h as symptoms, m.hidden, m.matched
    from page m join org_now o on o.org_id = m.org_id`
)

const (
	fragWorst    = ` order by m.rate, m.untested desc, m.org_id`
	fragByName   = ` order by m.name collate "C", m.rate, m.untested desc, m.org_id`
	fragUntested = ` order by case when m.hidden then 0 else m.untested end desc, m.rate, m.untested desc, m.org_id`

	sqlOrgsWorst    = fragOrgs + fragWorst + fragOrgsPage + fragWorst
	sqlOrgsName     = fragOrgs + fragByName + fragOrgsPage + fragByName
	sqlOrgsUntested = fragOrgs + fragUntested + fragOrgsPage + fragUntested
)

var orgOrders = map[OrgSort]string{WorstFirst: sqlOrgsWorst, ByName: sqlOrgsName, MostUntested: sqlOrgsUntested}

// Orgs lists enterprises in the scope's reach; hidden ones carry no figures.
func (s *Service) Orgs(ctx context.Context, sc authz.Scope, f Filter, l OrgList) (Orgs, error) {
	f, err := reach(sc, f)
	if err != nil {
		return Orgs{}, err
	}
	var out Orgs
	err = s.db.Stale(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		if out, err = orgs(ctx, tx, f, l); err != nil {
			return err
		}
		out.AsOf, err = snapshotOf(ctx, tx)
		return err
	})
	for i, g := range out.Groups {
		if g.Hidden {
			out.Groups[i] = g.veiled()
		}
	}
	return out, err
}

// orgs reads a list; the figures of hidden groups are still in it.
func orgs(ctx context.Context, q db.Q, f Filter, l OrgList) (Orgs, error) {
	statement, ok := orgOrders[l.Sort]
	if !ok {
		statement = sqlOrgsWorst
	}
	var rows []struct {
		Group
		IsHidden bool `db:"hidden"`
		Matched  int  `db:"matched"`
	}
	if err := q.SelectContext(ctx, &rows, statement, f.Zone, f.Industry, f.Size, f.Resume, SmallCell, l.Search, l.Limit, l.From); err != nil {
		return Orgs{}, fmt.Errorf("list enterprises: %w", err)
	}
	var out Orgs
	for _, r := range rows {
		r.Hidden = r.IsHidden
		out.Groups, out.Matched = append(out.Groups, r.Group), r.Matched
	}
	return out, nil
}

// veiled is a hidden group: what is publicly known of it.
func (g Group) veiled() Group {
	return Group{Key: g.Key, Orgs: g.Orgs, Resumed: g.Resumed, Org: g.Org, Hidden: true}
}
