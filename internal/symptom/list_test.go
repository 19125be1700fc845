package symptom

import (
	"bytes"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
)

func TestSymptomsAreSealedAndReadByFew(t *testing.T) {
	p := newPlant(t)
	for _, id := range []int64{p.me, p.mate} {
		if _, err := p.Report(t.Context(), p.worker(id), cough(id), now); err != nil {
			t.Fatal(err)
		}
	}
	var sealed []byte
	if err := p.base.Owner.Get(&sealed, `select symptoms_enc from symptom_report where employee_id = $1`, p.me); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte("cough")) || bytes.Contains(sealed, []byte("夜里")) {
		t.Error("symptoms lie open in the database")
	}
	if n := p.count(t, `select count(*) from audit_log where detail::text like '%cough%' or detail::text like '%38%'`); n != 0 {
		t.Error("the log tells of symptoms")
	}
	if _, err := p.List(t.Context(), p.leader(), Filter{}, now); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a leader lists reports: %v", err)
	}
	res, err := p.List(t.Context(), p.hr(p.org), Filter{Alert: true}, now)
	if err != nil || res.Total != 2 || len(res.Rows) != 2 || res.Rows[0].Note != "夜里开始" || !res.Rows[0].HoldOpen {
		t.Errorf("list %+v, %v", res, err)
	}
	if n := p.count(t, `select count(*) from audit_log where action = 'symptom.view' and is_read and employee_id in ($1, $2)`, p.me, p.mate); n != 2 {
		t.Errorf("%d readings written down", n)
	}
	if res, err = p.List(t.Context(), p.hr(p.foreign), Filter{}, now); err != nil || res.Total != 0 {
		t.Errorf("another org lists %+v, %v", res, err)
	}
	// Moved to another person's row, a sealed value does not open.
	p.base.Owner.MustExec(`update symptom_report set symptoms_enc = $1 where employee_id = $2`, sealed, p.mate)
	if _, err := p.List(t.Context(), p.hr(p.org), Filter{}, now); err == nil {
		t.Error("a moved value opened")
	}
}

func TestPaging(t *testing.T) {
	p := newPlant(t)
	for i := range 5 {
		in := Input{Employee: p.me, At: now.Add(-time.Duration(i/2) * time.Hour), None: true}
		if _, err := p.Report(t.Context(), p.worker(p.me), in, now); err != nil {
			t.Fatal(err)
		}
	}
	var f Filter
	f.Size = 2
	var ids []int64
	for range 5 {
		res, err := p.List(t.Context(), p.hr(p.org), f, now)
		if err != nil || res.Total != 5 {
			t.Fatalf("%+v, %v", res, err)
		}
		for _, r := range res.Rows {
			ids = append(ids, r.ID)
		}
		if res.Next == "" {
			f.After, f.Before = "", res.Prev
			break
		}
		f.After = res.Next
	}
	if len(ids) != 5 {
		t.Fatalf("ids %v", ids)
	}
	res, err := p.List(t.Context(), p.hr(p.org), f, now)
	if err != nil || len(res.Rows) != 2 || res.Rows[0].ID != ids[2] {
		t.Errorf("back: %+v, %v, want from %v", res.Rows, err, ids)
	}
}

func TestUnseen(t *testing.T) {
	p := newPlant(t)
	hr := p.hr(p.org)
	quiet, err := p.Unseen(t.Context(), hr)
	if err != nil || quiet.Count != 0 {
		t.Fatalf("%+v, %v", quiet, err)
	}
	r, err := p.Report(t.Context(), p.worker(p.me), cough(p.me), now)
	if err != nil {
		t.Fatal(err)
	}
	news, err := p.Unseen(t.Context(), hr)
	if err != nil || news.Count != 1 || news.Name != "张三" || news.Tag() == quiet.Tag() {
		t.Errorf("%+v, %v", news, err)
	}
	if err := p.MarkSeen(t.Context(), p.hr(p.foreign), p.me, r.ID, now); !errs.Is(err, errs.NotFound) {
		t.Errorf("another org: %v", err)
	}
	for range 2 {
		if err := p.MarkSeen(t.Context(), hr, p.me, r.ID, now); err != nil {
			t.Fatal(err)
		}
	}
	if news, err = p.Unseen(t.Context(), hr); err != nil || news.Tag() != quiet.Tag() {
		t.Errorf("after looking: %+v, %v", news, err)
	}
	if n := p.count(t, `select count(*) from audit_log where action = 'symptom.seen'`); n != 1 {
		t.Errorf("%d audit rows", n)
	}
	if _, err := p.Unseen(t.Context(), p.leader()); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a leader: %v", err)
	}
}

func TestOfEmployee(t *testing.T) {
	p := newPlant(t)
	if _, err := p.Report(t.Context(), p.worker(p.me), cough(p.me), now); err != nil {
		t.Fatal(err)
	}
	err := p.db.Read(t.Context(), db.Tenant{Org: p.org}, func(tx *sqlx.Tx) error {
		reports, err := p.OfEmployee(t.Context(), tx, p.org, p.me, now.Add(time.Second), 10)
		if err != nil || len(reports) != 1 || *reports[0].Temperature != 38.2 || reports[0].Symptoms[0] != "cough" {
			t.Errorf("%+v, %v", reports, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var seen int
	err = p.db.Read(t.Context(), db.Tenant{Org: p.foreign}, func(tx *sqlx.Tx) error {
		return tx.Get(&seen, `select (select count(*) from symptom_report) + (select count(*) from hold)`)
	})
	if err != nil || seen != 0 {
		t.Errorf("the database shows another org %d rows (%v)", seen, err)
	}
}
