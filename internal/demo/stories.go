package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/fugong/fugong/internal/dispute"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/incident"
	"github.com/fugong/fugong/internal/incident/plan"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/rulebook"
	"github.com/fugong/fugong/internal/symptom"
	"github.com/fugong/fugong/internal/tube"
)

// stage is where the stories play: the showpiece firm with its people and its desk, at an instant.
type stage struct {
	*Loader
	*written
	*desk
	at time.Time
}

// ago is an instant before that of the city.
func (s *stage) ago(d time.Duration) time.Time { return s.at.Add(-d) }

// stories tells what happens in the city these days: incidents wherever somebody is unwell, and in the showpiece firm, if it is large
// enough, one of everything that the program is for.
func (l *Loader) stories(ctx context.Context, made []*written, d *desk, at time.Time) error {
	w := showpieceOf(made)
	if err := l.elsewhere(ctx, made, w, at); err != nil {
		return err
	}
	if w.Cast == nil {
		return l.respond(ctx, d.officer, w.concerned, at)
	}
	s := &stage{l, w, d, at}
	for _, tell := range []struct {
		what string
		tell func(context.Context) error
	}{
		{"correction", s.correction}, {"last week's fever", s.recovered}, {"holds", s.holds}, {"returns", s.returns}, {"this morning's fever", s.fever}, {"drill", s.drill},
		{"this morning's tube", s.tube}, {"disputes", s.disputes}, {"rules", s.rules},
	} {
		if err := tell.tell(ctx); err != nil {
			return fmt.Errorf("story of %s: %w", tell.what, err)
		}
	}
	if err := l.respond(ctx, d.officer, slices.DeleteFunc(w.concerned, func(id int64) bool { return id == w.files[w.Cast.Fever] }), at); err != nil {
		return err
	}
	if _, err := l.Incidents.Escalate(ctx, at); err != nil {
		return err
	}
	return l.judge(ctx, w, at)
}

// elsewhere lets the officers of other firms run their incidents, and gives one of another district a fever of this hour.
func (l *Loader) elsewhere(ctx context.Context, made []*written, showpiece *written, at time.Time) error {
	fresh := showpiece.Cast != nil
	for _, w := range made {
		if w == showpiece {
			continue
		}
		now := fresh && w.Zone != showpiece.Zone && w.Resume == "full" && len(w.People) >= 40 && len(w.concerned) == 0
		if len(w.concerned) == 0 && !now {
			continue
		}
		officer, err := l.hire(ctx, w, keptFrom(at))
		if err != nil {
			return err
		}
		if now {
			fresh = false
			if err := l.freshFever(ctx, officer, w, at); err != nil {
				return err
			}
		}
		if err := l.respond(ctx, officer, w.concerned, at); err != nil {
			return fmt.Errorf("%s: %w", w.Name, err)
		}
	}
	return nil
}

func (l *Loader) freshFever(ctx context.Context, officer authz.Scope, w *written, at time.Time) error {
	i := slices.IndexFunc(w.People, func(p Person) bool { return p.Status == "on_post" && !p.Leader && p.Category == "production_staff" })
	if i < 0 {
		return nil
	}
	_, err := l.unwell(ctx, officer, w, i, 37.9, at.Add(-50*time.Minute))
	return err
}

// unwell reports a fever with cough, as the officer hears of it, and returns the hold.
func (l *Loader) unwell(ctx context.Context, officer authz.Scope, w *written, i int, degrees float64, at time.Time) (int64, error) {
	r, err := l.Symptoms.Report(ctx, officer, symptom.Input{Employee: w.files[i], At: at.Add(-4 * time.Minute), Temperature: &degrees, Site: "forehead",
		Symptoms: []string{"fever", "cough"}}, at)
	if err == nil {
		w.concerned = append(w.concerned, w.files[i])
	}
	return r.Hold, err
}

// fever is this morning's incident: the leader has done the first steps, the authorities know, the area is not closed although it
// should be, and the contacts are on the list, a few of them waiting.
func (s *stage) fever(ctx context.Context) error {
	began := s.ago(85 * time.Minute)
	if _, err := s.unwell(ctx, s.officer, s.written, s.Cast.Fever, 38.4, began); err != nil {
		return err
	}
	id, err := s.incidentOf(ctx, s.officer, s.files[s.Cast.Fever], s.at)
	if err != nil {
		return err
	}
	for _, step := range []struct {
		by   authz.Scope
		name string
		in   time.Duration
	}{{s.leader, plan.StopIsolate, 6 * time.Minute}, {s.leader, plan.InternalReport, 13 * time.Minute}, {s.officer, plan.ExternalReport, 27 * time.Minute}} {
		when := began.Add(step.in)
		if err := s.Incidents.Do(ctx, step.by, incident.StepID{Incident: id, Step: step.name, Round: 1}, incident.Deed{Text: deeds[step.name]}, when); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	tracing := s.Incidents.Tracing()
	if _, err := tracing.Assemble(ctx, s.officer, id, []string{incident.LinkTeam, incident.LinkDorm, incident.LinkCanteen}, s.ago(50*time.Minute)); err != nil {
		return err
	}
	mates := s.mates()
	_, _, err = tracing.Wait(ctx, s.officer, id, mates[max(0, len(mates)-3):], s.ago(45*time.Minute))
	return err
}

// mates are the others on post of the feverish person's team. The demo's worker and leader are not among them.
func (s *stage) mates() []int64 {
	ill := s.People[s.Cast.Fever]
	var out []int64
	for i, p := range s.People {
		if i != s.Cast.Fever && !p.Leader && p.Status == "on_post" && p.Workshop == ill.Workshop && p.Team == ill.Team && s.files[i] != s.worker.Employee {
			out = append(out, s.files[i])
		}
	}
	return out
}

// tube is one that the leader fills this morning.
func (s *stage) tube(ctx context.Context) error {
	id, err := s.Tubes.Open(ctx, s.leader, tube.Opening{Barcode: fmt.Sprintf("ZB%010d", s.seed%1e10), Institution: sites[2], Lab: labs[0], Mode: regime.ModePool10},
		s.ago(22*time.Minute))
	if err != nil {
		return err
	}
	mates := s.mates()
	for k, employee := range mates[:min(3, len(mates))] {
		if _, err := s.Tubes.Add(ctx, s.leader, id, tube.Adding{Employee: employee}, s.ago(time.Duration(20-3*k)*time.Minute)); err != nil {
			return err
		}
	}
	return nil
}

// recovered is last week's incident: the clinic excluded COVID, a sample since was negative, and the person was released.
func (s *stage) recovered(ctx context.Context) error {
	held, err := s.unwell(ctx, s.officer, s.written, s.Cast.Recovered, 37.8, s.ago(8*24*time.Hour))
	if err != nil {
		return err
	}
	return s.release(ctx, s.files[s.Cast.Recovered], held, s.ago(6*24*time.Hour+16*time.Hour))
}

// drill is one of three days ago, run to its end.
func (s *stage) drill(ctx context.Context) error {
	began := s.ago(3 * 24 * time.Hour)
	id, _, err := s.Incidents.Start(ctx, s.officer, incident.Opening{Kind: "symptom", Place: "二车间 甲班", Detected: began, Drill: true,
		Note: "季度演练：班前测温发现发热职工"}, began.Add(time.Minute))
	if err != nil {
		return err
	}
	return s.run(ctx, s.officer, id, s.at)
}

// disputes: the demo's worker has an answer to read, the leader's clock runs.
func (s *stage) disputes(ctx context.Context) error {
	id, err := s.Disputes.Open(ctx, s.worker, dispute.Input{About: dispute.About{Subject: dispute.OnStanding},
		Claim: "我上周在社区做过核酸，系统提醒我快到期了，是不是漏记了？"}, s.ago(49*time.Hour))
	if err != nil {
		return err
	}
	err = s.Disputes.Answer(ctx, s.officer, s.worker.Employee, id, dispute.Answer{
		Text: "已核对社区名单：您上次采样的时间与系统一致，七天从采样时刻算起，所以提前一天提醒。没有漏记。"}, s.ago(44*time.Hour))
	if err != nil {
		return err
	}
	i := slices.IndexFunc(s.People, func(p Person) bool { return p.Leader && p.Workshop != "" })
	swabs := s.People[i].Swabs
	_, err = s.Disputes.Open(ctx, s.leader, dispute.Input{About: dispute.About{Subject: dispute.OnSample, Ref: swabs[len(swabs)-1].SampledAt.Unix()},
		Claim: "这次采样我是和全班一起做的，时间应当早半小时，请核对采样点的登记表。"}, s.ago(5*time.Hour))
	return err
}

// correction puts a sheet right whose day was one too late.
func (s *stage) correction(ctx context.Context) error {
	m := s.Cast.Misdated
	crews, err := s.Auth.Teams(ctx, s.manager)
	if err != nil {
		return err
	}
	ch := dispute.Change{Kind: dispute.Move, Selection: dispute.Selection{From: m.Day, To: m.Day.AddDate(0, 0, 1)}, SampledAt: m.Day.AddDate(0, 0, -1),
		KeepClock: true, Zone: s.org.Zone()}
	for _, c := range crews {
		if c.Workshop == m.Workshop && c.Name == m.Team {
			ch.Selection.Team = c.ID
		}
	}
	when := s.ago(26 * time.Hour)
	p, err := s.Corrections.Preview(ctx, s.officer, ch, when)
	if err != nil {
		return err
	}
	_, err = s.Corrections.Do(ctx, s.officer, ch, p.Token, "采样点把日期写晚了一天，已与登记表核对", when)
	return err
}

// rules: the city proposes that Zhangdian be tested every 72 hours from next Monday. What that asks for is counted; the second account
// has not confirmed it.
func (s *stage) rules(ctx context.Context) error {
	hours, basis := 72, "张店区重点行业核酸检测频次通知"
	_, err := s.Rules.Propose(ctx, s.city, rulebook.Proposal{Kind: rulebook.OverlayChange, Place: rulebook.Place{Division: "370303"},
		Overlay:     regime.Overlay{Tests: []regime.OverlayTest{{Category: "general_staff", IntervalHours: &hours, Basis: basis}}, Basis: basis},
		EffectiveAt: rulebook.NextMonday(s.at, s.org.Zone()), Reason: "张店区近日有社会面病例，加密一周"}, s.ago(40*time.Minute))
	for found := true; err == nil && found; {
		found, err = s.Tasks.Step(ctx)
	}
	return err
}
