package rollup_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"pgregory.net/rapid"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/rollup"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/testkit"
)

type city struct {
	*testkit.Kit
	t   *testing.T
	now time.Time
	st  *standing.Service
	svc *rollup.Service
}

func setUp(t *testing.T) *city {
	now := testkit.At(t, "03-24 09:00")
	k := testkit.New(t, now)
	c := clock.NewManual(now)
	st := standing.New(k.DB, c, testkit.Zibo(t))
	return &city{Kit: k, t: t, now: now, st: st, svc: rollup.New(k.DB, c, st)}
}

// firm adds an enterprise of which so many were tested in time and so many are overdue.
func (c *city) firm(zone string, tested, overdue int) int32 {
	c.t.Helper()
	org := c.Org(zone, c.now.AddDate(0, 0, -40))
	var ids []int64
	for i := range tested + overdue {
		id := c.Employee(org, testkit.Person{Since: c.now.AddDate(0, 0, -40), Workshop: "一车间", Team: "甲班"})
		at := c.now.AddDate(0, 0, -2)
		if i >= tested {
			at = c.now.AddDate(0, 0, -10)
		}
		c.Sample(org, id, at, at.Add(time.Hour), "negative")
		ids = append(ids, id)
	}
	err := c.DB.InTx(c.t.Context(), db.Tenant{Org: org}, func(tx *sqlx.Tx) error { return c.st.Apply(c.t.Context(), tx, org, ids, c.now) })
	if err != nil {
		c.t.Fatal(err)
	}
	return org
}

func (c *city) bureau(f rollup.Filter, by rollup.By) rollup.View {
	c.t.Helper()
	v, err := c.svc.Bureau(c.t.Context(), authz.Scope{Account: 1, Role: authz.CityBureau}, f, by, testkit.Zone, c.now)
	if err != nil {
		c.t.Fatal(err)
	}
	return v
}

// What the bureau sees of an enterprise equals what the enterprise sees of itself, in every grouping.
func TestTheBureausNumbersEqualTheEnterprises(t *testing.T) {
	c := setUp(t)
	orgs := []int32{c.firm("370303", 9, 3), c.firm("370303", 20, 0), c.firm("370302", 5, 5)}
	if n, err := c.svc.Refresh(t.Context(), c.now); err != nil || n != 3 {
		t.Fatalf("refreshed %d enterprises: %v", n, err)
	}
	var sum rollup.Figures
	for _, org := range orgs {
		w, err := c.svc.Week(t.Context(), authz.Scope{Account: 2, Role: authz.HealthOfficer, Org: org}, testkit.Zone, c.now)
		if err != nil {
			t.Fatal(err)
		}
		e, err := c.svc.Enterprise(t.Context(), authz.Scope{Account: 1, Role: authz.CityBureau}, org, testkit.Zone, c.now)
		if err != nil {
			t.Fatal(err)
		}
		if w.Total != e.Total {
			t.Errorf("org %d: its own week says %+v, the bureau %+v", org, w.Total, e.Total)
		}
		sum = sum.Add(w.Total)
	}
	for _, by := range []rollup.By{rollup.ByZone, rollup.ByIndustry, rollup.ByOrg} {
		if v := c.bureau(rollup.Filter{}, by); v.Total != sum {
			t.Errorf("by %s: %+v, want %+v", by, v.Total, sum)
		}
	}
	v := c.bureau(rollup.Filter{}, rollup.ByZone)
	if len(v.Groups) != 2 || v.Groups[0].Key != "370302" {
		t.Errorf("groups %+v, want the worse zone first", v.Groups)
	}
}

func TestADistrictSeesOnlyItsOwnLine(t *testing.T) {
	c := setUp(t)
	c.firm("370303", 6, 0)
	other := c.firm("370302", 7, 0)
	if _, err := c.svc.Refresh(t.Context(), c.now); err != nil {
		t.Fatal(err)
	}
	district := authz.Scope{Account: 1, Role: authz.DistrictBureau, Division: "370303"}
	v, err := c.svc.Bureau(t.Context(), district, rollup.Filter{}, rollup.ByOrg, testkit.Zone, c.now)
	if err != nil || v.Orgs != 1 || v.Total.Owed != 6 {
		t.Errorf("own line: %+v %v", v, err)
	}
	if _, err := c.svc.Bureau(t.Context(), district, rollup.Filter{Zone: "370302"}, rollup.ByOrg, testkit.Zone, c.now); !errs.Is(err, errs.NotFound) {
		t.Errorf("another line: %v, want not found", err)
	}
	if _, err := c.svc.Enterprise(t.Context(), district, other, testkit.Zone, c.now); !errs.Is(err, errs.NotFound) {
		t.Errorf("an enterprise of another line: %v, want not found", err)
	}
	if _, err := c.svc.Bureau(t.Context(), authz.Scope{Account: 3, Role: authz.HealthOfficer, Org: other}, rollup.Filter{}, rollup.ByOrg, testkit.Zone, c.now); !errs.Is(err, errs.Forbidden) {
		t.Errorf("an enterprise reads the bureau's page: %v", err)
	}
}

// A group of fewer than five is hidden; where it alone could be computed from the total, the next smallest is hidden with it.
func TestSmallCellsCannotBeComputed(t *testing.T) {
	c := setUp(t)
	small, next := c.firm("370303", 3, 1), c.firm("370303", 6, 0)
	c.firm("370303", 30, 0)
	if _, err := c.svc.Refresh(t.Context(), c.now); err != nil {
		t.Fatal(err)
	}
	hidden := map[string]bool{}
	for _, g := range c.bureau(rollup.Filter{}, rollup.ByOrg).Groups {
		hidden[g.Key] = g.Hidden
		if g.Hidden && g.Figures != (rollup.Figures{}) {
			t.Errorf("hidden group %s carries figures %+v", g.Key, g.Figures)
		}
	}
	if !hidden[key(small)] || !hidden[key(next)] || len(hidden) != 3 {
		t.Errorf("hidden %v, want %d and %d", hidden, small, next)
	}
	e, err := c.svc.Enterprise(t.Context(), authz.Scope{Account: 1, Role: authz.CityBureau}, small, testkit.Zone, c.now)
	if err != nil || !e.Hidden || e.Total.Tested != 0 {
		t.Errorf("small enterprise: %+v %v", e, err)
	}
}

func key(org int32) string { return strconv.Itoa(int(org)) }

// An ended week is frozen at its cut-off, as the records were known then, and later records do not move it.
func TestAnEndedWeekIsFrozen(t *testing.T) {
	c := setUp(t)
	org := c.firm("370303", 6, 2)
	if _, err := c.svc.Refresh(t.Context(), c.now); err != nil {
		t.Fatal(err)
	}
	monday := testkit.At(t, "03-28 00:05")
	for range 2 {
		if _, err := c.svc.FreezeWeeks(t.Context(), monday); err != nil {
			t.Fatal(err)
		}
	}
	type frozen struct {
		Owed, Tested int
		At           time.Time `db:"as_of"`
	}
	var f frozen
	if err := c.Owner.Get(&f, `select owed, tested, as_of from org_week where org_id = $1 and frozen_at is not null`, org); err != nil {
		t.Fatal(err)
	}
	if f.Owed != 8 || f.Tested != 6 || !f.At.Equal(testkit.At(t, "03-28 00:00")) {
		t.Errorf("frozen %+v, want 6 of 8 at Sunday's end", f)
	}
	if _, err := c.svc.Refresh(t.Context(), monday.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	var again frozen
	if err := c.Owner.Get(&again, `select owed, tested, as_of from org_week where org_id = $1 and week = '2022-03-21'`, org); err != nil || again != f {
		t.Errorf("the frozen week moved: %+v, was %+v (%v)", again, f, err)
	}
}

// However groups are drawn: what is shown together with the total never singles out a hidden group.
func TestSuppressionProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		owed := rapid.SliceOfN(rapid.IntRange(0, 40), 1, 12).Draw(t, "owed")
		hidden := rollup.Suppress(owed)
		shownSmall, hiddenCount := 0, 0
		for i, n := range owed {
			if hidden[i] {
				hiddenCount++
			} else if n > 0 && n < rollup.SmallCell {
				shownSmall++
			}
		}
		others := 0
		for _, n := range owed {
			if n > 0 {
				others++
			}
		}
		if shownSmall > 0 {
			t.Fatalf("%d small groups are shown", shownSmall)
		}
		if hiddenCount == 1 && others > 1 {
			t.Fatalf("a single hidden group can be computed: %v %v", owed, hidden)
		}
	})
}
