package returning_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/returning"
	"github.com/fugong/fugong/internal/testkit"
)

// From the phone to the post: deferred for want of a sample, completed by the record alone, approved, and owed from then on.
func TestTheWholeWay(t *testing.T) {
	p := newPlant(t)
	id := p.away("张三", "awaiting_return")
	c := p.declared(id, clean(), now)
	if state, _ := p.state(id); state != int(regime.OffPost) {
		t.Fatalf("state %d before the return, want off post", state)
	}
	v := p.get(p.hr(), c.Key, now)
	if failing := returning.Failing(v.Items); !slices.Equal(failing, []string{returning.ItemPCR}) {
		t.Fatalf("failing %v, want the sample alone", failing)
	}
	if err := p.Approve(t.Context(), p.hr(), c.Key, v.Version, now); !errs.Is(err, errs.Conflict) {
		t.Errorf("approved without a sample: %v", err)
	}
	if err := p.Defer(t.Context(), p.hr(), c.Key, v.Version, "", now); err != nil {
		t.Fatal(err)
	}
	mine, err := p.Mine(t.Context(), p.worker(id), now)
	if err != nil || mine.Case.State != returning.Deferred || !slices.Equal(mine.Case.Failed, []string{returning.ItemPCR}) {
		t.Fatalf("the person sees %+v, %v", mine.Case, err)
	}

	later := now.Add(12 * time.Hour)
	p.swab(id, now.Add(time.Hour), now.Add(9*time.Hour), later)
	v = p.get(p.hr(), c.Key, later)
	if failing := returning.Failing(v.Items); failing != nil {
		t.Fatalf("failing %v after the sample", failing)
	}
	if err := p.Approve(t.Context(), p.hr(), c.Key, v.Version, later); err != nil {
		t.Fatal(err)
	}
	if p.status(id) != "on_post" {
		t.Errorf("work status %s", p.status(id))
	}
	state, due := p.state(id)
	if want := now.Add(time.Hour + 168*time.Hour); state != int(regime.OK) || due == nil || !due.Equal(want) {
		t.Errorf("state %d due %v, want ok due %v", state, due, want)
	}
	v = p.get(p.hr(), c.Key, later)
	if v.State != returning.Approved || len(v.Failed) != 0 || v.Items != nil || v.ReviewedByName != "专员" {
		t.Errorf("case %+v", v.Case)
	}
	events, err := p.History(t.Context(), p.hr(), c.Key)
	var acts []string
	for _, e := range events {
		acts = append(acts, e.Action)
	}
	if want := []string{"return.approve", "return.defer", "return.submit", "return.begin"}; err != nil || !slices.Equal(acts, want) {
		t.Errorf("history %v, %v", acts, err)
	}
	if err := p.Approve(t.Context(), p.hr(), c.Key, 0, later); !errs.Is(err, errs.Conflict) {
		t.Errorf("approved twice: %v", err)
	}
	if _, err := p.Begin(t.Context(), p.worker(id), returning.Opening{Employee: id, Planned: "2022-03-25", Consent: true}, later); !errs.Is(err, errs.Conflict) {
		t.Errorf("begun on post: %v", err)
	}
}

func TestDraftsSurviveAndAreTheirWritersAlone(t *testing.T) {
	p := newPlant(t)
	id := p.away("张三", "leave")
	sc := p.worker(id)
	if _, err := p.Begin(t.Context(), sc, returning.Opening{Employee: id, Planned: "2022-03-25"}, now); errs.FieldsOf(err)["consent"].Key == "" {
		t.Fatalf("begun without consent: %v", err)
	}
	open := returning.Opening{Employee: id, Planned: "2022-03-25", Consent: true}
	c, err := p.Begin(t.Context(), sc, open, now)
	if err != nil {
		t.Fatal(err)
	}
	again, err := p.Begin(t.Context(), sc, open, now)
	if err != nil || again.Key != c.Key {
		t.Errorf("a second case %v, %v", again.Key, err)
	}
	half := returning.Declaration{OriginArea: "济南市历城区", Symptoms: []string{"cough", "cough"}}
	if c, err = p.Save(t.Context(), sc, c.Key, c.Version, returning.Telling{Planned: "2022-03-26", Declaration: half}, now); err != nil {
		t.Fatal(err)
	}
	mine, err := p.Mine(t.Context(), sc, now)
	if err != nil || mine.Case.Declaration.OriginArea != "济南市历城区" || len(mine.Case.Declaration.Symptoms) != 1 ||
		mine.Case.PlannedAt.In(testkit.Zone).Format(time.DateOnly) != "2022-03-26" {
		t.Errorf("kept %+v, %v", mine.Case, err)
	}
	if v := p.get(p.hr(), c.Key, now); v.Declaration.OriginArea != "" || v.Items != nil {
		t.Error("the health officer reads a draft")
	}
	if _, err := p.Save(t.Context(), sc, c.Key, c.Version-1, returning.Telling{Declaration: half}, now); !errs.Is(err, errs.Conflict) {
		t.Errorf("a stale page overwrote: %v", err)
	}
	_, err = p.Submit(t.Context(), sc, c.Key, c.Version, false, now)
	faults := errs.FieldsOf(err)
	for _, name := range []string{"pledge", "transport", "health_code", "temperature", "contacts", "overseas"} {
		if faults[name].Key == "" {
			t.Errorf("%s is not asked for: %v", name, err)
		}
	}
	for _, column := range []string{"body_enc::text", "encode(body_enc, 'escape')"} {
		if n := testkit.Get[int](p.Kit, `select count(*) from return_case where `+column+` like '%cough%'`); n != 0 {
			t.Errorf("symptoms are readable in %s", column)
		}
	}
	if err := p.Withdraw(t.Context(), sc, c.Key, now); err != nil {
		t.Fatal(err)
	}
	if n := testkit.Get[int](p.Kit, `select count(*) from return_case where state = 'withdrawn' and body_enc is null`); n != 1 {
		t.Error("the withdrawn declaration is still there")
	}
}

// A change after handing in gives the case back to its writer, and the pledge must be signed anew.
func TestAChangeTakesTheCaseBack(t *testing.T) {
	p := newPlant(t)
	id := p.away("张三", "awaiting_return")
	c := p.declared(id, clean(), now)
	d := clean()
	d.Temperature = celsius(38)
	c, err := p.Save(t.Context(), p.worker(id), c.Key, c.Version, returning.Telling{Declaration: d}, now)
	if err != nil || c.State != returning.Draft || !c.PledgeAt.IsZero() {
		t.Errorf("state %s, pledge %v, %v", c.State, c.PledgeAt, err)
	}
	if err := p.Approve(t.Context(), p.hr(), c.Key, 0, now); !errs.Is(err, errs.Conflict) {
		t.Errorf("a draft was approved: %v", err)
	}
	if c, err = p.Submit(t.Context(), p.worker(id), c.Key, c.Version, true, now); err != nil {
		t.Fatal(err)
	}
	stale := c.Version
	d.Temperature = celsius(36.6)
	if c, err = p.Save(t.Context(), p.hr(), c.Key, c.Version, returning.Telling{Declaration: d}, now); err != nil || c.State != returning.Submitted || c.PledgeAt.IsZero() {
		t.Errorf("the health officer's change: %s %v %v", c.State, c.PledgeAt, err)
	}
	if err := p.Defer(t.Context(), p.hr(), c.Key, stale, "", now); !errs.Is(err, errs.Conflict) {
		t.Errorf("decided on a page of before: %v", err)
	}
}

func TestOverrideNeedsTwoPeople(t *testing.T) {
	p := newPlant(t)
	first, other := p.officer(p.org, 1), p.officer(p.org, 2)
	id := p.away("张三", "awaiting_return")
	c := p.declared(id, clean(), now)
	if err := p.ProposeOverride(t.Context(), first, c.Key, 0, "", now); errs.FieldsOf(err)["reason"].Key == "" {
		t.Errorf("without a reason: %v", err)
	}
	if err := p.ProposeOverride(t.Context(), first, c.Key, 0, "采样点停电，关键岗位", now); err != nil {
		t.Fatal(err)
	}
	if p.status(id) != "awaiting_return" {
		t.Error("a proposal put the person on post")
	}
	err := p.Confirm(t.Context(), first, c.Key, 0, now)
	if e, ok := err.(*errs.Error); !ok || e.Message.Key != "returning.refused.same_person" {
		t.Errorf("confirmed by the proposer: %v", err)
	}
	if err := p.Refuse(t.Context(), first, c.Key, 0, "再想想", now); !errs.Is(err, errs.Conflict) {
		t.Errorf("refused by the proposer: %v", err)
	}
	if _, err := p.Save(t.Context(), p.worker(id), c.Key, 0, returning.Telling{Declaration: clean()}, now); !errs.Is(err, errs.Conflict) {
		t.Errorf("changed under the second person's eyes: %v", err)
	}
	if err := p.Refuse(t.Context(), other, c.Key, 0, "等采样", now); err != nil {
		t.Fatal(err)
	}
	if v := p.get(first, c.Key, now); v.State != returning.Deferred || v.ReviewReason != "等采样" || v.SecondBy != 0 {
		t.Errorf("refused: %+v", v.Case)
	}
	if err := p.ProposeOverride(t.Context(), first, c.Key, 0, "采样点停电，关键岗位", now); err != nil {
		t.Fatal(err)
	}
	if err := p.Confirm(t.Context(), other, c.Key, 0, now); err != nil {
		t.Fatal(err)
	}
	v := p.get(first, c.Key, now)
	if v.State != returning.Approved || v.ReviewedBy != 1 || v.SecondBy != 2 || !slices.Equal(v.Failed, []string{returning.ItemPCR}) || p.status(id) != "on_post" {
		t.Errorf("confirmed: %+v, %s", v.Case, p.status(id))
	}
	if state, _ := p.state(id); state == int(regime.OffPost) {
		t.Error("the duty has not begun")
	}
	if _, err := p.Owner.Exec(`update return_case set second_by = reviewed_by where id = $1`, c.ID); err == nil {
		t.Error("the database lets one person be both")
	}
}

func TestAnOverrideLiftsNoHoldAndNothingNew(t *testing.T) {
	p := newPlant(t)
	first, other := p.officer(p.org, 1), p.officer(p.org, 2)
	id := p.away("张三", "awaiting_return")
	c := p.declared(id, clean(), now)
	if err := p.ProposeOverride(t.Context(), first, c.Key, 0, "关键岗位", now); err != nil {
		t.Fatal(err)
	}
	// Fifty hours later code and temperature are stale: nobody agreed to that.
	err := p.Confirm(t.Context(), other, c.Key, 0, now.Add(50*time.Hour))
	if e, ok := err.(*errs.Error); !ok || e.Message.Key != "returning.refused.worse" {
		t.Errorf("confirmed something worse: %v", err)
	}
	p.hold(id, "symptom")
	err = p.Confirm(t.Context(), other, c.Key, 0, now)
	if e, ok := err.(*errs.Error); !ok || e.Message.Key != "returning.refused.held" {
		t.Errorf("confirmed against a hold: %v", err)
	}
	if err := p.Defer(t.Context(), first, c.Key, 0, "有症状", now); err != nil {
		t.Fatal(err)
	}
	err = p.ProposeOverride(t.Context(), first, c.Key, 0, "关键岗位", now)
	if e, ok := err.(*errs.Error); !ok || e.Message.Key != "returning.refused.held" {
		t.Errorf("proposed against a hold: %v", err)
	}
	if v := p.get(first, c.Key, now); !slices.Contains(returning.Failing(v.Items), returning.ItemHold) {
		t.Errorf("items %+v", v.Items)
	}
}

// Whoever is kept back does not drift on post when a leave ends.
func TestKeptBackAwaitsTheReturn(t *testing.T) {
	p := newPlant(t)
	for name, decide := range map[string]func(returning.Key) error{
		"deferred": func(k returning.Key) error { return p.Defer(t.Context(), p.hr(), k, 0, "", now) },
		"rejected": func(k returning.Key) error { return p.Reject(t.Context(), p.hr(), k, 0, "情况不明", now) },
	} {
		id := p.away(name, "on_post")
		err := p.DB.InTx(t.Context(), p.hr().Tenant(), func(tx *sqlx.Tx) error {
			_, err := tx.Exec(`update employee set work_status = 'leave', status_since = $2, status_until = $3 where id = $1`, id,
				now.AddDate(0, 0, -5), now.Add(24*time.Hour))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		c := p.declared(id, clean(), now)
		if err := decide(c.Key); err != nil {
			t.Fatal(err)
		}
		if p.status(id) != "awaiting_return" {
			t.Errorf("%s: %s", name, p.status(id))
		}
	}
}

func TestReach(t *testing.T) {
	p := newPlant(t)
	id, mate := p.away("张三", "awaiting_return"), p.away("李四", "awaiting_return")
	c := p.declared(id, clean(), now)
	leader := authz.Scope{Account: 50, Role: authz.TeamLeader, Org: p.org, Employee: mate, Teams: []int64{1}}
	bureau := authz.Scope{Account: 51, Role: authz.CityBureau, Org: p.org}
	for _, tc := range []struct {
		who  string
		sc   authz.Scope
		code errs.Code
	}{
		{"own", p.worker(id), ""}, {"HR", p.hr(), ""}, {"a mate", p.worker(mate), errs.NotFound}, {"a leader", leader, errs.NotFound},
		{"another org's HR", p.officer(p.foreign, 9), errs.NotFound}, {"a bureau", bureau, errs.Forbidden}, {"nobody", authz.Scope{}, errs.Unauthenticated},
	} {
		_, err := p.Get(t.Context(), tc.sc, c.Key, now)
		if tc.code == "" && err != nil || tc.code != "" && !errs.Is(err, tc.code) {
			t.Errorf("%s reads: %v", tc.who, err)
		}
		if tc.code == "" {
			continue
		}
		if _, err := p.Save(t.Context(), tc.sc, c.Key, 0, returning.Telling{Declaration: clean()}, now); !errs.Is(err, tc.code) {
			t.Errorf("%s writes: %v", tc.who, err)
		}
		if err := p.Withdraw(t.Context(), tc.sc, c.Key, now); !errs.Is(err, tc.code) {
			t.Errorf("%s withdraws: %v", tc.who, err)
		}
		if err := p.Approve(t.Context(), tc.sc, c.Key, 0, now); err == nil {
			t.Errorf("%s approves", tc.who)
		}
	}
	if err := p.Approve(t.Context(), p.worker(id), c.Key, 0, now); !errs.Is(err, errs.Forbidden) {
		t.Errorf("people approve themselves: %v", err)
	}
	n := testkit.Get[int](p.Kit, `select count(*) from audit_log where action = 'return.view' and is_read and employee_id = $1`, id)
	if n != 1 {
		t.Errorf("%d readings on record, want the health officer's", n)
	}
}

func TestDeclarationsAreErased(t *testing.T) {
	p := newPlant(t)
	id := p.away("张三", "awaiting_return")
	c := p.declared(id, clean(), now)
	if err := p.Reject(t.Context(), p.hr(), c.Key, 0, "情况不明", now); err != nil {
		t.Fatal(err)
	}
	run := func(at time.Time) string {
		t.Helper()
		out, err := p.Jobs()[0].Run(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if out := run(now.AddDate(0, 0, 29)); out != "erased 0" {
		t.Error(out)
	}
	if out := run(now.AddDate(0, 0, 31)); out != "erased 1" {
		t.Error(out)
	}
	if v := p.get(p.hr(), c.Key, now); !v.Erased() || v.ReviewReason != "" || v.State != returning.Rejected {
		t.Errorf("%+v", v.Case)
	}
}

func TestFieldsAreChecked(t *testing.T) {
	p := newPlant(t)
	id := p.away("张三", "awaiting_return")
	c, err := p.Begin(t.Context(), p.worker(id), returning.Opening{Employee: id, Planned: "2022-03-25", Consent: true}, now)
	if err != nil {
		t.Fatal(err)
	}
	for field, change := range map[string]func(*returning.Declaration){
		"origin_area":     func(d *returning.Declaration) { d.OriginArea = strings.Repeat("长", 101) },
		"transport":       func(d *returning.Declaration) { d.Transport = "broom" },
		"code_checked_at": func(d *returning.Declaration) { d.CodeCheckedAt = now.Add(time.Hour) },
		"arrive_at": func(d *returning.Declaration) {
			d.DepartAt, d.ArriveAt = now.Add(-time.Hour), now.Add(-2*time.Hour)
		},
		"temperature": func(d *returning.Declaration) { d.Temperature = celsius(50) },
		"symptoms":    func(d *returning.Declaration) { d.Symptoms = []string{"cough"} },
		"contacts":    func(d *returning.Declaration) { d.Contacts = []string{"confirmed_contact"} },
		"entered_on":  func(d *returning.Declaration) { d.EnteredOn = "2022-02-30" },
		"contact_on":  func(d *returning.Declaration) { d.ContactOn = "2022-03-25" },
		"stay_area_0": func(d *returning.Declaration) { d.Stays = []returning.Stay{{To: "2022-03-20", Risk: "low"}} },
		"stay_to_0":   func(d *returning.Declaration) { d.Stays = []returning.Stay{{Area: "某市", Risk: "low"}} },
		"stay_from_0": func(d *returning.Declaration) {
			d.Stays = []returning.Stay{{Area: "某市", From: "2022-03-21", To: "2022-03-20", Risk: "low"}}
		},
		"stay_risk_0": func(d *returning.Declaration) { d.Stays = []returning.Stay{{Area: "某市", To: "2022-03-20"}} },
	} {
		d := clean()
		change(&d)
		_, err := p.Save(t.Context(), p.worker(id), c.Key, 0, returning.Telling{Declaration: d}, now)
		if faults := errs.FieldsOf(err); faults[field].Key == "" || len(faults) != 1 {
			t.Errorf("%s: %v", field, err)
		}
	}
	for day, want := range map[string]bool{"2022-03-30": true, "2021-03-30": false, "2023-03-30": false, "soon": false} {
		_, err := p.Save(t.Context(), p.worker(id), c.Key, 0, returning.Telling{Planned: day, Declaration: clean()}, now)
		if (err == nil) != want {
			t.Errorf("planned %s: %v", day, err)
		}
	}
}
