package city

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/lib/pq"
	"golang.org/x/sync/errgroup"
)

// A month is one partition of samples.
type month struct {
	table    string
	from, to time.Time
}

const sqlMonths = `select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'sample'::regclass order by 1`

// months lists the partitions that hold weeks of the city.
func (l *loader) months(ctx context.Context) ([]month, error) {
	rows, err := l.db.QueryContext(ctx, sqlMonths)
	if err != nil {
		return nil, fmt.Errorf("list months: %w", err)
	}
	defer rows.Close()
	var out []month
	for rows.Next() {
		var m month
		if err := rows.Scan(&m.table); err != nil {
			return nil, err
		}
		if m.from, err = time.Parse("200601", strings.TrimPrefix(m.table, "sample_")); err != nil {
			return nil, fmt.Errorf("partition %s: %w", m.table, err)
		}
		m.to = m.from.AddDate(0, 1, 0)
		if m.from.Before(l.At) && m.to.After(l.At.AddDate(0, 0, -7*l.Spec.Weeks)) {
			out = append(out, m)
		}
	}
	return out, rows.Err()
}

const (
	week = 7 * 24 * 3600 // seconds
	// Nobody was sampled in the last half hour, nor is anybody due in the half hour after the instant: until the bench is over.
	slotFrom = 1800
	slots    = week - 2*slotFrom
)

// fragPeople lists who is sampled when and how diligently: of 1,024 samples, miss are missed. A slot is in seconds before the instant.
const fragPeople = `create unlogged table bench_person as
    select org_id, id, (%d + mod(abs(hashint8(team_id * 7 + 3)::bigint) * 13 + abs(hashint8(id)::bigint) %% 5400, %d))::integer as slot,
        case when h < 20 then 512 when h < 102 then 102 else 10 end as miss
    from (select org_id, id, team_id, hashint8(id * 131 + 7) & 1023 as h from employee) e order by org_id, id`

// fragSamples writes the samples of a month. Expressions are cheap ones, since there are tens of millions of rows: an instant is
// reckoned in seconds. Results come after 6 to 17 hours.
const fragSamples = `insert into %s (org_id, employee_id, sampled_at, reported_at, result, source, proof, lab, entered_by, entered_at)
    select org_id, id, to_timestamp(at), case when told <= $1 then to_timestamp(told) end, case when told <= $1 then 'negative' else 'pending' end,
        'employer_org', 'lab', '市中心医院', -org_id, to_timestamp(least(told, $1))
    from (select org_id, id, at, at + 21600 + ((h >> 10) & 4095) * 10 as told, h, miss
        from (select org_id, id, miss, $1 - slot - k * 604800 as at, hashint8(id * 64 + k) as h
            from (select org_id, id, slot, miss, unnest($4::bigint[]) as k from bench_person) w) s
        where at >= $2 and at < $3) t
    where (h & 1023) >= miss`

// samples writes the weeks behind the instant, month by month.
func (l *loader) samples(ctx context.Context) error {
	if _, err := l.db.ExecContext(ctx, fmt.Sprintf(fragPeople, slotFrom, slots)); err != nil {
		return fmt.Errorf("list people: %w", err)
	}
	months, err := l.months(ctx)
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(connections)
	for _, m := range months {
		g.Go(func() error { return l.month(ctx, m) })
	}
	return g.Wait()
}

func (l *loader) month(ctx context.Context, m month) error {
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("load %s: %w", m.table, err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing is left to roll back after the commit
	if _, err := tx.ExecContext(ctx, "truncate "+m.table); err != nil {
		return fmt.Errorf("empty %s: %w", m.table, err)
	}
	for _, weeks := range l.passes(m) {
		_, err := tx.ExecContext(ctx, fmt.Sprintf(fragSamples, m.table), l.At.Unix(), m.from.Unix(), m.to.Unix(), pq.Array(weeks))
		if err != nil {
			return fmt.Errorf("fill %s: %w", m.table, err)
		}
	}
	return tx.Commit()
}

// passes are the weeks before the instant that touch a month, the oldest first: at once for a month that is over, whose rows come
// into key order by that, and one by one for the running month.
func (l *loader) passes(m month) [][]int64 {
	var weeks []int64
	for k := int64(l.Spec.Weeks) - 1; k >= 0; k-- {
		newest := l.At.Unix() - k*week
		if newest >= m.from.Unix() && newest-week < m.to.Unix() {
			weeks = append(weeks, k)
		}
	}
	if m.to.Before(l.At) {
		return [][]int64{weeks}
	}
	var out [][]int64
	for _, k := range weeks {
		out = append(out, []int64{k})
	}
	return out
}
