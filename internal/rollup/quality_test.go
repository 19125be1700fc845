package rollup_test

import (
	"errors"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/rollup"
	"github.com/fugong/fugong/internal/testkit"
)

// person adds somebody whose last negative, told in time, was taken at the instant.
func (c *city) person(org int32, sampled string) int64 {
	c.t.Helper()
	id := c.Employee(org, testkit.Person{Since: c.now.AddDate(0, 0, -40), Workshop: "一车间", Team: "甲班"})
	at := testkit.At(c.t, sampled)
	c.Sample(org, id, at, at.Add(time.Hour), "negative")
	return id
}

// late adds a sample that was entered only at the instant.
func (c *city) late(org int32, id int64, sampled, entered string) {
	c.t.Helper()
	at := testkit.At(c.t, sampled)
	c.Exec(`insert into sample (org_id, employee_id, sampled_at, reported_at, result, source, proof, entered_by, entered_at)
		values ($1, $2, $3, $4, 'negative', 'employer_org', 'lab', 0, $5)`, org, id, at, at.Add(10*time.Hour), testkit.At(c.t, entered))
}

func (c *city) quality() *rollup.Quality {
	return rollup.NewQuality(c.DB, clock.NewManual(c.now), c.st)
}

func (c *city) measure(at string) {
	c.t.Helper()
	if _, err := c.quality().Measure(c.t.Context(), testkit.At(c.t, at)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *city) right(sc authz.Scope, monday time.Time) rollup.RightView {
	c.t.Helper()
	v, err := c.quality().View(c.t.Context(), sc, "", monday, testkit.Zone, c.now)
	if err != nil {
		c.t.Fatal(err)
	}
	return v
}

func hr(org int32) authz.Scope { return authz.Scope{Account: 2, Role: authz.HealthOfficer, Org: org} }

var thisWeek = time.Date(2022, 3, 21, 0, 0, 0, 0, time.UTC)

// One was tested in time and told late: five checks of the week called that person overdue, wrongly. One is rightly overdue all
// week. One was shown in order on a result that was cancelled since: overdue and missed.
func TestALateEntryMakesAnEarlierOverdueFalse(t *testing.T) {
	c := setUp(t) // Thursday 24 March, 09:00
	org := c.Org("370303", c.now.AddDate(0, 0, -40))
	wronged, missed := c.person(org, "03-13 07:00"), c.person(org, "03-13 07:00")
	c.person(org, "03-13 07:00")
	c.person(org, "03-20 12:00")
	c.late(org, missed, "03-19 12:00", "03-19 13:00")
	c.measure("03-24 09:00")
	v := c.right(hr(org), thisWeek)
	if w := v.Week; w.People != 4 || w.Checks != 28 || w.Shown != 14 || w.False != 0 || w.Missed != 0 || w.Wronged != 0 {
		t.Fatalf("as known until now: %+v", w)
	}
	c.late(org, wronged, "03-18 10:00", "03-23 12:00")
	c.Exec(`insert into sample_revision (org_id, employee_id, sampled_at, rev, body, actor, actor_name, at)
		select org_id, employee_id, sampled_at, 1, jsonb_build_object('result', result, 'method', method, 'mode', collect_mode, 'source', source,
			'proof', proof, 'reported_at', reported_at, 'entered_by', 0, 'entered_at', entered_at), 0, '', $2
		from sample where employee_id = $1 and sampled_at = $3`, missed, testkit.At(t, "03-24 08:30"), testkit.At(t, "03-19 12:00"))
	c.Exec(`update sample set result = 'cancelled', reported_at = null, rev = 2, entered_at = $2 where employee_id = $1 and sampled_at = $3`,
		missed, testkit.At(t, "03-24 08:30"), testkit.At(t, "03-19 12:00"))
	c.measure("03-24 09:00")
	c.measure("03-24 09:00") // again: the same
	v = c.right(hr(org), thisWeek)
	// Monday 08:00 to Wednesday 08:00 is five checks before the late entry; of the seven checks the missed one's were all wrong.
	if w := v.Week; w.Shown != 12 || w.False != 5 || w.Missed != 7 || w.Overdue() != 14 || w.Wronged != 1 {
		t.Errorf("after the late entry and the cancellation: %+v", w)
	}
	if v.Zones != nil || v.Orgs != nil {
		t.Error("an enterprise's view has parts")
	}
}

// A frozen week keeps its figures and shows beside them what the records tell today.
func TestAFrozenWeekIsRecounted(t *testing.T) {
	c := setUp(t)
	org := c.firm("370303", 6, 2)
	if _, err := c.svc.Refresh(t.Context(), testkit.At(t, "03-20 12:00")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.svc.FreezeWeeks(t.Context(), c.now); err != nil {
		t.Fatal(err)
	}
	c.measure("03-24 09:00")
	last := thisWeek.AddDate(0, 0, -7)
	frozen := c.right(hr(org), last).Week.Recount
	if frozen.Differs() || frozen.Owed != 8 || frozen.OwedNow != 8 {
		t.Fatalf("before: %+v", frozen)
	}
	id := testkit.Get[int64](c.Kit, `select min(employee_id) from sample where org_id = $1 and sampled_at > $2`, org, c.now.AddDate(0, 0, -5))
	c.late(org, id, "03-18 10:00", "03-23 12:00")
	c.measure("03-24 09:00")
	if r := c.right(hr(org), last).Week.Recount; !r.Differs() || r.Tested != frozen.Tested || r.TestedNow != frozen.TestedNow+1 {
		t.Errorf("after: %+v, was %+v", r, frozen)
	}
}

func TestResultsAndReminders(t *testing.T) {
	c := setUp(t)
	org := c.Org("370303", c.now.AddDate(0, 0, -40))
	id := c.person(org, "03-21 07:00")
	for i, hours := range []int{6, 20, 30} {
		at := testkit.At(t, "03-21 10:00").Add(time.Duration(i) * time.Hour)
		c.Sample(org, id, at, at.Add(time.Duration(hours)*time.Hour), "negative")
	}
	c.Sample(org, id, testkit.At(t, "03-23 10:00"), time.Time{}, "pending")
	for i := range 2 {
		c.Exec(`insert into reminder (org_id, duty, employee_id, due_at, step, audience, send_from, send_until, planned_at, planned_by)
			values ($1, 'test', $2, $3, 't+0', 'worker', $3, $3, $3, 0)`, org, id, c.now.Add(time.Duration(i)*time.Hour))
		c.Exec(`insert into delivery (org_id, reminder_id, channel, recipient, state, next_at, created_at, sent_at)
			select org_id, max(id), 'inapp', 'employee:1', 'sent', $2, $2, $2 from reminder where org_id = $1 group by org_id`, org, c.now.Add(-time.Hour))
	}
	c.measure("03-24 09:00")
	if w := c.right(hr(org), thisWeek).Week; w.Results != 4 || w.InDay != 3 || w.Median.Int64 != 6*60 || w.Reminders != 2 || w.Twice != 0 {
		t.Errorf("%+v", w)
	}
	// What the ledger's keys forbid is found on the rows themselves.
	c.Exec(`alter table reminder drop constraint reminder_org_id_employee_id_duty_due_at_step_audience_key`)
	c.Exec(`update reminder set due_at = $1`, c.now)
	c.measure("03-24 09:00")
	if w := c.right(hr(org), thisWeek).Week; w.Reminders != 2 || w.Twice != 1 {
		t.Errorf("the same message twice: %+v", w)
	}
}

func TestWhoSeesWhichQuality(t *testing.T) {
	c := setUp(t)
	one, two, few := c.firm("370303", 9, 3), c.firm("370302", 10, 2), c.firm("370302", 2, 1)
	c.measure("03-24 09:00")
	city := c.right(authz.Scope{Account: 1, Role: authz.CityBureau}, thisWeek)
	if city.Week.Orgs != 3 || city.Week.People != 27 || len(city.Zones) != 2 || len(city.Orgs) != 3 {
		t.Fatalf("the city sees %+v", city)
	}
	for _, o := range city.Orgs {
		switch o.Key {
		case key(few):
			if !o.Hidden || o.Checks != 0 {
				t.Errorf("three people are shown: %+v", o)
			}
		case key(one), key(two):
		default:
			t.Errorf("who is %+v", o)
		}
	}
	district := authz.Scope{Account: 1, Role: authz.DistrictBureau, Division: "370303"}
	if v := c.right(district, thisWeek); v.Week.Orgs != 1 || len(v.Orgs) != 1 || v.Orgs[0].Key != key(one) {
		t.Errorf("the district sees %+v", v)
	}
	if _, err := c.quality().View(t.Context(), district, "370302", thisWeek, testkit.Zone, c.now); !errs.Is(err, errs.NotFound) {
		t.Errorf("another line: %v", err)
	}
	if v := c.right(authz.Scope{Account: 1, Role: authz.Auditor, Org: one}, thisWeek); v.Week.Orgs != 3 {
		t.Errorf("the auditor sees %+v", v.Week)
	}
	if v := c.right(hr(one), thisWeek); v.Week.Orgs != 1 || v.Week.People != 12 {
		t.Errorf("an enterprise sees %+v", v.Week)
	}
	if _, err := c.quality().View(t.Context(), authz.Scope{Account: 9, Role: authz.TeamLeader, Org: one}, "", thisWeek, testkit.Zone, c.now); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a leader: %v", err)
	}
	count := func(tn db.Tenant) (n int) {
		if err := c.DB.Read(t.Context(), tn, func(tx *sqlx.Tx) error { return tx.Get(&n, `select count(distinct org_id) from quality_week`) }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if own, none, all := count(db.Tenant{Org: one}), count(db.Tenant{}), count(db.Tenant{Bureau: true}); own != 1 || none != 0 || all != 3 {
		t.Errorf("the database shows %d, %d and %d enterprises", own, none, all)
	}
	err := c.DB.InTx(t.Context(), db.Tenant{Org: two, Bureau: true}, func(tx *sqlx.Tx) error {
		res, err := tx.Exec(`update quality_week set false_overdue = 0 where org_id = $1`, one)
		if n, _ := res.RowsAffected(); n != 0 {
			return errors.New("a bureau changes an enterprise's week")
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
