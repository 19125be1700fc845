package bench

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/fugong/fugong/internal/bench/city"
	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/platform/page"
	"github.com/fugong/fugong/internal/rollup"
)

func init() {
	register(Scenario{Name: "pages", Title: "pages of the bureau, of personnel and of one person, by the server's own time; the floor is the bare statement of the page",
		Run: runPages})
}

// looked is one address that somebody looks at.
type looked struct {
	name, login, path string
	bound             float64 // ms of server time
	says              string  // what the page must hold
	floor             string  // the bare statement behind the page, without scope, walls, audit and markup; "" for none
	args              []any
}

const looks = 11 // in each round, of which the median counts

// runPages looks at every page in rounds, over one connection, each beside its bare statement.
func runPages(ctx context.Context, w *World) error {
	s, err := w.Server(ctx)
	if err != nil {
		return err
	}
	if _, err := w.App.Rollups.Refresh(ctx, time.Now()); err != nil {
		return err
	}
	for _, p := range append(bureauLooks(w), append(listLooks(w), fileLooks(w)...)...) {
		if err := w.look(ctx, s, p); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	if err := w.strangers(ctx, s); err != nil {
		return err
	}
	return w.snapshots(ctx)
}

// strangers opens files that nobody opened before: what is not in the database server's memory has to be fetched.
func (w *World) strangers(ctx context.Context, s *Server) error {
	o, r := w.City.Largest, w.Rand("strangers")
	cookie, err := s.SignIn(ctx, o.Officer())
	if err != nil {
		return err
	}
	v, err := w.Repeat(ctx, func(ctx context.Context) (float64, error) {
		return middle(looks, func() (float64, error) {
			path := fmt.Sprintf("/employees/%d", o.RandomIn(r))
			return s.timed(ctx, path, cookie, path)
		})
	})
	w.Record(Figure{Scenario: "pages.file.first", Value: v.Median, Low: v.Low, High: v.High, Unit: "ms", Target: Under(20),
		Note: "each file for the first time; the machine's own cache is not emptied"})
	return err
}

const (
	sqlBareAreas = `select zone, industry, orgs, resumed, headcount, owed, tested, pending, overdue, no_record, held from area_now where $1::text is not null`
	sqlBareList  = `select e.id, e.employee_no, e.name, e.test_category, e.work_status, s.s0, s.due_at
    from (select id from employee where org_id = $1 and work_status <> 'resigned' order by pinyin using ~<~, id limit 51) p
        join employee e on e.org_id = $1 and e.id = p.id left join standing s on s.org_id = e.org_id and s.employee_id = e.id`
	sqlBareFile = `select sampled_at, result from sample where org_id = $1 and employee_id = $2 order by sampled_at desc limit 21`
)

func bureauLooks(w *World) []looked {
	o := w.City.Largest
	at := func(name, path, says string) looked {
		return looked{name: "pages.bureau." + name, login: city.BureauLogin, path: path, bound: 15, says: says, floor: sqlBareAreas, args: []any{""}}
	}
	return []looked{
		at("city", "/bureau", `id="map"`),
		at("district", "/bureau/zones/"+url.PathEscape(o.Zone), `id="industries"`),
		at("industry", "/bureau/industries/"+url.PathEscape(o.Industry), `id="zones"`),
		at("enterprise", fmt.Sprintf("/bureau/orgs/%d", o.ID), o.Name),
		at("orgs", "/bureau/orgs?sort=untested", `id="orgs"`),
	}
}

// listLooks are the lists of the largest enterprise: as it opens, each filter, each order, each kind of search; the first page and
// one far in.
func listLooks(w *World) []looked {
	o := w.City.Largest
	at := func(name, query string) looked {
		return looked{name: "pages.list." + name, login: o.Officer(), path: "/employees?" + query, bound: 10, says: `id="employees"`, floor: sqlBareList, args: []any{o.ID}}
	}
	out := []looked{at("default", ""), at("deep", "after="+url.QueryEscape(page.Cursor("liu", strconv.FormatInt(o.First, 10)))),
		at("status", "status=leave"), at("category", "category=cold_chain"), at("workshop", "workshop="+url.QueryEscape("一车间")),
		at("name", "q="+url.QueryEscape("志强")), at("pinyin", "q=wang"), at("number", "q="+strconv.FormatInt(o.First, 10)),
		at("deep_due", "sort=due&after="+url.QueryEscape(page.Cursor(strconv.FormatInt(w.Now.UnixMicro(), 10), strconv.FormatInt(o.First, 10))))}
	for _, sort := range employee.Sorts() {
		out = append(out, at("by_"+sort, "sort="+sort), at("by_"+sort+"_desc", "sort="+sort+"&desc=1"))
	}
	for _, state := range []string{"overdue", "due_soon", "ok", employee.StateHeld} {
		out = append(out, at("state_"+state, "state="+state))
	}
	return out
}

func fileLooks(w *World) []looked {
	o := w.City.Largest
	id := o.RandomIn(w.Rand("pages"))
	return []looked{
		{name: "pages.week.largest", login: o.Officer(), path: "/week", bound: 20, says: `id="teams"`},
		{name: "pages.file.warm", login: o.Officer(), path: fmt.Sprintf("/employees/%d", id), bound: 3, says: fmt.Sprintf("/employees/%d", id), floor: sqlBareFile, args: []any{o.ID, id}},
	}
}

// look measures one page: the median of a round's looks, beside the median of as many runs of the bare statement.
func (w *World) look(ctx context.Context, s *Server, p looked) error {
	cookie, err := s.SignIn(ctx, p.login)
	if err != nil {
		return err
	}
	n := looks
	if w.Quick() {
		n = 1
	}
	subject := func(ctx context.Context) (float64, error) {
		return middle(n, func() (float64, error) { return s.timed(ctx, p.path, cookie, p.says) })
	}
	f := Figure{Scenario: p.name, Unit: "ms", Target: Under(p.bound), Note: "server's own time, one connection"}
	if p.floor == "" {
		v, err := w.Repeat(ctx, subject)
		f.Value, f.Low, f.High = v.Median, v.Low, v.High
		w.Record(f)
		return err
	}
	floor := func(ctx context.Context) (float64, error) {
		return middle(n, func() (float64, error) { return Ms(func() error { return drain(ctx, w, p.floor, p.args) }) })
	}
	c, err := w.Compare(ctx, floor, subject)
	f.Value, f.Low, f.High, f.Floor, f.Ratio = c.Value.Median, c.Value.Low, c.Value.High, c.Floor.Median, c.Ratio.Median
	w.Record(f)
	return err
}

// middle is the median of n measurements.
func middle(n int, once func() (float64, error)) (float64, error) {
	values := make([]float64, n)
	for i := range values {
		var err error
		if values[i], err = once(); err != nil {
			return 0, err
		}
	}
	return Percentile(values, 50), nil
}

func drain(ctx context.Context, w *World, query string, args []any) (err error) {
	var rows *sql.Rows
	if rows, err = w.Admin.QueryContext(ctx, query, args...); err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
	}
	return rows.Err()
}

var serverTook = regexp.MustCompile(`app;dur=([0-9.]+)`)

// timed fetches a page and answers how long the server says it took.
func (s *Server) timed(ctx context.Context, path, cookie, says string) (float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+path, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Cookie", cookie)
	r, err := noRedirect.Do(req)
	if err != nil {
		return 0, err
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return 0, err
	}
	took := serverTook.FindStringSubmatch(r.Header.Get("Server-Timing"))
	if err := checkf(r.StatusCode == http.StatusOK && strings.Contains(string(body), says) && took != nil, "GET %s: status %d, without %q: %.500s",
		path, r.StatusCode, says, body); err != nil {
		return 0, err
	}
	return strconv.ParseFloat(took[1], 64)
}

// snapshots measures the refresh, the exact count that a reader asks for, and how old the snapshot of a running server gets.
func (w *World) snapshots(ctx context.Context) error {
	refresh, err := w.Repeat(ctx, func(ctx context.Context) (float64, error) {
		return Ms(func() error {
			n, err := w.App.Rollups.Refresh(ctx, time.Now())
			if err != nil {
				return err
			}
			return checkf(int(n) == len(w.City.Orgs), "%d of %d enterprises counted", n, len(w.City.Orgs))
		})
	})
	if err != nil {
		return err
	}
	w.Record(Figure{Scenario: "pages.refresh", Value: refresh.Median, Low: refresh.Low, High: refresh.High, Unit: "ms", Target: Under(300)})
	exact, err := w.Repeat(ctx, func(ctx context.Context) (float64, error) {
		return Ms(func() error {
			_, err := w.App.Rollups.Count(ctx, time.Now())
			return err
		})
	})
	if err != nil {
		return err
	}
	w.Record(Figure{Scenario: "pages.exact", Value: exact.Median, Low: exact.Low, High: exact.High, Unit: "ms", Target: Under(150),
		Note: "the live count of every enterprise, as the exact count makes it before it is kept"})
	trend, err := w.Repeat(ctx, func(ctx context.Context) (float64, error) {
		return Ms(func() error {
			v, err := w.App.Rollups.Overview(ctx, w.Bureau(), rollup.Filter{}, 10, time.UTC, time.Now())
			if err != nil {
				return err
			}
			return checkf(len(v.Trend) > 0, "no trend")
		})
	})
	w.Record(Figure{Scenario: "pages.trend52", Value: trend.Median, Low: trend.Low, High: trend.High, Unit: "ms", Target: Under(15)})
	return err
}
