package standing

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/regime"
)

// orgRules is what the rules need to know of an org.
type orgRules struct {
	id     int32
	rules  regime.Rules
	zone   *time.Location
	goLive time.Time
	// decided is when the last of the rules was; known of several orgs at once only.
	decided time.Time
}

const sqlOrg = db.Kept + `select time_zone, go_live_at from org where id = $1`

// loadOrg reads an org with the rules that were confirmed by the instant known, zero for today.
func (s *Service) loadOrg(ctx context.Context, q db.Q, org int32, known time.Time) (*orgRules, error) {
	var r struct {
		TimeZone string    `db:"time_zone"`
		GoLiveAt time.Time `db:"go_live_at"`
	}
	if err := q.GetContext(ctx, &r, sqlOrg, org); err != nil {
		return nil, fmt.Errorf("org: %w", db.OneRow(err))
	}
	zone, err := clock.Zone(r.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("time zone: %w", err)
	}
	rules, err := s.book.For(ctx, q, org, known)
	if err != nil {
		return nil, fmt.Errorf("rules of org: %w", err)
	}
	return &orgRules{id: org, rules: rules, zone: zone, goLive: r.GoLiveAt}, nil
}

// key names a file.
type key struct {
	org int32
	id  int64
}

// request is whose records to read: some people of one org, or everyone of a part.
type request struct {
	org  int32
	ids  []int64
	part *part
	// since is the earliest instant that is asked about.
	since time.Time
	// window is how long before since samples are read at first, and rests says of a file how far back they matter: whoever needs more
	// has more read. Without rests the window must do, save that an abnormal result stands until a later sample clears it, so that who
	// has an older one has every sample read.
	window time.Duration
	rests  func(key, *file) time.Time
	// past adds what the records told once and tell no more.
	past bool
}

// sampleWindow is a time before which samples cannot move a rule of at most a month, nor are worth showing.
const sampleWindow = 100 * 24 * time.Hour

// args are the arguments of a statement: those that name the people, and more. Every statement has two forms.
func (r *request) args(one, many string, more ...any) (string, []any) {
	if r.part == nil {
		return one, append([]any{r.org, pq.Array(r.ids)}, more...)
	}
	return many, append([]any{pq.Array(r.part.orgs), r.part.after, r.part.upTo}, more...)
}

// load reads files, one statement for each kind of record. An id without a file is left out.
func load(ctx context.Context, q db.Q, r request) (map[key]*file, error) {
	files := make(map[key]*file, max(len(r.ids), r.people()))
	for _, load := range []func(context.Context, db.Q, request, map[key]*file) error{
		loadFiles, loadHistory, loadExemptions, loadHolds, loadSamples, loadVersions,
	} {
		if err := load(ctx, q, r, files); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func (r *request) people() int {
	if r.part == nil {
		return len(r.ids)
	}
	return r.part.people
}

// instant reads microseconds since 1970, null as zero. It is how instants travel where many are read: a fifth of the cost of
// writing a date and reading it.
type instant struct{ time.Time }

// Scan implements sql.Scanner.
func (i *instant) Scan(src any) error {
	switch v := src.(type) {
	case int64:
		i.Time = time.UnixMicro(v).UTC()
	case nil:
		i.Time = time.Time{}
	default:
		return fmt.Errorf("instant: cannot read %T", src)
	}
	return nil
}

// eachRow runs a statement and hands over each row to be scanned.
func eachRow(ctx context.Context, q db.Q, query string, args []any, scan func(*sql.Rows) error) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

const fragFile = `select org_id, id, test_category, (date_part('epoch', category_since) * 1e6)::bigint, work_status,
        (date_part('epoch', status_since) * 1e6)::bigint, (date_part('epoch', status_until) * 1e6)::bigint,
        (date_part('epoch', created_at) * 1e6)::bigint, (date_part('epoch', updated_at) * 1e6)::bigint
    from employee `

const sqlFiles = db.Kept + fragFile + `where org_id = $1 and id = any($2)`

const sqlFilesOf = fragFile + `where org_id = any($1) and id > $2 and id <= $3`

// The spans that the file itself shows are told by its history as well, save in a file without any.
func loadFiles(ctx context.Context, q db.Q, r request, files map[key]*file) error {
	var k key
	var category, status string
	var categorySince, statusSince, until, created, updated instant
	room := make([]file, r.people()) // one piece of memory for all
	query, args := r.args(sqlFiles, sqlFilesOf)
	err := eachRow(ctx, q, query, args, func(rows *sql.Rows) error {
		if err := rows.Scan(&k.org, &k.id, &category, &categorySince, &status, &statusSince, &until, &created, &updated); err != nil {
			return err
		}
		if len(room) == 0 { // more have come
			room = make([]file, 16)
		}
		files[k], room = &room[0], room[1:]
		files[k].own(regime.CategorySpan{Category: regime.Category(category), From: categorySince.Time}, later(created.Time, categorySince.Time),
			regime.StatusSpan{Status: regime.WorkStatus(status), From: statusSince.Time, To: until.Time}, updated.Time)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read files: %w", err)
	}
	return nil
}

// own notes the spans that the file itself shows, with room for the history's.
func (f *file) own(c regime.CategorySpan, categoryFrom time.Time, s regime.StatusSpan, statusFrom time.Time) {
	f.categories = append(make([]told[regime.CategorySpan], 0, 2), told[regime.CategorySpan]{fact: c, from: categoryFrom})
	f.statuses = append(make([]told[regime.StatusSpan], 0, 2), told[regime.StatusSpan]{fact: s, from: statusFrom})
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

const fragHistory = `select org_id, employee_id, (date_part('epoch', effective_at) * 1e6)::bigint, (date_part('epoch', until) * 1e6)::bigint,
        (date_part('epoch', at) * 1e6)::bigint, coalesce(after->>'test_category', ''), coalesce(after->>'work_status', '')
    from employee_change
    where kind in ('created', 'category', 'status') and `

const sqlHistory = db.Kept + fragHistory + `org_id = $1 and employee_id = any($2)`

const sqlHistoryOf = fragHistory + `org_id = any($1) and employee_id > $2 and employee_id <= $3`

func loadHistory(ctx context.Context, q db.Q, r request, files map[key]*file) error {
	var k key
	var from, until, at instant
	var category, status string
	query, args := r.args(sqlHistory, sqlHistoryOf)
	err := eachRow(ctx, q, query, args, func(rows *sql.Rows) error {
		if err := rows.Scan(&k.org, &k.id, &from, &until, &at, &category, &status); err != nil {
			return err
		}
		if f := files[k]; f != nil {
			f.addHistory(category, status, from.Time, until.Time, at.Time)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read history: %w", err)
	}
	return nil
}

func (f *file) addHistory(category, status string, from, until, at time.Time) {
	if category != "" {
		f.categories = append(f.categories, told[regime.CategorySpan]{
			fact: regime.CategorySpan{Category: regime.Category(category), From: from}, from: at})
	}
	if status != "" {
		f.statuses = append(f.statuses, told[regime.StatusSpan]{
			fact: regime.StatusSpan{Status: regime.WorkStatus(status), From: from, To: until}, from: at})
	}
}

const fragExemption = `select org_id, employee_id, ground, (date_part('epoch', from_at) * 1e6)::bigint as from_at,
        (date_part('epoch', to_at) * 1e6)::bigint as to_at, (date_part('epoch', entered_at) * 1e6)::bigint as entered_at,
        (date_part('epoch', cancelled_at) * 1e6)::bigint as cancelled_at
    from exemption `

const fragVaccination = ` union all
    select org_id, employee_id, '', (date_part('epoch', at) * 1e6)::bigint, null, (date_part('epoch', entered_at) * 1e6)::bigint,
        (date_part('epoch', cancelled_at) * 1e6)::bigint
    from vaccination where dose > 0 and `

const sqlExemptions = db.Kept + fragExemption + `where org_id = $1 and employee_id = any($2)` +
	fragVaccination + `org_id = $1 and employee_id = any($2)`

const sqlExemptionsOf = fragExemption + `where org_id = any($1) and employee_id > $2 and employee_id <= $3` +
	fragVaccination + `org_id = any($1) and employee_id > $2 and employee_id <= $3`

// loadExemptions reads exemptions and vaccinations, the latter without a ground.
func loadExemptions(ctx context.Context, q db.Q, r request, files map[key]*file) error {
	var k key
	var ground string
	var from, to, entered, cancelled instant
	query, args := r.args(sqlExemptions, sqlExemptionsOf)
	err := eachRow(ctx, q, query, args, func(rows *sql.Rows) error {
		if err := rows.Scan(&k.org, &k.id, &ground, &from, &to, &entered, &cancelled); err != nil {
			return err
		}
		f := files[k]
		switch {
		case f == nil:
		case ground == "":
			f.vaccinations = append(f.vaccinations, told[time.Time]{from.Time, entered.Time, cancelled.Time})
		default:
			x := regime.Exemption{Ground: ground, From: from.Time, To: to.Time}
			f.exemptions = append(f.exemptions, told[regime.Exemption]{x, entered.Time, cancelled.Time})
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read exemptions: %w", err)
	}
	return nil
}

const fragHold = `select org_id, employee_id, id, kind, derived, void, from_at, to_at, created_at, released_at, released_by from hold `

const sqlHolds = db.Kept + fragHold + `where org_id = $1 and employee_id = any($2)`

const sqlHoldsOf = fragHold + `where org_id = any($1) and employee_id > $2 and employee_id <= $3`

type holdRow struct {
	Org        int32         `db:"org_id"`
	Employee   int64         `db:"employee_id"`
	ID         int64         `db:"id"`
	Kind       string        `db:"kind"`
	Derived    bool          `db:"derived"`
	Void       bool          `db:"void"`
	From       time.Time     `db:"from_at"`
	To         sql.NullTime  `db:"to_at"`
	Created    time.Time     `db:"created_at"`
	Released   sql.NullTime  `db:"released_at"`
	ReleasedBy sql.NullInt64 `db:"released_by"`
}

func loadHolds(ctx context.Context, q db.Q, r request, files map[key]*file) error {
	var rows []holdRow
	query, args := r.args(sqlHolds, sqlHoldsOf)
	if err := q.SelectContext(ctx, &rows, query, args...); err != nil {
		return fmt.Errorf("read holds: %w", err)
	}
	for _, row := range rows {
		f := files[key{row.Org, row.Employee}]
		switch {
		case f == nil:
		case row.Derived:
			f.addDerived(row)
		default:
			f.addHold(row)
		}
	}
	return nil
}

// addDerived notes a hold that regime derives by itself; a person's release of it is a fact of its own.
func (f *file) addDerived(row holdRow) {
	f.derived = append(f.derived, derivedRow{id: row.ID, kind: row.Kind, from: row.From, open: !row.Released.Valid})
	if row.Released.Valid && row.ReleasedBy.Valid {
		f.releases = append(f.releases, told[regime.Release]{fact: regime.Release{Kind: row.Kind, At: row.Released.Time}, from: row.Released.Time})
	}
}

// addHold adds a hold with its end. Before the release was entered, the records told the same hold without it.
func (f *file) addHold(row holdRow) {
	h := regime.Hold{Kind: row.Kind, From: row.From, To: row.To.Time, ID: row.ID}
	if !row.Released.Valid {
		f.holds = append(f.holds, told[regime.Hold]{fact: h, from: row.Created})
		return
	}
	f.holds = append(f.holds, told[regime.Hold]{fact: h, from: row.Created, until: row.Released.Time})
	if row.Void {
		return // it never held, as far as the records tell today
	}
	if h.To.IsZero() || row.Released.Time.Before(h.To) {
		h.To = row.Released.Time
	}
	f.holds = append(f.holds, told[regime.Hold]{fact: h, from: row.Released.Time})
}
