package standing_test

import (
	"context"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

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
	benchPeople = `insert into employee (org_id, employee_no, name, name_grams, id_number_enc, id_number_bidx, test_category, category_since,
			work_status, status_since, created_at, updated_at)
		select $1, n::text, '员工' || n, '{}', '\x00', decode(lpad(to_hex($1 * 1000000 + n), 32, '0'), 'hex'),
			case n % 9 when 0 then 'icc_frontline' when 1 then 'canteen' else 'general_staff' end, $2, 'on_post', $2, $2, $2
		from generate_series(1, $3) n`
	benchSamples = `insert into sample (org_id, employee_id, sampled_at, reported_at, result, source, proof, entered_by, entered_at)
		select org_id, id, $1::timestamptz - make_interval(hours => (id % 100)::integer) - make_interval(days => 7 * w),
			$1::timestamptz - make_interval(hours => (id % 100)::integer - 8) - make_interval(days => 7 * w), 'negative', 'employer_org', 'lab', 0,
			$1::timestamptz - make_interval(hours => (id % 100)::integer - 8) - make_interval(days => 7 * w)
		from employee, generate_series(0, 7) w where (id + w) % 11 <> 0`
)

// BenchmarkChangeOfRules evaluates 100,000 people of 100 enterprises anew, with eight weeks of samples each, as a change of the
// rule pack does: facts read, both evaluated and stored, one transaction per enterprise.
func BenchmarkChangeOfRules(b *testing.B) {
	const orgs, people = 100, 1000
	at := testkit.At(b, "03-24 09:00")
	k := testkit.New(b, at)
	var ids []int32
	for range orgs {
		org := k.Org("370303", at.AddDate(0, -3, 0))
		k.Exec(benchPeople, org, at.AddDate(0, -3, 0), people)
		ids = append(ids, org)
	}
	k.Exec(benchSamples, at)
	k.Exec(`analyze`)
	book := &turn{testkit.Zibo(b).Rules}
	svc := standing.New(k.DB, clock.NewManual(at), book)
	stricter, err := regime.Builtin("zibo-2022-h2")
	if err != nil {
		b.Fatal(err)
	}
	rules := []regime.Rules{book.rules, regime.Fixed(stricter)}
	for n := 0; b.Loop(); n++ {
		book.rules = rules[n%2]
		for _, org := range ids {
			err := k.DB.InTx(b.Context(), db.Tenant{Org: org, System: true}, func(tx *sqlx.Tx) error {
				_, err := svc.Rebuild(b.Context(), tx, org, at)
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(orgs*people)*float64(b.N)/b.Elapsed().Seconds(), "people/s")
}
