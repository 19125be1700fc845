package hold_test

import (
	"testing"
	"time"

	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/platform/errs"
	"github.com/fugong/fugong/internal/regime"
)

// A hold put on the wrong person is void from the start; after an hour it takes somebody else to say so, since that passes by the rule
// of its release.
func TestAHoldEnteredInErrorIsVoidFromTheStart(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	id := p.people("甲班", 1)[0]
	put := func(at time.Time) int64 {
		return p.put(hold.Hold{Employee: id, Kind: "central_quarantine", Ground: hold.GroundCommunityNotice, Source: hold.SourceManual, From: at}, at)
	}
	first := put(p.at)
	before := p.at.Add(30 * time.Minute)
	if err := p.holds.Void(t.Context(), p.wang, id, first, "", before); errs.FieldsOf(err)["reason"].Key == "" {
		t.Errorf("without a reason: %v", err)
	}
	if err := p.holds.Void(t.Context(), p.wang, id, first, "同名，选错了人", before); err != nil {
		t.Fatal(err)
	}
	if got := p.state(id, before); got == regime.OffPost {
		t.Error("still off post by a void hold")
	}
	if h := p.of(id)[0]; !h.Void || h.Reason != "同名，选错了人" {
		t.Errorf("kept as %+v", h)
	}

	second := put(before)
	late := before.Add(2 * time.Hour)
	if err := p.holds.Void(t.Context(), p.wang, id, second, "选错了人", late); !errs.Is(err, errs.Forbidden) {
		t.Errorf("its author after an hour: %v", err)
	}
	if err := p.holds.Void(t.Context(), p.li, id, second, "选错了人", late); err != nil {
		t.Errorf("another person: %v", err)
	}
	symptom := p.put(hold.Hold{Employee: id, Kind: "symptom", Ground: hold.GroundSymptomReport, Source: "symptom_report", SourceID: 5, From: late}, late)
	if err := p.holds.Void(t.Context(), p.li, id, symptom, "量错了", late); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a hold that a record called for: %v", err)
	}
}
