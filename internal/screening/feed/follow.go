package feed

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/standing"
)

// The new samples of a chunk are read part by part: they are many more than need be held at once.
const (
	sqlDeclareFresh = `declare fresh cursor for select org, employee_id, sampled_at, reported_at, result, method, collect_mode, source
    from feed_hit where way = 'new' order by org, employee_id, sampled_at`
	sqlFetchFresh = `fetch 2500 from fresh`
)

// follow brings standings and tubes after the samples that the chunk stored. Of folded records the version that stands was noted.
func (f *feeder) follow(ctx context.Context, tx *sqlx.Tx, done *chunkResult) error {
	if _, err := tx.ExecContext(ctx, sqlDeclareFresh); err != nil {
		return fmt.Errorf("read stored samples: %w", err)
	}
	moved := done.moved
	for {
		before := len(moved)
		var err error
		if moved, err = fresh(ctx, tx, moved); err != nil {
			return err
		}
		last := len(moved)-before < movedRows
		if err := f.service.cfg.Standings.Advance(ctx, tx, moved, f.at); err != nil {
			return err
		}
		if moved = moved[:0]; last {
			return f.tubes(ctx, tx, done)
		}
	}
}

// fresh adds the next samples that the chunk stored, as they stand.
func fresh(ctx context.Context, tx *sqlx.Tx, moved []standing.Moved) ([]standing.Moved, error) {
	rows, err := tx.QueryContext(ctx, sqlFetchFresh)
	if err != nil {
		return nil, fmt.Errorf("read stored samples: %w", err)
	}
	defer rows.Close()
	moved = slices.Grow(moved, movedRows)
	words := map[string]string{} // of which there are few
	var result, method, mode, source sql.RawBytes
	word := func(b []byte) string {
		w, known := words[string(b)]
		if !known {
			w = string(b)
			words[w] = w
		}
		return w
	}
	for rows.Next() {
		var m standing.Moved
		var reported sql.NullTime
		if err := rows.Scan(&m.Org, &m.Employee, &m.Sample.SampledAt, &reported, &result, &method, &mode, &source); err != nil {
			return nil, fmt.Errorf("read stored sample: %w", err)
		}
		m.Sample.ReportedAt = reported.Time
		m.Sample.Method, m.Sample.Mode, m.Sample.Source = regime.Method(word(method)), regime.CollectMode(word(mode)), regime.Source(word(source))
		if m.Sample.Result, err = regime.ParseResult(word(result)); err != nil {
			return nil, fmt.Errorf("read stored sample: %w", err)
		}
		moved = append(moved, m)
	}
	return moved, rows.Err()
}

const sqlTubes = `select distinct org, barcode from feed_hit where way = 'new' and collect_mode <> 'single' and barcode <> ''`

// tubes tells of the mixed tubes of changed samples, in order.
func (f *feeder) tubes(ctx context.Context, tx *sqlx.Tx, done *chunkResult) error {
	if f.service.cfg.Tubes == nil {
		return nil
	}
	var fresh []tubeKey
	if err := tx.SelectContext(ctx, &fresh, sqlTubes); err != nil {
		return fmt.Errorf("find tubes: %w", err)
	}
	all := slices.AppendSeq(fresh, maps.Keys(done.tubes))
	slices.SortFunc(all, func(a, b tubeKey) int {
		if a.Org != b.Org {
			return int(a.Org) - int(b.Org)
		}
		return strings.Compare(a.Barcode, b.Barcode)
	})
	all = slices.Compact(all)
	for i := 0; i < len(all); {
		var barcodes []string
		org := all[i].Org
		for ; i < len(all) && all[i].Org == org; i++ {
			barcodes = append(barcodes, all[i].Barcode)
		}
		sc := f.sc
		sc.Org = org
		if err := f.service.cfg.Tubes.Stored(ctx, tx, sc, barcodes, f.at); err != nil {
			return err
		}
	}
	return nil
}
