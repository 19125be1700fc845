package dispute

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/page"
)

// Show says which disputes a list holds.
type Show string

// The lists. Those that wait are listed by their clock, all others the newest first.
const (
	ShowOpen     Show = "" // wait for an answer
	ShowLate     Show = "late"
	ShowAnswered Show = "answered"
	ShowAll      Show = "all"
)

// Filter chooses disputes of an org. Zero fields choose all.
type Filter struct {
	Show    Show
	Subject Subject
	Query   string // part of a name, its pinyin or initials from the start, or the whole employee number
	page.Request
}

func (f Filter) byClock() bool { return f.Show == ShowOpen || f.Show == ShowLate }

// Listed is a dispute in a list, without its words.
type Listed struct {
	ID, Employee                     int64
	Name, EmployeeNo, Workshop, Team string
	About                            About
	State                            State
	OpenedAt, DueAt, AnsweredAt      time.Time
	AnsweredBy                       string
	Reopens                          bool
}

// Late reports whether the answer is overdue, or came late.
func (l *Listed) Late(at time.Time) bool {
	d := Dispute{State: l.State, DueAt: l.DueAt, AnsweredAt: l.AnsweredAt}
	return d.Late(at)
}

// The list and its total go through this one statement. $5 orders by the clock, upwards; else by opening, downwards.
const sqlList = `with hits as (
        select d.employee_id, d.id, case when $5::boolean then d.due_at else d.opened_at end as place
        from dispute d join employee e on e.org_id = d.org_id and e.id = d.employee_id
        where d.org_id = $1
            and case $2::text when '' then d.state = 'open' when 'late' then d.state = 'open' and d.due_at <= $10
                when 'answered' then d.state in ('upheld', 'rejected') else true end
            and ($3::text = '' or d.subject = $3)
            and ($4::text = '' or strpos(e.name, $4) > 0 or starts_with(e.pinyin, lower($4)) or starts_with(e.initials, lower($4))
                or e.employee_no = $4))
    select d.id, d.employee_id, d.subject, d.subject_ref, d.state, d.opened_at, d.due_at, d.answered_at, d.answered_by_name,
        d.reopens is not null as reopens, e.name, e.employee_no, coalesce(t.workshop, '') as workshop, coalesce(t.name, '') as team,
        (select count(*) from hits) as total
    from hits
        join dispute d on d.org_id = $1 and d.employee_id = hits.employee_id and d.id = hits.id
        join employee e on e.org_id = $1 and e.id = d.employee_id
        left join team t on t.org_id = $1 and t.id = e.team_id
    where case when $6::boolean then (hits.place, d.id) > ($7::timestamptz, $8::bigint)
        else (hits.place, d.id) < ($7::timestamptz, $8::bigint) end
    order by case when $6::boolean then hits.place end, case when $6::boolean then d.id end, hits.place desc, d.id desc
    limit $9`

type listedRow struct {
	ID         int64        `db:"id"`
	Employee   int64        `db:"employee_id"`
	Subject    string       `db:"subject"`
	Ref        string       `db:"subject_ref"`
	State      string       `db:"state"`
	OpenedAt   time.Time    `db:"opened_at"`
	DueAt      time.Time    `db:"due_at"`
	AnsweredAt sql.NullTime `db:"answered_at"`
	AnsweredBy string       `db:"answered_by_name"`
	Reopens    bool         `db:"reopens"`
	Name       string       `db:"name"`
	EmployeeNo string       `db:"employee_no"`
	Workshop   string       `db:"workshop"`
	Team       string       `db:"team"`
	Total      int          `db:"total"`
}

// List pages through the disputes of the org.
func (s *Service) List(ctx context.Context, sc authz.Scope, f Filter, at time.Time) (page.Result[Listed], error) {
	var res page.Result[Listed]
	if err := sc.Require(authz.DisputeAnswer); err != nil {
		return res, err
	}
	up := f.byClock() != f.Back()
	from, id := f.Start(up)
	var rows []listedRow
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		return tx.SelectContext(ctx, &rows, sqlList, sc.Org, string(f.Show), string(f.Subject), strings.TrimSpace(f.Query), f.byClock(), up,
			from, id, f.Limit()+1, at)
	})
	if err != nil {
		return res, fmt.Errorf("list disputes: %w", err)
	}
	out, total := make([]Listed, len(rows)), 0
	for i, r := range rows {
		ref, _ := strconv.ParseInt(r.Ref, 10, 64) // none for standing and file
		out[i] = Listed{ID: r.ID, Employee: r.Employee, Name: r.Name, EmployeeNo: r.EmployeeNo, Workshop: r.Workshop, Team: r.Team,
			About: About{Subject(r.Subject), ref}, State: State(r.State), OpenedAt: r.OpenedAt, DueAt: r.DueAt,
			AnsweredAt: r.AnsweredAt.Time, AnsweredBy: r.AnsweredBy, Reopens: r.Reopens}
		total = r.Total
	}
	return page.Cut(f.Request, out, total, f.cursor), nil
}

func (f Filter) cursor(l Listed) string {
	at := l.OpenedAt
	if f.byClock() {
		at = l.DueAt
	}
	return page.AtInstant(at, l.ID)
}

// Waiting counts the disputes that wait for an answer, and those of them whose clock has run out.
type Waiting struct {
	Open int `db:"open"`
	Late int `db:"late"`
}

const sqlWaiting = `select count(*) as open, count(*) filter (where due_at <= $2) as late from dispute where org_id = $1 and state = 'open'`

// Waiting counts what the office has to answer.
func (s *Service) Waiting(ctx context.Context, sc authz.Scope, at time.Time) (Waiting, error) {
	var w Waiting
	if err := sc.Require(authz.DisputeAnswer); err != nil {
		return w, err
	}
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error { return tx.GetContext(ctx, &w, sqlWaiting, sc.Org, at) })
	if err != nil {
		return w, fmt.Errorf("count disputes: %w", err)
	}
	return w, nil
}
