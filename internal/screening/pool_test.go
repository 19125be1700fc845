package screening_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/screening/screeningtest"
)

// A mixed tube says nothing of one person, however a telling puts it; and a telling without a mode is of the tube that is known.
func TestAMixedTubeCallsNobodyAnything(t *testing.T) {
	w := screeningtest.New(t)
	a, b, c := w.Employee(w.Org, w.Team, "张三"), w.Employee(w.Org, w.Team, "李四"), w.Employee(w.Org, w.Team, "王五")
	at := now.Add(-time.Hour)
	tell := func(p int64, mode regime.CollectMode, r regime.Result, barcode string) screening.Outcome {
		t.Helper()
		out, err := w.Samples.RecordBatch(t.Context(), w.HR(w.Org), []screening.Input{{Employee: p, SampledAt: at, Mode: mode, Result: r, Barcode: barcode,
			Proof: screening.ProofLab}}, now)
		if err != nil {
			t.Fatal(err)
		}
		return out[0]
	}
	mode := func(p int64) (m string) {
		t.Helper()
		if err := w.Base.Owner.Get(&m, `select collect_mode from sample where employee_id = $1`, p); err != nil {
			t.Fatal(err)
		}
		return m
	}
	tell(a, regime.ModePool10, regime.ResultPending, "T1")
	for _, tc := range []struct {
		name   string
		person int64
		mode   regime.CollectMode
		result regime.Result
		want   regime.Result
		stored string
	}{
		{"the record knows the mode", a, "", regime.Positive, regime.PoolAbnormal, "pool10"},
		{"the tube knows the mode", b, "", regime.Suspicious, regime.PoolAbnormal, "pool10"},
		{"the telling says the mode", c, regime.ModePool5, regime.Positive, regime.PoolAbnormal, "pool5"},
	} {
		if o := tell(tc.person, tc.mode, tc.result, "T1"); o.Result != tc.want || mode(tc.person) != tc.stored {
			t.Errorf("%s: %s, %s", tc.name, o.Result, mode(tc.person))
		}
		if o := tell(tc.person, tc.mode, tc.result, "T1"); o.Kind != screening.Duplicate {
			t.Errorf("%s, again: %s", tc.name, o.Kind)
		}
	}
	d := w.Employee(w.Org, w.Team, "赵六")
	if o := tell(d, regime.ModeSingle, regime.Positive, "T1"); o.Result != regime.Positive {
		t.Errorf("a single sample: %s", o.Result)
	}
	grave := regime.Positive
	err := w.Samples.Correct(t.Context(), w.HR(w.Org), screening.NewKey(a, at), screening.Changes{Rev: 2, Result: &grave}, "x", now)
	if errs.FieldsOf(err)["result"].Key != "screening.refused.pool" {
		t.Errorf("correction: %v", err)
	}
}

// heard notes what is told of tubes.
type heard [][]string

func (h *heard) Stored(_ context.Context, _ db.Q, _ authz.Scope, barcodes []string, _ time.Time) error {
	*h = append(*h, barcodes)
	return nil
}

func TestTubesAreToldOf(t *testing.T) {
	w := screeningtest.New(t)
	var h heard
	w.Samples.Watch(&h)
	a, b := w.Employee(w.Org, w.Team, "张三"), w.Employee(w.Org, w.Team, "李四")
	at := now.Add(-time.Hour)
	row := func(p int64, barcode string) screening.Input {
		return screening.Input{Employee: p, SampledAt: at, Mode: regime.ModePool5, Result: regime.ResultPending, Barcode: barcode}
	}
	for range 2 {
		if _, err := w.Samples.RecordBatch(t.Context(), w.HR(w.Org), []screening.Input{row(b, "T2"), row(a, "T1")}, now); err != nil {
			t.Fatal(err)
		}
	}
	other, single := "T2", regime.ModeSingle
	for _, change := range []screening.Changes{{Rev: 1, Barcode: &other}, {Rev: 2, Mode: &single}} {
		if err := w.Samples.Correct(t.Context(), w.HR(w.Org), screening.NewKey(a, at), change, "x", now); err != nil {
			t.Fatal(err)
		}
	}
	want := heard{{"T1", "T2"}, {"T1", "T2"}, {"T2"}}
	if !slices.EqualFunc(h, want, slices.Equal[[]string]) {
		t.Errorf("told of %v, want %v", h, want)
	}
}

func TestWithdraw(t *testing.T) {
	w := screeningtest.New(t)
	mine, theirs, done := w.Employee(w.Org, w.Team, "张三"), w.Employee(w.Org, w.Other, "王五"), w.Employee(w.Org, w.Team, "李四")
	at := now.Add(-time.Hour)
	for p, r := range map[int64]regime.Result{mine: regime.ResultPending, theirs: regime.ResultPending, done: regime.Negative} {
		if _, err := w.Samples.Record(t.Context(), w.HR(w.Org), input(p, at, r), now); err != nil {
			t.Fatal(err)
		}
	}
	withdraw := func(sc authz.Scope, reason string, people ...int64) error {
		var keys []screening.Key
		for _, p := range people {
			keys = append(keys, screening.NewKey(p, at))
		}
		return w.DB.InTx(t.Context(), sc.Tenant(), func(tx *sqlx.Tx) error {
			return w.Samples.Withdraw(t.Context(), tx, sc, keys, reason, now)
		})
	}
	leader := w.Leader(0, w.Team)
	for _, tc := range []struct {
		name   string
		sc     authz.Scope
		reason string
		people []int64
		want   errs.Code
	}{
		{"no reason", leader, " ", []int64{mine}, errs.Invalid},
		{"another team", leader, "弄错", []int64{mine, theirs}, errs.NotFound},
		{"another org", w.HR(w.Foreign), "弄错", []int64{mine}, errs.NotFound},
		{"with a result", leader, "弄错", []int64{mine, done}, errs.Conflict},
	} {
		if err := withdraw(tc.sc, tc.reason, tc.people...); !errs.Is(err, tc.want) {
			t.Errorf("%s: %v, want %s", tc.name, err, tc.want)
		}
	}
	if n := w.Count(`select count(*) from sample where result = 'cancelled'`); n != 0 {
		t.Errorf("%d withdrawn by refused acts", n)
	}
	if err := withdraw(leader, "弄错", mine); err != nil {
		t.Fatal(err)
	}
	if n := w.Count(`select count(*) from sample_revision r join audit_log a on a.employee_id = r.employee_id and a.action = 'sample.withdraw'
		where r.reason = '弄错' and r.employee_id = $1`, mine); n != 1 {
		t.Errorf("%d kept versions with their log entry", n)
	}
}

func TestFind(t *testing.T) {
	w := screeningtest.New(t)
	person := func(team int64, name, no, pinyin, initials string) int64 {
		id := w.Employee(w.Org, team, name)
		if _, err := w.Base.Owner.Exec(`update employee set employee_no = $2, pinyin = $3, initials = $4 where id = $1`, id, no, pinyin, initials); err != nil {
			t.Fatal(err)
		}
		return id
	}
	a := person(w.Team, "张三丰", "A10", "zhangsanfeng", "zsf")
	b := person(w.Team, "李张三", "A1", "lizhangsan", "lzs")
	c := person(w.Other, "王五", "B7", "wangwu", "ww")
	w.Employee(w.Foreign, w.Elsewhere, "张三")
	hr, leader := w.HR(w.Org), w.Leader(0, w.Team)
	for _, tc := range []struct {
		sc   authz.Scope
		text string
		want []int64
	}{
		{hr, "张三", []int64{a, b}}, {hr, "a1", []int64{b, a}}, {hr, "Ａ１０", []int64{a}}, {hr, "ZHANG san", []int64{a}}, {hr, "lzs", []int64{b}},
		{hr, "王", []int64{c}}, {leader, "王", nil}, {leader, "三", []int64{a, b}}, {hr, " ", nil}, {hr, "%", nil},
	} {
		found, err := w.Samples.Find(t.Context(), tc.sc, tc.text, now)
		if err != nil {
			t.Fatal(err)
		}
		var ids []int64
		for _, m := range found {
			ids = append(ids, m.ID)
		}
		slices.Sort(ids)
		want := slices.Sorted(slices.Values(tc.want))
		if !slices.Equal(ids, want) {
			t.Errorf("%q by %s: %v, want %v", tc.text, tc.sc.Role, ids, want)
		}
		if tc.text == "a1" && found[0].ID != b {
			t.Error("the bearer of the whole number does not come first")
		}
	}
	if _, err := w.Samples.Find(t.Context(), w.Worker(w.Org, a), "张", now); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a worker: %v", err)
	}
}
