package screening

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
)

// Amendment is one change of many: to the record at Key as it stood in version Rev of its Changes. With MoveTo the swab was
// taken at that instant: the record is cancelled and one like it stands there; Changes are then not looked at. With Version
// that earlier version of the record stands again.
type Amendment struct {
	Key Key
	Changes
	MoveTo  time.Time
	Version int
}

// Amended is what became of one Amendment: Updated, Duplicate if it asked for nothing new, or Refused with the field at fault
// (of Input, in snake case) and the reason.
type Amended struct {
	Kind    Kind
	Field   string
	Message errs.Message
}

// Amend corrects many records for one reason in the caller's transaction; a refused one does not hold up the others. Versions
// are kept and standings follow as with Correct. The outcomes stand in the order of the amendments.
func (s *Service) Amend(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, as []Amendment, reason string, at time.Time) ([]Amended, error) {
	if err := sc.Require(authz.SampleRecord); err != nil {
		return nil, err
	}
	reason, err := checkReason(reason)
	if err != nil || len(as) == 0 {
		return nil, err
	}
	b, err := newAmending(ctx, tx, sc, as)
	if err != nil {
		return nil, err
	}
	out := make([]Amended, len(as))
	for i, a := range as {
		out[i] = outcomeOf(b.apply(sc, a, at))
	}
	changed := slices.Compact(slices.SortedFunc(slices.Values(b.changed), Key.compare))
	if err := s.store(ctx, tx, sc, changed, b.records, reason, at); err != nil {
		return nil, err
	}
	return out, recordAmended(ctx, tx, sc, changed, b.records, reason, at)
}

// recordAmended writes down each change in the log of the person concerned.
func recordAmended(ctx context.Context, q db.Q, sc authz.Scope, changed []Key, records map[Key]*record, reason string, at time.Time) error {
	for _, k := range changed {
		err := audit.Record(ctx, q, sc, at, audit.Event{Action: "sample.correct", Subject: "sample", SubjectID: k.String(),
			Employee: k.Employee, Reason: reason, Detail: map[string]any{"rev": records[k].rev, "batch": true}})
		if err != nil {
			return err
		}
	}
	return nil
}

// amending is a set of records while amendments are applied to them.
type amending struct {
	records map[Key]*record
	earlier map[versionKey]version
	changed []Key
}

type versionKey struct {
	Key
	rev int
}

func newAmending(ctx context.Context, tx *sqlx.Tx, sc authz.Scope, as []Amendment) (*amending, error) {
	var files []Input
	var keys []Key
	for i := range as {
		as[i].Key = NewKey(as[i].Key.Employee, as[i].Key.SampledAt)
		files, keys = append(files, Input{Employee: as[i].Key.Employee}), append(keys, as[i].Key)
		if !as[i].MoveTo.IsZero() {
			keys = append(keys, NewKey(as[i].Key.Employee, as[i].MoveTo))
		}
	}
	if _, err := lockFiles(ctx, tx, sc.Org, files); err != nil {
		return nil, err
	}
	b := &amending{}
	var err error
	slices.SortFunc(keys, Key.compare)
	if b.records, err = loadRecords(ctx, tx, sc.Org, slices.Compact(keys)); err != nil {
		return nil, err
	}
	b.earlier, err = loadEarlier(ctx, tx, sc.Org, as)
	return b, err
}

// apply makes the change on the record, or says what is wrong with it.
func (b *amending) apply(sc authz.Scope, a Amendment, at time.Time) error {
	r := b.records[a.Key]
	switch {
	case r == nil:
		return errs.Missing()
	case r.rev != a.Rev:
		return errs.New(errs.Conflict, "error.conflict")
	case a.Version != 0:
		v, ok := b.earlier[versionKey{a.Key, a.Version}]
		if !ok {
			return errs.Missing()
		}
		b.stand(sc, a.Key, v, at)
		return nil
	case !a.MoveTo.IsZero():
		return b.move(sc, a, at)
	}
	v, err := a.Changes.revise(*r.now, a.Key, at)
	if err == nil {
		b.stand(sc, a.Key, v, at)
	}
	return err
}

// move cancels the record and puts one like it at the true instant, which only an office vouches for.
func (b *amending) move(sc authz.Scope, a Amendment, at time.Time) error {
	to := NewKey(a.Key.Employee, a.MoveTo)
	if to == a.Key {
		return errs.New(errs.Invalid, nothingKey)
	}
	v, f := *b.records[a.Key].now, errs.Fields{}
	if v.Result == regime.Cancelled {
		f.Add("result", "screening.refused.cancelled")
	}
	checkSampled(f, to.SampledAt, at)
	v.checkTimes(f, to.SampledAt, at)
	there := b.records[to]
	if there != nil && there.now.Result != regime.Cancelled {
		f.Add("sampled_at", "screening.refused.taken")
	}
	if err := f.Err(); err != nil {
		return err
	}
	if there == nil {
		b.records[to] = &record{}
	}
	void := v
	void.Result, void.ReportedAt, void.Flag = regime.Cancelled, time.Time{}, ""
	v.Proof = ProofStaff
	b.stand(sc, a.Key, void, at)
	b.stand(sc, to, v, at)
	return nil
}

func (b *amending) stand(sc authz.Scope, k Key, v version, at time.Time) {
	v.EnteredBy, v.EnteredAt = sc.Account, at
	b.records[k].stand(v)
	b.changed = append(b.changed, k)
}

func outcomeOf(err error) Amended {
	var e *errs.Error
	switch {
	case err == nil:
		return Amended{Kind: Updated}
	case !errors.As(err, &e):
		return Amended{Kind: Refused, Message: errs.Msg("error.internal")}
	case e.Message.Key == nothingKey:
		return Amended{Kind: Duplicate}
	}
	for _, field := range faultOrder {
		if m, ok := e.Fields[field]; ok {
			return Amended{Kind: Refused, Field: field, Message: m}
		}
	}
	return Amended{Kind: Refused, Message: e.Message}
}

const sqlEarlier = `select r.employee_id, r.sampled_at, r.rev, r.body
    from sample_revision r
        join unnest($2::bigint[], $3::timestamptz[], $4::integer[]) as k (employee, sampled_at, rev)
            on r.employee_id = k.employee and r.sampled_at = k.sampled_at and r.rev = k.rev
    where r.org_id = $1`

// loadEarlier reads the versions that are to stand again.
func loadEarlier(ctx context.Context, q db.Q, org int32, as []Amendment) (map[versionKey]version, error) {
	var employees, revs []int64
	var instants []time.Time
	for _, a := range as {
		if a.Version != 0 {
			employees, instants, revs = append(employees, a.Key.Employee), append(instants, a.Key.SampledAt), append(revs, int64(a.Version))
		}
	}
	found := make(map[versionKey]version, len(revs))
	if len(revs) == 0 {
		return found, nil
	}
	var rows []struct {
		Employee  int64     `db:"employee_id"`
		SampledAt time.Time `db:"sampled_at"`
		Rev       int       `db:"rev"`
		Body      []byte    `db:"body"`
	}
	if err := q.SelectContext(ctx, &rows, sqlEarlier, org, pq.Array(employees), pq.Array(instants), pq.Array(revs)); err != nil {
		return nil, fmt.Errorf("read versions to restore: %w", err)
	}
	for _, r := range rows {
		v, err := parseBody(r.Body)
		if err != nil {
			return nil, err
		}
		found[versionKey{NewKey(r.Employee, r.SampledAt), r.Rev}] = v
	}
	return found, nil
}
