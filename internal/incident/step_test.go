package incident_test

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/incident"
	"github.com/fugong/fugong/internal/incident/plan"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

func (p *plant) symptom() int64 {
	p.t.Helper()
	p.held(p.person("张三", "一班"), "symptom", p.at)
	return p.only()
}

func id(incidentID int64, step string) incident.StepID {
	return incident.StepID{Incident: incidentID, Step: step, Round: 1}
}

func TestTheRightPeopleDoSteps(t *testing.T) {
	p := newPlant(t)
	i := p.symptom()
	leader := p.leader(p.Account(p.org, "team_leader", "l@x", p.at), "一班")
	do := func(sc authz.Scope, step string) error {
		return p.incidents.Do(t.Context(), sc, id(i, step), incident.Deed{Text: "已办"}, p.at.Add(5*time.Minute))
	}
	if err := do(leader, plan.ExternalReport); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a leader reports outside: %v", err)
	}
	if err := do(leader, plan.StopIsolate); err != nil {
		t.Errorf("a leader stops work: %v", err)
	}
	if err := do(p.wang, plan.StopIsolate); !errs.Is(err, errs.Conflict) {
		t.Errorf("done twice: %v", err)
	}
	if err := do(p.wang, plan.CloseStep); !errs.Is(err, errs.Forbidden) {
		t.Errorf("closed by the way: %v", err)
	}
	if err := do(p.wang, plan.EpiSupport); !errs.Is(err, errs.NotFound) {
		t.Errorf("a step that is not there: %v", err)
	}
	if s := p.step(i, plan.StopIsolate, 1); s.DoneBy != leader.Actor || !s.DoneAt.Equal(p.at.Add(5*time.Minute)) {
		t.Errorf("%+v", s)
	}
	// Given to the leader, a step is the leader's.
	if err := p.incidents.Assign(t.Context(), p.wang, id(i, plan.CloseArea), leader.Account, p.at); err != nil {
		t.Fatal(err)
	}
	if err := do(leader, plan.CloseArea); err != nil {
		t.Errorf("the owner: %v", err)
	}
	worker := p.Account(p.org, "worker", "w@x", p.at)
	if err := p.incidents.Assign(t.Context(), p.wang, id(i, plan.Disinfect), worker, p.at); errs.FieldsOf(err)["account"].Key == "" {
		t.Errorf("given to a worker: %v", err)
	}
	if err := p.incidents.Assign(t.Context(), leader, id(i, plan.Disinfect), leader.Account, p.at); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a leader gives: %v", err)
	}
	if list, err := p.incidents.Accounts(t.Context(), p.wang); err != nil || len(list) != 1 || list[0].Role != authz.TeamLeader {
		t.Errorf("accounts %+v, %v", list, err)
	}
}

func TestTwoDoAStepOnce(t *testing.T) {
	p := newPlant(t)
	i := p.symptom()
	var wg sync.WaitGroup
	var did atomic.Int32
	for _, sc := range []authz.Scope{p.wang, p.li, p.wang, p.li} {
		wg.Go(func() {
			err := p.incidents.Do(t.Context(), sc, id(i, plan.FollowUp), incident.Deed{Text: "候诊"}, p.at.Add(time.Hour))
			if err == nil {
				did.Add(1)
			} else if !errs.Is(err, errs.Conflict) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := p.count(`select count(*) from incident_step where step = 'follow_up'`); did.Load() != 1 || n != 2 {
		t.Errorf("done %d times, %d rounds", did.Load(), n)
	}
}

func TestWhenAndWhatWasDone(t *testing.T) {
	p := newPlant(t)
	i := p.symptom()
	do := func(d incident.Deed) errs.Fields {
		return errs.FieldsOf(p.incidents.Do(t.Context(), p.wang, id(i, plan.ExternalReport), d, p.at.Add(40*time.Minute)))
	}
	for name, tc := range map[string]struct {
		deed  incident.Deed
		field string
	}{
		"no words":         {incident.Deed{}, "text"},
		"too many":         {incident.Deed{Text: strings.Repeat("长", 1001)}, "text"},
		"in the future":    {incident.Deed{Text: "x", DoneAt: p.at.Add(41 * time.Minute)}, "done_at"},
		"before detection": {incident.Deed{Text: "x", DoneAt: p.at.Add(-time.Minute)}, "done_at"},
		"an outcome":       {incident.Deed{Text: "x", Outcome: incident.Excluded}, "outcome"},
		"no picture":       {incident.Deed{Text: "x", Photo: []byte("GIF89a")}, "photo"},
	} {
		if do(tc.deed)[tc.field].Key == "" {
			t.Errorf("%s passes", name)
		}
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	// Told at 09:25, entered at 09:40: in time.
	if f := do(incident.Deed{Text: "疾控 孙医生 0533-1", DoneAt: p.at.Add(25 * time.Minute), Photo: picture.Bytes()}); f != nil {
		t.Fatalf("%v", f)
	}
	if s := p.step(i, plan.ExternalReport, 1); s.Clock(p.at.Add(time.Hour)) != plan.DoneInTime {
		t.Errorf("%+v", s)
	}
	d := p.get(i, p.at)
	n := d.Notes[len(d.Notes)-1]
	if n.Event != incident.EventDone || n.Text != "疾控 孙医生 0533-1" || !n.Photo || !n.At.Equal(p.at.Add(40*time.Minute)) || n.Step != plan.ExternalReport {
		t.Errorf("note %+v", n)
	}
	if d.Notes[0].Photo {
		t.Error("a note without a photo has one")
	}
	jpeg, err := p.incidents.Photo(t.Context(), p.wang, i, n.ID, p.at)
	if err != nil || !bytes.HasPrefix(jpeg, []byte{0xff, 0xd8}) {
		t.Errorf("photo of %d bytes, %v", len(jpeg), err)
	}
	if p.count(`select count(*) from incident_note where photo_enc is not null and position('\xffd8ff'::bytea in photo_enc) = 0`) != 1 {
		t.Error("the photo lies open")
	}
	if _, err := p.incidents.Photo(t.Context(), p.officer(p.foreign, 9, "赵"), i, n.ID, p.at); !errs.Is(err, errs.NotFound) {
		t.Errorf("another org: %v", err)
	}
	if _, err := p.incidents.Photo(t.Context(), p.wang, i, d.Notes[0].ID, p.at); !errs.Is(err, errs.NotFound) {
		t.Errorf("no photo: %v", err)
	}
}

func TestFollowUpsGoOnUntilAnOutcome(t *testing.T) {
	p := newPlant(t)
	i := p.symptom()
	p.do(i, plan.ExternalReport, p.at.Add(20*time.Minute))
	follow := func(round int, outcome string, at time.Time) {
		t.Helper()
		p.must(p.incidents.Do(t.Context(), p.wang, incident.StepID{Incident: i, Step: plan.FollowUp, Round: round},
			incident.Deed{Text: "发热门诊来电", Outcome: outcome}, at))
	}
	first := p.at.Add(10 * time.Hour)
	follow(1, "", first)
	if s := p.step(i, plan.FollowUp, 2); !s.Due.Equal(first.Add(12 * time.Hour)) {
		t.Errorf("next %+v", s)
	}
	if n := p.count(`select count(*) from incident_step where step = 'external_report'`); n != 1 {
		t.Errorf("%d reports while nothing is known", n)
	}
	second := first.Add(12 * time.Hour)
	follow(2, incident.Suspected, second)
	if s := p.step(i, plan.ExternalReport, 2); !s.Due.Equal(second.Add(30 * time.Minute)) {
		t.Errorf("the suspicion is not reported: %+v", s)
	}
	follow(3, incident.Excluded, second.Add(time.Hour))
	if n := p.count(`select count(*) from incident_step where step = 'follow_up'`); n != 3 {
		t.Errorf("%d follow-ups", n)
	}
	if d := p.get(i, p.at); d.Outcome != incident.Excluded {
		t.Errorf("outcome %q", d.Outcome)
	}
}

func TestClosing(t *testing.T) {
	p := newPlant(t)
	i := p.symptom()
	closing := incident.Closing{Outcome: incident.Excluded, Text: "复盘：测温枪电量不足"}
	if err := p.incidents.Close(t.Context(), p.wang, i, closing, p.at); !errs.Is(err, errs.Conflict) {
		t.Errorf("closed with steps to do: %v", err)
	}
	p.must(p.incidents.Request(t.Context(), p.wang, i, "区疾控要考勤和监控", p.at))
	if err := p.incidents.Skip(t.Context(), p.wang, id(i, plan.CloseArea), "", p.at); errs.FieldsOf(err)["reason"].Key == "" {
		t.Errorf("left out without a reason: %v", err)
	}
	p.must(p.incidents.Skip(t.Context(), p.wang, id(i, plan.CloseArea), "室外岗位", p.at.Add(time.Hour)))
	if s := p.step(i, plan.CloseArea, 1); s.Clock(p.at) != plan.LeftOut {
		t.Errorf("%+v", s)
	}
	if err := p.incidents.Skip(t.Context(), p.wang, id(i, plan.CloseStep), "不关", p.at); err == nil {
		t.Error("the closing is left out")
	}
	if undone := incident.Undone(p.get(i, p.at).Steps); undone[len(undone)-1].Name != plan.EpiSupport {
		t.Errorf("undone %s", names(undone))
	}
	p.finish(i, p.at.Add(2*time.Hour))
	for name, c := range map[string]incident.Closing{"no outcome": {Text: "x"}, "a drill's": {Outcome: incident.OutcomeDrill, Text: "x"}, "no look back": {Outcome: incident.Excluded}} {
		if err := p.incidents.Close(t.Context(), p.wang, i, c, p.at); errs.FieldsOf(err) == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := p.incidents.Close(t.Context(), p.leader(5, "一班"), i, closing, p.at); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a leader closes: %v", err)
	}
	at := p.at.Add(3 * time.Hour)
	p.must(p.incidents.Close(t.Context(), p.wang, i, closing, at))
	d := p.get(i, at)
	if d.IsOpen() || d.ClosedBy != "王敏" || !d.ClosedAt.Time.Equal(at) || d.Outcome != incident.Excluded {
		t.Errorf("%+v", d.Incident)
	}
	for _, s := range d.Steps {
		if s.Open() {
			t.Errorf("%s is still to do", s.Name)
		}
	}
	if len(d.People[0].Holds) != 1 {
		t.Error("the closing let somebody back to work")
	}
	if err := p.incidents.Close(t.Context(), p.wang, i, closing, at); !errs.Is(err, errs.Conflict) {
		t.Errorf("closed twice: %v", err)
	}
	if err := p.incidents.Do(t.Context(), p.wang, id(i, plan.Disinfect), incident.Deed{}, at); !errs.Is(err, errs.Conflict) {
		t.Errorf("done after the closing: %v", err)
	}
	p.must(p.incidents.Remark(t.Context(), p.wang, i, "补充：复检阴性", nil, at))
}

func TestALeaderSeesClocksAndNotWhatItIs(t *testing.T) {
	p := newPlant(t)
	i := p.symptom()
	p.do(i, plan.ExternalReport, p.at)
	d, err := p.incidents.Get(t.Context(), p.leader(5, "一班"), i, p.at)
	if err != nil || d.Kind != "" || len(d.Notes) != 0 || len(d.People) != 1 || len(d.People[0].Holds) != 0 || names(d.Steps) != "stop_isolate/1 internal_report/1 " {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestEscalationOncePerLevel(t *testing.T) {
	p := newPlant(t)
	i := p.symptom()
	at := p.at.Add(12 * time.Minute)
	escalate := func(at time.Time) int {
		t.Helper()
		var wg sync.WaitGroup
		var n atomic.Int32
		for range 2 { // two servers
			wg.Go(func() {
				told, err := p.incidents.Escalate(t.Context(), at)
				if err != nil {
					t.Error(err)
				}
				n.Add(int32(told))
			})
		}
		wg.Wait()
		return int(n.Load())
	}
	if n := escalate(p.at.Add(9 * time.Minute)); n != 0 {
		t.Errorf("%d told in time", n)
	}
	if n := escalate(at); n != 1 {
		t.Errorf("%d told, want the health officer", n)
	}
	if n := escalate(at.Add(time.Minute)); n != 0 {
		t.Errorf("%d told again", n)
	}
	p.do(i, plan.StopIsolate, at)
	p.do(i, plan.InternalReport, at)
	// Two levels at once after the servers were down: the firm, then, past the law's two hours, the bureau.
	if n := escalate(p.at.Add(119 * time.Minute)); n != 2 { // external report → firm; area → firm
		t.Errorf("%d told before two hours", n)
	}
	if n := escalate(p.at.Add(125 * time.Minute)); n != 4 { // external report and area → bureau; clinic and contacts → firm
		t.Errorf("%d told after two hours", n)
	}
	s := p.step(i, plan.ExternalReport, 1)
	if got := s.Told(); len(got) != 2 || got[1] != plan.LevelBureau {
		t.Errorf("told %v", got)
	}
	n := 0
	for _, note := range p.get(i, p.at).Notes {
		if note.Event == incident.EventEscalated {
			n++
		}
	}
	if n != 7 {
		t.Errorf("%d escalations in the record, want 7", n)
	}
}

func TestClosedAndDrillIncidentsDoNotReachTheBureau(t *testing.T) {
	p := newPlant(t)
	i, _, err := p.incidents.Start(t.Context(), p.wang, incident.Opening{Kind: "symptom", Detected: p.at, Drill: true}, p.at)
	p.must(err)
	if _, err := p.incidents.Escalate(t.Context(), p.at.Add(48*time.Hour)); err != nil {
		t.Fatal(err)
	}
	for _, s := range p.get(i, p.at).Steps {
		for _, level := range s.Told() {
			if level == plan.LevelBureau {
				t.Errorf("the bureau was told of a drill's %s", s.Name)
			}
		}
	}
	p.finish(i, p.at)
	p.must(p.incidents.Close(t.Context(), p.wang, i, incident.Closing{Text: "总结"}, p.at))
	if n, err := p.incidents.Escalate(t.Context(), p.at.Add(96*time.Hour)); n != 0 || err != nil {
		t.Errorf("%d told of a closed one, %v", n, err)
	}
}

// The wall in the database: the bureau reads clocks of real incidents, no people and no words, and writes nothing.
func TestTheBureauReadsClocksOnly(t *testing.T) {
	p := newPlant(t)
	p.symptom()
	_, _, err := p.incidents.Start(t.Context(), p.wang, incident.Opening{Kind: "symptom", Detected: p.at, Drill: true}, p.at)
	p.must(err)
	tenant := db.Tenant{Org: 999, Bureau: true}
	read := func(query string) (n int) {
		t.Helper()
		p.must(p.DB.Read(t.Context(), tenant, func(tx *sqlx.Tx) error { return tx.Get(&n, query) }))
		return n
	}
	for query, want := range map[string]int{
		`select count(*) from incident`: 1, `select count(*) from incident where drill`: 0, `select count(*) from incident_person`: 0,
		`select count(*) from incident_note`: 0, `select count(distinct incident_id) from incident_step`: 1,
	} {
		if n := read(query); n != want {
			t.Errorf("%s: %d, want %d", query, n, want)
		}
	}
	for _, query := range []string{`update incident set state = 'closed'`, `update incident_step set done_at = now()`} {
		p.must(p.DB.InTx(t.Context(), tenant, func(tx *sqlx.Tx) error {
			res, err := tx.Exec(query)
			if err == nil {
				if n, _ := res.RowsAffected(); n != 0 {
					t.Errorf("the bureau changed %d rows: %s", n, query)
				}
			}
			return err
		}))
	}
	err = p.DB.InTx(t.Context(), tenant, func(tx *sqlx.Tx) error {
		_, err := tx.Exec(`insert into incident (org_id, kind, episode, detected_at, pack, pack_version, opened_by, opened_at)
			values ($1, 'symptom', 'x', now(), 'p', 1, 1, now())`, p.org)
		return err
	})
	if err == nil {
		t.Error("the bureau opened an incident")
	}
}
