package employee

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/gb"
	"github.com/fugong/fugong/internal/platform/page"
)

// Row is one person of a list, at the list's instant. Sealed values are masked.
type Row struct {
	ID           int64      `db:"id"`
	EmployeeNo   string     `db:"employee_no"`
	Name         string     `db:"name"`
	IDType       gb.IDType  `db:"id_type"`
	Sex          string     `db:"sex"`
	Dept         string     `db:"dept"`
	TeamID       int64      `db:"team_id"`
	Workshop     string     `db:"workshop"`
	Team         string     `db:"team"`
	Shift        string     `db:"shift"`
	Post         string     `db:"post"`
	Employment   string     `db:"employment"`
	Category     string     `db:"test_category"`
	WorkStatus   string     `db:"work_status"`
	Bus          string     `db:"bus"`
	CanteenTable string     `db:"canteen_table"`
	State        string     `db:"-"` // StateHeld, a regime state's id, or "" before the first evaluation
	DueAt        *time.Time `db:"due_at"`
	MaskedID     string     `db:"-"`
	MaskedMobile string     `db:"-"`
}

// scanned is a Row as it comes from the database.
type scanned struct {
	Row
	Code      int    `db:"code"`
	Key       string `db:"-"` // what the list is sorted by
	IDEnc     []byte `db:"id_number_enc"`
	MobileEnc []byte `db:"mobile_enc"`
}

// Listing is a page of a list with the number of people in each state under the same filter without its state, "" standing
// for people not evaluated yet. Total is the number of rows that all pages have together.
type Listing struct {
	page.Result[Row]
	Counts map[string]int
}

const fragRow = `e.id, e.employee_no, e.name, e.id_type, e.sex, e.dept, coalesce(e.team_id, 0) as team_id,
        coalesce(t.workshop, '') as workshop, coalesce(t.name, '') as team, e.shift, e.post, e.employment, e.test_category,
        ` + fragStatus + ` as work_status, e.bus, e.canteen_table,
        coalesce(` + fragState + `, 0) as code, s.due_at, e.id_number_enc, e.mobile_enc`

const sqlRows = db.Kept + `select ` + fragRow + ` from employee e` + fragStanding + `
    left join team t on t.org_id = e.org_id and t.id = e.team_id
    where e.org_id = $1 and e.id = any($3::bigint[])`

// found is a file in a list, with what the list is sorted by.
type found struct {
	ID  int64  `db:"id"`
	Key string `db:"key"`
}

// List returns a page of the people of a filter, their total and their counts by state, all from one snapshot.
func (s *Service) List(ctx context.Context, sc authz.Scope, f Filter, r page.Request, at time.Time) (Listing, error) {
	var l Listing
	err := s.db.Stale(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		sel, err := s.vault.selects(sc, f, at)
		if err != nil {
			return err
		}
		files, counts, err := sel.list(ctx, tx, f, r)
		if err != nil {
			return err
		}
		rows, err := fetch(ctx, tx, sc.Org, at, files)
		if err != nil {
			return err
		}
		l.Counts = counts
		total := 0
		for state, n := range l.Counts {
			if f.State == "" || f.State == state {
				total += n
			}
		}
		l.Result, err = s.vault.cut(sc.Org, r, rows, total)
		return err
	})
	return l, err
}

// list finds a page and the counts. Of everybody present the counts are a scan of standings alone, and the page a search of its
// own; by name the index gives it at once. Any other filter looks at everybody for a page by state or due date, and counts on the way.
func (sel *selection) list(ctx context.Context, q db.Q, f Filter, r page.Request) ([]found, map[string]int, error) {
	if sel.scans(f) {
		files, counts, err := sel.scan(ctx, q, f, r)
		if len(files) > 0 || err != nil {
			return files, counts, err
		}
	}
	counts, err := sel.counts(ctx, q)
	if err != nil || sel.scans(f) {
		return nil, counts, err
	}
	if f.State != "" {
		if err := sel.only(f.State); err != nil {
			return nil, counts, err
		}
		sel.seek(counts, f, r.Limit())
	}
	files, err := sel.page(ctx, q, f, r)
	return files, counts, err
}

// scans tells whether a page has to look at everybody of the selection.
func (sel *selection) scans(f Filter) bool {
	return !sel.present && (f.State != "" || f.Search != "" || f.key() != sortKeys[SortName])
}

// scan finds the page and, beside each of its files, the counts. A page without files has none: then they have to be asked for.
func (sel *selection) scan(ctx context.Context, q db.Q, f Filter, r page.Request) ([]found, map[string]int, error) {
	statement, args, err := sel.scanning(f, r)
	if err != nil {
		return nil, nil, err
	}
	var rows []struct {
		found
		Counts json.RawMessage `db:"counts"`
	}
	if err := q.SelectContext(ctx, &rows, statement, args...); err != nil || len(rows) == 0 {
		return nil, nil, listing(err)
	}
	files := make([]found, len(rows))
	for i, row := range rows {
		files[i] = row.found
	}
	var byCode map[int]int
	if err := json.Unmarshal(rows[0].Counts, &byCode); err != nil {
		return nil, nil, listing(err)
	}
	counts := make(map[string]int, len(byCode))
	for code, n := range byCode {
		counts[stateName(code)] = n
	}
	return files, counts, nil
}

// scanning is the statement of scan: whoever is selected is gathered once, as key and state, then counted, sorted and cut.
func (sel *selection) scanning(f Filter, r page.Request) (string, []any, error) {
	key, desc := f.key(), f.Desc != r.Back()
	cond := &selection{args: sel.args}
	if err := cond.only(f.State); err != nil {
		return "", nil, err
	}
	if cond.state != "" {
		cond.where.WriteString(" and m.code = " + cond.state)
	}
	key.beyond(cond, "m.key", "m.id", cursorOf(r), desc)
	return "with m as materialized (select e.id, " + key.expr + " as key, coalesce(" + fragState + ", 0) as code" + sel.from(true, true) + ")" +
		", c as (select jsonb_object_agg(code, n) as counts from (select code, count(*) as n from m group by code) n)" +
		" select m.id, m.key::text as key, c.counts from c, m where true" + cond.where.String() + key.order("m.key", "m.id", desc) +
		" limit " + strconv.Itoa(r.Limit()+1), cond.args, nil
}

func (sel *selection) counts(ctx context.Context, q db.Q) (map[string]int, error) {
	var rows []struct {
		Code int `db:"code"`
		N    int `db:"n"`
	}
	query := "select coalesce(" + fragState + ", 0) as code, count(*) as n" + sel.from(false, true) + " group by 1"
	if sel.present { // every visit counts them, by a plan that depends on no value
		query = db.Kept + query
	}
	if err := q.SelectContext(ctx, &rows, query, sel.args...); err != nil {
		return nil, fmt.Errorf("count files: %w", err)
	}
	counts := make(map[string]int, len(rows))
	for _, r := range rows {
		counts[stateName(r.Code)] = r.N
	}
	return counts, nil
}

// page finds one file more than the page holds, in reading direction.
func (sel *selection) page(ctx context.Context, q db.Q, f Filter, r page.Request) ([]found, error) {
	key, desc := f.key(), f.Desc != r.Back()
	key.beyond(sel, key.expr, sel.id(key.text, key.standing), cursorOf(r), desc)
	return sel.find(ctx, q, key, desc, r.Limit()+1)
}

// find gathers, sorts and cuts files by their keys alone; the wide columns are fetched for what is left.
func (sel *selection) find(ctx context.Context, q db.Q, key sortKey, desc bool, limit int) ([]found, error) {
	id := sel.id(key.text, key.standing)
	query := "select " + id + " as id, (" + key.expr + ")::text as key" + sel.from(key.text, key.standing) + key.order(key.expr, id, desc) +
		" limit " + strconv.Itoa(limit)
	var files []found
	err := q.SelectContext(ctx, &files, query, sel.args...)
	return files, listing(err)
}

// fetch reads the rows of files, in their order.
func fetch(ctx context.Context, q db.Q, org int32, at time.Time, files []found) ([]scanned, error) {
	ids, place := make(db.Ints[int64], len(files)), make(map[int64]int, len(files))
	for i, f := range files {
		ids[i], place[f.ID] = f.ID, i
	}
	var rows []scanned
	if err := q.SelectContext(ctx, &rows, sqlRows, org, at, ids); err != nil {
		return nil, listing(err)
	}
	for i := range rows {
		rows[i].Key = files[place[rows[i].ID]].Key
	}
	slices.SortFunc(rows, func(a, b scanned) int { return place[a.ID] - place[b.ID] })
	return rows, nil
}

func listing(err error) error {
	if err != nil {
		err = fmt.Errorf("list files: %w", err)
	}
	return err
}

func cursorOf(r page.Request) string {
	if r.Back() {
		return r.Before
	}
	return r.After
}

func (x vault) cut(org int32, r page.Request, rows []scanned, total int) (page.Result[Row], error) {
	res := page.Cut(r, rows, total, func(row scanned) string {
		return page.Cursor(row.Key, strconv.FormatInt(row.ID, 10))
	})
	out := page.Result[Row]{Total: res.Total, Prev: res.Prev, Next: res.Next, Rows: make([]Row, len(res.Rows))}
	for i := range res.Rows {
		row, err := x.finish(org, &res.Rows[i], false)
		if err != nil {
			return out, err
		}
		out.Rows[i] = row
	}
	return out, nil
}

// finish names the state and opens identity number and mobile, masked unless full.
func (x vault) finish(org int32, r *scanned, full bool) (Row, error) {
	r.State = stateName(r.Code)
	id, err := x.unseal(r.IDEnc, org, r.ID, "id_number")
	if err != nil {
		return r.Row, err
	}
	mobile, err := x.unseal(r.MobileEnc, org, r.ID, "mobile")
	if err != nil {
		return r.Row, err
	}
	if full {
		r.MaskedID, r.MaskedMobile = id, mobile
	} else {
		r.MaskedID, r.MaskedMobile = gb.MaskID(id), gb.MaskMobile(mobile)
	}
	return r.Row, nil
}
