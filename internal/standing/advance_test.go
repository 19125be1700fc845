package standing_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/testkit"
)

// Whatever is on file and in whatever order samples come, of people of two enterprises at once, Advance leaves the rows that a
// rebuild from the records gives.
func TestAdvanceSaysWhatTheRecordsSay(t *testing.T) {
	f := setUp(t)
	r := rand.New(rand.NewPCG(7, 7))
	at := testkit.At(t, "03-24 09:00")
	second := f.Org("370302", testkit.At(t, "03-01 00:00"))
	type someone struct {
		org int32
		id  int64
	}
	var people []someone
	for i := range 60 {
		org := []int32{f.org, second}[i%2]
		id := f.Employee(org, testkit.Person{Since: at.Add(-time.Duration(r.IntN(60*24)) * time.Hour), Status: []string{"on_post", "on_post", "on_post", "leave"}[r.IntN(4)],
			Category: []string{"general_staff", "icc_frontline"}[r.IntN(2)]})
		people = append(people, someone{org, id})
		switch r.IntN(8) {
		case 0:
			f.Exec(`insert into exemption (org_id, employee_id, ground, from_at, to_at, source, entered_by, actor_name, entered_at)
					values ($1, $2, 'medical', $3, $4, 'staff', 0, '', $3)`,
				org, id, at.AddDate(0, 0, -9), at.Add(time.Duration(r.IntN(96)-48)*time.Hour))
		case 1:
			f.Exec(`insert into hold (org_id, employee_id, kind, source, from_at, created_by, created_at) values ($1, $2, 'symptom', 'symptom', $3, 0, $3)`,
				org, id, at.AddDate(0, 0, -2))
		}
	}
	advance := func(moved []standing.Moved) {
		t.Helper()
		err := f.DB.InTx(t.Context(), db.Tenant{Orgs: []int32{f.org, second}}, func(tx *sqlx.Tx) error {
			return f.svc.Advance(t.Context(), tx, moved, at)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var everybody []standing.Moved
	for _, p := range people {
		everybody = append(everybody, standing.Moved{Org: p.org, Employee: p.id}) // no negative: evaluated from the file
	}
	advance(everybody)
	if n := testkit.Get[int](f.Kit, `select count(*) from standing where renew_from is not null`); n < 20 || n > 50 {
		t.Fatalf("%d files are plain: the draw misses the point", n)
	}
	results := []regime.Result{regime.Negative, regime.Negative, regime.Negative, regime.ResultPending, regime.PoolAbnormal}
	for range 8 {
		at = at.Add(time.Duration(6+r.IntN(60)) * time.Hour)
		var moved []standing.Moved
		for _, p := range people {
			for range r.IntN(3) {
				s := regime.Sample{SampledAt: at.Add(-time.Duration(1+r.IntN(120)) * time.Hour).Add(-time.Duration(r.IntN(3600)) * time.Second),
					Method: regime.MethodPCR, Mode: regime.ModeSingle, Source: regime.SourceEmployerOrg, Result: results[r.IntN(len(results))]}
				if s.Result != regime.ResultPending {
					s.ReportedAt = s.SampledAt.Add(time.Hour)
				}
				f.Sample(p.org, p.id, s.SampledAt, s.ReportedAt, s.Result.String())
				moved = append(moved, standing.Moved{Org: p.org, Employee: p.id, Sample: s})
			}
		}
		advance(moved)
		if v, err := f.svc.Verify(t.Context(), at); err != nil || len(v.Differences) > 0 {
			t.Fatalf("%v %v", v, err)
		}
	}
}
