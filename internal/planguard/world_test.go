package planguard

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/dbtest"
	"github.com/fugong/fugong/internal/platform/secret"
	"github.com/fugong/fugong/internal/rollup"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/testkit"
)

// world is a small city whose database is spied on: a hundred enterprises, the first of a thousand people, the others of eighty each;
// the people of the first two have samples of 26 weeks.
type world struct {
	t         *testing.T
	owner     *sqlx.DB
	db        *db.DB
	spy       *spy
	now       time.Time
	employees *employee.Service
	samples   *screening.Service
	standings *standing.Service
	rollups   *rollup.Service
	hr, city  authz.Scope
	person    int64 // of the first enterprise
}

func newWorld(t *testing.T) *world {
	d := dbtest.New(t)
	w := &world{t: t, owner: d.Owner, now: testkit.At(t, "11-24 09:00")}
	plain, err := pq.NewConnector(db.WithRole(d.DSN))
	w.must(err)
	w.spy = &spy{Connector: plain}
	w.db = db.Over(w.spy, d.DSN, 4)
	t.Cleanup(func() { _ = w.db.Close() })
	box, err := secret.LoadOrCreate(filepath.Join(t.TempDir(), "keys.json"))
	w.must(err)
	c := clock.NewManual(w.now)
	w.standings = standing.New(w.db, c, testkit.Zibo(t))
	w.employees = employee.New(w.db, box, w.standings)
	w.samples = screening.New(w.db, box, w.standings)
	w.rollups = rollup.New(w.db, c, w.standings)
	w.load()
	w.must(w.owner.Get(&w.person, `select max(id) from employee where org_id = 1 and work_status = 'on_post'`))
	w.hr = authz.Scope{Account: 7, Actor: "hr", Role: authz.HealthOfficer, Org: 1}
	w.city = authz.Scope{Account: 8, Actor: "city", Role: authz.CityBureau}
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// The people's sealed columns hold nothing: no statement looks into them.
var loading = []string{
	`select ensure_sample_months($1)`,
	`insert into org (id, kind, code, name, admin_zone, industry, size, go_live_at, created_at, updated_at)
		select i, 'enterprise', 'E' || i, '第' || i || '厂', (array['370303', '370305', '370306'])[1 + i % 3], 'C' || 20 + i % 8, 'small', at, at, at
		from generate_series(1, 100) i, (select $1::timestamptz - interval '1 year' as at) a`,
	`insert into team (org_id, id, workshop, name, created_at) select o, o * 100 + k, k / 5 || '车间', k || '班', $1 from generate_series(1, 100) o, generate_series(1, 20) k`,
	`insert into employee (org_id, id, employee_no, name, name_grams, pinyin, initials, id_number_enc, id_number_bidx, mobile_bidx, team_id, test_category,
			category_since, work_status, status_since, created_at, updated_at)
		select o, o * 10000 + k, 'W' || 100000 + k, (array['王', '李', '张', '刘', '陈'])[1 + k % 5] || (array['志强', '伟', '秀英', '敏', '建国', '芳', '磊'])[1 + k % 7],
			'{}', (array['wang', 'li', 'zhang', 'liu', 'chen'])[1 + k % 5] || (array['zhiqiang', 'wei', 'xiuying', 'min', 'jianguo', 'fang', 'lei'])[1 + k % 7],
			(array['w', 'l', 'z', 'l', 'c'])[1 + k % 5], '', sha256(('i' || o * 10000 + k)::bytea), sha256(('m' || o * 10000 + k)::bytea), o * 100 + 1 + k % 20,
			(array['general_staff', 'cold_chain'])[1 + k % 2], at, case when k % 40 = 0 then 'resigned' when k % 37 = 0 then 'leave' else 'on_post' end, at, at, at
		from generate_series(1, 100) o, (select $1::timestamptz - interval '1 year' as at) a, generate_series(1, case when o = 1 then 1000 else 80 end) k`,
	`insert into sample (org_id, employee_id, sampled_at, reported_at, result, source, proof, entered_by, entered_at)
		select org_id, id, s, s + interval '8 hours', 'negative', 'employer_org', 'lab', 0, s + interval '9 hours'
		from employee, generate_series(0, 25) w, lateral (select $1::timestamptz - make_interval(days => 7 * w, hours => (id % 150)::integer + 10) as s) t
		where org_id in (1, 2)`,
	`insert into standing (org_id, employee_id, s0, t1, s1, t2, s2, due_at, counted_at, latest_at, evaluated_at)
		select org_id, id, case work_status when 'resigned' then 0 when 'leave' then 8 else 1 end, s + interval '6 days', 2, s + interval '7 days', 3,
			s + interval '7 days', s, s, s
		from employee, lateral (select $1::timestamptz - make_interval(hours => (id % 150)::integer + 10) as s) t`,
	`insert into org_week (org_id, week, as_of, owed, tested, pending, overdue, no_record, frozen_at)
		select o, m::date, m, 80, 78, 0, 2, 0, m
		from generate_series(1, 100) o, generate_series(date_trunc('week', $1::timestamptz) - interval '364 days', $1::timestamptz - interval '7 days', '7 days') m`,
	`insert into account (id, org_id, role, display_name, created_at, updated_at) values (7, 1, 'health_officer', 'hr', $1, $1), (8, 1, 'city_bureau', 'city', $1, $1)`,
}

func (w *world) load() {
	w.t.Helper()
	for _, statement := range loading {
		tx := w.owner.MustBegin()
		if _, err := tx.Exec(statement, w.now); err != nil {
			w.t.Fatalf("%s: %v", statement, err)
		}
		w.must(tx.Commit())
	}
	if _, err := w.owner.Exec(`vacuum analyze`); err != nil {
		w.t.Fatal(err)
	}
}
