package incident

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

const sqlAsk = `update incident_person set state = 'asked', asked_by = $4, asked_by_name = $5, confirmed_by = null
    where org_id = $1 and incident_id = $2 and role = 'contact' and state = ''
        and (cardinality($3::bigint[]) = 0 or employee_id = any($3))
    returning employee_id`

// Wait has listed contacts wait in place: those given, or with none given all that are listed. Each is held on the ground of contact
// tracing until released; a drill only marks them. More than hold.GroupLimit at once are only asked for: asked is then true, and
// another person confirms. It returns how many are concerned.
func (s Tracing) Wait(ctx context.Context, sc authz.Scope, incident int64, employees []int64, at time.Time) (n int, asked bool, err error) {
	err = s.on(ctx, sc, incident, func(tx *sqlx.Tx, i Incident) error {
		var chosen []int64
		if err := tx.SelectContext(ctx, &chosen, sqlAsk, sc.Org, incident, ids(employees), sc.Account, sc.Actor); err != nil {
			return fmt.Errorf("ask for contacts to wait: %w", err)
		}
		n = len(chosen)
		asked = n > hold.GroupLimit && !i.Drill
		switch {
		case n == 0:
			return nobody()
		case asked:
			return s.traced(ctx, tx, sc, incident, Body{Event: EventAsked, Count: n}, at)
		}
		return s.wait(ctx, tx, sc, i, chosen, 0, at)
	})
	return n, asked, err
}

const sqlWait = `update incident_person set state = 'waiting', confirmed_by = nullif($4, 0::bigint)
    where org_id = $1 and incident_id = $2 and state = 'asked' and employee_id = any($3::bigint[])`

// wait holds people in place who are not yet. second is the account that confirmed, 0 where none is needed.
func (s Tracing) wait(ctx context.Context, q db.Q, sc authz.Scope, i Incident, employees []int64, second int64, at time.Time) error {
	if _, err := q.ExecContext(ctx, sqlWait, sc.Org, i.ID, ids(employees), second); err != nil {
		return fmt.Errorf("have contacts wait: %w", err)
	}
	if err := s.traced(ctx, q, sc, i.ID, Body{Event: EventWaiting, Count: len(employees)}, at); err != nil || i.Drill {
		return err
	}
	open, err := openHolds(ctx, q, s.holds, sc.Org, employees, at)
	if err != nil {
		return err
	}
	slices.Sort(employees)
	var put []hold.Hold
	for _, employee := range employees {
		held := func(h hold.Hold) bool { return h.Employee == employee && h.Kind == hold.KindTempIsolation }
		if !slices.ContainsFunc(open, held) {
			put = append(put, hold.Hold{Employee: employee, Kind: hold.KindTempIsolation, Ground: hold.GroundContactTracing, Source: Source,
				SourceID: i.ID, From: at})
		}
	}
	_, err = s.holds.PutAll(ctx, q, sc, put, at)
	return err
}

const sqlAskedFor = `select p.employee_id, p.asked_by from incident_person p
    where p.org_id = $1 and p.incident_id = $2 and p.state = 'asked' order by 1 for update`

// Confirm has those wait who were asked for by somebody else. It returns how many; who asked gets Forbidden.
func (s Tracing) Confirm(ctx context.Context, sc authz.Scope, incident int64, at time.Time) (int, error) {
	n := 0
	err := s.on(ctx, sc, incident, func(tx *sqlx.Tx, i Incident) error {
		var rows []struct {
			Employee int64 `db:"employee_id"`
			By       int64 `db:"asked_by"`
		}
		if err := tx.SelectContext(ctx, &rows, sqlAskedFor, sc.Org, incident); err != nil {
			return fmt.Errorf("find who is asked for: %w", err)
		}
		var employees []int64
		for _, r := range rows {
			if r.By != sc.Account {
				employees = append(employees, r.Employee)
			}
		}
		switch n = len(employees); {
		case len(rows) == 0:
			return nobody()
		case n == 0:
			return errs.New(errs.Forbidden, "incident.refused.second_self")
		}
		return s.wait(ctx, tx, sc, i, employees, sc.Account, at)
	})
	return n, err
}

const sqlWithdraw = `update incident_person set state = '' where org_id = $1 and incident_id = $2 and state = 'asked' returning employee_id`

// Withdraw puts those who were asked for back on the list; anyone who runs incidents may.
func (s Tracing) Withdraw(ctx context.Context, sc authz.Scope, incident int64, at time.Time) error {
	return s.on(ctx, sc, incident, func(tx *sqlx.Tx, _ Incident) error {
		var back []int64
		if err := tx.SelectContext(ctx, &back, sqlWithdraw, sc.Org, incident); err != nil {
			return fmt.Errorf("withdraw: %w", err)
		}
		if len(back) == 0 {
			return nobody()
		}
		return s.traced(ctx, tx, sc, incident, Body{Event: EventWithdrawn, Count: len(back)}, at)
	})
}

const sqlAskedBy = `select coalesce(min(p.asked_by_name), '') as name, coalesce(bool_and(p.asked_by = $3), false) as own, count(*) as n
    from incident_person p where p.org_id = $1 and p.incident_id = $2 and p.state = 'asked'`

// Asking is what waits for a second person.
type Asking struct {
	N    int    `db:"n"`
	Name string `db:"name"` // who asked
	Own  bool   `db:"own"`  // the reader did, and cannot confirm
}

func asking(ctx context.Context, q db.Q, sc authz.Scope, incident int64) (Asking, error) {
	var a Asking
	if err := q.GetContext(ctx, &a, sqlAskedBy, sc.Org, incident, sc.Account); err != nil {
		return a, fmt.Errorf("find who asked: %w", err)
	}
	return a, nil
}
