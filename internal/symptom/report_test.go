package symptom

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/dbtest"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/secret"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/testkit"
)

var now = time.Date(2022, 3, 24, 9, 0, 0, 0, time.FixedZone("CST", 8*3600))

// plant is an enterprise with a team of two, another team of one, and an enterprise next door with one person.
type plant struct {
	*Service
	holds                   *hold.Service
	base                    *dbtest.Database
	org, foreign            int32
	team                    int64
	me, mate, far, stranger int64
}

func newPlant(t *testing.T) *plant {
	t.Helper()
	p := &plant{base: dbtest.New(t)}
	d, err := db.Open(context.Background(), p.base.DSN, 8)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	box, err := secret.LoadOrCreate(filepath.Join(t.TempDir(), "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	book := testkit.Zibo(t)
	p.holds = hold.New(d, standing.New(d, clock.NewManual(now), book), book)
	p.Service = New(d, box, p.holds, book)
	p.holds.WatchReleases(p.Service)
	id := func(query string, args ...any) (id int64) {
		t.Helper()
		if err := p.base.Owner.Get(&id, query, args...); err != nil {
			t.Fatal(err)
		}
		return id
	}
	org := func(code string) int32 {
		return int32(id(`insert into org (kind, code, name, go_live_at, created_at, updated_at) values ('enterprise', $1, $1, $2, $2, $2) returning id`,
			code, now.AddDate(0, 0, -30)))
	}
	team := func(org int32, name string) int64 {
		return id(`insert into team (org_id, name, created_at) values ($1, $2, $3) returning id`, org, name, now)
	}
	person := func(org int32, team int64, name string) int64 {
		return id(`insert into employee (org_id, name, name_grams, id_number_enc, id_number_bidx, team_id, category_since, status_since, created_at, updated_at)
			values ($1, $2::text, array[$2::text], '\x00', decode(md5($2::text), 'hex'), $3, $4, $4, $4, $4) returning id`, org, name, team, now.AddDate(0, 0, -60))
	}
	p.org, p.foreign = org("甲"), org("乙")
	p.team = team(p.org, "一班")
	p.me, p.mate, p.far = person(p.org, p.team, "张三"), person(p.org, p.team, "李四"), person(p.org, team(p.org, "二班"), "王五")
	p.stranger = person(p.foreign, team(p.foreign, "一班"), "赵六")
	return p
}

func (p *plant) worker(id int64) authz.Scope {
	return authz.Scope{Account: id, Actor: "职工", Role: authz.Worker, Org: p.org, Employee: id}
}

func (p *plant) leader() authz.Scope {
	return authz.Scope{Account: 501, Actor: "班组长", Role: authz.TeamLeader, Org: p.org, Employee: p.mate, Teams: []int64{p.team}}
}

func (p *plant) hr(org int32) authz.Scope {
	return authz.Scope{Account: 502, Actor: "专员", Role: authz.HealthOfficer, Org: org}
}

func (p *plant) count(t *testing.T, query string, args ...any) (n int) {
	t.Helper()
	if err := p.base.Owner.Get(&n, query, args...); err != nil {
		t.Fatal(err)
	}
	return n
}

// negative adds a negative known an hour after its sampling.
func (p *plant) negative(t *testing.T, employee int64, at time.Time) {
	t.Helper()
	p.base.Owner.MustExec(`select ensure_sample_months($1)`, now)
	p.base.Owner.MustExec(`insert into sample (org_id, employee_id, sampled_at, reported_at, result, source, proof, entered_by, entered_at)
		values ($1, $2, $3, $4, 'negative', 'self', 'self', 0, $4)`, p.org, employee, at, at.Add(time.Hour))
}

func cough(employee int64) Input {
	return Input{Employee: employee, At: now, Temperature: celsius(38.2), Symptoms: []string{"cough"}, Note: "夜里开始"}
}

func TestWellIsAReport(t *testing.T) {
	p := newPlant(t)
	r, err := p.Report(t.Context(), p.worker(p.me), Input{Employee: p.me, At: now, Temperature: celsius(36.5), None: true}, now)
	if err != nil || r.Alert || r.Hold != 0 || r.Reporter != BySelf {
		t.Errorf("report %+v, %v", r, err)
	}
	if n := p.count(t, `select count(*) from hold`); n != 0 {
		t.Errorf("%d holds", n)
	}
}

func TestAlertHoldsOncePerEpisode(t *testing.T) {
	p := newPlant(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := p.Report(t.Context(), p.worker(p.me), cough(p.me), now); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := p.count(t, `select count(*) from hold where employee_id = $1 and kind = 'symptom'`, p.me); n != 1 {
		t.Fatalf("%d holds", n)
	}
	if n := p.count(t, `select count(distinct hold_id) from symptom_report where employee_id = $1`, p.me); n != 1 {
		t.Errorf("the reports name %d holds", n)
	}
	if n := p.count(t, `select count(*) from standing where employee_id = $1 and held and s0 = 8`, p.me); n != 1 {
		t.Error("the standing is not held")
	}
	held := int64(p.count(t, `select id from hold where employee_id = $1`, p.me))
	cleared := now.Add(25 * time.Hour)
	p.negative(t, p.me, cleared.Add(-time.Hour))
	if err := p.holds.Release(t.Context(), p.hr(p.org), p.me, held, hold.Release{Reason: "发热门诊已排除"}, cleared); err != nil {
		t.Fatal(err)
	}
	if n := p.count(t, `select count(*) from symptom_report where alert and seen_at is null`); n != 0 {
		t.Errorf("%d alerts unseen after the release", n)
	}
	next := cough(p.me)
	next.At = cleared.Add(time.Hour)
	r, err := p.Report(t.Context(), p.worker(p.me), next, next.At)
	if err != nil || r.Hold == 0 || r.Hold == held {
		t.Errorf("a new episode: hold %d after %d, %v", r.Hold, held, err)
	}
}

func TestReach(t *testing.T) {
	p := newPlant(t)
	bureau := p.hr(p.org)
	bureau.Role = authz.CityBureau
	for _, tc := range []struct {
		name     string
		sc       authz.Scope
		employee int64
		by       Reporter
		code     errs.Code
	}{
		{"own", p.worker(p.me), p.me, BySelf, ""},
		{"a mate's", p.worker(p.me), p.mate, "", errs.NotFound},
		{"a member's", p.leader(), p.me, ByLeader, ""},
		{"the leader's own", p.leader(), p.mate, BySelf, ""},
		{"another team's", p.leader(), p.far, "", errs.NotFound},
		{"HR", p.hr(p.org), p.far, ByStaff, ""},
		{"HR, another org's", p.hr(p.org), p.stranger, "", errs.NotFound},
		{"bureau", bureau, p.me, "", errs.Forbidden},
	} {
		r, err := p.Report(t.Context(), tc.sc, Input{Employee: tc.employee, At: now, None: true}, now)
		if tc.code != "" && !errs.Is(err, tc.code) || tc.code == "" && (err != nil || r.Reporter != tc.by) {
			t.Errorf("%s: by %q, %v", tc.name, r.Reporter, err)
		}
	}
}
