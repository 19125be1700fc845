package e2e

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/fugong/fugong/internal/app"
	"github.com/fugong/fugong/internal/demo"
	"github.com/fugong/fugong/internal/identity/authz"
)

// fever is the story with the people it is about. Its worker shares a room, a bus and a table with one person each of other teams,
// and nobody else does; one of the team works at night.
type fever struct {
	*story
	lead, city *tab
	worker     int64
	name, team string // of the worker
	mate       [3]int64
	night      int64
	contacts   []int64 // who should be listed
	waiting    []int64 // of them, who waits
	incident   int64
	everybody  []string
}

func newFever(t *testing.T) *fever {
	f := &fever{story: newStory(t)}
	f.worker = look[int64](t, f.world, `select employee_id from account where org_id = $1 and role = 'worker' and state = 'active'`, f.org)
	f.name = look[string](t, f.world, `select name from employee where id = $1`, f.worker)
	f.team = look[string](t, f.world, `select coalesce(t.workshop || ' ' || t.name, '') from employee e join team t on t.id = e.team_id where e.id = $1`, f.worker)
	f.everybody = list[string](f, `select name from employee where org_id = $1`, f.org)
	others := list[int64](f, `select id from employee e where org_id = $1 and work_status = 'on_post' and team_id <> (select team_id from employee where id = $2)
		and not exists (select from hold h where h.employee_id = e.id) order by id limit 3`, f.org, f.worker)
	f.mate = [3]int64(others)
	f.amend(f.worker, "edit", map[string]string{"dorm_building": "探亲楼", "dorm_room": "411", "bus": "夜班专线", "canteen_table": "清真 9 桌"})
	f.amend(f.mate[0], "edit", map[string]string{"dorm_building": "探亲楼", "dorm_room": "411"})
	f.amend(f.mate[1], "edit", map[string]string{"bus": "夜班专线"})
	f.amend(f.mate[2], "edit", map[string]string{"canteen_table": "清真 9 桌"})
	crew := list[int64](f, `select e.id from employee e where org_id = $1 and id <> $2 and work_status = 'on_post' and team_id = (select team_id from employee where id = $2)
		order by exists (select from account a where a.employee_id = e.id and a.state = 'active'), id`, f.org, f.worker)
	f.night = crew[0]
	f.amend(f.worker, "place", map[string]string{"shift": "白班"})
	f.amend(f.night, "place", map[string]string{"shift": "夜班"})
	f.contacts = append(f.mate[:], crew[1:]...)
	slices.Sort(f.contacts)
	f.phone, f.lead, f.city = newTab(t, f.URL, phone, "zh-CN"), newTab(t, f.URL, phone, "zh-CN"), newTab(t, f.URL, desk, "zh-CN")
	f.phone.signIn(f.logins[authz.Worker], demo.Password)
	f.lead.signIn(f.logins[authz.TeamLeader], demo.Password)
	f.city.signIn(f.logins[authz.CityBureau], demo.Password)
	return f
}

func list[T any](f *fever, query string, args ...any) []T {
	f.t.Helper()
	var v []T
	if err := f.db.SelectContext(f.t.Context(), &v, query, args...); err != nil {
		f.t.Fatalf("%s: %v", query, err)
	}
	return v
}

// amend lets the officer change fields of a file in one of its forms.
func (f *fever) amend(employee int64, form string, values map[string]string) {
	f.t.Helper()
	f.desk.open(fmt.Sprintf("/employees/%d/%s", employee, form))
	for name, value := range values {
		f.desk.do(chromedp.SetValue(chromedp.CSS("main [name="+name+"]"), value))
	}
	f.submit(f.desk)
}

// submit sends the form of the page, which must be accepted.
func (f *fever) submit(tb *tab) {
	f.t.Helper()
	before := tb.where()
	if status := tb.follow("main form.form button.btn-primary"); status != http.StatusOK {
		f.t.Fatalf("the form at %s was not accepted: status %d\n%s", before, status, tb.text("main"))
	}
}

// at moves the clock to a time of the day, or of the next one.
func (f *fever) at(day int, clock string) time.Time {
	f.t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", fmt.Sprintf("2022-03-%d %s", day, clock), zone)
	if err != nil {
		f.t.Fatal(err)
	}
	f.clock.Set(at)
	return at
}

// tick lets both servers run what is due, at once and twice.
func (f *fever) tick() {
	f.t.Helper()
	for range 2 {
		var both sync.WaitGroup
		for _, p := range []*app.Program{f.Program, f.second} {
			both.Go(func() {
				if err := p.Tick(f.t.Context(), f.clock.Now()); err != nil {
					f.t.Errorf("tick at %s: %v", f.clock.Now(), err)
				}
			})
		}
		both.Wait()
	}
}

// says fails unless a part of a page shows every text, however its words are spaced.
func (f *fever) says(tb *tab, css string, want ...string) {
	f.t.Helper()
	text := strings.Join(strings.Fields(tb.text(css)), " ")
	for _, w := range want {
		if !strings.Contains(text, w) {
			f.t.Errorf("%s: %s does not say %q:\n%s", tb.where(), css, w, text)
		}
	}
}

// silent fails if a part of a page shows one of the texts.
func (f *fever) silent(tb *tab, css string, not ...string) {
	f.t.Helper()
	text := tb.text(css)
	for _, w := range not {
		if strings.Contains(text, w) {
			f.t.Errorf("%s: %s says %q", tb.where(), css, w)
		}
	}
}

func (f *fever) page(parts ...string) string {
	return strings.Join(append([]string{fmt.Sprintf("/incidents/%d", f.incident)}, parts...), "/")
}

// report sends what the worker feels.
func (f *fever) report(temperature, symptom string) {
	f.t.Helper()
	f.phone.open("/me/symptom")
	f.phone.fill("[name=temperature]", temperature)
	f.phone.click(`input[name=site][value=axilla]`)
	f.phone.click(`input[name=symptoms][value=` + symptom + `]`)
	f.submit(f.phone)
}

// do records a step as done on its form, "" for the step that the page offers next.
func (f *fever) do(tb *tab, step, text, photo string) {
	f.t.Helper()
	if step == "" {
		tb.follow("#incident-do")
	} else {
		tb.open(f.page("steps", step))
	}
	if text != "" {
		tb.fill("main [name=text]", text)
	}
	if photo != "" {
		tb.do(chromedp.SetUploadFiles(chromedp.CSS("main [name=photo]"), []string{photo}))
	}
	f.submit(tb)
	f.says(tb, "main", "已登记完成")
}

func (f *fever) isDone(step string, round int, clock string) {
	f.t.Helper()
	got := look[time.Time](f.t, f.world, `select coalesce(done_at, '-infinity'::timestamptz + interval '1 day') from incident_step
		where incident_id = $1 and step = $2 and round = $3`, f.incident, step, round)
	if at := got.In(zone).Format("15:04"); at != clock {
		f.t.Errorf("%s (%d) done at %s, want %s", step, round, at, clock)
	}
}

var toldSteps = regexp.MustCompile(`有 (\d+) 个环节超时，已升级到您`)

// toldToAdministrator is of how many late steps the list of incidents tells the administrator.
func (f *fever) toldToAdministrator() int {
	f.t.Helper()
	m := toldSteps.FindStringSubmatch(as(f.t, f.URL, f.logins[authz.FirmAdmin]).get("/incidents").body)
	if m == nil {
		return 0
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		f.t.Fatal(err)
	}
	return n
}

// A firmRow is what the bureau's list counts of an enterprise: incidents, late steps, those past the law's limit.
type firmRow struct{ Open, Late, Hard int }

func (f *fever) firmRow() firmRow {
	f.t.Helper()
	f.city.open("/bureau/incidents")
	return eval[firmRow](f.city, fmt.Sprintf(`(() => { const row = document.querySelector('#firms a[href="/bureau/incidents/%d"]').closest('tr');
const [Open, Late, Hard] = [...row.querySelectorAll('.c-num')].map(c => Number(c.innerText)); return {Open, Late, Hard}; })()`, f.org))
}
