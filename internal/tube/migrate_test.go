package tube_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/migrations"
)

// Tubes that were known by their samples only become what storing those samples makes of them.
func TestTheMigrationFindsTheTubes(t *testing.T) {
	s := newStage(t)
	people := s.Employees(6)
	tell := func(p int64, barcode string, mode regime.CollectMode, r regime.Result) {
		t.Helper()
		_, err := s.Samples.Record(t.Context(), s.hr, screening.Input{Employee: p, SampledAt: now.Add(-time.Hour), Mode: mode, Result: r, Barcode: barcode,
			Institution: "厂区采样点"}, now)
		s.must(err)
	}
	tell(people[0], "T1", regime.ModePool10, regime.Negative)
	tell(people[1], "T1", regime.ModePool10, regime.PoolAbnormal)
	tell(people[2], "T2", regime.ModePool5, regime.ResultPending)
	tell(people[3], "T3", regime.ModePool5, regime.Invalid)
	tell(people[4], "S1", regime.ModeSingle, regime.Negative)
	tell(people[5], "", regime.ModePool5, regime.Negative)
	content := func() (text string) {
		t.Helper()
		s.must(s.Base.Owner.Get(&text, `select string_agg(concat_ws(' ', org_id, barcode, mode, result, reported_at, opened_at, institution, lab,
			sealed_at is not null), '|' order by barcode) from tube`))
		return text
	}
	before := content()
	owner, err := sql.Open("postgres", s.Base.DSN)
	s.must(err)
	defer owner.Close()
	p, err := goose.NewProvider(goose.DialectPostgres, owner, migrations.FS)
	s.must(err)
	_, err = p.DownTo(t.Context(), 9)
	s.must(err)
	_, err = p.Up(t.Context())
	s.must(err)
	if after := content(); after != before || s.Count(`select count(*) from tube`) != 3 {
		t.Errorf("migrated\n%s\nstored\n%s", after, before)
	}
}
