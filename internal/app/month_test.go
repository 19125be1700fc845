package app

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/demo"
	"github.com/fugong/fugong/internal/employee"
	"github.com/fugong/fugong/internal/exemption"
	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/clock"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/dbtest"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/rulebook"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/symptom"
	"github.com/fugong/fugong/internal/tube"
)

// month plays a month of a small city: people are sampled, fall ill, leave, return, are held and let go, records come late and are
// corrected, rules change. Everything is drawn from one seed.
type month struct {
	*services
	t     *testing.T
	inst  *instance
	clock *clock.Manual
	rng   *rand.Rand
	zone  *time.Location
	firms []firm

	done map[string]int // acts that took place, by kind
	seen []sighting
}

type firm struct {
	org    int32
	people []int64
	office authz.Scope
	second authz.Scope
}

// sighting is what a page would have shown of a person at an instant.
type sighting struct {
	org      int32
	employee int64
	at       time.Time
	shown    regime.Standing
}

const sqlFirms = `select id from org where kind = 'enterprise' order by id`

const sqlPeople = `select id from employee where org_id = $1 order by id`

func playMonth(t *testing.T, begin time.Time) *month {
	t.Helper()
	d := dbtest.New(t)
	now := clock.NewManual(begin)
	cfg := Config{Data: t.TempDir(), DatabaseURL: Secret(d.DSN), PoolSize: 8, Listen: "127.0.0.1:0"}
	log := slog.New(slog.DiscardHandler)
	st, err := openStore(t.Context(), &cfg, databaseName, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	i, err := assemble(t.Context(), &cfg, st, now, "", log)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := i.services.loader(func(int, int) {}).Load(t.Context(), demo.New(4, 240, 11, begin), begin); err != nil {
		t.Fatal(err)
	}
	m := &month{services: i.services, t: t, inst: i, clock: now, rng: rand.New(rand.NewPCG(20220324, 7)), zone: begin.Location(), done: map[string]int{}}
	m.findFirms(d.Owner)
	return m
}

func (m *month) findFirms(owner *sqlx.DB) {
	var orgs []int32
	m.must(owner.Select(&orgs, sqlFirms))
	for _, org := range orgs {
		f := firm{org: org, office: authz.Scope{Account: 9001, Actor: "王敏", Role: authz.HealthOfficer, Org: org},
			second: authz.Scope{Account: 9002, Actor: "刘洋", Role: authz.FirmAdmin, Org: org}}
		m.must(owner.Select(&f.people, sqlPeople, org))
		m.firms = append(m.firms, f)
	}
}

func (m *month) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *month) now() time.Time { return m.clock.Now() }

func (m *month) chance(n int) bool { return m.rng.IntN(n) == 0 }

func pickOf[T any](m *month, list []T) T { return list[m.rng.IntN(len(list))] }

// ago is an instant of the last hours, to the minute.
func (m *month) ago(hours int) time.Time {
	return m.now().Add(-time.Duration(m.rng.IntN(hours*60)+1) * time.Minute).Truncate(time.Minute)
}

// act is one kind of thing that happens; a refusal by the rules is no failure, but the kind must take place some time.
type act struct {
	name   string
	weight int
	do     func(m *month, f *firm, person int64) error
}

var acts = []act{
	{"sample", 40, (*month).sample}, {"late result", 12, (*month).lateResult}, {"correction", 6, (*month).correct},
	{"abnormal", 2, (*month).abnormal}, {"tube", 2, (*month).tube}, {"symptom", 3, (*month).symptom}, {"hold", 3, (*month).hold},
	{"release", 8, (*month).release}, {"group", 1, (*month).group}, {"leave", 4, (*month).leave}, {"status", 3, (*month).status},
	{"category", 3, (*month).category}, {"exemption", 4, (*month).exempt}, {"vaccination", 3, (*month).vaccinate},
	{"cancel exemption", 2, (*month).cancelExemption},
}

func (m *month) someAct() act {
	total := 0
	for _, a := range acts {
		total += a.weight
	}
	n := m.rng.IntN(total)
	for _, a := range acts {
		if n -= a.weight; n < 0 {
			return a
		}
	}
	panic("the weights add up")
}

func (m *month) sample(f *firm, person int64) error {
	in := screening.Input{Employee: person, SampledAt: m.ago(60), Result: regime.Negative, Source: regime.SourceEmployerOrg, Institution: "市中心医院"}
	switch m.rng.IntN(8) {
	case 0:
		in.Result = regime.ResultPending
	case 1:
		in.Result = regime.Invalid
	case 2:
		in.Method = regime.MethodAntigenSelf
	case 3:
		in.Mode = regime.ModePool10
	}
	if in.Result != regime.ResultPending {
		in.ReportedAt = in.SampledAt.Add(m.now().Sub(in.SampledAt) / 2).Truncate(time.Minute)
	}
	_, err := m.screening.Record(m.t.Context(), f.office, in, m.now())
	return err
}

const sqlSampleOf = `select sampled_at, result, rev from sample where org_id = $1 and employee_id = $2 order by sampled_at desc limit 5`

type drawn struct {
	SampledAt time.Time `db:"sampled_at"`
	Result    string    `db:"result"`
	Rev       int       `db:"rev"`
}

func (m *month) drawSample(f *firm, person int64) (drawn, error) {
	var rows []drawn
	err := m.db.Read(m.t.Context(), f.office.Tenant(), func(tx *sqlx.Tx) error { return tx.Select(&rows, sqlSampleOf, f.org, person) })
	if err != nil || len(rows) == 0 {
		return drawn{}, errs.Missing()
	}
	return pickOf(m, rows), nil
}

func (m *month) lateResult(f *firm, person int64) error {
	s, err := m.drawSample(f, person)
	if err != nil || s.Result != "pending" {
		return errs.Missing()
	}
	_, err = m.screening.Record(m.t.Context(), f.office, screening.Input{Employee: person, SampledAt: s.SampledAt, ReportedAt: m.now().Truncate(time.Minute),
		Result: regime.Negative, Source: regime.SourceEmployerOrg}, m.now())
	return err
}

func (m *month) correct(f *firm, person int64) error {
	s, err := m.drawSample(f, person)
	if err != nil {
		return err
	}
	to := pickOf(m, []regime.Result{regime.Negative, regime.Invalid, regime.Cancelled})
	return m.screening.Correct(m.t.Context(), f.office, screening.NewKey(person, s.SampledAt), screening.Changes{Rev: s.Rev, Result: &to}, "核对原始单", m.now())
}

func (m *month) abnormal(f *firm, person int64) error {
	at := m.ago(20)
	_, err := m.screening.Record(m.t.Context(), f.office, screening.Input{Employee: person, SampledAt: at, ReportedAt: m.now().Truncate(time.Minute),
		Result: pickOf(m, []regime.Result{regime.Suspicious, regime.Positive}), Source: regime.SourceEmployerOrg}, m.now())
	return err
}

func (m *month) tube(f *firm, person int64) error {
	ctx, now := m.t.Context(), m.now()
	id, err := m.tubes.Open(ctx, f.office, tube.Opening{Barcode: fmt.Sprintf("M%08d", m.rng.IntN(1e8)), Institution: "市中心医院", Mode: regime.ModePool10}, now)
	if err != nil {
		return err
	}
	for range 6 {
		if _, err := m.tubes.Add(ctx, f.office, id, tube.Adding{Employee: pickOf(m, f.people)}, now); err != nil && !refusal(err) {
			return err
		}
	}
	if err := m.tubes.Seal(ctx, f.office, id, now); err != nil {
		return err
	}
	_, err = m.tubes.Conclude(ctx, f.office, id, tube.Conclusion{Result: pickOf(m, []regime.Result{regime.PoolAbnormal, regime.Negative})}, now)
	return err
}

func (m *month) symptom(f *firm, person int64) error {
	hot := 37.0 + float64(m.rng.IntN(15))/10
	_, err := m.symptoms.Report(m.t.Context(), f.office, symptom.Input{Employee: person, At: m.now(), Temperature: &hot, None: hot < 37.3}, m.now())
	return err
}

func (m *month) hold(f *firm, person int64) error {
	kind := pickOf(m, []string{"close_contact", "home_monitor", "general_risk", "self_monitor", "temp_isolation"})
	return m.db.InTx(m.t.Context(), f.office.Tenant(), func(tx *sqlx.Tx) error {
		_, err := m.holds.Put(m.t.Context(), tx, f.office, hold.Hold{Employee: person, Kind: kind, Ground: "community_notice", Source: "manual", From: m.ago(10)}, m.now())
		return err
	})
}

func (m *month) release(f *firm, person int64) error {
	var open []hold.Hold
	err := m.db.Read(m.t.Context(), f.office.Tenant(), func(tx *sqlx.Tx) (err error) {
		open, err = m.holds.OpenAll(m.t.Context(), tx, f.org, f.people)
		return err
	})
	if err != nil || len(open) == 0 {
		return errs.Missing()
	}
	h := pickOf(m, open)
	return m.holds.Release(m.t.Context(), f.office, h.Employee, h.ID, hold.Release{Reason: "已符合解除条件", Document: "解2022-7"}, m.now())
}

// group holds a few people in one act, as the pages do: looked at, then done.
func (m *month) group(f *firm, person int64) error {
	return m.db.InTx(m.t.Context(), f.office.Tenant(), func(tx *sqlx.Tx) error {
		var hs []hold.Hold
		for range 4 {
			hs = append(hs, hold.Hold{Employee: pickOf(m, f.people), Kind: "temp_isolation", Ground: "contact_tracing", Source: "manual", From: m.now()})
		}
		_, err := m.holds.PutAll(m.t.Context(), tx, f.office, hs, m.now())
		return err
	})
}

func (m *month) leave(f *firm, person int64) error {
	until := m.now().Add(time.Duration(m.rng.IntN(120)+4) * time.Hour)
	return m.employees.SetStatus(m.t.Context(), f.office, person, employee.StatusChange{Status: "leave", Until: until, Reason: "事假"}, m.now())
}

func (m *month) status(f *firm, person int64) error {
	status := pickOf(m, []string{"on_post", "on_post", "on_post", "work_from_home", "awaiting_return", "controlled", "resigned"})
	return m.employees.SetStatus(m.t.Context(), f.office, person, employee.StatusChange{Status: status, Reason: "调整"}, m.now())
}

func (m *month) category(f *firm, person int64) error {
	category := pickOf(m, []string{"general_staff", "icc_frontline", "icc_other", "driver", "canteen"})
	return m.employees.SetCategory(m.t.Context(), f.office, person, 0, category, "换岗", m.now())
}

func (m *month) exempt(f *firm, person int64) error {
	_, err := m.excuses.Add(m.t.Context(), f.office, exemption.Input{Employee: person, Ground: pickOf(m, regime.ExemptionGrounds()), From: m.ago(24),
		Proof: "诊断证明", Source: exemption.ByStaff}, m.now())
	return err
}

func (m *month) vaccinate(f *firm, person int64) error {
	_, err := m.excuses.AddDose(m.t.Context(), f.office, exemption.DoseInput{Employee: person, Number: m.rng.IntN(3) + 1, At: m.ago(72),
		Product: "北京生物", Source: exemption.ByStaff}, m.now())
	return err
}

const sqlExemptionOf = `select employee_id, id from exemption where org_id = $1 and cancelled_at is null order by entered_at desc limit 10`

func (m *month) cancelExemption(f *firm, person int64) error {
	var rows []struct {
		Employee int64 `db:"employee_id"`
		ID       int64 `db:"id"`
	}
	err := m.db.Read(m.t.Context(), f.office.Tenant(), func(tx *sqlx.Tx) error { return tx.Select(&rows, sqlExemptionOf, f.org) })
	if err != nil || len(rows) == 0 {
		return errs.Missing()
	}
	r := pickOf(m, rows)
	return m.excuses.Cancel(m.t.Context(), f.office, r.Employee, r.ID, "证明有误", m.now())
}

// tighten lets the enterprise tighten its own rule: proposed by one, confirmed by another, computed by the queue.
func (m *month) tighten(f *firm, hours int, from time.Time) {
	m.t.Helper()
	ctx := m.t.Context()
	id, err := m.rules.Propose(ctx, f.office, rulebook.Proposal{Kind: rulebook.OverlayChange, Place: rulebook.Place{Enterprise: f.org}, EffectiveAt: from,
		Reason: "厂区出现发热职工", Overlay: regime.Overlay{Tests: []regime.OverlayTest{{Category: regime.CategoryGeneralStaff, IntervalHours: &hours}}}}, m.now())
	m.must(err)
	m.work()
	m.must(m.rules.Confirm(ctx, f.second, id, "同意", m.now()))
	m.work()
}

func (m *month) work() {
	m.t.Helper()
	for {
		more, err := m.inst.queue.Step(m.t.Context())
		m.must(err)
		if !more {
			return
		}
	}
}

func refusal(err error) bool {
	return errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict) || errs.Is(err, errs.NotFound) || errs.Is(err, errs.Forbidden)
}

// day plays one day; the clock moves on before each act, and some people are looked at after it.
func (m *month) day(actsPerDay int) {
	m.t.Helper()
	for range actsPerDay {
		m.clock.Set(m.now().Add(24*time.Hour/time.Duration(actsPerDay) - time.Duration(m.rng.IntN(600))*time.Second))
		f := &m.firms[m.rng.IntN(len(m.firms))]
		a := m.someAct()
		switch err := a.do(m, f, pickOf(m, f.people)); {
		case err == nil:
			m.done[a.name]++
		case !refusal(err):
			m.t.Fatalf("%s: %v", a.name, err)
		}
		if m.chance(3) {
			m.look(f, pickOf(m, f.people))
		}
	}
	_, err := m.standing.Refresh(m.t.Context(), m.now())
	m.must(err)
}

func (m *month) look(f *firm, person int64) {
	m.t.Helper()
	m.must(m.db.Read(m.t.Context(), f.office.Tenant(), func(tx *sqlx.Tx) error {
		s, err := m.standing.Explain(m.t.Context(), tx, f.org, person, m.now())
		m.seen = append(m.seen, sighting{f.org, person, m.now(), s})
		return err
	}))
}

// verify compares every stored standing with one rebuilt from the records.
func (m *month) verify() {
	m.t.Helper()
	v, err := m.standing.Verify(m.t.Context(), m.now())
	m.must(err)
	if len(v.Differences) > 0 || v.People == 0 {
		m.t.Fatalf("at %s: %s", m.now(), v)
	}
}

func TestAMonthOfEventsLeavesEveryStandingAsTheRecordsSay(t *testing.T) {
	begin := time.Date(2022, 3, 24, 9, 0, 0, 0, mustZone(t, "Asia/Shanghai"))
	m := playMonth(t, begin)
	m.verify()
	for d := range 30 {
		switch d {
		case 6:
			m.tighten(&m.firms[0], 72, m.now().Add(30*time.Hour).Truncate(time.Hour))
		case 20:
			m.tighten(&m.firms[1], 48, m.now().Add(time.Minute))
		}
		m.day(40)
		m.verify()
	}
	for _, a := range acts {
		if m.done[a.name] == 0 {
			t.Errorf("in a month nobody could do: %s", a.name)
		}
	}
	t.Logf("what happened: %v; looked at %d people", m.done, len(m.seen))
	m.replay()
}

// replay asks of every sighting what was shown then: the records and rules of then must give it again.
func (m *month) replay() {
	m.t.Helper()
	if len(m.seen) < 100 {
		m.t.Fatalf("only %d sightings", len(m.seen))
	}
	changed := 0
	for _, s := range m.seen {
		m.must(m.db.Read(m.t.Context(), db.Tenant{Org: s.org}, func(tx *sqlx.Tx) error {
			i, err := m.standing.Ask(m.t.Context(), tx, s.org, s.employee, s.at)
			if err != nil {
				return err
			}
			then := i.Then.Standing
			if then.State != s.shown.State || !then.DueAt.Equal(s.shown.DueAt) || len(then.Held) != len(s.shown.Held) || then.MayWork != s.shown.MayWork {
				m.t.Errorf("org %d file %d at %s: shown %v due %v held %d, replayed %v due %v held %d", s.org, s.employee, s.at,
					s.shown.State, s.shown.DueAt, len(s.shown.Held), then.State, then.DueAt, len(then.Held))
			}
			if !i.Agrees() {
				changed++
			}
			return nil
		}))
	}
	if changed == 0 {
		m.t.Error("no later record changed any answer: the month proves nothing about knowledge")
	}
}

func mustZone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}
