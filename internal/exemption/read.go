package exemption

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/regime"
)

const sqlOneExemption = `select ` + fragEntry + `, ground, from_at, to_at, proof from exemption
    where org_id = $1 and employee_id = $2 and id = $3`

func oneExemption(ctx context.Context, q db.Q, org int32, employee, id int64) (Exemption, error) {
	var r exemptionRow
	if err := q.GetContext(ctx, &r, sqlOneExemption, org, employee, id); err != nil {
		return Exemption{}, db.OneRow(err)
	}
	return r.open(), nil
}

const sqlOneDose = `select ` + fragEntry + `, dose, at, product, none_reason from vaccination
    where org_id = $1 and employee_id = $2 and id = $3`

func oneDose(ctx context.Context, q db.Q, org int32, employee, id int64) (Dose, error) {
	var r doseRow
	if err := q.GetContext(ctx, &r, sqlOneDose, org, employee, id); err != nil {
		return Dose{}, db.OneRow(err)
	}
	return r.open(), nil
}

const sqlOfEmployee = db.Kept + `select ` + fragEntry + `, ground, from_at, to_at, proof from exemption
    where org_id = $1 and employee_id = $2 and entered_at < $3 order by entered_at desc, id desc limit $4`

// Of lists a person's exemptions entered before an instant, the newest entry first, cancelled ones too. Like DosesOf it asks for no
// permission and writes nothing down: it is a part of whatever page opens the file, the person's own or the health officer's.
func Of(ctx context.Context, q db.Q, org int32, employee int64, before time.Time, limit int) ([]Exemption, error) {
	var rows []exemptionRow
	if err := q.SelectContext(ctx, &rows, sqlOfEmployee, org, employee, before, limit); err != nil {
		return nil, fmt.Errorf("read exemptions of a person: %w", err)
	}
	out := make([]Exemption, len(rows))
	for i := range rows {
		out[i] = rows[i].open()
	}
	return out, nil
}

const sqlDosesOfEmployee = db.Kept + `select ` + fragEntry + `, dose, at, product, none_reason from vaccination
    where org_id = $1 and employee_id = $2 and entered_at < $3 order by entered_at desc, id desc limit $4`

// DosesOf lists a person's vaccinations entered before an instant, the newest entry first, cancelled ones too.
func DosesOf(ctx context.Context, q db.Q, org int32, employee int64, before time.Time, limit int) ([]Dose, error) {
	var rows []doseRow
	if err := q.SelectContext(ctx, &rows, sqlDosesOfEmployee, org, employee, before, limit); err != nil {
		return nil, fmt.Errorf("read vaccinations of a person: %w", err)
	}
	out := make([]Dose, len(rows))
	for i := range rows {
		out[i] = rows[i].open()
	}
	return out, nil
}

// Person is somebody of whom an exemption may be recorded.
type Person struct {
	ID         int64  `db:"id"`
	Name       string `db:"name"`
	EmployeeNo string `db:"employee_no"`
	Workshop   string `db:"workshop"`
	Team       string `db:"team"`
}

const fragPerson = `select e.id, e.name, e.employee_no, coalesce(t.workshop, '') as workshop, coalesce(t.name, '') as team
    from employee e left join team t on t.org_id = e.org_id and t.id = e.team_id
    where e.org_id = $1 and `

const sqlSubject = fragPerson + `e.id = $2`

// Subject names a person of the org, with the doses that stand.
func (s *Service) Subject(ctx context.Context, sc authz.Scope, employee int64) (Person, []Dose, error) {
	var p Person
	if err := sc.Require(authz.ExemptionEdit); err != nil {
		return p, nil, err
	}
	var doses []Dose
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		if err := tx.GetContext(ctx, &p, sqlSubject, sc.Org, employee); err != nil {
			return db.OneRow(err)
		}
		standing, err := loadDoses(ctx, tx, sc.Org, map[int64]bool{employee: true})
		doses = standing[employee]
		return err
	})
	return p, doses, err
}

const sqlFind = fragPerson + `e.work_status <> 'resigned' and (strpos(e.name, $2) > 0 or starts_with(e.pinyin, lower($2))
        or starts_with(e.initials, lower($2)) or e.employee_no = $2)
    order by e.name = $2 desc, e.name, e.id limit $3`

// Find looks for people by part of the name, by pinyin or initials from the start, or by the whole employee number.
func (s *Service) Find(ctx context.Context, sc authz.Scope, query string, limit int) ([]Person, error) {
	if err := sc.Require(authz.ExemptionEdit); err != nil {
		return nil, err
	}
	query = strings.TrimSpace(query)
	if query == "" {
		return nil, nil
	}
	var people []Person
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error { return tx.SelectContext(ctx, &people, sqlFind, sc.Org, query, limit) })
	return people, err
}

// GroundRules are the grounds with the longest exemption of each, as the rules of the org are at an instant.
func (s *Service) GroundRules(ctx context.Context, sc authz.Scope, at time.Time) (grounds []regime.GroundRule, vaccinationHours int, err error) {
	if err := sc.Require(authz.ExemptionEdit); err != nil {
		return nil, 0, err
	}
	err = s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		rules, err := s.rules.For(ctx, tx, sc.Org, at)
		if err != nil {
			return err
		}
		pack := rules.At(at)
		for _, g := range regime.ExemptionGrounds() {
			grounds = append(grounds, regime.GroundRule{Ground: g, MaxHours: maxHours(pack, g)})
		}
		vaccinationHours = pack.VaccinationExemptHours
		return nil
	})
	return grounds, vaccinationHours, err
}
