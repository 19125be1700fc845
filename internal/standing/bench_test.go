package standing_test

import (
	"context"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/testkit"
)

// turn is a rulebook whose answer a benchmark changes.
type turn struct{ rules regime.Rules }

func (t *turn) For(context.Context, db.Q, int32, time.Time) (regime.Rules, error) {
	return t.rules, nil
}

func (t *turn) Current(_ context.Context, _ db.Reader, orgs []int32, each func(int32, regime.Rules, time.Time)) error {
	for _, org := range orgs {
		each(org, t.rules, time.Time{})
	}
	return nil
}

const (
	benchOrgs = `insert into org (kind, code, name, admin_zone, industry, go_live_at, created_at, updated_at)
		select 'enterprise', 'B' || n, '企业' || n, '370303', 'C30', $1, $1, $1 from generate_series(1, $2::integer) n`
	benchPeople = `insert into employee (org_id, employee_no, name, name_grams, id_number_enc, id_number_bidx, test_category, category_since,
			work_status, status_since, created_at, updated_at)
		select o.id, n::text, '员工' || n, '{}', '\x00', decode(lpad(to_hex(o.id * 1000000::bigint + n), 32, '0'), 'hex'),
			case n % 9 when 0 then 'icc_frontline' when 1 then 'canteen' else 'general_staff' end, $1, 'on_post', $1, $1, $1
		from org o, generate_series(1, case when o.code = 'B1' then $2::integer else $3::integer end) n where o.code ^@ 'B'`
	benchHistory = `insert into employee_change (org_id, employee_id, kind, effective_at, after, actor, actor_name, at)
		select org_id, id, 'created', created_at, jsonb_build_object('test_category', test_category, 'work_status', work_status,
			'employee_no', employee_no, 'name', name), 0, '', created_at from employee`
	benchSamples = `insert into sample (org_id, employee_id, sampled_at, reported_at, result, source, proof, entered_by, entered_at)
		select org_id, id, $1::timestamptz - make_interval(hours => (id % 160)::integer) - make_interval(days => 7 * w),
			$1::timestamptz - make_interval(hours => (id % 160)::integer - 8) - make_interval(days => 7 * w), 'negative', 'employer_org', 'lab', 0,
			$1::timestamptz - make_interval(hours => (id % 160)::integer - 8) - make_interval(days => 7 * w)
		from generate_series(51, 0, -1) w, employee where (id * 7 + w) % 31 <> 0`
)

// BenchmarkChangeOfRules evaluates 40,000 people anew, half of them of one enterprise and half of many small ones, with a year of
// weekly samples each, as a change of the rule pack does: facts read, everyone evaluated, every row written.
func BenchmarkChangeOfRules(b *testing.B) {
	const small, large, orgs = 62, 20_000, 323
	at := testkit.At(b, "03-24 09:00")
	k := testkit.New(b, at)
	since := at.AddDate(-1, 0, -7)
	k.Exec(benchOrgs, since, orgs)
	k.Exec(benchPeople, since, large, small)
	k.Exec(benchHistory)
	k.Exec(benchSamples, at)
	k.Exec(`vacuum analyze`)
	book := &turn{testkit.Zibo(b).Rules}
	svc := standing.New(k.DB, clock.NewManual(at), book)
	stricter, err := regime.Builtin("zibo-2022-h2")
	if err != nil {
		b.Fatal(err)
	}
	rules := []regime.Rules{book.rules, regime.Fixed(stricter)}
	people := 0
	for n := 0; b.Loop(); n++ {
		book.rules = rules[n%2]
		done, err := svc.RebuildAll(b.Context(), func(int, int) {})
		if err != nil {
			b.Fatal(err)
		}
		people += done.People
	}
	b.ReportMetric(float64(people)/b.Elapsed().Seconds(), "people/s")
}
