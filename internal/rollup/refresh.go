package rollup

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/identity/authz"
)

// count is every active enterprise at an instant, column by column. Each column is the text of an array, which goes back into the
// database as it came: a city's ten thousand rows are never taken apart here.
type count struct {
	N          int    `db:"n"`
	Orgs       string `db:"orgs"`
	Headcount  string `db:"headcount"`
	OnPost     string `db:"on_post"`
	Owed       string `db:"owed"`
	Tested     string `db:"tested"`
	DueSoon    string `db:"due_soon"`
	Pending    string `db:"pending"`
	ResultLate string `db:"result_late"`
	Overdue    string `db:"overdue"`
	NoRecord   string `db:"no_record"`
	Exempt     string `db:"exempt"`
	OffPost    string `db:"off_post"`
	Held       string `db:"held"`
	Symptoms   string `db:"symptoms"`
}

// One scan of standing, aggregated by org before anything is joined. Working out a state is what costs, and each aggregate works it
// out again; so three sums count everything, each with three counters of 21 bits: ok, due_soon and overdue; no_record, pending and
// result_late; exempt, off_post and, of those, held. The latter two are worked out for the few in such a state. (States are
// regime.State codes from 1 to 8; 0 is someone who has left.) By org alone the groups are few enough for the planner to share the scan
// out among parallel workers; it would not by org and state. Nor does it for a statement that writes: the counts are kept by the next
// one.
const sqlCount = `with s as (
        select org_id, sum(('{0,1,2097152,4398046511104,0,0,0,0,0}'::bigint[])[st + 1])::bigint as a,
            coalesce(sum(('{0,0,0,0,1,2097152,4398046511104,0,0}'::bigint[])[st + 1]) filter (where st > 3), 0)::bigint as b,
            coalesce(sum(('{0,0,0,0,0,0,0,1,2097152}'::bigint[])[st + 1] + case when held and st = 8 then 4398046511104 else 0 end)
                filter (where st > 6), 0)::bigint as c
        from (select org_id, held, standing_state($1, s0, t1, s1, t2, s2, t3, s3) as st from standing) x
        group by org_id),
    n as (
        select org_id, (a & 2097151)::integer as ok, (a >> 21 & 2097151)::integer as due_soon, (a >> 42)::integer as overdue,
            (b & 2097151)::integer as no_record, (b >> 21 & 2097151)::integer as pending, (b >> 42)::integer as result_late,
            (c & 2097151)::integer as exempt, (c >> 21 & 2097151)::integer as off_post, (c >> 42)::integer as held
        from s),
    c as (
        select *, ok + due_soon + overdue + no_record + pending + result_late as owed, ok + due_soon as tested from n),
    y as (
        select org_id, count(distinct employee_id) as n from symptom_report
        where alert and at > $1::timestamptz - interval '24 hours' and at <= $1 group by org_id)
    select count(*) as n, coalesce(array_agg(o.id), '{}')::text as orgs,
        coalesce(array_agg(coalesce(c.owed + c.exempt + c.off_post, 0)), '{}')::text as headcount, coalesce(array_agg(coalesce(c.owed + c.exempt, 0)), '{}')::text as on_post,
        coalesce(array_agg(coalesce(c.owed, 0)), '{}')::text as owed, coalesce(array_agg(coalesce(c.tested, 0)), '{}')::text as tested,
        coalesce(array_agg(coalesce(c.due_soon, 0)), '{}')::text as due_soon, coalesce(array_agg(coalesce(c.pending, 0)), '{}')::text as pending,
        coalesce(array_agg(coalesce(c.result_late, 0)), '{}')::text as result_late, coalesce(array_agg(coalesce(c.overdue, 0)), '{}')::text as overdue,
        coalesce(array_agg(coalesce(c.no_record, 0)), '{}')::text as no_record, coalesce(array_agg(coalesce(c.exempt, 0)), '{}')::text as exempt,
        coalesce(array_agg(coalesce(c.off_post, 0)), '{}')::text as off_post, coalesce(array_agg(coalesce(c.held, 0)), '{}')::text as held,
        coalesce(array_agg(coalesce(y.n, 0)), '{}')::text as symptoms
    from org o left join c on c.org_id = o.id left join y on y.org_id = o.id
    where o.kind = 'enterprise' and o.active`

// The row of the snapshot is what refreshes queue at; an older count than the one that stands is thrown away.
const sqlStamp = `insert into snapshot as s (id, as_of) values (1, $1)
    on conflict (id) do update set as_of = excluded.as_of where s.as_of <= excluded.as_of`

// Only rows that moved are written. moved counts the enterprises that are new or belong elsewhere than before: their weeks move
// with them.
const sqlKeep = `with u as (
        select u.*, coalesce(nullif(o.short_name, ''), o.name) as name, coalesce(o.admin_zone, '') as zone, o.industry, o.size, o.resume_status
        from unnest($2::integer[], $3::integer[], $4::integer[], $5::integer[], $6::integer[], $7::integer[], $8::integer[], $9::integer[],
                $10::integer[], $11::integer[], $12::integer[], $13::integer[], $14::integer[], $15::integer[])
            as u (org_id, headcount, on_post, owed, tested, due_soon, pending, result_late, overdue, no_record, exempt, off_post, held, symptoms)
        join org o on o.id = u.org_id),
    changed as materialized (
        select u.*, n.org_id is null or n.zone <> u.zone or n.industry <> u.industry as moved
        from u left join org_now n on n.org_id = u.org_id
        where n.org_id is null or (n.headcount, n.on_post, n.owed, n.tested, n.due_soon, n.pending, n.result_late, n.overdue, n.no_record,
                n.exempt, n.off_post, n.held, n.symptoms_24h, n.name, n.zone, n.industry, n.size, n.resume_status)
            is distinct from (u.headcount, u.on_post, u.owed, u.tested, u.due_soon, u.pending, u.result_late, u.overdue, u.no_record,
                u.exempt, u.off_post, u.held, u.symptoms, u.name, u.zone, u.industry, u.size, u.resume_status)),
    kept as (
        insert into org_now as n (org_id, as_of, headcount, on_post, owed, tested, due_soon, pending, result_late, overdue, no_record,
            exempt, off_post, held, symptoms_24h, name, zone, industry, size, resume_status)
        select org_id, $1, headcount, on_post, owed, tested, due_soon, pending, result_late, overdue, no_record,
            exempt, off_post, held, symptoms, name, zone, industry, size, resume_status
        from changed
        on conflict (org_id) do update
            set as_of = excluded.as_of, headcount = excluded.headcount, on_post = excluded.on_post, owed = excluded.owed,
                tested = excluded.tested, due_soon = excluded.due_soon, pending = excluded.pending,
                result_late = excluded.result_late, overdue = excluded.overdue, no_record = excluded.no_record,
                exempt = excluded.exempt, off_post = excluded.off_post, held = excluded.held, symptoms_24h = excluded.symptoms_24h,
                name = excluded.name, zone = excluded.zone, industry = excluded.industry, size = excluded.size,
                resume_status = excluded.resume_status)
    select count(*) filter (where moved) from changed`

const sqlLeave = `delete from org_now n
    where not exists (select from org o where o.id = n.org_id and o.kind = 'enterprise' and o.active)`

// The week that runs now is not frozen: it follows the snapshot.
const sqlRunningWeek = `insert into org_week as w (org_id, week, as_of, owed, tested, pending, overdue, no_record)
    select n.org_id, z.week, $1, n.owed, n.tested, n.pending, n.overdue + n.result_late, n.no_record
    from org_now n join org o on o.id = n.org_id
    join (select time_zone, date_trunc('week', $1::timestamptz at time zone time_zone)::date as week
        from (select distinct time_zone from org) d) z on z.time_zone = o.time_zone
    left join org_week p on p.org_id = n.org_id and p.week = z.week and p.week = any($2::date[])
    where p.org_id is null or p.frozen_at is null
        and (p.owed, p.tested, p.pending, p.overdue, p.no_record) is distinct from (n.owed, n.tested, n.pending, n.overdue + n.result_late, n.no_record)
    on conflict (org_id, week) do update
        set as_of = excluded.as_of, owed = excluded.owed, tested = excluded.tested, pending = excluded.pending,
            overdue = excluded.overdue, no_record = excluded.no_record
        where w.frozen_at is null`

const sqlRunningWeeks = `select distinct date_trunc('week', $1::timestamptz at time zone time_zone)::date from org`

// Refresh counts every enterprise at the instant and makes that the snapshot. It returns how many were counted.
func (s *Service) Refresh(ctx context.Context, now time.Time) (int, error) {
	c, err := s.count(ctx, now)
	if err != nil {
		return 0, err
	}
	return c.N, s.db.InTx(ctx, system, func(tx *sqlx.Tx) error { return c.keep(ctx, tx, now) })
}

func (s *Service) count(ctx context.Context, now time.Time) (c count, err error) {
	err = s.db.Read(ctx, system, func(tx *sqlx.Tx) error { return tx.GetContext(ctx, &c, sqlCount, now) })
	if err != nil {
		return c, fmt.Errorf("count enterprises: %w", err)
	}
	return c, nil
}

// Count counts every enterprise at the instant and keeps nothing. It returns how many were counted.
func (s *Service) Count(ctx context.Context, now time.Time) (int, error) {
	c, err := s.count(ctx, now)
	return c.N, err
}

func (c *count) keep(ctx context.Context, tx *sqlx.Tx, now time.Time) error {
	res, err := tx.ExecContext(ctx, sqlStamp, now)
	if err != nil {
		return fmt.Errorf("stamp snapshot: %w", err)
	}
	if n, err := res.RowsAffected(); n == 0 || err != nil {
		return err
	}
	var moved int64
	err = tx.GetContext(ctx, &moved, sqlKeep, now, c.Orgs, c.Headcount, c.OnPost, c.Owed, c.Tested, c.DueSoon, c.Pending, c.ResultLate,
		c.Overdue, c.NoRecord, c.Exempt, c.OffPost, c.Held, c.Symptoms)
	if err != nil {
		return fmt.Errorf("keep counts: %w", err)
	}
	if res, err = tx.ExecContext(ctx, sqlLeave); err != nil {
		return fmt.Errorf("leave out enterprises that ended: %w", err)
	}
	left, err := res.RowsAffected()
	if err != nil {
		return err
	}
	var running []time.Time
	if err := tx.SelectContext(ctx, &running, sqlRunningWeeks, now); err != nil {
		return fmt.Errorf("find running weeks: %w", err)
	}
	if _, err := tx.ExecContext(ctx, sqlRunningWeek, now, dates(running)); err != nil {
		return fmt.Errorf("update the running week: %w", err)
	}
	if err := keepAreas(ctx, tx); err != nil {
		return err
	}
	if moved+left > 0 {
		running = nil
	}
	_, err = keepAreaWeeks(ctx, tx, running)
	return err
}

// shareFor is how old an exact count may be that another reader asked for: whoever asks meanwhile is given the same.
const shareFor = 2 * time.Second

// Exact counts now, for a reader who does not want to wait for the next snapshot, and makes that the snapshot for everybody. A
// server makes one such count at a time; who asks meanwhile waits for it and shares it.
func (s *Service) Exact(ctx context.Context, sc authz.Scope, now time.Time) error {
	if err := sc.Require(authz.BureauView); err != nil {
		return err
	}
	select {
	case s.exact <- struct{}{}:
		defer func() { <-s.exact }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if age := now.Sub(s.counted); age >= 0 && age < shareFor || s.counted.After(now) && s.counted.Sub(now) < shareFor {
		return nil
	}
	if _, err := s.Refresh(ctx, now); err != nil {
		return err
	}
	s.counted = now
	return nil
}

// dates binds civil dates; nil stands for every one.
func dates(days []time.Time) any {
	if days == nil {
		return nil
	}
	out := make([]string, len(days))
	for i, d := range days {
		out[i] = d.Format(time.DateOnly)
	}
	return pq.Array(out)
}
