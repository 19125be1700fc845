package returning

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
)

// judge evaluates the gate of cases of one org at one instant.
type judge struct {
	pack *regime.Pack
	at   time.Time // in the org's zone
}

const sqlZone = `select time_zone from org where id = $1`

func newJudge(ctx context.Context, q db.Q, r Rules, org int32, at time.Time) (judge, error) {
	rules, err := r.For(ctx, q, org, time.Time{})
	if err != nil {
		return judge{}, fmt.Errorf("rules of org: %w", err)
	}
	var name string
	if err := q.GetContext(ctx, &name, sqlZone, org); err != nil {
		return judge{}, fmt.Errorf("zone of org: %w", db.OneRow(err))
	}
	zone, err := clock.Zone(name)
	if err != nil {
		return judge{}, fmt.Errorf("zone of org: %w", err)
	}
	return judge{rules.At(at), at.In(zone)}, nil
}

// midnight is the beginning of a civil day of the org.
func (j judge) midnight(day string) (time.Time, error) {
	return time.ParseInLocation(time.DateOnly, day, j.at.Location())
}

// sampleDays is how far back a sample is looked for, to say that it is too old.
const sampleDays = 30

const sqlSamples = `select employee_id, sampled_at, reported_at, result, method, collect_mode, source from sample
    where org_id = $1 and employee_id = any($2::bigint[]) and sampled_at > $3 and sampled_at <= $4`

const sqlHolds = `select employee_id, kind, from_at from hold
    where org_id = $1 and employee_id = any($2::bigint[]) and from_at <= $3 and (to_at is null or to_at > $3)
        and (released_at is null or released_at > $3)
    order by from_at`

// The standing answers for a hold whose row is not there; a row that foretells no further than now says nothing.
const sqlHeld = `select employee_id from standing
    where org_id = $1 and employee_id = any($2::bigint[]) and held and refresh_at > $3`

// fill evaluates the gate of each view that is still open.
func (j judge) fill(ctx context.Context, q db.Q, org int32, views []View) error {
	evidence := map[int64]*Evidence{}
	for i := range views {
		if v := &views[i]; v.State.Open() {
			evidence[v.Employee] = &Evidence{Declaration: v.Declaration, StatedAt: v.SubmittedAt, PledgeAt: v.PledgeAt}
		}
	}
	if err := j.gather(ctx, q, org, evidence); err != nil {
		return err
	}
	for i := range views {
		if v := &views[i]; v.State.Open() {
			v.Items = Check(evidence[v.Employee], j.pack, j.at)
		}
	}
	return nil
}

// gather adds what the records say about the people.
func (j judge) gather(ctx context.Context, q db.Q, org int32, evidence map[int64]*Evidence) error {
	if len(evidence) == 0 {
		return nil
	}
	ids := make([]int64, 0, len(evidence))
	for id := range evidence {
		ids = append(ids, id)
	}
	if err := j.samples(ctx, q, org, ids, evidence); err != nil {
		return err
	}
	var holds []struct {
		Employee int64     `db:"employee_id"`
		Kind     string    `db:"kind"`
		From     time.Time `db:"from_at"`
	}
	if err := q.SelectContext(ctx, &holds, sqlHolds, org, pq.Array(ids), j.at); err != nil {
		return fmt.Errorf("read holds: %w", err)
	}
	for _, h := range holds {
		e := evidence[h.Employee]
		e.Holds = append(e.Holds, Held{h.Kind, h.From})
	}
	var held []int64
	if err := q.SelectContext(ctx, &held, sqlHeld, org, pq.Array(ids), j.at); err != nil {
		return fmt.Errorf("read standings: %w", err)
	}
	for _, id := range held {
		evidence[id].Held = true
	}
	return nil
}

func (j judge) samples(ctx context.Context, q db.Q, org int32, ids []int64, evidence map[int64]*Evidence) error {
	var rows []struct {
		Employee   int64        `db:"employee_id"`
		SampledAt  time.Time    `db:"sampled_at"`
		ReportedAt sql.NullTime `db:"reported_at"`
		Result     string       `db:"result"`
		Method     string       `db:"method"`
		Mode       string       `db:"collect_mode"`
		Source     string       `db:"source"`
	}
	if err := q.SelectContext(ctx, &rows, sqlSamples, org, pq.Array(ids), j.at.AddDate(0, 0, -sampleDays), j.at); err != nil {
		return fmt.Errorf("read samples: %w", err)
	}
	for _, r := range rows {
		result, err := regime.ParseResult(r.Result)
		if err != nil {
			return errs.New(errs.Internal, "error.internal").Because(err)
		}
		e := evidence[r.Employee]
		e.Samples = append(e.Samples, regime.Sample{SampledAt: r.SampledAt, ReportedAt: r.ReportedAt.Time, Result: result,
			Method: regime.Method(r.Method), Mode: regime.CollectMode(r.Mode), Source: regime.Source(r.Source)})
	}
	return nil
}
