package reminder

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/robfig/cron/v3"
)

// digestSpec is when health officers get the morning's summary, in their org's zone.
const digestSpec = "30 7 * * *"

// digestWindow is how late a morning's summary is still worth sending.
const digestWindow = 6 * time.Hour

const sqlZones = `select distinct time_zone from org where kind = 'enterprise' and active`

// An enterprise gets a digest when there is something to say: somebody overdue, due within the day, held, or without a record.
const sqlPlanDigest = `with todo as (
        select s.org_id from standing s join org o on o.id = s.org_id
        where o.time_zone = $1 and o.active and o.kind = 'enterprise'
            and (s.held or standing_state($2, s.s0, s.t1, s.s1, s.t2, s.s2, s.t3, s.s3) in (2, 3, 4, 6))
        group by s.org_id),
    planned as (
        insert into reminder (org_id, duty, employee_id, due_at, step, audience, send_from, send_until, planned_at, planned_by)
        select org_id, 'digest', 0, $3, 'morning', 'health_officer', $3, $4, $2, 0 from todo order by org_id
        on conflict (org_id, employee_id, duty, due_at, step, audience) do nothing
        returning org_id, id),
    told as (
        insert into delivery (org_id, reminder_id, channel, recipient, next_at, created_at)
        select p.org_id, p.id, c.channel, case c.channel when 'wecom' then 'robot' else 'account:' || a.id end, $3, $2
        from planned p
        join org o on o.id = p.org_id
        join (values ('inapp'), ('email'), ('wecom')) as c (channel) on true
        left join account a on c.channel <> 'wecom' and a.org_id = p.org_id and a.role = 'health_officer' and a.state = 'active'
        where c.channel = 'wecom' and o.robot_key_enc is not null
            or c.channel = 'inapp' and a.id is not null
            or c.channel = 'email' and a.id is not null and a.email <> '' and $5
        returning 1)
    select count(*) from planned`

// PlanDigests writes this morning's digests, once for each enterprise, zone by zone.
func (s *Service) PlanDigests(ctx context.Context, now time.Time) (int, error) {
	total := 0
	err := s.DB.InTx(ctx, system, func(tx *sqlx.Tx) error {
		total = 0
		var zones []string
		if err := tx.SelectContext(ctx, &zones, sqlZones); err != nil {
			return fmt.Errorf("list zones: %w", err)
		}
		for _, zone := range zones {
			slot, ok, err := lastSlot(zone, now)
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
			var n int
			if err := tx.GetContext(ctx, &n, sqlPlanDigest, zone, now, slot, slot.Add(digestWindow), s.Mailer != nil); err != nil {
				return fmt.Errorf("plan digests of %s: %w", zone, err)
			}
			total += n
		}
		return nil
	})
	return total, err
}

// lastSlot is this morning's slot in the zone, if it has come and is not too long ago.
func lastSlot(zone string, now time.Time) (time.Time, bool, error) {
	sch, err := cron.ParseStandard("CRON_TZ=" + zone + " " + digestSpec)
	if err != nil {
		return time.Time{}, false, fmt.Errorf("digest schedule: %w", err)
	}
	slot := sch.Next(now.Add(-digestWindow))
	return slot, !slot.After(now), nil
}
