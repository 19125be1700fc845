package employee

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

// Get opens a file and records the reading. Workers may open their own, whoever may view files those of the org.
func (s *Service) Get(ctx context.Context, sc authz.Scope, id int64, at time.Time) (Person, error) {
	var p Person
	if err := mayOpen(sc, id); err != nil {
		return p, err
	}
	err := s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		f, err := s.vault.load(ctx, tx, sc.Org, id)
		if err != nil {
			return err
		}
		p = f.Person
		return audit.Record(ctx, tx, sc, at, audit.Event{Action: "file.open", Subject: "employee", SubjectID: fmt.Sprint(id),
			Employee: id, Read: true})
	})
	return p, err
}

func mayOpen(sc authz.Scope, id int64) error {
	if sc.Employee == id && sc.Can(authz.OwnFile) {
		return nil
	}
	return sc.Require(authz.EmployeeView)
}

// Reveal answers one sealed value in full, for a reason. The reading, with its reason, is recorded before the value leaves.
func (s *Service) Reveal(ctx context.Context, sc authz.Scope, id int64, field, reason string, at time.Time) (string, error) {
	if err := sc.Require(authz.EmployeeReveal); err != nil {
		return "", err
	}
	if err := checkReason(reason); err != nil {
		return "", err
	}
	var value string
	err := s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		f, err := s.vault.load(ctx, tx, sc.Org, id)
		if err != nil {
			return err
		}
		switch field {
		case FieldIDNumber:
			value = f.v.IDNumber
		case FieldMobile:
			value = f.v.Mobile
		case FieldAddress:
			value = f.v.Address
		default:
			return errs.Missing()
		}
		return audit.Record(ctx, tx, sc, at, audit.Event{Action: "file.reveal", Subject: "employee", SubjectID: fmt.Sprint(id),
			Employee: id, Read: true, Reason: reason, Detail: map[string]any{"field": field}})
	})
	if err != nil {
		return "", err
	}
	return value, nil
}

// checkReason asks for a reason that says something: two characters at least.
func checkReason(reason string) error {
	f := errs.Fields{}
	switch n := utf8.RuneCountInString(reason); {
	case n < 2:
		f.Add("reason", "employee.problem.reason")
	case n > maxReason:
		f.Add("reason", "employee.problem.too_long", "Max", maxReason)
	}
	return f.Err()
}

// The own number first, then the others': rows of two orgs may lie on two machines, where no statement joins them.
const sqlOwnNumber = db.Kept + `select id_number_bidx from employee where org_id = $1 and id = $2`

const sqlElsewhere = db.Kept + `select count(distinct org_id) from employee
    where id_number_bidx = $1 and org_id <> $2 and (work_status = 'on_post' or status_until <= $3)`

// ElsewhereActive counts the other orgs where the same identity number is on post. It tells nothing but the number: neither
// org sees the other's file.
func (s *Service) ElsewhereActive(ctx context.Context, sc authz.Scope, id int64, at time.Time) (int, error) {
	if err := sc.Require(authz.EmployeeView); err != nil {
		return 0, err
	}
	var n int
	system := authz.System("employee.elsewhere").ForOrg(sc.Org)
	err := s.db.Read(ctx, system.Tenant(), func(tx *sqlx.Tx) error {
		var number []byte
		if err := tx.GetContext(ctx, &number, sqlOwnNumber, sc.Org, id); err != nil {
			if errors.Is(err, sql.ErrNoRows) {
				return nil // nobody here, so nobody elsewhere
			}
			return err
		}
		return tx.GetContext(ctx, &n, sqlElsewhere, number, sc.Org, at)
	})
	if err != nil {
		return 0, fmt.Errorf("look elsewhere: %w", err)
	}
	return n, nil
}

const sqlTeams = db.Kept + `select t.id, t.workshop, t.name from team t
    where t.org_id = $1 and ($2 or t.id = any($3::bigint[]))
    order by t.workshop, t.name`

// Teams lists the teams within reach of the scope.
func (s *Service) Teams(ctx context.Context, sc authz.Scope) ([]Team, error) {
	if err := sc.Require(authz.EmployeeView, authz.TeamView); err != nil {
		return nil, err
	}
	var ts []Team
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		return tx.SelectContext(ctx, &ts, sqlTeams, sc.Org, sc.Can(authz.EmployeeView), db.Ints[int64](sc.Teams))
	})
	if err != nil {
		return nil, fmt.Errorf("list teams: %w", err)
	}
	return ts, nil
}

const sqlPlaces = db.Kept + `select distinct bus as name, true as bus from employee where org_id = $1 and bus <> '' and work_status <> 'resigned'
    union select distinct canteen_table, false from employee where org_id = $1 and canteen_table <> '' and work_status <> 'resigned'
    order by name`

// Places lists the shuttles that people ride and the tables at which they eat.
func (s *Service) Places(ctx context.Context, sc authz.Scope) (buses, tables []string, err error) {
	if err := sc.Require(authz.EmployeeView); err != nil {
		return nil, nil, err
	}
	var rows []struct {
		Name string `db:"name"`
		Bus  bool   `db:"bus"`
	}
	err = s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error { return tx.SelectContext(ctx, &rows, sqlPlaces, sc.Org) })
	if err != nil {
		return nil, nil, fmt.Errorf("list places: %w", err)
	}
	for _, r := range rows {
		if r.Bus {
			buses = append(buses, r.Name)
		} else {
			tables = append(tables, r.Name)
		}
	}
	return buses, tables, nil
}

// Change is one entry of a file's history. Before and After hold the columns of its kind, sealed ones masked.
type Change struct {
	ID        int64                      `db:"id"`
	Kind      string                     `db:"kind"`
	Effective time.Time                  `db:"effective_at"`
	Until     *time.Time                 `db:"until"`
	Before    db.JSON[map[string]string] `db:"before"`
	After     db.JSON[map[string]string] `db:"after"`
	Reason    string                     `db:"reason"`
	Actor     string                     `db:"actor_name"`
	At        time.Time                  `db:"at"`
}

const sqlChanges = db.Kept + `select id, kind, effective_at, until, before, after, reason, actor_name, at
    from employee_change
    where org_id = $1 and employee_id = $2 and at < $3
    order by at desc, id desc limit $4`

// Changes lists the newest changes of a file that were recorded before an instant. It asks for no permission and records no
// reading: it is a part of whatever page opens the file.
func (s *Service) Changes(ctx context.Context, q db.Q, org int32, id int64, before time.Time, limit int) ([]Change, error) {
	var cs []Change
	if err := q.SelectContext(ctx, &cs, sqlChanges, org, id, before, limit); err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	return cs, nil
}
