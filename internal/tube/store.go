package tube

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
)

const sqlEnsure = `insert into tube (org_id, barcode, mode, opened_at, sealed_at, institution, lab, opened_by, actor_name, entered_at)
    select $1, barcode, mode() within group (order by collect_mode), min(sampled_at), max(sampled_at), max(institution), max(lab), $3, $4, $5
    from sample
    where org_id = $1 and barcode = any($2) and barcode <> '' and collect_mode <> 'single' and result <> 'cancelled'
    group by barcode order by barcode
    on conflict (org_id, barcode) do nothing`

const sqlLockBarcodes = `select id from tube where org_id = $1 and barcode = any($2) order by barcode for update`

// A tube has the worst result of its members, and with a result it is sealed; without members a given-up one stays given up.
const sqlSettle = `update tube t
    set result = s.result, reported_at = s.reported_at,
        sealed_at = case when s.weight > 0 then coalesce(t.sealed_at, $3) else t.sealed_at end,
        resulted_by = case when s.weight > 0 then $4::bigint end, resulted_by_name = case when s.weight > 0 then $5 else '' end
    from (select barcode, weight, reported_at, (array['pending', 'negative', 'invalid', 'pool_abnormal'])[1 + weight] as result
        from (select u.barcode, coalesce(max(m.weight), 0) as weight,
                (array_agg(m.reported_at order by m.weight desc, m.reported_at))[1] as reported_at
            from unnest($2::text[]) as u (barcode)
                left join (select org_id, barcode, reported_at, case result when 'pending' then 0 when 'negative' then 1 when 'invalid' then 2 else 3 end as weight
                    from sample where barcode <> '' and collect_mode <> 'single' and result <> 'cancelled') m
                    on m.org_id = $1 and m.barcode = u.barcode
            group by u.barcode) w) s
    where t.org_id = $1 and t.barcode = s.barcode and not (t.result = 'cancelled' and s.weight = 0)
        and (t.result, t.reported_at) is distinct from (s.result, s.reported_at)`

// Stored implements screening.Tubes: a barcode seen for the first time becomes a tube, and tubes take the worst result of their
// members. The rows are locked first, so that of two that store members of one tube the second sees the first's.
func (s *Service) Stored(ctx context.Context, q db.Q, sc authz.Scope, barcodes []string, at time.Time) error {
	if _, err := q.ExecContext(ctx, sqlEnsure, sc.Org, pq.Array(barcodes), sc.Account, sc.Actor, at); err != nil {
		return fmt.Errorf("note tubes: %w", err)
	}
	var locked []int64
	if err := q.SelectContext(ctx, &locked, sqlLockBarcodes, sc.Org, pq.Array(barcodes)); err != nil {
		return fmt.Errorf("lock tubes: %w", err)
	}
	if _, err := q.ExecContext(ctx, sqlSettle, sc.Org, pq.Array(barcodes), at, sc.Account, sc.Actor); err != nil {
		return fmt.Errorf("settle tubes: %w", err)
	}
	return nil
}

// row is a tube as stored, with its counts.
type row struct {
	ID          int64        `db:"id"`
	Barcode     string       `db:"barcode"`
	Mode        string       `db:"mode"`
	OpenedAt    time.Time    `db:"opened_at"`
	SealedAt    sql.NullTime `db:"sealed_at"`
	Institution string       `db:"institution"`
	Lab         string       `db:"lab"`
	Result      string       `db:"result"`
	ReportedAt  sql.NullTime `db:"reported_at"`
	OpenedBy    string       `db:"actor_name"`
	ResultedBy  string       `db:"resulted_by_name"`
	Members     int          `db:"members"`
	Lacking     int          `db:"lacking"`
	Settled     int          `db:"settled"`
	Owing       int          `db:"owing"`
	Total       int          `db:"total"`
}

func (r *row) tube(sc authz.Scope) (Tube, error) {
	t := Tube{ID: r.ID, Barcode: r.Barcode, Mode: regime.CollectMode(r.Mode), OpenedAt: r.OpenedAt, SealedAt: r.SealedAt.Time,
		Institution: r.Institution, Lab: r.Lab, ReportedAt: r.ReportedAt.Time, OpenedBy: r.OpenedBy, ResultedBy: r.ResultedBy,
		Members: r.Members, Lacking: r.Lacking, Settled: r.Settled, Owing: r.Owing, veiled: !everyone(sc)}
	result, err := regime.ParseResult(r.Result)
	if err != nil {
		return t, fmt.Errorf("read tube: %w", err)
	}
	if t.cancelled = result == regime.Cancelled; t.cancelled {
		result = regime.ResultPending
	}
	t.Result = result
	t.veil()
	return t, nil
}

// veil hides from a leader what a result would tell: a negative one, and the end of the matter for people of other teams.
func (t *Tube) veil() {
	if !t.veiled {
		return
	}
	t.ReportedAt, t.ResultedBy, t.Lacking, t.Settled = time.Time{}, "", 0, 0
	if t.Result == regime.Negative || t.Result == regime.PoolAbnormal && t.Owing == 0 {
		t.Result = regime.ResultPending
	}
}

// fragIn says of a sample m that it is in the tube t.
const fragIn = `m.org_id = t.org_id and m.barcode = t.barcode and m.barcode <> '' and m.collect_mode <> 'single' and m.result <> 'cancelled'`

// fragFile joins the file, e, of a sample m.
const fragFile = ` join employee e on e.org_id = m.org_id and e.id = m.employee_id`

// fragMine says of a file e that the scope may see it: $2 everyone's, $3 of the teams led.
const fragMine = `($2::boolean or e.team_id = any($3::bigint[]))`

// fragReach says of a tube t that the scope may see it: $4 opened it, or one of its people is in it.
const fragReach = `($2::boolean or t.opened_by = $4
        or exists (select from sample m` + fragFile + ` where ` + fragIn + ` and ` + fragMine + `))`

// fragSince is from when on a sample of a member m taken alone tells more than the abnormal tube.
const fragSince = `coalesce(m.reported_at, t.reported_at)`

const fragReleased = `exists (select from hold h where h.org_id = m.org_id and h.employee_id = m.employee_id and h.derived
            and h.kind = 'pool_abnormal' and h.released_by is not null and h.released_at >= ` + fragSince + `)`

// fragSettled says of a member m of an abnormal tube t that a single sample, or a person, ended the matter. It is the rule by which
// regime ends the hold, but that any single result ends what the tube has to say.
const fragSettled = `(exists (select from sample x where x.org_id = m.org_id and x.employee_id = m.employee_id and x.collect_mode = 'single'
            and x.method = 'pcr' and x.sampled_at > ` + fragSince + ` and x.result in ('negative', 'positive', 'suspicious'))
        or ` + fragReleased + `)`

const fragTube = `t.id, t.barcode, t.mode, t.opened_at, t.sealed_at, t.institution, t.lab, t.result, t.reported_at, t.actor_name,
        t.resulted_by_name, c.members, c.lacking, c.settled, c.owing`

// fragCounts counts the members of a tube t.
const fragCounts = ` cross join lateral (select count(*) as members,
            count(*) filter (where t.result in ('negative', 'pool_abnormal', 'invalid') and m.result <> t.result) as lacking,
            count(*) filter (where t.result = 'pool_abnormal' and ` + fragSettled + `) as settled,
            count(*) filter (where t.result = 'pool_abnormal' and ` + fragMine + ` and not ` + fragSettled + `) as owing
        from sample m` + fragFile + ` where ` + fragIn + `) c`

const sqlGet = `select ` + fragTube + `, 1 as total from tube t` + fragCounts + ` where t.org_id = $1 and t.id = $5 and ` + fragReach

func get(ctx context.Context, q db.Q, sc authz.Scope, id int64) (Tube, error) {
	var r row
	if err := q.GetContext(ctx, &r, sqlGet, sc.Org, everyone(sc), pq.Array(sc.Teams), sc.Account, id); err != nil {
		return Tube{}, db.OneRow(err)
	}
	return r.tube(sc)
}

const sqlLock = `select id from tube where org_id = $1 and id = $2 for update`

// lock keeps the tube for the transaction and reads it as the scope sees it. Whoever is to be stored in it is locked before
// (lockPeople), in the order in which everyone who stores samples does.
func lock(ctx context.Context, q db.Q, sc authz.Scope, id int64) (Tube, error) {
	var locked int64
	if err := q.GetContext(ctx, &locked, sqlLock, sc.Org, id); err != nil {
		return Tube{}, db.OneRow(err)
	}
	return get(ctx, q, sc, id)
}

const sqlLockPeople = `select id from employee where org_id = $1 and id = any($2) order by id for no key update`

// lockPeople keeps files for the transaction. One that is not there is NotFound.
func lockPeople(ctx context.Context, q db.Q, org int32, people []int64) error {
	ids := slices.Compact(slices.Sorted(slices.Values(people)))
	var locked []int64
	if err := q.SelectContext(ctx, &locked, sqlLockPeople, org, pq.Array(ids)); err != nil {
		return fmt.Errorf("lock files: %w", err)
	}
	if len(locked) != len(ids) {
		return errs.Missing()
	}
	return nil
}
