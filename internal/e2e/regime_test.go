package e2e

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/demo"
	"github.com/fugong/fugong/internal/identity/authz"
)

// matters are the rows of what a firm does about people: tubes, holds, excuses, returns, incidents, disputes, corrections, rules.
type matters struct {
	change     int64 // of the firm's own rules, which nobody has confirmed
	group      int64 // a group act that a second person shall confirm
	tube       int64 // abnormal, of the employee's team
	member     int64 // somebody in it who is to be swabbed alone
	exemption  int64 // of the employee
	dose       int64
	returner   int64 // who handed in a declaration
	comeback   int64 // the case of it
	dispute    int64 // of the employee, open
	answered   int64 // another one, answered
	correction int64
	incident   int64  // about the employee's symptom
	note       int64  // with a photo
	drill      int64  // a closed one
	comer      string // the returner's login
}

// An office is a firm at work by its own pages, through one of its administrators.
type office struct {
	*city
	t  *testing.T
	by *client
	p  *place
}

// at is an instant as forms take it.
func (o *office) at(ago time.Duration) string {
	return o.clock.Now().Add(-ago).In(zone).Format("2006-01-02T15:04")
}

// made follows the redirect of an accepted form and returns the number that its address ends in.
func (o *office) made(r reply, under string) int64 {
	o.t.Helper()
	return number(o.t, done(o.t, r).to, under)
}

func number(t *testing.T, address, under string) int64 {
	t.Helper()
	var id int64
	if _, err := fmt.Sscanf(strings.TrimPrefix(address, under), "/%d", &id); err != nil {
		t.Fatalf("no number under %s in %s: %v", under, address, err)
	}
	return id
}

// seen fails the test unless the answer to a form is a page to look at, and returns the form with what the page hands on.
func (o *office) seen(r reply, form url.Values) url.Values {
	o.t.Helper()
	if r.status != http.StatusOK {
		o.t.Fatalf("no page to look at: status %d to %s\n%s", r.status, r.to, r.body)
	}
	for _, m := range hiddenField.FindAllStringSubmatch(r.body, -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	return form
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)

// everything does one of each.
func (o *office) everything(contester *client) {
	o.excuses()
	o.group()
	o.tubeOf(fmt.Sprintf("ZB%d", o.p.employee))
	o.comeBack()
	o.contest(contester)
	o.correct()
	o.respond()
	o.tighten()
}

var (
	idNumber = regexp.MustCompile(`\b[1-9]\d{16}[\dX]\b`)
	mobile   = regexp.MustCompile(`\b1[3-9]\d{9}\b`)
)

// letIn gives somebody a card, and the card's bearer chooses the demo password.
func (o *office) letIn(employee int64) (*client, string) {
	o.t.Helper()
	shown := func(field string, pattern *regexp.Regexp) string {
		r := o.by.post(fmt.Sprintf("/employees/%d/reveal", employee), url.Values{"field": {field}, "reason": {"办理激活"}})
		text := pattern.FindString(r.body)
		if text == "" {
			o.t.Fatalf("no %s of employee %d: status %d", field, employee, r.status)
		}
		return text
	}
	no := look[string](o.t, o.world, `select employee_no from employee where id = $1`, employee)
	link := linkIn(o.t, o.URL, o.by.post("/org/invites/print", url.Values{"employee_no": {no}}))
	person := newClient(o.t, o.URL)
	done(o.t, person.post(link, url.Values{"tail": {shown("id_number", idNumber)[14:]}, "new": {demo.Password}, "again": {demo.Password}}))
	return person, shown("mobile", mobile)
}

// contester is the employee of the place, who has an account: the worker of the city, or somebody who gets a card.
func (o *office) contester() *client {
	o.t.Helper()
	if look[bool](o.t, o.world, `select state = 'active' from account where org_id = $1 and employee_id = $2`, o.p.org, o.p.employee) {
		return as(o.t, o.URL, o.logins[authz.Worker])
	}
	person, _ := o.letIn(o.p.employee)
	return person
}

// numbers are employee numbers of people on post whom nothing else here is about, the newest first.
func (o *office) numbers(n int) string {
	o.t.Helper()
	return look[string](o.t, o.world, `select string_agg(employee_no, ' ') from (select e.employee_no from employee e
		join employee o on o.id = $2 where e.org_id = $1 and e.work_status = 'on_post' and e.team_id is distinct from o.team_id
		order by e.id desc limit $3) x`, o.p.org, o.p.employee, n)
}

func (o *office) excuses() {
	file := fmt.Sprintf("/employees/%d", o.p.employee)
	done(o.t, o.by.post(file+"/exemption", url.Values{"ground": {"in_quarantine"}, "from": {o.at(20 * time.Hour)}, "to": {o.at(-time.Hour)}, "proof": {"隔离点证明 7 号"}}))
	if !look[bool](o.t, o.world, `select exists (select from vaccination where org_id = $1 and employee_id = $2)`, o.p.org, o.p.employee) {
		done(o.t, o.by.post(file+"/vaccination", url.Values{"number": {"1"}, "at": {"2021-06-12T09:30"}, "product": {"北京生物"}}))
	}
	o.p.exemption = look[int64](o.t, o.world, `select max(id) from exemption where org_id = $1 and employee_id = $2`, o.p.org, o.p.employee)
	o.p.dose = look[int64](o.t, o.world, `select max(id) from vaccination where org_id = $1 and employee_id = $2`, o.p.org, o.p.employee)
}

// group proposes to hold more people than one person may decide about.
func (o *office) group() {
	form := url.Values{"by": {"list"}, "value": {o.numbers(21)}, "kind": {"self_monitor"}, "ground": {"community_notice"}, "from": {o.at(time.Hour)}, "note": {"社区电话通知"}}
	form = o.seen(o.by.post("/holds/new", form), form)
	o.p.group = o.made(o.by.post("/holds/new/commit", form), "/holds/sets")
}

// tubeOf samples three of the employee's team in one tube, whose result is abnormal.
func (o *office) tubeOf(barcode string) {
	o.p.tube, o.p.member = o.filled(barcode, o.p.employee)
	tube := fmt.Sprintf("/tubes/%d", o.p.tube)
	done(o.t, o.by.post(tube+"/seal", nil))
	form := url.Values{"result": {"pool_abnormal"}}
	form = o.seen(o.by.post(tube+"/result", form), form)
	done(o.t, o.by.post(tube+"/result", form))
}

// filled opens a tube and takes in three of an employee's team who are in none yet; it returns the last.
func (o *office) filled(barcode string, beside int64) (tube, member int64) {
	o.t.Helper()
	tube = o.made(o.by.post("/tubes/new", url.Values{"barcode": {barcode}, "mode": {"pool10"}, "institution": {"厂区采样点"}}), "/tubes")
	var mates []int64
	err := o.db.SelectContext(o.t.Context(), &mates, `select e.id from employee e join employee o on o.id = $2 and o.team_id = e.team_id and o.org_id = e.org_id
		where e.org_id = $1 and e.id <> $2 and e.work_status = 'on_post' and not exists (select from account a where a.employee_id = e.id and a.state = 'active')
		and not exists (select from sample s where s.org_id = e.org_id and s.employee_id = e.id and s.sampled_at >= $3)
		order by e.id desc limit 3`, o.p.org, beside, o.clock.Now().Add(-time.Hour))
	if err != nil || len(mates) == 0 {
		o.t.Fatalf("nobody for tube %s: %v", barcode, err)
	}
	for _, m := range mates {
		done(o.t, o.by.post(fmt.Sprintf("/tubes/%d/members", tube), url.Values{"employee": {fmt.Sprint(m)}}))
		member = m
	}
	return tube, member
}

// declaration is what somebody without anything to declare tells, by step.
var declaration = []struct {
	step string
	told url.Values
}{
	{"trip", url.Values{"planned_on": {"2022-03-25"}, "origin_area": {"济南市历城区"}, "transport": {"train"}, "trip_no": {"G281"}, "outside": {"yes"}, "reported": {"yes"}}},
	{"stays", url.Values{"risk_stay": {"no"}, "overseas": {"no"}, "stay_area_0": {"济南市历城区"}, "stay_from_0": {"2022-03-01"}, "stay_to_0": {"2022-03-23"}, "stay_risk_0": {"low"}}},
	{"health", url.Values{"health_code": {"green"}, "code_checked_at": {"2022-03-24T08:30"}, "trip_card": {"green"}, "temperature": {"36.5"}, "symptoms": {"none"}, "contacts": {"none"}}},
	{"sign", url.Values{"pledge": {"1"}}},
}

// away sends somebody on leave, and lets them in.
func (o *office) away() (employee int64, person *client, name string) {
	o.t.Helper()
	employee = look[int64](o.t, o.world, `select e.id from employee e where e.org_id = $1 and e.work_status = 'on_post'
		and not exists (select from account a where a.employee_id = e.id and (a.state = 'active' or a.role <> 'worker'))
		and not exists (select from sample s where s.employee_id = e.id and s.result <> 'negative') order by e.id desc limit 1`, o.p.org)
	version := look[string](o.t, o.world, `select version from employee where id = $1`, employee)
	done(o.t, o.by.post(fmt.Sprintf("/employees/%d/leave", employee), url.Values{"version": {version}, "from": {o.at(48 * time.Hour)},
		"until": {o.at(-time.Hour)}, "reason": {"探亲"}}))
	person, name = o.letIn(employee)
	return employee, person, name
}

// comeBack lets somebody who was away declare the return.
func (o *office) comeBack() {
	var person *client
	o.p.returner, person, o.p.comer = o.away()
	done(o.t, person.post("/me/return", url.Values{"planned_on": {"2022-03-25"}, "consent": {"1"}}))
	for _, d := range declaration {
		form := o.seen(person.get("/me/return/"+d.step), url.Values{})
		for k, v := range d.told {
			form[k] = v
		}
		done(o.t, person.post("/me/return/"+d.step, form))
	}
	o.p.comeback = look[int64](o.t, o.world, `select id from return_case where org_id = $1 and employee_id = $2`, o.p.org, o.p.returner)
}

// contest lets the employee contest two things, of which the office answers one.
func (o *office) contest(by *client) {
	open := func(about, claim string) int64 {
		r := by.upload("/me/disputes", map[string]string{"about": about, "claim": claim}, "photo", "proof.jpg", photograph(o.t))
		return o.made(r, "/me/disputes")
	}
	o.p.answered = open("file", "班组写错了")
	done(o.t, o.by.post(fmt.Sprintf("/disputes/%d/%d/answer", o.p.employee, o.p.answered), url.Values{"state": {"rejected"}, "answer": {"花名册上就是这个班组"}}))
	o.p.dispute = open("standing", "周三采过样，没有登记")
}

// correct adds a sample of two people that was forgotten.
func (o *office) correct() {
	form := url.Values{"kind": {"add"}, "numbers": {o.numbers(2)}, "day": {"2022-03-23"}, "clock": {"09:00"}, "result": {"negative"}, "reported_at": {"2022-03-23T18:00"}}
	form = o.seen(o.by.post("/corrections/preview", form), form)
	form.Set("reason", "检测机构迟报")
	o.p.correction = o.made(o.by.post("/corrections", form), "/corrections")
}

// respond writes the contacts and a photo into the incident that the employee's symptom opened, and holds a drill to its end.
func (o *office) respond() {
	o.p.incident = o.incidentOf(o.p.employee)
	here := fmt.Sprintf("/incidents/%d", o.p.incident)
	done(o.t, o.by.post(here+"/contacts/assemble", url.Values{"links": {"team", "dorm"}}))
	done(o.t, o.by.upload(here+"/notes", map[string]string{"text": "隔离室已启用"}, "photo", "room.jpg", photograph(o.t)))
	o.p.note = look[int64](o.t, o.world, `select max(id) from incident_note where org_id = $1 and incident_id = $2 and photo_enc is not null`, o.p.org, o.p.incident)
	o.p.drill = o.made(o.by.post("/incidents/new", url.Values{"drill": {"1"}, "kind": {"confirmed"}, "detected": {o.at(time.Hour)}, "place": {"仓库"}}), "/incidents")
	there := fmt.Sprintf("/incidents/%d", o.p.drill)
	var steps []string
	if err := o.db.SelectContext(o.t.Context(), &steps, `select step from incident_step where org_id = $1 and incident_id = $2 and step <> 'close'`, o.p.org, o.p.drill); err != nil {
		o.t.Fatal(err)
	}
	for _, s := range steps {
		done(o.t, o.by.post(there+"/steps/"+s+"/1", url.Values{"text": {"演练完成"}}))
	}
	done(o.t, o.by.post(there+"/close", url.Values{"text": {"通知用时偏长"}}))
}

func (o *office) incidentOf(employee int64) int64 {
	o.t.Helper()
	return look[int64](o.t, o.world, `select max(incident_id) from incident_person where org_id = $1 and employee_id = $2 and role = 'index'`, o.p.org, employee)
}

// stricter asks everybody for a sample every three days from Monday.
func stricter(division string) url.Values {
	return url.Values{"kind": {"overlay"}, "division": {division}, "hours_general_staff": {"72"}, "effective_at": {"2022-03-28T00:00"}, "reason": {"疫情形势"}, "basis": {"3号通告"}}
}

func (o *office) tighten() {
	o.p.change = o.made(o.by.post("/rules/changes", stricter("")), "/rules/changes")
	o.counted(o.t, o.p.change)
}

// counted waits until the background task has found out what a change of the rules would ask for.
func (w *world) counted(t *testing.T, id int64) {
	t.Helper()
	wait(t, patience, "the figures of a change", func() bool {
		return look[bool](t, w, `select previewed_at is not null from rule_change where id = $1`, id)
	})
}

// cityChange lets a second account of the city's bureau propose a change for everybody.
func (c *city) cityChange(t *testing.T) int64 {
	t.Helper()
	bureau := look[int32](t, c.world, `select org_id from account where login = $1`, c.logins[authz.CityBureau])
	colleague := c.account(t, url.Values{"org": {fmt.Sprint(bureau)}, "role": {"city_bureau"}, "login": {"second"}, "name": {"钱科员"}, "email": {"second@example.org"}})
	id := number(t, done(t, colleague.post("/rules/changes", stricter("370300"))).to, "/rules/changes")
	c.counted(t, id)
	return id
}

// account makes an account and uses its link.
func (c *city) account(t *testing.T, form url.Values) *client {
	t.Helper()
	link := linkIn(t, c.URL, as(t, c.URL, c.logins[authz.Admin]).post("/admin/accounts/new", form))
	person := newClient(t, c.URL)
	done(t, person.post(link, url.Values{"new": {demo.Password}, "again": {demo.Password}}))
	return person
}
