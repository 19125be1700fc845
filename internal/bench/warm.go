package bench

import (
	"context"
	"fmt"
)

const sqlCanWarm = `select exists (select from pg_available_extensions where name = 'pg_prewarm')`

// warmPages reads what a sample touches into the server's memory: standings, files, the partition of the running month, and their indexes.
const warmPages = `with touched as (
        select unnest(array['standing', 'employee']::regclass[]) as rel
        union all
        select i.inhrelid from pg_inherits i
        where i.inhparent = 'sample'::regclass and i.inhrelid::regclass::text = 'sample_' || to_char($1::timestamptz at time zone 'UTC', 'YYYYMM')),
    relations as (select rel from touched union all select x.indexrelid from pg_index x join touched t on x.indrelid = t.rel)
    select coalesce(sum(pg_prewarm(rel)), 0)::bigint from relations`

// warm brings the pages that samples touch into memory, as they are on a server that has run for a week; the bench's was started a few
// minutes ago. A server without the extension goes without.
func (w *World) warm(ctx context.Context) error {
	var can bool
	if err := w.Admin.GetContext(ctx, &can, sqlCanWarm); err != nil {
		return fmt.Errorf("look for pg_prewarm: %w", err)
	}
	if !can {
		w.Say("  pages are not warmed: the server has no pg_prewarm")
		return nil
	}
	if _, err := w.Admin.ExecContext(ctx, "create extension if not exists pg_prewarm"); err != nil {
		return fmt.Errorf("install pg_prewarm: %w", err)
	}
	var pages int
	if err := w.Admin.GetContext(ctx, &pages, warmPages, w.Now); err != nil {
		return fmt.Errorf("warm pages: %w", err)
	}
	return checkf(pages > 0, "no page was warmed")
}
