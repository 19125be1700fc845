package holdview_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fugong/fugong/internal/hold"
	"github.com/fugong/fugong/internal/hold/holdview"
	"github.com/fugong/fugong/internal/httpd/ui"
	"github.com/fugong/fugong/internal/platform/i18n"
	"github.com/fugong/fugong/internal/regime"
	"github.com/fugong/fugong/internal/testkit"
	"github.com/fugong/fugong/web"
)

func views(t *testing.T) map[string]holdview.View {
	t.Helper()
	catalog, err := i18n.Load(web.Locales)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]holdview.View{}
	for _, lang := range i18n.Languages() {
		out[lang] = holdview.New(catalog.Printer(lang).T, func(at time.Time) string { return at.Format("01-02 15:04") })
	}
	return out
}

func sound(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if text == "" || strings.ContainsAny(text, "⟦⟧") || strings.Contains(text, "no value") {
			t.Errorf("reads %q in %q", text, texts)
		}
	}
}

// Every kind, ground and code of a check has words of its own, in both languages.
func TestEverythingHasWords(t *testing.T) {
	at := testkit.At(t, "03-24 09:00")
	pack := testkit.Zibo(t).Rules.At(at)
	for lang, v := range views(t) {
		seen := map[string]string{}
		own := func(id, text string) {
			sound(t, text)
			if other, taken := seen[text]; taken {
				t.Errorf("%s: %s and %s read alike: %s", lang, id, other, text)
			}
			seen[text] = id
		}
		for _, kind := range regime.HoldKinds() {
			own(kind, v.Kind(kind))
			rule, _ := pack.HoldRule(kind)
			c := regime.ReleaseCheck{Rule: rule, Earliest: at, SampledAfter: at, Need: rule.Negatives}
			sound(t, v.Rule(rule))
			for _, s := range v.Steps(hold.Hold{Kind: kind, From: at, To: at.Add(time.Hour)}, c, at) {
				sound(t, s.Title, s.Badge.Label)
			}
		}
		for _, g := range hold.Grounds() {
			own(g, v.Ground(g))
		}
		all := regime.ReleaseCheck{Missing: []string{regime.ReleaseTooEarly, regime.ReleaseNeedsSample, regime.ReleaseNeedsGap, regime.ReleaseNeedsProof}}
		missing := v.Missing(all)
		sound(t, missing...)
		if len(missing) != 4 {
			t.Errorf("%s: %q", lang, missing)
		}
		sound(t, v.Short(all), v.Author(hold.Hold{}), v.Why(hold.Hold{Reason: hold.ReasonResult}))
	}
}

func TestSteps(t *testing.T) {
	at := testkit.At(t, "03-24 09:00")
	v := views(t)[i18n.Chinese]
	check := regime.ReleaseCheck{Rule: regime.HoldRule{Kind: "suspected", MinHours: 24, Negatives: 2, GapHours: 24, SingleTube: true, Proof: true, OffPost: true},
		Earliest: at.Add(24 * time.Hour), SampledAfter: at, Have: 1, Need: 2}
	h := hold.Hold{Kind: "suspected", From: at}
	told := func(steps []ui.Step) (out []string) {
		for _, s := range steps {
			mark := " "
			switch {
			case s.Done:
				mark = "x"
			case s.Current:
				mark = ">"
			}
			out = append(out, mark+s.Title)
		}
		return out
	}
	want := []string{">满 24 小时", " 管控开始后单采的核酸阴性 2 次", " 医院、疾控或社区出具的解除证明", " 防疫专员确认解除"}
	if got := told(v.Steps(h, check, at)); !slices.Equal(got, want) {
		t.Errorf("at first %q", got)
	}
	check.Have = 2
	want = []string{"x满 24 小时", "x管控开始后单采的核酸阴性 2 次", ">医院、疾控或社区出具的解除证明", " 防疫专员确认解除"}
	if got := told(v.Steps(h, check, at.Add(25*time.Hour))); !slices.Equal(got, want) {
		t.Errorf("ready %q", got)
	}
	h.ReleasedAt, h.Document = at.Add(26*time.Hour), "解除单"
	if got := told(v.Steps(h, check, at.Add(26*time.Hour))); strings.Contains(strings.Join(got, ""), ">") || got[3][0] != 'x' {
		t.Errorf("released %q", got)
	}
}

func TestBadge(t *testing.T) {
	at := testkit.At(t, "03-24 09:00")
	v := views(t)[i18n.Chinese]
	h := hold.Hold{From: at}
	for want, c := range map[string]struct {
		h hold.Hold
		c regime.ReleaseCheck
	}{
		"尚不可解除":  {h, regime.ReleaseCheck{}},
		"可以解除":   {h, regime.ReleaseCheck{Ready: true}},
		"凭证明可解除": {h, regime.ReleaseCheck{Ready: true, Rule: regime.HoldRule{Proof: true}}},
		"等待单采复核": {h, regime.ReleaseCheck{Rule: regime.HoldRule{Automatic: true}}},
		"已结束":    {hold.Hold{From: at, To: at}, regime.ReleaseCheck{}},
		"已解除":    {hold.Hold{From: at, ReleasedAt: at}, regime.ReleaseCheck{}},
	} {
		if got := v.Badge(c.h, c.c, at).Label; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
