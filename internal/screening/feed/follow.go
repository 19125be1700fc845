package feed

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"
)

const sqlMoved = `select distinct org, employee_id from feed_hit where way not in ('duplicate', 'refused') order by org, employee_id`

// follow brings standings and tubes after the samples that the chunk stored.
func (f *feeder) follow(ctx context.Context, tx *sqlx.Tx, done *chunkResult) error {
	var moved []struct {
		Org      int32 `db:"org"`
		Employee int64 `db:"employee_id"`
	}
	if err := tx.SelectContext(ctx, &moved, sqlMoved); err != nil {
		return fmt.Errorf("find whose samples changed: %w", err)
	}
	for i := 0; i < len(moved); {
		var people []int64
		org := moved[i].Org
		for ; i < len(moved) && moved[i].Org == org; i++ {
			people = append(people, moved[i].Employee)
		}
		if err := f.service.cfg.Standings.Apply(ctx, tx, org, people, f.at); err != nil {
			return err
		}
	}
	return f.tubes(ctx, tx, done)
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
