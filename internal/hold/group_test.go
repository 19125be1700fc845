package hold_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/page"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/standing"
	"github.com/fugong/fugong/internal/testkit"
)

func isolate(who hold.Selector, from time.Time) hold.Order {
	return hold.Order{Act: hold.ActPut, Who: who, Kind: "temp_isolation", Ground: hold.GroundContactTracing, From: from, Note: "同车间"}
}

// commit previews and does what was previewed.
func (p *plant) commit(sc authz.Scope, o hold.Order, at time.Time) (hold.Preview, hold.Set) {
	p.t.Helper()
	pre, err := p.holds.Groups().Preview(p.t.Context(), sc, o, at)
	if err != nil {
		p.t.Fatal(err)
	}
	set, err := p.holds.Groups().Commit(p.t.Context(), sc, o, pre.Tag(), at)
	if err != nil {
		p.t.Fatal(err)
	}
	return pre, set
}

func TestGroupsAreFound(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	ids := p.people("甲班", 5)
	p.Exec(`update employee set dorm_building = '3号楼', dorm_room = '501' where id in ($1, $2)`, ids[0], ids[1])
	p.Exec(`update employee set bus = '2号线', canteen_table = 'A07' where id in ($1, $2, $3)`, ids[0], ids[3], ids[4])
	p.Exec(`update sample set barcode = 'T-1' where employee_id in ($1, $2)`, ids[2], ids[3])
	p.Exec(`update employee set work_status = 'resigned' where id = $1`, ids[4])
	no := func(i int) string {
		return testkit.Get[string](p.Kit, `select employee_no from employee where id = $1`, ids[i])
	}
	for who, want := range map[hold.Selector][]int{
		{By: hold.ByPerson, Value: fmt.Sprint(ids[1])}:                      {1},
		{By: hold.ByTube, Value: " T-1"}:                                    {2, 3},
		{By: hold.ByTeam, Value: p.team("甲班")}:                              {0, 1, 2, 3},
		{By: hold.ByDorm, Value: "3号楼/501"}:                                 {0, 1},
		{By: hold.ByBus, Value: "2号线"}:                                      {0, 3},
		{By: hold.ByCanteen, Value: "Ａ07"}:                                  {0, 3},
		{By: hold.ByList, Value: no(0) + "，" + no(2) + "\n" + no(0) + " 9"}: {0, 2},
	} {
		pre, err := p.holds.Groups().Preview(t.Context(), p.wang, isolate(who, p.at), p.at)
		if err != nil {
			t.Errorf("%v: %v", who, err)
			continue
		}
		var got, expected []int64
		for _, c := range pre.People {
			got = append(got, c.Employee)
		}
		for _, i := range want {
			expected = append(expected, ids[i])
		}
		if fmt.Sprint(got) != fmt.Sprint(expected) || pre.Due != len(want) {
			t.Errorf("%v: %v (%d due), want %v", who, got, pre.Due, expected)
		}
		if who.By == hold.ByList && strings.Join(pre.Unknown, " ") != "9" {
			t.Errorf("unknown numbers %v", pre.Unknown)
		}
	}
	foreign := authz.Scope{Account: 9, Role: authz.HealthOfficer, Org: p.Org("370303", p.at)}
	if _, err := p.holds.Groups().Preview(t.Context(), foreign, isolate(hold.Selector{By: hold.ByBus, Value: "2号线"}, p.at), p.at); errs.FieldsOf(err)["who"].Key != "hold.fault.nobody" {
		t.Errorf("a foreign bus: %v", err)
	}
}

func TestAnOrderAtFaultIsRefused(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	p.people("甲班", 1)
	good := isolate(hold.Selector{By: hold.ByTeam, Value: p.team("甲班")}, p.at)
	for name, c := range map[string]struct {
		mend func(*hold.Order)
		want string
	}{
		"as it should be":         {func(*hold.Order) {}, ""},
		"a kind of a result":      {func(o *hold.Order) { o.Kind = "positive" }, "kind=error.choice"},
		"a kind of a report":      {func(o *hold.Order) { o.Kind = "symptom" }, "kind=error.choice"},
		"no such kind":            {func(o *hold.Order) { o.Kind = "bored" }, "kind=error.choice"},
		"no ground":               {func(o *hold.Order) { o.Ground = "" }, "ground=error.choice"},
		"from tomorrow":           {func(o *hold.Order) { o.From = p.at.Add(time.Hour) }, "from=hold.fault.from_future"},
		"from last year":          {func(o *hold.Order) { o.From = p.at.AddDate(-1, 0, 0) }, "from=hold.fault.from_old"},
		"an end before its test":  {func(o *hold.Order) { o.To = p.at.Add(time.Hour) }, "to=hold.fault.to_needs_release"},
		"an end that is over":     {func(o *hold.Order) { o.Kind, o.To = "self_monitor", p.at }, "to=hold.fault.to_early"},
		"an end of a measure":     {func(o *hold.Order) { o.Kind, o.To = "self_monitor", p.at.AddDate(0, 0, 7) }, ""},
		"a novel":                 {func(o *hold.Order) { o.Note = strings.Repeat("长", 201) }, "note=error.too_long"},
		"nobody named":            {func(o *hold.Order) { o.Who.Value = "" }, "who=error.required"},
		"a team without people":   {func(o *hold.Order) { o.Who.Value = "0" }, "who=hold.fault.nobody"},
		"a release without why":   {func(o *hold.Order) { o.Act, o.Note = hold.ActRelease, "" }, "note=error.required"},
		"a release without proof": {func(o *hold.Order) { o.Act, o.Kind = hold.ActRelease, "hospital" }, "document=hold.missing.needs_proof"},
	} {
		o := good
		c.mend(&o)
		_, err := p.holds.Groups().Preview(t.Context(), p.wang, o, p.at)
		got := ""
		for field, m := range errs.FieldsOf(err) {
			got = field + "=" + m.Key
		}
		if got != c.want || err != nil && got == "" {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	worker := authz.Scope{Account: 9, Role: authz.Worker, Org: p.org}
	if _, err := p.holds.Groups().Preview(t.Context(), worker, good, p.at); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a worker: %v", err)
	}
}

func TestASmallGroupIsHeldAndReleasedAtOnce(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	ids := p.people("甲班", 4)
	o := isolate(hold.Selector{By: hold.ByTeam, Value: p.team("甲班")}, p.at)
	p.put(hold.Hold{Employee: ids[0], Kind: "temp_isolation", Ground: hold.GroundCDCNotice, Source: hold.SourceManual, From: p.at}, p.at)
	pre, set := p.commit(p.wang, o, p.at)
	if pre.Due != 3 || pre.People[0].Verdict != hold.IsHeld || set.State != hold.Done || set.Outcome.Done != 3 || set.Outcome.Skipped != 1 {
		t.Errorf("preview %+v, set %+v", pre, set)
	}
	for _, id := range ids {
		if got := p.state(id, p.at); got != regime.OffPost {
			t.Errorf("person %d: %v", id, got)
		}
	}
	if _, err := p.holds.Groups().Commit(t.Context(), p.wang, o, pre.Tag(), p.at); !errs.Is(err, errs.Conflict) {
		t.Errorf("the same again: %v, want a conflict", err)
	}
	release := hold.Order{Act: hold.ActRelease, Who: o.Who, Kind: o.Kind, Note: "排查结束"}
	swabbed := p.at.Add(time.Hour)
	for _, id := range ids[:3] {
		p.swab(id, swabbed, "negative")
	}
	later := p.at.Add(6 * time.Hour)
	pre, set = p.commit(p.wang, release, later)
	last := pre.People[3]
	if pre.Due != 3 || last.Verdict != hold.NotYet || strings.Join(last.Check.Missing, " ") != "needs_sample" || set.Outcome.Done != 3 {
		t.Errorf("preview %+v, set %+v", pre, set)
	}
	for i, want := range []regime.State{regime.OK, regime.OK, regime.OK, regime.OffPost} {
		if got := p.state(ids[i], later); got != want {
			t.Errorf("person %d: %v, want %v", i, got, want)
		}
	}
}

// A group beyond the limit waits for somebody else, who cannot be the proposer, and is judged again then.
func TestALargeGroupNeedsASecondPerson(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	ids := p.people("甲班", 25)
	_, set := p.commit(p.wang, isolate(hold.Selector{By: hold.ByTeam, Value: p.team("甲班")}, p.at), p.at)
	if set.State != hold.Proposed || set.People != 25 || p.state(ids[0], p.at) != regime.OK {
		t.Fatalf("set %+v", set)
	}
	if _, err := p.holds.Groups().Confirm(t.Context(), p.wang, set.ID, p.at); !errs.Is(err, errs.Forbidden) {
		t.Errorf("the proposer confirms: %v", err)
	}
	leader := authz.Scope{Account: 9, Role: authz.TeamLeader, Org: p.org}
	if _, err := p.holds.Groups().Confirm(t.Context(), leader, set.ID, p.at); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a team leader confirms: %v", err)
	}
	foreign := authz.Scope{Account: 9, Role: authz.HealthOfficer, Org: p.Org("370303", p.at)}
	if _, err := p.holds.Groups().Confirm(t.Context(), foreign, set.ID, p.at); !errs.Is(err, errs.NotFound) {
		t.Errorf("a foreign officer confirms: %v", err)
	}
	p.Exec(`update employee set work_status = 'resigned' where id = $1`, ids[3])
	later := p.at.Add(time.Hour)
	set, err := p.holds.Groups().Confirm(t.Context(), p.li, set.ID, later)
	if err != nil || set.State != hold.Done || set.Outcome.Done != 24 || set.Outcome.Skipped != 1 || set.DecidedByName != "李强" {
		t.Fatalf("confirmed: %+v, %v", set, err)
	}
	if got := p.state(ids[0], later); got != regime.OffPost {
		t.Errorf("held: %v", got)
	}
	if len(p.of(ids[3])) != 0 {
		t.Error("somebody who left was held")
	}
	if h := p.of(ids[0])[0]; h.ByName != "李强" || h.Set != set.ID {
		t.Errorf("hold %+v", h)
	}
	if _, err := p.holds.Groups().Refuse(t.Context(), p.li, set.ID, "晚了", later); !errs.Is(err, errs.Conflict) {
		t.Errorf("refused what is done: %v", err)
	}
	// The database stands behind it.
	for _, by := range []string{"proposed_by", "null"} {
		if _, err := p.Owner.Exec(`update hold_set set decided_by = ` + by + ` where people > 20 and state = 'done'`); err == nil {
			t.Errorf("decided by %s went through", by)
		}
	}
}

func TestAProposalIsRefusedForAReason(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	ids := p.people("甲班", 21)
	_, set := p.commit(p.wang, isolate(hold.Selector{By: hold.ByTeam, Value: p.team("甲班")}, p.at), p.at)
	if _, err := p.holds.Groups().Refuse(t.Context(), p.li, set.ID, "", p.at); errs.FieldsOf(err)["reason"].Key == "" {
		t.Errorf("no reason: %v", err)
	}
	set, err := p.holds.Groups().Refuse(t.Context(), p.li, set.ID, "范围不对", p.at)
	if err != nil || set.State != hold.Refused {
		t.Fatalf("%+v, %v", set, err)
	}
	if len(p.of(ids[0])) != 0 {
		t.Error("a refused proposal held people")
	}
	sets, total, err := p.holds.Groups().Sets(t.Context(), p.wang, false, 10)
	if err != nil || total != 1 || sets[0].Outcome.Reason != "范围不对" || len(sets[0].Members) != 21 {
		t.Errorf("%+v %d %v", sets, total, err)
	}
	if _, waiting, err := p.holds.Groups().Sets(t.Context(), p.wang, true, 10); err != nil || waiting != 0 {
		t.Errorf("%d wait, %v", waiting, err)
	}
}

// Whoever is held with a group and released with it again stands as the one beside them who never was held.
func TestPutAndReleaseOfAGroupLeavesEveryoneAsBefore(t *testing.T) {
	p := newPlant(t)
	n := 0
	kinds := hold.HandKinds()
	pack := testkit.Zibo(t).Rules.At(p.at)
	rapid.Check(t, func(rt *rapid.T) {
		n++
		held := p.people(fmt.Sprintf("甲%d", n), rapid.IntRange(1, 3).Draw(rt, "people"))
		free := p.people(fmt.Sprintf("乙%d", n), len(held))
		kind := rapid.SampledFrom(kinds).Draw(rt, "kind")
		rule, _ := pack.HoldRule(kind)
		o := isolate(hold.Selector{By: hold.ByTeam, Value: p.team(fmt.Sprintf("甲%d", n))}, p.at.Add(-time.Duration(rapid.IntRange(0, 48).Draw(rt, "ago"))*time.Hour))
		o.Kind = kind
		p.commit(p.wang, o, p.at)
		end := p.at.Add(time.Duration(rule.MinHours+rapid.IntRange(1, 200).Draw(rt, "wait")) * time.Hour)
		for range rule.Negatives {
			for i := range held {
				p.swab(held[i], end, "negative")
				p.swab(free[i], end, "negative")
			}
			end = end.Add(time.Duration(max(rule.GapHours, 2)) * time.Hour)
		}
		_, set := p.commit(p.li, hold.Order{Act: hold.ActRelease, Who: o.Who, Kind: kind, Note: "期满", Document: "解除单"}, end)
		if set.Outcome.Done != len(held) {
			rt.Fatalf("%s: released %d of %d", kind, set.Outcome.Done, len(held))
		}
		p.apply(end, free...)
		for i := range held {
			if a, b := p.row(held[i]), p.row(free[i]); a != b {
				rt.Fatalf("%s: %s, beside %s", kind, a, b)
			}
		}
	})
}

// row is what is kept of a person's standing.
func (p *plant) row(id int64) string {
	return testkit.Get[string](p.Kit, `select row(s0, s1, s2, s3, t1, t2, t3, held, blocks, due_at, counted_at, latest_at, refresh_at)::text
		from standing where employee_id = $1`, id)
}

func TestTheListSaysWhoMayBeReleased(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	ids := p.people("甲班", 3)
	for i, kind := range []string{"general_risk", "hospital", "self_monitor"} {
		p.put(hold.Hold{Employee: ids[i], Kind: kind, Ground: hold.GroundCDCNotice, Source: hold.SourceManual, From: p.at.Add(time.Duration(-i) * time.Hour)}, p.at)
	}
	p.swab(ids[0], p.at.Add(25*time.Hour), "negative")
	at := p.at.Add(28 * time.Hour)
	l, err := p.holds.List(t.Context(), p.wang, hold.Filter{}, page.Request{Size: 2}, at)
	if err != nil || l.Total != 3 || l.Ready != 2 || l.People != 3 || len(l.Rows) != 2 || l.Rows[0].Kind != "self_monitor" || l.Next == "" {
		t.Fatalf("%+v, %v", l, err)
	}
	l, err = p.holds.List(t.Context(), p.wang, hold.Filter{}, page.Request{Size: 2, After: l.Next}, at)
	if err != nil || len(l.Rows) != 1 || l.Rows[0].Kind != "general_risk" || l.Prev == "" {
		t.Fatalf("%+v, %v", l, err)
	}
	l, err = p.holds.List(t.Context(), p.wang, hold.Filter{}, page.Request{Size: 2, Before: l.Prev}, at)
	if err != nil || len(l.Rows) != 2 || l.Rows[1].Kind != "hospital" {
		t.Errorf("back: %+v, %v", l, err)
	}
	for name, c := range map[string]struct {
		f    hold.Filter
		want int
	}{
		"ready":          {hold.Filter{Ready: true}, 2},
		"one kind":       {hold.Filter{Kind: "hospital"}, 1},
		"part of a name": {hold.Filter{Search: "班01"}, 1},
		"no such name":   {hold.Filter{Search: "赵"}, 0},
		"another team":   {hold.Filter{Team: 99}, 0},
		"by name, down":  {hold.Filter{Sort: hold.SortName, Desc: true}, 3},
		"by earliest":    {hold.Filter{Sort: hold.SortEarliest}, 3},
	} {
		rows, err := p.holds.Export(t.Context(), p.wang, c.f, at)
		if err != nil || len(rows) != c.want {
			t.Errorf("%s: %d, %v", name, len(rows), err)
		}
		if c.f.Desc && rows[0].Employee != ids[2] {
			t.Errorf("%s begins with %s", name, rows[0].Name)
		}
	}
	if _, err := p.holds.List(t.Context(), authz.Scope{Account: 1, Role: authz.TeamLeader, Org: p.org}, hold.Filter{}, page.Request{}, at); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a team leader: %v", err)
	}
}

// Standing tells of many people at once; no statement may be asked for each.
func TestDerivedIsSetBased(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	ids := p.people("甲班", 300)
	known := p.at.Add(time.Hour)
	begun := make([]standing.Derived, len(ids))
	for i, id := range ids {
		begun[i] = standing.Derived{Employee: id, Begun: []regime.Hold{{Kind: "pool_abnormal", From: known}}}
	}
	q := &counting{}
	p.in(q.wrap(func(q *counting) error { return p.holds.Derived(t.Context(), q, p.org, begun, known) }))
	if q.n > 3 || len(p.told) != 1 || len(p.told[0]) != len(ids) {
		t.Errorf("%d statements for %d people, told %d times", q.n, len(ids), len(p.told))
	}
}
