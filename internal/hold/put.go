package hold

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
)

// Put stores a hold in the caller's transaction, evaluates the person and tells of an incident. A permission is not asked for: the
// caller's record is the ground. Author and instant of entry are the scope's and at.
func (s *Service) Put(ctx context.Context, q db.Q, sc authz.Scope, h Hold, at time.Time) (int64, error) {
	ids, err := s.PutAll(ctx, q, sc, []Hold{h}, at)
	if err != nil {
		return 0, err
	}
	return ids[0], nil
}

// PutAll is Put of many; the ids have the places of the holds.
func (s *Service) PutAll(ctx context.Context, q db.Q, sc authz.Scope, holds []Hold, at time.Time) ([]int64, error) {
	if len(holds) == 0 {
		return nil, nil
	}
	ids, err := insert(ctx, q, sc, holds, at)
	if err != nil {
		return nil, err
	}
	employees := make([]int64, len(holds))
	began := make([]Began, len(holds))
	for i, h := range holds {
		employees[i] = h.Employee
		began[i] = Began{ID: ids[i], Employee: h.Employee, Kind: h.Kind, Source: h.Source, SourceID: h.SourceID, From: h.From}
		err := audit.Record(ctx, q, sc, at, audit.Event{Action: "hold.put", Subject: "hold", SubjectID: fmt.Sprint(ids[i]),
			Employee: h.Employee, Detail: map[string]any{"kind": h.Kind, "ground": h.Ground}})
		if err != nil {
			return nil, err
		}
	}
	if err := s.standings.Apply(ctx, q, sc.Org, employees, at); err != nil {
		return nil, err
	}
	return ids, s.tell(ctx, q, sc, began, at)
}

const sqlNextIDs = `select nextval(pg_get_serial_sequence('hold', 'id')) from generate_series(1, $1::bigint)`

const sqlInsert = `insert into hold (org_id, employee_id, id, kind, ground, source, source_id, from_at, to_at, note, set_id, created_by,
        author_name, created_at)
    overriding system value
    select $1, u.employee, u.id, u.kind, u.ground, u.source, nullif(u.source_id, 0), u.from_at, u.to_at, u.note, nullif(u.set_id, 0), $2, $3, $4
    from unnest($5::bigint[], $6::bigint[], $7::text[], $8::text[], $9::text[], $10::bigint[], $11::timestamptz[], $12::timestamptz[],
        $13::text[], $14::bigint[]) as u (employee, id, kind, ground, source, source_id, from_at, to_at, note, set_id)
    returning org_id`

func insert(ctx context.Context, q db.Q, sc authz.Scope, holds []Hold, at time.Time) ([]int64, error) {
	n := len(holds)
	ids := make([]int64, 0, n)
	if err := q.SelectContext(ctx, &ids, sqlNextIDs, n); err != nil {
		return nil, fmt.Errorf("allocate holds: %w", err)
	}
	employees, sourceIDs, sets := make([]int64, n), make([]int64, n), make([]int64, n)
	kinds, grounds, sources, notes := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	from, to := make([]time.Time, n), make([]instant, n)
	for i, h := range holds {
		employees[i], kinds[i], grounds[i], sources[i], sourceIDs[i] = h.Employee, h.Kind, h.Ground, h.Source, h.SourceID
		from[i], to[i], notes[i], sets[i] = h.From, instant(h.To), h.Note, h.Set
	}
	_, err := q.ExecContext(ctx, sqlInsert, sc.Org, sc.Account, sc.Actor, at, pq.Array(employees), pq.Array(ids), pq.Array(kinds),
		pq.Array(grounds), pq.Array(sources), pq.Array(sourceIDs), pq.Array(from), pq.Array(to), pq.Array(notes), pq.Array(sets))
	if err != nil {
		return nil, fmt.Errorf("store holds: %w", err)
	}
	return ids, nil
}

// tell tells the incidents of those that began a hold whose rule, at the instant, calls for one.
func (s *Service) tell(ctx context.Context, q db.Q, sc authz.Scope, began []Began, at time.Time) error {
	if s.incidents == nil || len(began) == 0 {
		return nil
	}
	rules, err := s.rules.For(ctx, q, sc.Org, time.Time{})
	if err != nil {
		return err
	}
	pack := rules.At(at)
	var called []Began
	for _, b := range began {
		if rule, ok := pack.HoldRule(b.Kind); ok && rule.Incident {
			called = append(called, b)
		}
	}
	if len(called) == 0 {
		return nil
	}
	return s.incidents.HoldsBegan(ctx, q, sc, called, at)
}
