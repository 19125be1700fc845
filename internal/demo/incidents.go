package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/auth"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/incident"
	"github.com/fugong/fugong/internal/incident/plan"
)

// deeds are what is written down when a step is done.
var deeds = map[string]string{
	plan.StopIsolate:    "已停工，引导至临时隔离室，工友已拉开距离",
	plan.InternalReport: "已报告疫情防控专员和车间主任",
	plan.ExternalReport: "已电话报告社区和区疾控中心，值班员已登记",
	plan.Resample:       "已通知全部同管人员单采复核",
	plan.SendClinic:     "由闭环专车送区人民医院发热门诊，已采样",
	plan.CloseArea:      "班组区域已封闭，张贴告示",
	plan.ContactsList:   "名单已核对",
	plan.Disinfect:      "第三方公司完成终末消毒，记录已存档",
	plan.FollowUp:       "已与发热门诊电话核实",
}

// untilClosed is how long after its detection an incident is closed.
const untilClosed = 20 * time.Hour

// respond lets an officer run the incidents of a firm's people by the clock, as far as it has run at the instant.
func (l *Loader) respond(ctx context.Context, officer authz.Scope, people []int64, at time.Time) error {
	seen := map[int64]bool{}
	for _, employee := range people {
		id, err := l.incidentOf(ctx, officer, employee, at)
		if err != nil {
			return err
		}
		if id == 0 || seen[id] {
			continue
		}
		seen[id] = true
		if err := l.run(ctx, officer, id, at); err != nil {
			return fmt.Errorf("incident %d: %w", id, err)
		}
	}
	return nil
}

// incidentOf is the newest incident that is about a person, not one in which they are a contact; 0 for none.
func (l *Loader) incidentOf(ctx context.Context, sc authz.Scope, employee int64, at time.Time) (id int64, err error) {
	err = l.DB.Read(ctx, sc.Tenant(), func(tx *sqlx.Tx) error {
		id = 0
		mentions, err := incident.OfEmployee(ctx, tx, sc.Org, employee, at.Add(time.Second), 10)
		if i := slices.IndexFunc(mentions, incident.Mention.Index); i >= 0 {
			id = mentions[i].ID
		}
		return err
	})
	return id, err
}

// run does the steps of an incident that would be done by the instant, each after two thirds of its time. The members of an
// abnormal tube are followed up without a conclusion; with all others the clinic finds something else, and the incident is closed.
func (l *Loader) run(ctx context.Context, sc authz.Scope, id int64, at time.Time) error {
	for {
		d, err := l.Incidents.Clocks(ctx, sc, id)
		if err != nil {
			return err
		}
		next, when := due(d.Steps, at)
		if next == nil {
			return l.close(ctx, sc, d, at)
		}
		deed := incident.Deed{Text: deeds[next.Name]}
		if next.Name == plan.FollowUp && d.Kind != "pool_abnormal" {
			deed = incident.Deed{Text: "发热门诊核酸阴性，诊断为普通感冒", Outcome: incident.Excluded}
		}
		if next.Name == plan.ContactsList {
			if _, err := l.Incidents.Tracing().Assemble(ctx, sc, id, []string{incident.LinkTeam, incident.LinkDorm, incident.LinkCanteen}, when); err != nil {
				return err
			}
		}
		if err := l.Incidents.Do(ctx, sc, incident.StepID{Incident: id, Step: next.Name, Round: next.Round}, deed, when); err != nil {
			return fmt.Errorf("%s: %w", next.Name, err)
		}
	}
}

// due is the open step that is done next, and when; nil when nothing more is done by the instant.
func due(steps []plan.Step, at time.Time) (next *plan.Step, when time.Time) {
	for i := range steps {
		s := &steps[i]
		if !s.Open() || s.Due.IsZero() {
			continue
		}
		done := s.From.Add(s.Due.Sub(s.From) * 2 / 3).Truncate(time.Second)
		if !done.After(at) && (next == nil || done.Before(when)) {
			next, when = s, done
		}
	}
	return next, when
}

// close ends an incident of which the clinic has concluded something, the day after.
func (l *Loader) close(ctx context.Context, sc authz.Scope, d incident.Detail, at time.Time) error {
	when := d.DetectedAt.Add(untilClosed)
	if d.Outcome == "" && !d.Drill || len(incident.Undone(d.Steps)) > 0 || when.After(at) {
		return nil
	}
	return l.Incidents.Close(ctx, sc, d.ID, incident.Closing{Outcome: d.Outcome, Text: "处置及时；改进：体温计放到班组门口，专员电话贴在墙上"}, when)
}

// hire makes an account for the officer of a firm, who has not come in yet.
func (l *Loader) hire(ctx context.Context, w *written, at time.Time) (authz.Scope, error) {
	a, _, err := l.Auth.CreateAccount(ctx, w.system(), auth.NewAccount{Role: authz.HealthOfficer, Login: "fkzy." + strings.ToLower(w.Code[8:17]),
		Name: personName(rand.New(rand.NewPCG(w.seed, 3)), false)}, at)
	return scopeOf(a), err
}
