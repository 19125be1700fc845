package peer

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

const sqlPeople = `select e.id, e.employee_no, e.name, coalesce(t.workshop || t.name, '') as team, s.due_at, s.counted_at
    from employee e
        left join team t on t.org_id = e.org_id and t.id = e.team_id
        left join standing s on s.org_id = e.org_id and s.employee_id = e.id
    where e.org_id = $1 and e.work_status <> 'resigned' order by e.id`

const sqlNegatives = `select employee_id, sampled_at from sample
    where org_id = $1 and sampled_at > $2 and sampled_at <= $3 and result = 'negative' and method = 'pcr' and reported_at <= $3
    order by employee_id, sampled_at desc`

// usualInterval is assumed of somebody who owes a first sample, of whom no rule can be seen.
const usualInterval = 7 * 24 * time.Hour

// ReadPeople reads everybody of an enterprise from the product's database as its owner, with the samples of the time before an
// instant, and what is owed as of that instant.
func ReadPeople(ctx context.Context, owner *sqlx.DB, org int32, since, at time.Time) ([]Person, error) {
	var rows []struct {
		ID      int64      `db:"id"`
		No      string     `db:"employee_no"`
		Name    string     `db:"name"`
		Team    string     `db:"team"`
		Due     *time.Time `db:"due_at"`
		Counted *time.Time `db:"counted_at"`
	}
	if err := owner.SelectContext(ctx, &rows, sqlPeople, org); err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	people, place := make([]Person, len(rows)), make(map[int64]int, len(rows))
	for i, r := range rows {
		people[i], place[r.ID] = Person{ID: r.ID, No: r.No, Name: r.Name, Team: r.Team}, i
		if r.Due == nil {
			continue
		}
		people[i].Due, people[i].Interval = *r.Due, usualInterval
		if r.Counted != nil {
			people[i].Interval = r.Due.Sub(*r.Counted)
		}
	}
	var samples []struct {
		Employee int64     `db:"employee_id"`
		At       time.Time `db:"sampled_at"`
	}
	if err := owner.SelectContext(ctx, &samples, sqlNegatives, org, since, at); err != nil {
		return nil, fmt.Errorf("read samples: %w", err)
	}
	for _, s := range samples {
		if i, here := place[s.Employee]; here {
			people[i].Samples = append(people[i].Samples, s.At)
		}
	}
	return people, nil
}
