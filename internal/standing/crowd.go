package standing

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/regime"
)

// crowd is the service at work on everyone of many orgs.
type crowd struct{ *Service }

// evaluation evaluates people at one instant as soon as their files are read.
type evaluation struct {
	at   time.Time
	orgs map[int32]*orgRules
}

type outcome struct {
	row     row
	held    []regime.Hold
	decided time.Time // see orgRules
}

// rests evaluates a person on what has been read, and says how far back samples matter to that.
func (e *evaluation) rests(k key, f *file) time.Time {
	o := e.orgs[k.org]
	f.now.row, f.now.held = newRow(o.rules, k.id, f.facts(o, time.Time{}), e.at)
	f.now.decided = o.decided
	return f.now.row.rests
}

// window is how far back to read first.
func (e *evaluation) window() time.Duration {
	var longest time.Duration
	for _, o := range e.orgs {
		longest = max(longest, o.rules.Window())
	}
	return longest
}

// evaluate reads the files of a request and evaluates everyone at the instant.
func evaluate(ctx context.Context, q db.Q, r request, orgs map[int32]*orgRules, at time.Time) (map[key]*file, error) {
	e := evaluation{at, orgs}
	r.since, r.window, r.rests = at, e.window(), e.rests
	return load(ctx, q, r)
}

const sqlOrgsOf = `select id, time_zone, go_live_at from org where id = any($1)`

// loadOrgs reads several orgs with the rules of today.
func (s crowd) loadOrgs(ctx context.Context, q db.Q, ids []int32) (map[int32]*orgRules, error) {
	var rows []struct {
		ID       int32     `db:"id"`
		TimeZone string    `db:"time_zone"`
		GoLiveAt time.Time `db:"go_live_at"`
	}
	if err := q.SelectContext(ctx, &rows, sqlOrgsOf, pq.Array(ids)); err != nil {
		return nil, fmt.Errorf("read orgs: %w", err)
	}
	orgs := make(map[int32]*orgRules, len(rows))
	for _, r := range rows {
		zone, err := clock.Zone(r.TimeZone)
		if err != nil {
			return nil, fmt.Errorf("time zone of org %d: %w", r.ID, err)
		}
		orgs[r.ID] = &orgRules{id: r.ID, zone: zone, goLive: r.GoLiveAt}
	}
	err := s.book.Current(ctx, q, ids, func(org int32, r regime.Rules, decided time.Time) {
		if o := orgs[org]; o != nil {
			o.rules, o.decided = r, decided
		}
	})
	if err != nil {
		return nil, fmt.Errorf("rules of orgs: %w", err)
	}
	return orgs, nil
}

// storedRow is a row as it is stored, with the transaction that wrote it: whoever changes a fact about a person writes the row, so
// that an unchanged version says that the facts are unchanged, too.
type storedRow struct {
	row
	version   int64
	evaluated time.Time
}

const sqlRowsOf = `select org_id, employee_id, xmin::text::bigint, s0, s1, s2, s3, (date_part('epoch', nullif(t1, 'infinity')) * 1e6)::bigint,
        (date_part('epoch', nullif(t2, 'infinity')) * 1e6)::bigint, (date_part('epoch', nullif(t3, 'infinity')) * 1e6)::bigint, held, blocks,
        (date_part('epoch', due_at) * 1e6)::bigint, (date_part('epoch', counted_at) * 1e6)::bigint,
        (date_part('epoch', latest_at) * 1e6)::bigint, (date_part('epoch', nullif(refresh_at, 'infinity')) * 1e6)::bigint,
        (date_part('epoch', renew_from) * 1e6)::bigint, (date_part('epoch', evaluated_at) * 1e6)::bigint
    from standing where org_id = any($1) and employee_id > $2 and employee_id <= $3`

// readRows puts the stored rows to the files of a part. It returns those without a file.
func readRows(ctx context.Context, q db.Q, p *part, files map[key]*file, at time.Time) (alone []Difference, err error) {
	var k key
	var r storedRow
	var from [regime.MaxSegments]instant
	var due, counted, latest, refresh, renew, evaluated instant
	args := []any{pq.Array(p.orgs), p.after, p.upTo}
	err = eachRow(ctx, q, sqlRowsOf, args, func(rows *sql.Rows) error {
		err := rows.Scan(&k.org, &k.id, &r.version, &r.state[0], &r.state[1], &r.state[2], &r.state[3], &from[1], &from[2], &from[3],
			&r.held, &r.blocks, &due, &counted, &latest, &refresh, &renew,
			&evaluated)
		for i := range from {
			r.from[i] = db.Instant(from[i].Time)
		}
		r.employee, r.refreshAt, r.renewFrom, r.evaluated = k.id, db.Instant(refresh.Time), db.Instant(renew.Time), evaluated.Time
		r.due, r.counted, r.latest = db.Instant(due.Time), db.Instant(counted.Time), db.Instant(latest.Time)
		if f := files[k]; f != nil {
			f.was = r
		} else {
			alone = append(alone, Difference{Org: k.org, Employee: k.id, Stored: r.at(at).String()})
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read standings: %w", err)
	}
	return alone, nil
}

const sqlByIndex = `select set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
        set_config('enable_mergejoin', 'off', true)`

// byIndex keeps the planner of a transaction that reads or writes a part from passing over whole tables: after much has been
// loaded, its guesses are off.
func byIndex(ctx context.Context, q db.Q) error {
	if _, err := q.ExecContext(ctx, sqlByIndex); err != nil {
		return fmt.Errorf("set up plans: %w", err)
	}
	return nil
}
