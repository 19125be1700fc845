package overview_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/incident"
	"github.com/fugong/fugong/internal/incident/overview"
	"github.com/fugong/fugong/internal/incident/plan"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/page"
	"github.com/fugong/fugong/internal/platform/secret"
	"github.com/fugong/fugong/internal/testkit"
)

// still evaluates nobody: these tests are about clocks.
type still struct{}

func (still) Apply(context.Context, db.Q, int32, []int64, time.Time) error { return nil }

type city struct {
	*testkit.Kit
	t         testing.TB
	at        time.Time
	incidents *incident.Service
	overview  *overview.Service
	n         int
}

func newCity(t *testing.T) *city {
	t.Helper()
	at := testkit.At(t, "03-24 09:00")
	c := &city{Kit: testkit.New(t, at), t: t, at: at}
	box, err := secret.LoadOrCreate(filepath.Join(t.TempDir(), "keys.json"))
	if err != nil {
		t.Fatal(err)
	}
	c.incidents = incident.New(c.DB, box, testkit.Zibo(t), hold.New(c.DB, still{}, testkit.Zibo(t)))
	c.overview = overview.New(c.DB)
	return c
}

func officer(org int32) authz.Scope {
	return authz.Scope{Account: 7, Actor: "王敏", Role: authz.HealthOfficer, Org: org}
}

// open opens an incident about somebody new.
func (c *city) open(org int32, at time.Time, drill bool) int64 {
	c.t.Helper()
	c.n++
	name := fmt.Sprint("张", c.n)
	c.Employee(org, testkit.Person{Name: name, Workshop: "一车间", Team: "一班", Since: c.at.AddDate(0, 0, -60)})
	id, _, err := c.incidents.Start(c.t.Context(), officer(org), incident.Opening{Kind: "symptom", Who: name, Detected: at, Drill: drill}, at)
	if err != nil {
		c.t.Fatal(err)
	}
	return id
}

func (c *city) close(org int32, id int64, at time.Time) {
	c.t.Helper()
	d, err := c.incidents.Clocks(c.t.Context(), officer(org), id)
	for _, s := range incident.Undone(d.Steps) {
		if err == nil {
			err = c.incidents.Do(c.t.Context(), officer(org), incident.StepID{Incident: id, Step: s.Name, Round: s.Round}, incident.Deed{Text: "已办"}, at)
		}
	}
	if err == nil {
		err = c.incidents.Close(c.t.Context(), officer(org), id, incident.Closing{Outcome: incident.Excluded, Text: "已排除"}, at)
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

func TestTheListShowsOpenOnesFirst(t *testing.T) {
	c := newCity(t)
	org := c.Org("370303", c.at.AddDate(0, 0, -20))
	old := c.open(org, c.at.Add(-3*time.Hour), false)
	closed := c.open(org, c.at.Add(-time.Hour), false)
	c.close(org, closed, c.at)
	fresh := c.open(org, c.at, false)
	drill := c.open(org, c.at.Add(-2*time.Hour), true)
	list := func(f overview.Filter) (ids []int64) {
		t.Helper()
		res, err := c.overview.List(t.Context(), officer(org), f, c.at)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range res.Rows {
			ids = append(ids, e.ID)
		}
		if res.Total != len(ids) {
			t.Errorf("total %d of %v", res.Total, ids)
		}
		return ids
	}
	for _, tc := range []struct {
		f    overview.Filter
		want []int64
	}{
		{overview.Filter{}, []int64{fresh, drill, old, closed}},
		{overview.Filter{Show: overview.ShowOpen}, []int64{fresh, old}},
		{overview.Filter{Show: overview.ShowLate}, []int64{old}},
		{overview.Filter{Show: overview.ShowClosed}, []int64{closed}},
		{overview.Filter{Show: overview.ShowDrill}, []int64{drill}},
		{overview.Filter{Query: "张1"}, []int64{old}},
		{overview.Filter{Query: "一车间", Show: overview.ShowLate}, []int64{old}},
		{overview.Filter{Query: fmt.Sprint(fresh)}, []int64{fresh}},
		{overview.Filter{Kind: "positive"}, nil},
	} {
		if got := list(tc.f); fmt.Sprint(got) != fmt.Sprint(tc.want) {
			t.Errorf("%+v: %v, want %v", tc.f, got, tc.want)
		}
	}
	counts, err := c.overview.Counts(t.Context(), officer(org), c.at)
	if err != nil || counts != (overview.Counts{Open: 2, Late: 1, Closed: 1, Drills: 1}) {
		t.Errorf("%+v, %v", counts, err)
	}
	res, err := c.overview.List(t.Context(), officer(org), overview.Filter{Show: overview.ShowLate}, c.at)
	if err != nil || res.Rows[0].Next.Name != plan.StopIsolate || res.Rows[0].Steps != 9 || res.Rows[0].Done != 0 || res.Rows[0].Index != 1 {
		t.Errorf("%+v, %v", res.Rows, err)
	}
}

func TestPagingBothWays(t *testing.T) {
	c := newCity(t)
	org := c.Org("370303", c.at.AddDate(0, 0, -20))
	var want []int64
	for i := range 5 {
		id := c.open(org, c.at.Add(-time.Duration(i/2)*time.Hour), false)
		if i == 4 {
			c.close(org, id, c.at)
		}
	}
	all, err := c.overview.List(t.Context(), officer(org), overview.Filter{}, c.at)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all.Rows {
		want = append(want, e.ID)
	}
	f := overview.Filter{Request: page.Request{Size: 2}}
	var forth []int64
	var res page.Result[overview.Entry]
	for {
		if res, err = c.overview.List(t.Context(), officer(org), f, c.at); err != nil {
			t.Fatal(err)
		}
		for _, e := range res.Rows {
			forth = append(forth, e.ID)
		}
		if f.After = res.Next; f.After == "" {
			break
		}
	}
	f.Before = res.Prev
	if res, err = c.overview.List(t.Context(), officer(org), f, c.at); err != nil || len(res.Rows) != 2 || res.Rows[0].ID != want[2] {
		t.Errorf("back %+v, %v", res.Rows, err)
	}
	if fmt.Sprint(forth) != fmt.Sprint(want) || len(want) != 5 {
		t.Errorf("forth %v, want %v", forth, want)
	}
}

func TestALeaderListsOwnTeamsWithoutKinds(t *testing.T) {
	c := newCity(t)
	org := c.Org("370303", c.at.AddDate(0, 0, -20))
	c.open(org, c.at, false)
	c.n++
	c.Employee(org, testkit.Person{Name: "别班", Workshop: "二车间", Team: "二班", Since: c.at.AddDate(0, 0, -60)})
	if _, _, err := c.incidents.Start(t.Context(), officer(org), incident.Opening{Kind: "confirmed", Who: "别班", Detected: c.at}, c.at); err != nil {
		t.Fatal(err)
	}
	leader := authz.Scope{Account: 5, Role: authz.TeamLeader, Org: org, Teams: []int64{testkit.Get[int64](c.Kit, `select id from team where name = '一班'`)}}
	res, err := c.overview.List(t.Context(), leader, overview.Filter{}, c.at)
	if err != nil || res.Total != 1 || res.Rows[0].Kind != "" || res.Rows[0].Place != "一车间 一班" {
		t.Errorf("%+v, %v", res, err)
	}
	// Neither by kind nor by name can a leader ask what it is about.
	for _, f := range []overview.Filter{{Kind: "symptom"}, {Query: "张1"}} {
		if res, err := c.overview.List(t.Context(), leader, f, c.at); err != nil || res.Total != 0 {
			t.Errorf("%+v tells %+v, %v", f, res, err)
		}
	}
	if n, err := c.overview.Counts(t.Context(), leader, c.at); err != nil || n.Open != 1 {
		t.Errorf("%+v, %v", n, err)
	}
	if _, err := c.overview.List(t.Context(), authz.Scope{Account: 1, Role: authz.Worker, Org: org}, overview.Filter{}, c.at); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a worker: %v", err)
	}
}

func TestWhoWasToldSeesIt(t *testing.T) {
	c := newCity(t)
	org := c.Org("370303", c.at.AddDate(0, 0, -20))
	c.open(org, c.at, false)
	c.open(org, c.at, true)
	later := c.at.Add(24 * time.Minute) // both of the leader's steps are late; the first is with the firm, too
	if _, err := c.incidents.Escalate(t.Context(), later); err != nil {
		t.Fatal(err)
	}
	for role, want := range map[authz.Role]int{authz.HealthOfficer: 2, authz.FirmAdmin: 1} {
		sc := officer(org)
		sc.Role = role
		if n, err := c.overview.Counts(t.Context(), sc, later); err != nil || n.Told != want {
			t.Errorf("%s was told of %d, want %d, %v", role, n.Told, want, err)
		}
	}
}

func TestTheBureauSeesAreas(t *testing.T) {
	c := newCity(t)
	goLive := c.at.AddDate(0, 0, -20)
	first, second, linzi, quiet := c.Org("370303", goLive), c.Org("370303", goLive), c.Org("370305", goLive), c.Org("370305", goLive)
	c.open(first, c.at.Add(-3*time.Hour), false)
	c.open(first, c.at, false)
	c.open(second, c.at.Add(-20*time.Minute), false)
	c.open(linzi, c.at.Add(-time.Minute), false)
	c.open(quiet, c.at.Add(-3*time.Hour), true)
	c.close(quiet, c.open(quiet, c.at.Add(-3*time.Hour), false), c.at)
	if _, err := c.incidents.Escalate(t.Context(), c.at); err != nil {
		t.Fatal(err)
	}
	city := authz.Scope{Account: 90, Role: authz.CityBureau, Org: 999}
	firms, err := c.overview.Firms(t.Context(), city, "", c.at)
	if err != nil || len(firms) != 3 || firms[0].Org != first || firms[1].Org != second || firms[2].Org != linzi {
		t.Fatalf("%+v, %v", firms, err)
	}
	// Of the three hours old: both of the leader, report, clinic, area, contacts; the report is past the law's limit.
	if f := firms[0]; f.Open != 2 || f.Late != 6 || f.PastHard != 1 || !f.Waiting.Equal(c.at.Add(-170*time.Minute)) || f.Told == 0 {
		t.Errorf("%+v", f)
	}
	areas := overview.Areas(firms)
	if len(areas) != 2 || areas[0].Zone != "370303" || areas[0].Firms != 2 || areas[0].Open != 3 || areas[0].Late != 8 || areas[1].Late != 0 || !areas[1].Waiting.IsZero() {
		t.Errorf("%+v", areas)
	}
	district := authz.Scope{Account: 91, Role: authz.DistrictBureau, Org: 998, Division: "370305"}
	if firms, err := c.overview.Firms(t.Context(), district, "", c.at); err != nil || len(firms) != 1 || firms[0].Org != linzi {
		t.Errorf("%+v, %v", firms, err)
	}
	if _, err := c.overview.Firms(t.Context(), district, "370303", c.at); !errs.Is(err, errs.NotFound) {
		t.Errorf("another district: %v", err)
	}
	if _, _, err := c.overview.Enterprise(t.Context(), district, first, c.at); !errs.Is(err, errs.NotFound) {
		t.Errorf("another district's enterprise: %v", err)
	}
	if _, err := c.overview.Firms(t.Context(), officer(first), "", c.at); !errs.Is(err, errs.Forbidden) {
		t.Errorf("an enterprise: %v", err)
	}
	f, running, err := c.overview.Enterprise(t.Context(), city, first, c.at)
	if err != nil || f.Open != 2 || len(running) != 2 || len(running[0].Steps) != 9 || running[0].Steps[0].Clock(c.at) != plan.Late {
		t.Errorf("%+v %+v, %v", f, running, err)
	}
	if f, running, err := c.overview.Enterprise(t.Context(), city, quiet, c.at); err != nil || f.Open != 0 || len(running) != 0 || f.Name == "" {
		t.Errorf("a quiet one: %+v %+v, %v", f, running, err)
	}
}
