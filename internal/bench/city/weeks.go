package city

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

// fragWeek counts the samples of a month by enterprise and week. Nobody has two in one week of the calendar but by the turn of a
// slot, which the sum below cuts off at everybody.
const fragWeek = `insert into bench_week select org_id, floor((date_part('epoch', sampled_at) - $1) / 604800)::integer, count(*) from %s group by 1, 2`

// fragWeeks writes the weeks that are over as frozen. Half of the missing are overdue at the cut-off: the others are sampled by a slot
// that lies late in the week.
const fragWeeks = `insert into org_week (org_id, week, as_of, owed, tested, pending, overdue, no_record, frozen_at)
    select s.org_id, date '%s' + 7 * s.week, to_timestamp($1 + (s.week + 1) * 604800), p.n, least(sum(s.n), p.n), 0, p.n - least(sum(s.n), p.n), 0,
        to_timestamp($1 + (s.week + 1) * 604800 + 3600)
    from bench_week s join (select org_id, count(*) as n from bench_person group by org_id) p on p.org_id = s.org_id
    where s.week between 0 and $2::integer - 1
    group by s.org_id, s.week, p.n`

// weeks counts the weeks behind the running one from the samples, and drops the lists that the samples were made from.
func (l *loader) weeks(ctx context.Context) error {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		return err
	}
	at := l.At.In(zone)
	running := time.Date(at.Year(), at.Month(), at.Day()-(int(at.Weekday())+6)%7, 0, 0, 0, 0, zone)
	n := l.Spec.Weeks - 1 // whole ones
	first := running.AddDate(0, 0, -7*n)
	months, err := l.months(ctx)
	if err != nil {
		return err
	}
	if _, err := l.db.ExecContext(ctx, "create unlogged table bench_week (org_id integer, week integer, n bigint)"); err != nil {
		return err
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(connections)
	for _, m := range months {
		g.Go(func() error {
			_, err := l.db.ExecContext(gctx, fmt.Sprintf(fragWeek, m.table), first.Unix())
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("count weeks: %w", err)
	}
	if _, err := l.db.ExecContext(ctx, fmt.Sprintf(fragWeeks, first.Format(time.DateOnly)), first.Unix(), n); err != nil {
		return fmt.Errorf("write weeks: %w", err)
	}
	_, err = l.db.ExecContext(ctx, "drop table bench_week, bench_person")
	return err
}

const sqlForeignKeys = `select k.conrelid::regclass::text, k.confrelid::regclass::text,
        (select string_agg(format('c.%I = p.%I', a.attname, b.attname), ' and ')
            from unnest(k.conkey, k.confkey) as u (own, other)
            join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.own
            join pg_attribute b on b.attrelid = k.confrelid and b.attnum = u.other),
        (select string_agg(format('c.%I is not null', a.attname), ' and ')
            from unnest(k.conkey) as u (own) join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.own)
    from pg_constraint k where k.contype = 'f' and k.conparentid = 0 and k.connamespace = 'public'::regnamespace
    order by 1, 2`

// validate checks every foreign key by an anti-join, in place of the triggers that loading left out.
func (l *loader) validate(ctx context.Context) error {
	rows, err := l.db.QueryContext(ctx, sqlForeignKeys)
	if err != nil {
		return fmt.Errorf("list foreign keys: %w", err)
	}
	defer rows.Close()
	var bad []error
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(connections)
	found := make(chan error, 200)
	for rows.Next() {
		var child, parent, on, whole string
		if err := rows.Scan(&child, &parent, &on, &whole); err != nil {
			return err
		}
		query := fmt.Sprintf("select count(*) from %s c where %s and not exists (select from %s p where %s)", child, whole, parent, on)
		g.Go(func() error {
			var n int
			if err := l.db.QueryRowContext(gctx, query).Scan(&n); err != nil {
				return fmt.Errorf("%s to %s: %w", child, parent, err)
			}
			if n > 0 {
				found <- fmt.Errorf("%d rows of %s have no row of %s where %s", n, child, parent, on)
			}
			return nil
		})
	}
	if err := errors.Join(rows.Err(), g.Wait()); err != nil {
		return err
	}
	close(found)
	for err := range found {
		bad = append(bad, err)
	}
	return errors.Join(bad...)
}
