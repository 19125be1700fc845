package returning

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/page"
)

// What a list can show.
const (
	ShowWaiting  = "" // everything that waits for a decision
	ShowReady    = "ready"
	ShowMissing  = "missing"
	ShowOverride = "override" // waits for a second person
	ShowDraft    = "draft"
	ShowClosed   = "closed"
)

// Shows lists them in the order in which they are offered.
func Shows() []string {
	return []string{ShowWaiting, ShowReady, ShowMissing, ShowOverride, ShowDraft, ShowClosed}
}

// What a list can be sorted by.
const (
	SortPlanned = "planned"
	SortName    = "name"
)

// Filter chooses cases of an org.
type Filter struct {
	Query string // part of a name, its pinyin or initials from the start, or the whole employee number
	Show  string // one of Shows
	Item  string // only waiting cases in which this item does not hold
	Sort  string // SortPlanned or SortName
	Desc  bool
	page.Request
}

// Listing is a page of cases with the number of cases in each of Shows, whatever the filter.
type Listing struct {
	page.Result[View]
	Counts map[string]int
}

// The list, its total and the export go through this one statement. The cursor is compared in the direction of reading.
const sqlList = `with hits as (
        select r.employee_id, r.id, (case when $6::text = 'name' then e.pinyin
            else to_char(r.planned_at at time zone 'UTC', 'YYYYMMDDHH24MI') end) collate "C" as key
        from return_case r join employee e on e.org_id = r.org_id and e.id = r.employee_id
        where r.org_id = $1 and r.state = any($3::text[]) and ($4::bigint[] is null or r.id = any($4))
            and ($5::text = '' or strpos(e.name, $5) > 0 or starts_with(e.pinyin, lower($5)) or starts_with(e.initials, lower($5))
                or e.employee_no = $5))
    select ` + fragCase + `, hits.key, (select count(*) from hits) as total
    from hits
        join return_case r on r.org_id = $1 and r.employee_id = hits.employee_id and r.id = hits.id
        join employee e on e.org_id = $1 and e.id = hits.employee_id
        left join team t on t.org_id = $1 and t.id = e.team_id
    where not $8::boolean
        or case when $7::boolean then (hits.key, hits.id) < ($9::text, $10::bigint) else (hits.key, hits.id) > ($9::text, $10::bigint) end
    order by case when $7::boolean then hits.key end desc, case when $7::boolean then hits.id end desc, hits.key, hits.id
    limit $11`

type listedRow struct {
	row
	Key   string `db:"key"`
	Total int    `db:"total"`
}

// listed is a view with its place in the order.
type listed struct {
	View
	key string
}

func (x vault) list(ctx context.Context, q db.Q, org int32, f Filter, v survey, at time.Time, limit int) ([]listed, int, error) {
	states, ids := v.chosen(f)
	cursor := f.After
	if f.Back() {
		cursor = f.Before
	}
	keys, seek := page.Keys(cursor, 2)
	var id int64
	key := ""
	if seek {
		var err error
		key = keys[0]
		id, err = strconv.ParseInt(keys[1], 10, 64)
		seek = err == nil
	}
	var rows []listedRow
	err := q.SelectContext(ctx, &rows, sqlList, org, at, pq.Array(states), ids, strings.TrimSpace(f.Query), f.Sort, f.Desc != f.Back(), seek, key,
		id, limit)
	if err != nil {
		return nil, 0, fmt.Errorf("list returns: %w", err)
	}
	out, total := make([]listed, len(rows)), 0
	for i := range rows {
		view, err := x.view(org, &rows[i].row)
		if err != nil {
			return nil, 0, err
		}
		view.Items = v.items[view.ID]
		view.Declaration = Declaration{} // a list shows what is missing, not what was declared
		out[i], total = listed{view, rows[i].Key}, rows[i].Total
	}
	return out, total, nil
}

// List pages through the returns of the org. Each person of whom it shows what stands against the return is written down as read.
func (s *Service) List(ctx context.Context, sc authz.Scope, f Filter, at time.Time) (Listing, error) {
	var l Listing
	if err := sc.Require(authz.ReturnReview); err != nil {
		return l, err
	}
	err := s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		v, err := s.survey(ctx, tx, s.rules, sc.Org, at)
		if err != nil {
			return err
		}
		rows, total, err := s.list(ctx, tx, sc.Org, f, v, at, f.Limit()+1)
		if err != nil {
			return err
		}
		cut := page.Cut(f.Request, rows, total, func(x listed) string { return page.Cursor(x.key, strconv.FormatInt(x.ID, 10)) })
		l = Listing{page.Result[View]{Total: cut.Total, Prev: cut.Prev, Next: cut.Next}, v.counts}
		for _, x := range cut.Rows {
			l.Rows = append(l.Rows, x.View)
		}
		return recordReading(ctx, tx, sc, l.Rows, at)
	})
	return l, err
}

// telling are the items that, when they do not hold, tell something about a person's health or ways.
var telling = []string{ItemCode, ItemArea, ItemContact, ItemHealth, ItemHold}

func recordReading(ctx context.Context, q db.Q, sc authz.Scope, shown []View, at time.Time) error {
	for _, v := range shown {
		if !slices.ContainsFunc(v.Items, func(it Item) bool { return it.Verdict == Failed && slices.Contains(telling, it.Code) }) {
			continue
		}
		err := audit.Record(ctx, q, sc, at, audit.Event{Action: "return.view", Subject: "return_case", SubjectID: fmt.Sprint(v.ID),
			Employee: v.Employee, Read: true})
		if err != nil {
			return err
		}
	}
	return nil
}

// maxExport bounds the rows of one export.
const maxExport = 50_000

// Export lists everything that the filter chooses, up to a bound, and writes down that it was taken out.
func (s *Service) Export(ctx context.Context, sc authz.Scope, f Filter, at time.Time) ([]View, error) {
	if err := sc.Require(authz.ReturnReview); err != nil {
		return nil, err
	}
	if err := sc.Require(authz.EmployeeExport); err != nil {
		return nil, err
	}
	f.Request = page.Request{}
	var out []View
	err := s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		out = nil
		v, err := s.survey(ctx, tx, s.rules, sc.Org, at)
		if err != nil {
			return err
		}
		rows, _, err := s.list(ctx, tx, sc.Org, f, v, at, maxExport)
		if err != nil {
			return err
		}
		for _, x := range rows {
			out = append(out, x.View)
		}
		return audit.Record(ctx, tx, sc, at, audit.Event{Action: "return.export", Subject: "return_case", Read: true,
			Detail: map[string]any{"rows": len(out)}})
	})
	return out, err
}
