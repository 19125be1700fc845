package planguard

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/page"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/rollup"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/testkit"
)

// work is something people do all day, and what it may cost.
type work struct {
	name  string
	scope authz.Scope
	do    func(ctx context.Context) error
	trips int      // round trips to the database, begin and commit included
	pages int      // by all of its statements together
	rows  int      // looked at by all of its statements together
	uses  []string // indexes without which it would be another piece of work
	scans []string // tables that it may read from end to end
}

func (w *world) list(name string, f employee.Filter, r page.Request, pages, rows int, uses ...string) work {
	return work{name: "list " + name, scope: w.hr, trips: 5, pages: pages, rows: rows, uses: uses, do: func(ctx context.Context) error {
		_, err := w.employees.List(ctx, w.hr, f, r, w.now)
		return err
	}}
}

// A list looks at the people of one enterprise at most twice: once in the index that holds what lists are filtered by, once in
// their standings. Pages of 50 come from the files themselves.
func (w *world) lists() []work {
	const pages, rows = 900, 4100
	deep := page.Request{After: page.Cursor("wangwei", "10500")}
	return []work{
		w.list("by name", employee.Filter{}, page.Request{}, pages, rows, "standing_pkey", "employee_pinyin"),
		w.list("by name, far in", employee.Filter{}, deep, pages, rows, "standing_pkey", "employee_pinyin"),
		w.list("by number", employee.Filter{Sort: employee.SortNumber}, page.Request{}, pages, rows, "employee_list"),
		w.list("by due date", employee.Filter{Sort: employee.SortDue}, page.Request{}, pages, rows, "standing_pkey"),
		w.list("by state", employee.Filter{Sort: employee.SortState, Desc: true}, page.Request{}, pages, rows, "standing_pkey"),
		w.list("of a state of few", employee.Filter{State: "overdue"}, page.Request{}, pages, rows, "standing_pkey"),
		w.list("of a state of many", employee.Filter{State: "ok"}, page.Request{}, pages, rows, "standing_pkey", "employee_pinyin"),
		w.list("of a status", employee.Filter{WorkStatus: "leave"}, page.Request{}, pages, rows, "employee_list"),
		w.list("of a category", employee.Filter{Category: "cold_chain"}, page.Request{}, pages, rows, "employee_list"),
		w.list("of a team", employee.Filter{Team: 105}, page.Request{}, pages, 800),
		w.list("of a workshop", employee.Filter{Workshop: "3车间"}, page.Request{}, 2*pages, rows),
		w.list("of a name", employee.Filter{Search: "志强"}, page.Request{}, pages, rows, "employee_list"),
		w.list("of a pinyin", employee.Filter{Search: "wangzhi"}, page.Request{}, pages, rows, "employee_list"),
		w.list("of a mobile", employee.Filter{Search: "13800138000"}, page.Request{}, pages, rows, "employee_mobile"),
	}
}

func (w *world) pagesOfBureau() []work {
	read := func(name string, trips, pages, rows int, do func(ctx context.Context) error, uses ...string) work {
		return work{name: name, scope: w.city, trips: trips, pages: pages, rows: rows, uses: uses, do: do}
	}
	overview := func(f rollup.Filter) func(ctx context.Context) error {
		return func(ctx context.Context) error {
			_, err := w.rollups.Overview(ctx, w.city, f, 10, testkit.Zone, w.now)
			return err
		}
	}
	return []work{
		// area_week has 24 areas × 53 weeks here, and 11 × 20 × 52 in a city.
		read("bureau's city", 7, 600, 4000, overview(rollup.Filter{})),
		read("bureau's district", 7, 600, 4000, overview(rollup.Filter{Zone: "370303"})),
		read("bureau's industry", 7, 600, 4000, overview(rollup.Filter{Industry: "C22"})),
		read("bureau's list of enterprises", 5, 150, 300, func(ctx context.Context) error {
			_, err := w.rollups.Orgs(ctx, w.city, rollup.Filter{}, rollup.OrgList{Limit: 50, From: 50, Sort: rollup.ByName})
			return err
		}),
		read("bureau's enterprise", 6, 60, 120, func(ctx context.Context) error {
			_, err := w.rollups.Enterprise(ctx, w.city, 1, testkit.Zone, w.now)
			return err
		}, "org_week_pkey"),
	}
}

func (w *world) files() []work {
	return []work{
		{name: "open a file", scope: w.hr, trips: 5, pages: 40, rows: 10, uses: []string{"employee_"}, do: func(ctx context.Context) error {
			_, err := w.employees.Get(ctx, w.hr, w.person, w.now)
			return err
		}},
		{name: "the newest samples of a person", scope: w.hr, trips: 4, pages: 80, rows: 30, do: func(ctx context.Context) error {
			return w.db.Read(ctx, w.hr.Tenant(), func(tx *sqlx.Tx) error {
				got, err := screening.OfEmployee(ctx, tx, 1, w.person, w.now.Add(time.Hour), 21)
				if len(got) != 21 {
					w.t.Errorf("%d samples of the person", len(got))
				}
				return err
			})
		}},
		{name: "where a person stands, and why", scope: w.hr, trips: 12, pages: 200, rows: 60, do: func(ctx context.Context) error {
			return w.db.Read(ctx, w.hr.Tenant(), func(tx *sqlx.Tx) error {
				_, err := w.standings.Explain(ctx, tx, 1, w.person, w.now)
				return err
			})
		}},
		{name: "an enterprise's own week", scope: w.hr, trips: 7, pages: 400, rows: 2200, do: func(ctx context.Context) error {
			_, err := w.rollups.Week(ctx, w.hr, testkit.Zone, w.now)
			return err
		}},
		{name: "log a sample", scope: w.hr, trips: 30, pages: 600, rows: 150, do: func(ctx context.Context) error {
			_, err := w.samples.Record(ctx, w.hr, screening.Input{Employee: w.person, SampledAt: w.now.Add(-time.Hour), Result: regime.Negative}, w.now)
			return err
		}},
	}
}

// Refresh reads standing once and writes only what moved.
func (w *world) sweeps() []work {
	w.t.Helper()
	if _, err := w.rollups.Refresh(w.t.Context(), w.now); err != nil {
		w.t.Fatal(err)
	}
	return []work{{name: "refresh the snapshot", scope: authz.System("test"), trips: 16, pages: 2000, rows: 30_000, scans: []string{"standing", "org_week"}, do: func(ctx context.Context) error {
		_, err := w.rollups.Refresh(ctx, w.now.Add(time.Minute))
		return err
	}}}
}

// check does a piece of work, asks for the plans of what it asked the database, and says what is wrong with them.
func (w *world) check(x work) []string {
	w.t.Helper()
	ctx := w.t.Context()
	w.spy.take()
	if err := x.do(ctx); err != nil {
		return []string{err.Error()}
	}
	all := w.spy.take()
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if len(all) > x.trips {
		fault("%d round trips, at most %d:\n%s", len(all), x.trips, outline(all))
	}
	tenant := x.scope.Tenant()
	if x.scope.Role == authz.CityBureau {
		tenant = db.Tenant{Bureau: true}
	}
	pages, rows, used := 0, 0, []string{}
	for _, p := range w.plans(ctx, tenant, all) {
		pages, rows, used = pages+p.Pages, rows+p.Rows, append(used, p.Indexes...)
		for _, table := range wholesale(p) {
			if !slices.Contains(x.scans, table) {
				fault("%s is read from end to end by %s", table, short(p.Query))
			}
		}
	}
	w.t.Logf("%s: %d round trips, %d pages, %d rows", x.name, len(all), pages, rows)
	if pages > x.pages {
		fault("%d pages, at most %d", pages, x.pages)
	}
	if rows > x.rows {
		fault("looks at %d rows, at most %d", rows, x.rows)
	}
	for _, index := range x.uses {
		if !slices.ContainsFunc(used, func(name string) bool { return strings.HasPrefix(name, index) }) {
			fault("does without %s: %v", index, used)
		}
	}
	return faults
}

// Nothing that a sample moves in a standing is in an index, so its new version stays on the page of the old one.
func TestStandingsAreUpdatedInPlace(t *testing.T) {
	w := newWorld(t)
	var n struct{ Updated, Hot int }
	err := w.db.InTx(t.Context(), w.hr.Tenant(), func(tx *sqlx.Tx) error {
		var ids []int64
		if err := tx.Select(&ids, `select employee_id from standing where org_id = 1 and s0 = 1 and employee_id % 5 = 0`); err != nil {
			return err
		}
		if err := w.standings.Apply(t.Context(), tx, 1, ids, w.now); err != nil {
			return err
		}
		return tx.Get(&n, `select pg_stat_get_xact_tuples_updated('standing'::regclass) as updated, pg_stat_get_xact_tuples_hot_updated('standing'::regclass) as hot`)
	})
	if err != nil || n.Updated < 100 || float64(n.Hot) < 0.99*float64(n.Updated) {
		t.Errorf("of %d updates %d stayed in place (%v)", n.Updated, n.Hot, err)
	}
}

func TestHotStatementsStayCheap(t *testing.T) {
	w := newWorld(t)
	all := slices.Concat(w.sweeps(), w.lists(), w.pagesOfBureau(), w.files())
	for _, x := range all {
		for _, fault := range w.check(x) {
			t.Errorf("%s: %s", x.name, fault)
		}
	}
	// The guard sees what is missing.
	if _, err := w.owner.Exec(`drop index employee_list, employee_pinyin; analyze employee`); err != nil {
		t.Fatal(err)
	}
	for _, x := range w.lists()[:3] {
		if len(w.check(x)) == 0 {
			t.Errorf("%s: a lost index was not noticed", x.name)
		}
	}
}
