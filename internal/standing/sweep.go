package standing

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/regime"
)

// Owing is a person whose next sample is overdue, or due soon.
type Owing struct {
	Org      int32
	Employee int64
	Due      time.Time
	State    regime.State
}

// A sweep reads every row once, in parallel where the server has the workers, and brings what it finds as one packed value: the
// workers pack, and hundreds of thousands of rows need not be taken apart one by one here. offset 0 keeps the packing below the
// gathering of the workers' rows. The due instant is compared first: it settles most rows at the least cost.
const sqlOverdue = `select coalesce(string_agg(p.packed, ''), '') from (
        select int4send(s.org_id) || int8send(s.employee_id) || timestamptz_send(s.due_at) || int2send(3::smallint) as packed
        from standing s
        where s.due_at <= $1 and not s.held and standing_state($1, s.s0, s.t1, s.s1, s.t2, s.s2, s.t3, s.s3) = 3
        offset 0) p`

// Someone whose next sample is due has a negative in force, or is in the starting window; whoever was sampled since, is exempt or
// off post owes none.
const sqlDueWithin = `select coalesce(string_agg(p.packed, ''), '') from (
        select int4send(s.org_id) || int8send(s.employee_id) || timestamptz_send(s.due_at)
            || int2send(standing_state($1, s.s0, s.t1, s.s1, s.t2, s.s2, s.t3, s.s3)) as packed
        from standing s
        where s.due_at > $1 and s.due_at <= $2 and not s.held
            and standing_state($1, s.s0, s.t1, s.s1, s.t2, s.s2, s.t3, s.s3) in (1, 2, 4)
        offset 0) p`

// Overdue returns everybody of every org who is overdue at the instant and not held, in no order. It is for jobs, which act as
// the system and say so in what they write; a person's page asks for the rows of its own org.
func (s *Service) Overdue(ctx context.Context, at time.Time) ([]Owing, error) {
	return s.sweep(ctx, sqlOverdue, at)
}

// DueWithin returns everybody of every org whose next sample falls due after the instant and within the duration, likewise.
func (s *Service) DueWithin(ctx context.Context, at time.Time, within time.Duration) ([]Owing, error) {
	return s.sweep(ctx, sqlDueWithin, at, at.Add(within))
}

func (s *Service) sweep(ctx context.Context, query string, args ...any) ([]Owing, error) {
	var out []Owing
	err := s.db.Read(ctx, db.Tenant{System: true}, func(tx *sqlx.Tx) (err error) {
		packed, err := db.Packed(ctx, tx, query, args...)
		if err != nil {
			return fmt.Errorf("sweep standings: %w", err)
		}
		out, err = unpack(packed)
		return err
	})
	return out, err
}

const owingSize = 4 + 8 + 8 + 2

func unpack(packed []byte) ([]Owing, error) {
	if len(packed)%owingSize != 0 {
		return nil, fmt.Errorf("sweep standings: %d bytes are not whole rows", len(packed))
	}
	out := make([]Owing, len(packed)/owingSize)
	for i := range out {
		b := packed[i*owingSize:]
		out[i] = Owing{
			Org: int32(binary.BigEndian.Uint32(b)), Employee: int64(binary.BigEndian.Uint64(b[4:])),
			Due: db.Unpacked(int64(binary.BigEndian.Uint64(b[12:]))), State: regime.State(binary.BigEndian.Uint16(b[20:])),
		}
	}
	return out, nil
}
