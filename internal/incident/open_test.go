package incident_test

import (
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/incident"
	"github.com/fugong/fugong/internal/incident/plan"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

func TestASymptomOpensAnIncidentWithItsClocks(t *testing.T) {
	p := newPlant(t)
	zhang := p.person("张三", "一班")
	p.held(zhang, "symptom", p.at)
	d := p.get(p.only(), p.at)
	if d.Kind != "symptom" || d.Drill || d.Place != "一车间 一班" || d.Team == 0 || !d.DetectedAt.Equal(p.at) || d.OpenedBy != "" || d.Pack != "zibo-2022-03" {
		t.Errorf("head %+v", d.Incident)
	}
	if len(d.People) != 1 || d.People[0].Name != "张三" || len(d.People[0].Holds) != 1 || d.People[0].Holds[0].Check.Ready {
		t.Errorf("people %+v", d.People)
	}
	want := map[string]time.Duration{plan.StopIsolate: 10 * time.Minute, plan.InternalReport: 15 * time.Minute, plan.ExternalReport: 30 * time.Minute,
		plan.SendClinic: 2 * time.Hour, plan.CloseArea: time.Hour, plan.ContactsList: 2 * time.Hour, plan.Disinfect: 15 * time.Hour, plan.FollowUp: 12 * time.Hour}
	for _, s := range d.Steps {
		if in, ok := want[s.Name]; ok && s.Due.Sub(p.at) != in || !ok && s.Name != plan.CloseStep {
			t.Errorf("%s is due in %v, want %v", s.Name, s.Due.Sub(p.at), in)
		}
	}
	if len(d.Steps) != len(want)+1 || d.Steps[2].Hard.Sub(p.at) != 2*time.Hour {
		t.Errorf("steps %s", names(d.Steps))
	}
	if n := p.count(`select count(*) from audit_log where action = 'incident.open' and employee_id = $1`, zhang); n != 1 {
		t.Errorf("%d audit rows", n)
	}
	if n := p.count(`select count(*) from audit_log where action = 'incident.view' and is_read and employee_id = $1 and actor = 7`, zhang); n != 1 {
		t.Errorf("%d readings", n)
	}
}

func TestAnEpisodeOpensOneIncident(t *testing.T) {
	p := newPlant(t)
	zhang := p.person("张三", "一班")
	began := []hold.Began{{ID: 1, Employee: zhang, Kind: "symptom", Source: "symptom_report", From: p.at}}
	tell := func() error {
		return p.DB.InTx(t.Context(), db.Tenant{Org: p.org}, func(tx *sqlx.Tx) error {
			return p.incidents.HoldsBegan(t.Context(), tx, p.wang, began, p.at)
		})
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := tell(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	id := p.only()
	p.finish(id, p.at)
	p.must(p.incidents.Close(t.Context(), p.wang, id, incident.Closing{Outcome: incident.Excluded, Text: "普通感冒"}, p.at))
	p.must(tell())
	if p.only() != id {
		t.Error("a closed episode was opened again")
	}
	began[0].From = p.at.Add(24 * time.Hour)
	p.must(tell())
	if n := p.count(`select count(*) from incident where state = 'open'`); n != 1 {
		t.Errorf("a new episode opened %d", n)
	}
}

func TestTwoHoldsAtOnceOpenOneIncident(t *testing.T) {
	p := newPlant(t)
	zhang := p.person("张三", "一班")
	var wg sync.WaitGroup
	for _, kind := range []string{"symptom", "close_contact"} {
		wg.Go(func() {
			err := p.DB.InTx(t.Context(), db.Tenant{Org: p.org}, func(tx *sqlx.Tx) error {
				return p.incidents.HoldsBegan(t.Context(), tx, p.wang, []hold.Began{{Employee: zhang, Kind: kind, From: p.at}}, p.at)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	d := p.get(p.only(), p.at)
	if d.Kind != "symptom" || len(d.People) != 1 {
		t.Errorf("%+v", d.Incident)
	}
}

func TestATubeIsOneIncident(t *testing.T) {
	p := newPlant(t)
	var people []int64
	for _, name := range []string{"张三", "李四", "王五"} {
		people = append(people, p.person(name, "一班"))
	}
	people = append(people, p.person("赵六", "二班"))
	sampled, reported := p.at.Add(-20*time.Hour), p.at
	p.tube("A:17", sampled, reported, people[:3]...)
	id := p.only()
	d := p.get(id, p.at)
	if len(d.People) != 3 || d.Kind != "pool_abnormal" || d.Place != "一车间 一班" {
		t.Fatalf("%+v with %d people", d.Incident, len(d.People))
	}
	for _, s := range d.Steps {
		if s.Name == plan.SendClinic || s.Name == plan.CloseArea {
			t.Errorf("an abnormal tube has the step %s", s.Name)
		}
	}
	p.step(id, plan.Resample, 1)
	for _, n := range d.Notes {
		if n.Event == incident.EventJoined {
			t.Errorf("a member joins: %+v", n)
		}
	}
	// A fourth member of the tube is found later and joins.
	p.tube("A:17", sampled, reported.Add(time.Hour), people[3])
	if d = p.get(p.only(), p.at); len(d.People) != 4 || d.Notes[len(d.Notes)-1].Event != incident.EventJoined {
		t.Errorf("%d people, %+v", len(d.People), d.Notes)
	}
	// Sampled again alone, the first is negative: seen on the page, the incident goes on.
	p.Sample(p.org, people[0], p.at.Add(2*time.Hour), p.at.Add(4*time.Hour), "negative")
	if d = p.get(id, p.at.Add(5*time.Hour)); d.People[0].Result+d.People[1].Result+d.People[2].Result+d.People[3].Result != "negative" {
		t.Errorf("people %+v", d.People)
	}
	// Somebody found to belong to a closed tube is a case of their own; who stood in it is not.
	p.finish(id, p.at)
	p.must(p.incidents.Close(t.Context(), p.wang, id, incident.Closing{Outcome: incident.Excluded, Text: "单采阴性"}, p.at))
	late := p.person("钱七", "二班")
	p.in(func(tx *sqlx.Tx) error {
		var began []hold.Began
		for _, e := range []int64{people[0], late} {
			began = append(began, hold.Began{Employee: e, Kind: "pool_abnormal", From: reported, Barcode: "A:17"})
		}
		return p.incidents.HoldsBegan(t.Context(), tx, p.wang, began, p.at)
	})
	if n := p.count(`select count(*) from incident where state = 'open'`); n != 1 {
		t.Errorf("%d open", n)
	}
	if n := p.count(`select count(*) from incident_person p join incident i on i.id = p.incident_id where i.state = 'open' and p.employee_id = $1`, late); n != 1 {
		t.Error("the latecomer has none")
	}
}

func TestAGraverHoldJoinsAndCallsForANewReport(t *testing.T) {
	p := newPlant(t)
	zhang := p.person("张三", "一班")
	p.held(zhang, "symptom", p.at)
	id := p.only()
	p.do(id, plan.ExternalReport, p.at.Add(20*time.Minute))
	later := p.at.Add(6 * time.Hour)
	p.in(func(tx *sqlx.Tx) error {
		return p.incidents.HoldsBegan(t.Context(), tx, p.wang, []hold.Began{{Employee: zhang, Kind: "positive", From: later}}, later)
	})
	if d := p.get(p.only(), later); d.Kind != "positive" || len(d.People) != 1 {
		t.Errorf("%+v", d.Incident)
	}
	if s := p.step(id, plan.ExternalReport, 2); !s.Due.Equal(later.Add(30*time.Minute)) || !s.Hard.Equal(later.Add(2*time.Hour)) {
		t.Errorf("second report %+v", s)
	}
	if s := p.step(id, plan.CloseArea, 1); !s.From.Equal(p.at) {
		t.Errorf("a step that was there starts anew: %+v", s)
	}
	// A lighter one changes nothing.
	p.in(func(tx *sqlx.Tx) error {
		return p.incidents.HoldsBegan(t.Context(), tx, p.wang, []hold.Began{{Employee: zhang, Kind: "close_contact", From: later}}, later)
	})
	if d := p.get(id, later); d.Kind != "positive" {
		t.Errorf("kind %s", d.Kind)
	}
}

func TestByHand(t *testing.T) {
	p := newPlant(t)
	zhang, _ := p.person("张三", "一班"), p.person("同名", "一班")
	p.person("同名", "二班")
	for _, tc := range []struct {
		name   string
		change func(*incident.Opening)
		field  string
	}{
		{"nobody", func(o *incident.Opening) { o.Who = "" }, "who"},
		{"unknown", func(o *incident.Opening) { o.Who = "查无此人" }, "who"},
		{"namesakes", func(o *incident.Opening) { o.Who = "同名" }, "who"},
		{"future", func(o *incident.Opening) { o.Detected = p.at.Add(time.Minute) }, "detected"},
		{"long ago", func(o *incident.Opening) { o.Detected = p.at.Add(-25 * time.Hour) }, "detected"},
		{"a result's kind", func(o *incident.Opening) { o.Kind = "positive" }, "kind"},
	} {
		o := incident.Opening{Kind: "symptom", Who: "张三", Detected: p.at.Add(-5 * time.Minute)}
		tc.change(&o)
		if _, _, err := p.incidents.Start(t.Context(), p.wang, o, p.at); errs.FieldsOf(err)[tc.field].Key == "" {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
	o := incident.Opening{Kind: "symptom", Who: "张三", Detected: p.at.Add(-5 * time.Minute), Note: "门岗测温 37.8"}
	if _, _, err := p.incidents.Start(t.Context(), p.leader(5, "一班"), o, p.at); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a leader opens: %v", err)
	}
	id, fresh, err := p.incidents.Start(t.Context(), p.wang, o, p.at)
	if err != nil || !fresh || id != p.only() {
		t.Fatalf("%d %v %v", id, fresh, err)
	}
	d := p.get(id, p.at)
	if d.OpenedBy != "王敏" || len(d.People) != 1 || len(d.People[0].Holds) != 1 || !d.DetectedAt.Equal(o.Detected) {
		t.Errorf("%+v", d)
	}
	if n := p.count(`select count(*) from standing where employee_id = $1 and held`, zhang); n != 1 {
		t.Error("the person is not held")
	}
	if n := p.count(`select count(*) from incident where episode like '%门岗%' or place like '%37.8%'`) +
		p.count(`select count(*) from incident_note where text_enc::text like '%37.8%'`); n != 0 {
		t.Error("the note lies open")
	}
	again, fresh, err := p.incidents.Start(t.Context(), p.li, o, p.at)
	if err != nil || fresh || again != id {
		t.Errorf("again: %d %v %v", again, fresh, err)
	}
}

func TestADrillHoldsNobodyAndStandsApart(t *testing.T) {
	p := newPlant(t)
	zhang := p.person("张三", "一班")
	mate := p.person("李四", "一班")
	id, fresh, err := p.incidents.Start(t.Context(), p.wang, incident.Opening{Kind: "symptom", Who: "张三", Detected: p.at, Drill: true}, p.at)
	if err != nil || !fresh {
		t.Fatal(err)
	}
	n, err := p.incidents.Tracing().Assemble(t.Context(), p.wang, id, incident.CloseLinks(), p.at)
	if err != nil || n != 1 {
		t.Fatalf("%d contacts, %v", n, err)
	}
	if n, asked, err := p.incidents.Tracing().Wait(t.Context(), p.wang, id, nil, p.at); n != 1 || asked || err != nil {
		t.Errorf("%d wait, asked %v, %v", n, asked, err)
	}
	if n := p.count(`select count(*) from hold`); n != 0 {
		t.Errorf("a drill put %d holds", n)
	}
	if _, err := p.incidents.Tracing().Handover(t.Context(), p.wang, id, "疾控要求", p.at); !errs.Is(err, errs.Conflict) {
		t.Errorf("a drill's list goes out: %v", err)
	}
	// A drill is no reason to look at anybody's results.
	p.Sample(p.org, zhang, p.at.Add(time.Hour), p.at.Add(2*time.Hour), "negative")
	if d := p.get(id, p.at.Add(3*time.Hour)); d.People[0].Result != "" {
		t.Errorf("a drill shows %+v", d.People[0])
	}
	// The real thing is opened beside it.
	p.held(mate, "symptom", p.at)
	p.held(zhang, "symptom", p.at)
	if n := p.count(`select count(*) from incident where not drill`); n != 2 {
		t.Errorf("%d real ones", n)
	}
	p.finish(id, p.at)
	p.must(p.incidents.Close(t.Context(), p.wang, id, incident.Closing{Outcome: incident.Confirmed, Text: "演练总结"}, p.at))
	if d := p.get(id, p.at); d.Outcome != incident.OutcomeDrill {
		t.Errorf("a drill ends with %q", d.Outcome)
	}
}

func TestAnotherOrgFindsNothing(t *testing.T) {
	p := newPlant(t)
	p.held(p.person("张三", "一班"), "symptom", p.at)
	id := p.only()
	foreign := p.officer(p.foreign, 9, "赵")
	step := incident.StepID{Incident: id, Step: plan.StopIsolate, Round: 1}
	ctx := t.Context()
	for name, err := range map[string]error{
		"open":     second(p.incidents.Get(ctx, foreign, id, p.at)),
		"clocks":   second(p.incidents.Clocks(ctx, foreign, id)),
		"do":       p.incidents.Do(ctx, foreign, step, incident.Deed{}, p.at),
		"skip":     p.incidents.Skip(ctx, foreign, step, "不需要", p.at),
		"assign":   p.incidents.Assign(ctx, foreign, step, 1, p.at),
		"assemble": second(p.incidents.Tracing().Assemble(ctx, foreign, id, incident.Links(), p.at)),
		"confirm":  second(p.incidents.Tracing().Confirm(ctx, foreign, id, p.at)),
		"handover": second(p.incidents.Tracing().Handover(ctx, foreign, id, "疾控要求", p.at)),
		"remark":   p.incidents.Remark(ctx, foreign, id, "看看", nil, p.at),
		"close":    p.incidents.Close(ctx, foreign, id, incident.Closing{Outcome: incident.Excluded, Text: "完"}, p.at),
	} {
		if !errs.Is(err, errs.NotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	worker := authz.Scope{Account: 3, Role: authz.Worker, Org: p.org, Employee: 1}
	if _, err := p.incidents.Get(ctx, worker, id, p.at); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a worker: %v", err)
	}
	if _, err := p.incidents.Get(ctx, p.leader(5, "一班"), id, p.at); err != nil {
		t.Errorf("the leader: %v", err)
	}
	p.person("王五", "二班")
	if _, err := p.incidents.Get(ctx, p.leader(6, "二班"), id, p.at); !errs.Is(err, errs.NotFound) {
		t.Errorf("another team's leader: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }
