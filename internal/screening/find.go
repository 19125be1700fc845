package screening

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/sheet"
)

// maxFound bounds an answer of Find: whoever is not among them is found by one more letter.
const maxFound = 20

// The bearer of the whole number comes first.
const sqlFind = `select e.id, e.name, e.employee_no, coalesce(t.id, 0) as team_id, coalesce(t.workshop, '') as workshop, coalesce(t.name, '') as team,
        coalesce(st.held, false) as held, st.due_at, coalesce(standing_state($3, st.s0, st.t1, st.s1, st.t2, st.s2, st.t3, st.s3), 0) as state
    from employee e
        left join team t on t.org_id = e.org_id and t.id = e.team_id
        left join standing st on st.org_id = e.org_id and st.employee_id = e.id
    where e.org_id = $1 and e.work_status <> 'resigned' and ($2::boolean or e.team_id = any($4))
        and (starts_with(lower(e.employee_no), $5) or starts_with(e.pinyin, $5) or starts_with(e.initials, $5) or strpos(lower(e.name), $5) > 0)
    order by lower(e.employee_no) = $5 desc, e.name, e.id limit $6`

// Find finds people for whom the scope may record by the beginning of their employee number, of their name in pinyin or by
// initials, or by a part of their name. Nobody has the empty text.
func (s *Service) Find(ctx context.Context, sc authz.Scope, text string, at time.Time) ([]Member, error) {
	if err := sc.Require(authz.TeamRecord, authz.SampleRecord); err != nil {
		return nil, err
	}
	text = strings.ToLower(strings.ReplaceAll(sheet.NormalizeText(text), " ", ""))
	if text == "" {
		return nil, nil
	}
	var rows []memberRow
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		return tx.SelectContext(ctx, &rows, sqlFind, sc.Org, sc.Can(authz.SampleRecord), at, pq.Array(sc.Teams), text, maxFound)
	})
	if err != nil {
		return nil, fmt.Errorf("find people: %w", err)
	}
	members := make([]Member, len(rows))
	for i := range rows {
		members[i] = rows[i].member()
	}
	return members, nil
}
