package tube_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/screening/screeningtest"
	"github.com/fugong/fugong/internal/tube"
)

var now = screeningtest.Now

type stage struct {
	*screeningtest.World
	t     *testing.T
	tubes *tube.Service
	hr    authz.Scope
}

func newStage(t *testing.T) *stage {
	w := screeningtest.New(t)
	s := &stage{World: w, t: t, tubes: tube.New(w.DB, w.Samples), hr: w.HR(w.Org)}
	w.Samples.Watch(s.tubes)
	return s
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// open opens a tube of ten with people in it, a minute apart, the last just now.
func (s *stage) open(barcode string, people ...int64) int64 {
	s.t.Helper()
	id, err := s.tubes.Open(s.t.Context(), s.hr, tube.Opening{Barcode: barcode, Mode: regime.ModePool10, Institution: "厂区采样点"}, now)
	s.must(err)
	for i, p := range people {
		_, err := s.tubes.Add(s.t.Context(), s.hr, id, tube.Adding{Employee: p, SampledAt: now.Add(time.Duration(i-len(people)) * time.Minute)}, now)
		s.must(err)
	}
	return id
}

func (s *stage) conclude(id int64, result regime.Result, at time.Time) {
	s.t.Helper()
	_, err := s.tubes.Conclude(s.t.Context(), s.hr, id, tube.Conclusion{Result: result, Reason: "检测机构更正"}, at)
	s.must(err)
}

func (s *stage) view(sc authz.Scope, id int64, at time.Time) tube.View {
	s.t.Helper()
	v, err := s.tubes.View(s.t.Context(), sc, id, at)
	s.must(err)
	return v
}

// refused checks that an error is a fault of a field with the key.
func refused(t *testing.T, err error, field, key string) {
	t.Helper()
	if m := errs.FieldsOf(err)[field]; m.Key != key {
		t.Errorf("%v, want %s: %s", err, field, key)
	}
}

// held reads who of the people is held, and that whoever is held is off post and the others are not.
func (s *stage) held(people []int64, at time.Time) []bool {
	s.t.Helper()
	s.Clock.Set(at)
	out := make([]bool, len(people))
	for i, p := range people {
		state, held := s.State(p)
		if out[i] = held; held != (regime.State(state) == regime.OffPost) {
			s.t.Errorf("person %d: held %v in state %d", i, held, state)
		}
	}
	return out
}

func TestAnAbnormalTubeHoldsAllAndEachSingleNegativeFreesOne(t *testing.T) {
	s := newStage(t)
	people := s.Employees(10)
	id := s.open("ZB0001", people...)
	report := now.Add(8 * time.Hour)
	s.conclude(id, regime.PoolAbnormal, report)
	if h := s.held(people, report); slices.Contains(h, false) {
		t.Fatalf("held after the result: %v", h)
	}
	if n := s.Count(`select count(*) from sample where result = 'pool_abnormal'`); n != 10 {
		t.Errorf("%d abnormal samples", n)
	}
	for i, p := range people {
		at := report.Add(time.Duration(i+1) * time.Hour)
		s.must(s.tubes.TakeSingle(t.Context(), s.hr, id, p, at))
		if m := s.view(s.hr, id, at).Members[i]; m.Stage != tube.Taken || !m.Held {
			t.Errorf("person %d, swabbed alone: %s, held %v", i, m.Stage, m.Held)
		}
		s.must(s.tubes.TellSingle(t.Context(), s.hr, id, p, tube.SingleTold{SampledAt: at, Result: regime.Negative}, at.Add(time.Minute)))
		want := make([]bool, 10)
		for j := range want {
			want[j] = j > i
		}
		if h := s.held(people, at.Add(time.Minute)); !slices.Equal(h, want) {
			t.Errorf("after %d single negatives: held %v", i+1, h)
		}
		v := s.view(s.hr, id, at.Add(time.Minute))
		if v.Tube.Settled != i+1 || (v.Tube.State() == tube.Resolved) != (i == 9) {
			t.Errorf("after %d single negatives: %d settled, %s", i+1, v.Tube.Settled, v.Tube.State())
		}
	}
}

// A negative that was taken before the tube's report, or in another tube, says nothing; neither for the hold nor for the tube.
func TestOnlyALaterSingleSampleSettles(t *testing.T) {
	s := newStage(t)
	people := s.Employees(5)
	id := s.open("ZB0001", people...)
	report := now.Add(8 * time.Hour)
	s.conclude(id, regime.PoolAbnormal, report)
	tell := func(p int64, sampled time.Time, mode regime.CollectMode, r regime.Result) {
		_, err := s.Samples.Record(t.Context(), s.hr, screening.Input{Employee: p, SampledAt: sampled, Mode: mode, Result: r}, report.Add(9*time.Hour))
		s.must(err)
	}
	later := report.Add(time.Hour)
	tell(people[0], now.Add(time.Hour), regime.ModeSingle, regime.Negative) // after the swab, before the report
	tell(people[1], later, regime.ModePool5, regime.Negative)
	tell(people[2], later, regime.ModeSingle, regime.Invalid)
	tell(people[3], later, regime.ModeSingle, regime.Suspicious)
	tell(people[3], later.Add(time.Hour), regime.ModeSingle, regime.Negative)
	tell(people[4], later, regime.ModeSingle, regime.ResultPending)
	v := s.view(s.hr, id, report.Add(9*time.Hour))
	for i, want := range []tube.Stage{tube.Due, tube.Due, tube.Due, tube.Stands, tube.Taken} {
		if m := v.Members[i]; m.Stage != want || !m.Held {
			t.Errorf("member %d: %s, want %s; held %v", i, m.Stage, want, m.Held)
		}
	}
	if m := v.Members[3]; m.Single.Result != regime.Suspicious || !m.Held {
		t.Errorf("the first single result: %+v", m.Single)
	}
	if v.Tube.Settled != 1 {
		t.Errorf("%d settled", v.Tube.Settled)
	}
	err := s.tubes.TellSingle(t.Context(), s.hr, id, people[0], tube.SingleTold{SampledAt: report.Add(-time.Minute), Result: regime.Negative}, later)
	refused(t, err, "sampled_at", "tube.refused.before_report")
	for i, want := range []string{"", "", "", "tube.refused.single_settled", "tube.refused.single_taken"} {
		err := s.tubes.TakeSingle(t.Context(), s.hr, id, people[i], later.Add(2*time.Hour))
		if e, ok := err.(*errs.Error); want != "" && (!ok || e.Message.Key != want) || want == "" && err != nil {
			t.Errorf("single of %d again: %v", i, err)
		}
	}
}

// A hold that a person ended is the tube's matter no more.
func TestAReleasedMemberIsSettled(t *testing.T) {
	s := newStage(t)
	people := s.Employees(2)
	id := s.open("ZB0001", people...)
	s.conclude(id, regime.PoolAbnormal, now.Add(time.Hour))
	_, err := s.Base.Owner.Exec(`insert into hold (org_id, employee_id, kind, source, derived, from_at, created_by, created_at, released_at, released_by, release_reason)
		values ($1, $2, 'pool_abnormal', 'sample', true, $3, 1, $3, $4, 7, '疾控通知'), ($1, $5, 'pool_abnormal', 'sample', true, $3, 1, $3, $4, null, 'result')`,
		s.Org, people[0], now.Add(time.Hour), now.Add(3*time.Hour), people[1])
	s.must(err)
	v := s.view(s.hr, id, now.Add(4*time.Hour))
	if v.Members[0].Stage != tube.Released || v.Members[1].Stage != tube.Due || v.Tube.Settled != 1 {
		t.Errorf("%s, %s, %d settled", v.Members[0].Stage, v.Members[1].Stage, v.Tube.Settled)
	}
}

func TestBuilding(t *testing.T) {
	s := newStage(t)
	people := s.Employees(6)
	ctx := t.Context()
	for field, o := range map[string]tube.Opening{
		"barcode":     {Barcode: "条码一", Mode: regime.ModePool5, Institution: "厂"},
		"mode":        {Barcode: "A1", Mode: regime.ModeSingle, Institution: "厂"},
		"institution": {Barcode: "A1", Mode: regime.ModePool5},
	} {
		if _, err := s.tubes.Open(ctx, s.hr, o, now); len(errs.FieldsOf(err)) != 1 || errs.FieldsOf(err)[field].Key == "" {
			t.Errorf("%+v: %v", o, err)
		}
	}
	id, err := s.tubes.Open(ctx, s.hr, tube.Opening{Barcode: " ＡＢ 01 ", Mode: regime.ModePool5, Institution: "厂区采样点"}, now)
	s.must(err)
	_, err = s.tubes.Open(ctx, s.hr, tube.Opening{Barcode: "AB01", Mode: regime.ModePool5, Institution: "厂区采样点"}, now)
	refused(t, err, "barcode", "tube.refused.taken")
	if err := s.tubes.Seal(ctx, s.hr, id, now); !errs.Is(err, errs.Conflict) {
		t.Errorf("sealed while empty: %v", err)
	}
	for i, p := range people {
		_, err := s.tubes.Add(ctx, s.hr, id, tube.Adding{Employee: p}, now.Add(time.Duration(i)*time.Second))
		if i < 5 {
			s.must(err)
		} else {
			refused(t, err, "employee", "tube.refused.full")
		}
	}
	v := s.view(s.hr, id, now)
	if v.Tube.Barcode != "AB01" || v.Tube.Members != 5 || v.Tube.Room() != 0 || !v.Members[4].SampledAt.Equal(now.Add(4*time.Second)) {
		t.Errorf("%+v", v.Tube)
	}
	_, err = s.tubes.Add(ctx, s.hr, id, tube.Adding{Employee: people[0], SampledAt: now.Add(-time.Hour)}, now)
	refused(t, err, "employee", "tube.refused.twice")

	refused(t, s.tubes.Remove(ctx, s.hr, id, people[0], "", now), "reason", "error.required")
	s.must(s.tubes.Remove(ctx, s.hr, id, people[0], "棉签掉地", now.Add(time.Minute)))
	s.must(s.tubes.Retime(ctx, s.hr, id, people[1], now.Add(-30*time.Minute), "补记", now.Add(time.Minute)))
	v = s.view(s.hr, id, now)
	if v.Tube.Members != 4 || v.Members[0].Employee != people[1] || !v.Members[0].SampledAt.Equal(now.Add(-30*time.Minute)) {
		t.Errorf("%d members, first %+v", v.Tube.Members, v.Members[0])
	}
	if n := s.Count(`select count(*) from sample where result = 'cancelled'`); n != 2 {
		t.Errorf("%d cancelled samples", n)
	}
	s.must(s.tubes.Seal(ctx, s.hr, id, now))
	_, err = s.tubes.Add(ctx, s.hr, id, tube.Adding{Employee: people[5]}, now)
	refused(t, err, "employee", "tube.refused.sealed")
	s.must(s.tubes.Reopen(ctx, s.hr, id, now))
	_, err = s.tubes.Add(ctx, s.hr, id, tube.Adding{Employee: people[5]}, now)
	s.must(err)
	s.conclude(id, regime.Negative, now.Add(time.Hour))
	if err := s.tubes.Reopen(ctx, s.hr, id, now); !errs.Is(err, errs.Conflict) {
		t.Errorf("reopened with a result: %v", err)
	}
	if err := s.tubes.Remove(ctx, s.hr, id, people[2], "弄错了", now); !errs.Is(err, errs.Conflict) {
		t.Errorf("removed with a result: %v", err)
	}
}

// A record of the same second without the barcode cannot be turned into the tube's unseen.
func TestAnotherRecordOfTheSecondStaysOut(t *testing.T) {
	s := newStage(t)
	p := s.Employees(1)[0]
	_, err := s.Samples.Record(t.Context(), s.hr, screening.Input{Employee: p, SampledAt: now, Mode: regime.ModeSingle, Result: regime.Negative}, now)
	s.must(err)
	id := s.open("ZB0001")
	_, err = s.tubes.Add(t.Context(), s.hr, id, tube.Adding{Employee: p}, now)
	refused(t, err, "sampled_at", "tube.refused.other")
	if v := s.view(s.hr, id, now); v.Tube.Members != 0 {
		t.Errorf("%d members", v.Tube.Members)
	}
}

func TestVoid(t *testing.T) {
	s := newStage(t)
	people := s.Employees(3)
	id := s.open("ZB0001", people...)
	refused(t, s.tubes.Void(t.Context(), s.hr, id, "", now), "reason", "error.required")
	s.must(s.tubes.Void(t.Context(), s.hr, id, "管子裂了", now))
	v := s.view(s.hr, id, now)
	if v.Tube.State() != tube.Void || v.Tube.Members != 0 {
		t.Errorf("%s with %d", v.Tube.State(), v.Tube.Members)
	}
	if _, err := s.tubes.Add(t.Context(), s.hr, id, tube.Adding{Employee: people[0]}, now); err == nil {
		t.Error("added to a void tube")
	}
	if again := s.open("ZB0001", people[0]); again != id {
		t.Errorf("the barcode is tube %d, was %d", again, id)
	}
	s.conclude(id, regime.Negative, now.Add(time.Hour))
	if err := s.tubes.Void(t.Context(), s.hr, id, "管子裂了", now); !errs.Is(err, errs.Conflict) {
		t.Errorf("void with a result: %v", err)
	}
}

func TestCorrection(t *testing.T) {
	s := newStage(t)
	people := s.Employees(10)
	id := s.open("ZB0001", people...)
	at := now.Add(time.Hour)
	s.conclude(id, regime.PoolAbnormal, at)
	_, err := s.tubes.Conclude(t.Context(), s.hr, id, tube.Conclusion{Result: regime.Negative}, at.Add(time.Hour))
	refused(t, err, "reason", "error.required")
	_, err = s.tubes.Conclude(t.Context(), s.hr, id, tube.Conclusion{Result: regime.Positive}, at)
	refused(t, err, "result", "error.choice")
	s.conclude(id, regime.Negative, at.Add(time.Hour))
	if h := s.held(people, at.Add(time.Hour)); slices.Contains(h, true) {
		t.Errorf("held after the correction: %v", h)
	}
	v := s.view(s.hr, id, at.Add(time.Hour))
	if v.Tube.State() != tube.Negative || v.Members[0].Flagged || v.Members[0].Rev < 3 {
		t.Errorf("%s, flagged %v, rev %d", v.Tube.State(), v.Members[0].Flagged, v.Members[0].Rev)
	}
	s.conclude(id, regime.Invalid, at.Add(2*time.Hour))
	v = s.view(s.hr, id, at.Add(2*time.Hour))
	if v.Tube.State() != tube.Invalid || v.Members[0].Stage != tube.Again {
		t.Errorf("%s, %s", v.Tube.State(), v.Members[0].Stage)
	}
	_, err = s.tubes.Conclude(t.Context(), s.hr, id, tube.Conclusion{Result: regime.Negative, Reason: "x", ReportedAt: now.Add(-2 * time.Hour)}, at)
	refused(t, err, "reported_at", "screening.refused.reported_before")
	if n := s.Count(`select count(*) from sample where result <> 'invalid'`); n != 0 {
		t.Errorf("a refused correction changed %d", n)
	}
}

// The one who confirms has seen exactly those whom it concerns.
func TestAPreviewThatNoLongerHoldsIsRefused(t *testing.T) {
	s := newStage(t)
	people := s.Employees(4)
	id := s.open("ZB0001", people[:3]...)
	c := tube.Conclusion{Result: regime.PoolAbnormal}
	p, err := s.tubes.Foresee(t.Context(), s.hr, id, c, now)
	s.must(err)
	if p.Holds != 3 || len(p.Seen()) != 3 || p.Correction {
		t.Errorf("%+v", p)
	}
	s.onLeave(people[0])
	if p, err = s.tubes.Foresee(t.Context(), s.hr, id, c, now); err != nil || p.Holds != 2 {
		t.Errorf("%d to be held, %v", p.Holds, err)
	}
	_, err = s.tubes.Add(t.Context(), s.hr, id, tube.Adding{Employee: people[3]}, now)
	s.must(err)
	c.Seen = p.Seen()
	if _, err := s.tubes.Conclude(t.Context(), s.hr, id, c, now.Add(time.Hour)); !errs.Is(err, errs.Conflict) {
		t.Errorf("stale preview: %v", err)
	}
	if n := s.Count(`select count(*) from sample where result <> 'pending'`); n != 0 {
		t.Errorf("%d results stored", n)
	}
	empty := s.open("ZB0002")
	_, err = s.tubes.Foresee(t.Context(), s.hr, empty, c, now)
	refused(t, err, "result", "tube.refused.empty")
}

func (s *stage) onLeave(person int64) {
	s.t.Helper()
	_, err := s.Base.Owner.Exec(`update employee set work_status = 'leave', status_since = $2 where id = $1`, person, now)
	s.must(err)
	s.must(s.DB.InTx(s.t.Context(), s.hr.Tenant(), func(tx *sqlx.Tx) error {
		return s.Standings.Apply(s.t.Context(), tx, s.Org, []int64{person}, now)
	}))
}

// A laboratory's rows make the tube appear; a result that reached some members shows as a difference until it is given to the rest.
func TestALaboratorysRowsMakeATube(t *testing.T) {
	s := newStage(t)
	people := s.Employees(10)
	row := func(p int64, mode regime.CollectMode, r regime.Result) screening.Input {
		return screening.Input{Employee: p, SampledAt: now, Mode: mode, Result: r, Proof: screening.ProofLab, Barcode: "LAB77", Lab: "市疾控"}
	}
	var rows []screening.Input
	for _, p := range people {
		rows = append(rows, row(p, regime.ModePool10, regime.ResultPending))
	}
	merge := func(at time.Time, rows ...screening.Input) {
		t.Helper()
		_, err := s.Samples.RecordBatch(t.Context(), s.hr, rows, at)
		s.must(err)
	}
	merge(now, rows...)
	id := int64(s.Count(`select id from tube where barcode = 'LAB77'`))
	if v := s.view(s.hr, id, now); v.Tube.State() != tube.Sealed || v.Tube.Members != 10 || v.Tube.Lab != "市疾控" || v.Tube.Mode != regime.ModePool10 {
		t.Errorf("%+v", v.Tube)
	}
	// The second sheet leaves the mode out and calls the result of the tube one of the person.
	at := now.Add(6 * time.Hour)
	for i, p := range people[:8] {
		merge(at, row(p, "", []regime.Result{regime.Positive, regime.PoolAbnormal}[i%2]))
	}
	v := s.view(s.hr, id, at)
	if v.Tube.Result != regime.PoolAbnormal || v.Tube.Lacking != 2 || v.Tube.Settled != 0 {
		t.Errorf("%s with %d lacking", v.Tube.Result, v.Tube.Lacking)
	}
	if n := s.Count(`select count(*) from sample where result in ('positive', 'suspicious') or collect_mode = 'single'`); n != 0 {
		t.Errorf("%d people are called something by a mixed tube", n)
	}
	s.conclude(id, regime.PoolAbnormal, at.Add(time.Hour))
	if v = s.view(s.hr, id, at.Add(time.Hour)); v.Tube.Lacking != 0 || !v.Tube.ReportedAt.Equal(at) {
		t.Errorf("%d lacking, reported %s", v.Tube.Lacking, v.Tube.ReportedAt)
	}
	if h := s.held(people, at.Add(time.Hour)); slices.Contains(h, false) {
		t.Errorf("held: %v", h)
	}
	// A member whom another telling calls negative keeps the worse result, flagged.
	merge(at.Add(2*time.Hour), row(people[0], "", regime.Negative))
	if v = s.view(s.hr, id, at.Add(2*time.Hour)); v.Tube.Result != regime.PoolAbnormal || !slices.ContainsFunc(v.Members, func(m tube.Member) bool { return m.Flagged }) {
		t.Error("the contradiction is not flagged")
	}
}

func TestACorrectedBarcodeMovesTheMember(t *testing.T) {
	s := newStage(t)
	people := s.Employees(2)
	s.open("ZB0001", people...)
	wrong := "ZB0002"
	err := s.Samples.Correct(t.Context(), s.hr, screening.NewKey(people[1], now.Add(-time.Minute)), screening.Changes{Rev: 1, Barcode: &wrong}, "贴错管", now)
	s.must(err)
	res, err := s.tubes.List(t.Context(), s.hr, tube.Filter{From: now.AddDate(0, 0, -1), To: now.AddDate(0, 0, 1)})
	s.must(err)
	if len(res.Rows) != 2 || res.Rows[0].Members != 1 || res.Rows[1].Members != 1 {
		t.Errorf("%+v", res.Rows)
	}
	grave := regime.Positive
	err = s.Samples.Correct(t.Context(), s.hr, screening.NewKey(people[1], now.Add(-time.Minute)), screening.Changes{Rev: 2, Result: &grave}, "x", now)
	refused(t, err, "result", "screening.refused.pool")
}

func TestTwoAtTheLimit(t *testing.T) {
	s := newStage(t)
	people := s.Employees(24)
	id := s.open("ZB0001", people[:5]...)
	var wg sync.WaitGroup
	var mu sync.Mutex
	full, in := 0, 0
	for i, p := range people[4:] { // the first is in it already
		sc := s.HR(s.Org)
		wg.Go(func() {
			_, err := s.tubes.Add(t.Context(), sc, id, tube.Adding{Employee: p, SampledAt: now.Add(-time.Duration(i) * time.Second)}, now)
			mu.Lock()
			defer mu.Unlock()
			switch errs.FieldsOf(err)["employee"].Key {
			case "tube.refused.full", "tube.refused.twice":
				full++
			case "":
				if in++; err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := s.Count(`select count(*) from sample where barcode = 'ZB0001' and result = 'pending'`); n != 10 || in != 5 || full != 15 {
		t.Errorf("%d members, %d added, %d refused", n, in, full)
	}
	if v := s.view(s.hr, id, now); v.Tube.Members != 10 {
		t.Errorf("%d members", v.Tube.Members)
	}
}

// One person added at once to one tube by many is in it once.
func TestOnePersonAtOnce(t *testing.T) {
	s := newStage(t)
	p := s.Employees(1)[0]
	id := s.open("ZB0001")
	var wg sync.WaitGroup
	for i := range 8 {
		sc := s.HR(s.Org)
		wg.Go(func() {
			_, _ = s.tubes.Add(t.Context(), sc, id, tube.Adding{Employee: p, SampledAt: now.Add(-time.Duration(i) * time.Second)}, now) // one of them wins
		})
	}
	wg.Wait()
	if v := s.view(s.hr, id, now); v.Tube.Members != 1 {
		t.Errorf("%d members", v.Tube.Members)
	}
}

// Members stored and results told at the same time leave the tube with the worst result.
func TestResultsAtOnce(t *testing.T) {
	s := newStage(t)
	people := s.Employees(10)
	id := s.open("ZB0001", people...)
	var wg sync.WaitGroup
	for i, p := range people {
		r := regime.Negative
		if i == 3 {
			r = regime.PoolAbnormal
		}
		sc := s.HR(s.Org)
		wg.Go(func() {
			_, err := s.Samples.Record(t.Context(), sc, screening.Input{Employee: p, SampledAt: now.Add(time.Duration(i-10) * time.Minute), Result: r}, now)
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if v := s.view(s.hr, id, now); v.Tube.Result != regime.PoolAbnormal || v.Tube.Lacking != 9 {
		t.Errorf("%s with %d lacking", v.Tube.Result, v.Tube.Lacking)
	}
}

func TestReach(t *testing.T) {
	s := newStage(t)
	mine, theirs := s.Employee(s.Org, s.Team, "张三"), s.Employee(s.Org, s.Other, "王五")
	id := s.open("ZB0001", mine, theirs)
	other := s.open("ZB0002", s.Employee(s.Org, s.Other, "赵六"))
	leader, foreign, worker := s.Leader(0, s.Team), s.HR(s.Foreign), s.Worker(s.Org, mine)
	missing := func(who string, err error, code errs.Code) {
		t.Helper()
		if !errs.Is(err, code) {
			t.Errorf("%s: %v, want %s", who, err, code)
		}
	}
	_, err := s.tubes.View(t.Context(), foreign, id, now)
	missing("another org's view", err, errs.NotFound)
	_, err = s.tubes.Add(t.Context(), foreign, id, tube.Adding{Employee: s.Employee(s.Foreign, s.Elsewhere, "外人")}, now)
	missing("another org's adding", err, errs.NotFound)
	_, err = s.tubes.Conclude(t.Context(), foreign, id, tube.Conclusion{Result: regime.Negative}, now)
	missing("another org's result", err, errs.NotFound)
	if res, err := s.tubes.List(t.Context(), foreign, tube.Filter{From: now.AddDate(0, 0, -1), To: now.AddDate(0, 0, 1), Query: "ZB0001"}); err != nil || res.Total != 0 {
		t.Errorf("another org lists %d, %v", res.Total, err)
	}
	if _, err := s.tubes.Open(t.Context(), foreign, tube.Opening{Barcode: "ZB0001", Mode: regime.ModePool5, Institution: "x"}, now); err != nil {
		t.Errorf("the same barcode in another org: %v", err)
	}
	_, err = s.tubes.View(t.Context(), worker, id, now)
	missing("a worker's view", err, errs.Forbidden)
	_, err = s.tubes.View(t.Context(), leader, other, now)
	missing("a leader's view of a tube without the team", err, errs.NotFound)
	_, err = s.tubes.Conclude(t.Context(), leader, id, tube.Conclusion{Result: regime.Negative}, now)
	missing("a leader's result", err, errs.Forbidden)
	missing("a leader's single result", s.tubes.TellSingle(t.Context(), leader, id, mine, tube.SingleTold{Result: regime.Negative}, now), errs.Forbidden)
	_, err = s.tubes.Add(t.Context(), leader, id, tube.Adding{Employee: s.Employee(s.Org, s.Other, "钱七")}, now)
	missing("a leader's adding of another team", err, errs.NotFound)
	missing("a leader's removal of another team", s.tubes.Remove(t.Context(), leader, id, theirs, "x", now), errs.NotFound)
	missing("a leader gives up a shared tube", s.tubes.Void(t.Context(), leader, id, "x", now), errs.Forbidden)
	if v := s.view(leader, id, now); len(v.Members) != 1 || v.Tube.Members != 2 || v.Members[0].Name != "张三" {
		t.Errorf("a leader sees %+v of %d", v.Members, v.Tube.Members)
	}
	_, err = s.tubes.Add(t.Context(), leader, id, tube.Adding{Employee: s.Employee(s.Org, s.Team, "李四")}, now)
	s.must(err)
	s.must(s.tubes.Remove(t.Context(), leader, id, mine, "重采", now))
}

// A leader who is a member of the own tube counts like everyone.
func TestALeaderInTheOwnTube(t *testing.T) {
	s := newStage(t)
	me := s.Employee(s.Org, s.Team, "班长")
	leader := s.Leader(me, s.Team)
	id, err := s.tubes.Open(t.Context(), leader, tube.Opening{Barcode: "ZB0001", Mode: regime.ModePool5, Institution: "厂区采样点"}, now)
	s.must(err)
	_, err = s.tubes.Add(t.Context(), leader, id, tube.Adding{Employee: me}, now)
	s.must(err)
	s.must(s.tubes.Seal(t.Context(), leader, id, now))
}

// Whatever the result, a leader learns only who is held and who has to be swabbed.
func TestALeaderSeesNoResult(t *testing.T) {
	s := newStage(t)
	people := s.Employees(2)
	leader := s.Leader(0, s.Team)
	for i, tc := range []struct {
		result regime.Result
		state  tube.State
		stage  tube.Stage
	}{{regime.Negative, tube.Sealed, ""}, {regime.PoolAbnormal, tube.Abnormal, tube.Due}, {regime.Invalid, tube.Invalid, tube.Again}} {
		at := now.Add(time.Duration(i) * time.Hour)
		id, err := s.tubes.Open(t.Context(), leader, tube.Opening{Barcode: fmt.Sprint("T", i), Mode: regime.ModePool5, Institution: "厂"}, at)
		s.must(err)
		for _, p := range people {
			_, err := s.tubes.Add(t.Context(), leader, id, tube.Adding{Employee: p}, at)
			s.must(err)
		}
		s.conclude(id, tc.result, at.Add(time.Minute))
		v := s.view(leader, id, at.Add(time.Minute))
		m := v.Members[0]
		if v.Tube.State() != tc.state || m.Stage != tc.stage || m.Result != regime.ResultPending || m.Single != nil || !m.ReportedAt.IsZero() || !v.Tube.ReportedAt.IsZero() {
			t.Errorf("%s: %s %+v", tc.result, v.Tube.State(), m)
		}
		if held := tc.result == regime.PoolAbnormal; m.Held != held {
			t.Errorf("%s: held %v", tc.result, m.Held)
		}
		if tc.result != regime.PoolAbnormal {
			continue
		}
		for _, p := range people {
			s.must(s.tubes.TakeSingle(t.Context(), leader, id, p, at.Add(2*time.Minute)))
			s.must(s.tubes.TellSingle(t.Context(), s.hr, id, p, tube.SingleTold{SampledAt: at.Add(2 * time.Minute), Result: regime.Negative}, at.Add(3*time.Minute)))
		}
		if v = s.view(leader, id, at.Add(3*time.Minute)); v.Tube.State() != tube.Sealed || v.Members[0].Stage != "" || v.Tube.Result != regime.ResultPending {
			t.Errorf("resolved: %s %+v", v.Tube.State(), v.Members[0])
		}
	}
}

func TestList(t *testing.T) {
	s := newStage(t)
	s.open("OPEN1")
	sealed := s.open("SEAL1", s.Employees(1)...)
	s.must(s.tubes.Seal(t.Context(), s.hr, sealed, now))
	mine := s.Employee(s.Org, s.Team, "张三")
	s.conclude(s.open("BAD1", mine), regime.PoolAbnormal, now.Add(time.Minute))
	theirs := s.Employee(s.Org, s.Other, "王五")
	done := s.open("BAD2", theirs)
	s.conclude(done, regime.PoolAbnormal, now.Add(time.Minute))
	s.must(s.tubes.TellSingle(t.Context(), s.hr, done, theirs, tube.SingleTold{SampledAt: now.Add(2 * time.Minute), Result: regime.Negative}, now.Add(3*time.Minute)))
	s.conclude(s.open("GOOD1", s.Employees(1)...), regime.Negative, now.Add(time.Minute))

	all := tube.Filter{From: now.AddDate(0, 0, -1), To: now.AddDate(0, 0, 1)}
	list := func(sc authz.Scope, change func(*tube.Filter)) []string {
		t.Helper()
		f := all
		change(&f)
		res, err := s.tubes.List(t.Context(), sc, f)
		s.must(err)
		if n, err := s.tubes.Count(t.Context(), sc, f); err != nil || n != res.Total {
			t.Errorf("count %d, total %d, %v", n, res.Total, err)
		}
		var codes []string
		for _, x := range res.Rows {
			codes = append(codes, x.Barcode)
		}
		return codes
	}
	leader := s.Leader(0, s.Team)
	for _, tc := range []struct {
		name   string
		sc     authz.Scope
		change func(*tube.Filter)
		want   []string
	}{
		{"all", s.hr, func(*tube.Filter) {}, []string{"GOOD1", "BAD2", "BAD1", "SEAL1", "OPEN1"}},
		{"search", s.hr, func(f *tube.Filter) { f.Query = "bad" }, []string{"BAD2", "BAD1"}},
		{"open", s.hr, func(f *tube.Filter) { f.Show = tube.ShowOpen }, []string{"OPEN1"}},
		{"awaited", s.hr, func(f *tube.Filter) { f.Show = tube.ShowAwaited }, []string{"SEAL1"}},
		{"abnormal", s.hr, func(f *tube.Filter) { f.Show = tube.ShowAbnormal }, []string{"BAD2", "BAD1"}},
		{"unresolved", s.hr, func(f *tube.Filter) { f.Show = tube.ShowUnresolved }, []string{"BAD1"}},
		{"yesterday", s.hr, func(f *tube.Filter) { f.To = now }, nil},
		{"leader", leader, func(*tube.Filter) {}, []string{"GOOD1", "BAD1", "SEAL1"}},
		{"leader's abnormal are those with something to do", s.Leader(0, s.Other), func(f *tube.Filter) { f.Show = tube.ShowAbnormal }, nil},
	} {
		if got := list(tc.sc, tc.change); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
	var walked []string
	f := all
	f.Size = 2
	for {
		res, err := s.tubes.List(t.Context(), s.hr, f)
		s.must(err)
		for _, x := range res.Rows {
			walked = append(walked, x.Barcode)
		}
		if res.Next == "" {
			if back := f; res.Prev != "" {
				back.After, back.Before = "", res.Prev
				if r, err := s.tubes.List(t.Context(), s.hr, back); err != nil || r.Rows[1].Barcode != "SEAL1" && r.Rows[1].Barcode != "BAD1" {
					t.Errorf("back: %+v, %v", r.Rows, err)
				}
			}
			break
		}
		f.After = res.Next
	}
	if len(walked) != 5 {
		t.Errorf("walked %v", walked)
	}
}
