package standingview

import (
	"testing"
	"time"

	"github.com/fugong/fugong/internal/regime"
)

func TestEveryChangeHasWords(t *testing.T) {
	at := time.Date(2022, 3, 24, 9, 0, 0, 0, time.UTC)
	codes := []string{regime.ChangeSampleNow, regime.ChangeResultNegative, regime.ChangeSingleResample, regime.ChangeHoldRelease,
		regime.ChangeOnPost, regime.ChangeExemptionEnds, regime.ChangeRuleChanges}
	args := map[string]string{"state": "ok", "kind": "symptom", "ground": "medical", "have": "0", "need": "1", "pack": "zibo-2022-h2", "version": "1",
		"until": "2022-03-31T09:00:00Z"}
	plain := map[string]string{"state": "ok", "kind": "home_monitor", "have": "0", "need": "0"}
	for lang, v := range views(t) {
		seen := map[string]string{}
		for _, code := range codes {
			text := v.Change(regime.Change{Code: code, At: at, Args: args})
			if broken(text) {
				t.Errorf("%s: %s reads %q", lang, code, text)
			}
			if other, taken := seen[text]; taken {
				t.Errorf("%s: %s and %s read alike", lang, code, other)
			}
			seen[text] = code
		}
		if text := v.Change(regime.Change{Code: regime.ChangeHoldRelease, At: at, Args: plain}); broken(text) || seen[text] != "" {
			t.Errorf("%s: a release without a sample reads %q", lang, text)
		}
	}
}

// The overseer's explanation is the person's own without the facts: no reason, no instant before the one asked about.
func TestTheOverseerReadsTheSameWithoutTheFacts(t *testing.T) {
	pack, err := regime.Builtin("zibo-2022-03")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2022, 3, 24, 9, 0, 0, 0, time.UTC)
	golive := at.AddDate(0, 0, -30)
	sampled := at.AddDate(0, 0, -2)
	f := regime.Facts{GoLive: golive, Categories: []regime.CategorySpan{{Category: regime.CategoryGeneralStaff, From: golive}},
		Statuses: []regime.StatusSpan{{Status: regime.StatusOnPost, From: golive}},
		Samples:  []regime.Sample{{SampledAt: sampled, ReportedAt: sampled.Add(time.Hour), Method: regime.MethodPCR, Mode: regime.ModeSingle, Result: regime.Negative}}}
	s, changes := regime.Evaluate(regime.Fixed(pack), f, at), regime.Changes(regime.Fixed(pack), f, at)
	for lang, v := range views(t) {
		whole, bare := v.Explain(s, changes), v.WithoutFacts(s, changes)
		if bare.Since != "" || bare.Due != "" || len(bare.Reasons) != 0 {
			t.Errorf("%s: the overseer reads facts: %+v", lang, bare)
		}
		if bare.Badge != whole.Badge || bare.Rule != whole.Rule || bare.Source != whole.Source || bare.Next != whole.Next || len(whole.Reasons) == 0 {
			t.Errorf("%s: %+v and %+v differ", lang, whole, bare)
		}
	}
}
