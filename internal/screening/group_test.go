package screening_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/identity/authz"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/waittest"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/screening/screeningtest"
)

// judged gives everybody of the first org, and the given people of the foreign one, a standing.
func judged(t *testing.T, w *screeningtest.World, org int32, people ...int64) {
	t.Helper()
	err := w.DB.InTx(t.Context(), db.Tenant{Org: org}, func(tx *sqlx.Tx) error {
		return w.Standings.Apply(t.Context(), tx, org, people, now.Add(-time.Hour))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// blocked holds the standing of a person until it is called, so that whoever tells of that person has to wait.
func blocked(t *testing.T, w *screeningtest.World, employee int64) (release func()) {
	t.Helper()
	tx, err := w.Base.Owner.Beginx()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(`select from standing where employee_id = $1 for update`, employee); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
	}
}

// until waits for a condition.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	waittest.Until(t, 20*time.Second, what, holds)
}

func receipt(client int32, key string) *screening.Receipt {
	return &screening.Receipt{Client: client, Key: key, Request: []byte("asked"),
		Answer: func(o screening.Outcome) (string, error) { return `{"outcome":"` + string(o.Kind) + `"}`, nil }}
}

func program(t *testing.T, w *screeningtest.World, org int32) int32 {
	t.Helper()
	return int32(w.Count(`insert into api_client (org_id, name, token_hash, role, scopes, created_by, created_at, expires_at)
		values ($1, 'HR', decode(md5(random()::text), 'hex'), 'health_officer', '{sample.record}', 1, $2, $2) returning id`, org, now))
}

// Many tellings of two enterprises that come while one is on its way share a transaction, and each leaves all that it would leave
// alone: sample, standing, log entry, kept answer.
func TestTellingsThatComeTogetherShareATransaction(t *testing.T) {
	w := screeningtest.New(t)
	people, stranger := w.Employees(40), w.Employee(w.Foreign, w.Elsewhere, "外厂")
	judged(t, w, w.Org, people...)
	judged(t, w, w.Foreign, stranger)
	officer, foreigner, client := w.HR(w.Org), w.HR(w.Foreign), program(t, w, w.Org)
	release := blocked(t, w, people[0])
	var wg sync.WaitGroup
	tell := func(sc authz.Scope, id int64, r *screening.Receipt) {
		wg.Go(func() {
			out, done, err := w.Samples.RecordOne(t.Context(), sc, input(id, now.Add(-2*time.Hour), regime.Negative), r, now)
			if err != nil || !done || out.Kind != screening.Added || out.Result != regime.Negative {
				t.Errorf("person %d: %+v %v %v", id, out, done, err)
			}
		})
	}
	tell(officer, people[0], nil)
	until(t, "the first is on its way", func() bool {
		return w.Count(`select count(*) from pg_locks where not granted`) > 0
	})
	for i, id := range people[1:] {
		tell(officer, id, receipt(client, "k"+string(rune('A'+i))))
	}
	tell(foreigner, stranger, nil)
	until(t, "the others wait", func() bool { return w.Samples.Waiting() == len(people) })
	release()
	wg.Wait()
	for query, want := range map[string]int{
		`select count(*) from sample where result = 'negative'`:                                                        41,
		`select count(distinct xmin::text) from sample`:                                                                2,
		`select count(*) from audit_log where action = 'sample.record' and detail ->> 'outcome' = 'new'`:               41,
		`select count(distinct employee_id) from audit_log`:                                                            41,
		`select count(*) from audit_log where (actor_name = '防疫专员' and role = 'health_officer')`:                       41,
		`select count(*) from idempotency where status = 200 and response = '{"outcome":"new"}'`:                       39,
		`select count(*) from standing where s0 = 1 and latest_at = counted_at and renew_from is not null`:             41,
		`select count(*) from standing st join sample s using (org_id, employee_id) where st.latest_at = s.sampled_at`: 41,
	} {
		if n := w.Count(query); n != want {
			t.Errorf("%s: %d, want %d", query, n, want)
		}
	}
	if v, err := w.Standings.Verify(t.Context(), now); err != nil || v.Err() != nil {
		t.Errorf("%v %v", v, err)
	}
}

// What is not plain is left alone, to go the ordinary way.
func TestWhatIsNotPlainIsNotToldTogether(t *testing.T) {
	w := screeningtest.New(t)
	me, mate, other := w.Employee(w.Org, w.Team, "张三"), w.Employee(w.Org, w.Team, "李四"), w.Employee(w.Org, w.Other, "王五")
	ill, stranger := w.Employee(w.Org, w.Team, "赵六"), w.Employee(w.Foreign, w.Elsewhere, "外厂")
	officer := w.HR(w.Org)
	if _, err := w.Samples.RecordBatch(t.Context(), officer, []screening.Input{input(me, now.Add(-48*time.Hour), regime.Negative),
		input(ill, now.Add(-48*time.Hour), regime.Positive)}, now.Add(-40*time.Hour)); err != nil {
		t.Fatal(err)
	}
	judged(t, w, w.Org, me, mate, other, ill)
	judged(t, w, w.Foreign, stranger)
	before := w.Count(`select count(*) from sample`)
	client := program(t, w, w.Org)
	w.Count(`insert into idempotency (client_id, key, request_hash, created_at) values ($1, 'taken', '', $2) returning 1`, client, now)
	fresh := now.Add(-time.Hour)
	change := func(in screening.Input, f func(*screening.Input)) screening.Input { f(&in); return in }
	for name, c := range map[string]struct {
		sc authz.Scope
		in screening.Input
		r  *screening.Receipt
	}{
		"positive":       {officer, input(me, fresh, regime.Positive), nil},
		"awaited":        {officer, input(me, fresh, regime.ResultPending), nil},
		"antigen":        {officer, change(input(me, fresh, regime.Negative), func(in *screening.Input) { in.Method = regime.MethodAntigenSelf }), nil},
		"a tube's":       {officer, change(input(me, fresh, regime.Negative), func(in *screening.Input) { in.Mode, in.Barcode = regime.ModePool10, "T1" }), nil},
		"perhaps a tube": {officer, change(input(me, fresh, regime.Negative), func(in *screening.Input) { in.Barcode = "T1" }), nil},
		"known":          {officer, input(me, now.Add(-48*time.Hour), regime.Negative), nil},
		"an older one":   {officer, input(me, now.Add(-72*time.Hour), regime.Negative), nil},
		"in the future":  {officer, input(me, now.Add(time.Minute), regime.Negative), nil},
		"long ago":       {officer, input(mate, now.AddDate(0, 0, -20), regime.Negative), nil},
		"refused":        {officer, input(mate, now.AddDate(0, 0, -40), regime.Negative), nil},
		"held":           {officer, input(ill, fresh, regime.Negative), nil},
		"nobody":         {officer, input(999, fresh, regime.Negative), nil},
		"a stranger":     {officer, input(stranger, fresh, regime.Negative), nil},
		"another team":   {w.Leader(0, w.Team), input(other, fresh, regime.Negative), nil},
		"another worker": {w.Worker(w.Org, me), input(mate, fresh, regime.Negative), nil},
		"a known key":    {officer, input(mate, fresh, regime.Negative), receipt(client, "taken")},
	} {
		if _, done, err := w.Samples.RecordOne(t.Context(), c.sc, c.in, c.r, now); err != nil || done {
			t.Errorf("%s: done %v, %v", name, done, err)
		}
	}
	if after := w.Count(`select count(*) from sample`); after != before {
		t.Errorf("%d samples were written", after-before)
	}
	for name, c := range map[string]authz.Scope{"own": w.Worker(w.Org, mate), "leader": w.Leader(0, w.Team), "officer": officer} {
		fresh = fresh.Add(time.Minute)
		if _, done, err := w.Samples.RecordOne(t.Context(), c, input(mate, fresh, regime.Negative), nil, now); err != nil || !done {
			t.Errorf("%s: done %v, %v", name, done, err)
		}
	}
}

// A telling that cannot be stored takes nobody down with it: the transaction is given up, and each goes the ordinary way.
func TestABadTellingFailsNobodyElse(t *testing.T) {
	w := screeningtest.New(t)
	people := w.Employees(6)
	judged(t, w, w.Org, people...)
	officer, client := w.HR(w.Org), program(t, w, w.Org)
	release := blocked(t, w, people[0])
	var wg sync.WaitGroup
	var mu sync.Mutex
	refused := 0
	wg.Go(func() {
		if _, err := w.Samples.Record(t.Context(), officer, input(people[0], now.Add(-time.Hour), regime.Negative), now); err != nil {
			t.Error(err)
		}
	})
	until(t, "the first is on its way", func() bool { return w.Count(`select count(*) from pg_locks where not granted`) > 0 })
	for _, id := range people[1:3] { // under one key, which only one may have
		wg.Go(func() {
			_, done, err := w.Samples.RecordOne(t.Context(), officer, input(id, now.Add(-time.Hour), regime.Negative), receipt(client, "same"), now)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if !done {
				refused++
			}
		})
	}
	for _, id := range people[3:] {
		wg.Go(func() {
			out, err := w.Samples.Record(t.Context(), officer, input(id, now.Add(-time.Hour), regime.Negative), now)
			if err != nil || out.Kind != screening.Added {
				t.Errorf("neighbour %d: %+v %v", id, out, err)
			}
		})
	}
	until(t, "the others wait", func() bool { return w.Samples.Waiting() == 5 })
	release()
	wg.Wait()
	if n := w.Count(`select count(*) from sample`); n != 4 || refused != 2 {
		t.Errorf("%d samples, %d under the shared key left to the ordinary way", n, refused)
	}
	if n := w.Count(`select count(*) from audit_log`); n != 4 {
		t.Errorf("%d log entries", n)
	}
}

// Plain tellings lock no file. Whoever read a sample's record before such a telling came does not overwrite it, but reads again.
func TestATellingThatCameMeanwhileIsNotOverwritten(t *testing.T) {
	w := screeningtest.New(t)
	one := w.Employee(w.Org, w.Team, "张三")
	judged(t, w, w.Org, one)
	officer, sampled := w.HR(w.Org), now.Add(-2*time.Hour)
	told := screening.Version{Result: regime.Negative, Method: regime.MethodPCR, Mode: regime.ModeSingle, Source: regime.SourceSelf, Proof: screening.ProofStaff,
		ReportedAt: now, EnteredBy: officer.Account, EnteredAt: now}
	store := func(known int, result regime.Result) error {
		var f screening.Folding
		if known > 0 {
			f.Known(told, known)
		}
		news := told
		news.Result = result
		f.Fold([]screening.Version{news})
		return w.DB.InTx(t.Context(), db.Tenant{Org: w.Org}, func(tx *sqlx.Tx) error {
			return screening.StoreFolded(t.Context(), tx, officer, []screening.Folded{{Org: w.Org, Key: screening.NewKey(one, sampled), Folding: f}}, "", now)
		})
	}
	if _, done, err := w.Samples.RecordOne(t.Context(), officer, input(one, sampled, regime.Negative), nil, now); !done || err != nil {
		t.Fatal(done, err)
	}
	if err := store(0, regime.Positive); !errors.Is(err, db.ErrAgain) {
		t.Errorf("of a sample that was not known: %v", err)
	}
	if err := store(1, regime.Positive); err != nil {
		t.Errorf("of the version that stands: %v", err)
	}
	if err := store(1, regime.Suspicious); !errors.Is(err, db.ErrAgain) {
		t.Errorf("of the version before: %v", err)
	}
	if n := w.Count(`select count(*) from sample where result = 'positive' and rev = 2`); n != 1 {
		t.Errorf("%d samples stand as they should", n)
	}
	if n := w.Count(`select count(*) from sample_revision where rev = 1 and body ->> 'result' = 'negative'`); n != 1 {
		t.Errorf("%d earlier versions are kept", n)
	}
}
