package hold

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/audit"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/page"
	"github.com/fugong/fugong/internal/regime"
)

// Filter chooses open holds of an org. Zero fields choose all.
type Filter struct {
	Search string // part of a name, its pinyin or initials from the start, or the whole employee number
	Team   int64
	Kind   string
	Ready  bool   // may be released now
	Sort   string // one of Sorts; "" is SortSince
	Desc   bool
}

// What the list can be sorted by.
const (
	SortSince    = "since"
	SortName     = "name"
	SortEarliest = "earliest" // when the release is possible at the earliest
)

// Listed is an open hold in the list, with the person and what stands between it and its release.
type Listed struct {
	Hold
	Name, EmployeeNo, Workshop, Team string
	Check                            regime.ReleaseCheck
}

// Listing is a page of open holds. Kinds and Ready count the holds under the same filter without kind and without Ready; People are
// the people that have one.
type Listing struct {
	page.Result[Listed]
	Kinds  map[string]int
	Ready  int
	All    int
	People int
}

// The holds of an org that are open are few beside its people: they are read whole, since what may be released now only the rules
// can tell.
const sqlOpen = `select ` + fragColumns + `, e.name, e.pinyin, e.employee_no, coalesce(t.workshop, '') as workshop, coalesce(t.name, '') as team
    from hold h join employee e on e.org_id = h.org_id and e.id = h.employee_id
        left join team t on t.org_id = e.org_id and t.id = e.team_id
    where h.org_id = $1 and h.released_at is null and (h.to_at is null or h.to_at > $2) and e.work_status <> 'resigned'
        and ($3::bigint = 0 or e.team_id = $3)
        and ($4::text = '' or strpos(e.name, $4) > 0 or starts_with(e.pinyin, lower($4)) or starts_with(e.initials, lower($4))
            or e.employee_no = $4)`

type listedRow struct {
	row
	Name       string `db:"name"`
	Pinyin     string `db:"pinyin"`
	EmployeeNo string `db:"employee_no"`
	Workshop   string `db:"workshop"`
	Team       string `db:"team"`
}

// sorted is a hold of the list with the text that it is sorted by.
type sorted struct {
	Listed
	key string
}

// List pages through the open holds of the org.
func (s *Service) List(ctx context.Context, sc authz.Scope, f Filter, r page.Request, at time.Time) (Listing, error) {
	if err := sc.Require(authz.HoldPut, authz.HoldRelease); err != nil {
		return Listing{}, err
	}
	var l Listing
	err := s.db.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		rows, err := s.open(ctx, tx, sc.Org, f, at)
		if err != nil {
			return err
		}
		l = count(rows, f)
		l.Result = f.page(f.choose(rows), r)
		return nil
	})
	return l, err
}

// Export hands every hold that List pages through to the caller, in the list's order, and records that.
func (s *Service) Export(ctx context.Context, sc authz.Scope, f Filter, at time.Time) ([]Listed, error) {
	if err := sc.Require(authz.EmployeeExport); err != nil {
		return nil, err
	}
	if err := sc.Require(authz.HoldPut, authz.HoldRelease); err != nil {
		return nil, err
	}
	var out []Listed
	err := s.db.InTx(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		rows, err := s.open(ctx, tx, sc.Org, f, at)
		if err != nil {
			return err
		}
		out = nil
		for _, r := range f.choose(rows) {
			out = append(out, r.Listed)
		}
		return audit.Record(ctx, tx, sc, at, audit.Event{Action: "hold.export", Subject: "hold", Read: true, Detail: map[string]any{"rows": len(out)}})
	})
	return out, err
}

func (s *Service) open(ctx context.Context, q db.Q, org int32, f Filter, at time.Time) ([]sorted, error) {
	var found []listedRow
	if err := q.SelectContext(ctx, &found, sqlOpen, org, at, f.Team, strings.TrimSpace(f.Search)); err != nil {
		return nil, fmt.Errorf("list holds: %w", err)
	}
	holds := make([]Hold, len(found))
	for i := range found {
		holds[i] = found[i].hold()
	}
	checks, err := s.Checks(ctx, q, org, holds, at)
	if err != nil {
		return nil, err
	}
	rows := make([]sorted, len(found))
	for i, r := range found {
		rows[i] = sorted{Listed: Listed{Hold: holds[i], Name: r.Name, EmployeeNo: r.EmployeeNo, Workshop: r.Workshop, Team: r.Team, Check: checks[i]}}
		rows[i].key = f.key(&rows[i].Listed, r.Pinyin)
	}
	slices.SortFunc(rows, func(a, b sorted) int {
		if f.Desc {
			a, b = b, a
		}
		return compare(a, b)
	})
	return rows, nil
}

func compare(a, b sorted) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.ID, b.ID)) }

// key is what a hold is sorted by, as text whose order is that of its bytes.
func (f Filter) key(l *Listed, pinyin string) string {
	switch f.Sort {
	case SortName:
		return pinyin
	case SortEarliest:
		return sortable(l.Check.Earliest)
	}
	return sortable(l.From)
}

func sortable(t time.Time) string { return t.UTC().Format("20060102150405.000000") }

// count counts what the chips of a list show.
func count(rows []sorted, f Filter) Listing {
	l := Listing{Kinds: map[string]int{}}
	people := map[int64]bool{}
	for _, r := range rows {
		l.All++
		l.Kinds[r.Kind]++
		people[r.Employee] = true
		if r.Check.Ready && (f.Kind == "" || f.Kind == r.Kind) {
			l.Ready++
		}
	}
	l.People = len(people)
	return l
}

func (f Filter) choose(rows []sorted) []sorted {
	return slices.DeleteFunc(slices.Clone(rows), func(r sorted) bool {
		return f.Kind != "" && r.Kind != f.Kind || f.Ready && !r.Check.Ready
	})
}

// page cuts the page that the request asks for out of the rows in order.
func (f Filter) page(rows []sorted, r page.Request) page.Result[Listed] {
	total := len(rows)
	cursor := r.After
	if r.Back() {
		cursor = r.Before
		slices.Reverse(rows)
	}
	if keys, ok := page.Keys(cursor, 2); ok {
		at := sorted{key: keys[0]}
		at.ID, _ = strconv.ParseInt(keys[1], 10, 64) // no number is before every hold
		rows = slices.DeleteFunc(rows, func(row sorted) bool {
			order := compare(row, at)
			if f.Desc != r.Back() {
				order = -order
			}
			return order <= 0
		})
	}
	res := page.Cut(r, rows[:min(len(rows), r.Limit()+1)], total, func(row sorted) string {
		return page.Cursor(row.key, strconv.FormatInt(row.ID, 10))
	})
	out := page.Result[Listed]{Total: res.Total, Prev: res.Prev, Next: res.Next}
	for _, row := range res.Rows {
		out.Rows = append(out.Rows, row.Listed)
	}
	return out
}
