package dispute_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/fugong/fugong/internal/dispute"
	"github.com/fugong/fugong/internal/platform/db"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
)

var standing = dispute.About{Subject: dispute.OnStanding}

func TestAboutIsReadBack(t *testing.T) {
	for _, s := range []string{"standing", "file", "sample:1648083600", "symptom:12", "hold:3"} {
		if a, ok := dispute.ParseAbout(s); !ok || a.String() != s {
			t.Errorf("%q reads as %+v %v", s, a, ok)
		}
	}
	for _, s := range []string{"", "standing:1", "sample", "sample:", "sample:x", "sample:-4", "hold:0", "wage:7"} {
		if a, ok := dispute.ParseAbout(s); ok {
			t.Errorf("%q reads as %+v", s, a)
		}
	}
}

// The words on both sides, what was shown, the clock, and what the records say today.
func TestADisputeAndItsAnswer(t *testing.T) {
	f := setUp(t)
	me := f.Employee(f.Org, f.Team, "张三")
	f.tested(me, now.Add(-8*24*time.Hour), regime.Negative)
	worker, hr := f.Worker(f.Org, me), f.HR(f.Org)
	id := f.open(worker, standing)
	if n := f.Count(`select count(*) from dispute where claim_enc = $1`, []byte("我周三采过样")); n != 0 {
		t.Error("the claim is not sealed")
	}
	// The sample that was left out comes in: what was shown stays as it was.
	f.tested(me, now.Add(-20*time.Hour), regime.Negative)
	d, err := f.disputes.Get(t.Context(), hr, me, id, now.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if d.Claim != "我周三采过样" || d.Name != "张三" || d.Shown.State != "overdue" || d.Shown.DueAt.IsZero() || d.Shown.Rule.Pack == "" || len(d.Shown.Reasons) == 0 {
		t.Errorf("opened as %+v", d.Dispute)
	}
	if d.Then.State != regime.OK || d.Now.State != regime.OK {
		t.Errorf("the records say %v of then and %v of now", d.Then.State, d.Now.State)
	}
	if got := d.DueAt.Sub(d.OpenedAt); got != 24*time.Hour || d.Late(now.Add(got-time.Second)) || !d.Late(now.Add(got)) {
		t.Errorf("the clock runs %v", got)
	}
	wantCode(t, "without a word", f.disputes.Answer(t.Context(), hr, me, id, dispute.Answer{Uphold: true, Text: " "}, now), errs.Invalid)
	if err := f.disputes.Answer(t.Context(), hr, me, id, dispute.Answer{Uphold: true, Text: "已补登周三的采样"}, now.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "answered twice", f.disputes.Answer(t.Context(), hr, me, id, dispute.Answer{Text: "不"}, now), errs.Conflict)
	if n, err := dispute.Answered(t.Context(), f.Base.Owner, worker); err != nil || n != 1 {
		t.Errorf("%d answers wait (%v)", n, err)
	}
	for range 2 {
		own, err := f.disputes.OwnOne(t.Context(), worker, id, now.Add(3*time.Hour))
		if err != nil || own.State != dispute.Upheld || own.Answer != "已补登周三的采样" || own.AnsweredBy != hr.Actor || own.MayReopen() {
			t.Errorf("the person sees %+v (%v)", own, err)
		}
	}
	if n := f.Count(`select count(*) from dispute where seen_at = $1`, now.Add(3*time.Hour)); n != 1 {
		t.Error("the first sight is not noted")
	}
	for action, want := range map[string]int{"dispute.open": 1, "dispute.view": 1, "dispute.answer": 1} {
		if n := f.Count(`select count(*) from audit_log where action = $1 and employee_id = $2`, action, me); n != want {
			t.Errorf("%s was written down %d times", action, n)
		}
	}
}

func TestOneOpenAndOnceReopened(t *testing.T) {
	f := setUp(t)
	me := f.Employee(f.Org, f.Team, "张三")
	key := f.tested(me, now.Add(-26*time.Hour), regime.Positive)
	worker, hr := f.Worker(f.Org, me), f.HR(f.Org)
	sample := dispute.About{Subject: dispute.OnSample, Ref: key.SampledAt.Unix()}
	open := func(in dispute.Input) (int64, error) {
		in.Claim = "不是我的样本"
		return f.disputes.Open(t.Context(), worker, in, now)
	}
	reject := func(id int64) {
		t.Helper()
		if err := f.disputes.Answer(t.Context(), hr, me, id, dispute.Answer{Text: "条码一致"}, now); err != nil {
			t.Fatal(err)
		}
	}
	first, err := open(dispute.Input{About: sample})
	if err != nil {
		t.Fatal(err)
	}
	_, err = open(dispute.Input{About: sample})
	wantRefusal(t, "a second while one is open", err, "dispute.refused.open")
	if _, err := open(dispute.Input{About: standing}); err != nil {
		t.Errorf("about something else: %v", err)
	}
	reject(first)
	_, err = open(dispute.Input{About: sample})
	wantRefusal(t, "the same once more", err, "dispute.refused.answered")
	second, err := open(dispute.Input{Reopens: first})
	if err != nil {
		t.Fatal(err)
	}
	_, err = open(dispute.Input{Reopens: first})
	wantRefusal(t, "reopened twice", err, "dispute.refused.reopened")
	reject(second)
	_, err = open(dispute.Input{Reopens: second})
	wantRefusal(t, "the reopened reopened", err, "dispute.refused.reopened")
	d, err := f.disputes.Get(t.Context(), hr, me, second, now)
	if err != nil || d.Earlier == nil || d.Earlier.ID != first || d.Sample == nil || d.Sample.Result != regime.Positive || d.About != sample {
		t.Errorf("the second one opens as %+v (%v)", d, err)
	}
	// Once the record says something else, that is another matter.
	void := regime.Cancelled
	correctSample(t, f, key, 1, void)
	if _, err := open(dispute.Input{About: sample}); err != nil {
		t.Errorf("after a correction: %v", err)
	}
}

func TestNobodyElseSeesADispute(t *testing.T) {
	f := setUp(t)
	me, mate := f.Employee(f.Org, f.Team, "张三"), f.Employee(f.Org, f.Team, "李四")
	worker, other, leader, foreign := f.Worker(f.Org, me), f.Worker(f.Org, mate), f.Leader(mate, f.Team), f.HR(f.Foreign)
	key := f.tested(mate, now.Add(-time.Hour), regime.Negative)
	id := f.open(worker, standing)

	_, err := f.disputes.OwnOne(t.Context(), other, id, now)
	wantCode(t, "another worker", err, errs.NotFound)
	wantCode(t, "another worker withdraws", f.disputes.Withdraw(t.Context(), other, id, now), errs.NotFound)
	_, err = f.disputes.Open(t.Context(), other, dispute.Input{Reopens: id, Claim: "x"}, now)
	wantCode(t, "another worker reopens", err, errs.NotFound)
	_, err = f.disputes.Open(t.Context(), worker, dispute.Input{About: dispute.About{Subject: dispute.OnSample, Ref: key.SampledAt.Unix()}, Claim: "x"}, now)
	wantCode(t, "about a mate's sample", err, errs.NotFound)
	_, err = f.disputes.Get(t.Context(), leader, me, id, now)
	wantCode(t, "the leader", err, errs.Forbidden)
	_, err = f.disputes.List(t.Context(), leader, dispute.Filter{}, now)
	wantCode(t, "the leader's list", err, errs.Forbidden)
	if own, err := f.disputes.Own(t.Context(), leader, now); err != nil || len(own) != 0 {
		t.Errorf("the leader's own: %v %v", own, err)
	}
	_, err = f.disputes.Get(t.Context(), foreign, me, id, now)
	wantCode(t, "another enterprise", err, errs.NotFound)
	wantCode(t, "another enterprise answers", f.disputes.Answer(t.Context(), foreign, me, id, dispute.Answer{Text: "x"}, now), errs.NotFound)
	if res, err := f.disputes.List(t.Context(), foreign, dispute.Filter{Show: dispute.ShowAll}, now); err != nil || res.Total != 0 {
		t.Errorf("another enterprise lists %d (%v)", res.Total, err)
	}
	var seen int
	err = f.DB.Read(t.Context(), db.Tenant{Org: f.Foreign, Bureau: true}, func(tx *sqlx.Tx) error {
		return tx.Get(&seen, `select (select count(*) from dispute) + (select count(*) from correction_batch)`)
	})
	if err != nil || seen != 0 {
		t.Errorf("the database shows another org %d rows (%v)", seen, err)
	}
	own := f.HR(f.Org)
	own.Employee = me
	wantCode(t, "an officer answers the own one", f.disputes.Answer(t.Context(), own, me, id, dispute.Answer{Text: "x"}, now), errs.Forbidden)
	if err := f.disputes.Withdraw(t.Context(), worker, id, now); err != nil {
		t.Error(err)
	}
	wantCode(t, "withdrawn twice", f.disputes.Withdraw(t.Context(), worker, id, now), errs.NotFound)
}

func TestTheListRunsByTheClock(t *testing.T) {
	f := setUp(t)
	hr := f.HR(f.Org)
	people := f.Employees(5)
	var opened []int64
	for i, id := range people {
		at := now.Add(time.Duration(i*8-30) * time.Hour) // the first two are late at now
		d, err := f.disputes.Open(t.Context(), f.Worker(f.Org, id), dispute.Input{About: standing, Claim: "错了"}, at)
		if err != nil {
			t.Fatal(err)
		}
		opened = append(opened, d)
	}
	if err := f.disputes.Answer(t.Context(), hr, people[3], opened[3], dispute.Answer{Text: "没错"}, now); err != nil {
		t.Fatal(err)
	}
	list := func(filter dispute.Filter) (ids []int64, total int) {
		t.Helper()
		filter.Size = 2
		for {
			res, err := f.disputes.List(t.Context(), hr, filter, now)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range res.Rows {
				ids = append(ids, r.ID)
			}
			if filter.After, total = res.Next, res.Total; res.Next == "" {
				return ids, total
			}
		}
	}
	for _, tc := range []struct {
		name string
		f    dispute.Filter
		want []int64
	}{
		{"open, by clock", dispute.Filter{}, []int64{opened[0], opened[1], opened[2], opened[4]}},
		{"late", dispute.Filter{Show: dispute.ShowLate}, []int64{opened[0]}},
		{"answered", dispute.Filter{Show: dispute.ShowAnswered}, []int64{opened[3]}},
		{"all, newest first", dispute.Filter{Show: dispute.ShowAll}, []int64{opened[4], opened[3], opened[2], opened[1], opened[0]}},
		{"by name", dispute.Filter{Query: "员工2"}, []int64{opened[1]}},
		{"by subject", dispute.Filter{Subject: dispute.OnFile}, nil},
	} {
		ids, total := list(tc.f)
		if !equal(ids, tc.want) || total != len(tc.want) {
			t.Errorf("%s: %v of %d, want %v", tc.name, ids, total, tc.want)
		}
	}
	if w, err := f.disputes.Waiting(t.Context(), hr, now); err != nil || w != (dispute.Waiting{Open: 4, Late: 1}) {
		t.Errorf("waiting %+v (%v)", w, err)
	}
}

func equal(a, b []int64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestWhatIsRefused(t *testing.T) {
	f := setUp(t)
	me := f.Employee(f.Org, f.Team, "张三")
	worker := f.Worker(f.Org, me)
	for name, tc := range map[string]struct {
		in    dispute.Input
		code  errs.Code
		field string
	}{
		"no claim":       {dispute.Input{About: standing}, errs.Invalid, "claim"},
		"a long claim":   {dispute.Input{About: standing, Claim: strings.Repeat("长", 501)}, errs.Invalid, "claim"},
		"no such sample": {dispute.Input{About: dispute.About{Subject: dispute.OnSample, Ref: 7}, Claim: "x"}, errs.NotFound, ""},
		"no such report": {dispute.Input{About: dispute.About{Subject: dispute.OnSymptom, Ref: 7}, Claim: "x"}, errs.NotFound, ""},
		"no such hold":   {dispute.Input{About: dispute.About{Subject: dispute.OnHold, Ref: 7}, Claim: "x"}, errs.NotFound, ""},
		"no subject":     {dispute.Input{Claim: "x"}, errs.NotFound, ""},
		"no photo":       {dispute.Input{About: standing, Claim: "x", Photo: []byte("text")}, errs.Invalid, "photo"},
	} {
		_, err := f.disputes.Open(t.Context(), worker, tc.in, now)
		if _, named := errs.FieldsOf(err)[tc.field]; !errs.Is(err, tc.code) || tc.field != "" && !named {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := f.Count(`select (select count(*) from dispute) + (select count(*) from attachment)`); n != 0 {
		t.Errorf("%d rows of refused disputes", n)
	}
	_, err := f.disputes.Open(t.Context(), f.HR(f.Org), dispute.Input{About: standing, Claim: "x"}, now)
	wantCode(t, "without a file", err, errs.Forbidden)

	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 30)), nil); err != nil {
		t.Fatal(err)
	}
	id, err := f.disputes.Open(t.Context(), worker, dispute.Input{About: standing, Claim: "有照片", Photo: b.Bytes()}, now)
	if err != nil {
		t.Fatal(err)
	}
	d, err := f.disputes.OwnOne(t.Context(), worker, id, now)
	if err != nil || d.Attachment == 0 {
		t.Fatalf("%+v %v", d, err)
	}
	if media, _, err := f.Samples.Attachment(t.Context(), f.HR(f.Org), d.Attachment, now); err != nil || media != "image/jpeg" {
		t.Errorf("the office opens the photo: %s %v", media, err)
	}
}
