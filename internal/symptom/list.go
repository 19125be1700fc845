package symptom

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/page"
)

// row is a report as stored.
type row struct {
	ID          int64           `db:"id"`
	Employee    int64           `db:"employee_id"`
	At          time.Time       `db:"at"`
	Temperature sql.NullFloat64 `db:"temperature"`
	Site        string          `db:"site"`
	Sealed      []byte          `db:"symptoms_enc"`
	Alert       bool            `db:"alert"`
	Reporter    string          `db:"reporter"`
	Hold        int64           `db:"hold_id"`
	SeenAt      sql.NullTime    `db:"seen_at"`
	EnteredAt   time.Time       `db:"entered_at"`
}

func (s *Service) open(org int32, r *row) (Report, error) {
	out := Report{ID: r.ID, Employee: r.Employee, At: r.At, Site: r.Site, Alert: r.Alert, Reporter: Reporter(r.Reporter), Hold: r.Hold,
		SeenAt: r.SeenAt.Time, EnteredAt: r.EnteredAt}
	if r.Temperature.Valid {
		out.Temperature = &r.Temperature.Float64
	}
	return out, s.unseal(org, r.Sealed, &out)
}

const sqlOfEmployee = db.Kept + `select id, employee_id, at, temperature, site, symptoms_enc, alert, reporter, coalesce(hold_id, 0) as hold_id,
        seen_at, entered_at
    from symptom_report where org_id = $1 and employee_id = $2 and at < $3 order by at desc, id desc limit $4`

// OfEmployee lists reports about a person from before an instant, the newest first, opened. It asks for no permission and
// writes nothing down: it is a part of whatever page opens the file, which must not be a leader's.
func (s *Service) OfEmployee(ctx context.Context, q db.Q, org int32, employee int64, before time.Time, limit int) ([]Report, error) {
	var rows []row
	if err := q.SelectContext(ctx, &rows, sqlOfEmployee, org, employee, before, limit); err != nil {
		return nil, fmt.Errorf("read reports of a person: %w", err)
	}
	reports := make([]Report, len(rows))
	for i := range rows {
		var err error
		if reports[i], err = s.open(org, &rows[i]); err != nil {
			return nil, err
		}
	}
	return reports, nil
}

// Filter chooses reports of an org. Zero fields choose all.
type Filter struct {
	Query  string // part of a name, its pinyin or initials from the start, or the whole employee number
	Alert  bool   // alerts only
	Unseen bool   // alerts that nobody has looked at
	page.Request
}

// Listed is a report in a list.
type Listed struct {
	Report
	Name, EmployeeNo, Workshop, Team string
	HoldOpen                         bool // its hold has not been released
}

// The list and its total go through this one statement.
const sqlList = `with hits as (
        select r.employee_id, r.id, r.at
        from symptom_report r join employee e on e.org_id = r.org_id and e.id = r.employee_id
        where r.org_id = $1 and (not $2::boolean or r.alert) and (not $3::boolean or r.alert and r.seen_at is null)
            and ($4::text = '' or strpos(e.name, $4) > 0 or starts_with(e.pinyin, lower($4)) or starts_with(e.initials, lower($4))
                or e.employee_no = $4))
    select r.id, r.employee_id, r.at, r.temperature, r.site, r.symptoms_enc, r.alert, r.reporter, coalesce(r.hold_id, 0) as hold_id,
        r.seen_at, r.entered_at, e.name, e.employee_no, coalesce(t.workshop, '') as workshop, coalesce(t.name, '') as team,
        coalesce(h.released_at is null and (h.to_at is null or h.to_at > $9), false) and h.id is not null as hold_open,
        (select count(*) from hits) as total
    from hits
        join symptom_report r on r.org_id = $1 and r.employee_id = hits.employee_id and r.id = hits.id
        join employee e on e.org_id = $1 and e.id = r.employee_id
        left join team t on t.org_id = $1 and t.id = e.team_id
        left join hold h on h.org_id = $1 and h.employee_id = r.employee_id and h.id = r.hold_id
    where case when $5::boolean then (r.at, r.id) > ($6::timestamptz, $7::bigint) else (r.at, r.id) < ($6::timestamptz, $7::bigint) end
    order by case when $5::boolean then r.at end, case when $5::boolean then r.id end, r.at desc, r.id desc
    limit $8`

type listedRow struct {
	row
	Name       string `db:"name"`
	EmployeeNo string `db:"employee_no"`
	Workshop   string `db:"workshop"`
	Team       string `db:"team"`
	HoldOpen   bool   `db:"hold_open"`
	Total      int    `db:"total"`
}

// List pages through reports of the org, the newest first, opened. Each person of whom symptoms are shown gets that written
// down as a reading of the file.
func (s *Service) List(ctx context.Context, sc authz.Scope, f Filter, at time.Time) (page.Result[Listed], error) {
	var res page.Result[Listed]
	if err := sc.Require(authz.SymptomRecord); err != nil {
		return res, err
	}
	from, id := f.start(at)
	err := s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		var rows []listedRow
		err := tx.SelectContext(ctx, &rows, sqlList, sc.Org, f.Alert, f.Unseen, strings.TrimSpace(f.Query), f.Back(), from, id, f.Limit()+1, at)
		if err != nil {
			return fmt.Errorf("list reports: %w", err)
		}
		out, total := make([]Listed, len(rows)), 0
		for i := range rows {
			r := &rows[i]
			report, err := s.open(sc.Org, &r.row)
			if err != nil {
				return err
			}
			out[i] = Listed{report, r.Name, r.EmployeeNo, r.Workshop, r.Team, r.HoldOpen}
			total = r.Total
		}
		res = page.Cut(f.Request, out, total, cursorOf)
		return recordReading(ctx, tx, sc, res.Rows, at)
	})
	return res, err
}

// recordReading writes down whose symptoms a page shows, each person once.
func recordReading(ctx context.Context, q db.Q, sc authz.Scope, shown []Listed, at time.Time) error {
	done := map[int64]bool{}
	for _, l := range shown {
		if len(l.Symptoms) == 0 && l.Note == "" || done[l.Employee] {
			continue
		}
		done[l.Employee] = true
		err := audit.Record(ctx, q, sc, at, audit.Event{Action: "symptom.view", Subject: "symptom_report", SubjectID: strconv.FormatInt(l.ID, 10),
			Employee: l.Employee, Read: true})
		if err != nil {
			return err
		}
	}
	return nil
}

// start is the cursor, or one before every row when there is none or a broken one.
func (f Filter) start(at time.Time) (time.Time, int64) {
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
		return time.Unix(0, 0), 0
	}
	return at.AddDate(1, 0, 0), math.MaxInt64
}

func cursorOf(l Listed) string {
	return page.Cursor(strconv.FormatInt(l.At.UnixMicro(), 10), strconv.FormatInt(l.ID, 10))
}
