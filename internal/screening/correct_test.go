package screening_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/screening"
	"github.com/fugong/fugong/internal/screening/screeningtest"
)

func picture(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 30)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPhoto(t *testing.T) {
	w := screeningtest.New(t)
	me, mate := w.Employee(w.Org, w.Team, "张三"), w.Employee(w.Org, w.Team, "李四")
	in := input(me, now.Add(-time.Hour), regime.Negative)
	in.Photo = picture(t)
	if _, err := w.Samples.Record(t.Context(), w.Worker(w.Org, me), in, now); err != nil {
		t.Fatal(err)
	}
	s := of(t, w, me)[0]
	if s.Proof != screening.ProofPhoto || s.Attachment == 0 {
		t.Fatalf("sample %+v", s)
	}
	if n := w.Count(`select count(*) from attachment where id = $1 and position('\xffd8'::bytea in data_enc) = 1`, s.Attachment); n != 0 {
		t.Error("the photo is not sealed")
	}
	for _, sc := range []struct {
		name string
		code errs.Code
		open func() (string, []byte, error)
	}{
		{"owner", "", func() (string, []byte, error) {
			return w.Samples.Attachment(t.Context(), w.Worker(w.Org, me), s.Attachment, now)
		}},
		{"HR", "", func() (string, []byte, error) {
			return w.Samples.Attachment(t.Context(), w.HR(w.Org), s.Attachment, now)
		}},
		{"mate", errs.NotFound, func() (string, []byte, error) {
			return w.Samples.Attachment(t.Context(), w.Worker(w.Org, mate), s.Attachment, now)
		}},
		{"leader", errs.NotFound, func() (string, []byte, error) {
			return w.Samples.Attachment(t.Context(), w.Leader(mate, w.Team), s.Attachment, now)
		}},
		{"foreign HR", errs.NotFound, func() (string, []byte, error) {
			return w.Samples.Attachment(t.Context(), w.HR(w.Foreign), s.Attachment, now)
		}},
	} {
		media, data, err := sc.open()
		if sc.code != "" {
			if !errs.Is(err, sc.code) || data != nil {
				t.Errorf("%s: %v, %d bytes", sc.name, err, len(data))
			}
			continue
		}
		if _, decodeErr := jpeg.Decode(bytes.NewReader(data)); err != nil || media != "image/jpeg" || decodeErr != nil {
			t.Errorf("%s: %v, %s, %v", sc.name, err, media, decodeErr)
		}
	}
	if n := w.Count(`select count(*) from audit_log where employee_id = $1 and action = 'attachment.open' and is_read`, me); n != 2 {
		t.Errorf("%d openings written down, want the two that succeeded", n)
	}
	in.Photo = []byte("not a picture")
	if _, err := w.Samples.Record(t.Context(), w.Worker(w.Org, me), in, now); errs.FieldsOf(err)["photo"].Key != "screening.photo.unsupported" {
		t.Errorf("a text as photo: %v", err)
	}
	if n := w.Count(`select count(*) from attachment`); n != 1 {
		t.Errorf("%d attachments", n)
	}
}

func TestCorrect(t *testing.T) {
	w := screeningtest.New(t)
	me := w.Employee(w.Org, w.Team, "张三")
	hr := w.HR(w.Org)
	out, err := w.Samples.Record(t.Context(), hr, input(me, now.Add(-time.Hour), regime.Positive), now)
	if err != nil {
		t.Fatal(err)
	}
	negative, cancelled := regime.Negative, regime.Cancelled
	correct := func(rev int, result *regime.Result, reason string) error {
		return w.Samples.Correct(t.Context(), hr, out.Key, screening.Changes{Rev: rev, Result: result}, reason, now)
	}
	if err := correct(1, &negative, " "); errs.FieldsOf(err)["reason"].Key != "error.required" {
		t.Errorf("without a reason: %v", err)
	}
	if err := correct(9, &negative, "录错"); !errs.Is(err, errs.Conflict) {
		t.Errorf("of a version that is gone: %v", err)
	}
	if err := w.Samples.Correct(t.Context(), w.HR(w.Foreign), out.Key, screening.Changes{Rev: 1, Result: &negative}, "录错", now); !errs.Is(err, errs.NotFound) {
		t.Errorf("by another org: %v", err)
	}
	if err := w.Samples.Correct(t.Context(), w.Worker(w.Org, me), out.Key, screening.Changes{Rev: 1, Result: &negative}, "录错", now); !errs.Is(err, errs.Forbidden) {
		t.Errorf("by the worker: %v", err)
	}
	if err := correct(1, nil, "没改"); !errs.Is(err, errs.Invalid) {
		t.Errorf("of nothing: %v", err)
	}
	if err := correct(1, &negative, "录错"); err != nil {
		t.Fatal(err)
	}
	if _, held := w.State(me); held {
		t.Error("still held")
	}
	if o, err := w.Samples.Record(t.Context(), hr, input(me, out.Key.SampledAt, regime.Positive), now); err != nil || o.Kind != screening.Duplicate {
		t.Errorf("repeating the mistake: %v %v", o.Kind, err)
	}
	if err := correct(2, &cancelled, "张冠李戴"); err != nil {
		t.Fatal(err)
	}
	if state, _ := w.State(me); regime.State(state).Tested() {
		t.Error("a cancelled sample counts")
	}
	if _, err := w.Samples.Record(t.Context(), hr, input(me, out.Key.SampledAt, regime.Invalid), now); errs.FieldsOf(err)["sampled_at"].Key != "screening.refused.cancelled" {
		t.Errorf("telling of a cancelled sample: %v", err)
	}
	d, err := w.Samples.Get(t.Context(), hr, out.Key, now)
	if err != nil {
		t.Fatal(err)
	}
	if d.Name != "张三" || d.Rev != 3 || len(d.Revisions) != 2 || d.Revisions[0].Result != regime.Negative || d.Revisions[1].Result != regime.Positive ||
		d.Revisions[0].Reason != "张冠李戴" || d.Revisions[1].Actor != hr.Actor {
		t.Errorf("history %+v", d)
	}
}

func TestUnflag(t *testing.T) {
	w := screeningtest.New(t)
	me := w.Employee(w.Org, w.Team, "张三")
	hr := w.HR(w.Org)
	sampled := now.Add(-time.Hour)
	for _, r := range []regime.Result{regime.Negative, regime.Invalid} {
		if _, err := w.Samples.Record(t.Context(), hr, input(me, sampled, r), now); err != nil {
			t.Fatal(err)
		}
	}
	s := of(t, w, me)[0]
	if err := w.Samples.Unflag(t.Context(), hr, s.Key, s.Rev, "以无效为准", now); err != nil {
		t.Fatal(err)
	}
	if s = of(t, w, me)[0]; s.Flagged() || s.Result != regime.Invalid || s.Rev != 3 {
		t.Errorf("sample %+v", s)
	}
	if err := w.Samples.Unflag(t.Context(), hr, s.Key, s.Rev, "再来", now); !errs.Is(err, errs.Conflict) {
		t.Errorf("unflagged twice: %v", err)
	}
}
