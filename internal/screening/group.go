package screening

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/together"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/standing"
)

// groupMost bounds how many tellings share a transaction, groupTime how long that may take.
const (
	groupMost = 256
	groupTime = 10 * time.Second
)

// Receipt is the answer to a program's write, to be kept with the write under the key of the program's choice.
type Receipt struct {
	Client  int32
	Key     string
	Request []byte // hash of what was asked for
	Answer  func(Outcome) (string, error)
}

// ticket is one telling on its way through the group.
type ticket struct {
	sc      authz.Scope
	key     Key
	version version
	reason  string
	at      time.Time
	leads   bool // may tell of the teams it leads only
	receipt Receipt
	answer  string

	stored bool
}

// group commits single tellings of negatives together. Most tellings are of that kind: a new negative of a person whose file is
// plain. While one transaction is on its way to the disk those who come meanwhile wait for the next, so that the flush, the
// round trips and the planning are paid once for all of them; alone, a telling goes at once. Two transactions at a time would take
// in a tenth more, and leave less of the machine to those who look at pages. Whatever is not plain, and everybody of a transaction
// that failed, goes the ordinary way: a bad telling never fails its neighbours.
type group struct {
	*together.Group[person, *ticket]
	lane      *db.Lane
	standings Standings
}

// person is whom a telling is about.
type person struct {
	org      int32
	employee int64
}

func (t *ticket) person() person { return person{t.sc.Org, t.key.Employee} }

// compare is the order in which people are written about, so that groups of two servers cannot wait for each other.
func (p person) compare(other person) int {
	return cmp.Or(cmp.Compare(p.org, other.org), cmp.Compare(p.employee, other.employee))
}

func newGroup(d *db.DB, standings Standings) *group {
	g := &group{standings: standings, lane: d.Lane()}
	g.Group = together.New(together.Config[person, *ticket]{Most: groupMost, Key: (*ticket).person, Compare: person.compare, Do: g.store})
	return g
}

// errBusy says that somebody else changed what the group had read, or knows of the same sample or key: the ordinary way sorts
// that out.
var errBusy = errors.New("changed meanwhile")

// store writes a batch in one transaction of the orgs concerned, or leaves it to the ordinary way.
func (g *group) store(batch []*ticket) {
	ctx, cancel := context.WithTimeout(context.Background(), groupTime)
	defer cancel()
	orgs := make([]int32, 0, len(batch))
	for _, t := range batch {
		orgs = append(orgs, t.sc.Org)
	}
	var done []*ticket
	err := g.lane.InTx(ctx, db.Tenant{Orgs: slices.Compact(orgs)}, func(tx db.LaneTx) (err error) {
		done, err = g.write(ctx, tx, batch)
		return err
	})
	if err != nil {
		return // the ordinary way tells each teller what is wrong
	}
	for _, t := range done {
		t.stored = true
	}
}

func (g *group) write(ctx context.Context, tx db.LaneTx, batch []*ticket) ([]*ticket, error) {
	candidates, tickets, err := admit(ctx, tx, batch)
	if err != nil || len(tickets) == 0 {
		return nil, err
	}
	renewals, err := g.standings.Renew(ctx, tx, candidates)
	if err != nil || len(renewals.People) == 0 {
		return nil, err
	}
	done := make([]*ticket, 0, len(renewals.People))
	for _, i := range renewals.People {
		done = append(done, tickets[i])
	}
	var stored int
	if err := tx.GetContext(ctx, &stored, sqlGroup, append(renewals.Args(), groupArgs(done)...)...); err != nil {
		return nil, fmt.Errorf("store tellings: %w", err)
	}
	if stored != len(done) {
		return nil, errBusy
	}
	return done, nil
}

// No file is locked: that would write a page of a wide table for each telling. The statement that stores finds out who was faster. A
// key that was used before is the ordinary way's to answer; it is looked up by a query of its own, since a join planned while the table was
// empty reads all of it.
const sqlAdmit = `select u.i - 1 as i, coalesce(e.team_id, 0) as team, e.test_category, st.renew_from, st.latest_at, st.due_at, st.evaluated_at
    from unnest($1::integer[], $2::bigint[], $3::integer[], $4::text[]) with ordinality as u (org, employee, client, key, i)
        join employee e on e.org_id = u.org and e.id = u.employee
        join standing st on st.org_id = e.org_id and st.employee_id = e.id
    where st.renew_from is not null
        and (u.key = '' or (select k.client_id from idempotency k where k.client_id = u.client and k.key = u.key) is null)
    order by e.org_id, e.id`

// admit reads what the tickets are about and leaves those that the group can store.
func admit(ctx context.Context, tx db.LaneTx, batch []*ticket) ([]standing.Candidate, []*ticket, error) {
	n := len(batch)
	orgs, employees, clients, keys := make(db.Ints[int32], n), make(db.Ints[int64], n), make(db.Ints[int32], n), texts(n)
	for i, t := range batch {
		orgs[i], employees[i], clients[i], keys[i] = t.sc.Org, t.key.Employee, t.receipt.Client, t.receipt.Key
	}
	rows, err := tx.Query(ctx, sqlAdmit, orgs, employees, clients, db.Texts(keys))
	if err != nil {
		return nil, nil, fmt.Errorf("read files: %w", err)
	}
	defer rows.Close()
	candidates, tickets := make([]standing.Candidate, 0, n), make([]*ticket, 0, n)
	for rows.Next() {
		var (
			i    int
			team int64
			c    standing.Candidate
		)
		if err := rows.Scan(&i, &team, &c.Category, &c.RenewFrom, &c.Latest, &c.Due, &c.Evaluated); err != nil {
			return nil, nil, fmt.Errorf("read file: %w", err)
		}
		t := batch[i]
		if t.leads && !t.sc.Leads(team) || c.Latest.Valid && !c.Latest.Time.Before(t.key.SampledAt) {
			continue
		}
		c.Org, c.Employee, c.At, c.Sample = t.sc.Org, t.key.Employee, t.at, t.version.fact(t.key.SampledAt)
		candidates, tickets = append(candidates, c), append(tickets, t)
	}
	return candidates, tickets, rows.Err()
}

// ticketOf makes a ticket of an input that the group may be able to store.
func ticketOf(sc authz.Scope, in Input, at time.Time) (*ticket, bool) {
	pcr := in.Method == "" || in.Method == regime.MethodPCR
	tube := in.Barcode != "" && (in.Mode == "" || Pooled(in.Mode))
	if sc.IsSystem() || sc.Org == 0 || in.Result != regime.Negative || !pcr || tube || in.Photo != nil || in.SampledAt.After(at) {
		return nil, false
	}
	t := &ticket{sc: sc, at: at, key: NewKey(in.Employee, in.SampledAt), reason: plain(in.LateReason)}
	who := teller{account: sc.Account}
	if !everyone(sc) {
		who.self = in.Employee == sc.Employee && sc.Can(authz.OwnFile)
		t.leads = !who.self
		if t.leads && !sc.Can(authz.TeamRecord) {
			return nil, false
		}
	}
	v, faults := in.accept(who, at)
	t.version = v
	return t, len(faults) == 0 && !v.ReportedAt.After(at)
}
