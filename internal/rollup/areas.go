package rollup

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/platform/db"
)

// An area is a reporting line and an industry. Its figures are sums of org_now, and week by week of org_week; a page of the bureau
// reads some hundred of them where the enterprises are ten thousand and their weeks half a million.

const sqlAreasLeft = `delete from area_now a where not exists (select from org_now n where n.zone = a.zone and n.industry = a.industry)`

const sqlAreas = `insert into area_now as a (zone, industry, orgs, resumed, headcount, owed, tested, due_soon, pending, result_late, overdue,
        no_record, exempt, off_post, held, symptoms_24h)
    select s.* from (
        select zone, industry, count(*) as orgs, count(*) filter (where resume_status in ('partial', 'full')) as resumed,
            sum(headcount) as headcount, sum(owed) as owed, sum(tested) as tested, sum(due_soon) as due_soon, sum(pending) as pending,
            sum(result_late) as result_late, sum(overdue) as overdue, sum(no_record) as no_record, sum(exempt) as exempt,
            sum(off_post) as off_post, sum(held) as held, sum(symptoms_24h) as symptoms_24h
        from org_now group by zone, industry) s
    left join area_now p on p.zone = s.zone and p.industry = s.industry
    where p.zone is null or (p.orgs, p.resumed, p.headcount, p.owed, p.tested, p.due_soon, p.pending, p.result_late, p.overdue, p.no_record,
            p.exempt, p.off_post, p.held, p.symptoms_24h)
        is distinct from (s.orgs, s.resumed, s.headcount, s.owed, s.tested, s.due_soon, s.pending, s.result_late, s.overdue, s.no_record,
            s.exempt, s.off_post, s.held, s.symptoms_24h)
    on conflict (zone, industry) do update
        set orgs = excluded.orgs, resumed = excluded.resumed, headcount = excluded.headcount, owed = excluded.owed, tested = excluded.tested,
            due_soon = excluded.due_soon, pending = excluded.pending, result_late = excluded.result_late, overdue = excluded.overdue,
            no_record = excluded.no_record, exempt = excluded.exempt, off_post = excluded.off_post, held = excluded.held,
            symptoms_24h = excluded.symptoms_24h`

func keepAreas(ctx context.Context, q db.Q) error {
	if _, err := q.ExecContext(ctx, sqlAreasLeft); err != nil {
		return fmt.Errorf("leave out areas without enterprises: %w", err)
	}
	if _, err := q.ExecContext(ctx, sqlAreas); err != nil {
		return fmt.Errorf("sum up areas: %w", err)
	}
	return nil
}

const sqlAreaWeeksLeft = `delete from area_week a where ($1::date[] is null or a.week = any($1))
    and not exists (select from area_now n where n.zone = a.zone and n.industry = a.industry)`

const sqlAreaWeeks = `insert into area_week as a (week, zone, industry, owed, tested, frozen, as_of)
    select s.* from (
        select w.week, n.zone, n.industry, sum(w.owed) as owed, sum(w.tested) as tested, bool_and(w.frozen_at is not null) as frozen,
            min(w.as_of) as as_of
        from org_week w join org_now n on n.org_id = w.org_id
        where $1::date[] is null or w.week = any($1)
        group by w.week, n.zone, n.industry) s
    left join area_week p on p.week = s.week and p.zone = s.zone and p.industry = s.industry
    where p.week is null or (p.owed, p.tested, p.frozen) is distinct from (s.owed, s.tested, s.frozen)
    on conflict (week, zone, industry) do update
        set owed = excluded.owed, tested = excluded.tested, frozen = excluded.frozen, as_of = excluded.as_of`

// keepAreaWeeks sums up the weeks anew, every one when weeks is nil, and returns how many rows differed.
func keepAreaWeeks(ctx context.Context, q db.Q, weeks []time.Time) (int64, error) {
	n := int64(0)
	for _, statement := range []string{sqlAreaWeeksLeft, sqlAreaWeeks} {
		res, err := q.ExecContext(ctx, statement, dates(weeks))
		if err != nil {
			return n, fmt.Errorf("sum up weeks of areas: %w", err)
		}
		wrong, err := res.RowsAffected()
		if err != nil {
			return n, err
		}
		n += wrong
	}
	return n, nil
}

// Whoever sums up weeks apart from a refresh queues with the refreshes.
const sqlQueue = `select id from snapshot for update`

func queue(ctx context.Context, q db.Q) error {
	if _, err := q.ExecContext(ctx, sqlQueue); err != nil {
		return fmt.Errorf("queue with refreshes: %w", err)
	}
	return nil
}

// sumUp follows frozen weeks with the sums of their areas.
func (s *Service) sumUp(ctx context.Context, weeks []time.Time) (n int64, err error) {
	err = s.db.InTx(ctx, system, func(tx *sqlx.Tx) error {
		if err := queue(ctx, tx); err != nil {
			return err
		}
		n, err = keepAreaWeeks(ctx, tx, weeks)
		return err
	})
	return n, err
}

// Recount sums up every week of every area anew, nightly, and returns how many rows differed: none, unless something wrote weeks
// past this package.
func (s *Service) Recount(ctx context.Context) (int64, error) { return s.sumUp(ctx, nil) }
