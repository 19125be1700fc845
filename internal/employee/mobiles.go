package employee

import (
	"context"
	"fmt"

	"github.com/fugong/fugong/internal/platform/db"
)

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
