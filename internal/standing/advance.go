package standing

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/regime"
)

// Moved is a sample that was just stored, as it stands now.
type Moved struct {
	Org      int32
	Employee int64
	Sample   regime.Sample
}

type person struct {
	Org      int32 `db:"org_id"`
	Employee int64 `db:"employee_id"`
}

// advanceBatch bounds how many people one set of statements moves.
const advanceBatch = 20_000

// Advance brings the standings of people of any orgs up to date after samples of theirs were stored in the caller's
// transaction. It says the same as Apply and costs a fraction: of a plain file (regime.RenewableFrom) whose newest sample is a
// new negative nothing else needs to be read. Everybody else goes through Apply.
func (s *Service) Advance(ctx context.Context, q db.Q, moved []Moved, at time.Time) error {
	rest := map[int32][]int64{}
	for chunk := range slices.Chunk(newest(moved), advanceBatch) {
		done, err := s.renewStored(ctx, q, chunk, at)
		if err != nil {
			return fmt.Errorf("renew standings: %w", err)
		}
		for _, m := range chunk {
			if !done[person{m.Org, m.Employee}] {
				rest[m.Org] = append(rest[m.Org], m.Employee)
			}
		}
	}
	for _, org := range slices.Sorted(maps.Keys(rest)) {
		if err := s.Apply(ctx, q, org, rest[org], at); err != nil {
			return err
		}
	}
	return nil
}

// newest leaves one sample of each person: the newest if all are negatives, else one that is none. They are in the order of
// their keys.
func newest(moved []Moved) []Moved {
	sorted := slices.SortedFunc(slices.Values(moved), func(a, b Moved) int {
		return cmp.Or(cmp.Compare(a.Org, b.Org), cmp.Compare(a.Employee, b.Employee), b.Sample.SampledAt.Compare(a.Sample.SampledAt))
	})
	out := sorted[:0]
	for _, m := range sorted {
		last := len(out) - 1
		switch {
		case last < 0 || out[last].Org != m.Org || out[last].Employee != m.Employee:
			out = append(out, m)
		case m.Sample.Result != regime.Negative || m.Sample.Method != regime.MethodPCR:
			out[last].Sample = m.Sample
		}
	}
	return out
}

const sqlCandidates = `select u.i - 1 as i, e.test_category, st.renew_from, st.latest_at, st.due_at, st.evaluated_at
    from unnest($1::integer[], $2::bigint[]) with ordinality as u (org, employee, i)
        join standing st on st.org_id = u.org and st.employee_id = u.employee
        join employee e on e.org_id = st.org_id and e.id = st.employee_id
    where st.renew_from is not null`

// renewStored reads the rows of those who moved, renews what can be and says who was.
func (s *Service) renewStored(ctx context.Context, q db.Q, moved []Moved, at time.Time) (map[person]bool, error) {
	orgs, employees := make(db.Ints[int32], len(moved)), make(db.Ints[int64], len(moved))
	for i, m := range moved {
		orgs[i], employees[i] = m.Org, m.Employee
	}
	rows, err := q.QueryContext(ctx, sqlCandidates, orgs, employees)
	if err != nil {
		return nil, err
	}
	people, err := candidates(rows, moved, at)
	if err != nil || len(people) == 0 {
		return nil, err
	}
	renewals, err := s.Renew(ctx, q, people)
	if err != nil || len(renewals.People) == 0 {
		return nil, err
	}
	return renewals.store(ctx, q)
}

func candidates(rows *sql.Rows, moved []Moved, at time.Time) ([]Candidate, error) {
	defer rows.Close()
	people := make([]Candidate, 0, len(moved))
	for rows.Next() {
		var i int
		c := Candidate{At: at}
		if err := rows.Scan(&i, &c.Category, &c.RenewFrom, &c.Latest, &c.Due, &c.Evaluated); err != nil {
			return nil, err
		}
		c.Org, c.Employee, c.Sample = moved[i].Org, moved[i].Employee, moved[i].Sample
		people = append(people, c)
	}
	return people, rows.Err()
}
