package employee

import (
	"context"
	"fmt"

	"github.com/fugong/fugong/internal/platform/db"
)

// Contact is how a person can be reached. Mobile is opened: it is for sending, never for showing.
type Contact struct {
	ID          int64  `db:"id"`
	Name        string `db:"name"`
	EmployeeNo  string `db:"employee_no"`
	Email       string `db:"email"`
	TeamID      int64  `db:"team_id"`
	Workshop    string `db:"workshop"`
	Team        string `db:"team"`
	WorkStatus  string `db:"work_status"`
	MobileIndex []byte `db:"mobile_bidx"`
	Mobile      string `db:"-"`
	LastFour    string `db:"-"` // of the identity number
}

const sqlContacts = `select e.id, e.name, e.employee_no, e.email, coalesce(e.team_id, 0) as team_id,
        coalesce(t.workshop, '') as workshop, coalesce(t.name, '') as team, e.work_status, e.mobile_bidx, e.mobile_enc,
        e.id_number_enc
    from employee e left join team t on t.org_id = e.org_id and t.id = e.team_id
    where e.org_id = $1 and e.id = any($2::bigint[])
    order by t.workshop, t.name, e.employee_no, e.id`

// Contacts returns how people can be reached, by team. Ids without a file in the org are left out.
func (s *Service) Contacts(ctx context.Context, q db.Q, org int32, ids []int64) ([]Contact, error) {
	var rows []struct {
		Contact
		MobileEnc []byte `db:"mobile_enc"`
		IDEnc     []byte `db:"id_number_enc"`
	}
	if err := q.SelectContext(ctx, &rows, sqlContacts, org, db.Ints[int64](ids)); err != nil {
		return nil, fmt.Errorf("read contacts: %w", err)
	}
	out := make([]Contact, len(rows))
	for i, r := range rows {
		mobile, err := s.vault.unseal(r.MobileEnc, org, r.ID, "mobile")
		if err != nil {
			return nil, err
		}
		id, err := s.vault.unseal(r.IDEnc, org, r.ID, "id_number")
		if err != nil {
			return nil, err
		}
		r.Mobile, r.LastFour = mobile, id[max(0, len(id)-4):]
		out[i] = r.Contact
	}
	return out, nil
}

const sqlMobiles = `select u.n::integer as n, e.mobile_enc
    from unnest($1::integer[], $2::bigint[]) with ordinality as u (org_id, employee_id, n)
    join employee e on e.org_id = u.org_id and e.id = u.employee_id
    where e.mobile_enc is not null`

// Mobiles opens the mobile numbers of people of any orgs, in their order: for sending, never for showing. Who has none on file has
// an empty one.
func (s *Service) Mobiles(ctx context.Context, q db.Q, orgs []int32, ids []int64) ([]string, error) {
	var rows []struct {
		N      int    `db:"n"`
		Sealed []byte `db:"mobile_enc"`
	}
	if err := q.SelectContext(ctx, &rows, sqlMobiles, db.Ints[int32](orgs), db.Ints[int64](ids)); err != nil {
		return nil, fmt.Errorf("read mobile numbers: %w", err)
	}
	out := make([]string, len(ids))
	for _, r := range rows {
		mobile, err := s.vault.unseal(r.Sealed, orgs[r.N-1], ids[r.N-1], "mobile")
		if err != nil {
			return nil, err
		}
		out[r.N-1] = mobile
	}
	return out, nil
}
