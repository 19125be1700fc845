package tube

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/page"
	"github.com/fugong/fugong/internal/platform/sheet"
)

// Show chooses tubes by what they ask for.
type Show string

// The choices.
const (
	ShowAll        Show = ""
	ShowOpen       Show = "open"       // takes members
	ShowAwaited    Show = "awaited"    // sealed, without a result
	ShowAbnormal   Show = "abnormal"   // was abnormal; for who sees results
	ShowUnresolved Show = "unresolved" // abnormal, and somebody in reach is to be swabbed alone
)

// Filter chooses tubes. Zero fields choose all.
type Filter struct {
	From, To time.Time // opened within [From, To); the caller sets both
	Query    string    // a part of the barcode
	Show     Show
	page.Request
}

const fragHits = ` from tube t
        where t.org_id = $1 and ` + fragReach + ` and t.opened_at >= $5 and t.opened_at < $6
            and ($7::text = '' or strpos(lower(t.barcode), lower($7)) > 0)
            and case $8::text when 'open' then t.result = 'pending' and t.sealed_at is null
                when 'awaited' then t.result = 'pending' and t.sealed_at is not null
                when 'abnormal' then t.result = 'pool_abnormal'
                when 'unresolved' then t.result = 'pool_abnormal' and exists (select from sample m` + fragFile + `
                    where ` + fragIn + ` and ` + fragMine + ` and not ` + fragSettled + `)
                else true end`

const sqlList = `with hits as (select t.id, t.opened_at` + fragHits + `)
    select ` + fragTube + `, (select count(*) from hits) as total
    from (select h.id from hits h
            where case when $9::boolean then (h.opened_at, h.id) > ($10::timestamptz, $11::bigint) else (h.opened_at, h.id) < ($10::timestamptz, $11::bigint) end
            order by case when $9::boolean then h.opened_at end, case when $9::boolean then h.id end, h.opened_at desc, h.id desc
            limit $12) p
        join tube t on t.org_id = $1 and t.id = p.id` + fragCounts + `
    order by case when $9::boolean then t.opened_at end, case when $9::boolean then t.id end, t.opened_at desc, t.id desc`

// List pages through tubes within reach, the newest first.
func (s *Service) List(ctx context.Context, sc authz.Scope, f Filter) (page.Result[Tube], error) {
	var res page.Result[Tube]
	if err := sc.Require(runners...); err != nil {
		return res, err
	}
	at, id := f.start()
	var rows []row
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		return tx.SelectContext(ctx, &rows, sqlList, append(f.args(sc), f.Back(), at, id, f.Limit()+1)...)
	})
	if err != nil {
		return res, fmt.Errorf("list tubes: %w", err)
	}
	total := 0
	tubes := make([]Tube, len(rows))
	for i := range rows {
		total = rows[i].Total
		if tubes[i], err = rows[i].tube(sc); err != nil {
			return res, err
		}
	}
	return page.Cut(f.Request, tubes, total, cursorOf), nil
}

// args are those of fragHits. That a tube was abnormal once is a result; who sees none is shown what is left to do.
func (f Filter) args(sc authz.Scope) []any {
	show := f.Show
	if show == ShowAbnormal && !everyone(sc) {
		show = ShowUnresolved
	}
	return []any{sc.Org, everyone(sc), pq.Array(sc.Teams), sc.Account, f.From, f.To, sheet.NormalizeText(f.Query), string(show)}
}

// start is the cursor, or one before every row when there is none or a broken one.
func (f Filter) start() (time.Time, int64) {
	cursor := f.After
	if f.Back() {
		cursor = f.Before
	}
	if keys, ok := page.Keys(cursor, 2); ok {
		micros, err1 := strconv.ParseInt(keys[0], 10, 64)
		id, err2 := strconv.ParseInt(keys[1], 10, 64)
		if at := time.UnixMicro(micros); err1 == nil && err2 == nil && page.Plausible(at) {
			return at, id
		}
	}
	if f.Back() {
		return f.From.Add(-time.Second), 0
	}
	return f.To.Add(time.Second), math.MaxInt64
}

func cursorOf(t Tube) string {
	return page.Cursor(strconv.FormatInt(t.OpenedAt.UnixMicro(), 10), strconv.FormatInt(t.ID, 10))
}

const sqlCount = `select count(*)` + fragHits

// Count says how many tubes a filter chooses.
func (s *Service) Count(ctx context.Context, sc authz.Scope, f Filter) (int, error) {
	if err := sc.Require(runners...); err != nil {
		return 0, err
	}
	var n int
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		return tx.GetContext(ctx, &n, sqlCount, f.args(sc)...)
	})
	if err != nil {
		return 0, fmt.Errorf("count tubes: %w", err)
	}
	return n, nil
}

// readTube writes down that results of a tube's members were read.
func readTube(ctx context.Context, q db.Q, sc authz.Scope, barcode string, at time.Time) error {
	return audit.Record(ctx, q, sc, at, audit.Event{Action: "tube.read", Subject: "tube", SubjectID: barcode, Read: true})
}
