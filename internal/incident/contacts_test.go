package incident_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/incident"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/platform/page"
)

// place says where somebody works, sleeps, rides and eats.
func (p *plant) place(id int64, shift, building, room, bus, table string) {
	p.t.Helper()
	p.Exec(`update employee set shift = $2, dorm_building = $3, dorm_room = $4, bus = $5, canteen_table = $6 where id = $1`, id, shift, building, room, bus, table)
}

func (p *plant) contacts(id int64, f incident.ContactFilter) incident.Contacts {
	p.t.Helper()
	c, err := p.incidents.Tracing().Contacts(p.t.Context(), p.wang, id, f, p.at)
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

func TestContactsAreAssembledByTheirLinks(t *testing.T) {
	p := newPlant(t)
	index := p.person("张三", "一班")
	p.place(index, "早班", "1号楼", "101", "2路", "A3")
	want := map[string]string{}
	add := func(name, team, shift, building, room, bus, table, links string) int64 {
		id := p.person(name, team)
		p.place(id, shift, building, room, bus, table)
		if links != "" {
			want[name] = links
		}
		return id
	}
	add("同班同班次", "一班", "早班", "", "", "", "", "team,workshop")
	add("同班别班次", "一班", "晚班", "", "", "", "", "")
	add("同班不知班次", "一班", "", "", "", "", "", "team")
	add("同室", "二班", "晚班", "1号楼", "101", "", "", "dorm")
	add("别楼同号", "二班", "晚班", "2号楼", "101", "", "", "")
	add("同车同桌", "二班", "晚班", "", "", "2路", "A3", "bus,canteen")
	add("同车间", "三班", "早班", "", "", "", "", "workshop")
	add("无关", "三班", "晚班", "", "", "", "", "")
	away := add("休假", "一班", "早班", "1号楼", "101", "2路", "", "dorm")
	p.Exec(`update employee set work_status = 'leave' where id = $1`, away)
	gone := add("离职", "一班", "早班", "1号楼", "101", "2路", "", "")
	p.Exec(`update employee set work_status = 'resigned' where id = $1`, gone)
	p.Exec(`insert into employee (org_id, name, name_grams, id_number_enc, id_number_bidx, category_since, status_since, created_at, updated_at, bus, dorm_building, dorm_room)
		values ($1, '邻厂', '{}', '\x00', '\x99', $2, $2, $2, $2, '2路', '1号楼', '101')`, p.foreign, p.at)
	p.held(index, "symptom", p.at)
	id := p.only()

	if _, err := p.incidents.Tracing().Assemble(t.Context(), p.wang, id, []string{"cousins"}, p.at); errs.FieldsOf(err)["links"].Key == "" {
		t.Errorf("unknown links: %v", err)
	}
	n, err := p.incidents.Tracing().Assemble(t.Context(), p.wang, id, incident.CloseLinks(), p.at)
	if err != nil || n != 5 {
		t.Fatalf("%d by close links, %v", n, err)
	}
	if n, err = p.incidents.Tracing().Assemble(t.Context(), p.wang, id, incident.Links(), p.at); err != nil || n != 1 {
		t.Fatalf("%d more with the workshop, %v", n, err)
	}
	got := map[string]string{}
	for _, c := range p.contacts(id, incident.ContactFilter{}).Rows {
		got[c.Name] = strings.Join(c.Links, ",")
	}
	for name, links := range want {
		if got[name] != links {
			t.Errorf("%s: %q, want %q", name, got[name], links)
		}
	}
	if len(got) != len(want) {
		t.Errorf("contacts %v, want %v", got, want)
	}
	if n := p.count(`select count(*) from audit_log where action = 'incident.view' and employee_id = $1 and is_read`, away); n != 1 {
		t.Errorf("%d readings of a contact", n)
	}
	if res := p.contacts(id, incident.ContactFilter{Link: incident.LinkBus}); res.Total != 1 || res.Rows[0].Name != "同车同桌" {
		t.Errorf("by bus %+v", res.Rows)
	}
}

func TestContactsWaitInPlace(t *testing.T) {
	p := newPlant(t)
	i := p.symptom()
	mate, other := p.person("李四", "一班"), p.person("王五", "一班")
	if _, err := p.incidents.Tracing().Assemble(t.Context(), p.wang, i, incident.CloseLinks(), p.at); err != nil {
		t.Fatal(err)
	}
	if err := p.incidents.Tracing().Add(t.Context(), p.wang, i, "查无此人", p.at); errs.FieldsOf(err)["who"].Key == "" {
		t.Errorf("nobody added: %v", err)
	}
	hand := p.person("赵六", "二班")
	p.must(p.incidents.Tracing().Add(t.Context(), p.wang, i, "赵六", p.at))
	if n, err := p.incidents.Tracing().Strike(t.Context(), p.wang, i, []int64{other, 4711}, p.at); n != 1 || err != nil {
		t.Errorf("%d struck, %v", n, err)
	}
	if _, err := p.incidents.Tracing().Strike(t.Context(), p.wang, i, nil, p.at); errs.FieldsOf(err) == nil {
		t.Errorf("nobody struck: %v", err)
	}
	// Assembling again does not bring back who was struck off; adding by hand does, as does restoring.
	if n, err := p.incidents.Tracing().Assemble(t.Context(), p.wang, i, incident.CloseLinks(), p.at); n != 0 || err != nil {
		t.Errorf("%d new, %v", n, err)
	}
	n, asked, err := p.incidents.Tracing().Wait(t.Context(), p.wang, i, nil, p.at.Add(time.Hour))
	if n != 2 || asked || err != nil {
		t.Fatalf("%d wait, asked %v, %v", n, asked, err)
	}
	for _, id := range []int64{mate, hand} {
		if n := p.count(`select count(*) from hold where employee_id = $1 and kind = 'temp_isolation' and ground = 'contact_tracing' and source = 'incident' and source_id = $2`, id, i); n != 1 {
			t.Errorf("%d holds of %d", n, id)
		}
		if n := p.count(`select count(*) from standing where employee_id = $1 and held`, id); n != 1 {
			t.Errorf("%d is not held", id)
		}
	}
	if n := p.count(`select count(*) from hold where employee_id = $1`, other); n != 0 {
		t.Error("one struck off is held")
	}
	if p.only() != i {
		t.Error("contacts opened incidents of their own")
	}
	if _, _, err := p.incidents.Tracing().Wait(t.Context(), p.wang, i, nil, p.at); errs.FieldsOf(err)["who"].Key == "" {
		t.Errorf("nobody left to wait: %v", err)
	}
	if n, err := p.incidents.Tracing().Restore(t.Context(), p.wang, i, []int64{other}, p.at); n != 1 || err != nil {
		t.Errorf("%d restored, %v", n, err)
	}
	if n, _, err := p.incidents.Tracing().Wait(t.Context(), p.wang, i, []int64{other, mate}, p.at); n != 1 || err != nil {
		t.Errorf("%d wait, %v", n, err)
	}
	c := p.contacts(i, incident.ContactFilter{State: incident.Waiting})
	if c.Total != 3 || c.Counts[incident.Waiting] != 3 || len(c.InPlace) != 3 {
		t.Errorf("%+v", c)
	}
	// A contact who falls ill belongs to the same incident.
	p.held(mate, "symptom", p.at.Add(2*time.Hour))
	if d := p.get(p.only(), p.at); len(d.People) != 2 {
		t.Errorf("%d people", len(d.People))
	}
	for _, sc := range []authz.Scope{p.leader(5, "一班"), p.bureau(authz.CityBureau, "")} {
		if _, err := p.incidents.Tracing().Contacts(t.Context(), sc, i, incident.ContactFilter{}, p.at); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s reads contacts: %v", sc.Role, err)
		}
	}
}

func TestReleasedContactsAreShownAsSuch(t *testing.T) {
	p := newPlant(t)
	i := p.symptom()
	free, kept, before := p.person("李四", "一班"), p.person("王五", "一班"), p.person("赵六", "一班")
	p.Exec(`update employee set employee_no = 'N' || id`)
	p.in(func(tx *sqlx.Tx) error { // held in place already, on another ground
		_, err := p.holds.Put(t.Context(), tx, p.wang, hold.Hold{Employee: before, Kind: hold.KindTempIsolation, Ground: hold.GroundCDCNotice, Source: "manual", From: p.at}, p.at)
		return err
	})
	if _, err := p.incidents.Tracing().Assemble(t.Context(), p.wang, i, incident.CloseLinks(), p.at); err != nil {
		t.Fatal(err)
	}
	if n, _, err := p.incidents.Tracing().Wait(t.Context(), p.wang, i, nil, p.at); n != 3 || err != nil {
		t.Fatalf("%d wait, %v", n, err)
	}
	if c := p.contacts(i, incident.ContactFilter{}); len(c.InPlace) != 3 {
		t.Errorf("held in place: %v", c.InPlace)
	}
	p.Exec(`update hold set released_at = $2, released_by = 7 where employee_id = $1`, free, p.at.Add(time.Hour))
	c := p.contacts(i, incident.ContactFilter{State: incident.Released})
	if c.Total != 1 || c.Rows[0].Employee != free || c.Rows[0].State != incident.Released || c.Counts[incident.Released] != 1 || c.Counts[incident.Waiting] != 2 {
		t.Errorf("after one release %+v, counts %v", c.Rows, c.Counts)
	}
	if want := []string{"N" + itoa(kept), "N" + itoa(before)}; !slices.Equal(slices.Sorted(slices.Values(c.InPlace)), want) {
		t.Errorf("held in place: %v, want %v", c.InPlace, want)
	}
	p.Exec(`update incident set drill = true where id = $1`, i) // in a drill nobody was held, and nobody is released
	if c := p.contacts(i, incident.ContactFilter{}); c.Counts[incident.Waiting] != 3 || len(c.InPlace) != 0 {
		t.Errorf("in a drill %v, held in place %v", c.Counts, c.InPlace)
	}
}

func TestManyContactsNeedASecondPerson(t *testing.T) {
	p := newPlant(t)
	i := p.symptom()
	for range hold.GroupLimit + 5 {
		p.person("", "一班")
	}
	if _, err := p.incidents.Tracing().Assemble(t.Context(), p.wang, i, incident.CloseLinks(), p.at); err != nil {
		t.Fatal(err)
	}
	if _, err := p.incidents.Tracing().Confirm(t.Context(), p.li, i, p.at); errs.FieldsOf(err) == nil {
		t.Errorf("nothing to confirm: %v", err)
	}
	n, asked, err := p.incidents.Tracing().Wait(t.Context(), p.wang, i, nil, p.at)
	if n != hold.GroupLimit+5 || !asked || err != nil {
		t.Fatalf("%d, asked %v, %v", n, asked, err)
	}
	if held := p.count(`select count(*) from hold where kind = 'temp_isolation'`); held != 0 {
		t.Errorf("%d are held before a second person", held)
	}
	if c := p.contacts(i, incident.ContactFilter{}); c.Asking.N != n || !c.Asking.Own || c.Asking.Name != "王敏" {
		t.Errorf("asking %+v", c.Asking)
	}
	if _, err := p.incidents.Tracing().Confirm(t.Context(), p.wang, i, p.at); !errs.Is(err, errs.Forbidden) {
		t.Errorf("confirmed by the first: %v", err)
	}
	if _, err := p.Owner.Exec(`update incident_person set confirmed_by = asked_by where state = 'asked'`); err == nil {
		t.Error("the database lets one person do both")
	}
	p.must(p.incidents.Tracing().Withdraw(t.Context(), p.wang, i, p.at))
	if _, asked, err = p.incidents.Tracing().Wait(t.Context(), p.wang, i, nil, p.at); !asked || err != nil {
		t.Fatal(err)
	}
	if n, err = p.incidents.Tracing().Confirm(t.Context(), p.li, i, p.at); n != hold.GroupLimit+5 || err != nil {
		t.Errorf("%d confirmed, %v", n, err)
	}
	if held := p.count(`select count(*) from hold where kind = 'temp_isolation' and created_by = $1`, p.li.Account); held != n {
		t.Errorf("%d held", held)
	}
}

func TestTheListForTheCDC(t *testing.T) {
	p := newPlant(t)
	i := p.symptom()
	mate, struck := p.person("李四", "一班"), p.person("王五", "一班")
	if _, err := p.incidents.Tracing().Assemble(t.Context(), p.wang, i, incident.CloseLinks(), p.at); err != nil {
		t.Fatal(err)
	}
	if _, err := p.incidents.Tracing().Strike(t.Context(), p.wang, i, []int64{struck}, p.at); err != nil {
		t.Fatal(err)
	}
	if _, err := p.incidents.Tracing().Handover(t.Context(), p.wang, i, "", p.at); errs.FieldsOf(err)["reason"].Key == "" {
		t.Errorf("without a reason: %v", err)
	}
	people, err := p.incidents.Tracing().Handover(t.Context(), p.wang, i, "张店区疾控流调", p.at)
	if err != nil || len(people) != 2 || people[0].Name != "张三" || people[1].Employee != mate {
		t.Fatalf("%+v, %v", people, err)
	}
	if n := p.count(`select count(*) from audit_log where is_read and reason = '张店区疾控流调' and employee_id = any($1)`, "{"+itoa(mate)+","+itoa(people[0].Employee)+"}"); n != 2 {
		t.Errorf("%d readings", n)
	}
}

func TestPagingContacts(t *testing.T) {
	p := newPlant(t)
	i := p.symptom()
	for range 7 {
		p.person("", "一班")
	}
	p.Exec(`update employee set pinyin = case when id % 2 = 0 then 'li' else 'wang' end`)
	if _, err := p.incidents.Tracing().Assemble(t.Context(), p.wang, i, incident.CloseLinks(), p.at); err != nil {
		t.Fatal(err)
	}
	f := incident.ContactFilter{Request: page.Request{Size: 3}}
	var forth, back []int64
	var last incident.Contacts
	for {
		last = p.contacts(i, f)
		for _, r := range last.Rows {
			forth = append(forth, r.Employee)
		}
		if last.Next == "" {
			break
		}
		f.After = last.Next
	}
	f.After = ""
	for last.Prev != "" {
		f.Before = last.Prev
		last = p.contacts(i, f)
		for n := range last.Rows {
			back = append(back, last.Rows[len(last.Rows)-1-n].Employee)
		}
	}
	if len(forth) != 7 || last.Total != 7 {
		t.Fatalf("forth %v", forth)
	}
	slices.Reverse(back)
	if !slices.Equal(back, forth[:len(back)]) || len(back) != 6 {
		t.Errorf("forth %v, back %v", forth, back)
	}
}

func TestMentionsOnTheFile(t *testing.T) {
	p := newPlant(t)
	mate := p.person("李四", "一班")
	i := p.symptom()
	if _, err := p.incidents.Tracing().Assemble(t.Context(), p.wang, i, incident.CloseLinks(), p.at); err != nil {
		t.Fatal(err)
	}
	p.in(func(tx *sqlx.Tx) error {
		ms, err := incident.OfEmployee(t.Context(), tx, p.org, mate, p.at.Add(time.Second), 10)
		if len(ms) != 1 || ms[0].Index() || ms[0].ID != i {
			t.Errorf("%+v", ms)
		}
		return err
	})
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
