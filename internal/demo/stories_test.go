package demo_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/app"
	"github.com/fugong/fugong/internal/demo"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/dbtest"
)

// The stories are told through the services of the whole program: each leaves the records that its pages show.
func TestTheStoriesAreTold(t *testing.T) {
	at := time.Date(2022, 3, 24, 9, 0, 0, 0, time.FixedZone("CST", 8*3600))
	d := dbtest.New(t)
	p, err := app.Embed(t.Context(), app.Config{Data: t.TempDir(), DatabaseURL: app.Secret(d.DSN), PoolSize: 6}, clock.NewManual(at),
		slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError})))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
	}()
	accounts, err := p.Populate(t.Context(), demo.New(3, 330, 4, at), at)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(accounts); n != 10 || accounts[n-2].Login != "officer2" || accounts[n-1].Login != "city2" {
		t.Errorf("the second persons are not the last of the accounts: %v", accounts)
	}
	const ofFirm = ` and org_id = (select org_id from account where login = 'officer')`
	for _, want := range []struct {
		what, query string
		n           int
	}{
		{"returns with everything in order", `select count(*) from return_case where state = 'submitted' and failed = '{}'`, 3},
		{"return sent back for three things", `select count(*) from return_case where state = 'deferred' and cardinality(failed) = 3`, 1},
		{"return half declared", `select count(*) from return_case where state = 'draft' and source = 'self'`, 1},
		{"exception asked for", `select count(*) from return_case where state = 'override' and second_by is null and failed = '{pcr}'`, 1},
		{"group of 25 proposed", `select count(*) from hold_set where state = 'proposed' and people = 25`, 1},
		{"kinds of hold put by hand", `select count(distinct kind) from hold where source = 'manual' and released_at is null`, 8},
		{"open holds for symptoms", `select count(*) from hold where kind = 'symptom' and released_at is null` + ofFirm, 2},
		{"released hold for symptoms", `select count(*) from hold where kind = 'symptom' and released_by is not null` + ofFirm, 1},
		{"contacts that wait", `select count(*) from hold where kind = 'temp_isolation' and source = 'incident'`, 3},
		{"members of the abnormal tube still held", `select count(*) from hold where kind = 'pool_abnormal' and released_at is null` + ofFirm, 2},
		{"steps done of this morning's fever", `select count(*) from incident_step s join incident i using (org_id)
			where i.id = s.incident_id and i.kind = 'symptom' and i.state = 'open' and i.detected_at = '2022-03-24 07:35+08' and s.done_at is not null`, 3},
		{"step of it that is late and was told of", `select count(*) from incident_step s join incident i using (org_id)
			where i.id = s.incident_id and i.detected_at = '2022-03-24 07:35+08' and s.done_at is null and s.due_at < '2022-03-24 09:00+08' and s.escalations = 1`, 1},
		{"fever of last week, excluded and closed", `select count(*) from incident where state = 'closed' and outcome = 'excluded' and detected_at = '2022-03-16 09:00+08'`, 1},
		{"drill", `select count(*) from incident where drill and state = 'closed'`, 1},
		{"districts with an open incident, at least two", `select (count(distinct o.admin_zone) >= 2)::integer from incident i join org o on o.id = i.org_id where i.state = 'open' and not i.drill`, 1},
		{"swabs in this morning's tube", `select count(*) from sample s join tube t using (org_id, barcode) where t.sealed_at is null and s.result = 'pending'`, 3},
		{"tubes of one person", `select count(*) from (select from tube t join sample s using (org_id, barcode) group by t.org_id, t.id having count(*) = 1) x`, 0},
		{"open dispute", `select count(*) from dispute where state = 'open' and due_at > '2022-03-24 09:00+08'`, 1},
		{"answered dispute", `select count(*) from dispute where state = 'rejected'`, 1},
		{"correction", `select count(*) from correction_batch where kind = 'move' and corrected >= 6 and refused = 0`, 1},
		{"proposed change with figures", `select count(*) from rule_change where state = 'proposed' and (preview->'total'->>'people')::integer > 0`, 1},
	} {
		var n int
		if err := d.Owner.GetContext(t.Context(), &n, want.query); err != nil {
			t.Errorf("%s: %v", want.what, err)
		} else if n != want.n {
			t.Errorf("%s: %d, want %d", want.what, n, want.n)
		}
	}
}
