package hold

import (
	"context"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

const sqlView = `select ` + fragColumns + `, e.name, e.pinyin, e.employee_no, coalesce(t.workshop, '') as workshop, coalesce(t.name, '') as team
    from hold h join employee e on e.org_id = h.org_id and e.id = h.employee_id
        left join team t on t.org_id = e.org_id and t.id = e.team_id
    where h.org_id = $1 and h.employee_id = $2 and h.id = $3`

// View shows one hold, over or not, with its check. That is a reading of the person's file and recorded as one.
func (s *Service) View(ctx context.Context, sc authz.Scope, employee, id int64, at time.Time) (Listed, error) {
	var l Listed
	if err := sc.Require(authz.HoldPut, authz.HoldRelease); err != nil {
		return l, err
	}
	err := s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		var r listedRow
		if err := tx.GetContext(ctx, &r, sqlView, sc.Org, employee, id); err != nil {
			return db.OneRow(err)
		}
		l = Listed{Hold: r.hold(), Name: r.Name, EmployeeNo: r.EmployeeNo, Workshop: r.Workshop, Team: r.Team}
		checks, err := s.Checks(ctx, tx, sc.Org, []Hold{l.Hold}, at)
		if err != nil {
			return err
		}
		l.Check = checks[0]
		return audit.Record(ctx, tx, sc, at, audit.Event{Action: "hold.view", Subject: "hold", SubjectID: strconv.FormatInt(id, 10),
			Employee: employee, Read: true})
	})
	return l, err
}

// Person names one person who may be held. Foreign people and those who left are NotFound.
func (g Groups) Person(ctx context.Context, sc authz.Scope, employee int64) (Candidate, error) {
	if err := sc.Require(authz.HoldPut); err != nil {
		return Candidate{}, err
	}
	var people []Candidate
	err := g.holds.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) (err error) {
		people, err = candidates(ctx, tx, sqlByPerson, sc.Org, employee, false)
		return err
	})
	if err == nil && len(people) == 0 {
		err = errs.Missing()
	}
	if err != nil {
		return Candidate{}, err
	}
	return people[0], nil
}
